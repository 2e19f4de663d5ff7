#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: `ringfence cp` puts things where cp(1) puts them, refuses what would destroy
something, and replaces atomically.

    test_tool_cp_where.py TOOL SECCOMP_RUN ALARMS
"""
import os
import shutil
import stat
import threading

import tap
from cp_place import (TOOL, cp, fails, no_temporaries, picture, read, workplace, write,
                      run_tests)


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
        names = [f"n{i}" for i in range(600)]
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


run_tests([
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
])
