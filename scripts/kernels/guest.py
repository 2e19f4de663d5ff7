# SPDX-License-Identifier: MIT
"""
guest.py - boots a kernel under QEMU's software emulation with programs in an initramfs,
and reads from the serial console what became of them (tests/guest_init.c writes it).
"""
import os
import re
import shutil
import stat
import subprocess
import time
from dataclasses import dataclass, field

from kernels.debian import Failed, run

BEGIN = re.compile(r"^@@ begin (\S+)$")
END = re.compile(r"^@@ end (\S+) (status|signal|timeout) ?(-?\d+)? in (\d+) ms$")
CRASH = re.compile(r"Kernel panic|Oops|BUG:|WARNING:|Call Trace|soft lockup|rcu.*stall")


@dataclass
class Outcome:
    """What a boot came to."""
    system: str = ""                                # release, machine and page size
    programs: dict = field(default_factory=dict)    # name: as an entry of meson's test log
    complaints: list = field(default_factory=list)  # what the kernel had to say
    trouble: str = ""                               # why there is no more than that


# --- the initramfs -------------------------------------------------------------------------

def cpio_entry(name, mode, data=b"", device=(0, 0)):
    """An entry of a cpio archive of the format "newc"."""
    path = name.encode() + b"\0"
    numbers = (0, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data), 0, 0, *device,
               len(path), 0)
    entry = b"070701" + b"".join(b"%08X" % number for number in numbers) + path
    entry += b"\0" * (-len(entry) % 4)
    return entry + data + b"\0" * (-len(data) % 4)


def write_initramfs(path, files):
    """@files: the path inside, and what it is to hold: bytes and whether it is a program."""
    folders = {"dev", "proc", "sys", "tmp"}
    for name in files:
        parts = name.split("/")[:-1]
        folders |= {"/".join(parts[:end + 1]) for end in range(len(parts))}
    with open(path, "wb") as out:
        for name in sorted(folders):
            out.write(cpio_entry(name, stat.S_IFDIR | 0o755))
        out.write(cpio_entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)))
        for name, (data, is_program) in sorted(files.items()):
            out.write(cpio_entry(name, stat.S_IFREG | (0o755 if is_program else 0o644), data))
        out.write(cpio_entry("TRAILER!!!", 0))


def stripped(program, triple):
    """The bytes of a program without what only a debugger reads: it is all in memory there."""
    copy = program + ".stripped"
    if not os.path.exists(copy) or os.path.getmtime(copy) < os.path.getmtime(program):
        shutil.copy(program, copy)
        run([f"{triple}-strip", copy])
    with open(copy, "rb") as file:
        return file.read()


# --- booting -------------------------------------------------------------------------------

def qemu_command(machine, kernel, initramfs, console, environment):
    return [*machine.qemu, "-accel", "tcg,thread=single", "-smp", "2", "-m", "1024",
            "-display", "none", "-nodefaults", "-monitor", "none", "-no-reboot",
            *(word.replace("CONSOLE", console) for word in machine.serial),
            "-kernel", kernel, "-initrd", initramfs,
            "-append", f"console={machine.console} panic=-1 quiet loglevel=2 "
                       "rdinit=/init" + "".join(f" {name}" for name in environment)]


def boot(machine, kernel, initramfs, console, environment, seconds, tell):
    """
    Boots with words such as "NAME=value", which a kernel hands to process 1 as its environment,
    and reads the console until the guest is done, is dead, or the time is up.
    Calls tell(name) for each program that begins.
    """
    if os.path.exists(console):
        os.unlink(console)
    command = qemu_command(machine, kernel, initramfs, console, environment)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as qemu:
        deadline = time.monotonic() + seconds
        last = None
        while qemu.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
            begun = re.findall(r"^@@ begin (\S+)\r*$", read_console(console), re.MULTILINE)
            if begun and begun[-1] != last:
                last = begun[-1]
                tell(last)
        too_late = qemu.poll() is None
        if too_late:
            qemu.kill()
        said = qemu.communicate()[0].decode(errors="replace")
    outcome = read_outcome(read_console(console))
    if too_late:
        outcome.trouble = f"stopped after {seconds} s, in {last or 'booting'}"
    elif outcome.trouble and not outcome.system:
        outcome.trouble += "\n" + (said or read_console(console)[-2000:])
    return outcome


def read_console(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace").replace("\r", "")
    except FileNotFoundError:
        return ""


def read_outcome(text):
    """The outcome that the lines of a console tell of."""
    outcome = Outcome(trouble="the guest ended before it was done")
    name, lines, said = None, [], []
    for line in text.splitlines():
        begin, end = BEGIN.match(line), END.match(line)
        if begin:
            name, lines, said = begin[1], [], []
        elif end and end[1] == name:
            outcome.programs[name] = entry(end, "\n".join(lines))
            name = None
        elif line.startswith("@@ system "):
            outcome.system = line.removeprefix("@@ system ")
        elif line == "@@ done":
            outcome.trouble = ""
        elif CRASH.search(line):
            outcome.complaints.append(line.removeprefix("@@ kernel "))
        elif name and re.match(r"not ok(?!.*# SKIP)", line):
            # What a test says before its result belongs to it.
            lines += [line, *(f"# {words}" for words in said)]
            said = []
        elif name:
            lines.append(line)
            said = [] if line.startswith(("ok ", "not ok ", "1..")) else said + [line.lstrip("# ")]
    if name:
        outcome.trouble += f", in {name}"
    return outcome


def entry(end, text):
    """What became of a program, as summary.count_program() takes it."""
    _, how, number, took = end.groups()
    status = {"status": int(number or 0), "signal": -int(number or 0), "timeout": 0}[how]
    return {"stdout": text + "\n", "stderr": "", "returncode": status,
            "result": "TIMEOUT" if how == "timeout" else "OK", "duration": int(took) / 1000}


def check_tools(machine):
    if not shutil.which(machine.qemu[0]):
        raise Failed(f"{machine.qemu[0]} is not installed.")
