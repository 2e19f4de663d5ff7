/* SPDX-License-Identifier: MIT */
/*
 * bounds.c - the ring's own code, one step from any state that it can be in, against
 * an other side that may answer anything: each load of a shared word gives another value, and
 * the CQEs change whenever the tail is looked at. CBMC tries all values at once; as a program
 * it is a random test of the same.
 *
 * Each check begins in any state for which sq_is_sane() or cq_is_sane() holds, and ends in one:
 * so what is true of one step is true of any number. Indexes are any, so they wrap.
 *
 *     cbmc verify/harness/bounds.c --function check_get -DSHIFT=0 ...   (see harness.py)
 *     cc verify/harness/bounds.c && ./a.out
 *
 * SHIFT is 1 where an SQE or a CQE takes two slots, MIXED 1 for RF_SETUP_CQE_MIXED.
 */
#ifndef SHIFT
#define SHIFT 0
#endif
#ifndef MIXED
#define MIXED 0
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __CPROVER__
uint32_t nondet_u32(void);
#define any_u32() nondet_u32()
#define ASSUME(cond) __CPROVER_assume(cond)
#define HOLDS(cond) __CPROVER_assert(cond, #cond)
#else
static uint64_t dice = 88172645463325252U;
static uint32_t any_u32(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    /* Small numbers, those below 2^32, and any: what is close together is what matters. */
    uint32_t n = (uint32_t)(dice >> 32);
    return n % 4 == 0 ? n : n % 4 == 1 ? 0U - (n >> 2) % 8 : (n >> 2) % 16;
}
#define ASSUME(cond) \
    do {             \
        if (!(cond)) \
            return;  \
    } while (0)
#define HOLDS(cond)                                           \
    do {                                                      \
        if (!(cond)) {                                        \
            printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #cond); \
            abort();                                          \
        }                                                     \
    } while (0)
#endif

static uint32_t any_word(void);

/* What fence.h loads is what the other side pleases, each time. Its stores go nowhere. */
#define __atomic_load_n(word, order) any_word()
#define __atomic_store_n(word, value, order) ((void)(word), (void)(value))
#define __atomic_thread_fence(order) ((void)0)

#include <ringfence.h>

/* A broken contract, and nothing here breaks one. */
#undef RF_ASSERT
#define RF_ASSERT(cond) HOLDS(cond)
/* Hides things from the compiler; from a checker nothing is to be hidden. */
#undef RF_OPAQUE
#define RF_OPAQUE(value) ((void)0)

/* The ring is another's than the kernel's: what would enter that stays out of sight. */
#define RINGFENCE_SRC_SYS_H
const struct rf_sys rf_sys_kernel;
static inline int rfi_kernel_enter(int fd, uint32_t to_submit, uint32_t min_complete,
                                   uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)fd, (void)to_submit, (void)min_complete, (void)flags, (void)arg, (void)arg_bytes;
    HOLDS(false);
    return 0;
}

/* The lines below are the library: no copies. */
#include "../../src/ring.c"
#include "../../src/wait_look.c"

enum { ENTRIES = 4 };

static struct rf_sqe sqes[ENTRIES << SHIFT];
static struct rf_cqe cqes[ENTRIES << SHIFT];
static struct rf_ring ring;
static struct rf_sys other_side;

static uint32_t any_word(void)
{
    for (size_t i = 0; i < sizeof cqes / sizeof cqes[0]; i++)
        cqes[i].flags = any_u32() & (RF_CQE_F_32 | RF_CQE_F_SKIP);
    return any_u32();
}

int rfi_refuse(struct rf_ring *of, int error, const char *reason)
{
    of->reason = reason;
    return error;
}

/* No ring here has a loan checker. */
void rfi_check_queued(const struct rf_ring *of, uint32_t index)
{
    (void)of, (void)index;
    HOLDS(false);
}

void rfi_check_publish(const struct rf_ring *of)
{
    (void)of;
    HOLDS(false);
}

void rfi_check_entering(const struct rf_ring *of)
{
    (void)of;
    HOLDS(false);
}

void rfi_check_cqes(const struct rf_ring *of)
{
    (void)of;
    HOLDS(false);
}

static int any_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                     uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)sys, (void)fd, (void)to_submit, (void)min_complete, (void)flags, (void)arg,
        (void)arg_bytes;
    return (int)any_u32();
}

/* --- what is always true --------------------------------------------------------- */

