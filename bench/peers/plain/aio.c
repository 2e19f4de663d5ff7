/* SPDX-License-Identifier: MIT */
/* aio.c - libaio: what was there before io_uring. Asynchronous with O_DIRECT only. */
#include <errno.h>

#include "plain.h"

#ifdef HAVE_LIBAIO
#include <libaio.h>

enum { DEPTH_MAX = 1024 };

static int64_t read_all(io_context_t context, const struct bench_reads *job)
{
    static struct iocb iocbs[DEPTH_MAX];
    static struct iocb *to_submit[DEPTH_MAX];
    static struct io_event events[DEPTH_MAX];
    int64_t failed = 0;
    uint64_t queued = 0, done = 0;
    long count = 0;
    for (; queued < job->depth && queued < job->count; queued++)
        to_submit[count++] = &iocbs[queued];
    while (done < job->count) {
        for (long i = 0; i < count; i++) {
            uint64_t slot = (uint64_t)(to_submit[i] - iocbs);
            uint64_t index = queued - (uint64_t)count + (uint64_t)i;
            io_prep_pread(to_submit[i], job->fd, job->buffers + slot * job->block, job->block,
                          (long long)job->offsets[index]);
        }
        if (count > 0 && io_submit(context, count, to_submit) != count)
            return -EIO;
        int got = io_getevents(context, 1, DEPTH_MAX, events, NULL);
        if (got < 0)
            return got;
        count = 0;
        for (int i = 0; i < got; i++) {
            failed += events[i].res != job->block;
            if (queued < job->count) {
                to_submit[count++] = events[i].obj;
                queued++;
            }
        }
        done += (uint64_t)got;
    }
    return failed;
}

int64_t libaio_reads(struct plain *plain, const struct bench_reads *job)
{
    io_context_t context = plain->aio;
    int err = context ? 0 : io_setup((int)job->depth, &context);
    if (err < 0)
        return err;
    plain->aio = context;
    return read_all(context, job);
}

/* Takes a while: the kernel waits for a grace period. */
void libaio_end(struct plain *plain)
{
    if (plain->aio)
        io_destroy(plain->aio);
}
#else
int64_t libaio_reads(struct plain *plain, const struct bench_reads *job)
{
    (void)plain;
    (void)job;
    return -ENOSYS;
}

void libaio_end(struct plain *plain)
{
    (void)plain;
}
#endif
