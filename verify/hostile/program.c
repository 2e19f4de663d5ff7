/* SPDX-License-Identifier: MIT */
/* program.c - hostile.h: a program that calls every function that touches a ring. */
#include "hostile.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- traps that may be ------------------------------------------------------ */

static sigjmp_buf trapped;
static volatile sig_atomic_t may_trap;

void hostile_on_trap(int sig)
{
    if (may_trap)
        siglongjmp(trapped, sig);
    static const char text[] = "Bail out! a trap\n";
    if (write(STDOUT_FILENO, text, sizeof text - 1) < 0)
        _exit(1);
    (void)signal(sig, SIG_DFL);
    (void)raise(sig);
}

/* @call(h), which may trap. */
static void try_call(struct hostile *h, void (*call)(struct hostile *))
{
    if (sigsetjmp(trapped, 1) == 0) {
        may_trap = 1;
        call(h);
    } else {
        h->traps++;
    }
    may_trap = 0;
}

/* --- what a program does ------------------------------------------------------ */

bool hostile_is_closed(const struct hostile *h)
{
    return h->ring.fd < 0;
}

/* The peer makes its truth of what the ring is at, now and then: a ring of lies does little. */
static void make_peace(struct hostile *h)
{
    struct peer *peer = &h->peer;
    if (hostile_is_closed(h))
        return;
    pthread_mutex_lock(&peer->lock);
    peer->sq_head = peer->sq_tail_seen = h->ring.sq.ktail;
    peer->cq_tail = peer->cq_head_seen = h->ring.cq.end_index;
    peer_lie(peer, PEER_SQ_HEAD, peer->sq_head);
    peer_lie(peer, PEER_CQ_TAIL, peer->cq_tail);
    pthread_mutex_unlock(&peer->lock);
}

static void note(struct hostile *h, int result)
{
    check(result >= -4095, "an error that is no errno");
    if (result != -EPROTO)
        return;
    h->protos++;
    if (roll(&h->dice, 8) == 0)
        make_peace(h);
}

static void is_in_queue(const struct hostile *h, const struct rf_cqe *cqe)
{
    const struct rf_cq *cq = &h->ring.cq;
    check(cqe >= cq->cqes && cqe < cq->wrap, "a CQE outside the queue");
    check((cqe - cq->cqes) % ((ptrdiff_t)1 << cq->shift) == 0, "a CQE between two slots");
}

/* All that may be read of a CQE in place. Its flags may change: they are read once. */
static void look_at(const struct hostile *h, const struct rf_cqe *cqe)
{
    is_in_queue(h, cqe);
    const volatile struct rf_cqe *shared = cqe;
    volatile uint64_t sink = shared->user_data + (uint32_t)shared->res + shared->flags;
    if (h->ring.flags & RF_SETUP_CQE32)
        sink += rf_cqe_big(cqe)[0] + rf_cqe_big(cqe)[1];
    (void)sink;
}

static void fill(struct hostile *h, struct rf_sqe *sqe, size_t slots)
{
    const struct rf_sq *sq = &h->ring.sq;
    check(sqe >= sq->sqes && sqe + slots <= sq->wrap, "an SQE outside the queue");
    memset(sqe, 0, slots * sizeof *sqe);
    if (roll(&h->dice, 4) == 0)
        sqe->flags = RF_SQE_ASYNC;
    if (roll(&h->dice, 4) == 0)
        sqe->nop_flags = roll(&h->dice, 2) ? RF_NOP_CQE32 : RF_NOP_TW;
}

static void gets(struct hostile *h)
{
    size_t slots = h->ring.flags & RF_SETUP_SQE128 ? 2 : 1;
    struct rf_sqe *sqe;
    begin_call(h, "rf_get_sqe");
    for (uint32_t n = roll(&h->dice, 24); n > 0 && (sqe = rf_get_sqe(&h->ring)); n--)
        fill(h, sqe, slots);
    check(rf_sq_space_left(&h->ring) <= h->ring.sq.entries, "more room than the queue has");
}

