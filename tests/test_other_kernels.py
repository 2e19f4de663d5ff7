#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: scripts/test_kernels.py counts what came out of a machine, and what did not. It
is fed with made-up consoles of machines that crash, hang or end early, and with a probe that lies.
"""
import io
import json
import os
import shutil
import sys
import tempfile

import tap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scripts"))
import test_kernels  # noqa: E402  # pylint: disable=wrong-import-position
from kernels import guest, truth  # noqa: E402  # pylint: disable=wrong-import-position

KERNEL = test_kernels.Kernel("made-up", "amd64", (), "", "")
GOOD = "@@ begin ring\n1..2\nok 1 - a\n# skipped because it rains\nok 2 # SKIP b\n\n" \
       "@@ end ring status 0 in 10 ms\n"


def count(console, plan=("ring",)):
    return test_kernels.count(KERNEL, guest.read_outcome("@@ system 6.1.0 x86_64\n" + console),
                              plan)


def failures(console, plan=("ring",)):
    return [what for what, _ in count(console, plan).failed]


def what_went_well_is_counted():
    tally = count(GOOD + "@@ done\n")
    tap.equal((tally.passed, len(tally.skipped), tally.failed), (1, 1, []))


def a_failed_test_shows_what_it_said_before():
    tally = count("@@ begin ring\n1..1\nthree is not four\nnot ok 1 - a\n"
                  "@@ end ring status 1 in 10 ms\n@@ done\n")
    tap.equal(tally.failed, [("ring: a", ["# three is not four"])])


def a_machine_that_ends_early_fails():
    tap.equal(failures(GOOD), ["the guest ended before it was done"])
    tap.equal(failures("@@ begin ring\n1..1\n"),
              ["ring: never ran, or never ended", "the guest ended before it was done, in ring"])


def a_program_that_never_ran_fails():
    tap.equal(failures(GOOD + "@@ done\n", ("ring", "wait")), ["wait: never ran, or never ended"])


def a_program_that_crashed_or_hung_fails():
    for end, words in (("signal 11", "killed by signal 11"), ("timeout", "was stopped after"),
                       ("status 3", "ended with status 3")):
        found = failures(GOOD.replace("status 0", end) + "@@ done\n")
        tap.check(len(found) == 1 and words in found[0], found)


def a_complaint_of_the_kernel_fails():
    for words in ("WARNING: CPU: 0 PID: 1 at io_uring/rw.c:1", "BUG: unable to handle"):
        found = failures(f"{GOOD}@@ kernel <4>[ 1.0] {words}\n@@ done\n")
        tap.check(len(found) == 1 and words in found[0], found)
    tap.equal(failures(GOOD + "@@ kernel <4>[ 1.0] mtrr: odd settings\n@@ done\n"), [])


def report(**changes):
    items = [{"number": 0, "name": "OLD", "supported": True, "since": "5.1"},
             {"number": 1, "name": "NEW", "supported": False, "since": "6.12"}]
    groups = {group: {"method": "probe", "items": [dict(item) for item in items]}
              for group in truth.GROUPS}
    return {"usable": True, "system": {"release": "6.1.0"}, **groups, **changes}


def untruths(what):
    return truth.untruths(json.dumps(what), KERNEL, "6.1.0")


def a_probe_that_tells_the_truth_passes():
    tap.equal(untruths(report()), [])


def a_probe_that_lies_fails():
    for number, word in ((0, "missing"), (1, "there")):
        lie = report()
        item = lie["sqe_flags"]["items"][number]
        item["supported"] = not item["supported"]
        found = untruths(lie)
        tap.check(len(found) == 1 and word in found[0] and "sqe_flags" in found[0], found)
    tap.check(untruths(report(usable=False)), "unusable")
    tap.check(untruths(report(operations={"method": None, "items": []})), "found nothing out")
    tap.check(truth.untruths("{", KERNEL, "6.1.0"), "not JSON")


def releases_are_compared_by_number():
    tap.check(truth.number("6.9") < truth.number("6.12.3-amd64") < truth.number("7.0-rc1"), "order")


def the_archive_has_all_that_was_put_in():
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "initramfs")
        guest.write_initramfs(path, {"bin/a": (b"abc", True), "plan": (b"", False)})
        done = None
        with open(path, "rb") as file:
            data = file.read()
        if shutil.which("cpio"):
            done = tap.run(["cpio", "-t", "--quiet", "-F", path])
    tap.equal(len(data) % 4, 0, "alignment")
    if done is None:
        raise tap.Skip("there is no cpio here to read it with")
    tap.equal(done.stdout.split(), ["bin", "dev", "proc", "sys", "tmp", "dev/console", "bin/a",
                                    "plan"])


def every_kernel_has_a_machine():
    for kernel in test_kernels.KERNELS:
        tap.check(kernel.machine in test_kernels.MACHINES, kernel.name)
    names = [kernel.name for kernel in test_kernels.KERNELS]
    tap.equal(len(names), len(set(names)), "names")


def an_unknown_kernel_is_refused():
    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        test_kernels.parse(["4.19"])
    except SystemExit as error:
        tap.equal(error.code, 2)
    else:
        raise AssertionError("4.19 was taken")
    finally:
        sys.stderr = stderr


tap.main([
    what_went_well_is_counted,
    a_failed_test_shows_what_it_said_before,
    a_machine_that_ends_early_fails,
    a_program_that_never_ran_fails,
    a_program_that_crashed_or_hung_fails,
    a_complaint_of_the_kernel_fails,
    a_probe_that_tells_the_truth_passes,
    a_probe_that_lies_fails,
    releases_are_compared_by_number,
    the_archive_has_all_that_was_put_in,
    every_kernel_has_a_machine,
    an_unknown_kernel_is_refused,
])
