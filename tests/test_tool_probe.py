#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: what `ringfence probe` says is what the kernel says, asked a second time by
other means; its tables of names are abi.h's; and where io_uring is blocked, by a
real filter or a real limit, it names the cause.

    test_tool_probe.py TOOL SECCOMP_RUN SOURCE_ROOT
"""
import ctypes
import json
import os
import pty
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

import tap

TOOL, SECCOMP_RUN, SOURCE_ROOT = sys.argv[1:4]
SETUP, ENTER, REGISTER = 425, 426, 427
NOBODY = 65534
KINDS = ["operations", "features", "setup_flags", "enter_flags", "sqe_flags",
         "register_operations", "details"]

libc = ctypes.CDLL(None, use_errno=True)


def probe(*options, wrap=(), status=0, **more):
    """What `ringfence probe` prints; its exit status has to be as expected."""
    done = tap.run([*wrap, TOOL, "probe", *options], **more)
    tap.equal(done.returncode, status, f"exit status of {options}\n{done.stdout}{done.stderr}")
    tap.equal(done.stderr == "", status != 2, "stderr is for usage errors: " + done.stderr)
    return done.stdout


def probe_json(*options, **more):
    return json.loads(probe("--json", *options, **more))


def blocked_by(error, *options, **more):
    return probe_json(*options, wrap=[SECCOMP_RUN, error], status=1, **more)


# --- the kernel, without ringfence -------------------------------------------


def ring_setup(entries, flags=0):
    """A ring's descriptor and its 120 bytes of parameters, or a negative errno and None."""
    params = bytearray(120)
    struct.pack_into("=I", params, 8, flags)
    buffer = (ctypes.c_char * 120).from_buffer(params)
    fd = libc.syscall(SETUP, entries, buffer)
    return (fd, params) if fd >= 0 else (-ctypes.get_errno(), None)


def need_ring(entries=4, flags=0):
    fd, params = ring_setup(entries, flags)
    if params is None:
        raise tap.Skip("io_uring is not to be had here: " + os.strerror(-fd))
    return fd, params


def need_io_uring():
    os.close(need_ring()[0])


def register(fd, opcode, buffer, count):
    return libc.syscall(REGISTER, fd, opcode, buffer, count)


def raw_probe():
    fd, _ = need_ring()
    buffer = ctypes.create_string_buffer(16 + 256 * 8)
    result = register(fd, 8, buffer, 256)
    os.close(fd)
    tap.equal(result, 0, "IORING_REGISTER_PROBE")
    entries = struct.iter_unpack("=BBHI", buffer.raw[16:])
    return [op for op, _, flags, _ in entries if flags & 1]


def raw_query():
    """(request opcodes, register opcodes, features, setup, enter, sqe flags)"""
    fd, _ = need_ring()
    reply = ctypes.create_string_buffer(48)
    question = ctypes.create_string_buffer(
        struct.pack("=QQIIi12x", 0, ctypes.addressof(reply), 0, 48, 0), 40)
    result = register(fd, 35, question, 0)
    os.close(fd)
    if result < 0:
        raise tap.Skip("this kernel has no IORING_REGISTER_QUERY")
    return struct.unpack("=IIQQQQ8x", reply.raw)


def supported(report, kind):
    return [item["number"] for item in report[kind]["items"] if item["supported"]]


def bits(mask):
    return [bit for bit in range(64) if mask >> bit & 1]


# --- the frame ---------------------------------------------------------------


def help_goes_to_stdout_and_usage_errors_give_2():
    for words, status, stream, expected in [
            (["--help"], 0, "out", "usage: ringfence COMMAND"),
            (["help"], 0, "out", "  probe "),
            (["help", "probe"], 0, "out", "usage: ringfence probe"),
            (["probe", "--help"], 0, "out", "usage: ringfence probe"),
            (["--version"], 0, "out", "ringfence "),
            ([], 2, "err", "usage: ringfence COMMAND"),
            (["prob"], 2, "err", "no command 'prob'; there are: probe"),
            (["help", "prob"], 2, "err", "no command 'prob'"),
            (["help", "probe", "x"], 2, "err", "one command"),
            (["--nonsense"], 2, "err", "Try 'ringfence --help'"),
            (["probe", "--nonsense"], 2, "err", "Try 'ringfence help probe'"),
            (["probe", "NO_SUCH_OP"], 2, "err", "NO_SUCH_OP"),
            (["probe", "READ", "--json"], 2, "err", "--try"),
            (["probe", "--json", "--ops"], 2, "err", "--json")]:
        done = tap.run([TOOL, *words])
        tap.equal(done.returncode, status, " ".join(words))
        said, silent = ((done.stdout, done.stderr) if stream == "out"
                        else (done.stderr, done.stdout))
        tap.check(expected in said, f"{words}: {expected!r} is not in {said!r}")
        tap.equal(silent, "", f"{words}: the other stream")


