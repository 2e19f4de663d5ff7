/* SPDX-License-Identifier: MIT */
/*
 * Held here: each operation that the running kernel has does its work, and its result and
 * what it did are looked at. One test for each, in the order of their numbers; an
 * operation that ringfence knows and that has no test here fails the first of them.
 *
 * RECV_ZC is refused, as it has to be without a receive queue. With one it is in
 * test_zcrx.c, on kernels where that takes no device.
 */
#include "io_support.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What every test has: a ring, a directory, a file in it, a pipe, two connected sockets. */
struct scene {
    struct rf_ring ring;
    struct work_dir dir;
    int file; /* "file", content "0123456789" */
    int from, into; /* of a pipe */
    int one, two;   /* of a pair of sockets */
};

#define MARK 42
#define CONTENT "0123456789"

static char path_of[3][96];

/* A name in the directory, as a path. Up to three at a time. */
static const char *in(const struct scene *s, const char *name)
{
    static unsigned next;
    char *path = path_of[next++ % COUNT_OF(path_of)];
    snprintf(path, sizeof path_of[0], "%s/%s", s->dir.path, name);
    return path;
}

static void open_scene(struct scene *s, enum rf_op op)
{
    const uint32_t flags = op == RF_OP_NOP128 || op == RF_OP_URING_CMD128 ? RF_SETUP_SQE128 : 0;
    int pair[2];
    open_ring(&s->ring, 16, flags);
    need_op(&s->ring, op);
    open_work_dir(&s->dir);
    s->file = make_file(&s->dir, "file", CONTENT);
    assert_result(pipe2(pair, O_CLOEXEC), 0);
    s->from = pair[0];
    s->into = pair[1];
    assert_result(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    s->one = pair[0];
    s->two = pair[1];
}

static void close_scene(struct scene *s)
{
    const int fds[] = {s->file, s->from, s->into, s->one, s->two};
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
    rf_deinit(&s->ring);
    close_work_dir(&s->dir);
}

/* Has the operation done that was queued with MARK, and looks at its one CQE. */
static void expect(struct scene *s, const struct rf_sqe *sqe, int res)
{
    const struct rf_cqe cqe = done(&s->ring, sqe);
    assert_cqe(&cqe, MARK, res, 0);
}

/* The same where the result is a new descriptor, which it returns. */
static int expect_fd(struct scene *s, const struct rf_sqe *sqe)
{
    const struct rf_cqe cqe = done(&s->ring, sqe);
    assert_true(cqe.res >= 0);
    assert_cqe(&cqe, MARK, cqe.res, 0);
    return cqe.res;
}

#define EXPECT(res, function, ...) expect(s, rf_##function(&s->ring, MARK, __VA_ARGS__), res)
#define QUEUE(mark, function, ...) assert_non_null(rf_##function(&s->ring, mark, __VA_ARGS__))
#define EXPECT_FD(function, ...) expect_fd(s, rf_##function(&s->ring, MARK, __VA_ARGS__))

/* Submits what is queued, and takes that many CQEs. */
static void run(struct scene *s, unsigned sqes, struct rf_cqe *cqes, unsigned count)
{
    submit_all(&s->ring, sqes);
    reap(&s->ring, cqes, count);
}

static void assert_file(struct scene *s, const char *content)
{
    assert_content(&s->dir, "file", content);
}

static void fill_pipe(struct scene *s, const char *text)
{
    assert_result(write(s->into, text, strlen(text)), (long)strlen(text));
}

/* What the descriptor has to read is exactly this. */
static void assert_reads(int fd, const char *text)
{
    char buf[64];
    assert_result(read(fd, buf, sizeof buf), (long)strlen(text));
    assert_memory_equal(buf, text, strlen(text));
}

/* DRIVE(OP) { ... } is the test of an operation, with the scene as s. */
#define DRIVE(op)                                    \
    static void drive_##op(struct scene *s);         \
    static void op##_does_its_work(void **state)     \
    {                                                \
        struct scene s;                              \
        (void)state;                                 \
        open_scene(&s, RF_OP_##op);                  \
        drive_##op(&s);                              \
        close_scene(&s);                             \
    }                                                \
    static void drive_##op(struct scene *s)

/* --- data of files ------------------------------------------------------- */

DRIVE(READV)
{
    char a[3], b[4];
    const struct iovec iov[] = {{a, sizeof a}, {b, sizeof b}};
    EXPECT(7, readv, s->file, iov, 2, 1);
    assert_memory_equal(a, "123", 3);
    assert_memory_equal(b, "4567", 4);
}

DRIVE(WRITEV)
{
    char a[] = "abc", b[] = "de";
    const struct iovec iov[] = {{a, 3}, {b, 2}};
    EXPECT(5, writev, s->file, iov, 2, 2);
    assert_file(s, "01abcde789");
}

DRIVE(FSYNC)
{
    EXPECT(0, fsync, s->file, RF_FSYNC_DATASYNC);
    EXPECT(-EINVAL, fsync, s->from, 0); /* a pipe has nothing to sync */
}

DRIVE(READ_FIXED)
{
    char buf[16] = "";
    const struct iovec iov = {buf, sizeof buf};
    assert_result(rf_register_buffers(&s->ring, &iov, 1), 0);
    EXPECT(4, read_fixed, s->file, buf + 2, 4, 3, 0);
    assert_memory_equal(buf, "\0\0003456\0", 7);
}

DRIVE(WRITE_FIXED)
{
    char buf[16] = "abcdef";
    const struct iovec iov = {buf, sizeof buf};
    assert_result(rf_register_buffers(&s->ring, &iov, 1), 0);
    EXPECT(4, write_fixed, s->file, buf + 2, 4, 3, 0);
    assert_file(s, "012cdef789");
}

DRIVE(SYNC_FILE_RANGE)
{
    EXPECT(0, sync_file_range, s->file, 10, 0, SYNC_FILE_RANGE_WRITE);
    EXPECT(-ESPIPE, sync_file_range, s->from, 10, 0, SYNC_FILE_RANGE_WRITE);
}

DRIVE(READ)
{
    char buf[16];
    EXPECT(6, read, s->file, buf, sizeof buf, 4);
    assert_memory_equal(buf, "456789", 6);
}

DRIVE(WRITE)
{
    EXPECT(2, write, s->file, "xy", 2, 9);
    assert_file(s, "012345678xy");
}

DRIVE(FADVISE)
{
    EXPECT(0, fadvise, s->file, 0, 0, POSIX_FADV_DONTNEED);
    EXPECT(-ESPIPE, fadvise, s->from, 0, 0, POSIX_FADV_DONTNEED);
}

DRIVE(MADVISE)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    page[7] = 1;
    EXPECT(0, madvise, page, 4096, MADV_DONTNEED);
    assert_int_equal(page[7], 0);
    munmap(page, 4096);
}

DRIVE(SPLICE)
{
    EXPECT(4, splice, s->file, 2, s->into, UINT64_MAX, 4, 0);
    assert_reads(s->from, "2345");
}

DRIVE(TEE)
{
    int other[2];
    assert_result(pipe2(other, O_CLOEXEC), 0);
    fill_pipe(s, "twice");
    EXPECT(5, tee, s->from, other[1], 64, 0);
    assert_reads(other[0], "twice");
    assert_reads(s->from, "twice");
    close(other[0]);
    close(other[1]);
}

DRIVE(FALLOCATE)
{
    struct stat st;
    EXPECT(0, fallocate, s->file, 0, 0, 5000);
    assert_result(fstat(s->file, &st), 0);
    assert_int_equal(st.st_size, 5000);
}

DRIVE(FTRUNCATE)
{
    EXPECT(0, ftruncate, s->file, 3);
    assert_file(s, "012");
}

DRIVE(READV_FIXED)
{
    char buf[16] = "";
    const struct iovec whole = {buf, sizeof buf};
    const struct iovec iov[] = {{buf + 8, 2}, {buf, 3}};
    assert_result(rf_register_buffers(&s->ring, &whole, 1), 0);
    EXPECT(5, readv_fixed, s->file, iov, 2, 0, 0, 0);
    assert_memory_equal(buf, "234\0\0\0\0\00001", 10);
}

DRIVE(WRITEV_FIXED)
{
    char buf[16] = "abcdefgh";
    const struct iovec whole = {buf, sizeof buf};
    const struct iovec iov[] = {{buf + 6, 2}, {buf, 1}};
    assert_result(rf_register_buffers(&s->ring, &whole, 1), 0);
    EXPECT(3, writev_fixed, s->file, iov, 2, 4, 0, 0);
    assert_file(s, "0123gha789");
}

DRIVE(READ_MULTISHOT)
{
    struct rf_buffer_group group;
    struct rf_cqe cqe;
    const void *data;
    assert_result(rf_buffer_group_init(&group, &s->ring, 3, 64, 4), 0);
    fill_pipe(s, "first");
    QUEUE(MARK, read_multishot, s->from, 3, 0, UINT64_MAX);
    run(s, 1, &cqe, 1);
    assert_true(cqe.flags & RF_CQE_F_MORE && cqe.flags & RF_CQE_F_BUFFER);
    assert_result(rf_buffer_group_get(&group, &cqe, (void *)&data), 5);
    assert_memory_equal(data, "first", 5);
    close(s->into);
    reap(&s->ring, &cqe, 1);
    assert_cqe(&cqe, MARK, 0, 0); /* the end */
    s->into = dup(s->file);
    assert_result(rf_buffer_group_deinit(&group), 0);
}

/* --- files by name ------------------------------------------------------- */

DRIVE(OPENAT)
{
    int fd = EXPECT_FD(openat, s->dir.fd, "file", O_RDONLY | O_CLOEXEC, 0);
    assert_reads(fd, CONTENT);
    close(fd);
}

DRIVE(OPENAT2)
{
    uint64_t how[3] = {O_RDONLY | O_CLOEXEC, 0, 0}; /* struct open_how: flags, mode, resolve */
    int fd = EXPECT_FD(openat2, s->dir.fd, "file", (const struct open_how *)(const void *)how);
    assert_reads(fd, CONTENT);
    close(fd);
}

DRIVE(CLOSE)
{
    int fd = dup(s->file);
    EXPECT(0, close, fd);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

DRIVE(STATX)
{
    struct statx statx;
    memset(&statx, 0, sizeof statx);
    EXPECT(0, statx, s->dir.fd, "file", 0, STATX_SIZE, &statx);
    assert_int_equal(statx.stx_size, 10);
}

DRIVE(RENAMEAT)
{
    EXPECT(0, renameat, s->dir.fd, "file", s->dir.fd, "other", 0);
    assert_int_equal(name_missing(&s->dir, "file"), ENOENT);
    assert_content(&s->dir, "other", CONTENT);
}

DRIVE(UNLINKAT)
{
    EXPECT(0, unlinkat, s->dir.fd, "file", 0);
    assert_int_equal(name_missing(&s->dir, "file"), ENOENT);
}

DRIVE(MKDIRAT)
{
    struct stat st;
    EXPECT(0, mkdirat, s->dir.fd, "sub", 0700);
    assert_result(fstatat(s->dir.fd, "sub", &st, 0), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_result(unlinkat(s->dir.fd, "sub", AT_REMOVEDIR), 0);
}

DRIVE(SYMLINKAT)
{
    char target[16];
    EXPECT(0, symlinkat, "file", s->dir.fd, "link");
    assert_result(readlinkat(s->dir.fd, "link", target, sizeof target), 4);
    assert_memory_equal(target, "file", 4);
}

DRIVE(LINKAT)
{
    struct stat st;
    EXPECT(0, linkat, s->dir.fd, "file", s->dir.fd, "link", 0);
    assert_result(fstat(s->file, &st), 0);
    assert_int_equal(st.st_nlink, 2);
}

static void need_xattr(struct scene *s)
{
    if (fsetxattr(s->file, "user.rf", "value", 5, 0) == 0)
        return;
    close_scene(s);
    skip_because("files here have no attributes of the user's");
}

static void assert_xattr(struct scene *s, const char *value)
{
    char buf[16];
    assert_result(fgetxattr(s->file, "user.rf", buf, sizeof buf), (long)strlen(value));
    assert_memory_equal(buf, value, strlen(value));
}

DRIVE(FSETXATTR)
{
    need_xattr(s);
    EXPECT(0, fsetxattr, s->file, "user.rf", "new", 0, 3);
    assert_xattr(s, "new");
}

DRIVE(SETXATTR)
{
    need_xattr(s);
    EXPECT(0, setxattr, "user.rf", "newer", in(s, "file"), XATTR_REPLACE, 5);
    assert_xattr(s, "newer");
}

DRIVE(FGETXATTR)
{
    char value[16] = "";
    need_xattr(s);
    EXPECT(5, fgetxattr, s->file, "user.rf", value, sizeof value);
    assert_string_equal(value, "value");
}

DRIVE(GETXATTR)
{
    char value[16] = "";
    need_xattr(s);
    EXPECT(5, getxattr, "user.rf", value, in(s, "file"), sizeof value);
    assert_string_equal(value, "value");
}

/* --- network ------------------------------------------------------------- */

DRIVE(SENDMSG)
{
    char text[] = "message";
    struct iovec iov = {text, 7};
    const struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    EXPECT(7, sendmsg, s->one, &msg, 0);
    assert_reads(s->two, "message");
}

DRIVE(RECVMSG)
{
    char buf[16];
    struct iovec iov = {buf, sizeof buf};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    assert_result(write(s->two, "message", 7), 7);
    EXPECT(7, recvmsg, s->one, &msg, 0);
    assert_memory_equal(buf, "message", 7);
}

DRIVE(SEND)
{
    EXPECT(4, send, s->one, "sent", 4, 0);
    assert_reads(s->two, "sent");
}

DRIVE(RECV)
{
    char buf[16];
    assert_result(write(s->two, "sent", 4), 4);
    EXPECT(4, recv, s->one, buf, sizeof buf, 0);
    assert_memory_equal(buf, "sent", 4);
}

DRIVE(ACCEPT)
{
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr), client = connect_to(&addr);
    int server = EXPECT_FD(accept, listener, NULL, NULL, SOCK_CLOEXEC);
    assert_result(write(client, "hello", 5), 5);
    assert_reads(server, "hello");
    close(server);
    close(client);
    close(listener);
}

DRIVE(CONNECT)
{
    struct sockaddr_in addr, peer;
    socklen_t length = sizeof peer;
    int listener = listen_on_loopback(&addr);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT(0, connect, client, (const struct sockaddr *)&addr, sizeof addr);
    assert_result(getpeername(client, (struct sockaddr *)&peer, &length), 0);
    assert_int_equal(peer.sin_port, addr.sin_port);
    close(client);
    close(listener);
}

DRIVE(SHUTDOWN)
{
    char byte;
    EXPECT(0, shutdown, s->one, SHUT_WR);
    assert_result(read(s->two, &byte, 1), 0);
}

DRIVE(SOCKET)
{
    int type = 0;
    socklen_t length = sizeof type;
    int fd = EXPECT_FD(socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0, 0);
    assert_result(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length), 0);
    assert_int_equal(type, SOCK_DGRAM);
    close(fd);
}

DRIVE(BIND)
{
    struct sockaddr_in addr = {.sin_family = AF_INET}, bound;
    socklen_t length = sizeof bound;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(0, bind, fd, (const struct sockaddr *)&addr, sizeof addr);
    assert_result(getsockname(fd, (struct sockaddr *)&bound, &length), 0);
    assert_int_equal(ntohl(bound.sin_addr.s_addr), INADDR_LOOPBACK);
    assert_true(bound.sin_port != 0);
    close(fd);
}

DRIVE(LISTEN)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t length = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_result(bind(fd, (const struct sockaddr *)&addr, sizeof addr), 0);
    EXPECT(0, listen, fd, 3);
    assert_result(getsockname(fd, (struct sockaddr *)&addr, &length), 0);
    close(connect_to(&addr));
    close(fd);
}

