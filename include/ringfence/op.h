/* SPDX-License-Identifier: MIT */
/*
 * op.h - handles: user_data that can be given to one operation only.
 *
 *     struct rf_op_table *ops;
 *     rf_op_table_init(&ops, 256, 0);
 *     ...
 *     rf_prep_read(sqe, fd, buf, len, 0);
 *     uint64_t handle = rf_op_begin(ops, sqe);    sets user_data
 *     ...
 *     int told = rf_op_take(ops, cqe);
 *     if (told < 0)             not the completion of an operation that is open
 *     if (told & RF_TOLD_OVER)  cqe->res was its last result
 *     if (told & RF_TOLD_FREE)  what it had borrowed is the program's again
 *
 * With a pointer or a small number as user_data, a completion that comes twice, too late or
 * from another ring is credited to whatever bears that number now. A handle is of use once:
 * it names a place in a table of fixed size, and the generation of that place. So what
 * does not belong is seen, in every build, and a cancel cannot meet the successor of the
 * operation that it was meant for.
 *
 * The place is a number from 0 on, see rf_op_index(): keep what belongs to the operation in
 * an array of your own. A table has no ring: one may serve several rings of a thread. Places are
 * used in turn, so that a generation is as old as can be before its place is used
 * again. A table that is always nearly full is slow: begin has to look for the place that
 * is free. Twice the places that are needed cost 8 bytes each, and end that.
 *
 * Threads: a table has one user at a time, for its submission and its completion side
 * together. Nothing is allocated after rf_op_table_init(), and nothing at all with
 * rf_op_table_init_mem().
 */
#ifndef RINGFENCE_OP_H
#define RINGFENCE_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* --- tables: open and close ---------------------------------------------- */

#define RF_HANDLES_MAX 65534U /* places of a table, at most */
#define RF_HANDLE_TAGS 16384U       /* tags that tables can have: 0 .. 16383 */

/* Private to the table: 0 is free; else the handle, plus what kind of operation it is. But for
   slot 0, which has the handle to give out next, if its slot is free. */
struct rfi_op_slot {
    uint64_t word;
};

/*
 * A handle is, from its highest bit on: 01, the tag (14 bits), the generation (32), the slot (16).
 * Slot 0, and those behind the last place, are never free: so 0 is no handle, and
 * next comes to a slot that is taken before it comes to the end. Slots begin 8 bytes behind the
 * start: with 16 and more gcc 12 needs one instruction more to come to one.
 */
struct rf_op_table {
    uint32_t mask;  /* slots, less 1: a power of two, less 1 */
    uint16_t count; /* places: slots 1 .. count */
    uint16_t ours;  /* rf_op_table_deinit() is to unmap it */
    struct rfi_op_slot slots[1]; /* mask + 1 of them */
};

/**
 * rf_op_table_init() - map a table.
 *
 * @ret_ops  The table. rf_op_table_deinit() unmaps it.
 * @count    Operations that can be open at a time, 1 .. RF_HANDLES_MAX.
 * @tag      0 .. 16383: tells the handles of this table from those of others. Give each table
 *           of a program a number of its own.
 *
 * Returns 0, or
 *   -EINVAL  @count or @tag is out of range
 *   -ENOMEM  out of memory
 *   -EAGAIN  it is over RLIMIT_MEMLOCK, after mlockall(MCL_FUTURE)
 */
RF_API RF_NODISCARD int rf_op_table_init(struct rf_op_table **ret_ops, uint32_t count,
                                         uint32_t tag);

/**
 * rf_op_table_init_mem() - make a table in memory of the caller's.
 *
 * @buf        Aligned as for uint64_t; it must stay where it is as long as the table is used.
 * @buf_bytes  At least rf_op_table_size(@count).
 *
 * Returns 0, or
 *   -EINVAL  @count or @tag is out of range, or @buf is not aligned
 *   -ENOSPC  @buf is too small
 */
RF_API RF_NODISCARD int rf_op_table_init_mem(struct rf_op_table **ret_ops, uint32_t count,
                                             uint32_t tag, void *buf, size_t buf_bytes);

/* Bytes that a table with @count places takes; or -EINVAL: @count is out of range. */
RF_API RF_NODISCARD int64_t rf_op_table_size(uint32_t count);

/*
 * Unmap a table that rf_op_table_init() made; leave the memory of another to the caller. NULL is
 * left alone. Handles that are still open are gone with it.
 */