static void gets_runs(struct hostile *h)
{
    size_t slots = h->ring.flags & RF_SETUP_SQE128 ? 2 : 1;
    struct rf_sqe_run run;
    struct rf_sqe *sqe;
    uint32_t promised = roll(&h->dice, 24), taken = 0;
    begin_call(h, "rf_get_sqes");
    if (!rf_get_sqes(&h->ring, promised, &run))
        return;
    check(promised <= h->ring.sq.entries, "more was promised than the queue has");
    while (roll(&h->dice, 32) && (sqe = rf_sqe_run_next(&run))) {
        fill(h, sqe, slots);
        taken++;
    }
    check(taken <= promised, "more was given than promised");
}

static void gets_wide(struct hostile *h)
{
    if (!(h->ring.flags & (RF_SETUP_SQE128 | RF_SETUP_SQE_MIXED)))
        return;
    begin_call(h, "rf_get_sqe128");
    struct rf_sqe *sqe = rf_get_sqe128(&h->ring);
    if (sqe) {
        fill(h, sqe, 2);
        if (h->ring.flags & RF_SETUP_SQE_MIXED)
            sqe->opcode = RF_OP_NOP128;
    }
}

static void submits(struct hostile *h)
{
    begin_call(h, "rf_submit");
    note(h, rf_submit(&h->ring));
    begin_call(h, "rf_flush_sq");
    uint32_t flags = 0, queued = rf_flush_sq(&h->ring);
    if (queued > 0 && queued <= h->ring.sq.entries && rf_sq_ring_needs_enter(&h->ring, &flags)) {
        begin_call(h, "rf_enter");
        note(h, rf_enter(&h->ring, queued, roll(&h->dice, 3), flags | RF_ENTER_GETEVENTS));
    }
    begin_call(h, "rf_submit_and_get_events");
    note(h, rf_submit_and_get_events(&h->ring));
    begin_call(h, "rf_get_events");
    note(h, rf_get_events(&h->ring));
    begin_call(h, "rf_sqring_wait");
    note(h, rf_sqring_wait(&h->ring));
    begin_call(h, "rf_submit_and_wait");
    note(h, rf_submit_and_wait(&h->ring, roll(&h->dice, 20)));
}

static void takes(struct hostile *h)
{
    const struct rf_cqe *cqe;
    begin_call(h, "rf_next_cqe");
    for (uint32_t n = roll(&h->dice, 40); n > 0 && (cqe = rf_next_cqe(&h->ring)); n--)
        look_at(h, cqe);
    begin_call(h, "rf_peek_cqe");
    int err = rf_peek_cqe(&h->ring, &cqe);
    note(h, err);
    if (err == 0) {
        look_at(h, cqe);
        begin_call(h, "rf_cqe_seen");
        rf_cqe_seen(&h->ring, cqe);
        rf_cqe_seen(&h->ring, cqe);
    }
    begin_call(h, "rf_check_ring");
    err = rf_check_ring(&h->ring);
    note(h, err);
    check(err == 0 || (err == -EPROTO && rf_reason(&h->ring)), "a lie without a reason");
}

static void copies(struct hostile *h)
{
    enum { ROOM = 12 };
    /* Of its exact size, so that one too many shows. */
    struct rf_cqe *cqes = (struct rf_cqe *)malloc(ROOM * sizeof *cqes);
    check(cqes != NULL, "no memory");
    begin_call(h, "rf_copy_cqes");
    int count = rf_copy_cqes(&h->ring, cqes, ROOM, roll(&h->dice, 3) ? 0 : roll(&h->dice, 20));
    note(h, count);
    check(count <= ROOM, "more CQEs than there was room for");
    begin_call(h, "rf_copy_cqe");
    note(h, rf_copy_cqe(&h->ring, cqes));
    free(cqes);
}

static void advances(struct hostile *h)
{
    begin_call(h, "rf_cq_advance");
    uint32_t ready = rf_cq_ready(&h->ring);
    check(ready <= h->ring.cq.entries, "more CQEs than the queue holds");
    rf_cq_advance(&h->ring, ready ? roll(&h->dice, ready + 1) : 0);
}

