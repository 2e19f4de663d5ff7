/* SPDX-License-Identifier: MIT */
/*
 * Held here: the two orders of fence.h that a machine with store buffers shows
 * when they are missing. Two threads run the accessors themselves against the other
 * side's half of the protocol, round after round, both released at once; the
 * forbidden outcome must not come up in any round.
 *
 * The orders that x86 never shows are the business of a race detector and of a
 * model checker, not of this file.
 */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 200000 };

/* Each on a cache line of its own, as far apart as two sides' words can be. */
struct line {
    _Alignas(128) uint32_t word;
};

static struct line tail, flags;
static uint32_t seen_flags[ROUNDS], seen_tail[ROUNDS];
static struct line gate;

/* Both threads leave at the same moment, or nearly so. */
static void meet(uint32_t round)
{
    __atomic_fetch_add(&gate.word, 1, __ATOMIC_ACQ_REL);
    for (unsigned spins = 0; __atomic_load_n(&gate.word, __ATOMIC_ACQUIRE) < 2 * (round + 1);)
        if (++spins % 4096 == 0)
            sched_yield(); /* the other one has lost its processor */
}

static void need_real_processors(void)
{
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
        skip_because("one processor cannot show the order of two");
    if (is_emulated())
        skip_because("emulated processors take turns, and show no order");
}

/*
 * The SQ thread that is about to sleep: sets the flag, full barrier, looks at
 * the tail again.
 */
static void *falls_asleep(void *unused)
{
    (void)unused;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        meet(round);
        __atomic_store_n(&flags.word, round + 1, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        seen_tail[round] = __atomic_load_n(&tail.word, __ATOMIC_ACQUIRE);
    }
    return NULL;
}

/*
 * Zig 0.15.2 has no fence here: its request can be lost for ever. Both missing
 * each other is the lost wakeup.
 */
static void the_tail_is_published_before_the_flags_are_read(void **state)
{
    (void)state;
    need_real_processors();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, falls_asleep, NULL), 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        meet(round);
        rfi_sq_tail_store((struct rf_sq_tail_word *)(void *)&tail.word, round + 1);
        seen_flags[round] =
            rfi_sq_flags_after_publish((const struct rf_sq_flags_word *)(const void *)&flags.word);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    unsigned lost = 0;
    for (uint32_t round = 0; round < ROUNDS; round++)
        lost += seen_flags[round] < round + 1 && seen_tail[round] < round + 1;
    assert_int_equal(lost, 0);
}

/* The kernel posting a CQE: stores the tail, full barrier, reads the mute flag. */
static void *posts_and_looks(void *unused)
{
    (void)unused;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        meet(round);
        __atomic_store_n(&tail.word, round + 1, __ATOMIC_RELEASE);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        seen_flags[round] = __atomic_load_n(&flags.word, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* Switched on, then looked: either we see the CQE or the kernel signals it. */
static void the_eventfd_is_switched_on_before_the_queue_is_looked_at(void **state)
{
    (void)state;
    need_real_processors();
    gate.word = tail.word = flags.word = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, posts_and_looks, NULL), 0);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        meet(round);
        rfi_cq_flags_store((struct rf_cq_flags_word *)(void *)&flags.word, round + 1);
        seen_tail[round] = rfi_cq_tail_load((const struct rf_cq_tail_word *)(void *)&tail.word);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    unsigned lost = 0;
    for (uint32_t round = 0; round < ROUNDS; round++)
        lost += seen_flags[round] < round + 1 && seen_tail[round] < round + 1;
    assert_int_equal(lost, 0);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(the_tail_is_published_before_the_flags_are_read),
        ONCE(the_eventfd_is_switched_on_before_the_queue_is_looked_at),
    };
    return run_all(tests, COUNT_OF(tests));
}
