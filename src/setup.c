/* SPDX-License-Identifier: MIT */
/* setup.c - rings opened and closed: ring.h, first part. */
#include <errno.h>

#include "caps.h"
#include "check/hooks.h"
#include "map.h"
#include "rlimits.h"

/* The setup flags whose memory layout map.c knows. */
#define KNOWN_FLAGS                                                                               \
    (RF_SETUP_IOPOLL | RF_SETUP_SQPOLL | RF_SETUP_SQ_AFF | RF_SETUP_CQSIZE | RF_SETUP_CLAMP |     \
     RF_SETUP_ATTACH_WQ | RF_SETUP_R_DISABLED | RF_SETUP_SUBMIT_ALL | RF_SETUP_COOP_TASKRUN |     \
     RF_SETUP_TASKRUN_FLAG | RF_SETUP_SQE128 | RF_SETUP_CQE32 | RF_SETUP_SINGLE_ISSUER |          \
     RF_SETUP_DEFER_TASKRUN | RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY |                    \
     RF_SETUP_NO_SQARRAY | RF_SETUP_HYBRID_IOPOLL | RF_SETUP_CQE_MIXED |                       \
     RF_SETUP_SQE_MIXED | RF_SETUP_SQ_REWIND)

/* A closed ring: rf_deinit() leaves it alone. */
static void set_closed(struct rf_ring *ring, const struct rf_sys *sys)
{
    memset(ring, 0, sizeof *ring);
    ring->fd = -1;
    ring->enter_fd = -1;
    ring->sys = sys;
}

static int refuse(struct rf_ring *ring, int error, const char *reason)
{
    ring->reason = reason;
    return error;
}

/* What can be told without asking the kernel, and what it would misread. */
static int check_request(struct rf_ring *ring, uint32_t entries, const struct rf_params *p)
{
    uint32_t flags = p->flags;
    if (entries == 0)
        return refuse(ring, -ERANGE, "a ring of no entries");
    if (entries & (entries - 1))
        return refuse(ring, -EDOM, "the number of entries is not a power of two");
    if (flags & ~(uint32_t)KNOWN_FLAGS)
        return refuse(ring, -EOPNOTSUPP,
                      "a setup flag that this version of ringfence does not know how to lay out");
    if (p->sq_entries || p->features || p->resv[0] || p->resv[1] || p->resv[2])
        return refuse(ring, -EINVAL, "a field of the parameters that must be 0 is not");
    if (p->cq_entries && !(flags & RF_SETUP_CQSIZE))
        return refuse(ring, -EINVAL, "cq_entries is set, and RF_SETUP_CQSIZE is not");
    if (p->wq_fd && !(flags & RF_SETUP_ATTACH_WQ))
        return refuse(ring, -EINVAL, "wq_fd is set, and RF_SETUP_ATTACH_WQ is not");
    if (!(flags & RF_SETUP_NO_MMAP) && (p->sq_off.user_addr || p->cq_off.user_addr))
        return refuse(ring, -EINVAL, "user_addr is set, and RF_SETUP_NO_MMAP is not");
    if (!p->sq_off.user_addr != !p->cq_off.user_addr)
        return refuse(ring, -EINVAL, "only one of the two user_addr is set");
    return 0;
}

static uint32_t with_defaults(uint32_t flags)
{
    if (flags & (RF_SETUP_COOP_TASKRUN | RF_SETUP_DEFER_TASKRUN))
        flags |= RF_SETUP_TASKRUN_FLAG;
    return flags | RF_SETUP_NO_SQARRAY;
}

static int setup(struct rf_ring *ring, uint32_t entries, const struct rf_params *request,
                 struct rf_params *ret_reply)
{
    *ret_reply = *request;
    ret_reply->flags = with_defaults(request->flags);
    int fd = ring->sys->ring_setup(ring->sys, entries, ret_reply);
    if (fd == -EINVAL && !(request->flags & RF_SETUP_NO_SQARRAY)) {
        /* Before 6.6. Or it was for another reason: then it fails again, for that one. */
        uint32_t flags = ret_reply->flags & ~RF_SETUP_NO_SQARRAY;
        *ret_reply = *request;
        ret_reply->flags = flags;
        fd = ring->sys->ring_setup(ring->sys, entries, ret_reply);
    }
    return fd;
}

