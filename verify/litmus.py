#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
litmus.py HERD7 [FILE...] - every litmus test, as it is and weakened; prints TAP.

litmus/NAME.litmus is C, under the RC11 model. Lines that end in "// ours: ROW" are accesses of
fence.h, ROW its row in docs/memory-order.md. As it is, the condition never holds and nothing
races; with any one of those accesses made relaxed, or that fence removed, it does, or
something races.

litmus/MACHINE.NAME.litmus is machine code, under the model of that machine. Its comment has the
verdicts: "right: V" as it is, 'without "X": V' and 'with "Y" for "X": V' when weakened, where
the first X is ours.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ORDERS = re.compile(r"memory_order_(acquire|release)")


def verdict(herd, text, model):
    """Never, Sometimes, Always, or Race."""
    with tempfile.NamedTemporaryFile("w", suffix=".litmus") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([herd, *model, file.name], capture_output=True, text=True,
                              timeout=120, check=False)
    if re.search(r"^Flag \*undef\*", done.stdout, re.M):
        return "Race"
    found = re.search(r"^Observation \S+ (\w+)", done.stdout, re.M)
    return found.group(1) if found else f"no verdict: {done.stdout} {done.stderr}"


def weakenings_in_c(text):
    """(row, the text without that access's order) for each line that is ours."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        found = re.search(r"// ours: (.*)", line)
        if not found:
            continue
        weak = "" if "atomic_thread_fence" in line else ORDERS.sub("memory_order_relaxed", line)
        yield found.group(1), "\n".join(lines[:i] + [weak] + lines[i + 1:])


def without_comments(text):
    return re.sub(r"//.*", "", text)


def in_c(herd, path):
    with open(path, encoding="ascii") as file:
        text = file.read()
    model = ["-model", "rc11.cat"]
    name = os.path.basename(path)
    yield name, "Never", verdict(herd, without_comments(text), model)
    for row, weak in weakenings_in_c(text):
        yield f"{name}, weakened: {row}", "Sometimes or Race", \
            verdict(herd, without_comments(weak), model)


def apply(text, change):
    """'without "X"' or 'with "Y" for "X"', joined by " and "."""
    head, sep, body = text.partition("*)")
    for part in change.split(" and "):
        found = re.fullmatch(r'without "([^"]*)"|with "([^"]*)" for "([^"]*)"', part.strip())
        old, new = (found.group(1), "") if found.group(1) else (found.group(3), found.group(2))
        if old not in body:
            raise ValueError(f"{old} is not there")
        body = body.replace(old, new.ljust(len(old)), 1)
    return head + sep + body


def on_a_machine(herd, path):
    with open(path, encoding="ascii") as file:
        text = file.read()
    name = os.path.basename(path)
    for change, expected in re.findall(r'^ *(right|with.*"): (\w+)', text, re.M):
        changed = text if change == "right" else apply(text, change)
        title = name if change == "right" else f"{name}, {change}"
        yield title, expected, verdict(herd, changed, [])


def every_test(herd, paths):
    for path in paths:
        machine = os.path.basename(path).count(".") == 2
        yield from (on_a_machine if machine else in_c)(herd, path)


def main():
    herd = sys.argv[1]
    folder = os.path.join(HERE, "litmus")
    paths = sys.argv[2:] or sorted(os.path.join(folder, name) for name in os.listdir(folder))
    count = failed = 0
    for title, expected, got in every_test(herd, paths):
        count += 1
        good = got in expected.split(" or ")
        failed += not good
        print(f"{'ok' if good else 'not ok'} {count} - {title}: {got}"
              + ("" if good else f", not {expected}"))
    print(f"1..{count}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
