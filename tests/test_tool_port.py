#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_tool_port.py ROOT LIBRARY LIBURING COMPILER... - tools/port.py moves real programs.

Two programs for liburing go through it, compile without warnings and do what they should;
where liburing is installed (LIBURING: yes), the originals do the same. What the tool cannot
move it names with its line; what is no code it leaves alone; what it makes of each call
compiles.
"""
import os
import random
import re
import socket
import subprocess
import sys
import tempfile

import tap

ROOT, LIBRARY, LIBURING = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3]
COMPILER = sys.argv[4:]
TOOL = os.path.join(ROOT, "tools", "port.py")
STRICT = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"]
sys.path.insert(0, os.path.join(ROOT, "tools"))
import port  # pylint: disable=wrong-import-position

KNOWN = port.ours()


def moved(source, expect_left=()):
    """The source after the tool; what it lists must contain the pieces, in order."""
    text, left = port.port("x.c", source, *KNOWN)
    said = [f"{line}: {what}" for line, what in left]
    tap.equal(len(said), len(expect_left), f"listed: {said}")
    for piece, line in zip(expect_left, said):
        tap.check(piece in line, f"{piece!r} is not in {line!r}")
    return text


def compiles(source, *flags):
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "x.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        return tap.run([*COMPILER, *STRICT, *flags, "-I" + os.path.join(ROOT, "include"),
                        "-c", path, "-o", "/dev/null"])


def must_compile(source, *flags):
    done = compiles(source, *flags)
    tap.equal(done.returncode, 0, source + done.stderr)


# --- the programs --------------------------------------------------------

def build(name, top):
    """The programs to be compared: the one that was moved, and the original where it can be."""
    original = os.path.join(ROOT, "tests", "liburing", name + ".c")
    done = tap.run([TOOL, original])
    tap.equal((done.returncode, done.stderr), (0, ""), "port.py " + name)
    tap.equal(re.findall(r"\w*(?:io_uring|IORING|IOSQE)\w*", re.sub(r"/\*.*?\*/", "", done.stdout,
                                                                  flags=re.S)), [], "left")
    source = os.path.join(top, name + ".c")
    with open(source, "w", encoding="utf-8") as file:
        file.write(done.stdout)
    ported, theirs = os.path.join(top, name), os.path.join(top, name + "-liburing")
    tap.must_run([*COMPILER, *STRICT, "-I" + os.path.join(ROOT, "include"), source, LIBRARY,
                  "-o", ported])
    if LIBURING != "yes":
        tap.comment("liburing is not installed here: the original was not run")
        return [ported]
    tap.must_run([*COMPILER, *STRICT, original, "-luring", "-o", theirs])
    return [ported, theirs]


def skip_without_ring(status, said):
    if status == 1 and said.startswith("opening a ring: "):
        raise tap.Skip(said.strip())
    if status == 1 and said.startswith("registering buffers: "):
        raise tap.Skip(said.strip())


def copying_is_the_same():
    with tempfile.TemporaryDirectory() as top:
        programs = build("copy", top)
        for size in (0, 1, 65536, 65537, 3000000):
            data = random.Random(size).randbytes(size)
            source, target = os.path.join(top, "from"), os.path.join(top, "to")
            with open(source, "wb") as file:
                file.write(data)
            for program in programs:
                done = tap.run([program, source, target])
                skip_without_ring(done.returncode, done.stderr)
                tap.equal((done.returncode, done.stdout, done.stderr),
                          (0, f"{size} bytes copied\n", ""), program)
                with open(target, "rb") as file:
                    tap.check(file.read() == data, f"{program}: {size} bytes differ")
                os.unlink(target)
        done = [tap.run([p, "/", os.path.join(top, "to")]) for p in programs]
        tap.check(all((d.returncode, d.stderr) == (1, done[0].stderr) for d in done),
                  f"failing: {done}")


def echo(port_number, data):
    with socket.create_connection(("127.0.0.1", port_number), timeout=20) as connection:
        got = b""
        for begin in range(0, len(data), 5000):
            piece = data[begin:begin + 5000]
            connection.sendall(piece)
            while len(got) < begin + len(piece):
                more = connection.recv(65536)
                tap.check(more, f"hung up after {len(got)} of {len(data)} bytes")
                got += more
        tap.check(got == data, "the echo differs")


def echoing_is_the_same():
    with tempfile.TemporaryDirectory() as top:
        for program in build("echo", top):
            sizes = (1, 2048, 2049, 100000)
            with subprocess.Popen([program, str(len(sizes))], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True) as server:
                try:
                    line = server.stdout.readline()
                    if not line:
                        _, err = server.communicate(timeout=10)
                        skip_without_ring(server.returncode, err)
                        raise AssertionError(f"{program}: {err}")
                    for size in sizes:
                        echo(int(line), random.Random(size).randbytes(size))
                    out, err = server.communicate(timeout=20)
                    tap.equal((server.returncode, out, err), (0, "", ""), program)
                finally:
                    server.kill()


# --- every call ----------------------------------------------------------

def what_is_made_of_each_call_compiles():
    source = """
