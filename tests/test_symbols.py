#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_symbols.py SOURCE VERSION STATIC-LIBRARY SHARED-LIBRARY MAN3 MAN7 - what programs
link to.

Held here: the headers, src/ringfence.map, both libraries and the manual name the same
functions, the inline ones among them, each with the release that brought it, and nothing
else is exported. And the symbols are enough: Python, which reads no header, does I/O by the
shared library, and so does C that declares for itself what it calls, by either.
"""
import ctypes
import errno
import os
import re
import sys
import tempfile

import tap

source, version, static_library, shared_library, man3 = sys.argv[1:6]
sys.path.insert(0, os.path.join(source, "man"))
import headers  # pylint: disable=wrong-import-position

INCLUDE = os.path.join(source, "include")

# --- names -------------------------------------------------------------------


def declared():
    items = headers.exported(headers.read_all(INCLUDE))
    inlines = [name for name, item in items.items() if item.kind == "inline"]
    tap.check(len(items) > 300 and len(inlines) > 200, f"the headers: {len(items)} names")
    return items


def nodes_of_the_map():
    """[(node, names)], in the order of the file."""
    with open(os.path.join(source, "src", "ringfence.map"), encoding="utf-8") as file:
        text = headers.without_comments(file.read())
    nodes = re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, re.DOTALL)
    tap.check(nodes, "the map was not understood")
    return [(node, re.findall(r"\b(rfi?_\w+)\s*;", body)) for node, body in nodes]


def symbols(library, *options):
    """{name: version or None} of the symbols that the library defines for others."""
    lines = tap.must_run(["nm", "--defined-only", "--extern-only", "--format=posix", *options,
                          library]).splitlines()
    # A version's own name is a symbol too, an absolute one.
    found = [line.split()[0] for line in lines if re.fullmatch(r"\S+ [^A] .*", line)]
    return {name.split("@")[0]: (name.split("@")[-1] if "@" in name else None) for name in found}


def must_be_the_same(one, other, what, where):
    tap.equal(sorted(set(one) - set(other)), [], f"{what}, but not {where}")
    tap.equal(sorted(set(other) - set(one)), [], f"{where}, but not {what}")


def the_map_has_what_the_headers_declare():
    names = [name for _, names in nodes_of_the_map() for name in names]
    must_be_the_same(declared(), names, "in a header", "in src/ringfence.map")
    tap.equal(sorted({name for name in names if names.count(name) > 1}), [], "twice in the map")


def the_shared_library_exports_that_and_no_more():
    exported = symbols(shared_library, "--dynamic")
    must_be_the_same(declared(), exported, "in a header", "exported")
    for node, names in nodes_of_the_map():
        tap.equal([name for name in names if exported[name] != node], [], f"not of {node}")


def the_static_library_has_them_too():
    missing = sorted(set(declared()) - set(symbols(static_library)))
    tap.equal(missing, [], "in a header, but not in the static library")


def the_manual_names_them():
    """By the files, which is how man finds a page, and by the names that pages give."""
    functions = [name for name in declared() if headers.is_public_name(name)]
    files = [name.removesuffix(".3") for name in os.listdir(man3)]
    constants = [name for name in files if name.startswith("RF_OP_")]
    must_be_the_same(functions, set(files) - set(constants), "in a header", "a page in man3")
    named = []
    for name in os.listdir(man3):
        with open(os.path.join(man3, name), encoding="utf-8") as file:
            found = re.search(r"^\.SH NAME\n(.*?) \\- ", file.read(), re.MULTILINE | re.DOTALL)
        named += re.findall(r"[\w.]+", found[1]) if found else []
    must_be_the_same(functions, set(named) - set(constants), "in a header", "named by a page")
    tap.equal(sorted({name for name in named if named.count(name) > 1}), [], "on two pages")


def nodes_are_releases_up_to_this_one():
    nodes = [node for node, _ in nodes_of_the_map()]
    numbers = [tuple(map(int, re.fullmatch(r"RINGFENCE_(\d+)\.(\d+)", node).groups()))
               for node in nodes]
    tap.equal(nodes[0], "RINGFENCE_0.1", "the first release")
    tap.equal(numbers, sorted(set(numbers)), "the order of the nodes")
    tap.check(numbers[-1] <= tuple(map(int, version.split(".")[:2])),
              f"{nodes[-1]} is newer than {version}")


# --- by symbols alone --------------------------------------------------------

TEXT = b"read by symbols alone\n"

# What the ABI of the kernel says; ringfence's own headers are not asked.
SQE_BYTES = 64
OP_NOP, OP_READ = 0, 22


class Cqe(ctypes.Structure):
    _fields_ = [("user_data", ctypes.c_uint64), ("res", ctypes.c_int32),
                ("flags", ctypes.c_uint32)]


def compiled(text, *arguments):
    """What a program prints that is compiled from a text."""
    with tempfile.TemporaryDirectory() as top:
        path, program = os.path.join(top, "user.c"), os.path.join(top, "user")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        tap.must_run(["cc", "-Wall", "-Wextra", "-Werror", path, "-o", program, *arguments])
        return tap.must_run([program])


def bytes_of_a_ring():
    return int(compiled("#include <ringfence.h>\n#include <stdio.h>\n"
                        "int main(void) { printf(\"%zu\", sizeof(struct rf_ring)); return 0; }\n",
                        "-I", INCLUDE))


def open_ring(library):
    ring = ctypes.create_string_buffer(bytes_of_a_ring())
    status = library.rf_init(ring, ctypes.c_uint32(8), ctypes.c_uint32(0))
    if status in (-errno.EPERM, -errno.ENOSYS):
        raise tap.Skip(f"io_uring is blocked: {os.strerror(-status)}")
    tap.equal(status, 0, "rf_init()")
    return ring


def python_library():
    library = ctypes.CDLL(os.path.abspath(shared_library))
    library.rf_read.restype = ctypes.c_void_p
    library.rf_next_cqe.restype = ctypes.POINTER(Cqe)
    library.rf_sq_ready.restype = ctypes.c_uint32
    return library


def every_symbol_can_be_loaded():
    library = python_library()
    for name in declared():
        tap.check(getattr(library, name, None), name)


def python_fills_an_sqe():
    """No ring, no kernel: 64 bytes of dirt become a NOP, then a read."""
    library, sqe = python_library(), ctypes.create_string_buffer(b"\xff" * SQE_BYTES, SQE_BYTES)
    library.rf_prep_nop(sqe)
    tap.equal(sqe.raw, bytes([OP_NOP]) + bytes(SQE_BYTES - 1), "rf_prep_nop()")
    library.rf_prep_read(sqe, 7, ctypes.c_void_p(0x1000), ctypes.c_size_t(12), ctypes.c_uint64(34))
    tap.equal(sqe.raw[0], OP_READ, "opcode")
    numbers = [int.from_bytes(sqe.raw[at:at + size], sys.byteorder)
               for at, size in ((4, 4), (8, 8), (16, 8), (24, 4))]
    tap.equal(numbers, [7, 34, 0x1000, 12], "fd, off, addr, len")


def python_reads_a_file():
    """Inlines all the way: queue, submit, take."""
    library = python_library()
    ring = open_ring(library)
    try:
        with tempfile.TemporaryFile() as file:
            file.write(TEXT)
            file.flush()
            buffer = ctypes.create_string_buffer(100)
            sqe = library.rf_read(ring, ctypes.c_uint64(42), file.fileno(), buffer,
                                  ctypes.c_size_t(100), ctypes.c_uint64(0))
            tap.check(sqe, "rf_read() gives no SQE")
            tap.equal(library.rf_sq_ready(ring), 1, "rf_sq_ready()")
            tap.equal(library.rf_submit_and_wait(ring, ctypes.c_uint32(1)), 1,
                      "rf_submit_and_wait()")
            cqe = library.rf_next_cqe(ring)
            tap.check(cqe, "rf_next_cqe() gives no CQE")
            tap.equal((cqe[0].user_data, cqe[0].res), (42, len(TEXT)), "CQE")
            tap.equal(buffer.value, TEXT, "what was read")
            tap.check(not library.rf_next_cqe(ring), "a second CQE")
    finally:
        library.rf_deinit(ring)


BARE_C = """
#include <stdio.h>

