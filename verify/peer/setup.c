/* SPDX-License-Identifier: MIT */
/* setup.c - peer.h: rings made, mapped, registered and ended. */
#include "private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE = 64,
    PAGE = 4096,
    ENTRIES_MAX = 32768,
    RING_FD = 0x7e01, /* one that the process has not; the next peer's is one more */
    RING_INDEX = 3,
};

#define ALL_SETUP_FLAGS ((RF_SETUP_SQ_REWIND << 1) - 1)
#define ALL_FEATURES ((RF_FEAT_NO_IOWAIT << 1) - 1)

/* --- setup --------------------------------------------------------------- */

static int check_flags(const struct peer *peer, const struct rf_params *p)
{
    uint32_t flags = p->flags;
    if (flags & ~peer->known_flags || p->resv[0] || p->resv[1] || p->resv[2])
        return -EINVAL;
    if (flags & RF_SETUP_SQPOLL &&
        flags & (RF_SETUP_COOP_TASKRUN | RF_SETUP_TASKRUN_FLAG | RF_SETUP_DEFER_TASKRUN))
        return -EINVAL;
    if (flags & RF_SETUP_TASKRUN_FLAG &&
        !(flags & (RF_SETUP_COOP_TASKRUN | RF_SETUP_DEFER_TASKRUN)))
        return -EINVAL;
    const struct {
        uint32_t flag, needs;
    } pairs[] = {
        {RF_SETUP_DEFER_TASKRUN, RF_SETUP_SINGLE_ISSUER},
        {RF_SETUP_REGISTERED_FD_ONLY, RF_SETUP_NO_MMAP},
        {RF_SETUP_HYBRID_IOPOLL, RF_SETUP_IOPOLL},
        {RF_SETUP_SQ_AFF, RF_SETUP_SQPOLL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (flags & pairs[i].flag && !(flags & pairs[i].needs))
            return -EINVAL;
    if (flags & RF_SETUP_CQE32 && flags & RF_SETUP_CQE_MIXED)
        return -EINVAL;
    if (flags & RF_SETUP_SQE128 && flags & RF_SETUP_SQE_MIXED)
        return -EINVAL;
    if (flags & RF_SETUP_SQ_REWIND && (flags & RF_SETUP_SQPOLL || !(flags & RF_SETUP_NO_SQARRAY)))
        return -EINVAL;
    if (flags & RF_SETUP_NO_MMAP) {
        if (!p->sq_off.user_addr || !p->cq_off.user_addr)
            return -EFAULT;
        if (p->sq_off.user_addr % PAGE || p->cq_off.user_addr % PAGE)
            return -EINVAL;
    }
    return 0;
}

/* @n as a size of a queue, or 0: refused. */
static uint32_t queue_size(uint32_t n, uint32_t max, bool clamp)
{
    if (n == 0 || (n > max && !clamp))
        return 0;
    uint32_t size = 1;
    while (size < n && size < max)
        size *= 2;
    return size;
}

static int choose_sizes(struct peer *peer, uint32_t entries, const struct rf_params *p)
{
    bool clamp = p->flags & RF_SETUP_CLAMP;
    peer->sq_entries = queue_size(entries, ENTRIES_MAX, clamp);
    if (!peer->sq_entries)
        return -EINVAL;
    peer->cq_entries = 2 * peer->sq_entries;
    if (p->flags & RF_SETUP_CQSIZE) {
        peer->cq_entries = queue_size(p->cq_entries, 2 * ENTRIES_MAX, clamp);
        if (peer->cq_entries < peer->sq_entries)
            return -EINVAL;
    }
    return p->flags & RF_SETUP_CQE_MIXED && peer->cq_entries < 2 ? -EOVERFLOW : 0;
}

static void *allocate(size_t bytes, size_t alignment)
{
    void *addr = NULL;
    if (posix_memalign(&addr, alignment, bytes))
        abort();
    return addr;
}

/* The memory that setup makes, or that the caller gave, whose content stays as it is. */
static void take_memory(struct peer *peer, const struct rf_params *p, size_t rings_bytes,
                        size_t sqes_bytes)
{
    peer->rings = (struct peer_block){.bytes = rings_bytes};
    peer->sqes = (struct peer_block){.bytes = sqes_bytes};
    if (p->flags & RF_SETUP_NO_MMAP) {
        peer->rings.addr = (void *)(uintptr_t)p->cq_off.user_addr;
        peer->sqes.addr = (void *)(uintptr_t)p->sq_off.user_addr;
    } else {
        peer->rings.addr = allocate(rings_bytes, LINE);
        peer->sqes.addr = allocate(sqes_bytes, LINE);
        /* All ones: SQ array entries that nobody fills are out of range. */
        memset(peer->rings.addr, 0xff, rings_bytes);
        memset(peer->sqes.addr, SCRIBBLE, sqes_bytes);
    }
}

static void write_header(struct peer *peer)
{
    memset(peer->rings.addr, 0, CQES);
    *peer_word(peer, SQ_MASK) = peer->sq_entries - 1;
    *peer_word(peer, CQ_MASK) = peer->cq_entries - 1;
    *peer_word(peer, SQ_ENTRIES) = peer->sq_entries;
    *peer_word(peer, CQ_ENTRIES) = peer->cq_entries;
    *peer_word(peer, SQ_HEAD) = *peer_word(peer, SQ_TAIL) = peer->sq_start;
    *peer_word(peer, CQ_HEAD) = *peer_word(peer, CQ_TAIL) = peer->cq_start;
    peer->sq_head = peer->sq_tail_seen = peer->sq_start;
    peer->cq_tail = peer->cq_head_seen = peer->cq_start;
}

static void write_reply(const struct peer *peer, size_t array, struct rf_params *p)
{
    p->sq_entries = peer->sq_entries;
    p->cq_entries = peer->cq_entries;
    p->features = peer->features;
    p->sq_off.head = SQ_HEAD;
    p->sq_off.tail = SQ_TAIL;
    p->sq_off.ring_mask = SQ_MASK;
    p->sq_off.ring_entries = SQ_ENTRIES;
    p->sq_off.flags = SQ_FLAGS;
    p->sq_off.dropped = SQ_DROPPED;
    p->sq_off.resv1 = 0;
    if (!(p->flags & RF_SETUP_NO_SQARRAY)) /* else it comes back as it was */
        p->sq_off.array = (uint32_t)array;
    p->cq_off.head = CQ_HEAD;
    p->cq_off.tail = CQ_TAIL;
    p->cq_off.ring_mask = CQ_MASK;
    p->cq_off.ring_entries = CQ_ENTRIES;
    p->cq_off.overflow = CQ_OVERFLOW;
    p->cq_off.flags = CQ_FLAGS;
    p->cq_off.cqes = CQES;
    p->cq_off.resv1 = 0;
    if (!(p->flags & RF_SETUP_NO_MMAP))
        p->sq_off.user_addr = p->cq_off.user_addr = 0;
}

static int peer_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *p)
{
    struct peer *peer = peer_of(sys);
    if (peer_is_open(peer))
        return -EMFILE;
    int err = check_flags(peer, p);
    if (!err)
        err = choose_sizes(peer, entries, p);
    if (err)
        return err;
    peer->flags = p->flags;
    peer->disabled = p->flags & RF_SETUP_R_DISABLED;
    peer->asleep = peer->dropped = false;

    uint32_t shift = peer_cqe_shift(peer);
    size_t cqe_bytes = (size_t)peer->cq_entries * sizeof(struct rf_cqe);
    /* With CQE32 the kernel doubles the header too, and so leaves a gap before the array. */
    size_t array = ((CQES + cqe_bytes) << shift) + LINE - 1;
    array -= array % LINE;
    size_t rings_bytes = p->flags & RF_SETUP_NO_SQARRAY
                             ? CQES + (cqe_bytes << shift)
                             : array + peer->sq_entries * sizeof(uint32_t);
    size_t sqes_bytes = (size_t)peer->sq_entries * sizeof(struct rf_sqe)
                        << (p->flags & RF_SETUP_SQE128 ? 1 : 0);
    take_memory(peer, p, rings_bytes, sqes_bytes);
    write_header(peer);
    write_reply(peer, array, p);
    bool index_only = p->flags & RF_SETUP_REGISTERED_FD_ONLY;
    if (index_only)
        peer->index = RING_INDEX;
    else
        peer->fd = peer->other && peer->other->fd == RING_FD ? RING_FD + 1 : RING_FD;
    if (peer->tamper)
        peer->tamper(peer, p);
    return index_only ? peer->index : peer->fd;
}

/* --- closing, mapping, registering --------------------------------------- */

static void free_ring_memory(struct peer *peer)
{
    bool own = !(peer->flags & RF_SETUP_NO_MMAP);
    struct peer_block *parts[] = {&peer->old_rings, &peer->old_sqes, &peer->rings, &peer->sqes};
    for (int i = 0; i < 4; i++) {
        if (parts[i]->mapped || (i >= 2 && peer_is_open(peer)))
            continue;
        if (own)
            free(parts[i]->addr);
        memset(parts[i], 0, sizeof *parts[i]);
    }
}

static void end_ring(struct peer *peer)
{
    if (peer_is_open(peer))
        return;
    peer_fifo_free(&peer->overflow);
    peer_fifo_free(&peer->deferred);
    free_ring_memory(peer);
}

static int peer_close(const struct rf_sys *sys, int fd)
{
    struct peer *peer = peer_of(sys);
    if (fd < 0 || fd != peer->fd) {
        peer_complain(peer, "a descriptor was closed that is not the ring's");
        return -EBADF;
    }
    peer->fd = -1;
    end_ring(peer);
    return 0;
}

static int map_private(struct peer *peer, size_t bytes, void **ret_addr)
{
    for (int i = 0; i < PEER_BLOCKS; i++) {
        struct peer_block *block = &peer->blocks[i];
        if (block->mapped)
            continue;
        block->addr = allocate(bytes, PAGE);
        block->bytes = block->mapped = bytes;
        memset(block->addr, 0, bytes);
        *ret_addr = block->addr;
        return 0;
    }
    return -ENOMEM;
}

static int peer_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                    void **ret_addr)
{
    struct peer *peer = peer_of(sys);
    if (bytes == 0)
        return -EINVAL;
    if (fd < 0)
        return map_private(peer, bytes, ret_addr);
    if (fd != peer->fd)
        return -EBADF;
    if (peer->flags & RF_SETUP_NO_MMAP)
        return -EINVAL;
    if (offset != RF_OFF_SQ_RING && offset != RF_OFF_CQ_RING && offset != RF_OFF_SQES)
        return -EINVAL;
    struct peer_block *block = offset == RF_OFF_SQES ? &peer->sqes : &peer->rings;
    /* The kernel maps more, and what lies beyond is a SIGBUS later; less only of the rings. */
    if (bytes > block->bytes || (block == &peer->sqes && bytes < block->bytes) || block->mapped)
        return -EFAULT;
    block->mapped = bytes;
    *ret_addr = block->addr;
    return 0;
}