static bool sq_is_sane(void)
{
    const struct rf_sq *sq = &ring.sq;
    size_t next = (size_t)(sq->next - sqes), end = (size_t)(sq->end - sqes);
    if (next > end || end > (ENTRIES << SHIFT) || sq->entries != ENTRIES || sq->shift != SHIFT ||
        sq->one_by_one != (SHIFT > 0))
        return false;
    if (SHIFT) /* next is at an SQE with end one slot on, or at end */
        return end == next || (end == next + 1 && next % 2 == 0 &&
                               next / 2 == ((sq->end_index - 1) & (ENTRIES - 1)));
    return (end & (ENTRIES - 1)) == (sq->end_index & (ENTRIES - 1));
}

static bool cq_is_sane(void)
{
    const struct rf_cq *cq = &ring.cq;
    size_t next = (size_t)(cq->next - cqes), end = (size_t)(cq->end - cqes);
    if (next > end || end > (ENTRIES << SHIFT) || cq->entries != ENTRIES || cq->shift != SHIFT ||
        cq->half != ENTRIES / 2 || cq->one_by_one != (SHIFT || MIXED) ||
        cq->thorough != cq->one_by_one || (cq->wide && !MIXED))
        return false;
    if (SHIFT)
        return end == next || (end == next + 1 && next % 2 == 0 &&
                               next / 2 == ((cq->end_index - 1) & (ENTRIES - 1)));
    if (MIXED && end != next) {
        if (end != next + 1 || cq->end_index - 1 != cq->khead)
            return false;
        if (cq->wide && end == ENTRIES)
            return false;
    }
    return (end & (ENTRIES - 1)) == (cq->end_index & (ENTRIES - 1));
}

static uint32_t up_to(uint32_t limit)
{
    return any_u32() % (limit + 1);
}

static void any_ring(void)
{
    static struct rf_sq_tail_word *const no_word = (struct rf_sq_tail_word *)(void *)&ring;
    memset(&ring, 0, sizeof ring);
    other_side.ring_enter = any_enter;
    ring.sys = &other_side;
    ring.flags = MIXED ? RF_SETUP_CQE_MIXED : SHIFT ? RF_SETUP_CQE32 | RF_SETUP_SQE128 : 0;
    uint32_t next = up_to(ENTRIES << SHIFT), end = up_to(ENTRIES << SHIFT);
    ring.sq = (struct rf_sq){.sqes = sqes, .next = sqes + next, .end = sqes + end,
                             .wrap = sqes + (ENTRIES << SHIFT), .entries = ENTRIES,
                             .shift = SHIFT, .end_index = any_u32(), .ktail = any_u32(),
                             .khead = any_u32(), .tail_word = no_word};
    next = up_to(ENTRIES << SHIFT), end = up_to(ENTRIES << SHIFT);
    ring.cq = (struct rf_cq){.cqes = cqes, .next = cqes + next, .end = cqes + end,
                             .wrap = cqes + (ENTRIES << SHIFT), .entries = ENTRIES,
                             .half = ENTRIES / 2, .shift = SHIFT, .one_by_one = SHIFT || MIXED,
                             .thorough = SHIFT || MIXED, .wide = MIXED && any_u32() % 2,
                             .end_index = any_u32(), .khead = any_u32()};
}

static bool is_sqe(const struct rf_sqe *sqe)
{
    return sqe >= sqes && sqe < sqes + (ENTRIES << SHIFT) && (sqe - sqes) % (1 << SHIFT) == 0;
}

/* All that may be read of it lies in the queue. */
static bool is_cqe(const struct rf_cqe *cqe)
{
    if (cqe < cqes || cqe >= cqes + (ENTRIES << SHIFT) || (cqe - cqes) % (1 << SHIFT) != 0)
        return false;
    return !MIXED || !(cqe->flags & RF_CQE_F_32) || cqe + 1 < cqes + ENTRIES;
}

/* --- one step of each -------------------------------------------------------------- */

void check_get(void)
{
    any_ring();
    ASSUME(sq_is_sane());
    struct rf_sqe *sqe = rf_get_sqe(&ring);
    HOLDS(!sqe || is_sqe(sqe));
    HOLDS(sq_is_sane());
}

