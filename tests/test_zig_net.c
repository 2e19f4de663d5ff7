/* SPDX-License-Identifier: MIT */
/*
 * Held here: connecting, sending and receiving over the loopback interface, done
 * by the real kernel. Ported from Zig's tests of IoUring, each named above its
 * function; then what Zig leaves untested: send_zc_fixed, sendmsg_zc,
 * the multishot receives, accept into a given slot, cmd_sock, cancel_fd.
 *
 * Completions are compared in order only within a chain of links.
 */
#include "io_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- sending and receiving ----------------------------------------------- */

/* Zig: "accept/connect/send/recv" */
static void receives_what_was_sent(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    open_connection(&ring, &conn);

    static const char sent[10] = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
    char got[5] = {0, 1, 0, 1, 0};
    link_next(rf_send(&ring, 0xeeeeeeee, conn.client, sent, sizeof sent, 0));
    assert_non_null(rf_recv(&ring, 0xffffffff, conn.server, got, sizeof got, 0));
    submit_all(&ring, 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(&cqes[0], 0xeeeeeeee, sizeof sent, 0);
    assert_cqe(&cqes[1], 0xffffffff, sizeof got, 0);
    assert_memory_equal(got, sent, sizeof got);

    /* The flags arrive: a look takes nothing out. */
    memset(got, 9, sizeof got);
    struct rf_cqe cqe = done(&ring, rf_recv(&ring, 3, conn.server, got, sizeof got, MSG_PEEK));
    assert_cqe(&cqe, 3, sizeof got, 0);
    cqe = done(&ring, rf_recv(&ring, 4, conn.server, got, sizeof got, MSG_DONTWAIT));
    assert_cqe(&cqe, 4, sizeof got, 0);
    assert_memory_equal(got, sent + 5, sizeof got);
    cqe = done(&ring, rf_recv(&ring, 5, conn.server, got, sizeof got, MSG_DONTWAIT));
    assert_cqe(&cqe, 5, -EAGAIN, 0);

    close_connection(&conn);
    rf_deinit(&ring);
}

/* Zig: "sendmsg/recvmsg" */
static void a_datagram_arrives_with_the_senders_address(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 2);
    struct sockaddr_in server_addr, client_addr, from;
    int server = bind_udp_on_loopback(&server_addr);
    int client = bind_udp_on_loopback(&client_addr);

    char sent[128], got[128];
    memset(sent, 42, sizeof sent);
    memset(got, 0, sizeof got);
    memset(&from, 0, sizeof from);
    struct iovec out[2] = {{sent, 100}, {sent + 100, 28}};
    struct iovec in = {got, sizeof got};
    const struct msghdr out_msg = {.msg_name = &server_addr,
                                   .msg_namelen = sizeof server_addr,
                                   .msg_iov = out,
                                   .msg_iovlen = 2};
    struct msghdr in_msg = {
        .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &in, .msg_iovlen = 1};

    struct rf_sqe *send_sqe = rf_sendmsg(&ring, 0x11111111, client, &out_msg, 0);
    link_next(send_sqe);
    assert_int_equal(send_sqe->opcode, RF_OP_SENDMSG);
    assert_int_equal(send_sqe->fd, client);
    const struct rf_sqe *recv_sqe = rf_recvmsg(&ring, 0x22222222, server, &in_msg, 0);
    assert_non_null(recv_sqe);
    assert_int_equal(recv_sqe->opcode, RF_OP_RECVMSG);
    assert_int_equal(recv_sqe->fd, server);
    assert_int_equal(rf_sq_ready(&ring), 2);
    int n = rf_submit_and_wait(&ring, 2);
    if (!(ring.flags & RF_SETUP_SQPOLL))
        assert_result(n, 2);
    assert_int_equal(rf_cq_ready(&ring), 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(&cqes[0], 0x11111111, sizeof sent, 0);
    assert_cqe(&cqes[1], 0x22222222, sizeof got, 0);
    assert_memory_equal(got, sent, sizeof got);
    assert_int_equal(in_msg.msg_namelen, sizeof from);
    assert_int_equal(from.sin_port, client_addr.sin_port);

    /* Both flags arrive: refused by sendmsg, -EAGAIN instead of waiting by recvmsg. */
    struct rf_cqe cqe = done(&ring, rf_sendmsg(&ring, 3, client, &out_msg, MSG_OOB));
    assert_cqe(&cqe, 3, -EOPNOTSUPP, 0);
    cqe = done(&ring, rf_recvmsg(&ring, 4, server, &in_msg, MSG_DONTWAIT));
    assert_cqe(&cqe, 4, -EAGAIN, 0);
    close(server);
    close(client);
    rf_deinit(&ring);
}

/* --- limits and cancelling ----------------------------------------------- */

/* Zig: "accept/connect/recv/link_timeout" */
static void a_linked_timeout_ends_a_receive(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    open_connection(&ring, &conn);
    char buf[1];
    const struct rf_timespec millisecond = {0, 1000 * 1000};
    link_next(rf_recv(&ring, 0xffffffff, conn.server, buf, sizeof buf, 0));
    assert_non_null(rf_link_timeout(&ring, 0x22222222, &millisecond, 0));
    submit_all(&ring, 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    const struct rf_cqe *received = cqe_of(cqes, 2, 0xffffffff);
    const struct rf_cqe *timed_out = cqe_of(cqes, 2, 0x22222222);
    assert_true(received->res == -EINTR || received->res == -ECANCELED);
    assert_true(timed_out->res == -EALREADY || timed_out->res == -ETIME);
    assert_int_equal(received->flags | timed_out->flags, 0);
    close_connection(&conn);
    rf_deinit(&ring);
}

/* Zig: "accept/connect/recv/cancel" */
static void a_receive_is_cancelled_by_its_user_data(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    open_connection(&ring, &conn);
    char buf[2][1];
    assert_non_null(rf_recv(&ring, 0xfffffffe, conn.client, buf[0], 1, 0));
    submit_all(&ring, 1);
    assert_non_null(rf_recv(&ring, 0xffffffff, conn.server, buf[1], 1, 0));
    submit_all(&ring, 1);
    const struct rf_sqe *sqe = rf_cancel(&ring, 0x99999999, 0xffffffff, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->opcode, RF_OP_ASYNC_CANCEL);
    assert_int_equal(sqe->addr, 0xffffffff);
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 0xffffffff), 0xffffffff, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 0x99999999), 0x99999999, 0, 0);

    struct rf_cqe cqe = done(&ring, rf_cancel(&ring, 4, 0xffffffff, 0));
    assert_cqe(&cqe, 4, -ENOENT, 0); /* there is no more */

    /* The bystander still works. */
    assert_int_equal(send(conn.server, "x", 1, 0), 1);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 0xfffffffe, 1, 0);
    assert_int_equal(buf[0][0], 'x');
    close_connection(&conn);
    rf_deinit(&ring);
}

