/* SPDX-License-Identifier: MIT */
/*
 * Held here: the kinds of waits: a minimum, a deadline, another clock, registered
 * arguments, no iowait, for room in the submission queue. And that what a kernel or a
 * ring lacks is refused before anything is touched, with a reason.
 */
#include "wait_support.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void need(struct waiter *w, uint32_t feature, const char *what)
{
    if (w->ring.features & feature)
        return;
    close_waiter(w);
    skip_because("this kernel has no %s", what);
}

static void need_slots(struct waiter *w)
{
    if (w->slots)
        return;
    close_waiter(w);
    skip_because("this kernel has no registered waits");
}

static bool knows_deadlines(struct waiter *w)
{
    const struct rf_cqe *cqe;
    struct rf_timespec ts = {0, 0};
    return rf_wait_cqes_until(&w->ring, &cqe, 0, &ts, 0, NULL) != -EOPNOTSUPP;
}

static void need_deadlines(struct waiter *w)
{
    if (knows_deadlines(w))
        return;
    close_waiter(w);
    skip_because("this kernel cannot wait until a point in time");
}

static struct rf_timespec on_clock(clockid_t clock, int64_t ms)
{
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    int64_t ns = now.tv_nsec + ms * 1000000;
    struct rf_timespec ts = {now.tv_sec + ns / 1000000000, ns % 1000000000};
    return ts;
}

/* --- old kernels --------------------------------------------------------- */

/* The functions that want something a kernel may lack. */
struct lacking {
    const char *what;
    uint32_t features;    /* RF_FEAT_... that the setup reply does not have */
    uint32_t enter_flags; /* RF_ENTER_... that are refused */
    bool time, minimum, deadline; /* which waits cannot be */
};

static const struct lacking older[] = {
    {"before 5.11", RF_FEAT_EXT_ARG | RF_FEAT_MIN_TIMEOUT | RF_FEAT_NO_IOWAIT,
     RF_ENTER_EXT_ARG | RF_ENTER_ABS_TIMER | RF_ENTER_EXT_ARG_REG | RF_ENTER_NO_IOWAIT, true, true,
     true},
    {"before 6.12", RF_FEAT_MIN_TIMEOUT | RF_FEAT_NO_IOWAIT,
     RF_ENTER_ABS_TIMER | RF_ENTER_EXT_ARG_REG | RF_ENTER_NO_IOWAIT, false, true, true},
    {"without deadlines", 0, RF_ENTER_ABS_TIMER, false, false, true},
    {"before 6.15", RF_FEAT_NO_IOWAIT, RF_ENTER_NO_IOWAIT, false, false, false},
};

static void make_older(struct waiter *w, const struct lacking *kernel)
{
    w->ring.features &= ~kernel->features;
    w->ring.enter_known = 0;
    w->between.lacks_enter = kernel->enter_flags;
}

static void assert_refused(struct waiter *w, int result)
{
    assert_result(result, -EOPNOTSUPP);
    assert_string_equal(rf_error_name(RF_CALL_WAIT, result), "WaitUnsupported");
    assert_non_null(rf_reason(&w->ring));
    assert_non_null(strstr(rf_reason(&w->ring), "this kernel"));
}

/* As the kernel can, in each of the functions that want a time, a minimum or a deadline. */
static void go_all(struct waiter *w, const struct lacking *kernel, bool there)
{
    struct rf_ring *ring = &w->ring;
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_timespec ts = milliseconds(1), past = {0, 1};
    int results[] = {
        rf_wait_cqe_timeout(ring, &cqe, &ts),
        rf_wait_cqes(ring, &cqe, 1, &ts, NULL),
        rf_wait_cqes_min_timeout(ring, &cqe, 1, &ts, 0, NULL),
        rf_wait_events(ring, &cqe, 1, &ts, NULL),
        rf_submit_and_wait_timeout(ring, &cqe, 1, &ts, NULL),
        rf_submit_and_wait_min_timeout(ring, &cqe, 1, &ts, 0, NULL),
        rf_wait_cqes_min_timeout(ring, &cqe, 1, &ts, 1, NULL),
        rf_wait_cqes_min_timeout(ring, &cqe, 1, NULL, 1, NULL),
        rf_submit_and_wait_min_timeout(ring, &cqe, 1, &ts, 1, NULL),
        rf_submit_and_wait_min_timeout(ring, &cqe, 1, NULL, 1, NULL),
        rf_wait_cqes_until(ring, &cqe, 1, &past, 0, NULL),
        rf_submit_and_wait_until(ring, &cqe, 1, &past, 0, NULL),
    };
    for (size_t i = 0; i < COUNT_OF(results); i++) {
        bool lacks = i < 6 ? kernel->time : i < 10 ? kernel->minimum : kernel->deadline;
        assert_result(results[i], lacks ? -EOPNOTSUPP : there ? 0 : -ETIME);
    }
    assert_int_equal(cqe != UNTOUCHED, there && !kernel->time);
}

