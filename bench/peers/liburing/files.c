/* SPDX-License-Identifier: MIT */
/* files.c - liburing: random reads of one file, and many small files. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "peer.h"

static bool queue_read(struct io_uring *ring, const struct bench_reads *job, uint64_t index,
                       uint32_t slot)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    if (!sqe)
        return false;
    io_uring_prep_read(sqe, job->fd, job->buffers + (size_t)slot * job->block, job->block,
                       job->offsets[index]);
    sqe->user_data = slot;
    return true;
}

int64_t peer_reads(void *the_ring, const struct bench_reads *job)
{
    struct io_uring *ring = the_ring;
    int64_t failed = 0;
    uint64_t queued = 0, done = 0;
    while (queued < job->depth && queued < job->count) {
        if (!queue_read(ring, job, queued, (uint32_t)queued))
            return -ENOBUFS;
        queued++;
    }
    while (done < job->count) {
        int err = io_uring_submit_and_wait(ring, 1);
        if (err < 0 && err != -EINTR)
            return err;
        unsigned head, count = 0;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(ring, head, cqe) {
            failed += cqe->res != (int32_t)job->block;
            count++;
            if (queued < job->count && !queue_read(ring, job, queued++, (uint32_t)cqe->user_data))
                return -ENOBUFS;
        }
        io_uring_cq_advance(ring, count);
        done += count;
    }
    return failed;
}

enum step { OPEN, READ, CLOSE, STAT, STEPS };

/* One file: open, read and close in a chain that goes on whatever they return; and stat. */
static bool queue_file(struct io_uring *ring, const struct bench_files *job, uint64_t index,
                       uint32_t slot)
{
    if (io_uring_sq_space_left(ring) < STEPS)
        return false;
    const char *path = job->paths[index];
    uint64_t id = (uint64_t)slot * STEPS;
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    io_uring_prep_openat_direct(sqe, AT_FDCWD, path, O_RDONLY, 0, slot);
    sqe->flags |= IOSQE_IO_HARDLINK;
    sqe->user_data = id + OPEN;
    sqe = io_uring_get_sqe(ring);
    io_uring_prep_read(sqe, (int)slot, job->buffers + (size_t)slot * job->bytes, job->bytes, 0);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK;
    sqe->user_data = id + READ;
    sqe = io_uring_get_sqe(ring);
    io_uring_prep_close_direct(sqe, slot);
    sqe->user_data = id + CLOSE;
    sqe = io_uring_get_sqe(ring);
    io_uring_prep_statx(sqe, AT_FDCWD, path, 0, STATX_SIZE, (struct statx *)job->statx + slot);
    sqe->user_data = id + STAT;
    return true;
}

int64_t peer_files(void *the_ring, struct bench_files *job)
{
    struct io_uring *ring = the_ring;
    uint8_t steps[1024] = {0};
    int err = io_uring_register_files_sparse(ring, job->depth);
    if (err)
        return err;
    int64_t failed = 0;
    uint64_t queued = 0, done = 0;
    for (; queued < job->depth && queued < job->count; queued++)
        if (!queue_file(ring, job, queued, (uint32_t)queued))
            return -ENOBUFS;
    while (done < job->count) {
        err = io_uring_submit_and_wait(ring, 1);
        if (err < 0 && err != -EINTR)
            return err;
        unsigned head, count = 0;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(ring, head, cqe) {
            uint32_t slot = (uint32_t)cqe->user_data / STEPS;
            uint32_t step = (uint32_t)cqe->user_data % STEPS;
            count++;
            failed += cqe->res < 0;
            if (step == READ && cqe->res > 0)
                job->bytes_read += (uint32_t)cqe->res;
            if (step == STAT)
                job->bytes_stated += ((struct statx *)job->statx + slot)->stx_size;
            if (++steps[slot] < STEPS)
                continue;
            steps[slot] = 0;
            done++;
            if (queued < job->count && !queue_file(ring, job, queued++, slot))
                return -ENOBUFS;
        }
        io_uring_cq_advance(ring, count);
    }
    err = io_uring_unregister_files(ring);
    return err ? err : failed;
}
