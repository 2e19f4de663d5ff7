# SPDX-License-Identifier: MIT
"""
test_bench.py SOURCE BUILD SECCOMP_RUN PLAIN WORKER... - the benchmark's harness: that it measures
what it says, that a failure is none of its numbers, and that it says what it cannot have. No
figure is held here.
"""
import json
import os
import sys
import tempfile

import tap

SOURCE, BUILD, SECCOMP_RUN, PLAIN, *WORKERS = sys.argv[1:]
RUN = os.path.join(SOURCE, "bench", "run.py")
sys.path.insert(0, os.path.join(SOURCE, "bench"))
import measure  # pylint: disable=wrong-import-position

os.environ["RINGFENCE_CHECK"] = "0"  # a stand-in for the kernel keeps no promises


def ask(worker, request, *before):
    return tap.must_run([*before, worker, "-", request]).strip()


def needs_rings():
    answer = ask(WORKERS[0], "loop shape=nop ops=1")
    if answer.startswith("no "):
        raise tap.Skip(answer)


def needs_sq_threads():
    answer = ask(WORKERS[0], "stream setup=sqpoll sq_cpu=0 ops=1")
    if answer.startswith("no "):
        raise tap.Skip(answer)


def bench(*options):
    """The results of a short run."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "results.json")
        tap.must_run([sys.executable, RUN, "--quick", "--c-only", "--meson", BUILD,
                      "--build", place, "--json", path, *options])
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def every_cell_has_a_value():
    needs_rings()
    needs_sq_threads()
    results = bench("--only", "standin,published,nop")
    tap.equal([row["name"] for row in results["rows"]], ["standin", "published", "nop"])
    for row in results["rows"]:
        tap.check(row["cells"], f"{row['name']} has no cells")
        for cell in row["cells"]:
            for name in ("ringfence", *(["liburing"] if len(WORKERS) > 1 else [])):
                found = cell["results"][name]
                if name == "liburing" and row["name"] == "published":
                    tap.equal(found["missing"], "this peer has no such way")
                else:
                    tap.check(found.get("median", 0) > 0, f"{row['name']} {cell['label']}: {found}")
                    tap.equal(found["samples"], 3)


def peers_that_are_missing_have_a_reason():
    needs_rings()
    results = bench("--only", "nop")
    for cell in results["rows"][0]["cells"]:
        tap.equal(cell["results"]["Zig"], {"missing": "left out: --c-only"})


def tables_of_a_document_are_filled():
    needs_rings()
    with tempfile.TemporaryDirectory() as place:
        page, path = os.path.join(place, "page.md"), os.path.join(place, "results.json")
        results = bench("--only", "nop")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(results, file)

        def fill(*names):
            with open(page, "w", encoding="utf-8") as file:
                file.writelines(f"<!-- bench: {name} -->\nold\n<!-- bench: end -->\n"
                                for name in names)
            done = tap.run([sys.executable, os.path.join(SOURCE, "bench", "document.py"), path, page])
            with open(page, encoding="utf-8") as file:
                return done.returncode, file.read()
        status, text = fill("nop", "echo")
        tap.equal(status, 0)
        tap.equal(text.count("| defaults | 1 | "), 1)
        tap.equal(text.count("old"), 1)  # nothing was measured for the other
        tap.check(text.endswith("<!-- bench: echo -->\nold\n<!-- bench: end -->\n"), text)
        status, text = fill("no such table")
        tap.equal((status, text.count("old")), (0, 1))  # a name is one word
        status, text = fill("no-such-table")
        tap.check(status != 0 and text.count("old") == 1, text)


def every_table_of_the_document_is_known():
    sys.path.insert(0, os.path.join(SOURCE, "bench"))
    import document  # pylint: disable=import-outside-toplevel
    with open(os.path.join(SOURCE, "docs", "performance.md"), encoding="utf-8") as file:
        text = file.read()
    names = [name for _, name, _ in document.MARKED.findall(text)]
    tap.equal(set(names), set(document.TABLES))
    tap.equal(text.count("<!-- bench: "), 2 * len(names))


def every_shape_completes_as_often_as_asked():
    needs_rings()
    needs_sq_threads()
    for worker in WORKERS:
        for shape in ("nop", "read", "send", "link", "bufs"):
            for copied in (0, 1):
                answer = ask(worker, f"loop setup=standin shape={shape} batch=32 copied={copied} "
                                     "ops=3200")
                tap.check(answer.startswith("ok ops=3200 ") and answer.endswith(" failed=0"),
                          f"{worker} {shape} {copied}: {answer}")


def failed_operations_are_no_result():
    """Sends go nowhere in a loop that is no socket's: they fail, and that is told."""
    needs_rings()
    request = "loop setup=defaults shape=send batch=8 publish=wait ops=80"
    for program in WORKERS:
        answer = ask(program, request)
        tap.check(answer.startswith("ok ") and answer.endswith(" failed=80"), answer)
        worker = measure.Worker(program, "-")
        try:
            said = worker.ask(request)
        except measure.Missing as reason:
            tap.equal(str(reason), "80 operations failed")
        else:
            raise AssertionError(f"taken for a result: {said}")
        finally:
            worker.stop()


def nonsense_is_an_error():
    for request in ("", "dance", "loop shape=square", "loop shape", "loop batch=0", "loop setup=mine",
                    "loop shape=link batch=3", "loop copied=1 batch=999"):
        answer = ask(WORKERS[0], request)
        tap.check(answer.startswith("error "), f"{request}: {answer}")


def blocked_rings_are_told():
    done = tap.run([SECCOMP_RUN, "EPERM", WORKERS[0], "-", "loop shape=nop ops=1"])
    if done.returncode == 125:
        raise tap.Skip(done.stderr.strip() or "no seccomp here")
    tap.equal(done.stdout.strip(), "no no such ring here: Operation not permitted")


tap.main([every_cell_has_a_value, peers_that_are_missing_have_a_reason,
          tables_of_a_document_are_filled, every_table_of_the_document_is_known,
          every_shape_completes_as_often_as_asked, failed_operations_are_no_result,
          nonsense_is_an_error, blocked_rings_are_told])
