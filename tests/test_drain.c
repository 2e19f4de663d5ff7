/* SPDX-License-Identifier: MIT */
/*
 * Held here: rf_drain() ends all that a ring can have in flight, on every kind of ring, and gives
 * what it finds to the clean-up functions: each completion once, each SQE that was never
 * submitted. Afterwards no memory is written by the kernel any more; without it some is.
 */
#include "drain_support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- nothing in flight ---------------------------------------------------- */

static void a_ring_with_nothing_in_flight_is_drained_at_once(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count + found.dropped_count, 0);
    drain_fully(&ring, &found); /* once more does no harm */
    assert_int_equal(found.taken_count, 0);
    rf_deinit(&ring);
}

static void nothing_can_be_queued_or_awaited_afterwards(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    assert_result(rf_drain(&ring, NULL, NULL, NULL), 0);
    struct rf_sqe_run run;
    const struct rf_cqe *cqe;
    struct rf_cqe copy;
    struct rf_timespec second = {1, 0};
    assert_null(rf_get_sqe(&ring));
    assert_null(rf_nop(&ring, 1));
    assert_false(rf_get_sqes(&ring, 1, &run));
    assert_int_equal(rf_sq_space_left(&ring), 0);
    assert_int_equal(rf_sq_ready(&ring), 1);
    if (ring.flags & RF_SETUP_SQE128)
        assert_null(rf_get_sqe128(&ring));
    assert_result(rf_submit(&ring), -ESHUTDOWN);
    assert_non_null(rf_reason(&ring));
    assert_result(rf_submit_and_wait(&ring, 1), -ESHUTDOWN);
    assert_result(rf_copy_cqe(&ring, &copy), -ESHUTDOWN);
    assert_result(rf_wait_cqe(&ring, &cqe), -ESHUTDOWN);
    assert_result(rf_wait_cqe_nr(&ring, &cqe, 3), -ESHUTDOWN);
    assert_result(rf_wait_events(&ring, &cqe, 1, NULL, NULL), -ESHUTDOWN);
    assert_result(rf_sqring_wait(&ring), -ESHUTDOWN);
    if (ring.features & RF_FEAT_EXT_ARG)
        assert_result(rf_submit_and_wait_timeout(&ring, &cqe, 1, &second, NULL), -ESHUTDOWN);
    assert_null(rf_next_cqe(&ring));
    assert_result(rf_peek_cqe(&ring, &cqe), -EAGAIN);
    assert_result(rf_check_ring(&ring), 0);
    rf_deinit(&ring);
}

/* --- what is in flight ---------------------------------------------------- */

static void what_waits_is_cancelled_and_leaves_its_memory_alone(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends armed, worker, from, to;
    open_pipe(&armed);
    open_pipe(&worker);
    open_pipe(&from);
    open_pipe(&to);
    char bytes[2] = {'-', '-'};
    struct rf_timespec hour = {3600, 0};
    assert_non_null(rf_read(&ring, 1, armed.read, &bytes[0], 1, 0));
    struct rf_sqe *sqe = rf_read(&ring, 2, worker.read, &bytes[1], 1, 0);
    rf_sqe_set_flags(sqe, RF_SQE_ASYNC);
    assert_non_null(rf_timeout(&ring, 3, &hour, 0, 0));
    assert_non_null(splice_one(&ring, 4, from.read, to.write));
    assert_non_null(rf_poll_add(&ring, 5, armed.read, POLLIN));
    submit_fully(&ring);
    usleep(20000);

    struct found found = {0};
    drain_fully(&ring, &found);
    for (uint64_t user_data = 1; user_data <= 5; user_data++) {
        assert_int_equal(times_taken(&found, user_data), 1);
        assert_true(found.res[last_of(&found, user_data)] < 0);
    }
    assert_true(found.result.cancelled >= 3);
    rf_deinit(&ring);
    assert_int_equal(write(armed.write, "x", 1), 1);
    assert_int_equal(write(worker.write, "x", 1), 1);
    usleep(5000);
    assert_memory_equal(bytes, "--", 2);
    close_pipe(&armed);
    close_pipe(&worker);
    close_pipe(&from);
    close_pipe(&to);
}

/* Of a hard chain the next begins when one is over, however it ended. */
static void a_hard_chain_is_ended_member_by_member(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends ends;
    open_pipe(&ends);
    char bytes[6] = "------";
    for (uint64_t i = 1; i <= 5; i++)
        rf_sqe_set_flags(rf_read(&ring, i, ends.read, &bytes[i], 1, 0),
                         i < 5 ? RF_SQE_IO_HARDLINK : 0);
    submit_fully(&ring);
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 5);
    rf_deinit(&ring);
    assert_int_equal(write(ends.write, "x", 1), 1);
    assert_memory_equal(bytes, "------", 6);
    close_pipe(&ends);
}

