/* SPDX-License-Identifier: MIT */
/* wait_setup.c - wait.h: what a ring is told once about its waits. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <ringfence/memory.h>
#include <ringfence/wait.h>

#include "caps.h"
#include "map.h"
#include "register.h"
#include "ring.h"

int rf_set_iowait(struct rf_ring *ring, bool enable)
{
    ring->reason = NULL;
    if (!(ring->features & RF_FEAT_NO_IOWAIT))
        return rfi_refuse(ring, -EOPNOTSUPP, rfi_lacks_flag(RF_CAP_FEATURE, RF_FEAT_NO_IOWAIT));
    if (enable)
        ring->enter_flags &= ~RF_ENTER_NO_IOWAIT;
    else
        ring->enter_flags |= RF_ENTER_NO_IOWAIT;
    return 0;
}

int rf_register_clock(struct rf_ring *ring, const struct rf_clock_register *clock)
{
    struct rf_clock_register arg = *clock;
    int result = rfi_register_known(ring, RF_REGISTER_CLOCK, &arg, 0);
    if (result < 0)
        return result;
    ring->clock = clock->clockid;
    return 0;
}

/* --- registered waits ---------------------------------------------------- */

void rfi_adopt_waits(struct rf_ring *ring, const struct rf_mem_region_reg *reg)
{
    if (!(reg->flags & RF_MEM_REGION_REG_WAIT_ARG))
        return;
    const struct rf_region_desc *region =
        (const struct rf_region_desc *)(uintptr_t)reg->region_uptr;
    struct rfi_region waits = {(void *)(uintptr_t)region->user_addr, (size_t)region->size, false};
    if (!(region->flags & RF_MEM_REGION_TYPE_USER)) {
        /* Without a descriptor it cannot be mapped, and what it holds cannot be looked at. */
        if (ring->fd < 0 || ring->sys->map(ring->sys, ring->fd, region->mmap_offset, waits.bytes,
                                           &waits.addr))
            return;
        waits.ours = true;
    }
    ring->waits = waits;
    ring->waits_count = (uint32_t)(waits.bytes / sizeof(struct rf_reg_wait));
}

static int register_waits(struct rf_ring *ring, void *addr, size_t bytes)
{
    struct rf_region_desc region;
    memset(&region, 0, sizeof region);
    region.user_addr = (uint64_t)(uintptr_t)addr;
    region.size = bytes;
    region.flags = RF_MEM_REGION_TYPE_USER;
    struct rf_mem_region_reg arg;
    memset(&arg, 0, sizeof arg);
    arg.region_uptr = (uint64_t)(uintptr_t)&region;
    arg.flags = RF_MEM_REGION_REG_WAIT_ARG;
    int result = rf_register_region(ring, &arg);
    if (result == -EINVAL)
        return rfi_refuse(ring, result,
                          "the ring has been enabled: its waits can no longer be registered");
    return result < 0 ? result : 0;
}

int rf_setup_reg_wait(struct rf_ring *ring, uint32_t count, struct rf_reg_wait **ret_waits)
{
    ring->reason = NULL;
    if (count == 0)
        return rfi_refuse(ring, -EINVAL, "no slots for registered waits");
    if (!(ring->flags & RF_SETUP_R_DISABLED))
        return rfi_refuse(
            ring, -EINVAL,
            "waits can be registered only with a disabled ring (RF_SETUP_R_DISABLED)");
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    /* One to spare: the last of a region is not read, see rf_submit_and_wait_reg(). */
    size_t pages = (((size_t)count + 1) * sizeof(struct rf_reg_wait) + page - 1) / page;
    void *addr;
    int err = ring->sys->map(ring->sys, -1, 0, pages * page, &addr);
    if (err)
        return err;
    err = register_waits(ring, addr, pages * page);
    if (err) {
        (void)ring->sys->unmap(ring->sys, addr, pages * page);
        return err;
    }
    ring->waits.ours = true;
    ring->waits_count = count; /* and not all that the pages hold */
    *ret_waits = (struct rf_reg_wait *)addr;
    return 0;
}

void rf_reg_wait_set(struct rf_reg_wait *wait, const struct rf_timespec *ts,
                     uint32_t min_wait_usec, const sigset_t *sigmask)
{
    memset(wait, 0, sizeof *wait);
    if (ts) {
        wait->ts = *ts;
        wait->flags = RF_REG_WAIT_TS;
    }
    wait->min_wait_usec = min_wait_usec;
    wait->sigmask = (uint64_t)(uintptr_t)sigmask;
    wait->sigmask_sz = sigmask ? _NSIG / 8 : 0;
}
