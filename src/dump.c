/* SPDX-License-Identifier: MIT */
/* dump.c - dump.h: what the ring itself shows. What is open its checker knows: check/dump.c. */
#include <ringfence/dump.h>

#include <errno.h>

#include <ringfence/ops.h>

#include "check/hooks.h"

struct state {
    uint32_t filled;    /* handed out, and not published */
    uint32_t published; /* and not consumed */
    uint32_t ready;     /* CQEs that can be taken */
    bool asleep, overflowed, held, disabled;
};

static struct state look(const struct rf_ring *ring)
{
    struct state s;
    uint32_t flags = rfi_sq_flags_after_publish(ring->sq.flags_word);
    s.filled = rfi_sq_index(&ring->sq) - ring->sq.ktail;
    s.published = rf_sq_ready(ring) - s.filled;
    s.ready = rf_cq_ready(ring);
    s.asleep = ring->flags & RF_SETUP_SQPOLL && flags & RF_SQ_NEED_WAKEUP;
    s.overflowed = flags & RF_SQ_CQ_OVERFLOW;
    s.held = flags & RF_SQ_TASKRUN;
    s.disabled = ring->flags & RF_SETUP_R_DISABLED;
    return s;
}

static void print_sqes(const struct rf_ring *ring, uint32_t from, uint32_t count, FILE *out)
{
    const struct rf_sq *sq = &ring->sq;
    for (uint32_t i = 0; i < count && i < 8; i++) {
        uint32_t slot = (from + i) & (sq->entries - 1);
        const struct rf_sqe *sqe = sq->sqes + ((size_t)slot << sq->shift);
        const struct rf_op_info *op = rf_op_info(sqe->opcode);
        fprintf(out, "    %s, user_data %llu, fd %d\n", op ? op->name : "?",
                (unsigned long long)sqe->user_data, sqe->fd);
    }
    if (count > 8)
        fprintf(out, "    ... and %u more\n", (unsigned)(count - 8));
}

/* The usual causes, each with what to do. */
static void diagnose(const struct rf_ring *ring, const struct state *s, FILE *out)
{
    bool polled = ring->flags & RF_SETUP_SQPOLL;
    if (s->filled > 0) {
        fprintf(out, "  not published: %u SQEs were filled, and nothing starts before rf_submit()\n",
                (unsigned)s->filled);
        print_sqes(ring, ring->sq.ktail, s->filled, out);
    }
    if (s->published > 0 && s->disabled)
        fprintf(out, "  disabled: the ring was opened with RF_SETUP_R_DISABLED; if rf_enable_rings() "
                     "was not called, nothing starts\n");
    if (s->published > 0 && !polled)
        fprintf(out, "  needs an enter: %u SQEs were published, and wait for rf_submit() or "
                     "rf_enter()\n", (unsigned)s->published);
    else if (s->published > 0 && s->asleep)
        fprintf(out, "  SQ thread asleep: %u SQEs wait for it; rf_submit() wakes it\n",
                (unsigned)s->published);
    else if (s->published > 0)
        fprintf(out, "  SQ thread at work: %u SQEs wait for it\n", (unsigned)s->published);
    if (s->held)
        fprintf(out, "  held back: operations are done, and their completions appear when this "
                     "thread enters: rf_submit(), or any wait\n");
    if (s->overflowed)
        fprintf(out, "  CQ backlog: the queue of %u was full, and completions wait outside; take "
                     "what is there, then look again\n", (unsigned)ring->cq.entries);
    else if (s->ready > 0)
        fprintf(out, "  not taken: %u completions are there: rf_next_cqe()\n", (unsigned)s->ready);
    if (ring->flags & RF_SETUP_IOPOLL && !polled)
        fprintf(out, "  polled: completions appear only when somebody enters and polls for them\n");
}

int rf_dump(const struct rf_ring *ring, FILE *out)
{
    if (ring->enter_fd < 0)
        return -EBADF;
    int saved = errno;
    struct state s = look(ring);
    fprintf(out, "ring %d: %u SQEs, %u CQEs, setup flags 0x%x%s%s\n", ring->enter_fd,
            (unsigned)ring->sq.entries, (unsigned)ring->cq.entries, (unsigned)ring->flags,
            ring->flags & RF_SETUP_SQPOLL ? ", SQ thread" : "",
            ring->flags & RF_SETUP_DEFER_TASKRUN ? ", deferred task work" : "");
    fprintf(out, "  submission: %u filled, %u published and not consumed, %u free; %u dropped\n",
            (unsigned)s.filled, (unsigned)s.published, (unsigned)rf_sq_space_left(ring),
            (unsigned)rf_sq_dropped(ring));
    fprintf(out, "  completion: %u to be taken, %u lost\n", (unsigned)s.ready,
            (unsigned)rf_cq_overflow(ring));
    diagnose(ring, &s, out);
    if (ring->check)
        rfi_check_dump(ring->check, out);
    else
        fprintf(out, "  what is open is not known: the ring is not checked (RINGFENCE_CHECK=1)\n");
    errno = saved;
    return ferror(out) ? -EIO : 0;
}
