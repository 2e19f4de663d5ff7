/* SPDX-License-Identifier: MIT */
/*
 * map.c - checks the layout that the other side reports, maps it, and makes
 * the handles of fence.h. No other file turns an offset into a pointer.
 */
#include <errno.h>
#include <unistd.h>

#include "map.h"

enum {
    ENTRIES_MAX = 32768,
    CQ_ENTRIES_MAX = 2 * ENTRIES_MAX,
    /* What we accept of the other side is wider, should the kernel's limits grow. */
    ENTRIES_PLAUSIBLE = 1 << 24,
    SQE_BYTES = sizeof(struct rf_sqe),
    CQE_BYTES = sizeof(struct rf_cqe),
    SQ_WORDS = 6,
    WORDS = 12,
};

static bool is_power_of_two(uint32_t n)
{
    return n && !(n & (n - 1));
}

static uint32_t sqe_shift(uint32_t flags)
{
    return flags & RF_SETUP_SQE128 ? 1 : 0;
}

static uint32_t cqe_shift(uint32_t flags)
{
    return flags & RF_SETUP_CQE32 ? 1 : 0;
}

static void word_offsets(const struct rf_params *p, uint32_t offsets[WORDS])
{
    const struct rf_sqring_offsets *sq = &p->sq_off;
    const struct rf_cqring_offsets *cq = &p->cq_off;
    const uint32_t all[WORDS] = {
        sq->head, sq->tail, sq->ring_mask, sq->ring_entries, sq->flags,    sq->dropped,
        cq->head, cq->tail, cq->ring_mask, cq->ring_entries, cq->overflow, cq->flags,
    };
    for (int i = 0; i < WORDS; i++)
        offsets[i] = all[i];
}

static const char *check_words(const struct rf_params *p)
{
    uint32_t offsets[WORDS];
    word_offsets(p, offsets);
    for (int i = 0; i < WORDS; i++) {
        if (offsets[i] % sizeof(uint32_t))
            return "a word of the rings is not 4-byte aligned";
        /* Below the CQEs is inside the mapping: the CQEs are. */
        if ((uint64_t)offsets[i] + sizeof(uint32_t) > p->cq_off.cqes)
            return "a word of the rings lies in or behind the completion queue";
        for (int j = 0; j < i; j++)
            if (offsets[i] == offsets[j])
                return "two words of the rings share an offset";
    }
    return NULL;
}

const char *rfi_layout_check(const struct rf_params *p, struct rfi_layout *ret_layout)
{
    if (!is_power_of_two(p->sq_entries) || p->sq_entries > ENTRIES_PLAUSIBLE)
        return "the number of SQEs is not a power of two in range";
    if (!is_power_of_two(p->cq_entries) || p->cq_entries > ENTRIES_PLAUSIBLE)
        return "the number of CQEs is not a power of two in range";
    if (p->cq_entries < p->sq_entries)
        return "there are fewer CQEs than SQEs";
    if (p->cq_off.cqes % CQE_BYTES)
        return "the completion queue is not 16-byte aligned";

    const char *broken = check_words(p);
    if (broken)
        return broken;

    /* 64-bit sums of 32-bit offsets and bounded sizes: they cannot wrap. */
    uint64_t end = p->cq_off.cqes + ((uint64_t)p->cq_entries * CQE_BYTES << cqe_shift(p->flags));
    bool has_array = !(p->flags & RF_SETUP_NO_SQARRAY);
    if (has_array) {
        /* It need not follow at once: with CQE32 the kernel leaves a gap. */
        if (p->sq_off.array % sizeof(uint32_t))
            return "the SQ array is not 4-byte aligned";
        if (p->sq_off.array < end)
            return "the SQ array overlaps the completion queue or the words";
        end = p->sq_off.array + (uint64_t)p->sq_entries * sizeof(uint32_t);
    }
    uint64_t sqes_bytes = (uint64_t)p->sq_entries * SQE_BYTES << sqe_shift(p->flags);
    if (end > SIZE_MAX / 2 || sqes_bytes > SIZE_MAX / 2)
        return "the rings do not fit into the address space";

    ret_layout->rings_bytes = (size_t)end;
    ret_layout->sqes_bytes = (size_t)sqes_bytes;
    ret_layout->has_array = has_array;
    return NULL;
}

