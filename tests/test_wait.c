/* SPDX-License-Identifier: MIT */
/*
 * Held here: peeking and waiting. What a call promises to wait for it waits for, what
 * the kernel holds back is seen, and what a failed or interrupted call leaves is still
 * there.
 */
#include "wait_support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- peeking ------------------------------------------------------------- */

/*
 * A read that finishes behind our back: poll-armed on a pipe. On a ring that
 * defers task work its completion waits for somebody to enter.
 */
static void a_finished_operation_is_seen_by(struct rf_ring *ring, int how)
{
    int pipe_fds[2];
    char byte = 0;
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    struct rf_sqe *sqe = rf_get_sqe(ring);
    assert_non_null(sqe);
    rf_prep_read(sqe, pipe_fds[0], &byte, 1, 0);
    sqe->user_data = 77;
    assert_true(rf_submit(ring) >= 0);
    while (rf_sq_ready(ring))
        ;
    usleep(2000); /* an SQ thread needs a moment to arm the poll */
    assert_null(rf_next_cqe(ring));
    assert_int_equal(write(pipe_fds[1], "x", 1), 1);

    double start = seconds_now();
    struct rf_cqe copy;
    const struct rf_cqe *cqe = NULL;
    while (!cqe && seconds_now() - start < 5) {
        if (how == 0) {
            int n = rf_copy_cqes(ring, &copy, 1, 0);
            assert_true(n >= 0);
            cqe = n ? &copy : NULL;
        } else if (how == 1) {
            cqe = rf_next_cqe(ring);
        } else if (rf_peek_cqe(ring, &cqe) == 0) {
            copy = *cqe;
            rf_cqe_seen(ring, cqe);
            cqe = &copy;
        }
    }
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, 77);
    assert_int_equal(cqe->res, 1);
    assert_int_equal(byte, 'x');
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* Zig looks at the overflow bit alone: on a DEFER_TASKRUN ring it would peek for ever. */
static void peeking_sees_finished_work_that_waits_to_be_run(void **state)
{
    for (int how = 0; how < 3; how++) {
        struct rf_ring ring;
        open_flavour(state, &ring, 4);
        a_finished_operation_is_seen_by(&ring, how);
        rf_deinit(&ring);
    }
}

static void the_task_run_flag_counts_as_needing_a_flush(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    assert_false(rf_cq_ring_needs_flush(&ring));
    struct rf_timespec ts = milliseconds(1);
    queue_timeout(&ring, 5, &ts);
    assert_result(rf_submit(&ring), 1);
    double start = seconds_now();
    while (!rf_cq_ring_needs_flush(&ring))
        assert_true(seconds_now() - start < 5);
    assert_false(rf_cq_has_overflow(&ring));
    /* A submit in passing collects it too. */
    assert_int_equal(rf_cq_ready(&ring), 0);
    queue_nop(&ring, 6);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(rf_cq_ready(&ring), 2);
    rf_deinit(&ring);
}

/* Zig never enters when it peeks: completions of a polled ring would never be found. */
static void peeking_at_a_polled_ring_polls(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct between between;
    static const uint32_t kinds[] = {RF_SETUP_IOPOLL, RF_SETUP_IOPOLL | RF_SETUP_HYBRID_IOPOLL};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        open_between(&ring, &between, 4, kinds[i]);
        struct rf_cqe cqe;
        const struct rf_cqe *peeked;
        assert_result(rf_copy_cqes(&ring, &cqe, 1, 0), 0);
        assert_int_equal(between.getevents, 1);
        assert_null(rf_next_cqe(&ring));
        assert_int_equal(between.getevents, 2);
        assert_result(rf_peek_cqe(&ring, &peeked), -EAGAIN);
        assert_int_equal(between.getevents, 3);
        queue_nop(&ring, 9);
        assert_result(rf_submit(&ring), 1);
        assert_int_equal(between.getevents, 4);
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, 9);
        rf_deinit(&ring);
    }
}

