/* SPDX-License-Identifier: MIT */
/*
 * Held here: what a wait returns, cell by cell of the table in docs/waiting.md. Every
 * way to wait is gone, on every flavour of ring: when completions are there, when the
 * time is up, when a signal comes, with work queued, with fewer than asked for.
 */
#include "wait_support.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Goes a way. errno must be left alone. */
static int go(const struct way *way, struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr,
              int ms, const sigset_t *mask)
{
    going(way);
    errno = 4711;
    int result = way->wait(w, ret_cqe, nr, ms, mask);
    assert_int_equal(errno, 4711);
    return result;
}

static void assert_ends(const struct way *way, struct waiter *w, int ms, int error)
{
    const struct rf_cqe *cqe = UNTOUCHED;
    assert_result(go(way, w, &cqe, 1, ms, NULL), error);
    assert_ptr_equal(cqe, UNTOUCHED);
}

/* --- completions are there ----------------------------------------------- */

static void what_is_there_is_shown_without_a_call(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    make_ready(&w, 10, 3);
    EACH_WAY(way, &w) {
        for (uint32_t nr = 1; nr <= 3; nr++) {
            const struct rf_cqe *cqe = UNTOUCHED;
            assert_result(go(way, &w, &cqe, nr, 1000, NULL), 0);
            assert_int_equal(cqe->user_data, 10);
            assert_int_equal(rf_cq_ready(&w.ring), 3); /* shown, not taken */
        }
        assert_int_equal(w.between.enters, 0);
    }
    const struct rf_cqe *cqe = NULL;
    assert_result(rf_wait_cqe(&w.ring, &cqe), 0);
    assert_ptr_equal(rf_next_cqe(&w.ring), cqe);
    assert_result(rf_wait_cqe(&w.ring, &cqe), 0);
    assert_int_equal(cqe->user_data, 11);
    rf_cqe_seen(&w.ring, cqe);
    assert_result(rf_wait_cqe(&w.ring, &cqe), 0);
    assert_int_equal(cqe->user_data, 12);
    close_waiter(&w);
}

/* Nothing sleeps, so what is queued stays queued; except where submitting is asked for. */
static void what_is_queued_stays_queued_when_enough_is_there(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        make_ready(&w, 1, 2);
        queue_nop(&w.ring, 3);
        const struct rf_cqe *cqe = UNTOUCHED;
        int result = go(way, &w, &cqe, 2, 1000, NULL);
        assert_int_equal(cqe->user_data, 1);
        if (way->one_call) {
            /* liburing: 0 */
            assert_true(result == 1 || (result == 0 && w.ring.flags & RF_SETUP_SQPOLL));
            assert_true(w.between.enters <= 1);
        } else {
            assert_result(result, 0);
            assert_int_equal(w.between.enters, 0);
            assert_int_equal(rf_sq_ready(&w.ring), 1);
        }
        submit_queued(&w.ring);
        struct rf_cqe all[3];
        assert_result(rf_copy_cqes(&w.ring, all, 3, 3), 3);
        assert_int_equal(all[2].user_data, 3);
    }
    close_waiter(&w);
}

/* The kernel counts from the head that it was shown. */
static void what_was_taken_does_not_end_a_wait(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->takes_time)
            continue;
        make_ready(&w, 1, 2);
        assert_non_null(rf_next_cqe(&w.ring));
        assert_non_null(rf_next_cqe(&w.ring)); /* and no NULL: nothing was given back */
        assert_ends(way, &w, 3, -ETIME);
    }
    close_waiter(&w);
}

/* --- as many as asked for ------------------------------------------------ */

