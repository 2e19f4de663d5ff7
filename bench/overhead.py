#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""overhead.py PROGRAM [--check] - instructions per operation in user space.

Counts with callgrind, which sees no kernel. Each loop runs twice with
different numbers of operations; the difference has neither start nor end of
the program in it, so the figures are the same on every run of one binary.

With --check the output is TAP and the limits below are held; they are for
gcc at -O2 on x86-64, and anything else is skipped.
"""
import argparse
import platform
import re
import shutil
import subprocess
import sys
import tempfile

FEW, MANY = 3200, 35200
ENTRIES = (32, 128)
LIMITS = {"ringfence-plain": 32.0, "ringfence-runs": 26.0}
# A loop, the one that it is held against, and by how much it may be above it. Handles are
# held against a program that finds the operation of a completion by a table of its own.
MARGINS = [("ringfence-handles", "ringfence-records", 8.0),
           ("ringfence-handles", "ringfence-plain", 11.5)]


def instructions(program, loop, entries, operations):
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}",
             program, loop, str(entries), str(operations)],
            capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[-1] if run.stderr else "no reason")
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def per_operation(program, loop, entries):
    more = instructions(program, loop, entries, MANY) - instructions(program, loop, entries, FEW)
    return more / (MANY - FEW)


def why_not_checked(compiler):
    if not shutil.which("valgrind"):
        return "valgrind is not installed"
    if platform.machine() != "x86_64":
        return "the limits are for x86-64"
    if compiler != "gcc-O2":
        return f"the limits are for gcc at -O2 without sanitizers, this is {compiler}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the built overhead program")
    parser.add_argument("--check", action="store_true", help="hold the limits, print TAP")
    parser.add_argument("--compiler", default="gcc-O2", help="what built it, for --check")
    args = parser.parse_args()

    loops = subprocess.run([args.program], capture_output=True, text=True,
                           check=True).stdout.split()
    if args.check:
        checks = list(LIMITS) + [loop for loop, _, _ in MARGINS]
        print(f"1..{len(checks)}")
        reason = why_not_checked(args.compiler)
        if not reason:
            once = subprocess.run([args.program, "ringfence-plain", "32", "32"],
                                  capture_output=True, text=True)
            if once.returncode:
                reason = once.stderr.strip() or f"the loop ended with {once.returncode}"
        if reason:
            print(f"# skipped because {reason}")
            for number, loop in enumerate(checks, 1):
                print(f"ok {number} - {loop} # SKIP {reason}")
            return 0

    figures = {loop: [per_operation(args.program, loop, e) for e in ENTRIES] for loop in loops}
    base = figures.get("liburing")
    mark = "# " if args.check else ""
    print(f"{mark}user-space instructions per read, submitted every 32, reaped in place")
    print(f"{mark}{'loop':<18}" + "".join(f"{f'{e} entries':>14}" for e in ENTRIES) + f"{'ratio':>9}")
    for loop, values in figures.items():
        ratio = f"{values[0] / base[0]:.2f}" if base else "-"
        print(f"{mark}{loop:<18}" + "".join(f"{v:>14.2f}" for v in values) + f"{ratio:>9}")
    if not args.check:
        return 0
    failed = 0
    for number, (loop, limit) in enumerate(LIMITS.items(), 1):
        worst = max(figures[loop])
        good = worst <= limit
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {loop} takes at most {limit:g}, has {worst:.2f}")
    for number, (loop, other, margin) in enumerate(MARGINS, len(LIMITS) + 1):
        worst = max(a - b for a, b in zip(figures[loop], figures[other]))
        good = worst <= margin
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {loop} takes at most {margin:g} more than "
              f"{other}, has {worst:.2f} more")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
