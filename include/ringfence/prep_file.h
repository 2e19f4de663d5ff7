/* SPDX-License-Identifier: MIT */
/*
 * prep_file.h - reading, writing and other operations on open files, and pipes.
 * What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_FILE_H
#define RINGFENCE_PREP_FILE_H

#include <linux/ioctl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>

RF_BEGIN_DECLS

/*
 * Here offset is in bytes from the start of the file; UINT64_MAX is the
 * file's own position (RF_FEAT_RW_CUR_POS), and pipes and sockets ignore it.
 * RWF_... flags go into sqe->rw_flags. res: bytes done, perhaps fewer than asked.
 */

/* pread(2). @buf: lent until completed. Since 5.6. */
RF_INLINE void rf_prep_read(struct rf_sqe *sqe, int fd, void *buf, size_t len, uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_READ, fd, rfi_addr(buf), len, offset);
}

/* pwrite(2). @buf: lent until completed. Since 5.6. */
RF_INLINE void rf_prep_write(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                             uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_WRITE, fd, rfi_addr(buf), len, offset);
}

/*
 * preadv(2). @iovecs, @count of them: lent until consumed, the memory they
 * describe until completed. Since 5.1.
 */
RF_INLINE void rf_prep_readv(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                             uint32_t count, uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_READV, fd, rfi_addr(iovecs), count, offset);
}

/* pwritev(2). As rf_prep_readv(). Since 5.1. */
RF_INLINE void rf_prep_writev(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                              uint32_t count, uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_WRITEV, fd, rfi_addr(iovecs), count, offset);
}

/* preadv2(2). @flags: RWF_.... Else as rf_prep_readv(). Since 5.1; each flag has its own. */
RF_INLINE void rf_prep_readv2(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                              uint32_t count, uint64_t offset, uint32_t flags)
{
    rf_prep_readv(sqe, fd, iovecs, count, offset);
    sqe->rw_flags = flags;
}

/* pwritev2(2). @flags: RWF_.... Else as rf_prep_writev(). Since 5.1; each flag has its own. */
RF_INLINE void rf_prep_writev2(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                               uint32_t count, uint64_t offset, uint32_t flags)
{
    rf_prep_writev(sqe, fd, iovecs, count, offset);
    sqe->rw_flags = flags;
}

/*
 * Read again and again into provided buffers, a CQE with RF_CQE_F_MORE for each,
 * until one comes without it: an error, the end of the file (res 0), -ENOBUFS.
 * RF_SQE_BUFFER_SELECT is set.
 *
 * @fd      A file that can be polled, such as a pipe: else -EBADFD.
 * @len     0: the kernel insists, and reads as much as fits.
 * @offset  As above; pipes and the like have none: 0 or UINT64_MAX.
 *
 * Since 6.7.
 */
RF_INLINE void rf_prep_read_multishot(struct rf_sqe *sqe, int fd, size_t len, uint64_t offset,
                                      uint16_t group_id)
{
    rf_prep_rw(sqe, RF_OP_READ_MULTISHOT, fd, 0, len, offset);
    rfi_select(sqe, group_id);
}

/*
 * Read into a registered buffer: @buf and @len lie inside that with index
 * @buffer_index. Lent until completed, even if it is unregistered before. Since 5.1.
 */
RF_INLINE void rf_prep_read_fixed(struct rf_sqe *sqe, int fd, void *buf, size_t len,
                                  uint64_t offset, uint16_t buffer_index)
{
    rf_prep_rw(sqe, RF_OP_READ_FIXED, fd, rfi_addr(buf), len, offset);
    sqe->buf_index = buffer_index;
}

/* Write from a registered buffer. As rf_prep_read_fixed(). Since 5.1. */
RF_INLINE void rf_prep_write_fixed(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                                   uint64_t offset, uint16_t buffer_index)
{
    rf_prep_rw(sqe, RF_OP_WRITE_FIXED, fd, rfi_addr(buf), len, offset);
    sqe->buf_index = buffer_index;
}