static void a_wait_is_for_the_number_asked_for(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    uint64_t id = 0;
    EACH_WAY(way, &w) {
        if (!way->takes_nr)
            continue;
        for (uint64_t i = 0; i < 3; i++)
            queue_later(&w, id + i, 1 + (is_emulated() ? 100 : 4) * (int)i);
        submit_queued(&w.ring);
        const struct rf_cqe *cqe = UNTOUCHED;
        assert_result(go(way, &w, &cqe, 3, 5000, NULL), 0);
        assert_int_equal(rf_cq_ready(&w.ring), 3);
        for (uint64_t i = 0; i < 3; i++) {
            assert_ptr_equal(rf_next_cqe(&w.ring), cqe);
            assert_int_equal(cqe->user_data, id++);
            if (i < 2)
                assert_result(rf_wait_cqe(&w.ring, &cqe), 0);
        }
        drop_later(&w);
    }
    close_waiter(&w);
}

/* Also where they take two slots, which is what the kernel counts; and behind a filler. */
static void large_completions_count_as_one(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    if (!(w.ring.flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED))) {
        close_waiter(&w);
        skip_because("completions are small here");
    }
    EACH_WAY(way, &w) {
        if (!way->takes_nr)
            continue;
        for (uint32_t before = 0; before < 16; before++) { /* wherever the queue wraps */
            make_ready(&w, 1, 1);
            take_all(&w.ring);
            queue_big_nop(&w.ring, 2);
            submit_queued(&w.ring);
            queue_later(&w, 3, 1);
            submit_queued(&w.ring);
            const struct rf_cqe *cqe = UNTOUCHED;
            assert_result(go(way, &w, &cqe, 2, 10000, NULL), 0);
            assert_int_equal(cqe->user_data, 2);
            if (cqe->res == -EINVAL) {
                close_waiter(&w);
                skip_because("this kernel's NOP cannot post 32-byte completions");
            }
            assert_ptr_equal(rf_next_cqe(&w.ring), cqe);
            cqe = rf_next_cqe(&w.ring);
            assert_non_null(cqe);
            assert_int_equal(cqe->user_data, 3);
            drop_later(&w);
        }
    }
    close_waiter(&w);
}

/* More than there can ever be is what there can be. */
static void a_full_queue_is_enough(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 4, 0);
    for (uint64_t i = 0; i < 12; i++) {
        queue_nop(&w.ring, i);
        if (i % 4 == 3)
            submit_queued(&w.ring);
    }
    forget(&w);
    EACH_WAY(way, &w) {
        if (!way->takes_nr)
            continue;
        const struct rf_cqe *cqe = UNTOUCHED;
        assert_result(go(way, &w, &cqe, 9, 10000, NULL), 0);
        assert_int_equal(cqe->user_data, 0);
        assert_result(go(way, &w, &cqe, UINT32_MAX, 10000, NULL), 0);
        assert_int_equal(cqe->user_data, 0);
    }
    assert_int_equal(rf_cq_ready(&w.ring), 8);
    assert_int_equal(w.between.enters, 0);
    close_waiter(&w);
}

static void none_asked_for_is_a_look(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->takes_nr)
            continue;
        const struct rf_cqe *cqe = UNTOUCHED;
        assert_result(go(way, &w, &cqe, 0, 1000, NULL), -EAGAIN);
        assert_ptr_equal(cqe, UNTOUCHED);
        queue_nop(&w.ring, 7);
        int result = go(way, &w, &cqe, 0, 1000, NULL);
        if (way->one_call) {
            if (!(w.ring.flags & RF_SETUP_SQPOLL)) {
                assert_result(result, 1);
                assert_int_equal(cqe->user_data, 7);
            }
        } else {
            assert_result(result, -EAGAIN);
            assert_int_equal(rf_sq_ready(&w.ring), 1);
        }
        submit_queued(&w.ring);
        assert_result(rf_wait_cqe(&w.ring, &cqe), 0);
        assert_result(go(way, &w, &cqe, 0, 1000, NULL), 0);
        assert_int_equal(cqe->user_data, 7);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

/* --- the time is up ------------------------------------------------------ */