/* No more SQEs at once than the queue has, wherever the index is. */
void check_fill(void)
{
    any_ring();
    ASSUME(sq_is_sane() && ring.sq.next == ring.sq.end);
    ASSUME(rfi_sq_index(&ring.sq) == ring.sq.ktail && ring.sq.khead == ring.sq.ktail);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        struct rf_sqe *sqe = rf_get_sqe(&ring);
        HOLDS(sqe && is_sqe(sqe));
        HOLDS((uint32_t)(sqe - sqes) >> SHIFT == ((ring.sq.ktail + i) & (ENTRIES - 1)));
    }
    HOLDS(rfi_sq_index(&ring.sq) - ring.sq.ktail == ENTRIES);
}

void check_run(void)
{
    any_ring();
    /* What was handed out without asking was free by the head that we remember. */
    ASSUME(sq_is_sane() && ring.sq.end_index - ring.sq.khead <= ENTRIES);
    uint32_t count = up_to(ENTRIES + 1), i = 0;
    struct rf_sqe_run run;
    if (!rf_get_sqes(&ring, count, &run))
        return;
    HOLDS(count <= ENTRIES);
    for (; i < count; i++) {
        struct rf_sqe *sqe = rf_sqe_run_next(&run);
        HOLDS(sqe && is_sqe(sqe));
        HOLDS(sq_is_sane());
    }
    HOLDS(!rf_sqe_run_next(&run));
}

void check_flush(void)
{
    any_ring();
    ASSUME(sq_is_sane());
    uint32_t index = rfi_sq_index(&ring.sq);
    (void)rf_flush_sq(&ring);
    HOLDS(ring.sq.ktail == index);
    HOLDS(rf_sq_space_left(&ring) <= ENTRIES);
    int result = rf_submit(&ring);
    (void)result;
    HOLDS(sq_is_sane());
}

void check_next(void)
{
    any_ring();
    ASSUME(cq_is_sane());
    bool known = ring.cq.next != ring.cq.end;
    const struct rf_cqe *cqe = rf_next_cqe(&ring);
    HOLDS(!cqe || known || is_cqe(cqe));
    HOLDS(cq_is_sane());
    HOLDS(rf_cq_ready(&ring) <= ENTRIES);
}

void check_peek(void)
{
    any_ring();
    ASSUME(cq_is_sane());
    bool known = ring.cq.next != ring.cq.end;
    const struct rf_cqe *cqe;
    if (rf_peek_cqe(&ring, &cqe) == 0) {
        HOLDS(known || is_cqe(cqe));
        rf_cqe_seen(&ring, cqe);
    }
    HOLDS(cq_is_sane());
    rf_cqe_seen(&ring, cqes + (up_to(ENTRIES - 1) << SHIFT));
    HOLDS(cq_is_sane());
}

void check_copy(void)
{
    any_ring();
    ASSUME(cq_is_sane());
    struct rf_cqe copies[3];
    int count = rf_copy_cqes(&ring, copies, 3, 0);
    HOLDS(count <= 3);
    HOLDS(cq_is_sane());
}

void check_walk(void)
{
    any_ring();
    ASSUME(cq_is_sane());
    struct rf_cqe_iter iter = rf_cqe_iter_init(&ring);
    const struct rf_cqe *cqe;
    uint32_t shown = 0;
    while (shown <= ENTRIES && rf_cqe_iter_next(&iter, &cqe)) {
        HOLDS(is_cqe(cqe));
        shown++;
    }
    HOLDS(shown <= ENTRIES);
    HOLDS(rf_cqe_iter_take(&ring, &iter) <= ENTRIES);
    HOLDS(cq_is_sane());
}

void check_batch(void)
{
    any_ring();
    ASSUME(cq_is_sane());
    const struct rf_cqe *shown[3];
    int count = rf_peek_batch_cqe(&ring, shown, 3);
    HOLDS(count <= 3);
    for (int i = 0; i < count; i++)
        HOLDS(shown[i] >= cqes && shown[i] < cqes + (ENTRIES << SHIFT));
    HOLDS(cq_is_sane());
}

#ifndef __CPROVER__
int main(int argc, char **argv)
{
    static void (*const checks[])(void) = {check_get,  check_fill, check_run,
                                           check_flush, check_next, check_peek,
                                           check_copy, check_walk, check_batch};
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000000;
    for (unsigned long i = 0; i < rounds; i++)
        checks[i % (sizeof checks / sizeof checks[0])]();
    printf("ok 1 - one step, from any state, %s\n1..1\n",
           MIXED ? "mixed" : SHIFT ? "two slots" : "one slot");
    return 0;
}
#endif
