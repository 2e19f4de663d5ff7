/* SPDX-License-Identifier: MIT */
/*
 * resize.c - rf_resize_rings().
 *
 * The kernel builds new queues, moves what is in the old ones, and from then on
 * uses the new: our mappings are of dead memory. New ones can only be made after
 * that, and that can fail. So what they will need is taken before, and held until
 * they are made; they are made aside, and swapped in at once.
 */
#include <errno.h>
#include <string.h>

#include "check/hooks.h"
#include "map.h"
#include "memory.h"
#include "register.h"
#include "ring.h"
#include "rlimits.h"

#define RESIZE_FLAGS ((uint32_t)(RF_SETUP_CQSIZE | RF_SETUP_CLAMP))

/* Those that decide how memory is laid out. The kernel takes them over from the ring. */
#define LAYOUT_FLAGS                                                                              \
    ((uint32_t)(RF_SETUP_NO_SQARRAY | RF_SETUP_SQE128 | RF_SETUP_CQE32 | RF_SETUP_NO_MMAP |       \
                RF_SETUP_CQE_MIXED))

static bool has_user_memory(const struct rf_params *p)
{
    return p->sq_off.user_addr || p->cq_off.user_addr;
}

static int check_ring(struct rf_ring *ring)
{
    if (rfi_is_closed(ring))
        return rfi_refuse(ring, -EBADF, "the ring is closed");
    if (rfi_is_shut(ring))
        return rfi_refuse_sq_head(ring);
    if (!(ring->flags & RF_SETUP_DEFER_TASKRUN))
        return rfi_refuse(ring, -EINVAL, "only rings of RF_SETUP_DEFER_TASKRUN can be resized");
    if (!(ring->flags & RF_SETUP_NO_SQARRAY))
        return rfi_refuse(ring, -EOPNOTSUPP,
                          "the ring has an SQ array, and the kernel does not say where it goes");
    /* Of two slots one could come to lie last, the other first; or the tail tells nothing. */
    if (ring->flags & (RF_SETUP_SQE_MIXED | RF_SETUP_SQ_REWIND) && rf_sq_ready(ring) > 0)
        return rfi_refuse(ring, -EOVERFLOW,
                          "SQEs are queued that cannot be moved: submit them first");
    if (ring->fd < 0 && !(ring->flags & RF_SETUP_NO_MMAP))
        return rfi_refuse(ring, -EBADF, "the ring's descriptor, which maps its memory, is closed");
    return 0;
}

static int check_params(struct rf_ring *ring, const struct rf_params *p)
{
    if (p->flags & ~RESIZE_FLAGS)
        return rfi_refuse(ring, -EINVAL, "flags other than RF_SETUP_CQSIZE and RF_SETUP_CLAMP");
    if (p->cq_entries && !(p->flags & RF_SETUP_CQSIZE))
        return rfi_refuse(ring, -EINVAL, "cq_entries is set, and RF_SETUP_CQSIZE is not");
    if (!p->sq_off.user_addr != !p->cq_off.user_addr)
        return rfi_refuse(ring, -EINVAL, "only one of the two user_addr is set");
    if (has_user_memory(p) && !(ring->flags & RF_SETUP_NO_MMAP))
        return rfi_refuse(ring, -EINVAL, "user_addr is set, and the ring is not RF_SETUP_NO_MMAP");
    return 0;
}

static int sizes_of(struct rf_ring *ring, const struct rf_params *params,
                    struct rfi_sizes *ret_sizes)
{
    struct rf_params whole = *params;
    whole.flags |= ring->flags & LAYOUT_FLAGS;
    int err = rfi_sizes_of(params->sq_entries, &whole, ret_sizes);
    return err ? rfi_refuse(ring, err, "no ring has that number of entries") : 0;
}

/* --- memory -------------------------------------------------------------- */

static int map_anonymous(struct rf_ring *ring, size_t bytes, struct rfi_region *region)
{
    int err = ring->sys->map(ring->sys, -1, 0, bytes, &region->addr);
    if (err)
        return err;
    region->bytes = bytes;
    region->ours = true;
    return 0;
}

static void unmap(struct rf_ring *ring, struct rfi_region *region)
{
    if (region->ours)
        (void)ring->sys->unmap(ring->sys, region->addr, region->bytes);
    memset(region, 0, sizeof *region);
}

struct room {
    struct rfi_region rings;
    struct rfi_region sqes;
};

static void leave_room(struct rf_ring *ring, struct room *room)
{
    unmap(ring, &room->rings);
    unmap(ring, &room->sqes);
}

static int take_room(struct rf_ring *ring, const struct rfi_sizes *sizes, struct room *room)
{
    memset(room, 0, sizeof *room);
    int err = map_anonymous(ring, sizes->rings_bytes, &room->rings);
    if (!err)
        err = map_anonymous(ring, sizes->sqes_bytes, &room->sqes);
    if (err)
        leave_room(ring, room);
    return err;
}

