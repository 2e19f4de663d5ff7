#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
document.py RESULTS.json FILE.md - puts the tables of a run into a document.

What stands in FILE.md between a line `<!-- bench: NAME -->` and the next `<!-- bench: end -->`
is replaced by the table of that name; what the run did not measure stays. The words around
the tables are for people to write: read them again after a new run.
"""
import json
import re
import sys

import goals
from goals import cells_of
from report import RING_PEERS, number, shown

PEERS = list(RING_PEERS)
RUNS, BEST = "ringfence, runs", "ringfence, best"


def rows_of_table(heads, lines):
    return ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|",
            *("| " + " | ".join(line) + " |" for line in lines)]


def ratio(cell, ours, theirs, spread=True):
    found = cell["ratios"].get(f"{ours} / {theirs}")
    if not found:
        return "-"
    text = f"{found['median']:.2f}"
    return f"{text} ({found['low']:.2f}-{found['high']:.2f})" if spread else text


def value(cell, name):
    return shown(cell["results"].get(name, {"missing": ""}))


def labels_of(cell, names):
    return [str(cell["label"][name]) for name in names]


def compared(row, labels, others=(), ours="ringfence", unit="ns/operation", **where):
    """Our value, and ours over theirs with the middle half of the rounds."""
    def make(results):
        names = PEERS + list(others)
        heads = [*labels, f"{ours}, {unit}", *names]
        return rows_of_table(heads, [
            [*labels_of(cell, labels), value(cell, ours),
             *(ratio(cell, ours, name) for name in names)]
            for cell in chosen(results, row, where)])
    return make


def chosen(results, row, where):
    """A value can be several, with the first of them first."""
    lists = {key: value if isinstance(value, tuple) else (value,)
             for key, value in where.items()}
    return [cell for cell in cells_of(results, row)
            if all(cell["label"].get(key) in values for key, values in lists.items())]


def exact(row, labels, ours, unit, **where):
    """Numbers that are the same in each run: no spreads."""
    def make(results):
        pairs = [(name, peer) for name in ours for peer in PEERS]
        heads = [*labels, *(f"{name}, {unit}" for name in ours),
                 *(f"{name} / {peer}" for name, peer in pairs)]
        return rows_of_table(heads, [
            [*labels_of(cell, labels), *(value(cell, name) for name in ours),
             *(ratio(cell, name, peer, False) for name, peer in pairs)]
            for cell in chosen(results, row, where)])
    return make


def also(row, labels, key, others=(), **where):
    """A number that was measured besides, of each."""
    def make(results):
        names = ["ringfence", *PEERS, *others]
        return rows_of_table([*labels, *names], [
            labels_of(cell, labels) +
            [number(cell["results"][name][key]) if key in cell["results"].get(name, {}) else "-"
             for name in names] for cell in chosen(results, row, where)])
    return make


def latency(results):
    names = ["ringfence", *PEERS, "epoll"]
    keys = ("p50", "p99", "p999")

    def text(result):
        return " / ".join(f"{result[key] / 1000:,.0f}" for key in keys) if keys[0] in result else "-"
    return rows_of_table(["receives", "connections", *names], [
        labels_of(cell, ("receives", "connections")) +
        [text(cell["results"].get(name, {})) for name in names]
        for cell in chosen(results, "echo", {"bytes": 64})])


def sheet(results):
    """When, and on what."""
    said = results["sheet"]
    versions = [f"{name} {text.partition(',')[0]}".replace("Rust's ", "")
                for name, text in said["versions"].items()
                if name not in ("ringfence", "C compiler")]
    where = [said["when"], f"Linux {said['kernel']}", said["processor"], *versions,
             said["versions"]["C compiler"]]
    load = f"Load as it began: {float(said['load before']):.1f}; " \
           f"ringfence at {said['versions']['ringfence'].rpartition(' ')[2]}."
    return [", ".join(where) + ".", load]


STANDIN = {"reaped": "in place"}
POOL, AIO = "pread in threads", "libaio"
CALLS = "open, fstat, read, close"
TABLES = {
    "sheet": sheet,
    "goals": lambda results: goals.lines(results)[2:-1],
    "instructions": exact("instructions", ["batch"], ["ringfence", RUNS],
                          "instructions/operation", ring="entered", shape="read", **STANDIN),
    "standin": compared("standin", ["shape", "batch"], shape=("read", "link", "bufs"), **STANDIN),
    "published": compared("published", ["batch"], shape="read", **STANDIN),
    "nop": compared("nop", ["rings", "batch"]),
    "nop-best": compared("nop", ["batch"], ours=BEST, rings="defaults"),
    "sqpoll": compared("sqpoll", ["batch"], unit="operations/s"),
    "inflight": compared("inflight", ["operations", "in flight"]),
    "memory": exact("memory", ["entries"], ["ringfence"], "bytes"),
    "storage": compared("storage", ["file", "depth"], ["pread", AIO, POOL], unit="reads/s"),
    "storage-cpu": also("storage", ["file", "depth"], "cpu_per_op", ["pread", AIO, POOL]),
    "echo": compared("echo", ["receives", "connections", "bytes"], ["epoll"],
                     unit="requests/s"),
    "echo-cpu": also("echo", ["receives", "connections", "bytes"], "cpu_per_op", ["epoll"]),
    "echo-latency": latency,
    "files": compared("files", ["files", "cache"], [CALLS], unit="files/s"),
    "cp": lambda results: rows_of_table(
        ["what", "cache", "ringfence, seconds", "cp -r"],
        [[*labels_of(cell, ("what", "cache")), value(cell, "ringfence"),
          ratio(cell, "ringfence", "cp -r")] for cell in cells_of(results, "cp")]),
}
MARKED = re.compile(r"(<!-- bench: ([\w-]+) -->\n).*?(<!-- bench: end -->)", re.DOTALL)


def filled(text, results):
    """The text with its tables; raises KeyError for one that there is none of."""
    def table(found):
        lines = TABLES[found[2]](results)
        measured = lines[2:] or found[2] == "sheet"
        return found[1] + "\n".join(lines) + "\n" + found[3] if measured else found[0]
    return MARKED.sub(table, text)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as results_file:
        run = json.load(results_file)
    with open(sys.argv[2], encoding="utf-8") as document:
        after = filled(document.read(), run)
    with open(sys.argv[2], "w", encoding="utf-8") as document:
        document.write(after)
