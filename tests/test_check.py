#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_check.py SOURCE PROGRAM... - the loan checker catches what faulty programs do.

Held here: each program of tests/faults, on each kind of ring that it names, is stopped with
the rule that its third line names, for that operation, and the report leads to the line
that submitted it. Without the checker none of them is stopped by it. And the words of
RINGFENCE_CHECK mean what they say.
"""
import os
import re
import signal
import sys
import tempfile

import faulty
import tap

source, programs = sys.argv[1], sys.argv[2:]
SKIPPED = 77


def run(fault, kind, check):
    env = dict(os.environ, RINGFENCE_CHECK=check)
    # Leaks are no matter here: the programs end in the middle.
    env["ASAN_OPTIONS"] = "detect_leaks=0"
    done = tap.run([fault.program, kind], env=env)
    if done.returncode == SKIPPED:
        raise tap.Skip(done.stdout.strip())
    return done


def is_caught(fault, kind):
    done = run(fault, kind, "1")
    tap.check(done.returncode != 0, f"it went on\n{done.stdout}{done.stderr}")
    faulty.is_the_report(fault, done.stderr)
    if fault.touched:  # AddressSanitizer says by whom
        found = re.search(rf"{fault.name}\.c:(\d+)", done.stderr)
        tap.equal(found and int(found[1]), fault.touched, f"{done.stderr}\ntouched in line")


def is_silent_without(fault):
    done = run(fault, fault.kinds[0], "0")
    tap.check("ringfence:" not in done.stderr, done.stderr)


# --- the words of RINGFENCE_CHECK ------------------------------------------

REPORT = "ringfence: changed-while-lent: "
LETS_GO = "nothing was reported"


def of_words(words, fault):
    """A program that breaks one rule, and then says that nothing was reported."""
    done = run(fault, fault.kinds[0], words)
    return done, REPORT in done.stderr, LETS_GO in done.stdout


def it_ends_as_the_words_say(fault):
    for words, status, goes_on in (
            ("1", -signal.SIGABRT, False), ("go-on", 1, True), ("halt_on_error=0", 1, True),
            ("exitcode=42", 42, False), ("unique:exitcode=42:returned", 42, False),
            ("exitcode=42,abort_on_error=1", -signal.SIGABRT, False),
            ("abort_on_error=no", 1, False), ("exitcode=42,halt_on_error=false", 1, True)):
        done, reported, went_on = of_words(words, fault)
        tap.equal((done.returncode, reported, went_on), (status, True, goes_on), words)
        tap.check("is not understood" not in done.stderr, done.stderr)


def it_prints_where_the_words_say(fault):
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "log")
        done, reported, _ = of_words(f"log_path={path}:halt_on_error=0", fault)
        tap.check(not reported, done.stderr)
        logs = os.listdir(place)
        tap.check(len(logs) == 1 and re.fullmatch(r"log\.\d+", logs[0]), logs)
        with open(os.path.join(place, logs[0]), encoding="utf-8") as file:
            tap.check(file.read().startswith(REPORT), logs)
        done, reported, _ = of_words(f"log_path={place}/none/log", fault)
        tap.check(reported and "cannot be written" in done.stderr, done.stderr)
    done, reported, _ = of_words("log_path=stdout", fault)
    tap.check(REPORT in done.stdout and not reported, done.stdout)
    tap.check(of_words("log_path=stderr", fault)[1], "stderr")


def it_says_once_what_it_does_not_know(fault):
    for words, wrong in (("1,uniqeu", "uniqeu"), ("exitcode=many:1", "exitcode=many"),
                         ("exitcode=256", "exitcode=256"), ("halt_on_error=2", "halt_on_error=2"),
                         ("dump=NOSUCH", "dump=NOSUCH"), ("log_path=", "log_path=")):
        done, reported, _ = of_words(words, fault)
        tap.equal(re.findall(r'"(.*)" is not understood', done.stderr), [wrong], words)
        tap.check(reported, f"{words}: {done.stderr}")
    done, _, _ = of_words("help=1", fault)
    for word in ("log_path=", "exitcode=", "halt_on_error=", "unique"):
        tap.check(re.search(rf"^  {word} +\w", done.stderr, re.MULTILINE), done.stderr)
    done, reported, _ = of_words("help=1,0", fault)
    tap.check(not reported, done.stderr)


def main():
    faults = [faulty.Fault(source, program) for program in programs]
    tests = [(f"{fault.name} [{kind}]", lambda f=fault, k=kind: is_caught(f, k))
             for fault in faults for kind in fault.kinds]
    tests += [(f"{fault.name} without a checker", lambda f=fault: is_silent_without(f))
              for fault in faults if fault.rule not in ("user-data-reused", "touched-while-lent")]
    fault = next(fault for fault in faults if fault.name == "changed_write")
    tests += [(test.__name__, lambda t=test: t(fault))
              for test in (it_ends_as_the_words_say, it_prints_where_the_words_say,
                           it_says_once_what_it_does_not_know)]
    tap.main(tests)


main()
