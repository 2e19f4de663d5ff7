/* SPDX-License-Identifier: MIT */
#include "wait_support.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* --- which way a test had gone when it failed ---------------------------- */

/* Since the ring was opened; a test that fails leaves it so. */
static const struct way *on_the_way;

static void tell_way(void)
{
    if (on_the_way)
        printf("# the failed test had gone: %s\n", on_the_way->name);
    on_the_way = NULL;
}

void going(const struct way *way)
{
    on_the_way = way;
}

/* --- between ring and kernel --------------------------------------------- */

static void remember(struct between *b, uint32_t to_submit, uint32_t min_complete, uint32_t flags,
                     const void *arg)
{
    b->enters++;
    b->getevents += (flags & RF_ENTER_GETEVENTS) != 0;
    b->submits += to_submit > 0;
    b->both += to_submit > 0 && min_complete > 0;
    b->to_submit = to_submit;
    b->min_complete = min_complete;
    b->flags = flags;
    if (!(flags & RF_ENTER_EXT_ARG) || flags & RF_ENTER_EXT_ARG_REG)
        return;
    b->arg = *(const struct rf_getevents_arg *)arg;
    if (b->arg.ts)
        b->ts = *(const struct rf_timespec *)(uintptr_t)b->arg.ts;
}

static int between_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                         uint32_t min_complete, uint32_t flags, const void *arg,
                         size_t arg_bytes)
{
    struct between *b = (struct between *)(uintptr_t)sys;
    if (flags & b->lacks_enter)
        return -EINVAL;
    remember(b, to_submit, min_complete, flags, arg);
    if (to_submit > 0 && b->fail_submit)
        return b->fail_submit;
    if (b->idle_returns > 0) {
        b->idle_returns--;
        if (b->idle_ms > 0)
            usleep(1000 * b->idle_ms);
        return 0;
    }
    if (b->fail_enter) {
        int error = b->fail_enter;
        b->fail_enter = 0;
        return error;
    }
    if (b->end_wait) {
        b->end_wait = false;
        min_complete = 0;
    }
    return b->kernel->ring_enter(b->kernel, fd, to_submit, min_complete, flags & ~b->ignores_enter,
                                 arg, arg_bytes);
}

static int between_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                            uint32_t nr_args)
{
    struct between *b = (struct between *)(uintptr_t)sys;
    b->registers++;
    b->opcode = opcode & ~(uint32_t)RF_REGISTER_USE_REGISTERED_RING;
    if (b->lacks_register >= 0 && b->opcode == (uint32_t)b->lacks_register)
        return -EINVAL;
    return b->kernel->ring_register(b->kernel, fd, opcode, arg, nr_args);
}

void forget(struct waiter *w)
{
    struct between *b = &w->between;
    b->enters = b->getevents = b->submits = b->both = b->registers = 0;
    b->to_submit = b->min_complete = b->flags = 0;
    memset(&b->arg, 0, sizeof b->arg);
    memset(&b->ts, 0, sizeof b->ts);
}

static void put_between(struct rf_ring *ring, struct between *b)
{
    memset(b, 0, sizeof *b);
    b->kernel = ring->sys;
    b->sys = *ring->sys;
    b->sys.ring_enter = between_enter;
    b->sys.ring_register = between_register;
    b->lacks_register = -1;
    ring->sys = &b->sys;
}

void open_between(struct rf_ring *ring, struct between *between, uint32_t entries, uint32_t flags)
{
    open_ring(ring, entries, flags);
    put_between(ring, between);
}

void open_waiter(void **state, struct waiter *w, uint32_t entries, uint32_t flags)
{
    static bool first = true;
    if (first)
        atexit(tell_way);
    first = false;
    tell_way();
    memset(w, 0, sizeof *w);
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flags | RF_SETUP_R_DISABLED;
    open_flavour_params(state, &w->ring, entries, &params);
    put_between(&w->ring, &w->between);

    int err = rf_setup_reg_wait(&w->ring, 2, &w->slots);
    if (err != -EOPNOTSUPP)
        assert_result(err, 0);
    assert_result(rf_enable_rings(&w->ring), 0);
    /* Once a ring is asked whether the kernel knows deadlines: not to be counted later. */
    const struct rf_cqe *cqe;
    struct rf_timespec past = {0, 0};
    (void)!rf_wait_cqes_until(&w->ring, &cqe, 0, &past, 0, NULL);
    forget(w);
}