static void what_a_drain_held_back_is_ended_too(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends ends;
    open_pipe(&ends);
    char bytes[3];
    assert_non_null(rf_read(&ring, 1, ends.read, &bytes[0], 1, 0));
    rf_sqe_set_flags(rf_read(&ring, 2, ends.read, &bytes[1], 1, 0), RF_SQE_IO_DRAIN);
    assert_non_null(rf_read(&ring, 3, ends.read, &bytes[2], 1, 0));
    assert_non_null(rf_cancel(&ring, 4, 1, 0)); /* of no use here: it is held back, too */
    submit_fully(&ring);
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 4);
    rf_deinit(&ring);
    close_pipe(&ends);
}

static void multishots_and_linked_timeouts_end(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends ends;
    open_pipe(&ends);
    char byte;
    struct rf_timespec hour = {3600, 0};
    struct rf_sqe *sqe = rf_poll_add(&ring, 1, ends.write, POLLOUT);
    sqe->len = RF_POLL_ADD_MULTI;
    rf_sqe_set_flags(rf_read(&ring, 2, ends.read, &byte, 1, 0), RF_SQE_IO_LINK);
    assert_non_null(rf_link_timeout(&ring, 3, &hour, 0));
    rf_sqe_set_flags(rf_timeout(&ring, 4, &hour, 0, 0), RF_SQE_IO_LINK);
    assert_non_null(rf_nop(&ring, 5)); /* never begins */
    submit_fully(&ring);
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_true(times_taken(&found, 1) >= 1);
    assert_false(found.flags[last_of(&found, 1)] & RF_CQE_F_MORE);
    for (uint64_t user_data = 2; user_data <= 5; user_data++)
        assert_int_equal(times_taken(&found, user_data), 1);
    rf_deinit(&ring);
    close_pipe(&ends);
}

/* Nothing cancels what is with a device: it has to be awaited. */
static void reads_that_a_device_has_are_awaited(void **state)
{
    enum { READS = 4, BYTES = 1 << 20 };
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = openat(dir.fd, "big", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
    char *buffer = aligned_alloc(65536, (size_t)READS * BYTES);
    memset(buffer, 'd', (size_t)READS * BYTES);
    bool direct = fd >= 0;
    for (int i = 0; direct && i < READS; i++)
        direct = pwrite(fd, buffer, BYTES, (off_t)i * BYTES) == BYTES;
    struct found found = {0};
    for (int i = 0; direct && i < READS; i++)
        assert_non_null(rf_read(&ring, (uint64_t)i, fd, buffer + (size_t)i * BYTES, BYTES,
                                (uint64_t)i * BYTES));
    if (direct) {
        submit_fully(&ring);
        drain_fully(&ring, &found);
        rf_deinit(&ring);
        assert_int_equal(found.taken_count, READS);
        memset(buffer, '-', (size_t)READS * BYTES);
        usleep(20000);
        for (int i = 0; i < READS * BYTES; i++)
            if (buffer[i] != '-')
                fail_msg("byte %d was written after rf_deinit()", i);
    } else {
        rf_deinit(&ring);
    }
    free(buffer);
    if (fd >= 0)
        close(fd);
    close_work_dir(&dir);
    if (!direct)
        skip_because("files here cannot be opened or written with O_DIRECT");
}

static void completions_that_overflowed_are_taken(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 0; i < 50; i++) {
        struct rf_sqe *sqe = take_sqe(&ring);
        rf_prep_nop(sqe);
        sqe->user_data = i;
        submit_fully(&ring);
    }
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 50);
    for (uint64_t i = 0; i < 50; i++)
        assert_int_equal(times_taken(&found, i), 1);
    assert_int_equal(found.result.lost, 0);
    rf_deinit(&ring);
}

/* --- what it gives back ---------------------------------------------------- */

static void what_was_not_submitted_is_dropped(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    struct pipe_ends ends;
    open_pipe(&ends);
    assert_non_null(rf_nop(&ring, 1));
    submit_fully(&ring);
    bool published = !(ring.flags & RF_SETUP_SQPOLL);
    for (uint64_t i = 11; i <= 13; i++) {
        assert_non_null(rf_write(&ring, i, ends.write, "x", 1, 0));
        if (i == 12 && published)
            (void)rf_flush_sq(&ring); /* and nobody has entered */
    }
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 1);
    assert_int_equal(found.dropped_count, 3);
    assert_int_equal(found.result.dropped, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(found.dropped[i], 11 + i);
    rf_deinit(&ring);
    struct pollfd poll_fd = {.fd = ends.read, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 0), 0); /* none was done */
    close_pipe(&ends);
}

