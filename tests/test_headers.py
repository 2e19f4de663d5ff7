#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_headers.py INCLUDE HEADER... - the public headers, for every compiler at hand.

Held here: each header compiles alone and when it is included twice, as C and as C++,
oldest and newest standard, with every warning that a strict user may have on. The
umbrella has them all, and gets on with <linux/io_uring.h> and <liburing.h> in any order.
INCLUDE is the directory that users give to -I; the headers come from meson's list.
"""
import os
import shutil
import sys
import tempfile

import tap

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror"]

# Compiler, the suffix of its language, standard.
COMPILERS = [
    ("gcc", "c", "c11"), ("gcc", "c", "c2x"), ("g++", "cc", "c++11"), ("g++", "cc", "c++20"),
    ("clang", "c", "c11"), ("clang", "c", "c2x"), ("clang++", "cc", "c++11"),
    ("clang++", "cc", "c++20"),
]
UMBRELLA = "ringfence.h"
KERNEL, LIBURING = "linux/io_uring.h", "liburing.h"
ORDERS = [
    (UMBRELLA, KERNEL), (KERNEL, UMBRELLA), (UMBRELLA, LIBURING), (LIBURING, UMBRELLA),
    (KERNEL, UMBRELLA, LIBURING), (LIBURING, UMBRELLA, KERNEL),
]

include = os.path.abspath(sys.argv[1])
headers = [os.path.relpath(os.path.abspath(path), include) for path in sys.argv[2:]]


def compile_text(compiler, text):
    """Compiles with optimisation, since some warnings come from there. Returns what it said."""
    name, suffix, standard = compiler
    if not shutil.which(name):
        raise tap.Skip(f"there is no {name}")
    with tempfile.TemporaryDirectory() as top:
        source = os.path.join(top, "user." + suffix)
        with open(source, "w", encoding="utf-8") as f:
            f.write(text)
        done = tap.run([name, f"-std={standard}", *WARNINGS, "-O2", "-I", include,
                        "-c", source, "-o", os.path.join(top, "user.o")])
    return done.returncode, done.stderr


def must_compile(compiler, text):
    status, said = compile_text(compiler, text)
    tap.check(status == 0, text + said)


def includes(*names):
    return "".join(f"#include <{name}>\n" for name in names)


def alone_and_twice(compiler, header):
    # A use after the headers: a missing semicolon or brace at their end would show here.
    must_compile(compiler, includes(header) + "int used;\n")
    must_compile(compiler, includes(header, header) + "int used;\n")


def beside(compiler, order):
    # The neighbours need what ISO C hides, and in some versions more than that.
    text = "#define _GNU_SOURCE 1\n" if compiler[1] == "c" else ""
    others = [name for name in order if name != UMBRELLA]
    status, said = compile_text(compiler, text + includes(*others) + "int used;\n")
    if status:
        first = said.strip().splitlines()[0] if said.strip() else "no message"
        raise tap.Skip(f"{' and '.join(others)} fail without ringfence: {first}")
    must_compile(compiler, text + includes(*order) + "int used;\n")


def every_header_is_listed():
    found = []
    for directory, _, names in os.walk(include):
        found += [os.path.relpath(os.path.join(directory, n), include) for n in names]
    tap.equal(sorted(headers), sorted(found))


def the_umbrella_has_every_header():
    with open(os.path.join(include, UMBRELLA), encoding="utf-8") as f:
        text = f.read()
    compiled = set(tap.must_run(
        ["cc", "-I", include, "-M", os.path.join(include, UMBRELLA)]).split())
    for header in headers:
        tap.check(os.path.join(include, header) in compiled, f"{header} is not included")
        if header not in (UMBRELLA, "ringfence/base.h"):
            tap.check(f"#include <{header}>\n" in text, f"{header} is included by chance only")


def a_faulty_header_is_noticed():
    # The control: were the warnings off, all of the above would mean nothing.
    for text in ("#if UNKNOWN_WORD\n#endif\nint used;\n", "static int unused(void);\n",
                 "int main(void) { return 1 == sizeof(int[0]); }\n"):
        status, _ = compile_text(("gcc", "c", "c11"), text)
        tap.check(status != 0, f"this compiled:\n{text}")


def label(compiler):
    return f"{compiler[0]} {compiler[2]}"


def main():
    tests = [every_header_is_listed, the_umbrella_has_every_header, a_faulty_header_is_noticed]
    for compiler in COMPILERS:
        for header in headers:
            tests.append((f"{header} alone and twice [{label(compiler)}]",
                          lambda c=compiler, h=header: alone_and_twice(c, h)))
        for order in ORDERS:
            tests.append((f"{', '.join(order)} [{label(compiler)}]",
                          lambda c=compiler, o=order: beside(c, o)))
    tap.main(tests)


main()
