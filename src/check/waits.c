/* SPDX-License-Identifier: MIT */
/*
 * waits.c - what is told when the program enters the kernel: that it has left the function
 * whose stack it has lent, and that it waits for a multishot that is over.
 */
#include <errno.h>

#include "check.h"

/* --- frames that were left ------------------------------------------------ */

#define THREAD_OWN static __thread __attribute__((tls_model("initial-exec")))

/* The stack of this thread, once it was asked for. */
THREAD_OWN bool stack_asked;
THREAD_OWN uint64_t stack_low, stack_high;

static void ask_stack(void)
{
    pthread_attr_t attr;
    void *low;
    size_t bytes;
    int saved = errno;
    stack_asked = true;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        if (pthread_attr_getstack(&attr, &low, &bytes) == 0) {
            stack_low = (uint64_t)(uintptr_t)low;
            stack_high = stack_low + bytes;
        }
        (void)pthread_attr_destroy(&attr);
    }
    errno = saved;
}

bool rfi_waits_is_stack(uint64_t addr)
{
    return stack_asked && addr - stack_low < stack_high - stack_low;
}

/* A stack grows down: what lies below a frame that is in use belongs to no function any more. */
void rfi_waits_frames(struct rfi_check *check, const void *frame)
{
    uint64_t here = (uint64_t)(uintptr_t)frame;
    if (check->range_count == 0)
        return;
    if (!stack_asked)
        ask_stack();
    if (here - stack_low >= stack_high - stack_low ||
        !rfi_ranges_next(check, stack_low, here - stack_low, NULL))
        return;
    struct rfi_where *now = rfi_where_now(check);
    check->here = now;
    rfi_watch_gone(check, stack_low, here - stack_low,
                   "on the stack of a function that has returned");
    check->here = NULL;
    rfi_where_drop(now);
}

/* --- multishots that are over --------------------------------------------- */

void rfi_waits_over(struct rfi_check *check, const struct rfi_opened *opened, int32_t res)
{
    check->ended_op = opened->multishot ? opened->op : NULL;
    check->ended_user_data = opened->user_data;
    check->ended_fd = opened->fd;
    check->ended_res = res;
    rfi_where_drop(check->ended_where);
    check->ended_where = opened->multishot ? rfi_where_share(opened->where) : NULL;
    check->ended_when_ns = opened->when_ns;
}

static bool has_end(uint32_t flags, const void *arg)
{
    struct rf_getevents_arg more;
    if (flags & RF_ENTER_EXT_ARG_REG)
        return true;
    return flags & RF_ENTER_EXT_ARG &&
           (!rfi_peek(&more, (uint64_t)(uintptr_t)arg, sizeof more) || more.ts);
}

/* Does another thread use it? It may submit what this one waits for. */
static bool is_shared(struct rfi_check *check)
{
    if (!check->threads)
        check->thread = pthread_self();
    if (check->threads < 2 && (!check->threads || !pthread_equal(check->thread, pthread_self())))
        check->threads++;
    return check->threads > 1;
}

void rfi_waits_ended(struct rfi_check *check, uint32_t min_complete, uint32_t flags,
                     const void *arg)
{
    bool shared = is_shared(check), knows = check->knows_taken;
    check->knows_taken = false;
    if (min_complete == 0 || !(flags & RF_ENTER_GETEVENTS) || shared || !knows ||
        check->opened_count > 0 || !check->ended_op || check->strangers ||
        check->taken != rfi_cq_tail_load(check->cq.tail_word) || has_end(flags, arg) ||
        rfi_check_messages_went())
        return;
    struct rfi_opened ended = {.op = check->ended_op,
                               .user_data = check->ended_user_data,
                               .fd = check->ended_fd,
                               .when_ns = check->ended_when_ns,
                               .where = check->ended_where};
    struct rfi_where *here = rfi_where_now(check);
    check->here = here;
    rfi_report(check, RF_CHECK_ENDED, &ended, NULL, 0, "its last CQE, without RF_CQE_F_MORE, had "
               "res %d; nothing else is open", (int)check->ended_res);
    check->here = NULL;
    rfi_where_drop(here);
    check->ended_op = NULL;
}
