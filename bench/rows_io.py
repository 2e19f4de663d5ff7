# SPDX-License-Identifier: MIT
"""rows_io.py - the rows with files and connections: what can be done without io_uring, too."""
import os
import subprocess
import time

import cp
import measure
import places
from rows import RINGS, Rate, Row

EPOLL = "epoll"
PREAD, POOL, AIO = "pread", "pread in threads", "libaio"
CALLS = "open, fstat, read, close"
COPY = "cp -r"


class Storage(Rate):
    name = "storage"
    title = "random reads of 4 KiB from a file"
    unit = "reads/s"
    request = "reads"
    usual_rounds = 21

    def cells(self, plan):
        found = []
        for direct in (0, 1):
            for depth in plan.some((1, 8, 64), (8,)):
                label = {"file": "O_DIRECT" if direct else "in the page cache", "depth": depth}
                params = {"setup": "alike", "file": plan.place.big(), "depth": depth,
                          "direct": direct, "ms": plan.ms(150)}
                others = [PREAD if depth == 1 else POOL, AIO]
                found.append(measure.Cell(self, label, params, RINGS + others))
        return found

    def run(self, plan, field, tick):
        cp.read_all(plan.place.big())
        return super().run(plan, field, tick)


class Echo(Rate):
    name = "echo"
    title = "an echo server on loopback; the client is another process on another processor"
    unit = "requests/s"
    request = "echo"
    also = {**Rate.also, "p50": "half are answered within, ns", "p99": "99% within, ns",
            "p999": "99.9% within, ns"}
    usual_rounds = 15

    def cells(self, plan):
        found = []
        for multishot in (0, 1):
            for count in plan.some((1, 64, 1000), (64,)):
                for size in (64, 4096):
                    label = {"receives": "multishot, provided buffers" if multishot else "plain",
                             "connections": count, "bytes": size}
                    params = {"setup": "alike", "connections": count, "bytes": size,
                              "multishot": multishot, "client_cpu": plan.cpus[1],
                              "ms": plan.ms(250)}
                    found.append(measure.Cell(self, label, params, RINGS + [EPOLL]))
        return found


class Files(Rate):
    name = "files"
    title = "opening, statting, reading and closing small files, 32 at a time"
    unit = "files/s"
    request = "files"
    usual_rounds = 9

    def cells(self, plan):
        found = []
        for cold in plan.some((False, True), (False,)):
            label = {"files": plan.place.small_count, "cache": "dropped" if cold else "warm"}
            params = {"setup": "alike", "depth": 32, "list": plan.place.small_list()}
            found.append(measure.Cell(self, label, params, RINGS + [CALLS]))
        return found

    def before(self, cell):
        if cell.label["cache"] == "dropped":
            places.drop()

    def run(self, plan, field, tick):
        cp.read_all(plan.place.small())
        return super().run(plan, field, tick)


class Copy(Row):
    """Commands, not workers: from beginning to end, as a user would wait for them."""

    name = "cp"
    title = "ringfence cp -r beside cp -r"
    unit = "seconds"
    usual_rounds = 5

    def __init__(self):
        self.tool = ""
        self.sync = True

    def cells(self, plan):
        found = []
        for what in ("small files", "a big file"):
            for cold in plan.some((False, True), (False,)):
                label = {"what": what, "cache": "dropped" if cold else "warm"}
                found.append(measure.Cell(self, label, {}, ["ringfence", COPY]))
        return found

    def run(self, plan, field, tick):
        cells = self.cells(plan)
        self.sync = not plan.quick
        target = os.path.join(plan.place.top, "copies")
        sources = {"small files": plan.place.small(), "a big file": plan.place.big()}
        try:
            for turn in range(plan.rounds(self.usual_rounds)):
                for cell in cells:
                    self.copy_both(cell, sources[cell.label["what"]], target, turn)
                    tick()
        finally:
            # At the end: file systems without a journal do not like to reuse inodes soon.
            subprocess.run(["rm", "-rf", target], check=False)
        return self.report([cell.result() for cell in cells])

    def copy_both(self, cell, source, target, turn):
        commands = [("ringfence", [self.tool, "cp", "-q", "-r"]), (COPY, ["cp", "-r"])]
        if not os.path.exists(self.tool):
            cell.missing["ringfence"] = "the ringfence command was not built"
        for name, command in commands[::1 if turn % 2 else -1]:
            if name not in cell.missing:
                self.copy(cell, name, command, source, target)

    def copy(self, cell, name, command, source, target):
        os.makedirs(target, exist_ok=True)
        place = os.path.join(target, f"{len(os.listdir(target))}")
        try:
            if self.sync:
                os.sync()
            if cell.label["cache"] == "dropped":
                places.drop()
            else:
                cp.read_all(source)
            began = time.monotonic()
            subprocess.run([*command, source, place], check=True, stdout=subprocess.DEVNULL)
            cell.samples[name].append(time.monotonic() - began)
            if os.path.isfile(place):
                os.truncate(place, 0)
        except (measure.Missing, subprocess.CalledProcessError) as reason:
            cell.missing[name] = str(reason)


COPY_ROW = Copy()
ALL = [Storage(), Echo(), Files(), COPY_ROW]