static void everything_on_a_file_is_cancelled(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    open_connection(&ring, &conn);
    char bufs[3][1];
    assert_non_null(rf_recv(&ring, 1, conn.server, bufs[0], 1, 0));
    assert_non_null(rf_recv(&ring, 2, conn.server, bufs[1], 1, 0));
    assert_non_null(rf_recv(&ring, 3, conn.client, bufs[2], 1, 0));
    submit_all(&ring, 3);
    assert_non_null(rf_cancel_fd(&ring, 4, conn.server, RF_ASYNC_CANCEL_ALL));
    submit_all(&ring, 1);
    struct rf_cqe cqes[3];
    reap(&ring, cqes, 1);
    if (cqes[0].user_data == 4 && cqes[0].res == -EINVAL) {
        close_connection(&conn);
        rf_deinit(&ring);
        skip_because("this kernel cannot cancel by file");
    }
    reap(&ring, cqes + 1, 2);
    assert_cqe(cqe_of(cqes, 3, 1), 1, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 3, 2), 2, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 3, 4), 4, 2, 0);

    /* Without ALL one, by file: the user_data is not looked at. */
    assert_non_null(rf_cancel_fd(&ring, 5, conn.client, 0));
    submit_all(&ring, 1);
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 3), 3, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 5), 5, 0, 0);
    close_connection(&conn);
    rf_deinit(&ring);
}

/* Zig: "shutdown" */
static void shuts_down_a_socket_and_says_when_it_cannot(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_SHUTDOWN);
    struct sockaddr_in addr;
    int server = listen_on_loopback(&addr);
    const uint64_t wide = UINT64_C(0x445445445); /* more than 32 bits come back */
    struct rf_cqe cqe = done(&ring, rf_shutdown(&ring, wide, server, SHUT_RD));
    assert_cqe(&cqe, wide, 0, 0);
    close(server);

    int fresh = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cqe = done(&ring, rf_shutdown(&ring, wide + 1, fresh, SHUT_RD));
    assert_cqe(&cqe, wide + 1, -ENOTCONN, 0);
    close(fresh);

    /* Which side: after SHUT_WR the peer reads the end, and can still send. */
    struct connection conn;
    open_connection(&ring, &conn);
    cqe = done(&ring, rf_shutdown(&ring, wide, conn.client, SHUT_WR));
    assert_cqe(&cqe, wide, 0, 0);
    char byte = 'x';
    assert_int_equal(recv(conn.server, &byte, 1, 0), 0);
    assert_int_equal(send(conn.server, &byte, 1, 0), 1);
    assert_int_equal(recv(conn.client, &byte, 1, 0), 1);
    close_connection(&conn);
    rf_deinit(&ring);
}

