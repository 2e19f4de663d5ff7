/* SPDX-License-Identifier: MIT */
/*
 * hostile.c - the library against a peer that lies while it runs: a thread of its own writes
 * random and nearly right values to every shared word, to CQEs, to the entries of buffer rings,
 * at any moment, and entering returns what it likes. Every function that touches a ring is called
 * all the while.
 *
 * Held: nothing is read or written outside the rings (built with the sanitizers for addresses and
 * undefined behaviour: the peer's memory has its exact size), what is shown lies inside them, no
 * call goes on for ever (a watchdog names the one that does), errors are errnos, and at
 * the end all memory is given back. SQEs are NOPs only: the peer carries them out, and it
 * believes a tail that is a lie.
 *
 * What the program has to do itself against such a peer is done here too: a CQE in place may
 * change while one looks at it, so its flags are read once. Three calls may trap, since they cannot
 * tell the lie from a broken contract: rf_cq_advance() and rf_buf_ring_cq_advance(), if
 * the tail has gone back since it was asked for, and rf_buffer_group_put() of a CQE in place.
 *
 * Prints TAP. Status 0: all is well; 1: a check failed; 3: a call did not come back.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ringfence.h>

#include "peer.h"

enum {
    GROUP = 1,
    BUFFERS = 8,
    BUFFER_BYTES = 96,
    REFILLS = 8,
    WAITS = 4,
    LIFE_MS = 150, /* of one ring */
    BURST = 32,    /* lies in a row */
};

struct refill_region {
    uint32_t head, tail;
    uint64_t pad;
    struct rf_zcrx_rqe entries[REFILLS];
};

struct hostile {
    struct peer peer; /* first: the calls get this */
    struct rf_sys honest;
    struct rf_ring ring;
    struct rf_buffer_group group;
    struct rf_buf_ring *br; /* or NULL */
    struct rf_zcrx_rq refill;
    struct refill_region *region;
    bool has_group;
    uint64_t dice;

    /* The liar. Memory is made and unmade with the lock held, and lied to with it held. */
    pthread_mutex_t memory;
    pthread_t liar;
    bool quiet;      /* the rings are unmapped, or about to be */
    int wanted;      /* by the other thread */
    int stop;
    uint64_t liars_dice;
    uint64_t lies;

    uint64_t opened, resized, calls, protos, traps;
};

static uint32_t roll(uint64_t *dice, uint32_t below)
{
    *dice ^= *dice >> 12;
    *dice ^= *dice << 25;
    *dice ^= *dice >> 27;
    return (uint32_t)((*dice * UINT64_C(2685821657736338717)) >> 32) % below;
}

static uint32_t any(uint64_t *dice)
{
    return roll(dice, UINT32_MAX);
}

/* --- what is looked at from outside --------------------------------------- */

static const char *flavour_name = "none";
static const char *call_name = "none";
static uint64_t call_number;
static unsigned long seed, limit_s = 30;

static void begin_call(struct hostile *h, const char *name)
{
    h->calls++;
    __atomic_store_n(&call_name, name, __ATOMIC_RELAXED);
    __atomic_store_n(&call_number, call_number + 1, __ATOMIC_RELAXED);
}

static void check(bool good, const char *what)
{
    if (good)
        return;
    printf("Bail out! %s: %s: %s, seed %lu\n", flavour_name, call_name, what, seed);
    fflush(stdout);
    _Exit(1);
}

static void *watches(void *unused)
{
    uint64_t seen = 0;
    unsigned long same = 0;
    (void)unused;
    for (;;) {
        struct timespec second = {1, 0};
        nanosleep(&second, NULL);
        uint64_t now = __atomic_load_n(&call_number, __ATOMIC_RELAXED);
        same = now == seen ? same + 1 : 0;
        seen = now;
        if (same >= limit_s) {
            printf("Bail out! %s: %s does not come back, seed %lu\n", flavour_name,
                   __atomic_load_n(&call_name, __ATOMIC_RELAXED), seed);
            fflush(stdout);
            _Exit(3);
        }
    }
    return NULL;
}

/* --- lying ------------------------------------------------------------------ */

