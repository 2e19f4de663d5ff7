/* SPDX-License-Identifier: MIT */
/*
 * Held here: a ring on another side than the kernel. The peer serves as the
 * kernel does and catches who breaks its rules; what it says that cannot be
 * true makes queues full or empty, never an access beyond them; and what the
 * random walks of test_wrap.c once found, step by step.
 */
#include "support.h"

#include <errno.h>
#include <string.h>

#include "peer.h"

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

static void open_with(struct peer *peer, struct rf_ring *ring, uint32_t entries, uint32_t flags)
{
    peer_init(peer);
    peer->sq_start = peer->cq_start = UINT32_MAX - 2;
    struct rf_params params = {.flags = flags};
    assert_result(rf_init_sys(ring, entries, &params, &peer->sys), 0);
}

static void end_well(struct peer *peer, struct rf_ring *ring)
{
    rf_deinit(ring);
    const char *complaint = peer_end(peer);
    if (complaint)
        fail_msg("%s", complaint);
}

static struct rf_sqe *queue_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    assert_non_null(sqe);
    sqe->user_data = user_data;
    return sqe;
}

/* A NOP whose CQE has 32 bytes. */
static void queue_wide(struct rf_ring *ring, uint64_t user_data)
{
    queue_nop(ring, user_data)->nop_flags = RF_NOP_CQE32;
}

static void assert_next(struct rf_ring *ring, uint64_t user_data, int32_t res)
{
    const struct rf_cqe *cqe = rf_next_cqe(ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, user_data);
    assert_result(cqe->res, res);
}

/* --- the peer serves ----------------------------------------------------- */

static void files_in_memory_are_read_and_written(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, 0);
    char content[] = "0123456789", buf[8] = "";
    peer.files[1] = (struct peer_file){content, 10};
    rf_prep_read(rf_get_sqe(&ring), PEER_FILE_FD + 1, buf, 4, 3);
    rf_prep_read(rf_get_sqe(&ring), PEER_FILE_FD + 1, buf + 4, 4, 8);
    rf_prep_read(rf_get_sqe(&ring), PEER_FILE_FD, buf, 4, 0);
    rf_prep_write(rf_get_sqe(&ring), PEER_FILE_FD + 1, "xy", 2, 0);
    assert_result(rf_submit_and_wait(&ring, 4), 4);
    assert_next(&ring, 0, 4);
    assert_next(&ring, 0, 2);
    assert_next(&ring, 0, -EBADF);
    assert_next(&ring, 0, 2);
    assert_memory_equal(buf, "345689", 6);
    assert_string_equal(content, "xy23456789");
    end_well(&peer, &ring);
}

static void bad_sqes_end_the_batch_unless_all_are_to_be_taken(void **state)
{
    (void)state;
    static const uint32_t flags[] = {0, RF_SETUP_SUBMIT_ALL};
    for (int all = 0; all < 2; all++) {
        struct peer peer;
        struct rf_ring ring;
        open_with(&peer, &ring, 4, flags[all]);
        queue_nop(&ring, 1)->opcode = 255;
        queue_nop(&ring, 2);
        assert_result(rf_submit(&ring), all ? 2 : 1);
        assert_next(&ring, 1, -EINVAL);
        if (!all)
            assert_result(rf_submit(&ring), 1);
        assert_next(&ring, 2, 0);
        end_well(&peer, &ring);
    }
}

static void deferred_completions_appear_when_they_are_collected(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, DEFER);
    queue_nop(&ring, 7);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(rf_cq_ready(&ring), 0);
    assert_int_equal(peer_deferred(&peer), 1);
    assert_true(rf_cq_ring_needs_flush(&ring));
    assert_next(&ring, 7, 0);
    assert_false(rf_cq_ring_needs_flush(&ring));
    end_well(&peer, &ring);
}

static void a_sleeping_thread_must_be_woken(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, RF_SETUP_SQPOLL);
    assert_true(peer_sleep(&peer));
    queue_nop(&ring, 1);
    assert_int_equal(rf_flush_sq(&ring), 1);
    assert_int_equal(peer_run(&peer), 0); /* it sleeps, and nobody has woken it */
    assert_result(rf_submit(&ring), 1);
    assert_next(&ring, 1, 0);
    queue_nop(&ring, 2);
    assert_result(rf_submit(&ring), 1); /* awake: no reason to enter */
    assert_null(rf_next_cqe(&ring));
    assert_false(peer_sleep(&peer)); /* there is something to do */
    assert_int_equal(peer_run(&peer), 1);
    assert_next(&ring, 2, 0);
    end_well(&peer, &ring);
}