/* --- accepting ----------------------------------------------------------- */

static struct rf_cqe reap_one(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    reap(ring, &cqe, 1);
    return cqe;
}

/* Zig: "accept multishot" */
static void one_accept_serves_many_connections(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_SOCKET); /* came with the same kernel, 5.19 */
    struct sockaddr_in addr, peer;
    int listener = listen_on_loopback(&addr);
    socklen_t peer_len = sizeof peer;
    const uint64_t ud = 0xaaaaaaaa;
    assert_non_null(
        rf_accept_multishot(&ring, ud, listener, (struct sockaddr *)&peer, &peer_len, 0));
    submit_all(&ring, 1);
    for (unsigned i = 0; i < 4; i++) {
        int client = connect_to(&addr);
        const struct rf_cqe cqe = reap_one(&ring);
        assert_true(cqe.user_data == ud);
        assert_true(cqe.res > 2);
        assert_true(cqe.flags & RF_CQE_F_MORE);
        struct sockaddr_in local;
        socklen_t len = sizeof local;
        assert_int_equal(getsockname(client, (struct sockaddr *)&local, &len), 0);
        assert_int_equal(peer.sin_port, local.sin_port); /* written for each */
        close(cqe.res);
        close(client);
    }
    /* Its last CQE has no MORE. */
    assert_non_null(rf_cancel(&ring, 2, ud, 0));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, ud), ud, -ECANCELED, 0);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
    close(listener);
    rf_deinit(&ring);
}

static void open_ring_with_slots(void **state, struct rf_ring *ring, uint32_t entries,
                                 uint32_t slots)
{
    open_flavour(state, ring, entries);
    int err = rf_register_files_sparse(ring, slots);
    if (err) {
        rf_deinit(ring);
        skip_because("this kernel has no sparse table of files: %s", strerror(-err));
    }
}

/* What the client sends arrives at the registered slot. */
static void assert_slot_receives(struct rf_ring *ring, int slot, int client, size_t len)
{
    static const char text[] = "fifteen letters";
    char got[sizeof text];
    memset(got, 0, sizeof got);
    assert_int_equal(send(client, text, len, 0), len);
    struct rf_sqe *sqe = rf_recv(ring, 0xbbbbbbbb, slot, got, sizeof got, 0);
    assert_non_null(sqe);
    rf_sqe_set_flags(sqe, RF_SQE_FIXED_FILE);
    const struct rf_cqe cqe = done(ring, sqe);
    assert_cqe(&cqe, 0xbbbbbbbb, (int)len, 0);
    assert_memory_equal(got, text, len);
}

static const int two_empty[2] = {-1, -1};

/* Zig: "accept_direct" */
static void accepts_into_free_slots_until_there_are_none(void **state)
{
    struct rf_ring ring;
    open_ring_with_slots(state, &ring, 1, 2);
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);
    for (unsigned round = 0; round < 2; round++) {
        bool taken[2] = {false, false};
        for (size_t i = 0; i < 2; i++) {
            const struct rf_sqe *sqe = rf_accept_direct(&ring, 0xaaaaaaaa, listener, NULL, NULL, 0);
            assert_non_null(sqe);
            submit_all(&ring, 1);
            int client = connect_to(&addr);
            const struct rf_cqe cqe = reap_one(&ring);
            assert_true(cqe.user_data == 0xaaaaaaaa);
            assert_true(cqe.res >= 0 && cqe.res < 2);
            assert_int_equal(cqe.flags & RF_CQE_F_MORE, 0);
            assert_false(taken[cqe.res]);
            taken[cqe.res] = true;
            assert_slot_receives(&ring, cqe.res, client, 15 - i);
            close(client);
        }
        assert_non_null(rf_accept_direct(&ring, 0xcccccccc, listener, NULL, NULL, 0));
        submit_all(&ring, 1);
        int client = connect_to(&addr);
        const struct rf_cqe cqe = reap_one(&ring);
        assert_cqe(&cqe, 0xcccccccc, -ENFILE, 0);
        close(client);
        assert_result(rf_register_files_update(&ring, 0, two_empty, 2), 2);
    }
    assert_result(rf_unregister_files(&ring), 0);
    close(listener);
    rf_deinit(&ring);
}

