/* SPDX-License-Identifier: MIT */
/*
 * Held here: the two orders of fence.h that a machine with store buffers shows
 * when they are missing. Two threads run the accessors themselves against the other
 * side's half of the protocol, round after round, both released at once; the
 * forbidden outcome must not come up in any round.
 *
 * And the order in which the ring's own calls use them: the page of the tail is not to be
 * written to, so that the store traps, and the SQ thread falls asleep at that very moment.
 *
 * The orders that x86 never shows are the business of a race detector and of a
 * model checker, not of this file.
 */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

/* --- at the store -------------------------------------------------------- */

static struct {
    struct rf_sys sys;
    char *page; /* of the tail */
    size_t bytes;
    uint32_t *flags;
    unsigned stores;
    uint32_t enter_flags; /* of all calls */
} asleep;

/* The store is carried out when this returns; no read before it can have seen the flag. */
static void falls_asleep_at_the_store(int signal_number)
{
    (void)signal_number;
    (void)mprotect(asleep.page, asleep.bytes, PROT_READ | PROT_WRITE);
    __atomic_fetch_or(asleep.flags, RF_SQ_NEED_WAKEUP, __ATOMIC_SEQ_CST);
    asleep.stores++;
}

static int note_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                      uint32_t how, const void *arg, size_t arg_bytes)
{
    (void)sys;
    asleep.enter_flags |= how;
    return rf_sys_kernel.ring_enter(&rf_sys_kernel, fd, to_submit, min_complete,
                                    how & ~RF_ENTER_SQ_WAKEUP, arg, arg_bytes);
}

static int submit_and_wait_a_second(struct rf_ring *ring)
{
    struct rf_timespec second = {1, 0};
    const struct rf_cqe *cqe;
    return rf_submit_and_wait_timeout(ring, &cqe, 1, &second, NULL);
}

static int submit_and_wait_for_one(struct rf_ring *ring)
{
    return rf_submit_and_wait(ring, 1);
}

static void an_sq_thread_that_falls_asleep_as_the_tail_is_stored_is_woken(void **state)
{
    (void)state;
    need_a_ring();
    static int (*const calls[])(struct rf_ring *) = {
        rf_submit, rf_submit_and_get_events, submit_and_wait_for_one, submit_and_wait_a_second};
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = falls_asleep_at_the_store;
    assert_int_equal(sigaction(SIGSEGV, &action, &before), 0);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        memset(&asleep, 0, sizeof asleep);
        asleep.sys = rf_sys_kernel;
        asleep.sys.ring_enter = note_enter;
        struct rf_ring ring;
        struct rf_params params;
        memset(&params, 0, sizeof params);
        assert_result(rf_init_sys(&ring, 4, &params, &asleep.sys), 0);
        ring.flags |= RF_SETUP_SQPOLL; /* the thread is played: a real one would set the flag too */
        asleep.flags = (uint32_t *)(uintptr_t)(const void *)ring.sq.flags_word;
        asleep.bytes = (size_t)sysconf(_SC_PAGESIZE);
        uintptr_t tail_at = (uintptr_t)(void *)ring.sq.tail_word;
        asleep.page = (char *)(tail_at & ~(uintptr_t)(asleep.bytes - 1));

        struct rf_sqe *sqe = rf_get_sqe(&ring);
        rf_prep_nop(sqe);
        assert_int_equal(mprotect(asleep.page, asleep.bytes, PROT_READ), 0);
        assert_int_equal(calls[i](&ring), 1);
        assert_int_equal(asleep.stores, 1);
        assert_true(asleep.enter_flags & RF_ENTER_SQ_WAKEUP);
        rf_deinit(&ring);
    }
    assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(the_tail_is_published_before_the_flags_are_read),
        ONCE(the_eventfd_is_switched_on_before_the_queue_is_looked_at),
        ONCE(an_sq_thread_that_falls_asleep_as_the_tail_is_stored_is_woken),
    };
    return run_all(tests, COUNT_OF(tests));
}
