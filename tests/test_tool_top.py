#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: `ringfence top` shows the rings of another process as they are, in 80 columns and as
JSON; again and again on a terminal, once elsewhere; what /proc said on older kernels, or says
while a ring is locked, is understood as far as it goes; and it says why it shows nothing.

    test_tool_top.py TOOL TOP_SUBJECT
"""
import contextlib
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

import tap

TOOL, SUBJECT = sys.argv[1:3]
NAME = os.path.basename(SUBJECT)[:15]
NO_SUCH_PID = 2 ** 22 + 1  # above what the kernel gives


@contextlib.contextmanager
def subject(*words):
    """A process with rings, and their descriptors."""
    with subprocess.Popen([SUBJECT, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline().split()
            if not ready:
                raise tap.Skip("no ring can be opened here")
            yield process, int(ready[1]), int(ready[2])
        finally:
            process.stdin.close()
            process.wait(timeout=30)


def top(*words, status=0):
    done = tap.run([TOOL, "top", *[str(word) for word in words]])
    tap.equal(done.returncode, status, f"exit status of {words}\n{done.stdout}{done.stderr}")
    tap.equal(done.stderr == "", status == 0, "stderr is for what went wrong: " + done.stderr)
    return done.stdout if status == 0 else done.stderr


# --- called wrongly, and nothing to be seen ------------------------------------


def help_goes_to_stdout_and_usage_errors_give_2():
    for words, status, expected in [
            (["--help"], 0, "usage: ringfence top"),
            ([], 2, "which process?"),
            (["1", "2"], 2, "one process"),
            (["x"], 2, "'x' is no process id"),
            (["0"], 2, "no process id"),
            (["12x"], 2, "no process id"),
            (["99999999999"], 2, "no process id"),
            (["--interval", "0", "1"], 2, "interval"),
            (["--interval", "nan", "1"], 2, "interval"),
            (["--interval"], 2, "--interval"),
            (["--nonsense", "1"], 2, "Try 'ringfence help top'")]:
        done = tap.run([TOOL, "top", *words])
        tap.equal(done.returncode, status, str(words))
        said, silent = (done.stdout, done.stderr) if status == 0 else (done.stderr, done.stdout)
        tap.check(expected in said, f"{words}: {expected!r} is not in {said!r}")
        tap.equal(silent, "", f"{words}: the other stream")
    tap.check("usage: ringfence top" in tap.must_run([TOOL, "help", "top"]), "help top")
    tap.check("\n  top " in tap.must_run([TOOL, "--help"]), "the list of commands")


def what_cannot_be_shown_is_said():
    tap.check("there is no process" in top(NO_SUCH_PID, status=1), "no such process")
    tap.check("there is no process" in top("--json", NO_SUCH_PID, status=1), "no such process")
    with subject("none") as (process, _, _):
        for words in ([], ["--json"]):
            said = top(*words, process.pid, status=1)
            tap.check("has no ring" in said and NAME in said, said)


def who_may_not_look_is_told():
    if os.geteuid() != 0:
        raise tap.Skip("only root can become somebody who may not look")
    with subject("none") as (process, _, _):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", TOOL, "top",
                   str(process.pid)]
        try:
            done = tap.run(command, cwd="/")
        except FileNotFoundError:
            raise tap.Skip("setpriv(1) is not installed here") from None
        if "failed to execute" in done.stderr:
            raise tap.Skip("others cannot run the command where it lies")
        tap.equal(done.returncode, 1, "status: " + done.stderr)
        tap.check("not allowed to look" in done.stderr, done.stderr)


def output_that_cannot_be_written_is_a_failure():
    with subject() as (process, _, _), open("/dev/full", "w", encoding="ascii") as full:
        for words in ([], ["--json"]):
            done = subprocess.run([TOOL, "top", *words, str(process.pid)], stdout=full,
                                  stderr=subprocess.PIPE, check=False, timeout=60)
            tap.equal(done.returncode, 1, str(words))


# --- the real thing ------------------------------------------------------------


def look(pid, *fds):
    """The JSON, when the rings were not locked at the moment."""
    for _ in range(200):
        seen = json.loads(top("--json", pid))
        tap.equal([ring["fd"] for ring in seen["rings"]], list(fds), "descriptors")
        if all(ring["complete"] for ring in seen["rings"]):
            return seen
        time.sleep(0.01)
    raise AssertionError("the rings are always locked")


def rings_are_shown_as_they_are():
    with subject() as (process, first, second):
        time.sleep(0.05)
        seen = look(process.pid, first, second)
        ring, polled = seen["rings"]
        tap.equal((seen["format"], seen["pid"], seen["command"]), (1, process.pid, NAME))
        waiting = {poll["opcode"]: poll["count"] for poll in ring["waiting"]}
        tap.equal(waiting, {"READ": 2, "POLL_ADD": 1}, "armed")
        tap.equal((ring["files"], ring["buffers"]), (3, 1), "registered")
        if ring["submission"]["head"] is None:
            raise tap.Skip("this kernel does not show the queues (5.15)")
        submission, completion = ring["submission"], ring["completion"]
        tap.equal((submission["entries"], submission["queued"], submission["consumed"]),
                  (4, 1, 16), "submission")
        tap.equal((completion["entries"], completion["ready"], completion["posted"]), (8, 8, 8),
                  "completion")
        if completion["overflowed"] is not None:
            tap.equal(completion["overflowed"], 4, "overflowed")
            tap.equal([int(cqe["user_data"], 0) for cqe in completion["overflow"]],
                      [208, 209, 210, 211])
            tap.equal(ring["unanswered"], 4, "in flight")
        tap.equal(ring["sq_thread"], None, "SQ thread of the first")
        tap.equal(polled["submission"]["entries"], 8, "entries of the second")
        threads = [worker for worker in seen["workers"] if worker["sq_thread"]]
        tap.equal([worker["tid"] for worker in threads], [polled["sq_thread"]["tid"]], "SQ thread")
        working = [worker for worker in seen["workers"] if not worker["sq_thread"]]
        tap.check(process.pid in [worker["owner"] for worker in working], str(working))
        tap.check(any(worker["idle"] is not True for worker in working), "one is blocked")


def people_get_it_in_80_columns():
    with subject() as (process, first, second):
        time.sleep(0.05)
        for _ in range(200):
            text = top(process.pid)
            if "was busy" not in text:
                break
        for expected in (f"Process {process.pid}, {NAME}: 2 rings",
                         f"Ring, descriptor {first}", f"Ring, descriptor {second}",
                         "1 POLL_ADD, 2 READ", "3 slots for files, 1 buffer", "SQ thread"):
            tap.check(expected in text, f"{expected!r} is not in\n{text}")
        if "consumed" in text:
            tap.check("1 of 4 queued" in text and "8 of 8 to be taken" in text, text)
        long = [line for line in text.splitlines() if len(line) > 80]
        tap.equal(long, [], "lines over 80 columns")
        tap.check("\033" not in text, "no colours where no terminal is")


def read_until(fd, pattern, seconds=30):
    """What comes from a terminal until a pattern does."""
    text, end = "", time.monotonic() + seconds
    while not re.search(pattern, text, re.DOTALL):
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            raise AssertionError(f"{pattern!r} did not come, but {text[-600:]!r}")
        try:
            piece = os.read(fd, 65536)
        except OSError:  # the other side is closed
            piece = b""
        if not piece:
            raise AssertionError(f"it ended: {text[-600:]!r}")
        text += piece.decode(errors="replace")
    return text


def on_a_terminal_it_is_shown_again_until_the_process_ends():
    with subject("flow") as (process, fd, _):
        master, slave = pty.openpty()
        with subprocess.Popen([TOOL, "top", "-n", "0.1", str(process.pid)], stdout=slave,
                              stderr=slave) as viewer:
            os.close(slave)
            try:
                shown = read_until(master, r"\d+ consumed, [1-9]\d*/s.*posted, [1-9]\d*/s")
                tap.check(shown.count(f"Ring, descriptor {fd}") >= 2, "it is shown again")
                process.stdin.close()
                read_until(master, r"Process \d+ has ended")
                tap.equal(viewer.wait(timeout=30), 0, "exit status")
            finally:
                viewer.kill()
                os.close(master)


def once_is_once_on_a_terminal_too():
    with subject("flow") as (process, fd, _):
        for option in ("--once", "--json"):
            master, slave = pty.openpty()
            done = subprocess.run([TOOL, "top", option, str(process.pid)], stdout=slave,
                                  stderr=subprocess.PIPE, check=False, timeout=60)
            os.close(slave)
            shown = read_until(master, rf"descriptor {fd}|\"fd\": {fd}")
            os.close(master)
            tap.equal((done.returncode, done.stderr), (0, b""), option)
            tap.check("\033[2J" not in shown, "the screen was cleared")


# --- what /proc says elsewhere ---------------------------------------------------

LINUX_5_10 = """pos:\t0
flags:\t02000002
mnt_id:\t15
SqThread:\t-1
SqThreadCpu:\t-1
UserFiles:\t2
    0: /dev/null
    1: <none>