def output_that_cannot_be_written_is_a_failure():
    for words in (["--help"], ["probe"], ["probe", "--json"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([TOOL, *words], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False, timeout=60)
        tap.equal(done.returncode, 1, str(words))
        tap.check("standard output" in done.stderr, done.stderr)


def every_option_is_in_the_manual():
    text = tap.must_run([TOOL, "help", "probe"])
    options = set(re.findall(r"--\w+", text))
    tap.check(len(options) >= 7, str(options))
    for name in ("tools/ringfence/ringfence.1", "docs/probe.md"):
        with open(os.path.join(SOURCE_ROOT, name), encoding="utf-8") as file:
            manual = file.read().replace("\\-", "-")
        missing = [option for option in options if option not in manual]
        tap.equal(missing, [], name)


# --- names -------------------------------------------------------------------


def abi_names():
    """{kind: {number: (name, since)}}, read from the headers by their own rules."""
    text = ""
    for name in ("abi.h", "abi_register.h"):
        with open(os.path.join(SOURCE_ROOT, "include/ringfence", name), encoding="utf-8") as file:
            text += file.read().replace("\\\n", " ")
    sqe_bit = {name: int(bit) for name, bit in re.findall(r"\bRF_(SQE_\w+_BIT) = (\d+)", text)}

    def flags(prefix):
        rows = re.findall(rf"#define RF_{prefix}_(\w+)\s+\(1U << (\w+)\)\s*/\* ([\d.]+)", text)
        return {sqe_bit[bit[3:]] if bit.startswith("RF_") else int(bit): (name, since)
                for name, bit, since in rows}

    def numbers(pattern):
        return {int(number): (name, since) for name, number, since in
                re.findall(rf"\bRF_{pattern} = (\d+),\s*/\* ([\d.]+)", text)}

    registrations = {number: (re.sub("^REGISTER_", "", name), since) for number, (name, since)
                     in numbers(r"((?:UN)?REGISTER_\w+)").items()}
    return {"operations": numbers(r"OP_(\w+)"), "features": flags("FEAT"),
            "setup_flags": flags("SETUP"), "enter_flags": flags("ENTER"),
            "sqe_flags": flags("SQE"), "register_operations": registrations}


def the_tables_of_names_are_those_of_abi_h():
    report = json.loads(tap.run([TOOL, "probe", "--json"]).stdout)
    for kind, expected in abi_names().items():
        tap.check(len(expected) > 5, f"{kind}: the header was not understood")
        tap.equal(sorted(expected), list(range(len(expected))), f"{kind}: holes in abi.h")
        told = {item["number"]: (item["name"], item["since"]) for item in report[kind]["items"]
                if item["name"] is not None}
        tap.equal(told, expected, kind)


def a_name_is_found_in_every_spelling():
    need_io_uring()
    for name in ("NOP", "nop", "OP_NOP", "RF_OP_NOP", "IORING_OP_NOP", "ioring_op_nop"):
        tap.check(probe(name).startswith("OP_NOP "), name)
    for name, expected in [("SETUP_SQPOLL", "SETUP_SQPOLL"), ("IOSQE_ASYNC", "SQE_ASYNC"),
                           ("RF_SQE_IO_LINK", "SQE_IO_LINK"),
                           ("IORING_UNREGISTER_FILES", "UNREGISTER_FILES"),
                           ("UNLINKAT", "OP_UNLINKAT"), ("ENTER_GETEVENTS", "ENTER_GETEVENTS"),
                           ("FEAT_NODROP", "FEAT_NODROP"), ("REGISTER_FILES", "REGISTER_FILES")]:
        tap.check(probe(name).startswith(expected + " "), name)
    tap.equal(len(probe("NOP", "READ", "WRITE").splitlines()), 3)


def asking_for_what_is_missing_gives_1():
    need_io_uring()
    there = set(raw_probe())
    names = {number: name for number, (name, _) in abi_names()["operations"].items()}
    missing = [names[number] for number in names if number not in there]
    if not missing:
        raise tap.Skip("this kernel has every operation that ringfence knows")
    out = probe("NOP", missing[0], status=1)
    tap.check(re.search(r"^OP_NOP +yes", out), out)
    tap.check(re.search(rf"^OP_{missing[0]} +no ", out, re.M), out)


# --- the answers -------------------------------------------------------------


def operations_are_what_the_kernel_lists():
    expected = raw_probe()
    report = probe_json()
    tap.equal(supported(report, "operations"), expected)
    tap.equal(report["operations"]["method"], "probe")
    tap.equal(report["usable"], True)
    tap.equal(report["blocked"], None)


def features_are_what_a_ring_tells():
    fd, params = need_ring()
    os.close(fd)
    tap.equal(supported(probe_json(), "features"), bits(struct.unpack_from("=I", params, 20)[0]))


def flags_are_what_the_kernel_answers_to_a_query():
    _, registrations, _, setup, enter, sqe = raw_query()
    report = probe_json()
    for kind, expected in [("setup_flags", bits(setup)), ("enter_flags", bits(enter)),
                           ("sqe_flags", bits(sqe)),
                           ("register_operations", list(range(registrations)))]:
        tap.equal(report[kind]["method"], "query", kind)
        tap.equal(supported(report, kind), expected, kind)


def trying_gives_the_same_answers_as_asking():
    raw_query()
    asked, tried = probe_json(), probe_json("--try")
    for kind in KINDS[2:]:
        for item in tried[kind]["items"]:
            tap.equal(item["method"], "trial", kind)
        tap.equal(tried[kind]["method"], "trial", kind)
        tap.equal(supported(tried, kind), supported(asked, kind), kind)


def limits_are_the_kernels():
    fd, params = need_ring(1 << 30, 1 << 4)
    os.close(fd)
    limits = probe_json()["limits"]
    if limits["sq_entries"] is None:
        raise tap.Skip("memory for the largest ring cannot be had twice")
    largest = struct.unpack_from("=II", params, 0)
    tap.equal((limits["sq_entries"], limits["cq_entries"]), largest)
    for key, which in (("memlock", resource.RLIMIT_MEMLOCK), ("nofile", resource.RLIMIT_NOFILE)):
        told = [value for name, value in limits.items() if name.startswith(key)]
        expected = [-1 if value == resource.RLIM_INFINITY else value
                    for value in resource.getrlimit(which)]
        tap.equal(told, expected, key)


def tables_of_the_told_size_fit_and_larger_ones_do_not():
    need_io_uring()
    limits = probe_json()["limits"]
    for key, opcode in (("registered_buffers", 15), ("registered_files", 13)):
        if limits[key] is None:
            raise tap.Skip("this kernel has no empty tables")
        for count, expected in ((limits[key] + 1, False), (limits[key], True)):
            fd, _ = need_ring()
            table = ctypes.create_string_buffer(struct.pack("=IIQQQ", count, 1, 0, 0, 0), 32)
            fits = register(fd, opcode, table, 32) >= 0
            os.close(fd)
            tap.equal(fits, expected, f"{key} {count}")


def workers_are_those_of_a_thread_with_a_large_ring():
    code = ("import sys; sys.argv = ['x'] * 4; import test_tool_probe as t, ctypes, struct\n"
            "fd, _ = t.ring_setup(1024)\n"
            "pair = ctypes.create_string_buffer(8)\n"
            "print(t.register(fd, 19, pair, 2), *struct.unpack('=II', pair.raw))\n")
    need_io_uring()
    here = os.path.dirname(os.path.abspath(__file__))
    result, *expected = map(int, tap.must_run([sys.executable, "-c", code], cwd=here).split())
    if result < 0:
        raise tap.Skip("this kernel does not tell how many workers a ring has")
    limits = probe_json()["limits"]
    tap.equal([limits["workers_bound"], limits["workers_unbound"]], expected)


def what_is_known_but_refused_is_told_apart():
    """With one descriptor left there is one ring, and none to try flags with."""
    need_io_uring()

    def one_descriptor():
        resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))

    there = supported(probe_json("--try"), "setup_flags")
    items = probe_json("--try", preexec_fn=one_descriptor)["setup_flags"]["items"]
    refused = [item["number"] for item in items if item.get("refused") == "EMFILE"]
    registered_fd_only = 15  # takes no descriptor, so there is nothing to refuse
    tap.equal(refused, [number for number in there if number != registered_fd_only])
    tap.check(not any(items[number]["supported"] for number in refused), str(items))
    out = probe("--try", "--flags", preexec_fn=one_descriptor)
    tap.equal(out.count(" no*"), len(refused), out)
    told = re.findall(r"^  \* known, but refused to this process \(EMFILE\): IOPOLL SQPOLL ", out,
                      re.M)
    tap.equal(len(told), 1, out)


