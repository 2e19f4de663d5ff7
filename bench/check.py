#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
What the loan checker costs, as ratios of one run: off, in instructions against a library
without it; on, the rate of NOPs, and how long `ringfence cp` takes.

    bench/check.py [--build build] [--dir /tmp] [--rounds 7] [--files 20000] [--quick]

With and without take turns. Of NOPs the median of the ratios of the rounds counts; of copies the
shortest of each, since what else the disk and the machine do only adds. The exit status is 1 if a
goal is missed.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import cp
import measure
import overhead

LOOPS = ("ringfence-plain", "ringfence-runs")
BATCHES = (1, 32)
OFF, ON = "0", "1"


def off(build):
    """Instructions an operation more than in a library that does not ask for a checker."""
    with_it, without = f"{build}/bench/overhead", f"{build}/bench/overhead-unchecked"
    for loop in LOOPS:
        more = max(overhead.per_operation(with_it, loop, entries) -
                   overhead.per_operation(without, loop, entries) for entries in overhead.ENTRIES)
        yield f"off, {loop}: instructions more", more, "at most", 2.0


def ns_of_nops(build, check, batch, ms):
    worker = measure.Worker(f"{build}/bench/bench-ringfence", "-")
    os.environ["RINGFENCE_CHECK"] = check
    try:
        params = {"setup": "defaults", "shape": "nop", "batch": batch, "publish": "wait", "ms": ms}
        said = worker.ask("loop " + measure.words(params))
    finally:
        worker.stop()
    return said["cpu"] / said["ops"]  # ns on the processor


def nops(build, rounds, ms):
    for batch in BATCHES:
        ratios = [ns_of_nops(build, OFF, batch, ms) / ns_of_nops(build, ON, batch, ms)
                  for _ in range(rounds)]
        yield f"on, NOPs {batch} at a time: rate", statistics.median(ratios), "at least", 1 / 3


def seconds_of_cp(tool, check, tree, target):
    subprocess.run(["sync"], check=True)
    env = dict(os.environ, RINGFENCE_CHECK=check)
    began = time.monotonic()
    subprocess.run([tool, "cp", "-q", "-r", tree, target], check=True, env=env)
    return time.monotonic() - began


def copies(build, place, files, rounds):
    tree, tool = os.path.join(place, "tree"), f"{build}/tools/ringfence/ringfence"
    cp.make_tree(tree, files)
    cp.read_all(tree)
    best = {OFF: float("inf"), ON: float("inf")}
    for turn in range(rounds + 1):  # the first is to warm up
        for check in (OFF, ON) if turn % 2 else (ON, OFF):
            took = seconds_of_cp(tool, check, tree, os.path.join(place, f"{turn}{check}"))
            if turn > 0:
                best[check] = min(best[check], took)
    shutil.rmtree(tree)
    yield f"on, ringfence cp of {files} files: time", best[ON] / best[OFF], "at most", 1.5


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--build", default="build")
    parser.add_argument("--dir", default=tempfile.gettempdir(), help="where to copy")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--files", type=int, default=20000)
    parser.add_argument("--quick", action="store_true", help="too short to compare")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.files = 1, 500
    return options


def main():
    options = parse()
    build = os.path.abspath(options.build)
    missed = 0
    print("| the loan checker | ratio | goal | |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-", dir=options.dir) as place:
        for rows in (off(build), nops(build, options.rounds, 20 if options.quick else 200),
                     copies(build, place, options.files, options.rounds)):
            for what, value, word, limit in rows:
                reached = value <= limit if word == "at most" else value >= limit
                missed += not reached
                print(f"| {what} | {value:.2f} | {word} {limit:.2f} | "
                      f"{'reached' if reached else 'missed'} |", flush=True)
    return 1 if missed and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
