/* SPDX-License-Identifier: MIT */
/*
 * orders.c - the ring's own code between two threads, small enough for a model checker: each of
 * the protocol's shapes once, with queues of two slots whose indexes wrap at 2^32. The other
 * side stands here in a few lines, with the kernel's orders (docs/memory-order.md).
 *
 *     genmc --rc11 --disable-estimation --unroll=4 -- -DCASE=case_wakeup -Iinclude -Isrc \
 *         verify/harness/orders.c         every execution of one case
 *     cc -Iinclude -Isrc verify/harness/orders.c -pthread && ./a.out
 *                                         all cases, as often as there is time
 */
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CASE
/* Checkers know no memset() through a pointer; what is used of an SQE here is its user_data. */
#define memset(sqe, byte, bytes) ((void)((sqe)->user_data = (byte)))
#endif

#include <ringfence.h>

/* The ring is another's than the kernel's: what would enter that stays out of sight. */
#define RINGFENCE_SRC_SYS_H
const struct rf_sys rf_sys_kernel;
static inline int rfi_kernel_enter(int fd, uint32_t to_submit, uint32_t min_complete,
                                   uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)fd, (void)to_submit, (void)min_complete, (void)flags, (void)arg, (void)arg_bytes;
    abort();
    return 0;
}

#include "../../src/ring.c"

enum { SLOTS = 2, START = -1 };

static uint32_t sq_head, sq_tail, sq_flags, sq_dropped, cq_head, cq_tail, cq_flags, cq_overflow;
static struct rf_sqe sqes[SLOTS];
static struct rf_cqe cqes[SLOTS];
static struct rf_buf entries[SLOTS];
static struct rf_ring ring;
static struct rf_sys other_side;

int rfi_refuse(struct rf_ring *of, int error, const char *reason)
{
    of->reason = reason;
    return error;
}

/* No ring here has a loan checker. */
void rfi_check_queued(const struct rf_ring *of, uint32_t index)
{
    (void)of, (void)index;
}

void rfi_check_publish(const struct rf_ring *of)
{
    (void)of;
}

void rfi_check_entering(const struct rf_ring *of)
{
    (void)of;
}

void rfi_check_cqes(const struct rf_ring *of)
{
    (void)of;
}

/* --- the other side's words ------------------------------------------------------- */

static uint32_t acquire(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void release(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static void post(uint64_t user_data)
{
    uint32_t tail = __atomic_load_n(&cq_tail, __ATOMIC_RELAXED);
    cqes[tail % SLOTS].user_data = user_data;
    release(&cq_tail, tail + 1);
}

/* A CQE that had no room: entering flushes it. */
static uint32_t overflowed;

static int enters(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                  uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)sys, (void)fd, (void)min_complete, (void)flags, (void)arg, (void)arg_bytes;
    uint32_t user_data = acquire(&overflowed);
    if (user_data) {
        release(&overflowed, 0);
        post(user_data);
        __atomic_fetch_and(&sq_flags, ~(uint32_t)RF_SQ_CQ_OVERFLOW, __ATOMIC_RELAXED);
    }
    return (int)to_submit;
}

static void begin(uint32_t flags)
{
    sq_head = sq_tail = cq_head = cq_tail = (uint32_t)START;
    sq_flags = cq_flags = overflowed = 0;
    other_side.ring_enter = enters;
    ring.sys = &other_side;
    ring.flags = flags;
    struct rf_sq *sq = &ring.sq;
    sq->sqes = sqes;
    sq->wrap = sqes + SLOTS;
    sq->entries = SLOTS;
    sq->khead = sq->ktail = sq->end_index = (uint32_t)START;
    sq->next = sqes + (uint32_t)START % SLOTS;
    sq->end = sq->next;
    sq->head_word = (const struct rf_sq_head_word *)(const void *)&sq_head;
    sq->tail_word = (struct rf_sq_tail_word *)(void *)&sq_tail;
    sq->flags_word = (const struct rf_sq_flags_word *)(const void *)&sq_flags;
    sq->dropped_word = (const struct rf_sq_dropped_word *)(const void *)&sq_dropped;
    struct rf_cq *cq = &ring.cq;
    cq->cqes = cqes;
    cq->wrap = cqes + SLOTS;
    cq->entries = SLOTS;
    cq->half = SLOTS / 2;
    cq->khead = cq->end_index = (uint32_t)START;
    cq->next = cqes + (uint32_t)START % SLOTS;
    cq->end = cq->next;
    cq->head_word = (struct rf_cq_head_word *)(void *)&cq_head;
    cq->tail_word = (const struct rf_cq_tail_word *)(const void *)&cq_tail;
    cq->overflow_word = (const struct rf_cq_overflow_word *)(const void *)&cq_overflow;
    cq->flags_word = (struct rf_cq_flags_word *)(void *)&cq_flags;
}

static void together(void *(*ours)(void *), void *(*theirs)(void *))
{
    pthread_t us, them;
    if (pthread_create(&us, NULL, ours, NULL) || pthread_create(&them, NULL, theirs, NULL))
        abort();
    pthread_join(us, NULL);
    pthread_join(them, NULL);
}

/* --- submitting: three SQEs through two slots --------------------------------------- */

enum { MESSAGES = 3 };

static void *submits(void *unused)
{
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        struct rf_sqe *sqe = rf_get_sqe(&ring);
        if (!sqe)
            break; /* full: that is an execution too */
        sqe->user_data = i;
        (void)rf_flush_sq(&ring);
    }
    return unused;
}

