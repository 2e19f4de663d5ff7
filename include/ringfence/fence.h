/* SPDX-License-Identifier: MIT */
/*
 * fence.h - the boundary: the only code that touches a word which the other
 * side, the kernel or a user-space peer, may write or read at the same time.
 *
 * Each shared word has a type of its own, and the type is incomplete: a plain
 * access does not compile, and neither does the wrong access, because each
 * type has just the accessors that the protocol allows, with the one order
 * that it needs. Handles are made by map.c, and only from checked offsets.
 *
 * SQEs, CQEs and buffer entries are plain memory. The words below order the
 * accesses to them: what was written before a release store is visible to
 * whoever acquires the stored value.
 *
 * Words that this side writes are never read back: the private copy is the
 * truth. The one exception is the tail of a buffer ring, see there.
 *
 * The orders are C11's, spelt with the __atomic builtins that gcc and clang
 * share, since _Atomic is not C++.
 */
#ifndef RINGFENCE_FENCE_H
#define RINGFENCE_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>

/* Written by the other side. */
struct rf_sq_head_word;     /* SQEs before this index have been consumed */
struct rf_sq_flags_word;    /* RF_SQ_NEED_WAKEUP, RF_SQ_CQ_OVERFLOW, RF_SQ_TASKRUN */
struct rf_sq_dropped_word;  /* SQEs that were consumed without a completion */
struct rf_cq_tail_word;     /* CQEs before this index are there to be read */
struct rf_cq_overflow_word; /* CQEs that were lost */
struct rf_zcrx_head_word;   /* entries of a refill ring before this index have been read */

/* Written by this side. */
struct rf_sq_tail_word;  /* SQEs before this index may be consumed */
struct rf_cq_head_word;  /* CQEs before this index have been read */
struct rf_cq_flags_word; /* RF_CQ_EVENTFD_DISABLED */
struct rf_buf_tail_word; /* 16 bits: buffers before this index may be taken */
struct rf_zcrx_tail_word; /* entries of a refill ring before this index may be read */

/*
 * Release: the SQEs before the tail that shows them. Partner: the acquire load
 * in io_sqring_entries(), io_uring/io_uring.h. Without it the other side may
 * read an SQE that is not yet filled. When the consumer is our own system call
 * program order would do, but on x86 the release costs nothing, and another
 * thread may be the one that enters.
 */
RF_INLINE void rfi_sq_tail_store(struct rf_sq_tail_word *word, uint32_t tail)
{
    __atomic_store_n((uint32_t *)(void *)word, tail, __ATOMIC_RELEASE);
}

/*
 * Acquire: the other side is done with the slots that it released, and with
 * what it copied from the memory they point to. Partner: the release store in
 * io_commit_sqring(). A relaxed load and a branch are a control dependency,
 * which C11 does not honour: our next SQE could be written before the old one
 * was read.
 */
RF_INLINE uint32_t rfi_sq_head_load(const struct rf_sq_head_word *word)
{
    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_ACQUIRE);
}

/*
 * Acquire: CQE bytes, and the data they announce, before we read them.
 * Partner: the release store in io_commit_cqring().
 */
RF_INLINE uint32_t rfi_cq_tail_load(const struct rf_cq_tail_word *word)
{
    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_ACQUIRE);
}

/*
 * Release: our reads of a CQE before its slot is given back. Partner: the
 * read of the head in io_cqe_cache_refill(), with a control dependency before
 * the next CQE is written. Without it a later CQE can overwrite the one that
 * we are still reading.
 */
RF_INLINE void rfi_cq_head_store(struct rf_cq_head_word *word, uint32_t head)
{
    __atomic_store_n((uint32_t *)(void *)word, head, __ATOMIC_RELEASE);
}

