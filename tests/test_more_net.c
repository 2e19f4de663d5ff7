/* SPDX-License-Identifier: MIT */
/*
 * Held here: the operations on sockets that Zig's IoUring has not, done by the real kernel.
 */
#include "io_support.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Takes the CQEs of a zero-copy send: its result, and the word that the memory is free. */
static void assert_zc_done(struct rf_ring *ring, uint64_t user_data, int res)
{
    struct rf_cqe cqe;
    reap(ring, &cqe, 1);
    assert_cqe(&cqe, user_data, res, RF_CQE_F_MORE);
    reap(ring, &cqe, 1);
    assert_cqe(&cqe, user_data, 0, RF_CQE_F_NOTIF);
}

static void assert_received(int fd, const char *text)
{
    char got[64];
    assert_int_equal(recv(fd, got, sizeof got, 0), strlen(text));
    assert_memory_equal(got, text, strlen(text));
}

/* --- destinations -------------------------------------------------------- */

static void a_datagram_goes_where_it_is_sent(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_SENDMSG_ZC); /* of the kernel whose send has a destination: 6.1 */
    struct sockaddr_in here, there;
    int sender = bind_udp_on_loopback(&here), receiver = bind_udp_on_loopback(&there);
    const struct sockaddr *to = (const struct sockaddr *)&there;
    struct rf_cqe cqe = done(&ring, rf_sendto(&ring, 1, sender, "sendto", 6, 0, to, sizeof there));
    assert_cqe(&cqe, 1, 6, 0);
    assert_received(receiver, "sendto");

    struct rf_sqe *sqe = rf_send(&ring, 2, sender, "send", 4, 0);
    assert_non_null(sqe);
    rf_prep_send_set_addr(sqe, to, sizeof there);
    cqe = done(&ring, sqe);
    assert_cqe(&cqe, 2, 4, 0);
    assert_received(receiver, "send");

    sqe = rf_send_zc(&ring, 3, sender, "send_zc", 7, 0, 0);
    assert_non_null(sqe);
    rf_prep_send_set_addr(sqe, to, sizeof there);
    submit_all(&ring, 1);
    assert_zc_done(&ring, 3, 7);
    assert_received(receiver, "send_zc");

    cqe = done(&ring, rf_sendto(&ring, 4, sender, "sendto", 6, 0, to, 3)); /* no such length */
    assert_cqe(&cqe, 4, -EINVAL, 0);
    close(sender);
    close(receiver);
    rf_deinit(&ring);
}

/* --- buffers ------------------------------------------------------------- */

static void a_bundle_sends_the_buffers_in_their_order(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    if (!(ring.features & RF_FEAT_RECVSEND_BUNDLE)) {
        rf_deinit(&ring);
        skip_because("the kernel has no bundles");
    }
    struct rf_buf_ring *br;
    assert_result(rf_setup_buf_ring(&ring, 4, 7, 0, &br), 0);
    char parts[][8] = {"one,", "two,", "three"};
    for (uint16_t i = 0; i < 3; i++)
        rf_buf_ring_add(br, parts[i], (uint32_t)strlen(parts[i]), (uint16_t)(10 + i),
                        rf_buf_ring_mask(4), i);
    rf_buf_ring_advance(br, 3);
    struct connection conn;
    open_connection(&ring, &conn);
    /* Two whole ones, by the length; and it goes on until the group is empty. */
    struct rf_cqe cqe = done(&ring, rf_send_bundle(&ring, 1, conn.client, 7, 8, 0));
    assert_cqe(&cqe, 1, 8, 10U << 16 | RF_CQE_F_BUFFER | RF_CQE_F_MORE);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 1, 5, 12U << 16 | RF_CQE_F_BUFFER);
    char got[16];
    assert_int_equal(recv(conn.server, got, 13, MSG_WAITALL), 13);
    assert_memory_equal(got, "one,two,three", 13);
    cqe = done(&ring, rf_send_bundle(&ring, 3, conn.client, 7, 0, 0));
    assert_cqe(&cqe, 3, -ENOBUFS, 0);
    close_connection(&conn);
    assert_result(rf_free_buf_ring(&ring, br, 4, 7), 0);
    rf_deinit(&ring);
}