#include <liburing.h>
#include <sys/mman.h>

int calls(struct io_uring *ring, struct io_uring_params *p, struct io_uring_sqe *sqe, int fd,
          struct io_uring_buf_ring *br, const struct iovec *iov, void *buf, struct io_uring *other)
{
    struct io_uring_cqe *cqe;
    unsigned head, seen = 0;
    int err = io_uring_queue_init(64, ring, IORING_SETUP_SINGLE_ISSUER);
    err += io_uring_queue_init_params(8, ring, p);
    err += io_uring_queue_init_mem(8, ring, p, buf, (size_t)4096);
    io_uring_prep_rw(IORING_OP_SEND, sqe, fd, buf, 5, (__u64)0);
    io_uring_prep_cancel(sqe, buf, IORING_ASYNC_CANCEL_ALL);
    io_uring_prep_socket_direct(sqe, 2, 1, 0, 7, 0);
    if (uring_unlikely(io_uring_check_version(2, 4)))
        return 0;
    err += io_uring_setup(4, p) + io_uring_enter2(fd, 1, 2, 0, NULL, 0);
    err += io_uring_enter(fd, io_uring_sq_ready(ring), 0, IORING_ENTER_GETEVENTS, NULL);
    err += io_uring_register(ring->ring_fd, IORING_REGISTER_BUFFERS, iov, 1);
    sqe = _io_uring_get_sqe(ring);
    err += __io_uring_sqring_wait(ring);
    err += __io_uring_clone_buffers(ring, other, IORING_REGISTER_DST_REPLACE);
    err += __io_uring_clone_buffers_offset(ring, other, 0, 1, 2, IORING_REGISTER_DST_REPLACE);
    __io_uring_buf_ring_cq_advance(ring, br, 1, 2);
    io_uring_for_each_cqe(ring, head, cqe) {
        if (cqe->flags & IORING_CQE_F_MORE)
            continue;
        seen++;
    }
    io_uring_cq_advance(ring, seen);
    io_uring_prep_madvise(sqe, buf, ring->sq.ring_entries + ring->cq.ring_entries, 4);
    sqe->addr3 = uring_ptr_to_u64(buf);
    io_uring_queue_exit(ring);
    return err;
}

int group(struct io_uring *ring)
{
    int err;
    struct io_uring_buf_ring *br = io_uring_setup_buf_ring(ring, 8, 1, 0, &err);
    struct io_uring_buf_ring *second;
    second = io_uring_setup_buf_ring(ring, 8, 2, 0,
                                     &err);
    if (!br || !second)
        return err;
    return io_uring_free_buf_ring(ring, br, 8, 1) + io_uring_free_buf_ring(ring, second, 8, 2);
}

