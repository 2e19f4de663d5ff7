/* SPDX-License-Identifier: MIT */
/*
 * What handles cost: the plain loop with one for each read; and the loop of a program that
 * does without, but knows which operation a completion belongs to, because user_data points to
 * a record from a list of free ones.
 */
#include <ringfence.h>

#include "overhead.h"

enum { PLACES = 1024 };

static char buffer[READ_BYTES];

/* --- with handles -------------------------------------------------------- */

__attribute__((always_inline)) static inline long take(struct rf_ring *ring,
                                                       struct rf_op_table *ops)
{
    long failed = 0;
    const struct rf_cqe *cqe;
    while ((cqe = rf_next_cqe(ring)))
        if (rf_op_take(ops, cqe) != RF_TOLD_ALL || cqe->res != READ_BYTES)
            failed++;
    return failed;
}

static long with_handles(struct rf_op_table *ops, unsigned entries, int fd, uint64_t operations)
{
    struct rf_ring ring;
    if (rf_init(&ring, entries, 0) != 0)
        return -1;
    long failed = 0;
    for (uint64_t done = 0; done < operations; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            struct rf_sqe *sqe = rf_get_sqe(&ring);
            if (!sqe)
                return -1;
            rf_prep_read(sqe, fd, buffer, READ_BYTES, 0);
            if (!rf_op_begin(ops, sqe))
                return -1;
        }
        if (rf_submit(&ring) != BATCH)
            return -1;
        failed += take(&ring, ops);
    }
    rf_deinit(&ring);
    return failed;
}

long overhead_ringfence_handles(unsigned entries, int fd, uint64_t operations)
{
    struct rf_op_table *ops;
    if (rf_op_table_init(&ops, PLACES, 0) != 0)
        return -1;
    long failed = with_handles(ops, entries, fd, operations);
    rf_op_table_deinit(ops);
    return failed;
}

/* --- with records of the program's own ----------------------------------- */

struct record {
    struct record *next;
    int32_t res;
};

static struct record records[PLACES];
static struct record *unused;

__attribute__((always_inline)) static inline long put(struct rf_ring *ring)
{
    long failed = 0;
    const struct rf_cqe *cqe;
    while ((cqe = rf_next_cqe(ring))) {
        struct record *record = (struct record *)rf_cqe_get_data(cqe);
        record->next = unused;
        unused = record;
        if (cqe->res != READ_BYTES)
            failed++;
    }
    return failed;
}

long overhead_ringfence_records(unsigned entries, int fd, uint64_t operations)
{
    for (struct record *record = records; record < records + PLACES; record++) {
        record->next = unused;
        unused = record;
    }
    struct rf_ring ring;
    if (rf_init(&ring, entries, 0) != 0)
        return -1;
    long failed = 0;
    for (uint64_t done = 0; done < operations; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            struct rf_sqe *sqe = rf_get_sqe(&ring);
            struct record *record = unused;
            if (!sqe || !record)
                return -1;
            unused = record->next;
            rf_prep_read(sqe, fd, buffer, READ_BYTES, 0);
            rf_sqe_set_data(sqe, record);
        }
        if (rf_submit(&ring) != BATCH)
            return -1;
        failed += put(&ring);
    }
    rf_deinit(&ring);
    return failed;
}
