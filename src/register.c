/* SPDX-License-Identifier: MIT */
/* register.c - register.h. The shape of each call is as __io_uring_register() checks it. */
#include <string.h>

#include <ringfence/register.h>

#include "map.h"

/* The kernel's interface has one pointer, without const, for what it reads and writes. */
static void *not_const(const void *arg)
{
    return (void *)(uintptr_t)arg;
}

/* --- files --------------------------------------------------------------- */

int rf_register_files(struct rf_ring *ring, const int *fds, uint32_t count)
{
    return rfi_register(ring, RF_REGISTER_FILES, not_const(fds), count);
}

int rf_register_files_sparse(struct rf_ring *ring, uint32_t count)
{
    struct rf_rsrc_register arg;
    memset(&arg, 0, sizeof arg);
    arg.nr = count;
    arg.flags = RF_RSRC_REGISTER_SPARSE;
    /* This one wants the size of its argument in place of a count. */
    return rfi_register(ring, RF_REGISTER_FILES2, &arg, sizeof arg);
}

int rf_register_files_update(struct rf_ring *ring, uint32_t offset, const int *fds, uint32_t count)
{
    struct rf_files_update arg;
    memset(&arg, 0, sizeof arg);
    arg.offset = offset;
    arg.fds = (uint64_t)(uintptr_t)fds;
    return rfi_register(ring, RF_REGISTER_FILES_UPDATE, &arg, count);
}

int rf_register_file_alloc_range(struct rf_ring *ring, uint32_t offset, uint32_t count)
{
    struct rf_file_index_range arg;
    memset(&arg, 0, sizeof arg);
    arg.off = offset;
    arg.len = count;
    /* And this one wants 0 there. */
    return rfi_register(ring, RF_REGISTER_FILE_ALLOC_RANGE, &arg, 0);
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
    return rfi_register(ring, RF_REGISTER_BUFFERS, not_const(bufs), count);
}

int rf_unregister_buffers(struct rf_ring *ring)
{
    return rfi_register(ring, RF_UNREGISTER_BUFFERS, NULL, 0);
}

/* --- busy polling of network devices ------------------------------------- */

int rf_register_napi(struct rf_ring *ring, struct rf_napi *napi)
{
    return rfi_register(ring, RF_REGISTER_NAPI, napi, 1);
}

int rf_unregister_napi(struct rf_ring *ring, struct rf_napi *napi)
{
    struct rf_napi removed;
    memset(&removed, 0, sizeof removed);
    int err = rfi_register(ring, RF_UNREGISTER_NAPI, &removed, 1);
    if (err >= 0)
        *napi = removed;
    return err;
}
