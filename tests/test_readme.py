#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_readme.py SOURCE STATIC-LIBRARY VERSION

Held here: the program in the README compiles as it stands, without a warning, and does
what it says; each `make` that the documentation names can be made, each test and each
file of ours that a command names is there; the version is the same everywhere.
"""
import glob
import os
import re
import sys
import tempfile

import tap

source, library, version = sys.argv[1:4]
LINES_MAX = 25


def read(path):
    with open(os.path.join(source, path), encoding="utf-8") as f:
        return f.read()


def documents():
    return {path: read(path)
            for pattern in ("*.md", "docs/*.md")
            for path in glob.glob(pattern, root_dir=source)}


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def the_program_compiles_and_runs():
    program = blocks(read("README.md"), "c")[0]
    tap.check(program.count("\n") <= LINES_MAX, "it has become long")
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "program.c")
        with open(path, "w", encoding="utf-8") as f:
            f.write(program)
        tap.must_run(["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                      "-I", os.path.join(source, "include"), path, library,
                      "-o", os.path.join(top, "program")])
        done = tap.run([os.path.join(top, "program")])
    if done.returncode == 1 and done.stderr.startswith("no ring: "):
        raise tap.Skip(done.stderr.strip())
    with open("/etc/os-release", "rb") as f:
        text = f.read()
    tap.equal((done.returncode, done.stdout, done.stderr),
              (0, f"operation 42: {len(text)} bytes\n{text.decode()}", ""))


def the_program_is_on_the_first_screen():
    # And so are the two commands.
    first = "\n".join(read("README.md").splitlines()[:45])
    for what in ("io_uring for C", "int main(void)", "\nmake demo ", "\nmake test "):
        tap.check(what in first, f"{what!r} is not among the first 45 lines")


def what_is_to_be_made_can_be_made():
    targets = set(re.findall(r"^\.PHONY:(.*)$", read("Makefile"), re.MULTILINE)[0].split())
    for path, text in documents().items():
        commands = re.findall(r"`(make(?: [^`]*)?)`", text)
        commands += [line for block in blocks(text, "sh") for line in block.splitlines()]
        for command in commands:
            for name in re.findall(r"^make (?:\w+=\S+ )*([\w-]+)", command):
                tap.check(name in targets, f"{path}: {command}")


def tests_and_files_in_commands_exist():
    listed = read("tests/meson.build") + read("bench/meson.build")
    for path, text in documents().items():
        for arguments in re.findall(r"meson test -C [\w-]+((?: [\w-]+)*)", text):
            for name in arguments.split():
                if not name.startswith("-"):
                    tap.check(f"'{name}'" in listed, f"{path}: no test {name}")
        for program in re.findall(r"\bbuild[\w-]*/tests/test-([\w-]+)", text):
            tap.check(os.path.exists(os.path.join(source, f"tests/test_{program}.c")),
                      f"{path}: no test-{program}")
        for where in re.findall(r"\b(build[\w-]*)/tests/", text):
            tap.equal(where, "build-test", f"{path}: where make test builds")


def the_version_is_the_same_everywhere():
    tap.equal(re.search(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)[1], version)
    tap.check(f"This is {version}" in read("README.md"), "README.md")


def the_options_are_those_of_meson():
    named = set(re.findall(r"^\| `-D(\w+)`", read("docs/building.md"), re.MULTILINE))
    ours = set(re.findall(r"^option\('(\w+)'", read("meson_options.txt"), re.MULTILINE))
    tap.equal(named - {"default_library"}, ours)


tap.main([
    the_program_compiles_and_runs,
    the_program_is_on_the_first_screen,
    what_is_to_be_made_can_be_made,
    tests_and_files_in_commands_exist,
    the_version_is_the_same_everywhere,
    the_options_are_those_of_meson,
])