static void peeking_at_a_quiet_ring_makes_no_call(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct between between;
    open_between(&ring, &between, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    struct rf_cqe cqe;
    const struct rf_cqe *peeked;
    assert_result(rf_copy_cqes(&ring, &cqe, 1, 0), 0);
    assert_null(rf_next_cqe(&ring));
    assert_result(rf_peek_cqe(&ring, &peeked), -EAGAIN);
    assert_int_equal(between.enters, 0);
    rf_deinit(&ring);
}

static void a_peeked_cqe_is_taken_once(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    for (uint64_t i = 0; i < 3; i++)
        queue_nop(&ring, i);
    assert_true(rf_submit_and_wait(&ring, 3) >= 0);
    const struct rf_cqe *cqe, *again;
    assert_result(rf_peek_cqe(&ring, &cqe), 0);
    assert_result(rf_peek_cqe(&ring, &again), 0);
    assert_ptr_equal(cqe, again);
    assert_int_equal(cqe->user_data, 0);
    assert_int_equal(rf_cq_ready(&ring), 3);
    rf_cqe_seen(&ring, cqe);
    rf_cqe_seen(&ring, cqe); /* changes nothing */
    assert_int_equal(rf_cq_ready(&ring), 2);
    cqe = rf_next_cqe(&ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, 1);
    rf_cqe_seen(&ring, cqe); /* was taken: changes nothing */
    assert_int_equal(rf_cq_ready(&ring), 1);
    rf_cq_advance(&ring, 1);
    assert_int_equal(rf_cq_ready(&ring), 0);
    assert_result(rf_peek_cqe(&ring, &cqe), -EAGAIN);
    rf_deinit(&ring);
}

/* Runs @broken in a child, which must die of the trap. */
static void assert_traps(void (*broken)(struct rf_ring *), struct rf_ring *ring)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        let_traps_through();
        broken(ring);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(is_trap(status));
}

static void advance_too_far(struct rf_ring *ring)
{
    rf_cq_advance(ring, rf_cq_ready(ring) + 1);
}

static void see_a_copy(struct rf_ring *ring)
{
    struct rf_cqe copy;
    memset(&copy, 0, sizeof copy);
    rf_cqe_seen(ring, &copy);
}

static void giving_back_what_was_never_there_traps(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    assert_traps(advance_too_far, &ring);
    assert_traps(see_a_copy, &ring);
    rf_deinit(&ring);
}

/* --- waiting ------------------------------------------------------------- */

/* Zig returns as soon as anything is ready, whatever number was asked for. */
static void copying_waits_for_the_number_asked_for(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    struct rf_timespec soon = milliseconds(20);
    queue_nop(&ring, 1);
    queue_timeout(&ring, 2, &soon);
    assert_true(rf_submit_and_wait(&ring, 1) >= 0);
    struct rf_cqe cqes[8];
    assert_result(rf_copy_cqes(&ring, cqes, 8, 2), 2);
    assert_int_equal(cqes[0].user_data, 1);
    assert_int_equal(cqes[1].user_data, 2);
    assert_result(cqes[1].res, -ETIME);
    /* More than there is room for: the room is what counts. */
    queue_nop(&ring, 3);
    assert_result(rf_copy_cqes(&ring, cqes, 1, 100), 1);
    assert_result(rf_copy_cqes(&ring, cqes, 0, 5), 0);
    rf_deinit(&ring);
}

/* Zig would sleep for ever here: what is queued is never submitted by a wait. */
static void waiting_submits_what_is_queued(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    queue_nop(&ring, 1);
    struct rf_cqe cqe;
    alarm(20); /* ends the test if it hangs */
    assert_result(rf_copy_cqe(&ring, &cqe), 0);
    assert_int_equal(cqe.user_data, 1);
    queue_nop(&ring, 2);
    queue_nop(&ring, 3);
    struct rf_cqe two[2];
    assert_result(rf_copy_cqes(&ring, two, 2, 2), 2);
    alarm(0);
    rf_deinit(&ring);
}

static void a_signal_ends_a_wait_and_loses_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    int interrupted = 0;
    /* On a busy machine both may come at once, the time's end and the signal: again, longer. */
    for (long ms = 60; interrupted == 0; ms *= 4) {
        assert_true(ms < 20000);
        struct rf_timespec later = milliseconds(ms);
        queue_timeout(&ring, 42, &later);
        interrupt_every(3);
        struct rf_cqe cqe;
        int result;
        while ((result = rf_copy_cqe(&ring, &cqe)) == -EINTR)
            interrupted++;
        stop_interrupting();
        assert_result(result, 0);
        assert_int_equal(cqe.user_data, 42);
        assert_result(cqe.res, -ETIME);
    }
    assert_string_equal(rf_error_name(RF_CALL_ENTER, -EINTR), "SignalInterrupt");
    rf_deinit(&ring);
}