static void when_the_time_is_up_nothing_is_shown(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->takes_time)
            continue;
        double start = seconds_now();
        assert_ends(way, &w, 8, -ETIME);
        assert_true(seconds_now() - start > 0.0079);
        assert_ends(way, &w, 0, -ETIME);
        assert_string_equal(rf_error_name(RF_CALL_WAIT, -ETIME), "WaitTimedOut");
    }
    close_waiter(&w);
}

static void when_the_time_is_up_fewer_are_shown(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->takes_time || !way->takes_nr)
            continue;
        make_ready(&w, 5, 2);
        double start = seconds_now();
        const struct rf_cqe *cqe = UNTOUCHED;
        assert_result(go(way, &w, &cqe, 3, 8, NULL), 0);
        assert_true(seconds_now() - start > 0.0079);
        assert_int_equal(cqe->user_data, 5);
        assert_int_equal(rf_cq_ready(&w.ring), 2);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

static void impossible_times_are_refused(void **state)
{
    (void)state;
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    static const struct rf_timespec wrong[] = {{-1, 0}, {0, -1}, {0, 1000000000}, {1, INT64_MAX}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const struct rf_cqe *cqe = UNTOUCHED;
        queue_nop(&w.ring, 1);
        assert_named_error(WAIT, rf_wait_cqe_timeout(&w.ring, &cqe, &wrong[i]), EINVAL,
                           "WaitArgumentsInvalid");
        assert_non_null(rf_reason(&w.ring));
        assert_result(rf_wait_events(&w.ring, &cqe, 1, &wrong[i], NULL), -EINVAL);
        assert_result(rf_wait_cqes_until(&w.ring, &cqe, 1, &wrong[i], 0, NULL), -EINVAL);
        assert_result(rf_submit_and_wait_timeout(&w.ring, &cqe, 1, &wrong[i], NULL), -EINVAL);
        assert_result(rf_submit_and_wait_until(&w.ring, &cqe, 1, &wrong[i], 0, NULL), -EINVAL);
        if (w.slots) {
            rf_reg_wait_set(&w.slots[0], &wrong[i], 0, NULL);
            assert_result(rf_submit_and_wait_reg(&w.ring, &cqe, 1, 0), -EINVAL);
        }
        assert_ptr_equal(cqe, UNTOUCHED);
        assert_int_equal(w.between.enters, 0); /* nothing was submitted */
        submit_queued(&w.ring);
        assert_result(rf_wait_cqe_timeout(&w.ring, &cqe, NULL), 0);
        take_all(&w.ring);
        forget(&w);
    }
    /* The longest there are: in nanoseconds they do not fit. */
    static const struct rf_timespec longest[] = {{INT64_MAX, 999999999}, {9223372036, 854775807}};
    for (size_t i = 0; i < COUNT_OF(longest); i++) {
        const struct rf_cqe *cqe = UNTOUCHED;
        queue_later(&w, 1, 5);
        assert_result(rf_wait_cqe_timeout(&w.ring, &cqe, &longest[i]), 0);
        take_all(&w.ring);
        queue_later(&w, 1, 5);
        int result = rf_wait_cqes_until(&w.ring, &cqe, 1, &longest[i], 1, NULL);
        if (result == -EOPNOTSUPP)
            result = rf_wait_cqe(&w.ring, &cqe);
        assert_result(result, 0);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

/* --- a signal comes ------------------------------------------------------ */

static void a_signal_ends_a_wait(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    interrupt_every(3);
    EACH_WAY(way, &w)
        assert_ends(way, &w, 10000, -EINTR);
    stop_interrupting();
    assert_string_equal(rf_error_name(RF_CALL_WAIT, -EINTR), "SignalInterrupt");
    close_waiter(&w);
}

static void a_signal_ends_a_wait_with_fewer(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    interrupt_every(3);
    EACH_WAY(way, &w) {
        if (!way->takes_nr)
            continue;
        make_ready(&w, 5, 2);
        const struct rf_cqe *cqe = UNTOUCHED;
        assert_result(go(way, &w, &cqe, 3, 10000, NULL), 0);
        assert_int_equal(cqe->user_data, 5);
        take_all(&w.ring);
    }
    stop_interrupting();
    close_waiter(&w);
}

static void the_mask_holds_while_asleep(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    sigset_t alarm_only, none, before;
    sigemptyset(&none);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    EACH_WAY(way, &w) {
        if (!way->takes_mask)
            continue;
        /* It comes while blocked, and is let through by the mask: no race with going to sleep. */
        assert_int_equal(sigprocmask(SIG_BLOCK, &alarm_only, &before), 0);
        interrupt_once(1);
        while (usleep(2000), sigpending(&none), !sigismember(&none, SIGALRM))
            ;
        sigemptyset(&none);
        const struct rf_cqe *cqe = UNTOUCHED;
        if (way->takes_time)
            assert_result(go(way, &w, &cqe, 1, 2, NULL), -ETIME); /* NULL: it stays blocked */
        assert_int_equal(interruptions, 0);
        assert_result(go(way, &w, &cqe, 1, 10000, &none), -EINTR);
        assert_int_equal(interruptions, 1);
        if (way->takes_time) { /* without one as well: another form of the call */
            assert_int_equal(raise(SIGALRM), 0);
            assert_result(go(way, &w, &cqe, 1, -1, &none), -EINTR);
            assert_int_equal(interruptions, 2);
        }
        /* The other way round: blocked only while asleep. */
        assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
        interrupt_once(2);
        assert_result(go(way, &w, &cqe, 1, 10, &alarm_only), -ETIME);
        assert_int_equal(interruptions, 1); /* afterwards */
        assert_ptr_equal(cqe, UNTOUCHED);
    }
    stop_interrupting();
    close_waiter(&w);
}

/* --- work is queued ------------------------------------------------------ */

static void whoever_sleeps_submits_first(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->submits)
            continue;
        queue_nop(&w.ring, 1);
        queue_nop(&w.ring, 2);
        const struct rf_cqe *cqe = UNTOUCHED;
        int result = go(way, &w, &cqe, 2, 10000, NULL);
        bool counts = way->one_call && !(w.ring.flags & RF_SETUP_SQPOLL);
        if (!way->one_call || counts)
            assert_result(result, counts ? 2 : 0);
        assert_true(result >= 0);
        assert_int_equal(cqe->user_data, 1);
        struct rf_cqe all[2];
        assert_result(rf_copy_cqes(&w.ring, all, 2, 2), 2);
        forget(&w);
    }
    close_waiter(&w);
}