/* Told at once, not only on the day when the wait would have had to sleep. */
static void what_the_kernel_lacks_is_refused_with_a_reason(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need(&w, RF_FEAT_EXT_ARG, "waits with a time");
    bool minimum = w.ring.features & RF_FEAT_MIN_TIMEOUT, deadline = knows_deadlines(&w);
    uint32_t features = w.ring.features;
    for (size_t i = 0; i < COUNT_OF(older); i++) {
        struct lacking kernel = older[i];
        kernel.minimum |= !minimum;
        kernel.deadline |= !deadline;
        w.ring.features = features;
        make_older(&w, &kernel);
        if (!kernel.time) /* for ever with a minimum: it must be there */
            make_ready(&w, 3, 1);
        go_all(&w, &kernel, !kernel.time);
        take_all(&w.ring);

        const struct rf_cqe *cqe = UNTOUCHED;
        struct rf_timespec ts = milliseconds(1);
        make_ready(&w, 3, 1);
        queue_nop(&w.ring, 4);
        if (kernel.time) {
            assert_refused(&w, rf_wait_cqe_timeout(&w.ring, &cqe, &ts));
            assert_refused(&w, rf_submit_and_wait_timeout(&w.ring, &cqe, 1, &ts, NULL));
        }
        if (kernel.minimum) {
            assert_refused(&w, rf_wait_cqes_min_timeout(&w.ring, &cqe, 1, NULL, 5, NULL));
            assert_refused(&w, rf_submit_and_wait_min_timeout(&w.ring, &cqe, 1, NULL, 5, NULL));
        }
        if (kernel.deadline) {
            assert_refused(&w, rf_wait_cqes_until(&w.ring, &cqe, 1, &ts, 0, NULL));
            assert_refused(&w, rf_submit_and_wait_until(&w.ring, &cqe, 1, &ts, 0, NULL));
        }
        if (kernel.features & RF_FEAT_NO_IOWAIT)
            assert_refused(&w, rf_set_iowait(&w.ring, false));
        assert_int_equal(w.between.submits, 0);
        assert_int_equal(rf_sq_ready(&w.ring), 1);
        assert_ptr_equal(cqe, UNTOUCHED);
        submit_queued(&w.ring);
        while (rf_cq_ready(&w.ring) < 2)
            ;
        take_all(&w.ring);
    }
    close_waiter(&w);
}

/* A wait without a time, with or without a mask, asks nothing new of the kernel. */
static void an_old_kernel_waits_for_ever_and_with_a_mask(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    make_older(&w, &older[0]);
    EACH_WAY(way, &w) {
        if (way->wait == ways[ways_count - 1].wait)
            continue; /* registered */
        sigset_t none;
        sigemptyset(&none);
        for (int with_mask = 0; with_mask < 2; with_mask++) {
            going(way);
            queue_later(&w, 8, 3);
            submit_queued(&w.ring);
            const struct rf_cqe *cqe = UNTOUCHED;
            assert_result(way->wait(&w, &cqe, 1, -1, with_mask ? &none : NULL), 0);
            assert_int_equal(cqe->user_data, 8);
            take_all(&w.ring);
            drop_later(&w);
        }
    }
    const struct rf_cqe *cqe = UNTOUCHED;
    queue_later(&w, 8, 3);
    assert_true(rf_submit_and_wait_timeout(&w.ring, &cqe, 1, NULL, NULL) >= 0);
    assert_int_equal(cqe->user_data, 8);
    assert_int_equal(w.between.flags & (RF_ENTER_EXT_ARG | RF_ENTER_ABS_TIMER), 0);
    close_waiter(&w);
}

/* The question costs a call once, and is not put to a ring that answers something else. */
static void a_ring_is_asked_for_deadlines_once(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need_deadlines(&w);
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_timespec past = {0, 1};
    w.ring.enter_known = 0;
    forget(&w);
    assert_result(rf_wait_cqes_until(&w.ring, &cqe, 1, &past, 0, NULL), -ETIME);
    assert_int_equal(w.between.enters, 2);
    assert_result(rf_wait_cqes_until(&w.ring, &cqe, 1, &past, 0, NULL), -ETIME);
    assert_int_equal(w.between.enters, 3);

    /* -EINVAL, whatever is asked: that is another trouble than the flag. */
    w.ring.enter_known = 0;
    w.between.lacks_enter = RF_ENTER_ABS_TIMER;
    w.between.fail_enter = -EINVAL;
    assert_result(rf_wait_cqes_until(&w.ring, &cqe, 1, &past, 0, NULL), -EINVAL);
    assert_null(rf_reason(&w.ring));
    assert_ptr_equal(cqe, UNTOUCHED);
    close_waiter(&w);
}

/* --- rings that poll ----------------------------------------------------- */

