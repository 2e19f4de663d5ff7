/* SPDX-License-Identifier: MIT */
/*
 * Held here: the operations on time, readiness, futexes, other rings and slots that Zig's
 * IoUring has not, done by the real kernel.
 */
#include "io_support.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const struct rf_timespec hour = {3600, 0}, moment = {0, 5 * 1000 * 1000};

static void open_pipe(int *fds)
{
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
}

static void close_pipe(const int *fds)
{
    close(fds[0]);
    close(fds[1]);
}

/* --- timeouts ------------------------------------------------------------ */

static void a_timeout_gets_another_time(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    assert_non_null(rf_timeout(&ring, 1, &hour, 0, 0));
    submit_all(&ring, 1);
    assert_non_null(rf_timeout_update(&ring, 2, &moment, 1, 0));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, -ETIME, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
    struct rf_cqe cqe = done(&ring, rf_timeout_update(&ring, 3, &moment, 1, 0));
    assert_cqe(&cqe, 3, -ENOENT, 0);
    rf_deinit(&ring);
}

static void a_linked_timeout_gets_another_time(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int fds[2];
    open_pipe(fds);
    link_next(rf_poll_add(&ring, 1, fds[0], POLLIN));
    assert_non_null(rf_link_timeout(&ring, 2, &hour, 0));
    submit_all(&ring, 2);
    assert_non_null(rf_timeout_update(&ring, 3, &moment, 2, RF_LINK_TIMEOUT_UPDATE));
    submit_all(&ring, 1);
    struct rf_cqe cqes[3];
    reap(&ring, cqes, 3);
    assert_cqe(cqe_of(cqes, 3, 1), 1, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 3, 2), 2, -ETIME, 0);
    assert_cqe(cqe_of(cqes, 3, 3), 3, 0, 0);
    close_pipe(fds);
    rf_deinit(&ring);
}

static void a_timeout_comes_so_many_times(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    struct rf_cqe cqe = done(&ring, rf_timeout(&ring, 1, &moment, 3, RF_TIMEOUT_MULTISHOT));
    if (cqe.res == -EINVAL) {
        rf_deinit(&ring);
        skip_because("the kernel has no multishot timeouts");
    }
    assert_cqe(&cqe, 1, -ETIME, RF_CQE_F_MORE);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 1, -ETIME, RF_CQE_F_MORE);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 1, -ETIME, 0);
    rf_deinit(&ring);
}

/* --- readiness ----------------------------------------------------------- */

static void a_poll_goes_on(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    int fds[2];
    open_pipe(fds);
    assert_non_null(rf_poll_multishot(&ring, 1, fds[0], POLLIN));
    submit_all(&ring, 1);
    struct rf_cqe cqe;
    char got[4];
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(write(fds[1], "x", 1), 1);
        reap(&ring, &cqe, 1);
        assert_cqe(&cqe, 1, POLLIN, RF_CQE_F_MORE);
        assert_int_equal(read(fds[0], got, sizeof got), 1);
    }
    assert_non_null(rf_cancel64(&ring, 2, 1, 0));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
    close_pipe(fds);
    rf_deinit(&ring);
}

static void a_cancel_finds_nothing_with_another_number(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    const uint64_t large = UINT64_C(0xfedcba9876543210);
    int fds[2];
    open_pipe(fds);
    assert_non_null(rf_poll_add(&ring, large, fds[0], POLLIN));
    submit_all(&ring, 1);
    struct rf_cqe cqe = done(&ring, rf_cancel64(&ring, 2, (uint32_t)large, 0));
    assert_cqe(&cqe, 2, -ENOENT, 0);
    assert_non_null(rf_cancel64(&ring, 3, large, 0));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, large), large, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 3), 3, 0, 0);
    close_pipe(fds);
    rf_deinit(&ring);
}