/* How the wait ended is told although SQEs were submitted: in a call of their own. */
static void the_end_of_a_wait_is_told_with_work_submitted(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    sigset_t alarm_only, none, before;
    sigemptyset(&none);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    EACH_WAY(way, &w) {
        if (!way->submits || way->one_call)
            continue;
        if (way->takes_time) {
            queue_later(&w, 9, 600000);
            assert_ends(way, &w, 8, -ETIME);
        }
        queue_later(&w, 9, 600000);
        interrupt_every(3);
        assert_ends(way, &w, 10000, -EINTR);
        stop_interrupting();
        if (way->takes_mask) { /* one signal alone: it must not get lost */
            interrupt_once(600000);
            queue_later(&w, 9, 600000);
            assert_int_equal(sigprocmask(SIG_BLOCK, &alarm_only, &before), 0);
            assert_int_equal(raise(SIGALRM), 0);
            const struct rf_cqe *cqe = UNTOUCHED;
            assert_result(go(way, &w, &cqe, 1, 10000, &none), -EINTR);
            assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
            stop_interrupting();
        }
        assert_int_equal(w.between.both, 0);
        while (rf_sq_ready(&w.ring) > 0)
            assert_true(w.ring.flags & RF_SETUP_SQPOLL);
        cancel_later(&w);
    }
    close_waiter(&w);
}