/* They do not sleep: the kernel looks at neither clock nor mask, and says nothing. */
static void a_ring_that_polls_waits_only_for_completions(void **state)
{
    (void)state;
    struct rf_ring ring;
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_timespec ts = milliseconds(1);
    sigset_t none;
    sigemptyset(&none);
    open_ring(&ring, 4, RF_SETUP_IOPOLL);
    assert_named_error(WAIT, rf_wait_cqe_timeout(&ring, &cqe, &ts), EOPNOTSUPP,
                       "WaitUnsupported");
    assert_non_null(strstr(rf_reason(&ring), "RF_SETUP_IOPOLL"));
    assert_result(rf_wait_cqes(&ring, &cqe, 1, NULL, &none), -EOPNOTSUPP);
    assert_result(rf_wait_cqes_min_timeout(&ring, &cqe, 1, NULL, 1, NULL), -EOPNOTSUPP);
    assert_result(rf_wait_cqes_until(&ring, &cqe, 1, &ts, 0, NULL), -EOPNOTSUPP);
    assert_result(rf_wait_events(&ring, &cqe, 1, &ts, NULL), -EOPNOTSUPP);
    assert_result(rf_submit_and_wait_timeout(&ring, &cqe, 1, &ts, NULL), -EOPNOTSUPP);
    assert_ptr_equal(cqe, UNTOUCHED);
    for (uint64_t i = 0; i < 4; i++) {
        queue_nop(&ring, i);
        if (i == 0)
            assert_result(rf_wait_cqe(&ring, &cqe), 0);
        else if (i == 1)
            assert_result(rf_wait_cqes(&ring, &cqe, 1, NULL, NULL), 0);
        else if (i == 2)
            assert_result(rf_submit_and_wait_timeout(&ring, &cqe, 1, NULL, NULL), 1);
        else
            assert_result(rf_submit_and_get_events(&ring), 1);
        assert_result(rf_wait_events(&ring, &cqe, 1, NULL, NULL), 0);
        assert_int_equal(cqe->user_data, i);
        rf_cqe_seen(&ring, cqe);
    }
    rf_deinit(&ring);

    open_ring(&ring, 4, RF_SETUP_IOPOLL | RF_SETUP_SQPOLL); /* the SQ thread polls: we sleep */
    assert_result(rf_wait_cqe_timeout(&ring, &cqe, &ts), -ETIME);
    rf_deinit(&ring);
}

/* --- a minimum ----------------------------------------------------------- */

static void during_the_minimum_fewer_do_not_end_a_wait(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need(&w, RF_FEAT_MIN_TIMEOUT, "minimum wait");
    struct rf_timespec long_time = milliseconds(10000);
    for (int one_call = 0; one_call < 2; one_call++) {
        const struct rf_cqe *cqe = UNTOUCHED;
        make_ready(&w, 1, 1);
        if (one_call)
            queue_nop(&w.ring, 2);
        double start = seconds_now();
        int result = one_call ? rf_submit_and_wait_min_timeout(&w.ring, &cqe, 5, &long_time, 8000,
                                                               NULL)
                              : rf_wait_cqes_min_timeout(&w.ring, &cqe, 5, &long_time, 8000, NULL);
        double took = seconds_now() - start;
        assert_true(result >= 0 && result <= one_call);
        assert_true(took > 0.0079);
        assert_true(took < 5);
        assert_int_equal(cqe->user_data, 1);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

static void after_the_minimum_one_is_enough(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need(&w, RF_FEAT_MIN_TIMEOUT, "minimum wait");
    struct rf_timespec long_time = milliseconds(10000);
    for (int i = 0; i < 4; i++) {
        const struct rf_timespec *ts = i % 2 ? &long_time : NULL; /* also: for ever */
        const struct rf_cqe *cqe = UNTOUCHED;
        queue_later(&w, 7, 10);
        double start = seconds_now();
        int result = i < 2 ? rf_wait_cqes_min_timeout(&w.ring, &cqe, 5, ts, 3000, NULL)
                           : rf_submit_and_wait_min_timeout(&w.ring, &cqe, 5, ts, 3000, NULL);
        assert_true(result == 0 || (result == 1 && i >= 2));
        assert_true(seconds_now() - start < 5);
        assert_non_null(cqe);
        assert_int_equal(cqe->user_data, 7);
        take_all(&w.ring);
        drop_later(&w);
    }
    close_waiter(&w);
}

static void enough_ends_the_minimum(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need(&w, RF_FEAT_MIN_TIMEOUT, "minimum wait");
    struct rf_timespec long_time = milliseconds(10000);
    const struct rf_cqe *cqe = UNTOUCHED;
    queue_later(&w, 1, 2);
    queue_later(&w, 2, 6);
    double start = seconds_now();
    assert_result(rf_wait_cqes_min_timeout(&w.ring, &cqe, 2, &long_time, 5000000, NULL), 0);
    assert_true(seconds_now() - start < 4);
    assert_int_equal(rf_cq_ready(&w.ring), 2);
    close_waiter(&w);
}

/* 6.18 looks at the time only when the minimum is over. */
static void the_minimum_does_not_prolong_a_wait(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need(&w, RF_FEAT_MIN_TIMEOUT, "minimum wait");
    struct rf_timespec ts = milliseconds(6);
    const struct rf_cqe *cqe = UNTOUCHED;
    double start = seconds_now();
    assert_result(rf_wait_cqes_min_timeout(&w.ring, &cqe, 2, &ts, 8000000, NULL), -ETIME);
    assert_result(rf_submit_and_wait_min_timeout(&w.ring, &cqe, 2, &ts, 8000000, NULL), -ETIME);
    if (w.slots) {
        rf_reg_wait_set(&w.slots[0], &ts, 8000000, NULL);
        assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 2, 0), -ETIME);
    }
    if (knows_deadlines(&w)) {
        struct rf_timespec deadline = on_clock(CLOCK_MONOTONIC, 6);
        assert_result(rf_wait_cqes_until(&w.ring, &cqe, 2, &deadline, 8000000, NULL), -ETIME);
    }
    assert_ptr_equal(cqe, UNTOUCHED);
    queue_later(&w, 1, 600000);
    int result = rf_submit_and_wait_min_timeout(&w.ring, &cqe, 2, &ts, 8000000, NULL);
    assert_true(result == 1 || (result == -ETIME && w.ring.flags & RF_SETUP_SQPOLL));
    assert_true(seconds_now() - start < 6);
    close_waiter(&w);
}

