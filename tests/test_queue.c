/* SPDX-License-Identifier: MIT */
/*
 * Held here: each function of queue_*.h queues exactly what its prep prepares,
 * with the user_data, and says NULL and does nothing when the queue is full.
 * What the operations do is in test_zig_*.c.
 */
#include "support.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

static char called[16384]; /* the names of all functions with a case, each as "name(" */

static void check(struct rf_ring *ring, const struct rf_sqe *first, const struct rf_sqe *second,
                  const struct rf_sqe *want, const char *call)
{
    assert_true(strlen(called) + strlen(call) + 1 < sizeof called);
    strncat(called, call, strcspn(call, "(") + 1);
    if (!first)
        fail_msg("%s: NULL, though the queue is empty", call);
    if (second)
        fail_msg("%s: not NULL, though the queue is full", call);
    if (memcmp(first, want, sizeof *want) != 0)
        fail_msg("%s: not what its prep prepares", call);
    assert_int_equal(rf_sq_ready(ring), 1);
}

/*
 * Queues on a ring for one, twice, and compares the one with prep, which fills
 * *sqe. The slot then becomes a NOP, so that nothing of this is ever done.
 */
#define QUEUE_CASE(call, prep)                                  \
    do {                                                        \
        struct rf_sqe want, *sqe = &want;                       \
        memset(sqe, 0xa5, sizeof *sqe);                         \
        prep;                                                   \
        sqe->user_data = ud;                                    \
        struct rf_sqe *first = call;                            \
        const struct rf_sqe *second = call;                     \
        check(ring, first, second, sqe, #call);                 \
        rf_prep_nop(first);                                     \
        first->user_data = ud + 1;                              \
        const struct rf_cqe cqe = submit_and_reap(ring);        \
        assert_true(cqe.user_data == ud + 1 && cqe.res == 0);   \
    } while (0)

#define SELECTED(prep, group)               \
    do {                                    \
        prep;                               \
        sqe->flags = RF_SQE_BUFFER_SELECT;  \
        sqe->buf_group = group;             \
    } while (0)

static void walk_queue_cases(struct rf_ring *ring)
{
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
    const uint64_t ud = UINT64_C(0xfedcba9876543210);
    const uint32_t flags = 0x80c0ffee, all = RF_FILE_INDEX_ALLOC;

    QUEUE_CASE(rf_nop(ring, ud), rf_prep_nop(sqe));
    QUEUE_CASE(rf_uring_cmd(ring, ud, 0x81234567, 7), rf_prep_uring_cmd(sqe, 0x81234567, 7));
    QUEUE_CASE(rf_read(ring, ud, 7, buf, 31, big), rf_prep_read(sqe, 7, buf, 31, big));
    QUEUE_CASE(rf_readv(ring, ud, 7, iovecs, 2, big), rf_prep_readv(sqe, 7, iovecs, 2, big));
    QUEUE_CASE(rf_read_select(ring, ud, 7, 0xbeef, 31, big),
               SELECTED(rf_prep_read(sqe, 7, NULL, 31, big), 0xbeef));
    QUEUE_CASE(rf_write(ring, ud, 7, name, 4, big), rf_prep_write(sqe, 7, name, 4, big));
    QUEUE_CASE(rf_writev(ring, ud, 7, iovecs, 2, big), rf_prep_writev(sqe, 7, iovecs, 2, big));
    QUEUE_CASE(rf_readv2(ring, ud, 7, iovecs, 2, big, flags),
               rf_prep_readv2(sqe, 7, iovecs, 2, big, flags));
    QUEUE_CASE(rf_writev2(ring, ud, 7, iovecs, 2, big, flags),
               rf_prep_writev2(sqe, 7, iovecs, 2, big, flags));
    QUEUE_CASE(rf_readv_fixed(ring, ud, 7, iovecs, 2, big, flags, 0xbeef),
               rf_prep_readv_fixed(sqe, 7, iovecs, 2, big, flags, 0xbeef));
    QUEUE_CASE(rf_writev_fixed(ring, ud, 7, iovecs, 2, big, flags, 0xbeef),
               rf_prep_writev_fixed(sqe, 7, iovecs, 2, big, flags, 0xbeef));
    QUEUE_CASE(rf_read_multishot(ring, ud, 7, 0xbeef, 0, big),
               rf_prep_read_multishot(sqe, 7, 0, big, 0xbeef));
    QUEUE_CASE(rf_read_fixed(ring, ud, 7, buf, 31, big, 0xbeef),
               rf_prep_read_fixed(sqe, 7, buf, 31, big, 0xbeef));
    QUEUE_CASE(rf_write_fixed(ring, ud, 7, name, 4, big, 0xbeef),
               rf_prep_write_fixed(sqe, 7, name, 4, big, 0xbeef));
    QUEUE_CASE(rf_fsync(ring, ud, 7, flags), rf_prep_fsync(sqe, 7, flags));
    QUEUE_CASE(rf_sync_file_range(ring, ud, 7, 31, big, flags),
               rf_prep_sync_file_range(sqe, 7, 31, big, flags));
    QUEUE_CASE(rf_ftruncate(ring, ud, 7, big), rf_prep_ftruncate(sqe, 7, big));
    QUEUE_CASE(rf_fadvise(ring, ud, 7, big, 31, 5), rf_prep_fadvise(sqe, 7, big, 31, 5));
    QUEUE_CASE(rf_fadvise64(ring, ud, 7, big, big2, 5), rf_prep_fadvise64(sqe, 7, big, big2, 5));
    QUEUE_CASE(rf_madvise(ring, ud, buf, 31, 5), rf_prep_madvise(sqe, buf, 31, 5));
    QUEUE_CASE(rf_madvise64(ring, ud, buf, big, 5), rf_prep_madvise64(sqe, buf, big, 5));
    QUEUE_CASE(rf_splice(ring, ud, 7, big, 8, big2, 9, flags),
               rf_prep_splice(sqe, 7, big, 8, big2, 9, flags));
    QUEUE_CASE(rf_tee(ring, ud, 7, 8, 9, flags), rf_prep_tee(sqe, 7, 8, 9, flags));
    QUEUE_CASE(rf_pipe(ring, ud, fds, flags), rf_prep_pipe(sqe, fds, flags));
    QUEUE_CASE(rf_pipe_direct(ring, ud, fds, flags, 41), rf_prep_pipe_direct(sqe, fds, flags, 41));
    QUEUE_CASE(rf_cmd_discard(ring, ud, 7, big, big2), rf_prep_cmd_discard(sqe, 7, big, big2));
    QUEUE_CASE(rf_cmd_zone_reset_all(ring, ud, 7), rf_prep_cmd_zone_reset_all(sqe, 7));

    QUEUE_CASE(rf_accept(ring, ud, 7, sockaddr, &socklen, flags),
               rf_prep_accept(sqe, 7, sockaddr, &socklen, flags));
    QUEUE_CASE(rf_accept_multishot(ring, ud, 7, sockaddr, &socklen, flags),
               rf_prep_multishot_accept(sqe, 7, sockaddr, &socklen, flags));
    QUEUE_CASE(rf_accept_direct(ring, ud, 7, sockaddr, &socklen, flags),
               rf_prep_accept_direct(sqe, 7, sockaddr, &socklen, flags, all));
    QUEUE_CASE(rf_accept_direct_index(ring, ud, 7, sockaddr, &socklen, flags, 41),
               rf_prep_accept_direct(sqe, 7, sockaddr, &socklen, flags, 41));
    QUEUE_CASE(rf_accept_multishot_direct(ring, ud, 7, sockaddr, &socklen, flags),
               rf_prep_multishot_accept_direct(sqe, 7, sockaddr, &socklen, flags));
    QUEUE_CASE(rf_connect(ring, ud, 7, sockaddr, 16), rf_prep_connect(sqe, 7, sockaddr, 16));
    QUEUE_CASE(rf_bind(ring, ud, 7, sockaddr, 16), rf_prep_bind(sqe, 7, sockaddr, 16));
    QUEUE_CASE(rf_listen(ring, ud, 7, 128), rf_prep_listen(sqe, 7, 128));
    QUEUE_CASE(rf_shutdown(ring, ud, 7, 2), rf_prep_shutdown(sqe, 7, 2));
    QUEUE_CASE(rf_socket(ring, ud, 7, 0x801, 6, flags), rf_prep_socket(sqe, 7, 0x801, 6, flags));
    QUEUE_CASE(rf_socket_direct(ring, ud, 7, 0x801, 6, flags, 41),
               rf_prep_socket_direct(sqe, 7, 0x801, 6, flags, 41));
    QUEUE_CASE(rf_socket_direct_alloc(ring, ud, 7, 0x801, 6, flags),
               rf_prep_socket_direct_alloc(sqe, 7, 0x801, 6, flags));
    QUEUE_CASE(rf_cmd_sock(ring, ud, RF_SOCKET_URING_OP_SIOCOUTQ, 7, 11, 12, buf, 13),
               rf_prep_cmd_sock(sqe, RF_SOCKET_URING_OP_SIOCOUTQ, 7, 11, 12, buf, 13));
    QUEUE_CASE(rf_setsockopt(ring, ud, 7, 11, 12, buf, 13),
               rf_prep_cmd_sock(sqe, RF_SOCKET_URING_OP_SETSOCKOPT, 7, 11, 12, buf, 13));
    QUEUE_CASE(rf_getsockopt(ring, ud, 7, 11, 12, buf, 13),
               rf_prep_cmd_sock(sqe, RF_SOCKET_URING_OP_GETSOCKOPT, 7, 11, 12, buf, 13));
    QUEUE_CASE(rf_cmd_getsockname(ring, ud, 7, sockaddr, &socklen, 1),
               rf_prep_cmd_getsockname(sqe, 7, sockaddr, &socklen, 1));

    QUEUE_CASE(rf_recv(ring, ud, 7, buf, 31, flags), rf_prep_recv(sqe, 7, buf, 31, flags));
    QUEUE_CASE(rf_recv_select(ring, ud, 7, 0xbeef, 31, flags),
               SELECTED(rf_prep_recv(sqe, 7, NULL, 31, flags), 0xbeef));
    QUEUE_CASE(rf_recv_multishot(ring, ud, 7, 0xbeef, 31, flags),
               SELECTED(rf_prep_recv_multishot(sqe, 7, NULL, 31, flags), 0xbeef));
    QUEUE_CASE(rf_recvmsg(ring, ud, 7, &msg, flags), rf_prep_recvmsg(sqe, 7, &msg, flags));
    QUEUE_CASE(rf_recvmsg_multishot(ring, ud, 7, 0xbeef, &msg, flags),
               SELECTED(rf_prep_recvmsg_multishot(sqe, 7, &msg, flags), 0xbeef));
    QUEUE_CASE(rf_send(ring, ud, 7, name, 4, flags), rf_prep_send(sqe, 7, name, 4, flags));
    QUEUE_CASE(rf_sendto(ring, ud, 7, name, 4, flags, sockaddr, 16),
               rf_prep_sendto(sqe, 7, name, 4, flags, sockaddr, 16));
    QUEUE_CASE(rf_send_bundle(ring, ud, 7, 0xbeef, 31, flags),
               SELECTED(rf_prep_send_bundle(sqe, 7, 31, flags), 0xbeef));
    QUEUE_CASE(rf_send_zc(ring, ud, 7, name, 4, flags, 9),
               rf_prep_send_zc(sqe, 7, name, 4, flags, 9));
    QUEUE_CASE(rf_send_zc_fixed(ring, ud, 7, name, 4, flags, 9, 0xbeef),
               rf_prep_send_zc_fixed(sqe, 7, name, 4, flags, 9, 0xbeef));
    QUEUE_CASE(rf_sendmsg(ring, ud, 7, &msg, flags), rf_prep_sendmsg(sqe, 7, &msg, flags));
    QUEUE_CASE(rf_sendmsg_zc(ring, ud, 7, &msg, flags), rf_prep_sendmsg_zc(sqe, 7, &msg, flags));
    QUEUE_CASE(rf_sendmsg_zc_fixed(ring, ud, 7, &msg, flags, 0xbeef),
               rf_prep_sendmsg_zc_fixed(sqe, 7, &msg, flags, 0xbeef));

    QUEUE_CASE(rf_openat(ring, ud, -100, name, flags, 0644),
               rf_prep_openat(sqe, -100, name, flags, 0644));
    QUEUE_CASE(rf_openat_direct(ring, ud, -100, name, flags, 0644, 41),
               rf_prep_openat_direct(sqe, -100, name, flags, 0644, 41));
    QUEUE_CASE(rf_open(ring, ud, name, flags, 0644), rf_prep_open(sqe, name, flags, 0644));
    QUEUE_CASE(rf_open_direct(ring, ud, name, flags, 0644, 41),
               rf_prep_open_direct(sqe, name, flags, 0644, 41));
    QUEUE_CASE(rf_openat2(ring, ud, 7, name, how), rf_prep_openat2(sqe, 7, name, how));
    QUEUE_CASE(rf_openat2_direct(ring, ud, 7, name, how, 41),
               rf_prep_openat2_direct(sqe, 7, name, how, 41));
    QUEUE_CASE(rf_close(ring, ud, 7), rf_prep_close(sqe, 7));
    QUEUE_CASE(rf_close_direct(ring, ud, 41), rf_prep_close_direct(sqe, 41));
    QUEUE_CASE(rf_fallocate(ring, ud, 7, 3, big, big2), rf_prep_fallocate(sqe, 7, 3, big, big2));
    QUEUE_CASE(rf_statx(ring, ud, 7, name, flags, 0x7ff, statx),
               rf_prep_statx(sqe, 7, name, flags, 0x7ff, statx));
    QUEUE_CASE(rf_renameat(ring, ud, 7, name, 8, other, flags),
               rf_prep_renameat(sqe, 7, name, 8, other, flags));
    QUEUE_CASE(rf_unlinkat(ring, ud, 7, name, flags), rf_prep_unlinkat(sqe, 7, name, flags));
    QUEUE_CASE(rf_mkdirat(ring, ud, 7, name, 0755), rf_prep_mkdirat(sqe, 7, name, 0755));
    QUEUE_CASE(rf_symlinkat(ring, ud, name, 7, other), rf_prep_symlinkat(sqe, name, 7, other));
    QUEUE_CASE(rf_linkat(ring, ud, 7, name, 8, other, flags),
               rf_prep_linkat(sqe, 7, name, 8, other, flags));
    QUEUE_CASE(rf_rename(ring, ud, name, other), rf_prep_rename(sqe, name, other));
    QUEUE_CASE(rf_unlink(ring, ud, name, flags), rf_prep_unlink(sqe, name, flags));
    QUEUE_CASE(rf_mkdir(ring, ud, name, 0755), rf_prep_mkdir(sqe, name, 0755));
    QUEUE_CASE(rf_symlink(ring, ud, name, other), rf_prep_symlink(sqe, name, other));
    QUEUE_CASE(rf_link(ring, ud, name, other, flags), rf_prep_link(sqe, name, other, flags));
    QUEUE_CASE(rf_getxattr(ring, ud, name, buf, other, 31),
               rf_prep_getxattr(sqe, name, buf, other, 31));
    QUEUE_CASE(rf_fgetxattr(ring, ud, 7, name, buf, 31),
               rf_prep_fgetxattr(sqe, 7, name, buf, 31));
    QUEUE_CASE(rf_setxattr(ring, ud, name, buf, other, flags, 31),
               rf_prep_setxattr(sqe, name, buf, other, flags, 31));
    QUEUE_CASE(rf_fsetxattr(ring, ud, 7, name, buf, flags, 31),
               rf_prep_fsetxattr(sqe, 7, name, buf, flags, 31));

    QUEUE_CASE(rf_timeout(ring, ud, &ts, 5, flags), rf_prep_timeout(sqe, &ts, 5, flags));
    QUEUE_CASE(rf_timeout_remove(ring, ud, big, flags), rf_prep_timeout_remove(sqe, big, flags));
    QUEUE_CASE(rf_timeout_update(ring, ud, &ts, big, 1), rf_prep_timeout_update(sqe, &ts, big, 1));
    QUEUE_CASE(rf_link_timeout(ring, ud, &ts, flags), rf_prep_link_timeout(sqe, &ts, flags));
    QUEUE_CASE(rf_poll_add(ring, ud, 7, 0x80002005), rf_prep_poll_add(sqe, 7, 0x80002005));
    QUEUE_CASE(rf_poll_multishot(ring, ud, 7, 0x80002005),
               rf_prep_poll_multishot(sqe, 7, 0x80002005));
    QUEUE_CASE(rf_poll_remove(ring, ud, big), rf_prep_poll_remove(sqe, big));
    QUEUE_CASE(rf_poll_update(ring, ud, big, big2, 0x80002005, 7),
               rf_prep_poll_update(sqe, big, big2, 0x80002005, 7));
    QUEUE_CASE(rf_epoll_ctl(ring, ud, 7, 8, 3, event), rf_prep_epoll_ctl(sqe, 7, 8, 3, event));
    QUEUE_CASE(rf_epoll_wait(ring, ud, 7, event, 8, flags),
               rf_prep_epoll_wait(sqe, 7, event, 8, flags));
    QUEUE_CASE(rf_cancel(ring, ud, big, flags), rf_prep_cancel(sqe, big, flags));
    QUEUE_CASE(rf_cancel64(ring, ud, big, flags), rf_prep_cancel64(sqe, big, flags));
    QUEUE_CASE(rf_cancel_fd(ring, ud, 7, 1), rf_prep_cancel_fd(sqe, 7, 1));
    QUEUE_CASE(rf_waitid(ring, ud, 3, 7, buf, 4, flags), rf_prep_waitid(sqe, 3, 7, buf, 4, flags));
    QUEUE_CASE(rf_futex_wait(ring, ud, &word, big, big2, 0x82, flags),
               rf_prep_futex_wait(sqe, &word, big, big2, 0x82, flags));
    QUEUE_CASE(rf_futex_wake(ring, ud, &word, big, big2, 0x82, flags),
               rf_prep_futex_wake(sqe, &word, big, big2, 0x82, flags));
    QUEUE_CASE(rf_futex_waitv(ring, ud, waitv, 128, flags),
               rf_prep_futex_waitv(sqe, waitv, 128, flags));

    QUEUE_CASE(rf_msg_ring(ring, ud, 7, 31, big, flags), rf_prep_msg_ring(sqe, 7, 31, big, flags));
    QUEUE_CASE(rf_msg_ring_cqe_flags(ring, ud, 7, 31, big, 1, 0x76543210),
               rf_prep_msg_ring_cqe_flags(sqe, 7, 31, big, 1, 0x76543210));
    QUEUE_CASE(rf_msg_ring_fd(ring, ud, 7, 8, 41, big, flags),
               rf_prep_msg_ring_fd(sqe, 7, 8, 41, big, flags));
    QUEUE_CASE(rf_msg_ring_fd_alloc(ring, ud, 7, 8, big, flags),
               rf_prep_msg_ring_fd_alloc(sqe, 7, 8, big, flags));

    QUEUE_CASE(rf_files_update(ring, ud, fds, 3, 41), rf_prep_files_update(sqe, fds, 3, 41));
    QUEUE_CASE(rf_files_update_alloc(ring, ud, fds, 3), rf_prep_files_update_alloc(sqe, fds, 3));
    QUEUE_CASE(rf_fixed_fd_install(ring, ud, 41, flags), rf_prep_fixed_fd_install(sqe, 41, flags));
    QUEUE_CASE(rf_provide_buffers(ring, ud, buf, 8, 4, 0xbeef, 2),
               rf_prep_provide_buffers(sqe, buf, 8, 4, 0xbeef, 2));
    QUEUE_CASE(rf_remove_buffers(ring, ud, 5, 0xbeef), rf_prep_remove_buffers(sqe, 5, 0xbeef));
}

/* How many functions the header has; each must have a case. */
static unsigned functions_with_a_case(const char *path)
{
    FILE *header = fopen(path, "re");
    assert_non_null(header);
    char line[256];
    unsigned found = 0;
    while (fgets(line, sizeof line, header)) {
        const char *name = strstr(line, "struct rf_sqe *rf_");
        if (!name || strncmp(line, "RF_NODISCARD RF_INLINE", 22) != 0)
            continue;
        name += strlen("struct rf_sqe *");
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(name, "(") + 1, name);
        if (!strstr(called, wanted))
            fail_msg("%s has no case", wanted);
        found++;
    }
    fclose(header);
    return found;
}

