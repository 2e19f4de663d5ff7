/* SPDX-License-Identifier: MIT */
/*
 * prep_resource.h - registered files and provided buffers. What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_RESOURCE_H
#define RINGFENCE_PREP_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>

RF_BEGIN_DECLS

/*
 * Put @fds, @count of them, into the registered files from slot @offset on: -1
 * empties a slot, RF_REGISTER_FILES_SKIP leaves it alone. @fds is lent until completed,
 * and so are the descriptors in it. res: slots done. Since 5.6.
 */
RF_INLINE void rf_prep_files_update(struct rf_sqe *sqe, const int *fds, uint32_t count,
                                    uint32_t offset)
{
    /* That would have the kernel write to @fds: rf_prep_files_update_alloc(). */
    RF_ASSERT(offset != RF_FILE_INDEX_ALLOC);
    rf_prep_rw(sqe, RF_OP_FILES_UPDATE, -1, rfi_addr(fds), count, offset);
}

/* The same into free slots, whose numbers replace the descriptors in @fds. Since 5.19. */
RF_INLINE void rf_prep_files_update_alloc(struct rf_sqe *sqe, int *fds, uint32_t count)
{
    rf_prep_rw(sqe, RF_OP_FILES_UPDATE, -1, rfi_addr(fds), count, RF_FILE_INDEX_ALLOC);
}

/*
 * Make a registered file a descriptor too, closed on exec unless @flags has
 * RF_FIXED_FD_NO_CLOEXEC. RF_SQE_FIXED_FILE is set. res: the descriptor. Since 6.8.
 */
RF_INLINE void rf_prep_fixed_fd_install(struct rf_sqe *sqe, uint32_t file_index, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_FIXED_FD_INSTALL, rfi_fit31(file_index), 0, 0, 0);
    sqe->flags = RF_SQE_FIXED_FILE;
    sqe->install_fd_flags = flags;
}

/*
 * Provide @count buffers of @buffer_len bytes each, one after the other from
 * @buffers on, with ids from @buffer_id on, to group @group_id. A buffer ring
 * (buffers.h) is faster.
 *
 * @count      1 .. 65536, and no id may be above 65535.
 * @group_id   0 .. 65535
 * @buffer_id  0 .. 65535
 *
 * Each buffer is lent until a CQE brings its id back, or it is removed.
 * res 0. Since 5.7.
 */
RF_INLINE void rf_prep_provide_buffers(struct rf_sqe *sqe, void *buffers, size_t buffer_len,
                                       size_t count, size_t group_id, size_t buffer_id)
{
    rf_prep_rw(sqe, RF_OP_PROVIDE_BUFFERS, rfi_fit31(count), rfi_addr(buffers),
               rfi_fit32(buffer_len), rfi_fit16(buffer_id));
    sqe->buf_group = rfi_fit16(group_id);
}

/* Take up to @count buffers of a group back, those not in use. res: how many. Since 5.7. */
RF_INLINE void rf_prep_remove_buffers(struct rf_sqe *sqe, size_t count, size_t group_id)
{
    rf_prep_rw(sqe, RF_OP_REMOVE_BUFFERS, rfi_fit31(count), 0, 0, 0);
    sqe->buf_group = rfi_fit16(group_id);
}

RF_END_DECLS

#endif