/* How much a TCP socket has to be received. */
static void ask_for_bytes(struct scene *s, bool large)
{
    const uint32_t command = RF_SOCKET_URING_OP_SIOCINQ;
    struct connection c;
    open_connection(&s->ring, &c);
    assert_result(write(c.client, "waiting", 7), 7);
    if (large)
        EXPECT(7, uring_cmd128, command, c.server);
    else
        EXPECT(7, uring_cmd, command, c.server);
    close_connection(&c);
}

DRIVE(URING_CMD)
{
    if (!has_op(&s->ring, RF_OP_FUTEX_WAIT)) { /* of the same kernel, 6.7 */
        close_scene(s);
        skip_because("this kernel has no commands for sockets");
    }
    ask_for_bytes(s, false);
}

DRIVE(URING_CMD128)
{
    ask_for_bytes(s, true);
}

/* Two CQEs: the result, and that the data is no longer needed. */
static void expect_notified(struct scene *s, const struct rf_sqe *sqe, int server, const char *text)
{
    struct rf_cqe cqes[2];
    assert_non_null(sqe);
    run(s, 1, cqes, 2);
    assert_cqe(&cqes[0], MARK, (int)strlen(text), RF_CQE_F_MORE);
    assert_int_equal(cqes[1].user_data, MARK);
    assert_int_equal(cqes[1].flags, RF_CQE_F_NOTIF);
    assert_reads(server, text);
}

