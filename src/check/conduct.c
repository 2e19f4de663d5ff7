/* SPDX-License-Identifier: MIT */
/*
 * conduct.c - how the ring itself is used: by which thread and process, in which order SQEs are
 * submitted, and whether anybody takes the CQEs.
 *
 * What only one thread may do the kernel refuses by itself, with -EEXIST, on the rings that
 * promised it (RF_SETUP_SINGLE_ISSUER); that is told then. What it cannot know is looked for
 * here: two threads that submit at the same time, and an index of a registered ring in a
 * thread where it means another ring, or none.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"

/* Reports with the place of the call that is looked at. */
#define REPORT_HERE(check, ...)               \
    do {                                      \
        struct rfi_where *before = begin_here(check); \
        rfi_report(check, __VA_ARGS__);       \
        end_here(check, before);              \
    } while (0)

static struct rfi_where *begin_here(struct rfi_check *check)
{
    struct rfi_where *before = check->here;
    check->here = rfi_where_now(check);
    return before;
}

static void end_here(struct rfi_check *check, struct rfi_where *before)
{
    rfi_where_drop(check->here);
    check->here = before;
}

/* --- threads and processes ------------------------------------------------ */

/* Asked for once by each thread. The model is the one that takes no memory from the heap. */
static __thread __attribute__((tls_model("initial-exec"))) int32_t this_thread;

int32_t rfi_thread(void)
{
    if (this_thread == 0)
        this_thread = (int32_t)syscall(SYS_gettid);
    return this_thread;
}

void rfi_thread_forked(void)
{
    this_thread = 0;
}

static bool is_gone(const struct rfi_check *check, int32_t thread)
{
    int saved = errno;
    bool gone = syscall(SYS_tgkill, check->pid, thread, 0) != 0 && errno == ESRCH;
    errno = saved;
    return gone;
}

static void look_for_child(struct rfi_check *check)
{
    if (check->pid == (int32_t)getpid())
        return;
    REPORT_HERE(check, RF_CHECK_FORKED, NULL, NULL, 0, "process %d opened it, this is %d",
                (int)check->pid, (int)getpid());
}

void rfi_conduct_submits(struct rfi_check *check, bool more)
{
    look_for_child(check);
    int32_t thread = rfi_thread();
    if (check->submitting != 0 && check->submitting != thread)
        REPORT_HERE(check, RF_CHECK_OTHER_THREAD, NULL, NULL, 0,
                    "thread %d submits while thread %d does", (int)thread,
                    (int)check->submitting);
    if (more)
        check->submitting = thread;
}

void rfi_conduct_enters(struct rfi_check *check, uint32_t to_submit, uint32_t flags)
{
    if (flags & RF_ENTER_REGISTERED_RING && check->registered_by != 0 &&
        check->registered_by != rfi_thread() && check->pid == (int32_t)getpid())
        REPORT_HERE(check, RF_CHECK_OTHER_THREAD, NULL, NULL, 0,
                    "its index was registered by thread %d, this is %d",
                    (int)check->registered_by, (int)rfi_thread());
    if (to_submit > 0)
        rfi_conduct_submits(check, true);
    else
        look_for_child(check);
}

void rfi_conduct_entered(struct rfi_check *check, int result)
{
    if (check->submitting == rfi_thread())
        check->submitting = 0;
    if (result == -EEXIST)
        REPORT_HERE(check, RF_CHECK_OTHER_THREAD, NULL, NULL, 0,
                    "thread %d; the ring has RF_SETUP_SINGLE_ISSUER", (int)rfi_thread());
}

void rfi_conduct_registers(struct rfi_check *check, uint32_t opcode)
{
    if (opcode == RF_REGISTER_RING_FDS)
        check->registered_by = rfi_thread();
    else if (opcode == RF_REGISTER_SYNC_CANCEL)
        check->cancels = true;
    else if (opcode != RF_UNREGISTER_RING_FDS) /* rf_deinit() does that, which is allowed */
        look_for_child(check);
}

/* --- the order of SQEs ---------------------------------------------------- */

/* Until it is cancelled, or something happens that nobody need wait for. */
static bool goes_on(const struct rf_op_info *op, const struct rf_sqe *sqe)
{
    if (!op || !op->multishot.since)
        return false;
    if (sqe->opcode == RF_OP_SEND || sqe->opcode == RF_OP_SENDMSG)
        return false; /* a bundle: as often as there are buffers */
    if (sqe->opcode == RF_OP_TIMEOUT && sqe->off > 0)
        return false; /* so many times */
    return op->multishot.always || rf_sqe_test_holds(&op->multishot.when, sqe);
}

