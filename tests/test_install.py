#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_install.py SOURCE VERSION HEADER... - `make install` and what others make of it.

Held here: a copy of the source installs into any prefix, pkg-config finds it there, plain
cc and c++ build against it, shared and static, and what they build runs; uninstalling
leaves no file behind. The headers come from meson's list.
"""
import os
import re
import shutil
import sys
import tempfile

import tap

source, version = sys.argv[1:3]
headers = [os.path.relpath(path, os.path.join(source, "include"))
           for path in map(os.path.abspath, sys.argv[3:])]

# Says the same wherever it runs: with io_uring or, where that is blocked, without.
PROGRAM = """
#include <ringfence.h>
#include <stdio.h>

int main(void)
{
    struct rf_ring ring;
    int err = rf_init(&ring, 4, 0);
    if (!err) {
        struct rf_cqe cqe;
        rf_get_sqe(&ring)->user_data = 7; /* a NOP */
        err = rf_copy_cqe(&ring, &cqe);
        rf_deinit(&ring);
        if (err || cqe.user_data != 7 || cqe.res != 0)
            return 1;
    } else {
        printf("no ring: %s\\n", rf_error_name(RF_CALL_INIT, err));
    }
    puts("done");
    return 0;
}
"""

top = tempfile.mkdtemp()
copy = os.path.join(top, "source")
prefix = os.path.join(top, "any", "prefix")

# Not those of a make or meson that runs this test.
environment = {key: value for key, value in os.environ.items()
               if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DESTDIR", "PREFIX",
                              "MESON_FLAGS", "LD_LIBRARY_PATH")}


def make(*arguments):
    return tap.must_run(["make", "-C", copy, *arguments], env=environment, timeout=300)


def files_below(directory):
    return sorted(os.path.relpath(os.path.join(where, name), directory)
                  for where, _, names in os.walk(directory) for name in names)


def find(name):
    """The one installed file of this name."""
    found = [path for path in files_below(prefix) if os.path.basename(path) == name]
    tap.equal(len(found), 1, f"files called {name} in {files_below(prefix)}")
    return os.path.join(prefix, found[0])


def pkg_config(*arguments):
    where = os.path.dirname(find("ringfence.pc"))
    return tap.must_run(["pkg-config", *arguments, "ringfence"],
                        env={**environment, "PKG_CONFIG_PATH": where}).split()


def build_and_run(compiler, suffix, static):
    if not shutil.which(compiler):
        raise tap.Skip(f"there is no {compiler}")
    path = os.path.join(top, "user." + suffix)
    with open(path, "w", encoding="utf-8") as f:
        f.write(PROGRAM)
    program = os.path.join(top, "user")
    libraries = [find("libringfence.a")] if static else pkg_config("--libs")
    tap.must_run([compiler, "-Wall", "-Wextra", "-Werror", path, "-o", program,
                  *pkg_config("--cflags"), *libraries], env=environment)
    needed = "libringfence.so.0" in tap.must_run(["readelf", "--dynamic", program])
    tap.equal(needed, not static, "needs the shared library")
    libdir = os.path.dirname(find("libringfence.so"))
    out = tap.must_run([program], env={**environment, "LD_LIBRARY_PATH": libdir})
    tap.equal(out.splitlines()[-1], "done")


def installs_what_belongs_there():
    make("install", f"PREFIX={prefix}")
    installed = files_below(os.path.join(prefix, "include"))
    tap.equal(installed, sorted(headers))
    for name in ("libringfence.so", "libringfence.so.0", "libringfence.a", "ringfence.pc",
                 "ringfence", "ringfence.1", "rf_read.3", "rf_prep_read.3", "ringfence.7"):
        find(name)


def man_finds_every_function():
    if not shutil.which("man"):
        raise tap.Skip("there is no man")
    manual = os.path.dirname(os.path.dirname(find("rf_read.3")))
    for name in ("rf_read", "rf_prep_read", "rf_submit", "RF_OP_READ", "ringfence"):
        page = tap.must_run(["man", "-M", manual, "-P", "cat", name],
                            env={**environment, "MANWIDTH": "80"})
        tap.check(re.search(rf"\b{name}\b", page), f"{name} is not on its page")


def pkg_config_finds_it():
    tap.equal(pkg_config("--modversion"), [version])
    tap.check("-lringfence" in pkg_config("--libs"), "--libs")


def a_c_program_builds_and_runs():
    build_and_run("cc", "c", static=False)


def a_static_c_program_builds_and_runs():
    build_and_run("cc", "c", static=True)


def a_cxx_program_builds_and_runs():
    build_and_run("c++", "cc", static=False)


def the_examples_build_with_plain_cc():
    examples = [name for name in files_below(os.path.join(source, "examples"))
                if name.endswith(".c")]
    tap.check(examples, "there are none")
    for name in examples:
        tap.must_run(["cc", "-Wall", "-Wextra", "-Werror",
                      os.path.join(source, "examples", name),
                      "-o", os.path.join(top, "example"),
                      *pkg_config("--cflags"), *pkg_config("--libs")], env=environment)


def the_command_stands_alone():
    out = tap.must_run([find("ringfence"), "--version"], env=environment)
    tap.equal(out, f"ringfence {version}\n")


def uninstalling_leaves_no_file():
    tap.check(files_below(prefix), "nothing was installed")
    make("uninstall")
    tap.equal(files_below(prefix), [])


def installs_below_destdir():
    stage = os.path.join(top, "stage")
    make("install", "PREFIX=/opt/ringfence", f"DESTDIR={stage}")
    tap.check("opt/ringfence/include/ringfence.h" in files_below(stage), files_below(stage))
    tap.check(all(path.startswith("opt/ringfence/") for path in files_below(stage)),
              files_below(stage))
    make("uninstall", f"DESTDIR={stage}")
    tap.equal(files_below(stage), [])


def not_source(directory, names):
    at_top = directory == source
    return [name for name in names if at_top and name.startswith((".git", "build"))]


try:
    shutil.copytree(source, copy, ignore=not_source)
    tap.main([
        installs_what_belongs_there,
        man_finds_every_function,
        pkg_config_finds_it,
        a_c_program_builds_and_runs,
        a_static_c_program_builds_and_runs,
        a_cxx_program_builds_and_runs,
        the_examples_build_with_plain_cc,
        the_command_stands_alone,
        uninstalling_leaves_no_file,
        installs_below_destdir,
    ])
finally:
    shutil.rmtree(top)