/* Zig: "accept_multishot_direct" */
static void one_accept_fills_the_slots_and_ends(void **state)
{
    struct rf_ring ring;
    open_ring_with_slots(state, &ring, 1, 2);
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);
    for (unsigned round = 0; round < 2; round++) {
        assert_non_null(rf_accept_multishot_direct(&ring, 0xaaaaaaaa, listener, NULL, NULL, 0));
        submit_all(&ring, 1);
        for (unsigned i = 0; i < 2; i++) {
            int client = connect_to(&addr);
            const struct rf_cqe cqe = reap_one(&ring);
            assert_true(cqe.user_data == 0xaaaaaaaa);
            assert_true(cqe.res >= 0 && cqe.res < 2);
            assert_true(cqe.flags & RF_CQE_F_MORE);
            assert_slot_receives(&ring, cqe.res, client, 15);
            close(client);
        }
        int client = connect_to(&addr);
        const struct rf_cqe cqe = reap_one(&ring);
        assert_cqe(&cqe, 0xaaaaaaaa, -ENFILE, 0); /* no MORE: it has ended */
        close(client);
        assert_result(rf_register_files_update(&ring, 0, two_empty, 2), 2);
    }
    assert_result(rf_unregister_files(&ring), 0);
    close(listener);
    rf_deinit(&ring);
}

static void accepts_into_the_slot_that_was_asked_for(void **state)
{
    struct rf_ring ring;
    open_ring_with_slots(state, &ring, 1, 4);
    struct sockaddr_in addr, peer;
    int listener = listen_on_loopback(&addr);
    int old_client = -1;
    for (unsigned i = 0; i < 2; i++) { /* the second one replaces the first */
        memset(&peer, 0, sizeof peer);
        socklen_t peer_len = sizeof peer;
        assert_non_null(rf_accept_direct_index(&ring, 1, listener, (struct sockaddr *)&peer,
                                               &peer_len, 0, 2));
        submit_all(&ring, 1);
        int client = connect_to(&addr);
        const struct rf_cqe cqe = reap_one(&ring);
        assert_cqe(&cqe, 1, 0, 0); /* not the slot */
        assert_int_equal(peer.sin_family, AF_INET);
        assert_slot_receives(&ring, 2, client, 15);
        if (old_client >= 0) {
            char byte;
            assert_int_equal(recv(old_client, &byte, 1, 0), 0); /* its peer was closed */
            close(old_client);
        }
        old_client = client;
    }
    close(old_client);
    assert_non_null(rf_accept_direct_index(&ring, 2, listener, NULL, NULL, 0, 4));
    submit_all(&ring, 1);
    int client = connect_to(&addr);
    const struct rf_cqe cqe = reap_one(&ring);
    assert_cqe(&cqe, 2, -EINVAL, 0); /* past the table */
    close(client);
    assert_result(rf_unregister_files(&ring), 0);
    close(listener);
    rf_deinit(&ring);
}

/* --- sending without copying --------------------------------------------- */

/*
 * Reaps the two CQEs of a zero-copy send of @len, and one of a receive that was
 * linked to it: the send's result is first, the other two come in either order.
 */
static void reap_zero_copy(struct rf_ring *ring, uint64_t send_ud, int len, uint64_t recv_ud,
                           int recv_len)
{
    struct rf_cqe cqes[3];
    reap(ring, cqes, 3);
    assert_cqe(&cqes[0], send_ud, len, RF_CQE_F_MORE);
    assert_cqe(cqe_of(cqes + 1, 2, recv_ud), recv_ud, recv_len, 0);
    assert_cqe(cqe_of(cqes + 1, 2, send_ud), send_ud, 0, RF_CQE_F_NOTIF);
}

/* Zig: "accept/connect/send_zc/recv" */
static void a_send_without_copying_completes_twice(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_SEND_ZC);
    open_connection(&ring, &conn);
    static const char sent[15] = "zero copy bytes";
    char got[10];
    memset(got, 0, sizeof got);
    struct rf_sqe *sqe = rf_send_zc(&ring, 0xeeeeeeee, conn.client, sent, sizeof sent, 0, 0);
    link_next(sqe);
    assert_int_equal(sqe->opcode, RF_OP_SEND_ZC);
    assert_non_null(rf_recv(&ring, 0xffffffff, conn.server, got, sizeof got, 0));
    submit_all(&ring, 2);
    reap_zero_copy(&ring, 0xeeeeeeee, sizeof sent, 0xffffffff, sizeof got);
    assert_memory_equal(got, sent, sizeof got);
    close_connection(&conn);
    rf_deinit(&ring);
}