int known(const struct io_uring_probe *probe)
{
    return io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);
}
"""
    text = moved(source)
    for flags in ([], ["-O0"], ["-Wshadow"]):
        must_compile(text, *flags)


# --- what is left --------------------------------------------------------

FRAME = "#include <liburing.h>\n%s\nint f(struct io_uring *ring, struct io_uring_sqe *sqe)\n{\n%s\n}\n"


def what_cannot_be_moved_is_named_and_does_not_compile():
    for name in sorted(port.BY_HAND):
        if name.startswith("LIBURING_") or name.startswith("IO_URING_V"):
            body = f"    return (int){name} + (sqe == 0);"
        else:
            body = f"    return {name}(ring, sqe);"
        text = moved(FRAME % ("", body), [f"5: {name}: "])
        tap.check(name in text, f"{name} is gone")
        done = compiles(text)
        tap.check(done.returncode, f"{name} compiles")
        tap.check(name in done.stderr, f"the compiler does not name {name}")
    moved("int x = io_uring_invented(1) + IORING_INVENTED;\nstruct io_uring_thing *t;\n",
          ["1: IORING_INVENTED", "1: io_uring_invented", "2: struct io_uring_thing"])
    moved("x = *ring->sq.kring_entries;", ["1: kring_entries"])
    moved("n = io_uring_peek_batch_cqe(r, c, 4);", ["negative"])
    moved("io_uring_queue_init(1, 2);", ["3 arguments"])


def the_prep_comes_first():
    early = ["4: io_uring_sqe_set_data: the prep below it"]
    prep = "    io_uring_prep_nop(sqe);\n"
    data = "    io_uring_sqe_set_data(sqe, ring);\n"
    get = "    sqe = io_uring_get_sqe(ring);\n"
    end = "    return 0;"

    def frame(*lines):
        return "int f(void)\n{\n" + "".join(lines) + end + "\n}\n"
    moved(frame(get, data, prep), early)
    moved(frame(get, prep, data))
    moved(frame(get, prep, data, get, prep, data))
    moved(frame(get, "    sqe->flags |= IOSQE_ASYNC;\n", prep), ["4: sqe->flags"])
    moved(frame(get, "    sqe->user_data = 1;\n", prep), ["4: sqe->user_data"])
    moved(frame(get, prep, "    sqe->flags |= IOSQE_ASYNC;\n"))
    # Another function's SQE is another one.
    moved(frame(get, data) + frame(get, prep))


def sizes_are_powers_of_two():
    moved("x = io_uring_queue_init(100, &r, 0);", ["100"])
    moved("#define DEPTH 48\nx = io_uring_queue_init(DEPTH, &r, 0);", ["48"])
    moved("#define DEPTH 64\nx = io_uring_queue_init(DEPTH, &r, 0);")
    moved("x = io_uring_queue_init(n, &r, 0);")


def results_are_to_be_looked_at():
    text = moved(FRAME % ("", "    io_uring_register_eventfd(ring, 3);\n    return sqe == 0;"),
                 ["5: rf_register_eventfd(): its result"])
    tap.check(compiles(text).returncode, "the compiler does not mind")
    moved("int f(void)\n{\n    return io_uring_register_eventfd(ring, 3);\n}\n")
    moved("int f(void)\n{\n    io_uring_submit(ring);\n}\n")


# --- what is no code -----------------------------------------------------

def comments_and_strings_stay():
    for text in ("/* io_uring_queue_init(1, &r, 0) */\n", "// IORING_OP_READ\n",
                 'puts("io_uring_queue_exit(\\"IOSQE_ASYNC\\")");\n', "int my_io_uring_thing;\n",
                 "struct my_uring x;\n", '#include <linux/io_uring.h>\n', "char c = '\"';\n"):
        tap.equal(moved(text), text)


def lines_stay_where_they_were():
    source = ("io_uring_prep_read(sqe, fd, /* where */ buf,\n"
              "                   len, // how much\n"
              "                   0);\n"
              "x = io_uring_prep_something ;\n")
    text = moved(source, ["4: io_uring_prep_something"])
    tap.equal(text.count("\n"), source.count("\n"))
    tap.check(text.startswith("rf_prep_read(sqe, fd, /* where */ buf,\n"), text)


def includes_are_brought_along():
    text = moved('#include <errno.h>\n#include "liburing.h"\n'
                 "int x = errno + O_RDONLY;\n__u64 y;\nsigset_t s;\n")
    tap.equal(re.findall(r"<(.*)>", text),
              ["errno.h", "fcntl.h", "linux/types.h", "signal.h", "ringfence.h"])


def files_are_changed_in_place():
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "x.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write("int a = IORING_OP_READ;\nint b = io_uring_free_probe;\n")
        done = tap.run([TOOL, "-i", path])
        tap.equal((done.returncode, done.stdout), (1, ""))
        tap.check(done.stderr.startswith(f"{path}:2: io_uring_free_probe: not needed"), done.stderr)
        with open(path, encoding="utf-8") as file:
            tap.equal(file.read(), "int a = RF_OP_READ;\nint b = io_uring_free_probe;\n")
        tap.equal(tap.run([TOOL, os.path.join(top, "none.c")]).returncode, 2)
        tap.equal(tap.run([TOOL]).returncode, 2)


tap.main([
    copying_is_the_same,
    echoing_is_the_same,
    what_is_made_of_each_call_compiles,
    what_cannot_be_moved_is_named_and_does_not_compile,
    the_prep_comes_first,
    sizes_are_powers_of_two,
    results_are_to_be_looked_at,
    comments_and_strings_stay,
    lines_stay_where_they_were,
    includes_are_brought_along,
    files_are_changed_in_place,
])
