/* SPDX-License-Identifier: MIT */
/*
 * Held here: SQEs of 64 and of 128 bytes in one queue (RF_SETUP_SQE_MIXED). A large one
 * never lies in the last and the first slot; what fills the last slot completes unseen
 * and does not cut a chain; room is counted in slots. On the peer, which knows the
 * kernel's rule and complains, and on kernels that have the flag (6.19).
 */
#include "support.h"

#include <string.h>

#include "peer.h"

enum { ENTRIES = 8 };

static void open_mixed(struct peer *peer, struct rf_ring *ring, uint32_t start)
{
    peer_init(peer);
    peer->sq_start = peer->cq_start = start;
    struct rf_params params = {.flags = RF_SETUP_SQE_MIXED};
    assert_result(rf_init_sys(ring, ENTRIES, &params, &peer->sys), 0);
}

static void end_well(struct peer *peer, struct rf_ring *ring)
{
    rf_deinit(ring);
    const char *complaint = peer_end(peer);
    if (complaint)
        fail_msg("%s", complaint);
}

/* Queues a NOP of either size that gives back its number as res. */
static bool queue(struct rf_ring *ring, bool large, uint32_t number)
{
    struct rf_sqe *sqe = large ? rf_nop128(ring, number) : rf_nop(ring, number);
    if (!sqe)
        return false;
    sqe->nop_flags = RF_NOP_INJECT_RESULT;
    sqe->len = number;
    return true;
}

static void assert_next(struct rf_ring *ring, uint32_t number)
{
    const struct rf_cqe *cqe = rf_next_cqe(ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, number);
    assert_result(cqe->res, (long)number);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

/* A walk of both sizes in random order and batches. */
static void walk(struct rf_ring *ring, uint32_t seed, unsigned rounds)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < rounds; i++) {
        uint32_t first = number, batch = next_random(&seed) % ENTRIES;
        for (uint32_t n = 0; n < batch && queue(ring, next_random(&seed) % 2, number); n++)
            number++;
        uint32_t slots = rf_sq_ready(ring);
        assert_true(slots >= number - first);
        assert_result(rf_submit_and_wait(ring, number - first), (long)slots);
        while (first < number)
            assert_next(ring, first++);
        assert_null(rf_next_cqe(ring));
        assert_int_equal(rf_sq_space_left(ring), ENTRIES);
    }
}

static void both_sizes_complete_in_order(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        struct peer peer;
        struct rf_ring ring;
        open_mixed(&peer, &ring, UINT32_MAX - seed);
        walk(&ring, seed, 200);
        end_well(&peer, &ring);
    }
}

static void both_sizes_complete_in_order_in_the_kernel(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, ENTRIES, RF_SETUP_SQE_MIXED);
    need_op(&ring, RF_OP_NOP128);
    walk(&ring, 7, 200);
    rf_deinit(&ring);
}

static void a_large_one_never_wraps(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_mixed(&peer, &ring, ENTRIES - 1); /* the next slot is the last */
    struct rf_sqe *sqe = rf_get_sqe128(&ring);
    assert_ptr_equal(sqe, ring.sq.sqes);
    const struct rf_sqe *filler = ring.sq.sqes + ENTRIES - 1;
    assert_int_equal(filler->opcode, RF_OP_NOP);
    assert_int_equal(filler->flags, RF_SQE_CQE_SKIP_SUCCESS);
    assert_int_equal(rf_sq_ready(&ring), 3);
    rf_prep_nop128(sqe);
    sqe->user_data = 5;
    assert_result(rf_submit_and_wait(&ring, 1), 3);
    const struct rf_cqe *cqe = rf_next_cqe(&ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, 5);
    assert_null(rf_next_cqe(&ring));
    end_well(&peer, &ring);
}

static void the_filler_is_a_link_of_the_chain(void **state)
{
    (void)state;
    static const uint32_t links[] = {0, RF_SQE_IO_LINK, RF_SQE_IO_HARDLINK};
    for (size_t i = 0; i < COUNT_OF(links); i++) {
        struct peer peer;
        struct rf_ring ring;
        open_mixed(&peer, &ring, ENTRIES - 2);
        struct rf_sqe *sqe = rf_nop(&ring, 1);
        rf_sqe_set_flags(sqe, links[i] | RF_SQE_ASYNC);
        assert_non_null(rf_get_sqe128(&ring));
        assert_int_equal(ring.sq.sqes[ENTRIES - 1].flags, RF_SQE_CQE_SKIP_SUCCESS | links[i]);
        sqe->flags = 0; /* the peer has no links */
        ring.sq.sqes[ENTRIES - 1].flags = RF_SQE_CQE_SKIP_SUCCESS;
        assert_result(rf_submit(&ring), 4);
        end_well(&peer, &ring);
    }
}

