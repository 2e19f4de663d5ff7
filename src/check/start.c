/* SPDX-License-Identifier: MIT */
/* start.c - when a ring begins to be checked, by whom that is wished, and the last reports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../ring.h"
#include "check.h"
#include "hooks.h"

/* All checkers of the process, for when ASan ends it. */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct rfi_check *all;

/* --- the beginning -------------------------------------------------------- */

/* What prints the report may use a stack that is lent: it must not be stopped, too. */
static void unpoison_all(void)
{
    for (struct rfi_check *check = all; check; check = check->next)
        for (size_t i = 0; i < check->range_count; i++)
            if (check->ranges[i].loan->poisoned)
                rfi_asan_unpoison(check->ranges[i].addr, check->ranges[i].loan->bytes);
}

/* ASan has found somebody who touched memory, and printed: say whose it was. */
static void at_death(void)
{
    static struct rfi_where nowhere; /* ASan has said where */
    uint64_t addr = rfi_asan_touched();
    const char *hint = rfi_waits_is_stack(addr)
                           ? "; it is on the stack: has the function returned that lent it?"
                           : "";
    rfi_check_inside(1); /* what the report calls is not the program's */
    unpoison_all();
    for (struct rfi_check *check = all; check; check = check->next) {
        const struct rfi_loan *loan;
        const struct rfi_opened *opened = rfi_watch_owner(check, addr, &loan);
        if (!opened)
            continue;
        check->here = &nowhere;
        rfi_report(check, RF_CHECK_TOUCHED, opened, loan, 0, "0x%llx was touched: see above%s",
                   (unsigned long long)addr, hint);
        return;
    }
}

static void lock_all(void)
{
    rfi_check_inside(1);
    (void)pthread_mutex_lock(&all_lock);
}

static void unlock_all(void)
{
    (void)pthread_mutex_unlock(&all_lock);
    rfi_check_inside(-1);
}

void rfi_check_each(void (*visit)(struct rfi_check *check, void *context), void *context)
{
    lock_all();
    for (struct rfi_check *check = all; check; check = check->next) {
        rfi_check_lock(check);
        visit(check, context);
        rfi_check_unlock(check);
    }
    unlock_all();
}

/* A child has copies of its parent's checkers, with locks that perhaps another thread held. */
static void in_child(void)
{
    rfi_memory_start();
    for (struct rfi_check *check = all; check; check = check->next)
        (void)pthread_mutex_init(&check->lock, NULL);
    (void)pthread_mutex_init(&all_lock, NULL);
    rfi_thread_forked();
    all = NULL;
}

static void watch_process(void)
{
    rfi_memory_start();
    (void)pthread_atfork(NULL, NULL, in_child);
    if (rfi_asan_is_there())
        rfi_asan_at_death(at_death);
}

static void enlist(struct rfi_check *check)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, watch_process);
    rfi_calls_watch();
    lock_all();
    check->next = all;
    all = check;
    unlock_all();
}

static void strike_off(struct rfi_check *check)
{
    lock_all();
    struct rfi_check **at = &all;
    while (*at && *at != check)
        at = &(*at)->next;
    if (*at)
        *at = check->next;
    unlock_all();
}

/* 0 or -ENOMEM. */
static int set_options(struct rfi_check *check, const struct rf_check_options *options)
{
    char *log_path = options->log_path ? strdup(options->log_path) : NULL;
    if (options->log_path && !log_path)
        return -ENOMEM;
    free(check->log_path);
    check->log_path = log_path;
    check->options = *options;
    check->options.log_path = log_path;
    return 0;
}

static bool are_valid(const struct rf_check_options *options)
{
    const uint32_t known = RF_CHECK_UNIQUE | RF_CHECK_RETURNED | RF_CHECK_OVERFLOW;
    return (unsigned)options->answer <= RF_CHECK_EXIT && !(options->flags & ~known) &&
           options->exit_code >= 0 && options->exit_code <= 255;
}

static int start(struct rf_ring *ring, const struct rf_check_options *options)
{
    int saved = errno;
    struct rfi_check *check = calloc(1, sizeof *check);
    int err = check ? rfi_opened_start(check) : -ENOMEM;
    if (!err)
        err = set_options(check, options);
    errno = saved;
    if (err) {
        if (check)
            rfi_opened_stop(check);
        free(check);
        return err;
    }
    check->sys = rfi_checked_sys;
    check->inner = ring->sys;
    (void)pthread_mutex_init(&check->lock, NULL);
    check->sq = ring->sq;
    check->cq = ring->cq;
    check->flags = ring->flags;
    check->published = ring->sq.ktail;
    check->seen = ring->cq.khead;
    check->pid = (int32_t)getpid();
    enlist(check);
    ring->sys = &check->sys;
    ring->check = check;
    ring->cq.thorough = true;
    rfi_sq_one_by_one(ring);
    return 0;
}

