# SPDX-License-Identifier: MIT
"""goals.py - what ringfence is meant to reach, and whether this run says that it did."""


def row_of(results, name):
    return next((row for row in results["rows"] if row["name"] == name), {"cells": []})


def cells_of(results, name, **label):
    return [cell for cell in row_of(results, name)["cells"]
            if all(cell["label"].get(key) == value for key, value in label.items())]


def ratios(cells, ours, peers):
    """(what, ratio) of each cell and peer for which there is one."""
    return [(f"{', '.join(str(value) for value in cell['label'].values())}: {peer}",
             cell["ratios"][f"{ours} / {peer}"])
            for cell in cells for peer in peers if f"{ours} / {peer}" in cell["ratios"]]


def judged(found, limit, smaller):
    """The worst of the ratios, and a word on it."""
    if not found:
        return "not measured", ""
    worst = (max if smaller else min)(found, key=lambda pair: pair[1]["median"])
    ratio = worst[1]
    reached = [pair for pair in found if (pair[1]["median"] <= limit if smaller
                                          else pair[1]["median"] >= limit)]
    near = [pair for pair in found if pair not in reached and
            pair[1]["low"] <= limit <= pair[1]["high"]]
    share = f"{len(reached)} of {len(found)}"
    word = "reached" if len(reached) == len(found) else \
        "within the spread" if len(reached) + len(near) == len(found) else "missed"
    return word, f"{share}; worst {ratio['median']:.2f} ({worst[0]})"


PEERS = ("liburing", "Zig", "Rust")


def all_goals(results):
    """(what, limit, smaller, ratios)"""
    read = cells_of(results, "instructions", ring="entered", shape="read", reaped="in place",
                    batch=32)
    both = cells_of(results, "standin") + cells_of(results, "published")
    defaults = cells_of(results, "nop", rings="defaults", batch=1)
    tuned = cells_of(results, "nop", rings="alike") + cells_of(results, "nop", rings="best")
    rest = cells_of(results, "storage") + cells_of(results, "echo") + cells_of(results, "files")
    return [
        ("instructions of a READ, batch 32, plain loop, of liburing's", 0.66, True,
         ratios(read, "ringfence", ["liburing"])),
        ("the same in runs of SQEs", 0.55, True, ratios(read, "ringfence, runs", ["liburing"])),
        ("the same below Zig's and Rust's", 1, True, ratios(read, "ringfence", PEERS[1:])),
        ("ns against the stand-in, of any peer's", 1, True, ratios(both, "ringfence", PEERS)),
        ("ns of a NOP at batch 1, all with their defaults, of liburing's", 1 / 1.15, True,
         ratios(defaults, "ringfence", ["liburing"])),
        ("the same by rf_init_best(), theirs with their defaults", 1 / 1.15, True,
         ratios(defaults, "ringfence, best", ["liburing"])),
        ("ns of a NOP tuned alike, of any peer's", 1, True, ratios(tuned, "ringfence", PEERS)),
        ("rate with an SQ thread, of any peer's", 1.10, False,
         ratios(cells_of(results, "sqpoll"), "ringfence", PEERS)),
        ("rate of reads, echoes, small files, of any peer's", 1, False,
         ratios(rest, "ringfence", PEERS)),
    ]


def lines(results):
    found = [(what, f"{'at most' if smaller else 'at least'} {limit:.2f}",
              *judged(pairs, limit, smaller))
             for what, limit, smaller, pairs in all_goals(results) if pairs]
    if not found:
        return []
    return ["### goals", "", "| goal | ratio | | |", "| --- | --- | --- | --- |",
            *("| " + " | ".join(line) + " |" for line in found), ""]