/* One call for both: the kernel does not tell how the wait ended, and neither do we. */
static void submitted_and_none_came_is_a_count_and_null(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->one_call)
            continue;
        bool sqpoll = w.ring.flags & RF_SETUP_SQPOLL;
        for (int signal = 0; signal < 2; signal++) {
            forget(&w);
            queue_later(&w, 9, 600000);
            const struct rf_cqe *cqe = UNTOUCHED;
            if (signal)
                interrupt_once(20);
            int result = go(way, &w, &cqe, 1, signal ? 10000 : 8, NULL);
            stop_interrupting();
            if (sqpoll && result < 0) { /* the SQ thread was faster than our count */
                assert_result(result, signal ? -EINTR : -ETIME);
                assert_ptr_equal(cqe, UNTOUCHED);
                continue;
            }
            if (sqpoll) /* it may be so slow that the one before is counted too */
                assert_true(result >= 1 && result <= 1 + signal);
            else
                assert_result(result, 1);
            assert_null(cqe);
            assert_int_equal(w.between.enters, 1);
        }
        cancel_later(&w);
    }
    close_waiter(&w);
}

static void submitted_and_it_came_is_a_count_and_the_first(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->one_call)
            continue;
        make_ready(&w, 1, 1);
        queue_later(&w, 2, 6);
        const struct rf_cqe *cqe = UNTOUCHED;
        int result = go(way, &w, &cqe, 2, 10000, NULL);
        assert_true(result == 1 || (result == 0 && w.ring.flags & RF_SETUP_SQPOLL));
        assert_int_equal(w.between.enters, 1);
        assert_int_equal(cqe->user_data, 1);
        assert_int_equal(rf_cq_ready(&w.ring), 2);
        take_all(&w.ring);
        drop_later(&w);
    }
    close_waiter(&w);
}

/* A bad SQE ends a batch, and the kernel does not wait then. */
static void a_bad_sqe_does_not_keep_the_rest_from_being_submitted(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    bool one_by_one = !(w.ring.flags & (RF_SETUP_SQPOLL | RF_SETUP_SUBMIT_ALL));
    EACH_WAY(way, &w) {
        if (!way->submits)
            continue;
        struct rf_sqe *sqe = rf_get_sqe(&w.ring);
        sqe->opcode = 255;
        sqe->user_data = 1;
        queue_nop(&w.ring, 2);
        const struct rf_cqe *cqe = UNTOUCHED;
        int result = go(way, &w, &cqe, 2, 10000, NULL);
        assert_true(result >= 0);
        assert_int_equal(cqe->user_data, 1);
        assert_result(cqe->res, -EINVAL);
        if (one_by_one && way->one_call) {
            assert_result(result, 1); /* a short count: it did not wait */
            assert_int_equal(rf_sq_ready(&w.ring), 1);
        }
        if (way->takes_nr && !way->one_call)
            assert_int_equal(rf_cq_ready(&w.ring), 2);
        submit_queued(&w.ring);
        struct rf_cqe all[2];
        assert_result(rf_copy_cqes(&w.ring, all, 2, 2), 2);
        assert_int_equal(all[1].user_data, 2);
    }
    close_waiter(&w);
}

/* --- something is wrong -------------------------------------------------- */

