/* SPDX-License-Identifier: MIT */
/* plain.c - without io_uring: there is no ring, and so no row that is about it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plain.h"

void *peer_open(const struct bench_setup *setup, struct bench_facts *ret_facts, int32_t *ret_error)
{
    (void)setup;
    *ret_facts = (struct bench_facts){.fd = -1};
    struct plain *plain = calloc(1, sizeof *plain);
    *ret_error = plain ? 0 : -ENOMEM;
    return plain;
}

void peer_close(void *ring)
{
    struct plain *plain = ring;
    pool_end(plain->pool);
    libaio_end(plain);
    free(plain);
}

int64_t peer_loop(void *ring, const struct bench_loop *job)
{
    (void)ring;
    (void)job;
    return -ENOSYS;
}

int64_t peer_stream(void *ring, const struct bench_loop *job)
{
    return peer_loop(ring, job);
}

int64_t peer_pending(void *ring, const struct bench_loop *job)
{
    return peer_loop(ring, job);
}

static int64_t pread_reads(const struct bench_reads *job)
{
    int64_t failed = 0;
    for (uint64_t i = 0; i < job->count; i++) {
        ssize_t got = pread(job->fd, job->buffers, job->block, (off_t)job->offsets[i]);
        failed += got != (ssize_t)job->block;
    }
    return failed;
}

int64_t peer_reads(void *ring, const struct bench_reads *job)
{
    switch (job->method) {
    case PREAD:
        return pread_reads(job);
    case POOL:
        return pool_reads(ring, job);
    case LIBAIO:
        return libaio_reads(ring, job);
    default:
        return -EINVAL;
    }
}

/* With a descriptor fstat() is cheaper than to look the path up again. */
int64_t peer_files(void *ring, struct bench_files *job)
{
    (void)ring;
    int64_t failed = 0;
    for (uint64_t i = 0; i < job->count; i++) {
        struct stat stat;
        int fd = open(job->paths[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &stat) != 0) {
            failed++;
            continue;
        }
        ssize_t got = read(fd, job->buffers, job->bytes);
        job->bytes_stated += (uint64_t)stat.st_size;
        if (got > 0)
            job->bytes_read += (uint64_t)got;
        failed += got < 0;
        close(fd);
    }
    return failed;
}
