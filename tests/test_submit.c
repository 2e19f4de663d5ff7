/* SPDX-License-Identifier: MIT */
/*
 * Held here: submitting, and the SQ thread. Nothing is published before it is flushed, a full
 * queue says so, a chain is not cut, and a thread that sleeps is woken.
 */
#include "wait_support.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- submitting ---------------------------------------------------------- */

static void submitting_nothing_makes_no_call(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct between between;
    open_between(&ring, &between, 4, 0);
    assert_result(rf_submit(&ring), 0);
    assert_int_equal(between.enters, 0);
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(between.enters, 1);
    assert_result(rf_submit(&ring), 0);
    assert_int_equal(between.enters, 1);
    rf_deinit(&ring);
}

static void nothing_is_published_before_flush(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    queue_nop(&ring, 1);
    queue_nop(&ring, 2);
    assert_int_equal(rf_sq_ready(&ring), 2);
    assert_int_equal(rf_sq_space_left(&ring), 2);
    assert_int_equal(rf_cq_ready(&ring), 0);
    uint32_t flushed = rf_flush_sq(&ring);
    if (!(ring.flags & RF_SETUP_SQPOLL)) {
        assert_int_equal(flushed, 2);
        assert_result(rf_enter(&ring, flushed, 0, 0), 2);
        assert_int_equal(rf_sq_ready(&ring), 0);
        assert_int_equal(rf_sq_space_left(&ring), 4);
    }
    struct rf_cqe cqes[2];
    assert_result(rf_copy_cqes(&ring, cqes, 2, 2), 2);
    assert_int_equal(cqes[0].user_data, 1);
    assert_int_equal(cqes[1].user_data, 2);
    rf_deinit(&ring);
}

static void a_full_queue_says_so_and_takes_more_after_submit(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 0; i < 4; i++)
        queue_nop(&ring, i);
    assert_null(rf_get_sqe(&ring));
    assert_null(rf_get_sqe(&ring));
    assert_int_equal(rf_sq_ready(&ring), 4);
    assert_true(rf_submit_and_wait(&ring, 4) >= 0);
    while (rf_sq_space_left(&ring) == 0)
        ; /* the SQ thread shows CQEs before it gives slots back */
    queue_nop(&ring, 4);
    assert_true(rf_submit(&ring) >= 0);
    for (uint64_t i = 0; i < 5; i++) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, i);
    }
    rf_deinit(&ring);
}

/* Zig hands out what the previous occupant left; so would a hand-filled SQE inherit its flags. */
static void an_sqe_is_handed_out_all_zero(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    size_t bytes = ring.flags & RF_SETUP_SQE128 ? 128 : 64;
    static const char zero[128];
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++) {
            struct rf_sqe *sqe;
            struct rf_sqe_run run;
            if (round % 2 && i % 2) {
                assert_true(rf_get_sqes(&ring, 1, &run));
                sqe = rf_sqe_run_next(&run);
            } else {
                sqe = rf_get_sqe(&ring);
            }
            assert_non_null(sqe);
            assert_memory_equal(sqe, zero, bytes);
            memset(sqe, 0xA5, bytes); /* an unknown opcode, and flags */
            sqe->flags = 0;
        }
        while (rf_sq_ready(&ring))
            assert_true(rf_submit(&ring) >= 0); /* each bad one may end a batch */
        struct rf_cqe cqes[4];
        assert_result(rf_copy_cqes(&ring, cqes, 4, 4), 4);
        for (int i = 0; i < 4; i++)
            assert_result(cqes[i].res, -EINVAL);
    }
    rf_deinit(&ring);
}

static void a_bad_sqe_ends_the_batch_and_the_rest_goes_next(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    queue_nop(&ring, 1);
    struct rf_sqe *sqe = rf_get_sqe(&ring);
    assert_non_null(sqe);
    sqe->opcode = 255;
    sqe->user_data = 2;
    queue_nop(&ring, 3);
    int submitted = rf_submit(&ring);
    if (ring.flags & RF_SETUP_SQPOLL) {
        while (rf_sq_ready(&ring))
            rf_submit(&ring);
    } else if (ring.flags & RF_SETUP_SUBMIT_ALL) {
        assert_result(submitted, 3);
    } else {
        assert_result(submitted, 2);
        assert_int_equal(rf_sq_ready(&ring), 1);
        assert_result(rf_submit(&ring), 1);
    }
    struct rf_cqe cqes[3];
    assert_result(rf_copy_cqes(&ring, cqes, 3, 3), 3);
    /* 6.1 tells of the bad one at once, and of those before it at the end of the batch. */
    int bad = cqes[0].user_data == 2 && !has_op(&ring, RF_OP_FUTEX_WAIT) ? 0 : 1;
    assert_int_equal(cqes[bad].user_data, 2);
    assert_result(cqes[bad].res, -EINVAL);
    assert_int_equal(cqes[!bad].user_data, 1);
    assert_int_equal(cqes[2].user_data, 3);
    rf_deinit(&ring);
}

