/* SPDX-License-Identifier: MIT */
/*
 * queues.c - reading the SQEs that are about to be consumed, and the CQEs that have come: what
 * is open from when to when. seam.c says at which moments.
 */
#include "check.h"
#include "hooks.h"

/* Over this the checker does not remember what may be over without a CQE. */
#define SILENT_MAX 4096

/* --- SQEs ----------------------------------------------------------------- */

static void number_chain(struct rfi_check *check, struct rfi_opened *opened)
{
    if (!check->in_chain)
        check->chain++;
    opened->follows = check->in_chain;
    opened->chain = check->chain;
    check->in_chain = opened->sqe_flags & (RF_SQE_IO_LINK | RF_SQE_IO_HARDLINK);
}

/* Operations whose CQEs do not all have their user_data, or that send some elsewhere. */
static void expect_strangers(struct rfi_check *check, const struct rf_sqe *sqe)
{
    if (sqe->opcode == RF_OP_MSG_RING)
        rfi_check_message(sqe);
    if (sqe->opcode == RF_OP_POLL_REMOVE && sqe->len & RF_POLL_UPDATE_USER_DATA)
        check->strangers = true;
    if (rfi_opened_find(check, sqe->user_data) && sqe->flags & RF_SQE_CQE_SKIP_SUCCESS)
        check->strangers = true; /* a CQE could be either's */
    if (check->silent_count >= SILENT_MAX)
        check->strangers = true;
}

/* Others have the same user_data: which of them is over when, nobody can tell. */
static void forget_sharers(struct rfi_check *check, const struct rfi_opened *opened)
{
    struct rfi_opened *o = rfi_opened_find(check, opened->user_data);
    for (; o; o = rfi_opened_again(o))
        if (o != opened && (o->lent || o->numbered))
            rfi_watch_doubt(check, o);
    if (check->options.flags & RF_CHECK_UNIQUE)
        rfi_report(check, RF_CHECK_REUSED, opened, NULL, 0, NULL);
}

static bool is_multishot(const struct rf_op_info *op, const struct rf_sqe *sqe)
{
    return op && op->multishot.since &&
           (op->multishot.always || rf_sqe_test_holds(&op->multishot.when, sqe));
}

/* What this thread has done so far comes before what is done by who takes the CQE. */
static void order_taker(const struct rfi_check *check, const struct rf_sqe *sqe)
{
    rfi_tsan_submitted(check, sqe->user_data);
    if (sqe->opcode == RF_OP_POLL_REMOVE)
        rfi_tsan_submitted(check, sqe->off); /* user_data that a poll may have from now on */
}

static void take_one(struct rfi_check *check, const struct rf_sqe *sqe, uint32_t index,
                     uint32_t slots, struct rfi_where *where)
{
    expect_strangers(check, sqe);
    if (check->silent_count >= SILENT_MAX && sqe->flags & RF_SQE_CQE_SKIP_SUCCESS)
        return;
    struct rfi_opened *opened = rfi_opened_new(check);
    if (!opened || !rfi_loans_of(check, opened, sqe)) {
        check->strangers = true; /* out of memory: nothing is sure from now on */
        return;
    }
    opened->end_index = index + slots;
    opened->multishot = is_multishot(opened->op, sqe);
    opened->where = rfi_where_share(where);
    opened->queued = rfi_where_taken(check, index);
    opened->when_ns = check->now_ns;
    opened->thread = rfi_thread();
    number_chain(check, opened);
    rfi_conduct_takes(check, opened, sqe);
    rfi_opened_add(check, opened);
    if (opened->doubtful)
        forget_sharers(check, opened);
    rfi_pools_sqe(check, opened, sqe);
    rfi_numbers_by(check, opened, sqe);
    rfi_numbers_watch(check, opened, sqe);
    rfi_watch(check, opened);
    order_taker(check, sqe);
}

static bool is_wide(const struct rfi_check *check, const struct rf_sqe *sqe)
{
    return check->flags & RF_SETUP_SQE_MIXED &&
           (sqe->opcode == RF_OP_NOP128 || sqe->opcode == RF_OP_URING_CMD128);
}

/* The SQEs from @index on, up to @end. */
void rfi_take_out(struct rfi_check *check, uint32_t index, uint32_t end)
{
    const struct rf_sq *sq = &check->sq;
    if (index == end || end - index > sq->entries)
        return;
    struct rfi_where *where = rfi_where_now(check);
    check->now_ns = rfi_now_ns();
    check->in_chain = false;
    while ((int32_t)(end - index) > 0) {
        const struct rf_sqe *sqe =
            sq->sqes + ((size_t)(index & (sq->entries - 1)) << sq->shift);
        uint32_t slots = is_wide(check, sqe) ? 2 : 1;
        take_one(check, sqe, index, slots, where);
        index += slots;
    }
    rfi_conduct_batch(check);
    rfi_where_drop(where);
}

/* The other side has consumed what is before @head. */
void rfi_consumed_to(struct rfi_check *check, uint32_t head)
{
    while (check->line && (int32_t)(head - check->line->end_index) >= 0) {
        struct rfi_opened *opened = check->line;
        check->line = opened->in_line;
        if (!check->line)
            check->line_end = &check->line;
        opened->consumed = true;
        rfi_watch_consumed(check, opened);
    }
}

