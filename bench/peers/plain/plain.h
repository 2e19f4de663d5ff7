/* SPDX-License-Identifier: MIT */
/* plain.h - shared by the parts of the peer that does without io_uring. */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include "peer.h"

/* The methods of bench_reads, as worker/rows_files.c numbers them. */
enum { PREAD, POOL, LIBAIO };

struct pool;

/* Stands where the others have a ring. */
struct plain {
    struct pool *pool; /* started when it is first needed */
    void *aio;         /* likewise */
};

int64_t pool_reads(struct plain *plain, const struct bench_reads *job);
void pool_end(struct pool *pool);
int64_t libaio_reads(struct plain *plain, const struct bench_reads *job);
void libaio_end(struct plain *plain);

#endif