void close_waiter(struct waiter *w)
{
    rf_deinit(&w->ring);
    drop_later(w);
    on_the_way = NULL;
}

/* --- ways to wait -------------------------------------------------------- */

static const struct rf_timespec *time_of(int ms, struct rf_timespec *ts)
{
    *ts = milliseconds(ms);
    return ms < 0 ? NULL : ts;
}

static const struct rf_timespec *deadline_of(int ms, struct rf_timespec *ts)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (ms < 0 ? 3600 * INT64_C(1000) : ms) * 1000000 + now.tv_nsec;
    ts->tv_sec = now.tv_sec + ns / 1000000000;
    ts->tv_nsec = ns % 1000000000;
    return ts;
}

static int way_wait_cqe(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                        const sigset_t *mask)
{
    (void)nr, (void)ms, (void)mask;
    return rf_wait_cqe(&w->ring, ret_cqe);
}

static int way_wait_cqe_nr(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                           const sigset_t *mask)
{
    (void)ms, (void)mask;
    return rf_wait_cqe_nr(&w->ring, ret_cqe, nr);
}

static int way_wait_cqe_timeout(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr,
                                int ms, const sigset_t *mask)
{
    struct rf_timespec ts;
    (void)nr, (void)mask;
    return rf_wait_cqe_timeout(&w->ring, ret_cqe, time_of(ms, &ts));
}

static int way_wait_cqes(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                         const sigset_t *mask)
{
    struct rf_timespec ts;
    return rf_wait_cqes(&w->ring, ret_cqe, nr, time_of(ms, &ts), mask);
}

/* With a minimum so small that it changes nothing. */
static int way_wait_cqes_min_timeout(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr,
                                     int ms, const sigset_t *mask)
{
    struct rf_timespec ts;
    return rf_wait_cqes_min_timeout(&w->ring, ret_cqe, nr, time_of(ms, &ts), 0, mask);
}

static int way_wait_cqes_until(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr,
                               int ms, const sigset_t *mask)
{
    struct rf_timespec ts;
    return rf_wait_cqes_until(&w->ring, ret_cqe, nr, deadline_of(ms, &ts), 0, mask);
}

static int way_wait_events(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                           const sigset_t *mask)
{
    struct rf_timespec ts;
    return rf_wait_events(&w->ring, ret_cqe, nr, time_of(ms, &ts), mask);
}

static int way_submit_timeout(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                              const sigset_t *mask)
{
    struct rf_timespec ts;
    return rf_submit_and_wait_timeout(&w->ring, ret_cqe, nr, time_of(ms, &ts), mask);
}

static int way_submit_min_timeout(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr,
                                  int ms, const sigset_t *mask)
{
    struct rf_timespec ts;
    return rf_submit_and_wait_min_timeout(&w->ring, ret_cqe, nr, time_of(ms, &ts), 0, mask);
}

static int way_submit_until(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                            const sigset_t *mask)
{
    struct rf_timespec ts;
    return rf_submit_and_wait_until(&w->ring, ret_cqe, nr, deadline_of(ms, &ts), 0, mask);
}

static int way_submit_reg(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                          const sigset_t *mask)
{
    struct rf_timespec ts;
    rf_reg_wait_set(&w->slots[1], time_of(ms, &ts), 0, mask);
    return rf_submit_and_wait_reg(&w->ring, ret_cqe, nr, 1);
}

#define ONE_CALL .takes_nr = true, .takes_time = true, .takes_mask = true, .submits = true, \
                 .one_call = true
#define ALL_ARGS .takes_nr = true, .takes_time = true, .takes_mask = true

const struct way ways[] = {
    {"rf_wait_cqe", way_wait_cqe, .submits = true},
    {"rf_wait_cqe_nr", way_wait_cqe_nr, .takes_nr = true, .submits = true},
    {"rf_wait_cqe_timeout", way_wait_cqe_timeout, .takes_time = true, .submits = true},
    {"rf_wait_cqes", way_wait_cqes, ALL_ARGS, .submits = true},
    {"rf_wait_cqes_min_timeout", way_wait_cqes_min_timeout, ALL_ARGS, .submits = true},
    {"rf_wait_cqes_until", way_wait_cqes_until, ALL_ARGS, .submits = true},
    {"rf_wait_events", way_wait_events, ALL_ARGS},
    {"rf_submit_and_wait_timeout", way_submit_timeout, ONE_CALL},
    {"rf_submit_and_wait_min_timeout", way_submit_min_timeout, ONE_CALL},
    {"rf_submit_and_wait_until", way_submit_until, ONE_CALL},
    {"rf_submit_and_wait_reg", way_submit_reg, ONE_CALL},
};
const size_t ways_count = COUNT_OF(ways);

