/* SPDX-License-Identifier: MIT */
/*
 * loop.c - liburing: queue a batch, publish, reap. The shape and the way to reap are
 * constants to the compiler, as they are in a program that does one thing.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "peer.h"

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

ALWAYS_INLINE void fill(struct io_uring_sqe *sqe, const struct bench_loop *job,
                        enum bench_shape shape, uint64_t id)
{
    switch (shape) {
    case BENCH_READ:
        io_uring_prep_read(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
        break;
    case BENCH_SEND:
        io_uring_prep_send(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
        break;
    case BENCH_LINK:
        if (id % 2 == 0) {
            io_uring_prep_send(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
            sqe->flags |= IOSQE_IO_LINK;
        } else {
            io_uring_prep_recv(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
        }
        break;
    case BENCH_BUFS:
        io_uring_prep_recv(sqe, job->fd, NULL, BENCH_BYTES, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = 0;
        break;
    default:
        io_uring_prep_nop(sqe);
    }
    sqe->user_data = id;
}

ALWAYS_INLINE bool queue_one_by_one(struct io_uring *ring, const struct bench_loop *job,
                                    enum bench_shape shape, uint64_t id)
{
    for (uint32_t i = 0; i < job->batch; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
        if (!sqe)
            return false;
        fill(sqe, job, shape, id++);
    }
    return true;
}

struct reaped {
    uint32_t count;
    uint32_t failed;
};

/* Looks at one completion; a buffer goes back into the ring as the @count-th. */
ALWAYS_INLINE void look(const struct io_uring_cqe *cqe, const struct bench_loop *job,
                        enum bench_shape shape, struct reaped *reaped)
{
    if (cqe->res != (shape == BENCH_NOP ? 0 : BENCH_BYTES))
        reaped->failed++;
    if (shape == BENCH_BUFS) {
        unsigned short id = (unsigned short)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
        io_uring_buf_ring_add(job->buf_ring, job->buf_memory + (size_t)id * BENCH_BYTES,
                              BENCH_BYTES, id, io_uring_buf_ring_mask(job->buf_count),
                              (int)reaped->count);
    }
    reaped->count++;
}

/* "Copied" is its way to take many at once: pointers to them. It has none that copies. */
ALWAYS_INLINE struct reaped reap(struct io_uring *ring, const struct bench_loop *job,
                                 enum bench_shape shape, bool copied)
{
    struct reaped reaped = {0, 0};
    if (copied) {
        struct io_uring_cqe *cqes[BENCH_BATCH_MAX];
        unsigned count = io_uring_peek_batch_cqe(ring, cqes, BENCH_BATCH_MAX);
        for (unsigned i = 0; i < count; i++)
            look(cqes[i], job, shape, &reaped);
    } else {
        unsigned head;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(ring, head, cqe)
            look(cqe, job, shape, &reaped);
    }
    if (shape == BENCH_BUFS)
        io_uring_buf_ring_advance(job->buf_ring, (int)reaped.count);
    io_uring_cq_advance(ring, reaped.count);
    return reaped;
}

ALWAYS_INLINE int publish(struct io_uring *ring, const struct bench_loop *job)
{
    if (job->publish == BENCH_WAIT)
        return io_uring_submit_and_wait(ring, job->batch);
    return io_uring_submit(ring);
}

ALWAYS_INLINE int64_t loop(struct io_uring *ring, const struct bench_loop *job,
                           enum bench_shape shape, bool copied)
{
    int64_t failed = 0;
    for (uint64_t id = 0; id < job->operations; id += job->batch) {
        if (!queue_one_by_one(ring, job, shape, id))
            return -ENOBUFS;
        int err = publish(ring, job);
        if (err < 0)
            return err;
        if (job->standin)
            standin_turn(job->standin);
        struct reaped reaped = reap(ring, job, shape, copied);
        failed += reaped.failed;
        if (reaped.count != job->batch)
            return -EPROTO;
    }
    return failed;
}

/* A function each: in one together they would compete for registers. */
#define WAY(name, shape, copied)                                                    \
    __attribute__((noinline)) static int64_t name(struct io_uring *ring,            \
                                                  const struct bench_loop *job)     \
    {                                                                               \
        return loop(ring, job, shape, copied);                                      \
    }
#define EACH_WAY(name, shape)                                                       \
    WAY(name##_in_place, shape, false)                                              \
    WAY(name##_copied, shape, true)

EACH_WAY(nop, BENCH_NOP)
EACH_WAY(read, BENCH_READ)
EACH_WAY(send, BENCH_SEND)
EACH_WAY(link, BENCH_LINK)
EACH_WAY(bufs, BENCH_BUFS)

#define WAYS(name) {name##_in_place, name##_copied}

int64_t peer_loop(void *ring, const struct bench_loop *job)
{
    static int64_t (*const ways[BENCH_SHAPES][2])(struct io_uring *, const struct bench_loop *) = {
        WAYS(nop), WAYS(read), WAYS(send), WAYS(link), WAYS(bufs)};
    if (job->runs || job->publish == BENCH_FLUSH)
        return -ENOSYS;
    return ways[job->shape][job->copied](ring, job);
}

/* The completions that are there. A macro in the library; the counting is its caller's. */
ALWAYS_INLINE uint32_t reap_results(struct io_uring *ring, int32_t expected, int64_t *failed)
{
    unsigned head, count = 0;
    struct io_uring_cqe *cqe;
    io_uring_for_each_cqe(ring, head, cqe) {
        *failed += cqe->res != expected;
        count++;
    }
    io_uring_cq_advance(ring, count);
    return count;
}

int64_t peer_stream(void *the_ring, const struct bench_loop *job)
{
    struct io_uring *ring = the_ring;
    int64_t failed = 0;
    uint64_t queued = 0;
    for (uint64_t done = 0; done < job->operations;) {
        struct io_uring_sqe *sqe;
        for (uint32_t i = 0; i < job->batch && queued < job->operations; i++) {
            if (!(sqe = io_uring_get_sqe(ring)))
                break;
            io_uring_prep_nop(sqe);
            sqe->user_data = queued++;
        }
        int err = io_uring_submit(ring);
        if (err < 0)
            return err;
        done += reap_results(ring, 0, &failed);
    }
    return failed;
}

int64_t peer_pending(void *the_ring, const struct bench_loop *job)
{
    struct io_uring *ring = the_ring;
    int64_t failed = 0;
    uint64_t value = 1;
    for (uint64_t id = 0; id < job->operations; id += job->batch) {
        for (uint32_t i = 0; i < job->batch; i++) {
            struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
            if (!sqe)
                return -ENOBUFS;
            io_uring_prep_poll_add(sqe, job->fd, POLLIN);
            sqe->user_data = id + i;
        }
        int err = io_uring_submit(ring);
        if (err < 0)
            return err;
        if (write(job->fd, &value, sizeof value) < 0)
            return -errno;
        err = io_uring_submit_and_wait(ring, job->batch);
        if (err < 0)
            return err;
        if (reap_results(ring, POLLIN, &failed) != job->batch)
            return -EPROTO;
        if (read(job->fd, &value, sizeof value) < 0)
            return -errno;
    }
    return failed;
}