static void a_chain_that_was_promised_runs_in_order_across_the_wrap(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    uint64_t id = 0;
    for (int round = 0; round < 20; round++) {
        struct rf_sqe_run run;
        assert_true(rf_get_sqes(&ring, 5, &run)); /* 5 of 8: the wrap falls everywhere */
        for (int i = 0; i < 5; i++) {
            struct rf_sqe *sqe = rf_sqe_run_next(&run);
            assert_non_null(sqe);
            rf_prep_nop(sqe);
            sqe->user_data = id++;
            if (i < 4)
                rf_sqe_link_next(sqe);
        }
        assert_null(rf_sqe_run_next(&run));
        assert_true(rf_submit(&ring) >= 0);
        struct rf_cqe cqes[5];
        assert_result(rf_copy_cqes(&ring, cqes, 5, 5), 5);
        for (int i = 0; i < 5; i++)
            assert_int_equal(cqes[i].user_data, id - 5 + (uint64_t)i);
        while (rf_sq_ready(&ring))
            ;
    }
    rf_deinit(&ring);
}

static void what_a_run_does_not_take_stays_free(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    for (uint64_t round = 0; round < 20; round++) {
        struct rf_sqe_run run;
        assert_true(rf_get_sqes(&ring, 6, &run));
        struct rf_sqe *sqe = rf_sqe_run_next(&run);
        assert_non_null(sqe);
        sqe->user_data = 2 * round;
        assert_int_equal(rf_sq_ready(&ring), 1);
        queue_nop(&ring, 2 * round + 1); /* the run is given up */
        assert_int_equal(rf_sq_ready(&ring), 2);
        assert_true(rf_submit(&ring) >= 0);
        struct rf_cqe cqes[8];
        assert_result(rf_copy_cqes(&ring, cqes, 8, 2), 2);
        assert_int_equal(cqes[0].user_data, 2 * round);
        assert_int_equal(cqes[1].user_data, 2 * round + 1);
        while (rf_sq_ready(&ring))
            ;
    }
    rf_deinit(&ring);
}

/* --- the SQ thread ------------------------------------------------------- */

static void a_sleeping_sq_thread_is_woken_every_time(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_SQPOLL;
    params.sq_thread_idle = 1;
    open_flavour_params(state, &ring, 4, &params);
    int slept = 0;
    for (uint64_t i = 0; i < 100; i++) {
        uint32_t flags = 0;
        double asked = seconds_now();
        while (i % 2 && !rf_sq_ring_needs_enter(&ring, &flags) && seconds_now() - asked < 0.1)
            usleep(200); /* let it fall asleep */
        slept += flags == RF_ENTER_SQ_WAKEUP;
        queue_nop(&ring, i);
        assert_true(rf_submit(&ring) >= 0);
        double start = seconds_now();
        struct rf_cqe cqe;
        int n;
        while ((n = rf_copy_cqes(&ring, &cqe, 1, 0)) == 0)
            assert_true(seconds_now() - start < 10); /* lost: nobody would ever wake it */
        assert_result(n, 1);
        assert_int_equal(cqe.user_data, i);
    }
    assert_true(slept > 10); /* or the test held nothing */
    rf_deinit(&ring);
}

static void needs_enter_tells_why(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    uint32_t flags = 0;
    assert_true(rf_sq_ring_needs_enter(&ring, &flags));
    assert_int_equal(flags, 0);
    rf_deinit(&ring);

    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_SQPOLL;
    params.sq_thread_idle = 1;
    open_flavour_params(state, &ring, 4, &params);
    double start = seconds_now();
    while (!rf_sq_ring_needs_enter(&ring, &flags))
        assert_true(seconds_now() - start < 10);
    assert_int_equal(flags, RF_ENTER_SQ_WAKEUP);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(submitting_nothing_makes_no_call),
        EACH_FLAVOUR(nothing_is_published_before_flush),
        EACH_FLAVOUR(a_full_queue_says_so_and_takes_more_after_submit),
        EACH_FLAVOUR(an_sqe_is_handed_out_all_zero),
        EACH_FLAVOUR(a_bad_sqe_ends_the_batch_and_the_rest_goes_next),
        EACH_FLAVOUR(a_chain_that_was_promised_runs_in_order_across_the_wrap),
        EACH_FLAVOUR(what_a_run_does_not_take_stays_free),
        ONCE(a_sleeping_sq_thread_is_woken_every_time),
        ONCE(needs_enter_tells_why),
    };
    return run_all(tests, COUNT_OF(tests));
}