/* --- the kernel's part --------------------------------------------------- */

static int ask_kernel(struct rf_ring *ring, struct rf_params *params)
{
    int err = rfi_register_known(ring, RF_REGISTER_RESIZE_RINGS, params, 1);
    /* What of the reply is the same for every ring, the kernel need not say again. */
    params->flags = ring->flags;
    return err;
}

/* Makes handles for what is now, goes on where *ring was, and becomes it. */
static int move_to(struct rf_ring *ring, const struct rf_params *reply, const struct room *memory)
{
    struct rf_ring next = *ring;
    memset(&next.rings, 0, sizeof next.rings);
    memset(&next.sqe_memory, 0, sizeof next.sqe_memory);
    if (memory) {
        next.rings = memory->rings;
        next.sqe_memory = memory->sqes;
    }
    int err = rfi_map_again(&next, reply, ring);
    if (!err && ring->unforked_pid)
        err = rfi_leave_out_all(&next);
    if (err) {
        ring->reason = next.reason;
        if (!memory) { /* else it is the caller's */
            unmap(&next, &next.sqe_memory);
            unmap(&next, &next.rings);
        }
        return err;
    }
    rfi_copy_queues(&next, ring);
    unmap(ring, &ring->sqe_memory);
    unmap(ring, &ring->rings);
    *ring = next;
    if (rfi_is_checked(ring))
        rfi_check_moved(ring);
    return 0;
}

/* For a ring that has lost its memory. */
static int close_lost(struct rf_ring *ring, int error)
{
    rf_deinit(ring);
    return rfi_refuse(ring, error, "the resized queues cannot be mapped: the ring is closed");
}

/* --- rings that the kernel has the memory of ------------------------------ */

/* The new queues are there, and cannot be mapped. Returns @error, with the ring as it was. */
static int go_back(struct rf_ring *ring, int error)
{
    struct rf_params before;
    memset(&before, 0, sizeof before);
    before.sq_entries = ring->sq.entries;
    before.cq_entries = ring->cq.entries;
    before.flags = RF_SETUP_CQSIZE;
    const char *reason = ring->reason;
    if (ask_kernel(ring, &before) || move_to(ring, &before, NULL))
        return close_lost(ring, error);
    ring->reason = reason;
    return error;
}

static int resize_mapped(struct rf_ring *ring, const struct rfi_sizes *sizes,
                         struct rf_params *request)
{
    struct room room;
    int err = take_room(ring, sizes, &room);
    if (err)
        return err;
    err = ask_kernel(ring, request);
    leave_room(ring, &room);
    if (err)
        return err;
    err = move_to(ring, request, NULL);
    return err ? go_back(ring, err) : 0;
}

/* --- rings in memory of one's own ---------------------------------------- */

static int resize_in_place(struct rf_ring *ring, const struct rfi_sizes *sizes,
                           struct rf_params *request)
{
    struct room memory;
    if (has_user_memory(request)) {
        memset(&memory, 0, sizeof memory);
        memory.rings.addr = (void *)(uintptr_t)request->cq_off.user_addr;
        memory.rings.bytes = sizes->rings_bytes;
        memory.sqes.addr = (void *)(uintptr_t)request->sq_off.user_addr;
        memory.sqes.bytes = sizes->sqes_bytes;
    } else {
        int err = take_room(ring, sizes, &memory);
        if (err)
            return err;
        request->cq_off.user_addr = (uintptr_t)memory.rings.addr;
        request->sq_off.user_addr = (uintptr_t)memory.sqes.addr;
    }
    int err = ask_kernel(ring, request);
    if (err) {
        leave_room(ring, &memory);
        return err;
    }
    err = move_to(ring, request, &memory);
    if (err) {
        leave_room(ring, &memory);
        return close_lost(ring, err);
    }
    return 0;
}

int rf_resize_rings(struct rf_ring *ring, struct rf_params *params)
{
    ring->reason = NULL;
    struct rfi_sizes sizes;
    int err = check_ring(ring);
    if (!err)
        err = check_params(ring, params);
    if (!err)
        err = sizes_of(ring, params, &sizes);
    if (err)
        return err;

    struct rf_params request = *params;
    (void)rf_flush_sq(ring);
    (void)rfi_begin_wait(ring, 0);
    if (ring->flags & RF_SETUP_NO_MMAP)
        err = resize_in_place(ring, &sizes, &request);
    else
        err = resize_mapped(ring, &sizes, &request);
    if (err)
        return rfi_tell_locked(ring, err, (uint64_t)sizes.rings_bytes + sizes.sqes_bytes,
                               "bytes for the resized ring");
    params->sq_entries = request.sq_entries;
    params->cq_entries = request.cq_entries;
    return 0;
}
