/* SPDX-License-Identifier: MIT */
/*
 * loans.c - what an SQE lends, by the table of operations.
 *
 * The rows say which field holds an address, how much lies there, who does what to it and
 * until when. Rows of depth above 0 are named in the memory of the row above: this follows
 * arrays of iovecs and msghdrs, and a socket address to its length. It looks at
 * them when the SQE is consumed, as the kernel does. What is no memory, or was lent before
 * (registered and provided buffers), and what only a driver understands, is left out.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "check.h"

/* As many as the kernel takes. */
#define IOVECS_MAX 1024

/* What the rows above have found, for the rows that follow. */
struct found {
    bool has_msg;
    struct msghdr msg;
    uint64_t iovecs; /* their address, or 0: there are none */
    size_t iovec_count;
    bool applies; /* the last row of depth 0 does */
    int64_t iovec_bytes; /* in all of them, or -1: not looked at */
    bool reads_texts;    /* of use to an SQ thread, and to tools; else it is not worth while */
};

static bool add_loan(struct rfi_opened *opened, const struct rf_op_loan *row, uint64_t addr,
                     size_t bytes)
{
    if (!addr || bytes == 0)
        return true;
    struct rfi_loan *loan = rfi_opened_loan(opened);
    if (!loan)
        return false;
    loan->row = row;
    loan->addr = addr;
    loan->bytes = bytes;
    return true;
}

static size_t text_bytes(uint64_t addr)
{
    /* By pieces that do not cross pages: behind a short text there may be nothing. */
    for (size_t bytes = 0; bytes < 4096;) {
        char piece[256];
        size_t reach = sizeof piece - (size_t)((addr + bytes) % sizeof piece);
        if (!rfi_peek(piece, addr + bytes, reach))
            return 0;
        size_t length = strnlen(piece, reach);
        bytes += length;
        if (length < reach)
            return bytes + 1;
    }
    return 0;
}

static size_t flat_bytes(const struct rf_op_loan *row, const struct rf_sqe *sqe)
{
    uint64_t bytes = row->unit;
    for (size_t i = 0; i < 2; i++)
        if (row->times[i] != RF_FIELD_NONE)
            bytes *= rf_sqe_field_value(sqe, row->times[i]);
    return (size_t)bytes;
}

/* The length of an address that the kernel writes stands elsewhere: at addr2, as accept(2)'s. */
static size_t told_bytes(const struct rf_op_loan *row, const struct rf_sqe *sqe)
{
    socklen_t length;
    if (row->lent != RF_LENT_SOCKADDR || sqe->opcode != RF_OP_ACCEPT || !sqe->off ||
        !rfi_peek(&length, sqe->off, sizeof length))
        return 0;
    return length;
}

/* --- rows of depth 0 ------------------------------------------------------ */

static bool outer(struct rfi_opened *opened, const struct rf_op_loan *row,
                  const struct rf_sqe *sqe, struct found *found)
{
    bool applies = rf_op_loan_applies(row, sqe);
    if (row->lent != RF_LENT_SQE) {
        found->has_msg = false;
        found->iovecs = 0;
        found->iovec_count = 0;
        found->iovec_bytes = -1;
    }
    found->applies = applies;
    if (!applies)
        return true;
    uint64_t addr = rf_sqe_field_value(sqe, row->field);
    size_t bytes = row->extent == RF_EXTENT_BYTES    ? flat_bytes(row, sqe)
                   : row->extent == RF_EXTENT_STRING ? (found->reads_texts ? text_bytes(addr) : 0)
                   : row->extent == RF_EXTENT_TOLD   ? told_bytes(row, sqe)
                                                     : 0;
    if (row->lent == RF_LENT_IOVECS) {
        found->iovecs = addr;
        found->iovec_count = bytes / sizeof(struct iovec);
    }
    if (row->lent == RF_LENT_MSGHDR)
        found->has_msg = rfi_peek(&found->msg, addr, sizeof found->msg);
    return add_loan(opened, row, addr, bytes);
}

/* --- deeper rows ---------------------------------------------------------- */