def known_bugs_are_told():
    need_io_uring()
    bugs = probe_json()["known_bugs"]
    with open(os.path.join(SOURCE_ROOT, "src/quirks.c"), encoding="utf-8") as file:
        names = re.findall(r'\.name = "(\w+)"', file.read())
    tap.equal([bug["name"] for bug in bugs], names)
    tap.check(any(bug["present"] is not None for bug in bugs), "nothing was tried")
    for options in (["--bugs"], ["--bugs", "--long"], []):
        words = probe(*options).split()
        tap.equal([name for name in names if name not in words], [], str(options))
    shown = dict(re.findall(r"^  (\w+) +(yes|no|\?) ", probe("--bugs"), re.M))
    tap.equal(shown, {bug["name"]: {True: "yes", False: "no", None: "?"}[bug["present"]]
                      for bug in bugs})


# --- how it looks ------------------------------------------------------------


def the_table_fits_into_80_columns():
    good = [[TOOL, "probe", *options] for options in
            ([], ["--long"], ["--limits"], ["--ops"], ["--flags"], ["--bugs"], ["--try"],
             ["--bugs", "--long"])]
    refused = [[SECCOMP_RUN, f"{error}:{SETUP}", TOOL, "probe"] for error in
               ("EPERM", "EMFILE", "ENFILE", "EACCES", "ENOMEM", "EINVAL")]
    few_descriptors = [["prlimit", "--nofile=4", *command] for command in good
                       if shutil.which("prlimit")]
    for command in good + refused + few_descriptors:
        for line in tap.run(command).stdout.splitlines():
            tap.check(len(line) <= 80, f"{command}: {len(line)} columns: {line}")
            tap.equal(line, line.rstrip(), f"{command}: spaces at the end")
            tap.check("\033" not in line, f"{command}: colours in a file: {line!r}")


