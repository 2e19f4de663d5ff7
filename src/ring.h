/* SPDX-License-Identifier: MIT */
/* ring.h - what the files of the ring and of waiting share. */
#ifndef RINGFENCE_SRC_RING_H
#define RINGFENCE_SRC_RING_H

#include <ringfence/ring.h>

static inline uint32_t rfi_min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The index of the CQE that is taken next: of the slot, on a mixed ring. */
uint32_t rfi_cq_index(const struct rf_ring *ring);

/* Takes everything before @index, which was there once: the tail is not asked again. */
void rfi_cq_take_to(struct rf_ring *ring, uint32_t index);

/*
 * Before each wait: gives back every CQE that was taken. Returns how many slots to
 * wait for, @slots or less.
 */
uint32_t rfi_begin_wait(struct rf_ring *ring, uint32_t slots);

/* rfi_enter() of a ring with RF_SETUP_SQ_REWIND. */
int rfi_enter_and_rewind(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete,
                         uint32_t flags, const void *arg, size_t arg_bytes);

/* Every entering of a ring is by this. The last it does is the call: that costs least. */
static inline int rfi_enter(struct rf_ring *ring, uint32_t to_submit, uint32_t min_complete,
                            uint32_t flags, const void *arg, size_t arg_bytes)
{
    if (RF_UNLIKELY(ring->flags & RF_SETUP_SQ_REWIND))
        return rfi_enter_and_rewind(ring, to_submit, min_complete, flags, arg, arg_bytes);
    return ring->sys->ring_enter(ring->sys, ring->enter_fd, to_submit, min_complete,
                                 flags | ring->enter_flags, arg, arg_bytes);
}

/* The half of rf_check_ring() that is for who reaps: -EPROTO and a reason, or 0. */
int rfi_check_cq(struct rf_ring *ring);

/* From here on rfi_sq_room() is asked for each SQE. */
void rfi_sq_one_by_one(struct rf_ring *ring);

/*
 * For calls that would otherwise enter by the descriptor alone: in a child that was left
 * without the memory this is where it ends, before the parent's ring is entered.
 */
static inline void rfi_touch(const struct rf_ring *ring)
{
    if (ring->cq.entries > 0) /* else it is closed */
        (void)rfi_sq_flags_peek(ring->sq.flags_word);
}

/*
 * What is said when more SQEs are queued than the queue holds. -ESHUTDOWN: rf_drain() has made
 * it look so. Else -EPROTO: the head is a lie.
 */
int rfi_refuse_sq_head(struct rf_ring *ring);

/*
 * --- the intake, closed by rf_drain() ---
 *
 * A queue of no entries, with one SQE in it: so it is full for whoever asks for an SQE, and
 * too full for whoever submits. Neither has to ask for anything more than it did.
 */

static inline bool rfi_is_shut(const struct rf_ring *ring)
{
    return ring->sq.entries == 0 && ring->cq.entries > 0;
}

/* All that was handed out must be published, or taken back. */
void rfi_sq_shut(struct rf_ring *ring);

/* Undoes it, for SQEs of rf_drain()'s own. */
void rfi_sq_unshut(struct rf_ring *ring);

/* SQEs that the other side has not been shown, or has not consumed. */
struct rfi_unsubmitted {
    uint32_t from; /* the index of the first */
    uint32_t count; /* slots on a mixed ring */
};

/*
 * Takes them back, out of the queue. @published: those too that were published, which is safe
 * when nobody takes them by itself. They stay where they are until something else is queued.
 */
struct rfi_unsubmitted rfi_sq_take_back(struct rf_ring *ring, bool published);

/* The SQE at an index. Of use also while the queue is shut. */
const struct rf_sqe *rfi_sqe_at(const struct rf_ring *ring, uint32_t index);

/* On these, completions appear only when somebody polls for them. */
static inline bool rfi_must_poll(const struct rf_ring *ring)
{
    return RF_UNLIKELY(ring->flags & RF_SETUP_IOPOLL) && !(ring->flags & RF_SETUP_SQPOLL);
}

/* Does the kernel hold completions back, or have to be asked for them? */
static inline bool rfi_must_collect(const struct rf_ring *ring)
{
    return rfi_must_poll(ring) || rf_cq_ring_needs_flush(ring);
}

/*
 * A memory region has been registered with the ring. If it holds waits they are looked at
 * before they are used, and for that the ring has to know where they are.
 */
void rfi_adopt_waits(struct rf_ring *ring, const struct rf_mem_region_reg *reg);

#endif
