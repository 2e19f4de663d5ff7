/* SPDX-License-Identifier: MIT */
/*
 * Held here: timeouts, polls, epoll sets and waiting for children, done by the
 * real kernel. Ported from Zig's tests of IoUring, each named above its
 * function; then what Zig leaves untested: poll_add, poll_remove, poll_update,
 * epoll_ctl.
 */
#include "io_support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* --- timeouts ------------------------------------------------------------ */

/* Zig: "timeout (after a relative time)" */
static void a_timeout_takes_at_least_its_time(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    const int64_t ms = 1000 * 1000;
    const struct rf_timespec ts = {0, 10 * ms};
    const int64_t begin = now_ns();
    const struct rf_sqe *sqe = rf_timeout(&ring, 0x55555555, &ts, 0, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_TIMEOUT);
    struct rf_cqe cqe = done(&ring, sqe);
    const int64_t elapsed = now_ns() - begin;
    assert_cqe(&cqe, 0x55555555, -ETIME, 0);
    assert_true(elapsed >= 10 * ms);
    assert_true(elapsed < 5000 * ms); /* and it is not ten seconds */

    /* The flags arrive: a point in time that has been is over at once. */
    const struct rf_timespec long_ago = {6, 0};
    const int64_t begin_abs = now_ns();
    cqe = done(&ring, rf_timeout(&ring, 2, &long_ago, 0, RF_TIMEOUT_ABS));
    assert_cqe(&cqe, 2, -ETIME, 0);
    assert_true(now_ns() - begin_abs < 5000 * ms);
    rf_deinit(&ring);
}

/* Zig: "timeout (after a number of completions)" */
static void a_timeout_ends_after_so_many_completions(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 2);
    const struct rf_timespec ts = {3, 0};
    const struct rf_sqe *sqe = rf_timeout(&ring, 0x66666666, &ts, 1, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->off, 1);
    assert_non_null(rf_nop(&ring, 0x77777777));
    submit_all(&ring, 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    /* In this order: the first is what the second counts. */
    assert_cqe(&cqes[0], 0x77777777, 0, 0);
    assert_cqe(&cqes[1], 0x66666666, 0, 0);
    rf_deinit(&ring);
}

/* Zig: "timeout_remove" */
static void a_timeout_is_removed(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 2);
    const struct rf_timespec ts = {3, 0};
    assert_non_null(rf_timeout(&ring, 0x88888888, &ts, 0, 0));
    const struct rf_sqe *sqe = rf_timeout_remove(&ring, 0x99999999, 0x88888888, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_TIMEOUT_REMOVE);
    assert_int_equal(sqe->addr, 0x88888888);
    submit_all(&ring, 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 0x88888888), 0x88888888, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 0x99999999), 0x99999999, 0, 0);

    struct rf_cqe cqe = done(&ring, rf_timeout_remove(&ring, 3, 0x88888888, 0));
    assert_cqe(&cqe, 3, -ENOENT, 0);

    /* The flags arrive: an update sets a new time instead. */
    const struct rf_timespec soon = {0, 1000 * 1000};
    assert_non_null(rf_timeout(&ring, 4, &ts, 0, 0));
    struct rf_sqe *update = rf_timeout_remove(&ring, 5, 4, RF_TIMEOUT_UPDATE);
    assert_non_null(update);
    update->addr2 = (uint64_t)(uintptr_t)&soon;
    submit_all(&ring, 2);
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 4), 4, -ETIME, 0);
    assert_cqe(cqe_of(cqes, 2, 5), 5, 0, 0);
    rf_deinit(&ring);
}

/* --- polls --------------------------------------------------------------- */

struct pipe {
    int out; /* to read from */
    int in;  /* to write to */
};

static void open_pipe(struct pipe *pipe)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pipe->out = fds[0];
    pipe->in = fds[1];
}

static void close_pipe(const struct pipe *pipe)
{
    close(pipe->out);
    close(pipe->in);
}