def the_table_shows_every_name():
    need_io_uring()
    for options in ([], ["--long"]):
        words = probe(*options).split()
        for kind, names in abi_names().items():
            for name, _ in names.values():
                tap.check(name in words, f"{options}: {kind} {name} is not shown")


def parts_can_be_chosen():
    need_io_uring()
    titles = {"--ops": ["Operations"], "--limits": ["Limits", "Permissions"],
              "--flags": ["Features", "Setup flags", "Enter flags", "SQE flags",
                          "Registrations", "Details"],
              "--bugs": ["Known kernel bugs"]}
    every = [title for part in titles.values() for title in part]
    for option, expected in titles.items():
        shown = re.findall(r"^([A-Z][A-Za-z ]+?)(?::.*)?$", probe(option), re.M)
        tap.equal([title for title in shown if title in every], expected, option)


def colours_are_for_terminals():
    def on_terminal(**environment):
        leader, follower = pty.openpty()
        with subprocess.Popen([TOOL, "probe", "--limits"], stdout=follower,
                              env={**os.environ, "NO_COLOR": "", **environment}):
            os.close(follower)
            said = b""
            try:
                while chunk := os.read(leader, 4096):
                    said += chunk
            except OSError:  # how a terminal says that the other end is closed
                pass
        os.close(leader)
        return said

    tap.check(b"\033[" in on_terminal(TERM="xterm"), "none on a terminal")
    tap.check(b"\033[" not in on_terminal(TERM="xterm", NO_COLOR="1"), "in spite of NO_COLOR")
    tap.check(b"\033[" not in on_terminal(TERM="dumb"), "on a dumb terminal")


