/* SPDX-License-Identifier: MIT */
/*
 * Held here: random calls against a model, step by step. Every request comes
 * back once, in order, with its payload; the counts agree at every step; NULL
 * means that the model is full; nothing is shown before it is published; a CQE
 * in the caller's hands stays as it is.
 *
 * Once against the peer, with counters that wrap at 2^32 soon after the start,
 * and once against the kernel, on each flavour. The seed is printed, and taken
 * from RF_TEST_SEED to see the same again.
 */
#include "support.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"
#include "peer.h"

struct walk {
    struct rf_ring ring;
    struct peer *peer; /* NULL: the kernel */
    struct model model;
    uint64_t random;
    uint64_t next_user_data;
    uint32_t sq_start;
    uint32_t cq_start;
    bool injects;    /* the other side knows RF_NOP_INJECT_RESULT */
    bool big_nops;   /* and RF_NOP_CQE32, on a ring for it */
    bool bad_first;  /* the other side tells of bad requests before those ahead of them */
    bool has_thread; /* an SQ thread of the kernel's: see settle() */
    bool no_overflow; /* see may_hand_out() */
    /* The CQE that was taken last, while it must stay as it is. */
    const struct rf_cqe *held;
    struct rf_cqe held_copy[2];
    size_t held_bytes;
    uint32_t held_slots;
};

