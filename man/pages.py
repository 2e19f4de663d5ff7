#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
pages.py INCLUDE FACTS README OVERVIEW VERSION OUTPUT - makes the manual.

INCLUDE  the directory of the public headers
FACTS    the tables of the library as JSON: what facts.c printed
README   README.md, whose program is the example of ringfence(7)
OVERVIEW ringfence.7.in
OUTPUT   gets man3/ and man7/, made anew

A page for each operation, with all functions that queue it; a page for each part of a
header, with what else it declares; and for each header one of section 7, with what its
comment says. Nothing is written here that headers or tables could say. Every other name
of a function leads to its page, by ".so". Whatever is public and has no comment, is named
but not there, or would be on two pages, ends this with an error.
"""
import json
import os
import re
import shutil
import sys

import comments
import headers
import op_pages
from roff import Page, bold, capital, code, escaped, prototype, sentence

NO_PAGE = ("base", "fence")        # headers with nothing for users in them
WITH_PAGE = ("abi_register",)      # that are no part of another, as prep_net.h is of prep.h
NOT_SHOWN = ("RF_STATIC_ASSERT",)  # constants that are none


class Mistake(Exception):
    """The headers or tables are not as a manual needs them."""


def stem(header):
    return re.sub(r".*/|\.h\Z", "", header.path)


class Manual:
    def __init__(self, all_headers, facts, readme, overview, version):
        self.headers, self.facts = all_headers, facts
        self.readme, self.overview, self.version = readme, overview, version
        self.items = headers.exported(all_headers)
        self.functions = {name: item for name, item in self.items.items()
                          if headers.is_public_name(name)}
        self.page_of = {}   # of each function: the name of its page
        self.part_page = {} # of each part, by header and title: the page of what is left of it
        self.files = {}     # "man3/rf_read.3": text
        self.types_shown = set()
        self.index = {}     # of each header's stem: [(page, title, functions)]
        self.header_pages = {stem(h): self.header_page(stem(h)) for h in all_headers}
        self.part_of = {item.name: part for h in all_headers for part in h.parts
                        for item in part.public()}

    @staticmethod
    def header_page(name):
        if name == "ringfence":
            return name
        if name in NO_PAGE:
            return None
        return "ringfence-" + (name if name in WITH_PAGE else re.sub(r"_.*", "", name))

    # --- which function is on which page ---

    def assign(self, page, names):
        for name in names:
            if name not in self.functions:
                raise Mistake(f"{page}: {name} is in no header")
            if self.page_of.setdefault(name, page) != page:
                raise Mistake(f"{name} is on two pages: {self.page_of[name]} and {page}")

    def op_page(self, op):
        names = [name for name, _ in op_pages.calls_of(op)]
        if names == ["rf_prep_rw"]:
            return "RF_OP_" + op["name"]
        if "rf_" + op["name"].lower() in names:
            return "rf_" + op["name"].lower()
        return next((name for name in names if not name.startswith("rf_prep_")), names[0])

    def assign_all(self):
        for op in self.facts["operations"]:
            page = self.op_page(op)
            if page in self.functions:
                self.assign(page, [name for name, _ in op_pages.calls_of(op)])
        for header in self.headers:
            for part in header.parts:
                left = [item.name for item in part.public()
                        if item.name in self.functions and item.name not in self.page_of]
                if left:
                    self.assign(left[0], left)
                    self.part_page[header.path, part.title] = left[0]

    def items_of(self, page):
        return [item for name, item in self.functions.items() if self.page_of[name] == page]

    def parts_of(self, items):
        """
        The parts that these are declared in, each once. One without a title is a whole header:
        what that says is in ringfence-prep(7).
        """
        parts = {id(part): part for part in (self.part_of[item.name] for item in items)
                 if part.title}
        return list(parts.values())

    # --- comments ---

    def comment_of(self, item):
        """What is said of a function: that which queues may leave it to what prepares."""
        if item.comment and not re.fullmatch(r"rf_prep_\w+\(\)", item.comment):
            return item.comment
        prep = re.search(r"\b(rf_prep_\w+)\(", item.comment or item.body)
        if not prep or not self.functions[prep[1]].comment:
            raise Mistake(f"{item.name}() has no comment, and is public")
        return f"{prep[1]}() on the next free SQE of @ring; its CQE brings @user_data."

    # --- writing ---

    def new_page(self, name, section, members):
        manual = "Library Functions" if section == 3 else "ringfence"
        title = f'.TH {escaped(name)} {section} "" "ringfence {self.version}" "{manual}"'

        def resolve(function):
            if function in members or function.startswith("rfi_") or function.endswith("_foo"):
                return None
            if function not in self.functions:
                raise Mistake(f"{name}({section}) names {function}(), which is in no header")
            return 3

        page = Page(name, section, title, resolve, self.header_pages)
        page.lines.insert(0, '.\\" Made by pages.py from the headers and tables of ringfence.')
        # Names are long here: they are not to be broken, nor spaces to be drawn out for them.
        page.raw(".nh", ".ad l")
        return page

    def finish(self, page, links=()):
        path = f"man{page.section}/{page.name}.{page.section}"
        self.add_file(path, page.text())
        for link in links:
            if link != page.name:
                self.add_file(f"man{page.section}/{link}.{page.section}", f".so {path}\n")

    def add_file(self, path, text):
        if path in self.files:
            raise Mistake(f"{path} would be written twice")
        self.files[path] = text

    def put_name(self, page, names, title):
        page.section_title("NAME")
        page.raw(", ".join(map(escaped, names)) + r" \- " + escaped(title))

    def put_synopsis(self, page, items):
        page.section_title("SYNOPSIS")
        page.raw(".nf", bold("#include <ringfence.h>"))
        for item in items:
            page.raw(".PP", *prototype(item))
        page.raw(".fi", ".PP", "Link with " + bold("-lringfence") + ".")

    def enter_index(self, header_stem, page, title, names):
        self.index.setdefault(self.header_pages[header_stem], []).append((page, title, names))

    # --- section 3 ---

    def operation(self, op):
        name = self.op_page(op)
        items = self.items_of(name) if name in self.functions else []
        page = self.new_page(name, 3, {item.name for item in items})
        members = [item.name for item in items] or [name]
        self.put_name(page, members, f"{op['name']} of io_uring: {op['text']}")
        self.put_synopsis(page, items or [self.functions["rf_prep_rw"]])
        if items:
            self.must_stand_alone(name, items[0].comment)
        described = [headers.Item(i.kind, i.name, i.text, self.comment_of(i)) for i in items]
        parts = self.parts_of(items)
        op_pages.put_description(page, op, described, [p for part in parts for p in part.prose])
        op_pages.put_parameters(page, op)
        op_pages.put_return_value(page, [item.name for item in items] or ["rf_prep_rw"])
        op_pages.put_completion(page, op)
        op_pages.put_errors(page, op)
        op_pages.put_loans(page, op)
        op_pages.put_flags(page, op)
        self.put_types(page, *parts)
        op_pages.put_versions(page, op)
        example = op_pages.example(op)
        if example:
            page.section_title("EXAMPLES")
            page.raw(*code("\n".join(example)))
        page.see_also(("ringfence", 7), ("ringfence-ops", 7), ("ringfence-prep", 7))
        self.finish(page, {*members, f"RF_OP_{op['name']}"})

    @staticmethod
    def must_stand_alone(page, comment):
        """Nothing stands before the first function of a page that it could be the same as."""
        if re.match(r"(?:The same|Undoes (?:that|either)|As above)\b", comment):
            raise Mistake(f"{page}(3) begins with: {comment.partition(chr(10))[0]}")

    def described(self, page, item, alone):
        """A function of a page that is about no operation."""
        head, rest = comments.summary_and_rest(self.comment_of(item))
        if not alone:
            page.subsection(item.name + ("()" if item.kind != "object" else ""))
        if head:
            page.paragraph(capital(head))
        page.blocks(comments.blocks(rest))

    def put_types(self, page, *parts):
        """What parts declare besides functions, as it stands. Parts of data only have titles."""
        title = "TYPES AND CONSTANTS"
        for part in parts:
            items = [item for item in part.items
                     if item.kind == "type" and item.name not in NOT_SHOWN]
            self.types_shown.update(item.name for item in items)
            if not items:
                continue
            if title:
                page.section_title(title)
            title = None
            if part.title and not part.public():
                page.subsection(capital(part.title))
                for words in part.prose:
                    page.blocks(comments.blocks(words))
            self.put_items(page, items)

    @staticmethod
    def put_items(page, items):
        # Constants that share a comment stand together.
        groups = []
        for item in items:
            if groups and not item.comment and item.text.startswith("#"):
                groups[-1][1].append(item.text)
            else:
                groups.append((item.comment, [item.text]))
        for comment, texts in groups:
            page.blocks(comments.blocks(comment))
            page.gap()
            page.raw(*code("\n".join(texts)))

    def put_named_errors(self, page, names):
        """What rf_error_name() and its like say of the calls of these functions."""
        wanted = [call for call in self.facts["calls"]
                  if set(re.findall(r"\b(rf_\w+)\(\)", call["functions"])) & names]
        rows = [(call, [e for e in self.facts["errors"] if e["call"] == call["call"]])
                for call in wanted]
        rows = [(call, errors) for call, errors in rows if errors]
        if not rows:
            return
        page.section_title("ERRORS")
        page.paragraph("By the names that rf_error_name() gives them, with what they mean and what "
                       "to do.")
        for call, errors in rows:
            page.subsection(f"RF_CALL_{call['name']}")
            put_error_rows(page, errors)
            fallback = next(c for c in self.facts["calls"] if c["call"] == call["fallback"])
            if fallback["call"]:
                page.paragraph(f"And those of RF_CALL_{fallback['name']}, in ringfence-error(7).")

    def family(self, header, part):
        name = self.part_page.get((header.path, part.title))
        if name is None:
            return
        items = self.items_of(name)
        members = [item.name for item in items]
        self.must_stand_alone(name, items[0].comment)
        title = part.title or re.sub(r"\A\w+\.h - |[.:].*", "", flat_head(header.comment))
        if len(items) == 1:
            title = (comments.summary_and_rest(items[0].comment)[0] or title).rstrip(".?")
        page = self.new_page(name, 3, set(members))
        self.put_name(page, members, title)
        self.put_synopsis(page, items)
        page.section_title("DESCRIPTION")
        about = self.header_pages[stem(header)]
        if header.comment:
            page.paragraph(f"What holds for all of this, threads and errors among it, is in "
                           f"{about}(7).")
        for words in part.prose:
            page.blocks(comments.blocks(words))
        for item in items:
            self.described(page, item, len(items) == 1)
        self.put_types(page, part)
        self.put_named_errors(page, set(members))
        page.see_also(("ringfence", 7), (about, 7))
        self.finish(page, members)
        self.enter_index(stem(header), name, title, members)

    # --- section 7 ---

    def header_manual(self, header):
        """What the comment of a header says, its types, and its pages."""
        name = self.header_pages[stem(header)]
        page = self.new_page(name, 7, set())
        head, _, rest = header.comment.partition("\n\n")
        title = re.sub(r"\A\w+\.h - ", "", re.sub(r"\s+", " ", head)).rstrip(".")
        self.put_name(page, [name], title.split(". ")[0].split(": ")[0])
        page.section_title("SYNOPSIS")
        page.raw(".nf", bold(f"#include <{header.path}>"), ".fi")
        page.section_title("DESCRIPTION")
        page.paragraph(sentence(title))
        page.blocks(comments.blocks(rest))
        without_page = [part for part in header.parts if not part.public()]
        for part in without_page:
            for words in part.prose if not part.title else []:
                page.blocks(comments.blocks(words))
        if name == "ringfence-prep":
            self.put_prep_headers(page)
        self.put_index(page, name)
        if name == "ringfence-ops":
            self.put_operations(page)
        if name == "ringfence-error":
            self.put_all_errors(page)
        self.put_types(page, *without_page)
        page.see_also(("ringfence", 7))
        self.finish(page)

    def put_prep_headers(self, page):
        """What the headers say that prep.h is made of, for all of their operations."""
        for header in self.headers:
            if stem(header).startswith("prep_"):
                page.subsection(f"<{header.path}>")
                page.paragraph(sentence(re.sub(r"\A\w+\.h - |What holds for all.*", "",
                                               flat_head(header.comment)).strip()))
                for words in header.parts[0].prose if not header.parts[0].title else []:
                    page.blocks(comments.blocks(words))

    def put_index(self, page, name):
        entries = self.index.get(name, [])
        if not entries:
            return
        page.section_title("FUNCTIONS")
        for first, title, names in entries:
            page.raw(".TP", bold(first) + "(3)")
            others = ", ".join(n + "()" for n in names if n != first)
            page.raw(page.words(capital(title) + (": " + others if others else "")))

    def put_operations(self, page):
        page.section_title("OPERATIONS")
        page.paragraph("Each with its page, and since which kernel.")
        for op in self.facts["operations"]:
            page.raw(".TP 24", bold(op["name"]))
            page.raw(f"{bold(self.op_page(op))}(3), {op['since']}: " + page.words(op["text"]))
        page.section_title("WHEN A LOAN ENDS")
        for name, words in self.facts["until"].items():
            page.term(bold(name), words)
        every = {"loans": self.facts["common_loans"], "fields": []}
        op_pages.put_loans(page, every, "WHAT EVERY SQE LENDS")
        page.section_title("RULES")
        about = None
        for rule in self.facts["rules"]:
            if rule["about"] != about:
                about = rule["about"]
                page.subsection(about)
            page.term(page.words(rule["subject"]), rule["text"])

    def put_all_errors(self, page):
        page.section_title("ERRORS")
        for call in self.facts["calls"]:
            errors = [e for e in self.facts["errors"] if e["call"] == call["call"]]
            page.subsection(f"RF_CALL_{call['name']}")
            page.paragraph(sentence(call["functions"]))
            put_error_rows(page, errors)

    def overview_page(self):
        """ringfence(7): hand-written, with what can be had from elsewhere put in."""
        page = self.new_page("ringfence", 7, set())
        umbrella = next(h for h in self.headers if stem(h) == "ringfence")
        program = re.search(r"^```c\n(.*?)^```$", self.readme, re.DOTALL | re.MULTILINE)
        if not program:
            raise Mistake("the README has no program")

        def example():
            page.raw(*code(program[1].rstrip()))

        def rules():
            page.blocks(comments.blocks(umbrella.comment.partition("\n\n")[2]))

        def pages():
            for header in self.headers:
                name = self.header_pages[stem(header)]
                if name in (None, "ringfence") or name != "ringfence-" + stem(header):
                    continue
                title = re.sub(r"\A\w+\.h - ", "", flat_head(header.comment)).rstrip(".")
                page.raw(".TP", bold(name) + "(7)")
                page.raw(page.words(sentence(title)))

        def operations():
            names = sorted({self.op_page(op) for op in self.facts["operations"]})
            page.raw(page.words(", ".join(f"{n}(3)" for n in names) + "."))

        put = {"@EXAMPLE@": example, "@RULES@": rules, "@PAGES@": pages,
               "@OPERATIONS@": operations}
        for row in self.overview.split("\n"):
            if row in put:
                put.pop(row)()
            elif row and not row.startswith('.\\"'):
                page.raw(row if row.startswith(".") else page.words(row))
        if put:
            raise Mistake(f"ringfence.7.in has no {', '.join(put)}")
        page.see_also(("ringfence", 1), ("io_uring", 7))
        self.finish(page)

    def make(self):
        self.assign_all()
        for op in self.facts["operations"]:
            self.operation(op)
        for header in self.headers:
            for part in header.parts:
                self.family(header, part)
        for header in self.headers:
            if self.header_pages[stem(header)] == "ringfence-" + stem(header):
                self.header_manual(header)
        self.overview_page()
        missing = sorted(n for n in self.functions if f"man3/{n}.3" not in self.files)
        missing += sorted(item.name for header in self.headers if stem(header) not in NO_PAGE
                          for part in header.parts for item in part.items
                          if item.kind == "type"
                          and item.name not in {*self.types_shown, *NOT_SHOWN})
        if missing:
            raise Mistake(f"no page for {', '.join(missing)}")
        return self.files


def flat_head(comment):
    return re.sub(r"\s+", " ", comment.partition("\n\n")[0])


def put_error_rows(page, errors):
    for error in errors:
        page.raw(".TP", f"{bold(errno_name(error['error']))} {escaped(error['name'])}")
        page.raw(page.words(f"{error['text']} {error['remedy']}"))


def errno_name(number):
    import errno  # pylint: disable=import-outside-toplevel
    # One number has two names here; the kernel's headers know this one.
    return "-EOPNOTSUPP" if -number == errno.EOPNOTSUPP else "-" + errno.errorcode[-number]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(files, output):
    # Anew: what has no function any more must not stay.
    for section in ("man3", "man7"):
        shutil.rmtree(os.path.join(output, section), ignore_errors=True)
        os.makedirs(os.path.join(output, section))
    for path, text in files.items():
        with open(os.path.join(output, path), "w", encoding="utf-8") as file:
            file.write(text)


def main():
    include, facts, readme, overview, version, output = sys.argv[1:]
    try:
        manual = Manual(headers.read_all(include), json.loads(read(facts)), read(readme),
                        read(overview), version)
        write(manual.make(), output)
    except (Mistake, headers.NotUnderstood) as mistake:
        sys.exit(f"the manual cannot be made: {mistake}")


if __name__ == "__main__":
    main()