UserBufs:\t1
    0: 0x7ffd00001000/4096
Personalities:
    1
        Uid:\t0\t0\t0\t0
        Gid:\t0\t0\t0\t0
        Groups:\t0
        CapEff:\t000001ffffffffff
PollList:
  op=6, task_works=0
  op=13, task_works=1
"""

LINUX_6_1 = """pos:\t0
SqMask:\t0x3
SqHead:\t4294967295
SqTail:\t1
CachedSqHead:\t4294967295
CqMask:\t0x7
CqHead:\t4294967290
CqTail:\t4294967294
CachedCqTail:\t4294967294
SQEs:\t2
    3: opcode:READ, fd:5, flags:0, off:0, addr:0x7ffd, rw_flags:0x0, buf_index:0 user_data:77
    0: opcode:NOP, fd:-1, flags:0, off:0, addr:0x0, rw_flags:0x0, buf_index:0 user_data:78, e0:0x0
CQEs:\t4
    2: user_data:1, res:0, flag:0
SqThread:\t4711
SqThreadCpu:\t3
UserFiles:\t0
UserBufs:\t0
PollList:
CqOverflowList:
  user_data=18446744073709551615, res=-125, flags=1a
"""

LOCKED = """pos:\t0
flags:\t02000002
"""

ODD = """SqHead:\tsoon
SqTail:\t
:
NewThing:\t7
    with lines: 1