static void adopt_fd(struct rf_ring *ring, int fd, uint32_t flags)
{
    ring->enter_fd = fd;
    if (flags & RF_SETUP_REGISTERED_FD_ONLY) {
        ring->enter_flags = RF_ENTER_REGISTERED_RING;
        ring->register_flags = RF_REGISTER_USE_REGISTERED_RING;
    } else {
        ring->fd = fd;
    }
}

static int check_reply(struct rf_ring *ring, const struct rf_params *request,
                       const struct rf_params *reply)
{
    uint32_t added = RF_SETUP_NO_SQARRAY | RF_SETUP_TASKRUN_FLAG;
    if ((request->flags ^ reply->flags) & ~added)
        return refuse(ring, -EPROTO, "the setup flags in the reply are not those asked for");
    if (!(reply->features & RF_FEAT_SINGLE_MMAP))
        return refuse(ring, -ENOSYS, "the kernel cannot map both rings at once (before 5.4)");
    return 0;
}

/* The memory of a RF_SETUP_NO_MMAP ring: the caller's if it gave any, else ours. */
static int find_memory(struct rf_ring *ring, uint32_t entries, struct rf_params *request)
{
    struct rfi_sizes sizes;
    int err = rfi_sizes_of(entries, request, &sizes);
    if (err)
        return refuse(ring, err, "more entries than the kernel allows without RF_SETUP_CLAMP");

    ring->rings.addr = (void *)(uintptr_t)request->cq_off.user_addr;
    ring->sqe_memory.addr = (void *)(uintptr_t)request->sq_off.user_addr;
    if (!request->cq_off.user_addr) {
        err = ring->sys->map(ring->sys, -1, 0, sizes.rings_bytes, &ring->rings.addr);
        if (err)
            return err;
        ring->rings.ours = true;
    }
    ring->rings.bytes = sizes.rings_bytes;
    if (!request->sq_off.user_addr) {
        err = ring->sys->map(ring->sys, -1, 0, sizes.sqes_bytes, &ring->sqe_memory.addr);
        if (err)
            return err;
        ring->sqe_memory.ours = true;
    }
    ring->sqe_memory.bytes = sizes.sqes_bytes;
    request->cq_off.user_addr = (uintptr_t)ring->rings.addr;
    request->sq_off.user_addr = (uintptr_t)ring->sqe_memory.addr;
    return 0;
}

static int open_ring(struct rf_ring *ring, uint32_t entries, struct rf_params *params)
{
    int err = check_request(ring, entries, params);
    if (err)
        return err;
    struct rf_params request = *params;
    if (request.flags & RF_SETUP_NO_MMAP) {
        err = find_memory(ring, entries, &request);
        if (err)
            return err;
    }
    struct rf_params reply;
    int fd = setup(ring, entries, &request, &reply);
    if (fd < 0)
        return fd;
    /* What was asked for says what @fd is: an index closed by mistake is somebody's file. */
    adopt_fd(ring, fd, request.flags);
    err = check_reply(ring, &request, &reply);
    if (!err)
        err = rfi_map(ring, &reply);
    if (err)
        return err;
    ring->flags = reply.flags;
    ring->features = reply.features;
    *params = reply;
    return 0;
}

/* --- why not ------------------------------------------------------------- */

/* Flags that the kernel knows, and does not take together: the first with any of the others. */
static const struct {
    uint32_t flag;
    uint32_t others;
    const char *reason;
} contradictions[] = {
    {RF_SETUP_SQPOLL, RF_SETUP_COOP_TASKRUN | RF_SETUP_TASKRUN_FLAG | RF_SETUP_DEFER_TASKRUN,
     "with RF_SETUP_SQPOLL the SQ thread runs all task work: there is none to put off"},
    {RF_SETUP_CQE32, RF_SETUP_CQE_MIXED,
     "RF_SETUP_CQE32 and RF_SETUP_CQE_MIXED exclude each other"},
    {RF_SETUP_SQPOLL, RF_SETUP_SQ_REWIND,
     "with RF_SETUP_SQPOLL the SQ thread takes SQEs by itself: there is no batch to rewind after"},
    {RF_SETUP_SQE128, RF_SETUP_SQE_MIXED,
     "RF_SETUP_SQE128 and RF_SETUP_SQE_MIXED exclude each other"},
};