static void reads_go_on_into_provided_buffers(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_READ_MULTISHOT);
    int fds[2];
    open_pipe(fds);
    char buffers[3][8];
    struct rf_cqe cqe = done(&ring, rf_provide_buffers(&ring, 1, buffers, 8, 3, 7, 0));
    assert_cqe(&cqe, 1, 0, 0);

    /* A length is refused. So is a file that cannot be polled. */
    cqe = done(&ring, rf_read_multishot(&ring, 2, fds[0], 7, 8, 0));
    assert_cqe(&cqe, 2, -EINVAL, 0);
    struct work_dir dir;
    open_work_dir(&dir);
    int fd = make_file(&dir, "file", "content");
    cqe = done(&ring, rf_read_multishot(&ring, 3, fd, 7, 0, 0));
    assert_true(cqe.user_data == 3 && cqe.res == -EBADFD);
    close(fd);
    close_work_dir(&dir);

    assert_non_null(rf_read_multishot(&ring, 4, fds[0], 7, 0, 0));
    submit_all(&ring, 1);
    const char *const texts[] = {"one", "three"};
    for (unsigned i = 0; i < COUNT_OF(texts); i++) {
        const size_t length = strlen(texts[i]);
        assert_int_equal(write(fds[1], texts[i], length), length);
        reap(&ring, &cqe, 1);
        assert_int_equal(cqe.res, length);
        assert_int_equal(cqe.flags & 0xffff, RF_CQE_F_BUFFER | RF_CQE_F_MORE);
        assert_true(cqe.flags >> 16 < 3);
        assert_memory_equal(buffers[cqe.flags >> 16], texts[i], length);
    }
    close(fds[1]);
    reap(&ring, &cqe, 1); /* the end of the stream */
    assert_true(cqe.user_data == 4 && cqe.res == 0 && !(cqe.flags & RF_CQE_F_MORE));
    close(fds[0]);
    rf_deinit(&ring);
}

static void an_epoll_set_is_waited_for(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_EPOLL_WAIT);
    int fds[2];
    open_pipe(fds);
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(epfd >= 0);
    struct epoll_event in = {.events = EPOLLIN, .data.u64 = UINT64_C(0x1122334455667788)};
    assert_int_equal(epoll_ctl(epfd, EPOLL_CTL_ADD, fds[0], &in), 0);
    struct epoll_event events[2];
    memset(events, 0, sizeof events);
    assert_non_null(rf_epoll_wait(&ring, 1, epfd, events, 2, 0));
    submit_all(&ring, 1);
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct rf_cqe cqe;
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 1, 1, 0);
    assert_int_equal(events[0].events, EPOLLIN);
    assert_true(events[0].data.u64 == UINT64_C(0x1122334455667788));
    cqe = done(&ring, rf_epoll_wait(&ring, 2, epfd, events, -1, 0));
    assert_cqe(&cqe, 2, -EINVAL, 0);
    cqe = done(&ring, rf_epoll_wait(&ring, 3, epfd, events, 2, 1)); /* no flags yet */
    assert_cqe(&cqe, 3, -EINVAL, 0);
    close(epfd);
    close_pipe(fds);
    rf_deinit(&ring);
}

/* --- futexes ------------------------------------------------------------- */

enum { FUTEX_FLAGS = RF_FUTEX2_SIZE_U32 | RF_FUTEX2_PRIVATE };

static void a_futex_is_waited_for_and_woken(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_FUTEX_WAIT);
    uint32_t word = 5;
    struct rf_cqe cqe = done(&ring, rf_futex_wait(&ring, 1, &word, 6, UINT32_MAX, FUTEX_FLAGS, 0));
    assert_cqe(&cqe, 1, -EAGAIN, 0); /* it is 5 */
    assert_non_null(rf_futex_wait(&ring, 2, &word, 5, 1, FUTEX_FLAGS, 0));
    assert_non_null(rf_futex_wait(&ring, 3, &word, 5, 3, FUTEX_FLAGS, 0));
    submit_all(&ring, 2);
    cqe = done(&ring, rf_futex_wake(&ring, 4, &word, 9, 4, FUTEX_FLAGS, 0));
    assert_cqe(&cqe, 4, 0, 0); /* nobody waits with that mask */

    assert_non_null(rf_futex_wake(&ring, 5, &word, 9, 2, FUTEX_FLAGS, 0));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 3), 3, 0, 0);
    assert_cqe(cqe_of(cqes, 2, 5), 5, 1, 0);
    assert_non_null(rf_futex_wake(&ring, 6, &word, 9, UINT32_MAX, FUTEX_FLAGS, 0));
    submit_all(&ring, 1);
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
    assert_cqe(cqe_of(cqes, 2, 6), 6, 1, 0);
    rf_deinit(&ring);
}

