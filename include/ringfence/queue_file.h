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

RF_NODISCARD RF_INLINE struct rf_sqe *rf_readv2(struct rf_ring *ring, uint64_t user_data, int fd,
                                                const struct iovec *iovecs, uint32_t count,
                                                uint64_t offset, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_readv2(sqe, fd, iovecs, count, offset, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_writev2(struct rf_ring *ring, uint64_t user_data, int fd,
                                                 const struct iovec *iovecs, uint32_t count,
                                                 uint64_t offset, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_writev2(sqe, fd, iovecs, count, offset, flags);
    sqe->user_data = user_data;
    return sqe;
}

/* rf_prep_read_multishot() into the buffers of a group. @len: 0. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_read_multishot(struct rf_ring *ring, uint64_t user_data,
                                                        int fd, uint16_t group_id, size_t len,
                                                        uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_read_multishot(sqe, fd, len, offset, group_id);
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

RF_NODISCARD RF_INLINE struct rf_sqe *rf_readv_fixed(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, const struct iovec *iovecs,
                                                     uint32_t count, uint64_t offset,
                                                     uint32_t flags, uint16_t buffer_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_readv_fixed(sqe, fd, iovecs, count, offset, flags, buffer_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_writev_fixed(struct rf_ring *ring, uint64_t user_data,
                                                      int fd, const struct iovec *iovecs,
                                                      uint32_t count, uint64_t offset,
                                                      uint32_t flags, uint16_t buffer_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_writev_fixed(sqe, fd, iovecs, count, offset, flags, buffer_index);
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

RF_NODISCARD RF_INLINE struct rf_sqe *rf_sync_file_range(struct rf_ring *ring, uint64_t user_data,
                                                         int fd, size_t len, uint64_t offset,
                                                         uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_sync_file_range(sqe, fd, len, offset, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_ftruncate(struct rf_ring *ring, uint64_t user_data, int fd,
                                                   uint64_t length)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_ftruncate(sqe, fd, length);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fadvise(struct rf_ring *ring, uint64_t user_data, int fd,
                                                 uint64_t offset, size_t len, int advice)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fadvise(sqe, fd, offset, len, advice);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fadvise64(struct rf_ring *ring, uint64_t user_data, int fd,
                                                   uint64_t offset, uint64_t len, int advice)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fadvise64(sqe, fd, offset, len, advice);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_madvise(struct rf_ring *ring, uint64_t user_data,
                                                 void *addr, size_t len, int advice)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_madvise(sqe, addr, len, advice);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_madvise64(struct rf_ring *ring, uint64_t user_data,
                                                   void *addr, uint64_t len, int advice)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_madvise64(sqe, addr, len, advice);
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

RF_NODISCARD RF_INLINE struct rf_sqe *rf_tee(struct rf_ring *ring, uint64_t user_data, int fd_in,
                                             int fd_out, size_t len, uint32_t splice_flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_tee(sqe, fd_in, fd_out, len, splice_flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_pipe(struct rf_ring *ring, uint64_t user_data, int *fds,
                                              uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_pipe(sqe, fds, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_pipe_direct(struct rf_ring *ring, uint64_t user_data,
                                                     int *fds, uint32_t flags, uint32_t file_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_pipe_direct(sqe, fds, flags, file_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cmd_discard(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, uint64_t offset, uint64_t len)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cmd_discard(sqe, fd, offset, len);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cmd_zone_reset_all(struct rf_ring *ring,
                                                            uint64_t user_data, int fd)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cmd_zone_reset_all(sqe, fd);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
