# SPDX-License-Identifier: MIT
"""
measure.py - asks the workers, in turn, and makes numbers of what they say.

A worker is a program of its own that stays alive and waits for requests (worker/worker.h).
The contenders of a cell take turns, A B C, B C A, C A B, ..., so that what else the machine
does hits all alike; each round gives one ratio for each pair, and the median of those counts.
"""
import os
import select
import statistics
import subprocess

PATIENCE_S = 120


class Missing(Exception):
    """There is no such measurement here, and why."""


class Worker:
    """One peer's program, started when first asked."""

    def __init__(self, program, cpu):
        self.program = program
        self.cpu = cpu
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.program, str(self.cpu)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def stop(self):
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.process = None

    def ask(self, request):
        """What the worker says, as numbers by name; raises Missing."""
        if not self.process:
            self.start()
        self.process.stdin.write(request + "\n")
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.process.kill()
            self.stop()
            raise Missing(f"no answer within {PATIENCE_S} s" if not ready else "it crashed")
        word, _, rest = line.strip().partition(" ")
        if word != "ok":
            raise Missing(rest)
        said = {key: int(value) for key, value in (part.split("=") for part in rest.split())}
        if said.get("failed"):
            raise Missing(f"{said['failed']} operations failed")
        return said


def words(params):
    return " ".join(f"{key}={value}" for key, value in params.items())


def quartiles(values):
    """Median, and where the middle half of the values lies."""
    if len(values) < 3:
        return statistics.median(values), min(values), max(values)
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def spread(values):
    middle, low, high = quartiles(values)
    return {"median": middle, "low": low, "high": high, "samples": len(values)}


class Cell:
    """One comparison: the same thing done by each contender."""

    def __init__(self, row, label, params, contenders):
        self.row = row
        self.label = label        # shown: {"batch": 32, ...}
        self.params = params      # sent
        self.contenders = contenders
        self.samples = {name: [] for name in contenders}
        self.answers = {name: [] for name in contenders}
        self.request = row.request
        self.missing = {}

    def measure(self, field, turn, before):
        """One round. @turn says who begins; before() is called before each."""
        names = list(self.contenders)
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            if name in self.missing:
                continue
            try:
                before(self)
                answer = field.ask(name, self.request, {**self.params, "seed": turn + 1})
                self.samples[name].append(self.row.value(answer))
                self.answers[name].append(answer)
            except Missing as reason:
                self.missing[name] = str(reason)

    def result(self):
        results = {}
        for name in self.contenders:
            if name in self.missing or not self.samples[name]:
                results[name] = {"missing": self.missing.get(name, "it was not asked")}
                continue
            results[name] = spread(self.samples[name])
            for key in self.row.also:
                values = [answer[key] for answer in self.answers[name] if key in answer]
                if values:
                    results[name][key] = statistics.median(values)
        return {"label": self.label, "results": results, "ratios": self.ratios()}

    def ratios(self):
        """For each pair of ours and theirs: our value over theirs, round by round."""
        found = {}
        for ours in self.contenders:
            if not ours.startswith("ringfence") or ours in self.missing:
                continue
            for theirs in self.contenders:
                if theirs.startswith("ringfence") or theirs in self.missing:
                    continue
                pairs = zip(self.samples[ours], self.samples[theirs])
                values = [a / b for a, b in pairs if b]
                if values:
                    found[f"{ours} / {theirs}"] = spread(values)
        return found


class Field:
    """All who take part: names, their workers, and what each adds to a request."""

    def __init__(self, cpus):
        self.cpus = cpus
        self.workers = {}
        self.added = {}
        self.absent = {}

    def enter(self, name, program, **added):
        self.workers[name] = Worker(program, self.cpus[0])
        self.added[name] = added

    def leave_out(self, name, reason):
        self.absent[name] = reason

    def line(self, name, request, params):
        """The program, and the line to send to it; raises Missing."""
        if name in self.absent:
            raise Missing(self.absent[name])
        if name not in self.workers:
            raise Missing("it was not built")
        return self.workers[name].program, f"{request} {words({**params, **self.added[name]})}"

    def ask(self, name, request, params):
        _, line = self.line(name, request, params)
        return self.workers[name].ask(line)

    def stop(self):
        for worker in self.workers.values():
            worker.stop()


def two_cpus():
    """One for who is measured, another for who helps; the same one twice if there is no other."""
    cpus = sorted(os.sched_getaffinity(0))
    first = cpus[0]
    for cpu in cpus[1:]:
        try:
            path = f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
            with open(path, encoding="ascii") as file:
                siblings = file.read()
        except OSError:
            siblings = ""
        if str(first) not in siblings.replace("-", ",").split(","):
            return first, cpu
    return first, cpus[-1]