int rf_check_start(struct rf_ring *ring, const struct rf_check_options *options)
{
    static const struct rf_check_options defaults; /* all 0 */
    if (!options)
        options = &defaults;
    if (!are_valid(options))
        return -EINVAL;
    if (ring->enter_fd < 0)
        return -EBADF;
    if (ring->check) {
        int saved = errno;
        rfi_check_lock(ring->check);
        int err = set_options(ring->check, options);
        rfi_check_unlock(ring->check);
        errno = saved;
        return err;
    }
    if (rf_sq_ready(ring) > 0 || rf_cq_ready(ring) > 0)
        return -EBUSY;
    return start(ring, options);
}

int rfi_check_opened(struct rf_ring *ring)
{
    struct rfi_wishes wishes;
    if (!rfi_wishes_of(secure_getenv("RINGFENCE_CHECK"), &wishes))
        return 0;
    return start(ring, &wishes.options);
}

bool rf_check_is_on(const struct rf_ring *ring)
{
    return ring->check != NULL;
}

uint64_t rf_check_count(const struct rf_ring *ring)
{
    if (!ring->check)
        return 0;
    rfi_check_lock(ring->check);
    uint64_t count = ring->check->reports;
    rfi_check_unlock(ring->check);
    return count;
}

/* --- the end -------------------------------------------------------------- */

static void look_for_unpublished(struct rfi_check *check, const struct rf_ring *ring)
{
    const struct rf_sq *sq = &ring->sq;
    uint32_t count = rfi_sq_index(sq) - sq->ktail;
    if (count == 0 || count > sq->entries)
        return;
    const struct rf_sqe *sqe = sq->sqes + ((size_t)(sq->ktail & (sq->entries - 1)) << sq->shift);
    struct rfi_opened first;
    memset(&first, 0, sizeof first);
    first.op = rf_op_info(sqe->opcode);
    first.user_data = sqe->user_data;
    first.fd = sqe->fd;
    first.queued = rfi_where_taken(check, sq->ktail);
    rfi_report(check, RF_CHECK_NOT_PUBLISHED, &first, NULL, 0, "the first of %u such SQEs",
               (unsigned)count);
    rfi_where_drop(first.queued);
}

static void look_for_lent(struct rfi_check *check)
{
    const struct rfi_opened *oldest = NULL;
    unsigned count = 0;
    for (const struct rfi_opened *o = check->lent; o; o = o->lent_next, count++)
        oldest = o;
    if (!oldest)
        return;
    const struct rfi_loan *loan = NULL;
    for (uint32_t i = 0; !loan && i < oldest->loan_count; i++)
        if (oldest->loans[i].bytes > 0)
            loan = &oldest->loans[i];
    rfi_report(check, RF_CHECK_CLOSED, oldest, loan, 0, "the oldest of %u operations that have "
               "memory", count);
}

void rfi_check_closing(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    rfi_check_lock(check);
    bool ours = check->pid == (int32_t)getpid();
    if (ours && ring->rings.addr) {
        if (check->flags & RF_SETUP_SQPOLL)
            rfi_look_at_thread(check);
        rfi_look_at_cqes(check);
        look_for_unpublished(check, ring);
    }
    if (ours)
        look_for_lent(check);
    if (ours) {
        rfi_buffers_end(check);
        rfi_pools_end(check);
    }
    while (check->lent)
        rfi_watch_forget(check, check->lent);
    check->closing = true;
    rfi_check_unlock(check);
    strike_off(check);
}

const struct rf_sys *rfi_check_closed(struct rfi_check *check, const struct rf_sys *sys)
{
    if (sys == &check->sys)
        sys = check->inner;
    int saved = errno;
    rfi_opened_stop(check);
    rfi_ranges_stop(check);
    rfi_where_drop(check->ended_where);
    rfi_where_stop(check);
    (void)pthread_mutex_destroy(&check->lock);
    free(check->log_path);
    free(check);
    errno = saved;
    return sys;
}
