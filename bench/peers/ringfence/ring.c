/* SPDX-License-Identifier: MIT */
/* ring.c - ringfence takes part: opening, closing. */
#include <errno.h>
#include <stdlib.h>

#include <ringfence.h>

#include "peer.h"

static int open_ring(struct rf_ring *ring, const struct bench_setup *setup)
{
    if (setup->kind == BENCH_DEFAULTS)
        return rf_init(ring, setup->entries, 0);
    if (setup->kind == BENCH_BEST)
        return rf_init_best(ring, setup->entries, RF_FOR_THROUGHPUT, NULL);
    struct rf_params params = {
        .flags = setup->flags,
        .sq_thread_idle = setup->idle_ms,
        .sq_thread_cpu = setup->sq_cpu,
    };
    return rf_init_params(ring, setup->entries, &params);
}

void *peer_open(const struct bench_setup *setup, struct bench_facts *ret_facts, int32_t *ret_error)
{
    struct rf_ring *ring = aligned_alloc(64, (sizeof *ring + 63) / 64 * 64);
    *ret_error = ring ? open_ring(ring, setup) : -ENOMEM;
    if (*ret_error) {
        free(ring);
        return NULL;
    }
    *ret_facts = (struct bench_facts){
        .fd = ring->fd, .flags = ring->flags, .bytes = sizeof *ring};
    return ring;
}

void peer_close(void *ring)
{
    rf_deinit(ring);
    free(ring);
}
