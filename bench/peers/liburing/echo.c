/* SPDX-License-Identifier: MIT */
/* echo.c - liburing: a server that sends back what it receives. */
#include <errno.h>
#include <liburing.h>
#include <stdbool.h>

#include "peer.h"

enum { RECV, SEND };

/* user_data: what, which connection, which buffer. */
static uint64_t id_of(uint32_t what, uint32_t connection, uint32_t buffer)
{
    return (uint64_t)what << 63 | (uint64_t)buffer << 32 | connection;
}

/* The queue may be full of what has not been submitted. */
static struct io_uring_sqe *get(struct io_uring *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    if (!sqe && io_uring_submit(ring) >= 0)
        sqe = io_uring_get_sqe(ring);
    return sqe;
}

static int queue_recv(struct io_uring *ring, const struct bench_echo *job, uint32_t connection)
{
    struct io_uring_sqe *sqe = get(ring);
    if (!sqe)
        return -ENOBUFS;
    if (job->multishot) {
        io_uring_prep_recv_multishot(sqe, job->fds[connection], NULL, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = 0;
    } else {
        io_uring_prep_recv(sqe, job->fds[connection],
                           job->buffers + (size_t)connection * job->bytes, job->bytes, 0);
    }
    sqe->user_data = id_of(RECV, connection, 0);
    return 0;
}

static int queue_send(struct io_uring *ring, const struct bench_echo *job, uint32_t connection,
                      uint32_t buffer, uint32_t bytes)
{
    struct io_uring_sqe *sqe = get(ring);
    if (!sqe)
        return -ENOBUFS;
    io_uring_prep_send(sqe, job->fds[connection], job->buffers + (size_t)buffer * job->bytes, bytes,
                       0);
    sqe->user_data = id_of(SEND, connection, buffer);
    return 0;
}

struct server {
    struct io_uring *ring;
    const struct bench_echo *job;
    uint32_t open;
    int64_t failed;
};

static void give_back(const struct bench_echo *job, uint32_t buffer)
{
    io_uring_buf_ring_add(job->buf_ring, job->buffers + (size_t)buffer * job->bytes, job->bytes,
                          (unsigned short)buffer, io_uring_buf_ring_mask(job->buf_count), 0);
    io_uring_buf_ring_advance(job->buf_ring, 1);
}

static int received(struct server *server, const struct io_uring_cqe *cqe, uint32_t connection)
{
    if (cqe->res == -ENOBUFS)
        return queue_recv(server->ring, server->job, connection);
    if (cqe->res <= 0) {
        server->failed += cqe->res < 0;
        server->open--;
        return 0;
    }
    uint32_t bytes = (uint32_t)cqe->res;
    if (!server->job->multishot)
        return queue_send(server->ring, server->job, connection, connection, bytes);
    uint32_t buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    bool more = cqe->flags & IORING_CQE_F_MORE;
    int err = queue_send(server->ring, server->job, connection, buffer, bytes);
    return err || more ? err : queue_recv(server->ring, server->job, connection);
}

static int completed(struct server *server, const struct io_uring_cqe *cqe)
{
    uint32_t connection = (uint32_t)cqe->user_data;
    if (cqe->user_data >> 63 == RECV)
        return received(server, cqe, connection);
    server->failed += cqe->res <= 0;
    if (!server->job->multishot)
        return queue_recv(server->ring, server->job, connection);
    give_back(server->job, (uint32_t)(cqe->user_data >> 32) & 0xffff);
    return 0;
}

static int offer_buffers(struct io_uring *ring, const struct bench_echo *job)
{
    struct io_uring_buf_reg reg = {
        .ring_addr = (uintptr_t)job->buf_ring,
        .ring_entries = job->buf_count,
    };
    int err = io_uring_register_buf_ring(ring, &reg, 0);
    for (uint32_t i = 0; i < job->buf_count && !err; i++)
        give_back(job, i);
    return err;
}

int64_t peer_echo(void *the_ring, const struct bench_echo *job)
{
    struct server server = {.ring = the_ring, .job = job, .open = job->count};
    int err = job->multishot ? offer_buffers(the_ring, job) : 0;
    for (uint32_t i = 0; i < job->count && !err; i++)
        err = queue_recv(the_ring, job, i);
    while (server.open > 0 && !err) {
        int count = io_uring_submit_and_wait(the_ring, 1);
        if (count < 0 && count != -EINTR)
            return count;
        unsigned head, seen = 0;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(server.ring, head, cqe) {
            seen++;
            err = completed(&server, cqe);
            if (err)
                break;
        }
        io_uring_cq_advance(the_ring, seen);
    }
    if (job->multishot && !err)
        err = io_uring_unregister_buf_ring(the_ring, 0);
    return err ? err : server.failed;
}
