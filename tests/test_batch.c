/* SPDX-License-Identifier: MIT */
/*
 * Held here: looking at many completions in place. What is shown comes in order, once,
 * whole, without fillers, wherever the queue wraps; it is there until it is taken; and
 * taking takes just what was shown.
 */
#include "peer.h"
#include "wait_support.h"

#include <string.h>

enum { ROOM = 64 };

/* Numbers that differ from run to run of the loop below, but not from run to run of the test. */
static uint32_t next_random(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 16) % below;
}

static bool is_big(const struct rf_ring *ring, uint64_t id)
{
    return ring->flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED) && id % 3 != 0;
}

static void assert_is(const struct rf_ring *ring, const struct rf_cqe *cqe, uint64_t id)
{
    assert_int_equal(cqe->user_data, id);
    assert_int_equal(cqe->res, 0);
    bool mixed = ring->flags & RF_SETUP_CQE_MIXED;
    assert_int_equal(rf_cqe_nr(cqe), mixed && is_big(ring, id) ? 2 : 1);
    if (is_big(ring, id)) {
        assert_int_equal(rf_cqe_big(cqe)[0], id * 3);
        assert_int_equal(rf_cqe_big(cqe)[1], id * 5);
    }
}

/* Queues @count and has them completed. */
static void complete(struct rf_ring *ring, uint64_t *sent, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (is_big(ring, *sent))
            queue_big_nop(ring, *sent);
        else
            queue_nop(ring, *sent);
        ++*sent;
    }
    submit_queued(ring);
}

/* Skips where NOPs cannot post 32 bytes. */
static void need_big_nops(struct rf_ring *ring)
{
    if (!(ring->flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED)))
        return;
    queue_big_nop(ring, 1);
    struct rf_cqe cqe = submit_and_reap(ring);
    if (cqe.res == -EINVAL) {
        rf_deinit(ring);
        skip_because("this kernel's NOP cannot post 32-byte CQEs");
    }
}

static void take_batch(struct rf_ring *ring, const struct rf_cqe *const *cqes, int count,
                       uint32_t how)
{
    uint32_t slots = 0;
    switch (how) {
    case 0:
        for (int i = 0; i < count; i++)
            slots += rf_cqe_nr(cqes[i]);
        rf_cq_advance(ring, slots);
        break;
    case 1:
        for (int i = 0; i < count; i++) {
            rf_cqe_seen(ring, cqes[i]);
            rf_cqe_seen(ring, cqes[i]); /* once is enough */
        }
        break;
    default:
        for (int i = 0; i < count; i++)
            assert_ptr_equal(rf_next_cqe(ring), cqes[i]);
    }
}

/*
 * How many may be outstanding. Overflow is part of it, but not on mixed rings: when a
 * 32-byte CQE does not fit, 6.18 goes on behind it and beyond the end of the queue.
 */
static uint32_t at_most(struct rf_ring *ring, uint32_t fill)
{
    if (ring->flags & RF_SETUP_CQE_MIXED)
        return ring->cq.entries / 2 - 2;
    return overflow_keeps_order(ring) ? 4 * fill : ring->cq.entries / 2;
}

