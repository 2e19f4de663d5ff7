/* SPDX-License-Identifier: MIT */
/* register.c - register.h. The shape of each call is as __io_uring_register() checks it. */
#include <ringfence/register.h>

#include <errno.h>
#include <string.h>

#include "caps.h"
#include "rlimits.h"
#include "map.h"
#include "register.h"

/* --- tables of files and of buffers -------------------------------------- */

/* These want the size of their argument in place of a count. */
static int register_table(struct rf_ring *ring, uint32_t opcode, const void *data,
                          const uint64_t *tags, uint32_t count)
{
    struct rf_rsrc_register arg;
    memset(&arg, 0, sizeof arg);
    arg.nr = count;
    arg.data = (uint64_t)(uintptr_t)data;
    arg.tags = (uint64_t)(uintptr_t)tags;
    return rfi_register_known(ring, opcode, &arg, sizeof arg);
}

static int register_sparse(struct rf_ring *ring, uint32_t opcode, uint32_t count)
{
    struct rf_rsrc_register arg;
    memset(&arg, 0, sizeof arg);
    arg.nr = count;
    arg.flags = RF_RSRC_REGISTER_SPARSE;
    int result = rfi_register_known(ring, opcode, &arg, sizeof arg);
    if (result != -EINVAL || rfi_try_sparse(ring, opcode) != -EINVAL)
        return result;
    return rfi_too_old(ring, rfi_lacks(RF_CAP_DETAIL, RF_DETAIL_SPARSE_TABLES));
}

static int update_table(struct rf_ring *ring, uint32_t opcode, uint32_t offset, const void *data,
                        const uint64_t *tags, uint32_t count)
{
    struct rf_rsrc_update2 arg;
    memset(&arg, 0, sizeof arg);
    arg.offset = offset;
    arg.data = (uint64_t)(uintptr_t)data;
    arg.tags = (uint64_t)(uintptr_t)tags;
    arg.nr = count;
    return rfi_register_known(ring, opcode, &arg, sizeof arg);
}

/* --- files --------------------------------------------------------------- */

int rf_register_files(struct rf_ring *ring, const int *fds, uint32_t count)
{
    int result = rfi_register(ring, RF_REGISTER_FILES, rfi_not_const(fds), count);
    return rfi_tell_slots(ring, result, count);
}

int rf_register_files_tags(struct rf_ring *ring, const int *fds, const uint64_t *tags,
                           uint32_t count)
{
    int result = register_table(ring, RF_REGISTER_FILES2, fds, tags, count);
    return rfi_tell_slots(ring, result, count);
}

int rf_register_files_sparse(struct rf_ring *ring, uint32_t count)
{
    int result = register_sparse(ring, RF_REGISTER_FILES2, count);
    return rfi_tell_slots(ring, result, count);
}

int rf_register_files_update(struct rf_ring *ring, uint32_t offset, const int *fds, uint32_t count)
{
    struct rf_files_update arg;
    memset(&arg, 0, sizeof arg);
    arg.offset = offset;
    arg.fds = (uint64_t)(uintptr_t)fds;
    return rfi_register(ring, RF_REGISTER_FILES_UPDATE, &arg, count);
}

int rf_register_files_update_tag(struct rf_ring *ring, uint32_t offset, const int *fds,
                                 const uint64_t *tags, uint32_t count)
{
    return update_table(ring, RF_REGISTER_FILES_UPDATE2, offset, fds, tags, count);
}

int rf_register_file_alloc_range(struct rf_ring *ring, uint32_t offset, uint32_t count)
{
    struct rf_file_index_range arg;
    memset(&arg, 0, sizeof arg);
    arg.off = offset;
    arg.len = count;
    /* This one wants no count at all. */
    return rfi_register_known(ring, RF_REGISTER_FILE_ALLOC_RANGE, &arg, 0);
}

int rf_unregister_files(struct rf_ring *ring)
{
    return rfi_register(ring, RF_UNREGISTER_FILES, NULL, 0);
}

/* --- eventfd ------------------------------------------------------------- */

