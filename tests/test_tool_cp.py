#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: `ringfence cp` copies what cp(1) copies, to where cp(1) puts it; each file
is complete under its name or absent; every failure is named; nothing hangs. What was copied is
compared by a walk of our own.

    test_tool_cp.py TOOL SECCOMP_RUN ALARMS

ALARMS is a library to preload that interrupts every wait, or "" to leave that out.
"""
import contextlib
import fcntl
import hashlib
import json
import os
import pty
import random
import re
import resource
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

import tap

TOOL, SECCOMP_RUN, ALARMS = [path and os.path.abspath(path) for path in sys.argv[1:4]]
NOBODY = 65534
TEMPORARY = re.compile(rb"\.ringfence-[a-z0-5]{8}$")
AM_ROOT = os.geteuid() == 0


# --- helpers -----------------------------------------------------------------


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


def as_nobody():
    os.setgid(NOBODY)
    os.setuid(NOBODY)


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


# --- what arrives ------------------------------------------------------------


def a_tree_arrives_as_it_was():
    with workplace():
        make_tree("src")
        before = picture("src")
        atimes = {p: os.lstat(os.path.join(b"src", p)).st_atime_ns for p in walk("src")}
        report = cp_json("-r", "src", "dst")
        for path, atime in atimes.items():
            copy = os.lstat(os.path.join(b"dst", path))
            if stat.S_ISREG(copy.st_mode):
                tap.equal(copy.st_atime_ns, atime, f"access time of {path}")
        same_trees("src", "dst")
        tap.equal(picture("src"), before, "the source")
        no_temporaries()
        kinds = [stat.S_IFMT(os.lstat(os.path.join(b"src", p)).st_mode) for p in atimes]
        tap.equal(report["files"], kinds.count(stat.S_IFREG), "files")
        tap.equal(report["dirs"], kinds.count(stat.S_IFDIR), "dirs")
        tap.equal(report["symlinks"], kinds.count(stat.S_IFLNK), "symlinks")
        tap.equal(report["bytes"], sum(len(read(os.path.join(b"src", p))) for p in atimes
                                       if stat.S_ISREG(os.lstat(os.path.join(b"src", p)).st_mode)))


def copied_again_over_itself_it_is_the_same():
    with workplace():
        make_tree("src")
        cp("-r", "src", "dst")
        write("dst/only here", b"stays")
        write("dst/plain", b"is replaced")
        os.unlink("dst/dangling")
        os.symlink("elsewhere", "dst/dangling")
        cp("-r", "-T", "--verify", "src", "dst")
        tap.equal(read("dst/only here"), b"stays")
        os.unlink("dst/only here")
        os.utime("dst", ns=(0, os.lstat("src").st_mtime_ns))
        same_trees("src", "dst")
        no_temporaries()


def any_user_can_copy_a_tree():
    with workplace():
        make_tree("src")
        os.chmod("src", 0o755)
        for path in walk("src"):
            full = os.path.join(b"src", path)
            if stat.S_ISREG(os.lstat(full).st_mode):
                os.chmod(full, os.lstat(full).st_mode | 0o004)
        cp("-r", "--verify", "src", "dst", **unprivileged())
        same_trees("src", "dst")


def depth_changes_nothing():
    with workplace():
        make_tree("src")
        for depth in ("1", "2", "4096"):
            cp("-r", "--verify", "--depth", depth, "src", "dst" + depth)
            same_trees("src", "dst" + depth)


def twenty_descriptors_are_enough():
    with workplace():
        make_tree("src")
        os.mkdir("src/wide")
        for i in range(40):
            os.makedirs(f"src/wide/{i}/deeper/still")
            write(f"src/wide/{i}/deeper/still/f", b"%d" % i)

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))

        report = cp_json("-r", "--verify", "src", "dst", preexec_fn=limit)
        tap.check(1 <= report["depth"] <= 8, f"depth {report['depth']}")
        same_trees("src", "dst")


def too_few_descriptors_are_named():
    with workplace():
        write("a")

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))

        fails("a", "b", saying="RLIMIT_NOFILE", preexec_fn=limit)


def holes_stay_holes():
    with workplace():
        layouts = {"middle": [(0, 5000), (8 << 20, 70_000)], "all hole": [], "tail": [(0, 4096)],
                   "head": [((64 << 20) - 5, 5)], "many": [(i << 20, 3) for i in range(0, 40, 2)]}
        os.mkdir("src")
        for name, data in layouts.items():
            with open(f"src/{name}", "wb") as file:
                for offset, size in data:
                    os.pwrite(file.fileno(), os.urandom(size), offset)
                file.truncate(64 << 20)
        if os.stat("src/all hole").st_blocks:
            raise tap.Skip("this file system has no holes")
        report = cp_json("-r", "--verify", "src", "dst")
        same_trees("src", "dst")
        for name in layouts:
            source, copy = os.stat(f"src/{name}"), os.stat(f"dst/{name}")
            tap.check(copy.st_blocks <= source.st_blocks + 64,
                      f"{name}: {copy.st_blocks} blocks, source {source.st_blocks}")
        tap.equal(report["bytes"] + report["holes_bytes"], 5 * (64 << 20))
        tap.check(report["holes_bytes"] > 300 << 20, report["holes_bytes"])


def hard_links_stay_together():
    with workplace():
        os.makedirs("src/a/b")
        write("src/a/one", b"shared" * 50_000)
        for name in ("src/two", "src/a/b/three", "src/zz"):
            os.link("src/a/one", name)
        write("src/alone")
        for _ in range(2):  # the second time onto what is there
            report = cp_json("-r", "-T", "--verify", "src", "dst")
            tap.equal((report["files"], report["hard_links"]), (2, 3))
            inodes = {os.stat("dst/" + n).st_ino for n in ("a/one", "two", "a/b/three", "zz")}
            tap.equal(len(inodes), 1, "inodes")
            tap.equal(os.stat("dst/zz").st_nlink, 4)
            tap.check(inodes != {os.stat("src/zz").st_ino}, "linked to the source")
            same_trees("src", "dst")
            no_temporaries()


def special_bits_need_the_same_owner():
    if not AM_ROOT:
        raise tap.Skip("only root can make a file of another owner")
    with workplace():
        write("mine", mode=0o6755)
        write("theirs", mode=0o755)
        os.chown("theirs", NOBODY, NOBODY)
        os.chmod("theirs", 0o6755)
        os.mkdir("dst")
        cp("--verify", "mine", "theirs", "dst")
        tap.equal(oct(os.stat("dst/mine").st_mode), oct(0o106755))
        tap.equal(oct(os.stat("dst/theirs").st_mode), oct(0o100755))


def a_default_acl_does_not_spoil_the_mode():
    entries = [(0x01, 7, 0xffffffff), (0x04, 0, 0xffffffff), (0x10, 0, 0xffffffff),
               (0x20, 0, 0xffffffff)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    with workplace():
        os.makedirs("src/sub")
        write("src/f", mode=0o664)
        write("src/sub/g", mode=0o666)
        os.mkdir("dst")
        try:
            os.setxattr("dst", "system.posix_acl_default", acl)
        except OSError as error:
            raise tap.Skip(f"no default ACLs here: {error.strerror}") from None
        cp("-r", "--verify", "src", "dst")
        cp("src/f", "dst")
        same_trees("src", "dst/src")
        tap.equal(oct(os.stat("dst/f").st_mode & 0o777), oct(0o664))


def files_without_a_size_are_read_to_their_end():
    with workplace():
        cp("/proc/version", "version")
        tap.equal(read("version"), read("/proc/version"))
        attribute = "/sys/kernel/mm/transparent_hugepage/enabled"
        if os.path.exists(attribute):
            cp(attribute, "attribute")
            tap.equal(read("attribute"), read(attribute))


def o_direct_copies_any_length():
    with workplace():
        os.mkdir("src")
        for size in (0, 1, 511, 4096, 4097, 65536, 65537, 1_000_001, 5 << 20):
            write(f"src/{size}", os.urandom(size))
        report = cp_json("-r", "--direct", "--verify", "src", "dst")
        same_trees("src", "dst")
        tap.comment(f"{report['direct_fallbacks']} of 9 fell back")


def where_o_direct_is_refused_it_says_so():
    with workplace() as top:
        write("f", os.urandom(300_001))
        done = in_mount_namespace(
            f"cd {top}; mkdir m; mount -t ramfs none m; cp f m/\n"
            '"$1" cp --direct m/f out; "$1" cp --direct f m/g; "$1" cp --direct m/f m/h\n'
            "cmp f out; cmp f m/g; cmp f m/h; ls -A m")
        if "mount:" in done.stderr:
            raise tap.Skip("no ramfs to be had")
        tap.equal(done.returncode, 0, done.stderr)
        tap.equal(done.stderr.count("O_DIRECT is refused"), 3, done.stderr)
        tap.equal(done.stdout.split()[-3:], ["f", "g", "h"], done.stdout)


def fsync_is_asked_for():
    with workplace():
        make_tree("src")
        cp("-r", "--fsync", "--verify", "src", "dst")
        same_trees("src", "dst")


# --- where it arrives --------------------------------------------------------

# Each is done by cp(1) and by us, in equal places. cp's status 0 has to be ours.
LIKE_CP = [
    ["f", "new"], ["f", "other"], ["f", "dir"], ["f", "dir/"], ["f", "dir/new"], ["f", "nodir/new"],
    ["f", "new/"], ["f", "f2", "dir"], ["f", "f2", "other"], ["f", "f2", "nodir"],
    ["dir/sub/in", "."], ["-r", "tree", "new"], ["-r", "tree", "new/"], ["-r", "tree", "dir"],
    ["-r", "tree/", "dir"], ["-r", "tree/.", "dir"], ["-r", "tree/.", "new"],
    ["-r", "tree/..", "/nowhere/x"], ["-r", "-T", "tree", "dir"], ["-r", "-T", "tree", "new"],
    ["-r", "tree", "f"], ["-r", "tree", "f", "dir"], ["-r", "tree/a", "tree/b", "dir"],
    ["-r", "f", "dir"], ["tree", "new"], ["tree", "f", "dir"], ["link", "new"], ["-r", "link", "new"],
    ["linkdir", "new"], ["-r", "linkdir", "new"], ["-r", "linkdir/", "new"], ["f", "linkdir"],
    ["-r", "tree", "linkdir"], ["missing", "new"], ["missing", "f", "dir"], ["dangling", "new"],
    ["-r", "dangling", "new"], ["f", "f"], ["f", "./f"], ["f", "."], ["-r", "tree", "tree"],
    ["-r", "tree", "tree/a/x"], ["-r", ".", "dir"], ["-r", "tree", "."], ["f", "missing/.."],
    ["selfloop", "new"], ["-r", "selfloop", "new"], ["-T", "f", "dir"], ["f", "dangling"],
    ["-r", "dir/sub", "."], ["-r", "dir/sub/sub", "tree"],
]

REFUSED = [
    (["f", "f"], "are the same file: 'f'"),
    (["f", "link"], "are the same file: 'f'"),
    (["-r", "tree", "."], "are the same directory: 'tree'"),
    (["-r", "tree", "tree"], "into itself: 'tree'"),
    (["-r", "tree", "tree/a/x"], "into itself: 'tree'"),
    (["-r", ".", "dir"], "into itself: '.'"),
    (["-r", "dir/sub/sub", "dir"], "onto one that it lies in: 'dir/sub/sub'"),
    (["f", "tree", "other"], "several sources need a directory to go to, not 'other'"),
    (["f", "dangling"], "cannot write through symbolic link 'dangling'"),
    (["f", "new/"], "cannot create 'new/': Not a directory"),
    (["tree", "new"], "left out a directory, for want of -r: 'tree'"),
    (["-r", "tree", "f"], "cannot make directory 'f': File exists"),
    (["selfloop", "new"], "cannot look at 'selfloop': Too many levels of symbolic links"),
    (["missing", "new"], "cannot look at 'missing': No such file or directory"),
]


def make_place():
    for path in ("tree/a/deep", "tree/b", "dir/sub/sub"):
        os.makedirs(path)
    for name in ("f", "f2", "other", "tree/a/x1", "tree/b/x2", "tree/top", "dir/sub/in",
                 "dir/sub/sub/y", "tree/a/deep/z"):
        write(name, name.encode(), mtime_ns=10**18)
    os.symlink("f", "link")
    os.symlink("dir", "linkdir")
    os.symlink("nothing", "dangling")
    os.symlink("selfloop", "selfloop")


def goes_where_cp_puts_it(arguments):
    pictures, statuses = [], []
    for command in (["cp"], [TOOL, "cp", "--quiet"]):
        with workplace():
            make_place()
            done = tap.run([*command, *arguments])
            statuses.append((done.returncode, done.stderr))
            pictures.append(picture(".", times=False))
            no_temporaries()
    (expected, said), (status, our_words) = statuses
    tap.equal(status, expected, f"cp said {said!r}, we {our_words!r}")
    tap.equal(bool(our_words), status != 0, our_words)
    if status == 0 or arguments[0] != "-r":
        for path in sorted(set(pictures[0]) | set(pictures[1])):
            tap.equal(pictures[1].get(path), pictures[0].get(path), repr(path))


def is_refused(arguments, saying):
    with workplace():
        make_place()
        before = picture(".", times=False)
        fails(*arguments, saying=saying)
        tap.equal(picture(".", times=False), before)


def two_sources_of_one_name_are_refused():
    with workplace():
        make_place()
        os.mkdir("tree/b/f")
        write("tree/f", b"second")
        fails("f", "tree/f", "dir", saying="an earlier source has the same name: 'tree/f'")
        tap.equal(read("dir/f"), b"f")


def many_sources_arrive():
    with workplace():
        names = [f"n{i}" for i in range(1500)]
        os.mkdir("src")
        for name in names:
            write("src/" + name, name.encode())
        os.mkdir("dst")
        cp(*["src/" + name for name in names], "dst")
        tap.equal(sorted(os.listdir("dst")), sorted(names))
        for name in names:
            tap.equal(read("dst/" + name), name.encode())


def devices_and_fifos_are_not_replaced():
    with workplace():
        write("f")
        os.mkfifo("fifo")
        os.mkdir("dst")
        os.mkfifo("dst/f")
        fails("f", "fifo", saying="will not replace")
        fails("f", "dst", saying="will not replace")
        tap.check(stat.S_ISFIFO(os.stat("fifo").st_mode), "the FIFO is gone")
        tap.check(stat.S_ISFIFO(os.stat("dst/f").st_mode), "the FIFO is gone")
        no_temporaries()


def links_in_the_destination_are_replaced_not_followed():
    with workplace():
        os.makedirs("src/d")
        write("src/f", b"new")
        write("victim", b"old")
        os.makedirs("dst/src")
        os.mkdir("outside")
        os.symlink("../../victim", "dst/src/f")
        cp("-r", "src", "dst")
        tap.equal(read("victim"), b"old")
        tap.check(not os.path.islink("dst/src/f"), "still a link")
        shutil.rmtree("dst/src/d")
        write("src/d/g")
        os.symlink("../../outside", "dst/src/d")
        fails("-r", "src", "dst", saying="dst/src/d")
        tap.equal(os.listdir("outside"), [])


def replacing_is_atomic():
    """Whoever reads while it is replaced sees the old or the new content, whole."""
    with workplace():
        contents = [os.urandom(600_000), os.urandom(500_000)]
        write("a", contents[0])
        write("b", contents[1])
        write("dst", contents[0])
        seen, over = [], threading.Event()

        def watch():
            while not over.is_set():
                now = read("dst")
                if now not in contents:
                    seen.append(len(now))

        watcher = threading.Thread(target=watch)
        watcher.start()
        for i in range(40):
            cp("-q", "b" if i % 2 == 0 else "a", "dst")
        over.set()
        watcher.join()
        tap.equal(seen, [], "lengths of torn files")


# --- failures ----------------------------------------------------------------


def unreadable_things_are_named_and_the_rest_arrives():
    with workplace():
        os.makedirs("src/closed")
        write("src/closed/inside")
        write("src/secret", mode=0)
        write("src/open")
        os.chmod("src/closed", 0)
        os.chmod("src", 0o755)
        report = json.loads(fails("-r", "--json", "src", "dst",
                                  saying=["cannot open 'src/secret': Permission denied",
                                          "cannot open 'src/closed': Permission denied"],
                                  **unprivileged()).stdout)
        tap.equal(sorted(os.listdir("dst")), ["open"])
        failures = {f["path"]: (f["what"], f["errno"]) for f in report["failures"]}
        tap.equal(failures, {"src/secret": ("open", 13), "src/closed": ("open", 13)})
        tap.equal(report["ok"], False)


def a_destination_without_permission_is_named():
    with workplace():
        write("f")
        os.mkdir("dst", 0o555)
        fails("f", "dst", saying="cannot create 'dst/f': Permission denied", **unprivileged())
        os.mkdir("tree", 0o755)
        fails("-r", "tree", "dst", saying="cannot make directory 'dst/tree'", **unprivileged())


def special_files_are_left_out_by_name():
    with workplace():
        os.mkdir("src")
        os.mkfifo("src/fifo")
        write("src/file")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind("src/socket")
            done = fails("-r", "src", "dst", saying=["left out a FIFO: 'src/fifo'",
                                                      "left out a socket: 'src/socket'"])
            tap.check("2 failures" in done.stderr, done.stderr)
        tap.equal(os.listdir("dst"), ["file"])
        fails("src/fifo", "x", saying="left out a FIFO")
        fails("/dev/null", "x", saying="left out a device")
        tap.check(not os.path.lexists("x"), "x was made")


def a_full_disk_is_named_and_leaves_nothing_half():
    with workplace() as top:
        os.mkdir("src")
        for i in range(8):
            write(f"src/big{i}", os.urandom(1_500_000))
            write(f"src/small{i}", b"s%d" % i)
        done = in_mount_namespace(
            f"cd {top}; mkdir m; mount -t tmpfs -o size=5m none m\n"
            'set +e; "$1" cp -r src m; echo status $?\n'
            "ls -A m; for f in m/src/*; do cmp $f src/${f##*/} || echo broken $f; done\n"
            'set -- "$1"; rm -rf m/*; "$1" cp src/big* m; echo status $?; ls -A m\n'
            "for f in m/*; do cmp $f src/${f##*/} || echo broken $f; done")
        if "mount:" in done.stderr:
            raise tap.Skip("no tmpfs to be had")
        tap.equal(done.stdout.count("status 1"), 2, done.stdout + done.stderr)
        tap.check("No space left on device" in done.stderr, done.stderr)
        tap.check("broken" not in done.stdout, done.stdout)
        tap.check(".ringfence-" not in done.stdout, done.stdout)
        tap.check("big" in done.stdout.split("status 1")[-1], "nothing fitted: " + done.stdout)


def a_file_size_limit_is_named():
    with workplace():
        write("small", b"s" * 1000)
        write("big", b"b" * 3_000_000)
        os.mkdir("dst")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        fails("small", "big", "dst", saying="cannot write 'dst/big': File too large",
              preexec_fn=limit)
        tap.equal(os.listdir("dst"), ["small"])


def names_that_are_too_long_are_named():
    with workplace():
        write("f")
        fails("f", "n" * 256, saying="File name too long")
        name = "d" * 200
        os.mkdir("src")
        here = os.open("src", os.O_RDONLY)
        for _ in range(30):  # deeper than PATH_MAX
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open("leaf", os.O_WRONLY | os.O_CREAT, dir_fd=here))
        os.close(here)
        fails("-r", "src", "dst", saying="File name too long")
        no_temporaries_deep("dst")
        subprocess.run(["rm", "-rf", "src", "dst"], check=True)


def no_temporaries_deep(top):
    found = tap.must_run(["find", top, "-name", ".*ringfence-*"])
    tap.equal(found, "")


def stopped_tool(arguments, ready, **options):
    """Starts a copy and stops it as soon as ready() is true. None: it was over before."""
    process = subprocess.Popen([TOOL, "cp", *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, **options)
    while process.poll() is None:
        if ready():
            process.send_signal(signal.SIGSTOP)
            return process
    process.communicate()
    return None


def temporaries_in(directory):
    return [name for name in os.listdir(os.fsencode(directory)) if TEMPORARY.search(name)]


def catch_in_the_act(arguments, directory, act):
    """Stops a copy while a temporary name of at least 1 MiB is there, acts, lets it go on."""

    def ready():
        for name in temporaries_in(directory):
            with contextlib.suppress(OSError):
                if os.stat(os.path.join(os.fsencode(directory), name)).st_size >= 1 << 20:
                    return True
        return False

    for _ in range(20):
        process = stopped_tool(arguments, ready)
        if process is None:
            continue
        act()
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err
    raise tap.Skip("the copy was always over before it could be stopped")


BIG = 192 << 20


def a_source_that_shrinks_is_named_and_absent():
    with workplace():
        write("src", os.urandom(1 << 20) * (BIG >> 20))
        os.mkdir("dst")
        status, _, err = catch_in_the_act(["src", "dst"], "dst",
                                          lambda: os.truncate("src", (2 << 20) + 5))
        tap.equal(status, 1, err)
        tap.check("became shorter while it was read: 'src'" in err, err)
        tap.equal(os.listdir("dst"), [])


def a_source_that_grows_is_copied_as_it_was():
    with workplace():
        block = os.urandom(1 << 20)
        write("src", block * (BIG >> 20))
        os.mkdir("dst")

        def grow():
            with open("src", "ab") as file:
                file.write(b"more" * 100_000)

        status, _, err = catch_in_the_act(["src", "dst"], "dst", grow)
        tap.equal(status, 0, err)
        tap.equal(os.stat("dst/src").st_size, BIG)
        with open("dst/src", "rb") as file:
            for _ in range(BIG >> 20):
                tap.check(file.read(1 << 20) == block, "content")


def a_signal_leaves_nothing_half(number):
    with workplace():
        os.makedirs("src/sub")
        block = os.urandom(1 << 20)
        write("src/big", block * (BIG >> 20))
        for i in range(2000):
            write(f"src/sub/f{i}", b"%d" % i)
        expected = {path: len(read(os.path.join(b"src", path))) for path in walk("src")
                    if os.path.isfile(os.path.join(b"src", path))}
        os.mkdir("dst")
        process = stopped_tool(["-r", "src/sub", "src/big", "dst"],
                               lambda: temporaries_in("dst"))
        tap.check(process is not None, "it was over at once")
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=60)
        tap.equal(process.returncode, 128 + number, err)
        tap.check("stopped by" in err, err)
        no_temporaries("dst")
        for path in walk("dst"):
            full = os.path.join(b"dst", path)
            if os.path.isfile(full):
                tap.equal(os.stat(full).st_size, expected[path], repr(path))


def a_signal_at_any_time_leaves_nothing_half():
    with workplace():
        os.mkdir("src")
        dice = random.Random(5)
        for i in range(300):
            os.makedirs(f"src/d{i % 30}", exist_ok=True)
            write(f"src/d{i % 30}/f{i}", dice.randbytes(dice.randrange(100_000)))
        whole = picture("src")
        stopped = 0
        for attempt in range(25):
            process = subprocess.Popen([TOOL, "cp", "-q", "-r", "src", "dst"],
                                       stderr=subprocess.PIPE, text=True)
            time.sleep(dice.random() * 0.05)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            tap.check(process.returncode in (0, 130, -signal.SIGINT), f"{process.returncode} {err}")
            stopped += process.returncode == 130
            no_temporaries()
            if os.path.exists("dst"):
                for path, what in picture("dst").items():
                    if what[2] is not None:
                        tap.equal(what, whole[path], repr(path))
                shutil.rmtree("dst")
        tap.comment(f"{stopped} of 25 were stopped in the middle")


def vanishing_sources_hang_nothing():
    with workplace():
        for attempt in range(5):
            for i in range(40):
                os.makedirs(f"src/d{i}/e")
                for k in range(10):
                    write(f"src/d{i}/e/f{k}", b"whole" * 1000)
            process = subprocess.Popen([TOOL, "cp", "-q", "-r", "src", "dst"],
                                       stderr=subprocess.PIPE, text=True)
            time.sleep(0.002 * attempt)
            subprocess.run(["rm", "-rf", "src"], check=True)
            _, err = process.communicate(timeout=60)
            tap.equal(process.returncode, 1 if err else 0, err)
            for line in err.splitlines():
                tap.check(re.search(r"'src|failure", line), line)
            no_temporaries()
            for path in walk("dst") if os.path.exists("dst") else []:
                full = os.path.join(b"dst", path)
                if os.path.isfile(full):
                    tap.equal(read(full), b"whole" * 1000)
            shutil.rmtree("dst", ignore_errors=True)


def stopping_and_continuing_loses_nothing():
    with workplace():
        make_tree("src")
        process = subprocess.Popen([TOOL, "cp", "-r", "--verify", "src", "dst"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGSTOP)
                process.send_signal(signal.SIGCONT)
        _, err = process.communicate()
        tap.equal((process.returncode, err), (0, ""))
        same_trees("src", "dst")


def interruptions_lose_nothing():
    if not ALARMS:
        raise tap.Skip("no library to preload in this build")
    with workplace():
        make_tree("src")
        write("src/big", os.urandom(30 << 20))
        done = cp("-r", "--verify", "src", "dst", env={**os.environ, "LD_PRELOAD": ALARMS})
        caught = re.findall(r"alarms: (\d+)", done.stderr)
        tap.check(caught and int(caught[0]) > 20, "hardly interrupted: " + done.stderr)
        tap.comment(f"{caught[0]} interruptions")
        same_trees("src", "dst")


# --- comparing ---------------------------------------------------------------


def flip(path, offset=0):
    now = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(path, ns=(now.st_atime_ns, now.st_mtime_ns))


def retime(path):
    os.utime(path, ns=(0, os.stat(path).st_mtime_ns + 1), follow_symlinks=False)


def relink(path):
    when = os.lstat(path).st_mtime_ns
    os.unlink(path)
    os.symlink("changed", path)
    os.utime(path, ns=(when, when), follow_symlinks=False)


def append(path):
    when = os.stat(path).st_mtime_ns
    with open(path, "ab") as file:
        file.write(b"!")
    os.utime(path, ns=(when, when))


def retype(path):
    os.unlink(path)
    os.mkfifo(path)


TAMPERINGS = [
    ("small/f", flip, "content", "content differs at byte 0"),
    ("big", lambda p: flip(p, 1_234_567), "content", "content differs at byte 1234567"),
    ("big", lambda p: flip(p, 2_999_999), "content", "content differs at byte 2999999"),
    ("big", append, "size", "size is 3000001, not 3000000"),
    ("small/f", lambda p: os.chmod(p, 0o600), "mode", "mode is 0600, not 0644"),
    ("small/f", retime, "mtime", "time of last change"),
    ("small", lambda p: os.chmod(p, 0o700), "mode", "mode is 0700, not 0755"),
    ("small", retime, "mtime", "time of last change"),
    ("small/link", relink, "target", "points to something else"),
    ("small/link", retime, "mtime", "time of last change"),
    ("big", os.unlink, "missing", "missing"),
    ("empty", os.rmdir, "missing", "cannot be opened as a directory"),
    ("big", retype, "type", "is a FIFO, not a regular file"),
]


def comparing_finds_each_change():
    with workplace():
        os.makedirs("src/small", 0o755)
        os.mkdir("src/empty")
        write("src/small/f", b"abc")
        os.symlink("f", "src/small/link")
        write("src/big", os.urandom(3_000_000))
        for path, change, what, text in TAMPERINGS:
            cp("-r", "src", "dst")
            times = os.stat("dst").st_mtime_ns
            small = os.stat("dst/small").st_mtime_ns
            cp("-r", "-T", "--compare", "src", "dst")
            change("dst/" + path)
            os.utime("dst", ns=(times, times))
            if path.startswith("small/"):
                os.utime("dst/small", ns=(small, small))
            done = fails("--json", "-r", "-T", "--compare", "src", "dst", saying=text)
            found = json.loads(done.stdout)["verified"]["differences"]
            tap.equal([(d["path"], d["what"]) for d in found], [("dst/" + path, what)],
                      f"{path} {what}")
            cp("-r", "-T", "--compare", "dst", "dst")
            shutil.rmtree("dst")


def verifying_finds_what_changes_behind_our_back():
    """The destination is changed between copying and comparing, by a watcher."""
    with workplace():
        write("a", b"0" * (BIG // 2))
        write("z", b"z" * 1000)
        over = threading.Event()
        hits = []

        def spoil():
            while not over.is_set():
                with contextlib.suppress(OSError):
                    flip("dst/z", 500)
                    hits.append(1)
                    return

        os.mkdir("dst")
        watcher = threading.Thread(target=spoil)
        watcher.start()
        try:
            done = tap.run([TOOL, "cp", "--verify", "z", "a", "dst"])
        finally:
            over.set()
            watcher.join()
        tap.check(hits, "the watcher never got at it")
        tap.equal(done.returncode, 1, done.stdout + done.stderr)
        tap.check("'dst/z': content differs at byte 500" in done.stderr, done.stderr)


def what_failed_to_be_copied_is_not_reported_twice():
    with workplace():
        os.mkdir("src")
        os.mkfifo("src/fifo")
        write("src/f")
        done = fails("-r", "--verify", "src", "dst", saying="left out a FIFO")
        tap.equal(done.stderr.count("fifo"), 1, done.stderr)
        tap.check("1 file" in done.stdout and "0 differences" in done.stdout, done.stdout)


# --- what it says ------------------------------------------------------------


def wrong_calls_say_so():
    for arguments, words in [([], "what is to be copied"), (["a"], "where is 'a'"),
                             (["--depth", "0", "a", "b"], "--depth takes"),
                             (["--depth", "x", "a", "b"], "--depth takes"),
                             (["--depth", "9999999999", "a", "b"], "--depth takes"),
                             (["--depth"], "needs a value"), (["--nonsense", "a", "b"], "--nonsense"),
                             (["-x", "a", "b"], "-x"), (["-T", "a", "b", "c"], "-T"),
                             (["", "b"], "empty")]:
        done = cp(*arguments, status=2)
        tap.check(words in done.stderr, f"{arguments}: {done.stderr}")
        tap.equal(done.stdout, "")
    tap.check("--verify" in cp("--help").stdout, "help")


def failures_are_safe_to_print_and_to_parse():
    with workplace():
        name = b"bad\xff\x1b[2J\n"
        os.mkdir("src")
        os.mkfifo(b"src/" + name)
        done = tap.run([TOOL, "cp", "-r", "--json", "src", "dst"])
        tap.equal(done.returncode, 1)
        tap.check("\x1b" not in done.stderr and r"\033[2J\012" in done.stderr, repr(done.stderr))
        failure = json.loads(done.stdout)["failures"][0]
        tap.equal(bytes.fromhex(failure["path_hex"]), b"src/" + name)
        tap.equal(failure["path"], "src/bad\ufffd\x1b[2J\n")


def the_json_has_all_fields():
    with workplace():
        os.mkdir("src")
        write("src/a", b"123")
        os.symlink("a", "src/l")
        report = cp_json("-r", "--verify", "src", "dst")
        seconds, rate = report.pop("seconds"), report.pop("rate")
        tap.check(seconds > 0 and abs(rate * seconds - 3) < 1e-3, f"{seconds} {rate}")
        verified = report.pop("verified")
        tap.equal({key: verified[key] for key in ("files", "dirs", "symlinks", "bytes",
                                                  "differences")},
                  {"files": 1, "dirs": 1, "symlinks": 1, "bytes": 3, "differences": []})
        tap.equal(report, {"format": 1, "ok": True, "signal": None, "files": 1, "dirs": 1,
                           "symlinks": 1, "bytes": 3, "hard_links": 0, "holes_bytes": 0,
                           "direct_fallbacks": 0, "depth": 64, "failures": []})
        done = cp("-r", "src", "dst2")
        tap.check(re.fullmatch(r"copied 1 file, 1 directory, 1 symbolic link: 3 bytes in "
                               r"\d+\.\d\d s, .*/s\n", done.stdout), done.stdout)
        tap.equal(cp("-q", "-r", "src", "dst3").stdout, "")


def on_terminal(*arguments):
    """What the tool shows on a terminal of 100 columns as its stderr; its stdout."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen([TOOL, "cp", *arguments], stderr=follower, stdout=subprocess.PIPE,
                               env={**os.environ, "TERM": "xterm"})
    os.close(follower)
    shown = b""
    while True:
        ready, _, _ = select.select([leader], [], [], 60)
        try:
            piece = os.read(leader, 65536) if ready else b""
        except OSError:  # the other end is closed
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(leader)
    out, _ = process.communicate(timeout=60)
    return process.returncode, shown.decode(), out.decode()


