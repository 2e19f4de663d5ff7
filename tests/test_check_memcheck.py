#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_check_memcheck.py SOURCE HEADER TOLD PROGRAM... - the loan checker together with Valgrind's
Memcheck.

Held here: what the programs of tests/faults break is reported under Memcheck as it is without,
and nothing besides; who touches memory that is lent is reported by Memcheck, with the operation
that has it; a program that keeps its promises (told.c) gets no complaint from either, while
one that looks behind what was written does, and without the checker even the first. HEADER:
whether Valgrind's was there for the library.
"""
import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import faulty
import tap

SOURCE, HEADER, TOLD, *PROGRAMS = sys.argv[1:]
KINDS = ["plain", "sqpoll", "defer"]
SKIPPED, FOUND = 77, 9

# Seen with 3.19: it runs one thread at a time, and takes this call for one that does not wait.
NOT_HERE = {
    "two_submit": "under Valgrind no thread runs while another waits for completions",
    "asan_frame_left": "Memcheck gives each function its stack anew, whoever has it"}


def under_memcheck(program, *args, check="1"):
    return tap.run(["valgrind", "-q", "--read-inline-info=no", "--num-callers=30",
                    f"--error-exitcode={FOUND}", program, *args],
                   env=dict(os.environ, RINGFENCE_CHECK=check))


def complaints(text):
    """The first line of each, and what follows, of Memcheck's own."""
    lines = [line.partition("== ")[2] for line in text.splitlines()
             if re.match(r"==\d+== ?", line)]
    return [part for part in "\n".join(lines).split("\n\n") if part.strip()]


def is_touch_told(fault, done):
    place = rf"\({re.escape(fault.name)}\.c:{fault.touched}\)"
    line = rf"\({re.escape(fault.name)}\.c:{fault.lines_of['submitted']}\)"
    whose = "lent to the kernel by " + fault.operation if fault.name in (
        "asan_touched", "asan_looked") else "provided buffer"
    found = [c for c in complaints(done.stderr) if re.match(r"Invalid (read|write)", c)]
    tap.check(found, done.stderr + done.stdout)
    for complaint in found:
        touch, _, owner = complaint.partition(" Address ")
        tap.check(re.search(place, touch), complaint)
        tap.check(whose in owner and "client-defined" in owner, complaint)
        tap.check(re.search(line, owner), complaint)


def is_caught(fault, done):
    if done.returncode == SKIPPED:
        raise tap.Skip(done.stdout.strip())
    tap.check(done.returncode != 0, f"it went on\n{done.stdout}{done.stderr}")
    if fault.touched:
        is_touch_told(fault, done)
        return
    faulty.is_the_report(fault, done.stderr)
    told = {"lent-unwritten": "Uninitialised byte", "freed-while-lent": "Unaddressable byte"}
    for complaint in complaints(done.stderr):
        tap.check(complaint.startswith(told.get(fault.rule, "?")), complaint)


def is_clean(done):
    if done.returncode == SKIPPED:
        raise tap.Skip(done.stdout.strip())
    tap.equal((done.returncode, done.stderr), (0, ""), done.stdout)


def looked_behind(done):
    found = complaints(done.stderr)
    tap.equal(len(found), 1, f"{done.stderr}\ncomplaints")
    tap.check("uninitialised" in found[0] and "main (told.c" in found[0], done.stderr)


def knows_nothing(done):
    tap.check(len(complaints(done.stderr)) > 5, done.stderr)


def is_there():
    if not shutil.which("valgrind"):
        raise tap.Skip("valgrind is not installed")
    if HEADER != "yes":
        raise tap.Skip("there was no <valgrind/memcheck.h> when the library was compiled")


def main():
    try:
        is_there()
    except tap.Skip as reason:
        print(f"1..0 # SKIP {reason}")
        return
    faults = [faulty.Fault(SOURCE, program) for program in PROGRAMS]
    # Each once: the kinds of rings differ by what the checker does, which test_check.py runs.
    jobs = [(f"{fault.name} [{fault.kinds[0]}]", NOT_HERE.get(fault.name),
             (fault.program, fault.kinds[0]), {}, lambda done, f=fault: is_caught(f, done))
            for fault in faults]
    jobs += [(f"told [{kind}]", None, (TOLD, kind), {}, is_clean) for kind in KINDS]
    jobs.append(("told, looking behind", None, (TOLD, "plain", "behind"), {}, looked_behind))
    jobs.append(("told, without the checker", None, (TOLD, "plain"), {"check": "0"},
                 knows_nothing))
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        started = [None if reason else pool.submit(under_memcheck, *args, **options)
                   for _, reason, args, options, _ in jobs]

        def test(job, run):
            if job[1]:
                raise tap.Skip(job[1])
            job[4](run.result())

        tap.main([(job[0], lambda j=job, r=run: test(j, r)) for job, run in zip(jobs, started)])


main()