/*
 * How far the SQ thread is. What is changed before it comes there is a fault; but as it
 * may come there at any time, only a change that is seen before its head is proves one.
 */
void rfi_look_at_thread(struct rfi_check *check)
{
    struct rfi_opened *changed = check->line;
    const struct rfi_loan *loan = NULL;
    while (changed && !(loan = rfi_watch_early(changed)))
        changed = changed->in_line;
    uint32_t head = rfi_sq_head_load(check->sq.head_word);
    if (changed && (int32_t)(head - changed->end_index) < 0) {
        rfi_report(check, RF_CHECK_CHANGED, changed, loan, 0,
                   "changed before the SQ thread came to the SQE");
        rfi_watch_consumed(check, changed);
    }
    rfi_consumed_to(check, head);
}

/* What a call of enter left goes back to the program. */
void rfi_forget_line(struct rfi_check *check)
{
    while (check->line) {
        struct rfi_opened *opened = check->line;
        rfi_watch_forget(check, opened);
        rfi_pools_undo(check, opened);
        rfi_opened_remove(check, opened);
    }
}

/* --- CQEs ----------------------------------------------------------------- */

static void unknown(struct rfi_check *check, const struct rf_cqe *cqe)
{
    if (check->strangers || rfi_check_messages_went())
        return;
    for (uint32_t i = 0; i < RFI_LATELY; i++) {
        if (!check->lately_op[i] || check->lately[i] != cqe->user_data)
            continue;
        rfi_report(check, RF_CHECK_SECOND_END, NULL, NULL, cqe->user_data,
                   "res %d, flags 0x%x; it was a %s", (int)cqe->res, (unsigned)cqe->flags,
                   check->lately_op[i]->name);
        return;
    }
    rfi_report(check, RF_CHECK_UNKNOWN_CQE, NULL, NULL, cqe->user_data, "res %d, flags 0x%x",
               (int)cqe->res, (unsigned)cqe->flags);
}

static void was_over(struct rfi_check *check, const struct rfi_opened *opened)
{
    uint32_t i = check->lately_next++ % RFI_LATELY;
    check->lately[i] = opened->user_data;
    check->lately_op[i] = opened->op;
}

static void completed(struct rfi_check *check, const struct rf_cqe *cqe)
{
    struct rfi_opened *opened = rfi_opened_of(check, cqe);
    rfi_pools_cqe(check, opened, cqe);
    if (!opened) {
        unknown(check, cqe);
        return;
    }
    if (cqe->res > 0 && opened->asked >= 0 && cqe->res > opened->asked && !opened->doubtful &&
        !(cqe->flags & RF_CQE_F_NOTIF))
        rfi_report(check, RF_CHECK_TOO_MUCH, opened, NULL, 0, "res %d, %lld were asked for",
                   (int)cqe->res, (long long)opened->asked);
    rfi_watch_completed(check, opened, cqe);
    if (cqe->flags & RF_CQE_F_MORE) {
        if (opened->op && opened->op->notification.since)
            opened->notified_later = true;
        return;
    }
    rfi_conduct_completes(check, opened, cqe);
    was_over(check, opened);
    rfi_waits_over(check, opened, cqe->res);
    rfi_opened_remove(check, opened);
}

static uint32_t slots_of(const struct rfi_check *check, const struct rf_cqe *cqe)
{
    return check->flags & RF_SETUP_CQE_MIXED && cqe->flags & RF_CQE_F_32 ? 2 : 1;
}

void rfi_order_cqes(struct rfi_check *check)
{
    const struct rf_cq *cq = &check->cq;
    if (!rfi_tsan_is_there())
        return;
    if (check->seen - check->ordered > cq->entries)
        check->ordered = check->seen - cq->entries;
    while ((int32_t)(check->seen - check->ordered) > 0) {
        const struct rf_cqe *cqe =
            cq->cqes + ((size_t)(check->ordered & (cq->entries - 1)) << cq->shift);
        check->ordered += slots_of(check, cqe);
        rfi_tsan_taken(check, cqe->user_data);
        rfi_tsan_taken(NULL, cqe->user_data); /* if it is a message */
        if (cqe->flags & RF_CQE_F_BUFFER)
            rfi_pools_order(check);
    }
}

/* Those that have come since the last look. */
void rfi_look_at_cqes(struct rfi_check *check)
{
    const struct rf_cq *cq = &check->cq;
    rfi_pools_look(check);
    rfi_conduct_looks(check);
    uint32_t tail = rfi_cq_tail_load(cq->tail_word);
    if (tail - check->seen > cq->entries)
        return; /* no honest tail: the ring says so by itself */
    while ((int32_t)(tail - check->seen) > 0) {
        const struct rf_cqe *cqe =
            cq->cqes + ((size_t)(check->seen & (cq->entries - 1)) << cq->shift);
        bool mixed = check->flags & RF_SETUP_CQE_MIXED;
        uint32_t slots = slots_of(check, cqe);
        if (tail - check->seen < slots || (slots == 2 && cqe + 1 == cq->wrap))
            return; /* half of one: a lie too */
        check->seen += slots;
        if (!(mixed && cqe->flags & RF_CQE_F_SKIP))
            completed(check, cqe);
    }
}