/*
 * The flags after a tail was published to an SQ thread: must it be woken?
 *
 * Full fence: our tail store before our flags load. io_sq_thread(),
 * io_uring/sqpoll.c, is the mirror image: it sets the flag, full barrier,
 * looks at the tail again. Release then acquire would let our load go first,
 * both sides could miss each other, and the request would never start. Neither
 * an atomic read-modify-write nor seq_cst accesses can stand in for the fence:
 * the first is no full barrier on arm64 without LSE, the second are only ordered with
 * other seq_cst accesses, of which the kernel has none.
 *
 * Relaxed load: the fence is all the order there is to have. A stale "set"
 * costs one needless wakeup; "clear" after the fence proves that the thread
 * will look at the tail again before it sleeps.
 */
RF_INLINE uint32_t rfi_sq_flags_after_publish(const struct rf_sq_flags_word *word)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_RELAXED);
}

/*
 * The flags as a hint: is there something that only entering the kernel will
 * show (RF_SQ_CQ_OVERFLOW, RF_SQ_TASKRUN)? Relaxed: seeing a bit late only
 * delays, and whoever sleeps does so in the kernel, which looks again.
 */
RF_INLINE uint32_t rfi_sq_flags_peek(const struct rf_sq_flags_word *word)
{
    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_RELAXED);
}

/* Relaxed: counters, which order nothing. Exact once the other side is idle. */
RF_INLINE uint32_t rfi_sq_dropped_load(const struct rf_sq_dropped_word *word)
{
    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_RELAXED);
}

RF_INLINE uint32_t rfi_cq_overflow_load(const struct rf_cq_overflow_word *word)
{
    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_RELAXED);
}

/*
 * Relaxed: a switch that the other side reads when it next signals. Whoever
 * switches the eventfd back on and then sleeps on it needs the order between
 * this store and its next look at the CQ tail: the fence gives it. Partner:
 * the full barrier between tail store and flag read in io_eventfd_signal().
 */
RF_INLINE void rfi_cq_flags_store(struct rf_cq_flags_word *word, uint32_t flags)
{
    __atomic_store_n((uint32_t *)(void *)word, flags, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * The tail of a provided-buffer ring overlays the reserved field of entry 0,
 * which is why entries are filled field by field and never copied whole.
 */
RF_INLINE struct rf_buf_tail_word *rfi_buf_tail_word(struct rf_buf_ring *br)
{
    return (struct rf_buf_tail_word *)(void *)((char *)(void *)br + RF_BUF_RING_TAIL_OFFSET);
}

/*
 * Release: buffer entries before the tail that shows them. Partner: the
 * acquire load in io_ring_buffer_select(), io_uring/kbuf.c.
 */
RF_INLINE void rfi_buf_tail_store(struct rf_buf_tail_word *word, uint16_t tail)
{
    __atomic_store_n((uint16_t *)(void *)word, tail, __ATOMIC_RELEASE);
}

/*
 * Our own last store read back. rf_buf_ring_add() and rf_buf_ring_advance()
 * get nothing but the shared memory to work with, so there is no private copy
 * to ask. Relaxed: nobody else writes it, and the caller serialises.
 */
RF_INLINE uint16_t rfi_buf_tail_own(const struct rf_buf_tail_word *word)
{
    return __atomic_load_n((const uint16_t *)(const void *)word, __ATOMIC_RELAXED);
}

/*
 * Release: the entries of a refill ring before the tail that shows them, and our last
 * accesses to the memory that they give back. Partner: the acquire load in
 * zcrx_rqring_entries(), io_uring/zcrx.c. Without it the kernel may take memory in that an
 * old entry names, or have a packet written where we still read.
 */
RF_INLINE void rfi_zcrx_tail_store(struct rf_zcrx_tail_word *word, uint32_t tail)
{
    __atomic_store_n((uint32_t *)(void *)word, tail, __ATOMIC_RELEASE);
}

/*
 * Acquire: the other side has read the entries before the head, so that they may be
 * filled again. Partner: the release store in io_zcrx_ring_refill(), io_uring/zcrx.c.
 */
RF_INLINE uint32_t rfi_zcrx_head_load(const struct rf_zcrx_head_word *word)
{
    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_ACQUIRE);
}

#endif
