# SPDX-License-Identifier: MIT
"""
test_tool_bench.py TOOL SECCOMP_RUN - `ringfence bench`: it measures what it says or tells why not,
leaves nothing behind, and is called rightly or not at all. No figure is held.
"""
import json
import os
import sys
import tempfile

import tap

TOOL, SECCOMP_RUN = sys.argv[1:3]


def bench(*options, status=0, wrap=(), **more):
    done = tap.run([*wrap, TOOL, "bench", *options], **more)
    if done.returncode == 1 and "io_uring cannot be used" in done.stderr and not wrap:
        raise tap.Skip(done.stderr.splitlines()[0])
    tap.equal(done.returncode, status, f"{options}\n{done.stdout}{done.stderr}")
    return done


def every_line_has_a_rate_between_its_quartiles():
    with tempfile.TemporaryDirectory() as place:
        said = json.loads(bench("--json", "--quick", env={**os.environ, "TMPDIR": place}).stdout)
        tap.equal(os.listdir(place), [], "left behind")
    tap.equal(said["format"], 1)
    tap.equal(len(said["measured"]), 8)
    for line in said["measured"]:
        tap.check(0 < line["low"] <= line["per_second"] <= line["high"], line)


def people_see_the_same_lines():
    said = json.loads(bench("--json", "--quick").stdout)
    text = bench("--quick").stdout
    for line in said["measured"]:
        tap.check(line["what"] in text, f"{line['what']} is not in\n{text}")
    tap.check(all(len(line) <= 80 for line in text.splitlines()), text)


def a_file_is_read_and_a_bad_one_is_named():
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "file")
        with open(path, "wb") as file:
            file.write(bytes(8192))
        tap.check(path in bench("--quick", path).stdout, "the file is not named")
        os.truncate(path, 4095)
        tap.check(path in bench("--quick", path, status=1).stderr, "less than a block")
        tap.check("nowhere" in bench("--quick", f"{place}/nowhere", status=1).stderr, "no file")
        tap.check(place in bench("--quick", place, status=1).stderr, "a directory")


def blocked_is_said_with_a_remedy():
    done = tap.run([SECCOMP_RUN, "EPERM", TOOL, "bench", "--quick"])
    if done.returncode == 125:
        raise tap.Skip(done.stderr.strip())
    tap.equal((done.returncode, done.stdout), (1, ""))
    tap.check("io_uring cannot be used" in done.stderr, done.stderr)


def called_wrongly_is_2():
    for options in (["--fast"], ["--direct"], ["one", "two"]):
        done = tap.run([TOOL, "bench", *options])
        tap.equal((done.returncode, done.stdout), (2, ""), str(options))
    tap.check(tap.must_run([TOOL, "bench", "--help"]).startswith("usage: ringfence bench"), "help")


tap.main([every_line_has_a_rate_between_its_quartiles, people_see_the_same_lines,
          a_file_is_read_and_a_bad_one_is_named, blocked_is_said_with_a_remedy,
          called_wrongly_is_2])
