/* SPDX-License-Identifier: MIT */
/*
 * private.h - what the parts of the peer share. setup.c makes and ends rings, queues.c
 * has the shared words and posts CQEs, serve.c consumes SQEs and does what they say,
 * enter.c is the system call, live.c the threads.
 */
#ifndef VERIFY_PEER_PRIVATE_H
#define VERIFY_PEER_PRIVATE_H

#include "peer.h"

/* The layout of x86-64; no reader may count on these numbers. */
enum {
    SQ_HEAD = 0,
    SQ_TAIL = 4,
    CQ_HEAD = 8,
    CQ_TAIL = 12,
    SQ_MASK = 16,
    CQ_MASK = 20,
    SQ_ENTRIES = 24,
    CQ_ENTRIES = 28,
    SQ_DROPPED = 32,
    SQ_FLAGS = 36,
    CQ_FLAGS = 40,
    CQ_OVERFLOW = 44,
    CQES = 64,
};

enum { SCRIBBLE = 0xa5 };

static inline struct peer *peer_of(const struct rf_sys *sys)
{
    return (struct peer *)(uintptr_t)sys;
}

static inline uint32_t *peer_word(const struct peer *peer, uint32_t offset)
{
    return (uint32_t *)(void *)((char *)peer->rings.addr + offset);
}

/* log2 of the slots of 16 bytes that an index of the completion queue counts. */
static inline uint32_t peer_cqe_shift(const struct peer *peer)
{
    return peer->flags & RF_SETUP_CQE32 ? 1 : 0;
}

static inline bool peer_is_open(const struct peer *peer)
{
    return peer->fd >= 0 || peer->index >= 0;
}

/* The first complaint is the one that counts. */
static inline void peer_complain(struct peer *peer, const char *what)
{
    if (!peer->complaint)
        peer->complaint = what;
}

static inline struct peer_group *peer_group_of(struct peer *peer, uint16_t bgid)
{
    return bgid < PEER_GROUPS && peer->groups[bgid].ring ? &peer->groups[bgid] : NULL;
}

/* queues.c */
void peer_fifo_free(struct peer_fifo *fifo);
uint32_t peer_load_sq_tail(const struct peer *peer);
void peer_store_sq_head(const struct peer *peer);
void peer_store_cq_tail(const struct peer *peer);
void peer_set_sq_flag(const struct peer *peer, uint32_t flag);
void peer_clear_sq_flag(const struct peer *peer, uint32_t flag);
void peer_count(const struct peer *peer, uint32_t offset);
uint32_t peer_cqes_there(const struct peer *peer);
void peer_scribble_free_cqes(struct peer *peer);
void peer_post(struct peer *peer, const struct peer_cqe *item);
void peer_flush_overflow(struct peer *peer);
void peer_run_deferred(struct peer *peer);
/* A CQE for the queue, or for when somebody enters: @later, or as the ring is set up. */
void peer_complete(struct peer *peer, const struct peer_cqe *item, bool later);

/* serve.c */
uint32_t peer_sqes_there(struct peer *peer);
uint32_t peer_consume(struct peer *peer, uint32_t wanted);
void peer_finish(struct peer *peer, const struct rf_sqe *sqe);

/* enter.c */
int peer_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
               uint32_t flags, const void *arg, size_t arg_bytes);

/* live.c. All of these do nothing, or say no, where the peer has no threads. */
void peer_lock(struct peer *peer);
void peer_unlock(struct peer *peer);
void peer_changed(struct peer *peer);
int64_t peer_when(const struct rf_timespec *ts);
bool peer_wait(struct peer *peer, int64_t end); /* false: the time is up */
bool peer_hand_over(struct peer *peer, const struct rf_sqe *sqe);

#endif
