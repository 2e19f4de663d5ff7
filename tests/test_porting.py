#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_porting.py ROOT [LIBURING_INCLUDE] - docs/porting.md is complete and true.

Each of liburing's functions has one row there, each row names functions that ringfence has
or gives a reason why there is none, and tools/port.py does what the row says. Where
liburing is installed, its header is the witness: each of its functions has a row, and the
daggers stand at the preps that it lacks.
"""
import os
import re
import sys

import tap

ROOT = sys.argv[1]
LIBURING = os.path.join(sys.argv[2], "liburing.h") if len(sys.argv) > 2 else ""
sys.path.insert(0, os.path.join(ROOT, "tools"))
import port  # pylint: disable=wrong-import-position

FUNCTIONS = 236  # in liburing 2.15, and one prep that came later


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


PAGE = read(os.path.join(ROOT, "docs", "porting.md"))
KNOWN, MUST_LOOK = port.ours()


def rows():
    """Of the tables of functions: liburing's name, is there a dagger, ours, what differs."""
    part = PAGE[PAGE.index("## Functions"):PAGE.index("## Types, constants and macros")]
    found = re.findall(r"^\| `(\w+)\(\)`( †)? \| ([^|]*) \| ?([^\n]*) \|$", part, re.M)
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    tap.equal(len(found), len(lines), "rows that are understood")
    return [(name, bool(dagger), ours, differs.strip()) for name, dagger, ours, differs in found]


def every_function_of_liburing_has_one_row():
    names = [row[0] for row in rows()]
    tap.equal(sorted({n for n in names if names.count(n) > 1}), [], "rows that are there twice")
    tap.equal(len(names), FUNCTIONS, "functions")


def every_row_has_a_counterpart_or_a_reason():
    counterparts = 0
    for name, _, ours, differs in rows():
        if ours == "none":
            tap.check(len(differs) > 20, f"{name}: no counterpart, and no reason")
            continue
        there = re.findall(r"`(rf_\w+)(?:\(\))?`", ours)
        tap.check(there, f"{name}: {ours!r} is neither a name nor none")
        for counterpart in there:
            tap.check(counterpart in KNOWN, f"{name}: there is no {counterpart}")
        counterparts += 1
    tap.comment(f"{counterparts} have a counterpart, {FUNCTIONS - counterparts} a reason")


def a_name_that_differs_is_explained():
    for name, _, ours, differs in rows():
        plain = "rf_" + name.removeprefix("io_uring_")
        if ours != f"`{plain}()`" and not name.startswith("__io_uring_clone"):
            tap.check(differs, f"{name} is {ours}, and why is not said")


def a_prep_that_writes_other_bytes_is_explained():
    """Those that test_differential.c has to mend before they are alike."""
    text = read(os.path.join(ROOT, "tests", "test_differential.c"))
    cases = re.sub(r"^#define.*?[^\\]$", "", text, flags=re.M | re.S)
    told = {name: differs for name, _, _, differs in rows()}
    differing = set(re.findall(r"\bDIFFERS\((\w+)\(", cases))
    tap.check("nop" in differing, "the cases are not understood")
    for name in sorted(differing):
        tap.check(told["io_uring_prep_" + name], f"{name} differs, and how is not said")
    tap.comment("they differ: " + " ".join(sorted(differing)))


# --- the tool does what the page says ------------------------------------

def moved(call):
    """The words of a call after port.py, and what it has listed."""
    text, left = port.port("row.c", call, KNOWN, MUST_LOOK)
    return set(re.findall(r"\w+", text)), left


def arguments_of(name):
    template = port.CALLS.get(name, "")
    return 1 + max((int(n) for n in re.findall(r"\{(\d)\}", template)), default=0)


