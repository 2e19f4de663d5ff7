/* SPDX-License-Identifier: MIT */
/*
 * soak_acts.c - what the programs of test_soak.c do. Each begin() queues the operations of an
 * act, at most six, and lends what they need; soak.h says how.
 */
#include "soak.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- what many of them need ----------------------------------------------- */

static int copy_of(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    assert_true(copy >= 0);
    return copy;
}

/* Until it is cancelled. */
static bool is_endless(struct soak *soak, uint32_t sides)
{
    return roll(soak, sides) == 0 && !soak->drains;
}

static int any_file(struct soak *soak)
{
    return copy_of(soak->files[roll(soak, FILES)]);
}

/* Offsets and lengths with which reads of a file never come short. */
static size_t any_length(struct soak *soak)
{
    return roll(soak, 4) == 0 ? 1 + roll(soak, 60000) : 1 + roll(soak, 3000);
}

static uint64_t any_offset(struct soak *soak)
{
    return roll(soak, FILE_BYTES - 65536);
}

/* Two ends; the other one is closed when the act is over. Returns the near one. */
static int open_ends(struct soak *soak, struct act *act, bool sockets)
{
    int ends[2];
    assert_int_equal(sockets ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
                             : pipe2(ends, O_CLOEXEC), 0);
    act->other_end = ends[1];
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    lend_fd(act, ends[1], WHEN_OVER);
    postpone(act, 255);
    (void)soak;
    return ends[0];
}

static void poke_data(struct soak *soak, struct act *act)
{
    char data[64];
    memset(data, 'd', sizeof data);
    (void)!write(act->other_end, data, 1 + roll(soak, sizeof data));
}

/* A connection by TCP, of which the far end is read by nobody. */
static int open_tcp(struct soak *soak, struct act *act)
{
    int near = connect_to(&soak->listens_at);
    act->other_end = lend_fd(act, accept4(soak->listener, NULL, NULL, SOCK_CLOEXEC), WHEN_OVER);
    postpone(act, 255);
    return near;
}

static struct rf_timespec *lend_time(struct soak *soak, struct act *act, int64_t ns)
{
    struct rf_timespec *time = lend(soak, act, sizeof *time, WHEN_CONSUMED);
    time->tv_sec = ns / 1000000000;
    time->tv_nsec = ns % 1000000000;
    return time;
}

static struct iovec *lend_iovecs(struct soak *soak, struct act *act, unsigned count)
{
    struct iovec *iovecs = lend(soak, act, count * sizeof *iovecs, WHEN_CONSUMED);
    for (unsigned i = 0; i < count; i++) {
        iovecs[i].iov_len = 1 + roll(soak, 3000);
        iovecs[i].iov_base = lend(soak, act, iovecs[i].iov_len, WHEN_OVER);
    }
    return iovecs;
}

/* --- nothing, timers ------------------------------------------------------ */

static void nops(struct soak *soak, struct act *act)
{
    for (unsigned i = 1 + roll(soak, 5); i > 0; i--)
        (void)queued(act, rf_nop(soak->ring, next_step(act)));
}

static void nops_that_share(struct soak *soak, struct act *act)
{
    for (unsigned i = 1 + roll(soak, 5); i > 0; i--) {
        assert_non_null(rf_nop(soak->ring, SHARED));
        soak->sharing++;
    }
    (void)act;
}

static void timer(struct soak *soak, struct act *act)
{
    const struct rf_timespec *time = lend_time(soak, act, 1000 + roll(soak, 2000000));
    bool repeats = roll(soak, 3) == 0 && soak->newest; /* but it ends */
    (void)queued(act, rf_timeout(soak->ring, next_step(act), time, repeats ? 3 : 0,
                                 repeats ? RF_TIMEOUT_MULTISHOT : 0));
    act->cancelable = 1;
}

