# SPDX-License-Identifier: MIT
"""
build.py - finds or builds the workers. Those in C come from meson; Zig's and Rust's are built
here, and linked with the same object code. What cannot be had is left out with the reason.
"""
import os
import shutil
import subprocess
import sys

import rows
import rows_io

HERE = os.path.dirname(os.path.abspath(__file__))
ZIG_VERSION = "0.15.2"


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, **how):
    """None, or the last line of what went wrong."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **how)
    if done.returncode == 0:
        return None
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line]
    return (errors or lines or [f"{command[0]} failed"])[0].strip()


def newer(target, *sources):
    """Is @target there, and newer than all of these files and trees?"""
    if not os.path.exists(target):
        return False
    made = os.stat(target).st_mtime
    for source in sources:
        for folder, _, names in os.walk(source):
            if any(os.stat(os.path.join(folder, name)).st_mtime > made for name in names):
                return False
        if os.stat(source).st_mtime > made and not os.path.isdir(source):
            return False
    return True


def link(program, peer, worker):
    """The two need each other."""
    return run(["cc", "-o", program, "-Wl,--start-group", peer, worker, "-Wl,--end-group",
                "-lpthread", "-ldl", "-lm"])


def build_zig(build, worker):
    """The worker's path, or raises RuntimeError with the reason."""
    source = os.path.join(HERE, "peers", "zig")
    place = os.path.join(build, "zig")
    program = os.path.join(place, "bench-zig")
    if newer(program, source, worker):
        return program
    version = subprocess.run([sys.executable, "-m", "ziglang", "version"], capture_output=True,
                             text=True, check=False)
    if version.returncode:
        raise RuntimeError(f"the ziglang package of pip, version {ZIG_VERSION}, is not installed")
    if version.stdout.strip() != ZIG_VERSION:
        raise RuntimeError(f"it is Zig {version.stdout.strip()}, not {ZIG_VERSION}")
    say("building the peer in Zig")
    os.makedirs(place, exist_ok=True)
    caches = {"ZIG_GLOBAL_CACHE_DIR": f"{place}/cache", "ZIG_LOCAL_CACHE_DIR": f"{place}/cache"}
    made = os.path.join(place, "peer.o")
    wrong = run([sys.executable, "-m", "ziglang", "build-obj", "-OReleaseFast", "-mcpu=baseline",
                 "-lc", "-fPIC", f"-femit-bin={made}", os.path.join(source, "peer.zig")],
                env={**os.environ, **caches}) or link(program, made, worker)
    if wrong:
        raise RuntimeError(wrong)
    return program


def build_rust(build, worker):
    source = os.path.join(HERE, "peers", "rust")
    place = os.path.join(build, "rust")
    program = os.path.join(place, "bench-rust")
    if newer(program, source, worker):
        return program
    if not shutil.which("cargo"):
        raise RuntimeError("cargo is not installed")
    say("building the peer in Rust")
    # A copy: cargo writes beside its sources.
    shutil.copytree(source, place, dirs_exist_ok=True)
    wrong = run(["cargo", "build", "--release", "--manifest-path", f"{place}/Cargo.toml",
                 "--target-dir", f"{place}/target"])
    wrong = wrong or link(program, f"{place}/target/release/libbench_rust.a", worker)
    if wrong:
        raise RuntimeError(wrong)
    return program


def enter_all(field, meson_build, build, only_c):
    """Enters who is there into the field, and leaves the others out with the reason."""
    programs = os.path.join(meson_build, "bench")
    ours = os.path.join(programs, "bench-ringfence")
    if not os.path.exists(ours):
        raise SystemExit(f"{ours} is not there: make bench builds it")
    field.enter("ringfence", ours)
    field.enter(rows.RUNS, ours, runs=1)
    field.enter(rows.BEST, ours, setup="best")
    theirs = os.path.join(programs, "bench-liburing")
    if os.path.exists(theirs):
        field.enter("liburing", theirs)
    else:
        field.leave_out("liburing", "liburing was not found when this was configured")
    plain = os.path.join(programs, "bench-plain")
    field.enter(rows_io.EPOLL, plain, multishot=0)
    field.enter(rows_io.PREAD, plain, method="pread")
    field.enter(rows_io.POOL, plain, method="pool")
    field.enter(rows_io.AIO, plain, method="libaio")
    field.enter(rows_io.CALLS, plain)
    worker = os.path.join(programs, "libbench-worker.a")
    for name, function in (("Zig", build_zig), ("Rust", build_rust)):
        if only_c:
            field.leave_out(name, "left out: --c-only")
            continue
        try:
            field.enter(name, function(build, worker))
        except (RuntimeError, OSError) as reason:
            field.leave_out(name, str(reason))
            say(f"without {name}: {reason}")
