/* SPDX-License-Identifier: MIT */
/*
 * loop.c - ringfence: queue a batch, publish, reap. The shape and the way to reap are
 * constants to the compiler, as they are in a program that does one thing.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <ringfence.h>

#include "peer.h"

#define ALWAYS_INLINE __attribute__((always_inline)) static inline

ALWAYS_INLINE void fill(struct rf_sqe *sqe, const struct bench_loop *job, enum bench_shape shape,
                        uint64_t id)
{
    switch (shape) {
    case BENCH_READ:
        rf_prep_read(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
        break;
    case BENCH_SEND:
        rf_prep_send(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
        break;
    case BENCH_LINK:
        if (id % 2 == 0) {
            rf_prep_send(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
            rf_sqe_link_next(sqe);
        } else {
            rf_prep_recv(sqe, job->fd, job->buffer, BENCH_BYTES, 0);
        }
        break;
    case BENCH_BUFS:
        rf_prep_recv(sqe, job->fd, NULL, BENCH_BYTES, 0);
        rf_sqe_set_flags(sqe, RF_SQE_BUFFER_SELECT);
        rf_sqe_set_buf_group(sqe, 0);
        break;
    default:
        rf_prep_nop(sqe);
    }
    sqe->user_data = id;
}

ALWAYS_INLINE bool queue_one_by_one(struct rf_ring *ring, const struct bench_loop *job,
                                    enum bench_shape shape, uint64_t id)
{
    for (uint32_t i = 0; i < job->batch; i++) {
        struct rf_sqe *sqe = rf_get_sqe(ring);
        if (!sqe)
            return false;
        fill(sqe, job, shape, id++);
    }
    return true;
}

ALWAYS_INLINE bool queue_runs(struct rf_ring *ring, const struct bench_loop *job,
                              enum bench_shape shape, uint64_t id)
{
    struct rf_sqe_run run;
    if (!rf_get_sqes(ring, job->batch, &run))
        return false;
    struct rf_sqe *sqe;
    while ((sqe = rf_sqe_run_next(&run)))
        fill(sqe, job, shape, id++);
    return true;
}

struct reaped {
    uint32_t count;
    uint32_t failed;
};

/* Looks at one completion; a buffer goes back into the ring as the @count-th. */
ALWAYS_INLINE void look(const struct rf_cqe *cqe, const struct bench_loop *job,
                        enum bench_shape shape, struct reaped *reaped)
{
    if (cqe->res != (shape == BENCH_NOP ? 0 : BENCH_BYTES))
        reaped->failed++;
    if (shape == BENCH_BUFS) {
        uint16_t id = (uint16_t)(cqe->flags >> RF_CQE_BUFFER_SHIFT);
        rf_buf_ring_add(job->buf_ring, job->buf_memory + (size_t)id * BENCH_BYTES, BENCH_BYTES, id,
                        rf_buf_ring_mask(job->buf_count), (uint16_t)reaped->count);
    }
    reaped->count++;
}

ALWAYS_INLINE struct reaped reap(struct rf_ring *ring, const struct bench_loop *job,
                                 enum bench_shape shape, bool copied)
{
    struct reaped reaped = {0, 0};
    if (copied) {
        struct rf_cqe cqes[BENCH_BATCH_MAX];
        int count = rf_copy_cqes(ring, cqes, BENCH_BATCH_MAX, 0);
        for (int i = 0; i < count; i++)
            look(&cqes[i], job, shape, &reaped);
    } else {
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(ring)))
            look(cqe, job, shape, &reaped);
    }
    if (shape == BENCH_BUFS)
        rf_buf_ring_advance(job->buf_ring, (uint16_t)reaped.count);
    return reaped;
}

ALWAYS_INLINE int publish(struct rf_ring *ring, const struct bench_loop *job)
{
    if (job->publish == BENCH_SUBMIT)
        return rf_submit(ring);
    if (job->publish == BENCH_WAIT)
        return rf_submit_and_wait(ring, job->batch);
    return (int)rf_flush_sq(ring);
}

ALWAYS_INLINE int64_t loop(struct rf_ring *ring, const struct bench_loop *job,
                           enum bench_shape shape, bool copied, bool runs)
{
    int64_t failed = 0;
    for (uint64_t id = 0; id < job->operations; id += job->batch) {
        if (!(runs ? queue_runs(ring, job, shape, id) : queue_one_by_one(ring, job, shape, id)))
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
#define WAY(name, shape, copied, runs)                                              \
    __attribute__((noinline)) static int64_t name(struct rf_ring *ring,             \
                                                  const struct bench_loop *job)     \
    {                                                                               \
        return loop(ring, job, shape, copied, runs);                                \
    }
#define EACH_WAY(name, shape)                                                       \
    WAY(name##_in_place, shape, false, false)                                       \
    WAY(name##_in_place_runs, shape, false, true)                                   \
    WAY(name##_copied, shape, true, false)                                          \
    WAY(name##_copied_runs, shape, true, true)

EACH_WAY(nop, BENCH_NOP)
EACH_WAY(read, BENCH_READ)
EACH_WAY(send, BENCH_SEND)
EACH_WAY(link, BENCH_LINK)
EACH_WAY(bufs, BENCH_BUFS)

#define WAYS(name) {{name##_in_place, name##_in_place_runs}, {name##_copied, name##_copied_runs}}

int64_t peer_loop(void *ring, const struct bench_loop *job)
{
    static int64_t (*const ways[BENCH_SHAPES][2][2])(struct rf_ring *,
                                                     const struct bench_loop *) = {
        WAYS(nop), WAYS(read), WAYS(send), WAYS(link), WAYS(bufs)};
    return ways[job->shape][job->copied][job->runs](ring, job);
}

int64_t peer_stream(void *the_ring, const struct bench_loop *job)
{
    struct rf_ring *ring = the_ring;
    int64_t failed = 0;
    uint64_t queued = 0;
    for (uint64_t done = 0; done < job->operations;) {
        struct rf_sqe *sqe;
        for (uint32_t i = 0; i < job->batch && queued < job->operations; i++) {
            if (!(sqe = rf_get_sqe(ring)))
                break;
            rf_prep_nop(sqe);
            sqe->user_data = queued++;
        }
        int err = rf_submit(ring);
        if (err < 0)
            return err;
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(ring))) {
            failed += cqe->res != 0;
            done++;
        }
    }
    return failed;
}

int64_t peer_pending(void *the_ring, const struct bench_loop *job)
{
    struct rf_ring *ring = the_ring;
    int64_t failed = 0;
    uint64_t value = 1;
    for (uint64_t id = 0; id < job->operations; id += job->batch) {
        for (uint32_t i = 0; i < job->batch; i++) {
            struct rf_sqe *sqe = rf_get_sqe(ring);
            if (!sqe)
                return -ENOBUFS;
            rf_prep_poll_add(sqe, job->fd, POLLIN);
            sqe->user_data = id + i;
        }
        int err = rf_submit(ring);
        if (err < 0)
            return err;
        if (write(job->fd, &value, sizeof value) < 0)
            return -errno;
        err = rf_submit_and_wait(ring, job->batch);
        if (err < 0)
            return err;
        uint32_t count = 0;
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(ring))) {
            failed += cqe->res != POLLIN;
            count++;
        }
        if (count != job->batch)
            return -EPROTO;
        if (read(job->fd, &value, sizeof value) < 0)
            return -errno;
    }
    return failed;
}