DRIVE(SEND_ZC)
{
    struct connection c;
    open_connection(&s->ring, &c);
    const struct rf_sqe *sqe = rf_send_zc(&s->ring, MARK, c.client, "no copy", 7, 0, 0);
    expect_notified(s, sqe, c.server, "no copy");
    close_connection(&c);
}

DRIVE(SENDMSG_ZC)
{
    char text[] = "no copy";
    struct iovec iov = {text, 7};
    const struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    struct connection c;
    open_connection(&s->ring, &c);
    expect_notified(s, rf_sendmsg_zc(&s->ring, MARK, c.client, &msg, 0), c.server, text);
    close_connection(&c);
}

DRIVE(RECV_ZC)
{
    struct rf_sqe *sqe = rf_get_sqe(&s->ring);
    rf_prep_rw(sqe, RF_OP_RECV_ZC, s->one, 0, 0, 0);
    sqe->ioprio = RF_RECV_MULTISHOT;
    sqe->user_data = MARK;
    expect(s, sqe, -EINVAL); /* no receive queue of that number */
}

/* --- time, polling, waiting ---------------------------------------------- */

DRIVE(POLL_ADD)
{
    fill_pipe(s, "x");
    EXPECT(POLLIN, poll_add, s->from, POLLIN);
}

