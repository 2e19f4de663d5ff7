# SPDX-License-Identifier: MIT
"""
tap.py - what the tests in Python share: results as TAP, and skipping with a reason.

    def adds_up():
        tap.check(1 + 1 == 2, "arithmetic")

    tap.main([adds_up])

A test fails by raising anything but Skip. What it says comes as comments.
"""
import subprocess
import sys
import traceback


class Skip(Exception):
    """Raised with the reason why a test cannot run here."""


def check(condition, why):
    if not condition:
        raise AssertionError(why)


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what + ': ' if what else ''}{actual!r}, expected {expected!r}")


def run(command, **options):
    """Runs a command, output kept as text, with a time limit. Fails if it cannot be started."""
    options.setdefault("timeout", 60)
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, errors="replace", check=False, **options)


def must_run(command, **options):
    """The same, and the status has to be 0. Returns what it printed."""
    done = run(command, **options)
    if done.returncode:
        words = " ".join(str(word) for word in command)
        raise AssertionError(f"{words}\nstatus {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def comment(text):
    for line in str(text).splitlines():
        print(f"# {line}")


def main(tests):
    """Runs tests, functions or pairs of name and function, and ends the program."""
    pairs = [t if isinstance(t, tuple) else (t.__name__, t) for t in tests]
    print(f"1..{len(pairs)}", flush=True)
    failed = 0
    for number, (name, test) in enumerate(pairs, 1):
        try:
            test()
        except Skip as reason:
            print(f"# skipped because {reason}")
            print(f"ok {number} # SKIP {name}", flush=True)
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name}")
            comment(error if isinstance(error, AssertionError) else traceback.format_exc())
            sys.stdout.flush()
        else:
            print(f"ok {number} - {name}", flush=True)
    sys.exit(1 if failed else 0)
