#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
summary.py [LABEL=]BUILD[:SETUP:SUITE]... - what the tests of these build directories came to.

With SETUP and SUITE, what that suite came to with that test setup of the build. Reads the log that `meson test` leaves in each, prints every failed test with what
it said, what was skipped with the reason, and as the last line

    N passed, N failed, N skipped

The exit status is 1 if anything failed, else 0.

Results are counted one by one, as the TAP lines of each program give them, and a
program is not believed just because its lines are fine. It is a failure, too, when
it ends by a signal, a timeout or with a status other than 0, when it gives fewer or
more results than it planned, when a sanitizer complains, when it skips something
without saying why, or when it never ran. A test that gives no TAP counts by its
exit status: 0 passed, 77 skipped (its last line is the reason), any other failed.
"""
import json
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass, field

RESULT = re.compile(r"^(not )?ok\b *(\d+)? *(.*)$")
SKIP = re.compile(r"^(.*?)\s*# *skip\S*\s*(.*)$", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:# *(.*))?$")
REASON = "# skipped because "
SANITIZER = re.compile(r"runtime error:|ERROR: (Address|Leak|Thread|Memory)Sanitizer")
LINES_SHOWN = 25
SAME_SHOWN = 3


@dataclass
class Tally:
    passed: int = 0
    failed: list = field(default_factory=list)   # (what, [lines it said])
    skipped: list = field(default_factory=list)  # (program, test or "", reason)

    def fail(self, what, said=()):
        self.failed.append((what, list(said)))

    def skip(self, program, test, reason):
        if reason:
            self.skipped.append((program, test, reason))
        else:
            self.fail(f"{program}{test and ': '}{test}: skipped without a reason")


def tail(*texts):
    """The last lines of the last text that has any, without TAP's good news."""
    lines = []
    for text in texts:
        kept = [line for line in text.splitlines() if line and not line.startswith("ok ")]
        lines += kept[-LINES_SHOWN:]
    return lines


def count_tap(tally, program, out):
    """
    Counts the TAP lines. Returns how many said "not ok", whether the plan said to skip
    all, and what is wrong with the whole.
    """
    plan = None
    seen = bad = 0
    reason = None
    comments_go_to = None  # the lines of the failed test whose comments come now
    wrong = []
    for line in out.splitlines():
        result = RESULT.match(line)
        planned = PLAN.match(line)
        if result:
            seen += 1
            rest = result[3].removeprefix("- ").strip()
            skip = SKIP.match(rest)
            comments_go_to = None
            if skip:
                # cmocka puts the name behind the word, others the reason.
                name = skip[1] or skip[2] or f"test {seen}"
                tally.skip(program, name, reason or (skip[1] and skip[2]))
            elif result[1]:
                bad += 1
                tally.fail(f"{program}: {rest or f'test {seen}'}")
                comments_go_to = tally.failed[-1][1]
            else:
                tally.passed += 1
            reason = None
        elif planned:
            if plan is not None:
                wrong.append("gave two plans")
            plan = int(planned[1])
            if plan == 0 and seen == 0:
                why = re.sub(r"^skip\S*\s*", "", planned[2] or "", flags=re.IGNORECASE)
                tally.skip(program, "", reason or why)
        elif line.startswith(REASON):
            reason = line[len(REASON):].strip()
        elif line.startswith("Bail out!"):
            wrong.append(line)
        elif comments_go_to is not None and line.startswith("#") and \
                len(comments_go_to) < LINES_SHOWN:
            comments_go_to.append(line)
    if plan is None:
        wrong.append("gave no plan, so nobody knows whether all of it ran")
    elif seen != plan:
        wrong.append(f"planned {plan} tests and gave {seen} results")
    return bad, plan == 0, wrong


def ending(entry):
    """How a program ended, if not well; else None."""
    status = entry.get("returncode", 0)
    if entry.get("result") == "TIMEOUT":
        return f"was stopped after {entry.get('duration', 0):.0f} s"
    if entry.get("result") == "INTERRUPT":
        return "was interrupted"
    if status < 0:
        return f"was killed by signal {-status}"
    if status > 0:
        return f"ended with status {status}"
    return None


def count_program(tally, program, entry, is_tap):
    out, err = entry.get("stdout", ""), entry.get("stderr", "")
    ended = ending(entry)
    killed = ended and not ended.startswith("ended")
    complaint = SANITIZER.search(out + err)
    if not is_tap:
        said = [line.strip() for line in out.splitlines() if line.strip()]
        if entry.get("returncode") == 77 and not killed:
            tally.skip(program, "", said[-1] if said else None)
        elif ended:
            tally.fail(f"{program}: {ended}", tail(out, err))
        elif complaint:
            tally.fail(f"{program}: a sanitizer complained", tail(out, err))
        else:
            tally.passed += 1
        return

    bad, skipped_whole, wrong = count_tap(tally, program, out)
    # A status may say what the lines say already: something failed, or all was skipped.
    said_so = bad or (entry.get("returncode") == 77 and skipped_whole)
    if ended and (killed or not said_so):
        wrong.insert(0, ended)
    if complaint:
        wrong.append("a sanitizer complained")
    if wrong:
        tally.fail(f"{program}: {', '.join(wrong)}", tail(out, err))


def count_build(tally, label, build, setup="", suite=""):
    log = os.path.join(build, "meson-logs", f"testlog{setup and '-'}{setup}.json")
    prefix = f"[{label}] " if label else ""
    try:
        with open(log, encoding="utf-8", errors="replace") as lines:
            entries = [json.loads(line) for line in lines if line.strip()]
        with open(os.path.join(build, "meson-info", "intro-tests.json"), encoding="utf-8") as f:
            tests = [test for test in json.load(f)
                     if not suite or any(name.split(":")[-1] == suite for name in test["suite"])]
    except (OSError, ValueError) as error:
        tally.fail(f"{prefix}no test ran: {error}")
        return

    protocols = {test["name"]: test["protocol"] for test in tests}
    missing = Counter(test["name"] for test in tests)
    for entry in entries:
        name = entry["name"].split(" / ")[-1]
        missing[name] -= 1
        count_program(tally, prefix + name, entry, protocols.get(name) == "tap")
    for name in sorted(missing.elements()):
        tally.fail(f"{prefix}{name}: never ran")
    if not tests:
        tally.fail(f"{prefix}there is no test")


def print_skipped(skipped):
    """One line a test; or one for all of a program that have the same reason, if many do."""
    tests_of = {}
    for program, test, reason in skipped:
        tests_of.setdefault((program, reason), []).append(test)
    for (program, reason), tests in sorted(tests_of.items()):
        if len(tests) > SAME_SHOWN:
            print(f"SKIPPED {program}: {len(tests)} tests: {reason}")
            continue
        for test in tests:
            print(f"SKIPPED {program}{test and ': '}{test}: {reason}")


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__.strip())
        return 0 if arguments else 2
    tally = Tally()
    for argument in arguments:
        label, _, build = argument.rpartition("=")
        count_build(tally, label, *build.split(":"))

    print_skipped(tally.skipped)
    for what, said in tally.failed:
        print(f"FAILED {what}")
        for line in said:
            print(f"    {line}")
    print(f"{tally.passed} passed, {len(tally.failed)} failed, {len(tally.skipped)} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