static uint32_t near(uint64_t *dice, uint32_t value)
{
    static const uint32_t steps[] = {1, 2, 3, 4, 7, 8, 9, 16, 17, 0x7fffffff, 0x80000000};
    uint32_t step = steps[roll(dice, sizeof steps / sizeof steps[0])];
    switch (roll(dice, 4)) {
    case 0:
        return any(dice);
    case 1:
        return value ^ UINT32_C(1) << roll(dice, 32);
    case 2:
        return value - step;
    default:
        return value + step;
    }
}

/* Some lies stand, until the peer writes there again; most are taken back at once. */
static void lie_in_word(struct hostile *h, uint32_t *word, bool stands)
{
    uint64_t *dice = &h->liars_dice;
    uint32_t truth = __atomic_load_n(word, __ATOMIC_RELAXED);
    uint32_t lie = near(dice, truth);
    for (uint32_t n = roll(dice, 20); n > 0; n--) {
        __atomic_store_n(word, lie, __ATOMIC_RELAXED);
        for (uint32_t wait = n * 8; wait > 0; wait--)
            __asm__ volatile("");
        __atomic_store_n(word, truth, __ATOMIC_RELAXED);
    }
    if (stands && roll(dice, 8) == 0)
        __atomic_store_n(word, lie, __ATOMIC_RELAXED);
}

static uint32_t lying_flags(uint64_t *dice)
{
    static const uint32_t flags[] = {
        0,
        RF_CQE_F_32,
        RF_CQE_F_SKIP,
        RF_CQE_F_32 | RF_CQE_F_SKIP,
        RF_CQE_F_BUFFER,
        RF_CQE_F_BUFFER | RF_CQE_F_BUF_MORE,
        RF_CQE_F_BUFFER | RF_CQE_F_32,
    };
    uint32_t kind = roll(dice, 1 + sizeof flags / sizeof flags[0]);
    if (kind == sizeof flags / sizeof flags[0])
        return any(dice);
    uint32_t lie = flags[kind];
    if (lie & RF_CQE_F_BUFFER)
        lie |= roll(dice, BUFFERS + 1) << RF_CQE_BUFFER_SHIFT;
    return lie;
}

static int32_t lying_res(uint64_t *dice)
{
    static const int32_t results[] = {0, 1, BUFFER_BYTES, BUFFER_BYTES + 1, -1, INT32_MIN, INT32_MAX};
    uint32_t kind = roll(dice, 2 * sizeof results / sizeof results[0]);
    if (kind < sizeof results / sizeof results[0])
        return results[kind];
    return (int32_t)roll(dice, 2 * BUFFER_BYTES);
}

/* To and fro between two lies: whoever looks twice should see both. */
static void lie_in_cqe(struct hostile *h)
{
    uint64_t *dice = &h->liars_dice;
    const struct peer *peer = &h->peer;
    uint32_t shift = peer->flags & RF_SETUP_CQE32 ? 1 : 0;
    uint32_t slot = roll(dice, peer->cq_entries << shift);
    if (roll(dice, 2)) /* the last that is there: behind it is nothing */
        slot = ((peer->cq_tail - 1) & (peer->cq_entries - 1)) << shift;
    volatile struct rf_cqe *cqe =
        (volatile struct rf_cqe *)(void *)((char *)peer->rings.addr + 64) + slot;
    uint32_t flags[2] = {lying_flags(dice), lying_flags(dice)};
    int32_t res[2] = {lying_res(dice), lying_res(dice)};
    for (uint32_t n = roll(dice, 64); n > 0; n--) {
        cqe->flags = flags[n % 2];
        cqe->res = res[n % 2];
    }
}

static uint32_t *word_in(void *start, size_t bytes, uint64_t *dice)
{
    return (uint32_t *)start + roll(dice, (uint32_t)(bytes / sizeof(uint32_t)));
}

