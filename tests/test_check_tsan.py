#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_check_tsan.py SOURCE LIBRARY COMPILER... - the loan checker together with ThreadSanitizer.

Held here: what one thread submits and another takes is no race with the checker, and is reported
as one without; what is one (handed_over.c: late, other, same) is reported with it too, once,
at the line that is marked. With each compiler that is here, and a library that was built
without the sanitizer, which is what programs mostly have.
"""
import os
import re
import shutil
import sys
import tempfile

import tap

SOURCE, LIBRARY, *COMPILERS = sys.argv[1:]
PATH = f"{SOURCE}/tests/handed_over.c"
RIGHT = [("request", "plain"), ("request", "sqpoll"), ("message", "plain"),
         ("register", "plain"), ("poll", "plain"), ("buffer", "plain"), ("buffer", "sqpoll")]
RACES = [("late", "plain"), ("other", "plain"), ("other", "sqpoll"), ("same", "plain")]
SKIPPED, FOUND = 77, 66


def build(compiler, place):
    program = os.path.join(place, os.path.basename(compiler))
    done = tap.run([compiler, "-fsanitize=thread", "-g", "-O1", "-std=c11", "-D_GNU_SOURCE",
                    f"-I{SOURCE}/include", PATH, LIBRARY, "-o", program, "-lpthread", "-ldl"])
    return None if done.returncode else program


def run(program, case, kind, check):
    if not program:
        raise tap.Skip("this compiler cannot build with ThreadSanitizer")
    env = dict(os.environ, RINGFENCE_CHECK=check, TSAN_OPTIONS=f"exitcode={FOUND}")
    done = tap.run([program, case, kind], env=env)
    if "unexpected memory mapping" in done.stderr and shutil.which("setarch"):
        done = tap.run(["setarch", "-R", program, case, kind], env=env)
    if done.returncode == SKIPPED:
        raise tap.Skip("this kernel lacks what it takes")
    return done


def races(text):
    return text.count("WARNING: ThreadSanitizer: data race")


def is_clean(program, case, kind):
    done = run(program, case, kind, "1")
    tap.equal((done.returncode, done.stderr), (0, ""), done.stdout)
    done = run(program, case, kind, "0")
    tap.equal(done.returncode, FOUND, f"without the checker: {done.stdout}{done.stderr}\nstatus")
    tap.check(races(done.stderr) > 0, done.stderr)


def is_found(program, case, kind):
    done = run(program, case, kind, "1")
    tap.equal(done.returncode, FOUND, f"{done.stdout}{done.stderr}\nstatus")
    tap.equal(races(done.stderr), 1, f"{done.stderr}\nraces")
    with open(PATH, encoding="utf-8") as file:
        marked = {i for i, line in enumerate(file, 1) if "a race" in line}
    lines = {int(line) for line in re.findall(r"handed_over\.c:(\d+)", done.stderr)}
    tap.check(marked & lines, done.stderr)


def main():
    compilers = [c for c in dict.fromkeys(COMPILERS) if shutil.which(c)]
    if not compilers:
        print(f"1..0 # SKIP none of {', '.join(COMPILERS)} is installed")
        return
    with tempfile.TemporaryDirectory(prefix="ringfence-tsan-") as place:
        tests = []
        for compiler in compilers:
            program, name = build(compiler, place), os.path.basename(compiler)
            tests += [(f"{name}: {case} [{kind}]", lambda *a, p=program, c=case, k=kind:
                       is_clean(p, c, k)) for case, kind in RIGHT]
            tests += [(f"{name}: {case}, a race [{kind}]", lambda *a, p=program, c=case, k=kind:
                       is_found(p, c, k)) for case, kind in RACES]
        tap.main(tests)


main()