bool can(struct waiter *w, const struct way *way)
{
    if (way->wait == way_submit_reg)
        return w->slots;
    if (!way->takes_time)
        return true;
    if (!(w->ring.features & RF_FEAT_EXT_ARG))
        return false;
    if (way->wait != way_wait_cqes_until && way->wait != way_submit_until)
        return true;
    int result = w->between.kernel->ring_enter(w->between.kernel, w->ring.enter_fd, 0, 0,
                                               RF_ENTER_ABS_TIMER | w->ring.enter_flags, NULL, 0);
    return result != -EINVAL;
}

/* --- work ---------------------------------------------------------------- */

void queue_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe;
    while (!(sqe = rf_get_sqe(ring)))
        assert_true(ring->flags & RF_SETUP_SQPOLL); /* it shows CQEs before it gives slots back */
    sqe->user_data = user_data; /* all zero is a NOP */
}

void queue_timeout(struct rf_ring *ring, uint64_t user_data, struct rf_timespec *ts)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    assert_non_null(sqe);
    rf_prep_timeout(sqe, ts, 0, 0);
    sqe->user_data = user_data;
}

void queue_big_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    assert_non_null(sqe);
    rf_prep_nop(sqe);
    sqe->nop_flags = RF_NOP_CQE32;
    sqe->off = user_data * 3;
    sqe->addr = user_data * 5;
    sqe->user_data = user_data;
}

void queue_later(struct waiter *w, uint64_t user_data, int ms)
{
    assert_true(w->later_count < LATER_MAX);
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    assert_true(fd >= 0);
    w->later[w->later_count++] = fd;
    struct itimerspec when = {{0, 0}, {ms / 1000, ms % 1000 * 1000000}};
    assert_int_equal(timerfd_settime(fd, 0, &when, NULL), 0);
    struct rf_sqe *sqe = rf_get_sqe(&w->ring);
    assert_non_null(sqe);
    rf_prep_poll_add(sqe, fd, POLLIN);
    sqe->user_data = user_data;
}

void drop_later(struct waiter *w)
{
    for (unsigned i = 0; i < w->later_count; i++)
        close(w->later[i]);
    w->later_count = 0;
}

void cancel_later(struct waiter *w)
{
    static const struct itimerspec now = {{0, 0}, {0, 1}};
    for (unsigned i = 0; i < w->later_count; i++) {
        struct rf_cqe cqe;
        assert_int_equal(timerfd_settime(w->later[i], 0, &now, NULL), 0);
        assert_result(rf_copy_cqe(&w->ring, &cqe), 0);
    }
    drop_later(w);
}

void submit_queued(struct rf_ring *ring)
{
    do
        assert_true(rf_submit(ring) >= 0);
    while (rf_sq_ready(ring) > 0);
}

void make_ready(struct waiter *w, uint64_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        queue_nop(&w->ring, first + i);
    submit_queued(&w->ring);
    double start = seconds_now();
    while (rf_cq_ready(&w->ring) < count)
        assert_true(seconds_now() - start < 10);
    forget(w);
}

void take_all(struct rf_ring *ring)
{
    while (rf_next_cqe(ring))
        ;
}

/* --- time and signals ---------------------------------------------------- */

struct rf_timespec milliseconds(long ms)
{
    struct rf_timespec ts = {ms / 1000, ms % 1000 * 1000000};
    return ts;
}

double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

volatile sig_atomic_t interruptions;

static void on_alarm(int number)
{
    (void)number;
    interruptions++;
}

static void interrupt(int ms, int again_ms)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    interruptions = 0;
    struct itimerval when = {{0, again_ms * 1000}, {ms / 1000, ms % 1000 * 1000}};
    setitimer(ITIMER_REAL, &when, NULL);
}

void interrupt_once(int ms)
{
    interrupt(ms, 0);
}

void interrupt_every(int ms)
{
    interrupt(ms, ms);
}

void stop_interrupting(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
}
