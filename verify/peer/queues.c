/* SPDX-License-Identifier: MIT */
/* queues.c - the words and the CQEs of peer.h. */
#include "private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- first in, first out ------------------------------------------------- */

static void fifo_push(struct peer_fifo *fifo, const struct peer_cqe *item)
{
    if (fifo->first + fifo->count == fifo->room) {
        if (fifo->first > 0) {
            memmove(fifo->items, fifo->items + fifo->first, fifo->count * sizeof *fifo->items);
            fifo->first = 0;
        } else {
            fifo->room = fifo->room ? 2 * fifo->room : 16;
            fifo->items = realloc(fifo->items, fifo->room * sizeof *fifo->items);
            if (!fifo->items)
                abort();
        }
    }
    fifo->items[fifo->first + fifo->count++] = *item;
}

static const struct peer_cqe *fifo_front(const struct peer_fifo *fifo)
{
    return fifo->count ? &fifo->items[fifo->first] : NULL;
}

static void fifo_pop(struct peer_fifo *fifo)
{
    fifo->first++;
    fifo->count--;
}

void peer_fifo_free(struct peer_fifo *fifo)
{
    free(fifo->items);
    memset(fifo, 0, sizeof *fifo);
}

size_t peer_overflowed(const struct peer *peer)
{
    return peer->overflow.count;
}

size_t peer_deferred(const struct peer *peer)
{
    return peer->deferred.count;
}

/* --- the shared words ---------------------------------------------------- */

/* Acquire: the SQEs before the tail. io_sqring_entries() does the same. */
uint32_t peer_load_sq_tail(const struct peer *peer)
{
    return __atomic_load_n(peer_word(peer, SQ_TAIL), __ATOMIC_ACQUIRE);
}

uint32_t peer_sq_tail(const struct peer *peer)
{
    return peer_load_sq_tail(peer);
}

/* Release: our reads of the SQEs before their slots are free. io_commit_sqring(). */
void peer_store_sq_head(const struct peer *peer)
{
    __atomic_store_n(peer_word(peer, SQ_HEAD), peer->sq_head, __ATOMIC_RELEASE);
}

/*
 * The kernel reads it relaxed and branches before it writes a CQE. C11 knows
 * no such dependency, so for the same effect it is an acquire here.
 */
static uint32_t load_cq_head(const struct peer *peer)
{
    return __atomic_load_n(peer_word(peer, CQ_HEAD), __ATOMIC_ACQUIRE);
}

/* Release: the CQEs, and the data they announce. io_commit_cqring(). */
void peer_store_cq_tail(const struct peer *peer)
{
    __atomic_store_n(peer_word(peer, CQ_TAIL), peer->cq_tail, __ATOMIC_RELEASE);
}

/* Relaxed read-modify-writes, as the kernel's: a hint that orders nothing. */
void peer_set_sq_flag(const struct peer *peer, uint32_t flag)
{
    __atomic_fetch_or(peer_word(peer, SQ_FLAGS), flag, __ATOMIC_RELAXED);
}

void peer_clear_sq_flag(const struct peer *peer, uint32_t flag)
{
    __atomic_fetch_and(peer_word(peer, SQ_FLAGS), ~flag, __ATOMIC_RELAXED);
}

