/* SPDX-License-Identifier: MIT */
/* files.c - ringfence: random reads of one file, and many small files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <ringfence.h>

#include "peer.h"

static bool queue_read(struct rf_ring *ring, const struct bench_reads *job, uint64_t index,
                       uint32_t slot)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return false;
    rf_prep_read(sqe, job->fd, job->buffers + (size_t)slot * job->block, job->block,
                 job->offsets[index]);
    sqe->user_data = slot;
    return true;
}

int64_t peer_reads(void *the_ring, const struct bench_reads *job)
{
    struct rf_ring *ring = the_ring;
    int64_t failed = 0;
    uint64_t queued = 0, done = 0;
    while (queued < job->depth && queued < job->count) {
        if (!queue_read(ring, job, queued, (uint32_t)queued))
            return -ENOBUFS;
        queued++;
    }
    while (done < job->count) {
        int err = rf_submit_and_wait(ring, 1);
        if (err < 0 && err != -EINTR)
            return err;
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(ring))) {
            failed += cqe->res != (int32_t)job->block;
            done++;
            if (queued < job->count && !queue_read(ring, job, queued++, (uint32_t)cqe->user_data))
                return -ENOBUFS;
        }
    }
    return failed;
}

enum step { OPEN, READ, CLOSE, STAT, STEPS };

/* One file: open, read and close in a chain that goes on whatever they return; and stat. */
static bool queue_file(struct rf_ring *ring, const struct bench_files *job, uint64_t index,
                       uint32_t slot)
{
    struct rf_sqe_run run;
    if (!rf_get_sqes(ring, STEPS, &run))
        return false;
    const char *path = job->paths[index];
    uint64_t id = (uint64_t)slot * STEPS;
    struct rf_sqe *sqe = rf_sqe_run_next(&run);
    rf_prep_openat_direct(sqe, AT_FDCWD, path, O_RDONLY, 0, slot);
    rf_sqe_set_flags(sqe, RF_SQE_IO_HARDLINK);
    sqe->user_data = id + OPEN;
    sqe = rf_sqe_run_next(&run);
    rf_prep_read(sqe, (int)slot, job->buffers + (size_t)slot * job->bytes, job->bytes, 0);
    rf_sqe_set_flags(sqe, RF_SQE_FIXED_FILE | RF_SQE_IO_HARDLINK);
    sqe->user_data = id + READ;
    sqe = rf_sqe_run_next(&run);
    rf_prep_close_direct(sqe, slot);
    sqe->user_data = id + CLOSE;
    sqe = rf_sqe_run_next(&run);
    rf_prep_statx(sqe, AT_FDCWD, path, 0, STATX_SIZE, (struct statx *)job->statx + slot);
    sqe->user_data = id + STAT;
    return true;
}

int64_t peer_files(void *the_ring, struct bench_files *job)
{
    struct rf_ring *ring = the_ring;
    uint8_t steps[1024] = {0};
    int err = rf_register_files_sparse(ring, job->depth);
    if (err)
        return err;
    int64_t failed = 0;
    uint64_t queued = 0, done = 0;
    for (; queued < job->depth && queued < job->count; queued++)
        if (!queue_file(ring, job, queued, (uint32_t)queued))
            return -ENOBUFS;
    while (done < job->count) {
        err = rf_submit_and_wait(ring, 1);
        if (err < 0 && err != -EINTR)
            return err;
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(ring))) {
            uint32_t slot = (uint32_t)cqe->user_data / STEPS;
            uint32_t step = (uint32_t)cqe->user_data % STEPS;
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
    }
    err = rf_unregister_files(ring);
    return err ? err : failed;
}
