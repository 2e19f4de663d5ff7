#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
How long `ringfence cp` takes beside cp(1): a tree of small files and one big file, with
the page cache warm and, as root, dropped.

    bench/cp.py [--tool build/tools/ringfence/ringfence] [--dir /tmp] [--rounds 5]

The commands take turns, A B C A B C ..., so that what else the machine does hits all
alike; the median of the rounds counts. Dirty pages are written back before each
run, outside the time. Copies of the tree stay until the end: a file system without
a journal does not like to reuse inodes soon, and would be measured instead.
"""
import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

DROP = "/proc/sys/vm/drop_caches"


def make_tree(top, files):
    """Directories of 100 files, 20 of them in each of the directories above."""
    dice = random.Random(1)
    data = dice.randbytes(16384)
    for number in range(files):
        folder = f"{top}/{number // 2000}/{number // 100 % 20}"
        if number % 100 == 0:
            os.makedirs(folder)
        with open(f"{folder}/file{number % 100}.txt", "wb") as file:
            file.write(data[:dice.randrange(16384)])


def make_file(path, gib):
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for _ in range(int(gib * 1024)):
            file.write(block)


def read_all(path):
    """Into the page cache."""
    if os.path.isdir(path):
        subprocess.run(f"find '{path}' -type f -exec cat {{}} + > /dev/null", shell=True, check=True)
    else:
        subprocess.run(f"cat '{path}' > /dev/null", shell=True, check=True)


def drop_caches():
    subprocess.run(["sync"], check=True)
    with open(DROP, "w", encoding="ascii") as file:
        file.write("3")


def timed(command, source, target):
    began = time.monotonic()
    subprocess.run([*command, source, target], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def race(commands, source, place, rounds, cold, keep):
    times = {name: [] for name in commands}
    if not cold:
        read_all(source)
    for turn in range(-1, rounds):  # the first round is to warm up
        for name, command in commands.items():
            target = os.path.join(place, f"copy{turn}{name.replace(' ', '')}")
            subprocess.run(["sync"], check=True)
            if cold:
                drop_caches()
            took = timed(command, source, target)
            if turn >= 0:
                times[name].append(took)
            if not keep:
                os.unlink(target)
    for name in os.listdir(place):
        if name.startswith("copy"):
            shutil.rmtree(os.path.join(place, name), ignore_errors=True)
    return {name: statistics.median(values) for name, values in times.items()}


def show(title, medians):
    ours = medians["ringfence cp -r"]
    print(f"| {title} | " + " | ".join(f"{seconds:.2f}" for seconds in medians.values()) +
          f" | {medians['cp -r'] / ours:.2f} | {medians['cp -a'] / ours:.2f} |", flush=True)


def conditions(place):
    cpus = os.cpu_count()
    kernel = os.uname().release
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(file.readline().split()[1]) >> 20
    kind = subprocess.run(["stat", "-f", "-c", "%T", place], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    load = os.getloadavg()[0]
    print(f"{time.strftime('%Y-%m-%d')}, Linux {kernel}, {cpus} processors, {memory} GiB, {kind}, "
          f"load {load:.1f}, {cp_version()}\n")


def cp_version():
    first = subprocess.run(["cp", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    return first.stdout.splitlines()[0]


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--tool", default="build/tools/ringfence/ringfence")
    parser.add_argument("--dir", default=tempfile.gettempdir(), help="where to work")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=20000)
    parser.add_argument("--gib", type=float, default=2)
    return parser.parse_args()


def main():
    options = parse()
    commands = {"cp -r": ["cp", "-r"], "cp -a": ["cp", "-a"],
                "ringfence cp -r": [os.path.abspath(options.tool), "cp", "-q", "-r"]}
    droppable = os.access(DROP, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-", dir=options.dir) as place:
        conditions(place)
        print("| seconds, median of", options.rounds, "| " + " | ".join(commands) +
              " | ratio to cp -r | ratio to cp -a |")
        print("| --- " * (len(commands) + 3) + "|", flush=True)
        tree, big = os.path.join(place, "tree"), os.path.join(place, "big")
        make_tree(tree, options.files)
        make_file(big, options.gib)
        for what, source, keep in ((f"{options.files} small files", tree, True),
                                   (f"{options.gib:g} GiB file", big, False)):
            for cold in (False, True):
                if cold and not droppable:
                    print(f"| {what}, cache dropped | skipped: {DROP} is for root |")
                    continue
                medians = race(commands, source, place, options.rounds, cold, keep)
                show(f"{what}, cache {'dropped' if cold else 'warm'}", medians)
    return 0


if __name__ == "__main__":
    sys.exit(main())
