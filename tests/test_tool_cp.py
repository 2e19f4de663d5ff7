#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Held here: what `ringfence cp` copies arrives as it was: content, mode, times, links and
holes, with few descriptors, as any user, through the page cache or past it. A walk of our
own compares.

    test_tool_cp.py TOOL SECCOMP_RUN ALARMS
"""
import os
import random
import resource
import stat
import struct

import tap
from cp_place import (AM_ROOT, NOBODY, cp, cp_json, fails, in_mount_namespace, make_tree,
                      no_temporaries, picture, read, same_trees, unprivileged, walk, workplace,
                      write, run_tests)


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


def a_mode_that_keeps_its_owner_out_comes_last():
    with workplace():
        os.makedirs("src/outer/inner/core")
        write("src/outer/inner/core/f")
        if AM_ROOT:
            os.chmod("src/outer/inner", 0o005)
            os.chmod("src/outer", 0o005)
        else:
            os.chmod("src/outer", 0o500)
        cp("-r", "src", "dst", **unprivileged())
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
                   "head": [((16 << 20) - 5, 5)], "many": [(i << 19, 3) for i in range(0, 30, 2)]}
        os.mkdir("src")
        for name, data in layouts.items():
            with open(f"src/{name}", "wb") as file:
                for offset, size in data:
                    os.pwrite(file.fileno(), os.urandom(size), offset)
                file.truncate(16 << 20)
        if os.stat("src/all hole").st_blocks:
            raise tap.Skip("this file system has no holes")
        report = cp_json("-r", "--verify", "src", "dst")
        same_trees("src", "dst")
        for name in layouts:
            source, copy = os.stat(f"src/{name}"), os.stat(f"dst/{name}")
            tap.check(copy.st_blocks <= source.st_blocks + 64,
                      f"{name}: {copy.st_blocks} blocks, source {source.st_blocks}")
        tap.equal(report["bytes"] + report["holes_bytes"], 5 * (16 << 20))
        tap.check(report["holes_bytes"] > 70 << 20, report["holes_bytes"])


def hard_links_stay_together():
    with workplace():
        os.makedirs("src/a/b")
        write("src/a/one", b"shared" * 50_000)
        for name in ("src/two", "src/a/b/three", "src/zz"):
            os.link("src/a/one", name)
        write("src/alone")
        os.makedirs("src2/deep")
        os.link("src/a/one", "src2/deep/four")
        for _ in range(2):  # the second time onto what is there
            report = cp_json("-r", "-T", "--verify", "src", "dst")
            tap.equal((report["files"], report["hard_links"]), (2, 3))
            inodes = {os.stat("dst/" + n).st_ino for n in ("a/one", "two", "a/b/three", "zz")}
            tap.equal(len(inodes), 1, "inodes")
            tap.equal(os.stat("dst/zz").st_nlink, 4)
            tap.check(inodes != {os.stat("src/zz").st_ino}, "linked to the source")
            same_trees("src", "dst")
            no_temporaries()
        os.mkdir("both")
        report = cp_json("-r", "--verify", "src", "src2", "both")
        tap.equal((report["files"], report["hard_links"]), (2, 4))
        tap.equal(os.stat("both/src2/deep/four").st_ino, os.stat("both/src/zz").st_ino)


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


def the_loan_checker_has_nothing_to_say():
    """The large tree, and what it takes, is in docs/lifetimes.md."""
    with workplace():
        make_tree("src")
        dice = random.Random(7)
        for number in range(600):
            os.makedirs(f"src/many/{number % 20}", exist_ok=True)
            data = dice.randbytes(dice.choice([0, 100, 5000, 70000]))
            write(f"src/many/{number % 20}/{number}", data)
        done = cp("-r", "--verify", "-q", "src", "dst", env={**os.environ, "RINGFENCE_CHECK": "1"})
        tap.equal(done.stderr, "", "reports")
        same_trees("src", "dst")


def fsync_is_asked_for():
    with workplace():
        make_tree("src")
        cp("-r", "--fsync", "--verify", "src", "dst")
        same_trees("src", "dst")


run_tests([
    a_tree_arrives_as_it_was,
    copied_again_over_itself_it_is_the_same,
    any_user_can_copy_a_tree,
    a_mode_that_keeps_its_owner_out_comes_last,
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
    the_loan_checker_has_nothing_to_say,
    fsync_is_asked_for,
])