DRIVE(POLL_REMOVE)
{
    struct rf_cqe cqes[2];
    QUEUE(1, poll_add, s->from, POLLIN);
    submit_all(&s->ring, 1);
    QUEUE(2, poll_remove, 1);
    run(s, 1, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
}

static const struct rf_timespec soon = {0, 2000000}, late = {60, 0};

DRIVE(TIMEOUT)
{
    EXPECT(-ETIME, timeout, &soon, 0, 0);
}

DRIVE(TIMEOUT_REMOVE)
{
    struct rf_cqe cqes[2];
    QUEUE(1, timeout, &late, 0, 0);
    submit_all(&s->ring, 1);
    QUEUE(2, timeout_remove, 1, 0);
    run(s, 1, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
}

DRIVE(ASYNC_CANCEL)
{
    char byte;
    struct rf_cqe cqes[2];
    QUEUE(1, read, s->from, &byte, 1, UINT64_MAX);
    submit_all(&s->ring, 1);
    QUEUE(2, cancel, 1, 0);
    run(s, 1, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
}

DRIVE(LINK_TIMEOUT)
{
    char byte;
    struct rf_cqe cqes[2];
    struct rf_sqe *read = rf_read(&s->ring, 1, s->from, &byte, 1, UINT64_MAX);
    link_next(read);
    QUEUE(2, link_timeout, &soon, 0);
    run(s, 2, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, -ETIME, 0);
}

DRIVE(EPOLL_CTL)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = 5}, came;
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    EXPECT(0, epoll_ctl, epfd, s->from, EPOLL_CTL_ADD, &wanted);
    fill_pipe(s, "x");
    assert_result(epoll_wait(epfd, &came, 1, 1000), 1);
    assert_int_equal(came.data.u64, 5);
    close(epfd);
}

DRIVE(EPOLL_WAIT)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = 5}, came[2];
    int epfd = epoll_create1(EPOLL_CLOEXEC);
    assert_result(epoll_ctl(epfd, EPOLL_CTL_ADD, s->from, &wanted), 0);
    fill_pipe(s, "x");
    EXPECT(1, epoll_wait, epfd, came, 2, 0);
    assert_int_equal(came[0].data.u64, 5);
    close(epfd);
}

