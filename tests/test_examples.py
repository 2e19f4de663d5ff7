#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_examples.py SOURCE PROGRAM... - the examples do what they say, on real files and sockets.

Held here besides: there is a test of every example, each is short enough to be read at
one go, and none shows a fragment of the ring protocol.
"""
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import tap

source = os.path.abspath(sys.argv[1])
programs = {os.path.basename(path): os.path.abspath(path) for path in sys.argv[2:]}


def example(name, *arguments, **options):
    """Runs one; skips where it can open no ring, with what it said as the reason."""
    done = tap.run([programs[name], *arguments], **options)
    skip_without_ring(done.returncode, done.stderr)
    return done


def skip_without_ring(status, said):
    if status == 1 and said.startswith("opening a ring: "):
        raise tap.Skip(said.strip())


def must(name, *arguments):
    done = example(name, *arguments)
    tap.equal((done.returncode, done.stderr), (0, ""), name)
    return done.stdout


# --- read_file -----------------------------------------------------------

def read_file_prints_the_file():
    chunk = 128 * 1024
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "file")
        # About the sizes where a chunk, or all slots, are just full.
        for size in (0, 1, chunk - 1, chunk, chunk + 1, 8 * chunk, 8 * chunk + 1, 3000000):
            with open(path, "wb") as f:
                f.write(random.Random(size).randbytes(size))
            with open(path, "rb") as f:
                expected = f.read()
            done = subprocess.run([programs["read_file"], path], capture_output=True,
                                  timeout=60, check=False)
            skip_without_ring(done.returncode, done.stderr.decode())
            tap.equal((done.returncode, done.stderr), (0, b""), f"{size} bytes")
            tap.check(done.stdout == expected, f"{size} bytes differ")


def read_file_says_what_is_wrong():
    done = example("read_file", "/")
    tap.equal(done.returncode, 1)
    tap.check(done.stderr.startswith("reading: EISDIR: "), done.stderr)
    done = example("read_file", "/dev/null/nothing")
    tap.equal(done.returncode, 1)


# --- write_fsync ---------------------------------------------------------

def write_fsync_appends_a_line():
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "file")
        tap.equal(must("write_fsync", path, "first"), "write: 6\nfsync: 0\n")
        tap.equal(must("write_fsync", path, "second line"), "write: 12\nfsync: 0\n")
        with open(path, encoding="utf-8") as f:
            tap.equal(f.read(), "first\nsecond line\n")


def write_fsync_stops_at_the_first_failure():
    done = example("write_fsync", "/dev/full", "text")
    tap.equal(done.returncode, 1)
    tap.equal(done.stdout, "fsync: not done, since the step before it failed\n")
    tap.check(done.stderr.startswith("write: ENOSPC: "), done.stderr)


# --- timeout_cancel ------------------------------------------------------

def timeout_cancel_ends_three_operations():
    begun = time.monotonic()
    lines = must("timeout_cancel").splitlines()
    seconds = time.monotonic() - begun
    # Of each pair either may come first.
    tap.equal([lines[0], sorted(lines[1:3]), sorted(lines[3:])],
              ["timer: the time is up", ["limit: cancelled the read", "read: cancelled"],
               ["cancel: found one", "read: cancelled"]])
    tap.check(seconds >= 0.1, f"two waits of 50 ms took {seconds} s")


# --- handles -------------------------------------------------------------

def handles_credits_each_completion_to_its_own():
    lines = must("handles").splitlines()
    # The order is the kernel's, but for the one in the middle; two reads share a pipe.
    tap.equal([sorted(lines[:2]), lines[2], sorted(line[:20] for line in lines[3:])],
              [["read B: over, Operation canceled", "the cancel: accepted"],
               "ignored: HandleStale: The operation was over before another one was given the place "
               "of its handle.",
               [f"read {name}: over, it got" for name in "ACD"]])
    tap.equal(sorted(line[-1] for line in lines[3:]), ["x", "x", "y"])


# --- provided_buffers ----------------------------------------------------

def provided_buffers_receives_everything_in_order():
    lines = must("provided_buffers").splitlines()
    tap.equal([line.partition(": ")[2] for line in lines],
              [f"message {i}" for i in range(1, 11)])
    buffers = {line.partition(":")[0] for line in lines}
    tap.equal(buffers, {f"buffer {i}" for i in range(4)})


# --- echo_server ---------------------------------------------------------

def connect(port, server):
    """Connects as soon as the server listens."""
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            if server.poll() is not None:
                out, err = server.communicate()
                skip_without_ring(server.returncode, err)
                raise AssertionError(f"the server has ended: {out}{err}") from None
            time.sleep(0.02)
    raise AssertionError("the server does not listen")


def echo(connection, data):
    connection.sendall(data)
    got = b""
    while len(got) < len(data):
        piece = connection.recv(65536)
        tap.check(piece, f"hung up after {len(got)} of {len(data)} bytes")
        got += piece
    tap.check(got == data, "the echo differs")


def echo_server_serves_many_and_ends_on_ctrl_c():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([programs["echo_server"], str(port)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as server:
        try:
            connections = [connect(port, server) for _ in range(21)]
            first = connections[0]
            for number, connection in enumerate(connections):
                echo(connection, b"hello from %d" % number)
            for connection in connections[1:10]:
                connection.close()
            echo(first, random.Random(1).randbytes(20000))
            # It is to end with connections open, too.
            server.send_signal(signal.SIGINT)
            out, err = server.communicate(timeout=10)
            tap.equal((server.returncode, out, err), (0, "", ""))
            tap.equal(first.recv(1), b"", "after the end")
            for connection in connections:
                connection.close()
        finally:
            server.kill()


# --- all of them ---------------------------------------------------------

TESTS = [
    read_file_prints_the_file,
    read_file_says_what_is_wrong,
    write_fsync_appends_a_line,
    write_fsync_stops_at_the_first_failure,
    timeout_cancel_ends_three_operations,
    handles_credits_each_completion_to_its_own,
    provided_buffers_receives_everything_in_order,
    echo_server_serves_many_and_ends_on_ctrl_c,
]


def every_example_is_built_and_tested():
    names = {name[:-2] for name in os.listdir(os.path.join(source, "examples"))
             if name.endswith(".c")}
    tap.equal(set(programs), names, "built")
    for name in names:
        tap.check(any(test.__name__.startswith(name) for test in TESTS), f"{name} has no test")


def examples_are_short_and_show_no_protocol():
    for name in programs:
        with open(os.path.join(source, "examples", name + ".c"), encoding="utf-8") as f:
            text = f.read()
        tap.check(text.count("\n") <= 135, f"{name} has {text.count(chr(10))} lines")
        for hidden in (r"rfi_", r"_word", r"__atomic", r"sq\.", r"cq\.", r"#define _GNU_SOURCE"):
            tap.check(not re.search(hidden, text), f"{name} has {hidden}")
        tap.check("rf_error_remedy" in text, f"{name} does not say what to do")


# --- under the loan checker, which ends a program that it has something to say of ---

def checked(test):
    def under_the_checker():
        before = os.environ.get("RINGFENCE_CHECK")
        os.environ["RINGFENCE_CHECK"] = "1"
        try:
            test()
        finally:
            if before is None:
                del os.environ["RINGFENCE_CHECK"]
            else:
                os.environ["RINGFENCE_CHECK"] = before
    return f"{test.__name__}_under_the_checker", under_the_checker


def the_checker_is_in_each_example():
    for name in set(programs) - {"echo_server"}:  # which does not end
        words = ["/dev/null", "text"] if name == "write_fsync" else ["/dev/null"]
        done = tap.run([programs[name], *words],
                       env={**os.environ, "RINGFENCE_CHECK": "help=1"})
        skip_without_ring(done.returncode, done.stderr)
        tap.check("log" in done.stderr, f"{name} knows nothing of it: {done.stderr}")


tap.main([every_example_is_built_and_tested, examples_are_short_and_show_no_protocol, *TESTS,
          the_checker_is_in_each_example, *map(checked, TESTS)])
