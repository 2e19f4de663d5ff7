#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
port.py [-i] FILE... - move C sources from liburing to ringfence.

Does the mechanical part: names, the order of arguments, includes. The result goes to
standard output, or with -i into the files. What has to be done by hand is listed on
standard error, as file:line: what; such a name is left as it is, so that it does not
compile. Status 0: nothing is left; 1: something is listed; 2: a file cannot be read.

What it does with each name is in docs/porting.md. Comments and strings are left alone.
"""
import os
import re
import sys

HEADERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "include")

TOKEN = re.compile(r"""
    (?P<skip> /\*.*?\*/ | //[^\n]* | \s+ | \\\n )
  | (?P<include> ^[ \t]*\#[ \t]*include[ \t]*[<"][^>"\n]*[>"] )
  | (?P<string> "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' )
  | (?P<word> [A-Za-z_]\w* )
  | (?P<number> \.?\d(?:[eEpP][+-]|[\w.])* )
  | (?P<other> -> | . )
""", re.X | re.S | re.M)


class Token:
    """A piece of the source: its kind, its text, the line it is on."""

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line


def tokens_of(source):
    found, line = [], 1
    for match in TOKEN.finditer(source):
        found.append(Token(match.lastgroup, match.group(), line))
        line += match.group().count("\n")
    return found


# --- names ---------------------------------------------------------------

# Calls that want more than another name. {0}, {1}, ... are the arguments.
CALLS = {
    "io_uring_queue_init": "rf_init({1}, {0}, {2})",
    "io_uring_queue_init_params": "rf_init_params({1}, {0}, {2})",
    "io_uring_queue_init_mem": "rf_init_mem({1}, {0}, {2}, {3}, {4})",
    "io_uring_queue_exit": "rf_deinit({0})",
    "io_uring_prep_rw": "rf_prep_rw({1}, {0}, {2}, (uint64_t)(uintptr_t)({3}), {4}, {5})",
    "io_uring_prep_cancel": "rf_prep_cancel({0}, (uint64_t)(uintptr_t)({1}), {2})",
    "io_uring_prep_socket_direct": "rf_prep_socket_direct({0}, {1}, {2}, {3}, {5}, {4})",
    "io_uring_opcode_supported": "rf_probe_op_supported({0}, {1})",
    "io_uring_check_version": "!rf_version_at_least({0}, {1})",
    "io_uring_setup": "rf_sys_kernel.ring_setup(&rf_sys_kernel, {0}, {1})",
    "io_uring_enter2":
        "rf_sys_kernel.ring_enter(&rf_sys_kernel, {0}, {1}, {2}, {3}, {4}, {5})",
    "io_uring_enter":
        "rf_sys_kernel.ring_enter(&rf_sys_kernel, {0}, {1}, {2}, {3}, {4}, _NSIG / 8)",
    "io_uring_register":
        "rf_sys_kernel.ring_register(&rf_sys_kernel, {0}, {1}, (void *)({2}), {3})",
    "_io_uring_get_sqe": "rf_get_sqe({0})",
    "__io_uring_sqring_wait": "rf_sqring_wait({0})",
    "__io_uring_clone_buffers": "rf_clone_buffers_offset({0}, {1}, 0, 0, 0, {2})",
    "__io_uring_clone_buffers_offset":
        "rf_clone_buffers_offset({0}, {1}, {2}, {3}, {4}, {5})",
    "__io_uring_buf_ring_cq_advance":
        "(rf_buf_ring_advance({1}, {3}), rf_cq_advance({0}, {2}))",
    "io_uring_for_each_cqe":
        "for (struct rf_cqe_iter rf_each = ((void)({1}), rf_cqe_iter_init({0}));"
        " rf_cqe_iter_next(&rf_each, &{2});)",
    "uring_ptr_to_u64": "(uint64_t)(uintptr_t)({0})",
    "uring_likely": "RF_LIKELY({0})",
    "uring_unlikely": "RF_UNLIKELY({0})",
}

# What cannot be moved by a rule, and what to do instead.
BY_HAND = {
    "io_uring_queue_mmap": "rf_init_sys(), with a ring_setup that answers with the descriptor",
    "io_uring_initialize_sqe": "not needed for what rf_get_sqe() gives; else memset()",
    "__io_uring_peek_cqe": "rf_peek_cqe(), and rf_cq_ready() for the number",
    "__io_uring_get_cqe": "rf_submit_and_wait_timeout(), without a time",
    "io_uring_skip_cqe": "not needed: fillers are never shown",
    "io_uring_load_sq_head": "rf_sq_ready() tells how many SQEs are not consumed",
    "io_uring_sqe_shift": "ring->flags & RF_SETUP_SQE128 ? 1 : 0",
    "io_uring_sqe_shift_from_flags": "flags & RF_SETUP_SQE128 ? 1 : 0",
    "io_uring_cqe_shift": "ring->flags & RF_SETUP_CQE32 ? 1 : 0",
    "io_uring_cqe_shift_from_flags": "flags & RF_SETUP_CQE32 ? 1 : 0",
    "__io_uring_prep_uring_cmd": "rf_prep_uring_cmd() or rf_prep_uring_cmd128()",
    "__io_uring_set_target_fixed_file": "sqe->file_index = slot + 1",
    "__io_uring_prep_poll_mask": "not needed: the preps take the mask as it is",
    "io_uring_register_probe": "rf_get_probe(ring, &probe)",
    "io_uring_register_wait_reg": "rf_setup_reg_wait()",
    "io_uring_setup_buf_ring": "err = rf_setup_buf_ring(ring, entries, group, flags, &br)",
    "io_uring_get_probe": "rf_get_probe(ring, &probe), with a struct rf_probe of one's own",
    "io_uring_get_probe_ring": "rf_get_probe(ring, &probe), with a struct rf_probe of one's own",
    "io_uring_free_probe": "not needed: a struct rf_probe is the caller's",
    "IO_URING_CHECK_VERSION": "of liburing; there are RF_VERSION_MAJOR and RF_VERSION_MINOR",
    "IO_URING_VERSION_MAJOR": "of liburing; there is RF_VERSION_MAJOR",
    "IO_URING_VERSION_MINOR": "of liburing; there is RF_VERSION_MINOR",
    "LIBURING_UDATA_TIMEOUT": "not needed: there are no timeouts of the library's own",
    "LIBURING_HAVE_DATA64": "not needed: all of them are there",
    "IO_URING_READ_ONCE": "a function of ring.h that tells what is wanted",
    "IO_URING_WRITE_ONCE": "a function of ring.h that does what is wanted",
    "io_uring_smp_load_acquire": "a function of ring.h that tells what is wanted",
    "io_uring_smp_store_release": "a function of ring.h that does what is wanted",
    "io_uring_smp_mb": "a function of ring.h that does what is wanted",
}

# Members of liburing's structs that ringfence has under another name, or not at all.
MEMBERS = {"ring_fd": "fd", "enter_ring_fd": "enter_fd", "ring_entries": "entries"}
HIDDEN = {
    "big_cqe": "rf_cqe_big(cqe)[i]",
    "kring_entries": "the number is the member entries",
    "kring_mask": "entries - 1", "ring_mask": "entries - 1",
    "kdropped": "rf_sq_dropped()", "koverflow": "rf_cq_overflow()",
    "kflags": "rf_cq_ring_needs_flush(), rf_cq_has_overflow()",
    "sqe_tail": "rf_sq_ready()", "sqe_head": "rf_sq_ready()",
    "ktail": "rf_sq_ready(), rf_cq_ready()",
}

STRUCTS = {"io_uring": "rf_ring", "__kernel_timespec": "rf_timespec",
           "io_sqring_offsets": "rf_sqring_offsets", "io_cqring_offsets": "rf_cqring_offsets"}

PREFIXES = (("io_uring_", "rf_"), ("IORING_", "RF_"), ("IOSQE_", "RF_SQE_"), ("IOU_", "RF_"),
            ("IO_URING_", "RF_"), ("IO_WQ_", "RF_WQ_"), ("zcrx_", "rf_zcrx_"))
KEPT_WITH_RF = re.compile(r"(?:ZCRX_(?:CTRL|REG|FEATURE)|SOCKET_URING_OP|BLOCK_URING_CMD)_\w+$|"
                          r"SPLICE_F_FD_IN_FIXED$")

# Results that mean something else now: not wrong by the compiler's lights.
LOOK_AT = {
    "io_uring_peek_batch_cqe": "the result can be a negative errno now",
    "io_uring_register_ring_fd": "success is 0 now, not 1",
    "io_uring_unregister_ring_fd": "success is 0 now, not 1",
    "io_uring_close_ring_fd": "success is 0 now, not 1",
}


def ours():
    """All names in the headers, and of the functions those whose result must be looked at."""
    text = ""
    for top, _, files in os.walk(HEADERS):
        for file in files:
            with open(os.path.join(top, file), encoding="utf-8") as header:
                text += header.read()
    code = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    must_look = set(re.findall(r"RF_NODISCARD\s+(?:RF_INLINE\s+)?(?:\w+[\s*]+)+?(rf_\w+)\(", code))
    return set(re.findall(r"\b(?:rf|RF)_\w+", code)), must_look


def renamed(name, known):
    """What a name is in ringfence, or None."""
    if KEPT_WITH_RF.match(name):
        name = "RF_" + name
    for theirs, prefix in PREFIXES:
        if name.startswith(theirs):
            name = prefix + name[len(theirs):]
            break
    return name if name in known else None


def is_liburing(name):
    return bool(re.match(r"(?:_{0,2}io_uring_|IORING_|IOSQE_|IOU_PBUF_|IO_URING_|IO_WQ_|"
                         r"LIBURING_|uring_(?:likely|unlikely|ptr_to_u64)$)", name)
                or KEPT_WITH_RF.match(name))


# --- one file ------------------------------------------------------------

class Porter:
    """Moves the tokens of one file, and keeps a list of what is left."""

    def __init__(self, path, source, known, must_look):
        self.path, self.known, self.must_look = path, known, must_look
        self.tokens = tokens_of(source)
        self.words = {t.text for t in self.tokens if t.kind == "word"}
        self.included = set(re.findall(r"#\s*include\s*<([^>]*)>", source))
        define = r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+\(?(\d+)[uU]?\)?[ \t]*$"
        self.numbers = dict(re.findall(define, source, re.M))
        self.left = []
        self.early = {}  # an SQE's name -> what was set before its prep
        self.brought = False
        self.depth = 0

    def leave(self, line, what):
        self.left.append((line, what))

    # -- looking around

    def next_code(self, at, end):
        while at < end and self.tokens[at].kind == "skip":
            at += 1
        return at

    def before(self, at):
        """The text of the token before, without spaces and comments."""
        at -= 1
        while at >= 0 and self.tokens[at].kind == "skip":
            at -= 1
        return self.tokens[at].text if at >= 0 else ";"

    def text(self, at):
        return self.tokens[at].text if at < len(self.tokens) else ""

    def arguments(self, at):
        """@at is an opening parenthesis. The ranges of the arguments, and what comes behind."""
        ranges, depth, begin = [], 0, at + 1
        for i in range(at, len(self.tokens)):
            text = self.tokens[i].text if self.tokens[i].kind == "other" else ""
            if text in "([{" and text:
                depth += 1
            elif text in ")]}" and text:
                depth -= 1
                if depth == 0:
                    if ranges or self.next_code(begin, i) < i:
                        ranges.append((begin, i))
                    return ranges, i + 1
            elif text == "," and depth == 1:
                ranges.append((begin, i))
                begin = i + 1
        return None, len(self.tokens)

    def source(self, begin, end):
        return "".join(t.text for t in self.tokens[begin:end]).strip()

    # -- what is moved

    def move(self, begin, end):
        out = []
        while begin < end:
            token = self.tokens[begin]
            if token.kind == "include":
                out.append(self.include(token.text))
                begin += 1
            elif token.kind == "word":
                text, begin = self.word(begin, end)
                out.append(text)
            else:
                self.count_braces(token)
                out.append(token.text)
                begin += 1
        return "".join(out)

    def count_braces(self, token):
        if token.kind == "other" and token.text in "{}":
            self.depth += 1 if token.text == "{" else -1
            if self.depth <= 0:
                self.early = {}  # another function, another SQE

    def include(self, text):
        name = re.search(r'[<"]([^>"]*)[>"]', text).group(1)
        if not re.match(r"liburing(?:\.h$|/)", name):
            return text
        if self.brought:
            return "/* " + name + " is part of ringfence.h */"
        self.brought = True
        return "\n".join(f"#include <{h}>" for h in self.headers_needed() + ["ringfence.h"])

    def headers_needed(self):
        """What liburing.h brings along and ringfence.h does not, if the program uses it."""
        brings = (("errno.h", r"errno$|E[A-Z]{2,}\d*$"), ("fcntl.h", r"(?:O|AT|F|S)_[A-Z]+$|open$"),
                  ("linux/types.h", r"__[us]\d+$"),
                  ("inttypes.h", r"PRI[a-zA-Z]\w*$"), ("sched.h", r"cpu_set_t$|CPU_[A-Z]+$|sched_"),
                  ("signal.h", r"SIG[A-Z]+|sig[a-z]+$|sigset_t$|io_uring_enter$"),
                  ("sys/stat.h", r"f?stat$|S_I"),
                  ("sys/wait.h", r"waitp?i?d?$|W[A-Z]{4,}$|P_PID$|P_ALL$"),
                  ("time.h", r"clock_|CLOCK_|time_t$|timespec$"))
        return [header for header, pattern in brings if header not in self.included
                and any(re.match(pattern, word) for word in self.words)]

    def word(self, at, end):
        token, name = self.tokens[at], self.tokens[at].text
        member = self.before(at) in (".", "->")
        after = self.next_code(at + 1, end)
        if name == "struct":
            return self.struct(at, end)
        if member:
            return self.member(at, after), at + 1
        if name in BY_HAND and name != "io_uring_setup_buf_ring":
            self.leave(token.line, f"{name}: {BY_HAND[name]}")
            return name, at + 1
        if after < end and self.text(after) == "(" and (is_liburing(name) or name in CALLS):
            return self.call(at, after)
        if self.assigns_buf_ring(at, end):
            return self.buf_ring(at, end)
        if name in CALLS:
            return CALLS[name].partition("(")[0], at + 1
        if not is_liburing(name):
            return name, at + 1
        new = renamed(name, self.known)
        if not new:
            self.leave(token.line, f"{name}: ringfence has no such name")
        return new or name, at + 1

    def struct(self, at, end):
        tag = self.next_code(at + 1, end)
        name = self.text(tag)
        if not (name in STRUCTS or re.match(r"(?:io_uring|zcrx)_", name)):
            return "struct", at + 1
        new = STRUCTS.get(name) or renamed(name, self.known)
        if not new or new not in self.known:
            self.leave(self.tokens[tag].line, f"struct {name}: ringfence has no such struct")
            new = name
        between = "".join(t.text for t in self.tokens[at + 1:tag])
        star = self.text(self.next_code(tag + 1, end)) == "*"
        # Completions are read, never written.
        const = "const " if name == "io_uring_cqe" and star and self.before(at) != "const" else ""
        return f"{const}struct{between}{new}", tag + 1

    def member(self, at, after):
        name = self.text(at)
        owner = self.before_member(at)
        if name in ("user_data", "flags", "buf_group") and self.text(after) != "==" and owner:
            self.set_early(owner, at, after, name)
        if name in HIDDEN:
            self.leave(self.tokens[at].line, f"{name}: {HIDDEN[name]}")
        if name == "ring_entries" and not self.inside_ring(at):
            return name
        return MEMBERS.get(name, name)

    def before_member(self, at):
        """x of x->name, if it is no more than that."""
        at -= 1
        while at >= 0 and self.tokens[at].kind == "skip":
            at -= 1
        at -= 1
        while at >= 0 and self.tokens[at].kind == "skip":
            at -= 1
        return self.tokens[at].text if at >= 0 and self.tokens[at].kind == "word" else None

    def inside_ring(self, at):
        return self.before_member(at) in ("sq", "cq")

    # -- calls

    def call(self, at, paren):
        token, name = self.tokens[at], self.tokens[at].text
        ranges, behind = self.arguments(paren)
        if ranges is None:
            self.leave(token.line, f"{name}: its arguments do not end")
            return name, at + 1
        if name in LOOK_AT:
            self.leave(token.line, f"{name}: {LOOK_AT[name]}")
        self.watch_order(name, ranges, token.line)
        if name == "io_uring_queue_init" and ranges:
            self.check_entries(ranges[0], token.line)
        moved = [self.move(*r) for r in ranges]
        arguments = [argument.strip() for argument in moved]
        if name == "io_uring_setup_buf_ring":
            self.leave(token.line, f"{name}: {BY_HAND[name]}")
            return f"{name}({', '.join(arguments)})", behind
        if name in CALLS:
            needed = 1 + max(int(n) for n in re.findall(r"\{(\d)\}", CALLS[name]))
            if len(arguments) != needed:
                self.leave(token.line, f"{name}: {needed} arguments were expected")
                return f"{name}({', '.join(arguments)})", behind
            text = CALLS[name].format(*arguments)
        else:
            new = renamed(name, self.known)
            if not new:
                self.leave(token.line, f"{name}: ringfence has no such function")
            text = (new or name) + self.between(paren, ranges, moved, behind)
        self.check_result(text.partition("(")[0].lstrip("!"), at, behind)
        return text, behind

    def between(self, at, ranges, moved, behind):
        """The arguments with what stood between them, so that line breaks stay."""
        text = ""
        for (begin, end), argument in zip(ranges, moved):
            text += "".join(t.text for t in self.tokens[at:begin]) + argument
            at = end
        return text + "".join(t.text for t in self.tokens[at:behind])

    def check_entries(self, where, line):
        text = self.source(*where)
        text = self.numbers.get(text, text)
        if text.isdigit() and (int(text) == 0 or int(text) & (int(text) - 1)):
            self.leave(line, f"rf_init() takes powers of two, and this is {text}")

    def check_result(self, name, at, behind):
        after = self.next_code(behind, len(self.tokens))
        if (name in self.must_look and self.text(after) == ";"
                and self.before(at) in (";", "{", "}", "else")):
            self.leave(self.tokens[at].line, f"{name}(): its result has to be looked at")

    # -- what was set before the prep, which here writes the whole SQE

    def watch_order(self, name, ranges, line):
        if not ranges:
            return
        sqe = self.source(*ranges[0])
        if re.match(r"io_uring_sqe_set_(?:data|data64|flags|buf_group)$", name):
            self.early.setdefault(sqe, (line, name))
        elif name == "io_uring_prep_send_set_addr":
            return
        elif name.startswith("io_uring_prep_"):
            if name == "io_uring_prep_rw" and len(ranges) > 1:
                sqe = self.source(*ranges[1])
            if sqe in self.early and self.early[sqe]:
                self.leave(self.early[sqe][0], f"{self.early[sqe][1]}: the prep below it, which "
                           "writes the whole SQE here, has to come first")
            self.early[sqe] = ()  # from here on it is late enough

    def set_early(self, owner, at, after, name):
        if self.text(after) in ("=", "|") and "sqe" in owner:
            self.early.setdefault(owner, (self.tokens[at].line, f"{owner}->{name}"))

    # -- br = io_uring_setup_buf_ring(ring, entries, group, flags, &err)

    def assigns_buf_ring(self, at, end):
        equals = self.next_code(at + 1, end)
        call = self.next_code(equals + 1, end)
        if self.text(equals) == "=" and self.text(call) == "io_uring_get_sqe":
            self.early.pop(self.text(at), None)  # another SQE
        return (self.text(equals) == "=" and self.text(call) == "io_uring_setup_buf_ring"
                and self.before(at) in (";", "{", "}", "*"))

    def buf_ring(self, at, end):
        equals = self.next_code(at + 1, end)
        call = self.next_code(equals + 1, end)
        ranges, behind = self.arguments(self.next_code(call + 1, end))
        if not ranges or len(ranges) != 5:
            return self.text(at), at + 1
        br = self.text(at)
        *given, err = [self.move(*r).strip() for r in ranges]
        err = err[1:].strip() if err.startswith("&") else f"*({err})"
        return f"{br} = NULL;\n    {err} = rf_setup_buf_ring({', '.join(given)}, &{br})", behind


def port(path, source, known, must_look):
    """The moved source, and a list of (line, what) that is left."""
    porter = Porter(path, source, known, must_look)
    text = porter.move(0, len(porter.tokens))
    return text, sorted(set(porter.left))


def main(arguments):
    in_place = arguments[:1] == ["-i"]
    files = arguments[1:] if in_place else arguments
    if not files or files[0] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    known, must_look = ours()
    status = 0
    for path in files:
        try:
            with open(path, encoding="utf-8") as file:
                text, left = port(path, file.read(), known, must_look)
            if in_place:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
        except (OSError, UnicodeDecodeError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
        if not in_place:
            sys.stdout.write(text)
        for line, what in left:
            print(f"{path}:{line}: {what}", file=sys.stderr)
        status = 1 if left else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
