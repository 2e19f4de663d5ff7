#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_boundary.py SOURCE STATIC-LIBRARY

Held here: only fence.h touches a word that is shared with the other side, and only map.c
makes pointers from offsets. The compiler refuses the obvious ways around, and a search
of the sources finds the others: casts, handles that go anywhere but into an accessor,
atomics elsewhere. And names that leave the static library begin with rf_ or rfi_; what the
shared one exports is test_symbols.py's.
"""
import os
import re
import shutil
import sys
import tempfile

import tap

FENCE = "include/ringfence/fence.h"
MAP = "src/map.c"
SEARCHED = ["include", "src", "tools"]

source, static_library = sys.argv[1:3]

# --- the search ----------------------------------------------------------

COMMENT_OR_STRING = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
WORD_TYPE = r"struct\s+rf_\w+_word\b"
DECLARED = re.compile(WORD_TYPE + r"\s*\*\s*(?:const\s+)?(\w+)")
ATOMICS = re.compile(r"\b(?:__atomic\w*|_Atomic|stdatomic|atomic_\w+|__sync\w*|volatile)\b")
OFFSET = re.compile(r"\b[sc]q_off\s*(?:\.|->)\s*(?!user_addr\b)\w+")


def code_of(path):
    """The text without comments and strings, lines kept."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def c_files(top):
    for directory in SEARCHED:
        for where, _, names in os.walk(os.path.join(top, directory)):
            for name in names:
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(where, name), top)


def handle_violations(code, members, accessors):
    """
    Handles may be declared, and given to an accessor at once. Both are taken out of the
    text; where a handle or its type is left, something else is done with it.
    """
    handles = "|".join(sorted(members | set(DECLARED.findall(code))))
    handle = rf"(?:[\w.>&-]*\b(?:{handles})|rfi_buf_tail_word\([^()]*\))"
    blank = lambda m: re.sub(r"[^\n]", " ", m[0])  # pylint: disable=unnecessary-lambda-assignment
    code = re.sub(rf"\b(?:{'|'.join(accessors)})\(\s*{handle}(?=\s*[,)])", blank, code)
    code = re.sub(rf"{WORD_TYPE}\s*\*\s*(?:const\s+)?\w+(?:\s*=\s*{handle})?(?=\s*[;,)])",
                  blank, code)
    return re.finditer(rf"{WORD_TYPE}|\brfi_buf_tail_word\b|(?:->|\.|\b)(?:{handles})\b", code)


def violations(top):
    """Every place where the boundary is crossed, as "file:line: text"."""
    fence = code_of(os.path.join(top, FENCE))
    accessors = set(re.findall(rf"\b(rfi_\w+)\((?:const\s+)?{WORD_TYPE}", fence))
    members = set(DECLARED.findall(code_of(os.path.join(top, "include/ringfence/ring.h"))))
    tap.check(len(accessors) >= 11, f"fence.h is not understood: {accessors}")
    tap.check(len(members) >= 5, f"ring.h is not understood: {members}")

    found = []
    for path in c_files(top):
        code = code_of(os.path.join(top, path))
        matches = []
        if path != FENCE:
            in_library = not path.startswith("tools/")
            for match in ATOMICS.finditer(code) if in_library else ():
                # The system call instruction is no access to memory.
                if not re.search(r"__asm__\s+$", code[:match.start()]):
                    matches.append(match)
            if path != MAP:
                matches += handle_violations(code, members, accessors)
        if path not in (MAP, "include/ringfence/abi.h"):
            matches += OFFSET.finditer(code)
        if "rf_buf_ring" in code and path != "include/ringfence/abi_register.h":
            matches += re.finditer(r"(?:->|\.)\s*resv\b", code)
        lines = code.split("\n")
        for match in matches:
            number = code.count("\n", 0, match.start())
            found.append(f"{path}:{number + 1}: {lines[number].strip()}")
    return found


def nothing_else_touches_a_shared_word():
    found = violations(source)
    tap.check(not found, "\n".join(found))


# One a line: what the search has to find when it stands in a file of the library.
STRAYS = """
    uint32_t a = *(const uint32_t *)(const void *)ring->cq.tail_word;
    void *b = ring->sq.tail_word;
    memcpy(&c, ring->cq.tail_word, sizeof c);
    struct rf_sq_tail_word *d = (struct rf_sq_tail_word *)(void *)memory;
    other_function((const struct rf_cq_tail_word *)memory);
    struct rf_buf_tail_word *e = rfi_buf_tail_word(br); *(uint16_t *)(void *)e = 1;
    *(uint16_t *)(void *)rfi_buf_tail_word(br) = 1;
    rfi_sq_tail_store((struct rf_sq_tail_word *)memory, 1);
    rfi_sq_tail_store(ring->sq.tail_word + 1, 1);
    uint32_t f = __atomic_load_n(memory, __ATOMIC_RELAXED);
    _Atomic uint32_t *g = memory;
    uint32_t h = *(volatile uint32_t *)memory;
    uint32_t i = __sync_fetch_and_add(memory, 1);
    #include <stdatomic.h>
    uint32_t j = *(uint32_t *)(memory + params->sq_off.tail);
    const struct rf_buf_ring *k; entry->resv = 7;
"""


