# SPDX-License-Identifier: MIT
"""
roff.py - a manual page, written with the macros of man(7).

Words come from the headers, so what they name is known by its form: rf_submit() and
read(2) become references, @buf a parameter, RF_OP_READ and -EINVAL constants.
"""
import re
import textwrap

import comments

WIDTH = 72  # of code: 80 columns without the page's indentation


def escaped(text):
    """Words that mean themselves. A hyphen between letters stays one, else it is a minus."""
    text = text.replace("\\", "\\e").replace("`", "\\(ga").replace("'", "\\(aq")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    return re.sub(r"(?<![A-Za-z])-|-(?![A-Za-z])", r"\\-", text)


def line(text):
    """A line that is no request, whatever it begins with."""
    return "\\&" + text if text[:1] in (".", "'") else text


def name(text):
    """A name, which is not to be broken at its hyphens."""
    return re.sub(r"(?<!\\)-", r"\\-", escaped(text))


def bold(text):
    return rf"\fB{name(text)}\fP"


def italic(text):
    return rf"\fI{escaped(text)}\fP"


def code(text):
    """Verbatim lines."""
    return [".nf", *(line(escaped(row)) for row in text.split("\n")), ".fi"]


def flat(text):
    return re.sub(r"\s+", " ", text).strip()


def capital(text):
    """As a sentence begins; but a name stays what it is."""
    is_name = re.match(r"[A-Za-z]*[_\d]|\w+[(\[]|\w+\.\w|\w+->", text)
    return text if is_name else text[:1].upper() + text[1:]


def sentence(text):
    text = capital(text)
    return text if text.endswith((".", "?")) else text + "."


MARKUP = re.compile(
    r"(?P<verbatim>`[^`]+`)"
    r"|(?P<function>\brfi?_\w+)\(\)"
    r"|(?P<reference>\b[a-z][\w.-]*)\((?P<section>[1-8])\)"
    r"|(?P<header><?(?:ringfence/)?\b(?P<stem>[a-z_]+)\.h\b>?)"
    r"|@(?P<parameter>\w+)"
    r"|(?P<constant>\b(?:RF|POLL|RWF|MSG|CAP|RLIMIT|SOCK|AT|EPOLL|STATX|POSIX|MADV|O|SHUT)_[A-Z]\w*"
    r"(?:\.\.\.)?|-E[A-Z0-9]{3,}\b)")


