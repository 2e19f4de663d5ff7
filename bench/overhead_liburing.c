/* SPDX-License-Identifier: MIT */
#include <liburing.h>

#include "overhead.h"

static char buffer[READ_BYTES];

__attribute__((always_inline)) static inline long reap(struct io_uring *ring)
{
    long failed = 0;
    unsigned head, count = 0;
    struct io_uring_cqe *cqe;
    io_uring_for_each_cqe(ring, head, cqe) {
        if (cqe->res != READ_BYTES)
            failed++;
        count++;
    }
    io_uring_cq_advance(ring, count);
    return failed;
}

long overhead_liburing(unsigned entries, int fd, uint64_t operations)
{
    struct io_uring ring;
    if (io_uring_queue_init(entries, &ring, 0) != 0)
        return -1;
    long failed = 0;
    for (uint64_t id = 0; id < operations;) {
        for (int i = 0; i < BATCH; i++) {
            struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
            if (!sqe)
                return -1;
            io_uring_prep_read(sqe, fd, buffer, READ_BYTES, 0);
            sqe->user_data = id++;
        }
        if (io_uring_submit(&ring) != BATCH)
            return -1;
        failed += reap(&ring);
    }
    io_uring_queue_exit(&ring);
    return failed;
}