static void timer_that_is_changed(struct soak *soak, struct act *act)
{
    if (soak->drains) /* what is held back begins in workers, the second before the first perhaps */
        return;
    const struct rf_timespec *time = lend_time(soak, act, INT64_C(3600000000000));
    const uint64_t first = next_step(act);
    (void)queued(act, rf_timeout(soak->ring, first, time, 0, 0));
    if (roll(soak, 2) == 0) {
        (void)queued(act, rf_timeout_remove(soak->ring, next_step(act), first, 0));
        return;
    }
    time = lend_time(soak, act, 1000 + roll(soak, 100000));
    (void)queued(act, rf_timeout_update(soak->ring, next_step(act), time, first, 0));
}

/* --- files ---------------------------------------------------------------- */

static void data_of_file(struct soak *soak, struct act *act)
{
    bool async = roll(soak, 5) == 0, writes = roll(soak, 2), vectored = roll(soak, 2);
    int fd = lend_fd(act, any_file(soak), after_look(soak, !async));
    struct rf_sqe *sqe;
    if (vectored) {
        unsigned count = 1 + roll(soak, 4);
        const struct iovec *iovecs = lend_iovecs(soak, act, count);
        const uint64_t step = next_step(act);
        sqe = writes ? rf_writev(soak->ring, step, fd, iovecs, count, any_offset(soak))
                     : rf_readv(soak->ring, step, fd, iovecs, count, any_offset(soak));
    } else {
        size_t bytes = any_length(soak);
        void *buf = lend(soak, act, bytes, WHEN_OVER);
        const uint64_t step = next_step(act);
        sqe = writes ? rf_write(soak->ring, step, fd, buf, bytes, any_offset(soak))
                     : rf_read(soak->ring, step, fd, buf, bytes, any_offset(soak));
    }
    if (async)
        rf_sqe_set_flags(queued(act, sqe), RF_SQE_ASYNC);
    else
        (void)queued(act, sqe);
}

/* The same memory is written by the first, and read by the second. */
static void copying_chain(struct soak *soak, struct act *act)
{
    size_t bytes = any_length(soak);
    void *buf = lend(soak, act, bytes, WHEN_OVER);
    postpone(act, 1);
    int from = lend_fd(act, any_file(soak), after_look(soak, true));
    struct rf_sqe *sqe = rf_read(soak->ring, next_step(act), from, buf, bytes, any_offset(soak));
    assert_non_null(sqe);
    rf_sqe_link_next(sqe);
    if (soak->skips && roll(soak, 2) == 0)
        rf_sqe_set_flags(sqe, RF_SQE_CQE_SKIP_SUCCESS);
    else
        (void)queued(act, sqe);
    int to = lend_fd(act, any_file(soak), WHEN_OVER);
    (void)queued(act, rf_write(soak->ring, next_step(act), to, buf, bytes, any_offset(soak)));
}

/* Behind what drains even a cancel waits. */
static void writes_and_a_sync(struct soak *soak, struct act *act)
{
    int fd = lend_fd(act, any_file(soak), WHEN_OVER);
    postpone(act, 255);
    for (unsigned i = 0; i < 3; i++) {
        size_t bytes = any_length(soak);
        const void *buf = lend(soak, act, bytes, WHEN_OVER);
        (void)queued(act, rf_write(soak->ring, next_step(act), fd, buf, bytes, any_offset(soak)));
    }
    struct rf_sqe *sqe = rf_fsync(soak->ring, next_step(act), fd, RF_FSYNC_DATASYNC);
    rf_sqe_set_flags(queued(act, sqe), RF_SQE_IO_DRAIN);
}

static void file_is_open(struct soak *soak, struct act *act, unsigned step,
                         const struct rf_cqe *cqe)
{
    if (step == 0 && cqe->res >= 0)
        close(cqe->res);
    (void)soak, (void)act;
}

static char *lend_name(struct soak *soak, struct act *act, unsigned number)
{
    char *name = lend(soak, act, 24, WHEN_CONSUMED);
    snprintf(name, 24, "name%u", number);
    return name;
}

