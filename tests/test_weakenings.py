#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_weakenings.py SOURCE - what `make verify` weakens is still where it was.

Held here: each change of verify/mutants.py and verify/harness.py can be made to the sources as
they are, and changes them. Whether a check then fails takes minutes, and is for make verify.
"""
import os
import sys

import tap

sys.path.insert(0, os.path.join(sys.argv[1], "verify"))
sys.dont_write_bytecode = True
import harness  # noqa: E402
import mutants  # noqa: E402


def text_of(name):
    with open(os.path.join(sys.argv[1], name), encoding="utf-8") as file:
        return file.read()


def each_mutant_can_be_made():
    tap.check(len(mutants.MUTANTS) > 20, "the table of mutants was not understood")
    for mutant in mutants.MUTANTS:
        tap.check(mutants.mutated(mutant) != text_of(mutant.file), mutant.name)


def each_check_of_the_harness_can_be_weakened():
    tap.check(len(harness.WEAKENED) > 5, "the table of weakenings was not understood")
    for number, (name, old, *_) in enumerate(harness.WEAKENED):
        tap.check(harness.weakened(number)[1] != text_of(name), old)


tap.main([each_mutant_can_be_made, each_check_of_the_harness_can_be_weakened])