DRIVE(WAITID)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    EXPECT(0, waitid, P_PID, child, &info, WEXITED, 0);
    assert_int_equal(info.si_pid, child);
    assert_int_equal(info.si_status, 7);
    assert_result(waitpid(child, NULL, WNOHANG), -1); /* it is gone */
}

#define ANY UINT32_MAX
#define SIZE_U32 2 /* FUTEX2_SIZE_U32 */

static void wake(uint32_t *word, int expected)
{
    assert_result(syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0), expected);
}

DRIVE(FUTEX_WAIT)
{
    struct rf_cqe cqe;
    uint32_t word = 5;
    EXPECT(-EAGAIN, futex_wait, &word, 4, ANY, SIZE_U32, 0);
    QUEUE(MARK, futex_wait, &word, 5, ANY, SIZE_U32, 0);
    submit_all(&s->ring, 1);
    wake(&word, 1);
    reap(&s->ring, &cqe, 1);
    assert_cqe(&cqe, MARK, 0, 0);
}

DRIVE(FUTEX_WAKE)
{
    struct rf_cqe cqes[2];
    uint32_t word = 5;
    EXPECT(0, futex_wake, &word, 1, ANY, SIZE_U32, 0); /* nobody waits */
    QUEUE(1, futex_wait, &word, 5, ANY, SIZE_U32, 0);
    submit_all(&s->ring, 1);
    QUEUE(2, futex_wake, &word, 3, ANY, SIZE_U32, 0);
    run(s, 1, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 1), 1, 0, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 1, 0);
}