static void an_error_of_enter_loses_nothing(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, 0);
    queue_nop(&ring, 1);
    queue_nop(&ring, 2);
    peer.enter_error = -EAGAIN;
    assert_result(rf_submit(&ring), -EAGAIN);
    peer.consume_limit = 1;
    assert_result(rf_submit(&ring), 1);
    queue_nop(&ring, 3);
    peer.consume_limit = UINT32_MAX;
    assert_result(rf_submit(&ring), 2);
    for (uint64_t i = 1; i <= 3; i++)
        assert_next(&ring, i, 0);
    end_well(&peer, &ring);
}

static void completions_are_lost_only_without_memory_and_counted(void **state)
{
    (void)state;
    without_checker(); /* CQEs are lost */
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 2, 0);
    peer.keep_limit = 1;
    for (uint64_t i = 0; i < 6; i += 2) {
        queue_nop(&ring, i);
        queue_nop(&ring, i + 1);
        assert_result(rf_submit(&ring), 2);
    }
    assert_int_equal(rf_cq_overflow(&ring), 1);
    assert_int_equal(peer_overflowed(&peer), 1);
    struct rf_cqe cqes[8];
    assert_result(rf_copy_cqes(&ring, cqes, 8, 0), 4);
    assert_result(rf_copy_cqes(&ring, cqes, 8, 0), 1);
    assert_int_equal(cqes[0].user_data, 4);
    /* Said once, and then there is just nothing to wait for. */
    assert_result(rf_copy_cqes(&ring, cqes, 8, 1), -EBADR);
    assert_result(rf_copy_cqes(&ring, cqes, 8, 1), -EINTR);
    end_well(&peer, &ring);
}

static void the_sq_array_is_filled_on_either_kind_of_memory(void **state)
{
    (void)state;
    static const uint32_t flags[] = {0, RF_SETUP_NO_MMAP, RF_SETUP_CQE32};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct peer peer;
        struct rf_ring ring;
        peer_init(&peer);
        peer.known_flags &= ~RF_SETUP_NO_SQARRAY;
        struct rf_params params = {.flags = flags[i]};
        assert_result(rf_init_sys(&ring, 4, &params, &peer.sys), 0);
        assert_false(ring.flags & RF_SETUP_NO_SQARRAY);
        for (uint64_t n = 0; n < 4; n++)
            queue_nop(&ring, n);
        assert_result(rf_submit(&ring), 4);
        for (uint64_t n = 0; n < 4; n++)
            assert_next(&ring, n, 0);
        assert_int_equal(rf_sq_dropped(&ring), 0);
        end_well(&peer, &ring);
    }
}

/* --- the peer catches ---------------------------------------------------- */

static void assert_complains(struct peer *peer, const char *about)
{
    const char *complaint = peer_end(peer);
    assert_non_null(complaint);
    assert_non_null(strstr(complaint, about));
}

static void what_is_left_behind_is_noticed(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, 0);
    assert_complains(&peer, "left open");

    open_with(&peer, &ring, 4, 0);
    (void)peer.sys.close(&peer.sys, ring.fd);
    assert_complains(&peer, "left mapped");

    open_with(&peer, &ring, 4, RF_SETUP_NO_MMAP);
    (void)peer.sys.close(&peer.sys, ring.fd);
    assert_complains(&peer, "left mapped");
}

static void what_is_closed_or_unmapped_twice_is_noticed(void **state)
{
    without_checker(); /* two copies of a ring are closed */
    (void)state;
    struct peer peer;
    struct rf_ring ring, copy;
    open_with(&peer, &ring, 4, 0);
    copy = ring;
    rf_deinit(&ring);
    rf_deinit(&copy);
    assert_complains(&peer, "not mapped");

    open_with(&peer, &ring, 4, 0);
    assert_result(peer.sys.close(&peer.sys, 0), -EBADF);
    rf_deinit(&ring);
    assert_complains(&peer, "not the ring's");
}

