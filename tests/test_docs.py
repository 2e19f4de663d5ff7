#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_docs.py ROOT - what the documentation refers to is there.

A test named in the documentation ("test_wait.c: `name`") exists in that file,
every rf_ function or RF_ constant that is named is declared, and every link
to a file of ours leads to one. Every rule of the loan checker has a section in
docs/reports.md and a faulty program that the section leads to.
"""
import glob
import os
import re
import sys

import tap

ROOT = sys.argv[1]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def documents():
    return sorted(glob.glob(f"{ROOT}/*.md") + glob.glob(f"{ROOT}/docs/**/*.md", recursive=True))


def tests_that_are_named():
    missing = []
    for path in documents():
        for file, names in re.findall(r"(test_\w+\.(?:c|py)): ((?:`\w+`(?:, )?)+)", read(path)):
            source = f"{ROOT}/tests/{file}"
            text = read(source) if os.path.exists(source) else ""
            missing += [f"{os.path.relpath(path, ROOT)}: {file}: {name}"
                        for name in re.findall(r"`(\w+)`", names) if name not in text]
    return missing


def names_that_are_used():
    headers = "".join(read(path) for path in glob.glob(f"{ROOT}/include/**/*.h", recursive=True))
    declared = set(re.findall(r"\b(?:rfi?|RFI?)_\w+", headers))
    missing = []
    for path in documents():
        for name in re.findall(r"\b(?:rf|RF)_\w+", read(path)):
            # "rf_prep_*" and "RF_SETUP_..." stand for many.
            if name not in declared and not any(d.startswith(name) for d in declared):
                missing.append(f"{os.path.relpath(path, ROOT)}: {name}")
    return sorted(set(missing))


def links_that_lead_nowhere():
    missing = []
    for path in documents():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(path)):
            if not os.path.exists(os.path.join(os.path.dirname(path), target)):
                missing.append(f"{os.path.relpath(path, ROOT)}: {target}")
    return missing


def rules_without_a_section():
    sections = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## |\Z)", read(f"{ROOT}/docs/reports.md"),
                               re.MULTILINE | re.DOTALL))
    shown = {}
    for path in glob.glob(f"{ROOT}/tests/faults/*.c"):
        rule = re.search(r"^/\* rule: ([\w-]+),", read(path), re.MULTILINE)
        shown.setdefault(rule[1] if rule else "none", set()).add(os.path.basename(path))
    missing = []
    for rule in re.findall(r'^\s*\{"([\w-]+)",', read(f"{ROOT}/src/check/rules.c"), re.MULTILINE):
        named = set(re.findall(r"\(\.\./tests/faults/(\w+\.c)\)", sections.get(rule, "")))
        if rule not in sections:
            missing.append(f"docs/reports.md: {rule}")
        elif not named & shown.get(rule, set()):
            missing.append(f"docs/reports.md: {rule}: no program of tests/faults that shows it")
    return missing


def nothing_missing(find):
    def test():
        missing = find()
        tap.check(not missing, "\n".join(missing))
    return test


tap.main([
    ("every_test_that_is_named_exists", nothing_missing(tests_that_are_named)),
    ("every_name_that_is_used_is_declared", nothing_missing(names_that_are_used)),
    ("every_link_leads_to_a_file", nothing_missing(links_that_lead_nowhere)),
    ("every_rule_of_the_checker_has_its_section", nothing_missing(rules_without_a_section)),
])
