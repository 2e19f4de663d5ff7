/* SPDX-License-Identifier: MIT */
/*
 * Held here: submitting, waiting and peeking. What a call promises to wait for
 * it waits for, what the kernel holds back is seen, what a failed or
 * interrupted call leaves is still there, and a CQE in the caller's hands
 * stays as it is.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void queue_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe;
    while (!(sqe = rf_get_sqe(ring)))
        assert_true(ring->flags & RF_SETUP_SQPOLL); /* it shows CQEs before it gives slots back */
    sqe->user_data = user_data;
}

static void queue_timeout(struct rf_ring *ring, uint64_t user_data, struct rf_timespec *ts)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    assert_non_null(sqe);
    rf_prep_timeout(sqe, ts, 0, 0);
    sqe->user_data = user_data;
}

static struct rf_timespec milliseconds(long ms)
{
    struct rf_timespec ts = {ms / 1000, ms % 1000 * 1000000};
    return ts;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- a rf_sys that counts enters, and can interrupt them ------------------ */

struct counting_sys {
    struct rf_sys sys; /* first: the functions get its address */
    unsigned enters;
    unsigned getevents;
    int fail_with; /* the next enter fails with this errno */
    bool end_wait; /* the next enter submits, and its wait ends at once as by a signal */
};

static int counting_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    return rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
}

static int counting_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                          uint32_t min_complete, uint32_t flags, const void *arg,
                          size_t arg_bytes)
{
    struct counting_sys *counting = (struct counting_sys *)(uintptr_t)sys;
    counting->enters++;
    counting->getevents += !!(flags & RF_ENTER_GETEVENTS);
    if (counting->fail_with) {
        int error = counting->fail_with;
        counting->fail_with = 0;
        return error;
    }
    if (counting->end_wait) {
        counting->end_wait = false;
        min_complete = 0;
    }
    return rf_sys_kernel.ring_enter(&rf_sys_kernel, fd, to_submit, min_complete, flags, arg,
                                    arg_bytes);
}

static void open_counting(struct rf_ring *ring, struct counting_sys *counting, uint32_t entries,
                          uint32_t flags)
{
    open_ring(ring, entries, flags); /* skips if it cannot be had */
    rf_deinit(ring);
    memset(counting, 0, sizeof *counting);
    counting->sys = rf_sys_kernel;
    counting->sys.ring_setup = counting_setup;
    counting->sys.ring_enter = counting_enter;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flags;
    assert_result(rf_init_sys(ring, entries, &params, &counting->sys), 0);
}

/* --- submitting ---------------------------------------------------------- */

static void submitting_nothing_makes_no_call(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct counting_sys counting;
    open_counting(&ring, &counting, 4, 0);
    assert_result(rf_submit(&ring), 0);
    assert_int_equal(counting.enters, 0);
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(counting.enters, 1);
    assert_result(rf_submit(&ring), 0);
    assert_int_equal(counting.enters, 1);
    rf_deinit(&ring);
}

static void nothing_is_published_before_flush(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    queue_nop(&ring, 1);
    queue_nop(&ring, 2);
    assert_int_equal(rf_sq_ready(&ring), 2);
    assert_int_equal(rf_sq_space_left(&ring), 2);
    assert_int_equal(rf_cq_ready(&ring), 0);
    uint32_t flushed = rf_flush_sq(&ring);
    if (!(ring.flags & RF_SETUP_SQPOLL)) {
        assert_int_equal(flushed, 2);
        assert_result(rf_enter(&ring, flushed, 0, 0), 2);
        assert_int_equal(rf_sq_ready(&ring), 0);
        assert_int_equal(rf_sq_space_left(&ring), 4);
    }
    struct rf_cqe cqes[2];
    assert_result(rf_copy_cqes(&ring, cqes, 2, 2), 2);
    assert_int_equal(cqes[0].user_data, 1);
    assert_int_equal(cqes[1].user_data, 2);
    rf_deinit(&ring);
}

static void a_full_queue_says_so_and_takes_more_after_submit(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 0; i < 4; i++)
        queue_nop(&ring, i);
    assert_null(rf_get_sqe(&ring));
    assert_null(rf_get_sqe(&ring));
    assert_int_equal(rf_sq_ready(&ring), 4);
    assert_true(rf_submit_and_wait(&ring, 4) >= 0);
    while (rf_sq_space_left(&ring) == 0)
        ; /* the SQ thread shows CQEs before it gives slots back */
    queue_nop(&ring, 4);
    assert_true(rf_submit(&ring) >= 0);
    for (uint64_t i = 0; i < 5; i++) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, i);
    }
    rf_deinit(&ring);
}