static void a_message_goes_from_a_registered_buffer(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_WRITEV_FIXED); /* of the same kernel: 6.15 */
    static char registered[64] = "..world..hello ..";
    const struct iovec all[] = {{NULL, 0}, {registered, sizeof registered}};
    assert_result(rf_register_buffers(&ring, all, 2), 0);
    struct connection conn;
    open_connection(&ring, &conn);
    struct iovec parts[] = {{registered + 9, 6}, {registered + 2, 5}};
    struct msghdr msg;
    memset(&msg, 0, sizeof msg);
    msg.msg_iov = parts;
    msg.msg_iovlen = 2;
    assert_non_null(rf_sendmsg_zc_fixed(&ring, 1, conn.client, &msg, 0, 1));
    submit_all(&ring, 1);
    assert_zc_done(&ring, 1, 11);
    assert_received(conn.server, "hello world");

    static char elsewhere[4];
    parts[0].iov_base = elsewhere; /* not inside */
    assert_non_null(rf_sendmsg_zc_fixed(&ring, 2, conn.client, &msg, 0, 1));
    submit_all(&ring, 1);
    struct rf_cqe cqe;
    reap(&ring, &cqe, 1);
    assert_int_equal(cqe.res, -EFAULT);
    if (cqe.flags & RF_CQE_F_MORE) /* the notification comes for a failed one, too */
        reap(&ring, &cqe, 1);
    close_connection(&conn);
    assert_result(rf_unregister_buffers(&ring), 0);
    rf_deinit(&ring);
}

/* --- commands ------------------------------------------------------------ */

static void a_command_reaches_the_socket(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_FUTEX_WAIT); /* of the kernel that has socket commands: 6.7 */
    struct connection conn;
    open_connection(&ring, &conn);
    assert_int_equal(send(conn.client, "twelve bytes", 12, 0), 12);
    char got[1];
    assert_int_equal(recv(conn.server, got, 1, MSG_PEEK), 1); /* they are there now */
    struct rf_cqe cqe =
        done(&ring, rf_uring_cmd(&ring, 1, RF_SOCKET_URING_OP_SIOCINQ, conn.server));
    assert_cqe(&cqe, 1, 12, 0);
    cqe = done(&ring, rf_uring_cmd(&ring, 2, 4711, conn.server)); /* no such command */
    assert_cqe(&cqe, 2, -EOPNOTSUPP, 0);
    close_connection(&conn);
    rf_deinit(&ring);
}

static void a_long_command_reaches_the_socket(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SQE128);
    need_op(&ring, RF_OP_URING_CMD128);
    struct connection conn;
    open_connection(&ring, &conn);
    struct rf_cqe cqe =
        done(&ring, rf_uring_cmd128(&ring, 1, RF_SOCKET_URING_OP_SIOCINQ, conn.server));
    assert_cqe(&cqe, 1, 0, 0);
    close_connection(&conn);
    rf_deinit(&ring);
}

static void a_socket_tells_both_its_names(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_FUTEX_WAIT); /* socket commands: 6.7 */
    struct connection conn;
    open_connection(&ring, &conn);
    struct sockaddr_in name, want;
    socklen_t len = sizeof name, want_len = sizeof want;
    memset(&name, 0, sizeof name);
    struct rf_cqe cqe = done(
        &ring, rf_cmd_getsockname(&ring, 1, conn.client, (struct sockaddr *)&name, &len, 0));
    const bool has = cqe.res != -EOPNOTSUPP;
    if (has) {
        assert_cqe(&cqe, 1, 0, 0);
        assert_int_equal(getsockname(conn.client, (struct sockaddr *)&want, &want_len), 0);
        assert_int_equal(len, want_len);
        assert_memory_equal(&name, &want, sizeof want);
        cqe = done(&ring, rf_cmd_getsockname(&ring, 2, conn.client, (struct sockaddr *)&name, &len,
                                             1));
        assert_cqe(&cqe, 2, 0, 0);
        assert_int_equal(getpeername(conn.client, (struct sockaddr *)&want, &want_len), 0);
        assert_int_equal(len, want_len);
        assert_memory_equal(&name, &want, sizeof want);
    }
    close_connection(&conn);
    rf_deinit(&ring);
    if (!has)
        skip_because("the kernel has no command for the name of a socket");
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_datagram_goes_where_it_is_sent),
        EACH_FLAVOUR(a_bundle_sends_the_buffers_in_their_order),
        EACH_FLAVOUR(a_message_goes_from_a_registered_buffer),
        EACH_FLAVOUR(a_command_reaches_the_socket),
        ONCE(a_long_command_reaches_the_socket),
        EACH_FLAVOUR(a_socket_tells_both_its_names),
    };
    return run_all(tests, COUNT_OF(tests));
}