static const char *contradiction(uint32_t flags)
{
    for (size_t i = 0; i < sizeof contradictions / sizeof contradictions[0]; i++)
        if (flags & contradictions[i].flag && flags & contradictions[i].others)
            return contradictions[i].reason;
    return rfi_setup_unmet(flags);
}

/* -EINVAL without a word has many causes: what the kernel lacks is told apart. */
static int explain_einval(struct rf_ring *ring, uint32_t entries, const struct rf_params *params)
{
    uint32_t lacks = rfi_setup_lacks(ring->sys, params->flags);
    if (lacks)
        return refuse(ring, -EOPNOTSUPP, rfi_lacks_flag(RF_CAP_SETUP, lacks & -lacks));
    if (rf_memory_size_params(entries, params) == -EINVAL)
        return refuse(ring, -EINVAL, "more entries than the kernel allows without RF_SETUP_CLAMP");
    return refuse(ring, -EINVAL, contradiction(params->flags));
}

int rfi_init_unchecked(struct rf_ring *ring, uint32_t entries, struct rf_params *params,
                       const struct rf_sys *sys)
{
    set_closed(ring, sys);
    int err = open_ring(ring, entries, params);
    if (err) {
        const char *reason = ring->reason;
        rf_deinit(ring);
        ring->reason = reason;
        if (!reason) {
            if (err == -EINVAL)
                return explain_einval(ring, entries, params);
            (void)rfi_tell_descriptors(ring, err);
            (void)rfi_tell_locked(ring, err, (uint64_t)rf_memory_size_params(entries, params),
                                  "bytes for a ring");
        }
    }
    return err;
}

int rf_init_sys(struct rf_ring *ring, uint32_t entries, struct rf_params *params,
                const struct rf_sys *sys)
{
    int err = rfi_init_unchecked(ring, entries, params, sys);
    if (err)
        return err;
    err = rfi_check_opened(ring);
    if (err)
        rf_deinit(ring);
    return err;
}

int rf_init_params(struct rf_ring *ring, uint32_t entries, struct rf_params *params)
{
    return rf_init_sys(ring, entries, params, &rf_sys_kernel);
}

int rf_init(struct rf_ring *ring, uint32_t entries, uint32_t flags)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flags;
    if (flags & RF_SETUP_SQPOLL)
        params.sq_thread_idle = 1000;
    return rf_init_params(ring, entries, &params);
}

int rf_init_mem(struct rf_ring *ring, uint32_t entries, struct rf_params *params, void *buf,
                size_t buf_bytes)
{
    set_closed(ring, &rf_sys_kernel);
    struct rfi_sizes sizes;
    int err = rfi_sizes_of(entries, params, &sizes);
    if (err)
        return refuse(ring, err, "no ring has that number of entries");
    if (sizes.rings_bytes + sizes.sqes_bytes > buf_bytes)
        return refuse(ring, -ENOSPC, "the memory is smaller than rf_memory_size_params() tells");

    struct rf_params request = *params;
    request.flags |= RF_SETUP_NO_MMAP;
    request.cq_off.user_addr = (uintptr_t)buf;
    request.sq_off.user_addr = (uintptr_t)buf + sizes.rings_bytes;
    err = rf_init_params(ring, entries, &request);
    if (err)
        return err;
    *params = request;
    return (int)(sizes.rings_bytes + sizes.sqes_bytes);
}

int64_t rf_memory_size(uint32_t entries, uint32_t flags)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flags;
    return rf_memory_size_params(entries, &params);
}

int64_t rf_memory_size_params(uint32_t entries, const struct rf_params *params)
{
    struct rfi_sizes sizes;
    int err = rfi_sizes_of(entries, params, &sizes);
    return err ? err : (int64_t)(sizes.rings_bytes + sizes.sqes_bytes);
}