static void sends_from_a_registered_buffer_without_copying(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_SEND_ZC);
    char pool[2][64], got[32];
    memset(pool[0], 'a', sizeof pool[0]);
    memset(pool[1], 'b', sizeof pool[1]);
    memcpy(pool[1] + 20, "from the middle", 15);
    const struct iovec iovecs[2] = {{pool[0], 64}, {pool[1], 64}};
    int err = rf_register_buffers(&ring, iovecs, 2);
    if (err == -ENOMEM) {
        rf_deinit(&ring);
        skip_because("RLIMIT_MEMLOCK does not allow to register two buffers");
    }
    assert_result(err, 0);
    open_connection(&ring, &conn);

    link_next(rf_send_zc_fixed(&ring, 1, conn.client, pool[1] + 20, 15, 0, 0, 1));
    assert_non_null(rf_recv(&ring, 2, conn.server, got, sizeof got, 0));
    submit_all(&ring, 2);
    reap_zero_copy(&ring, 1, 15, 2, 15);
    assert_memory_equal(got, "from the middle", 15);

    /* Outside the buffer with that index it is refused, and still completes twice. */
    assert_non_null(rf_send_zc_fixed(&ring, 3, conn.client, pool[1] + 20, 15, 0, 0, 0));
    submit_all(&ring, 1);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(&cqes[0], 3, -EFAULT, RF_CQE_F_MORE);
    assert_cqe(&cqes[1], 3, 0, RF_CQE_F_NOTIF);

    close_connection(&conn);
    assert_result(rf_unregister_buffers(&ring), 0);
    rf_deinit(&ring);
}

static void sends_a_message_without_copying(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_SENDMSG_ZC);
    open_connection(&ring, &conn);
    char first[] = "two ", second[] = "pieces", got[32];
    struct iovec iovecs[2] = {{first, 4}, {second, 6}};
    const struct msghdr msg = {.msg_iov = iovecs, .msg_iovlen = 2};
    link_next(rf_sendmsg_zc(&ring, 1, conn.client, &msg, 0));
    assert_non_null(rf_recv(&ring, 2, conn.server, got, sizeof got, 0));
    submit_all(&ring, 2);
    reap_zero_copy(&ring, 1, 10, 2, 10);
    assert_memory_equal(got, "two pieces", 10);
    close_connection(&conn);
    rf_deinit(&ring);
}

/* --- receiving again and again ------------------------------------------- */

enum { GROUP = 7, BUFFERS = 4, BUFFER_BYTES = 128 };

static void provide(struct rf_ring *ring, char bufs[BUFFERS][BUFFER_BYTES])
{
    memset(bufs, 0, (size_t)BUFFERS * BUFFER_BYTES);
    const struct rf_cqe cqe = done(
        ring, rf_provide_buffers(ring, 0xb, bufs, BUFFER_BYTES, BUFFERS, GROUP, 100));
    assert_cqe(&cqe, 0xb, 0, 0);
}

/* The buffer that a CQE names; ids begin at 100. */
static char *buffer_of(char bufs[BUFFERS][BUFFER_BYTES], const struct rf_cqe *cqe)
{
    int id = rf_cqe_buffer_id(cqe);
    assert_true(id >= 100 && id < 100 + BUFFERS);
    return bufs[id - 100];
}

static void one_receive_gives_every_piece_a_buffer(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_SEND_ZC); /* came with the same kernel, 6.0 */
    open_connection(&ring, &conn);
    char bufs[BUFFERS][BUFFER_BYTES];
    provide(&ring, bufs);

    const struct rf_sqe *sqe = rf_recv_multishot(&ring, 1, conn.server, GROUP, 0, 0);
    assert_non_null(sqe);
    assert_int_equal(sqe->flags, RF_SQE_BUFFER_SELECT);
    submit_all(&ring, 1);
    for (int i = 0; i < 3; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "piece %d", i);
        assert_int_equal(send(conn.client, text, (size_t)len, 0), len);
        const struct rf_cqe cqe = reap_one(&ring);
        assert_true(cqe.user_data == 1);
        assert_result(cqe.res, len);
        assert_true(cqe.flags & RF_CQE_F_MORE);
        assert_memory_equal(buffer_of(bufs, &cqe), text, (size_t)len);
    }
    assert_int_equal(shutdown(conn.client, SHUT_WR), 0);
    const struct rf_cqe cqe = reap_one(&ring);
    assert_true(cqe.user_data == 1);
    assert_result(cqe.res, 0); /* the end of the stream, */
    assert_int_equal(cqe.flags & RF_CQE_F_MORE, 0); /* and of the operation */
    close_connection(&conn);
    rf_deinit(&ring);
}