struct rf_ring;
struct rf_sqe;
struct rf_cqe { unsigned long long user_data; int res; unsigned flags; };

int rf_init(struct rf_ring *, unsigned, unsigned);
void rf_deinit(struct rf_ring *);
struct rf_sqe *rf_get_sqe(struct rf_ring *);
void rf_prep_nop(struct rf_sqe *);
void rf_sqe_set_data64(struct rf_sqe *, unsigned long long);
int rf_submit(struct rf_ring *);
int rf_copy_cqe(struct rf_ring *, struct rf_cqe *);

static _Alignas(16) char ring[RING_BYTES];

int main(void)
{
    struct rf_ring *r = (struct rf_ring *)ring;
    struct rf_cqe cqe = {0, 1, 1};
    int err = rf_init(r, 4, 0);
    if (err) {
        printf("blocked %d", err);
        return 0;
    }
    struct rf_sqe *sqe = rf_get_sqe(r);
    rf_prep_nop(sqe);
    rf_sqe_set_data64(sqe, 7);
    if (rf_submit(r) != 1 || rf_copy_cqe(r, &cqe) != 0)
        return 1;
    printf("user_data %llu, res %d", cqe.user_data, cqe.res);
    rf_deinit(r);
    return 0;
}
"""


def c_without_our_headers(library):
    directory = os.path.dirname(os.path.abspath(library))
    out = compiled(BARE_C, f"-DRING_BYTES={bytes_of_a_ring()}", "-std=c11", library,
                   f"-Wl,-rpath,{directory}")
    if out in (f"blocked {-errno.EPERM}", f"blocked {-errno.ENOSYS}"):
        raise tap.Skip(f"io_uring is {out}")
    tap.equal(out, "user_data 7, res 0")


def c_links_to_the_static_library():
    c_without_our_headers(static_library)


def c_links_to_the_shared_library():
    c_without_our_headers(shared_library)


tap.main([
    the_map_has_what_the_headers_declare,
    the_shared_library_exports_that_and_no_more,
    the_static_library_has_them_too,
    the_manual_names_them,
    nodes_are_releases_up_to_this_one,
    every_symbol_can_be_loaded,
    python_fills_an_sqe,
    python_reads_a_file,
    c_links_to_the_static_library,
    c_links_to_the_shared_library,
])