static void *consumes(void *unused)
{
    uint32_t head = (uint32_t)START;
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        if (acquire(&sq_tail) == head)
            break;
        assert(sqes[head % SLOTS].user_data == i);
        release(&sq_head, ++head);
    }
    return unused;
}

static void case_submit(void)
{
    begin(0);
    together(submits, consumes);
}

/* --- completing: the same the other way round --------------------------------------- */

static void *completes(void *unused)
{
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        /* The kernel's is a load and a branch, which C11 needs an acquire for. */
        if (cq_tail - acquire(&cq_head) >= SLOTS)
            break;
        post(i);
    }
    return unused;
}

static void *reaps(void *unused)
{
    for (uint64_t i = 1; i <= MESSAGES; i++) {
        const struct rf_cqe *cqe = rf_next_cqe(&ring);
        if (!cqe)
            break;
        assert(cqe->user_data == i);
    }
    (void)rfi_begin_wait(&ring, 0); /* gives back the last */
    return unused;
}

static void case_complete(void)
{
    begin(0);
    together(reaps, completes);
}

/* --- a CQE that had no room ------------------------------------------------------------ */

static void *overflows(void *unused)
{
    release(&overflowed, 1);
    __atomic_fetch_or(&sq_flags, RF_SQ_CQ_OVERFLOW, __ATOMIC_RELAXED);
    return unused;
}

static uint32_t taken;

static void *collects(void *unused)
{
    const struct rf_cqe *cqe = rf_next_cqe(&ring);
    taken = cqe != NULL;
    assert(!cqe || cqe->user_data == 1);
    return unused;
}

static void case_overflow(void)
{
    begin(0);
    together(collects, overflows);
    const struct rf_cqe *cqe = rf_next_cqe(&ring);
    assert(taken ? !cqe : cqe && cqe->user_data == 1);
}

/* --- store buffering: the wakeup, and the eventfd ---------------------------------------- */

static bool woken, asleep;

static void *submits_one(void *unused)
{
    uint32_t flags = 0;
    rf_get_sqe(&ring)->user_data = 1;
    (void)rf_flush_sq(&ring);
    woken = rf_sq_ring_needs_enter(&ring, &flags);
    return unused;
}

static void *falls_asleep(void *unused)
{
    __atomic_fetch_or(&sq_flags, RF_SQ_NEED_WAKEUP, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    asleep = acquire(&sq_tail) == (uint32_t)START;
    return unused;
}

static void case_wakeup(void)
{
    begin(RF_SETUP_SQPOLL);
    together(submits_one, falls_asleep);
    assert(woken || !asleep);
}

static bool seen, signalled;

static void *unmutes(void *unused)
{
    rf_cq_eventfd_toggle(&ring, true);
    seen = rf_cq_ready(&ring) > 0;
    return unused;
}

static void *signals(void *unused)
{
    post(1);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    signalled = !(__atomic_load_n(&cq_flags, __ATOMIC_RELAXED) & RF_CQ_EVENTFD_DISABLED);
    return unused;
}

static void case_eventfd(void)
{
    begin(0);
    cq_flags = RF_CQ_EVENTFD_DISABLED;
    together(unmutes, signals);
    assert(seen || signalled);
}

/* --- a buffer ring -------------------------------------------------------------------------- */

static struct rf_buf_ring *buffers(void)
{
    return (struct rf_buf_ring *)(void *)entries;
}

static void *provides(void *unused)
{
    for (uint16_t i = 0; i < SLOTS; i++) {
        rf_buf_ring_add(buffers(), &entries, 8, (uint16_t)(i + 1), rf_buf_ring_mask(SLOTS), 0);
        rf_buf_ring_advance(buffers(), 1);
    }
    return unused;
}

static void *picks(void *unused)
{
    uint16_t tail = __atomic_load_n(&entries[0].resv, __ATOMIC_ACQUIRE);
    for (uint16_t i = 0; i < tail; i++)
        assert(entries[i].addr == (uintptr_t)&entries && entries[i].len == 8 &&
               entries[i].bid == i + 1);
    return unused;
}

static void case_buffers(void)
{
    for (int i = 0; i < SLOTS; i++)
        entries[i].addr = entries[i].len = entries[i].bid = entries[i].resv = 0;
    together(provides, picks);
}

#ifdef CASE
int main(void)
{
    CASE();
    return 0;
}
#else
int main(int argc, char **argv)
{
    static void (*const cases[])(void) = {case_submit, case_complete, case_overflow,
                                          case_wakeup, case_eventfd,  case_buffers};
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
    for (unsigned long i = 0; i < rounds; i++)
        for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
            cases[c]();
    printf("ok 1 - each shape, %lu times\n1..1\n", rounds);
    return 0;
}
#endif