static void a_poll_completes_when_there_is_something_to_read(void **state)
{
    struct rf_ring ring;
    struct pipe pipe;
    open_flavour(state, &ring, 4);
    open_pipe(&pipe);

    /* One that holds already: without waiting. */
    struct rf_cqe cqe = done(&ring, rf_poll_add(&ring, 1, pipe.in, POLLOUT));
    assert_cqe(&cqe, 1, POLLOUT, 0);

    assert_non_null(rf_poll_add(&ring, 2, pipe.out, POLLIN));
    submit_all(&ring, 1);
    assert_int_equal(rf_cq_ready(&ring), 0); /* nothing there yet */
    assert_int_equal(write(pipe.in, "x", 1), 1);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 2, POLLIN, 0);

    /* Once only, unless asked for more. */
    char byte;
    assert_int_equal(read(pipe.out, &byte, 1), 1);
    struct rf_sqe *sqe = rf_poll_add(&ring, 3, pipe.out, POLLIN);
    assert_non_null(sqe);
    sqe->len = RF_POLL_ADD_MULTI;
    submit_all(&ring, 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(write(pipe.in, "x", 1), 1);
        reap(&ring, &cqe, 1);
        assert_cqe(&cqe, 3, POLLIN, RF_CQE_F_MORE);
        assert_int_equal(read(pipe.out, &byte, 1), 1);
    }
    assert_non_null(rf_poll_remove(&ring, 4, 3));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 3), 3, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 4), 4, 0, 0);
    close_pipe(&pipe);
    rf_deinit(&ring);
}

static void a_poll_is_removed_and_no_other(void **state)
{
    struct rf_ring ring;
    struct pipe pipe;
    open_flavour(state, &ring, 4);
    open_pipe(&pipe);
    const uint64_t wide = UINT64_C(0x1234567890); /* the key has 64 bits */
    assert_non_null(rf_poll_add(&ring, wide, pipe.out, POLLIN));
    assert_non_null(rf_poll_add(&ring, wide + 1, pipe.out, POLLIN));
    submit_all(&ring, 2);
    assert_non_null(rf_poll_remove(&ring, 3, wide));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, wide), wide, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 3), 3, 0, 0);

    struct rf_cqe cqe = done(&ring, rf_poll_remove(&ring, 4, wide));
    assert_cqe(&cqe, 4, -ENOENT, 0);

    assert_int_equal(write(pipe.in, "x", 1), 1); /* the other one still works */
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, wide + 1, POLLIN, 0);
    close_pipe(&pipe);
    rf_deinit(&ring);
}

static void a_poll_gets_new_events_and_a_new_name(void **state)
{
    struct rf_ring ring;
    struct pipe pipe;
    open_flavour(state, &ring, 4);
    open_pipe(&pipe);

    /* A new user_data: the completion to come carries it. */
    assert_non_null(rf_poll_add(&ring, 1, pipe.out, POLLIN));
    submit_all(&ring, 1);
    const uint64_t wide = UINT64_C(0x1234567890);
    struct rf_cqe cqe =
        done(&ring, rf_poll_update(&ring, 2, 1, wide, 0, RF_POLL_UPDATE_USER_DATA));
    assert_cqe(&cqe, 2, 0, 0);
    assert_int_equal(rf_cq_ready(&ring), 0);
    assert_int_equal(write(pipe.in, "x", 1), 1);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, wide, POLLIN, 0);

    /* New events: POLLIN never comes on this end, POLLOUT holds at once. */
    assert_non_null(rf_poll_add(&ring, 3, pipe.in, POLLIN));
    submit_all(&ring, 1);
    assert_non_null(rf_poll_update(&ring, 4, 3, 0, POLLOUT, RF_POLL_UPDATE_EVENTS));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 3), 3, POLLOUT, 0);
    assert_cqe(cqe_of(cqes, 2, 4), 4, 0, 0);

    cqe = done(&ring, rf_poll_update(&ring, 5, 3, 0, POLLOUT, RF_POLL_UPDATE_EVENTS));
    assert_cqe(&cqe, 5, -ENOENT, 0);
    close_pipe(&pipe);
    rf_deinit(&ring);
}