/* Zig hands out what the previous occupant left; so would a hand-filled SQE inherit its flags. */
static void an_sqe_is_handed_out_all_zero(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    size_t bytes = ring.flags & RF_SETUP_SQE128 ? 128 : 64;
    static const char zero[128];
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++) {
            struct rf_sqe *sqe;
            struct rf_sqe_run run;
            if (round % 2 && i % 2) {
                assert_true(rf_get_sqes(&ring, 1, &run));
                sqe = rf_sqe_run_next(&run);
            } else {
                sqe = rf_get_sqe(&ring);
            }
            assert_non_null(sqe);
            assert_memory_equal(sqe, zero, bytes);
            memset(sqe, 0xA5, bytes); /* an unknown opcode, and flags */
            sqe->flags = 0;
        }
        while (rf_sq_ready(&ring))
            assert_true(rf_submit(&ring) >= 0); /* each bad one may end a batch */
        struct rf_cqe cqes[4];
        assert_result(rf_copy_cqes(&ring, cqes, 4, 4), 4);
        for (int i = 0; i < 4; i++)
            assert_result(cqes[i].res, -EINVAL);
    }
    rf_deinit(&ring);
}

static void a_bad_sqe_ends_the_batch_and_the_rest_goes_next(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    queue_nop(&ring, 1);
    struct rf_sqe *sqe = rf_get_sqe(&ring);
    assert_non_null(sqe);
    sqe->opcode = 255;
    sqe->user_data = 2;
    queue_nop(&ring, 3);
    int submitted = rf_submit(&ring);
    if (ring.flags & RF_SETUP_SQPOLL) {
        while (rf_sq_ready(&ring))
            rf_submit(&ring);
    } else if (ring.flags & RF_SETUP_SUBMIT_ALL) {
        assert_result(submitted, 3);
    } else {
        assert_result(submitted, 2);
        assert_int_equal(rf_sq_ready(&ring), 1);
        assert_result(rf_submit(&ring), 1);
    }
    struct rf_cqe cqes[3];
    assert_result(rf_copy_cqes(&ring, cqes, 3, 3), 3);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(cqes[i].user_data, i + 1);
    assert_result(cqes[1].res, -EINVAL);
    rf_deinit(&ring);
}

static void a_chain_that_was_promised_runs_in_order_across_the_wrap(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    uint64_t id = 0;
    for (int round = 0; round < 20; round++) {
        struct rf_sqe_run run;
        assert_true(rf_get_sqes(&ring, 5, &run)); /* 5 of 8: the wrap falls everywhere */
        for (int i = 0; i < 5; i++) {
            struct rf_sqe *sqe = rf_sqe_run_next(&run);
            assert_non_null(sqe);
            rf_prep_nop(sqe);
            sqe->user_data = id++;
            if (i < 4)
                rf_sqe_link_next(sqe);
        }
        assert_null(rf_sqe_run_next(&run));
        assert_true(rf_submit(&ring) >= 0);
        struct rf_cqe cqes[5];
        assert_result(rf_copy_cqes(&ring, cqes, 5, 5), 5);
        for (int i = 0; i < 5; i++)
            assert_int_equal(cqes[i].user_data, id - 5 + (uint64_t)i);
        while (rf_sq_ready(&ring))
            ;
    }
    rf_deinit(&ring);
}

static void what_a_run_does_not_take_stays_free(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    for (uint64_t round = 0; round < 20; round++) {
        struct rf_sqe_run run;
        assert_true(rf_get_sqes(&ring, 6, &run));
        struct rf_sqe *sqe = rf_sqe_run_next(&run);
        assert_non_null(sqe);
        sqe->user_data = 2 * round;
        assert_int_equal(rf_sq_ready(&ring), 1);
        queue_nop(&ring, 2 * round + 1); /* the run is given up */
        assert_int_equal(rf_sq_ready(&ring), 2);
        assert_true(rf_submit(&ring) >= 0);
        struct rf_cqe cqes[8];
        assert_result(rf_copy_cqes(&ring, cqes, 8, 2), 2);
        assert_int_equal(cqes[0].user_data, 2 * round);
        assert_int_equal(cqes[1].user_data, 2 * round + 1);
        while (rf_sq_ready(&ring))
            ;
    }
    rf_deinit(&ring);
}

