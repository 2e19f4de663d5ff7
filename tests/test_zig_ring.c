/* SPDX-License-Identifier: MIT */
/*
 * Held here: sizes, counters and the wrapping completion queue, as Zig's tests
 * of IoUring have them. Above each function the name of Zig's test.
 */
#include "io_support.h"

#include <errno.h>
#include <string.h>

/* Zig: "structs/offsets/entries" */
static void sizes_are_the_kernels_and_odd_entries_are_refused(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct rf_params), 120);
    assert_int_equal(sizeof(struct rf_sqe), 64);
    assert_int_equal(sizeof(struct rf_cqe), 16);
    assert_int_equal(RF_OFF_SQ_RING, 0);
    assert_int_equal(RF_OFF_CQ_RING, 0x8000000);
    assert_int_equal(RF_OFF_SQES, 0x10000000);

    struct rf_ring ring;
    assert_result(rf_init(&ring, 0, 0), -ERANGE);
    assert_result(rf_init(&ring, 3, 0), -EDOM);
}

/* Zig: "nop" */
static void a_nop_moves_each_counter_by_one(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 1);
    const struct rf_sqe *sqe = rf_nop(&ring, 0xaaaaaaaa);
    struct rf_sqe want;
    memset(&want, 0, sizeof want);
    want.opcode = RF_OP_NOP;
    want.user_data = 0xaaaaaaaa;
    assert_memory_equal(sqe, &want, sizeof want);

    assert_int_equal(rfi_sq_index(&ring.sq), 1); /* queued, */
    assert_int_equal(ring.sq.ktail, 0);          /* not shown to the kernel yet */
    assert_int_equal(rf_sq_ready(&ring), 1);
    assert_int_equal(rf_cq_ready(&ring), 0);

    submit_all(&ring, 1);
    assert_int_equal(ring.sq.ktail, 1);
    assert_int_equal(rf_sq_ready(&ring), 0);
    struct rf_cqe cqe;
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 0xaaaaaaaa, 0, 0);
    assert_int_equal(rf_cq_ready(&ring), 0);

    struct rf_sqe *drain = rf_nop(&ring, 0xbbbbbbbb);
    assert_non_null(drain);
    rf_sqe_set_flags(drain, RF_SQE_IO_DRAIN);
    submit_all(&ring, 1);
    reap(&ring, &cqe, 1);
    assert_cqe(&cqe, 0xbbbbbbbb, 0, 0);
    assert_int_equal(rfi_sq_index(&ring.sq), 2);
    assert_int_equal(ring.sq.ktail, 2);
    assert_int_equal(rf_cq_ready(&ring), 0);

    rf_deinit(&ring);
    assert_int_equal(ring.fd, -1);
}

static const struct rf_timespec ten_microseconds = {0, 10 * 1000};

static void queue_short_timeout(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe = take_sqe(ring);
    rf_prep_timeout(sqe, &ten_microseconds, 0, 0);
    sqe->user_data = user_data;
    assert_true(rf_submit(ring) >= 0);
}

/* Zig: "copy_cqes with wrapping sq.cqes buffer" */
static void copies_across_the_end_of_the_completion_queue(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 2);
    assert_int_equal(ring.cq.entries, 4);

    /* Two first, so that every four after them lie across the end. */
    struct rf_cqe cqes[4];
    queue_short_timeout(&ring, 0);
    queue_short_timeout(&ring, 1);
    reap(&ring, cqes, 2);

    /* Every round wraps. The SQ thread makes each one slow, and sees no wrapping anyway. */
    const unsigned rounds = ring.flags & RF_SETUP_SQPOLL ? 100 : 1023;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < 4; i++)
            queue_short_timeout(&ring, i);
        unsigned got = 0, seen = 0;
        while (got < 4) {
            int n = rf_copy_cqes(&ring, &cqes[got], 4 - got, 1);
            assert_true(n >= 1 && (unsigned)n <= 4 - got);
            got += (unsigned)n;
        }
        for (unsigned i = 0; i < 4; i++) {
            assert_true(cqes[i].user_data < 4);
            seen |= 1U << cqes[i].user_data;
            assert_result(cqes[i].res, -ETIME);
        }
        assert_int_equal(seen, 0xf);
        assert_int_equal(rf_cq_ready(&ring), 0);
    }
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(sizes_are_the_kernels_and_odd_entries_are_refused),
        EACH_FLAVOUR(a_nop_moves_each_counter_by_one),
        EACH_FLAVOUR(copies_across_the_end_of_the_completion_queue),
    };
    return run_all(tests, COUNT_OF(tests));
}