/* The kernel hides how a wait ended behind the count of what it submitted. */
static void a_signal_is_told_with_work_submitted(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct between between;
    open_between(&ring, &between, 4, 0);
    struct rf_timespec never = milliseconds(3600000);
    queue_timeout(&ring, 7, &never);
    between.end_wait = true;
    struct rf_cqe cqe;
    alarm(20); /* ends the test if it goes on waiting */
    assert_result(rf_copy_cqe(&ring, &cqe), -EINTR);
    alarm(0);
    assert_int_equal(between.enters, 1);
    assert_int_equal(rf_sq_ready(&ring), 0);
    rf_deinit(&ring);
}

static void sqes_of_a_failed_submit_go_with_the_next(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct between between;
    static const int errors[] = {-EINTR, -EAGAIN, -EBUSY, -ENOMEM};
    open_between(&ring, &between, 4, 0);
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        queue_nop(&ring, 1);
        queue_nop(&ring, 2);
        between.fail_enter = errors[i];
        assert_result(rf_submit(&ring), errors[i]);
        assert_int_equal(rf_sq_ready(&ring), 2);
        queue_nop(&ring, 3);
        assert_result(rf_submit(&ring), 3);
        struct rf_cqe cqes[4];
        assert_result(rf_copy_cqes(&ring, cqes, 4, 3), 3);
        for (uint64_t n = 0; n < 3; n++)
            assert_int_equal(cqes[n].user_data, n + 1);
    }
    rf_deinit(&ring);
}

static void copied_before_the_error_is_not_lost(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct between between;
    open_between(&ring, &between, 4, 0);
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 1);
    struct rf_cqe cqes[2];
    between.fail_enter = -EINTR;
    assert_result(rf_copy_cqes(&ring, cqes, 2, 2), 1);
    assert_int_equal(cqes[0].user_data, 1);
    rf_deinit(&ring);
}

/* Zig has no name for it and calls it unexpected. */
static void another_thread_is_refused_by_name(void **state);

static struct rf_ring *shared_ring;
static void *submit_elsewhere(void *result)
{
    queue_nop(shared_ring, 1);
    *(int *)result = rf_submit(shared_ring);
    return NULL;
}

static void another_thread_is_refused_by_name(void **state)
{
    (void)state;
    without_checker(); /* a thread too many is what it is about */
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER);
    shared_ring = &ring;
    int result = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, submit_elsewhere, &result), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_result(result, -EEXIST);
    assert_string_equal(rf_error_name(RF_CALL_ENTER, result), "InvalidThread");
    assert_result(rf_submit(&ring), 1); /* it stayed queued */
    rf_deinit(&ring);
}

/*
 * Polling ends for many reasons, and one is that a worker has the request. The call then
 * counts the SQE and shows nothing, which elsewhere would mean a signal.
 */
static void polling_that_ends_early_is_no_signal(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_IOPOLL);
    for (uint64_t i = 0; i < 200; i++) {
        struct rf_sqe *sqe = rf_nop(&ring, i);
        assert_non_null(sqe);
        sqe->flags = RF_SQE_ASYNC;
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, i);
    }
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(peeking_sees_finished_work_that_waits_to_be_run),
        ONCE(the_task_run_flag_counts_as_needing_a_flush),
        ONCE(peeking_at_a_polled_ring_polls),
        ONCE(peeking_at_a_quiet_ring_makes_no_call),
        EACH_FLAVOUR(a_peeked_cqe_is_taken_once),
        ONCE(giving_back_what_was_never_there_traps),
        EACH_FLAVOUR(copying_waits_for_the_number_asked_for),
        EACH_FLAVOUR(waiting_submits_what_is_queued),
        EACH_FLAVOUR(a_signal_ends_a_wait_and_loses_nothing),
        ONCE(a_signal_is_told_with_work_submitted),
        ONCE(polling_that_ends_early_is_no_signal),
        ONCE(sqes_of_a_failed_submit_go_with_the_next),
        ONCE(copied_before_the_error_is_not_lost),
        ONCE(another_thread_is_refused_by_name),
    };
    return run_all(tests, COUNT_OF(tests));
}