RF_API void rf_op_table_deinit(struct rf_op_table *ops);

/* --- from the SQE to the completion -------------------------------------- */

/* For rf_op_begin(): whatever needs more than to take the next slot. */
RF_API uint64_t rfi_op_begin_slowly(struct rf_op_table *ops, struct rf_sqe *sqe);
/* For rf_op_take(): whatever is not the one completion of an operation that has one. */
RF_API int rfi_op_take_slowly(struct rf_op_table *ops, const struct rf_cqe *cqe);

/*
 * Will one CQE end it, and is that all there is to say? What this does not know takes the
 * slow way, which looks at each CQE. Behind a prep the compiler knows the answer.
 */
RF_INLINE bool rfi_op_is_plain(const struct rf_sqe *sqe)
{
    if (sqe->flags & RF_SQE_CQE_SKIP_SUCCESS)
        return false;
    switch (sqe->opcode) {
    case RF_OP_POLL_ADD:
        return !(sqe->len & RF_POLL_ADD_MULTI);
    case RF_OP_TIMEOUT:
        return !(sqe->timeout_flags & RF_TIMEOUT_MULTISHOT);
    case RF_OP_ACCEPT:
        return !(sqe->ioprio & RF_ACCEPT_MULTISHOT);
    case RF_OP_SEND:
    case RF_OP_SENDMSG:
        return !(sqe->ioprio & RF_RECVSEND_BUNDLE);
    case RF_OP_RECV:
    case RF_OP_RECVMSG:
        return !(sqe->ioprio & RF_RECV_MULTISHOT);
    case RF_OP_POLL_REMOVE:
    case RF_OP_TIMEOUT_REMOVE:
    case RF_OP_ASYNC_CANCEL:
    case RF_OP_URING_CMD:
    case RF_OP_SEND_ZC:
    case RF_OP_SENDMSG_ZC:
    case RF_OP_READ_MULTISHOT:
    case RF_OP_RECV_ZC:
        return false;
    default:
        return sqe->opcode <= RF_OP_NOP128;
    }
}

/**
 * rf_op_begin() - give the operation in an SQE a handle, as its user_data.
 *
 * @sqe  Filled in, flags and all: what it holds decides how many completions are expected.
 *       It must be submitted (rf_op_forget() tells what if not), and may not have
 *       RF_SQE_CQE_SKIP_SUCCESS, since then nothing would end it (asserted).
 *
 * Do not change the user_data of an operation that has a handle (RF_POLL_UPDATE_USER_DATA).
 *
 * Returns the handle, never 0 and below 2^63; or 0: every place is taken. Then the SQE, which
 * cannot be taken back, has become a NOP with user_data 0, in a chain if it was in one. Where
 * that can happen ask rf_op_has_room() before rf_get_sqe().
 */
RF_INLINE uint64_t rf_op_begin(struct rf_op_table *ops, struct rf_sqe *sqe)
{
    bool plain = rfi_op_is_plain(sqe); /* before anything is stored, so that it costs nothing */
    uint64_t handle = ops->slots[0].word;
    /* Adding 1 to it where it is takes one instruction less. */
    __asm__("" : "+m"(ops->slots[0].word));
    sqe->user_data = handle;
    /* A sum of two, since the slot is taken, has the highest bit: handles are 2^62 and more. */
    uint64_t word = ops->slots[(uint16_t)handle].word += handle;
    if (RF_UNLIKELY((int64_t)word < 0 || !plain))
        return rfi_op_begin_slowly(ops, sqe);
    ops->slots[0].word++;
    if (!handle)
        __builtin_unreachable(); /* spares the caller a test */
    return handle;
}

/* What a completion tells of its operation. */
enum rf_op_told {
    RF_TOLD_RESULT = 1, /* cqe->res is a result, not the notification of a zero-copy send */
    RF_TOLD_OVER = 2,   /* the operation is over: no result will come any more */
    RF_TOLD_FREE = 4,   /* what it borrowed is the program's again, and the handle is used up */
    RF_TOLD_CANCEL_ACCEPTED = 8, /* it was a cancel and found its target, whose own CQE still
                                    comes or has come: only that one ends it */

    RF_TOLD_ALL = 7 /* the usual: one completion that tells all three */
};

