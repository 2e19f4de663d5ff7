/* SPDX-License-Identifier: MIT */
/*
 * prep_cases.h - every prep once, with the 64 bytes that it must leave.
 *
 * Needs no test framework, so that it can be walked on a machine of the other byte
 * order too: by test_prep.c here, by prep_big_endian.c there.
 *
 * The expectation has a plain struct of its own, without the unions of struct
 * rf_sqe: a member that lies in the wrong place shows as well. Before each prep
 * the SQE is full of garbage: a byte that is not written shows. All arguments
 * differ from each other: two that are swapped show.
 */
#ifndef TESTS_PREP_CASES_H
#define TESTS_PREP_CASES_H

#include <stdint.h>
#include <string.h>

#include <ringfence.h>

struct sqe_bytes {
    uint8_t opcode;
    uint8_t flags;
    uint16_t ioprio;
    int32_t fd;
    uint64_t off;
    uint64_t addr;
    uint32_t len;
    uint32_t rw_flags;
    uint64_t user_data;
    uint16_t buf_index;
    uint16_t personality;
    uint32_t file_index;
    uint64_t addr3;
    uint64_t resv;
};
_Static_assert(sizeof(struct sqe_bytes) == 64, "no padding: it is compared by bytes");

/* Two 32-bit words one after the other in memory, on either byte order. */
static inline uint64_t words(uint32_t first, uint32_t second)
{
    const uint32_t pair[2] = {first, second};
    uint64_t both;
    memcpy(&both, pair, sizeof both);
    return both;
}

/* A poll mask: the low 16 bits come first in memory, on either byte order. */
static inline uint32_t poll_word(uint32_t mask)
{
    const uint16_t pair[2] = {(uint16_t)mask, (uint16_t)(mask >> 16)};
    uint32_t both;
    memcpy(&both, pair, sizeof both);
    return both;
}

/* A 16-bit member at the start of a 32-bit word whose rest is 0. */
static inline uint32_t half_first(uint16_t half)
{
    return poll_word(half);
}

/* call is the text of the call; the SQE is what it left. */
typedef void check_sqe(const char *call, const struct rf_sqe *got, const struct sqe_bytes *want);