static void indexes_that_cannot_be_are_noticed(void **state)
{
    without_checker(); /* its CQEs are of no operation */
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, 0);
    rfi_sq_tail_store(ring.sq.tail_word, peer.sq_start + 5);
    (void)rf_enter(&ring, 1, 0, 0);
    rf_deinit(&ring);
    assert_complains(&peer, "where it cannot be");

    open_with(&peer, &ring, 4, 0);
    rfi_sq_tail_store(ring.sq.tail_word, peer.sq_start + 3);
    (void)rf_enter(&ring, 1, 0, 0);
    rfi_sq_tail_store(ring.sq.tail_word, peer.sq_start + 2);
    (void)rf_enter(&ring, 1, 0, 0);
    rf_deinit(&ring);
    assert_complains(&peer, "went back");

    for (uint32_t wrong = 0; wrong < 2; wrong++) {
        open_with(&peer, &ring, 4, 0);
        queue_nop(&ring, 0);
        queue_nop(&ring, 1);
        assert_result(rf_submit(&ring), 2);
        assert_non_null(rf_next_cqe(&ring));
        assert_non_null(rf_next_cqe(&ring));
        assert_null(rf_next_cqe(&ring));
        assert_result(rf_enter(&ring, 0, 0, 0), 0);
        /* One back, or one beyond the tail. */
        rfi_cq_head_store(ring.cq.head_word, peer.cq_start + (wrong ? 3 : 1));
        assert_result(rf_enter(&ring, 0, 0, 0), 0);
        rf_deinit(&ring);
        assert_complains(&peer, "went back, or beyond the tail");
    }
}

/* --- the peer lies ------------------------------------------------------- */

static const uint32_t shapes[] = {
    0, RF_SETUP_CQE32, RF_SETUP_CQE_MIXED, RF_SETUP_SQE128, RF_SETUP_SQE128 | RF_SETUP_CQE32,
};

static void an_impossible_sq_head_counts_as_full(void **state)
{
    (void)state;
    /* As far as the head may be from the truth: one more, and half the world away. */
    static const uint32_t lies[] = {1, 2, 5, 1000, UINT32_C(1) << 31, UINT32_MAX - 8};
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        for (size_t i = 0; i < COUNT_OF(lies); i++) {
            struct peer peer;
            struct rf_ring ring;
            struct rf_sqe_run run;
            open_with(&peer, &ring, 4, shapes[s]);
            peer_lie(&peer, PEER_SQ_HEAD, peer.sq_start + lies[i]);
            /* Four are known to be free; a fifth is not believed in. */
            for (int n = 0; n < 4; n++)
                assert_non_null(rf_get_sqe(&ring));
            if (lies[i] > 4) {
                assert_null(rf_get_sqe(&ring));
                assert_false(rf_get_sqes(&ring, 1, &run));
            }
            assert_false(rf_get_sqes(&ring, 5, &run));
            assert_false(rf_get_sqes(&ring, UINT32_MAX, &run));
            (void)rf_flush_sq(&ring);
            if (lies[i] > 4) {
                assert_result(rf_check_ring(&ring), -EPROTO);
                assert_string_equal(rf_reason(&ring),
                                    "the head of the submission queue is where it cannot be");
            } else {
                assert_result(rf_check_ring(&ring), 0);
            }
            end_well(&peer, &ring);
        }
    }
}

static void assert_tells_lie(struct rf_ring *ring, int result)
{
    assert_named_error(WAIT, result, EPROTO, "QueueWordsInvalid");
    assert_string_equal(rf_reason(ring), "the tail of the completion queue is where it cannot be");
}

/* A wait that is over, with nothing to show for it. */
static int returns_at_once(const struct rf_sys *sys, int fd, uint32_t to_submit,
                           uint32_t min_complete, uint32_t flags, const void *arg,
                           size_t arg_bytes)
{
    (void)sys, (void)fd, (void)min_complete, (void)flags, (void)arg, (void)arg_bytes;
    return (int)to_submit;
}