static void a_full_queue_that_was_never_submitted_is_dropped(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 1; i <= 3; i++) { /* so that it wraps */
        assert_non_null(rf_nop(&ring, i));
        (void)submit_and_reap(&ring);
    }
    while (rf_nop(&ring, 9))
        ;
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 0);
    assert_int_equal(found.dropped_count, 4);
    rf_deinit(&ring);
}

static void close_accepted(struct found *found, const struct rf_cqe *cqe)
{
    if (cqe->user_data == 1 && cqe->res >= 0) {
        assert_int_equal(close(cqe->res), 0);
        ++*(unsigned *)found->more;
    }
}

/* Without the clean-up function these descriptors would be left open: the watch would see. */
static void accepted_descriptors_reach_the_clean_up(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);
    assert_non_null(rf_accept_multishot(&ring, 1, listener, NULL, NULL, SOCK_CLOEXEC));
    submit_fully(&ring);
    int clients[3];
    for (unsigned i = 0; i < COUNT_OF(clients); i++)
        clients[i] = connect_to(&addr);
    while (rf_cq_ready(&ring) < COUNT_OF(clients)) /* accepted, and nobody has looked */
        assert_result(rf_get_events(&ring), 0);
    unsigned closed = 0;
    struct found found = {.also = close_accepted, .more = &closed};
    drain_fully(&ring, &found);
    assert_int_equal(closed, 3);
    assert_false(found.flags[last_of(&found, 1)] & RF_CQE_F_MORE);
    rf_deinit(&ring);
    for (unsigned i = 0; i < COUNT_OF(clients); i++)
        close(clients[i]);
    close(listener);
}

static void put_back(struct found *found, const struct rf_cqe *cqe)
{
    void *data;
    struct rf_buffer_group *group = found->more;
    int bytes = rf_buffer_group_get(group, cqe, &data);
    if (bytes > 0) {
        assert_memory_equal(data, "abc", 3);
        assert_int_equal(rf_buffer_group_put(group, cqe), 0);
    }
}

static void provided_buffers_reach_the_clean_up(void **state)
{
    enum { BUFFERS = 4 };
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct rf_buffer_group group;
    int err = rf_buffer_group_init_flags(&group, &ring, 70, 64, BUFFERS, 0);
    assert_result(err, 0);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_non_null(rf_buffer_group_recv_multishot(&group, 1, pair[0], 0));
    submit_fully(&ring);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send(pair[1], "abc", 3, 0), 3);
    struct found found = {.also = put_back, .more = &group};
    drain_fully(&ring, &found);
    assert_int_equal(times_taken(&found, 1), found.taken_count);
    assert_false(found.flags[last_of(&found, 1)] & RF_CQE_F_MORE);
    int available = rf_buf_ring_available(&ring, group.br, 70);
    if (available != -EOPNOTSUPP)
        assert_int_equal(available, BUFFERS);
    assert_result(rf_buffer_group_deinit(&group), 0);
    rf_deinit(&ring);
    close(pair[0]);
    close(pair[1]);
}

/* --- after rf_deinit() ------------------------------------------------------ */

static void write_later(int fd)
{
    usleep(2000);
    assert_int_equal(send(fd, "later", 5, 0), 5);
}

static bool was_written(const char *buffer, int ms)
{
    for (int i = 0; i < ms; i++, usleep(1000))
        if (((const volatile char *)buffer)[0] != '-')
            return true;
    return false;
}

/* A child that has the descriptor and does nothing with it. */
static pid_t hold_in_a_child(void)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        for (;;)
            pause();
    return child;
}

static void end_child(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* What rf_drain() is for. The ring lives on in the child, and so does what it has in flight. */
static void a_bare_deinit_lets_the_kernel_write_later(void **state)
{
    (void)state;
    struct rf_ring ring;
    without_checker();
    open_ring(&ring, 4, 0);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    static char buffer[8];
    memset(buffer, '-', sizeof buffer);
    assert_non_null(rf_recv(&ring, 1, pair[0], buffer, sizeof buffer, 0));
    submit_fully(&ring);
    pid_t child = hold_in_a_child();
    rf_deinit(&ring);
    write_later(pair[1]);
    bool written = was_written(buffer, 2000);
    end_child(child);
    close(pair[0]);
    close(pair[1]);
    assert_true(written);
}

static void after_draining_the_kernel_writes_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    static char buffer[8];
    memset(buffer, '-', sizeof buffer);
    assert_non_null(rf_recv(&ring, 1, pair[0], buffer, sizeof buffer, 0));
    submit_fully(&ring);
    pid_t child = hold_in_a_child();
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 1);
    rf_deinit(&ring);
    write_later(pair[1]);
    bool written = was_written(buffer, 50);
    end_child(child);
    close(pair[0]);
    close(pair[1]);
    assert_false(written);
}