static void life_of_a_file(struct soak *soak, struct act *act)
{
    unsigned number = ++soak->names;
    int dir = lend_fd(act, copy_of(soak->dir.fd), WHEN_OVER);
    postpone(act, 255);
    rf_sqe_link_next(queued(act, rf_openat(soak->ring, next_step(act), dir,
                                           lend_name(soak, act, number),
                                           O_CREAT | O_RDWR | O_CLOEXEC, 0600)));
    struct statx *statx_ = lend(soak, act, sizeof *statx_, WHEN_OVER);
    const char *name = lend_name(soak, act, number);
    rf_sqe_link_next(queued(act, rf_statx(soak->ring, next_step(act), dir, name, 0,
                                          STATX_BASIC_STATS, statx_)));
    name = lend_name(soak, act, number);
    const char *other = lend_name(soak, act, ++soak->names);
    rf_sqe_link_next(queued(act, rf_renameat(soak->ring, next_step(act), dir, name, dir, other,
                                             0)));
    other = lend_name(soak, act, soak->names);
    (void)queued(act, rf_unlinkat(soak->ring, next_step(act), dir, other, 0));
    act->came = file_is_open;
}

/* --- registered memory, slots --------------------------------------------- */

static void register_anew(struct soak *soak)
{
    struct iovec iovecs[BUFFERS];
    if (soak->registered[0]) {
        assert_result(rf_unregister_buffers(soak->ring), 0);
        for (unsigned i = 0; i < BUFFERS; i++) {
            memset(soak->registered[i], 1, BUFFER_BYTES);
            assert_int_equal(munmap(soak->registered[i], BUFFER_BYTES), 0);
        }
    }
    for (unsigned i = 0; i < BUFFERS; i++) {
        iovecs[i].iov_len = BUFFER_BYTES;
        iovecs[i].iov_base = soak->registered[i] =
            mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(soak->registered[i] != MAP_FAILED);
    }
    assert_result(rf_register_buffers(soak->ring, iovecs, BUFFERS), 0);
}

static void registered_is_free(struct soak *soak, struct act *act, unsigned step,
                               const struct rf_cqe *cqe)
{
    soak->registered_users = 0; /* one at a time */
    memset(soak->registered[step % BUFFERS], 2, BUFFER_BYTES);
    (void)act, (void)cqe;
}

static void registered_data(struct soak *soak, struct act *act)
{
    if (soak->registered_users > 0)
        return;
    if (roll(soak, 8) == 0)
        register_anew(soak);
    soak->registered_users = 1;
    act->came = registered_is_free;
    int fd = lend_fd(act, any_file(soak), after_look(soak, true));
    unsigned char *buf = soak->registered[0] + roll(soak, 1000);
    size_t bytes = 1 + roll(soak, 5000);
    const uint64_t step = next_step(act);
    (void)queued(act, roll(soak, 2)
                          ? rf_read_fixed(soak->ring, step, fd, buf, bytes, any_offset(soak), 0)
                          : rf_write_fixed(soak->ring, step, fd, buf, bytes, any_offset(soak), 0));
}

static int slot_with(struct soak *soak, uint32_t users)
{
    uint32_t first = roll(soak, SLOTS);
    for (uint32_t i = 0; soak->has_slots && i < SLOTS; i++)
        if (soak->slot_users[(first + i) % SLOTS] == users)
            return (int)((first + i) % SLOTS);
    return -1;
}

static void filling_a_slot(struct soak *soak, struct act *act)
{
    int slot = slot_with(soak, 0);
    if (slot < 0)
        return;
    soak->slot_users[slot] = 2;
    lend_slot(act, slot, WHEN_OVER); /* then it is full and of no use to anybody */
    if (roll(soak, 2) == 0) {
        int *fds = lend(soak, act, sizeof *fds, WHEN_OVER);
        fds[0] = lend_fd(act, any_file(soak), WHEN_OVER);
        (void)queued(act, rf_files_update(soak->ring, next_step(act), fds, 1, (uint32_t)slot));
        return;
    }
    char *path = lend(soak, act, 32, WHEN_CONSUMED);
    strcpy(path, "file0");
    int dir = lend_fd(act, copy_of(soak->dir.fd), WHEN_OVER);
    (void)queued(act, rf_openat_direct(soak->ring, next_step(act), dir, path, O_RDWR, 0,
                                       (uint32_t)slot));
}

static void slot_is_empty(struct soak *soak, struct act *act, unsigned step,
                          const struct rf_cqe *cqe)
{
    assert_result(cqe->res, 0);
    soak->slot_users[act->things[0].slot] = 1; /* and then none */
    (void)step;
}

