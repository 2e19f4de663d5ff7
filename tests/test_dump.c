/* SPDX-License-Identifier: MIT */
/*
 * Held here: rf_dump() says why an operation does not complete: not published, not entered, not
 * taken, too many completions; and of a checked ring each operation that is open and what it
 * waits for.
 */
#include "io_support.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *dumped;

static const char *dump(const struct rf_ring *ring)
{
    size_t bytes;
    free(dumped);
    FILE *out = open_memstream(&dumped, &bytes);
    assert_non_null(out);
    assert_result(rf_dump(ring, out), 0);
    fclose(out);
    return dumped;
}

static void assert_says(const struct rf_ring *ring, const char *words)
{
    if (!strstr(dump(ring), words))
        fail_msg("no \"%s\" in:\n%s", words, dumped);
}

static void assert_says_not(const struct rf_ring *ring, const char *words)
{
    if (strstr(dump(ring), words))
        fail_msg("\"%s\" in:\n%s", words, dumped);
}

static void a_closed_ring_is_refused(void **state)
{
    (void)state;
    struct rf_ring ring;
    memset(&ring, 0, sizeof ring);
    ring.enter_fd = -1;
    assert_result(rf_dump(&ring, stderr), -EBADF);
}

static void what_is_not_published_and_not_taken_is_told(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    assert_says_not(&ring, "not published");
    assert_says_not(&ring, "not taken");
    rf_prep_nop(take_sqe(&ring));
    assert_says(&ring, "not published: 1 SQEs");
    assert_true(rf_submit_and_wait(&ring, 1) >= 0);
    assert_says_not(&ring, "not published");
    assert_says(&ring, "not taken: 1 completions");
    assert_non_null(rf_next_cqe(&ring));
    assert_says_not(&ring, "not taken");
    rf_deinit(&ring);
}

static void what_needs_an_enter_is_told(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 8, 0);
    assert_non_null(rf_nop(&ring, 2));
    (void)rf_flush_sq(&ring);
    assert_says(&ring, "needs an enter: 1 SQEs");
    assert_result(rf_submit(&ring), 1);
    assert_says_not(&ring, "needs an enter");
    (void)rf_next_cqe(&ring);
    rf_deinit(&ring);
}

static void a_backlog_is_told(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 2, 0);
    for (int i = 0; i < 6; i++) {
        assert_non_null(rf_nop(&ring, 2));
        assert_result(rf_submit(&ring), 1);
    }
    assert_says(&ring, "CQ backlog: the queue of 4 was full");
    while (rf_next_cqe(&ring))
        ;
    assert_says_not(&ring, "CQ backlog");
    rf_deinit(&ring);
}

/* The thread is played: what a real one does when it falls asleep is to set this flag. */
static void an_sq_thread_that_sleeps_is_told(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 8, 0);
    assert_non_null(rf_nop(&ring, 2));
    (void)rf_flush_sq(&ring);
    ring.flags |= RF_SETUP_SQPOLL;
    assert_says(&ring, "SQ thread at work: 1 SQEs");
    uint32_t *flags = (uint32_t *)(uintptr_t)(const void *)ring.sq.flags_word;
    __atomic_fetch_or(flags, RF_SQ_NEED_WAKEUP, __ATOMIC_RELAXED);
    assert_says(&ring, "SQ thread asleep: 1 SQEs");
    __atomic_fetch_and(flags, ~RF_SQ_NEED_WAKEUP, __ATOMIC_RELAXED);
    ring.flags &= ~(uint32_t)RF_SETUP_SQPOLL;
    rf_deinit(&ring);
}

static void work_that_is_held_back_is_told(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 8, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN | RF_SETUP_TASKRUN_FLAG);
    int fds[2];
    char byte;
    assert_int_equal(pipe(fds), 0);
    assert_non_null(rf_read(&ring, 2, fds[0], &byte, 1, 0));
    assert_result(rf_submit(&ring), 1);
    assert_says_not(&ring, "held back");
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_says(&ring, "held back: operations are done");
    struct rf_cqe cqe;
    assert_result(rf_copy_cqe(&ring, &cqe), 0);
    assert_says_not(&ring, "held back");
    close(fds[0]);
    close(fds[1]);
    rf_deinit(&ring);
}

