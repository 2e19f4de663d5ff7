/* SPDX-License-Identifier: MIT */
/*
 * peer_private.h - what the two halves of the peer share: peer.c has the queues,
 * peer_setup.c what makes and ends a ring.
 */
#ifndef TESTS_PEER_PRIVATE_H
#define TESTS_PEER_PRIVATE_H

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

void peer_fifo_free(struct peer_fifo *fifo);

int peer_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
               uint32_t flags, const void *arg, size_t arg_bytes);

#endif