class Page:
    """
    Collects a page. resolve(function) tells what section its page is in, None for a
    function of this very page; headers maps the stem of a header to a page of section 7.
    """

    def __init__(self, own_name, section, title, resolve, headers):
        self.name, self.section = own_name, section
        self.resolve, self.headers = resolve, headers
        self.lines = [title]
        self.references = set()  # (name, section) of what the words name

    # --- words ---

    def marked(self, found):
        if found["verbatim"]:
            return bold(found["verbatim"][1:-1])
        if found["function"]:
            section = self.resolve(found["function"])
            if section is None:
                return bold(found["function"]) + "()"
            self.references.add((found["function"], section))
            return bold(found["function"]) + f"({section})"
        if found["reference"]:
            self.references.add((found["reference"], int(found["section"])))
            return bold(found["reference"]) + f"({found['section']})"
        if found["header"]:
            page = self.headers.get(found["stem"])
            if page is None:
                return bold(found["header"])
            if page == self.name:
                return "this page"
            self.references.add((page, 7))
            return bold(page) + "(7)"
        if found["parameter"]:
            return italic(found["parameter"])
        return bold(found["constant"])

    def words(self, text):
        text, parts, at = flat(text), [], 0
        for found in MARKUP.finditer(text):
            parts += [escaped(text[at:found.start()]), self.marked(found)]
            at = found.end()
        return line("".join(parts) + escaped(text[at:]))

    # --- blocks ---

    def section_title(self, title):
        self.lines.append(f'.SH "{title}"' if " " in title else f".SH {title}")

    def subsection(self, title):
        self.lines.append(f'.SS "{escaped(title)}"')

    def raw(self, *lines):
        self.lines += lines

    def paragraph(self, text):
        self.gap()
        self.lines.append(self.words(text))

    def sentence(self, text):
        """One more line of the paragraph that is being written."""
        self.lines.append(self.words(text))

    def term(self, term, text, width=None):
        self.lines += [".TP" if width is None else f".TP {width}", term, self.words(text)]

    def gap(self):
        """An empty line; none right behind a title, where it would be a warning."""
        if not re.match(r"\.S[HS]\b", self.lines[-1]):
            self.lines.append(".PP")

    def verbatim(self, lines):
        self.gap()
        self.lines += [".RS 4", *code("\n".join(lines)), ".RE"]

    def blocks(self, blocks):
        for block in blocks:
            if isinstance(block, comments.Paragraph):
                self.paragraph(block.text)
            elif isinstance(block, comments.Verbatim):
                self.verbatim(block.lines)
            elif isinstance(block, comments.Bullets):
                for item in block.items:
                    self.lines.append(r".IP \(bu 3")
                    self.inside(item)
            else:
                for term, below in block.pairs:
                    self.lines += [".TP", self.defined(term)]
                    self.inside(below)

    def defined(self, term):
        """What a definition defines: a parameter, an errno, a word."""
        if term.startswith("@"):
            return ", ".join(italic(name[1:]) for name in term.split(", "))
        return self.words(term) if re.search(r"[A-Z_(]", term) else line(bold(term))

    def inside(self, blocks):
        """The blocks below a term or bullet: the first words right behind it."""
        if blocks and isinstance(blocks[0], comments.Paragraph):
            self.lines.append(self.words(re.sub(r" {2,}", ": ", blocks[0].text)))
            blocks = blocks[1:]
        if blocks:
            self.lines.append(".RS")
            self.blocks(blocks)
            self.lines.append(".RE")

    # --- the ends of a page ---

    def see_also(self, *first):
        """What is named first, and all that the page refers to."""
        names = [pair for pair in first if pair != (self.name, self.section)]
        # An overview has named its functions, and is no place to look for others.
        names += sorted((pair for pair in self.references
                         if pair not in names and pair != (self.name, self.section)
                         and not (self.section == 7 and pair[1] == 3)),
                        key=lambda pair: (pair[1], pair[0]))
        self.section_title("SEE ALSO")
        for i, (title, section) in enumerate(names):
            comma = " ," if i < len(names) - 1 else ""
            self.lines.append(f".BR {name(title)} ({section}){comma.strip()}")

    def text(self):
        rows, verbatim, before = [], False, ""
        for row in self.lines:
            verbatim = row == ".nf" or verbatim and row != ".fi"
            # A term has to stay in one line, and names are better off in one.
            if verbatim or row.startswith(".") or before.startswith((".TP", ".SH NAME")):
                rows.append(row)
            else:
                rows += map(line, textwrap.wrap(row, 80, break_long_words=False,
                                                break_on_hyphens=False))
            before = row
        return "\n".join(rows) + "\n"


def rows_of(head, parameters, end):
    """What has parameters in rows that fit, broken behind the parenthesis or between them."""
    rows = [head + "("]
    for number, parameter in enumerate(parameters, 1):
        parameter += end if number == len(parameters) else ","
        space = "" if rows[-1].endswith("(") else " "
        if len(rows[-1]) + len(space) + len(parameter) <= WIDTH:
            rows[-1] += space + parameter
        else:
            rows.append(" " * 8 + parameter)
    return rows


def prototype(item):
    """What an item of a header is declared as, parameters in italics."""
    if item.kind == "object":
        return [bold(f"extern {item.text};")]
    head, _, rest = item.text.partition("(")
    parameters = [part.strip() for part in rest.rstrip().removesuffix(")").split(",")]
    marked = []
    for row in rows_of(head, parameters, ");"):
        # A parameter is the word before a comma or the end; its type may be called alike.
        row = re.sub(r"(\w+)(?=(?:\[\d*\])?(?:,|\);))",
                     lambda m: f"\1{m[1]}\2" if m[1] in item.parameters else m[1], row)
        row = escaped(row).replace("\1", r"\fI").replace("\2", r"\fB")
        marked.append(rf"\fB{row}\fP")
    return marked
