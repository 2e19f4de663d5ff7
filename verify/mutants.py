#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
mutants.py [--all] [--list] [NAME...] - weakens one access at a time, and sees who notices.

Each mutant is a copy of the sources with one change: an order weakened, a fence removed, or a
mistake that others made in this protocol. The checks run against it until one fails, the
one that is meant for it first; with --all, all of them. A mutant that no check catches
survives, and that is a failure of this command, as is a check that fails without one.

The switch for each is its name: mutants.py sq-tail.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FENCE = "include/ringfence/fence.h"
RING = "include/ringfence/ring.h"

# row: of docs/memory-order.md. checks: those that are meant to catch it, see CHECKS.
Mutant = namedtuple("Mutant", "name row what file old new checks")


def order(name, row, accessor, old, new, *checks):
    """In the body of @accessor, @old becomes @new."""
    what = f"{old} becomes {new or 'nothing'}"
    return Mutant(name, row, what, FENCE, (accessor + "(", old), new, checks)


RELAXED = "__ATOMIC_RELAXED"
SEQ_CST = "__atomic_thread_fence(__ATOMIC_SEQ_CST);"

MUTANTS = [
    order("sq-tail", "sq tail", "rfi_sq_tail_store", "__ATOMIC_RELEASE", RELAXED, "race", "words"),
    order("sq-head", "sq head", "rfi_sq_head_load", "__ATOMIC_ACQUIRE", RELAXED, "race", "words"),
    order("cq-tail", "cq tail", "rfi_cq_tail_load", "__ATOMIC_ACQUIRE", RELAXED, "race", "words"),
    order("cq-head", "cq head", "rfi_cq_head_store", "__ATOMIC_RELEASE", RELAXED, "race", "words"),
    order("buf-tail", "buffer ring tail", "rfi_buf_tail_store", "__ATOMIC_RELEASE", RELAXED,
          "race", "words"),
    order("zcrx-tail", "refill ring tail", "rfi_zcrx_tail_store", "__ATOMIC_RELEASE", RELAXED,
          "words"),
    order("zcrx-head", "refill ring head", "rfi_zcrx_head_load", "__ATOMIC_ACQUIRE", RELAXED,
          "words"),
    order("wakeup-fence", "sq flags after publishing", "rfi_sq_flags_after_publish", SEQ_CST, "",
          "order"),
    order("wakeup-acq-rel", "sq flags after publishing", "rfi_sq_flags_after_publish", SEQ_CST,
          "__atomic_thread_fence(__ATOMIC_ACQ_REL);", "order"),
    order("eventfd-fence", "cq flags", "rfi_cq_flags_store", SEQ_CST, "", "order"),
    # What is relaxed already can only become plain.
    *(order(name, row, accessor,
            f"__atomic_load_n((const uint32_t *)(const void *)word, {RELAXED})",
            "*(const volatile uint32_t *)(const volatile void *)word", "words", "race")
      for name, row, accessor in [
          ("wakeup-plain", "sq flags after publishing", "rfi_sq_flags_after_publish"),
          ("peek-plain", "sq flags, peeking", "rfi_sq_flags_peek"),
          ("dropped-plain", "sq dropped", "rfi_sq_dropped_load"),
          ("overflow-plain", "cq overflow", "rfi_cq_overflow_load")]),
    order("eventfd-plain", "cq flags", "rfi_cq_flags_store",
          f"__atomic_store_n((uint32_t *)(void *)word, flags, {RELAXED})",
          "*(volatile uint32_t *)(volatile void *)word = flags", "words"),
    # What others got wrong.
    Mutant("tail-before-sqe", "sq tail", "the tail shows an SQE before it is filled", RING,
           ("rf_get_sqe(struct rf_ring *ring)\n{", "    memset(sqe, 0, sizeof *sqe);\n"),
           "    rfi_sq_tail_store(ring->sq.tail_word, ring->sq.end_index -\n"
           "                      (uint32_t)(ring->sq.end - ring->sq.next));\n"
           "    memset(sqe, 0, sizeof *sqe);\n", ("race", "wrap")),
    Mutant("head-before-cqe", "cq head", "the head gives CQEs back before they are read",
           "src/ring.c", ("static inline bool refill_run(", "    return true;\n}"),
           "    release_to(cq, cq->end_index);\n    return true;\n}", ("race", "wrap")),
    Mutant("head-after-wait", "cq head", "CQEs that were taken count in the next wait",
           "src/ring.c", ("static inline void release_run(",
                          "    release_to(cq, cq->end_index -"
                          " (uint32_t)(cq->end - cq->next));\n"), "    (void)cq;\n",
           ("wrap",)),
    Mutant("taskrun-ignored", "sq flags, peeking", "only RF_SQ_CQ_OVERFLOW is looked at", RING,
           ("rf_cq_ring_needs_flush(", "(RF_SQ_CQ_OVERFLOW | RF_SQ_TASKRUN)"),
           "RF_SQ_CQ_OVERFLOW", ("wrap", "race")),
    Mutant("flag-before-tail", "sq flags after publishing",
           "whether to wake is asked before the tail is published", "src/ring.c",
           ("static inline int flush_polled(struct rf_ring *ring)\n{",
            "    uint32_t queued = flush(&ring->sq);\n"
            "    if (RF_UNLIKELY(queued > ring->sq.entries))\n"
            "        return rfi_refuse_sq_head(ring);"
            " /* as a count of SQEs it could be any errno */\n"
            "    uint32_t flags = polled_flags(ring, queued);\n"),
           "    uint32_t flags = polled_flags(ring, 1);\n"
           "    uint32_t queued = flush(&ring->sq);\n", ("order",)),
    Mutant("tail-as-entry", "buffer ring tail", "entry 0 is written whole, with the tail in it",
           "include/ringfence/buffers.h",
           ("rf_buf_ring_add(struct", "    entry->bid = buffer_id;\n"),
           "    entry->bid = buffer_id;\n    entry->resv = 0;\n", ("race", "buf_rings")),
    Mutant("array-in-header", "sq array", "an SQ array is filled in where the ring has none",
           "src/map.c", ("", "    if (layout.has_array)\n        fill_array"),
           "    fill_array", ("layout", "race", "wrap")),
]

