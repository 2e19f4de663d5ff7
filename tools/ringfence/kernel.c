/* SPDX-License-Identifier: MIT */
/* kernel.c - asks the kernel. What it cannot be asked is tried by kernel_try.c. */
#include "kernel.h"
#include "kernel_try.h"

#include <string.h>

#include <ringfence.h>

static const struct rf_sys *const kernel = &rf_sys_kernel;

void forget_kernel(struct kernel_report *report)
{
    memset(report, 0, sizeof *report);
    report->limits = (struct kernel_limits){
        .sq_entries = UNKNOWN_NUMBER,
        .cq_entries = UNKNOWN_NUMBER,
        .ring_bytes = UNKNOWN_NUMBER,
        .ring_memory_counts = UNKNOWN_NUMBER,
        .workers_bound = UNKNOWN_NUMBER,
        .workers_unbound = UNKNOWN_NUMBER,
        .buffers = UNKNOWN_NUMBER,
        .files = UNKNOWN_NUMBER,
    };
}

static void ask_limits(struct kernel_limits *limits, const struct rf_ring *ring)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = ring->flags & RF_SETUP_NO_SQARRAY;
    limits->ring_bytes = rf_memory_size_params(RING_OF_INTEREST, &params);

    uint32_t workers[2] = {0, 0}; /* 0 leaves the limit as it is, and tells it */
    if (kernel->ring_register(kernel, ring->fd, RF_REGISTER_IOWQ_MAX_WORKERS, workers, 2) >= 0) {
        limits->workers_bound = workers[RF_WQ_BOUND];
        limits->workers_unbound = workers[RF_WQ_UNBOUND];
    }
    limits->buffers = try_largest_table(ring->fd, RF_REGISTER_BUFFERS2, RF_UNREGISTER_BUFFERS);
    limits->files = try_largest_table(ring->fd, RF_REGISTER_FILES2, RF_UNREGISTER_FILES);
    limits->ring_memory_counts = try_ring_memory_counts();
    /* Last: it is large, and the kernel takes its time to free it. */
    try_largest_ring(&limits->sq_entries, &limits->cq_entries);
}

int ask_kernel(struct kernel_report *report, bool no_query)
{
    forget_kernel(report);
    int err = rf_caps_system_with(no_query ? RF_CAPS_NO_QUERY : 0, &report->caps);
    if (err)
        return err;
    struct rf_ring ring;
    err = rf_init(&ring, 4, 0);
    if (err)
        return err;
    ask_limits(&report->limits, &ring);
    rf_deinit(&ring);
    return 0;
}