static void what_is_open_is_told_with_what_it_waits_for(void **state)
{
    struct rf_ring ring;
    static const struct rf_check_options count = {RF_CHECK_COUNT, 0, NULL, NULL, NULL, 0};
    static char byte;
    int fds[2];
    open_flavour(state, &ring, 8);
    if (!rf_check_is_on(&ring)) {
        assert_says(&ring, "what is open is not known");
        assert_result(rf_check_start(&ring, &count), 0);
    }
    assert_says(&ring, "open: 0 operations");
    assert_int_equal(pipe(fds), 0);
    struct rf_sqe *sqe = take_sqe(&ring);
    rf_prep_read(sqe, fds[0], &byte, 1, 0);
    sqe->user_data = 21;
    link_next(sqe);
    sqe = take_sqe(&ring);
    rf_prep_nop(sqe);
    sqe->user_data = 22;
    submit_all(&ring, 2);
    char words[80];
    assert_says(&ring, "open: 2 operations");
    (void)snprintf(words, sizeof words, "READ, user_data 21 (0x15), fd %d", fds[0]);
    assert_says(&ring, words);
    (void)snprintf(words, sizeof words, "waits until fd %d is readable, which it is not", fds[0]);
    assert_says(&ring, words);
    assert_says(&ring, "waits for the one before it in its chain: READ, user_data 21");
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_says(&ring, "open: 0 operations");

    sqe = take_sqe(&ring);
    rf_prep_poll_add(sqe, fds[0], POLLIN);
    sqe->user_data = 23;
    sqe = take_sqe(&ring);
    rf_prep_nop(sqe);
    sqe->user_data = 24;
    rf_sqe_set_flags(sqe, RF_SQE_IO_DRAIN);
    sqe = take_sqe(&ring);
    rf_prep_nop(sqe);
    sqe->user_data = 25;
    submit_all(&ring, 3);
    assert_says(&ring, "has what it polls for");
    assert_says(&ring, "until all before it are over (RF_SQE_IO_DRAIN), the oldest: POLL_ADD, "
                       "user_data 23");
    assert_says(&ring, "behind one that drains the ring: NOP, user_data 24");
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct rf_cqe three[3];
    reap(&ring, three, 3);
    close(fds[0]);
    close(fds[1]);
    rf_deinit(&ring);
}

/* What a drain has left behind may hold back what comes later, a cancel too. */
static void what_a_drain_leaves_behind_is_told(void **state)
{
    (void)state;
    struct rf_ring ring;
    static const struct rf_check_options count = {RF_CHECK_COUNT, 0, NULL, NULL, NULL, 0};
    static char bytes[2];
    int fds[2];
    open_ring(&ring, 8, 0);
    if (!rf_check_is_on(&ring))
        assert_result(rf_check_start(&ring, &count), 0);
    assert_int_equal(pipe(fds), 0);
    rf_sqe_set_flags(rf_nop(&ring, 31), RF_SQE_IO_DRAIN);
    assert_non_null(rf_read(&ring, 32, fds[0], &bytes[0], 1, 0));
    submit_all(&ring, 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 1);
    assert_int_equal(cqes[0].user_data, 31);
    assert_says_not(&ring, "DrainLasts");
    assert_non_null(rf_cancel64(&ring, 33, 32, 0));
    submit_all(&ring, 1);
    (void)rf_get_events(&ring);
    if (rf_cq_ready(&ring) == 0) { /* here it is held back: 6.18 */
        assert_says(&ring, "waits for the kernel: cancel other operations; or, for the ring has "
                           "drained (DrainLasts), until all before it are over, the oldest: READ, "
                           "user_data 32");
        assert_int_equal(write(fds[1], "x", 1), 1);
    }
    reap(&ring, cqes, 2);
    /* Nothing is open, so this one ends it. */
    assert_non_null(rf_read(&ring, 34, fds[0], &bytes[0], 1, 0));
    assert_non_null(rf_read(&ring, 35, fds[0], &bytes[1], 1, 0));
    submit_all(&ring, 2);
    assert_says(&ring, "open: 2 operations");
    assert_says_not(&ring, "DrainLasts");
    assert_int_equal(write(fds[1], "xy", 2), 2);
    reap(&ring, cqes, 2);
    close(fds[0]);
    close(fds[1]);
    rf_deinit(&ring);
}

/* A program that gets the signal while its read waits; what it prints goes to @fd. */
static void wait_for_ever(int fd)
{
    struct rf_ring ring;
    static char byte;
    int fds[2];
    (void)dup2(fd, STDERR_FILENO);
    (void)setenv("RINGFENCE_CHECK", "go-on,dump=SIGUSR2", 1);
    if (pipe(fds) || rf_init(&ring, 8, 0) || !rf_read(&ring, 21, fds[0], &byte, 1, 0) ||
        rf_submit(&ring) != 1)
        _exit(1);
    (void)raise(SIGUSR2);
    (void)sleep(10);
    _exit(0);
}

static void a_signal_prints_what_is_open(void **state)
{
    (void)state;
    need_a_ring();
    int fds[2];
    char text[4096] = "";
    size_t used = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        wait_for_ever(fds[1]);
    close(fds[1]);
    while (!strstr(text, "waits until fd") && used < sizeof text - 1) {
        ssize_t bytes = read(fds[0], text + used, sizeof text - 1 - used);
        assert_true(bytes > 0);
        used += (size_t)bytes;
    }
    assert_non_null(strstr(text, "open: 1 operations\n    READ, user_data 21"));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(fds[0]);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(a_closed_ring_is_refused),
        EACH_FLAVOUR(what_is_not_published_and_not_taken_is_told),
        ONCE(what_needs_an_enter_is_told),
        ONCE(a_backlog_is_told),
        ONCE(an_sq_thread_that_sleeps_is_told),
        ONCE(work_that_is_held_back_is_told),
        ONCE(what_a_drain_leaves_behind_is_told),
        ONCE(a_signal_prints_what_is_open),
        EACH_FLAVOUR(what_is_open_is_told_with_what_it_waits_for),
    };
    int failed = run_all(tests, COUNT_OF(tests));
    free(dumped);
    return failed;
}