PollList:
  op=999, task_works=0
  op=22 and more
  nothing
CqOverflowList:
  nothing
\tSQEs:\t5
"""


@contextlib.contextmanager
def another_proc(rings, comms=()):
    with tempfile.TemporaryDirectory() as place:
        home = os.path.join(place, "42")
        os.makedirs(os.path.join(home, "fd"))
        os.makedirs(os.path.join(home, "fdinfo"))
        os.makedirs(os.path.join(home, "task"))
        with open(os.path.join(home, "comm"), "w", encoding="ascii") as file:
            file.write("elsewhere\n")
        os.symlink("anon_inode:[eventfd]", os.path.join(home, "fd", "1"))
        for fd, text in rings.items():
            os.symlink("anon_inode:[io_uring]", os.path.join(home, "fd", str(fd)))
            with open(os.path.join(home, "fdinfo", str(fd)), "w", encoding="ascii") as file:
                file.write(text)
        for tid, (comm, state, wchan) in enumerate(comms, 42):
            task = os.path.join(home, "task", str(tid))
            os.makedirs(task)
            for name, text in (("comm", comm), ("stat", f"{tid} ({comm}) {state} 1 1"),
                               ("wchan", wchan)):
                with open(os.path.join(task, name), "w", encoding="ascii") as file:
                    file.write(text)
        yield place


def shown_elsewhere(rings, comms=()):
    with another_proc(rings, comms) as place:
        top("--proc", place, 42)  # people get something, too
        return json.loads(top("--proc", place, "--json", 42))


def what_5_10_shows_is_understood():
    ring, = shown_elsewhere({3: LINUX_5_10})["rings"]
    tap.equal([(poll["opcode"], poll["count"]) for poll in ring["waiting"]],
              [("POLL_ADD", 1), ("ACCEPT", 1)])
    tap.equal((ring["files"], ring["buffers"], ring["personalities"]), (2, 1, 1))
    tap.equal((ring["submission"]["queued"], ring["completion"]["overflowed"], ring["unanswered"],
               ring["busy_polling"], ring["sq_thread"]), (None,) * 5, "not shown there")


def counters_wrap_and_lists_are_read():
    ring, = shown_elsewhere({9: LINUX_6_1})["rings"]
    tap.equal((ring["submission"]["entries"], ring["submission"]["queued"]), (4, 2))
    tap.equal(ring["completion"]["ready"], 4)
    tap.equal(ring["unanswered"], 0, "one is in the overflow list")
    tap.equal(ring["submission"]["sqes"],
              [{"opcode": "READ", "fd": 5, "user_data": "0x4d"},
               {"opcode": "NOP", "fd": -1, "user_data": "0x4e"}])
    tap.equal(ring["completion"]["overflow"],
              [{"user_data": "0xffffffffffffffff", "res": -125, "flags": 26}])
    tap.equal((ring["sq_thread"]["tid"], ring["sq_thread"]["cpu"], ring["sq_thread"]["total_us"]),
              (4711, 3, None))


def a_locked_ring_and_odd_lines_do_no_harm():
    locked, odd = shown_elsewhere({3: LOCKED, 10: ODD})["rings"]
    tap.equal((locked["fd"], locked["complete"], locked["waiting"]), (3, False, None))
    tap.equal((odd["fd"], odd["complete"], odd["submission"]["head"]), (10, True, None))
    tap.equal(odd["waiting"], [{"opcode": "READ", "number": 22, "count": 1}])
    tap.equal(odd["completion"]["overflowed"], 0)


def workers_are_told_apart():
    seen = shown_elsewhere({3: LINUX_5_10}, [
        ("elsewhere", "S", "do_wait"), ("iou-wrk-42", "S", "io_wq_worker"),
        ("iou-wrk-42", "D", "folio_wait_bit"), ("iou-sqp-42", "R", "0"),
        ("iou-wrk-45", "S", "0")])
    tap.equal([(w["tid"], w["owner"], w["sq_thread"], w["state"], w["idle"])
               for w in seen["workers"]],
              [(43, 42, False, "S", True), (44, 42, False, "D", False),
               (45, 42, True, "R", False), (46, 45, False, "S", None)])


tap.main([
    help_goes_to_stdout_and_usage_errors_give_2,
    what_cannot_be_shown_is_said,
    who_may_not_look_is_told,
    output_that_cannot_be_written_is_a_failure,
    rings_are_shown_as_they_are,
    people_get_it_in_80_columns,
    on_a_terminal_it_is_shown_again_until_the_process_ends,
    once_is_once_on_a_terminal_too,
    what_5_10_shows_is_understood,
    counters_wrap_and_lists_are_read,
    a_locked_ring_and_odd_lines_do_no_harm,
    workers_are_told_apart,
])