static void one_recvmsg_gives_every_datagram_a_buffer(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 16);
    need_op(&ring, RF_OP_SEND_ZC); /* came with the same kernel, 6.0 */
    struct sockaddr_in server_addr, client_addr;
    int server = bind_udp_on_loopback(&server_addr);
    int client = bind_udp_on_loopback(&client_addr);
    char bufs[BUFFERS][BUFFER_BYTES];
    provide(&ring, bufs);

    struct msghdr msg = {.msg_namelen = sizeof(struct sockaddr_in)};
    assert_non_null(rf_recvmsg_multishot(&ring, 1, server, GROUP, &msg, 0));
    submit_all(&ring, 1);
    for (int i = 0; i < BUFFERS; i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "datagram %d", i);
        assert_int_equal(sendto(client, text, (size_t)len, 0, (struct sockaddr *)&server_addr,
                                sizeof server_addr),
                         len);
        const struct rf_cqe cqe = reap_one(&ring);
        assert_true(cqe.user_data == 1);
        assert_true(cqe.flags & RF_CQE_F_MORE);

        /* What was used of each part; each lies in the room that the msghdr asked for. */
        struct rf_recvmsg_out out;
        struct sockaddr_in from;
        const char *buf = buffer_of(bufs, &cqe);
        memcpy(&out, buf, sizeof out);
        memcpy(&from, buf + sizeof out, sizeof from);
        assert_int_equal(out.namelen, sizeof from);
        assert_int_equal(out.controllen, 0);
        assert_int_equal(out.payloadlen, len);
        assert_result(cqe.res, (long)(sizeof out + sizeof from) + len);
        assert_int_equal(from.sin_port, client_addr.sin_port);
        assert_memory_equal(buf + sizeof out + sizeof from, text, (size_t)len);
    }
    /* The buffers are used up. */
    assert_int_equal(
        sendto(client, "x", 1, 0, (struct sockaddr *)&server_addr, sizeof server_addr), 1);
    const struct rf_cqe cqe = reap_one(&ring);
    assert_cqe(&cqe, 1, -ENOBUFS, 0);
    close(server);
    close(client);
    rf_deinit(&ring);
}

/* --- sockets made by the ring -------------------------------------------- */

/* Zig: "socket" */
static void makes_a_socket(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    need_op(&ring, RF_OP_SOCKET);
    struct rf_cqe cqe =
        done(&ring, rf_socket(&ring, 0, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP, 0));
    assert_int_equal(cqe.flags, 0);
    assert_true(cqe.res > 2);
    int type = 0, protocol = 0;
    socklen_t len = sizeof type;
    assert_int_equal(getsockopt(cqe.res, SOL_SOCKET, SO_TYPE, &type, &len), 0);
    assert_int_equal(getsockopt(cqe.res, SOL_SOCKET, SO_PROTOCOL, &protocol, &len), 0);
    assert_int_equal(type, SOCK_STREAM);
    assert_int_equal(protocol, IPPROTO_TCP);
    close(cqe.res);
    cqe = done(&ring, rf_socket(&ring, 1, AF_INET, SOCK_STREAM, 0, 1)); /* no such flag */
    assert_cqe(&cqe, 1, -EINVAL, 0);
    rf_deinit(&ring);
}

/* Connects the registered slot through the ring, and accepts with the ring. */
static void connect_slot(struct rf_ring *ring, int slot)
{
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);
    assert_non_null(rf_accept(ring, 1, listener, NULL, NULL, 0));
    struct rf_sqe *sqe = rf_connect(ring, 2, slot, (struct sockaddr *)&addr, sizeof addr);
    assert_non_null(sqe);
    rf_sqe_set_flags(sqe, RF_SQE_FIXED_FILE);
    submit_all(ring, 2);
    struct rf_cqe cqes[2];
    reap(ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 2), 2, 0, 0);
    const int accepted = cqe_of(cqes, 2, 1)->res;
    assert_true(accepted > 2);
    close(accepted);
    close(listener);
}