static uint64_t seed_of_this_run(void)
{
    static uint64_t seed;
    if (seed)
        return seed;
    const char *wish = getenv("RF_TEST_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    seed = wish ? strtoull(wish, NULL, 0) : (uint64_t)now.tv_sec * 1000000000U + now.tv_nsec;
    if (!seed)
        seed = 1;
    printf("# RF_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* 0 .. below - 1 (splitmix64) */
static uint32_t roll(struct walk *w, uint32_t below)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool flag(const struct walk *w, uint32_t setup_flag)
{
    return w->ring.flags & setup_flag;
}

/* --- what must hold at every step ---------------------------------------- */

/* Slots that the other side has been shown to be free again, since the beginning. */
static uint64_t given_back(const struct walk *w)
{
    uint32_t lag = (uint32_t)(w->cq_start + w->model.taken) - w->ring.cq.khead;
    if (lag > w->model.taken)
        fail_msg("more was given back than was taken");
    return w->model.taken - lag;
}

static void let_go(struct walk *w)
{
    w->held = NULL;
}

static void check(const struct walk *w)
{
    const struct model *m = &w->model;
    const struct rf_ring *ring = &w->ring;
    assert_int_equal(rf_sq_ready(ring), m->waiting.count);
    assert_int_equal(rf_sq_space_left(ring), m->sq_entries - m->waiting.count);
    assert_int_equal(rf_cq_ready(ring), model_ready(m));
    assert_int_equal(rf_cq_has_overflow(ring), m->overflow.count > 0);
    assert_int_equal(rf_cq_ring_needs_flush(ring), model_must_collect(m));
    assert_int_equal(rf_cq_overflow(ring), 0);
    assert_int_equal(rf_sq_dropped(ring), 0);
    /* The other side has room while the caller works through what it took. */
    assert_true(m->taken - given_back(w) <= (m->cq_entries + 1) / 2 || m->cq_entries < 3);
    if (w->held) {
        assert_memory_equal(w->held, w->held_copy, w->held_bytes);
        assert_true(given_back(w) + w->held_slots <= m->taken);
    }
    if (w->peer) {
        if (w->peer->complaint)
            fail_msg("%s", w->peer->complaint);
        uint32_t published = (uint32_t)(w->next_user_data - m->unpublished);
        assert_int_equal(peer_sq_tail(w->peer), w->sq_start + published);
    }
}

static void assert_cqe(const struct walk *w, const struct rf_cqe *cqe,
                       const struct request *expected, bool in_place)
{
    if (cqe->user_data != expected->user_data)
        fail_msg("request %llu came, and not %llu", (unsigned long long)cqe->user_data,
                 (unsigned long long)expected->user_data);
    assert_int_equal(cqe->res, expected->res);
    assert_int_equal(cqe->flags & RF_CQE_F_32, expected->wide ? RF_CQE_F_32 : 0);
    assert_int_equal(cqe->flags & RF_CQE_F_SKIP, 0);
    if (!in_place || !expected->has_big)
        return;
    assert_true(cqe < w->ring.cq.wrap - 1);
    assert_int_equal(rf_cqe_big(cqe)[0], expected->big[0]);
    assert_int_equal(rf_cqe_big(cqe)[1], expected->big[1]);
}

/* --- submission ---------------------------------------------------------- */

static struct request fill(struct walk *w, struct rf_sqe *sqe)
{
    struct request request = {.user_data = w->next_user_data++};
    static const struct rf_sqe zero[2];
    assert_memory_equal(sqe, zero, flag(w, RF_SETUP_SQE128) ? 2 * sizeof *sqe : sizeof *sqe);
    sqe->user_data = request.user_data;
    if (roll(w, 40) == 0 && !w->bad_first) {
        sqe->opcode = 255;
        request.bad = true;
        request.res = -EINVAL;
        return request;
    }
    if (w->injects && roll(w, 2)) {
        request.res = (int32_t)roll(w, 4000) - 2000;
        if (request.res <= -512 && request.res >= -516)
            request.res = 0; /* the kernel's own words for "begin again": 6.12 makes them -EINTR */
        sqe->nop_flags |= RF_NOP_INJECT_RESULT;
        sqe->len = (uint32_t)request.res;
    }
    if (w->big_nops && flag(w, RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED) && roll(w, 2)) {
        request.wide = flag(w, RF_SETUP_CQE_MIXED);
        request.has_big = true;
        request.big[0] = ~request.user_data;
        request.big[1] = request.user_data * 3;
        sqe->nop_flags |= RF_NOP_CQE32;
        sqe->off = request.big[0];
        sqe->addr = request.big[1];
    }
    return request;
}

static void hand_out(struct walk *w, struct rf_sqe *sqe)
{
    struct request request = fill(w, sqe);
    model_hand_out(&w->model, &request);
}

/*
 * On mixed rings Linux 6.18 lets a small CQE take the last free slot while a
 * larger one waits outside: the order is lost, so there nothing may overflow.
 */
static bool may_hand_out(const struct walk *w, uint32_t count)
{
    const struct model *m = &w->model;
    if (!w->no_overflow)
        return true;
    uint64_t slots = m->tail - given_back(w) + 2 * (uint64_t)(m->waiting.count + count) + 1;
    return slots <= m->cq_entries;
}

static void get_some(struct walk *w)
{
    uint32_t wanted = 1 + roll(w, w->model.sq_entries + 1);
    while (wanted-- > 0 && may_hand_out(w, 1)) {
        struct rf_sqe *sqe = rf_get_sqe(&w->ring);
        assert_int_equal(sqe == NULL, model_full(&w->model));
        if (!sqe)
            return;
        hand_out(w, sqe);
    }
}

static void get_a_run(struct walk *w)
{
    uint32_t promised = 1 + roll(w, w->model.sq_entries + 1);
    bool expected = promised <= w->model.sq_entries - w->model.waiting.count;
    struct rf_sqe_run run;
    assert_int_equal(rf_get_sqes(&w->ring, promised, &run), expected);
    if (!expected || !may_hand_out(w, promised))
        return;
    uint32_t wanted = roll(w, 3) ? promised : roll(w, promised + 1);
    for (uint32_t i = 0; i < wanted; i++) {
        struct rf_sqe *sqe = rf_sqe_run_next(&run);
        assert_non_null(sqe);
        hand_out(w, sqe);
    }
    if (wanted == promised)
        assert_null(rf_sqe_run_next(&run));
}

/*
 * What a thread of the kernel's does in its own time, waited for: after this
 * all that is published was consumed, and all that fits is in the queue.
 */
static void settle(struct walk *w)
{
    struct model *m = &w->model;
    if (!w->has_thread)
        return;
    while (rf_sq_ready(&w->ring) > m->unpublished) {
        uint32_t flags = 0;
        if (rf_sq_ring_needs_enter(&w->ring, &flags))
            assert_true(rf_enter(&w->ring, 1, 0, flags) >= 0);
        sched_yield();
    }
    if (rf_cq_has_overflow(&w->ring))
        assert_result(rf_enter(&w->ring, 0, 0, RF_ENTER_GETEVENTS), 0);
    model_run(m, given_back(w));
    (void)model_enter(m, 0, 0, RF_ENTER_GETEVENTS, given_back(w));
}

static void flush(struct walk *w)
{
    uint32_t result = rf_flush_sq(&w->ring);
    w->model.unpublished = 0;
    if (w->has_thread)
        assert_true(result <= w->model.waiting.count);
    else
        assert_int_equal(result, w->model.waiting.count);
    settle(w);
}

/* The flags that the submitting calls should enter with. */
static uint32_t enter_flags(const struct walk *w)
{
    uint32_t flags = model_must_collect(&w->model) ? RF_ENTER_GETEVENTS : 0;
    if (w->model.asleep && w->model.waiting.count > 0)
        flags |= RF_ENTER_SQ_WAKEUP;
    return flags;
}

static void submit(struct walk *w)
{
    struct model *m = &w->model;
    uint32_t queued = m->waiting.count;
    uint32_t flags = enter_flags(w);
    m->unpublished = 0;
    int result = rf_submit(&w->ring);
    if (w->has_thread) {
        assert_in_range(result, 0, queued);
        settle(w);
        return;
    }
    bool enters = flags || (queued > 0 && !flag(w, RF_SETUP_SQPOLL));
    int expected = (int)queued;
    if (enters)
        expected = model_enter(m, queued, 0, flags, given_back(w));
    assert_result(result, expected);
}

static void submit_and_wait(struct walk *w)
{
    struct model *m = &w->model;
    flush(w); /* with an SQ thread what follows would depend on its speed */
    uint32_t most = w->peer ? 2 * m->cq_entries : model_outstanding(m);
    uint32_t wait_nr = roll(w, 4) ? roll(w, min_u32(most, 4) + 1) : roll(w, most + 1);
    if (wait_nr == 0) {
        submit(w);
        return;
    }
    let_go(w);
    uint32_t queued = m->waiting.count;
    uint32_t flags = enter_flags(w) | RF_ENTER_GETEVENTS;
    int expected = model_enter(m, queued, wait_nr, flags, m->taken);
    assert_result(rf_submit_and_wait(&w->ring, wait_nr), expected);
    assert_int_equal(given_back(w), m->taken);
    settle(w);
}

/* More than is published: what is only handed out must not be taken. */
static void enter_greedily(struct walk *w)
{
    struct model *m = &w->model;
    if (w->has_thread)
        return;
    uint32_t to_submit = roll(w, m->sq_entries + 1);
    uint32_t flags = roll(w, 2) ? RF_ENTER_GETEVENTS : 0;
    int result = rf_enter(&w->ring, to_submit, 0, flags);
    assert_result(result, model_enter(m, to_submit, 0, flags, given_back(w)));
}

/* --- completion ---------------------------------------------------------- */

/* What is next; if nothing, after collecting what is held back, when the calls do. */
static const struct request *look(struct walk *w)
{
    struct model *m = &w->model;
    const struct request *request = model_look(m);
    if (!request && model_must_collect(m) && !model_puts_off(m)) {
        (void)model_enter(m, 0, 0, RF_ENTER_GETEVENTS, m->taken);
        request = model_look(m);
    }
    return request;
}

/* False: there was none. */
static bool take_next(struct walk *w)
{
    let_go(w);
    const struct request *expected = look(w);
    const struct rf_cqe *cqe = rf_next_cqe(&w->ring);
    assert_int_equal(cqe == NULL, expected == NULL);
    if (!cqe)
        return false;
    assert_cqe(w, cqe, expected, true);
    w->held = cqe;
    w->held_bytes = expected->has_big ? 2 * sizeof *cqe : sizeof *cqe;
    memcpy(w->held_copy, cqe, w->held_bytes);
    w->held_slots = model_take(&w->model);
    return true;
}

/* More overflows than is of use. */
static bool crowded(const struct walk *w)
{
    return model_outstanding(&w->model) > 3 * w->model.cq_entries + w->model.sq_entries;
}

static void take_some(struct walk *w)
{
    bool all = roll(w, 4) == 0;
    uint32_t wanted = roll(w, 2 * w->model.cq_entries);
    while ((all || wanted-- > 0) && take_next(w)) {
        check(w);
        if (!all && roll(w, 4) == 0 && !crowded(w))
            get_some(w);
        if (roll(w, 4) == 0)
            submit(w);
        check(w);
    }
}

static void advance(struct walk *w)
{
    let_go(w);
    struct model *m = &w->model;
    uint32_t slots = 0;
    for (uint32_t count = roll(w, m->posted.count + 1); count > 0; count--)
        slots += model_take(m);
    rf_cq_advance(&w->ring, slots);
}

static void peek_and_seen(struct walk *w)
{
    let_go(w);
    const struct request *found = look(w);
    const struct rf_cqe *cqe = (const struct rf_cqe *)(uintptr_t)1;
    assert_result(rf_peek_cqe(&w->ring, &cqe), found ? 0 : -EAGAIN);
    if (!found) {
        assert_ptr_equal(cqe, (uintptr_t)1);
        return;
    }
    struct request expected = *found;
    check(w);
    /* Between the two almost anything may happen. */
    switch (roll(w, 8)) {
    case 0:
        get_some(w);
        submit(w);
        break;
    case 1:
        submit_and_wait(w);
        break;
    case 2:
        rf_cq_advance(&w->ring, 0);
        break;
    case 3: {
        const struct rf_cqe *again;
        assert_result(rf_peek_cqe(&w->ring, &again), 0);
        assert_ptr_equal(again, cqe);
        break;
    }
    case 4:
        return; /* not taken: it will come again */
    default:
        break;
    }
    check(w);
    assert_cqe(w, cqe, &expected, true);
    rf_cqe_seen(&w->ring, cqe);
    model_take(&w->model);
    check(w);
    if (roll(w, 2))
        rf_cqe_seen(&w->ring, cqe); /* once is enough */
}

enum { COPY_MAX = 300 };

/* What of @copied CQEs is there now, @count at most, against what was copied. */
static uint32_t expect_copies(struct walk *w, const struct rf_cqe *cqes, uint32_t copied,
                              uint32_t count)
{
    const struct request *expected;
    while (copied < count && (expected = model_look(&w->model))) {
        assert_cqe(w, &cqes[copied++], expected, false);
        model_take(&w->model);
    }
    return copied;
}

static void copy_some(struct walk *w)
{
    struct model *m = &w->model;
    flush(w);
    let_go(w);
    uint32_t most = w->peer && roll(w, 8) == 0 ? COPY_MAX : model_outstanding(m);
    uint32_t count = roll(w, COPY_MAX);
    uint32_t wait_nr = roll(w, 2) ? 0 : roll(w, most + 1);
    struct rf_cqe cqes[COPY_MAX];
    memset(cqes, 0x77, sizeof cqes);
    int result = rf_copy_cqes(&w->ring, cqes, count, wait_nr);
    wait_nr = min_u32(wait_nr, count);

    uint32_t copied = expect_copies(w, cqes, 0, count);
    if (copied == 0 && wait_nr == 0 && count > 0 && model_must_collect(m)) {
        (void)model_enter(m, 0, 0, RF_ENTER_GETEVENTS, m->taken);
        copied = expect_copies(w, cqes, 0, count);
    }
    int err = 0;
    while (copied < wait_nr && err >= 0) {
        m->unpublished = 0;
        uint32_t flags = enter_flags(w) | RF_ENTER_GETEVENTS;
        uint32_t to_submit = flag(w, RF_SETUP_SQPOLL) ? 0 : m->waiting.count;
        err = model_enter(m, to_submit, wait_nr - copied, flags, m->taken);
        if (err < 0)
            break;
        uint32_t before = copied;
        copied = expect_copies(w, cqes, copied, count);
        /* It waited, unless the count was a short one, and nothing came: as by a signal. */
        if (copied == before && err > 0 && m->waiting.count == 0)
            err = -EINTR;
    }
    assert_result(result, copied > 0 || err > 0 ? (int)copied : err);
    for (uint32_t i = copied; i < count; i++)
        assert_int_equal(cqes[i].user_data, UINT64_C(0x7777777777777777));
    settle(w);
}

/* --- walking ------------------------------------------------------------- */

/* The other side's turn: an SQ thread runs or sleeps; consuming becomes slow. */
static void other_side(struct walk *w)
{
    if (!w->peer)
        return;
    struct model *m = &w->model;
    if (flag(w, RF_SETUP_SQPOLL) && roll(w, 2)) {
        if (roll(w, 3)) {
            peer_run(w->peer);
            model_run(m, given_back(w));
        } else if (!m->asleep) {
            m->asleep = m->waiting.count == m->unpublished;
            assert_int_equal(peer_sleep(w->peer), m->asleep);
        }
    } else if (!flag(w, RF_SETUP_SQPOLL)) {
        m->consume_limit = roll(w, 3) ? UINT32_MAX : 1 + roll(w, m->sq_entries);
        w->peer->consume_limit = m->consume_limit;
    }
}

static void step(struct walk *w)
{
    static void (*const deeds[])(struct walk * w) = {
        get_some, get_some, get_a_run, get_a_run,     flush,   submit,    submit,
        advance,  take_some, take_some, peek_and_seen, copy_some, submit_and_wait,
        enter_greedily, other_side,
    };
    if (crowded(w))
        take_some(w);
    else
        deeds[roll(w, COUNT_OF(deeds))](w);
    check(w);
}

static void drain(struct walk *w)
{
    if (w->peer)
        w->peer->consume_limit = w->model.consume_limit = UINT32_MAX;
    while (model_outstanding(&w->model) > 0) {
        submit(w);
        if (w->peer && flag(w, RF_SETUP_SQPOLL)) {
            peer_run(w->peer);
            model_run(&w->model, given_back(w));
        }
        while (take_next(w))
            check(w);
    }
}

/* Whether NOP takes a result: since 6.10. */
static bool knows_injection(struct rf_ring *ring)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    sqe->nop_flags = RF_NOP_INJECT_RESULT;
    sqe->len = 7;
    struct rf_cqe cqe = submit_and_reap(ring);
    while (rf_sq_ready(ring) > 0)
        sched_yield(); /* an SQ thread shows the CQE before it gives the slot back */
    return cqe.res == 7;
}

/* Whether NOP fills 32 bytes: not in 6.12. */
static bool knows_big_nops(struct rf_ring *ring)
{
    if (!(ring->flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED)))
        return false;
    struct rf_sqe *sqe = rf_get_sqe(ring);
    sqe->nop_flags = RF_NOP_CQE32;
    sqe->off = 11;
    sqe->addr = 12;
    assert_true(rf_submit_and_wait(ring, 1) >= 0);
    const struct rf_cqe *cqe = rf_next_cqe(ring);
    assert_non_null(cqe);
    bool knows = cqe->res == 0 && rf_cqe_big(cqe)[0] == 11 && rf_cqe_big(cqe)[1] == 12;
    assert_null(rf_next_cqe(ring)); /* gives the slot back */
    while (rf_sq_ready(ring) > 0)
        sched_yield();
    return knows;
}

static void walk(struct walk *w, uint32_t steps)
{
    const struct rf_ring *ring = &w->ring;
    w->sq_start = ring->sq.ktail;
    w->cq_start = ring->cq.khead;
    model_init(&w->model, ring->flags, ring->sq.entries, ring->cq.entries, w->cq_start);
    w->model.defers = w->peer && flag(w, RF_SETUP_DEFER_TASKRUN);
    w->random = seed_of_this_run();
    for (uint32_t i = 0; i < steps; i++)
        step(w);
    drain(w);
    check(w);
    assert_true(w->next_user_data > steps / 20); /* it did not walk on the spot */
}

/* --- against the peer ---------------------------------------------------- */

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

static const struct {
    const char *name;
    uint32_t flags;
    bool array;    /* the peer does not know RF_SETUP_NO_SQARRAY */
    bool small_cq; /* as many CQEs as SQEs */
} peer_flavours[] = {
    {.name = "plain"},
    {.name = "array", .array = true},
    {.name = "small cq", .small_cq = true},
    {.name = "submit_all array", .flags = RF_SETUP_SUBMIT_ALL, .array = true},
    {.name = "sqpoll", .flags = RF_SETUP_SQPOLL},
    {.name = "sqpoll array small cq", .flags = RF_SETUP_SQPOLL, .array = true, .small_cq = true},
    {.name = "coop_taskrun", .flags = RF_SETUP_COOP_TASKRUN},
    {.name = "defer_taskrun", .flags = DEFER},
    {.name = "sqe128", .flags = RF_SETUP_SQE128},
    {.name = "sqe128 sqpoll array", .flags = RF_SETUP_SQE128 | RF_SETUP_SQPOLL, .array = true},
    {.name = "cqe32", .flags = RF_SETUP_CQE32},
    {.name = "cqe32 array small cq", .flags = RF_SETUP_CQE32, .array = true, .small_cq = true},
    {.name = "sqe128 cqe32 defer", .flags = RF_SETUP_SQE128 | RF_SETUP_CQE32 | DEFER},
    {.name = "mixed", .flags = RF_SETUP_CQE_MIXED},
    {.name = "mixed small cq", .flags = RF_SETUP_CQE_MIXED, .small_cq = true},
    {.name = "mixed array defer", .flags = RF_SETUP_CQE_MIXED | DEFER, .array = true},
    {.name = "mixed sqe128 sqpoll",
     .flags = RF_SETUP_CQE_MIXED | RF_SETUP_SQE128 | RF_SETUP_SQPOLL},
    {.name = "no_mmap", .flags = RF_SETUP_NO_MMAP},
    {.name = "no_mmap cqe32 array", .flags = RF_SETUP_NO_MMAP | RF_SETUP_CQE32, .array = true},
    {.name = "registered_fd_only", .flags = RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY},
};

static void open_peer(struct walk *w, struct peer *peer, size_t flavour, uint32_t entries,
                      uint32_t below_wrap)
{
    memset(w, 0, sizeof *w);
    w->peer = peer;
    w->injects = w->big_nops = true;
    peer_init(peer);
    peer->sq_start = UINT32_MAX - below_wrap;
    peer->cq_start = UINT32_MAX - below_wrap * 2;
    if (peer_flavours[flavour].array)
        peer->known_flags &= ~RF_SETUP_NO_SQARRAY;
    struct rf_params params = {.flags = peer_flavours[flavour].flags};
    if (peer_flavours[flavour].small_cq) {
        params.flags |= RF_SETUP_CQSIZE;
        params.cq_entries = entries;
    }
    assert_result(rf_init_sys(&w->ring, entries, &params, &peer->sys), 0);
}

static void walk_with_peer(uint32_t entries)
{
    static const uint32_t below_wrap[] = {0, 1, 6, 63, 400};
    static struct walk w;
    printf("# RF_TEST_SEED=%llu\n", (unsigned long long)seed_of_this_run());
    for (size_t f = 0; f < COUNT_OF(peer_flavours); f++) {
        if (entries == 1 && peer_flavours[f].small_cq &&
            peer_flavours[f].flags & RF_SETUP_CQE_MIXED)
            continue; /* no room for one CQE of two slots */
        for (size_t i = 0; i < COUNT_OF(below_wrap); i++) {
            struct peer peer;
            open_peer(&w, &peer, f, entries, below_wrap[i]);
            walk(&w, 4000);
            rf_deinit(&w.ring);
            const char *complaint = peer_end(&peer);
            if (complaint)
                fail_msg("%s: %s", peer_flavours[f].name, complaint);
        }
    }
}

static void one_entry_wraps_at_2_to_the_32(void **state)
{
    (void)state;
    walk_with_peer(1);
}

static void two_entries_wrap_at_2_to_the_32(void **state)
{
    (void)state;
    walk_with_peer(2);
}

static void eight_entries_wrap_at_2_to_the_32(void **state)
{
    (void)state;
    walk_with_peer(8);
}

static void sixty_four_entries_wrap_at_2_to_the_32(void **state)
{
    (void)state;
    walk_with_peer(64);
}

/* --- against the kernel -------------------------------------------------- */

static void walk_with_kernel(void **state, uint32_t entries, uint32_t cq_entries)
{
    static struct walk w;
    memset(&w, 0, sizeof w);
    printf("# RF_TEST_SEED=%llu\n", (unsigned long long)seed_of_this_run());
    struct rf_params params = {.flags = cq_entries ? RF_SETUP_CQSIZE : 0, .cq_entries = cq_entries};
    open_flavour_params(state, &w.ring, entries, &params);
    w.injects = knows_injection(&w.ring);
    w.big_nops = knows_big_nops(&w.ring);
    w.bad_first = !has_op(&w.ring, RF_OP_FUTEX_WAIT); /* 6.1; not 6.12 */
    w.has_thread = flag(&w, RF_SETUP_SQPOLL);
    w.no_overflow = flag(&w, RF_SETUP_CQE_MIXED) || !overflow_keeps_order(&w.ring);
    walk(&w, w.has_thread ? 2000 : is_emulated() ? 5000 : 20000);
    rf_deinit(&w.ring);
}

static void the_kernel_agrees_with_the_model_on_two_entries(void **state)
{
    walk_with_kernel(state, 2, 0);
}

static void the_kernel_agrees_with_the_model_on_sixteen_entries(void **state)
{
    walk_with_kernel(state, 16, 0);
}

static void the_kernel_agrees_with_the_model_where_completions_overflow(void **state)
{
    walk_with_kernel(state, 8, 8);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(one_entry_wraps_at_2_to_the_32),
        ONCE(two_entries_wrap_at_2_to_the_32),
        ONCE(eight_entries_wrap_at_2_to_the_32),
        ONCE(sixty_four_entries_wrap_at_2_to_the_32),
        EACH_FLAVOUR(the_kernel_agrees_with_the_model_on_two_entries),
        EACH_FLAVOUR(the_kernel_agrees_with_the_model_on_sixteen_entries),
        EACH_FLAVOUR(the_kernel_agrees_with_the_model_where_completions_overflow),
    };
    return run_all(tests, COUNT_OF(tests));
}