/*
 * rf_prep_readv2() into a registered buffer: all @iovecs lie inside that with
 * index @buffer_index, lent as for rf_prep_read_fixed(). Since 6.15.
 */
RF_INLINE void rf_prep_readv_fixed(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                                   uint32_t count, uint64_t offset, uint32_t flags,
                                   uint16_t buffer_index)
{
    rf_prep_rw(sqe, RF_OP_READV_FIXED, fd, rfi_addr(iovecs), count, offset);
    sqe->rw_flags = flags;
    sqe->buf_index = buffer_index;
}

/* rf_prep_writev2() from a registered buffer. As rf_prep_readv_fixed(). Since 6.15. */
RF_INLINE void rf_prep_writev_fixed(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                                    uint32_t count, uint64_t offset, uint32_t flags,
                                    uint16_t buffer_index)
{
    rf_prep_rw(sqe, RF_OP_WRITEV_FIXED, fd, rfi_addr(iovecs), count, offset);
    sqe->rw_flags = flags;
    sqe->buf_index = buffer_index;
}

/*
 * fsync(2), or fdatasync(2) with @flags RF_FSYNC_DATASYNC. Of the whole file,
 * unless sqe->off and sqe->len are set. Not ordered after writes in flight: link
 * it to them. res 0. Since 5.1.
 */
RF_INLINE void rf_prep_fsync(struct rf_sqe *sqe, int fd, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_FSYNC, fd, 0, 0, 0);
    sqe->fsync_flags = flags;
}

/*
 * sync_file_range(2): @len bytes, at most 2^32 - 1, from @offset on; @len 0: to
 * the end. @flags: SYNC_FILE_RANGE_.... res 0. Since 5.2.
 */
RF_INLINE void rf_prep_sync_file_range(struct rf_sqe *sqe, int fd, size_t len, uint64_t offset,
                                       uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_SYNC_FILE_RANGE, fd, 0, rfi_fit32(len), offset);
    sqe->sync_range_flags = flags;
}

/* ftruncate(2). @length in bytes. res 0. Since 6.9. */
RF_INLINE void rf_prep_ftruncate(struct rf_sqe *sqe, int fd, uint64_t length)
{
    rf_prep_rw(sqe, RF_OP_FTRUNCATE, fd, 0, 0, length);
}

/*
 * posix_fadvise(2). @advice: POSIX_FADV_.... @len: bytes, at most 2^32 - 1; 0: to the
 * end. res 0. Since 5.6.
 */
RF_INLINE void rf_prep_fadvise(struct rf_sqe *sqe, int fd, uint64_t offset, size_t len, int advice)
{
    rf_prep_rw(sqe, RF_OP_FADVISE, fd, 0, rfi_fit32(len), offset);
    sqe->fadvise_advice = (uint32_t)advice;
}

/* The same for any length; -EINVAL from older kernels. Since 6.11. */
RF_INLINE void rf_prep_fadvise64(struct rf_sqe *sqe, int fd, uint64_t offset, uint64_t len,
                                 int advice)
{
    rf_prep_rw(sqe, RF_OP_FADVISE, fd, len, 0, offset);
    sqe->fadvise_advice = (uint32_t)advice;
}

/*
 * madvise(2) on memory of this process: @len bytes, at most 2^32 - 1, from @addr on.
 * @advice: MADV_.... The mapping is lent until completed. res 0. Since 5.6.
 */
RF_INLINE void rf_prep_madvise(struct rf_sqe *sqe, void *addr, size_t len, int advice)
{
    rf_prep_rw(sqe, RF_OP_MADVISE, -1, rfi_addr(addr), rfi_fit32(len), 0);
    sqe->fadvise_advice = (uint32_t)advice;
}