/* --- the SQ thread ------------------------------------------------------- */

static void a_sleeping_sq_thread_is_woken_every_time(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_SQPOLL;
    params.sq_thread_idle = 1;
    open_flavour_params(state, &ring, 4, &params);
    int slept = 0;
    for (uint64_t i = 0; i < 100; i++) {
        uint32_t flags = 0;
        double asked = seconds_now();
        while (i % 2 && !rf_sq_ring_needs_enter(&ring, &flags) && seconds_now() - asked < 0.1)
            usleep(200); /* let it fall asleep */
        slept += flags == RF_ENTER_SQ_WAKEUP;
        queue_nop(&ring, i);
        assert_true(rf_submit(&ring) >= 0);
        double start = seconds_now();
        struct rf_cqe cqe;
        int n;
        while ((n = rf_copy_cqes(&ring, &cqe, 1, 0)) == 0)
            assert_true(seconds_now() - start < 10); /* lost: nobody would ever wake it */
        assert_result(n, 1);
        assert_int_equal(cqe.user_data, i);
    }
    assert_true(slept > 10); /* or the test held nothing */
    rf_deinit(&ring);
}

static void needs_enter_tells_why(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    uint32_t flags = 0;
    assert_true(rf_sq_ring_needs_enter(&ring, &flags));
    assert_int_equal(flags, 0);
    rf_deinit(&ring);

    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_SQPOLL;
    params.sq_thread_idle = 1;
    open_flavour_params(state, &ring, 4, &params);
    double start = seconds_now();
    while (!rf_sq_ring_needs_enter(&ring, &flags))
        assert_true(seconds_now() - start < 10);
    assert_int_equal(flags, RF_ENTER_SQ_WAKEUP);
    rf_deinit(&ring);
}

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
    struct counting_sys counting;
    static const uint32_t kinds[] = {RF_SETUP_IOPOLL, RF_SETUP_IOPOLL | RF_SETUP_HYBRID_IOPOLL};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        open_counting(&ring, &counting, 4, kinds[i]);
        struct rf_cqe cqe;
        const struct rf_cqe *peeked;
        assert_result(rf_copy_cqes(&ring, &cqe, 1, 0), 0);
        assert_int_equal(counting.getevents, 1);
        assert_null(rf_next_cqe(&ring));
        assert_int_equal(counting.getevents, 2);
        assert_result(rf_peek_cqe(&ring, &peeked), -EAGAIN);
        assert_int_equal(counting.getevents, 3);
        queue_nop(&ring, 9);
        assert_result(rf_submit(&ring), 1);
        assert_int_equal(counting.getevents, 4);
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, 9);
        rf_deinit(&ring);
    }
}

static void peeking_at_a_quiet_ring_makes_no_call(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct counting_sys counting;
    open_counting(&ring, &counting, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    struct rf_cqe cqe;
    const struct rf_cqe *peeked;
    assert_result(rf_copy_cqes(&ring, &cqe, 1, 0), 0);
    assert_null(rf_next_cqe(&ring));
    assert_result(rf_peek_cqe(&ring, &peeked), -EAGAIN);
    assert_int_equal(counting.enters, 0);
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
        signal(SIGILL, SIG_DFL);
        signal(SIGTRAP, SIG_DFL);
        broken(ring);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
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

static void on_alarm(int signal)
{
    (void)signal;
}

static void start_interrupting(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* without SA_RESTART; with it, io_uring does not restart */
    sigaction(SIGALRM, &action, NULL);
    struct itimerval every = {{0, 3000}, {0, 3000}};
    setitimer(ITIMER_REAL, &every, NULL);
}

static void stop_interrupting(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_DFL);
}

static void a_signal_ends_a_wait_and_loses_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    struct rf_timespec later = milliseconds(60);
    queue_timeout(&ring, 42, &later);
    start_interrupting();
    struct rf_cqe cqe;
    int interrupted = 0, result;
    while ((result = rf_copy_cqe(&ring, &cqe)) == -EINTR)
        interrupted++;
    stop_interrupting();
    assert_result(result, 0);
    assert_int_equal(cqe.user_data, 42);
    assert_result(cqe.res, -ETIME);
    assert_true(interrupted > 0);
    assert_string_equal(rf_error_name(RF_CALL_ENTER, -EINTR), "SignalInterrupt");
    rf_deinit(&ring);
}

