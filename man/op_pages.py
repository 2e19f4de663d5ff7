# SPDX-License-Identifier: MIT
"""
op_pages.py - the page of an operation: its functions from the headers, everything else
from a row of the table of operations (src/ops_*.c), by way of facts.c.
"""
import re

import comments
from roff import bold, capital, italic, rows_of, sentence

NOT_AT_ONCE = ("If it is tried at once (not linked, not drained, not RF_SQE_ASYNC), only until "
               "the SQE is consumed.")
WORDS = ("In what follows, res is cqe->res on success. What is lent must stay valid and unchanged: "
         "until consumed, that is until rf_submit() has counted the SQE (with RF_SETUP_SQPOLL, until "
         "the SQ thread has passed it); or until completed, that is until its last CQE was taken, "
         "the one without RF_CQE_F_MORE.")
FIXED_FILE = {
    "used": "fd is a slot of the registered files.",
    "ignored": "Ignored.",
    "must": "A must: fd is a slot of the registered files.",
    "-EBADF": "Refused: -EBADF.",
    "-EINVAL": "Refused: -EINVAL.",
}


def calls_of(op):
    """[(function, [parameter])] of what queues the operation."""
    return [(name, rest.split(", ")) for name, rest in
            (re.fullmatch(r"(\w+)\((.*)\)", call).groups() for call in op["calls"])]


def shown(field):
    return field["argument"] or "sqe->" + field["name"]


def label(name):
    """A parameter, or a member of the SQE, as a term."""
    return bold(name) if "->" in name or "." in name else italic(name)


# --- what to pass ------------------------------------------------------------


def fields_by_parameter(op):
    """The fields that parameters fill in the order of the calls; then the others."""
    rest = list(op["fields"])
    found = []
    for _, parameters in calls_of(op):
        for parameter in parameters:
            for field in list(rest):
                if parameter in (field["argument"] or "").split(", "):
                    found.append(field)
                    rest.remove(field)
    return found, rest


def put_parameters(page, op):
    page.section_title("WHAT TO PASS")
    passed, rest = fields_by_parameter(op)
    functions = [name for name, _ in calls_of(op)]
    if functions[0].startswith("rf_prep_"):
        page.term(italic("sqe"), "What to fill: all 64 bytes of it are written.")
    if any(not name.startswith("rf_prep_") for name in functions):
        page.term(italic("ring") + ", " + italic("user_data"),
                  "The ring, and a number that comes back in the CQE.")
    for field in passed:
        page.term(label(shown(field)),
                  sentence(field["meaning"]) + f" ({field['type']}, sqe->{field['name']})")
    if rest:
        page.paragraph("Set in the SQE afterwards, if wanted:")
    for field in rest:
        page.term(label(shown(field)), sentence(field["meaning"]) + f" ({field['type']})")
    text = "Leave all other fields 0."
    if op["must_be_zero"]:
        text += f" The kernel insists on it (-EINVAL) for {', '.join(op['must_be_zero'])}."
    page.paragraph(text)


# --- what comes back ---------------------------------------------------------


def put_return_value(page, functions):
    preps = [name for name in functions if name.startswith("rf_prep_")]
    queues = [name for name in functions if name not in preps]
    page.section_title("RETURN VALUE")
    if preps:
        page.paragraph(listed(preps) + " cannot fail and " +
                       ("returns" if len(preps) == 1 else "return") + " nothing.")
    if queues:
        page.paragraph(listed(queues) + (" returns" if len(queues) == 1 else " return") +
                       " the SQE, which may be changed until it is submitted, as "
                       "rf_sqe_set_flags() and rf_sqe_link_next() do. Or NULL: the "
                       "submission queue is full, and nothing is queued. Submit "
                       "(rf_submit()), then try again.")
    page.paragraph("How the operation itself ended comes later, in its CQE.")


def listed(functions):
    names = [name + "()" for name in functions]
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def put_completion(page, op):
    page.section_title("WHAT COMES BACK")
    page.term(bold("cqe->user_data"), "What was passed as user_data.")
    page.term(bold("cqe->res"), sentence(op["result"]) + " Or a negative errno, see below.")
    if op["buffer_select"]["since"]:
        page.term(bold("cqe->flags"),
                  "With RF_SQE_BUFFER_SELECT: RF_CQE_F_BUFFER, and the buffer's id from "
                  "RF_CQE_BUFFER_SHIFT on, which rf_cqe_buffer_id() tells.")
    if op["multishot"]["since"]:
        page.term("Multishot",
                  f"{sentence(op['multishot']['how'])[:-1]} (since {op['multishot']['since']}): "
                  "a CQE again and again, all but the last with RF_CQE_F_MORE.")
    if op["notification"]["since"]:
        page.term("A second CQE",
                  f"{sentence(op['notification']['how'])} The first then has RF_CQE_F_MORE, the "
                  "second RF_CQE_F_NOTIF.")
    if op["notes"]:
        page.paragraph(op["notes"])