static void an_impossible_cq_tail_counts_as_empty(void **state)
{
    (void)state;
    static const uint32_t lies[] = {9, 10, 1000, UINT32_C(1) << 31, UINT32_MAX - 100, UINT32_MAX};
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        for (size_t i = 0; i < COUNT_OF(lies); i++) {
            struct peer peer;
            struct rf_ring ring;
            open_with(&peer, &ring, 4, shapes[s]);
            peer_lie(&peer, PEER_CQ_TAIL, peer.cq_start + lies[i]);
            struct rf_cqe cqes[4];
            const struct rf_cqe *cqe;
            assert_null(rf_next_cqe(&ring));
            assert_result(rf_copy_cqes(&ring, cqes, 4, 0), 0);
            assert_int_equal(rf_cq_ready(&ring), 0);
            /* Who asks is told, and who waits does not wait for ever. */
            assert_tells_lie(&ring, rf_peek_cqe(&ring, &cqe));
            assert_tells_lie(&ring, rf_check_ring(&ring));
            assert_tells_lie(&ring, rf_wait_cqe(&ring, &cqe));
            assert_tells_lie(&ring, rf_wait_events(&ring, &cqe, 1, NULL, NULL));
            struct rf_sys sys = peer.sys;
            sys.ring_enter = returns_at_once;
            ring.sys = &sys;
            assert_tells_lie(&ring, rf_copy_cqes(&ring, cqes, 4, 1));
            ring.sys = &peer.sys;
            peer_lie(&peer, PEER_CQ_TAIL, peer.cq_start);
            assert_result(rf_check_ring(&ring), 0);
            end_well(&peer, &ring);
        }
    }
}

/* Puts CQEs of the test's own making into the queue. */
static void fake_cqes(struct peer *peer, struct rf_ring *ring, uint32_t count, uint32_t flags)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = (peer->cq_start + i) & (ring->cq.entries - 1);
        ((struct rf_cqe *)(uintptr_t)ring->cq.cqes)[slot] = (struct rf_cqe){i, 0, flags};
    }
    peer_lie(peer, PEER_CQ_TAIL, peer->cq_start + count);
}

static void nothing_but_fillers_is_an_empty_queue(void **state)
{
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, RF_SETUP_CQE_MIXED);
    fake_cqes(&peer, &ring, 8, RF_CQE_F_SKIP);
    assert_int_equal(rf_cq_ready(&ring), 8);
    assert_null(rf_next_cqe(&ring));
    assert_int_equal(rf_cq_ready(&ring), 0);
    peer.cq_tail = peer.cq_start + 8; /* so that its rules agree */
    end_well(&peer, &ring);
}

/* Its second half would lie behind the queue, or has not been written. */
static void half_of_a_big_completion_is_not_shown(void **state)
{
    (void)state;
    for (uint32_t before = 0; before < 2; before++) {
        struct peer peer;
        struct rf_ring ring;
        peer_init(&peer);
        peer.cq_start = before ? 3 : 7; /* of 8 slots: one and a half, or the last */
        struct rf_params params = {.flags = RF_SETUP_CQE_MIXED};
        assert_result(rf_init_sys(&ring, 4, &params, &peer.sys), 0);
        fake_cqes(&peer, &ring, before ? 1 : 2, RF_CQE_F_32);
        const struct rf_cqe *cqe;
        assert_null(rf_next_cqe(&ring));
        assert_result(rf_peek_cqe(&ring, &cqe), -EPROTO);
        assert_string_equal(rf_reason(&ring), "a 32-byte CQE has no second half");
        assert_result(rf_wait_cqe(&ring, &cqe), -EPROTO);
        struct rf_cqe_iter iter = rf_cqe_iter_init(&ring);
        assert_false(rf_cqe_iter_next(&iter, &cqe));
        peer_lie(&peer, PEER_CQ_TAIL, peer.cq_start);
        end_well(&peer, &ring);
    }
}

static void an_impossible_count_is_no_result(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        struct peer peer;
        struct rf_ring ring;
        const struct rf_cqe *cqe;
        const struct rf_timespec ts = {0, 1000};
        open_with(&peer, &ring, 4, shapes[s]);
        peer_lie(&peer, PEER_SQ_HEAD, peer.sq_start + 5);
        assert_int_equal(rf_sq_space_left(&ring), 0);
        assert_result(rf_submit(&ring), -EPROTO);
        assert_string_equal(rf_reason(&ring),
                            "the head of the submission queue is where it cannot be");
        assert_result(rf_submit_and_wait(&ring, 1), -EPROTO);
        assert_result(rf_submit_and_get_events(&ring), -EPROTO);
        assert_result(rf_submit_and_wait_timeout(&ring, &cqe, 1, &ts, NULL), -EPROTO);
        assert_result(rf_sqring_wait(&ring), -EPROTO);
        peer_lie(&peer, PEER_SQ_HEAD, peer.sq_start);
        assert_result(rf_submit(&ring), 0);
        end_well(&peer, &ring);
    }
}