static void emptying_a_slot(struct soak *soak, struct act *act)
{
    int slot = slot_with(soak, 1);
    if (slot < 0)
        return;
    soak->slot_users[slot]++;
    act->came = slot_is_empty;
    lend_slot(act, slot, WHEN_OVER);
    (void)queued(act, rf_close_direct(soak->ring, next_step(act), (uint32_t)slot));
}

static void reading_by_a_slot(struct soak *soak, struct act *act)
{
    int slot = slot_with(soak, 1);
    if (slot < 0)
        return;
    bool async = roll(soak, 3) == 0;
    size_t bytes = any_length(soak);
    void *buf = lend(soak, act, bytes, WHEN_OVER);
    soak->slot_users[slot]++;
    lend_slot(act, slot, after_look(soak, !async));
    struct rf_sqe *sqe = queued(act, rf_read(soak->ring, next_step(act), slot, buf, bytes,
                                             any_offset(soak)));
    rf_sqe_set_flags(sqe, RF_SQE_FIXED_FILE | (async ? RF_SQE_ASYNC : 0));
}

/* --- pipes and sockets ---------------------------------------------------- */

static void waiting_read(struct soak *soak, struct act *act)
{
    bool sockets = roll(soak, 2);
    int fd = lend_fd(act, open_ends(soak, act, sockets), after_look(soak, true));
    void *buf = lend(soak, act, 64 + roll(soak, 2000), WHEN_OVER);
    struct rf_sqe *sqe = sockets ? rf_recv(soak->ring, next_step(act), fd, buf, 64, 0)
                                 : rf_read(soak->ring, next_step(act), fd, buf, 64, 0);
    act->poke = poke_data;
    act->cancelable = 1;
    if (roll(soak, 3) > 0) {
        (void)queued(act, sqe);
        return;
    }
    rf_sqe_link_next(queued(act, sqe));
    const struct rf_timespec *time = lend_time(soak, act, 1000 + roll(soak, 1000000));
    (void)queued(act, rf_link_timeout(soak->ring, next_step(act), time, 0));
}

static void read_behind_timer(struct soak *soak, struct act *act)
{
    const struct rf_timespec *time = lend_time(soak, act, 1000 + roll(soak, 300000));
    struct rf_sqe *sqe = queued(act, rf_timeout(soak->ring, next_step(act), time, 0, 0));
    rf_sqe_set_flags(sqe, RF_SQE_IO_HARDLINK);
    int fd = open_ends(soak, act, false);
    lend_fd(act, fd, WHEN_OVER);
    void *buf = lend(soak, act, 64, WHEN_OVER);
    (void)queued(act, rf_read(soak->ring, next_step(act), fd, buf, 64, 0));
    act->poke = poke_data;
}

static void sending(struct soak *soak, struct act *act)
{
    int fd = lend_fd(act, open_ends(soak, act, true), after_look(soak, true));
    size_t bytes = 1 + roll(soak, 3000);
    const void *buf = lend(soak, act, bytes, WHEN_OVER);
    (void)queued(act, rf_send(soak->ring, next_step(act), fd, buf, bytes, 0));
}

/* Control data and the descriptor in it are looked at when it starts; the rest was copied. */
static void sending_a_message(struct soak *soak, struct act *act)
{
    int fd = lend_fd(act, open_ends(soak, act, true), after_look(soak, true));
    struct msghdr *msg = lend(soak, act, sizeof *msg, WHEN_CONSUMED);
    memset(msg, 0, sizeof *msg);
    msg->msg_iovlen = 1 + roll(soak, 3);
    msg->msg_iov = lend_iovecs(soak, act, (unsigned)msg->msg_iovlen);
    if (roll(soak, 2) == 0) {
        msg->msg_controllen = CMSG_SPACE(sizeof(int));
        msg->msg_control = lend(soak, act, msg->msg_controllen, WHEN_OVER);
        memset(msg->msg_control, 0, msg->msg_controllen);
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
        cmsg->cmsg_len = CMSG_LEN(sizeof(int));
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        int passed = lend_fd(act, any_file(soak), WHEN_OVER);
        memcpy(CMSG_DATA(cmsg), &passed, sizeof passed);
    }
    (void)queued(act, rf_sendmsg(soak->ring, next_step(act), fd, msg, 0));
}