static void lie_once(struct hostile *h)
{
    uint64_t *dice = &h->liars_dice;
    struct peer *peer = &h->peer;
    char *rings = (char *)peer->rings.addr;
    switch (roll(dice, 12)) {
    case 0: /* SQ array and all */
        lie_in_word(h, word_in(rings, peer->rings.bytes, dice), false);
        break;
    case 1: /* what fill_last_slot() reads; no opcodes, the peer would believe them */
        ((volatile struct rf_sqe *)peer->sqes.addr)[roll(dice, peer->sq_entries)].flags =
            (uint8_t)any(dice);
        break;
    case 2:
        if (peer->groups[GROUP].ring)
            lie_in_word(h, word_in((void *)(uintptr_t)peer->groups[GROUP].ring,
                                   BUFFERS * sizeof(struct rf_buf), dice), true);
        break;
    case 3:
        lie_in_word(h, word_in(h->region, sizeof *h->region, dice), true);
        break;
    case 4: { /* heads, tails, flags, counters: the first four words, and from the ninth on */
        uint32_t word = roll(dice, 8);
        lie_in_word(h, (uint32_t *)(void *)rings + (word < 4 ? word : word + 4), true);
        break;
    }
    case 5: /* masks and sizes too */
        lie_in_word(h, word_in(rings, 64, dice), false);
        break;
    default:
        lie_in_cqe(h);
        break;
    }
    h->lies++;
}

static void *lies(void *argument)
{
    struct hostile *h = (struct hostile *)argument;
    while (!__atomic_load_n(&h->stop, __ATOMIC_RELAXED)) {
        if (__atomic_load_n(&h->wanted, __ATOMIC_RELAXED)) {
            sched_yield();
            continue;
        }
        pthread_mutex_lock(&h->memory);
        for (int i = 0; i < BURST && !h->quiet && h->peer.rings.addr; i++)
            lie_once(h);
        pthread_mutex_unlock(&h->memory);
    }
    return NULL;
}

static void lock_memory(struct hostile *h)
{
    __atomic_store_n(&h->wanted, 1, __ATOMIC_RELAXED);
    pthread_mutex_lock(&h->memory);
    __atomic_store_n(&h->wanted, 0, __ATOMIC_RELAXED);
}

static void unlock_memory(struct hostile *h)
{
    pthread_mutex_unlock(&h->memory);
}

/* --- the other side's calls -------------------------------------------------- */

static struct hostile *hostile_of(const struct rf_sys *sys)
{
    return (struct hostile *)(uintptr_t)sys;
}

static int setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    struct hostile *h = hostile_of(sys);
    lock_memory(h);
    int result = h->honest.ring_setup(sys, entries, params);
    unlock_memory(h);
    return result;
}

static int map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes, void **ret_addr)
{
    struct hostile *h = hostile_of(sys);
    lock_memory(h);
    int result = h->honest.map(sys, fd, offset, bytes, ret_addr);
    unlock_memory(h);
    return result;
}

static int unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    struct hostile *h = hostile_of(sys);
    bool is_ring = addr == h->peer.rings.addr || addr == h->peer.sqes.addr;
    if (is_ring && h->peer.live)
        peer_stop(&h->peer);
    lock_memory(h);
    h->quiet = h->quiet || is_ring;
    int result = h->honest.unmap(sys, addr, bytes);
    unlock_memory(h);
    return result;
}

static int closes(const struct rf_sys *sys, int fd)
{
    struct hostile *h = hostile_of(sys);
    lock_memory(h);
    int result = h->honest.close(sys, fd);
    unlock_memory(h);
    return result;
}

static int registers(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg, uint32_t nr_args)
{
    struct hostile *h = hostile_of(sys);
    switch (opcode & ~RF_REGISTER_USE_REGISTERED_RING) {
    case RF_REGISTER_PBUF_STATUS:
        ((struct rf_buf_status *)arg)->head = any(&h->dice);
        return 0;
    case RF_REGISTER_MEM_REGION:
    case RF_REGISTER_CLOCK:
        return 0;
    default:
        break;
    }
    lock_memory(h);
    int result = h->honest.ring_register(sys, fd, opcode, arg, nr_args);
    unlock_memory(h);
    return result;
}

static int made_up_result(struct hostile *h, uint32_t to_submit)
{
    static const int results[] = {0,      0,       1,       2,        INT32_MAX, -EINTR, -EAGAIN,
                                  -EBUSY, -EBADR,  -ETIME,  -EINVAL,  -ENXIO,    -4095};
    uint32_t kind = roll(&h->dice, 1 + sizeof results / sizeof results[0]);
    return kind < sizeof results / sizeof results[0] ? results[kind] : (int)(to_submit & 0xffff);
}