/* Woken up for nothing before the minimum is over, and after. */
static void a_minimum_goes_on_where_it_was(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need(&w, RF_FEAT_MIN_TIMEOUT, "minimum wait");
    struct rf_timespec ts = milliseconds(10000);
    const struct rf_cqe *cqe = UNTOUCHED;
    w.between.idle_returns = 1;
    w.between.fail_enter = -EINTR;
    assert_result(rf_wait_cqes_min_timeout(&w.ring, &cqe, 5, &ts, 8000000, NULL), -EINTR);
    assert_int_equal(w.between.enters, 2);
    assert_int_equal(w.between.min_complete, 5);
    assert_in_range(w.between.arg.min_wait_usec, 1, 7999999);

    forget(&w);
    w.between.idle_returns = 1;
    w.between.idle_ms = 4;
    w.between.fail_enter = -EINTR;
    assert_result(rf_wait_cqes_min_timeout(&w.ring, &cqe, 5, &ts, 2000, NULL), -EINTR);
    assert_int_equal(w.between.enters, 2);
    assert_int_equal(w.between.min_complete, 1);
    assert_int_equal(w.between.arg.min_wait_usec, 0);
    assert_ptr_equal(cqe, UNTOUCHED);
    close_waiter(&w);
}

/* --- deadlines and clocks ------------------------------------------------ */

static void a_deadline_holds_however_often_it_is_waited_for(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need_deadlines(&w);
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_timespec deadline;
    double start;
    int interrupted = 0;
    for (int64_t ms = 15; interrupted == 0; ms *= 2) { /* longer on a busy machine */
        assert_true(ms < 2000);
        deadline = on_clock(CLOCK_MONOTONIC, ms);
        start = seconds_now();
        interrupt_every(3);
        int result;
        while ((result = rf_wait_cqes_until(&w.ring, &cqe, 1, &deadline, 0, NULL)) == -EINTR)
            interrupted++;
        stop_interrupting();
        assert_result(result, -ETIME);
        assert_true(seconds_now() - start > 0.001 * (double)ms - 0.0001);
    }
    /* It has passed: nothing but a look. */
    start = seconds_now();
    assert_result(rf_wait_cqes_until(&w.ring, &cqe, 1, &deadline, 0, NULL), -ETIME);
    assert_result(rf_submit_and_wait_until(&w.ring, &cqe, 1, &deadline, 0, NULL), -ETIME);
    assert_ptr_equal(cqe, UNTOUCHED);
    make_ready(&w, 6, 1);
    assert_result(rf_wait_cqes_until(&w.ring, &cqe, 1, &deadline, 0, NULL), 0);
    assert_int_equal(cqe->user_data, 6);
    close_waiter(&w);
}

static void the_clock_can_be_chosen(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    static const uint32_t clocks[] = {CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        struct rf_clock_register clock = {clocks[i], {0, 0, 0}};
        int err = rf_register_clock(&w.ring, &clock);
        if (err == -EOPNOTSUPP) {
            close_waiter(&w);
            skip_because("this kernel's waits have one clock only");
        }
        assert_result(err, 0);
        assert_int_equal(w.between.opcode, RF_REGISTER_CLOCK);
        struct rf_timespec ts = milliseconds(5);
        struct rf_timespec deadline = on_clock((clockid_t)clocks[i], 5);
        const struct rf_cqe *cqe = UNTOUCHED;
        w.between.idle_returns = 2; /* so that we look at it, too */
        double start = seconds_now();
        assert_result(rf_wait_cqe_timeout(&w.ring, &cqe, &ts), -ETIME);
        assert_true(seconds_now() - start > 0.0049);
        assert_result(rf_wait_cqes_until(&w.ring, &cqe, 1, &deadline, 0, NULL), -ETIME);
        assert_true(seconds_now() - start < 5);
    }
    close_waiter(&w);
}

