#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
test_man.py SOURCE FACTS MAN3 MAN7 - the manual that man/pages.py makes.

Held here: no reader of manual pages finds fault with a page. The page of an operation
tells all that the table of operations has, and that of READ what a newcomer must know; the
examples compile. And a manual cannot be made of headers that leave something unsaid: a
function without a comment, one that is named but not there, a page that begins with "The
same".
"""
import glob
import json
import os
import re
import shutil
import sys
import tempfile

import tap

source, facts, man3, man7 = sys.argv[1:5]
sys.path.insert(0, os.path.join(source, "man"))
import headers  # pylint: disable=wrong-import-position
import op_pages  # pylint: disable=wrong-import-position


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def pages():
    """The files that are pages, and no further name of one."""
    found = [path for path in sorted(glob.glob(f"{man3}/*") + glob.glob(f"{man7}/*"))
             if not read(path).startswith(".so ")]
    tap.check(len(found) > 100, f"there are {len(found)} pages")
    return found


def flat(text):
    return re.sub(r"\s+", " ", text).strip()


def needs(program):
    if not shutil.which(program):
        raise tap.Skip(f"there is no {program}")


def plain(text):
    """Without the typographic signs that groff has for some."""
    for sign, word in (("\u2212", "-"), ("\u2010", "-"), ("\u2019", "'"), ("\u2018", "`")):
        text = text.replace(sign, word)
    return text


def rendered(path):
    """As a reader sees it, but in one line, with no word broken."""
    needs("groff")
    return flat(plain(tap.must_run(["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=2000n", path])))


# --- readers -----------------------------------------------------------------


def groff_finds_no_fault():
    needs("groff")
    said = "".join(tap.run(["groff", "-man", "-ww", "-z", "-Tutf8", path]).stderr
                   for path in pages())
    tap.equal(said, "")


def mandoc_finds_no_fault():
    needs("mandoc")
    # A date would differ from build to build, and says less than the version.
    said = tap.run(["mandoc", "-Tlint", "-W", "warning", *pages()]).stdout
    tap.equal([row for row in said.splitlines() if row and "missing date" not in row], [])


def no_line_is_wider_than_a_screen():
    """But for code, which is shown as it stands in the headers."""
    needs("groff")
    code = "".join(read(path) for path in
                   [*glob.glob(f"{source}/include/**/*.h", recursive=True), f"{source}/README.md"])
    for path in pages():
        out = tap.must_run(["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=80n", path])
        wide = [row for row in plain(out).splitlines() if len(row) > 80 and row.strip() not in code]
        tap.equal(wide, [], os.path.basename(path))


def man_shows_a_page_by_each_of_its_names():
    needs("man")
    manual = os.path.dirname(os.path.abspath(man3))
    expected = tap.must_run(["man", "-M", manual, "-P", "cat", "rf_read"])
    tap.check("rf_prep_read" in expected, "the page is not that of rf_read")
    for name in ("rf_prep_read", "rf_read_select", "RF_OP_READ"):
        tap.equal(tap.must_run(["man", "-M", manual, "-P", "cat", name]), expected, name)
    tap.equal(tap.must_run(["man", "-P", "cat", "-l", os.path.join(man3, "rf_read.3")]), expected,
              "man -l")


def every_reference_leads_to_a_page():
    """Of ours; those of the system need not be installed."""
    known = {os.path.basename(path) for path in glob.glob(f"{man3}/*") + glob.glob(f"{man7}/*")}
    known.add("ringfence.1")
    for path in pages():
        text = read(path).replace("\\-", "-")
        for name, section in (re.findall(r"((?:rf_|RF_|ringfence)[\w-]*)(?:\\fP)?\((\d)\)", text) +
                              re.findall(r"^\.BR (ringfence\S*|rf_\S+) \((\d)\)", text, re.M)):
            tap.check(f"{name}.{section}" in known, f"{path} refers to {name}({section})")


# --- operations --------------------------------------------------------------


def operations():
    found = json.loads(read(facts))["operations"]
    tap.check(len(found) >= 65, f"{len(found)} operations")
    return found


def page_of(op):
    path = os.path.join(man3, f"RF_OP_{op['name']}.3")
    link = re.match(r"\.so (man3/\S+)", read(path))
    return os.path.join(os.path.dirname(man3), link[1]) if link else path


def facts_of(op):
    """What has to be told, word by word."""
    yield from (f"{name}" for name, _ in op_pages.calls_of(op))
    yield from (op["since"], op["text"], op["result"], op["notes"], op["worker_note"])
    for field in op["fields"]:
        yield from (field["meaning"], field["type"])
    yield from op["must_be_zero"]
    for at, loan in enumerate(op["loans"]):
        yield from (op_pages.loan_name(op, at), loan["lent"], loan["until"], loan["condition"],
                    loan["note"])
    for feature in ("multishot", "notification", "buffer_select", "registered_buffer"):
        yield from (op[feature]["since"], op[feature]["how"])


def comparable(text):
    """Without what differs between a table and a page: references, and capitals."""
    text = re.sub(r"\b([a-z]+)\.h\b", r"ringfence-\1()", flat(text))
    return re.sub(r"\(\d?\)", "()", text).lower()


def a_page_tells_all_that_the_table_has():
    for op in operations():
        page = comparable(rendered(page_of(op)))
        for fact in facts_of(op):
            tap.check(not fact or comparable(fact) in page, f"{op['name']}: not told: {fact}")


def part(page, title, following):
    found = re.search(rf" {title} (.*?) {following} ", page)
    tap.check(found, f"no part {title!r}")
    return found[1]


def read_tells_a_newcomer_all():
    page = rendered(os.path.join(man3, "rf_read.3"))
    for words in ("rf_prep_read, rf_read, rf_read_select - READ of io_uring: pread(2), read(2)",
                  "#include <ringfence.h>",
                  "void rf_prep_read(struct rf_sqe *sqe, int fd, void *buf, size_t len, uint64_t "
                  "offset);", "Link with -lringfence."):
        tap.check(words in page, f"{words!r} is not on the page")
    passed = part(page, "WHAT TO PASS", "RETURN VALUE")
    for words in ("sqe What to fill", "fd The file.", "buf Where the bytes go.", "len Bytes to read.",
                  "offset Bytes from the start of the file", "UINT64_MAX",
                  "ring, user_data The ring, and a number that comes back in the CQE."):
        tap.check(words in passed, f"{words!r} is not in {passed}")
    tap.check("NULL: the submission queue is full" in part(page, "RETURN VALUE", "WHAT COMES BACK"),
              "what NULL means")
    back = part(page, "WHAT COMES BACK", "ERRORS")
    for words in ("cqe->user_data", "cqe->res Bytes read, perhaps fewer than asked; 0: the end of "
                  "the file. Or a negative errno"):
        tap.check(words in back, f"{words!r} is not in {back}")
    errors = part(page, "ERRORS", "WHAT IS LENT, AND UNTIL WHEN")
    for words in ("pread(2) or read(2)", "-EBADF A descriptor is not open", "-ECANCELED",
                  "-EFAULT Memory that it reads or writes is not this process's."):
        tap.check(words in errors, f"{words!r} is not in {errors}")
    lent = part(page, "WHAT IS LENT, AND UNTIL WHEN", "FLAGS, BUFFERS AND RINGS")
    tap.check("buf Without RF_SQE_BUFFER_SELECT: data, len bytes. The kernel writes it. Leave it "
              "alone until the operation is completed: its CQE without RF_CQE_F_MORE." in lent, lent)
    tap.check("since Linux 5.6" in part(page, "VERSIONS", "EXAMPLES"), "the first kernel")
    see = page.partition(" SEE ALSO ")[2]
    for words in ("ringfence(7)", "ringfence-ops(7)", "pread(2)", "rf_submit(3)"):
        tap.check(words in see, f"{words!r} is not in {see}")


def the_examples_compile():
    """Each as the body of a function with the parameters of the one that it shows."""
    items = headers.exported(headers.read_all(os.path.join(source, "include")))
    bodies = []
    for op in operations():
        example = op_pages.example(op)
        if not example:
            continue
        # On the page in front of the reader, too.
        shown = read(page_of(op)).replace("\\-", "-").replace("\\&", "")
        tap.check("\n".join(example) in shown, f"{op['name']}: the example is not on the page")
        name = re.search(r"\b(rf_\w+)\(", example[0])[1]
        parameters = items[name].text.partition("(")[2]
        bodies.append(f"int example_{name}({parameters};\nint example_{name}({parameters}\n{{\n" +
                      "\n".join(example) + "\nreturn 0;\n}\n")
    tap.check(len(bodies) > 60, f"{len(bodies)} examples")
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "examples.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#include <errno.h>\n#include <ringfence.h>\n" + "\n".join(bodies))
        tap.must_run(["cc", "-std=c11", "-Wall", "-Wextra", "-Wno-missing-declarations", "-Werror",
                      "-fsyntax-only", "-I", os.path.join(source, "include"), path])


# --- what cannot be made -----------------------------------------------------


def make(change=None):
    """Makes the manual from changed headers: {header: (old, new)}. Status, and what it said."""
    with tempfile.TemporaryDirectory() as top:
        include = os.path.join(top, "include")
        shutil.copytree(os.path.join(source, "include"), include)
        for name, (old, new) in (change or {}).items():
            path = os.path.join(include, "ringfence", name)
            text = read(path)
            tap.equal(text.count(old), 1, f"{old!r} in {name}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(old, new))
        done = tap.run([sys.executable, os.path.join(source, "man", "pages.py"), include, facts,
                        os.path.join(source, "README.md"),
                        os.path.join(source, "man", "ringfence.7.in"), "0.1.0",
                        os.path.join(top, "out")])
    return done.returncode, done.stderr


def refuses(change, why):
    status, said = make(change)
    tap.check(status != 0, f"a manual was made with {change}")
    tap.check(re.search(why, said), f"it says: {said}")


def the_headers_as_they_are_will_do():
    tap.equal(make(), (0, ""))


END = "RF_END_DECLS\n"


def a_function_without_a_comment_is_refused():
    refuses({"sync.h": (END, "RF_API int rf_new(void);\n" + END)}, r"rf_new\(\) has no comment")
    refuses({"sync.h": (END, "RF_INLINE int rf_new(void)\n{\n    return 1;\n}\n" + END)},
            r"rf_new\(\) has no comment")
    # One that queues may do without, if what it queues has one.
    refuses({"prep_base.h": ("/* Does nothing. res 0. Since 5.1. */\n", "")},
            r"rf_(prep_)?nop\(\) has no comment")


def a_new_function_has_a_page():
    tap.equal(make({"sync.h": (END, "/* New. */\nRF_API int rf_new(void);\n" + END)}), (0, ""))


def a_name_that_is_not_there_is_refused():
    refuses({"prep_base.h": ("/* Does nothing. ", "/* Does nothing, unlike rf_gone(). ")},
            r"rf_gone\(\), which is in no header")
    # The table of operations tells of a function that has gone.
    refuses({"prep_base.h": ("rf_prep_nop128(struct", "rf_prep_gone(struct")}, r"rf_prep_nop128")


def a_page_that_begins_with_the_same_is_refused():
    refuses({"prep_base.h": ("/* Does nothing. ", "/* The same. ")}, "begins with: The same")


def what_is_not_understood_is_refused():
    refuses({"sync.h": (END, "int stray;\n" + END)}, "neither public nor a type")
    refuses({"sync.h": (END, "/* a */\nRF_API int rf_a(void); /* of b? */\n" + END)},
            "a comment behind a declaration")


tap.main([
    groff_finds_no_fault,
    mandoc_finds_no_fault,
    no_line_is_wider_than_a_screen,
    man_shows_a_page_by_each_of_its_names,
    every_reference_leads_to_a_page,
    a_page_tells_all_that_the_table_has,
    read_tells_a_newcomer_all,
    the_examples_compile,
    the_headers_as_they_are_will_do,
    a_function_without_a_comment_is_refused,
    a_new_function_has_a_page,
    a_name_that_is_not_there_is_refused,
    a_page_that_begins_with_the_same_is_refused,
    what_is_not_understood_is_refused,
])