# --- errors ------------------------------------------------------------------


def causes(op):
    """(errno, cause) of what the table knows to be refused."""
    lent = op["loans"]
    if any(loan["is_file"] for loan in lent):
        yield "-EBADF", ("a descriptor is not open" +
                         ("; with RF_SQE_FIXED_FILE, the slot is empty or there is none"
                          if op["fixed_file"] in ("used", "must") else ""))
    if op["fixed_file"] == "must":
        yield "-EBADF", "RF_SQE_FIXED_FILE is not set"
    if op["fixed_file"] in ("-EBADF", "-EINVAL"):
        yield op["fixed_file"], "RF_SQE_FIXED_FILE is set"
    if any(loan["is_memory"] and loan["is_used"] and not loan["is_sqe"] for loan in lent):
        yield "-EFAULT", "memory that it reads or writes is not this process's"
    yield "-EINVAL", f"the kernel is older than {op['since']}"
    if op["must_be_zero"]:
        yield "-EINVAL", "one of these is not 0: " + ", ".join(op["must_be_zero"])
    if not op["iopoll"]:
        yield "-EINVAL", "the ring has RF_SETUP_IOPOLL, where it is not allowed"
    if op["sqe_bytes"] != 64:
        yield "-EINVAL", "the ring has SQEs of 64 bytes only"
    if op["buffer_select"]["since"]:
        yield "-ENOBUFS", "with RF_SQE_BUFFER_SELECT: the group has no buffer now, or is not there"
    else:
        yield "-EOPNOTSUPP", "RF_SQE_BUFFER_SELECT is set"
    yield "-EACCES", "the ring's restrictions do not allow it (rf_register_restrictions())"
    yield "-ECANCELED", ("it was cancelled (rf_cancel()), or an operation before it failed that "
                         "it was linked to (rf_sqe_link_next())")
    if op["worker"] != "never":
        yield "-EINTR", "it was cancelled while a worker had it; also -512"


def put_errors(page, op):
    page.section_title("ERRORS")
    calls = re.findall(r"\b[a-z]\w*\(\d\)", op["text"])
    also = f"one that {' or '.join(calls)} can fail with, " if calls else ""
    page.paragraph("If the operation fails, cqe->res is a negative errno: "
                   f"{also}one named above, or")
    by_errno = {}
    for errno, cause in causes(op):
        by_errno.setdefault(errno, []).append(cause)
    for errno, texts in sorted(by_errno.items()):
        page.term(bold(errno), sentence("; or ".join(texts)))
    page.paragraph("rf_cqe_err() gives it as a positive number, as strerror(3) wants it.")


# --- what is lent ------------------------------------------------------------


def loan_name(op, at):
    """As `ringfence ops` has it: buf, msg->msg_iov, sqe->attr_ptr."""
    loan = op["loans"][at]
    if loan["depth"]:
        outer = next(i for i in range(at - 1, -1, -1) if op["loans"][i]["depth"] < loan["depth"])
        return f"{loan_name(op, outer)}->{loan['member']}"
    if loan["is_sqe"]:
        return "sqe"
    field = next((f for f in op["fields"] if f["field"] == loan["field"]), None)
    # One of several parameters would be the wrong one for some.
    if field and is_one(field["argument"]):
        return field["argument"]
    return "sqe->" + (field["name"] if field else loan["field"])


def is_one(argument):
    return bool(argument) and "," not in argument


def name_of(field):
    return field["argument"] if is_one(field["argument"]) else field["name"]


def extent_words(op, loan):
    names = [next((name_of(f) for f in op["fields"] if f["field"] == times), times)
             for times in loan["times"]]
    if len(names) == 2:
        return f", {names[1]} times {names[0]} bytes"
    if names:
        return f", {names[0]} bytes" if loan["unit"] == 1 else f", {names[0]} of them"
    return ""