static void other_clocks_are_refused(void **state)
{
    (void)state;
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    struct rf_clock_register boottime = {CLOCK_BOOTTIME, {0, 0, 0}};
    struct rf_clock_register realtime = {CLOCK_REALTIME, {0, 0, 0}};
    struct rf_clock_register reserved = {CLOCK_MONOTONIC, {0, 1, 0}};
    if (rf_register_clock(&w.ring, &realtime) == -EOPNOTSUPP) {
        close_waiter(&w);
        skip_because("this kernel's waits have one clock only");
    }
    assert_named_error(REGISTER_CLOCK, rf_register_clock(&w.ring, &realtime), EINVAL,
                       "ClockInvalid");
    assert_result(rf_register_clock(&w.ring, &reserved), -EINVAL);
    assert_int_equal(w.ring.clock, 0);
    w.between.lacks_register = RF_REGISTER_CLOCK;
    assert_named_error(REGISTER_CLOCK, rf_register_clock(&w.ring, &boottime), EOPNOTSUPP,
                       "RegistrationUnsupported");
    assert_non_null(rf_reason(&w.ring));
    assert_int_equal(w.ring.clock, 0);
    close_waiter(&w);
}

/* --- registered waits ---------------------------------------------------- */

static void a_registered_wait_is_as_its_slot_says(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need_slots(&w);
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_timespec short_time = milliseconds(4), long_time = milliseconds(10000);
    rf_reg_wait_set(&w.slots[0], &short_time, 0, NULL);
    rf_reg_wait_set(&w.slots[1], &long_time, 5000, NULL);
    for (int i = 0; i < 2; i++) {
        assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 0), -ETIME);
        assert_int_equal(w.between.flags & RF_ENTER_EXT_ARG_REG, RF_ENTER_EXT_ARG_REG);
    }
    /* The other slot: its minimum ends the wait for five. */
    make_ready(&w, 3, 1);
    double start = seconds_now();
    assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 5, 1), 0);
    assert_true(seconds_now() - start > 0.0049);
    assert_true(seconds_now() - start < 5);
    assert_int_equal(cqe->user_data, 3);
    take_all(&w.ring);
    /* Slots may change at any time; all zero is for ever. */
    memset(&w.slots[0], 0, sizeof w.slots[0]);
    queue_later(&w, 4, 8);
    int result = rf_submit_and_wait_reg(&w.ring, &cqe, 1, 0);
    assert_true(result == 1 || (result == 0 && w.ring.flags & RF_SETUP_SQPOLL));
    assert_int_equal(cqe->user_data, 4);
    close_waiter(&w);
}

/* The kernel would submit first, then find the fault, and say nothing of it. */
static void a_slot_that_cannot_be_is_refused_before_submitting(void **state)
{
    without_checker(); /* an SQE stays in the ring */
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need_slots(&w);
    const struct rf_cqe *cqe = UNTOUCHED;
    queue_nop(&w.ring, 1);
    static const uint32_t beyond[] = {2, 3, 64, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(beyond); i++) {
        assert_named_error(WAIT, rf_submit_and_wait_reg(&w.ring, &cqe, 1, beyond[i]), EINVAL,
                           "WaitArgumentsInvalid");
        assert_non_null(rf_reason(&w.ring));
    }
    sigset_t none;
    sigemptyset(&none);
    w.slots[0].flags = 2;
    assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 0), -EINVAL);
    rf_reg_wait_set(&w.slots[0], NULL, 0, &none);
    w.slots[0].sigmask_sz = sizeof none;
    assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 0), -EINVAL);
    assert_int_equal(w.between.enters, 0);
    assert_int_equal(rf_sq_ready(&w.ring), 1);
    assert_ptr_equal(cqe, UNTOUCHED);
    close_waiter(&w);
}

static void open_disabled(void **state, struct waiter *w)
{
    memset(w, 0, sizeof *w);
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_R_DISABLED;
    open_flavour_params(state, &w->ring, 4, &params);
}

