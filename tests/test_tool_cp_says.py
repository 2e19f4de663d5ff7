#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: `ringfence cp --verify` and `--compare` find every difference; what it prints for
people and programs is true and safe; its data goes through the ring.

    test_tool_cp_says.py TOOL SECCOMP_RUN ALARMS
"""
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import termios
import threading
import time

import tap
from cp_place import (SECCOMP_RUN, TOOL, cp, cp_json, fails, read, workplace, write, run_tests)


def flip(path, offset=0):
    now = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns))


def retime(path):
    os.utime(path, ns=(0, os.stat(path).st_mtime_ns + 1), follow_symlinks=False)


def relink(path):
    when = os.lstat(path).st_mtime_ns
    os.unlink(path)
    os.symlink("changed", path)
    os.utime(path, ns=(when, when), follow_symlinks=False)


def append(path):
    when = os.stat(path).st_mtime_ns
    with open(path, "ab") as file:
        file.write(b"!")
    os.utime(path, ns=(when, when))


def retype(path):
    os.unlink(path)
    os.mkfifo(path)


TAMPERINGS = [
    ("small/f", flip, "content", "content differs at byte 0"),
    ("big", lambda p: flip(p, 1_234_567), "content", "content differs at byte 1234567"),
    ("big", lambda p: flip(p, 2_999_999), "content", "content differs at byte 2999999"),
    ("big", append, "size", "size is 3000001, not 3000000"),
    ("small/f", lambda p: os.chmod(p, 0o600), "mode", "mode is 0600, not 0644"),
    ("small/f", retime, "mtime", "time of last change"),
    ("small", lambda p: os.chmod(p, 0o700), "mode", "mode is 0700, not 0755"),
    ("small", retime, "mtime", "time of last change"),
    ("small/link", relink, "target", "points to something else"),
    ("small/link", retime, "mtime", "time of last change"),
    ("big", os.unlink, "missing", "missing"),
    ("empty", os.rmdir, "missing", "cannot be opened as a directory"),
    ("big", retype, "type", "is a FIFO, not a regular file"),
]


def comparing_finds_each_change():
    with workplace():
        os.makedirs("src/small", 0o755)
        os.mkdir("src/empty")
        write("src/small/f", b"abc")
        os.symlink("f", "src/small/link")
        write("src/big", os.urandom(3_000_000))
        for path, change, what, text in TAMPERINGS:
            cp("-r", "src", "dst")
            times = os.stat("dst").st_mtime_ns
            small = os.stat("dst/small").st_mtime_ns
            cp("-r", "-T", "--compare", "src", "dst")
            change("dst/" + path)
            os.utime("dst", ns=(times, times))
            if path.startswith("small/"):
                os.utime("dst/small", ns=(small, small))
            done = fails("--json", "-r", "-T", "--compare", "src", "dst", saying=text)
            found = json.loads(done.stdout)["verified"]["differences"]
            tap.equal([(d["path"], d["what"]) for d in found], [("dst/" + path, what)],
                      f"{path} {what}")
            cp("-r", "-T", "--compare", "dst", "dst")
            shutil.rmtree("dst")


def verifying_finds_what_changes_behind_our_back():
    """The destination is changed between copying and comparing, by a watcher."""
    with workplace():
        write("a", b"0" * (96 << 20))
        write("z", b"z" * 1000)
        over = threading.Event()
        hits = []

        def spoil():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    flip("dst/z", 500)
                    hits.append(1)
                    return

        os.mkdir("dst")
        watcher = threading.Thread(target=spoil)
        watcher.start()
        try:
            done = tap.run([TOOL, "cp", "--verify", "z", "a", "dst"])
        finally:
            over.set()
            watcher.join()
        tap.check(hits, "the watcher never got at it")
        tap.equal(done.returncode, 1, done.stdout + done.stderr)
        tap.check("'dst/z': content differs at byte 500" in done.stderr, done.stderr)


def what_failed_to_be_copied_is_not_reported_twice():
    with workplace():
        os.mkdir("src")
        os.mkfifo("src/fifo")
        write("src/f")
        done = fails("-r", "--verify", "src", "dst", saying="left out a FIFO")
        tap.equal(done.stderr.count("fifo"), 1, done.stderr)
        tap.check("1 file" in done.stdout and "0 differences" in done.stdout, done.stdout)


# --- what it says ------------------------------------------------------------


def wrong_calls_say_so():
    for arguments, words in [([], "what is to be copied"), (["a"], "where is 'a'"),
                             (["--depth", "0", "a", "b"], "--depth takes"),
                             (["--depth", "x", "a", "b"], "--depth takes"),
                             (["--depth", "9999999999", "a", "b"], "--depth takes"),
                             (["--depth"], "needs a value"), (["--nonsense", "a", "b"], "--nonsense"),
                             (["-x", "a", "b"], "-x"), (["-T", "a", "b", "c"], "-T"),
                             (["", "b"], "empty")]:
        done = cp(*arguments, status=2)
        tap.check(words in done.stderr, f"{arguments}: {done.stderr}")
        tap.equal(done.stdout, "")
    tap.check("--verify" in cp("--help").stdout, "help")


def every_option_is_in_the_manual():
    options = set(re.findall(r"(?<!\S)--?[\w-]+", cp("--help").stdout))
    tap.check({"--verify", "-r", "--no-target-directory"} <= options, str(options))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools/ringfence/ringfence.1")
    with open(path, encoding="utf-8") as file:
        manual = re.search(r"^\.SS ringfence cp\n(.*?)^\.S[HS]", file.read(), re.M | re.S)[1]
    missing = [option for option in sorted(options) if option not in manual.replace("\\-", "-")]
    tap.equal(missing, [])


def failures_are_safe_to_print_and_to_parse():
    with workplace():
        name = b"bad\xff\x1b[2J\n"
        os.mkdir("src")
        os.mkfifo(b"src/" + name)
        done = tap.run([TOOL, "cp", "-r", "--json", "src", "dst"])
        tap.equal(done.returncode, 1)
        tap.check("\x1b" not in done.stderr and r"\033[2J\012" in done.stderr, repr(done.stderr))
        failure = json.loads(done.stdout)["failures"][0]
        tap.equal(bytes.fromhex(failure["path_hex"]), b"src/" + name)
        tap.equal(failure["path"], "src/bad\ufffd\x1b[2J\n")


def the_json_has_all_fields():
    with workplace():
        os.mkdir("src")
        write("src/a", b"123")
        os.symlink("a", "src/l")
        report = cp_json("-r", "--verify", "src", "dst")
        seconds, rate = report.pop("seconds"), report.pop("rate")
        tap.check(seconds > 0 and abs(rate * seconds - 3) < 1e-3, f"{seconds} {rate}")
        verified = report.pop("verified")
        tap.equal({key: verified[key] for key in ("files", "dirs", "symlinks", "bytes",
                                                  "differences")},
                  {"files": 1, "dirs": 1, "symlinks": 1, "bytes": 3, "differences": []})
        tap.equal(report, {"format": 1, "ok": True, "signal": None, "files": 1, "dirs": 1,
                           "symlinks": 1, "bytes": 3, "hard_links": 0, "holes_bytes": 0,
                           "direct_fallbacks": 0, "depth": 64, "failures": []})
        done = cp("-r", "src", "dst2")
        tap.check(re.fullmatch(r"copied 1 file, 1 directory, 1 symbolic link: 3 bytes in "
                               r"\d+\.\d\d s, .*/s\n", done.stdout), done.stdout)
        tap.equal(cp("-q", "-r", "src", "dst3").stdout, "")


def on_terminal(*arguments):
    """What the tool shows on a terminal of 100 columns as its stderr; its stdout."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen([TOOL, "cp", *arguments], stderr=follower, stdout=subprocess.PIPE,
                               env={**os.environ, "TERM": "xterm"})
    os.close(follower)
    shown = b""
    while True:
        ready, _, _ = select.select([leader], [], [], 60)
        try:
            piece = os.read(leader, 65536) if ready else b""
        except OSError:  # the other end is closed
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(leader)
    out, _ = process.communicate(timeout=60)
    return process.returncode, shown.decode(), out.decode()