static size_t round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

int rfi_sizes_of(uint32_t entries, const struct rf_params *p, struct rfi_sizes *ret_sizes)
{
    if (entries == 0)
        return -ERANGE;
    if (!is_power_of_two(entries))
        return -EDOM;
    bool clamp = p->flags & RF_SETUP_CLAMP;
    if (entries > ENTRIES_MAX) {
        if (!clamp)
            return -EINVAL;
        entries = ENTRIES_MAX;
    }
    uint32_t cq_entries = 2 * entries;
    if (p->flags & RF_SETUP_CQSIZE) {
        if (p->cq_entries == 0 || (p->cq_entries > CQ_ENTRIES_MAX && !clamp))
            return -EINVAL;
        for (cq_entries = 1; cq_entries < p->cq_entries && cq_entries < CQ_ENTRIES_MAX;)
            cq_entries *= 2;
    }
    /* The header takes one cache line, of 256 bytes where they are largest. */
    const size_t line = 256;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t rings = (line + (size_t)cq_entries * CQE_BYTES) << cqe_shift(p->flags);
    rings = round_up(rings, line) + (size_t)entries * sizeof(uint32_t);
    ret_sizes->rings_bytes = round_up(rings, page);
    ret_sizes->sqes_bytes = round_up((size_t)entries * SQE_BYTES << sqe_shift(p->flags), page);
    return 0;
}

static void *at(const struct rf_ring *ring, uint32_t offset)
{
    return (char *)ring->rings.addr + offset;
}

/*
 * These words are written once, before setup returns, and the other side does
 * not read them again: plain loads, and our copies are the truth from here on.
 */
static uint32_t constant_word(const struct rf_ring *ring, uint32_t offset)
{
    return *(const uint32_t *)at(ring, offset);
}

static const char *check_constants(const struct rf_ring *ring, const struct rf_params *p)
{
    if (constant_word(ring, p->sq_off.ring_entries) != p->sq_entries ||
        constant_word(ring, p->cq_off.ring_entries) != p->cq_entries)
        return "a ring's entries word differs from the reply";
    if (constant_word(ring, p->sq_off.ring_mask) != p->sq_entries - 1 ||
        constant_word(ring, p->cq_off.ring_mask) != p->cq_entries - 1)
        return "a ring's mask word is not its entries - 1";
    return NULL;
}

/* The next SQE and CQE at these indexes, and nothing known of what lies beyond. */
static void place_queues(struct rf_ring *ring, const struct rf_params *p, uint32_t sq_index,
                         uint32_t cq_index)
{
    struct rf_sq *sq = &ring->sq;
    struct rf_cq *cq = &ring->cq;
    sq->entries = p->sq_entries;
    sq->shift = (uint16_t)sqe_shift(p->flags);
    sq->one_by_one = sq->shift > 0 || ring->check;
    sq->wrap = sq->sqes + ((size_t)sq->entries << sq->shift);
    sq->end_index = sq->ktail = sq_index;
    sq->khead = rfi_sq_head_load(sq->head_word);
    sq->next = sq->sqes + ((size_t)(sq_index & (sq->entries - 1)) << sq->shift);
    sq->end = sq->next;

    cq->entries = p->cq_entries;
    cq->half = (cq->entries + 1) / 2;
    cq->shift = cqe_shift(p->flags);
    cq->one_by_one = p->flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED);
    cq->wide = false;
    bool polls = p->flags & RF_SETUP_IOPOLL && !(p->flags & RF_SETUP_SQPOLL);
    cq->thorough = cq->one_by_one || polls || ring->check;
    cq->wrap = cq->cqes + ((size_t)cq->entries << cq->shift);
    cq->end_index = cq->khead = cq->put_off = cq_index;
    cq->next = cq->cqes + ((size_t)(cq_index & (cq->entries - 1)) << cq->shift);
    cq->end = cq->next;
}