static void advances_both(struct hostile *h)
{
    if (!h->br)
        return;
    begin_call(h, "rf_buf_ring_cq_advance");
    uint32_t ready = rf_cq_ready(&h->ring);
    rf_buf_ring_cq_advance(&h->ring, h->br, (uint16_t)ready);
}

static void walks(struct hostile *h)
{
    const struct rf_cqe *cqe, *batch[8];
    begin_call(h, "rf_cqe_iter_next");
    struct rf_cqe_iter iter = rf_cqe_iter_init(&h->ring);
    uint32_t left = roll(&h->dice, 4) ? UINT32_MAX : roll(&h->dice, 20), shown = 0;
    while (left-- > 0 && rf_cqe_iter_next(&iter, &cqe)) {
        look_at(h, cqe);
        check(++shown <= h->ring.cq.entries, "more CQEs than the queue holds");
    }
    begin_call(h, "rf_cqe_iter_take");
    if (roll(&h->dice, 2))
        check(rf_cqe_iter_take(&h->ring, &iter) <= h->ring.cq.entries, "more than there are");
    begin_call(h, "rf_peek_batch_cqe");
    int count = rf_peek_batch_cqe(&h->ring, batch, 8);
    note(h, count);
    check(count <= 8, "more CQEs than there was room for");
    for (int i = 0; i < count; i++)
        look_at(h, batch[i]);
    for (int i = 0; i < count; i++)
        rf_cqe_seen(&h->ring, batch[i]);
}

static void shown(struct hostile *h, int result, const struct rf_cqe *cqe)
{
    note(h, result);
    if (result >= 0 && cqe)
        look_at(h, cqe);
}

static struct rf_timespec from_now(struct hostile *h, bool until)
{
    struct timespec now = {0, 0};
    if (until)
        clock_gettime(CLOCK_MONOTONIC, &now);
    long nsec = now.tv_nsec + (long)roll(&h->dice, 300000);
    struct rf_timespec ts = {now.tv_sec + nsec / 1000000000, nsec % 1000000000};
    return ts;
}

static void waits(struct hostile *h)
{
    struct rf_ring *ring = &h->ring;
    uint32_t nr = roll(&h->dice, 20), min = roll(&h->dice, 2) ? roll(&h->dice, 200) : 0;
    struct rf_timespec ts = from_now(h, false), at = from_now(h, true);
    const struct rf_cqe *cqe = NULL;
    sigset_t mask;
    sigemptyset(&mask);
    begin_call(h, "rf_wait_cqe");
    shown(h, rf_wait_cqe(ring, &cqe), cqe);
    begin_call(h, "rf_wait_cqe_nr");
    shown(h, rf_wait_cqe_nr(ring, &cqe, nr), cqe);
    begin_call(h, "rf_wait_cqe_timeout");
    shown(h, rf_wait_cqe_timeout(ring, &cqe, &ts), cqe);
    gets(h);
    begin_call(h, "rf_wait_cqes");
    shown(h, rf_wait_cqes(ring, &cqe, nr, &ts, &mask), cqe);
    begin_call(h, "rf_wait_cqes_min_timeout");
    shown(h, rf_wait_cqes_min_timeout(ring, &cqe, nr, &ts, min, NULL), cqe);
    gets(h);
    begin_call(h, "rf_wait_cqes_until");
    shown(h, rf_wait_cqes_until(ring, &cqe, nr, &at, min, NULL), cqe);
    begin_call(h, "rf_wait_events");
    shown(h, rf_wait_events(ring, &cqe, nr, &ts, NULL), cqe);
}

static void submits_and_waits(struct hostile *h)
{
    struct rf_ring *ring = &h->ring;
    uint32_t nr = roll(&h->dice, 20), min = roll(&h->dice, 2) ? roll(&h->dice, 200) : 0;
    struct rf_timespec ts = from_now(h, false), at = from_now(h, true);
    const struct rf_cqe *cqe = NULL;
    begin_call(h, "rf_submit_and_wait_timeout");
    shown(h, rf_submit_and_wait_timeout(ring, &cqe, nr, &ts, NULL), cqe);
    gets(h);
    begin_call(h, "rf_submit_and_wait_min_timeout");
    shown(h, rf_submit_and_wait_min_timeout(ring, &cqe, nr, &ts, min, NULL), cqe);
    gets(h);
    begin_call(h, "rf_submit_and_wait_until");
    shown(h, rf_submit_and_wait_until(ring, &cqe, nr, &at, min, NULL), cqe);
    if (ring->waits_count == 0)
        return;
    gets(h);
    begin_call(h, "rf_submit_and_wait_reg");
    shown(h, rf_submit_and_wait_reg(ring, &cqe, nr, roll(&h->dice, WAITS)), cqe);
}