def the_bar_is_for_terminals():
    with workplace():
        os.mkdir("src")
        block = os.urandom(1 << 20)
        for i in range(4):
            write(f"src/{i}", block * 64)
        began = time.monotonic()
        status, shown, out = on_terminal("-r", "--verify", "src", "dst")
        took = time.monotonic() - began
        tap.equal(status, 0, shown)
        frames = [f for f in shown.split("\r\x1b[K") if f]
        tap.check(frames, "no bar")
        tap.check(len(frames) <= took * 10 + 3, f"{len(frames)} frames in {took:.2f} s")
        tap.check(re.search(r"\[#*\.*\] +\d+%  [\d.]+ \wiB  \d+ files  .*/s  \d+:\d\d left", shown),
                  repr(frames[-3:]))
        tap.check(all(len(f) < 100 for f in frames), "a line wraps")
        tap.check(shown.endswith("\r\x1b[K"), "the bar stays: " + repr(shown[-40:]))
        tap.check("copied 4 files" in out, out)
        for option in ("--no-progress", "--quiet"):
            tap.equal(on_terminal("-r", "-T", option, "src", "dst")[1], "", option)
        tap.equal(cp("-r", "-T", "src", "dst").stderr, "", "no terminal")
        tap.check("files" in cp("-r", "-T", "--progress", "src", "dst").stderr, "--progress")