/* Never sleeps for long, and does not say so. */
static int enters(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                  uint32_t flags, const void *arg, size_t arg_bytes)
{
    struct hostile *h = hostile_of(sys);
    struct rf_timespec ts = {0, roll(&h->dice, 100000)};
    struct rf_getevents_arg own;
    memset(&own, 0, sizeof own);
    own.ts = (uint64_t)(uintptr_t)&ts;
    (void)arg;
    (void)arg_bytes;
    if (roll(&h->dice, 6) == 0)
        return made_up_result(h, to_submit);
    flags &= ~(uint32_t)(RF_ENTER_ABS_TIMER | RF_ENTER_EXT_ARG_REG | RF_ENTER_EXT_ARG);
    /* The peer would sleep until its own thread has made room, which lies can make for ever. */
    flags &= ~(uint32_t)RF_ENTER_SQ_WAIT;
    int result = h->honest.ring_enter(sys, fd, to_submit, min_complete, flags | RF_ENTER_EXT_ARG,
                                      &own, sizeof own);
    return result == -ETIME && roll(&h->dice, 2) ? 0 : result;
}

/* --- traps that may be ------------------------------------------------------ */

static sigjmp_buf trapped;
static volatile sig_atomic_t may_trap;

static void on_trap(int sig)
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

/* By a resize whose new queues could not be mapped. */
static bool is_closed(const struct hostile *h)
{
    return h->ring.fd < 0;
}