/* Empty queues, at whatever index: the kernel starts at 0, a peer may start near 2^32. */
static const char *start_queues(struct rf_ring *ring, const struct rf_params *p)
{
    uint32_t sq_head = rfi_sq_head_load(ring->sq.head_word);
    uint32_t cq_tail = rfi_cq_tail_load(ring->cq.tail_word);
    if (constant_word(ring, p->sq_off.tail) != sq_head)
        return "the submission queue is not empty at the start";
    if (p->flags & RF_SETUP_SQ_REWIND && sq_head != 0)
        return "the submission queue does not begin at its first slot";
    if (constant_word(ring, p->cq_off.head) != cq_tail)
        return "the completion queue is not empty at the start";
    place_queues(ring, p, sq_head, cq_tail);
    return NULL;
}

/* Queues that another mapping began: our own words must say what they said there. */
static const char *continue_queues(struct rf_ring *ring, const struct rf_params *p,
                                   const struct rf_ring *before)
{
    uint32_t sq_index = before->sq.ktail;
    uint32_t cq_index = before->cq.khead;
    if (constant_word(ring, p->sq_off.tail) != sq_index ||
        constant_word(ring, p->cq_off.head) != cq_index)
        return "the queues do not go on where they were";
    if (sq_index - rfi_sq_head_load(ring->sq.head_word) > p->sq_entries ||
        rfi_cq_tail_load(ring->cq.tail_word) - cq_index > p->cq_entries)
        return "the queues hold more than fits into them";
    place_queues(ring, p, sq_index, cq_index);
    return NULL;
}

static const char *make_handles(struct rf_ring *ring, const struct rf_params *p,
                                const struct rf_ring *before)
{
    struct rf_sq *sq = &ring->sq;
    struct rf_cq *cq = &ring->cq;
    sq->sqes = (struct rf_sqe *)ring->sqe_memory.addr;
    sq->head_word = (const struct rf_sq_head_word *)at(ring, p->sq_off.head);
    sq->tail_word = (struct rf_sq_tail_word *)at(ring, p->sq_off.tail);
    sq->flags_word = (const struct rf_sq_flags_word *)at(ring, p->sq_off.flags);
    sq->dropped_word = (const struct rf_sq_dropped_word *)at(ring, p->sq_off.dropped);
    cq->cqes = (const struct rf_cqe *)at(ring, p->cq_off.cqes);
    cq->head_word = (struct rf_cq_head_word *)at(ring, p->cq_off.head);
    cq->tail_word = (const struct rf_cq_tail_word *)at(ring, p->cq_off.tail);
    cq->overflow_word = (const struct rf_cq_overflow_word *)at(ring, p->cq_off.overflow);
    cq->flags_word = (struct rf_cq_flags_word *)at(ring, p->cq_off.flags);

    const char *broken = check_constants(ring, p);
    if (broken)
        return broken;
    return before ? continue_queues(ring, p, before) : start_queues(ring, p);
}

/* Slot i of the queue is SQE i, once and for all: nothing here submits out of order. */
static void fill_array(struct rf_ring *ring, const struct rf_params *p)
{
    uint32_t *array = (uint32_t *)at(ring, p->sq_off.array);
    for (uint32_t i = 0; i < p->sq_entries; i++)
        array[i] = i;
}

static int map_region(struct rf_ring *ring, uint64_t offset, size_t bytes,
                      struct rfi_region *region)
{
    int err = ring->sys->map(ring->sys, ring->fd, offset, bytes, &region->addr);
    if (err)
        return err;
    region->bytes = bytes;
    region->ours = true;
    return 0;
}

static int map(struct rf_ring *ring, const struct rf_params *params, const struct rf_ring *before)
{
    struct rfi_layout layout;
    ring->reason = rfi_layout_check(params, &layout);
    if (ring->reason)
        return -EPROTO;

    if (params->flags & RF_SETUP_NO_MMAP) {
        if (layout.rings_bytes > ring->rings.bytes || layout.sqes_bytes > ring->sqe_memory.bytes) {
            ring->reason = "the rings are larger than the memory that was given for them";
            return -EPROTO;
        }
    } else {
        int err = map_region(ring, RF_OFF_SQ_RING, layout.rings_bytes, &ring->rings);
        if (!err)
            err = map_region(ring, RF_OFF_SQES, layout.sqes_bytes, &ring->sqe_memory);
        if (err)
            return err;
    }
    ring->reason = make_handles(ring, params, before);
    if (ring->reason)
        return -EPROTO;
    if (layout.has_array)
        fill_array(ring, params);
    return 0;
}

int rfi_map(struct rf_ring *ring, const struct rf_params *params)
{
    return map(ring, params, NULL);
}