static const struct rfi_opened *find_endless(const struct rfi_check *check)
{
    for (uint32_t i = 0; i < check->table_size; i++)
        for (const struct rfi_opened *o = check->table[i]; o; o = o->next)
            if (o->endless)
                return o;
    return NULL;
}

static void look_for_deadlock(struct rfi_check *check, const struct rfi_opened *opened)
{
    const struct rfi_opened *other = find_endless(check);
    if (other)
        rfi_report(check, RF_CHECK_DRAIN, opened, NULL, 0,
                   "%s with user_data %llu, fd %d, goes on until it is cancelled",
                   other->op->name, (unsigned long long)other->user_data, other->fd);
}

/* Who is cancelled on purpose is not so because its thread is gone. */
static void note_cancel(struct rfi_check *check, const struct rfi_opened *opened,
                        const struct rf_sqe *sqe)
{
    if (sqe->opcode == RF_OP_LINK_TIMEOUT && check->taken_before)
        check->taken_before->cancelled = true;
    if (sqe->opcode == RF_OP_ASYNC_CANCEL && sqe->cancel_flags & ~RF_ASYNC_CANCEL_USERDATA)
        check->cancels = true; /* perhaps many */
    if (sqe->opcode != RF_OP_ASYNC_CANCEL && sqe->opcode != RF_OP_TIMEOUT_REMOVE &&
        sqe->opcode != RF_OP_POLL_REMOVE)
        return;
    struct rfi_opened *o = rfi_opened_find(check, sqe->addr);
    for (; o; o = rfi_opened_again(o))
        if (o != opened)
            o->cancelled = true;
}

/* Only for rf_dump(): what is over in the kernel, and when, is not known for sure. */
static void note_drain(struct rfi_check *check, const struct rf_sqe *sqe)
{
    if (sqe->flags & RF_SQE_IO_DRAIN)
        check->drains = true;
    else if (check->opened_count == 0 && sqe->opcode != RF_OP_SEND_ZC &&
             sqe->opcode != RF_OP_SENDMSG_ZC)
        check->drains = false;
}

void rfi_conduct_takes(struct rfi_check *check, struct rfi_opened *opened,
                       const struct rf_sqe *sqe)
{
    if (sqe->flags & RF_SQE_IO_DRAIN)
        look_for_deadlock(check, opened);
    note_drain(check, sqe);
    opened->endless = goes_on(opened->op, sqe);
    note_cancel(check, opened, sqe);
    check->taken_before = opened;
}

void rfi_conduct_batch(struct rfi_check *check)
{
    const struct rfi_opened *last = check->taken_before;
    check->taken_before = NULL;
    if (check->in_chain && last)
        rfi_report(check, RF_CHECK_CHAIN_CUT, last, NULL, 0,
                   "the last SQE of those that were submitted together");
}

/* --- CQEs ----------------------------------------------------------------- */

void rfi_conduct_completes(struct rfi_check *check, const struct rfi_opened *opened,
                           const struct rf_cqe *cqe)
{
    if (cqe->res != -ECANCELED || check->cancels || opened->cancelled || opened->follows ||
        opened->doubtful || check->flags & RF_SETUP_SQPOLL)
        return;
    int32_t thread = opened->thread;
    if (thread != rfi_thread() && is_gone(check, thread))
        rfi_report(check, RF_CHECK_GONE, opened, NULL, 0,
                   "cancelled by the kernel: thread %d has ended", (int)thread);
}

void rfi_conduct_looks(struct rfi_check *check)
{
    uint32_t lost = rfi_cq_overflow_load(check->cq.overflow_word);
    if (lost != check->lost) {
        uint32_t more = lost - check->lost;
        check->lost = lost;
        rfi_report(check, RF_CHECK_LOST, NULL, NULL, 0, "%u, of a queue of %u", (unsigned)more,
                   (unsigned)check->cq.entries);
    }
    if (!(check->options.flags & RF_CHECK_OVERFLOW))
        return;
    bool overflowed = rfi_sq_flags_peek(check->sq.flags_word) & RF_SQ_CQ_OVERFLOW;
    if (overflowed && !check->overflowed)
        rfi_report(check, RF_CHECK_OVERFLOWED, NULL, NULL, 0, "a queue of %u, with %u operations "
                   "open", (unsigned)check->cq.entries, (unsigned)check->opened_count);
    check->overflowed = overflowed;
}