# --- the checks ---------------------------------------------------------------

CC = os.environ.get("CC", "cc")
BASE = [CC, "-std=c11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-g", "-w",
        "-Iinclude", "-Isrc", "-Iverify/peer", "-Itests"]
TSAN = ["-fsanitize=thread", "-O1"]
TESTS = ["tests/support.c", "tests/model.c", "tests/io_support.c", "tests/buffer_support.c",
         "tests/wait_support.c", "tests/register_support.c"]


def sources(tree, *folders):
    return sorted(os.path.join(folder, name) for folder in folders
                  for name in os.listdir(os.path.join(tree, folder)) if name.endswith(".c"))


def build_race(tree):
    return [*BASE, *TSAN, "verify/race.c", *sources(tree, "src", "src/check", "verify/peer"), "-pthread"]


def build_words(_tree):
    return [*BASE, *TSAN, "verify/words.c", "-pthread"]


def build_test(name):
    def build(tree):
        return [*BASE, "-O2", '-DRF_SOURCE_DIR="."', f"tests/test_{name}.c", *TESTS,
                *sources(tree, "src", "src/check", "verify/peer"), "-lcmocka", "-pthread"]
    return build


# What to build, how to run it, for how many seconds at most, and how often: what a store
# buffer does takes two processors at the same moment, and those may be busy.
CHECKS = {
    "words": (build_words, [], 60, 1),
    "race": (build_race, ["--operations", "3000", "--stall", "10"], 240, 1),
    "order": (build_test("order"), [], 60, 30),
    **{name: (build_test(name), [], 120, 1) for name in ["wrap", "layout", "buf_rings"]},
}