/* Everything that can be done with a batch or an iterator, @rounds times. */
static void look_and_take(struct rf_ring *ring, unsigned rounds, uint32_t fill)
{
    uint64_t sent = 0, seen = 0;
    uint32_t seed = 4;
    for (unsigned round = 0; round < rounds; round++) {
        uint32_t count = next_random(&seed, fill + 1);
        if (sent - seen + count <= at_most(ring, fill))
            complete(ring, &sent, count);
        const struct rf_cqe *cqes[ROOM + 1];
        uint32_t room = next_random(&seed, 2 * fill);
        cqes[room] = UNTOUCHED;
        uint32_t there = rf_cq_ready(ring);
        int shown;
        if (next_random(&seed, 2)) {
            shown = rf_peek_batch_cqe(ring, cqes, room);
            assert_true(shown >= 0 && (uint32_t)shown <= room);
            assert_true(shown > 0 || room == 0 || sent == seen);
            if (!(ring->flags & RF_SETUP_CQE_MIXED) && there > 0)
                assert_int_equal(shown, there < room ? there : room);
            for (int i = 0; i < shown; i++)
                assert_is(ring, cqes[i], seen + (uint64_t)i);
            /* Looking again shows the same. */
            const struct rf_cqe *again[ROOM];
            assert_int_equal(rf_peek_batch_cqe(ring, again, (uint32_t)shown), shown);
            assert_memory_equal(again, cqes, (size_t)shown * sizeof *again);
            int taken = (int)next_random(&seed, (uint32_t)shown + 1);
            take_batch(ring, cqes, taken, next_random(&seed, 3));
            seen += (uint64_t)taken;
        } else {
            struct rf_cqe_iter iter = rf_cqe_iter_init(ring);
            const struct rf_cqe *cqe = UNTOUCHED;
            for (shown = 0; (uint32_t)shown < room && rf_cqe_iter_next(&iter, &cqe); shown++)
                assert_is(ring, cqe, seen + (uint64_t)shown);
            assert_int_equal(rf_cq_ready(ring), there);
            if (next_random(&seed, 2)) {
                uint32_t slots = rf_cqe_iter_take(ring, &iter);
                assert_int_equal(rf_cq_ready(ring), there - slots);
                seen += (uint64_t)shown;
            }
        }
        assert_ptr_equal(cqes[room], UNTOUCHED);
    }
    double start = seconds_now();
    while (seen < sent) {
        const struct rf_cqe *cqe = rf_next_cqe(ring);
        assert_true(seconds_now() - start < 10);
        if (cqe)
            assert_is(ring, cqe, seen++);
    }
}

static void what_is_shown_is_in_order_and_taken_once(void **state)
{
    static const uint32_t sizes[] = {2, 4, 16};
    bool mixed = flavour_of(state)->flags & RF_SETUP_CQE_MIXED;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct rf_ring ring;
        struct rf_params params;
        memset(&params, 0, sizeof params);
        params.flags = RF_SETUP_CQSIZE;
        params.cq_entries = (mixed ? 8 : 2) * sizes[i];
        open_flavour_params(state, &ring, sizes[i], &params);
        need_big_nops(&ring);
        look_and_take(&ring, 1500, sizes[i]);
        rf_deinit(&ring);
    }
}

/* Of one slot and of two, where the slot that was taken last is the next one, too. */
static void the_smallest_queues_show_one_after_the_other(void **state)
{
    bool mixed = flavour_of(state)->flags & RF_SETUP_CQE_MIXED;
    for (uint32_t cq_entries = mixed ? 2 : 1; cq_entries <= 2; cq_entries++) {
        struct rf_ring ring;
        struct rf_params params;
        memset(&params, 0, sizeof params);
        params.flags = RF_SETUP_CQSIZE;
        params.cq_entries = cq_entries;
        open_flavour_params(state, &ring, 1, &params);
        for (uint64_t seen = 0; seen < 40;) {
            for (uint32_t i = 0; i < cq_entries; i++) {
                queue_nop(&ring, seen + i);
                submit_queued(&ring);
            }
            for (uint32_t left = cq_entries; left > 0;) {
                const struct rf_cqe *cqes[3];
                int shown = rf_peek_batch_cqe(&ring, cqes, 3);
                assert_in_range(shown, 1, left);
                for (int i = 0; i < shown; i++) {
                    assert_int_equal(cqes[i]->user_data, seen++);
                    rf_cqe_seen(&ring, cqes[i]);
                }
                left -= (uint32_t)shown;
            }
        }
        rf_deinit(&ring);
    }
}

/* The counters begin shortly before 2^32, which a kernel's do not. */
static void indexes_wrap(void **state)
{
    (void)state;
    static const uint32_t flags[] = {0, RF_SETUP_CQE32, RF_SETUP_CQE_MIXED,
                                     RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        for (uint32_t before = 0; before < 40; before += 7) {
            struct peer peer;
            struct rf_ring ring;
            struct rf_params params;
            peer_init(&peer);
            peer.sq_start = peer.cq_start = UINT32_MAX - before;
            memset(&params, 0, sizeof params);
            params.flags = flags[i] | RF_SETUP_CQSIZE;
            params.cq_entries = 32;
            assert_result(rf_init_sys(&ring, 8, &params, &peer.sys), 0);
            look_and_take(&ring, 100, 8);
            rf_deinit(&ring);
            const char *complaint = peer_end(&peer);
            if (complaint)
                fail_msg("%s", complaint);
        }
    }
}