def every_key_of_the_json_is_documented():
    with open(os.path.join(SOURCE_ROOT, "docs/probe.md"), encoding="utf-8") as file:
        documented = set(re.findall(r"`(\w+)`", file.read()))

    def keys(value):
        if isinstance(value, dict):
            return set(value).union(*map(keys, value.values()))
        return set().union(*map(keys, value)) if isinstance(value, list) else set()

    good = json.loads(tap.run([TOOL, "probe", "--json"]).stdout)
    told = keys(good) | keys(blocked_by("EPERM")) | {"refused"}
    tap.equal(sorted(told - documented), [])
    tap.equal(good["format"], 1)


def every_cause_is_documented():
    with open(os.path.join(SOURCE_ROOT, "src/probe.c"), encoding="utf-8") as file:
        causes = re.findall(r"\[(RF_BLOCKED_\w+)\] =\s*\{\s*\"(\w+)\"", file.read())
    with open(os.path.join(SOURCE_ROOT, "docs/probe.md"), encoding="utf-8") as file:
        documented = re.findall(r"^\| `(\w+)` \| [A-Z]", file.read(), re.M)
    tap.check(len(causes) > 10, f"src/probe.c was not understood: {causes}")
    tap.equal(documented, [name for cause, name in causes if cause != "RF_BLOCKED_NOT"])


# --- why not -----------------------------------------------------------------


def nothing_is_made_up_about_a_kernel_that_cannot_be_asked():
    report = blocked_by("EPERM")
    tap.equal(report["usable"], False)
    for kind in KINDS:
        tap.equal(report[kind]["method"], None, kind)
        tap.equal({item["supported"] for item in report[kind]["items"]}, {None}, kind)
    tap.equal(report["limits"]["sq_entries"], None)
    tap.equal(report["limits"]["nofile_soft"], resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    tap.check("cause" in probe("NOP", wrap=[SECCOMP_RUN, "EPERM"], status=1), "asked for a name")


def a_filter_is_told_with_the_call_that_it_refuses():
    need_io_uring()
    for error in ("EPERM", "ENOSYS"):
        for number, call in ((SETUP, "io_uring_setup"), (ENTER, "io_uring_enter"),
                             (REGISTER, "io_uring_register")):
            report = blocked_by(f"{error}:{number}")
            if (error, number) == ("ENOSYS", SETUP) and \
                    report["permissions"]["io_uring_disabled"] is None:
                expected = "NoSystemCall"  # before 6.6 nothing tells the two apart
            else:
                expected = "SeccompFilter"
            told = report["blocked"]
            tap.equal((told["name"], told["call"], told["error"]), (expected, call, error))
            tap.equal(report["permissions"]["seccomp"], "filter")
        out = probe(wrap=[SECCOMP_RUN, error], status=1)
        tap.check("io_uring cannot be used" in out, out)
        tap.check(re.search(r"^  cause   SeccompFilter \(io_uring_setup gave " + error, out, re.M)
                  or "NoSystemCall" in out, out)
        tap.check(re.search(r"^  remedy  \w", out, re.M), out)


def other_refusals_are_told_by_their_errno():
    need_io_uring()
    for error, name in (("EMFILE", "ProcessFdQuotaExceeded"), ("EACCES", "SecurityModule"),
                        ("ENFILE", "SystemFdQuotaExceeded"), ("EINVAL", "Other")):
        told = blocked_by(f"{error}:{SETUP}")["blocked"]
        tap.equal((told["name"], told["error"]), (name, error))


def for_nobody(folder):
    """A copy of the tool that everybody may run, and the command that drops all privileges."""
    if os.geteuid() != 0:
        return TOOL, []
    if not shutil.which("setpriv"):
        raise tap.Skip("setpriv is not here to drop privileges with")
    copy = shutil.copy(TOOL, folder)
    os.chmod(folder, 0o755)
    os.chmod(copy, 0o755)
    return copy, ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                  "--inh-caps=-all", "--bounding-set=-all"]


def no_locked_memory():
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))


