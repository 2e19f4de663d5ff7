/* SPDX-License-Identifier: MIT */
/* buffers.c - buffers.h, first part: buffer rings. */
#include "buffers.h"

#include <errno.h>
#include <string.h>

#include "caps.h"
#include "map.h"
#include "register.h"
#include "rlimits.h"

size_t rfi_buf_ring_bytes(uint32_t entries)
{
    return entries * sizeof(struct rf_buf);
}

static struct rf_buf_reg reg_of(const void *br, uint32_t entries, uint16_t group_id, uint32_t flags)
{
    struct rf_buf_reg reg;
    memset(&reg, 0, sizeof reg);
    reg.ring_addr = (uint64_t)(uintptr_t)br;
    reg.ring_entries = entries;
    reg.bgid = group_id;
    reg.flags = (uint16_t)flags;
    return reg;
}

static int unregister(struct rf_ring *ring, uint16_t group_id)
{
    struct rf_buf_reg reg = reg_of(NULL, 0, group_id, 0);
    int result = rfi_register_known(ring, RF_UNREGISTER_PBUF_RING, &reg, 1);
    return result < 0 ? result : 0;
}

/* --- registering --------------------------------------------------------- */

static int check_flags(struct rf_ring *ring, uint32_t flags)
{
    if (flags & ~(RF_PBUF_RING_INC | RF_PBUF_RING_MMAP))
        return rfi_refuse(ring, -EOPNOTSUPP,
                          "a flag of buffer rings that this version of ringfence does not know");
    return 0;
}

static const char *lacks_of(const struct rf_buf_reg *reg)
{
    if (reg->min_left)
        return "this kernel lacks min_left, which came with Linux 7.1 and some stable releases";
    if (reg->flags & RF_PBUF_RING_INC)
        return rfi_lacks(RF_CAP_DETAIL, RF_DETAIL_BUF_RING_INC);
    return rfi_lacks(RF_CAP_DETAIL, RF_DETAIL_BUF_RING_MMAP);
}

/*
 * The same request in the way of the first kernels that had buffer rings. When that is
 * taken, and the request was not, it was for what came later.
 */
static bool plain_is_taken(struct rf_ring *ring, const struct rf_buf_reg *reg)
{
    void *addr = (void *)(uintptr_t)reg->ring_addr;
    bool mapped = reg->flags & RF_PBUF_RING_MMAP;
    size_t bytes = rfi_buf_ring_bytes(reg->ring_entries);
    if (mapped && (reg->ring_entries > 32768 || ring->sys->map(ring->sys, -1, 0, bytes, &addr)))
        return false;
    struct rf_buf_reg plain = reg_of(addr, reg->ring_entries, reg->bgid, 0);
    bool taken = rfi_register(ring, RF_REGISTER_PBUF_RING, &plain, 1) >= 0;
    if (taken)
        (void)unregister(ring, reg->bgid);
    if (mapped)
        (void)ring->sys->unmap(ring->sys, addr, bytes);
    return taken;
}

static int register_br(struct rf_ring *ring, const struct rf_buf_reg *reg)
{
    struct rf_buf_reg arg = *reg;
    int err = rfi_register_known(ring, RF_REGISTER_PBUF_RING, &arg, 1);
    if (err >= 0)
        return 0;
    bool asks_for_more = reg->flags || reg->min_left;
    if (err != -EINVAL || !asks_for_more || !plain_is_taken(ring, reg))
        return rfi_tell_locked(ring, err, rfi_buf_ring_bytes(reg->ring_entries),
                               "bytes for a buffer ring");
    return rfi_too_old(ring, lacks_of(reg));
}

int rf_register_buf_ring(struct rf_ring *ring, const struct rf_buf_reg *reg, uint32_t flags)
{
    struct rf_buf_reg arg = *reg;
    flags |= reg->flags;
    if (check_flags(ring, flags))
        return -EOPNOTSUPP;
    if (reg->min_left && !(flags & RF_PBUF_RING_INC))
        return rfi_refuse(ring, -EINVAL, "min_left is set, and RF_PBUF_RING_INC is not");
    if (reg->ring_addr && flags & RF_PBUF_RING_MMAP)
        return rfi_refuse(ring, -EINVAL, "ring_addr is set with RF_PBUF_RING_MMAP");
    arg.flags = (uint16_t)flags;
    return register_br(ring, &arg);
}