/**
 * rf_op_take() - to which operation does a completion belong, and what does it tell?
 *
 * @cqe  Of rf_next_cqe() or any other call that gives one. Give each to this once.
 *
 * Returns, for an operation that is open, what is told of it:
 *   RF_TOLD_ALL                     the result, and the end of it
 *   RF_TOLD_RESULT                  a result of a multishot, which goes on
 *   RF_TOLD_RESULT | RF_TOLD_OVER   the result of a zero-copy send; the buffer stays lent
 *   RF_TOLD_FREE                    the notification after it: the buffer is free
 *   RF_TOLD_ALL | RF_TOLD_CANCEL_ACCEPTED  the result of a cancel that found what it was to
 *                                   cancel; without it that was not found, or could not be
 *                                   cancelled (res -ENOENT, -EALREADY), or the call failed
 * or, with the table as it was:
 *   -ENOENT    foreign: this table never gave out such a handle
 *   -EALREADY  a duplicate: that operation is over, and its place was not used again
 *   -ESTALE    stale: that operation was over before its place came round again
 *   -EPROTO    the notification of a zero-copy send that has had no result
 *
 * rf_error_text(RF_CALL_OP, told) says these in words.
 *
 * An operation whose SQE did not say at rf_op_begin() that it is a multishot is over with its
 * first completion, and the second is a duplicate.
 */
RF_INLINE int rf_op_take(struct rf_op_table *ops, const struct rf_cqe *cqe)
{
    uint64_t handle = cqe->user_data;
    /* 0 is left if it was this handle, and means free. */
    if (RF_UNLIKELY((ops->slots[handle & ops->mask].word -= handle) != 0))
        return rfi_op_take_slowly(ops, cqe);
    return RF_TOLD_ALL;
}

/* The place of a handle: 0 .. count - 1. It has no other operation while this one is open. */
RF_INLINE uint32_t rf_op_index(uint64_t handle)
{
    return (uint32_t)(handle & 0xffff) - 1;
}

/* --- look, cancel, give up ----------------------------------------------- */

/* Are @count places free? Looks from the next place on until it has found so many. */
RF_API RF_NODISCARD bool rf_op_has_room(const struct rf_op_table *ops, uint32_t count);

/**
 * rf_op_state() - is the operation of this handle open?
 *
 * Returns 0: it is; RF_TOLD_OVER: it has had its result, and its notification is still to
 * come; or -ENOENT, -EALREADY, -ESTALE as rf_op_take(): it is not.
 */
RF_API RF_NODISCARD int rf_op_state(const struct rf_op_table *ops, uint64_t handle);

/* How many are open. Looks at every place. */
RF_API RF_NODISCARD uint32_t rf_op_open_count(const struct rf_op_table *ops);

/*
 * The open handle that follows @handle, by its place; of 0 the first. 0: there is none. For a
 * loop over all of them, which may begin and take others meanwhile.
 */
RF_API RF_NODISCARD uint64_t rf_op_next_open(const struct rf_op_table *ops, uint64_t handle);

/**
 * rf_op_cancel() - queue a cancel for exactly one operation.
 *
 * @ring        Where that operation was submitted.
 * @handle      The operation.
 * @ret_cancel  The handle of the cancel, which is an operation too.
 *
 * Two completions follow, in either order: that of the cancel, which tells whether it was
 * accepted, and that of the operation, which alone says that it is over.
 *
 * Returns 0; or, with nothing queued:
 *   -EALREADY  the operation is over, and its place was not used again; or it has had its result
 *              and only the notification is missing
 *   -ESTALE    it was over before its place came round again
 *   -ENOENT    this table never gave out such a handle
 *   -ENOSPC    no place is free
 *   -EAGAIN    the submission queue is full
 */
RF_API RF_NODISCARD int rf_op_cancel(struct rf_op_table *ops, struct rf_ring *ring, uint64_t handle,
                                     uint64_t *ret_cancel);

/**
 * rf_op_forget() - use up a handle of which no completion will come.
 *
 * Because its SQE was not submitted and never will be, or its ring was closed. Should
 * a completion come all the same, it is a duplicate.
 *
 * Returns 0, or -ENOENT, -EALREADY, -ESTALE as rf_op_take(): it is not open.
 */
RF_API RF_NODISCARD int rf_op_forget(struct rf_op_table *ops, uint64_t handle);

RF_END_DECLS

#endif
