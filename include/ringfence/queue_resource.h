/* SPDX-License-Identifier: MIT */
/*
 * queue_resource.h - queue what prep_resource.h prepares. What holds for all of them is in queue.h.
 */
#ifndef RINGFENCE_QUEUE_RESOURCE_H
#define RINGFENCE_QUEUE_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_resource.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

RF_NODISCARD RF_INLINE struct rf_sqe *rf_files_update(struct rf_ring *ring, uint64_t user_data,
                                                      const int *fds, uint32_t count,
                                                      uint32_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_files_update(sqe, fds, count, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_files_update_alloc(struct rf_ring *ring,
                                                            uint64_t user_data, int *fds,
                                                            uint32_t count)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_files_update_alloc(sqe, fds, count);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fixed_fd_install(struct rf_ring *ring, uint64_t user_data,
                                                          uint32_t file_index, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fixed_fd_install(sqe, file_index, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_provide_buffers(struct rf_ring *ring, uint64_t user_data,
                                                         void *buffers, size_t buffer_len,
                                                         size_t count, size_t group_id,
                                                         size_t buffer_id)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_provide_buffers(sqe, buffers, buffer_len, count, group_id, buffer_id);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_remove_buffers(struct rf_ring *ring, uint64_t user_data,
                                                        size_t count, size_t group_id)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_remove_buffers(sqe, count, group_id);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