/* The kernel hides how a wait ended behind the count of what it submitted. */
static void a_signal_is_told_with_work_submitted(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct counting_sys counting;
    open_counting(&ring, &counting, 4, 0);
    struct rf_timespec never = milliseconds(3600000);
    queue_timeout(&ring, 7, &never);
    counting.end_wait = true;
    struct rf_cqe cqe;
    alarm(20); /* ends the test if it goes on waiting */
    assert_result(rf_copy_cqe(&ring, &cqe), -EINTR);
    alarm(0);
    assert_int_equal(counting.enters, 1);
    assert_int_equal(rf_sq_ready(&ring), 0);
    rf_deinit(&ring);
}

static void sqes_of_a_failed_submit_go_with_the_next(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct counting_sys counting;
    static const int errors[] = {-EINTR, -EAGAIN, -EBUSY, -ENOMEM};
    open_counting(&ring, &counting, 4, 0);
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        queue_nop(&ring, 1);
        queue_nop(&ring, 2);
        counting.fail_with = errors[i];
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
    struct counting_sys counting;
    open_counting(&ring, &counting, 4, 0);
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 1);
    struct rf_cqe cqes[2];
    counting.fail_with = -EINTR;
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

/* --- a CQE in the caller's hands ----------------------------------------- */

static void a_cqe_stays_readable_while_more_is_submitted(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    uint64_t sent = 0, seen = 0;
    for (; sent < 8; sent++)
        queue_nop(&ring, sent);
    assert_true(rf_submit_and_wait(&ring, 8) >= 0);
    double start = seconds_now();
    while (seen < 2000 && seconds_now() - start < 20) {
        const struct rf_cqe *cqe = rf_next_cqe(&ring);
        if (!cqe) {
            if (sent == seen) { /* the SQ thread was slow: there was no free SQE below */
                while (rf_sq_space_left(&ring) == 0)
                    ;
                queue_nop(&ring, sent++);
            }
            assert_true(rf_submit_and_wait(&ring, 1) >= 0);
            continue;
        }
        /* Two for each one taken: the queue runs full and overflows. */
        for (int i = 0; i < 2 && sent - seen < 40; i++) {
            struct rf_sqe *sqe = rf_get_sqe(&ring);
            if (sqe)
                sqe->user_data = sent++;
        }
        assert_true(rf_submit(&ring) >= 0);
        assert_int_equal(cqe->user_data, seen++);
        assert_int_equal(cqe->res, 0);
    }
    assert_int_equal(seen, 2000);
    rf_deinit(&ring);
}

static void leaving_the_loop_early_loses_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    uint64_t sent = 0, seen = 0;
    for (int round = 0; round < 200; round++) {
        while (sent - seen < 8)
            queue_nop(&ring, sent++);
        assert_true(rf_submit_and_wait(&ring, 1) >= 0);
        int take = round % 5;
        const struct rf_cqe *cqe;
        while (take-- && (cqe = rf_next_cqe(&ring)))
            assert_int_equal(cqe->user_data, seen++);
        while (rf_sq_ready(&ring))
            assert_true(rf_submit(&ring) >= 0);
    }
    while (seen < sent) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, seen++);
    }
    rf_deinit(&ring);
}

/* A wait counts from the head that the kernel was shown: what was taken must not satisfy it. */
static void what_was_taken_does_not_end_the_next_wait(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    queue_nop(&ring, 1);
    queue_nop(&ring, 2);
    assert_true(rf_submit_and_wait(&ring, 2) >= 0);
    assert_non_null(rf_next_cqe(&ring));
    assert_non_null(rf_next_cqe(&ring)); /* both taken, the loop left without a NULL */
    struct rf_timespec soon = milliseconds(30);
    queue_timeout(&ring, 3, &soon);
    double start = seconds_now();
    assert_true(rf_submit_and_wait(&ring, 1) >= 0);
    const struct rf_cqe *cqe = rf_next_cqe(&ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, 3);
    assert_true(seconds_now() - start > 0.025);
    rf_deinit(&ring);
}

