/* SPDX-License-Identifier: MIT */
/*
 * prep_file.h - reading, writing and other operations on open files. What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_FILE_H
#define RINGFENCE_PREP_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>

RF_BEGIN_DECLS

/*
 * In this part offset is in bytes from the start of the file; UINT64_MAX is the
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

RF_END_DECLS

#endif
