# SPDX-License-Identifier: MIT
"""
truth.py - is it true what `ringfence probe --json` says on this kernel?

What each kernel has is known: of each operation, feature, flag and registration the first
kernel that has it. The probe never looks at the kernel's version, so the two are independent.
"""
import json

GROUPS = ("operations", "features", "setup_flags", "enter_flags", "sqe_flags",
          "register_operations")


def number(release):
    """6.12 as a pair that can be compared. Only these two parts count."""
    major, minor = release.split(".")[:2]
    return int(major), int("".join(c for c in minor if c.isdigit()))


def items_that_are_wrong(group, report, release):
    """What @report says of a group and is not so on kernel @release."""
    wrong = []
    for item in report[group]["items"]:
        name, since = item["name"] or item["number"], item.get("since")
        if since is None:
            # A kernel newer than our tables may have what has no name yet.
            expected = None
        else:
            expected = number(release) >= number(since)
        if item["supported"] is None:
            continue  # it says that it does not know; what it may not know is checked elsewhere
        if expected is not None and item["supported"] != expected:
            said = "there" if item["supported"] else "missing"
            wrong.append(f"{group}: {name} is said to be {said}; it came with {since}")
    return wrong


def untruths(text, kernel, release):
    """
    The list of what is wrong with the output of `ringfence probe --json` on @kernel, whose
    uname is @release.
    """
    try:
        report = json.loads(text)
    except ValueError as error:
        return [f"the output is not JSON: {error}"]
    wrong = []
    if report.get("usable") is not True:
        wrong.append(f"it says that io_uring cannot be used: {report.get('blocked')}")
        return wrong
    if report["system"]["release"] != release:
        wrong.append(f"the release is {release}, not {report['system']['release']}")
    for group in GROUPS:
        has = kernel.has.get(group, kernel.has.get("all", release))
        wrong += items_that_are_wrong(group, report, has)
        if report[group]["method"] is None:
            wrong.append(f"{group}: nothing could be found out")
    return wrong