int rf_unregister_buf_ring(struct rf_ring *ring, uint16_t group_id)
{
    return unregister(ring, group_id);
}

/* --- with memory --------------------------------------------------------- */

int rfi_check_buf_ring(struct rf_ring *ring, uint32_t entries, uint32_t flags)
{
    ring->reason = NULL;
    if (entries == 0 || entries > 32768)
        return rfi_refuse(ring, -ERANGE, "a buffer ring has 1 to 32768 entries");
    if (entries & (entries - 1))
        return rfi_refuse(ring, -EDOM, "the number of entries is not a power of two");
    if (check_flags(ring, flags))
        return -EOPNOTSUPP;
    if (flags & RF_PBUF_RING_MMAP && ring->fd < 0)
        return rfi_refuse(ring, -EBADF, "the ring's descriptor, which maps memory, is closed");
    return 0;
}

/* Memory of the kernel's: registered first, then mapped. */
static int setup_mapped(struct rf_ring *ring, const struct rf_buf_reg *reg, void **ret_addr)
{
    int err = register_br(ring, reg);
    if (err)
        return err;
    uint64_t offset = RF_OFF_PBUF_RING | (uint64_t)reg->bgid << RF_OFF_PBUF_SHIFT;
    err = ring->sys->map(ring->sys, ring->fd, offset, rfi_buf_ring_bytes(reg->ring_entries),
                         ret_addr);
    if (err)
        (void)unregister(ring, reg->bgid);
    return err;
}

static int setup_anonymous(struct rf_ring *ring, struct rf_buf_reg *reg, void **ret_addr)
{
    size_t bytes = rfi_buf_ring_bytes(reg->ring_entries);
    void *addr;
    int err = ring->sys->map(ring->sys, -1, 0, bytes, &addr);
    if (err)
        return err;
    reg->ring_addr = (uint64_t)(uintptr_t)addr;
    err = register_br(ring, reg);
    if (err)
        (void)ring->sys->unmap(ring->sys, addr, bytes);
    else
        *ret_addr = addr;
    return err;
}

int rf_setup_buf_ring(struct rf_ring *ring, uint32_t entries, uint16_t group_id, uint32_t flags,
                      struct rf_buf_ring **ret_br)
{
    int err = rfi_check_buf_ring(ring, entries, flags);
    if (err)
        return err;
    struct rf_buf_reg reg = reg_of(NULL, entries, group_id, flags);
    void *addr;
    if (flags & RF_PBUF_RING_MMAP)
        err = setup_mapped(ring, &reg, &addr);
    else
        err = setup_anonymous(ring, &reg, &addr);
    if (err)
        return err;
    /* Either memory is zeroed, and so its tail is 0. */
    *ret_br = (struct rf_buf_ring *)addr;
    return 0;
}

int rf_free_buf_ring(struct rf_ring *ring, struct rf_buf_ring *br, uint32_t entries,
                     uint16_t group_id)
{
    if (!rfi_is_closed(ring)) {
        int err = rf_unregister_buf_ring(ring, group_id);
        if (err)
            return err;
    }
    return ring->sys->unmap(ring->sys, br, rfi_buf_ring_bytes(entries));
}

/* --- how far the kernel is ----------------------------------------------- */

int rf_buf_ring_head(struct rf_ring *ring, uint16_t group_id, uint16_t *ret_head)
{
    struct rf_buf_status status;
    memset(&status, 0, sizeof status);
    status.buf_group = group_id;
    int err = rfi_register_known(ring, RF_REGISTER_PBUF_STATUS, &status, 1);
    if (err < 0)
        return err;
    *ret_head = (uint16_t)status.head;
    return 0;
}

int rf_buf_ring_available(struct rf_ring *ring, struct rf_buf_ring *br, uint16_t group_id)
{
    uint16_t head;
    int err = rf_buf_ring_head(ring, group_id, &head);
    if (err)
        return err;
    return (uint16_t)(rfi_buf_tail_own(rfi_buf_tail_word(br)) - head);
}