static uint64_t addr_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static bool member_of_msg(struct rfi_opened *opened, const struct rf_op_loan *row,
                          struct found *found)
{
    const struct msghdr *msg = &found->msg;
    if (!found->has_msg)
        return true;
    switch (row->lent) {
    case RF_LENT_IOVECS:
        found->iovecs = addr_of(msg->msg_iov);
        found->iovec_count = msg->msg_iovlen;
        if (found->iovec_count > IOVECS_MAX)
            return true;
        return add_loan(opened, row, found->iovecs, found->iovec_count * sizeof(struct iovec));
    case RF_LENT_SOCKADDR:
        return add_loan(opened, row, addr_of(msg->msg_name), msg->msg_namelen);
    case RF_LENT_CONTROL:
        return add_loan(opened, row, addr_of(msg->msg_control), msg->msg_controllen);
    default:
        return true;
    }
}

static bool each_iovec(struct rfi_opened *opened, const struct rf_op_loan *row,
                       struct found *found)
{
    if (!found->iovecs || found->iovec_count > IOVECS_MAX)
        return true;
    int64_t sum = 0;
    for (size_t i = 0; i < found->iovec_count; i++) {
        struct iovec iovec;
        if (!rfi_peek(&iovec, found->iovecs + i * sizeof iovec, sizeof iovec))
            return true; /* nor can the kernel */
        if (!add_loan(opened, row, addr_of(iovec.iov_base), iovec.iov_len))
            return false;
        sum += (int64_t)iovec.iov_len;
    }
    found->iovec_bytes = sum;
    return true;
}

static bool inner(struct rfi_opened *opened, const struct rf_op_loan *row,
                  const struct rf_sqe *sqe, struct found *found)
{
    if (!found->applies || !rf_op_loan_applies(row, sqe))
        return true;
    if (row->lent == RF_LENT_DATA && row->extent == RF_EXTENT_TOLD && row->field != RF_FIELD_ADDR3)
        return each_iovec(opened, row, found);
    return member_of_msg(opened, row, found);
}

/* --- all of it ------------------------------------------------------------ */

/* At most so many bytes; -1 where res counts something else, or more than there is room for. */
static int64_t asked_of(const struct rf_sqe *sqe, int64_t iovec_bytes)
{
    if (sqe->flags & RF_SQE_BUFFER_SELECT)
        return -1; /* the buffers tell, and a bundle has many */
    switch (sqe->opcode) {
    case RF_OP_RECV:
        if (sqe->msg_flags & MSG_TRUNC)
            return -1; /* the length that the message had */
        return sqe->len;
    case RF_OP_READ:
    case RF_OP_WRITE:
    case RF_OP_READ_FIXED:
    case RF_OP_WRITE_FIXED:
    case RF_OP_SPLICE:
    case RF_OP_TEE:
        return sqe->len;
    case RF_OP_SEND:
    case RF_OP_SEND_ZC:
        return sqe->ioprio & RF_SEND_VECTORIZED ? iovec_bytes : (int64_t)sqe->len;
    case RF_OP_RECVMSG:
        return sqe->msg_flags & MSG_TRUNC ? -1 : iovec_bytes;
    case RF_OP_READV:
    case RF_OP_WRITEV:
    case RF_OP_SENDMSG:
    case RF_OP_SENDMSG_ZC:
        return iovec_bytes;
    default:
        return -1;
    }
}

bool rfi_loans_of(const struct rfi_check *check, struct rfi_opened *opened,
                  const struct rf_sqe *sqe)
{
    struct found found;
    found.has_msg = found.applies = false;
    found.iovecs = 0;
    found.iovec_count = 0;
    found.iovec_bytes = 0;
    found.reads_texts = check->flags & RF_SETUP_SQPOLL || rfi_tools_know_written();
    int64_t iovec_bytes = -1;
    opened->op = rf_op_info(sqe->opcode);
    opened->user_data = sqe->user_data;
    opened->fd = sqe->fd;
    opened->sqe_flags = sqe->flags;
    for (size_t i = 0; opened->op && i < opened->op->loan_count; i++) {
        const struct rf_op_loan *row = &opened->op->loans[i];
        if (row->depth == 0 && !rf_lent_is_memory(row->lent)) {
            found.applies = false; /* nor does anything inside of it: numbers.c has these */
            continue;
        }
        if (!(row->depth == 0 ? outer : inner)(opened, row, sqe, &found))
            return false;
        if (found.iovec_bytes >= 0)
            iovec_bytes = found.iovec_bytes;
    }
    opened->asked = asked_of(sqe, iovec_bytes);
    return true;
}