def loan_words(op, at):
    loan = op["loans"][at]
    text = (loan["condition"] + ": " if loan["condition"] else "") + loan["lent"]
    text += extent_words(op, loan)
    if loan["is_memory"] and loan["is_used"]:
        text += f". The {loan['direction'].removeprefix('the ')} it"
    text += ". " + loan["until"]
    if loan["sooner_at_once"]:
        text += " " + NOT_AT_ONCE
    return text + (" " + loan["note"] if loan["note"] else "")


def put_loans(page, op, title="WHAT IS LENT, AND UNTIL WHEN"):
    page.section_title(title)
    if not op["loans"]:
        page.paragraph("Nothing but the SQE itself, until it is consumed.")
    for memory in (True, False):
        wanted = False
        for at, loan in enumerate(op["loans"]):
            if loan["depth"] == 0:
                wanted = loan["is_memory"] == memory
            if wanted:
                words = loan_words(op, at)
                page.term(label(loan_name(op, at)), capital(words))


# --- the rest ----------------------------------------------------------------


def put_flags(page, op):
    page.section_title("FLAGS, BUFFERS AND RINGS")
    page.term(bold("RF_SQE_FIXED_FILE"), FIXED_FILE[op["fixed_file"]])
    for key, name, without in (("buffer_select", bold("RF_SQE_BUFFER_SELECT"),
                                "Refused: -EOPNOTSUPP."),
                               ("registered_buffer", "Registered buffers", "No.")):
        feature = op[key]
        page.term(name, f"Since Linux {feature['since']}: {sentence(feature['how'])}"
                  if feature["since"] else without)
    page.term(bold("RF_SETUP_IOPOLL"),
              "Allowed." if op["iopoll"] else "Refused on such a ring: -EINVAL.")
    page.term("A worker of the kernel's",
              sentence(op["worker"] + (": " + op["worker_note"] if op["worker_note"] else "")))
    if op["sqe_bytes"] != 64:
        page.term("Size of the SQE", f"{op['sqe_bytes']} bytes: the ring has RF_SETUP_SQE128, or "
                  "RF_SETUP_SQE_MIXED.")


def put_versions(page, op):
    page.section_title("VERSIONS")
    page.paragraph(f"Operation {op['opcode']}, RF_OP_{op['name']}: since Linux {op['since']}. What "
                   "came later is told where it stands above.")
    page.sentence(f"`ringfence probe {op['name']}` and rf_probe_op_supported() tell whether the "
                  f"running kernel has it; `ringfence ops {op['name']}` shows this table.")


def example(op):
    """The lines of an example, for those that have a function which queues them."""
    name, parameters = next(((name, parameters) for name, parameters in calls_of(op)
                             if not name.startswith("rf_prep_")), (None, None))
    if not name:
        return None
    return [*rows_of("if (!" + name, parameters, "))"),
            "    return -EAGAIN; /* the queue is full: rf_submit() makes room */",
            "int err = rf_submit_and_wait(ring, 1);",
            "if (err < 0)",
            "    return err;",
            "const struct rf_cqe *cqe;",
            "while ((cqe = rf_next_cqe(ring)))",
            "    if (cqe->user_data == user_data && cqe->res < 0)",
            "        return cqe->res; /* a negative errno */"]


def put_description(page, op, functions, prose):
    """functions: items of the headers, their comments such as can be shown."""
    preps = [f.name for f in functions if f.name.startswith("rf_prep_")]
    queues = [f.name for f in functions if f.name not in preps]
    page.section_title("DESCRIPTION")
    text = f"RF_OP_{op['name']} is an operation of io_uring(7): {op['text']}."
    if preps:
        fill = "fills" if len(preps) == 1 else "fill"
        text += f" {listed(preps)} {fill} an SQE with it, one that rf_get_sqe() gave."
    if queues:
        get, fill, set_ = (("gets", "fills", "sets") if len(queues) == 1 else
                           ("get", "fill", "set"))
        text += f" {listed(queues)} {get} an SQE from the ring, {fill} it and {set_} @user_data."
    if not functions:
        text += f" No function is for it alone: fill an SQE by `{op['calls'][0]}`."
    page.paragraph(text + " Nothing is done, and nothing lent, before rf_submit() or one of its "
                   "kind; when the operation is over, rf_next_cqe() has its CQE.")
    if functions:
        page.paragraph(WORDS)
    for words in prose:
        page.blocks(comments.blocks(words))
    for function in functions:
        page.raw(".TP", bold(function.name) + "()")
        page.inside(comments.blocks(function.comment))
    page.paragraph("What holds for all operations is in ringfence-prep(7) and in ringfence-ops(7).")
