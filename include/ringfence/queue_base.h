/* SPDX-License-Identifier: MIT */
/*
 * queue_base.h - queue what prep_base.h prepares. What holds for all of them is in queue.h.
 */
#ifndef RINGFENCE_QUEUE_BASE_H
#define RINGFENCE_QUEUE_BASE_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

RF_NODISCARD RF_INLINE struct rf_sqe *rf_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_nop(sqe);
    sqe->user_data = user_data;
    return sqe;
}

/* The ring has RF_SETUP_SQE128 or RF_SETUP_SQE_MIXED, or this traps: see rf_get_sqe128(). */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_nop128(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe = rf_get_sqe128(ring);
    if (!sqe)
        return NULL;
    rf_prep_nop128(sqe);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_uring_cmd(struct rf_ring *ring, uint64_t user_data,
                                                   uint32_t cmd_op, int fd)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_uring_cmd(sqe, cmd_op, fd);
    sqe->user_data = user_data;
    return sqe;
}

/* The ring has RF_SETUP_SQE128 or RF_SETUP_SQE_MIXED, or this traps: see rf_get_sqe128(). */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_uring_cmd128(struct rf_ring *ring, uint64_t user_data,
                                                      uint32_t cmd_op, int fd)
{
    struct rf_sqe *sqe = rf_get_sqe128(ring);
    if (!sqe)
        return NULL;
    rf_prep_uring_cmd128(sqe, cmd_op, fd);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