static void what_cannot_be_submitted_is_told_and_stays_queued(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    if (w.ring.flags & RF_SETUP_SQPOLL) {
        close_waiter(&w);
        skip_because("the SQ thread submits");
    }
    EACH_WAY(way, &w) {
        if (!way->submits)
            continue;
        queue_nop(&w.ring, 2);
        w.between.fail_submit = -EAGAIN;
        assert_ends(way, &w, 10000, -EAGAIN);
        assert_int_equal(rf_sq_ready(&w.ring), 1);
        w.between.fail_submit = 0;
        submit_queued(&w.ring);
        take_all(&w.ring);
        if (!way->takes_nr)
            continue;

        make_ready(&w, 1, 1);
        queue_nop(&w.ring, 2);
        w.between.fail_submit = -EAGAIN;
        const struct rf_cqe *cqe = UNTOUCHED;
        int result = go(way, &w, &cqe, 2, 10000, NULL);
        if (way->one_call) {
            assert_result(result, -EAGAIN);
            assert_ptr_equal(cqe, UNTOUCHED);
        } else { /* fewer than asked for, as whenever a wait cannot go on */
            assert_result(result, 0);
            assert_int_equal(cqe->user_data, 1);
        }
        assert_int_equal(rf_sq_ready(&w.ring), 1);
        w.between.fail_submit = 0;
        submit_queued(&w.ring);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

/* Kernels before 6.18 take nothing more until what overflowed has been collected. */
static void what_overflowed_is_collected_before_giving_up(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 4, 0);
    if (w.ring.flags & RF_SETUP_SQPOLL) {
        close_waiter(&w);
        skip_because("the SQ thread submits");
    }
    EACH_WAY(way, &w) {
        if (!way->submits || way->one_call)
            continue;
        for (uint64_t i = 0; i < 12; i++) {
            queue_nop(&w.ring, i);
            if (i % 4 == 3)
                submit_queued(&w.ring);
        }
        rf_cq_advance(&w.ring, rf_cq_ready(&w.ring));
        assert_true(rf_cq_has_overflow(&w.ring));
        queue_nop(&w.ring, 12);
        w.between.fail_submit = -EBUSY;
        const struct rf_cqe *cqe = UNTOUCHED;
        assert_result(go(way, &w, &cqe, 1, 10000, NULL), 0);
        assert_int_equal(cqe->user_data, 8);
        w.between.fail_submit = 0;
        submit_queued(&w.ring);
        take_all(&w.ring);
    }
    close_waiter(&w);
}

static void other_errors_are_told_with_completions_there(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    static const int errors[] = {-EBADR, -EBADF, -EEXIST, -EOWNERDEAD};
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        EACH_WAY(way, &w) {
            if (!way->takes_nr)
                continue;
            make_ready(&w, 5, 1);
            w.between.fail_enter = errors[i];
            const struct rf_cqe *cqe = UNTOUCHED;
            assert_result(go(way, &w, &cqe, 2, 10000, NULL), errors[i]);
            assert_ptr_equal(cqe, UNTOUCHED);
            const struct rf_cqe *lost = rf_next_cqe(&w.ring);
            assert_non_null(lost); /* it is not */
            assert_int_equal(lost->user_data, 5);
        }
    }
    close_waiter(&w);
}

/* The kernel told the time or a signal, and before we looked a completion came. */
static void what_came_at_the_last_moment_is_shown(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    static const int errors[] = {-ETIME, -EINTR};
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        EACH_WAY(way, &w) {
            if (!way->takes_nr)
                continue;
            make_ready(&w, 5, 1);
            w.between.fail_enter = errors[i];
            const struct rf_cqe *cqe = UNTOUCHED;
            assert_result(go(way, &w, &cqe, 2, 10000, NULL), 0);
            assert_int_equal(cqe->user_data, 5);
            take_all(&w.ring);
        }
    }
    close_waiter(&w);
}

static void a_disabled_ring_is_no_place_to_wait(void **state)
{
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_R_DISABLED;
    open_flavour_params(state, &ring, 4, &params);
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_timespec ts = milliseconds(1);
    assert_named_error(WAIT, rf_wait_cqe(&ring, &cqe), EBADFD, "FileDescriptorInBadState");
    if (ring.features & RF_FEAT_EXT_ARG)
        assert_result(rf_wait_cqe_timeout(&ring, &cqe, &ts), -EBADFD);
    assert_result(rf_get_events(&ring), -EBADFD);
    assert_result(rf_submit_and_get_events(&ring), -EBADFD);
    assert_ptr_equal(cqe, UNTOUCHED);
    rf_deinit(&ring);
}