def nothing_but_the_ring_moves_the_data():
    """System calls of the process that grow with the number of files: only the documented ones."""
    if not shutil.which("strace"):
        raise tap.Skip("no strace")
    counts = []
    with workplace():
        for number in (10, 210):
            os.mkdir(f"src{number}")
            for i in range(number):
                write(f"src{number}/{i}", b"data")
            os.mkdir(f"src{number}/d")
            os.symlink("x", f"src{number}/l")
            done = tap.run(["strace", "-qq", "-c", "-U", "name,calls", "-o", "trace",
                            TOOL, "cp", "-r", f"src{number}", "dst"],
                           env={**os.environ, "RINGFENCE_CHECK": "0"})  # a checker reads as well
            if done.returncode:
                raise tap.Skip("strace cannot trace here: " + done.stderr.strip())
            table = read("trace").decode().splitlines()
            counts.append({words[0]: int(words[1]) for words in map(str.split, table)
                           if len(words) == 2 and words[1].isdigit()})
            shutil.rmtree("dst")
    grown = {name for name, calls in counts[1].items() if calls > counts[0].get(name, 0) + 20}
    grown -= {"sched_yield"}  # the locks of the sanitizers
    tap.check(grown <= {"io_uring_enter", "utimensat", "total", "clock_gettime"},
              f"these grow: {grown}")


def where_io_uring_is_blocked_it_says_why():
    with workplace():
        write("f")
        done = tap.run([SECCOMP_RUN, "EPERM", TOOL, "cp", "f", "g"])
        if done.returncode == 125:
            raise tap.Skip("no seccomp filter can be installed: " + done.stderr)
        tap.equal(done.returncode, 1, done.stderr)
        tap.check("io_uring cannot be used: SeccompFilter" in done.stderr, done.stderr)
        tap.check(not os.path.exists("g"), "g was made")


run_tests([
    comparing_finds_each_change,
    verifying_finds_what_changes_behind_our_back,
    what_failed_to_be_copied_is_not_reported_twice,
    wrong_calls_say_so,
    every_option_is_in_the_manual,
    failures_are_safe_to_print_and_to_parse,
    the_json_has_all_fields,
    the_bar_is_for_terminals,
    nothing_but_the_ring_moves_the_data,
    where_io_uring_is_blocked_it_says_why,
])