def the_bar_is_for_terminals():
    with workplace():
        os.mkdir("src")
        block = os.urandom(1 << 20)
        for i in range(4):
            write(f"src/{i}", block * 64)
        began = time.monotonic()
        status, shown, out = on_terminal("-r", "--verify", "src", "dst")
        took = time.monotonic() - began
        tap.equal(status, 0, shown)
        frames = [f for f in shown.split("\r\x1b[K") if f]
        tap.check(frames, "no bar")
        tap.check(len(frames) <= took * 10 + 3, f"{len(frames)} frames in {took:.2f} s")
        tap.check(re.search(r"\[#*\.*\] +\d+%  [\d.]+ \wiB  \d+ files  .*/s  \d+:\d\d left", shown),
                  repr(frames[-3:]))
        tap.check(all(len(f) < 100 for f in frames), "a line wraps")
        tap.check(shown.endswith("\r\x1b[K"), "the bar stays: " + repr(shown[-40:]))
        tap.check("copied 4 files" in out, out)
        for option in ("--no-progress", "--quiet"):
            tap.equal(on_terminal("-r", "-T", option, "src", "dst")[1], "", option)
        tap.equal(cp("-r", "-T", "src", "dst").stderr, "", "no terminal")
        tap.check("files" in cp("-r", "-T", "--progress", "src", "dst").stderr, "--progress")