/* --- woken up for nothing ------------------------------------------------ */

/* A TIMEOUT operation ends any wait when it fires, also one that posts no completion. */
static void what_posts_nothing_does_not_end_a_wait(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    if (!(w.ring.features & RF_FEAT_CQE_SKIP)) {
        close_waiter(&w);
        skip_because("this kernel posts a completion for every operation");
    }
    uint64_t id = 0;
    EACH_WAY(way, &w) {
        id++;
        struct rf_timespec soon = milliseconds(4);
        struct rf_sqe *sqe = rf_get_sqe(&w.ring);
        rf_prep_timeout(sqe, &soon, 0, RF_TIMEOUT_ETIME_SUCCESS);
        sqe->flags |= RF_SQE_CQE_SKIP_SUCCESS;
        queue_later(&w, id, 16);
        submit_queued(&w.ring);
        forget(&w);
        const struct rf_cqe *cqe = UNTOUCHED;
        assert_result(go(way, &w, &cqe, 1, 10000, NULL), 0);
        assert_int_equal(cqe->user_data, id);
        take_all(&w.ring);
        drop_later(&w);
    }
    close_waiter(&w);
}

/* However often it wakes up, the wait is no longer than told, and not over before. */
static void idle_wakeups_do_not_prolong_a_wait(void **state)
{
    /* Enough for four calls to be made in that time. */
    int ms = is_emulated() ? 120 : 12;
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    EACH_WAY(way, &w) {
        if (!way->takes_time)
            continue;
        w.between.idle_returns = 3;
        double start = seconds_now();
        assert_ends(way, &w, ms, -ETIME);
        double took = seconds_now() - start;
        assert_true(took > ms / 1000.0 - 0.0001);
        assert_int_equal(w.between.idle_returns, 0);
        /* Of the last call: what was left. */
        if (!(w.between.flags & RF_ENTER_ABS_TIMER)) {
            assert_int_equal(w.between.ts.tv_sec, 0);
            assert_true(w.between.ts.tv_nsec < ms * 1000000);
        }
        /* For ever, each of them at once: only the clock is left to end it. */
        w.between.idle_returns = UINT32_MAX;
        start = seconds_now();
        assert_ends(way, &w, 8, -ETIME);
        assert_true(seconds_now() - start > 0.0079);
        w.between.idle_returns = 0;
    }
    close_waiter(&w);
}

/* --- two threads --------------------------------------------------------- */

enum { MANY = 2000 };

static void *submit_many(void *argument)
{
    struct rf_ring *ring = argument;
    for (uint64_t i = 0; i < MANY;) {
        struct rf_sqe *sqe = rf_get_sqe(ring);
        if (sqe)
            sqe->user_data = i++;
        if (!sqe || i % 3 == 0 || i == MANY)
            (void)rf_submit(ring);
    }
    return NULL;
}

static void waiting_for_events_leaves_submissions_alone(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_timespec ts = milliseconds(3);
    queue_nop(&w.ring, 1);
    if (w.ring.features & RF_FEAT_EXT_ARG)
        assert_result(rf_wait_events(&w.ring, &cqe, 1, &ts, NULL), -ETIME);
    assert_int_equal(rf_sq_ready(&w.ring), 1);
    assert_int_equal(w.between.submits, 0);
    assert_ptr_equal(cqe, UNTOUCHED);
    submit_queued(&w.ring);
    assert_result(rf_wait_events(&w.ring, &cqe, 1, NULL, NULL), 0);
    take_all(&w.ring);
    close_waiter(&w);
}

