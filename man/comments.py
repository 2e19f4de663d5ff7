# SPDX-License-Identifier: MIT
"""
comments.py - the words of a header's comment as blocks, which a manual page can show.

    for block in comments.blocks(text):
        block is Paragraph, Definitions, Bullets or Verbatim

How the headers write: paragraphs have an empty line between them; "@buf  words" and
"  -EINVAL  words" are definitions, two spaces or more before the words, which go on in lines
that are indented more; "- words" is a bullet; four spaces after an empty line stand for
themselves.
"""
import re
from dataclasses import dataclass


@dataclass
class Paragraph:
    text: str


@dataclass
class Definitions:
    pairs: list  # of (term, blocks)


@dataclass
class Bullets:
    items: list  # of blocks


@dataclass
class Verbatim:
    lines: list


DEFINITION = re.compile(r"(?P<indent> *)(?P<term>\S+(?: \S+)*?) {2,}(?P<words>\S.*)\Z")
PARAMETERS = re.compile(r"@\w+(?:, @\w+)*\Z")
SUMMARY = re.compile(r"(rf_\w+)\(\) - ")


def indent_of(line):
    return len(line) - len(line.lstrip(" "))


def definition(line):
    """(indent, term, words) if the line begins one."""
    found = DEFINITION.match(line)
    if not found:
        return None
    indent, term = len(found["indent"]), found["term"]
    if PARAMETERS.match(term) if indent == 0 else indent <= 3 and not term.startswith("@"):
        return indent, term, found["words"]
    return None


def taken_in(lines):
    """Lines without what all of them are indented by."""
    least = min((indent_of(line) for line in lines if line), default=0)
    return [line[least:] for line in lines]


def behind(lines, start, indent):
    """The end of the lines from start on that are indented more, empty ones in between."""
    end = start
    for at in range(start, len(lines)):
        if lines[at] and indent_of(lines[at]) <= indent:
            break
        if lines[at]:
            end = at + 1
    return end


def with_head(words, lines):
    """Blocks of a definition: its first words, and the lines that go on."""
    below = taken_in(lines)
    if not below or not below[0] or definition("  " + below[0]):
        return [Paragraph(words)] + blocks_of_lines(["  " + line if line else "" for line in below])
    return blocks_of_lines([words] + below)


def definitions(lines, at):
    """A list of definitions that begins at this line. Returns it and its end."""
    indent = definition(lines[at])[0]
    pairs = []
    while at < len(lines):
        found = definition(lines[at]) if lines[at] else None
        if not lines[at]:
            # A list may have empty lines in it, if it goes on behind them.
            rest = [line for line in lines[at:] if line]
            found = definition(rest[0]) if rest else None
            if not found or found[0] != indent or not found[1].startswith("@"):
                break
            at += 1
            continue
        if not found or found[0] != indent:
            break
        end = behind(lines, at + 1, indent)
        pairs.append((found[1], with_head(found[2], lines[at + 1:end])))
        at = end
    return Definitions(pairs), at


def bullets(lines, at):
    items = []
    while at < len(lines) and lines[at].startswith("- "):
        end = behind(lines, at + 1, 0)
        items.append(blocks_of_lines([lines[at][2:]] + taken_in(lines[at + 1:end])))
        at = end
    return Bullets(items), at


def blocks_of_lines(lines):
    found, at, words = [], 0, []

    def paragraph():
        if words:
            found.append(Paragraph(" ".join(words)))
            words.clear()

    while at < len(lines):
        line = lines[at]
        if not line:
            paragraph()
            at += 1
        elif definition(line):
            paragraph()
            block, at = definitions(lines, at)
            found.append(block)
        elif line.startswith("- ") and not words:
            block, at = bullets(lines, at)
            found.append(block)
        elif indent_of(line) >= 4 and not words:
            end = behind(lines, at, 3)
            found.append(Verbatim(taken_in(lines[at:end])))
            at = end
        else:
            words.append(line.strip())
            at += 1
    paragraph()
    return found


def blocks(text):
    # A term that is too long for its column has its words in the next line.
    text = re.sub(r"^( {2,3}\S.*)\n {12,}(?=\S)", lambda m: m[0] if definition(m[1])
                  else m[1] + "  ", text, flags=re.MULTILINE)
    return blocks_of_lines(text.split("\n"))


def summary_and_rest(text):
    """
    What "rf_init() - open a ring." says and the rest of the comment; or None and all of it,
    if it does not begin in that way.
    """
    if not SUMMARY.match(text):
        return None, text
    head, _, rest = text.partition("\n\n")
    # The summary is a sentence; more may follow in the same paragraph.
    return re.sub(r"\s+", " ", SUMMARY.sub("", head)), rest
