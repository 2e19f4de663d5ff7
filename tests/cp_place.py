# SPDX-License-Identifier: MIT
"""
cp_place.py - what the tests of `ringfence cp` share: a place to work in, running
the tool, and looking at trees.
"""
import atexit
import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import tap

NOBODY = 65534
TEMPORARY = re.compile(rb"\.ringfence-[a-z0-5]{8}$")
AM_ROOT = os.geteuid() == 0


def as_nobody():
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def for_everybody(tool):
    """Where nobody may not go, as in root's home, the tool is: then a copy of it is elsewhere."""
    try:
        if AM_ROOT:
            tap.run([tool, "--version"], preexec_fn=as_nobody)
        return tool
    except PermissionError:
        place = tempfile.mkdtemp(prefix="ringfence-tool-")
        atexit.register(shutil.rmtree, place)
        os.chmod(place, 0o755)
        return shutil.copy(tool, place)


TOOL, SECCOMP_RUN, ALARMS = [path and os.path.abspath(path) for path in sys.argv[1:4]]
TOOL = for_everybody(TOOL)


@contextlib.contextmanager
def workplace():
    """A directory of our own, also for nobody; the current one meanwhile."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="ringfence-cp-") as top:
        os.chmod(top, 0o777)
        os.chdir(top)
        try:
            yield top
        finally:
            os.chdir(before)
            subprocess.run(["chmod", "-R", "u+rwX", top], check=False, stderr=subprocess.DEVNULL)


def cp(*arguments, status=0, **options):
    done = tap.run([TOOL, "cp", *arguments], **options)
    tap.equal(done.returncode, status, f"exit status of {arguments}\n{done.stdout}{done.stderr}")
    return done


def cp_json(*arguments, **options):
    return json.loads(cp("--json", *arguments, **options).stdout)


def fails(*arguments, saying, **options):
    """One failure, named so."""
    done = cp(*arguments, status=1, **options)
    for words in [saying] if isinstance(saying, str) else saying:
        tap.check(words in done.stderr, f"{words!r} is not in\n{done.stderr}")
    return done


def write(path, data=b"x", mode=0o644, mtime_ns=None):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns + 1_234_567, mtime_ns))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def walk(top):
    """Everything below, as bytes relative to it, "" for itself."""
    top = os.fsencode(top)
    yield b""
    stack = [b""]
    while stack:
        here = stack.pop()
        for name in os.listdir(os.path.join(top, here)):
            path = os.path.join(here, name)
            yield path
            if stat.S_ISDIR(os.lstat(os.path.join(top, path)).st_mode):
                stack.append(path)


def picture(top, times=True):
    """What a tree is: path to type, mode, mtime and content."""
    entries = {}
    for path in walk(top):
        full = os.path.join(os.fsencode(top), path)
        now = os.lstat(full)
        if stat.S_ISREG(now.st_mode):
            content = hashlib.sha256(read(full)).hexdigest()
        elif stat.S_ISLNK(now.st_mode):
            content = os.readlink(full)
        else:
            content = None
        entries[path] = (oct(now.st_mode), now.st_mtime_ns if times else 0, content)
    return entries


def same_trees(left, right, times=True):
    a, b = picture(left, times), picture(right, times)
    tap.equal(sorted(b), sorted(a), "names")
    for path, what in a.items():
        tap.equal(b[path], what, repr(path))


def no_temporaries(top="."):
    left = [path for path in walk(top) if TEMPORARY.search(path)]
    tap.equal(left, [], "temporary names left")


def unprivileged():
    """Options for run(): root may do everything, so be somebody else."""
    return {"preexec_fn": as_nobody} if AM_ROOT else {}


def need_io_uring():
    done = tap.run([TOOL, "probe", "NOP"])
    if done.returncode:
        lines = done.stdout.splitlines()
        raise tap.Skip("io_uring is not to be had here" + (": " + lines[0] if lines else ""))


def in_mount_namespace(script):
    """Runs a shell script where mounting is allowed and seen by nobody else."""
    unshare = ["unshare", "-m"] if AM_ROOT else ["unshare", "-r", "-m"]
    if not shutil.which("unshare") or tap.run([*unshare, "true"]).returncode:
        raise tap.Skip("no mount namespace to be had")
    return tap.run([*unshare, "sh", "-c", "set -e\n" + script, "sh", TOOL])


def make_tree(top, seed=1):
    """Every kind of thing that is copied, with odd names, modes and times."""
    dice = random.Random(seed)
    names = [b"plain", b"with space", b"new\nline", b"quote'\"\\", b"-dash", b"\xff\xfe not UTF-8",
             "größe".encode(), b"n" * 255, b".hidden", b"*?[x]", b"..x", b"tab\t\x1b[31m"]
    os.mkdir(top)
    for depth in range(4):
        here = os.fsencode(top) + b"/sub dir" * depth
        os.makedirs(here, exist_ok=True)
        for number, name in enumerate(names):
            size = dice.choice([0, 1, 4095, 4096, 4097, 65535, 65536, 65537, 200_000, 1_500_000]
                               if number < 4 else [0, 10, 5000])
            write(here + b"/" + name, dice.randbytes(size),
                  dice.choice([0o644, 0o600, 0o444, 0o755, 0o400, 0o666]),
                  dice.randrange(10**18, 17 * 10**17))
        os.symlink(b"../nowhere/\xff", here + b"/dangling")
        os.symlink("plain", here + b"/good link")
        os.symlink("loop b", here + b"/loop a")
        os.symlink("loop a", here + b"/loop b")
        os.symlink("x" * 4000, here + b"/long link")
        os.mkdir(here + b"/empty")
        os.mkdir(here + b"/locked", 0o555)
    for path in sorted(walk(top), reverse=True):
        full = os.path.join(os.fsencode(top), path)
        when = dice.randrange(10**18, 17 * 10**17)
        if not stat.S_ISREG(os.lstat(full).st_mode):
            os.utime(full, ns=(when, when), follow_symlinks=False)


def run_tests(tests):
    """tap.main(), or all skipped where io_uring is not to be had."""
    try:
        need_io_uring()
    except tap.Skip as reason:
        said = str(reason)

        def skip():
            raise tap.Skip(said)

        tests = [(test[0] if isinstance(test, tuple) else test.__name__, skip) for test in tests]
    tap.main(tests)