/* The peer makes its truth of what the ring is at, now and then: a ring of lies does little. */
static void make_peace(struct hostile *h)
{
    struct peer *peer = &h->peer;
    if (is_closed(h))
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

static void (*const doings[])(struct hostile *) = {
    gets,  gets_runs, gets_wide,         submits,      takes,         copies,  walks,
    waits, takes,     submits_and_waits, uses_buffers, rings_buffers, refills, resizes,
    walks, others,    uses_buffers,      copies,
};

static void do_something(struct hostile *h)
{
    uint32_t what = roll(&h->dice, 2 + sizeof doings / sizeof doings[0]);
    if (what == sizeof doings / sizeof doings[0])
        try_call(h, advances);
    else if (what > sizeof doings / sizeof doings[0])
        try_call(h, advances_both);
    else
        doings[what](h);
}

/* --- the life of a ring ------------------------------------------------------- */

struct flavour {
    const char *name;
    uint32_t flags;
    bool array;
};

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

static const struct flavour flavours[] = {
    {"plain", 0, false},
    {"array", 0, true},
    {"sqpoll", RF_SETUP_SQPOLL, false},
    {"array sqpoll", RF_SETUP_SQPOLL, true},
    {"iopoll", RF_SETUP_IOPOLL, false},
    {"defer_taskrun", DEFER, false},
    {"sqe128", RF_SETUP_SQE128, false},
    {"sqe_mixed", RF_SETUP_SQE_MIXED, false},
    {"cqe32", RF_SETUP_CQE32, false},
    {"cqe32 sqpoll array", RF_SETUP_CQE32 | RF_SETUP_SQPOLL, true},
    {"cqe_mixed", RF_SETUP_CQE_MIXED, false},
    {"cqe_mixed sqpoll", RF_SETUP_CQE_MIXED | RF_SETUP_SQPOLL, false},
    {"cqe_mixed defer", RF_SETUP_CQE_MIXED | DEFER, false},
    {"sqe128 cqe32 defer", RF_SETUP_SQE128 | RF_SETUP_CQE32 | DEFER, false},
    {"sqe_mixed cqe_mixed no_mmap", RF_SETUP_SQE_MIXED | RF_SETUP_CQE_MIXED | RF_SETUP_NO_MMAP, false},
    {"no_mmap defer", RF_SETUP_NO_MMAP | DEFER, false},
    {"no_mmap array sqpoll", RF_SETUP_NO_MMAP | RF_SETUP_SQPOLL, true},
    {"sq_rewind", RF_SETUP_NO_SQARRAY | RF_SETUP_SQ_REWIND, false},
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void make_hostile(struct hostile *h, const struct flavour *flavour)
{
    struct peer *peer = &h->peer;
    peer_init(peer);
    h->honest = peer->sys;
    peer->sys.ring_setup = setup;
    peer->sys.ring_enter = enters;
    peer->sys.ring_register = registers;
    peer->sys.map = map;
    peer->sys.unmap = unmap;
    peer->sys.close = closes;
    peer->keep_limit = 32;
    peer->sq_start = flavour->flags & RF_SETUP_SQ_REWIND ? 0 : UINT32_MAX - roll(&h->dice, 16);
    peer->cq_start = UINT32_MAX - roll(&h->dice, 16);
    if (flavour->array)
        peer->known_flags &= ~RF_SETUP_NO_SQARRAY;
}

static void add_buffers(struct hostile *h)
{
    h->has_group = false;
    h->br = NULL;
    uint32_t flags = 0;
    if (roll(&h->dice, 2))
        h->has_group = rf_buffer_group_init_flags(&h->group, &h->ring, GROUP, BUFFER_BYTES,
                                                  BUFFERS, flags) == 0;
    else if (rf_setup_buf_ring(&h->ring, BUFFERS, GROUP, 0, &h->br) != 0)
        h->br = NULL;
}

static void add_waits(struct hostile *h)
{
    struct rf_reg_wait *reg;
    struct rf_timespec ts = {0, 200000};
    if (roll(&h->dice, 2) || rf_setup_reg_wait(&h->ring, WAITS, &reg) != 0)
        return;
    for (int i = 0; i < WAITS; i++)
        rf_reg_wait_set(&reg[i], &ts, roll(&h->dice, 2) ? 50 : 0, NULL);
}

static bool add_refill(struct hostile *h)
{
    struct rf_zcrx_ifq_reg reg;
    struct rf_zcrx_area_reg area;
    memset(&reg, 0, sizeof reg);
    memset(&area, 0, sizeof area);
    __atomic_store_n(&h->region->head, 0, __ATOMIC_RELAXED); /* no lie that stands */
    __atomic_store_n(&h->region->tail, 0, __ATOMIC_RELAXED);
    reg.rq_entries = REFILLS;
    reg.offsets.head = offsetof(struct refill_region, head);
    reg.offsets.tail = offsetof(struct refill_region, tail);
    reg.offsets.rqes = offsetof(struct refill_region, entries);
    return rf_zcrx_rq_init(&h->refill, &reg, &area, h->region, sizeof *h->region) == 0;
}

static void end_ring(struct hostile *h)
{
    struct peer *peer = &h->peer;
    begin_call(h, "rf_buffer_group_deinit");
    if (is_closed(h))
        return; /* with nobody to ask the buffers are lost, to peer_end() */
    if (h->has_group)
        check(rf_buffer_group_deinit(&h->group) == 0, "the group is not closed");
    if (h->br)
        check(rf_free_buf_ring(&h->ring, h->br, BUFFERS, GROUP) == 0, "the buffer ring stays");
    begin_call(h, "rf_deinit");
    rf_deinit(&h->ring);
    check(peer->fd < 0 && peer->index < 0, "the ring was left open");
    check(peer->rings.mapped == 0 && peer->sqes.mapped == 0, "the rings were left mapped");
    for (int i = 0; i < PEER_BLOCKS; i++)
        check(peer->blocks[i].mapped == 0, "memory was left mapped");
}

static void live(struct hostile *h, const struct flavour *flavour)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flavour->flags;
    begin_call(h, "rf_init_sys");
    int err = rf_init_sys(&h->ring, UINT32_C(2) << roll(&h->dice, 4), &params, &h->peer.sys);
    check(err <= 0 && err > -4096, "an error that is no errno");
    check(err == 0 || err == -EPROTO, "the ring is refused, and not for a lie");
    if (err) {
        h->protos++;
        return;
    }
    h->opened++;
    check(peer_start(&h->peer) == 0, "no threads");
    while (!add_refill(h))
        h->protos++;
    add_buffers(h);
    add_waits(h);
    int64_t end = now_ms() + LIFE_MS;
    while (now_ms() < end && !is_closed(h))
        for (int i = 0; i < 64 && !is_closed(h); i++)
            do_something(h);
    end_ring(h);
}

static struct hostile *new_hostile(unsigned long with_seed)
{
    struct hostile *h = (struct hostile *)calloc(1, sizeof *h);
    if (h)
        h->region = (struct refill_region *)calloc(1, sizeof *h->region);
    if (!h || !h->region) {
        free(h);
        return NULL;
    }
    h->dice = with_seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    h->liars_dice = (with_seed + 1) * UINT64_C(0xd1342543de82ef95) | 1;
    pthread_mutex_init(&h->memory, NULL);
    return h;
}

static void free_hostile(struct hostile *h)
{
    pthread_mutex_destroy(&h->memory);
    free(h->region);
    free(h);
}

static void run(struct hostile *h, const struct flavour *flavour, uint64_t totals[6])
{
    __atomic_store_n(&flavour_name, flavour->name, __ATOMIC_RELAXED);
    make_hostile(h, flavour);
    check(pthread_create(&h->liar, NULL, lies, h) == 0, "no thread");
    live(h, flavour);
    __atomic_store_n(&h->stop, 1, __ATOMIC_RELAXED);
    pthread_join(h->liar, NULL);
    (void)peer_end(&h->peer); /* it complains of its own lies */
    totals[0] += h->calls;
    totals[1] += h->lies;
    totals[2] += h->protos;
    totals[3] += h->traps;
    totals[4] += h->opened;
    totals[5] += h->resized;
}

static int usage(FILE *file, const char *name)
{
    fprintf(file,
            "usage: %s [--seconds N] [--seed N] [--limit SECONDS] [FLAVOUR]\n"
            "\n"
            "Runs the library against a peer that lies, every flavour of ring or the one that is\n"
            "named, for N seconds (10). A call that takes SECONDS (30) is taken for one that never\n"
            "comes back. The seed is that of the dice; what coincides is the machine's affair.\n",
            name);
    return file == stdout ? 0 : 2;
}

static int run_all(const char *only, int64_t seconds)
{
    enum { FLAVOURS = sizeof flavours / sizeof flavours[0] };
    uint64_t totals[6] = {0, 0, 0, 0, 0, 0};
    int64_t end = now_ms() + seconds * 1000;
    unsigned lives = 0;
    do {
        for (unsigned i = 0; i < FLAVOURS && (now_ms() < end || lives < FLAVOURS); i++) {
            if (only && strcmp(only, flavours[i].name) != 0)
                continue;
            struct hostile *h = new_hostile(seed + lives);
            check(h != NULL, "no memory");
            run(h, &flavours[i], totals);
            free_hostile(h);
            lives++;
        }
    } while (lives > 0 && now_ms() < end);
    if (lives == 0) {
        fprintf(stderr, "no such flavour\n");
        return 2;
    }
    printf("# seed %lu: %llu rings, %llu resized, %llu calls, %llu lies; "
           "%llu times -EPROTO, %llu traps\n",
           seed, (unsigned long long)totals[4], (unsigned long long)totals[5],
           (unsigned long long)totals[0],
           (unsigned long long)totals[1], (unsigned long long)totals[2],
           (unsigned long long)totals[3]);
    printf("ok 1 - no lie is followed\n1..1\n");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seconds", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'e'},
        {"limit", required_argument, NULL, 'l'},   {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    unsigned long seconds = 10;
    int c;
    seed = (unsigned long)time(NULL);
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        char *end = NULL;
        unsigned long value = optarg ? strtoul(optarg, &end, 10) : 0;
        if (c == 'h')
            return usage(stdout, argv[0]);
        if (!end || *end || end == optarg)
            return usage(stderr, argv[0]);
        *(c == 's' ? &seconds : c == 'e' ? &seed : &limit_s) = value;
    }
    if (argc - optind > 1)
        return usage(stderr, argv[0]);
    printf("# seed %lu\n", seed);
    fflush(stdout);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_trap;
    (void)sigaction(SIGILL, &action, NULL);
    (void)sigaction(SIGTRAP, &action, NULL);
    pthread_t watchdog;
    if (pthread_create(&watchdog, NULL, watches, NULL))
        return 1;
    pthread_detach(watchdog);
    return run_all(argc > optind ? argv[optind] : NULL, (int64_t)seconds);
}
