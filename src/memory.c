/* SPDX-License-Identifier: MIT */
/* memory.c - memory.h, but for resizing, which has a file of its own. */
#include "memory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "check/hooks.h"
#include "map.h"
#include "register.h"
#include "ring.h"
#include "sys.h"

/* --- locked memory ------------------------------------------------------- */

/*
 * 5.12 moved the accounting of rings to the control group, 6.14 made them regions, which
 * count like any other. No feature tells of that; but one that came with either release does.
 */
static bool rings_count(uint32_t features)
{
    return !(features & RF_FEAT_NATIVE_WORKERS) || features & RF_FEAT_RW_ATTR;
}

int64_t rfi_mlock_size_sys(const struct rf_sys *sys, uint32_t entries,
                           const struct rf_params *params)
{
    int64_t bytes = rf_memory_size_params(entries, params);
    if (bytes < 0)
        return bytes;
    struct rf_ring ring;
    struct rf_params least;
    memset(&least, 0, sizeof least);
    int err = rfi_init_unchecked(&ring, 1, &least, sys);
    if (err == -ENOMEM || err == -EAGAIN)
        return bytes; /* as if the limit was used up, so it counts */
    if (err)
        return err;
    bool count = rings_count(ring.features);
    rf_deinit(&ring);
    return count ? bytes : 0;
}

int64_t rf_mlock_size_params(uint32_t entries, const struct rf_params *params)
{
    return rfi_mlock_size_sys(&rf_sys_kernel, entries, params);
}

int64_t rf_mlock_size(uint32_t entries, uint32_t flags)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flags;
    return rf_mlock_size_params(entries, &params);
}

/* --- forking ------------------------------------------------------------- */

static int leave_out(const struct rfi_region *region)
{
    return region->addr ? rfi_dontfork(region->addr, region->bytes) : 0;
}

int rfi_leave_out_all(const struct rf_ring *ring)
{
    int err = leave_out(&ring->rings);
    if (!err)
        err = leave_out(&ring->sqe_memory);
    if (!err)
        err = leave_out(&ring->waits);
    return err;
}

int rf_ring_dontfork(struct rf_ring *ring)
{
    if (rfi_is_closed(ring))
        return rfi_refuse(ring, -EBADF, "the ring is closed");
    ring->reason = NULL;
    int err = rfi_leave_out_all(ring);
    if (err)
        return err;
    ring->unforked_pid = getpid();
    return 0;
}

/* --- regions ------------------------------------------------------------- */

int rf_register_region(struct rf_ring *ring, struct rf_mem_region_reg *region)
{
    int result = rfi_register_known(ring, RF_REGISTER_MEM_REGION, region, 1);
    if (result >= 0)
        rfi_adopt_waits(ring, region);
    return result;
}
