#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py RESULTS.json - the tables of a run, in Markdown."""
import json
import sys

import goals


def number(value):
    if value >= 10000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def shown(result):
    if "missing" in result:
        return "-"
    text = number(result["median"])
    if result["samples"] > 1:
        half = (result["high"] - result["low"]) / 2
        text += f" ±{100 * half / result['median']:.0f}%" if result["median"] else ""
    return text


# The peers with rings. Anybody else does without io_uring.
RING_PEERS = ("liburing", "Zig", "Rust")


def best_ratio(cell, smaller, ours="ringfence", rings=True):
    """Against the best of the others, with rings or without: its name, our value over theirs."""
    found = [(name.partition(" / ")[2], ratio) for name, ratio in cell["ratios"].items()
             if name.startswith(ours + " / ")]
    found = [pair for pair in found if (pair[0] in RING_PEERS) == rings]
    if not found:
        return None
    return (max if smaller else min)(found, key=lambda pair: pair[1]["median"])


def verdict(ratio, smaller):
    """better, the same within the spread, or worse."""
    ahead = ratio["median"] <= 1 if smaller else ratio["median"] >= 1
    near = ratio["low"] <= 1 <= ratio["high"]
    return "" if ahead else " (within the spread)" if near else " (behind)"


def names_of(row):
    names = []
    for cell in row["cells"]:
        names += [name for name in cell["results"] if name not in names]
    return names


def ratio_columns(row):
    """(ours, whether against rings): what there is to compare with."""
    names = names_of(row)
    ours = [name for name in names if name.startswith("ringfence")]
    others = [name for name in names if name not in ours]
    found = []
    for name in ours:
        if any(other in RING_PEERS for other in others):
            found.append((name, True))
        if any(other not in RING_PEERS for other in others):
            found.append((name, False))
    return found


def table(row):
    labels, names, columns = list(row["cells"][0]["label"]), names_of(row), ratio_columns(row)
    heads = [f"{ours} / best {'peer' if rings else 'without io_uring'}" for ours, rings in columns]
    lines = [f"### {row['name']}: {row['title']}", "",
             f"{row['unit']}, {'less' if row['smaller'] else 'more'} is better", "",
             "| " + " | ".join(labels + names + heads) + " |",
             "| --- " * (len(labels) + len(names) + len(heads)) + "|"]
    for cell in row["cells"]:
        line = [str(cell["label"].get(label, "")) for label in labels]
        line += [shown(cell["results"].get(name, {"missing": ""})) for name in names]
        for ours, rings in columns:
            best = best_ratio(cell, row["smaller"], ours, rings)
            line.append(f"{best[1]['median']:.2f} {best[0]}{verdict(best[1], row['smaller'])}"
                        if best else "-")
        lines.append("| " + " | ".join(line) + " |")
    lines += [""] + reasons(row)
    for key, what in row["also"].items():
        lines += also_table(row, labels, names, key, what)
    return lines


def also_table(row, labels, names, key, what):
    lines = [f"{row['name']}: {what}", "", "| " + " | ".join(labels + names) + " |",
             "| --- " * (len(labels) + len(names)) + "|"]
    for cell in row["cells"]:
        values = [cell["results"].get(name, {}).get(key) for name in names]
        lines.append("| " + " | ".join([str(cell["label"].get(label, "")) for label in labels] +
                                       ["-" if v is None else number(v) for v in values]) + " |")
    return lines + [""]


def reasons(row):
    """Who is missing, and why; each reason once."""
    found = {}
    for cell in row["cells"]:
        for name, result in cell["results"].items():
            if "missing" in result:
                found.setdefault((name, result["missing"]), []).append(cell)
    lines = [f"- {name}, {'all' if len(cells) == len(row['cells']) else len(cells)} of the lines: "
             f"{reason}" for (name, reason), cells in found.items()]
    return lines + [""] if lines else []


def sheet_lines(sheet):
    lines = ["### configuration", ""]
    for key, value in sheet.items():
        if isinstance(value, dict):
            lines.append(f"- {key}:" + ("" if value else " none"))
            lines += [f"  - {name}: {text}" for name, text in value.items()]
        else:
            lines.append(f"- {key}: {value}")
    return lines + [""]


def text(results):
    lines = sheet_lines(results["sheet"])
    for row in results["rows"]:
        if row["cells"]:
            lines += table(row)
    return "\n".join(lines + goals.lines(results))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as results_file:
        print(text(json.load(results_file)))
