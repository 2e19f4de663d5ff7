/* SPDX-License-Identifier: MIT */
/* liar.c - hostile.h: the thread that lies, and an other side that answers what it likes. */
#include "hostile.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

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
    static const int32_t results[] = {0,  1,         BUFFER_BYTES, BUFFER_BYTES + 1,
                                      -1, INT32_MIN, INT32_MAX};
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

void *hostile_lies(void *argument)
{
    struct hostile *h = (struct hostile *)argument;
    while (!__atomic_load_n(&h->stop, __ATOMIC_RELAXED)) {
        if (__atomic_load_n(&h->wanted, __ATOMIC_RELAXED)) {
            sched_yield();
            continue;
        }
        pthread_mutex_lock(&h->memory);
        uint32_t rest_ms = __atomic_load_n(&h->seldom, __ATOMIC_RELAXED);
        for (int i = 0; i < (rest_ms ? 1 : BURST) && !h->quiet && h->peer.rings.addr; i++)
            lie_once(h);
        pthread_mutex_unlock(&h->memory);
        if (rest_ms)
            (void)usleep(rest_ms * 1000);
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

static int made_up_result(struct hostile *h, uint32_t to_submit)
{
    static const int results[] = {0,      0,       1,       2,        INT32_MAX, -EINTR, -EAGAIN,
                                  -EBUSY, -EBADR,  -ETIME,  -EINVAL,  -ENXIO,    -4095};
    uint32_t kind = roll(&h->dice, 1 + sizeof results / sizeof results[0]);
    return kind < sizeof results / sizeof results[0] ? results[kind] : (int)(to_submit & 0xffff);
}

static int registers(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg, uint32_t nr_args)
{
    struct hostile *h = hostile_of(sys);
    switch (opcode & ~RF_REGISTER_USE_REGISTERED_RING) {
    case RF_REGISTER_PBUF_STATUS:
        ((struct rf_buf_status *)arg)->head = any(&h->dice);
        return 0;
    case RF_REGISTER_SYNC_CANCEL:
        return roll(&h->dice, 3) ? -ENOENT : made_up_result(h, any(&h->dice));
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

void hostile_take_calls(struct hostile *h)
{
    struct rf_sys *sys = &h->peer.sys;
    h->honest = *sys;
    sys->ring_setup = setup;
    sys->ring_enter = enters;
    sys->ring_register = registers;
    sys->map = map;
    sys->unmap = unmap;
    sys->close = closes;
}