/* Zig: "socket_direct/socket_direct_alloc/close_direct" */
static void makes_sockets_in_slots(void **state)
{
    struct rf_ring ring;
    open_ring_with_slots(state, &ring, 2, 3);
    struct rf_cqe cqe;
    for (uint32_t slot = 0; slot < 2; slot++) {
        cqe = done(&ring, rf_socket_direct(&ring, slot, AF_INET, SOCK_STREAM, 0, 0, slot));
        assert_cqe(&cqe, slot, 0, 0);
    }
    cqe = done(&ring, rf_socket_direct_alloc(&ring, 2, AF_INET, SOCK_STREAM, 0, 0));
    assert_cqe(&cqe, 2, 2, 0); /* the one that was left */
    cqe = done(&ring, rf_socket_direct_alloc(&ring, 3, AF_INET, SOCK_STREAM, 0, 0));
    assert_cqe(&cqe, 3, -ENFILE, 0);
    for (int slot = 0; slot < 3; slot++)
        connect_slot(&ring, slot);
    for (uint32_t slot = 0; slot < 3; slot++) {
        cqe = done(&ring, rf_close_direct(&ring, 10 + slot, slot));
        assert_cqe(&cqe, 10 + slot, 0, 0);
        cqe = done(&ring, rf_close_direct(&ring, 20 + slot, slot));
        assert_cqe(&cqe, 20 + slot, -EBADF, 0); /* it is empty */
    }
    assert_result(rf_unregister_files(&ring), 0);
    rf_deinit(&ring);
}

/* Two sends of 150 bytes each, and receives until all 300 are there. */
static void send_and_receive(struct rf_ring *ring, int from, int to)
{
    char sent[150], got[300];
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 7);
    memset(got, 0, sizeof got);
    link_next(rf_send(ring, 1, from, sent, sizeof sent, MSG_WAITALL));
    assert_non_null(rf_send(ring, 2, from, sent, sizeof sent, MSG_WAITALL));
    submit_all(ring, 2);
    struct rf_cqe cqes[2];
    reap(ring, cqes, 2);
    assert_cqe(&cqes[0], 1, sizeof sent, 0);
    assert_cqe(&cqes[1], 2, sizeof sent, 0);
    size_t received = 0;
    while (received < sizeof got) {
        const struct rf_cqe cqe =
            done(ring, rf_recv(ring, 3, to, got + received, sizeof got - received, 0));
        assert_true(cqe.res > 0);
        received += (size_t)cqe.res;
    }
    assert_memory_equal(got, sent, sizeof sent);
    assert_memory_equal(got + sizeof sent, sent, sizeof sent);
}