static bool in_buffers(const struct rf_buffer_group *group, const void *data, size_t bytes)
{
    const unsigned char *start = (const unsigned char *)data;
    if (start < group->buffers)
        return false;
    size_t offset = (size_t)(start - group->buffers);
    return offset / BUFFER_BYTES < BUFFERS && bytes <= BUFFER_BYTES - offset % BUFFER_BYTES;
}

static const struct rf_cqe *to_put;

static void puts_one(struct hostile *h)
{
    (void)rf_buffer_group_put(&h->group, to_put);
}

static int gets_from_group(struct hostile *h, const struct rf_cqe *cqe)
{
    begin_call(h, "rf_buffer_group_get");
    void *data = NULL;
    int bytes = rf_buffer_group_get(&h->group, cqe, &data);
    if (bytes > 0)
        check(in_buffers(&h->group, data, (size_t)bytes), "data outside its buffer");
    return bytes;
}

static int gets_bundle(struct hostile *h, const struct rf_cqe *cqe)
{
    struct iovec parts[BUFFERS + 1];
    uint32_t room = 1 + roll(&h->dice, BUFFERS);
    begin_call(h, "rf_buffer_group_get_bundle");
    int count = rf_buffer_group_get_bundle(&h->group, cqe, parts, room);
    check(count <= (int)room, "more parts than there was room for");
    for (int i = 0; i < count; i++)
        check(in_buffers(&h->group, parts[i].iov_base, parts[i].iov_len),
              "a part outside its buffer");
    return count;
}

static void uses_buffers(struct hostile *h)
{
    const struct rf_cqe *cqe;
    if (!h->has_group || rf_peek_cqe(&h->ring, &cqe) != 0)
        return;
    struct rf_cqe copy = {0, 0, 0};
    memcpy(&copy, cqe, sizeof copy);
    bool in_place = roll(&h->dice, 2);
    to_put = in_place ? cqe : &copy;
    int got = roll(&h->dice, 2) && !rf_buffer_group_is_incremental(&h->group)
                  ? gets_bundle(h, to_put)
                  : gets_from_group(h, to_put);
    if (got > 0 && to_put->res > 0 && roll(&h->dice, 8)) {
        begin_call(h, "rf_buffer_group_put");
        if (in_place)
            try_call(h, puts_one);
        else
            puts_one(h);
    }
    rf_cqe_seen(&h->ring, cqe);
}

static void rings_buffers(struct hostile *h)
{
    static char buffer[BUFFER_BYTES];
    if (!h->br)
        return;
    begin_call(h, "rf_buf_ring_add");
    for (uint16_t i = 0; i < 3; i++)
        rf_buf_ring_add(h->br, buffer, sizeof buffer, i, rf_buf_ring_mask(BUFFERS), i);
    rf_buf_ring_advance(h->br, 3);
    begin_call(h, "rf_buf_ring_available");
    note(h, rf_buf_ring_available(&h->ring, h->br, GROUP));
}

static void refills(struct hostile *h)
{
    struct rf_zcrx_rq *rq = &h->refill;
    begin_call(h, "rf_zcrx_rq_add");
    for (uint32_t n = roll(&h->dice, 24), i = 0; i < n; i++)
        if (!rf_zcrx_rq_add(rq, (uint64_t)any(&h->dice) << 20, any(&h->dice)))
            break;
    check(rf_zcrx_rq_space_left(rq) <= REFILLS, "more room than the refill ring has");
    const struct rf_cqe *cqe;
    if (h->ring.flags & RF_SETUP_CQE32 && rf_peek_cqe(&h->ring, &cqe) == 0)
        check(rf_zcrx_rq_return(rq, cqe) || rf_zcrx_rq_space_left(rq) <= REFILLS, "no");
    rf_zcrx_rq_advance(rq);
}

