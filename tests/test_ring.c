/* SPDX-License-Identifier: MIT */
/*
 * Held here: the ring itself, on every flavour. Queues fill and say so, wrap,
 * give every completion once and in order, and keep what a failed call leaves.
 */
#include "support.h"

#include <errno.h>
#include <string.h>

static void queue_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe;
    while (!(sqe = rf_get_sqe(ring)))
        assert_true(ring->flags & RF_SETUP_SQPOLL); /* it shows CQEs before it gives slots back */
    sqe->user_data = user_data; /* all zero is a NOP */
}

static void every_nop_completes_once_and_in_order(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    uint64_t sent = 0, seen = 0;
    for (unsigned round = 0; round < 100; round++) {
        unsigned batch = 1 + round % 8;
        for (unsigned i = 0; i < batch; i++)
            queue_nop(&ring, sent++);
        assert_true(rf_submit_and_wait(&ring, batch) >= 0);
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(&ring))) {
            assert_int_equal(cqe->user_data, seen++);
            assert_int_equal(cqe->res, 0);
        }
    }
    while (seen < sent) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, seen++);
    }
    assert_int_equal(rf_cq_ready(&ring), 0);
    rf_deinit(&ring);
}

static void a_run_is_promised_whole_or_not_at_all(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    struct rf_sqe_run run;
    uint64_t sent = 0, seen = 0;
    assert_false(rf_get_sqes(&ring, 9, &run));
    for (unsigned round = 0; round < 50; round++) {
        unsigned count = 1 + round % 8;
        assert_true(rf_get_sqes(&ring, count, &run));
        struct rf_sqe *sqe;
        unsigned got = 0;
        while ((sqe = rf_sqe_run_next(&run))) {
            sqe->user_data = sent++;
            got++;
        }
        assert_int_equal(got, count);
        if (count > 4)
            assert_false(rf_get_sqes(&ring, 8 - count + 1, &run));
        assert_true(rf_submit_and_wait(&ring, count) >= 0);
        while (seen < sent) {
            struct rf_cqe cqe;
            assert_result(rf_copy_cqe(&ring, &cqe), 0);
            assert_int_equal(cqe.user_data, seen++);
        }
        while (rf_sq_ready(&ring))
            ; /* the SQ thread shows the CQEs before it gives the slots back */
    }
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(every_nop_completes_once_and_in_order),
        EACH_FLAVOUR(a_run_is_promised_whole_or_not_at_all),
    };
    return run_all(tests, COUNT_OF(tests));
}