def nothing_but_the_ring_moves_the_data():
    """System calls of the process that grow with the number of files: only the documented ones."""
    if not shutil.which("strace"):
        raise tap.Skip("no strace")
    counts = []
    with workplace():
        for number in (10, 210):
            os.mkdir(f"src{number}")
            for i in range(number):
                write(f"src{number}/{i}", b"data")
            os.mkdir(f"src{number}/d")
            os.symlink("x", f"src{number}/l")
            done = tap.run(["strace", "-qq", "-c", "-U", "name,calls", "-o", "trace",
                            TOOL, "cp", "-r", f"src{number}", "dst"])
            if done.returncode:
                raise tap.Skip("strace cannot trace here: " + done.stderr.strip())
            table = read("trace").decode().splitlines()
            counts.append({words[0]: int(words[1]) for words in map(str.split, table)
                           if len(words) == 2 and words[1].isdigit()})
            shutil.rmtree("dst")
    grown = {name for name, calls in counts[1].items() if calls > counts[0].get(name, 0) + 20}
    tap.check(grown <= {"io_uring_enter", "utimensat", "total", "clock_gettime"},
              f"these grow: {grown}")


def where_io_uring_is_blocked_it_says_why():
    with workplace():
        write("f")
        done = tap.run([SECCOMP_RUN, "EPERM", TOOL, "cp", "f", "g"])
        if done.returncode == 125:
            raise tap.Skip("no seccomp filter can be installed: " + done.stderr)
        tap.equal(done.returncode, 1, done.stderr)
        tap.check("io_uring cannot be used: SeccompFilter" in done.stderr, done.stderr)
        tap.check(not os.path.exists("g"), "g was made")


