# SPDX-License-Identifier: MIT
"""
programs.py - the test programs and the command, static, for another machine.

cmocka and jansson come as sources from Debian and are compiled for the machine: there
is no static cmocka in Debian, and not every machine has every package.
"""
import glob
import json
import os

from kernels.debian import run

LIBRARIES_FROM = "bookworm"

# What cmocka and jansson would be told by their configure scripts on any Linux.
LIBRARIES = {
    "cmocka": ("1.1.5", ["src/cmocka.c"], [
        "-DHAVE_SIGNAL_H", "-DHAVE_UNISTD_H", "-DHAVE_INTTYPES_H", "-DHAVE_MALLOC_H",
        "-DHAVE_STRINGS_H", "-DHAVE_STRSIGNAL", "-DHAVE_STRUCT_TIMESPEC",
        "-DHAVE_CLOCK_GETTIME", "-DHAVE_CLOCK_GETTIME_REALTIME"]),
    "jansson": ("2.14", ["src/*.c"], [
        "-DHAVE_STDINT_H", "-DHAVE_UNISTD_H", "-DHAVE_SYS_TYPES_H", "-DHAVE_LOCALE_H",
        "-DHAVE_LOCALECONV", "-DHAVE_STRTOLL", "-DHAVE_OPEN", "-DHAVE_CLOSE", "-DHAVE_READ",
        "-DHAVE_GETTIMEOFDAY", "-DHAVE_GETPID", "-DHAVE_SCHED_YIELD", "-DHAVE_FCNTL_H",
        "-DHAVE_SCHED_H", "-DHAVE_SYS_STAT_H", "-DHAVE_SYS_TIME_H", "-DUSE_URANDOM"]),
}

PKG_CONFIG = """\
Name: {name}
Description: {name} for the machine that the tests run on
Version: {version}
Cflags: {cflags}
Libs: {archive}
"""

CROSS_FILE = """\
[binaries]
c = '{triple}-gcc'
ar = '{triple}-ar'
strip = '{triple}-strip'
pkgconfig = 'pkg-config'

[properties]
needs_exe_wrapper = true
pkg_config_libdir = '{pkg_config}'

[host_machine]
system = 'linux'
cpu_family = '{family}'
cpu = '{family}'
endian = '{endian}'
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def build_library(name, source, machine, top):
    """Compiles a library, unless that was done, and tells pkg-config of it."""
    version, sources, defines = LIBRARIES[name]
    folder = os.path.join(top, "libraries", name)
    archive = f"{folder}/lib{name}.a"
    includes = [f"-I{source}/include", f"-I{source}/src"]
    if name == "jansson":
        # What its configure script writes is the same on any Linux with gcc.
        config = f"{folder}/include"
        write(f"{config}/jansson_config.h", JANSSON_CONFIG)
        write(f"{config}/jansson_private_config.h", "")
        includes = [f"-I{config}", f"-I{source}/src"]
    if not os.path.exists(archive):
        objects = []
        for path in sorted(p for pattern in sources for p in glob.glob(f"{source}/{pattern}")):
            objects.append(f"{folder}/{os.path.basename(path)}.o")
            run([f"{machine.triple}-gcc", "-std=gnu11", "-O2", "-g", "-w", *includes, *defines,
                 "-c", path, "-o", objects[-1]])
        run([f"{machine.triple}-ar", "rcs", archive, *objects])
    # As a part of the system: our warnings are not for these headers.
    cflags = (flag.replace("-I", "-isystem ") for flag in includes)
    write(os.path.join(top, "pkgconfig", f"{name}.pc"),
          PKG_CONFIG.format(name=name, version=version, cflags=" ".join(cflags), archive=archive))


JANSSON_CONFIG = """\
#ifndef JANSSON_CONFIG_H
#define JANSSON_CONFIG_H
#define JSON_INLINE inline
#define JSON_INTEGER_IS_LONG_LONG 1
#define JSON_HAVE_LOCALECONV 1
#define JSON_HAVE_ATOMIC_BUILTINS 1
#define JSON_HAVE_SYNC_BUILTINS 1
#define JSON_PARSER_MAX_DEPTH 2048
#endif
"""


def build(root, top, machine, sources):
    """
    Builds for @machine below the folder @top; @sources has the folders of the libraries.
    Returns the paths of the test programs, of the command, and of the first process.
    """
    for name, source in sources.items():
        os.makedirs(os.path.join(top, "libraries", name), exist_ok=True)
        build_library(name, source, machine, top)
    cross, folder = os.path.join(top, "cross.ini"), os.path.join(top, "build")
    write(cross, CROSS_FILE.format(triple=machine.triple, family=machine.family,
                                   endian=machine.endian,
                                   pkg_config=os.path.join(top, "pkgconfig")))
    again = ["--reconfigure"] if os.path.exists(f"{folder}/build.ninja") else []
    run(["meson", "setup", *again, folder, root, "--cross-file", cross,
         "-Dc_link_args=-static", "-Dtests=true", "-Dtools=enabled", "-Dexamples=false",
         "-Dfuzz=false", "-Dbench=disabled"])
    tests = sorted({path for test in json.loads(run(["meson", "introspect", "--tests", folder]))
                    for path in test["cmd"][:1] if path.startswith(f"{folder}/tests/test-")})
    command, init = f"{folder}/tools/ringfence/ringfence", f"{folder}/tests/guest-init"
    run(["ninja", "-C", folder, *(os.path.relpath(p, folder) for p in [*tests, command, init])])
    return tests, command, init
