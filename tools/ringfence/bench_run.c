/* SPDX-License-Identifier: MIT */
/* bench_run.c - `ringfence bench`: the loops. */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <ringfence.h>

enum { ENTRIES = 128, CHUNK = 1024 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The place of the @index-th read: all over the file, and the same in each run. */
static uint64_t place_of(const struct bench_file *file, uint64_t index)
{
    uint64_t mixed = (index + 1) * 0x9E3779B97F4A7C15;
    return (mixed ^ mixed >> 29) % file->blocks * BENCH_BLOCK;
}

static int nops(struct rf_ring *ring, uint32_t batch)
{
    for (uint32_t done = 0; done < CHUNK; done += batch) {
        for (uint32_t i = 0; i < batch; i++)
            if (!rf_nop(ring, i))
                return -ENOBUFS;
        int err = rf_submit_and_wait(ring, batch);
        if (err < 0 && err != -EINTR)
            return err;
        uint32_t taken = 0;
        while (rf_next_cqe(ring))
            taken++;
        if (taken != batch)
            return -EPROTO;
    }
    return 0;
}

static int ring_reads(struct rf_ring *ring, const struct bench_file *file, uint32_t depth,
                      char *buffers)
{
    uint32_t queued = 0, done = 0;
    for (; queued < depth; queued++)
        if (!rf_read(ring, queued, file->fd, buffers + (size_t)queued * BENCH_BLOCK, BENCH_BLOCK,
                     place_of(file, queued)))
            return -ENOBUFS;
    while (done < CHUNK) {
        int err = rf_submit_and_wait(ring, 1);
        if (err < 0 && err != -EINTR)
            return err;
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(ring))) {
            if (cqe->res != BENCH_BLOCK)
                return cqe->res < 0 ? cqe->res : -EIO;
            done++;
            uint64_t slot = cqe->user_data;
            if (queued < CHUNK &&
                !rf_read(ring, slot, file->fd, buffers + slot * BENCH_BLOCK, BENCH_BLOCK,
                         place_of(file, queued++)))
                return -ENOBUFS;
        }
    }
    return 0;
}

static int plain_reads(const struct bench_file *file, char *buffer)
{
    for (uint32_t i = 0; i < CHUNK; i++) {
        ssize_t got = pread(file->fd, buffer, BENCH_BLOCK, (off_t)place_of(file, i));
        if (got != BENCH_BLOCK)
            return got < 0 ? -errno : -EIO;
    }
    return 0;
}

static int64_t repeat(const struct bench_line *line, const struct bench_file *file,
                      struct rf_ring *ring, char *buffers, unsigned ms)
{
    uint64_t begin = now_ns(), passed = 0, done = 0;
    while (passed < ms * 1000000ULL) {
        int err;
        if (line->depth == 0)
            err = plain_reads(file, buffers);
        else if (line->reads)
            err = ring_reads(ring, file, line->depth, buffers);
        else
            err = nops(ring, line->depth);
        if (err)
            return err;
        done += CHUNK;
        passed = now_ns() - begin;
    }
    return (int64_t)((double)done * 1e9 / (double)passed);
}

int64_t bench_measure(const struct bench_line *line, const struct bench_file *file, unsigned ms)
{
    struct rf_ring ring;
    char *buffers = aligned_alloc(BENCH_BLOCK, (size_t)BENCH_DEPTH_MAX * BENCH_BLOCK);
    if (!buffers)
        return -ENOMEM;
    int64_t rate = 0;
    if (line->depth > 0)
        rate = line->best ? rf_init_best(&ring, ENTRIES, RF_FOR_THROUGHPUT, NULL)
                          : rf_init(&ring, ENTRIES, 0);
    if (rate == 0) {
        rate = repeat(line, file, &ring, buffers, ms);
        /* What is in flight after an error may still be written to the buffers: keep them. */
        if (line->depth > 0)
            rf_deinit(&ring);
        if (rate < 0 && line->depth > 0)
            return rate;
    }
    free(buffers);
    return rate;
}