static void receiving_a_message(struct soak *soak, struct act *act)
{
    int fd = lend_fd(act, open_ends(soak, act, true), after_look(soak, true));
    struct msghdr *msg = lend(soak, act, sizeof *msg, WHEN_OVER);
    memset(msg, 0, sizeof *msg);
    msg->msg_iovlen = 2;
    msg->msg_iov = lend_iovecs(soak, act, 2);
    msg->msg_namelen = sizeof(struct sockaddr_storage);
    msg->msg_name = lend(soak, act, msg->msg_namelen, WHEN_OVER);
    msg->msg_controllen = 64;
    msg->msg_control = lend(soak, act, msg->msg_controllen, WHEN_OVER);
    (void)queued(act, rf_recvmsg(soak->ring, next_step(act), fd, msg, 0));
    act->poke = poke_data;
    act->cancelable = 1;
}

static void sending_in_place(struct soak *soak, struct act *act)
{
    if (soak->drains) /* what is held back never starts: DrainStopsZeroCopy */
        return;
    int fd = lend_fd(act, open_tcp(soak, act), after_look(soak, true));
    size_t bytes = 1 + roll(soak, 20000);
    if (roll(soak, 2) == 0) {
        const void *buf = lend(soak, act, bytes, WHEN_OVER);
        (void)queued(act, rf_send_zc(soak->ring, next_step(act), fd, buf, bytes, 0, 0));
        return;
    }
    struct msghdr *msg = lend(soak, act, sizeof *msg, WHEN_CONSUMED);
    memset(msg, 0, sizeof *msg);
    msg->msg_iovlen = 2;
    msg->msg_iov = lend_iovecs(soak, act, 2);
    (void)queued(act, rf_sendmsg_zc(soak->ring, next_step(act), fd, msg, 0));
}

static void to_an_address(struct soak *soak, struct act *act)
{
    struct sockaddr_in *addr = lend(soak, act, sizeof *addr, WHEN_CONSUMED);
    int to = lend_fd(act, bind_udp_on_loopback(addr), WHEN_OVER);
    int fd = lend_fd(act, copy_of(to), after_look(soak, true));
    const void *buf = lend(soak, act, 200, WHEN_OVER);
    (void)queued(act, rf_sendto(soak->ring, next_step(act), fd, buf, 200, 0,
                                (const struct sockaddr *)addr, sizeof *addr));
}

static void poke_connection(struct soak *soak, struct act *act)
{
    if (act->thing_count < THINGS - 2)
        lend_fd(act, connect_to(&act->peer), WHEN_OVER);
    (void)soak;
}

static void accepted(struct soak *soak, struct act *act, unsigned step, const struct rf_cqe *cqe)
{
    if (cqe->res >= 0)
        close(cqe->res);
    (void)soak, (void)act, (void)step;
}

static void accepting(struct soak *soak, struct act *act)
{
    act->endless = is_endless(soak, 3);
    int fd = listen_on_loopback(&act->peer);
    act->other_end = lend_fd(act, fd, WHEN_OVER);
    act->poke = poke_connection;
    act->came = accepted;
    act->cancelable = 1;
    int named = lend_fd(act, copy_of(fd), after_look(soak, true));
    if (act->endless) {
        (void)queued(act, rf_accept_multishot(soak->ring, next_step(act), named, NULL, NULL,
                                              SOCK_CLOEXEC));
        return;
    }
    struct sockaddr *addr = lend(soak, act, sizeof(struct sockaddr_in), WHEN_OVER);
    socklen_t *length = lend(soak, act, sizeof *length, WHEN_OVER);
    *length = sizeof(struct sockaddr_in);
    (void)queued(act, rf_accept(soak->ring, next_step(act), named, addr, length, SOCK_CLOEXEC));
}