static int peer_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    struct peer *peer = peer_of(sys);
    struct peer_block *parts[] = {&peer->old_rings, &peer->old_sqes, &peer->rings, &peer->sqes};
    for (int i = 0; i < 4; i++) {
        if (!parts[i]->mapped || parts[i]->mapped != bytes || parts[i]->addr != addr)
            continue;
        parts[i]->mapped = 0;
        free_ring_memory(peer);
        return 0;
    }
    for (int i = 0; i < PEER_BLOCKS; i++) {
        struct peer_block *block = &peer->blocks[i];
        if (!block->mapped || block->mapped != bytes || block->addr != addr)
            continue;
        free(addr);
        memset(block, 0, sizeof *block);
        return 0;
    }
    peer_complain(peer, "memory was unmapped that is not mapped");
    return -EINVAL;
}

static int register_ring(struct peer *peer, struct rf_rsrc_update *update, uint32_t count)
{
    if (count != 1 || update->resv)
        return -EINVAL;
    if (peer->index >= 0)
        return -EBUSY;
    if (peer->fd < 0 || update->data != (uint64_t)peer->fd)
        return -EBADF;
    peer->index = update->offset == UINT32_MAX ? RING_INDEX : (int)update->offset;
    update->offset = (uint32_t)peer->index;
    return 1;
}

