/* SPDX-License-Identifier: MIT */
/*
 * Held here: CQEs in the caller's hands stay as they are, of two sizes; what overflows
 * comes later, in order, and what is lost is counted.
 */
#include "wait_support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* --- a CQE in the caller's hands ----------------------------------------- */

static void a_cqe_stays_readable_while_more_is_submitted(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    uint64_t sent = 0, seen = 0;
    for (; sent < 8; sent++)
        queue_nop(&ring, sent);
    assert_true(rf_submit_and_wait(&ring, 8) >= 0);
    double start = seconds_now();
    while (seen < 2000 && seconds_now() - start < 20) {
        const struct rf_cqe *cqe = rf_next_cqe(&ring);
        if (!cqe) {
            if (sent == seen) { /* the SQ thread was slow: there was no free SQE below */
                while (rf_sq_space_left(&ring) == 0)
                    ;
                queue_nop(&ring, sent++);
            }
            assert_true(rf_submit_and_wait(&ring, 1) >= 0);
            continue;
        }
        /* Two for each one taken: the queue runs full and overflows. */
        const uint64_t most = overflow_keeps_order(&ring) ? 40 : 8;
        for (int i = 0; i < 2 && sent - seen < most; i++) {
            struct rf_sqe *sqe = rf_get_sqe(&ring);
            if (sqe)
                sqe->user_data = sent++;
        }
        assert_true(rf_submit(&ring) >= 0);
        assert_int_equal(cqe->user_data, seen++);
        assert_int_equal(cqe->res, 0);
    }
    assert_int_equal(seen, 2000);
    rf_deinit(&ring);
}

static void leaving_the_loop_early_loses_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    uint64_t sent = 0, seen = 0;
    for (int round = 0; round < 200; round++) {
        while (sent - seen < 8)
            queue_nop(&ring, sent++);
        assert_true(rf_submit_and_wait(&ring, 1) >= 0);
        int take = round % 5;
        const struct rf_cqe *cqe;
        while (take-- && (cqe = rf_next_cqe(&ring)))
            assert_int_equal(cqe->user_data, seen++);
        while (rf_sq_ready(&ring))
            assert_true(rf_submit(&ring) >= 0);
    }
    while (seen < sent) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, seen++);
    }
    rf_deinit(&ring);
}

/* A wait counts from the head that the kernel was shown: what was taken must not satisfy it. */
static void what_was_taken_does_not_end_the_next_wait(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    queue_nop(&ring, 1);
    queue_nop(&ring, 2);
    assert_true(rf_submit_and_wait(&ring, 2) >= 0);
    assert_non_null(rf_next_cqe(&ring));
    assert_non_null(rf_next_cqe(&ring)); /* both taken, the loop left without a NULL */
    struct rf_timespec soon = milliseconds(30);
    queue_timeout(&ring, 3, &soon);
    double start = seconds_now();
    assert_true(rf_submit_and_wait(&ring, 1) >= 0);
    const struct rf_cqe *cqe = rf_next_cqe(&ring);
    /* An SQ thread posts it: a timeout ends the wait of another thread before its CQE is there. */
    while (!cqe && ring.flags & RF_SETUP_SQPOLL && seconds_now() - start < 10)
        cqe = rf_next_cqe(&ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, 3);
    assert_true(seconds_now() - start > 0.025);
    rf_deinit(&ring);
}

/* --- overflow and loss --------------------------------------------------- */

static void completions_beyond_the_queue_are_kept_and_come_in_order(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 0; i < 24; i++) {
        queue_nop(&ring, i);
        if (i % 4 == 3) {
            assert_true(rf_submit(&ring) >= 0);
            while (rf_sq_ready(&ring))
                assert_true(rf_submit(&ring) >= 0);
        }
    }
    if (!(ring.flags & RF_SETUP_SQPOLL)) {
        assert_true(rf_cq_has_overflow(&ring));
        assert_true(rf_cq_ring_needs_flush(&ring));
    }
    for (uint64_t i = 0; i < 24; i++) {
        struct rf_cqe cqe;
        assert_result(rf_copy_cqes(&ring, &cqe, 1, 1), 1);
        assert_int_equal(cqe.user_data, i);
    }
    assert_false(rf_cq_has_overflow(&ring));
    assert_int_equal(rf_cq_overflow(&ring), 0); /* kept, not lost */
    rf_deinit(&ring);
}

static void peeking_collects_what_overflowed(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    for (uint64_t i = 0; i < 24; i++) {
        queue_nop(&ring, i);
        if (i % 4 == 3)
            do
                assert_true(rf_submit(&ring) >= 0);
            while (rf_sq_ready(&ring));
    }
    double start = seconds_now();
    for (uint64_t i = 0; i < 24;) {
        const struct rf_cqe *cqe = rf_next_cqe(&ring);
        assert_true(seconds_now() - start < 10);
        if (cqe)
            assert_int_equal(cqe->user_data, i++);
    }
    rf_deinit(&ring);
}

