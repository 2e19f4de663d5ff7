#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_check_msan.py SOURCE - the loan checker together with MemorySanitizer, which clang has.

Held here: a program that keeps its promises (told.c) runs clean with the checker, not without,
and not if it looks behind what was written; and what is lent for the kernel to read, and was
never written, is reported with operation and line. The library is built with the sanitizer too:
that all code of a program is, it demands.
"""
import glob
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import faulty
import tap

SOURCE = sys.argv[1]
KINDS = ["plain", "sqpoll", "defer"]
FAULTS = ["unwritten_segment", "unwritten_time", "unwritten_write"]
SKIPPED, FOUND = 77, 9
CLANG = ["clang", "-fsanitize=memory", "-g", "-O1", "-std=c11", "-D_GNU_SOURCE",
         "-D_FILE_OFFSET_BITS=64", f"-I{SOURCE}/include"]


def is_there(place):
    program = os.path.join(place, "empty")
    with open(program + ".c", "w", encoding="utf-8") as file:
        file.write("int main(void) { return 0; }\n")
    try:
        done = tap.run([*CLANG, program + ".c", "-o", program])
    except FileNotFoundError:
        return "clang is not installed"
    if done.returncode or tap.run([program]).returncode:
        return "this clang cannot build with MemorySanitizer, or what it builds does not run"
    return None


def build(place):
    """The library, then each program. Their files by name."""
    sources = glob.glob(f"{SOURCE}/src/*.c") + glob.glob(f"{SOURCE}/src/check/*.c")
    objects = [os.path.join(place, f"{i}.o") for i in range(len(sources))]
    programs = {name: os.path.join(place, "fault-" + name) for name in FAULTS}
    paths = {name: f"{SOURCE}/tests/faults/{name}.c" for name in FAULTS}
    programs["told"], paths["told"] = os.path.join(place, "told"), f"{SOURCE}/tests/told.c"
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(lambda pair: tap.must_run([*CLANG, "-c", pair[0], "-o", pair[1]]),
                      zip(sources, objects)))
        list(pool.map(lambda name: tap.must_run([*CLANG, paths[name], *objects, "-o",
                                                 programs[name], "-lpthread", "-ldl"]), programs))
    return programs


def run(program, *args, check="1"):
    done = tap.run([program, *args], env=dict(os.environ, RINGFENCE_CHECK=check,
                                              MSAN_OPTIONS=f"exitcode={FOUND}"))
    if done.returncode == SKIPPED:
        raise tap.Skip(done.stdout.strip())
    return done


def is_clean(program, kind):
    done = run(program, kind)
    tap.equal((done.returncode, done.stderr), (0, ""), done.stdout)


def is_found(*args, **options):
    done = run(*args, **options)
    tap.equal(done.returncode, FOUND, f"{done.stdout}{done.stderr}\nstatus")
    tap.check("MemorySanitizer: use-of-uninitialized-value" in done.stderr, done.stderr)


def is_caught(program, kind):
    done = run(program, kind)
    tap.check(done.returncode != 0, f"it went on\n{done.stdout}{done.stderr}")
    tap.check("WARNING" not in done.stderr, done.stderr)
    faulty.is_the_report(faulty.Fault(SOURCE, program), done.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="ringfence-msan-") as place:
        reason = is_there(place)
        if reason:
            print(f"1..0 # SKIP {reason}")
            return
        programs = build(place)
        told = programs["told"]
        tests = [(f"told [{kind}]", lambda k=kind: is_clean(told, k)) for kind in KINDS]
        tests.append(("told, looking behind", lambda: is_found(told, "plain", "behind")))
        tests.append(("told, without the checker", lambda: is_found(told, "plain", check="0")))
        tests += [(f"{name} [{kind}]", lambda n=name, k=kind: is_caught(programs[n], k))
                  for name in FAULTS for kind in KINDS]
        tap.main(tests)


main()
