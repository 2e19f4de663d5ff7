#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_kernels.py - runs the tests on other kernels and other machines, emulated.

For each kernel: takes it from Debian's archive, builds the test programs and the ringfence
command for its machine, statically linked, boots it under QEMU with these in an initramfs,
and counts what they say, as `make test` does. `ringfence probe` runs there too, and has to
tell what that kernel is known to have. The exit status is 0 if nothing failed.

What is downloaded and built stays in build-kernels/, and is not fetched again.
See docs/kernels.md.
"""
import argparse
import os
import sys
import time
from dataclasses import dataclass, field

import summary
from kernels import guest, programs, truth
from kernels.debian import Failed, Packages, run

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))


@dataclass
class Machine:
    """How to compile for it, and how to emulate it."""
    triple: str
    family: str
    endian: str
    console: str
    qemu: list
    serial: tuple = ("-serial", "file:CONSOLE")


MACHINES = {
    # cx16: the emulation of QEMU 7.2 makes a 6.12 kernel fault twice.
    "amd64": Machine("x86_64-linux-gnu", "x86_64", "little", "ttyS0",
                     ["qemu-system-x86_64", "-cpu", "max,-cx16"]),
    "arm64": Machine("aarch64-linux-gnu", "aarch64", "little", "ttyAMA0",
                     ["qemu-system-aarch64", "-M", "virt", "-cpu", "max"]),
    "riscv64": Machine("riscv64-linux-gnu", "riscv64", "little", "ttyS0",
                       ["qemu-system-riscv64", "-M", "virt", "-cpu", "rv64"]),
    "s390x": Machine("s390x-linux-gnu", "s390x", "big", "ttysclp0", ["qemu-system-s390x"],
                     ("-chardev", "file,id=console,path=CONSOLE",
                      "-device", "sclpconsole,chardev=console")),
}


@dataclass
class Kernel:
    """
    @version and @flavour are patterns for the names of Debian's packages, of which the newest
    is taken. @has: what the probe is to find where that is not what the release's number
    says, by group of `ringfence probe --json`.
    """
    name: str
    machine: str
    suites: tuple
    version: str
    flavour: str
    has: dict = field(default_factory=dict)


OLD = ("bullseye", "bullseye-security")
STABLE = ("bookworm", "bookworm-security")
NEW = ("trixie", "trixie-security")
NEWEST = ("trixie-backports", "sid", "experimental")

KERNELS = [
    # With 5.10.162 it was given the io_uring of 5.15, but none of the operations since 5.11.
    Kernel("5.10", "amd64", OLD, r"5\.10\..*", "cloud-amd64", {"all": "5.15", "operations": "5.11"}),
    Kernel("6.1", "amd64", STABLE, r"6\.1\..*", "cloud-amd64"),
    Kernel("6.12", "amd64", NEW, r"6\.12\..*", "cloud-amd64"),
    Kernel("newest", "amd64", NEWEST, r"[0-9.]+(\+deb.*|-[0-9]+)?", "cloud-amd64"),
    Kernel("arm64", "arm64", NEW, r"6\.12\..*", "arm64-16k"),
    Kernel("riscv64", "riscv64", NEW, r"6\.12\..*", "riscv64"),
    Kernel("s390x", "s390x", NEW, r"6\.12\..*", "s390x"),
]

PROGRAM_SECONDS = 1800
BOOT_SECONDS = 7200


@dataclass
class Result:
    """A row of the table."""
    kernel: Kernel
    system: str
    package: str
    tally: summary.Tally
    seconds: float


class Bench:
    """What all boots share: the folder for what is downloaded and built."""

    def __init__(self, options):
        self.options = options
        self.top = os.path.abspath(options.folder)
        self.built = {}
        self.packages = {}

    def folder(self, *names):
        path = os.path.join(self.top, *names)
        os.makedirs(path, exist_ok=True)
        return path

    def packages_for(self, architecture):
        """The suites of all kernels of the architecture, so that its lists are fetched once."""
        if architecture not in self.packages:
            suites = dict.fromkeys(suite for kernel in KERNELS if kernel.machine == architecture
                                   for suite in kernel.suites)
            self.packages[architecture] = Packages(self.folder("packages"), architecture, suites)
        return self.packages[architecture]

    def kernel_file(self, kernel):
        """The path of the kernel, and the name and version of its package."""
        if self.options.image:
            return self.options.image, os.path.basename(self.options.image)
        packages = self.packages_for(kernel.machine)
        # Since 6.19 the kernel itself is in linux-binary-..., beside its modules.
        name = packages.newest(*(rf"linux-{kind}-{kernel.version}-{kernel.flavour}"
                                 for kind in ("image", "binary")))
        folder, version = packages.unpack(name)
        for base, _, files in os.walk(folder):
            for file in files:
                if file.startswith(("vmlinuz", "vmlinux")):
                    return os.path.join(base, file), f"{name} {version}"
        raise Failed(f"{name} {version} holds no kernel.")

    def programs_for(self, name):
        if name not in self.built:
            source = self.packages_for("amd64").source
            libraries = {library: source(f"{library}/{programs.LIBRARIES_FROM}")
                         for library in programs.LIBRARIES}
            self.built[name] = programs.build(ROOT, self.folder("machines", name), MACHINES[name],
                                              libraries)
        return self.built[name]

    def initramfs_for(self, kernel, path):
        triple = MACHINES[kernel.machine].triple
        tests, command, init = self.programs_for(kernel.machine)
        files = {"init": (guest.stripped(init, triple), True),
                 "bin/ringfence": (guest.stripped(command, triple), True)}
        plan = ["60 ringfence-probe /bin/ringfence probe",
                "60 ringfence-json /bin/ringfence probe --json"]
        for test in tests:
            name = os.path.basename(test).removeprefix("test-")
            if self.options.tests and name not in self.options.tests:
                continue
            files[f"bin/test-{name}"] = (guest.stripped(test, triple), True)
            plan.append(f"{PROGRAM_SECONDS} {name} /bin/test-{name}")
        # Some tests read the headers and the documentation, where they were compiled.
        for part in ("include", "include/ringfence", "docs"):
            for name in os.listdir(os.path.join(ROOT, part)):
                file = os.path.join(ROOT, part, name)
                if os.path.isfile(file):
                    with open(file, "rb") as data:
                        files[file.lstrip("/")] = (data.read(), False)
        files["plan"] = ("\n".join([*plan, ""]).encode(), False)
        guest.write_initramfs(path, files)
        return [line.split()[1] for line in plan]

    def test(self, kernel):
        """Boots one kernel, and returns its row."""
        begin = time.monotonic()
        image, package = self.kernel_file(kernel)
        folder = self.folder("boots", kernel.name)
        initramfs = os.path.join(folder, "initramfs")
        plan = self.initramfs_for(kernel, initramfs)
        tell(f"{kernel.name}: {package}, {len(plan)} programs")
        outcome = guest.boot(MACHINES[kernel.machine], image, initramfs,
                             os.path.join(folder, "console"),
                             ["RF_TEST_FEW_FLAVOURS=1"] if self.options.quick else [], BOOT_SECONDS,
                             lambda name: self.options.verbose and tell(f"  {name}"))
        tally = count(kernel, outcome, plan)
        return Result(kernel, outcome.system, package, tally, time.monotonic() - begin)


def count(kernel, outcome, plan):
    """Counts what the programs said, by the rules of `make test`."""
    tally = summary.Tally()
    for name in plan:
        entry = outcome.programs.get(name)
        if entry is None:
            tally.fail(f"{name}: never ran, or never ended")
        else:
            summary.count_program(tally, name, entry, not name.startswith("ringfence-"))
    report = outcome.programs.get("ringfence-json")
    if report and outcome.system:
        release = outcome.system.split()[0]
        for wrong in truth.untruths(report["stdout"], kernel, release):
            tally.fail(f"ringfence probe: {wrong}")
    for line in outcome.complaints:
        tally.fail(f"the kernel complained: {line}")
    if outcome.trouble:
        tally.fail(outcome.trouble.splitlines()[0], outcome.trouble.splitlines()[1:])
    return tally


def tell(text):
    print(text, flush=True)


def print_result(result):
    tell(f"== {result.kernel.name}: {result.system or 'did not start'}")
    summary.print_skipped(result.tally.skipped)
    for what, said in result.tally.failed:
        tell(f"FAILED {what}")
        for line in said:
            tell(f"    {line}")


def print_table(results):
    tell(f"\n{'kernel':8} {'system':46} {'passed':>7} {'skipped':>7} {'failed':>7} {'seconds':>8}")
    for r in results:
        tell(f"{r.kernel.name:8} {r.system:46} {r.tally.passed:7} {len(r.tally.skipped):7} "
             f"{len(r.tally.failed):7} {r.seconds:8.0f}")


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__.strip(), formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [kernel.name for kernel in KERNELS]
    parser.add_argument("kernels", nargs="*", metavar="KERNEL",
                        help=f"{', '.join(names)}; none: all")
    parser.add_argument("--tests", metavar="NAME,...", type=lambda text: text.split(","),
                        help="only these test programs, such as ring,wait")
    parser.add_argument("--quick", action="store_true",
                        help="leave out half of the kinds of rings: half an hour less")
    parser.add_argument("--image", metavar="FILE",
                        help="boot this in place of Debian's newest; with one KERNEL, whose "
                             "machine and expectations it takes")
    parser.add_argument("--folder", default=os.path.join(ROOT, "build-kernels"),
                        help="for what is downloaded and built (build-kernels)")
    parser.add_argument("--verbose", action="store_true", help="name each program as it starts")
    options = parser.parse_args(arguments)
    for name in options.kernels:
        if name not in names:
            parser.error(f"there is no kernel '{name}': {', '.join(names)}")
    if options.image and len(options.kernels) != 1:
        parser.error("--image takes the place of one kernel: name it")
    if options.image and not os.path.isfile(options.image):
        parser.error(f"--image: there is no file {options.image}")
    return options


def main(arguments):
    options = parse(arguments)
    wanted = [k for k in KERNELS if not options.kernels or k.name in options.kernels]
    results, missing = [], []
    try:
        run([os.path.join(ROOT, "scripts", "setup.sh"), "kernels"])
    except Failed as error:
        print(error, file=sys.stderr)
        return 2
    bench = Bench(options)
    for kernel in wanted:
        try:
            results.append(bench.test(kernel))
            print_result(results[-1])
        except Failed as error:  # such as an archive that is just being brought up to date
            missing.append(kernel)
            print(f"{kernel.name}: {error}", file=sys.stderr, flush=True)
    print_table(results)
    for kernel in missing:
        tell(f"{kernel.name:8} was not tried: see above")
    if any(result.tally.failed for result in results):
        return 1
    return 2 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
