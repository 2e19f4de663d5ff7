/* SPDX-License-Identifier: MIT */
/*
 * queue_file.h - queue what prep_file.h prepares. What holds for all of them is in queue.h.
 */
#ifndef RINGFENCE_QUEUE_FILE_H
#define RINGFENCE_QUEUE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_file.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

RF_NODISCARD RF_INLINE struct rf_sqe *rf_read(struct rf_ring *ring, uint64_t user_data, int fd,
                                              void *buf, size_t len, uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_read(sqe, fd, buf, len, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_readv(struct rf_ring *ring, uint64_t user_data, int fd,
                                               const struct iovec *iovecs, uint32_t count,
                                               uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_readv(sqe, fd, iovecs, count, offset);
    sqe->user_data = user_data;
    return sqe;
}

/* Read into a buffer of the group that the kernel picks; @len 0: all of it. Since 5.7. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_read_select(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, uint16_t group_id, size_t len,
                                                     uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_read(sqe, fd, NULL, len, offset);
    rfi_select(sqe, group_id);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_write(struct rf_ring *ring, uint64_t user_data, int fd,
                                               const void *buf, size_t len, uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_write(sqe, fd, buf, len, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_writev(struct rf_ring *ring, uint64_t user_data, int fd,
                                                const struct iovec *iovecs, uint32_t count,
                                                uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_writev(sqe, fd, iovecs, count, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_read_fixed(struct rf_ring *ring, uint64_t user_data,
                                                    int fd, void *buf, size_t len, uint64_t offset,
                                                    uint16_t buffer_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_read_fixed(sqe, fd, buf, len, offset, buffer_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_write_fixed(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, const void *buf, size_t len,
                                                     uint64_t offset, uint16_t buffer_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_write_fixed(sqe, fd, buf, len, offset, buffer_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fsync(struct rf_ring *ring, uint64_t user_data, int fd,
                                               uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fsync(sqe, fd, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_splice(struct rf_ring *ring, uint64_t user_data, int fd_in,
                                                uint64_t off_in, int fd_out, uint64_t off_out,
                                                size_t len, uint32_t splice_flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_splice(sqe, fd_in, off_in, fd_out, off_out, len, splice_flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