int rfi_map_again(struct rf_ring *ring, const struct rf_params *params,
                  const struct rf_ring *before)
{
    return map(ring, params, before);
}

/*
 * The kernels that first resized rings copy queues of large entries as if those were
 * small, and nothing at all where an index wraps at 2^32 in between. From head to tail the
 * memory of either queue is nobody's but ours here: so everything is copied once more.
 */
void rfi_copy_queues(struct rf_ring *ring, const struct rf_ring *before)
{
    const struct rf_sq *old_sq = &before->sq;
    struct rf_sq *sq = &ring->sq;
    size_t sqe_bytes = sizeof(struct rf_sqe) << sq->shift;
    uint32_t queued = sq->ktail - sq->khead;
    if (queued > old_sq->entries || queued > sq->entries)
        queued = 0; /* no honest head: it has changed since it was checked */
    for (uint32_t i = sq->ktail - queued; i != sq->ktail; i++)
        memcpy(sq->sqes + ((size_t)(i & (sq->entries - 1)) << sq->shift),
               old_sq->sqes + ((size_t)(i & (old_sq->entries - 1)) << sq->shift), sqe_bytes);

    const struct rf_cq *old_cq = &before->cq;
    struct rf_cq *cq = &ring->cq;
    /* They become const for whoever is shown them. */
    struct rf_cqe *cqes = (struct rf_cqe *)(uintptr_t)cq->cqes;
    size_t cqe_bytes = sizeof(struct rf_cqe) << cq->shift;
    uint32_t tail = rfi_cq_tail_load(old_cq->tail_word);
    if (tail - cq->khead > old_cq->entries || tail - cq->khead > cq->entries)
        return; /* no honest tail */
    for (uint32_t i = cq->khead; i != tail; i++)
        memcpy(cqes + ((size_t)(i & (cq->entries - 1)) << cq->shift),
               old_cq->cqes + ((size_t)(i & (old_cq->entries - 1)) << cq->shift), cqe_bytes);
}

int rfi_map_refill(struct rf_zcrx_rq *rq, const struct rf_zcrx_ifq_reg *reg, void *region,
                   size_t region_bytes)
{
    const struct rf_zcrx_offsets *off = &reg->offsets;
    uint64_t entries_end = off->rqes + (uint64_t)reg->rq_entries * sizeof(struct rf_zcrx_rqe);
    if (!is_power_of_two(reg->rq_entries) || entries_end > region_bytes)
        return -EPROTO;
    if (off->head % sizeof(uint32_t) || off->tail % sizeof(uint32_t) || off->head == off->tail ||
        off->rqes % sizeof(uint64_t))
        return -EPROTO;
    /* The words lie before the entries, and so in the region. */
    if ((uint64_t)off->head + sizeof(uint32_t) > off->rqes ||
        (uint64_t)off->tail + sizeof(uint32_t) > off->rqes)
        return -EPROTO;
    if ((uintptr_t)region % sizeof(uint64_t))
        return -EPROTO;

    char *start = (char *)region;
    rq->entries = reg->rq_entries;
    rq->rqes = (struct rf_zcrx_rqe *)(void *)(start + off->rqes);
    rq->head_word = (const struct rf_zcrx_head_word *)(void *)(start + off->head);
    rq->tail_word = (struct rf_zcrx_tail_word *)(void *)(start + off->tail);
    /* Nothing was shown so far: the tail is where the kernel is. */
    rq->khead = rq->tail = rfi_zcrx_head_load(rq->head_word);
    if (*(const uint32_t *)(const void *)(start + off->tail) != rq->tail)
        return -EPROTO;
    return 0;
}

bool rfi_has_memory(const struct rf_ring *ring)
{
    return ring->unforked_pid == 0 || ring->unforked_pid == getpid();
}

static void unmap_region(struct rf_ring *ring, struct rfi_region *region)
{
    if (region->ours && rfi_has_memory(ring))
        (void)ring->sys->unmap(ring->sys, region->addr, region->bytes);
    memset(region, 0, sizeof *region);
}

void rfi_unmap(struct rf_ring *ring)
{
    unmap_region(ring, &ring->waits);
    unmap_region(ring, &ring->sqe_memory);
    unmap_region(ring, &ring->rings);
}