static int unregister_ring(struct peer *peer, const struct rf_rsrc_update *update, uint32_t count)
{
    if (count != 1 || update->resv || update->data)
        return -EINVAL;
    if (peer->index >= 0 && update->offset == (uint32_t)peer->index) {
        peer->index = -1;
        end_ring(peer);
    }
    return 1;
}

static int register_buffers(struct peer *peer, const struct rf_buf_reg *reg, uint32_t count)
{
    uint32_t entries = reg->ring_entries;
    if (count != 1 || reg->flags || reg->bgid >= PEER_GROUPS || !reg->ring_addr)
        return -EINVAL;
    if (entries == 0 || entries > 32768 || entries & (entries - 1))
        return -EINVAL;
    if (peer_group_of(peer, reg->bgid))
        return -EEXIST;
    peer->groups[reg->bgid] = (struct peer_group){
        .ring = (const void *)(uintptr_t)reg->ring_addr, .entries = (uint16_t)entries};
    return 0;
}

static int unregister_buffers(struct peer *peer, const struct rf_buf_reg *reg, uint32_t count)
{
    if (count != 1)
        return -EINVAL;
    if (!peer_group_of(peer, reg->bgid))
        return -ENOENT;
    peer->groups[reg->bgid].ring = NULL;
    return 0;
}