def every_way_across_is_noticed():
    with tempfile.TemporaryDirectory() as top:
        for directory in SEARCHED:
            shutil.copytree(os.path.join(source, directory), os.path.join(top, directory))
        tap.equal(violations(top), [], "before")
        for stray in STRAYS.strip().splitlines():
            with open(os.path.join(top, "src", "stray.c"), "w", encoding="utf-8") as f:
                f.write("/* A comment of *ring->cq.tail_word is none. */\n" + stray + "\n")
            found = violations(top)
            tap.check(found and found[0].startswith("src/stray.c:2: "), f"not noticed: {stray}")


# --- the compiler --------------------------------------------------------

SNIPPET = """
#include <ringfence.h>
uint32_t snippet(struct rf_ring *ring);
uint32_t snippet(struct rf_ring *ring)
{
    %s
}
"""

ALLOWED = """
    rfi_sq_tail_store(ring->sq.tail_word, 1);
    rfi_cq_head_store(ring->cq.head_word, 1);
    return rfi_cq_tail_load(ring->cq.tail_word) + rfi_sq_head_load(ring->sq.head_word);
"""

# What it is, and the code.
REFUSED = [
    ("a plain store", "*ring->sq.tail_word = 1; return 0;"),
    ("a plain load", "return *ring->cq.tail_word;"),
    ("a load by index", "return ring->cq.tail_word[0];"),
    ("a struct copied out", "struct rf_cq_tail_word copy = *ring->cq.tail_word; return 0;"),
    ("arithmetic on a handle", "rfi_sq_tail_store(ring->sq.tail_word + 1, 1); return 0;"),
    ("a handle as a number's pointer", "uint32_t *p = ring->sq.tail_word; return *p;"),
    ("a head word to the tail store", "rfi_sq_tail_store(ring->cq.head_word, 1); return 0;"),
    ("the other side's word to a store",
     "rfi_cq_head_store(ring->cq.tail_word, 1); return 0;"),
    ("our word to the other side's load", "return rfi_sq_head_load(ring->sq.tail_word);"),
    ("flags taken for a tail", "return rfi_cq_tail_load(ring->sq.flags_word);"),
    ("the 16-bit tail to a 32-bit store",
     "struct rf_buf_ring *br = NULL; rfi_sq_tail_store(rfi_buf_tail_word(br), 1); return 0;"),
    ("a member of a buffer ring", "struct rf_buf_ring *br = NULL; br->tail = 1; return 0;"),
    ("a write to a CQE in place", "ring->cq.cqes[0].res = 1; return 0;"),
]


# How gcc and clang refuse one of these, in either language.
WHY = re.compile(r"incomplete|undefined type|incompatible|cannot convert|cannot initialize|"
                 r"no matching function|no viable conversion|read-only|not assignable")


def compile_snippet(compiler, body):
    """Returns the status and what the compiler said."""
    name, suffix = compiler
    if not shutil.which(name):
        raise tap.Skip(f"there is no {name}")
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "snippet." + suffix)
        with open(path, "w", encoding="utf-8") as f:
            f.write(SNIPPET % body)
        # C gives a mere warning for the wrong pointer, hence -Werror; unused is no crime here.
        done = tap.run([name, "-Wall", "-Wno-unused", "-Werror", "-fsyntax-only",
                        "-I", os.path.join(source, "include"), path])
    return done.returncode, done.stderr


def refuses(compiler, body):
    status, said = compile_snippet(compiler, ALLOWED)
    tap.check(status == 0, f"the control does not compile:\n{said}")
    status, said = compile_snippet(compiler, body)
    tap.check(status != 0, f"this compiled: {body}")
    tap.check(WHY.search(said), f"refused, but for another reason:\n{said}")


# --- the names -----------------------------------------------------------

def symbols(library):
    """Names of the defined global symbols."""
    lines = tap.must_run(["nm", "--defined-only", "--extern-only", "--format=posix", library])
    return {line.split()[0] for line in lines.splitlines() if len(line.split()) > 1}


def every_global_name_has_the_prefix():
    found = symbols(static_library)
    tap.check(len(found) > 20, f"nm shows next to nothing: {found}")
    strangers = sorted(name for name in found if not re.match(r"rfi?_", name))
    tap.equal(strangers, [])


def main():
    tests = [nothing_else_touches_a_shared_word, every_way_across_is_noticed,
             every_global_name_has_the_prefix]
    for compiler in (("gcc", "c"), ("g++", "cc"), ("clang", "c"), ("clang++", "cc")):
        for what, body in REFUSED:
            tests.append((f"{what} is refused [{compiler[0]}]",
                          lambda c=compiler, b=body: refuses(c, b)))
    tap.main(tests)


main()