/* Zig: "bind/listen/connect" */
static void a_server_comes_up_without_another_system_call(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_LISTEN);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rf_cqe cqe =
        done(&ring, rf_socket(&ring, 1, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP, 0));
    const int listener = cqe.res;
    assert_true(listener > 2);

    /* One chain: options, then bind, then listen. */
    const int one = 1;
    link_next(rf_setsockopt(&ring, 2, listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    link_next(rf_setsockopt(&ring, 3, listener, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one));
    link_next(rf_bind(&ring, 4, listener, (struct sockaddr *)&addr, sizeof addr));
    assert_non_null(rf_listen(&ring, 5, listener, 1));
    submit_all(&ring, 4);
    struct rf_cqe cqes[4];
    reap(&ring, cqes, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_cqe(&cqes[i], 2 + i, 0, 0);

    int value = 0;
    cqe = done(&ring, rf_getsockopt(&ring, 5, listener, SOL_SOCKET, SO_REUSEADDR, &value,
                                    sizeof value));
    assert_cqe(&cqe, 5, sizeof value, 0);
    assert_int_equal(value, 1);
    cqe = done(&ring, rf_getsockopt(&ring, 5, listener, SOL_SOCKET, SO_REUSEPORT, &value,
                                    sizeof value));
    assert_cqe(&cqe, 5, sizeof value, 0);
    assert_int_equal(value, 1);

    socklen_t len = sizeof addr;
    assert_int_equal(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
    assert_true(addr.sin_port != 0);
    /* Without the bind, listen would have taken a port on every address. */
    assert_int_equal(addr.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    cqe = done(&ring, rf_socket(&ring, 6, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP, 0));
    const int client = cqe.res;
    assert_true(client > 2);
    assert_non_null(rf_accept(&ring, 7, listener, NULL, NULL, SOCK_CLOEXEC));
    assert_non_null(rf_connect(&ring, 8, client, (struct sockaddr *)&addr, sizeof addr));
    submit_all(&ring, 2);
    reap(&ring, cqes, 2);
    const int server = cqe_of(cqes, 2, 7)->res;
    assert_true(server > 2);
    assert_cqe(cqe_of(cqes, 2, 8), 8, 0, 0);
    assert_true(listener != client && client != server && server != listener);

    send_and_receive(&ring, client, server);
    send_and_receive(&ring, server, client);

    const int sockets[3] = {client, server, listener};
    for (unsigned i = 0; i < 3; i++) {
        link_next(rf_shutdown(&ring, 9, sockets[i], SHUT_RDWR));
        assert_non_null(rf_close(&ring, 10, sockets[i]));
        submit_all(&ring, 2);
        reap(&ring, cqes, 2);
        assert_cqe(&cqes[0], 9, 0, 0);
        assert_cqe(&cqes[1], 10, 0, 0);
    }
    rf_deinit(&ring);
}

static void a_command_tells_how_much_a_socket_holds(void **state)
{
    struct rf_ring ring;
    struct connection conn;
    open_flavour(state, &ring, 4);
    need_op(&ring, RF_OP_URING_CMD);
    open_connection(&ring, &conn);
    struct rf_cqe cqe = done(&ring, rf_cmd_sock(&ring, 1, RF_SOCKET_URING_OP_SIOCINQ, conn.server,
                                                0, 0, NULL, 0));
    if (cqe.res == -EOPNOTSUPP) {
        close_connection(&conn);
        rf_deinit(&ring);
        skip_because("this kernel has no socket commands");
    }
    assert_cqe(&cqe, 1, 0, 0);
    link_next(rf_send(&ring, 2, conn.client, "1234567", 7, 0));
    assert_non_null(
        rf_cmd_sock(&ring, 3, RF_SOCKET_URING_OP_SIOCINQ, conn.server, 0, 0, NULL, 0));
    submit_all(&ring, 2);
    struct rf_cqe cqes[2];
    reap(&ring, cqes, 2);
    assert_cqe(&cqes[0], 2, 7, 0);
    assert_cqe(&cqes[1], 3, 7, 0);

    /* Level and name go to the right places: an option of TCP, and one of the socket. */
    int on = 1, value = 0;
    cqe = done(&ring, rf_cmd_sock(&ring, 4, RF_SOCKET_URING_OP_SETSOCKOPT, conn.client,
                                  IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    assert_cqe(&cqe, 4, 0, 0);
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(conn.client, IPPROTO_TCP, TCP_NODELAY, &value, &len), 0);
    assert_int_equal(value, 1);
    cqe = done(&ring, rf_cmd_sock(&ring, 5, RF_SOCKET_URING_OP_GETSOCKOPT, conn.client,
                                  SOL_SOCKET, SO_DOMAIN, &value, sizeof value));
    assert_cqe(&cqe, 5, sizeof value, 0);
    assert_int_equal(value, AF_INET);
    close_connection(&conn);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(receives_what_was_sent),
        EACH_FLAVOUR(a_datagram_arrives_with_the_senders_address),
        EACH_FLAVOUR(a_linked_timeout_ends_a_receive),
        EACH_FLAVOUR(a_receive_is_cancelled_by_its_user_data),
        EACH_FLAVOUR(everything_on_a_file_is_cancelled),
        ONCE(shuts_down_a_socket_and_says_when_it_cannot),
        EACH_FLAVOUR(one_accept_serves_many_connections),
        EACH_FLAVOUR(accepts_into_free_slots_until_there_are_none),
        EACH_FLAVOUR(one_accept_fills_the_slots_and_ends),
        EACH_FLAVOUR(accepts_into_the_slot_that_was_asked_for),
        EACH_FLAVOUR(a_send_without_copying_completes_twice),
        EACH_FLAVOUR(sends_from_a_registered_buffer_without_copying),
        EACH_FLAVOUR(sends_a_message_without_copying),
        EACH_FLAVOUR(one_receive_gives_every_piece_a_buffer),
        EACH_FLAVOUR(one_recvmsg_gives_every_datagram_a_buffer),
        ONCE(makes_a_socket),
        EACH_FLAVOUR(makes_sockets_in_slots),
        EACH_FLAVOUR(a_server_comes_up_without_another_system_call),
        EACH_FLAVOUR(a_command_tells_how_much_a_socket_holds),
    };
    return run_all(tests, COUNT_OF(tests));
}
