# SPDX-License-Identifier: MIT
"""
rows.py - what is measured. Each row compares the same thing, done by each contender.

A row's cells say what is sent to the workers; Plan says how long and how often.
"""
import measure

RINGS = ["ringfence", "liburing", "Zig", "Rust"]
RUNS = "ringfence, runs"  # SQEs that are promised in runs: rf_get_sqes()
BEST = "ringfence, best"  # rf_init_best(), beside what others open by default
BATCHES = (1, 8, 32, 128)


class Plan:
    """How thorough: rounds, milliseconds for each measurement, and which of the cells."""

    def __init__(self, quick, cpus, place):
        self.quick = quick
        self.cpus = cpus
        self.place = place  # a places.Place: where the files are

    def rounds(self, usually):
        return 3 if self.quick else usually

    def ms(self, usually):
        return max(2, usually // 10) if self.quick else usually

    def some(self, values, few):
        return few if self.quick else values


class Row:
    """What the rows have in common. A subclass says what its cells are."""

    name = ""
    title = ""
    unit = ""
    request = ""
    also = {}           # more of the answer that is kept, with what to call it
    smaller = True      # is a smaller value better?
    usual_rounds = 11

    def cells(self, plan):
        raise NotImplementedError

    def value(self, answer):
        """Nanoseconds for one operation, on the processor: what else runs is not counted."""
        return answer["cpu"] / answer["ops"]

    def run(self, plan, field, tick):
        """Measures all cells, and says how far it has come. The row as it goes into the report."""
        cells = self.cells(plan)
        for turn in range(plan.rounds(self.usual_rounds)):
            for cell in cells:
                cell.measure(field, turn, self.before)
                tick()
        return self.report([cell.result() for cell in cells])

    def before(self, cell):
        """Before each measurement; may raise measure.Missing."""

    def steps(self, plan):
        return len(self.cells(plan)) * plan.rounds(self.usual_rounds)

    def report(self, cells):
        return {"name": self.name, "title": self.title, "unit": self.unit,
                "smaller": self.smaller, "also": self.also, "cells": cells}


class Rate(Row):
    """Operations in a second of real time."""

    unit = "operations/s"
    smaller = False
    also = {"cpu_per_op": "ns of processor time for each"}

    def value(self, answer):
        answer["cpu_per_op"] = answer["cpu"] / answer["ops"]
        return answer["ops"] * 1e9 / answer["ns"]


class Standin(Row):
    name = "standin"
    title = "the library alone, against a stand-in for the kernel that needs no system call"
    unit = "ns/operation"
    request = "loop"
    publish = "submit"

    def shapes(self, plan):
        return plan.some(("nop", "read", "send", "link", "bufs"), ("read", "bufs"))

    def cells(self, plan):
        found = []
        for shape in self.shapes(plan):
            for copied in (0, 1):
                for batch in plan.some(BATCHES, (1, 32)):
                    if shape == "link" and batch == 1:
                        batch = 2  # a pair
                    label = {"shape": shape, "reaped": "copied" if copied else "in place",
                             "batch": batch}
                    params = {"setup": "standin", "shape": shape, "batch": batch,
                              "copied": copied, "publish": self.publish, "ms": plan.ms(10)}
                    found.append(measure.Cell(self, label, params, [RUNS] + RINGS))
        return found


class Published(Standin):
    name = "published"
    title = "the same without SQPOLL: publish, as before an io_uring_enter(2) of one's own"
    publish = "flush"

    def shapes(self, plan):
        return plan.some(("nop", "read", "send"), ("read",))


class Nop(Row):
    name = "nop"
    title = "NOPs with the kernel: submit and wait for the batch"
    unit = "ns/operation"
    request = "loop"
    usual_rounds = 15

    def cells(self, plan):
        found = []
        for setup in ("defaults", "alike", "best"):
            for batch in plan.some(BATCHES, (1, 32)):
                params = {"setup": setup, "shape": "nop", "batch": batch, "publish": "wait",
                          "ms": plan.ms(30)}
                names = [BEST] + RINGS if setup == "defaults" else RINGS
                found.append(measure.Cell(self, {"rings": setup, "batch": batch}, params, names))
        return found


class Sqpoll(Rate):
    name = "sqpoll"
    title = "NOPs with an SQ thread on another processor, the queue kept full"
    request = "stream"
    usual_rounds = 25

    def cells(self, plan):
        found = []
        for batch in plan.some(BATCHES, (32,)):
            params = {"setup": "sqpoll", "batch": batch, "sq_cpu": plan.cpus[1],
                      "entries": 512, "ms": plan.ms(150)}
            found.append(measure.Cell(self, {"batch": batch}, params, RINGS))
        return found


class InFlight(Row):
    name = "inflight"
    title = "time for each operation as more of them are in flight"
    unit = "ns/operation"
    usual_rounds = 7

    def cells(self, plan):
        found = []
        for what, request in (("NOPs, queued at once", "loop"), ("polls that wait", "pending")):
            for count in plan.some((1, 8, 64, 512, 4096, 30000), (8, 4096)):
                params = {"setup": "alike", "batch": count, "publish": "wait", "ms": plan.ms(30)}
                cell = measure.Cell(self, {"operations": what, "in flight": count}, params, RINGS)
                cell.request = request
                found.append(cell)
        return found


class Memory(Row):
    name = "memory"
    title = "memory of a ring: what is mapped, and the library's own struct"
    unit = "bytes"
    request = "memory"
    usual_rounds = 1

    def cells(self, plan):
        return [measure.Cell(self, {"entries": entries}, {"setup": "alike", "entries": entries},
                             RINGS) for entries in (8, 128, 1024, 32768)]

    def value(self, answer):
        return answer["mapped"] + answer["struct"]


ALL = [Standin(), Published(), Nop(), Sqpoll(), InFlight(), Memory()]
