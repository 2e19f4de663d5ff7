# SPDX-License-Identifier: MIT
"""
counts.py - the row of instructions for one operation in user space, counted by callgrind.

The same on every run of one binary. What is counted is peer_loop() and all that it
calls, but the stand-in; the operations are many enough for the beginning not to matter.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import tempfile

import measure
import rows

OPERATIONS = 12800  # a multiple of every batch


def count(program, request):
    """Instructions for one operation; raises measure.Missing."""
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}",
             "--collect-atstart=no", "--toggle-collect=peer_loop",
             "--toggle-collect=standin_turn", program, "-", request],
            capture_output=True, text=True, env={**os.environ, "LD_BIND_NOW": "1"})
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not collected:
        raise measure.Missing("valgrind failed")
    word, _, rest = run.stdout.strip().partition(" ")
    if word != "ok":
        raise measure.Missing(rest)
    return int(collected.group(1)) / OPERATIONS


class Instructions(rows.Standin):
    """The cells of the stand-in, counted; and a read of the kernel's, which enters it."""

    name = "instructions"
    title = "instructions in user space"
    unit = "instructions/operation"
    usual_rounds = 1

    def cells(self, plan):
        found = []
        for setup in ("alike", "standin"):
            shapes = ("read",) if setup == "alike" else self.shapes(plan)
            for cell in super().cells(plan):
                if cell.params["shape"] not in shapes or (plan.quick and cell.params["copied"]):
                    continue
                cell.label = {"ring": "entered" if setup == "alike" else "SQPOLL", **cell.label}
                cell.params = {**cell.params, "setup": setup, "ops": OPERATIONS}
                found.append(cell)
        return found

    def run(self, plan, field, tick):
        cells = self.cells(plan)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(lambda cell: self.fill(cell, field), cells):
                tick()
        return self.report([cell.result() for cell in cells])

    def fill(self, cell, field):
        for name in cell.contenders:
            try:
                if not shutil.which("valgrind"):
                    raise measure.Missing("valgrind is not installed")
                program, request = field.line(name, self.request, cell.params)
                cell.samples[name].append(count(program, request))
            except measure.Missing as reason:
                cell.missing[name] = str(reason)
