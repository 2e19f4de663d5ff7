# SPDX-License-Identifier: MIT
"""
faulty.py - what the tests of the loan checker share: the programs of tests/faults, what their
first lines say, and whether a report leads to the lines that they mark.
"""
import os
import re
import shutil

import tap

TITLES = ("broken", "noticed", "queued", "submitted")


class Fault:
    def __init__(self, source, program):
        self.program = program
        self.name = os.path.basename(program).partition("-")[2]
        self.path = os.path.join(source, "tests", "faults", self.name + ".c")
        with open(self.path, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        found = re.fullmatch(r"/\* rule: ([\w-]+), operation: (\w+), rings: ([\w ]+) \*/",
                             self.lines[2])
        tap.check(found, f"{self.path}: its third line does not say what it breaks")
        self.rule, self.operation, kinds = found.groups()
        self.kinds = kinds.split()
        # Which stack of the report has to lead to which line.
        self.lines_of = {title: self.marked(title) for title in TITLES if self.marked(title)}
        tap.check(self.lines_of, f"{self.path}: no line is marked")
        self.touched = self.marked("touched")

    def marked(self, title):
        """The number of the last line that has this mark, or None."""
        lines = [i for i, line in enumerate(self.lines, 1) if f"{title} here" in line]
        return lines[-1] if lines else None


def rules_in(text):
    """What the checker has reported."""
    return re.findall(r"^ringfence: ([\w-]+): ", text, re.MULTILINE)


def places(fault, text):
    """The lines of the program that the return addresses in a report lead to."""
    offsets = [int(offset, 16) - 1 for offset in
               re.findall(rf"^{re.escape(fault.program)}\(\+0x([0-9a-f]+)\)", text, re.MULTILINE)]
    tap.check(offsets, f"no stack:\n{text}")
    found = tap.must_run(["addr2line", "-i", "-e", fault.program, *map(hex, offsets)])
    return [os.path.basename(line.split(" ")[0]) for line in found.splitlines()]


def leads_to_the_line(fault, title, text):
    """
    In words, where there is a library that makes them: the first line of the stack is the
    program's own call, or that of the helper that it calls. Else by addr2line.
    """
    place = f"{fault.name}.c:{fault.lines_of[title]}"
    words = "lent" if title == "submitted" and "  lent as:" in text else title
    if re.search(r"^    #0 \S+ at ", text, re.MULTILINE):
        stack = re.search(rf"^  {words}:\n((?:    #.*\n)+)", text, re.MULTILINE)
        tap.check(stack, f"nothing {words}:\n{text}")
        found = [os.path.basename(at) for at in re.findall(r" at (\S+)$", stack[1], re.MULTILINE)]
        # clang tells columns, too.
        own = [":".join(at.split(":")[:2]) for at in found if not at.startswith("faults.h:")]
        tap.equal(own[:1], [place], f"{text}\n{words}")
    elif shutil.which("addr2line"):
        tap.check(place in places(fault, text), text)


def is_the_report(fault, text):
    """One report, of the right rule and operation, with the lines that are marked."""
    tap.equal(rules_in(text), [fault.rule], f"{text}\nrules")
    if fault.operation != "none":
        tap.check(f"operation:  {fault.operation}," in text, text)
    for title in fault.lines_of:
        leads_to_the_line(fault, title, text)