/* --- resizing ------------------------------------------------------------ */

/* From the first index to behind the last, each in its slot of the new queue. */
static void move_slots(const void *from, uint32_t from_entries, void *to, uint32_t to_entries,
                       uint32_t first, uint32_t last, size_t slot_bytes)
{
    for (uint32_t i = first; i != last; i++)
        memcpy((char *)to + (i & (to_entries - 1)) * slot_bytes,
               (const char *)from + (i & (from_entries - 1)) * slot_bytes, slot_bytes);
}

/* What a lie can make of the other side's words is no count. */
static uint32_t at_most(uint32_t count, uint32_t limit)
{
    return count <= limit ? count : 0;
}

static void move_queues(struct peer *peer, const struct peer *old)
{
    uint32_t head = __atomic_load_n(peer_word(old, CQ_HEAD), __ATOMIC_ACQUIRE);
    uint32_t tail = peer_load_sq_tail(old);
    for (uint32_t offset = SQ_DROPPED; offset < CQES; offset += (uint32_t)sizeof(uint32_t))
        *peer_word(peer, offset) = *peer_word(old, offset);
    *peer_word(peer, SQ_HEAD) = old->sq_head;
    *peer_word(peer, SQ_TAIL) = tail;
    *peer_word(peer, CQ_HEAD) = head;
    *peer_word(peer, CQ_TAIL) = old->cq_tail;
    peer->sq_head = old->sq_head;
    peer->cq_tail = old->cq_tail;
    peer->sq_tail_seen = old->sq_tail_seen;
    peer->cq_head_seen = old->cq_head_seen;
    uint32_t queued = at_most(tail - old->sq_head, old->sq_entries);
    move_slots(old->sqes.addr, old->sq_entries, peer->sqes.addr, peer->sq_entries, tail - queued,
               tail, sizeof(struct rf_sqe) << (peer->flags & RF_SETUP_SQE128 ? 1 : 0));
    uint32_t ready = at_most(old->cq_tail - head, old->cq_entries);
    move_slots((char *)old->rings.addr + CQES, old->cq_entries, (char *)peer->rings.addr + CQES,
               peer->cq_entries, old->cq_tail - ready, old->cq_tail,
               sizeof(struct rf_cqe) << peer_cqe_shift(peer));
}