static void an_empty_queue_shows_nothing(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 4, 0);
    const struct rf_cqe *cqe = UNTOUCHED;
    struct rf_cqe_iter iter = rf_cqe_iter_init(&w.ring);
    assert_false(rf_cqe_iter_next(&iter, &cqe));
    assert_false(rf_cqe_iter_next(&iter, &cqe));
    assert_int_equal(rf_cqe_iter_take(&w.ring, &iter), 0);
    assert_result(rf_peek_batch_cqe(&w.ring, &cqe, 1), 0);
    assert_result(rf_peek_batch_cqe(&w.ring, &cqe, 0), 0);
    assert_ptr_equal(cqe, UNTOUCHED);
    assert_int_equal(w.between.enters, 0);
    close_waiter(&w);
}

/* Enters when nothing is there and the kernel holds something back; the error is told. */
static void a_batch_collects_what_is_held_back(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 4, 0);
    for (uint64_t i = 0; i < 12; i++) {
        queue_nop(&w.ring, i);
        if (i % 4 == 3)
            submit_queued(&w.ring);
    }
    const struct rf_cqe *cqes[16];
    forget(&w);
    int shown = rf_peek_batch_cqe(&w.ring, cqes, 16);
    assert_int_equal(shown, 8);
    assert_int_equal(w.between.enters, 0); /* there is enough to do */
    rf_cq_advance(&w.ring, 8);
    w.between.fail_enter = -EBADR;
    assert_result(rf_peek_batch_cqe(&w.ring, cqes, 16), -EBADR);
    shown = rf_peek_batch_cqe(&w.ring, cqes, 16);
    assert_int_equal(shown, 4);
    for (uint64_t i = 0; i < 4; i++)
        assert_int_equal(cqes[i]->user_data, 8 + i);
    close_waiter(&w);
}

/* The iterator has a moment's view: what comes later is for the next one. */
static void an_iterator_ends_where_it_began(void **state)
{
    struct waiter w;
    open_waiter(state, &w, 8, 0);
    make_ready(&w, 1, 2);
    struct rf_cqe_iter iter = rf_cqe_iter_init(&w.ring);
    make_ready(&w, 3, 2);
    const struct rf_cqe *cqe = NULL;
    assert_true(rf_cqe_iter_next(&iter, &cqe));
    assert_int_equal(cqe->user_data, 1);
    assert_true(rf_cqe_iter_next(&iter, &cqe));
    assert_false(rf_cqe_iter_next(&iter, &cqe));
    assert_int_equal(cqe->user_data, 2);
    /* What was taken by other means meanwhile is not taken again. */
    assert_non_null(rf_next_cqe(&w.ring));
    assert_int_equal(rf_cqe_iter_take(&w.ring, &iter), 1);
    assert_int_equal(rf_next_cqe(&w.ring)->user_data, 3);
    close_waiter(&w);
}

/* Half of a 32-byte CQE, or more than the queue holds, is shown by no honest kernel. */
static void lies_of_the_other_side_show_nothing(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    struct rf_params params;
    peer_init(&peer);
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_CQE_MIXED;
    assert_result(rf_init_sys(&ring, 8, &params, &peer.sys), 0);
    queue_nop(&ring, 0);
    queue_big_nop(&ring, 1);
    assert_result(rf_submit(&ring), 2);
    const struct rf_cqe *cqes[4];
    peer_lie(&peer, PEER_CQ_TAIL, 2);
    assert_result(rf_peek_batch_cqe(&ring, cqes, 4), 1);
    peer_lie(&peer, PEER_CQ_TAIL, 17);
    assert_result(rf_peek_batch_cqe(&ring, cqes, 4), 0);
    struct rf_cqe_iter iter = rf_cqe_iter_init(&ring);
    assert_false(rf_cqe_iter_next(&iter, cqes));
    peer_lie(&peer, PEER_CQ_TAIL, 3);
    assert_result(rf_peek_batch_cqe(&ring, cqes, 4), 2);
    rf_deinit(&ring);
    (void)peer_end(&peer); /* complains of its own lies */
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(what_is_shown_is_in_order_and_taken_once),
        EACH_FLAVOUR(the_smallest_queues_show_one_after_the_other),
        ONCE(indexes_wrap),
        EACH_FLAVOUR(an_empty_queue_shows_nothing),
        EACH_FLAVOUR(a_batch_collects_what_is_held_back),
        EACH_FLAVOUR(an_iterator_ends_where_it_began),
        ONCE(lies_of_the_other_side_show_nothing),
    };
    return run_all(tests, COUNT_OF(tests));
}
