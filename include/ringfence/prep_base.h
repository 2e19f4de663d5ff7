/* SPDX-License-Identifier: MIT */
/*
 * prep_base.h - what all preps are made of. What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_BASE_H
#define RINGFENCE_PREP_BASE_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>

RF_BEGIN_DECLS

/* --- flags, links and user_data of any operation ------------------------- */

RF_INLINE uint32_t rfi_len32(size_t len)
{
    return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

RF_INLINE uint64_t rfi_addr(const void *ptr)
{
    return (uint64_t)(uintptr_t)ptr;
}

RF_INLINE uint32_t rfi_fit32(size_t value)
{
    RF_ASSERT(value <= UINT32_MAX);
    return (uint32_t)value;
}

RF_INLINE int32_t rfi_fit31(size_t value)
{
    RF_ASSERT(value <= INT32_MAX);
    return (int32_t)value;
}

RF_INLINE uint16_t rfi_fit16(size_t value)
{
    RF_ASSERT(value <= UINT16_MAX);
    return (uint16_t)value;
}

/* A slot as the kernel wants it: one more, since 0 means "no slot". */
RF_INLINE uint32_t rfi_slot(uint32_t file_index)
{
    if (file_index == RF_FILE_INDEX_ALLOC)
        return file_index;
    RF_ASSERT(file_index < RF_FILE_INDEX_ALLOC - 1); /* one more would be ALLOC */
    return file_index + 1;
}

RF_INLINE uint32_t rfi_swap_halves(uint32_t word)
{
    return word << 16 | word >> 16;
}

/*
 * The field began as 16 bits, and the kernel still wants those 16 where they were:
 * in the first two bytes. On big endian these are the upper half of the word.
 */
RF_INLINE uint32_t rfi_poll_mask(uint32_t mask)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? rfi_swap_halves(mask) : mask;
}

/* A buffer of the group, which the kernel picks. After the prep. */
RF_INLINE void rfi_select(struct rf_sqe *sqe, uint16_t group_id)
{
    sqe->flags = RF_SQE_BUFFER_SELECT;
    sqe->buf_group = group_id;
}

/**
 * rf_sqe_set_flags() - add RF_SQE_... flags; those that are set stay set.
 *
 * After the prep, which writes flags too.
 */
RF_INLINE void rf_sqe_set_flags(struct rf_sqe *sqe, uint32_t flags)
{
    RF_ASSERT(flags <= UINT8_MAX);
    sqe->flags = (uint8_t)(sqe->flags | flags);
}

/* The next SQE starts when this one has succeeded, else it ends with -ECANCELED. After the prep. */
RF_INLINE void rf_sqe_link_next(struct rf_sqe *sqe)
{
    rf_sqe_set_flags(sqe, RF_SQE_IO_LINK);
}

/* The group that buffers are selected from, with RF_SQE_BUFFER_SELECT. After the prep. */
RF_INLINE void rf_sqe_set_buf_group(struct rf_sqe *sqe, uint16_t group_id)
{
    sqe->buf_group = group_id;
}

/* user_data, which comes back in each CQE of the operation. After the prep. */
RF_INLINE void rf_sqe_set_data64(struct rf_sqe *sqe, uint64_t data)
{
    sqe->user_data = data;
}

/* The same with a pointer, which the kernel does not follow. After the prep. */
RF_INLINE void rf_sqe_set_data(struct rf_sqe *sqe, const void *data)
{
    sqe->user_data = rfi_addr(data);
}

/* The number that rf_sqe_set_data64() set, or that was queued as user_data. */
RF_INLINE uint64_t rf_cqe_get_data64(const struct rf_cqe *cqe)
{
    return cqe->user_data;
}

/* The pointer that rf_sqe_set_data() set. Of use only if it was set so. */
RF_INLINE void *rf_cqe_get_data(const struct rf_cqe *cqe)
{
    return (void *)(uintptr_t)cqe->user_data;
}

/* --- operations of every kind -------------------------------------------- */

/**
 * rf_prep_rw() - fill an SQE for any operation: what most of them share.
 *
 * @op      RF_OP_...; the table of operations (ops.h) tells what the fields mean to it.
 * @fd      sqe->fd
 * @addr    sqe->addr: a pointer goes in as (uint64_t)(uintptr_t)pointer.
 * @len     sqe->len; more than 2^32 - 1 counts as that.
 * @offset  sqe->off
 *
 * All other fields become 0. For operations that have no function of their own; the
 * other preps build on it.
 */
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

/* Does nothing. res 0. Since 5.1. */
RF_INLINE void rf_prep_nop(struct rf_sqe *sqe)
{
    rf_prep_rw(sqe, RF_OP_NOP, 0, 0, 0, 0);
}

/*
 * Does nothing either, with an SQE of 128 bytes: the ring has RF_SETUP_SQE128, or @sqe is
 * the first of two slots of one with RF_SETUP_SQE_MIXED. res 0. Since 6.19.
 */
RF_INLINE void rf_prep_nop128(struct rf_sqe *sqe)
{
    rf_prep_rw(sqe, RF_OP_NOP128, 0, 0, 0, 0);
}

/*
 * A command of the file @fd, whose driver says what @cmd_op means.
 *
 * Its arguments go into the command area after this, at RF_SQE_CMD_OFFSET: 16
 * bytes, which are 0 here; 80 with RF_SETUP_SQE128. They stay those that were
 * submitted; what they point to is lent until completed.
 *
 * res: as the driver says. Since 5.19.
 */
RF_INLINE void rf_prep_uring_cmd(struct rf_sqe *sqe, uint32_t cmd_op, int fd)
{
    rf_prep_rw(sqe, RF_OP_URING_CMD, fd, 0, 0, 0);
    /* The member: it is the first half of off on either byte order. */
    sqe->cmd_op = cmd_op;
}

/*
 * rf_prep_uring_cmd() with 80 bytes of arguments, in an SQE of 128 bytes as for
 * rf_prep_nop128(). Here the first 16 are 0; the last 64 are left alone. Since 6.19.
 */
RF_INLINE void rf_prep_uring_cmd128(struct rf_sqe *sqe, uint32_t cmd_op, int fd)
{
    rf_prep_uring_cmd(sqe, cmd_op, fd);
    sqe->opcode = RF_OP_URING_CMD128;
}

RF_END_DECLS

#endif