static void sqes_that_are_consumed_for_ever_end_a_wait(void **state)
{
    without_checker(); /* it plays with ring.sys */
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    const struct rf_cqe *cqe;
    const struct rf_timespec ts = {0, 1000};
    open_with(&peer, &ring, 4, 0);
    struct rf_sys sys = peer.sys;
    sys.ring_enter = returns_at_once;
    ring.sys = &sys;
    queue_nop(&ring, 1);
    assert_result(rf_wait_cqe_timeout(&ring, &cqe, &ts), -EPROTO);
    assert_string_equal(rf_reason(&ring), "SQEs count as consumed, and stay in the queue");
    assert_result(rf_wait_cqe(&ring, &cqe), -EPROTO);
    ring.sys = &peer.sys;
    assert_result(rf_submit(&ring), 1);
    assert_next(&ring, 1, 0);
    end_well(&peer, &ring);
}

/* Its queue begins at the first slot each time, and so ends at the last. */
static void a_rewound_queue_does_not_wrap(void **state)
{
    without_checker(); /* SQEs stay in the ring */
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    peer_init(&peer);
    struct rf_params params = {.flags = RF_SETUP_NO_SQARRAY | RF_SETUP_SQ_REWIND};
    assert_result(rf_init_sys(&ring, 4, &params, &peer.sys), 0);
    for (uint64_t i = 0; i < 4; i++)
        queue_nop(&ring, i);
    peer_lie(&peer, PEER_SQ_HEAD, 4);
    for (uint64_t i = 0; i < 3; i++)
        (void)rf_get_sqe(&ring);
    peer_lie(&peer, PEER_SQ_HEAD, 3);
    assert_result(rf_submit(&ring), -EPROTO);
    assert_result(rf_enter(&ring, 1, 0, 0), -EPROTO);
    end_well(&peer, &ring);
}

/* What an iterator was shown can be taken, whatever became of the tail. */
static void a_tail_that_goes_back_leaves_an_iterator_alone(void **state)
{
    without_checker(); /* its CQEs are of no operation */
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    const struct rf_cqe *cqe;
    open_with(&peer, &ring, 4, 0);
    fake_cqes(&peer, &ring, 3, 0);
    struct rf_cqe_iter iter = rf_cqe_iter_init(&ring);
    while (rf_cqe_iter_next(&iter, &cqe))
        assert_int_equal(cqe->res, 0);
    peer_lie(&peer, PEER_CQ_TAIL, peer.cq_start + 1);
    assert_int_equal(rf_cqe_iter_take(&ring, &iter), 3);
    assert_result(rf_check_ring(&ring), -EPROTO);
    peer.cq_tail = peer.cq_start + 3; /* so that its rules agree */
    peer_lie(&peer, PEER_CQ_TAIL, peer.cq_tail);
    end_well(&peer, &ring);
}

/* A CQE that changes its size after it was taken moves nothing. */
static void a_size_is_asked_once(void **state)
{
    without_checker(); /* its CQEs are of no operation */
    (void)state;
    struct peer peer;
    struct rf_ring ring;
    open_with(&peer, &ring, 4, RF_SETUP_CQE_MIXED);
    fake_cqes(&peer, &ring, 3, 0);
    const struct rf_cqe *cqe = rf_next_cqe(&ring);
    assert_non_null(cqe);
    ((struct rf_cqe *)(uintptr_t)cqe)->flags = RF_CQE_F_32;
    assert_int_equal(rf_cq_ready(&ring), 2);
    assert_next(&ring, 1, 0);
    assert_next(&ring, 2, 0);
    assert_null(rf_next_cqe(&ring));
    peer.cq_tail = peer.cq_start + 3;
    end_well(&peer, &ring);
}

/* --- what the walks found ------------------------------------------------ */