/* A worker that is in the middle of copying: closing the ring does not stop it. */
static void a_worker_writes_after_a_bare_deinit(void **state)
{
    (void)state;
    struct trap_page trap;
    struct rf_ring ring;
    without_checker(); /* it would look at the page, too */
    open_ring(&ring, 4, 0);
    if (!open_trap_page(&trap)) {
        rf_deinit(&ring);
        skip_because("userfaultfd is not to be had here");
    }
    struct pipe_ends ends;
    open_pipe(&ends);
    assert_int_equal(write(ends.write, "later", 5), 5);
    rf_sqe_set_flags(rf_read(&ring, 1, ends.read, trap.page, 5, 0), RF_SQE_ASYNC);
    submit_fully(&ring);
    await_sleeper(&trap);
    rf_deinit(&ring);
    usleep(20000);
    let_pass(&trap);
    for (int i = 0; i < 2000 && ((volatile char *)trap.page)[0] != 'l'; i++)
        usleep(1000);
    assert_memory_equal(trap.page, "later", 5);
    usleep(20000); /* for the worker to be gone */
    close_pipe(&ends);
    close_trap_page(&trap);
}

static void draining_awaits_a_worker_that_nothing_stops(void **state)
{
    struct trap_page trap;
    struct rf_ring ring;
    without_checker(); /* it would look at the page, too */
    open_flavour(state, &ring, 4);
    if (!open_trap_page(&trap)) {
        rf_deinit(&ring);
        skip_because("userfaultfd is not to be had here");
    }
    struct pipe_ends ends;
    open_pipe(&ends);
    assert_int_equal(write(ends.write, "later", 5), 5);
    rf_sqe_set_flags(rf_read(&ring, 1, ends.read, trap.page, 5, 0), RF_SQE_ASYNC);
    submit_fully(&ring);
    await_sleeper(&trap);
    struct found found = {0};
    double before = seconds_now();
    assert_result(drain_within(&ring, &found, 60), -ETIME);
    assert_true(seconds_now() - before >= 0.06);
    assert_non_null(rf_reason(&ring));
    assert_int_equal(found.taken_count, 0);
    assert_null(rf_get_sqe(&ring)); /* it stays closed */
    bool named = found.result.executing[0] & UINT64_C(1) << RF_OP_READ;
    assert_false(found.result.executing[0] & ~(UINT64_C(1) << RF_OP_READ));
    if (!(ring.flags & RF_SETUP_SQPOLL) && has_op(&ring, RF_OP_WAITID)) /* 6.7 */
        assert_true(named);
    let_pass(&trap);
    drain_fully(&ring, &found); /* goes on where it was */
    assert_int_equal(found.taken_count, 1);
    rf_deinit(&ring);
    memset(trap.page, '-', trap.bytes);
    assert_false(was_written(trap.page, 20));
    close_pipe(&ends);
    close_trap_page(&trap);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_ring_with_nothing_in_flight_is_drained_at_once),
        EACH_FLAVOUR(nothing_can_be_queued_or_awaited_afterwards),
        EACH_FLAVOUR(what_waits_is_cancelled_and_leaves_its_memory_alone),
        EACH_FLAVOUR(a_hard_chain_is_ended_member_by_member),
        EACH_FLAVOUR(what_a_drain_held_back_is_ended_too),
        EACH_FLAVOUR(multishots_and_linked_timeouts_end),
        EACH_FLAVOUR(reads_that_a_device_has_are_awaited),
        EACH_FLAVOUR(completions_that_overflowed_are_taken),
        EACH_FLAVOUR(what_was_not_submitted_is_dropped),
        EACH_FLAVOUR(a_full_queue_that_was_never_submitted_is_dropped),
        EACH_FLAVOUR(accepted_descriptors_reach_the_clean_up),
        EACH_FLAVOUR(provided_buffers_reach_the_clean_up),
        ONCE(a_bare_deinit_lets_the_kernel_write_later),
        EACH_FLAVOUR(after_draining_the_kernel_writes_nothing),
        ONCE(a_worker_writes_after_a_bare_deinit),
        EACH_FLAVOUR(draining_awaits_a_worker_that_nothing_stops),
    };
    return run_all(tests, COUNT_OF(tests));
}
