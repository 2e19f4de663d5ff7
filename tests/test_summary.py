#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: scripts/summary.py counts what happened, not what is claimed. It is fed with
made-up logs of programs that crash, hang, lie, or skip without a reason.
"""
import json
import os
import sys
import tempfile

import tap

SUMMARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts", "summary.py")


def program(name, out="", status=0, protocol="tap", **more):
    return {"name": name, "stdout": out, "returncode": status, "protocol": protocol,
            "result": "OK", "duration": 1.0, **more}


def write_build(build, programs, tests=None):
    os.makedirs(os.path.join(build, "meson-logs"))
    os.makedirs(os.path.join(build, "meson-info"))
    with open(os.path.join(build, "meson-logs", "testlog.json"), "w", encoding="utf-8") as log:
        for entry in programs:
            log.write(json.dumps(entry) + "\n")
    known = tests or [{"name": p["name"], "protocol": p["protocol"]} for p in programs]
    with open(os.path.join(build, "meson-info", "intro-tests.json"), "w", encoding="utf-8") as f:
        json.dump(known, f)


def summarise(*programs, tests=None):
    """Returns (passed, failed, skipped) and the whole output."""
    with tempfile.TemporaryDirectory() as top:
        build = os.path.join(top, "b")
        write_build(build, programs, tests)
        done = tap.run([sys.executable, SUMMARY, f"made-up={build}"])
    return counts_of(done), done.stdout


def counts_of(done):
    tap.equal(done.stderr, "", "stderr")
    last = done.stdout.splitlines()[-1]
    words = last.split()
    tap.equal(words[1::2], ["passed,", "failed,", "skipped"], last)
    counts = tuple(int(word) for word in words[0::2])
    tap.equal(done.returncode, 1 if counts[1] else 0, "status for " + last)
    tap.equal(sum(1 for line in done.stdout.splitlines() if " passed, " in line), 1)
    return counts


def good_results_pass():
    counts, out = summarise(program("a", "1..2\nok 1 - x\nok 2 - y\n# ok - tests\n"),
                            program("b", "ok 1 - x\n1..1\n"),
                            program("c", "", protocol="exitcode"))
    tap.equal(counts, (4, 0, 0), out)
    tap.equal(out, "4 passed, 0 failed, 0 skipped\n")


def a_failed_line_fails_and_shows_what_it_said():
    counts, out = summarise(program("a", "1..2\nok 1 - x\nnot ok 2 - y\n# 3 is not 4\n", 1))
    tap.equal(counts, (1, 1, 0), out)
    tap.check("FAILED [made-up] a: y\n    # 3 is not 4\n" in out, out)


def a_skip_with_a_reason_is_neither_passed_nor_failed():
    counts, out = summarise(
        program("a", "1..3\nok 1 - x\n# skipped because it rains\nok 2 # SKIP y\n"
                     "# skipped because it pours\nnot ok 3 # SKIP z\n"),
        program("b", "1..1\nok 1 - w # SKIP it hails\n"),
        program("c", "1..0 # SKIP it snows\n", 77),
        program("d", "looking\nit freezes\n", 77, "exitcode"))
    tap.equal(counts, (1, 0, 5), out)
    for what in ("a: y: it rains", "a: z: it pours", "b: w: it hails", "c: it snows",
                 "d: it freezes"):
        tap.check(f"SKIPPED [made-up] {what}\n" in out, f"{what} is missing in\n{out}")


def skips_with_one_reason_are_told_together():
    lines = "".join(f"# skipped because it rains\nok {i} # SKIP x{i}\n" for i in range(1, 6))
    counts, out = summarise(program("a", f"1..7\n{lines}# skipped because it pours\n"
                                         "ok 6 # SKIP y\nok 7 - z\n"))
    tap.equal(counts, (1, 0, 6), out)
    tap.equal(out.splitlines()[:-1], ["SKIPPED [made-up] a: y: it pours",
                                      "SKIPPED [made-up] a: 5 tests: it rains"])


def a_skip_without_a_reason_fails():
    counts, out = summarise(program("a", "1..2\n# skipped because it rains\nok 1 # SKIP x\n"
                                         "not ok 2 # SKIP y\n"),
                            program("b", "1..0\n"),
                            program("c", "\n", 77, "exitcode"))
    tap.equal(counts, (0, 3, 1), out)


def a_crash_fails_though_every_line_was_fine():
    counts, out = summarise(program("a", "1..1\nok 1 - x\n", -11, result="ERROR"))
    tap.equal(counts, (1, 1, 0), out)
    tap.check("killed by signal 11" in out, out)


def a_crash_after_a_failure_is_counted_besides():
    counts, out = summarise(program("a", "1..2\nok 1 - x\nnot ok 2 - y\n", -6, result="ERROR"))
    tap.equal(counts, (1, 2, 0), out)


def a_hang_fails_though_every_line_was_fine():
    counts, out = summarise(program("a", "1..1\nok 1 - x\n", -15, result="TIMEOUT"),
                            program("b", "", -15, "exitcode", result="TIMEOUT"))
    tap.equal(counts, (1, 2, 0), out)
    tap.check("was stopped after 1 s" in out, out)


def a_bad_status_fails_though_every_line_was_fine():
    counts, out = summarise(program("a", "1..1\nok 1 - x\n", 23),
                            program("b", "1..1\nok 1 - x\n", 77),
                            program("c", "", 1, "exitcode"), program("d", "", 99, "exitcode"))
    tap.equal(counts, (2, 4, 0), out)


def a_sanitizer_that_complains_fails_though_the_status_is_fine():
    counts, out = summarise(
        program("a", "1..1\nok 1 - x\n", stderr="x.c:3:4: runtime error: shift\n"),
        program("b", "", protocol="exitcode", stderr="==7==ERROR: LeakSanitizer: 9 bytes\n"))
    tap.equal(counts, (1, 2, 0), out)


def a_plan_that_is_not_kept_fails():
    counts, out = summarise(program("few", "1..5\nok 1 - x\nok 2 - y\nok 3 - z\n"),
                            program("many", "1..1\nok 1 - x\nok 2 - y\n"),
                            program("none", "ok 1 - x\n"),
                            program("two", "1..1\nok 1 - x\n1..1\n"),
                            program("silent", ""))
    tap.equal(counts, (7, 5, 0), out)
    tap.check("planned 5 tests and gave 3 results" in out, out)


def a_bail_out_fails():
    counts, out = summarise(program("a", "1..1\nok 1 - x\nBail out! no disk\n"))
    tap.equal(counts, (1, 1, 0), out)


def a_test_that_never_ran_fails():
    tests = [{"name": "a", "protocol": "tap"}, {"name": "b", "protocol": "tap"}]
    counts, out = summarise(program("a", "1..1\nok 1 - x\n"), tests=tests)
    tap.equal(counts, (1, 1, 0), out)
    tap.check("b: never ran" in out, out)


def no_log_or_no_test_at_all_fails():
    with tempfile.TemporaryDirectory() as top:
        tap.equal(counts_of(tap.run([sys.executable, SUMMARY, f"x={top}"])), (0, 1, 0))
        write_build(os.path.join(top, "empty"), [])
        tap.equal(counts_of(tap.run([sys.executable, SUMMARY, f"{top}/empty"])), (0, 1, 0))


def several_builds_are_added_up():
    with tempfile.TemporaryDirectory() as top:
        one, two = os.path.join(top, "one"), os.path.join(top, "two")
        write_build(one, [program("a", "1..1\nok 1 - x\n")])
        write_build(two, [program("a", "1..1\nnot ok 1 - x\n", 1)])
        done = tap.run([sys.executable, SUMMARY, f"one={one}", f"two={two}"])
    tap.equal(counts_of(done), (1, 1, 0))
    tap.check("FAILED [two] a: x" in done.stdout, done.stdout)


tap.main([
    good_results_pass,
    a_failed_line_fails_and_shows_what_it_said,
    a_skip_with_a_reason_is_neither_passed_nor_failed,
    skips_with_one_reason_are_told_together,
    a_skip_without_a_reason_fails,
    a_crash_fails_though_every_line_was_fine,
    a_crash_after_a_failure_is_counted_besides,
    a_hang_fails_though_every_line_was_fine,
    a_bad_status_fails_though_every_line_was_fine,
    a_sanitizer_that_complains_fails_though_the_status_is_fine,
    a_plan_that_is_not_kept_fails,
    a_bail_out_fails,
    a_test_that_never_ran_fails,
    no_log_or_no_test_at_all_fails,
    several_builds_are_added_up,
])