TESTS = [
    a_tree_arrives_as_it_was,
    copied_again_over_itself_it_is_the_same,
    any_user_can_copy_a_tree,
    depth_changes_nothing,
    twenty_descriptors_are_enough,
    too_few_descriptors_are_named,
    holes_stay_holes,
    hard_links_stay_together,
    special_bits_need_the_same_owner,
    a_default_acl_does_not_spoil_the_mode,
    files_without_a_size_are_read_to_their_end,
    o_direct_copies_any_length,
    where_o_direct_is_refused_it_says_so,
    fsync_is_asked_for,
    *[("goes where cp puts it: " + " ".join(arguments),
       lambda arguments=arguments: goes_where_cp_puts_it(arguments)) for arguments in LIKE_CP],
    *[("is refused: " + " ".join(arguments),
       lambda arguments=arguments, saying=saying: is_refused(arguments, saying))
      for arguments, saying in REFUSED],
    two_sources_of_one_name_are_refused,
    many_sources_arrive,
    devices_and_fifos_are_not_replaced,
    links_in_the_destination_are_replaced_not_followed,
    replacing_is_atomic,
    unreadable_things_are_named_and_the_rest_arrives,
    a_destination_without_permission_is_named,
    special_files_are_left_out_by_name,
    a_full_disk_is_named_and_leaves_nothing_half,
    a_file_size_limit_is_named,
    names_that_are_too_long_are_named,
    a_source_that_shrinks_is_named_and_absent,
    a_source_that_grows_is_copied_as_it_was,
    ("SIGINT leaves nothing half", lambda: a_signal_leaves_nothing_half(signal.SIGINT)),
    ("SIGTERM leaves nothing half", lambda: a_signal_leaves_nothing_half(signal.SIGTERM)),
    a_signal_at_any_time_leaves_nothing_half,
    vanishing_sources_hang_nothing,
    stopping_and_continuing_loses_nothing,
    interruptions_lose_nothing,
    comparing_finds_each_change,
    verifying_finds_what_changes_behind_our_back,
    what_failed_to_be_copied_is_not_reported_twice,
    wrong_calls_say_so,
    failures_are_safe_to_print_and_to_parse,
    the_json_has_all_fields,
    the_bar_is_for_terminals,
    nothing_but_the_ring_moves_the_data,
    where_io_uring_is_blocked_it_says_why,
]


def main():
    try:
        need_io_uring()
    except tap.Skip as reason:
        said = str(reason)

        def skip():
            raise tap.Skip(said)

        tap.main([(name, skip) for name in [t[0] if isinstance(t, tuple) else t.__name__
                                            for t in TESTS]])
    tap.main(TESTS)


main()