static void waits_are_registered_once_and_before_enabling(void **state)
{
    struct waiter w;
    struct rf_reg_wait *slots = NULL;
    open_disabled(state, &w);
    assert_named_error(SETUP_REG_WAIT, rf_setup_reg_wait(&w.ring, 0, &slots), EINVAL,
                       "WaitsNotRegistrable");
    int err = rf_setup_reg_wait(&w.ring, 65, &slots);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&w.ring);
        skip_because("this kernel has no registered waits");
    }
    assert_result(err, 0);
    static const struct rf_reg_wait zero;
    for (int i = 0; i < 65; i++)
        assert_memory_equal(&slots[i], &zero, sizeof zero);
    struct rf_reg_wait *again = NULL;
    assert_named_error(SETUP_REG_WAIT, rf_setup_reg_wait(&w.ring, 1, &again), EBUSY,
                       "MemoryRegionAlreadyRegistered");
    assert_null(again);
    assert_result(rf_enable_rings(&w.ring), 0);
    /* Both pages are the kernel's to read. */
    struct rf_timespec ts = milliseconds(1);
    const struct rf_cqe *cqe = UNTOUCHED;
    rf_reg_wait_set(&slots[64], &ts, 0, NULL);
    assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 64), -ETIME);
    assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 65), -EINVAL);
    rf_deinit(&w.ring);
    unsigned char resident;
    assert_int_equal(mincore(slots, 1, &resident), -1); /* unmapped */

    open_disabled(state, &w);
    assert_result(rf_enable_rings(&w.ring), 0);
    slots = NULL;
    assert_named_error(SETUP_REG_WAIT, rf_setup_reg_wait(&w.ring, 1, &slots), EINVAL,
                       "WaitsNotRegistrable");
    assert_non_null(strstr(rf_reason(&w.ring), "enabled"));
    rf_deinit(&w.ring);

    open_flavour(state, &w.ring, 4);
    assert_result(rf_setup_reg_wait(&w.ring, 1, &slots), -EINVAL);
    assert_non_null(strstr(rf_reason(&w.ring), "RF_SETUP_R_DISABLED"));
    assert_null(slots);
    assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 0), -EINVAL);
    rf_deinit(&w.ring);
}

/* The bare registration serves as well, with the kernel's memory too. */
static void waits_may_lie_in_any_region(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int own = 0; own < 2; own++) {
        struct waiter w;
        open_disabled(state, &w);
        struct rf_reg_wait *slots = NULL;
        struct rf_region_desc region;
        memset(&region, 0, sizeof region);
        region.size = page;
        if (own) {
            slots = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            assert_ptr_not_equal(slots, MAP_FAILED);
            region.user_addr = (uintptr_t)slots;
            region.flags = RF_MEM_REGION_TYPE_USER;
        }
        struct rf_mem_region_reg reg;
        memset(&reg, 0, sizeof reg);
        reg.region_uptr = (uintptr_t)&region;
        reg.flags = RF_MEM_REGION_REG_WAIT_ARG;
        int err = rf_register_region(&w.ring, &reg);
        if (err == -EOPNOTSUPP) {
            rf_deinit(&w.ring);
            if (own)
                munmap(slots, page);
            skip_because("this kernel has no memory regions");
        }
        assert_result(err, 0);
        assert_result(rf_enable_rings(&w.ring), 0);
        bool mapped = w.ring.fd >= 0 && !(w.ring.flags & RF_SETUP_NO_MMAP);
        if (!own && w.ring.fd >= 0) {
            slots = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, w.ring.fd,
                         (off_t)region.mmap_offset);
            mapped = slots != MAP_FAILED;
        }
        struct rf_timespec ts = milliseconds(2);
        const struct rf_cqe *cqe = UNTOUCHED;
        if (own || mapped) {
            /* Also the last, for which 6.18 reads the first: that one is for ever. */
            uint32_t last = (uint32_t)(page / sizeof *slots) - 1;
            rf_reg_wait_set(&slots[1], &ts, 0, NULL);
            rf_reg_wait_set(&slots[last], &ts, 0, NULL);
            assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 1), -ETIME);
            assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, last), -ETIME);
            rf_deinit(&w.ring);
            assert_int_equal(munmap(slots, page), 0); /* it was left to us */
        } else {
            assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 0), -EINVAL);
            rf_deinit(&w.ring);
        }
    }
}

static int no_region(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                     uint32_t nr_args)
{
    (void)sys;
    if ((opcode & ~(uint32_t)RF_REGISTER_USE_REGISTERED_RING) == RF_REGISTER_MEM_REGION)
        return -EINVAL;
    return rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
}

static void registered_waits_are_refused_by_older_kernels(void **state)
{
    without_checker(); /* it plays with ring.sys */
    struct waiter w;
    open_disabled(state, &w);
    struct rf_sys sys = *w.ring.sys;
    sys.ring_register = no_region;
    w.ring.sys = &sys;
    struct rf_reg_wait *slots = NULL;
    assert_named_error(SETUP_REG_WAIT, rf_setup_reg_wait(&w.ring, 1, &slots), EOPNOTSUPP,
                       "RegistrationUnsupported");
    assert_non_null(strstr(rf_reason(&w.ring), "this kernel"));
    assert_null(slots);
    rf_deinit(&w.ring);
}

/* --- iowait -------------------------------------------------------------- */