def the_limit_of_locked_memory_is_told():
    need_io_uring()
    with tempfile.TemporaryDirectory() as folder:
        tool, drop = for_nobody(folder)
        free = tap.run([*drop, tool, "probe", "--json"])
        limited = tap.run([*drop, tool, "probe", "--json"], preexec_fn=no_locked_memory)
    report = json.loads(limited.stdout)
    if report["permissions"]["io_uring_disabled"] == 1:
        raise tap.Skip("here only root may open rings")
    counts = json.loads(free.stdout)["limits"]["ring_memory_counts_as_locked"]
    tap.check(counts is not None, "whether ring memory counts was not found out")
    tap.equal(report["usable"], not counts)
    tap.equal(limited.returncode, 1 if counts else 0)
    if counts:
        tap.equal(report["blocked"]["name"], "LockedMemoryLimit")
        tap.equal(report["blocked"]["error"], "ENOMEM")
    tap.equal(report["limits"]["memlock_soft_bytes"], 0)


def in_namespace(script, *arguments):
    """Runs a shell script in a mount namespace of its own, where mounting harms nobody."""
    if os.geteuid() != 0 or tap.run(["unshare", "--mount", "true"]).returncode:
        raise tap.Skip("mounting takes root")
    return tap.run(["unshare", "--mount", "--propagation=private", "sh", "-ec", script, "sh",
                    *arguments])


def the_sysctl_is_told():
    """
    The sysctl itself is the machine's and is left alone. A file bound over it, and a
    filter that answers as the kernel would, are what the tool sees of one that is set.
    """
    need_io_uring()
    if not os.path.exists("/proc/sys/kernel/io_uring_disabled"):
        raise tap.Skip("this kernel has no such sysctl")
    with tempfile.TemporaryDirectory() as folder:
        tool, drop = for_nobody(folder)
        runner = shutil.copy(SECCOMP_RUN, folder)
        for value, name in ((1, "DisabledOutsideGroup"), (2, "DisabledForAll")):
            path = os.path.join(folder, "value")
            with open(path, "w", encoding="ascii") as file:
                file.write(f"{value}\n")
            done = in_namespace('mount --bind "$1" /proc/sys/kernel/io_uring_disabled; shift; '
                                'exec "$@"', path, *drop, runner, f"EPERM:{SETUP}", tool,
                                "probe", "--json")
            report = json.loads(done.stdout)
            tap.equal(done.returncode, 1)
            tap.equal(report["permissions"]["io_uring_disabled"], value)
            tap.equal(report["blocked"]["name"], name)


def it_does_without_proc():
    need_io_uring()
    done = in_namespace('mount -t tmpfs none /proc; exec "$@"', TOOL, "probe", "--json")
    report = json.loads(done.stdout)
    # The leak checker of a sanitized build is the one who cannot.
    tap.check(done.returncode == 0 or "LeakSanitizer has encountered a fatal" in done.stderr,
              done.stderr)
    tap.equal(set(report["permissions"].values()), {None})
    tap.equal(supported(report, "operations"), raw_probe())


if __name__ == "__main__":
    tap.main([
        help_goes_to_stdout_and_usage_errors_give_2,
        output_that_cannot_be_written_is_a_failure,
        every_option_is_in_the_manual,
        the_tables_of_names_are_those_of_abi_h,
        a_name_is_found_in_every_spelling,
        asking_for_what_is_missing_gives_1,
        operations_are_what_the_kernel_lists,
        features_are_what_a_ring_tells,
        flags_are_what_the_kernel_answers_to_a_query,
        trying_gives_the_same_answers_as_asking,
        limits_are_the_kernels,
        tables_of_the_told_size_fit_and_larger_ones_do_not,
        workers_are_those_of_a_thread_with_a_large_ring,
        what_is_known_but_refused_is_told_apart,
        known_bugs_are_told,
        the_table_fits_into_80_columns,
        the_table_shows_every_name,
        parts_can_be_chosen,
        colours_are_for_terminals,
        every_key_of_the_json_is_documented,
        every_cause_is_documented,
        nothing_is_made_up_about_a_kernel_that_cannot_be_asked,
        a_filter_is_told_with_the_call_that_it_refuses,
        other_refusals_are_told_by_their_errno,
        the_limit_of_locked_memory_is_told,
        the_sysctl_is_told,
        it_does_without_proc,
    ])
