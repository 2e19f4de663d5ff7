# SPDX-License-Identifier: MIT
"""
headers.py - what the public headers declare, for the programs that must agree with them:
the manual (man.py) and the tests of names.

    for header in headers.read_all(include_directory):
        for part in header.parts:
            for item in part.items:
                item.kind, item.name, item.text, item.comment

Understands C as these headers are written, no more: everything public begins in the
first column, a comment that stands directly above a declaration belongs to it, and one
that has an empty line below, or another comment, is about the part. Parts are told by
lines such as "--- submit ---" in a comment. What it does not understand it raises.
"""
import os
import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>/\*.*?\*/)"
    r"|(?P<directive>\#(?:[^\n\\]|\\.)*)"
    r"|(?P<macro>RF_(?:BEGIN|END)_DECLS\b|RF_STATIC_ASSERT\([^;]*\);)"
    r"|(?P<other>[^\s#/])", re.DOTALL)
PART = re.compile(r"/\* -{3,} (.+?)(?: -+)? \*/\Z")
TYPE = re.compile(r"(?:struct|enum|union)\s+(\w+)\s*\{")
PUBLIC = re.compile(r"\bRF_(?:API|INLINE)\b")
ATTRIBUTES = re.compile(r"\b(?:RF_API|RF_NODISCARD|RF_INLINE|extern(?! \"C\"))\b\s*")


@dataclass
class Item:
    """
    Something that a header declares. kind: "function", "inline", "object", or "type" for
    structs, enums and constants, whose text is the source as it stands.
    """
    kind: str
    name: str
    text: str
    comment: str
    parameters: list = field(default_factory=list)  # names, in order
    body: str = ""                                  # of an inline, between its braces


@dataclass
class Part:
    """A part of a header: what it is called, what it says of itself, what it declares."""
    title: str
    prose: list = field(default_factory=list)
    items: list = field(default_factory=list)

    def public(self):
        return [item for item in self.items if item.kind != "type"]


@dataclass
class Header:
    path: str      # as users include it
    comment: str   # the one at its top
    parts: list

    def public(self):
        return [item for part in self.parts for item in part.public()]


class NotUnderstood(Exception):
    """Something is written in a way that this does not know."""


def comment_text(comment):
    """What a comment says, without its frame. Indentation is kept."""
    inner = re.sub(r"\A/\*+[ ]?|[ ]?\*+/\Z", "", comment)
    lines = [re.sub(r"^\s*\*[ ]?", "", line) if i else line
             for i, line in enumerate(inner.split("\n"))]
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def end_of_declaration(text, start):
    """Behind the ';', or the '}' of a function's body."""
    depth = 0
    code = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'",
                  lambda m: re.sub(r"[^\n]", " ", m[0]), text[start:], flags=re.DOTALL)
    for at, sign in enumerate(code):
        if sign in "{(":
            depth += 1
        elif sign in "})":
            depth -= 1
            # What is defined with a body ends there; a type goes on to its semicolon.
            if sign == "}" and depth == 0 and not TYPE.match(code):
                return start + at + 1
        elif sign == ";" and depth == 0:
            return start + at + 1
    raise NotUnderstood(f"no end: {text[start:start + 60]!r}")


def parameter_names(text):
    found = re.search(r"\w+\((.*)\)\Z", text, re.DOTALL)
    if not found:
        raise NotUnderstood(f"no function: {text!r}")
    if found[1].strip() == "void":
        return []
    return [re.search(r"(\w+)\s*(?:\[\d*\])?\s*\Z", p)[1] for p in found[1].split(",")]


def item_of(declaration, comment):
    """The item of a declaration; None for what is no business of a user's."""
    code = without_comments(declaration)
    if PUBLIC.search(code):
        head, _, body = code.partition("{")
        text = re.sub(r"\s+", " ", ATTRIBUTES.sub("", head)).strip(" ;")
        if "(" not in text:
            return Item("object", re.search(r"(\w+)\Z", text)[1], text, comment)
        name = re.search(r"(\w+)\s*\(", text)[1]
        kind = "inline" if "RF_INLINE" in head else "function"
        return Item(kind, name, text, comment, parameter_names(text),
                    body.rstrip().removesuffix("}"))
    found = TYPE.match(code)
    if found:
        private = found[1].startswith("rfi_")
        return None if private else Item("type", found[1], declaration, comment)
    if not re.match(r"(?:struct|enum|union)\s+\w+\s*;", code):
        raise NotUnderstood(f"neither public nor a type: {declaration!r}")
    return None


def directive_item(text, comment):
    found = re.match(r"#define (RF_\w+)", text)
    return Item("type", found[1], text, comment) if found else None


class Reader:
    """Goes through a header once."""

    def __init__(self, text):
        self.text = text
        self.top = ""
        self.parts = [Part("")]
        self.pending = None  # a comment whose owner is not known yet

    def comment(self, text, followed_by):
        title = PART.match(text)
        words = comment_text(text)
        if "SPDX" in words:
            return
        self.settle()
        if title:
            self.parts.append(Part(title[1]))
        elif not self.top:
            self.top = words
        elif followed_by.startswith("\n\n"):
            self.parts[-1].prose.append(words)
        else:
            self.pending = words

    def settle(self):
        """A comment that nothing followed which it could belong to."""
        if self.pending is not None:
            self.parts[-1].prose.append(self.pending)
        self.pending = None

    def add(self, item):
        if item:
            self.parts[-1].items.append(item)
        self.pending = None

    def read(self):
        at, last = 0, None
        while at < len(self.text):
            found = TOKEN.match(self.text, at)
            if not found:
                raise NotUnderstood(f"what is this: {self.text[at:at + 60]!r}")
            kind, end = found.lastgroup, found.end()
            if kind == "comment":
                if not re.search(r"[;}][ \t]*\Z", self.text[:at]):
                    self.comment(found[0], self.text[end:end + 2])
                elif last and last.kind != "type":
                    raise NotUnderstood(f"a comment behind a declaration: {found[0]}")
            elif kind == "directive":
                item = directive_item(found[0], self.pending or "")
                # A comment above an #include or #if is no business of a user's.
                self.add(item)
            elif kind == "other":
                end = end_of_declaration(self.text, at)
                last = item_of(self.text[at:end], self.pending or "")
                self.add(last)
            at = end
        self.settle()
        return self


def read(path, shown_as):
    with open(path, encoding="utf-8") as file:
        reader = Reader(file.read()).read()
    return Header(shown_as, reader.top, [part for part in reader.parts
                                         if part.items or part.prose or part.title])


def read_all(include):
    """All public headers, the umbrella first."""
    names = ["ringfence.h"] + sorted(
        "ringfence/" + name for name in os.listdir(os.path.join(include, "ringfence")))
    return [read(os.path.join(include, name), name) for name in names]


def is_public_name(name):
    return name.startswith("rf_")


def exported(all_headers):
    """
    {name: item} of all that a program may link to: what is declared RF_API, and every
    inline that is not private. Private helpers of inlines are among it.
    """
    return {item.name: item for header in all_headers for item in header.public()
            if is_public_name(item.name) or item.kind != "inline"}
