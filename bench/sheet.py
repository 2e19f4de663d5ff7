# SPDX-License-Identifier: MIT
"""sheet.py - on what it was measured: what a reader needs to repeat it, and to doubt it."""
import glob
import os
import platform
import re
import subprocess
import time

from build import ZIG_VERSION

SETUPS = {
    "defaults": "what the simplest call opens: rf_init(ring, n, 0), "
                "io_uring_queue_init(n, ring, 0), IoUring.init(n, 0), IoUring::new(n)",
    "alike": "SINGLE_ISSUER | DEFER_TASKRUN, the ring's descriptor not registered, for all. "
             "ringfence adds NO_SQARRAY and TASKRUN_FLAG by itself",
    "best": "all that each offers: rf_init_best(THROUGHPUT); liburing and Rust with the ring's "
            "descriptor registered; Rust with NO_SQARRAY; Zig offers neither",
    "sqpoll": "SQPOLL | SQ_AFF, idle time 1 s",
    "standin": "SQPOLL | R_DISABLED: nobody enters, a stand-in in user space completes",
}


def read(path, otherwise="unknown"):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return otherwise


def said(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.splitlines()[0].strip() if done.returncode == 0 else "none"
    except (OSError, IndexError):
        return "none"


def processor():
    found = re.search(r"model name\s*: (.*)", read("/proc/cpuinfo", ""))
    return found.group(1) if found else platform.machine()


def mitigations():
    found = {}
    for path in sorted(glob.glob("/sys/devices/system/cpu/vulnerabilities/*")):
        text = read(path)
        if not text.startswith("Not affected"):
            found[os.path.basename(path)] = text
    return found


def crate_version(build):
    lock = read(os.path.join(build, "rust", "Cargo.lock"), "")
    found = re.search(r'name = "io-uring"\nversion = "([^"]+)"', lock)
    return found.group(1) if found else "none"


def versions(build):
    return {
        "ringfence": "this tree, " + said("git", "-C", os.path.dirname(__file__), "rev-parse",
                                          "--short", "HEAD"),
        "liburing": said("pkg-config", "--modversion", "liburing"),
        "Zig": ZIG_VERSION,
        "Rust's io-uring": crate_version(build) + ", " + said("rustc", "--version"),
        "C compiler": said("cc", "--version") + ", -O2",
    }


def make(plan, field, build):
    """The sheet, as it goes into the report."""
    uname = os.uname()
    return {
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "quick": plan.quick,
        "kernel": f"{uname.release} {uname.machine}",
        "processor": f"{processor()}, {os.cpu_count()} of them",
        "mitigations": mitigations(),
        "load before": os.getloadavg()[0],
        "pinned": f"who is measured: processor {plan.cpus[0]}; SQ threads and clients: "
                  f"processor {plan.cpus[1]}",
        "versions": {name: text for name, text in versions(build).items()
                     if name not in field.absent},
        "built": "C peers: gcc -O2; Zig: ReleaseFast for the baseline processor; Rust: release; "
                 "each library linked statically",
        "setups": SETUPS,
        "absent": dict(field.absent),
        "turns": "one round after the other, and in each all contenders, each round begun by "
                 "another one; ratios are formed within rounds",
    }
