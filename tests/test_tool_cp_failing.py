#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: whatever goes wrong while `ringfence cp` works, each file is complete under its
name or absent, every failure is named, and nothing hangs: full disks, limits,
permissions, sources that change or vanish, signals.

    test_tool_cp_failing.py TOOL SECCOMP_RUN ALARMS
"""
import contextlib
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

import tap
from cp_place import (ALARMS, AM_ROOT, NOBODY, TEMPORARY, TOOL, cp, fails, in_mount_namespace, make_tree,
                      no_temporaries, picture, read, same_trees, unprivileged, walk, workplace,
                      write, run_tests)


def unreadable_things_are_named_and_the_rest_arrives():
    with workplace():
        os.makedirs("src/closed")
        write("src/closed/inside")
        write("src/secret", mode=0)
        write("src/open")
        os.chmod("src/closed", 0)
        os.chmod("src", 0o755)
        report = json.loads(fails("-r", "--json", "src", "dst",
                                  saying=["cannot open 'src/secret': Permission denied",
                                          "cannot open 'src/closed': Permission denied"],
                                  **unprivileged()).stdout)
        tap.equal(sorted(os.listdir("dst")), ["open"])
        failures = {f["path"]: (f["what"], f["errno"]) for f in report["failures"]}
        tap.equal(failures, {"src/secret": ("open", 13), "src/closed": ("open", 13)})
        tap.equal(report["ok"], False)


def a_destination_without_permission_is_named():
    with workplace():
        write("f")
        os.mkdir("dst", 0o555)
        fails("f", "dst", saying="cannot create 'dst/f': Permission denied", **unprivileged())
        os.mkdir("tree", 0o755)
        fails("-r", "tree", "dst", saying="cannot make directory 'dst/tree'", **unprivileged())


def special_files_are_left_out_by_name():
    with workplace():
        os.mkdir("src")
        os.mkfifo("src/fifo")
        write("src/file")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind("src/socket")
            done = fails("-r", "src", "dst", saying=["left out a FIFO: 'src/fifo'",
                                                      "left out a socket: 'src/socket'"])
            tap.check("2 failures" in done.stderr, done.stderr)
        tap.equal(os.listdir("dst"), ["file"])
        fails("src/fifo", "x", saying="left out a FIFO")
        fails("/dev/null", "x", saying="left out a device")
        tap.check(not os.path.lexists("x"), "x was made")


def a_full_disk_is_named_and_leaves_nothing_half():
    with workplace() as top:
        os.mkdir("src")
        for i in range(8):
            # All at once and evenly: the first is through before the disk is full.
            write(f"src/big{i}", os.urandom(1_500_000 if i else 300_000))
            write(f"src/small{i}", b"s%d" % i)
        done = in_mount_namespace(
            f"cd {top}; mkdir m; mount -t tmpfs -o size=5m none m\n"
            'set +e; "$1" cp -r src m; echo status $?\n'
            "ls -A m; for f in m/src/*; do cmp $f src/${f##*/} || echo broken $f; done\n"
            'set -- "$1"; rm -rf m/*; "$1" cp src/big* m; echo status $?; ls -A m\n'
            "for f in m/*; do cmp $f src/${f##*/} || echo broken $f; done")
        if "mount:" in done.stderr:
            raise tap.Skip("no tmpfs to be had")
        tap.equal(done.stdout.count("status 1"), 2, done.stdout + done.stderr)
        tap.check("No space left on device" in done.stderr, done.stderr)
        tap.check("broken" not in done.stdout, done.stdout)
        tap.check(".ringfence-" not in done.stdout, done.stdout)
        tap.check("big" in done.stdout.split("status 1")[-1], "nothing fitted: " + done.stdout)


def a_file_size_limit_is_named():
    with workplace():
        write("small", b"s" * 1000)
        write("big", b"b" * 3_000_000)
        os.mkdir("dst")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        fails("small", "big", "dst", saying="cannot write 'dst/big': File too large",
              preexec_fn=limit)
        tap.equal(os.listdir("dst"), ["small"])


def a_process_limit_is_named():
    if not AM_ROOT:
        raise tap.Skip("only root can become a user with no other processes")

    def limit():
        os.setgid(NOBODY - 7)
        os.setuid(NOBODY - 7)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))

    with workplace():
        write("f")
        fails("f", "g", saying=["RLIMIT_NPROC", "'g': Operation canceled"], preexec_fn=limit)
        tap.equal(os.listdir("."), ["f"])


def names_that_are_too_long_are_named():
    with workplace():
        write("f")
        fails("f", "n" * 256, saying="File name too long")
        name = "d" * 200
        os.mkdir("src")
        here = os.open("src", os.O_RDONLY)
        for _ in range(30):  # deeper than PATH_MAX
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("leaf", os.O_WRONLY | os.O_CREAT, dir_fd=here))
        os.close(here)
        fails("-r", "src", "dst", saying="File name too long")
        no_temporaries_deep("dst")
        subprocess.run(["rm", "-rf", "src", "dst"], check=True)


def no_temporaries_deep(top):
    found = tap.must_run(["find", top, "-name", ".*ringfence-*"])
    tap.equal(found, "")


def stopped_tool(arguments, ready, **options):
    """Starts a copy and stops it as soon as ready() is true. None: it was over before."""
    process = subprocess.Popen([TOOL, "cp", *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, **options)
    while process.poll() is None:
        if ready():
            process.send_signal(signal.SIGSTOP)
            return process
    process.communicate()
    return None


def temporaries_in(directory):
    return [name for name in os.listdir(os.fsencode(directory)) if TEMPORARY.search(name)]


def catch_in_the_act(arguments, directory, act):
    """Stops a copy while a temporary name of at least 1 MiB is there, acts, lets it go on."""

    def ready():
        for name in temporaries_in(directory):
            with contextlib.suppress(OSError):
                if os.stat(os.path.join(os.fsencode(directory), name)).st_size >= 1 << 20:
                    return True
        return False

    for _ in range(20):
        process = stopped_tool(arguments, ready)
        if process is None:
            continue
        act()
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err
    raise tap.Skip("the copy was always over before it could be stopped")


BIG = 192 << 20


def a_source_that_shrinks_is_named_and_absent():
    with workplace():
        write("src", os.urandom(1 << 20) * (BIG >> 20))
        os.mkdir("dst")
        status, _, err = catch_in_the_act(["src", "dst"], "dst",
                                          lambda: os.truncate("src", (2 << 20) + 5))
        tap.equal(status, 1, err)
        tap.check("became shorter while it was read: 'src'" in err, err)
        tap.equal(os.listdir("dst"), [])


def a_source_that_grows_is_copied_as_it_was():
    with workplace():
        block = os.urandom(1 << 20)
        write("src", block * (BIG >> 20))
        os.mkdir("dst")

        def grow():
            with open("src", "ab") as file:
                file.write(b"more" * 100_000)

        status, _, err = catch_in_the_act(["src", "dst"], "dst", grow)
        tap.equal(status, 0, err)
        tap.equal(os.stat("dst/src").st_size, BIG)
        with open("dst/src", "rb") as file:
            for _ in range(BIG >> 20):
                tap.check(file.read(1 << 20) == block, "content")


def a_signal_leaves_nothing_half(number):
    with workplace():
        os.makedirs("src/sub")
        block = os.urandom(1 << 20)
        write("src/big", block * (BIG >> 20))
        for i in range(500):
            write(f"src/sub/f{i}", b"%d" % i)
        expected = {path: len(read(os.path.join(b"src", path))) for path in walk("src")
                    if os.path.isfile(os.path.join(b"src", path))}
        os.mkdir("dst")
        process = stopped_tool(["-r", "src/sub", "src/big", "dst"],
                               lambda: temporaries_in("dst"))
        tap.check(process is not None, "it was over at once")
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=60)
        tap.equal(process.returncode, 128 + number, err)
        tap.check("stopped by" in err, err)
        no_temporaries("dst")
        for path in walk("dst"):
            full = os.path.join(b"dst", path)
            if os.path.isfile(full):
                tap.equal(os.stat(full).st_size, expected[path], repr(path))


def a_signal_at_any_time_leaves_nothing_half():
    with workplace():
        os.mkdir("src")
        dice = random.Random(5)
        for i in range(300):
            os.makedirs(f"src/d{i % 30}", exist_ok=True)
            write(f"src/d{i % 30}/f{i}", dice.randbytes(dice.randrange(100_000)))
        whole = picture("src")
        stopped = 0
        for attempt in range(25):
            process = subprocess.Popen([TOOL, "cp", "-q", "-r", "src", "dst"],
                                       stderr=subprocess.PIPE, text=True)
            time.sleep(dice.random() * 0.05)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            tap.check(process.returncode in (0, 130, -signal.SIGINT), f"{process.returncode} {err}")
            stopped += process.returncode == 130
            no_temporaries()
            if os.path.exists("dst"):
                for path, what in picture("dst").items():
                    if what[2] is not None:
                        tap.equal(what, whole[path], repr(path))
                shutil.rmtree("dst")
        tap.comment(f"{stopped} of 25 were stopped in the middle")


def vanishing_sources_hang_nothing():
    with workplace():
        for attempt in range(4):
            for i in range(20):
                os.makedirs(f"src/d{i}/e")
                for k in range(10):
                    write(f"src/d{i}/e/f{k}", b"whole" * 1000)
            process = subprocess.Popen([TOOL, "cp", "-q", "-r", "src", "dst"],
                                       stderr=subprocess.PIPE, text=True)
            time.sleep(0.002 * attempt)
            subprocess.run(["rm", "-rf", "src"], check=True)
            _, err = process.communicate(timeout=60)
            tap.equal(process.returncode, 1 if err else 0, err)
            for line in err.splitlines():
                tap.check(re.search(r"'src|failure", line), line)
            no_temporaries()
            for path in walk("dst") if os.path.exists("dst") else []:
                full = os.path.join(b"dst", path)
                if os.path.isfile(full):
                    tap.equal(read(full), b"whole" * 1000)
            shutil.rmtree("dst", ignore_errors=True)


def stopping_and_continuing_loses_nothing():
    with workplace():
        make_tree("src")
        process = subprocess.Popen([TOOL, "cp", "-r", "--verify", "src", "dst"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGSTOP)
                process.send_signal(signal.SIGCONT)
        _, err = process.communicate()
        tap.equal((process.returncode, err), (0, ""))
        same_trees("src", "dst")


def interruptions_lose_nothing():
    if not ALARMS:
        raise tap.Skip("no library to preload in this build")
    with workplace():
        make_tree("src")
        write("src/big", os.urandom(30 << 20))
        done = cp("-r", "--verify", "src", "dst", env={**os.environ, "LD_PRELOAD": ALARMS})
        caught = re.findall(r"alarms: (\d+)", done.stderr)
        tap.check(caught and int(caught[0]) > 20, "hardly interrupted: " + done.stderr)
        tap.comment(f"{caught[0]} interruptions")
        same_trees("src", "dst")


run_tests([
    unreadable_things_are_named_and_the_rest_arrives,
    a_destination_without_permission_is_named,
    special_files_are_left_out_by_name,
    a_full_disk_is_named_and_leaves_nothing_half,
    a_file_size_limit_is_named,
    a_process_limit_is_named,
    names_that_are_too_long_are_named,
    a_source_that_shrinks_is_named_and_absent,
    a_source_that_grows_is_copied_as_it_was,
    ("SIGINT leaves nothing half", lambda: a_signal_leaves_nothing_half(signal.SIGINT)),
    ("SIGTERM leaves nothing half", lambda: a_signal_leaves_nothing_half(signal.SIGTERM)),
    a_signal_at_any_time_leaves_nothing_half,
    vanishing_sources_hang_nothing,
    stopping_and_continuing_loses_nothing,
    interruptions_lose_nothing,
])
