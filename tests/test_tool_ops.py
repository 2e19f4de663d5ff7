#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: `ringfence ops` shows all that the table of operations has, in 80 columns and
as JSON; its pages tell a newcomer what to pass, what comes back and until when things are
lent; the functions that the table names are the preps and queue functions of the headers,
all of them, with their parameters and types; first kernels are abi.h's; and what this
kernel has is what the kernel says.

    test_tool_ops.py TOOL SECCOMP_RUN SOURCE_ROOT
"""
import ctypes
import glob
import json
import os
import re
import struct
import subprocess
import sys

import tap

TOOL, SECCOMP_RUN, SOURCE_ROOT = sys.argv[1:4]
SETUP, REGISTER = 425, 427
REGISTER_PROBE = 8


def ops(*options, wrap=(), status=0):
    """What `ringfence ops` prints; its exit status has to be as expected."""
    done = tap.run([*wrap, TOOL, "ops", *options])
    tap.equal(done.returncode, status, f"exit status of {options}\n{done.stdout}{done.stderr}")
    tap.equal(done.stderr == "", status != 2, "stderr is for usage errors: " + done.stderr)
    return done.stdout


def ops_json(*names, **more):
    return json.loads(ops("--json", *names, **more))


def read(path):
    with open(os.path.join(SOURCE_ROOT, path), encoding="utf-8") as file:
        return file.read()


def flat(text):
    """Where lines were broken does not matter."""
    return " ".join(text.split())


# --- called rightly and wrongly ----------------------------------------------


def help_goes_to_stdout_and_usage_errors_give_2():
    for words, status, expected in [
            (["--help"], 0, "usage: ringfence ops"),
            (["NO_SUCH_OP"], 2, "NO_SUCH_OP"),
            (["READ", "65536"], 2, "65536"),
            (["65"], 2, "no operation '65'"),
            (["-1"], 2, "unknown option"),
            (["22x"], 2, "22x"),
            ([""], 2, "no operation ''"),
            (["SETUP_SQPOLL"], 2, "no operation 'SETUP_SQPOLL'"),
            (["--nonsense"], 2, "Try 'ringfence help ops'"),
            (["--rules", "READ"], 2, "--rules"),
            (["--rules", "--json"], 2, "--rules")]:
        done = tap.run([TOOL, "ops", *words])
        tap.equal(done.returncode, status, str(words))
        said, silent = (done.stdout, done.stderr) if status == 0 else (done.stderr, done.stdout)
        tap.check(expected in said, f"{words}: {expected!r} is not in {said!r}")
        tap.equal(silent, "", f"{words}: the other stream")
    tap.check("usage: ringfence ops" in tap.must_run([TOOL, "help", "ops"]), "help ops")
    tap.check("\n  ops " in tap.must_run([TOOL, "--help"]), "the list of commands")


def output_that_cannot_be_written_is_a_failure():
    for words in ([], ["READ"], ["--json"], ["--rules"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([TOOL, "ops", *words], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False, timeout=60)
        tap.equal(done.returncode, 1, str(words))
        tap.check("standard output" in done.stderr, done.stderr)


def every_option_is_in_the_manual():
    options = set(re.findall(r"--\w+", ops("--help")))
    tap.equal(options, {"--json", "--rules", "--help"})
    for name in ("tools/ringfence/ringfence.1", "docs/ops.md"):
        manual = read(name).replace("\\-", "-")
        tap.equal([option for option in options if option not in manual], [], name)
    tap.check("ringfence ops" in read("tools/ringfence/ringfence.1"), "the manual page")


def a_name_is_found_in_every_spelling():
    for name in ("READ", "read", "Read", "OP_READ", "RF_OP_READ", "IORING_OP_READ", "22"):
        tap.check(ops(name).startswith("READ: "), name)
    tap.equal([op["name"] for op in ops_json("59", "recvmsg", "0")["operations"]],
              ["EPOLL_WAIT", "RECVMSG", "NOP"])


# --- the table ---------------------------------------------------------------


def abi_ops():
    """[(name, since)] by number, read from the header."""
    rows = re.findall(r"\bRF_OP_(\w+) = (\d+),\s*/\* ([\d.]+)", read("include/ringfence/abi.h"))
    tap.check(len(rows) > 60, "abi.h was not understood")
    tap.equal([int(number) for _, number, _ in rows], list(range(len(rows))), "abi.h")
    return [(name, since) for name, _, since in rows]


def names_and_first_kernels_are_those_of_abi_h():
    told = [(op["name"], op["since"]) for op in ops_json()["operations"]]
    tap.equal(told, abi_ops())


def raw_probe():
    """The operations of this kernel, asked without ringfence; None if there is no ring."""
    libc = ctypes.CDLL(None, use_errno=True)
    params = (ctypes.c_char * 120)()
    fd = libc.syscall(SETUP, 1, params)
    if fd < 0:
        raise tap.Skip("io_uring is not to be had here: " + os.strerror(ctypes.get_errno()))
    buffer = ctypes.create_string_buffer(16 + 256 * 8)
    result = libc.syscall(REGISTER, fd, REGISTER_PROBE, buffer, 256)
    os.close(fd)
    tap.equal(result, 0, "IORING_REGISTER_PROBE")
    return {op for op, _, flags, _ in struct.iter_unpack("=BBHI", buffer.raw[16:]) if flags & 1}


def what_is_here_is_what_the_kernel_lists():
    there = raw_probe()
    report = ops_json()
    tap.equal([op["supported"] for op in report["operations"]],
              [number in there for number in range(len(abi_ops()))])
    for line in ops().splitlines():
        row = re.match(r" *(\d+) (\w+) +([\d.]+) +(\w+) ", line)
        if row:
            tap.equal(row[4], "yes" if int(row[1]) in there else "no", line)
    for op in report["operations"]:
        sentence = "this kernel has it" if op["supported"] else "this kernel does not have it"
        tap.check(sentence in ops(op["name"]).splitlines()[1], op["name"])


def without_io_uring_the_facts_are_told_all_the_same():
    wrap = [SECCOMP_RUN, "EPERM"]
    tap.equal({op["supported"] for op in ops_json(wrap=wrap)["operations"]}, {None})
    table = ops(wrap=wrap)
    tap.equal(len(re.findall(r"^ *\d+ \w+ +[\d.]+ +\? ", table, re.M)), len(abi_ops()))
    tap.check("ringfence probe" in table, "where to ask why")
    tap.check("cannot be asked" in ops("READ", wrap=wrap), "page")


def the_table_has_a_line_for_each():
    lines = [line for line in ops().splitlines() if re.match(r" *\d+ [A-Z]", line)]
    tap.equal([(int(line.split()[0]), *line.split()[1:3]) for line in lines],
              [(number, *row) for number, row in enumerate(abi_ops())])
    rows = {line.split()[1]: line.split()[4:] for line in lines}
    for name, expected in [
            ("READ", ["yes", "5.7", "-", "-", "sometimes"]),
            ("RECVMSG", ["yes", "5.7", "-", "6.0", "sometimes"]),
            ("READ_FIXED", ["yes", "-", "must", "-", "sometimes"]),
            ("READ_MULTISHOT", ["yes", "must", "-", "must", "never"]),
            ("FIXED_FD_INSTALL", ["must", "-", "-", "-", "never"]),
            ("STATX", ["EBADF", "-", "-", "-", "always"]),
            ("SEND_ZC", ["yes", "-", "6.0", "2", "CQEs", "sometimes"])]:
        tap.equal(rows[name], expected, name)


# --- pages -------------------------------------------------------------------


def everything_fits_into_80_columns():
    names = [name for name, _ in abi_ops()]
    for words in [[], ["--rules"], *([name] for name in names)]:
        out = ops(*words)
        for line in out.splitlines():
            tap.check(len(line) <= 80, f"{words}: {len(line)} columns: {line}")
            tap.equal(line, line.rstrip(), f"{words}: spaces at the end")
            tap.check("\033" not in line, f"{words}: colours in a file: {line!r}")


def facts_of(op, until):
    """All that the page of an operation has to say."""
    yield from op["calls"]
    yield op["text"]
    yield op["since"]
    yield op["result"]
    for field in op["fields"]:
        yield field["meaning"]
        yield field["type"]
        yield field["argument"] or "sqe->" + field["name"]
    yield from op["must_be_zero"]
    for loan in op["loans"]:
        yield loan["name"]
        yield loan["lent"]
        yield until[loan["until"]]
        yield loan["condition"] or ""
        yield loan["note"] or ""
    for feature in ("multishot", "buffer_select", "registered_buffer"):
        if op[feature]:
            yield op[feature]["since"]
            yield op[feature]["how"]
    yield op["notes"] or ""
    yield op["worker"]
    yield op["worker_note"] or ""


def a_page_tells_all_that_the_table_has():
    report = ops_json()
    for op in report["operations"]:
        page = flat(ops(op["name"]))
        for fact in facts_of(op, report["until"]):
            tap.check(flat(fact) in page, f"{op['name']}: not told: {fact}")


def part(page, title):
    """From a title to the next empty line but one, as one line."""
    found = re.search(rf"^{title}\n(.*?)(?=^\S|\Z)", page, re.M | re.S)
    tap.check(found, f"no part {title!r}")
    return flat(found[1])


def read_tells_a_newcomer_all():
    page = ops("READ")
    calls = part(page, "Queue it with one of")
    tap.check("rf_read(ring, user_data, fd, buf, len, offset)" in calls, calls)
    passed = part(page, "What to pass")
    for words in ("fd the file", "buf where the bytes go", "len bytes to read",
                  "offset bytes from the start of the file", "UINT64_MAX",
                  "user_data the ring, and a number that comes back"):
        tap.check(words in passed, f"{words!r} is not in {passed}")
    back = part(page, "What comes back")
    for words in ("cqe.res bytes read", "0: the end of the file", "negative errno"):
        tap.check(words in back, f"{words!r} is not in {back}")
    lent = part(page, "What is lent to the kernel, and until when")
    tap.check("buf without RF_SQE_BUFFER_SELECT: data, len bytes. The kernel writes it. Leave it "
              "alone until the operation is completed: its CQE without RF_CQE_F_MORE." in lent, lent)


def recvmsg_tells_a_newcomer_all():
    page = ops("recvmsg")
    passed = part(page, "What to pass")
    for words in ("msg where the message goes (struct msghdr *", "flags MSG_...",
                  "group_id with RF_SQE_BUFFER_SELECT"):
        tap.check(words in passed, f"{words!r} is not in {passed}")
    back = part(page, "What comes back")
    for words in ("bytes received", "0: the end of the stream", "all but the last with "
                  "RF_CQE_F_MORE", "struct rf_recvmsg_out"):
        tap.check(words in back, f"{words!r} is not in {back}")
    lent = part(page, "What is lent to the kernel, and until when")
    for thing, written, until in [
            ("msg", "reads and writes", "the operation is completed"),
            ("msg->msg_iov", "reads", "the SQE is consumed"),
            ("msg->msg_iov->iov_base", "writes", "the operation is completed"),
            ("msg->msg_name", "writes", "the operation is completed"),
            ("msg->msg_control", "writes", "the operation is completed")]:
        told = re.search(rf"(?:^|\s){re.escape(thing)} without RF_RECV_MULTISHOT[^:]*: [^.]*\. "
                         rf"The kernel {written} it\. Leave it alone until {until}", lent)
        tap.check(told, f"{thing} is not in {lent}")
    tap.check("msg with RF_RECV_MULTISHOT: struct msghdr. The kernel reads it. Leave it alone "
              "until the SQE is consumed" in lent, lent)


def rules_are_all_told():
    report = ops_json()
    told = flat(ops("--rules"))
    tap.check(len(report["rules"]) > 20, "rules")
    for rule in report["rules"]:
        for words in (rule["about"], rule["subject"], rule["text"]):
            tap.check(flat(words) in told, words)
    for words in report["until"].values():
        tap.check(flat(words) in told, words)


# --- the headers -------------------------------------------------------------

FUNCTION = re.compile(r"^(?:RF_NODISCARD )?RF_INLINE (?:void|struct rf_sqe \*)\s*"
                      r"(rf_\w+)\(([^)]*)\)\s*\{(.*?)^\}", re.M | re.S)


def functions(headers):
    """{name: ([(type, parameter)], body)}"""
    found = {}
    paths = sorted(glob.glob(os.path.join(SOURCE_ROOT, "include/ringfence", headers)))
    for name, parameters, body in FUNCTION.findall("".join(map(read, paths))):
        pairs = [re.fullmatch(r"(.*?)(\w+)", flat(p)).groups() for p in parameters.split(",")]
        found[name] = [(kind.strip(), parameter) for kind, parameter in pairs], body
    return found


def operation_of(name, preps):
    """The opcode that a prep sets, perhaps through another one; None: it sets other things."""
    body = preps[name][1]
    direct = re.search(r"\bRF_OP_(\w+)", body)
    if direct:
        return direct[1]
    other = re.search(r"\b(rf_prep_\w+)\(", body)
    return operation_of(other[1], preps) if other else None


def header_functions():
    """{name: (opcode, [(type, parameter)])} of all that queue one certain operation."""
    preps = {name: row for name, row in functions("prep*.h").items()
             if name.startswith("rf_prep_") and name != "rf_prep_rw"}
    queues = functions("queue*.h")
    tap.check(len(preps) > 50 and len(queues) > 50, "the headers were not understood")
    found = {name: (operation_of(name, preps), row[0]) for name, row in preps.items()}
    for name, (parameters, body) in queues.items():
        prep = re.search(r"\b(rf_prep_\w+)\(", body)
        other = re.search(r"= (rf_\w+)\(ring", body)
        if prep:
            found[name] = found[prep[1]][0], parameters
        else:
            tap.check(other and other[1] in found, f"{name} was not understood")
            found[name] = found[other[1]][0], parameters
    tap.equal([name for name, (opcode, _) in found.items() if opcode is None],
              ["rf_prep_send_set_addr"], "preps of no operation")
    del found["rf_prep_send_set_addr"]
    return found


def the_functions_named_are_those_of_the_headers():
    expected = header_functions()
    told = {}
    for op in ops_json()["operations"]:
        for call in op["calls"]:
            name, parameters = re.fullmatch(r"(\w+)\((.*)\)", call).groups()
            if name == "rf_prep_rw":
                tap.equal(parameters, f"sqe, RF_OP_{op['name']}, fd, addr, len, offset", call)
                continue
            tap.check(name not in told, f"{name} stands twice")
            told[name] = op["name"], parameters
    missing = sorted(set(expected) - set(told))
    tap.equal(missing, [], "functions that no row in src/ops_*.c lists in CALLS()")
    for name, (opcode, parameters) in told.items():
        tap.check(name in expected, f"{name} is in no header")
        tap.equal((opcode, parameters),
                  (expected[name][0], ", ".join(p for _, p in expected[name][1])), name)


def a_row_without_functions_names_the_general_one_and_no_other_does():
    for op in ops_json()["operations"]:
        general = [call for call in op["calls"] if call.startswith("rf_prep_rw(")]
        tap.check(not general or len(op["calls"]) == 1, op["name"])


def every_parameter_is_a_field_of_its_type():
    expected = header_functions()
    for op in ops_json()["operations"]:
        types = {}
        for call in op["calls"]:
            for kind, parameter in expected.get(call.split("(")[0], (None, []))[1]:
                types.setdefault(parameter, set()).add(kind)
        filled = set()
        for field in op["fields"]:
            for argument in (field["argument"] or "").split(", "):
                filled.add(argument)
                if argument and not op["calls"][0].startswith("rf_prep_rw("):
                    tap.check(argument in types, f"{op['name']}: no function takes {argument}")
                    # What a command's fields hold is a matter of the command.
                    tap.check(field["type"] in types[argument] or op["name"] == "URING_CMD",
                              f"{op['name']}: {argument} is {types[argument]}, not {field['type']}")
        unexplained = set(types) - filled - {"sqe", "ring", "user_data"}
        tap.equal(unexplained, set(), f"{op['name']}: parameters that no field explains")


# --- JSON --------------------------------------------------------------------


def every_key_of_the_json_is_documented():
    documented = set(re.findall(r"`(\w+)`", read("docs/ops.md")))

    def keys(value, path=""):
        if isinstance(value, dict) and path != "until":
            return set(value).union(*(keys(value[key], key) for key in value))
        return set().union(*map(keys, value)) if isinstance(value, list) else set()

    report = ops_json()
    tap.equal(report["format"], 1)
    tap.equal(sorted(keys(report) - documented), [])


def conditions_are_told_in_words_and_for_programs():
    for op in ops_json()["operations"]:
        for loan in op["loans"]:
            tap.equal(bool(loan["when"]), loan["condition"] is not None, f"{op['name']}: {loan}")


if __name__ == "__main__":
    tap.main([
        help_goes_to_stdout_and_usage_errors_give_2,
        output_that_cannot_be_written_is_a_failure,
        every_option_is_in_the_manual,
        a_name_is_found_in_every_spelling,
        names_and_first_kernels_are_those_of_abi_h,
        what_is_here_is_what_the_kernel_lists,
        without_io_uring_the_facts_are_told_all_the_same,
        the_table_has_a_line_for_each,
        everything_fits_into_80_columns,
        a_page_tells_all_that_the_table_has,
        read_tells_a_newcomer_all,
        recvmsg_tells_a_newcomer_all,
        rules_are_all_told,
        the_functions_named_are_those_of_the_headers,
        a_row_without_functions_names_the_general_one_and_no_other_does,
        every_parameter_is_a_field_of_its_type,
        every_key_of_the_json_is_documented,
        conditions_are_told_in_words_and_for_programs,
    ])