def the_tool_agrees_with_every_row():
    for name, _, ours, _ in rows():
        call = f"{name}({', '.join('abcdefg'[:arguments_of(name)])})"
        words, left = moved(f"int x = {call};")
        by_hand = any(what.startswith(name + ":") for _, what in left)
        there = set(re.findall(r"rf_\w+", ours))
        if name in words:
            tap.check(by_hand, f"{name} is left, and that is not said")
        elif there:
            tap.check(words & there, f"{name}: the tool makes {sorted(words)} of it, not {ours}")
    # What the tool knows the page has to know.
    names = {row[0] for row in rows()} | set(re.findall(r"`(\w+)`", PAGE))
    tap.equal(sorted((set(port.CALLS) | set(port.BY_HAND) | set(port.LOOK_AT)) - names), [],
              "only the tool has")


# --- the header is the witness -------------------------------------------

def header():
    if not os.path.exists(LIBURING):
        raise tap.Skip("liburing is not installed here")
    return re.sub(r"/\*.*?\*/", " ", read(LIBURING), flags=re.S)


def version():
    """Of the header; before 2.4 it does not say."""
    path = os.path.join(os.path.dirname(LIBURING), "liburing", "io_uring_version.h")
    text = read(path) if os.path.exists(path) else ""
    found = [re.search(rf"IO_URING_VERSION_{part}\s+(\d+)", text) for part in ("MAJOR", "MINOR")]
    return tuple(int(match.group(1)) for match in found) if all(found) else (2, 3)


def every_function_of_the_installed_liburing_has_a_row():
    # A declaration begins a line, also one that goes on from the line of its type.
    declaration = r"^(?!#|\s*return\b)[\w \t*]*?\b(_{0,2}io_uring_\w+|uring_ptr_to_u64)\s*\("
    declared = set(re.findall(declaration, header(), re.M))
    declared -= set(re.findall(r"^\s*#\s*define\s+(\w+)", header(), re.M))
    declared = {name for name in declared if not name.startswith("io_uring_smp_")}
    tap.check(len(declared) > 100, f"{len(declared)} functions found: the header is not understood")
    missing = sorted(declared - {row[0] for row in rows()})
    if version() > (2, 15):
        tap.comment(f"newer than the page: {missing}")
    else:
        tap.equal(missing, [], "functions without a row")
    tap.comment(f"{len(declared)} functions of liburing {'.'.join(map(str, version()))}")


def the_daggers_stand_where_there_is_nothing_to_compare():
    text = header()
    if version() != (2, 3):
        raise tap.Skip("the daggers are for liburing 2.3")
    for name, dagger, _, _ in rows():
        if "prep" in name:
            there = re.search(rf"\b{name}\(", text)
            tap.equal(dagger, not there, f"a dagger at {name}")


def every_constant_of_the_installed_header_has_its_name():
    header()
    path = os.path.join(os.path.dirname(LIBURING), "liburing", "io_uring.h")
    text = re.sub(r"/\*.*?\*/", " ", read(path), flags=re.S)
    names = set(re.findall(r"\b(?:IORING|IOSQE|IO_URING_OP|IO_WQ|IOU)_\w+", text))
    names |= set(re.findall(r"\bstruct (io_\w+)", text))
    # Drafts that no kernel ever had, but liburing 2.3 did.
    drafts = {"io_uring_notification_slot", "io_uring_notification_register"}
    lost = [n for n in sorted(names - drafts)
            if n not in port.STRUCTS and not port.renamed(n, KNOWN)]
    tap.equal(lost, [], "without a counterpart")
    tap.check(len(names) > 150, f"only {len(names)} names found")


tap.main([
    every_function_of_liburing_has_one_row,
    every_row_has_a_counterpart_or_a_reason,
    a_name_that_differs_is_explained,
    a_prep_that_writes_other_bytes_is_explained,
    the_tool_agrees_with_every_row,
    every_function_of_the_installed_liburing_has_a_row,
    the_daggers_stand_where_there_is_nothing_to_compare,
    every_constant_of_the_installed_header_has_its_name,
])