static void waits_can_be_left_out_of_iowait(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    need(&w, RF_FEAT_NO_IOWAIT, "waits that are no iowait");
    struct rf_timespec ts = milliseconds(1);
    const struct rf_cqe *cqe;
    for (int i = 0; i < 2; i++) {
        assert_result(rf_wait_cqe_timeout(&w.ring, &cqe, &ts), -ETIME);
        assert_int_equal(w.between.flags & RF_ENTER_NO_IOWAIT, 0);
        assert_result(rf_set_iowait(&w.ring, false), 0);
        assert_result(rf_wait_cqe_timeout(&w.ring, &cqe, &ts), -ETIME);
        assert_int_equal(w.between.flags & RF_ENTER_NO_IOWAIT, RF_ENTER_NO_IOWAIT);
        queue_nop(&w.ring, 1);
        struct rf_cqe copy; /* the waits of ring.h as well */
        assert_result(rf_copy_cqe(&w.ring, &copy), 0);
        assert_int_equal(w.between.flags & RF_ENTER_NO_IOWAIT, RF_ENTER_NO_IOWAIT);
        assert_result(rf_set_iowait(&w.ring, true), 0);
    }
    /* Registering the descriptor and back leaves it as it is. */
    if (!(w.ring.enter_flags & RF_ENTER_REGISTERED_RING)) {
        assert_result(rf_set_iowait(&w.ring, false), 0);
        assert_result(rf_register_ring_fd(&w.ring), 0);
        assert_result(rf_wait_cqe_timeout(&w.ring, &cqe, &ts), -ETIME);
        assert_int_equal(w.between.flags & RF_ENTER_NO_IOWAIT, RF_ENTER_NO_IOWAIT);
        assert_result(rf_unregister_ring_fd(&w.ring), 0);
        assert_result(rf_wait_cqe_timeout(&w.ring, &cqe, &ts), -ETIME);
        assert_int_equal(w.between.flags & RF_ENTER_NO_IOWAIT, RF_ENTER_NO_IOWAIT);
    }
    close_waiter(&w);
}

/* --- for events only ----------------------------------------------------- */

static void events_are_collected_without_waiting(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 4, 0);
    assert_result(rf_get_events(&w.ring), 0);
    assert_int_equal(w.between.flags & RF_ENTER_GETEVENTS, RF_ENTER_GETEVENTS);
    int result = rf_submit_and_get_events(&w.ring);
    assert_result(result, 0);
    assert_int_equal(w.between.enters, 2); /* even with nothing to submit */

    for (uint64_t i = 0; i < 12; i++) {
        queue_nop(&w.ring, i);
        if (i % 4 == 3)
            submit_queued(&w.ring);
    }
    rf_cq_advance(&w.ring, rf_cq_ready(&w.ring));
    queue_nop(&w.ring, 12);
    assert_result(rf_get_events(&w.ring), 0);
    assert_int_equal(rf_sq_ready(&w.ring), 1); /* it submits nothing */
    assert_int_equal(rf_cq_ready(&w.ring), 4);
    assert_false(rf_cq_has_overflow(&w.ring));
    result = rf_submit_and_get_events(&w.ring);
    if (!(w.ring.flags & RF_SETUP_SQPOLL)) {
        assert_result(result, 1);
        assert_int_equal(rf_cq_ready(&w.ring), 5);
    } else {
        assert_true(result >= 0);
        submit_queued(&w.ring);
    }
    /* A CQE in the caller's hands is left alone: nothing waits. */
    const struct rf_cqe *cqe = rf_next_cqe(&w.ring);
    assert_non_null(cqe);
    uint64_t before = cqe->user_data;
    uint32_t head = w.ring.cq.khead;
    assert_result(rf_get_events(&w.ring), 0);
    assert_int_equal(w.ring.cq.khead, head);
    assert_int_equal(cqe->user_data, before);
    close_waiter(&w);
}

