/* SPDX-License-Identifier: MIT */
/* ring.c - liburing takes part: opening, closing. */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

#include "peer.h"

static int open_ring(struct io_uring *ring, const struct bench_setup *setup)
{
    if (setup->kind == BENCH_DEFAULTS)
        return io_uring_queue_init(setup->entries, ring, 0);
    struct io_uring_params params = {
        .flags = setup->flags,
        .sq_thread_idle = setup->idle_ms,
        .sq_thread_cpu = setup->sq_cpu,
    };
    int err = io_uring_queue_init_params(setup->entries, ring, &params);
    if (!err && setup->kind == BENCH_BEST)
        err = io_uring_register_ring_fd(ring) == 1 ? 0 : -EINVAL;
    return err;
}

void *peer_open(const struct bench_setup *setup, struct bench_facts *ret_facts, int32_t *ret_error)
{
    struct io_uring *ring = aligned_alloc(64, (sizeof *ring + 63) / 64 * 64);
    *ret_error = ring ? open_ring(ring, setup) : -ENOMEM;
    if (*ret_error) {
        free(ring);
        return NULL;
    }
    *ret_facts = (struct bench_facts){
        .fd = ring->ring_fd, .flags = ring->flags, .bytes = sizeof *ring};
    return ring;
}

void peer_close(void *ring)
{
    io_uring_queue_exit(ring);
    free(ring);
}