/* --- overflow and loss --------------------------------------------------- */

static void completions_beyond_the_queue_are_kept_and_come_in_order(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 0; i < 24; i++) {
        queue_nop(&ring, i);
        if (i % 4 == 3) {
            assert_true(rf_submit(&ring) >= 0);
            while (rf_sq_ready(&ring))
                assert_true(rf_submit(&ring) >= 0);
        }
    }
    if (!(ring.flags & RF_SETUP_SQPOLL)) {
        assert_true(rf_cq_has_overflow(&ring));
        assert_true(rf_cq_ring_needs_flush(&ring));
    }
    for (uint64_t i = 0; i < 24; i++) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqes(&ring, &cqe, 1, 1), 1);
        assert_int_equal(cqe.user_data, i);
    }
    assert_false(rf_cq_has_overflow(&ring));
    assert_int_equal(rf_cq_overflow(&ring), 0); /* kept, not lost */
    rf_deinit(&ring);
}

static void peeking_collects_what_overflowed(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 0; i < 24; i++) {
        queue_nop(&ring, i);
        if (i % 4 == 3)
            do
                assert_true(rf_submit(&ring) >= 0);
            while (rf_sq_ready(&ring));
    }
    double start = seconds_now();
    for (uint64_t i = 0; i < 24;) {
        const struct rf_cqe *cqe = rf_next_cqe(&ring);
        assert_true(seconds_now() - start < 10);
        if (cqe)
            assert_int_equal(cqe->user_data, i++);
    }
    rf_deinit(&ring);
}

/* Zig reads the two counters once, when the ring is opened, and never again. */
static void lost_sqes_are_counted(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    open_ring(&ring, 4, RF_SETUP_NO_MMAP);
    rf_deinit(&ring);
    params.flags = RF_SETUP_NO_MMAP;
    assert_result(rf_init_sys(&ring, 4, &params, &sys_with_array), 0);
    assert_int_equal(rf_sq_dropped(&ring), 0);
    assert_int_equal(rf_cq_overflow(&ring), 0);
    /* Behind the library's back: an index that is out of range. */
    uint32_t *array = (uint32_t *)(void *)((char *)ring.rings.addr + params.sq_off.array);
    array[0] = 1000;
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 0);
    assert_int_equal(rf_sq_dropped(&ring), 1);
    rf_deinit(&ring);
}

static void lost_cqes_are_counted(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_NO_MMAP;
    open_flavour_params(state, &ring, 4, &params);
    /* The kernel only counts here when it runs out of memory: write as it would. */
    __atomic_store_n((uint32_t *)(void *)((char *)ring.rings.addr + params.cq_off.overflow), 3,
                     __ATOMIC_RELAXED);
    assert_int_equal(rf_cq_overflow(&ring), 3);
    rf_deinit(&ring);
}

/* --- CQEs of 32 bytes ---------------------------------------------------- */

static void queue_big_nop(struct rf_ring *ring, uint64_t id)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    assert_non_null(sqe);
    rf_prep_nop(sqe);
    sqe->nop_flags = RF_NOP_CQE32;
    sqe->off = id * 3;
    sqe->addr = id * 5;
    sqe->user_data = id;
}

static void big_completions_come_whole(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    if (!(ring.flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED))) {
        queue_big_nop(&ring, 1); /* refused, and nothing is upset */
        struct rf_cqe cqe = submit_and_reap(&ring);
        assert_result(cqe.res, -EINVAL);
        rf_deinit(&ring);
        return;
    }
    bool mixed = ring.flags & RF_SETUP_CQE_MIXED;
    uint64_t sent = 0, seen = 0;
    for (int round = 0; round < 300; round++) {
        int batch = 1 + round % 4;
        for (int i = 0; i < batch; i++, sent++) {
            if (sent % 3)
                queue_big_nop(&ring, sent);
            else
                queue_nop(&ring, sent);
        }
        assert_true(rf_submit_and_wait(&ring, 1) >= 0);
        while (seen < sent) {
            const struct rf_cqe *cqe = rf_next_cqe(&ring);
            if (!cqe) {
                assert_true(rf_submit_and_wait(&ring, 1) >= 0);
                continue;
            }
            if (cqe->res == -EINVAL && seen == 1) {
                rf_deinit(&ring);
                skip_because("this kernel's NOP cannot post 32-byte CQEs");
            }
            assert_int_equal(cqe->user_data, seen);
            assert_int_equal(cqe->res, 0);
            if (mixed)
                assert_int_equal(!!(cqe->flags & RF_CQE_F_32), seen % 3 != 0);
            if (seen % 3) {
                assert_int_equal(rf_cqe_big(cqe)[0], seen * 3);
                assert_int_equal(rf_cqe_big(cqe)[1], seen * 5);
            }
            seen++;
        }
    }
    rf_deinit(&ring);
}