DRIVE(FUTEX_WAITV)
{
    struct rf_cqe cqe;
    uint32_t words[2] = {5, 6};
    struct futex_waitv both[2];
    memset(both, 0, sizeof both);
    for (int i = 0; i < 2; i++) {
        both[i].val = words[i];
        both[i].uaddr = (uintptr_t)&words[i];
        both[i].flags = SIZE_U32;
    }
    QUEUE(MARK, futex_waitv, both, 2, 0);
    submit_all(&s->ring, 1);
    wake(&words[1], 1);
    reap(&s->ring, &cqe, 1);
    assert_cqe(&cqe, MARK, 1, 0);
}

/* --- the ring, registered things ----------------------------------------- */

DRIVE(NOP)
{
    expect(s, rf_nop(&s->ring, MARK), 0);
}

DRIVE(NOP128)
{
    expect(s, rf_nop128(&s->ring, MARK), 0);
}

DRIVE(MSG_RING)
{
    struct rf_ring other;
    struct rf_cqe cqe;
    open_ring(&other, 4, 0);
    EXPECT(0, msg_ring, other.fd, 1234, 77, 0);
    reap(&other, &cqe, 1);
    assert_cqe(&cqe, 77, 1234, 0);
    rf_deinit(&other);
}

DRIVE(FILES_UPDATE)
{
    char buf[16];
    int fds[] = {s->file, -1}, none[] = {-1, -1, -1, -1};
    assert_result(rf_register_files(&s->ring, none, 4), 0);
    EXPECT(2, files_update, fds, 2, 1);
    struct rf_sqe *sqe = rf_read(&s->ring, MARK, 1, buf, sizeof buf, 0);
    rf_sqe_set_flags(sqe, RF_SQE_FIXED_FILE);
    expect(s, sqe, 10);
}

DRIVE(FIXED_FD_INSTALL)
{
    assert_result(rf_register_files(&s->ring, &s->file, 1), 0);
    int fd = EXPECT_FD(fixed_fd_install, 0, 0);
    assert_reads(fd, CONTENT);
    close(fd);
}

