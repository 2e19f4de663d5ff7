#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Measures ringfence beside liburing, Zig's IoUring, Rust's io-uring and what there is without
io_uring, on this machine, in one run. `make bench` builds what it needs; README.md in this
directory says what each row means.
"""
import argparse
import contextlib
import json
import os
import sys
import time

import build
import counts
import measure
import places
import report
import rows
import rows_io
import sheet

ROWS = [counts.Instructions()] + rows.ALL + rows_io.ALL


@contextlib.contextmanager
def progress(total):
    """A bar, if tqdm is installed and somebody looks; else nothing. Yields tick()."""
    try:
        import tqdm  # pylint: disable=import-outside-toplevel
    except ImportError:
        yield lambda: None
        return
    with tqdm.tqdm(total=total, unit="", disable=not sys.stderr.isatty(),
                   bar_format="{l_bar}{bar}| {elapsed} of about {elapsed}+{remaining}") as bar:
        yield lambda: bar.update(1)


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="rows:\n" + "\n".join(f"  {row.name:<13} {row.title}" for row in ROWS))
    parser.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    parser.add_argument("--only", metavar="ROWS", help="these rows, with commas between")
    parser.add_argument("--json", metavar="FILE", help="where the results go")
    parser.add_argument("--figures", metavar="DIR", help="where figures are drawn, as SVG")
    parser.add_argument("--build", metavar="DIR", default="build-bench",
                        help="where to build (build-bench)")
    parser.add_argument("--meson", metavar="DIR", help="where meson built (BUILD/meson)")
    parser.add_argument("--data", metavar="DIR", help="where files to read are made (BUILD/data)")
    parser.add_argument("--c-only", action="store_true", help="without the peers in Zig and Rust")
    return parser.parse_args()


def chosen(only):
    if not only:
        return ROWS
    names = only.split(",")
    unknown = set(names) - {row.name for row in ROWS}
    if unknown:
        raise SystemExit(f"no such row: {', '.join(sorted(unknown))}; --help lists them")
    return [row for row in ROWS if row.name in names]


def draw(results, place):
    try:
        import figures  # pylint: disable=import-outside-toplevel
    except ImportError as reason:
        build.say(f"no figures: {reason}")
        return
    figures.draw_all(results, place)
    build.say(f"figures are in {place}")


def main():
    options = parse()
    picked = chosen(options.only)
    cpus = measure.two_cpus()
    field = measure.Field(cpus)
    build_dir = os.path.abspath(options.build)
    place = places.Place(os.path.abspath(options.data or f"{build_dir}/data"), options.quick)
    plan = rows.Plan(options.quick, cpus, place)
    meson = options.meson or os.path.join(options.build, "meson")
    build.enter_all(field, meson, build_dir, options.c_only)
    rows_io.COPY_ROW.tool = os.path.abspath(os.path.join(meson, "tools/ringfence/ringfence"))
    results = {"sheet": sheet.make(plan, field, options.build), "rows": []}
    try:
        with progress(sum(row.steps(plan) for row in picked)) as tick:
            for row in picked:
                began = time.monotonic()
                results["rows"].append(row.run(plan, field, tick))
                took = round(time.monotonic() - began, 1)
                results["rows"][-1].update(seconds=took, load=os.getloadavg()[0])
                if not sys.stderr.isatty():
                    build.say(f"{row.name}: {took} s")
    finally:
        field.stop()
    print(report.text(results))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    if options.figures:
        draw(results, options.figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
