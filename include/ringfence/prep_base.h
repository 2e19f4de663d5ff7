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

/* --- helpers ------------------------------------------------------------- */

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

/* --- any operation ------------------------------------------------------- */

/* What most operations share; the others below build on it. Writes every field. */
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

RF_END_DECLS

#endif