/* --- the eventfd switch --------------------------------------------------- */

static void the_eventfd_can_be_muted(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(event >= 0);
    assert_result(rf_register_eventfd(&ring, event), 0);
    uint64_t count;
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(read(event, &count, sizeof count), sizeof count);
    rf_cq_eventfd_toggle(&ring, false);
    queue_nop(&ring, 2);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(read(event, &count, sizeof count), -1);
    rf_cq_eventfd_toggle(&ring, true);
    queue_nop(&ring, 3);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(read(event, &count, sizeof count), sizeof count);
    close(event);
    rf_deinit(&ring);
}

/* --- two threads --------------------------------------------------------- */

enum { SHARED_COUNT = 20000 };
static atomic_uint reaped;

static void *submit_all_of_them(void *argument)
{
    struct rf_ring *ring = argument;
    for (uint64_t i = 0; i < SHARED_COUNT;) {
        while (i - atomic_load(&reaped) > 48)
            ; /* keep within the completion queue */
        struct rf_sqe *sqe = rf_get_sqe(ring);
        if (sqe)
            sqe->user_data = i++;
        if (!sqe || i % 4 == 0 || i == SHARED_COUNT)
            rf_submit(ring);
    }
    return NULL;
}

static void one_thread_submits_and_another_reaps(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 32);
    if (ring.flags & RF_SETUP_SINGLE_ISSUER || flavour_of(state)->registered_ring ||
        ring.flags & RF_SETUP_REGISTERED_FD_ONLY) {
        rf_deinit(&ring);
        skip_because("only one thread may enter a ring of this flavour");
    }
    atomic_store(&reaped, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, submit_all_of_them, &ring), 0);
    double start = seconds_now();
    for (uint64_t i = 0; i < SHARED_COUNT;) {
        struct rf_cqe cqe;
        int n = rf_copy_cqes(&ring, &cqe, 1, 0);
        assert_true(n >= 0);
        assert_true(seconds_now() - start < 60);
        if (n == 1) {
            assert_int_equal(cqe.user_data, i);
            atomic_store(&reaped, (unsigned)++i);
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(submitting_nothing_makes_no_call),
        EACH_FLAVOUR(nothing_is_published_before_flush),
        EACH_FLAVOUR(a_full_queue_says_so_and_takes_more_after_submit),
        EACH_FLAVOUR(an_sqe_is_handed_out_all_zero),
        EACH_FLAVOUR(a_bad_sqe_ends_the_batch_and_the_rest_goes_next),
        EACH_FLAVOUR(a_chain_that_was_promised_runs_in_order_across_the_wrap),
        EACH_FLAVOUR(what_a_run_does_not_take_stays_free),
        ONCE(a_sleeping_sq_thread_is_woken_every_time),
        ONCE(needs_enter_tells_why),
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
        ONCE(sqes_of_a_failed_submit_go_with_the_next),
        ONCE(copied_before_the_error_is_not_lost),
        ONCE(another_thread_is_refused_by_name),
        EACH_FLAVOUR(a_cqe_stays_readable_while_more_is_submitted),
        EACH_FLAVOUR(leaving_the_loop_early_loses_nothing),
        EACH_FLAVOUR(what_was_taken_does_not_end_the_next_wait),
        EACH_FLAVOUR(completions_beyond_the_queue_are_kept_and_come_in_order),
        EACH_FLAVOUR(peeking_collects_what_overflowed),
        ONCE(lost_sqes_are_counted),
        ONCE(lost_cqes_are_counted),
        EACH_FLAVOUR(big_completions_come_whole),
        ONCE(the_eventfd_can_be_muted),
        EACH_FLAVOUR(one_thread_submits_and_another_reaps),
    };
    return run_all(tests, COUNT_OF(tests));
}
