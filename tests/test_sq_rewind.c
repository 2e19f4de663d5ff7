/* SPDX-License-Identifier: MIT */
/*
 * Held here: rings with RF_SETUP_SQ_REWIND, on which the kernel takes SQEs from the first
 * slot on each time. What it left comes first the next time, in order, however the ring is
 * entered; the queue is full when it is, and not before. On the peer, and on kernels that
 * have the flag (7.0).
 */
#include "support.h"

#include <string.h>

#include "peer.h"

enum { ENTRIES = 8 };

#define REWIND RF_SETUP_SQ_REWIND

/* A ring on the peer, or on the kernel where that knows the flag. */
struct scene {
    struct peer peer;
    struct rf_ring ring;
    uint32_t number; /* of the next operation */
    uint32_t seen;   /* of the next completion */
};

static void open_on_peer(struct scene *s, uint32_t flags)
{
    memset(s, 0, sizeof *s);
    peer_init(&s->peer);
    struct rf_params params = {.flags = REWIND | flags};
    assert_result(rf_init_sys(&s->ring, ENTRIES, &params, &s->peer.sys), 0);
}

static void end_well(struct scene *s)
{
    rf_deinit(&s->ring);
    const char *complaint = peer_end(&s->peer);
    if (complaint)
        fail_msg("%s", complaint);
}

/* Queues a NOP that gives back its number. */
static bool queue(struct scene *s)
{
    const bool large = s->ring.flags & RF_SETUP_SQE_MIXED && s->number % 3 == 0;
    struct rf_sqe *sqe = large ? rf_nop128(&s->ring, s->number) : rf_nop(&s->ring, s->number);
    if (!sqe)
        return false;
    sqe->nop_flags = RF_NOP_INJECT_RESULT;
    sqe->len = s->number++;
    return true;
}

/* Queues one that is bad, which ends a batch. */
static void queue_bad(struct scene *s)
{
    struct rf_sqe *sqe = rf_nop(&s->ring, s->number++);
    assert_non_null(sqe);
    sqe->nop_flags = 1U << 30;
}

static void assert_next(struct scene *s, bool good)
{
    const struct rf_cqe *cqe = rf_next_cqe(&s->ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, s->seen);
    assert_result(cqe->res, good ? (long)s->seen : -EINVAL);
    s->seen++;
}

static void assert_all_done(struct scene *s)
{
    while (s->seen < s->number)
        assert_next(s, true);
    assert_null(rf_next_cqe(&s->ring));
    assert_int_equal(rf_sq_ready(&s->ring), 0);
    assert_int_equal(rf_sq_space_left(&s->ring), ENTRIES);
}

static void walk(struct scene *s, uint32_t seed)
{
    for (unsigned round = 0; round < 300; round++) {
        seed = seed * 1664525 + 1013904223;
        for (uint32_t n = seed >> 16 & (ENTRIES - 1); n > 0 && queue(s); n--)
            ;
        uint32_t slots = rf_sq_ready(&s->ring);
        assert_result(rf_submit_and_wait(&s->ring, s->number - s->seen), (long)slots);
        assert_all_done(s);
        struct rf_sqe *sqe = rf_get_sqe(&s->ring);
        assert_ptr_equal(sqe, s->ring.sq.sqes); /* the first one again */
        rf_prep_nop(sqe);
        sqe->user_data = s->number++;
        assert_result(rf_submit_and_wait(&s->ring, 1), 1);
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&s->ring, &cqe), 0);
        assert_int_equal(cqe.user_data, s->seen++);
    }
}

static const uint32_t kinds[] = {0, RF_SETUP_SQE128, RF_SETUP_SQE_MIXED, RF_SETUP_SUBMIT_ALL,
                                 RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN};

static void batch_after_batch_completes_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct scene s;
        open_on_peer(&s, kinds[i]);
        walk(&s, (uint32_t)i + 1);
        end_well(&s);
    }
}