/* Relaxed: counters with one writer. */
void peer_count(const struct peer *peer, uint32_t offset)
{
    uint32_t *counter = peer_word(peer, offset);
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

void peer_lie(struct peer *peer, enum peer_word which, uint32_t value)
{
    static const uint32_t offsets[] = {
        [PEER_SQ_HEAD] = SQ_HEAD, [PEER_SQ_FLAGS] = SQ_FLAGS,       [PEER_SQ_DROPPED] = SQ_DROPPED,
        [PEER_CQ_TAIL] = CQ_TAIL, [PEER_CQ_OVERFLOW] = CQ_OVERFLOW,
    };
    __atomic_store_n(peer_word(peer, offsets[which]), value, __ATOMIC_RELEASE);
}

/* --- posting CQEs -------------------------------------------------------- */

static struct rf_cqe *cqe_at(const struct peer *peer, uint32_t index)
{
    struct rf_cqe *cqes = (struct rf_cqe *)(void *)((char *)peer->rings.addr + CQES);
    return cqes + ((size_t)(index & (peer->cq_entries - 1)) << peer_cqe_shift(peer));
}

uint32_t peer_cqes_there(const struct peer *peer)
{
    return peer->cq_tail - load_cq_head(peer);
}

/* Free slots, as far as the head tells, which is looked at for nonsense. */
static uint32_t cq_room(struct peer *peer)
{
    uint32_t head = load_cq_head(peer);
    uint32_t queued = peer->cq_tail - head;
    if (head - peer->cq_head_seen > peer->cq_tail - peer->cq_head_seen)
        peer_complain(peer, "the head of the completion queue went back, or beyond the tail");
    peer->cq_head_seen = head;
    return queued <= peer->cq_entries ? peer->cq_entries - queued : 0;
}

/* Nobody may look at free slots: whoever does, sees rubbish. */
void peer_scribble_free_cqes(struct peer *peer)
{
    uint32_t room = cq_room(peer);
    size_t bytes = sizeof(struct rf_cqe) << peer_cqe_shift(peer);
    for (uint32_t i = 0; i < room; i++)
        memset(cqe_at(peer, peer->cq_tail + i), SCRIBBLE, bytes);
}

static void write_cqe(struct peer *peer, const struct peer_cqe *item)
{
    struct rf_cqe *cqe = cqe_at(peer, peer->cq_tail);
    *cqe = item->cqe;
    if (item->wide || peer->flags & RF_SETUP_CQE32)
        memcpy(cqe + 1, item->big, sizeof item->big);
    peer->cq_tail += item->wide ? 2 : 1;
}

/* A CQE of two slots does not wrap: a filler takes the last slot, if that one is free. */
static bool fill_last_slot(struct peer *peer, uint32_t room)
{
    static const struct peer_cqe filler = {.cqe = {.flags = RF_CQE_F_SKIP}};
    if (room < 1)
        return false;
    write_cqe(peer, &filler);
    return true;
}

static bool try_post(struct peer *peer, const struct peer_cqe *item)
{
    uint32_t room = cq_room(peer);
    if (item->wide && (peer->cq_tail & (peer->cq_entries - 1)) == peer->cq_entries - 1) {
        if (!fill_last_slot(peer, room))
            return false;
        room--;
    }
    if (room < (item->wide ? 2 : 1))
        return false;
    write_cqe(peer, item);
    return true;
}

void peer_post(struct peer *peer, const struct peer_cqe *item)
{
    /* Behind those that wait already: order is kept. */
    if (peer->overflow.count == 0 && try_post(peer, item))
        return;
    if (peer->overflow.count >= peer->keep_limit) {
        peer->dropped = true;
        peer_count(peer, CQ_OVERFLOW);
        return;
    }
    fifo_push(&peer->overflow, item);
    peer_set_sq_flag(peer, RF_SQ_CQ_OVERFLOW);
}

void peer_flush_overflow(struct peer *peer)
{
    const struct peer_cqe *item;
    while ((item = fifo_front(&peer->overflow)) && try_post(peer, item))
        fifo_pop(&peer->overflow);
    peer_store_cq_tail(peer);
    if (peer->overflow.count == 0)
        peer_clear_sq_flag(peer, RF_SQ_CQ_OVERFLOW);
}

void peer_run_deferred(struct peer *peer)
{
    const struct peer_cqe *item;
    peer_clear_sq_flag(peer, RF_SQ_TASKRUN); /* before the list is taken: no work is missed */
    while ((item = fifo_front(&peer->deferred))) {
        peer_post(peer, item);
        fifo_pop(&peer->deferred);
    }
    peer_store_cq_tail(peer);
}


void peer_complete(struct peer *peer, const struct peer_cqe *item, bool later)
{
    if (!(peer->flags & RF_SETUP_DEFER_TASKRUN) && !later && peer->deferred.count == 0) {
        peer_post(peer, item);
        return;
    }
    fifo_push(&peer->deferred, item);
    if (peer->flags & RF_SETUP_TASKRUN_FLAG)
        peer_set_sq_flag(peer, RF_SQ_TASKRUN);
}