static void connected(struct soak *soak, struct act *act, unsigned step, const struct rf_cqe *cqe)
{
    int fd = cqe->res == 0 ? accept4(soak->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
    if (fd >= 0)
        close(fd);
    (void)act, (void)step;
}

static void connecting(struct soak *soak, struct act *act)
{
    int fd = lend_fd(act, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), WHEN_OVER);
    struct sockaddr_in *addr = lend(soak, act, sizeof *addr, WHEN_CONSUMED);
    *addr = soak->listens_at;
    act->came = connected;
    (void)queued(act, rf_connect(soak->ring, next_step(act), fd, (struct sockaddr *)addr,
                                 sizeof *addr));
}

static void asking_for_an_option(struct soak *soak, struct act *act)
{
    int fd = lend_fd(act, open_ends(soak, act, true), after_look(soak, true));
    int *value = lend(soak, act, sizeof *value, WHEN_OVER);
    *value = 1;
    const uint64_t step = next_step(act);
    (void)queued(act, roll(soak, 2) ? rf_getsockopt(soak->ring, step, fd, SOL_SOCKET, SO_RCVBUF,
                                                    value, sizeof *value)
                                    : rf_setsockopt(soak->ring, step, fd, SOL_SOCKET,
                                                    SO_KEEPALIVE, value, sizeof *value));
}

static void splicing(struct soak *soak, struct act *act)
{
    int from[2], to[2];
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(write(from[1], "spliced", 7), 7);
    for (unsigned i = 0; i < 2; i++) {
        lend_fd(act, from[i], WHEN_OVER);
        lend_fd(act, to[i], WHEN_OVER);
    }
    const uint64_t step = next_step(act);
    (void)queued(act, roll(soak, 2) ? rf_splice(soak->ring, step, from[0], UINT64_MAX, to[1],
                                                UINT64_MAX, 7, 0)
                                    : rf_tee(soak->ring, step, from[0], to[1], 7, 0));
}

/* --- polls, epoll, futexes ------------------------------------------------ */

static void polling(struct soak *soak, struct act *act)
{
    act->endless = is_endless(soak, 3);
    int fd = lend_fd(act, open_ends(soak, act, false), after_look(soak, true));
    const uint64_t step = next_step(act);
    (void)queued(act, act->endless ? rf_poll_multishot(soak->ring, step, fd, POLLIN)
                                   : rf_poll_add(soak->ring, step, fd, POLLIN));
    act->poke = poke_data;
    act->cancelable = 1;
}

static void waiting_by_epoll(struct soak *soak, struct act *act)
{
    int near = lend_fd(act, open_ends(soak, act, false), WHEN_OVER);
    postpone(act, 1);
    int epoll = lend_fd(act, epoll_create1(EPOLL_CLOEXEC), WHEN_OVER);
    postpone(act, 1);
    struct epoll_event *what = lend(soak, act, sizeof *what, WHEN_CONSUMED);
    what->events = EPOLLIN;
    rf_sqe_link_next(queued(act, rf_epoll_ctl(soak->ring, next_step(act), epoll, near,
                                              EPOLL_CTL_ADD, what)));
    struct epoll_event *events = lend(soak, act, 4 * sizeof *events, WHEN_OVER);
    (void)queued(act, rf_epoll_wait(soak->ring, next_step(act), epoll, events, 4, 0));
    act->poke = poke_data;
    act->cancelable = 2;
}