/* io_register_resize_rings(): new queues, the old content; the old memory stays while mapped. */
static int resize(struct peer *peer, struct rf_params *p)
{
    if (!(peer->flags & RF_SETUP_DEFER_TASKRUN) || !(peer->flags & RF_SETUP_NO_SQARRAY))
        return -EINVAL;
    if (p->flags & ~(uint32_t)(RF_SETUP_CQSIZE | RF_SETUP_CLAMP))
        return -EINVAL;
    if (peer->old_rings.addr || peer->old_sqes.addr)
        return -EBUSY;
    struct peer old = *peer;
    p->flags |= peer->flags;
    int err = choose_sizes(peer, p->sq_entries, p);
    uint32_t queued = peer_load_sq_tail(peer) - old.sq_head;
    uint32_t ready = old.cq_tail - __atomic_load_n(peer_word(&old, CQ_HEAD), __ATOMIC_ACQUIRE);
    if (!err && (queued > peer->sq_entries || ready > peer->cq_entries))
        err = -EOVERFLOW;
    if (err) {
        peer->sq_entries = old.sq_entries;
        peer->cq_entries = old.cq_entries;
        return err;
    }
    size_t sqe_bytes = sizeof(struct rf_sqe) << (peer->flags & RF_SETUP_SQE128 ? 1 : 0);
    size_t cqe_bytes = sizeof(struct rf_cqe) << peer_cqe_shift(peer);
    take_memory(peer, p, CQES + peer->cq_entries * cqe_bytes, peer->sq_entries * sqe_bytes);
    write_header(peer);
    write_reply(peer, 0, p);
    move_queues(peer, &old);
    if (!(peer->flags & RF_SETUP_NO_MMAP)) { /* else it is the caller's, and he unmaps it */
        peer->old_rings = old.rings;
        peer->old_sqes = old.sqes;
    }
    free_ring_memory(peer);
    return 0;
}

static int peer_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                         uint32_t nr_args)
{
    struct peer *peer = peer_of(sys);
    int mine = opcode & RF_REGISTER_USE_REGISTERED_RING ? peer->index : peer->fd;
    if (fd < 0 || fd != mine)
        return -EBADF;
    switch (opcode & ~RF_REGISTER_USE_REGISTERED_RING) {
    case RF_REGISTER_ENABLE_RINGS:
        if (arg || nr_args)
            return -EINVAL;
        if (!peer->disabled)
            return -EBADFD;
        peer->disabled = false;
        return 0;
    case RF_REGISTER_RING_FDS:
        return arg ? register_ring(peer, (struct rf_rsrc_update *)arg, nr_args) : -EINVAL;
    case RF_UNREGISTER_RING_FDS:
        return arg ? unregister_ring(peer, (const struct rf_rsrc_update *)arg, nr_args) : -EINVAL;
    case RF_REGISTER_PBUF_RING:
        return arg ? register_buffers(peer, (const struct rf_buf_reg *)arg, nr_args) : -EINVAL;
    case RF_REGISTER_RESIZE_RINGS: {
        if (!arg || nr_args != 1)
            return -EINVAL;
        peer_lock(peer);
        int result = resize(peer, (struct rf_params *)arg);
        peer_unlock(peer);
        return result;
    }
    case RF_UNREGISTER_PBUF_RING:
        return arg ? unregister_buffers(peer, (const struct rf_buf_reg *)arg, nr_args) : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* --- the peer itself ----------------------------------------------------- */

void peer_init(struct peer *peer)
{
    memset(peer, 0, sizeof *peer);
    pthread_mutex_init(&peer->lock, NULL);
    pthread_cond_init(&peer->changed, NULL);
    peer->jobs_end = &peer->jobs;
    peer->sys = (struct rf_sys){
        .ring_setup = peer_setup,
        .ring_enter = peer_enter,
        .ring_register = peer_register,
        .map = peer_map,
        .unmap = peer_unmap,
        .close = peer_close,
    };
    peer->known_flags = ALL_SETUP_FLAGS;
    peer->features = ALL_FEATURES;
    peer->consume_limit = UINT32_MAX;
    peer->keep_limit = UINT32_MAX;
    peer->fd = peer->index = -1;
}

const char *peer_end(struct peer *peer)
{
    if (peer_is_open(peer))
        peer_complain(peer, "the ring was left open");
    if (peer->rings.mapped || peer->sqes.mapped || peer->old_rings.mapped ||
        peer->old_sqes.mapped)
        peer_complain(peer, "the rings were left mapped");
    peer->fd = peer->index = -1;
    peer->rings.mapped = peer->sqes.mapped = 0;
    peer->old_rings.mapped = peer->old_sqes.mapped = 0;
    end_ring(peer);
    for (int i = 0; i < PEER_BLOCKS; i++) {
        if (!peer->blocks[i].mapped)
            continue;
        peer_complain(peer, "memory was left mapped");
        free(peer->blocks[i].addr);
    }
    memset(peer->blocks, 0, sizeof peer->blocks);
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->lock);
    return peer->complaint;
}