static void deferred_work_runs_when_events_are_asked_for(void **state)
{
    (void)state;
    struct waiter w;
    open_waiter(state, &w, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    for (int i = 0; i < 2; i++) {
        /* Not before it is submitted: then it completes at once, and nothing is deferred. */
        queue_later(&w, 5, is_emulated() ? 500 : 20);
        submit_queued(&w.ring);
        double start = seconds_now();
        while (!rf_cq_ring_needs_flush(&w.ring)) {
            assert_true(seconds_now() - start < 30);
            sched_yield(); /* to whoever is to make it so */
        }
        assert_int_equal(rf_cq_ready(&w.ring), 0);
        assert_result(i ? rf_get_events(&w.ring) : rf_submit_and_get_events(&w.ring), 0);
        assert_int_equal(rf_cq_ready(&w.ring), 1);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

/* --- room for submissions ------------------------------------------------ */

static void fill(struct rf_ring *ring)
{
    struct rf_sqe *sqe;
    while ((sqe = rf_get_sqe(ring)))
        sqe->user_data = 1;
}

static void after_waiting_for_room_there_is_room(void **state)
{
    without_checker(); /* an SQE stays in the ring */
    struct waiter w;
    open_waiter(state, &w, 4, 0);
    assert_result(rf_sqring_wait(&w.ring), 0);
    assert_int_equal(w.between.enters, 0);
    for (int i = 0; i < 50; i++) {
        fill(&w.ring);
        if (i % 10 == 0 && w.ring.flags & RF_SETUP_SQPOLL)
            usleep(60000); /* it has fallen asleep */
        assert_result(rf_sqring_wait(&w.ring), 0);
        struct rf_sqe *sqe = rf_get_sqe(&w.ring);
        assert_non_null(sqe);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

static void waiting_for_room_can_end_without(void **state)
{
    (void)state;
    struct waiter w;
    open_waiter(state, &w, 4, RF_SETUP_SQPOLL);
    /* Asleep, and the call to wake it up never arrives. */
    int result = 0;
    w.between.ignores_enter = RF_ENTER_SQ_WAKEUP;
    interrupt_every(5);
    for (int attempt = 0; result == 0 && attempt < 20; attempt++) {
        uint32_t flags = 0;
        double start = seconds_now();
        while (!rf_sq_ring_needs_enter(&w.ring, &flags))
            assert_true(seconds_now() - start < 10);
        usleep(2000); /* it says so, looks once more, and only then it sleeps */
        fill(&w.ring);
        errno = 4711;
        result = rf_sqring_wait(&w.ring);
        assert_int_equal(errno, 4711);
        take_all(&w.ring);
    }
    stop_interrupting();
    assert_result(result, -EINTR);
    assert_true(w.between.flags & RF_ENTER_SQ_WAIT);
    assert_true(w.between.flags & RF_ENTER_SQ_WAKEUP);

    w.between.lacks_enter = RF_ENTER_SQ_WAIT;
    assert_named_error(WAIT, rf_sqring_wait(&w.ring), EOPNOTSUPP, "WaitUnsupported");
    assert_non_null(rf_reason(&w.ring));
    w.between.lacks_enter = 0;
    w.between.fail_enter = -EOWNERDEAD;
    assert_result(rf_sqring_wait(&w.ring), -EOWNERDEAD);
    w.between.ignores_enter = 0;
    do
        result = rf_sqring_wait(&w.ring);
    while (result == -EINTR); /* a late one */
    assert_result(result, 0);
    close_waiter(&w);
}

static void without_an_sq_thread_room_is_made_by_submitting(void **state)
{
    (void)state;
    struct waiter w;
    open_waiter(state, &w, 4, 0);
    fill(&w.ring);
    w.between.fail_submit = -EAGAIN;
    assert_result(rf_sqring_wait(&w.ring), -EAGAIN);
    assert_int_equal(rf_sq_ready(&w.ring), 4);
    w.between.fail_submit = 0;
    assert_result(rf_sqring_wait(&w.ring), 0);
    assert_int_equal(rf_sq_ready(&w.ring), 0);
    assert_int_equal(rf_cq_ready(&w.ring), 4);
    close_waiter(&w);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(what_the_kernel_lacks_is_refused_with_a_reason),
        EACH_FLAVOUR(an_old_kernel_waits_for_ever_and_with_a_mask),
        EACH_FLAVOUR(a_ring_is_asked_for_deadlines_once),
        ONCE(a_ring_that_polls_waits_only_for_completions),
        EACH_FLAVOUR(during_the_minimum_fewer_do_not_end_a_wait),
        EACH_FLAVOUR(after_the_minimum_one_is_enough),
        EACH_FLAVOUR(enough_ends_the_minimum),
        EACH_FLAVOUR(the_minimum_does_not_prolong_a_wait),
        ONCE(a_minimum_goes_on_where_it_was),
        EACH_FLAVOUR(a_deadline_holds_however_often_it_is_waited_for),
        EACH_FLAVOUR(the_clock_can_be_chosen),
        ONCE(other_clocks_are_refused),
        EACH_FLAVOUR(a_registered_wait_is_as_its_slot_says),
        EACH_FLAVOUR(a_slot_that_cannot_be_is_refused_before_submitting),
        EACH_FLAVOUR(waits_are_registered_once_and_before_enabling),
        EACH_FLAVOUR(waits_may_lie_in_any_region),
        EACH_FLAVOUR(registered_waits_are_refused_by_older_kernels),
        EACH_FLAVOUR(waits_can_be_left_out_of_iowait),
        EACH_FLAVOUR(events_are_collected_without_waiting),
        ONCE(deferred_work_runs_when_events_are_asked_for),
        EACH_FLAVOUR(after_waiting_for_room_there_is_room),
        ONCE(waiting_for_room_can_end_without),
        ONCE(without_an_sq_thread_room_is_made_by_submitting),
    };
    return run_all(tests, COUNT_OF(tests));
}