static void one_of_several_futexes_is_woken(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_FUTEX_WAITV);
    uint32_t words[3] = {1, 2, 3};
    struct futex_waitv futexes[3];
    memset(futexes, 0, sizeof futexes);
    for (unsigned i = 0; i < 3; i++) {
        futexes[i].val = words[i];
        futexes[i].uaddr = (uintptr_t)&words[i];
        futexes[i].flags = FUTEX_FLAGS;
    }
    assert_non_null(rf_futex_waitv(&ring, 1, futexes, 3, 0));
    submit_all(&ring, 1);
    memset(futexes, 0, sizeof futexes); /* read by now */
    assert_non_null(rf_futex_wake(&ring, 2, &words[2], 1, UINT32_MAX, FUTEX_FLAGS, 0));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, 2, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 1, 0);
    struct rf_cqe cqe = done(&ring, rf_futex_waitv(&ring, 3, futexes, 129, 0));
    assert_cqe(&cqe, 3, -EINVAL, 0);
    rf_deinit(&ring);
}

/* --- messages to other rings --------------------------------------------- */

static void a_message_arrives_as_a_cqe(void **state)
{
    struct rf_ring ring, other;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_MSG_RING);
    open_ring(&other, 4, 0);
    struct rf_cqe cqe = done(&ring, rf_msg_ring(&ring, 1, other.fd, 0x12345678,
                                                UINT64_C(0xfedcba9876543210), 0));
    assert_cqe(&cqe, 1, 0, 0);
    reap(&other, &cqe, 1);
    assert_cqe(&cqe, UINT64_C(0xfedcba9876543210), 0x12345678, 0);
    cqe = done(&ring, rf_msg_ring(&ring, 2, 0, 0, 0, 0)); /* standard input is no ring */
    assert_cqe(&cqe, 2, -EBADFD, 0);

    const uint32_t flags = 7U << 16 | RF_CQE_F_BUFFER;
    cqe = done(&ring, rf_msg_ring_cqe_flags(&ring, 3, other.fd, 8, 9, 0, flags));
    const bool passes = cqe.res != -EINVAL;
    if (passes) {
        assert_cqe(&cqe, 3, 0, 0);
        reap(&other, &cqe, 1);
        assert_cqe(&cqe, 9, 8, flags);
    }
    rf_deinit(&other);
    rf_deinit(&ring);
    if (!passes)
        skip_because("the kernel passes no flags with a message");
}

static void assert_slot_reads(struct rf_ring *ring, int slot, const char *text)
{
    char got[16];
    struct rf_sqe *sqe = rf_read(ring, 60, slot, got, sizeof got, 0);
    assert_non_null(sqe);
    sqe->flags |= RF_SQE_FIXED_FILE;
    struct rf_cqe cqe = done(ring, sqe);
    assert_cqe(&cqe, 60, (int)strlen(text), 0);
    assert_memory_equal(got, text, strlen(text));
}