int rfi_register(struct rf_ring *ring, uint32_t opcode, void *arg, uint32_t nr_args)
{
    /* Kernels before 6.3 take an index for entering, but not for registering. */
    int fd = ring->register_flags ? ring->enter_fd : ring->fd;
    ring->reason = NULL;
    if (fd < 0)
        return -EBADF; /* -1 would not mean this ring, but no ring, or the whole task */
    /* The descriptor is good in a child, and would lead to the parent's ring. */
    if (!rfi_has_memory(ring))
        return refuse(ring, -EEXIST, "the ring is that of the process which forked this one");
    return ring->sys->ring_register(ring->sys, fd, opcode | ring->register_flags, arg, nr_args);
}

/* Registered ring indexes are no descriptors: closing one would close somebody's file. */
static int unregister_index(struct rf_ring *ring)
{
    struct rf_rsrc_update update;
    memset(&update, 0, sizeof update);
    update.offset = (uint32_t)ring->enter_fd;
    int done = rfi_register(ring, RF_UNREGISTER_RING_FDS, &update, 1);
    return done == 1 ? 0 : done < 0 ? done : -EINVAL;
}

void rf_deinit(struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    if (check)
        rfi_check_closing(ring);
    const struct rf_sys *sys = ring->sys;
    if (!sys)
        return; /* all zero: never opened */
    /* Mappings first, as long as the descriptor says what they are. */
    rfi_unmap(ring);
    if (ring->enter_flags & RF_ENTER_REGISTERED_RING)
        (void)unregister_index(ring);
    if (ring->fd >= 0)
        (void)sys->close(sys, ring->fd);
    if (check)
        sys = rfi_check_closed(check, sys);
    set_closed(ring, sys);
}

const char *rf_reason(const struct rf_ring *ring)
{
    /* Not a pointer into the ring itself, which may be moved. */
    return ring->reason == rfi_limit_reason ? ring->limit_text : ring->reason;
}

int rf_enable_rings(struct rf_ring *ring)
{
    int result = rfi_register(ring, RF_REGISTER_ENABLE_RINGS, NULL, 0);
    return result < 0 ? result : 0;
}

int rf_register_ring_fd(struct rf_ring *ring)
{
    if (ring->enter_flags & RF_ENTER_REGISTERED_RING)
        return refuse(ring, -EEXIST, "the ring's descriptor is registered already");
    struct rf_rsrc_update update;
    memset(&update, 0, sizeof update);
    update.offset = UINT32_MAX; /* any free index */
    update.data = (uint64_t)(uint32_t)ring->fd;
    int done = rfi_register_known(ring, RF_REGISTER_RING_FDS, &update, 1);
    if (done != 1)
        return done < 0 ? done : -EINVAL;
    ring->enter_fd = (int)update.offset;
    ring->enter_flags |= RF_ENTER_REGISTERED_RING;
    if (ring->features & RF_FEAT_REG_REG_RING)
        ring->register_flags = RF_REGISTER_USE_REGISTERED_RING;
    return 0;
}

int rf_unregister_ring_fd(struct rf_ring *ring)
{
    if (!(ring->enter_flags & RF_ENTER_REGISTERED_RING))
        return refuse(ring, -EINVAL, "the ring's descriptor is not registered");
    if (ring->fd < 0)
        return refuse(ring, -EINVAL, "the ring has no descriptor to go back to");
    int err = unregister_index(ring);
    if (err)
        return err;
    ring->enter_fd = ring->fd;
    ring->enter_flags &= ~RF_ENTER_REGISTERED_RING;
    ring->register_flags = 0;
    return 0;
}

int rf_close_ring_fd(struct rf_ring *ring)
{
    if (!(ring->features & RF_FEAT_REG_REG_RING))
        return refuse(ring, -EOPNOTSUPP,
                      rfi_lacks_flag(RF_CAP_FEATURE, RF_FEAT_REG_REG_RING));
    if (!(ring->enter_flags & RF_ENTER_REGISTERED_RING))
        return refuse(ring, -EINVAL, "the ring's descriptor is not registered");
    if (ring->fd < 0)
        return refuse(ring, -EBADF, "the ring's descriptor is closed already");
    ring->reason = NULL;
    /* What close(2) says is no failure of closing: the descriptor is gone in any case. */
    (void)ring->sys->close(ring->sys, ring->fd);
    ring->fd = -1;
    return 0;
}