/* Zig reads the two counters once, when the ring is opened, and never again. */
static void lost_sqes_are_counted(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    open_ring(&ring, 4, RF_SETUP_NO_MMAP);
    rf_deinit(&ring);
    params.flags = RF_SETUP_NO_MMAP;
    assert_result(rf_init_sys(&ring, 4, &params, &sys_with_array), 0);
    assert_int_equal(rf_sq_dropped(&ring), 0);
    assert_int_equal(rf_cq_overflow(&ring), 0);
    /* Behind the library's back: an index that is out of range. */
    uint32_t *array = (uint32_t *)(void *)((char *)ring.rings.addr + params.sq_off.array);
    array[0] = 1000;
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 0);
    assert_int_equal(rf_sq_dropped(&ring), 1);
    rf_deinit(&ring);
}

static void lost_cqes_are_counted(void **state)
{
    (void)state;
    without_checker(); /* it would count them, too */
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_NO_MMAP;
    open_flavour_params(state, &ring, 4, &params);
    /* The kernel only counts here when it runs out of memory: write as it would. */
    __atomic_store_n((uint32_t *)(void *)((char *)ring.rings.addr + params.cq_off.overflow), 3,
                     __ATOMIC_RELAXED);
    assert_int_equal(rf_cq_overflow(&ring), 3);
    rf_deinit(&ring);
}

/* --- CQEs of 32 bytes ---------------------------------------------------- */

static void big_completions_come_whole(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    if (!(ring.flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED))) {
        queue_big_nop(&ring, 1); /* refused, and nothing is upset */
        struct rf_cqe cqe = submit_and_reap(&ring);
        assert_result(cqe.res, -EINVAL);
        rf_deinit(&ring);
        return;
    }
    bool mixed = ring.flags & RF_SETUP_CQE_MIXED;
    uint64_t sent = 0, seen = 0;
    for (int round = 0; round < 300; round++) {
        int batch = 1 + round % 4;
        for (int i = 0; i < batch; i++, sent++) {
            if (sent % 3)
                queue_big_nop(&ring, sent);
            else
                queue_nop(&ring, sent);
        }
        assert_true(rf_submit_and_wait(&ring, 1) >= 0);
        while (seen < sent) {
            const struct rf_cqe *cqe = rf_next_cqe(&ring);
            if (!cqe) {
                assert_true(rf_submit_and_wait(&ring, 1) >= 0);
                continue;
            }
            if (cqe->res == -EINVAL && seen == 1) {
                rf_deinit(&ring);
                skip_because("this kernel's NOP cannot post 32-byte CQEs");
            }
            assert_int_equal(cqe->user_data, seen);
            assert_int_equal(cqe->res, 0);
            if (mixed)
                assert_int_equal(!!(cqe->flags & RF_CQE_F_32), seen % 3 != 0);
            if (seen % 3) {
                assert_int_equal(rf_cqe_big(cqe)[0], seen * 3);
                assert_int_equal(rf_cqe_big(cqe)[1], seen * 5);
            }
            seen++;
        }
    }
    rf_deinit(&ring);
}

/* --- the eventfd switch --------------------------------------------------- */

static void the_eventfd_can_be_muted(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert_true(event >= 0);
    assert_result(rf_register_eventfd(&ring, event), 0);
    uint64_t count;
    queue_nop(&ring, 1);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(read(event, &count, sizeof count), sizeof count);
    rf_cq_eventfd_toggle(&ring, false);
    queue_nop(&ring, 2);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(read(event, &count, sizeof count), -1);
    rf_cq_eventfd_toggle(&ring, true);
    queue_nop(&ring, 3);
    assert_result(rf_submit(&ring), 1);
    assert_int_equal(read(event, &count, sizeof count), sizeof count);
    close(event);
    rf_deinit(&ring);
}

/* --- completions that wait to be collected -------------------------------- */

static int enters_seen;

static int counted_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                         uint32_t min_complete, uint32_t flags, const void *arg,
                         size_t arg_bytes)
{
    (void)sys;
    enters_seen++;
    return rf_sys_kernel.ring_enter(&rf_sys_kernel, fd, to_submit, min_complete, flags, arg,
                                    arg_bytes);
}

/*
 * A ring whose completions have to be collected, and a pipe for each of two polls. Not for
 * reads: before 6.4 those of a pipe end in a worker, at a time of their own.
 */
struct held_back {
    struct rf_sys sys;
    struct rf_ring ring;
    int pipes[2][2];
};

static bool open_held_back(struct held_back *h)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN;
    h->sys = rf_sys_kernel;
    h->sys.ring_enter = counted_enter;
    int err = rf_init_sys(&h->ring, 8, &params, &h->sys);
    if (err == -EOPNOTSUPP || err == -EPERM || err == -ENOSYS)
        return false;
    assert_result(err, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe2(h->pipes[i], O_CLOEXEC), 0);
        assert_non_null(rf_poll_add(&h->ring, (uint64_t)i, h->pipes[i][0], POLLIN));
    }
    assert_result(rf_submit(&h->ring), 2);
    return true;
}