static void a_peeked_cqe_is_taken_once_whatever_comes_between(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        for (int between = 0; between < 5; between++) {
            struct peer peer;
            struct rf_ring ring;
            struct rf_cqe none;
            open_with(&peer, &ring, 4, shapes[s]);
            queue_nop(&ring, 1);
            queue_nop(&ring, 2);
            assert_result(rf_submit(&ring), 2);
            const struct rf_cqe *cqe;
            assert_result(rf_peek_cqe(&ring, &cqe), 0);
            if (between == 1)
                assert_result(rf_submit_and_wait(&ring, 1), 0);
            if (between == 2)
                rf_cq_advance(&ring, 0);
            if (between == 3)
                assert_result(rf_enter(&ring, 0, 2, RF_ENTER_GETEVENTS), 0);
            if (between == 4)
                assert_result(rf_copy_cqes(&ring, &none, 0, 0), 0);
            rf_cqe_seen(&ring, cqe);
            assert_int_equal(rf_cq_ready(&ring), 1);
            assert_next(&ring, 2, 0);
            assert_null(rf_next_cqe(&ring));
            end_well(&peer, &ring);
        }
    }
}

/*
 * A queue of four slots, full, the next one being the second: of overflowed
 * CQEs of 32 bytes only one fits, and its fellow has to wait. Waiting for four
 * is more than there will be.
 */
static void overflow_up_to_the_second_slot(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    queue_nop(ring, 100);
    assert_result(rf_submit(ring), 1);
    assert_result(rf_copy_cqe(ring, &cqe), 0);
    for (uint64_t i = 0; i < 4; i++) {
        queue_nop(ring, i);
        assert_result(rf_submit(ring), 1);
    }
    for (uint64_t i = 4; i < 10; i++) {
        queue_wide(ring, i);
        assert_result(rf_submit(ring), 1);
    }
    assert_int_equal(rf_cq_ready(ring), 4);
}

static void assert_all_come(struct rf_ring *ring)
{
    struct rf_cqe cqes[16];
    assert_result(rf_copy_cqes(ring, cqes, 16, 10), 10);
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(cqes[i].user_data, i);
}

/* Only with a peer: a kernel that is asked for the impossible cannot be killed. */
static void a_wait_asks_for_no_more_than_a_mixed_queue_can_show(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct peer peer;
        struct rf_ring ring;
        peer_init(&peer);
        struct rf_params params = {.flags = RF_SETUP_CQE_MIXED};
        assert_result(rf_init_sys(&ring, 2, &params, &peer.sys), 0);
        overflow_up_to_the_second_slot(&ring);
        if (how > 0) {
            rf_cq_advance(&ring, 4);
            int result = how == 1 ? rf_submit_and_wait(&ring, 4)
                                  : rf_enter(&ring, 0, 4, RF_ENTER_GETEVENTS);
            assert_result(result, 0);
            assert_int_equal(rf_cq_ready(&ring), 3); /* one of them, and a filler */
            assert_next(&ring, 4, 0);
        } else {
            assert_all_come(&ring);
        }
        end_well(&peer, &ring);
    }
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(files_in_memory_are_read_and_written),
        ONCE(bad_sqes_end_the_batch_unless_all_are_to_be_taken),
        ONCE(deferred_completions_appear_when_they_are_collected),
        ONCE(a_sleeping_thread_must_be_woken),
        ONCE(an_error_of_enter_loses_nothing),
        ONCE(completions_are_lost_only_without_memory_and_counted),
        ONCE(the_sq_array_is_filled_on_either_kind_of_memory),
        ONCE(what_is_left_behind_is_noticed),
        ONCE(what_is_closed_or_unmapped_twice_is_noticed),
        ONCE(indexes_that_cannot_be_are_noticed),
        ONCE(an_impossible_sq_head_counts_as_full),
        ONCE(an_impossible_cq_tail_counts_as_empty),
        ONCE(nothing_but_fillers_is_an_empty_queue),
        ONCE(half_of_a_big_completion_is_not_shown),
        ONCE(an_impossible_count_is_no_result),
        ONCE(sqes_that_are_consumed_for_ever_end_a_wait),
        ONCE(a_rewound_queue_does_not_wrap),
        ONCE(a_tail_that_goes_back_leaves_an_iterator_alone),
        ONCE(a_size_is_asked_once),
        ONCE(a_peeked_cqe_is_taken_once_whatever_comes_between),
        ONCE(a_wait_asks_for_no_more_than_a_mixed_queue_can_show),
    };
    return run_all(tests, COUNT_OF(tests));
}