static void poke_futex(struct soak *soak, struct act *act)
{
    (void)syscall(SYS_futex, act->things[0].addr, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    (void)soak;
}

static void waiting_for_a_futex(struct soak *soak, struct act *act)
{
    /* One that waits since before the first worker was made is woken by nobody: FutexForgotten. */
    if (soak->drains)
        return;
    uint32_t *word = lend(soak, act, sizeof *word, WHEN_OVER);
    *word = 5;
    (void)queued(act, rf_futex_wait(soak->ring, next_step(act), word, 5, UINT32_MAX,
                                    RF_FUTEX2_SIZE_U32 | RF_FUTEX2_PRIVATE, 0));
    act->poke = poke_futex;
    act->cancelable = 1;
}

/* --- provided buffers ----------------------------------------------------- */

static void picked_from_group(struct soak *soak, struct act *act, unsigned step,
                              const struct rf_cqe *cqe)
{
    void *data;
    int bytes = rf_buffer_group_get(&soak->group, cqe, &data);
    if (bytes > 0) {
        memset(data, 3, (size_t)bytes);
        assert_result(rf_buffer_group_put(&soak->group, cqe), 0);
    }
    (void)act, (void)step;
}

static void receiving_into_group(struct soak *soak, struct act *act)
{
    if (!soak->group.ring)
        return;
    act->endless = is_endless(soak, 2);
    int fd = lend_fd(act, open_ends(soak, act, true), after_look(soak, true));
    const uint64_t step = next_step(act);
    (void)queued(act, act->endless
                          ? rf_buffer_group_recv_multishot(&soak->group, step, fd, 0)
                          : rf_buffer_group_recv(&soak->group, step, fd, 0));
    act->came = picked_from_group;
    act->poke = poke_data;
    act->cancelable = 1;
}

/* A ring of buffers that lives as long as the act, in things[0] to [3]. */
enum { OWN = 4 };

static uint16_t own_group_of(const struct soak *soak, const struct act *act)
{
    return (uint16_t)(100 + (act - soak->acts));
}

static struct rf_buf_ring *own_rings[ACTS];

static void picked_from_own(struct soak *soak, struct act *act, unsigned step,
                            const struct rf_cqe *cqe)
{
    struct rf_buf_ring *br = own_rings[act - soak->acts];
    int id = rf_cqe_buffer_id(cqe);
    if (id >= 0) {
        memset(act->things[id].addr, 4, PICKED_BYTES);
        if (cqe->flags & RF_CQE_F_MORE && roll(soak, 4) > 0) {
            rf_buf_ring_add(br, act->things[id].addr, PICKED_BYTES, (uint16_t)id,
                            rf_buf_ring_mask(OWN), 0);
            rf_buf_ring_advance(br, 1);
        }
    }
    if (!(cqe->flags & RF_CQE_F_MORE))
        assert_result(rf_free_buf_ring(soak->ring, br, OWN, own_group_of(soak, act)), 0);
    (void)step;
}

static void receiving_into_own(struct soak *soak, struct act *act)
{
    struct rf_buf_ring *br;
    uint16_t group = own_group_of(soak, act);
    act->endless = is_endless(soak, 2);
    int err = rf_setup_buf_ring(soak->ring, OWN, group, 0, &br);
    if (err == -EOPNOTSUPP)
        return;
    assert_result(err, 0);
    own_rings[act - soak->acts] = br;
    for (uint16_t i = 0; i < OWN; i++)
        rf_buf_ring_add(br, lend(soak, act, PICKED_BYTES, WHEN_OVER), PICKED_BYTES, i,
                        rf_buf_ring_mask(OWN), i);
    rf_buf_ring_advance(br, OWN);
    int fd = lend_fd(act, open_ends(soak, act, true), after_look(soak, true));
    const uint64_t step = next_step(act);
    (void)queued(act, act->endless ? rf_recv_multishot(soak->ring, step, fd, group, 0, 0)
                                   : rf_recv_select(soak->ring, step, fd, group, 0, 0));
    act->came = picked_from_own;
    act->poke = poke_data;
    act->cancelable = 1;
}

/* The old kind: provided, used and taken away by operations. */
static void providing_by_operation(struct soak *soak, struct act *act)
{
    uint16_t group = (uint16_t)(own_group_of(soak, act) + ACTS);
    unsigned char *buffers = lend(soak, act, 2 * PICKED_BYTES, WHEN_OVER);
    postpone(act, 2);
    struct rf_sqe *sqe = rf_provide_buffers(soak->ring, next_step(act), buffers, PICKED_BYTES, 2,
                                            group, 0);
    rf_sqe_set_flags(queued(act, sqe), RF_SQE_IO_HARDLINK);
    int fd = lend_fd(act, open_ends(soak, act, true), WHEN_OVER);
    poke_data(soak, act);
    sqe = queued(act, rf_recv_select(soak->ring, next_step(act), fd, group, 0, 0));
    rf_sqe_set_flags(sqe, RF_SQE_IO_HARDLINK);
    (void)queued(act, rf_remove_buffers(soak->ring, next_step(act), 2, group));
}

/* --- cancelling ----------------------------------------------------------- */

static void cancelling(struct soak *soak, struct act *act)
{
    unsigned first = roll(soak, ACTS);
    for (unsigned i = 0; i < ACTS; i++) {
        const struct act *target = &soak->acts[(first + i) % ACTS];
        if (!target->name || target->cancelable == 0)
            continue;
        uint64_t which = target->id << 8 | (target->cancelable - 1);
        (void)queued(act, rf_cancel64(soak->ring, next_step(act), which, 0));
        return;
    }
}

/* --- all of it ------------------------------------------------------------ */

const struct act_kind drain_kind = {"draining", writes_and_a_sync, RF_OP_FSYNC, 0};
const struct act_kind cancel_kind = {"cancelling", cancelling, RF_OP_ASYNC_CANCEL, 0};

#define KIND(function, op, weight) {#function, function, RF_OP_##op, weight}

const struct act_kind act_kinds[] = {
    KIND(nops, NOP, 5),
    KIND(nops_that_share, NOP, 2),
    KIND(timer, TIMEOUT, 5),
    KIND(timer_that_is_changed, TIMEOUT_REMOVE, 3),
    KIND(data_of_file, READ, 12),
    KIND(copying_chain, READ, 5),
    KIND(life_of_a_file, UNLINKAT, 4),
    KIND(registered_data, READ_FIXED, 6),
    KIND(filling_a_slot, OPENAT2, 3),
    KIND(emptying_a_slot, SOCKET, 3),
    KIND(reading_by_a_slot, READ, 6),
    KIND(waiting_read, READ, 8),
    KIND(read_behind_timer, READ, 4),
    KIND(sending, SEND, 5),
    KIND(sending_a_message, SENDMSG, 5),
    KIND(receiving_a_message, RECVMSG, 5),
    KIND(sending_in_place, SENDMSG_ZC, 5),
    KIND(to_an_address, SEND_ZC, 3),
    KIND(accepting, SOCKET, 4),
    KIND(connecting, CONNECT, 4),
    KIND(asking_for_an_option, FUTEX_WAIT, 3),
    KIND(splicing, SPLICE, 3),
    KIND(polling, POLL_ADD, 5),
    KIND(waiting_by_epoll, EPOLL_WAIT, 3),
    KIND(waiting_for_a_futex, FUTEX_WAIT, 3),
    KIND(receiving_into_group, SEND_ZC, 6),
    KIND(receiving_into_own, SEND_ZC, 4),
    KIND(providing_by_operation, PROVIDE_BUFFERS, 3),
};
const unsigned act_kinds_count = COUNT_OF(act_kinds);

void open_place(struct soak *soak)
{
    open_work_dir(&soak->dir);
    for (int i = 0; i < FILES; i++) {
        char name[16];
        snprintf(name, sizeof name, "file%d", i);
        soak->files[i] = make_file(&soak->dir, name, "");
        assert_int_equal(ftruncate(soak->files[i], FILE_BYTES), 0);
    }
    soak->listener = listen_on_loopback(&soak->listens_at);
    assert_int_equal(fcntl(soak->listener, F_SETFL, O_NONBLOCK), 0);
    soak->has_slots = rf_register_files_sparse(soak->ring, SLOTS) == 0;
    register_anew(soak);
    int err = rf_buffer_group_init_flags(&soak->group, soak->ring, 90, PICKED_BYTES, PICKED,
                                         roll(soak, 2) ? RF_PBUF_RING_INC : 0);
    if (err && err != -EOPNOTSUPP)
        fail_msg("a group: %s", strerror(-err));
}

void close_place(struct soak *soak)
{
    assert_result(rf_buffer_group_deinit(&soak->group), 0);
    assert_result(rf_unregister_buffers(soak->ring), 0);
    for (unsigned i = 0; i < BUFFERS; i++)
        assert_int_equal(munmap(soak->registered[i], BUFFER_BYTES), 0);
    if (soak->has_slots)
        assert_result(rf_unregister_files(soak->ring), 0);
    for (int i = 0; i < FILES; i++)
        close(soak->files[i]);
    close(soak->listener);
    close_work_dir(&soak->dir);
}