static void finish(struct held_back *h, int i)
{
    assert_int_equal(write(h->pipes[i][1], "x", 1), 1);
    assert_true(rf_cq_ring_needs_flush(&h->ring));
    enters_seen = 0;
}

static void close_held_back(struct held_back *h)
{
    rf_deinit(&h->ring);
    for (int i = 0; i < 2; i++) {
        close(h->pipes[i][0]);
        close(h->pipes[i][1]);
    }
}

static const struct rf_cqe *peeked(struct rf_ring *ring)
{
    const struct rf_cqe *cqe;
    int err = rf_peek_cqe(ring, &cqe);
    if (err == 0)
        rf_cqe_seen(ring, cqe);
    else
        assert_result(err, -EAGAIN);
    return err ? NULL : cqe;
}

/* A loop that queues an SQE for each CQE is not kept from submitting them by what comes then. */
static void what_waits_to_be_collected_is_left_to_the_next_submit(void **state)
{
    (void)state;
    const struct rf_cqe *(*const takes[])(struct rf_ring *) = {rf_next_cqe, peeked};
    for (size_t i = 0; i < COUNT_OF(takes); i++) {
        struct held_back h;
        if (!open_held_back(&h))
            skip_because("RF_SETUP_DEFER_TASKRUN is not to be had here");
        finish(&h, 0);
        assert_non_null(takes[i](&h.ring)); /* nothing is queued: it is collected */
        assert_int_equal(enters_seen, 1);
        queue_nop(&h.ring, 7);
        finish(&h, 1);
        assert_null(takes[i](&h.ring));
        assert_int_equal(enters_seen, 0);
        assert_result(rf_submit(&h.ring), 1); /* collects what was left */
        assert_int_equal(rf_cq_ready(&h.ring), 2);
        assert_int_equal(enters_seen, 1);
        assert_non_null(takes[i](&h.ring));
        assert_non_null(takes[i](&h.ring));
        close_held_back(&h);
    }
}

static void who_asks_again_without_submitting_gets_it(void **state)
{
    (void)state;
    struct held_back h;
    if (!open_held_back(&h))
        skip_because("RF_SETUP_DEFER_TASKRUN is not to be had here");
    finish(&h, 0);
    assert_non_null(rf_next_cqe(&h.ring));
    queue_nop(&h.ring, 7);
    finish(&h, 1);
    assert_null(rf_next_cqe(&h.ring));
    const struct rf_cqe *cqe = rf_next_cqe(&h.ring);
    assert_non_null(cqe);
    assert_int_equal(cqe->user_data, 1);
    assert_int_equal(enters_seen, 1);
    assert_result(rf_submit_and_wait(&h.ring, 1), 1);
    assert_non_null(rf_next_cqe(&h.ring));
    close_held_back(&h);
}

/* --- two threads --------------------------------------------------------- */

enum { SHARED_COUNT = 20000 };
static atomic_uint reaped;

static void *submit_all_of_them(void *argument)
{
    struct rf_ring *ring = argument;
    for (uint64_t i = 0; i < SHARED_COUNT;) {
        while (i - atomic_load(&reaped) > 48)
            ; /* keep within the completion queue */
        struct rf_sqe *sqe = rf_get_sqe(ring);
        if (sqe)
            sqe->user_data = i++;
        if (!sqe || i % 4 == 0 || i == SHARED_COUNT)
            rf_submit(ring);
    }
    return NULL;
}

static void one_thread_submits_and_another_reaps(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 32);
    if (ring.flags & RF_SETUP_SINGLE_ISSUER || flavour_of(state)->registered_ring ||
        ring.flags & RF_SETUP_REGISTERED_FD_ONLY) {
        rf_deinit(&ring);
        skip_because("only one thread may enter a ring of this flavour");
    }
    atomic_store(&reaped, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, submit_all_of_them, &ring), 0);
    double start = seconds_now();
    for (uint64_t i = 0; i < SHARED_COUNT;) {
        struct rf_cqe cqe;
        int n = rf_copy_cqes(&ring, &cqe, 1, 0);
        assert_true(n >= 0);
        assert_true(seconds_now() - start < 60);
        if (n == 1) {
            assert_int_equal(cqe.user_data, i);
            atomic_store(&reaped, (unsigned)++i);
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_cqe_stays_readable_while_more_is_submitted),
        EACH_FLAVOUR(leaving_the_loop_early_loses_nothing),
        EACH_FLAVOUR(what_was_taken_does_not_end_the_next_wait),
        EACH_FLAVOUR(completions_beyond_the_queue_are_kept_and_come_in_order),
        EACH_FLAVOUR(peeking_collects_what_overflowed),
        ONCE(lost_sqes_are_counted),
        ONCE(lost_cqes_are_counted),
        EACH_FLAVOUR(big_completions_come_whole),
        ONCE(the_eventfd_can_be_muted),
        ONCE(what_waits_to_be_collected_is_left_to_the_next_submit),
        ONCE(who_asks_again_without_submitting_gets_it),
        EACH_FLAVOUR(one_thread_submits_and_another_reaps),
    };
    return run_all(tests, COUNT_OF(tests));
}