DRIVE(PROVIDE_BUFFERS)
{
    char buffers[2][8];
    struct rf_cqe cqe;
    EXPECT(0, provide_buffers, buffers, 8, 2, 9, 100);
    fill_pipe(s, "chosen");
    struct rf_sqe *sqe = rf_read(&s->ring, MARK, s->from, NULL, 8, UINT64_MAX);
    rf_sqe_set_flags(sqe, RF_SQE_BUFFER_SELECT);
    rf_sqe_set_buf_group(sqe, 9);
    cqe = done(&s->ring, sqe);
    assert_int_equal(cqe.res, 6);
    const int id = rf_cqe_buffer_id(&cqe);
    assert_true(id == 100 || id == 101);
    assert_memory_equal(buffers[id - 100], "chosen", 6);
}

DRIVE(REMOVE_BUFFERS)
{
    char buffers[3][8];
    EXPECT(0, provide_buffers, buffers, 8, 3, 9, 0);
    EXPECT(2, remove_buffers, 2, 9);
    EXPECT(1, remove_buffers, 5, 9);
}

DRIVE(PIPE)
{
    int fds[2] = {-1, -1};
    EXPECT(0, pipe, fds, O_CLOEXEC);
    assert_result(write(fds[1], "through", 7), 7);
    assert_reads(fds[0], "through");
    close(fds[0]);
    close(fds[1]);
}

/* --- none is forgotten --------------------------------------------------- */

#define ALL(X)                                                                                    \
    X(NOP) X(READV) X(WRITEV) X(FSYNC) X(READ_FIXED) X(WRITE_FIXED) X(POLL_ADD) X(POLL_REMOVE)    \
    X(SYNC_FILE_RANGE) X(SENDMSG) X(RECVMSG) X(TIMEOUT) X(TIMEOUT_REMOVE) X(ACCEPT)               \
    X(ASYNC_CANCEL) X(LINK_TIMEOUT) X(CONNECT) X(FALLOCATE) X(OPENAT) X(CLOSE) X(FILES_UPDATE)    \
    X(STATX) X(READ) X(WRITE) X(FADVISE) X(MADVISE) X(SEND) X(RECV) X(OPENAT2) X(EPOLL_CTL)       \
    X(SPLICE) X(PROVIDE_BUFFERS) X(REMOVE_BUFFERS) X(TEE) X(SHUTDOWN) X(RENAMEAT) X(UNLINKAT)     \
    X(MKDIRAT) X(SYMLINKAT) X(LINKAT) X(MSG_RING) X(FSETXATTR) X(SETXATTR) X(FGETXATTR)           \
    X(GETXATTR) X(SOCKET) X(URING_CMD) X(SEND_ZC) X(SENDMSG_ZC) X(READ_MULTISHOT) X(WAITID)       \
    X(FUTEX_WAIT) X(FUTEX_WAKE) X(FUTEX_WAITV) X(FIXED_FD_INSTALL) X(FTRUNCATE) X(BIND)           \
    X(LISTEN) X(RECV_ZC) X(EPOLL_WAIT) X(READV_FIXED) X(WRITEV_FIXED) X(PIPE) X(NOP128)           \
    X(URING_CMD128)

/* In the order of their numbers, and none left out: so none of the kernel's is. */
static void every_operation_has_a_test(void **state)
{
    (void)state;
#define NUMBER(op) RF_OP_##op,
    static const int tested[] = {ALL(NUMBER)};
    for (size_t i = 0; i < COUNT_OF(tested); i++)
        assert_int_equal(tested[i], i);
    struct rf_ring ring;
    struct rf_probe probe;
    open_ring(&ring, 4, 0);
    assert_result(rf_get_probe(&ring, &probe), 0);
    assert_null(rf_op_info(COUNT_OF(tested))); /* the table of operations ends here, too */
    if (probe.last_op >= COUNT_OF(tested))
        printf("# the kernel has operations that ringfence does not know: up to %u\n",
               (unsigned)probe.last_op);
    rf_deinit(&ring);
}

int main(void)
{
#define TEST(op) ONCE(op##_does_its_work),
    static const struct test tests[] = {ONCE(every_operation_has_a_test), ALL(TEST)};
    return run_all(tests, COUNT_OF(tests));
}