int rf_register_eventfd(struct rf_ring *ring, int fd)
{
    return rfi_register(ring, RF_REGISTER_EVENTFD, &fd, 1);
}

int rf_register_eventfd_async(struct rf_ring *ring, int fd)
{
    return rfi_register(ring, RF_REGISTER_EVENTFD_ASYNC, &fd, 1);
}

int rf_unregister_eventfd(struct rf_ring *ring)
{
    return rfi_register(ring, RF_UNREGISTER_EVENTFD, NULL, 0);
}

/* --- buffers ------------------------------------------------------------- */

int rf_register_buffers(struct rf_ring *ring, const struct iovec *bufs, uint32_t count)
{
    int result = rfi_register(ring, RF_REGISTER_BUFFERS, rfi_not_const(bufs), count);
    return rfi_tell_pinned(ring, result, bufs, count);
}

int rf_register_buffers_tags(struct rf_ring *ring, const struct iovec *bufs, const uint64_t *tags,
                             uint32_t count)
{
    int result = register_table(ring, RF_REGISTER_BUFFERS2, bufs, tags, count);
    return rfi_tell_pinned(ring, result, bufs, count);
}

int rf_register_buffers_sparse(struct rf_ring *ring, uint32_t count)
{
    return register_sparse(ring, RF_REGISTER_BUFFERS2, count);
}

int rf_register_buffers_update_tag(struct rf_ring *ring, uint32_t offset, const struct iovec *bufs,
                                   const uint64_t *tags, uint32_t count)
{
    int result = update_table(ring, RF_REGISTER_BUFFERS_UPDATE, offset, bufs, tags, count);
    return rfi_tell_pinned(ring, result, bufs, count);
}

int rf_clone_buffers_offset(struct rf_ring *dst, struct rf_ring *src, uint32_t dst_off,
                            uint32_t src_off, uint32_t nr, uint32_t flags)
{
    struct rf_clone_buffers arg;
    memset(&arg, 0, sizeof arg);
    arg.flags = flags & ~RF_REGISTER_SRC_REGISTERED;
    arg.src_off = src_off;
    arg.dst_off = dst_off;
    arg.nr = nr;
    /* A descriptor is good in every thread, an index only in the one that registered it. */
    int src_fd = src->fd;
    if (src_fd < 0 && src->register_flags) {
        src_fd = src->enter_fd;
        arg.flags |= RF_REGISTER_SRC_REGISTERED;
    }
    if (src_fd < 0)
        return rfi_refuse(dst, -EBADF, "the ring to clone from is closed");
    arg.src_fd = (uint32_t)src_fd;

    int result = rfi_register_known(dst, RF_REGISTER_CLONE_BUFFERS, &arg, 1);
    bool of_a_range = dst_off || src_off || nr || arg.flags & RF_REGISTER_DST_REPLACE;
    if (result != -EINVAL || !of_a_range || rfi_try_ranges(dst) == -EBADF)
        return result;
    return rfi_too_old(dst, rfi_lacks(RF_CAP_DETAIL, RF_DETAIL_CLONE_RANGES));
}

int rf_clone_buffers(struct rf_ring *dst, struct rf_ring *src)
{
    return rf_clone_buffers_offset(dst, src, 0, 0, 0, 0);
}

int rf_unregister_buffers(struct rf_ring *ring)
{
    return rfi_register(ring, RF_UNREGISTER_BUFFERS, NULL, 0);
}

/* --- busy polling of network devices ------------------------------------- */

int rf_register_napi(struct rf_ring *ring, struct rf_napi *napi)
{
    /* Such a ring is refused before anything else is looked at. */
    if (ring->flags & RF_SETUP_IOPOLL)
        return rfi_register(ring, RF_REGISTER_NAPI, napi, 1);
    return rfi_register_known(ring, RF_REGISTER_NAPI, napi, 1);
}

int rf_unregister_napi(struct rf_ring *ring, struct rf_napi *napi)
{
    struct rf_napi removed;
    memset(&removed, 0, sizeof removed);
    int err = rfi_register_known(ring, RF_UNREGISTER_NAPI, &removed, 1);
    if (err >= 0)
        *napi = removed;
    return err;
}