static void batch_after_batch_completes_in_order_in_the_kernel(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct scene s;
        memset(&s, 0, sizeof s);
        open_ring(&s.ring, ENTRIES, REWIND | kinds[i]);
        walk(&s, (uint32_t)i + 1);
        rf_deinit(&s.ring);
    }
}

/* Three good ones, a bad one, three good ones: two batches. */
static void what_is_behind_a_bad_one_comes_next(struct scene *s)
{
    for (int i = 0; i < 7; i++) {
        if (i == 3)
            queue_bad(s);
        else
            assert_true(queue(s));
    }
    assert_result(rf_submit(&s->ring), 4);
    assert_int_equal(rf_sq_ready(&s->ring), 3);
    assert_true(queue(s)); /* behind what is left */
    assert_result(rf_submit(&s->ring), 4);
    for (int i = 0; i < 7; i++)
        assert_next(s, i != 3);
    assert_all_done(s);
}

static void a_bad_one_leaves_the_rest_in_order(void **state)
{
    (void)state;
    struct scene s;
    open_on_peer(&s, 0);
    what_is_behind_a_bad_one_comes_next(&s);
    end_well(&s);
    open_on_peer(&s, RF_SETUP_SQE128);
    what_is_behind_a_bad_one_comes_next(&s);
    end_well(&s);
}

static void a_bad_one_leaves_the_rest_in_order_in_the_kernel(void **state)
{
    (void)state;
    struct scene s;
    memset(&s, 0, sizeof s);
    open_ring(&s.ring, ENTRIES, REWIND);
    what_is_behind_a_bad_one_comes_next(&s);
    rf_deinit(&s.ring);
}

static void part_of_a_batch_leaves_the_rest(void **state)
{
    (void)state;
    struct scene s;
    open_on_peer(&s, 0);
    s.peer.consume_limit = 3;
    for (int i = 0; i < ENTRIES; i++)
        assert_true(queue(&s));
    assert_false(queue(&s));
    assert_result(rf_submit(&s.ring), 3);
    assert_int_equal(rf_sq_space_left(&s.ring), 3);
    for (int i = 0; i < 3; i++)
        assert_true(queue(&s));
    assert_false(queue(&s));
    assert_result(rf_submit(&s.ring), 3);
    assert_result(rf_submit(&s.ring), 3);
    assert_result(rf_enter(&s.ring, 1, 0, 0), 1); /* less than there is, on purpose */
    assert_result(rf_submit(&s.ring), 1);
    assert_result(rf_submit(&s.ring), 0);
    assert_all_done(&s);
    end_well(&s);
}

static void an_error_leaves_everything(void **state)
{
    (void)state;
    struct scene s;
    open_on_peer(&s, 0);
    for (int i = 0; i < 3; i++)
        assert_true(queue(&s));
    s.peer.enter_error = -EAGAIN;
    assert_result(rf_submit(&s.ring), -EAGAIN);
    assert_int_equal(rf_sq_ready(&s.ring), 3);
    assert_int_equal(rf_flush_sq(&s.ring), 3);
    assert_true(queue(&s));
    assert_result(rf_submit(&s.ring), 4);
    assert_all_done(&s);
    end_well(&s);
}

/* Every function that submits knows of it. */
static void every_way_to_submit_rewinds(struct scene *s)
{
    const struct rf_cqe *cqe;
    struct rf_cqe copy;
    struct rf_timespec second = {1, 0};
    assert_true(queue(s));
    assert_result(rf_wait_cqe(&s->ring, &cqe), 0);
    assert_all_done(s);
    assert_true(queue(s));
    assert_result(rf_wait_cqe_timeout(&s->ring, &cqe, &second), 0);
    assert_all_done(s);
    assert_true(queue(s));
    assert_result(rf_submit_and_wait_timeout(&s->ring, &cqe, 1, &second, NULL), 1);
    assert_all_done(s);
    assert_true(queue(s));
    assert_result(rf_submit_and_get_events(&s->ring), 1);
    assert_all_done(s);
    assert_true(queue(s));
    assert_result(rf_copy_cqe(&s->ring, &copy), 0);
    assert_int_equal(copy.user_data, s->seen++);
    assert_all_done(s);
    while (queue(s))
        ;
    assert_result(rf_sqring_wait(&s->ring), 0);
    assert_all_done(s);
    struct rf_sqe_run run;
    assert_true(rf_get_sqes(&s->ring, ENTRIES, &run));
    while (rf_sqe_run_next(&run))
        ;
    assert_result(rf_submit_and_wait(&s->ring, ENTRIES), ENTRIES);
    rf_cq_advance(&s->ring, ENTRIES);
    assert_all_done(s);
}