/* The same for any length; -EINVAL from older kernels. Since 6.11. */
RF_INLINE void rf_prep_madvise64(struct rf_sqe *sqe, void *addr, uint64_t len, int advice)
{
    rf_prep_rw(sqe, RF_OP_MADVISE, -1, rfi_addr(addr), 0, len);
    sqe->fadvise_advice = (uint32_t)advice;
}

/*
 * splice(2): @len bytes from @fd_in to @fd_out, one of them a pipe.
 *
 * @off_in, @off_out  UINT64_MAX for the pipe, or for the file's own position.
 * @splice_flags      SPLICE_F_..., and RF_SPLICE_F_FD_IN_FIXED: @fd_in is a slot.
 *
 * res: bytes moved; if fewer than @len, a link breaks. Since 5.7.
 */
RF_INLINE void rf_prep_splice(struct rf_sqe *sqe, int fd_in, uint64_t off_in, int fd_out,
                              uint64_t off_out, size_t len, uint32_t splice_flags)
{
    rf_prep_rw(sqe, RF_OP_SPLICE, fd_out, off_in, len, off_out);
    sqe->splice_fd_in = fd_in;
    sqe->splice_flags = splice_flags;
}

/*
 * tee(2): copy @len bytes from the pipe @fd_in to the pipe @fd_out; they stay in the
 * first. @splice_flags and res as for rf_prep_splice(). Since 5.8.
 */
RF_INLINE void rf_prep_tee(struct rf_sqe *sqe, int fd_in, int fd_out, size_t len,
                           uint32_t splice_flags)
{
    rf_prep_rw(sqe, RF_OP_TEE, fd_out, 0, len, 0);
    sqe->splice_fd_in = fd_in;
    sqe->splice_flags = splice_flags;
}

/*
 * pipe2(2). @fds: two, for reading and for writing; lent until completed. @flags: O_....
 * res 0. Since 6.16.
 */
RF_INLINE void rf_prep_pipe(struct rf_sqe *sqe, int *fds, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_PIPE, 0, rfi_addr(fds), 0, 0);
    sqe->pipe_flags = flags;
}

/*
 * The same into slots of the registered files, without O_CLOEXEC.
 *
 * @file_index  Slot for the reading end; the writing end goes into the next. What was
 *              there is replaced. RF_FILE_INDEX_ALLOC: any two, whose numbers are
 *              in @fds then; -ENFILE if there are none.
 *
 * Since 6.16.
 */
RF_INLINE void rf_prep_pipe_direct(struct rf_sqe *sqe, int *fds, uint32_t flags,
                                   uint32_t file_index)
{
    rf_prep_pipe(sqe, fds, flags);
    sqe->file_index = rfi_slot(file_index);
}

/* --- commands of block devices ------------------------------------------- */

/*
 * The codes of commands that block devices know. Not numbers: a few
 * architectures have other bits there.
 */
#define RF_BLOCK_URING_CMD_DISCARD _IO(0x12, 0)        /* 6.12 */
#define RF_BLOCK_URING_CMD_ZONE_RESET_ALL _IO(0x12, 1) /* 7.2 */

/*
 * Discard @len bytes of the block device @fd from @offset on, whole logical blocks:
 * what was there is gone. res 0. Since 6.12.
 */
RF_INLINE void rf_prep_cmd_discard(struct rf_sqe *sqe, int fd, uint64_t offset, uint64_t len)
{
    rf_prep_uring_cmd(sqe, RF_BLOCK_URING_CMD_DISCARD, fd);
    sqe->addr = offset;
    sqe->addr3 = len;
}

/* Reset all zones of the zoned block device @fd: all data is gone. res 0. Since 7.2. */
RF_INLINE void rf_prep_cmd_zone_reset_all(struct rf_sqe *sqe, int fd)
{
    rf_prep_uring_cmd(sqe, RF_BLOCK_URING_CMD_ZONE_RESET_ALL, fd);
}

RF_END_DECLS

#endif
