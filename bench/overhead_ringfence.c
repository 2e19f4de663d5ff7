/* SPDX-License-Identifier: MIT */
#include <ringfence.h>

#include "overhead.h"

static char buffer[READ_BYTES];

__attribute__((always_inline)) static inline long reap(struct rf_ring *ring)
{
    long failed = 0;
    const struct rf_cqe *cqe;
    while ((cqe = rf_next_cqe(ring)))
        if (cqe->res != READ_BYTES)
            failed++;
    return failed;
}

long overhead_ringfence_plain(unsigned entries, int fd, uint64_t operations)
{
    struct rf_ring ring;
    if (rf_init(&ring, entries, 0) != 0)
        return -1;
    long failed = 0;
    for (uint64_t id = 0; id < operations;) {
        for (int i = 0; i < BATCH; i++) {
            struct rf_sqe *sqe = rf_get_sqe(&ring);
            if (!sqe)
                return -1;
            rf_prep_read(sqe, fd, buffer, READ_BYTES, 0);
            sqe->user_data = id++;
        }
        if (rf_submit(&ring) != BATCH)
            return -1;
        failed += reap(&ring);
    }
    rf_deinit(&ring);
    return failed;
}

long overhead_ringfence_runs(unsigned entries, int fd, uint64_t operations)
{
    struct rf_ring ring;
    if (rf_init(&ring, entries, 0) != 0)
        return -1;
    long failed = 0;
    for (uint64_t id = 0; id < operations;) {
        struct rf_sqe_run run;
        if (!rf_get_sqes(&ring, BATCH, &run))
            return -1;
        struct rf_sqe *sqe;
        while ((sqe = rf_sqe_run_next(&run))) {
            rf_prep_read(sqe, fd, buffer, READ_BYTES, 0);
            sqe->user_data = id++;
        }
        if (rf_submit(&ring) != BATCH)
            return -1;
        failed += reap(&ring);
    }
    rf_deinit(&ring);
    return failed;
}