static void a_registered_file_goes_to_another_ring(void **state)
{
    struct rf_ring ring, other;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SEND_ZC); /* of the kernel that sends files: 6.0 */
    open_ring(&other, 4, 0);
    int fds[2];
    open_pipe(fds);
    const int files[] = {-1, -1, fds[0]};
    assert_result(rf_register_files(&ring, files, 3), 0);
    assert_result(rf_register_files_sparse(&other, 4), 0);

    struct rf_cqe cqe = done(&ring, rf_msg_ring_fd(&ring, 1, other.fd, 2, 3, 77, 0));
    assert_cqe(&cqe, 1, 0, 0);
    reap(&other, &cqe, 1);
    assert_cqe(&cqe, 77, 0, 0);
    assert_int_equal(write(fds[1], "three", 5), 5);
    assert_slot_reads(&other, 3, "three");

    cqe = done(&ring, rf_msg_ring_fd_alloc(&ring, 2, other.fd, 2, 78, 0));
    assert_true(cqe.user_data == 2 && cqe.res >= 0 && cqe.res < 3);
    const int slot = cqe.res;
    reap(&other, &cqe, 1);
    assert_cqe(&cqe, 78, slot, 0);
    assert_int_equal(write(fds[1], "any", 3), 3);
    assert_slot_reads(&other, slot, "any");

    /* The flags arrive: there is no CQE before that of the read. */
    cqe = done(&ring, rf_msg_ring_fd(&ring, 3, other.fd, 2, 1, 79, RF_MSG_RING_CQE_SKIP));
    assert_cqe(&cqe, 3, 0, 0);
    assert_int_equal(write(fds[1], "one", 3), 3);
    assert_slot_reads(&other, 1, "one");
    cqe = done(&ring, rf_msg_ring_fd(&ring, 4, other.fd, 0, 1, 80, 0)); /* an empty slot */
    assert_cqe(&cqe, 4, -EBADF, 0);
    assert_result(rf_unregister_files(&ring), 0);
    rf_deinit(&other);
    rf_deinit(&ring);
    close_pipe(fds);
}

/* --- slots --------------------------------------------------------------- */

static void a_registered_file_becomes_a_descriptor(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_FIXED_FD_INSTALL);
    int fds[2];
    open_pipe(fds);
    const int files[] = {-1, fds[0]};
    assert_result(rf_register_files(&ring, files, 2), 0);
    assert_int_equal(write(fds[1], "content", 7), 7);
    struct rf_cqe cqe = done(&ring, rf_fixed_fd_install(&ring, 1, 1, 0));
    assert_true(cqe.user_data == 1 && cqe.res >= 0);
    char got[8];
    assert_int_equal(read(cqe.res, got, sizeof got), 7);
    assert_memory_equal(got, "content", 7);
    assert_int_equal(fcntl(cqe.res, F_GETFD), FD_CLOEXEC);
    close(cqe.res);
    cqe = done(&ring, rf_fixed_fd_install(&ring, 2, 1, RF_FIXED_FD_NO_CLOEXEC));
    assert_true(cqe.user_data == 2 && cqe.res >= 0);
    assert_int_equal(fcntl(cqe.res, F_GETFD), 0);
    close(cqe.res);
    cqe = done(&ring, rf_fixed_fd_install(&ring, 3, 0, 0));
    assert_cqe(&cqe, 3, -EBADF, 0);
    assert_result(rf_unregister_files(&ring), 0);
    close_pipe(fds);
    rf_deinit(&ring);
}

/* --- entries of 128 bytes ------------------------------------------------ */

static void a_long_nop_does_nothing(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SQE128);
    need_op(&ring, RF_OP_NOP128);
    struct rf_cqe cqe = done(&ring, rf_nop128(&ring, 1));
    assert_cqe(&cqe, 1, 0, 0);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_timeout_gets_another_time),
        EACH_FLAVOUR(a_linked_timeout_gets_another_time),
        EACH_FLAVOUR(a_timeout_comes_so_many_times),
        EACH_FLAVOUR(a_poll_goes_on),
        EACH_FLAVOUR(a_cancel_finds_nothing_with_another_number),
        EACH_FLAVOUR(reads_go_on_into_provided_buffers),
        EACH_FLAVOUR(an_epoll_set_is_waited_for),
        EACH_FLAVOUR(a_futex_is_waited_for_and_woken),
        EACH_FLAVOUR(one_of_several_futexes_is_woken),
        EACH_FLAVOUR(a_message_arrives_as_a_cqe),
        EACH_FLAVOUR(a_registered_file_goes_to_another_ring),
        EACH_FLAVOUR(a_registered_file_becomes_a_descriptor),
        ONCE(a_long_nop_does_nothing),
    };
    return run_all(tests, COUNT_OF(tests));
}
