#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
harness.py CBMC - proves harness/bounds.c with CBMC: each check for SQEs and CQEs of one slot, of
two, and of both sizes; then weakens one check of the library at a time, which must fail.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HARNESS = "verify/harness/bounds.c"
SHAPES = {"one slot": "-DSHIFT=0", "two slots": "-DSHIFT=1", "mixed": "-DMIXED=1"}
OPTIONS = ["-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-Iinclude", "-Isrc", "--unwind", "10",
           "--unwinding-assertions", "--bounds-check", "--pointer-check",
           "--pointer-overflow-check", "--signed-overflow-check", "--slice-formula"]

# Where, what becomes what, and the check and the shape that must notice.
WEAKENED = [
    ("src/ring.c", "RF_LIKELY(room <= sq->entries) ? room : 0", "room", "check_run", "one slot"),
    ("src/ring.c", "    if (sq->next == sq->wrap)\n        sq->next = sq->sqes;\n", "",
     "check_fill", "one slot"),
    ("src/ring.c", "rfi_min_u32(room, (uint32_t)(sq->wrap - sq->next))", "room", "check_fill",
     "one slot"),
    ("src/ring.c", "count) >= count", "count) > 0", "check_run", "one slot"),
    ("src/ring.c", "RF_LIKELY(ready <= cq->entries) ? ready : 0", "ready", "check_next",
     "one slot"),
    ("src/ring.c", " || ready > (size_t)(cq->wrap - cq->next)", "", "check_next", "one slot"),
    ("src/ring.c", " && cq->next + 1 != cq->wrap", "", "check_next", "mixed"),
    ("src/ring.c", "rfi_min_u32(ready_from(cq, index), count)", "ready_from(cq, index)",
     "check_copy", "one slot"),
    ("src/ring.c", "copied < count &&", "copied <= count &&", "check_copy", "mixed"),
    ("include/ringfence/wait.h",
     " ||\n                (iter->next & iter->mask) + slots > iter->mask + 1", "", "check_walk",
     "mixed"),
]


def checks():
    with open(os.path.join(ROOT, HARNESS), encoding="utf-8") as file:
        return re.findall(r"^void (check_\w+)\(void\)", file.read(), re.MULTILINE)


def prove(cbmc, tree, check, shape):
    """(what failed, or None; seconds)"""
    start = time.monotonic()
    done = subprocess.run([cbmc, HARNESS, "--function", check, SHAPES[shape], *OPTIONS], cwd=tree,
                          capture_output=True, text=True, check=False, timeout=1200)
    seconds = time.monotonic() - start
    if "VERIFICATION SUCCESSFUL" in done.stdout:
        return None, seconds
    if "VERIFICATION FAILED" not in done.stdout:
        return "CBMC: " + (done.stderr + done.stdout)[-300:], seconds
    return re.search(r"^\[.*FAILURE$", done.stdout, re.MULTILINE).group(0), seconds


def weakened(number):
    """The file, and its text without that check. ValueError: it is not there, or twice."""
    name, old, new, _, _ = WEAKENED[number]
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        raise ValueError(f"{name} does not have {old!r} once")
    return name, text.replace(old, new)


def weaken(work, number):
    name, text = weakened(number)
    tree = os.path.join(work, str(number))
    for folder in ["include", "src", "verify/harness"]:
        shutil.copytree(os.path.join(ROOT, folder), os.path.join(tree, folder))
    with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
        file.write(text)
    return tree


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    cbmc = os.path.abspath(sys.argv[1])
    bad = 0
    with tempfile.TemporaryDirectory(prefix="ringfence-harness-") as work:
        jobs = [(ROOT, check, shape, None) for check in checks() for shape in SHAPES]
        jobs += [(weaken(work, i), *WEAKENED[i][3:], WEAKENED[i][1]) for i in range(len(WEAKENED))]
        with ThreadPoolExecutor(2) as pool:
            results = pool.map(lambda job: prove(cbmc, *job[:3]), jobs)
            for (_, check, shape, without), (failure, seconds) in zip(jobs, results):
                right = bool(failure) == bool(without) and not (failure or "").startswith("CBMC")
                bad += not right
                what = f"without `{' '.join(without.split())}`" if without else "as it is"
                print(f"{'ok' if right else 'WRONG'} - {check}, {shape}, {what}: "
                      f"{failure or 'holds'} ({seconds:.0f} s)", flush=True)
    print(f"{len(jobs)} proofs, {bad} wrong")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
