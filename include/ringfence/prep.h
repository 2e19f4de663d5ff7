/* SPDX-License-Identifier: MIT */
/*
 * prep.h - fill one SQE. Pure: no ring, no system call, nothing is lent yet.
 *
 * Every prep writes all 64 bytes: what it does not name becomes 0, so flags
 * and user_data are set after it. The second half of a 128-byte SQE was cleared
 * by rf_get_sqe() and is left alone.
 *
 * Lengths of data are size_t and saturate at 2^32 - 1, and the kernel itself
 * stops at about 2^31: as with read(2) the result tells how much was done. Any other
 * number that does not fit its field is a broken contract and traps.
 */
#ifndef RINGFENCE_PREP_H
#define RINGFENCE_PREP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>

RF_BEGIN_DECLS

RF_INLINE uint32_t rfi_len32(size_t len)
{
    return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

RF_INLINE uint64_t rfi_addr(const void *ptr)
{
    return (uint64_t)(uintptr_t)ptr;
}

RF_INLINE void rf_prep_rw(struct rf_sqe *sqe, enum rf_op op, int fd, uint64_t addr, size_t len,
                          uint64_t offset)
{
    /* Field by field: the compiler merges the zeros with their neighbours. */
    sqe->opcode = (uint8_t)op;
    sqe->flags = 0;
    sqe->ioprio = 0;
    sqe->fd = fd;
    sqe->off = offset;
    sqe->addr = addr;
    sqe->len = rfi_len32(len);
    sqe->rw_flags = 0;
    sqe->user_data = 0;
    sqe->buf_index = 0;
    sqe->personality = 0;
    sqe->file_index = 0;
    sqe->addr3 = 0;
    sqe->pad2[0] = 0;
}

RF_INLINE void rf_prep_read(struct rf_sqe *sqe, int fd, void *buf, size_t len, uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_READ, fd, rfi_addr(buf), len, offset);
}

RF_END_DECLS

#endif