static void no_function_is_without_a_case(void)
{
    glob_t headers;
    assert_int_equal(glob(RF_SOURCE_DIR "/include/ringfence/queue*.h", 0, NULL, &headers), 0);
    unsigned found = 0;
    for (size_t i = 0; i < headers.gl_pathc; i++)
        found += functions_with_a_case(headers.gl_pathv[i]);
    globfree(&headers);
    assert_true(found >= 51 + 5); /* Zig's; or this has not understood the headers */
}

/* For those that need 128 bytes. The second 64 stay 0, as rf_get_sqe() left them. */
static void walk_long_cases(struct rf_ring *ring)
{
    const uint64_t ud = UINT64_C(0xfedcba9876543210);
    QUEUE_CASE(rf_nop128(ring, ud), rf_prep_nop128(sqe));
    QUEUE_CASE(rf_uring_cmd128(ring, ud, 0x81234567, 7),
               rf_prep_uring_cmd128(sqe, 0x81234567, 7));
}

static void queues_what_the_prep_prepares_and_null_means_full(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    called[0] = '\0';
    walk_queue_cases(&ring);
    rf_deinit(&ring);
    open_ring(&ring, 1, RF_SETUP_SQE128);
    walk_long_cases(&ring);
    no_function_is_without_a_case();
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(queues_what_the_prep_prepares_and_null_means_full),
    };
    return run_all(tests, COUNT_OF(tests));
}