static void resizes(struct hostile *h)
{
    if (!(h->ring.flags & RF_SETUP_DEFER_TASKRUN))
        return;
    if (roll(&h->dice, 2))
        make_peace(h);
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.sq_entries = UINT32_C(2) << roll(&h->dice, 4);
    params.cq_entries = params.sq_entries << roll(&h->dice, 3);
    params.flags = RF_SETUP_CQSIZE;
    begin_call(h, "rf_resize_rings");
    int err = rf_resize_rings(&h->ring, &params);
    note(h, err);
    h->resized += err == 0;
}

static void others(struct hostile *h)
{
    begin_call(h, "rf_cq_eventfd_toggle");
    rf_cq_eventfd_toggle(&h->ring, roll(&h->dice, 2));
    begin_call(h, "rf_cq_ring_needs_flush");
    volatile uint32_t sink = rf_cq_ring_needs_flush(&h->ring) + rf_cq_has_overflow(&h->ring) +
                             rf_cq_overflow(&h->ring) + rf_sq_dropped(&h->ring) +
                             rf_sq_ready(&h->ring);
    (void)sink;
}

/* --- the end ------------------------------------------------------------------ */

static int64_t ns_of(const struct rf_timespec *ts)
{
    return (int64_t)ts->tv_sec * 1000000000 + ts->tv_nsec;
}

static void drained_cqe(void *arg, const struct rf_cqe *cqe)
{
    look_at((const struct hostile *)arg, cqe);
}

static void dropped_sqe(void *arg, const struct rf_sqe *sqe)
{
    const struct rf_sq *sq = &((const struct hostile *)arg)->ring.sq;
    check(sqe >= sq->sqes && sqe < sq->wrap, "an SQE outside the queue");
    volatile uint64_t sink = sqe->user_data + sqe->opcode;
    (void)sink;
}

void hostile_drains(struct hostile *h)
{
    enum { PATIENCE_S = 3 }; /* of a machine that is busy, with the sanitizers */
    struct rf_drain_options options;
    struct rf_drain_result result;
    memset(&options, 0, sizeof options);
    options.take = drained_cqe;
    options.drop = dropped_sqe;
    options.arg = h;
    /* Lies all the while mean -EPROTO and no more: it is to come to its end, too. */
    make_peace(h);
    __atomic_store_n(&h->seldom, roll(&h->dice, 4) * 4, __ATOMIC_RELAXED);
    for (uint32_t n = 1 + roll(&h->dice, 2); n > 0; n--) {
        struct rf_timespec deadline = from_now(h, true), now;
        long nsec = (long)deadline.tv_nsec + (long)roll(&h->dice, 60) * 1000000;
        deadline.tv_sec += nsec / 1000000000 - (roll(&h->dice, 8) == 0);
        deadline.tv_nsec = nsec % 1000000000;
        begin_call(h, "rf_drain");
        int err = rf_drain(&h->ring, &deadline, &options, &result);
        note(h, err);
        now = from_now(h, true);
        check(ns_of(&now) < ns_of(&deadline) + INT64_C(1000000000) * (PATIENCE_S + 1),
              "it came back long after its deadline");
        check(err == 0 || err == -ETIME || rf_reason(&h->ring) || err != -EPROTO,
              "a lie without a reason");
        h->drained += err == 0;
    }
}

static void (*const doings[])(struct hostile *) = {
    gets,  gets_runs, gets_wide,         submits,      takes,         copies,  walks,
    waits, takes,     submits_and_waits, uses_buffers, rings_buffers, refills, resizes,
    walks, others,    uses_buffers,      copies,
};

void hostile_do_something(struct hostile *h)
{
    uint32_t what = roll(&h->dice, 2 + sizeof doings / sizeof doings[0]);
    if (what == sizeof doings / sizeof doings[0])
        try_call(h, advances);
    else if (what > sizeof doings / sizeof doings[0])
        try_call(h, advances_both);
    else
        doings[what](h);
}
