#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_check.py SOURCE PROGRAM... - the loan checker catches what faulty programs do.

Held here: each program of tests/faults, on each kind of ring that it names, is stopped with
the rule that its third line names, for that operation, and the report leads to the line
that submitted it. Without the checker none of them is stopped by it.
"""
import os
import re
import shutil
import sys

import tap

source, programs = sys.argv[1], sys.argv[2:]
SKIPPED = 77


class Fault:
    def __init__(self, program):
        self.program = program
        self.name = os.path.basename(program).removeprefix("fault-")
        self.path = os.path.join(source, "tests", "faults", self.name + ".c")
        with open(self.path, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        found = re.fullmatch(r"/\* rule: ([\w-]+), operation: (\w+), rings: ([\w ]+) \*/",
                             self.lines[2])
        tap.check(found, f"{self.path}: its third line does not say what it breaks")
        self.rule, self.operation, kinds = found.groups()
        self.kinds = kinds.split()
        marked = [i for i, line in enumerate(self.lines, 1) if "submitted here" in line]
        self.line = marked[0] if marked else None
        broken = [i for i, line in enumerate(self.lines, 1) if "broken here" in line]
        self.broken = broken[0] if broken else None


def run(fault, kind, check):
    env = dict(os.environ, RINGFENCE_CHECK=check)
    # Leaks are no matter here: the programs end in the middle.
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    done = tap.run([fault.program, kind], env=env)
    if done.returncode == SKIPPED:
        raise tap.Skip(done.stdout.strip())
    return done


def places(fault, text):
    """The lines of the program that the return addresses in a report lead to."""
    offsets = [int(offset, 16) - 1 for offset in
               re.findall(rf"^{re.escape(fault.program)}\(\+0x([0-9a-f]+)\)", text, re.MULTILINE)]
    tap.check(offsets, f"no stack:\n{text}")
    found = tap.must_run(["addr2line", "-e", fault.program, *map(hex, offsets)])
    return [os.path.basename(line.split(" ")[0]) for line in found.splitlines()]


def leads_to_the_line(fault, line, text):
    """In words, where there is a library that makes them; else by addr2line."""
    place = f"{fault.name}.c:{line}"
    if re.search(r"^    #0 rfi?_", text, re.MULTILINE):
        tap.check(re.search(rf"^    #\d+ \w+ at .*\b{re.escape(place)}$", text, re.MULTILINE), text)
    elif shutil.which("addr2line"):
        tap.check(place in places(fault, text), text)


def is_caught(fault, kind):
    done = run(fault, kind, "1")
    said = re.findall(r"^ringfence: ([\w-]+): ", done.stderr, re.MULTILINE)
    tap.equal(said, [fault.rule], f"status {done.returncode}, {done.stdout}{done.stderr}\nrules")
    tap.check(done.returncode != 0, "it went on")
    if fault.operation != "none":
        tap.check(f"operation:  {fault.operation}," in done.stderr, done.stderr)
    for line in (fault.line, fault.broken):
        if line:
            leads_to_the_line(fault, line, done.stderr)


def is_silent_without(fault):
    done = run(fault, fault.kinds[0], "0")
    tap.check("ringfence:" not in done.stderr, done.stderr)


def main():
    faults = [Fault(program) for program in programs]
    tests = [(f"{fault.name} [{kind}]", lambda f=fault, k=kind: is_caught(f, k))
             for fault in faults for kind in fault.kinds]
    tests += [(f"{fault.name} without a checker", lambda f=fault: is_silent_without(f))
              for fault in faults if fault.rule not in ("user-data-reused", "touched-while-lent")]
    tap.main(tests)


main()
