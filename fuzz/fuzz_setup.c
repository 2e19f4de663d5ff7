/* SPDX-License-Identifier: MIT */
/*
 * Held here: a ring on an other side that lies, at setup and later, never
 * touches memory that is not its own (the address sanitizer looks), never
 * hangs or traps, and gives all its memory back.
 *
 * An input says what the peer's reply and its words are changed to, and then
 * what is called and what the peer lies about in between.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include <ringfence.h>

#include "peer.h"

struct liar {
    struct peer peer; /* first: tamper() gets this */
    struct input in;
};

static void tamper(struct peer *peer, struct rf_params *reply)
{
    struct liar *liar = (struct liar *)(void *)peer;
    uint8_t lies = take_u8(&liar->in);
    for (int i = 0; i < lies % 4; i++) {
        bool word = take_u8(&liar->in) % 2;
        char *base = word ? (char *)peer->rings.addr : (char *)reply;
        size_t words = (word ? 64 : sizeof *reply) / sizeof(uint32_t);
        char *field = base + take_u8(&liar->in) % words * sizeof(uint32_t);
        uint32_t value;
        memcpy(&value, field, sizeof value);
        value = take_number(&liar->in, value);
        memcpy(field, &value, sizeof value);
    }
}

/* Reads all of a CQE that the caller may read. */
static void look_at(const struct rf_ring *ring, const struct rf_cqe *cqe)
{
    volatile uint64_t sink = cqe->user_data + (uint32_t)cqe->res;
    bool big = ring->flags & RF_SETUP_CQE32 ||
               (ring->flags & RF_SETUP_CQE_MIXED && cqe->flags & RF_CQE_F_32);
    if (big)
        sink += rf_cqe_big(cqe)[0] + rf_cqe_big(cqe)[1];
    (void)sink;
}

/*
 * Flags of a CQE that is there or not: sizes and fillers where none should be.
 * Not of one that was looked at already: against a CQE that changes while the
 * program reads it there is no help but to copy it.
 */
static void scribble(struct rf_ring *ring, struct input *in)
{
    static const uint32_t flags[] = {0, RF_CQE_F_32, RF_CQE_F_SKIP, RF_CQE_F_32 | RF_CQE_F_SKIP};
    size_t slot = (take_u8(in) % ring->cq.entries) << ring->cq.shift;
    struct rf_cqe *cqe = (struct rf_cqe *)(uintptr_t)&ring->cq.cqes[slot];
    if (cqe < ring->cq.next || cqe >= ring->cq.end)
        cqe->flags = flags[take_u8(in) % 4];
}

static void lie(struct liar *liar)
{
    enum peer_word word = (enum peer_word)(take_u8(&liar->in) % (PEER_CQ_OVERFLOW + 1));
    uint32_t truth = word == PEER_SQ_HEAD ? liar->peer.sq_head : liar->peer.cq_tail;
    peer_lie(&liar->peer, word, take_number(&liar->in, truth));
}

static void get_a_run(struct rf_ring *ring, uint32_t promised, uint32_t taken)
{
    struct rf_sqe_run run;
    struct rf_sqe *sqe;
    if (!rf_get_sqes(ring, promised, &run))
        return;
    while (taken-- > 0 && (sqe = rf_sqe_run_next(&run)))
        sqe->user_data = taken;
}

static void do_something(struct liar *liar, struct rf_ring *ring)
{
    struct input *in = &liar->in;
    struct rf_cqe cqes[8];
    const struct rf_cqe *cqe;
    struct rf_sqe *sqe;
    switch (take_u8(in) % 11) {
    case 0:
        for (uint8_t n = take_u8(in) % 32; n > 0 && (sqe = rf_get_sqe(ring)); n--)
            sqe->nop_flags = take_u8(in) % 2 ? RF_NOP_CQE32 : 0;
        break;
    case 1: {
        uint8_t promised = take_u8(in) % 40;
        get_a_run(ring, promised, take_u8(in) % 40);
        break;
    }
    case 2:
        (void)rf_submit(ring);
        break;
    case 3:
        (void)rf_submit_and_wait(ring, take_u8(in) % 64);
        break;
    case 4:
        for (uint8_t n = take_u8(in) % 32; n > 0 && (cqe = rf_next_cqe(ring)); n--)
            look_at(ring, cqe);
        break;
    case 5:
        if (rf_peek_cqe(ring, &cqe) == 0) {
            look_at(ring, cqe);
            if (take_u8(in) % 2)
                rf_cqe_seen(ring, cqe);
        }
        break;
    case 6:
        HOLDS(rf_copy_cqes(ring, cqes, take_u8(in) % 9, 0) <= 8);
        break;
    case 7:
        rf_cq_advance(ring, rf_cq_ready(ring));
        break;
    case 8:
        (void)rf_enter(ring, take_u8(in) % 4, take_u8(in) % 4, RF_ENTER_GETEVENTS);
        break;
    case 9:
        scribble(ring, in);
        break;
    default:
        lie(liar);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t shapes[] = {
        0,
        RF_SETUP_CQE32,
        RF_SETUP_CQE_MIXED,
        RF_SETUP_SQE128,
        RF_SETUP_SQPOLL,
        RF_SETUP_NO_MMAP,
        RF_SETUP_NO_MMAP | RF_SETUP_CQE_MIXED | RF_SETUP_SQE128,
        RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN | RF_SETUP_CQE_MIXED,
    };
    struct liar liar = {.in = {data, size}};
    struct rf_params params;
    memset(&params, 0, sizeof params);
    peer_init(&liar.peer);
    liar.peer.tamper = tamper;
    liar.peer.sq_start = liar.peer.cq_start = UINT32_MAX - take_u8(&liar.in) % 8;
    params.flags = shapes[take_u8(&liar.in) % (sizeof shapes / sizeof shapes[0])];
    uint8_t how = take_u8(&liar.in);
    if (how % 2)
        liar.peer.known_flags &= ~RF_SETUP_NO_SQARRAY;

    struct rf_ring ring;
    unsetenv("RINGFENCE_CHECK"); /* of what is no kernel nothing is promised */
    int err = rf_init_sys(&ring, UINT32_C(2) << how / 2 % 4, &params, &liar.peer.sys);
    HOLDS(err <= 0);
    HOLDS((err != -EPROTO) || rf_reason(&ring));
    if (!err)
        while (liar.in.left > 0)
            do_something(&liar, &ring);
    rf_deinit(&ring);
    HOLDS(liar.peer.fd < 0 && liar.peer.index < 0);
    HOLDS(liar.peer.rings.mapped == 0 && liar.peer.sqes.mapped == 0);
    for (int i = 0; i < PEER_BLOCKS; i++)
        HOLDS(liar.peer.blocks[i].mapped == 0);
    (void)peer_end(&liar.peer); /* lies make it complain of its own words */
    return 0;
}