static void an_epoll_set_is_changed_by_the_ring(void **state)
{
    struct rf_ring ring;
    struct pipe pipe;
    open_flavour(state, &ring, 2);
    need_op(&ring, RF_OP_EPOLL_CTL);
    open_pipe(&pipe);
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(epfd >= 0);
    struct epoll_event event, got;
    memset(&event, 0, sizeof event);
    memset(&got, 0, sizeof got);
    event.events = EPOLLIN;
    event.data.u64 = UINT64_C(0x1234567890);
    struct rf_cqe cqe =
        done(&ring, rf_epoll_ctl(&ring, 1, epfd, pipe.out, EPOLL_CTL_ADD, &event));
    assert_cqe(&cqe, 1, 0, 0);
    cqe = done(&ring, rf_epoll_ctl(&ring, 2, epfd, pipe.out, EPOLL_CTL_ADD, &event));
    assert_cqe(&cqe, 2, -EEXIST, 0);

    assert_int_equal(epoll_wait(epfd, &got, 1, 0), 0);
    assert_int_equal(write(pipe.in, "x", 1), 1);
    assert_int_equal(epoll_wait(epfd, &got, 1, 0), 1);
    assert_true(got.data.u64 == UINT64_C(0x1234567890));
    assert_int_equal(got.events, EPOLLIN);

    event.data.u64 = 9;
    cqe = done(&ring, rf_epoll_ctl(&ring, 3, epfd, pipe.out, EPOLL_CTL_MOD, &event));
    assert_cqe(&cqe, 3, 0, 0);
    assert_int_equal(epoll_wait(epfd, &got, 1, 0), 1);
    assert_true(got.data.u64 == 9);

    cqe = done(&ring, rf_epoll_ctl(&ring, 4, epfd, pipe.out, EPOLL_CTL_DEL, NULL));
    assert_cqe(&cqe, 4, 0, 0);
    assert_int_equal(epoll_wait(epfd, &got, 1, 0), 0);
    cqe = done(&ring, rf_epoll_ctl(&ring, 5, epfd, pipe.out, EPOLL_CTL_DEL, NULL));
    assert_cqe(&cqe, 5, -ENOENT, 0);
    close(epfd);
    close_pipe(&pipe);
    rf_deinit(&ring);
}

/* --- children ------------------------------------------------------------ */

/* Zig: "waitid" */
static void tells_how_a_child_ended(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_WAITID);
    struct pipe leash;
    open_pipe(&leash);
    pid_t other = fork();
    if (other == 0) { /* it must not be mistaken for the one that ends, */
        char byte;
        close(leash.in);
        _exit((int)read(leash.out, &byte, 1)); /* nor outlive a test that fails */
    }
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    assert_true(other > 0 && pid > 0);
    siginfo_t info;
    memset(&info, 0, sizeof info);

    /* First a look that leaves it there, then the look that takes it away. */
    struct rf_cqe cqe =
        done(&ring, rf_waitid(&ring, 1, P_PID, pid, &info, WEXITED | WNOWAIT, 0));
    assert_cqe(&cqe, 1, 0, 0);
    assert_int_equal(info.si_pid, pid);
    assert_int_equal(info.si_code, CLD_EXITED);
    assert_int_equal(info.si_status, 7);
    cqe = done(&ring, rf_waitid(&ring, 2, P_PID, pid, NULL, WEXITED, 0));
    assert_cqe(&cqe, 2, 0, 0);
    cqe = done(&ring, rf_waitid(&ring, 3, P_PID, pid, &info, WEXITED, 0));
    assert_cqe(&cqe, 3, -ECHILD, 0);
    cqe = done(&ring, rf_waitid(&ring, 4, P_PID, other, &info, WEXITED, 1)); /* no such flag */
    assert_cqe(&cqe, 4, -EINVAL, 0);

    assert_int_equal(kill(other, SIGKILL), 0);
    cqe = done(&ring, rf_waitid(&ring, 5, P_ALL, 0, &info, WEXITED, 0));
    assert_cqe(&cqe, 5, 0, 0);
    assert_int_equal(info.si_pid, other);
    assert_int_equal(info.si_code, CLD_KILLED);
    assert_int_equal(info.si_status, SIGKILL);
    close_pipe(&leash);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_timeout_takes_at_least_its_time),
        EACH_FLAVOUR(a_timeout_ends_after_so_many_completions),
        EACH_FLAVOUR(a_timeout_is_removed),
        EACH_FLAVOUR(a_poll_completes_when_there_is_something_to_read),
        EACH_FLAVOUR(a_poll_is_removed_and_no_other),
        EACH_FLAVOUR(a_poll_gets_new_events_and_a_new_name),
        EACH_FLAVOUR(an_epoll_set_is_changed_by_the_ring),
        ONCE(tells_how_a_child_ended),
    };
    return run_all(tests, COUNT_OF(tests));
}
