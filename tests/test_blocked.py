#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: where io_uring is blocked the tests neither fail nor pretend. Each test program
runs under a filter that refuses io_uring, as container runtimes do: no test fails,
each that is skipped says why, and programs that live on rings do skip.

    test_blocked.py SECCOMP_RUN PROGRAM...
"""
import os
import sys

import tap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts"))
import summary  # noqa: E402  # pylint: disable=wrong-import-position

SECCOMP_RUN, *PROGRAMS = sys.argv[1:]
skipped = {}


def run_blocked(error, program):
    """The tally of a program's results, by the rules of `make test`."""
    done = tap.run([SECCOMP_RUN, error, program], timeout=120,
                   env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
    tap.check(done.returncode not in (125, 126), done.stderr)
    tally = summary.Tally()
    summary.count_program(tally, os.path.basename(program), vars(done), True)
    return tally


def ends_green_with_reasons(error, program):
    tally = run_blocked(error, program)
    tap.check(not tally.failed, "\n".join("\n".join([what, *said]) for what, said in tally.failed))
    reasons = {reason for *_, reason in tally.skipped}
    skipped[error, program] = len(tally.skipped)
    tap.comment(f"{tally.passed} passed, {len(tally.skipped)} skipped")
    for reason in sorted(reasons)[:5]:
        tap.comment(f"  {reason}")


def the_filter_bites():
    for error in ("EPERM", "ENOSYS"):
        count = sum(number for (which, _), number in skipped.items() if which == error)
        tap.check(count > 100, f"under {error} only {count} tests were skipped")


def cases():
    for error in ("EPERM", "ENOSYS"):
        for program in PROGRAMS:
            yield (f"{os.path.basename(program)} under {error}",
                   lambda error=error, program=program: ends_green_with_reasons(error, program))
    yield the_filter_bites


tap.main(list(cases()))
