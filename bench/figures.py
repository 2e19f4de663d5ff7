#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""figures.py RESULTS.json DIR - draws a run as SVG. Needs matplotlib."""
import json
import os
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  pylint: disable=wrong-import-position

from goals import cells_of  # noqa: E402  pylint: disable=wrong-import-position

COLOURS = {"ringfence": "#c0392b", "ringfence, runs": "#e59866",
           "ringfence, best": "#e59866", "liburing": "#5d6d7e",
           "Zig": "#f1c40f", "Rust": "#a04000"}
OTHERS = ["#85929e", "#aeb6bf", "#d5d8dc"]
# Text stays text, and the same run draws the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ringfence",
                            "font.family": "sans-serif", "font.size": 10})


def bars(axes, cells, ticks, unit, title):
    """A group for each cell, a bar for each contender, whiskers from quartile to quartile."""
    names = []
    for cell in cells:
        names += [name for name in cell["results"] if name not in names]
    width = 0.8 / len(names)
    others = iter(OTHERS)
    for number, name in enumerate(names):
        colour = COLOURS.get(name) or next(others, "#eeeeee")
        for place, cell in enumerate(cells):
            result = cell["results"].get(name, {})
            if "median" not in result:
                continue
            middle = result["median"]
            axes.bar(place + (number - (len(names) - 1) / 2) * width, middle, width * 0.9,
                     color=colour, label=name if place == 0 else None,
                     yerr=[[middle - result["low"]], [result["high"] - middle]],
                     error_kw={"linewidth": 0.8})
    axes.set_xticks(range(len(cells)), ticks)
    axes.set_ylabel(unit)
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def draw(path, panels, note):
    """Panels side by side: (cells, ticks, unit, title)."""
    panels = [panel for panel in panels if panel[0]]
    if not panels:
        return
    figure, all_axes = pyplot.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.4),
                                       squeeze=False, layout="constrained")
    for axes, (cells, ticks, unit, title) in zip(all_axes[0], panels):
        bars(axes, cells, ticks, unit, title)
    handles, labels = all_axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False,
                  fontsize=9)
    figure.suptitle(note, fontsize=8, color="#555555")
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def by(cells, key):
    return [str(cell["label"][key]) for cell in cells]


def draw_all(results, place):
    os.makedirs(place, exist_ok=True)
    sheet = results["sheet"]
    note = f"{sheet['when']}, Linux {sheet['kernel']}, {sheet['processor']}; medians and quartiles"
    where = {"reaped": "in place"}
    counted = cells_of(results, "instructions", ring="entered", **where)
    timed = cells_of(results, "standin", shape="read", **where)
    draw(os.path.join(place, "cost.svg"),
         [(counted, by(counted, "batch"), "instructions per READ",
           "user space, by SQEs per submit"),
          (timed, by(timed, "batch"), "ns per READ",
           "against a stand-in for the kernel")], note)
    nops = [cells_of(results, "nop", rings=rings) for rings in ("defaults", "best")]
    draw(os.path.join(place, "nop.svg"),
         [(cells, by(cells, "batch"), "ns per NOP", f"with the kernel, rings: {name}")
          for cells, name in zip(nops, ("each one's default", "each at its best"))], note)
    sqpoll = cells_of(results, "sqpoll")
    reads = [cells_of(results, "storage", file=file) for file in ("in the page cache", "O_DIRECT")]
    draw(os.path.join(place, "sqpoll.svg"),
         [(sqpoll, by(sqpoll, "batch"), "NOPs/s", "with an SQ thread, by SQEs per submit")], note)
    draw(os.path.join(place, "storage.svg"),
         [(cells, by(cells, "depth"), "reads of 4 KiB/s", f"{name}, by reads in flight")
          for cells, name in zip(reads, ("page cache", "O_DIRECT"))], note)
    echoes = [[cell for cell in cells_of(results, "echo", bytes=64)
               if cell["label"]["receives"].startswith(way)] for way in ("plain", "multishot")]
    draw(os.path.join(place, "echo.svg"),
         [(cells, by(cells, "connections"), "requests/s",
           f"echo of 64 bytes, {way}, by connections")
          for cells, way in zip(echoes, ("plain", "multishot"))], note)
    files, copies = cells_of(results, "files"), cells_of(results, "cp", what="small files")
    draw(os.path.join(place, "files.svg"),
         [(files, by(files, "cache"), "files/s", "open, stat, read, close of small files"),
          (copies, by(copies, "cache"), "seconds", "cp -r of a tree of small files")], note)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as results_file:
        draw_all(json.load(results_file), sys.argv[2])