static void no_way_to_submit_forgets_it(void **state)
{
    (void)state;
    struct scene s;
    open_on_peer(&s, 0);
    every_way_to_submit_rewinds(&s);
    end_well(&s);
}

static void no_way_to_submit_forgets_it_in_the_kernel(void **state)
{
    (void)state;
    struct scene s;
    memset(&s, 0, sizeof s);
    open_ring(&s.ring, ENTRIES, REWIND);
    every_way_to_submit_rewinds(&s);
    rf_deinit(&s.ring);
}

static void resizing_wants_an_empty_queue(struct rf_ring *ring)
{
    struct rf_params params = {.sq_entries = 32};
    assert_non_null(rf_nop(ring, 1));
    assert_result(rf_resize_rings(ring, &params), -EOVERFLOW);
    assert_non_null(rf_reason(ring));
    assert_int_equal(submit_and_reap(ring).user_data, 1);
    assert_result(rf_resize_rings(ring, &params), 0);
    for (uint32_t i = 0; i < 32; i++)
        assert_non_null(rf_nop(ring, i));
    assert_null(rf_nop(ring, 32));
    assert_result(rf_submit_and_wait(ring, 32), 32);
    for (uint32_t i = 0; i < 32; i++) {
        const struct rf_cqe *cqe = rf_next_cqe(ring);
        assert_non_null(cqe);
        assert_int_equal(cqe->user_data, i);
    }
}

static void a_ring_that_rewinds_can_be_resized_in_the_kernel(void **state)
{
    (void)state;
    const uint32_t defer = RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN;
    struct rf_ring ring;
    open_ring(&ring, ENTRIES, REWIND | defer);
    resizing_wants_an_empty_queue(&ring);
    rf_deinit(&ring);
    open_ring(&ring, ENTRIES, RF_SETUP_SQE_MIXED | defer);
    resizing_wants_an_empty_queue(&ring);
    rf_deinit(&ring);
}

static void an_sq_thread_is_refused(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer);
    struct rf_params params = {.flags = REWIND | RF_SETUP_SQPOLL};
    struct rf_ring ring;
    assert_result(rf_init_sys(&ring, ENTRIES, &params, &peer.sys), -EINVAL);
    assert_non_null(strstr(rf_reason(&ring), "SQPOLL"));
    assert_null(peer_end(&peer));
    /* Nor one whose queue begins elsewhere: that is no honest reply. */
    peer_init(&peer);
    peer.sq_start = 3;
    params.flags = REWIND;
    assert_result(rf_init_sys(&ring, ENTRIES, &params, &peer.sys), -EPROTO);
    assert_null(peer_end(&peer));
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(batch_after_batch_completes_in_order),
        ONCE(batch_after_batch_completes_in_order_in_the_kernel),
        ONCE(a_bad_one_leaves_the_rest_in_order),
        ONCE(a_bad_one_leaves_the_rest_in_order_in_the_kernel),
        ONCE(part_of_a_batch_leaves_the_rest),
        ONCE(an_error_leaves_everything),
        ONCE(no_way_to_submit_forgets_it),
        ONCE(no_way_to_submit_forgets_it_in_the_kernel),
        ONCE(a_ring_that_rewinds_can_be_resized_in_the_kernel),
        ONCE(an_sq_thread_is_refused),
    };
    return run_all(tests, COUNT_OF(tests));
}
