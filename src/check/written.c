/* SPDX-License-Identifier: MIT */
/*
 * written.c - what the kernel has written into the memory of an operation, for the tools that
 * tell bytes that were written from others: as much as the result says, and no more.
 */
#include <sys/epoll.h>
#include <sys/socket.h>

#include "check.h"

static size_t least(size_t bytes, uint64_t written)
{
    return written < bytes ? (size_t)written : bytes;
}

static const struct rfi_loan *find(const struct rfi_opened *opened, enum rf_lent lent)
{
    for (uint32_t i = 0; i < opened->loan_count; i++)
        if (opened->loans[i].row->lent == lent)
            return &opened->loans[i];
    return NULL;
}

/* How long is the address, or the control data? That stands in memory that was written too. */
static uint64_t told(const struct rfi_opened *opened, enum rf_lent lent)
{
    const struct rfi_loan *where = find(opened, RF_LENT_MSGHDR);
    struct msghdr msg;
    if (where && rfi_peek(&msg, where->addr, sizeof msg))
        return lent == RF_LENT_CONTROL ? msg.msg_controllen : msg.msg_namelen;
    socklen_t length;
    where = find(opened, RF_LENT_SOCKLEN);
    return where && rfi_peek(&length, where->addr, sizeof length) ? length : 0;
}

static size_t share_of(const struct rfi_opened *opened, const struct rfi_loan *loan, size_t bytes,
                       uint64_t res, uint64_t *left)
{
    size_t some;
    switch (loan->row->lent) {
    case RF_LENT_DATA:
        some = least(bytes, *left);
        *left -= some;
        return some;
    case RF_LENT_OPTVAL:
        return least(bytes, res);
    case RF_LENT_EPOLL_EVENTS:
        return least(bytes, res * sizeof(struct epoll_event));
    case RF_LENT_FDS:
        return opened->op->opcode == RF_OP_FILES_UPDATE ? least(bytes, res * sizeof(int)) : bytes;
    case RF_LENT_SOCKADDR:
    case RF_LENT_CONTROL:
        return least(bytes, told(opened, loan->row->lent));
    default:
        return bytes; /* one struct, whole */
    }
}

void rfi_written(const struct rfi_opened *opened, const struct rfi_loan *loan, size_t bytes,
                 const struct rf_cqe *cqe, uint64_t *left)
{
    if (rfi_tools_know_written() && loan->row->direction & RF_KERNEL_WRITES && cqe->res >= 0)
        rfi_tools_written(loan->addr, share_of(opened, loan, bytes, (uint32_t)cqe->res, left));
}

void rfi_written_perhaps(const struct rfi_loan *loan)
{
    if (rfi_tools_know_written() && loan->row->direction & RF_KERNEL_WRITES)
        rfi_tools_written(loan->addr, loan->bytes);
}

/* Where padding lies between what the kernel reads, or it reads less, nothing can be said. */
static bool is_read_whole(enum rf_lent lent)
{
    return lent == RF_LENT_DATA || lent == RF_LENT_IOVECS || lent == RF_LENT_PATH ||
           lent == RF_LENT_OPEN_HOW || lent == RF_LENT_TIMESPEC || lent == RF_LENT_OPTVAL ||
           lent == RF_LENT_FDS;
}

void rfi_written_before(struct rfi_check *check, const struct rfi_opened *opened,
                        const struct rfi_loan *loan)
{
    const struct rfi_range *range = NULL;
    if (!rfi_tools_know_written() || loan->row->direction != RF_KERNEL_READS ||
        !is_read_whole(loan->row->lent))
        return;
    while ((range = rfi_ranges_next(check, loan->addr, loan->bytes, range)))
        if (range->loan->row->direction & RF_KERNEL_WRITES)
            return; /* perhaps that comes first, as in a chain that copies */
    uint64_t first = rfi_is_there(loan->addr, loan->bytes)
                         ? rfi_tools_unwritten(loan->addr, loan->bytes)
                         : 0;
    if (first)
        rfi_report(check, RF_CHECK_UNWRITTEN, opened, loan, 0, "nobody has written byte %llu",
                   (unsigned long long)(first - loan->addr));
}