/* What was submitted is the other side's: the filler must not look at it. */
static void a_chain_that_was_submitted_does_not_go_on(void **state)
{
    without_checker(); /* SQEs stay in the ring */
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_mixed(&peer, &ring, ENTRIES - 2);
    assert_non_null(rf_nop(&ring, 1));
    assert_result(rf_submit(&ring), 1); /* the peer scribbles over it: all flags are set */
    assert_non_null(rf_get_sqe128(&ring));
    assert_int_equal(ring.sq.sqes[ENTRIES - 1].flags, RF_SQE_CQE_SKIP_SUCCESS);
    end_well(&peer, &ring);
}

static void the_queue_is_full_without_two_slots(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_mixed(&peer, &ring, ENTRIES + 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_true(queue(&ring, true, i)); /* slots 3 and 4, 5 and 6, 7 a filler, 0 and 1 */
    assert_int_equal(rf_sq_space_left(&ring), 1);
    assert_false(queue(&ring, true, 3));
    assert_int_equal(rf_sq_space_left(&ring), 1);
    assert_true(queue(&ring, false, 3));
    assert_false(queue(&ring, false, 4));
    assert_result(rf_submit_and_wait(&ring, 4), ENTRIES);
    for (uint32_t i = 0; i < 4; i++)
        assert_next(&ring, i);
    end_well(&peer, &ring);
}

/* Three slots, of which one is a filler, there never are in a queue of two. */
static void in_the_smallest_queue_the_filler_goes_first(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    peer_init(&peer);
    struct rf_params params = {.flags = RF_SETUP_SQE_MIXED};
    assert_result(rf_init_sys(&ring, 2, &params, &peer.sys), 0);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(queue(&ring, false, 2 * i));
        assert_result(rf_submit_and_wait(&ring, 1), 1);
        assert_next(&ring, 2 * i);
        assert_false(queue(&ring, true, 2 * i + 1));
        assert_int_equal(rf_sq_ready(&ring), 1);
        assert_result(rf_submit(&ring), 1);
        assert_null(rf_next_cqe(&ring));
        assert_true(queue(&ring, true, 2 * i + 1));
        assert_result(rf_submit_and_wait(&ring, 1), 2);
        assert_next(&ring, 2 * i + 1);
    }
    end_well(&peer, &ring);
}

static void all_128_bytes_are_zero(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_mixed(&peer, &ring, 0);
    /* From the second round on slots are scribbled over. */
    for (uint32_t i = 0; i < 3 * ENTRIES; i++) {
        static const unsigned char zero[128];
        struct rf_sqe *sqe = rf_get_sqe128(&ring);
        assert_non_null(sqe);
        assert_memory_equal(sqe, zero, sizeof zero);
        rf_prep_nop128(sqe);
        assert_result(rf_submit_and_wait(&ring, 1), 2);
        assert_non_null(rf_next_cqe(&ring));
    }
    end_well(&peer, &ring);
}

static void every_sqe_of_an_sqe128_ring_is_one(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, ENTRIES, RF_SETUP_SQE128);
    struct rf_sqe *sqe = rf_get_sqe128(&ring);
    assert_non_null(sqe);
    assert_int_equal(rf_sq_ready(&ring), 1);
    rf_prep_nop(sqe);
    sqe->user_data = 9;
    assert_int_equal(submit_and_reap(&ring).user_data, 9);
    rf_deinit(&ring);
}

static void runs_go_around_large_ones(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_mixed(&peer, &ring, ENTRIES - 3);
    assert_true(queue(&ring, true, 0));
    struct rf_sqe_run run;
    assert_true(rf_get_sqes(&ring, ENTRIES - 2, &run));
    for (uint32_t i = 1; i < ENTRIES - 1; i++) {
        struct rf_sqe *sqe = rf_sqe_run_next(&run);
        assert_non_null(sqe);
        rf_prep_nop(sqe);
        sqe->user_data = sqe->len = i;
        sqe->nop_flags = RF_NOP_INJECT_RESULT;
    }
    assert_null(rf_sqe_run_next(&run));
    assert_false(rf_get_sqes(&ring, 1, &run));
    assert_result(rf_submit_and_wait(&ring, ENTRIES - 1), ENTRIES);
    for (uint32_t i = 0; i < ENTRIES - 1; i++)
        assert_next(&ring, i);
    end_well(&peer, &ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(both_sizes_complete_in_order),
        ONCE(both_sizes_complete_in_order_in_the_kernel),
        ONCE(a_large_one_never_wraps),
        ONCE(the_filler_is_a_link_of_the_chain),
        ONCE(a_chain_that_was_submitted_does_not_go_on),
        ONCE(the_queue_is_full_without_two_slots),
        ONCE(in_the_smallest_queue_the_filler_goes_first),
        ONCE(all_128_bytes_are_zero),
        ONCE(every_sqe_of_an_sqe128_ring_is_one),
        ONCE(runs_go_around_large_ones),
    };
    return run_all(tests, COUNT_OF(tests));
}