#define PREP_CASE(call, ...)                          \
    do {                                              \
        const struct sqe_bytes want = {__VA_ARGS__};  \
        memset(sqe, 0xa5, sizeof *sqe);               \
        call;                                         \
        check(#call, sqe, &want);                     \
    } while (0)

static inline void walk_prep_cases(check_sqe *check)
{
    struct rf_sqe storage, *sqe = &storage;
    char buf[32], name[] = "name", other[] = "other";
    struct iovec iovecs[2];
    struct sockaddr *sockaddr = (struct sockaddr *)(void *)&buf[0];
    socklen_t socklen;
    struct msghdr msg;
    struct rf_timespec ts;
    struct epoll_event *event = (struct epoll_event *)(void *)&buf[8];
    struct statx *statx = (struct statx *)(void *)&buf[16];
    struct open_how *how = (struct open_how *)(void *)&buf[12];
    struct futex_waitv *waitv = (struct futex_waitv *)(void *)&buf[20];
    uint32_t word;
    int fds[3];
    const uint64_t big = UINT64_C(0x1122334455667788), big2 = UINT64_C(0x99aabbccddeeff00);
    const uint64_t none = UINT64_MAX;
    const uint32_t flags = 0x80c0ffee;
#define ADDR(object) ((uint64_t)(uintptr_t)(object))

    PREP_CASE(rf_prep_nop(sqe), .opcode = 0);
    PREP_CASE(rf_prep_rw(sqe, RF_OP_SEND, 7, big, 0x89abcdef, big2), .opcode = RF_OP_SEND, .fd = 7,
              .addr = big, .len = 0x89abcdef, .off = big2);
    PREP_CASE(rf_prep_nop128(sqe), .opcode = 63);
    PREP_CASE(rf_prep_uring_cmd(sqe, 0x81234567, 7), .opcode = 46, .fd = 7,
              .off = words(0x81234567, 0));
    PREP_CASE(rf_prep_uring_cmd128(sqe, 0x81234567, 7), .opcode = 64, .fd = 7,
              .off = words(0x81234567, 0));
    PREP_CASE((rf_prep_nop(sqe), rf_sqe_set_data64(sqe, big)), .user_data = big);
    PREP_CASE((rf_prep_nop(sqe), rf_sqe_set_data(sqe, name)), .user_data = ADDR(name));
    PREP_CASE((rf_prep_nop(sqe), rf_sqe_set_buf_group(sqe, 0xbeef)), .buf_index = 0xbeef);

    PREP_CASE(rf_prep_read(sqe, 7, buf, sizeof buf, big), .opcode = RF_OP_READ, .fd = 7,
              .addr = ADDR(buf), .len = sizeof buf, .off = big);
    PREP_CASE(rf_prep_write(sqe, -7, name, 4, none), .opcode = RF_OP_WRITE, .fd = -7,
              .addr = ADDR(name), .len = 4, .off = none);
    PREP_CASE(rf_prep_readv(sqe, 7, iovecs, 2, big), .opcode = RF_OP_READV, .fd = 7,
              .addr = ADDR(iovecs), .len = 2, .off = big);
    PREP_CASE(rf_prep_writev(sqe, 8, iovecs, 3, big2), .opcode = RF_OP_WRITEV, .fd = 8,
              .addr = ADDR(iovecs), .len = 3, .off = big2);
    PREP_CASE(rf_prep_readv2(sqe, 7, iovecs, 2, big, flags), .opcode = RF_OP_READV, .fd = 7,
              .addr = ADDR(iovecs), .len = 2, .off = big, .rw_flags = flags);
    PREP_CASE(rf_prep_writev2(sqe, 8, iovecs, 3, big2, flags), .opcode = RF_OP_WRITEV, .fd = 8,
              .addr = ADDR(iovecs), .len = 3, .off = big2, .rw_flags = flags);
    PREP_CASE(rf_prep_readv_fixed(sqe, 7, iovecs, 2, big, flags, 0xbeef), .opcode = 60, .fd = 7,
              .addr = ADDR(iovecs), .len = 2, .off = big, .rw_flags = flags, .buf_index = 0xbeef);
    PREP_CASE(rf_prep_writev_fixed(sqe, 8, iovecs, 3, big2, flags, 0xface), .opcode = 61, .fd = 8,
              .addr = ADDR(iovecs), .len = 3, .off = big2, .rw_flags = flags, .buf_index = 0xface);
    PREP_CASE(rf_prep_read_multishot(sqe, 7, 31, big, 0xbeef), .opcode = 49, .flags = 0x20,
              .fd = 7, .len = 31, .off = big, .buf_index = 0xbeef);
    PREP_CASE(rf_prep_read_fixed(sqe, 7, buf, 31, big, 0xbeef), .opcode = RF_OP_READ_FIXED,
              .fd = 7, .addr = ADDR(buf), .len = 31, .off = big, .buf_index = 0xbeef);
    PREP_CASE(rf_prep_write_fixed(sqe, 8, name, 3, big2, 0xface), .opcode = RF_OP_WRITE_FIXED,
              .fd = 8, .addr = ADDR(name), .len = 3, .off = big2, .buf_index = 0xface);
    PREP_CASE(rf_prep_fsync(sqe, 7, flags), .opcode = RF_OP_FSYNC, .fd = 7, .rw_flags = flags);
    PREP_CASE(rf_prep_sync_file_range(sqe, 7, 0xffffffff, big, flags), .opcode = 8, .fd = 7,
              .len = 0xffffffff, .off = big, .rw_flags = flags);
    PREP_CASE(rf_prep_ftruncate(sqe, 7, big), .opcode = 55, .fd = 7, .off = big);
    PREP_CASE(rf_prep_fadvise(sqe, 7, big, 0xffffffff, 5), .opcode = 24, .fd = 7, .off = big,
              .len = 0xffffffff, .rw_flags = 5);
    PREP_CASE(rf_prep_fadvise64(sqe, 7, big, big2, 5), .opcode = 24, .fd = 7, .off = big,
              .addr = big2, .rw_flags = 5);
    PREP_CASE(rf_prep_madvise(sqe, buf, 0xffffffff, 25), .opcode = 25, .fd = -1,
              .addr = ADDR(buf), .len = 0xffffffff, .rw_flags = 25);
    PREP_CASE(rf_prep_madvise64(sqe, buf, big, 26), .opcode = 25, .fd = -1, .addr = ADDR(buf),
              .off = big, .rw_flags = 26);
    PREP_CASE(rf_prep_splice(sqe, 7, big, 8, none, 9, flags), .opcode = RF_OP_SPLICE, .fd = 8,
              .addr = big, .len = 9, .off = none, .rw_flags = flags, .file_index = 7);
    PREP_CASE(rf_prep_tee(sqe, 7, 8, 9, flags), .opcode = 33, .fd = 8, .len = 9,
              .rw_flags = flags, .file_index = 7);
    PREP_CASE(rf_prep_pipe(sqe, fds, flags), .opcode = 62, .addr = ADDR(fds), .rw_flags = flags);
    PREP_CASE(rf_prep_pipe_direct(sqe, fds, flags, 41), .opcode = 62, .addr = ADDR(fds),
              .rw_flags = flags, .file_index = 42);
    PREP_CASE(rf_prep_pipe_direct(sqe, fds, flags, RF_FILE_INDEX_ALLOC), .opcode = 62,
              .addr = ADDR(fds), .rw_flags = flags, .file_index = 0xffffffff);
    PREP_CASE(rf_prep_cmd_discard(sqe, 7, big, big2), .opcode = 46, .fd = 7,
              .off = words(0x1200, 0), .addr = big, .addr3 = big2);
    PREP_CASE(rf_prep_cmd_zone_reset_all(sqe, 7), .opcode = 46, .fd = 7, .off = words(0x1201, 0));

    PREP_CASE(rf_prep_accept(sqe, 7, sockaddr, &socklen, flags), .opcode = RF_OP_ACCEPT, .fd = 7,
              .addr = ADDR(sockaddr), .off = ADDR(&socklen), .rw_flags = flags);
    PREP_CASE(rf_prep_accept_direct(sqe, 7, sockaddr, &socklen, flags, 41),
              .opcode = RF_OP_ACCEPT, .fd = 7, .addr = ADDR(sockaddr), .off = ADDR(&socklen),
              .rw_flags = flags, .file_index = 42);
    PREP_CASE(rf_prep_accept_direct(sqe, 7, NULL, NULL, flags, RF_FILE_INDEX_ALLOC),
              .opcode = RF_OP_ACCEPT, .fd = 7, .rw_flags = flags, .file_index = 0xffffffff);
    PREP_CASE(rf_prep_multishot_accept(sqe, 7, sockaddr, &socklen, flags),
              .opcode = RF_OP_ACCEPT, .ioprio = 1, .fd = 7, .addr = ADDR(sockaddr),
              .off = ADDR(&socklen), .rw_flags = flags);
    PREP_CASE(rf_prep_multishot_accept_direct(sqe, 7, sockaddr, &socklen, flags),
              .opcode = RF_OP_ACCEPT, .ioprio = 1, .fd = 7, .addr = ADDR(sockaddr),
              .off = ADDR(&socklen), .rw_flags = flags, .file_index = 0xffffffff);
    PREP_CASE(rf_prep_connect(sqe, 7, sockaddr, 16), .opcode = RF_OP_CONNECT, .fd = 7,
              .addr = ADDR(sockaddr), .off = 16);
    PREP_CASE(rf_prep_bind(sqe, 7, sockaddr, 16), .opcode = RF_OP_BIND, .fd = 7,
              .addr = ADDR(sockaddr), .off = 16);
    PREP_CASE(rf_prep_listen(sqe, 7, 0xffffffff), .opcode = RF_OP_LISTEN, .fd = 7,
              .len = 0xffffffff);
    PREP_CASE(rf_prep_shutdown(sqe, 7, 2), .opcode = RF_OP_SHUTDOWN, .fd = 7, .len = 2);
    PREP_CASE(rf_prep_socket(sqe, 7, 0x80801, 6, flags), .opcode = RF_OP_SOCKET, .fd = 7,
              .off = 0x80801, .len = 6, .rw_flags = flags);
    PREP_CASE(rf_prep_socket_direct(sqe, 7, 0x801, 6, flags, 0), .opcode = RF_OP_SOCKET, .fd = 7,
              .off = 0x801, .len = 6, .rw_flags = flags, .file_index = 1);
    PREP_CASE(rf_prep_socket_direct_alloc(sqe, 7, 0x801, 6, flags), .opcode = RF_OP_SOCKET,
              .fd = 7, .off = 0x801, .len = 6, .rw_flags = flags, .file_index = 0xffffffff);
    PREP_CASE(rf_prep_cmd_sock(sqe, RF_SOCKET_URING_OP_SETSOCKOPT, 7, 11, 12, buf, 13),
              .opcode = RF_OP_URING_CMD, .fd = 7, .off = words(3, 0), .addr = words(11, 12),
              .file_index = 13, .addr3 = ADDR(buf));
    PREP_CASE(rf_prep_cmd_getsockname(sqe, 7, sockaddr, &socklen, 1), .opcode = 46, .fd = 7,
              .off = words(5, 0), .addr = ADDR(sockaddr), .file_index = 1,
              .addr3 = ADDR(&socklen));

    PREP_CASE(rf_prep_recv(sqe, 7, buf, 31, flags), .opcode = RF_OP_RECV, .fd = 7,
              .addr = ADDR(buf), .len = 31, .rw_flags = flags);
    PREP_CASE(rf_prep_recv_multishot(sqe, 7, buf, 31, flags), .opcode = RF_OP_RECV, .ioprio = 2,
              .fd = 7, .addr = ADDR(buf), .len = 31, .rw_flags = flags);
    PREP_CASE(rf_prep_recv_multishot(sqe, 7, NULL, 31, flags), .opcode = RF_OP_RECV,
              .flags = 0x20, .ioprio = 2, .fd = 7, .len = 31, .rw_flags = flags);
    PREP_CASE(rf_prep_recvmsg(sqe, 7, &msg, flags), .opcode = RF_OP_RECVMSG, .fd = 7,
              .addr = ADDR(&msg), .len = 1, .rw_flags = flags);
    PREP_CASE(rf_prep_recvmsg_multishot(sqe, 7, &msg, flags), .opcode = RF_OP_RECVMSG,
              .flags = 0x20, .ioprio = 2, .fd = 7, .addr = ADDR(&msg), .len = 1,
              .rw_flags = flags);
    PREP_CASE(rf_prep_send(sqe, 7, name, 4, flags), .opcode = RF_OP_SEND, .fd = 7,
              .addr = ADDR(name), .len = 4, .rw_flags = flags);
    PREP_CASE((rf_prep_send(sqe, 7, name, 4, flags), rf_prep_send_set_addr(sqe, sockaddr, 0x1234)),
              .opcode = RF_OP_SEND, .fd = 7, .off = ADDR(sockaddr), .addr = ADDR(name), .len = 4,
              .rw_flags = flags, .file_index = half_first(0x1234));
    PREP_CASE(rf_prep_sendto(sqe, 7, name, 4, flags, sockaddr, 0xffff), .opcode = RF_OP_SEND,
              .fd = 7, .off = ADDR(sockaddr), .addr = ADDR(name), .len = 4, .rw_flags = flags,
              .file_index = half_first(0xffff));
    PREP_CASE(rf_prep_send_bundle(sqe, 7, 31, flags), .opcode = RF_OP_SEND, .flags = 0x20,
              .ioprio = 16, .fd = 7, .len = 31, .rw_flags = flags);
    PREP_CASE(rf_prep_send_zc(sqe, 7, name, 4, flags, 0x8009), .opcode = RF_OP_SEND_ZC,
              .ioprio = 0x8009, .fd = 7, .addr = ADDR(name), .len = 4, .rw_flags = flags);
    PREP_CASE(rf_prep_send_zc_fixed(sqe, 7, name, 4, flags, 0x8009, 0xbeef),
              .opcode = RF_OP_SEND_ZC, .ioprio = 0x800d, .fd = 7, .addr = ADDR(name), .len = 4,
              .rw_flags = flags, .buf_index = 0xbeef);
    PREP_CASE(rf_prep_sendmsg(sqe, 7, &msg, flags), .opcode = RF_OP_SENDMSG, .fd = 7,
              .addr = ADDR(&msg), .len = 1, .rw_flags = flags);
    PREP_CASE(rf_prep_sendmsg_zc(sqe, 7, &msg, flags), .opcode = RF_OP_SENDMSG_ZC, .fd = 7,
              .addr = ADDR(&msg), .len = 1, .rw_flags = flags);
    PREP_CASE(rf_prep_sendmsg_zc_fixed(sqe, 7, &msg, flags, 0xbeef), .opcode = RF_OP_SENDMSG_ZC,
              .ioprio = 4, .fd = 7, .addr = ADDR(&msg), .len = 1, .rw_flags = flags,
              .buf_index = 0xbeef);

    PREP_CASE(rf_prep_openat(sqe, -100, name, flags, 0644), .opcode = RF_OP_OPENAT, .fd = -100,
              .addr = ADDR(name), .len = 0644, .rw_flags = flags);
    PREP_CASE(rf_prep_openat_direct(sqe, -100, name, flags, 0644, 0xfffffffd),
              .opcode = RF_OP_OPENAT, .fd = -100, .addr = ADDR(name), .len = 0644,
              .rw_flags = flags, .file_index = 0xfffffffe);
    PREP_CASE(rf_prep_open(sqe, name, flags, 0644), .opcode = RF_OP_OPENAT, .fd = -100,
              .addr = ADDR(name), .len = 0644, .rw_flags = flags);
    PREP_CASE(rf_prep_open_direct(sqe, name, flags, 0644, 41), .opcode = RF_OP_OPENAT,
              .fd = -100, .addr = ADDR(name), .len = 0644, .rw_flags = flags, .file_index = 42);
    PREP_CASE(rf_prep_openat2(sqe, 7, name, how), .opcode = 28, .fd = 7, .addr = ADDR(name),
              .len = 24, .off = ADDR(how));
    PREP_CASE(rf_prep_openat2_direct(sqe, 7, name, how, 41), .opcode = 28, .fd = 7,
              .addr = ADDR(name), .len = 24, .off = ADDR(how), .file_index = 42);
    PREP_CASE(rf_prep_close(sqe, 7), .opcode = RF_OP_CLOSE, .fd = 7);
    PREP_CASE(rf_prep_close_direct(sqe, 7), .opcode = RF_OP_CLOSE, .file_index = 8);
    PREP_CASE(rf_prep_fallocate(sqe, 7, 0x7fffffff, big, big2), .opcode = RF_OP_FALLOCATE,
              .fd = 7, .addr = big2, .len = 0x7fffffff, .off = big);
    PREP_CASE(rf_prep_statx(sqe, 7, name, flags, 0x7ff, statx), .opcode = RF_OP_STATX, .fd = 7,
              .addr = ADDR(name), .len = 0x7ff, .off = ADDR(statx), .rw_flags = flags);
    PREP_CASE(rf_prep_renameat(sqe, 7, name, -100, other, flags), .opcode = RF_OP_RENAMEAT,
              .fd = 7, .addr = ADDR(name), .len = 0xffffff9c, .off = ADDR(other),
              .rw_flags = flags);
    PREP_CASE(rf_prep_unlinkat(sqe, -100, name, flags), .opcode = RF_OP_UNLINKAT, .fd = -100,
              .addr = ADDR(name), .rw_flags = flags);
    PREP_CASE(rf_prep_mkdirat(sqe, 7, name, 0755), .opcode = RF_OP_MKDIRAT, .fd = 7,
              .addr = ADDR(name), .len = 0755);
    PREP_CASE(rf_prep_symlinkat(sqe, name, -100, other), .opcode = RF_OP_SYMLINKAT, .fd = -100,
              .addr = ADDR(name), .off = ADDR(other));
    PREP_CASE(rf_prep_linkat(sqe, 7, name, -100, other, flags), .opcode = RF_OP_LINKAT, .fd = 7,
              .addr = ADDR(name), .len = 0xffffff9c, .off = ADDR(other), .rw_flags = flags);
    PREP_CASE(rf_prep_rename(sqe, name, other), .opcode = RF_OP_RENAMEAT, .fd = -100,
              .addr = ADDR(name), .len = 0xffffff9c, .off = ADDR(other));
    PREP_CASE(rf_prep_unlink(sqe, name, flags), .opcode = RF_OP_UNLINKAT, .fd = -100,
              .addr = ADDR(name), .rw_flags = flags);
    PREP_CASE(rf_prep_mkdir(sqe, name, 0755), .opcode = RF_OP_MKDIRAT, .fd = -100,
              .addr = ADDR(name), .len = 0755);
    PREP_CASE(rf_prep_symlink(sqe, name, other), .opcode = RF_OP_SYMLINKAT, .fd = -100,
              .addr = ADDR(name), .off = ADDR(other));
    PREP_CASE(rf_prep_link(sqe, name, other, flags), .opcode = RF_OP_LINKAT, .fd = -100,
              .addr = ADDR(name), .len = 0xffffff9c, .off = ADDR(other), .rw_flags = flags);
    PREP_CASE(rf_prep_getxattr(sqe, name, buf, other, 31), .opcode = 44, .addr = ADDR(name),
              .len = 31, .off = ADDR(buf), .addr3 = ADDR(other));
    PREP_CASE(rf_prep_fgetxattr(sqe, 7, name, buf, 31), .opcode = 43, .fd = 7,
              .addr = ADDR(name), .len = 31, .off = ADDR(buf));
    PREP_CASE(rf_prep_setxattr(sqe, name, buf, other, flags, 31), .opcode = 42,
              .addr = ADDR(name), .len = 31, .off = ADDR(buf), .rw_flags = flags,
              .addr3 = ADDR(other));
    PREP_CASE(rf_prep_fsetxattr(sqe, 7, name, buf, flags, 31), .opcode = 41, .fd = 7,
              .addr = ADDR(name), .len = 31, .off = ADDR(buf), .rw_flags = flags);

    PREP_CASE(rf_prep_timeout(sqe, &ts, 0xfedcba98, flags), .opcode = RF_OP_TIMEOUT, .fd = -1,
              .addr = ADDR(&ts), .len = 1, .off = 0xfedcba98, .rw_flags = flags);
    PREP_CASE(rf_prep_timeout_remove(sqe, big, flags), .opcode = RF_OP_TIMEOUT_REMOVE, .fd = -1,
              .addr = big, .rw_flags = flags);
    PREP_CASE(rf_prep_timeout_update(sqe, &ts, big, 0x80c0ff01), .opcode = RF_OP_TIMEOUT_REMOVE,
              .fd = -1, .addr = big, .off = ADDR(&ts), .rw_flags = 0x80c0ff03);
    PREP_CASE(rf_prep_link_timeout(sqe, &ts, flags), .opcode = RF_OP_LINK_TIMEOUT, .fd = -1,
              .addr = ADDR(&ts), .len = 1, .rw_flags = flags);
    PREP_CASE(rf_prep_poll_add(sqe, 7, 0x80002005), .opcode = RF_OP_POLL_ADD, .fd = 7,
              .rw_flags = poll_word(0x80002005));
    PREP_CASE(rf_prep_poll_multishot(sqe, 7, 0x80002005), .opcode = RF_OP_POLL_ADD, .fd = 7,
              .len = 1, .rw_flags = poll_word(0x80002005));
    PREP_CASE(rf_prep_poll_remove(sqe, big), .opcode = RF_OP_POLL_REMOVE, .fd = -1, .addr = big);
    PREP_CASE(rf_prep_poll_update(sqe, big, big2, 0x80002005, 7), .opcode = RF_OP_POLL_REMOVE,
              .fd = -1, .addr = big, .len = 7, .off = big2, .rw_flags = poll_word(0x80002005));
    PREP_CASE(rf_prep_epoll_ctl(sqe, 7, 8, 3, event), .opcode = RF_OP_EPOLL_CTL, .fd = 7,
              .addr = ADDR(event), .len = 3, .off = 8);
    PREP_CASE(rf_prep_epoll_wait(sqe, 7, event, 8, flags), .opcode = 59, .fd = 7,
              .addr = ADDR(event), .len = 8, .rw_flags = flags);
    PREP_CASE(rf_prep_cancel(sqe, big, flags), .opcode = RF_OP_ASYNC_CANCEL, .fd = -1,
              .addr = big, .rw_flags = flags);
    PREP_CASE(rf_prep_cancel64(sqe, big2, flags), .opcode = RF_OP_ASYNC_CANCEL, .fd = -1,
              .addr = big2, .rw_flags = flags);
    PREP_CASE(rf_prep_cancel_fd(sqe, 7, 0x80c0ffe1), .opcode = RF_OP_ASYNC_CANCEL, .fd = 7,
              .rw_flags = 0x80c0ffe3);
    PREP_CASE(rf_prep_waitid(sqe, 3, 7, buf, -5, flags), .opcode = RF_OP_WAITID, .fd = 7,
              .len = 3, .off = ADDR(buf), .rw_flags = flags, .file_index = 0xfffffffb);
    PREP_CASE(rf_prep_futex_wait(sqe, &word, big, big2, 0x82, flags), .opcode = 51, .fd = 0x82,
              .addr = ADDR(&word), .off = big, .rw_flags = flags, .addr3 = big2);
    PREP_CASE(rf_prep_futex_wake(sqe, &word, big, big2, 0x82, flags), .opcode = 52, .fd = 0x82,
              .addr = ADDR(&word), .off = big, .rw_flags = flags, .addr3 = big2);
    PREP_CASE(rf_prep_futex_waitv(sqe, waitv, 128, flags), .opcode = 53, .addr = ADDR(waitv),
              .len = 128, .rw_flags = flags);

    PREP_CASE(rf_prep_msg_ring(sqe, 7, 0x89abcdef, big, flags), .opcode = 40, .fd = 7,
              .off = big, .len = 0x89abcdef, .rw_flags = flags);
    PREP_CASE(rf_prep_msg_ring_cqe_flags(sqe, 7, 0x89abcdef, big, 0x80c0ff01, 0x76543210),
              .opcode = 40, .fd = 7, .off = big, .len = 0x89abcdef, .rw_flags = 0x80c0ff03,
              .file_index = 0x76543210);
    PREP_CASE(rf_prep_msg_ring_fd(sqe, 7, 0xfffffffe, 41, big, flags), .opcode = 40, .fd = 7,
              .off = big, .addr = 1, .rw_flags = flags, .file_index = 42, .addr3 = 0xfffffffe);
    PREP_CASE(rf_prep_msg_ring_fd_alloc(sqe, 7, 8, big, flags), .opcode = 40, .fd = 7,
              .off = big, .addr = 1, .rw_flags = flags, .file_index = 0xffffffff, .addr3 = 8);

    PREP_CASE(rf_prep_files_update(sqe, fds, 3, 0xfffffffe), .opcode = RF_OP_FILES_UPDATE,
              .fd = -1, .addr = ADDR(fds), .len = 3, .off = 0xfffffffe);
    PREP_CASE(rf_prep_files_update_alloc(sqe, fds, 3), .opcode = RF_OP_FILES_UPDATE, .fd = -1,
              .addr = ADDR(fds), .len = 3, .off = 0xffffffff);
    PREP_CASE(rf_prep_fixed_fd_install(sqe, 0x7fffffff, flags), .opcode = 54, .flags = 1,
              .fd = 0x7fffffff, .rw_flags = flags);
    PREP_CASE(rf_prep_provide_buffers(sqe, buf, 0xffffffff, 0x7fffffff, 0xffff, 0xfffe),
              .opcode = RF_OP_PROVIDE_BUFFERS, .fd = 0x7fffffff, .addr = ADDR(buf),
              .len = 0xffffffff, .off = 0xfffe, .buf_index = 0xffff);
    PREP_CASE(rf_prep_remove_buffers(sqe, 5, 1337), .opcode = RF_OP_REMOVE_BUFFERS, .fd = 5,
              .buf_index = 1337);
#undef ADDR
}

#endif