static void one_thread_waits_for_events_while_another_submits(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    if (ring.flags & RF_SETUP_SINGLE_ISSUER || flavour_of(state)->registered_ring ||
        ring.flags & RF_SETUP_REGISTERED_FD_ONLY) {
        rf_deinit(&ring);
        skip_because("only one thread may enter a ring of this flavour");
    }
    bool in_order = overflow_keeps_order(&ring);
    static bool came[MANY];
    memset(came, 0, sizeof came);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, submit_many, &ring), 0);
    for (uint64_t i = 0; i < MANY;) {
        const struct rf_cqe *cqe;
        assert_result(rf_wait_events(&ring, &cqe, 1 + i % 2 * (i + 1 < MANY), NULL, NULL), 0);
        while ((cqe = rf_next_cqe(&ring))) {
            assert_true(cqe->user_data < MANY && !came[cqe->user_data]);
            came[cqe->user_data] = true;
            if (in_order)
                assert_int_equal(cqe->user_data, i);
            i++;
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    rf_deinit(&ring);
}

static struct rf_ring *shared_ring;

static void *wait_elsewhere(void *result)
{
    const struct rf_cqe *cqe;
    *(int *)result = rf_wait_events(shared_ring, &cqe, 1, NULL, NULL);
    return NULL;
}

static void the_wrong_thread_is_refused_by_name(void **state)
{
    (void)state;
    without_checker(); /* a thread too many is what it is about */
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    shared_ring = &ring;
    int result = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_elsewhere, &result), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_result(result, -EEXIST);
    assert_string_equal(rf_error_name(RF_CALL_WAIT, result), "InvalidThread");
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(what_is_there_is_shown_without_a_call),
        EACH_FLAVOUR(what_is_queued_stays_queued_when_enough_is_there),
        EACH_FLAVOUR(what_was_taken_does_not_end_a_wait),
        EACH_FLAVOUR(a_wait_is_for_the_number_asked_for),
        EACH_FLAVOUR(large_completions_count_as_one),
        EACH_FLAVOUR(a_full_queue_is_enough),
        EACH_FLAVOUR(none_asked_for_is_a_look),
        EACH_FLAVOUR(when_the_time_is_up_nothing_is_shown),
        EACH_FLAVOUR(when_the_time_is_up_fewer_are_shown),
        ONCE(impossible_times_are_refused),
        EACH_FLAVOUR(a_signal_ends_a_wait),
        EACH_FLAVOUR(a_signal_ends_a_wait_with_fewer),
        EACH_FLAVOUR(the_mask_holds_while_asleep),
        EACH_FLAVOUR(whoever_sleeps_submits_first),
        EACH_FLAVOUR(the_end_of_a_wait_is_told_with_work_submitted),
        EACH_FLAVOUR(submitted_and_none_came_is_a_count_and_null),
        EACH_FLAVOUR(submitted_and_it_came_is_a_count_and_the_first),
        EACH_FLAVOUR(a_bad_sqe_does_not_keep_the_rest_from_being_submitted),
        EACH_FLAVOUR(what_cannot_be_submitted_is_told_and_stays_queued),
        EACH_FLAVOUR(what_overflowed_is_collected_before_giving_up),
        EACH_FLAVOUR(other_errors_are_told_with_completions_there),
        EACH_FLAVOUR(what_came_at_the_last_moment_is_shown),
        EACH_FLAVOUR(a_disabled_ring_is_no_place_to_wait),
        EACH_FLAVOUR(what_posts_nothing_does_not_end_a_wait),
        EACH_FLAVOUR(idle_wakeups_do_not_prolong_a_wait),
        EACH_FLAVOUR(waiting_for_events_leaves_submissions_alone),
        EACH_FLAVOUR(one_thread_waits_for_events_while_another_submits),
        ONCE(the_wrong_thread_is_refused_by_name),
    };
    return run_all(tests, COUNT_OF(tests));
}