class Broken(Exception):
    """The mutant cannot be made or built: the table is wrong."""


def run_check(tree, name):
    """(how it failed, or None; seconds)"""
    build, args, limit, times = CHECKS[name]
    program = os.path.join(tree, "check-" + name)
    done = subprocess.run(build(tree) + ["-o", program], cwd=tree, capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise Broken(f"{name} does not build:\n{done.stderr}")
    start = time.monotonic()
    how = None
    for _ in range(times):
        how = how or run_once(tree, [program, *args], limit)
    return how, time.monotonic() - start


def run_once(tree, command, limit):
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True,
                              errors="replace", timeout=limit, check=False,
                              env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1"})
    except subprocess.TimeoutExpired:
        return f"not done after {limit} s"
    return reason(done)


def reason(done):
    if done.returncode == 0:
        return None
    for line in (done.stdout + done.stderr).splitlines():
        for sign in ("SUMMARY: ThreadSanitizer: ", "Bail out! ", "not ok ", "[  FAILED  ] ",
                     "[  ERROR   ] "):
            if sign in line:
                return line[line.index(sign):].replace("|", "/")[:90]
    return f"status {done.returncode}"


def mutated(mutant):
    """The text of its file, with the change."""
    with open(os.path.join(ROOT, mutant.file), encoding="utf-8") as file:
        text = file.read()
    after, old = mutant.old
    start = text.find(after)
    at = text.find(old, start)
    if start < 0 or at < 0:
        raise Broken(f"{mutant.name}: {mutant.file} does not have what is to be changed")
    return text[:at] + mutant.new + text[at + len(old):]


def mutate(tree, mutant):
    with open(os.path.join(tree, mutant.file), "w", encoding="utf-8") as file:
        file.write(mutated(mutant))


def copy_tree(work, name):
    tree = os.path.join(work, name)
    for folder in ["include", "src", "verify", "tests"]:
        shutil.copytree(os.path.join(ROOT, folder), os.path.join(tree, folder))
    return tree


def try_mutant(work, mutant, everything):
    """[(check, how it failed, seconds)] of those that caught it."""
    tree = copy_tree(work, mutant.name)
    mutate(tree, mutant)
    caught = []
    rest = [name for name in CHECKS if name not in mutant.checks]
    for name in [*mutant.checks, *(rest if everything else [])]:
        how, seconds = run_check(tree, name)
        if how:
            caught.append((name, how, seconds))
            if not everything:
                break
    shutil.rmtree(tree)
    return caught


def unweakened(work):
    tree = copy_tree(work, "unweakened")
    failed = 0
    for name in CHECKS:
        how, seconds = run_check(tree, name)
        print(f"| (none) | the code as it is | {name} | "
              f"{'FAILED: ' + how if how else 'passes'} | {seconds:.1f} |", flush=True)
        failed += how is not None
    shutil.rmtree(tree)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="run every check against each mutant")
    parser.add_argument("--list", action="store_true", help="list the mutants and do nothing")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    if args.list:
        for mutant in MUTANTS:
            print(f"{mutant.name:18} {mutant.row}: {mutant.what}")
        return 0
    unknown = set(args.names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}; see --list")
    survived = failed = 0
    print("| row | mutant | caught by | how | seconds |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="ringfence-mutants-") as work:
        if not args.names:
            failed = unweakened(work)
        for mutant in MUTANTS:
            if args.names and mutant.name not in args.names:
                continue
            caught = try_mutant(work, mutant, args.all)
            survived += not caught
            for check, how, seconds in caught or [("NOTHING", "it survived", 0)]:
                print(f"| {mutant.row} | {mutant.name}: {mutant.what} | {check} | {how} | "
                      f"{seconds:.1f} |", flush=True)
    print(f"\n{survived} survived, {failed} checks failed without a mutant")
    return survived > 0 or failed > 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as broken:
        sys.exit(f"mutants.py: {broken}")
