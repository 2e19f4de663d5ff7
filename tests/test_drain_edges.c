/* SPDX-License-Identifier: MIT */
/*
 * Held here: rf_drain() where something is in its way. Deadlines and signals, threads and forked
 * children, rings that were never enabled, that may do little, or that cannot be asked; kernels
 * that cancel less; queues that are not like others.
 */
#include "drain_support.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

/* --- what is refused before anything is done -------------------------------- */

static void wrong_calls_change_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    static const struct rf_timespec bad[] = {{-1, 0}, {0, -1}, {0, 1000000000}};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_named_error(DRAIN, rf_drain(&ring, &bad[i], NULL, NULL), EINVAL, "TimeInvalid");
    assert_non_null(rf_nop(&ring, 1));
    assert_int_equal(submit_and_reap(&ring).user_data, 1);
    rf_deinit(&ring);
    assert_named_error(DRAIN, rf_drain(&ring, NULL, NULL, NULL), EBADF, "FileDescriptorInvalid");
}

static void *drain_elsewhere(void *arg)
{
    static int err;
    err = rf_drain(arg, NULL, NULL, NULL);
    return &err;
}

static void a_ring_of_another_thread_is_left_alone(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER);
    assert_non_null(rf_nop(&ring, 1));
    pthread_t thread;
    void *err;
    assert_int_equal(pthread_create(&thread, NULL, drain_elsewhere, &ring), 0);
    assert_int_equal(pthread_join(thread, &err), 0);
    assert_result(*(int *)err, -EEXIST);
    assert_int_equal(submit_and_reap(&ring).user_data, 1);
    rf_deinit(&ring);
}

static void the_parents_ring_is_left_alone(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    assert_result(rf_ring_dontfork(&ring), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(rf_drain(&ring, NULL, NULL, NULL) == -EEXIST ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_non_null(rf_nop(&ring, 1));
    assert_int_equal(submit_and_reap(&ring).user_data, 1);
    rf_deinit(&ring);
}

/* --- time and signals -------------------------------------------------------- */

static void a_deadline_that_has_passed_looks_only(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    struct rf_timespec long_ago = {0, 0};
    double before = seconds_now();
    int err = rf_drain(&ring, &long_ago, NULL, NULL);
    assert_true(err == 0 || err == -ETIME);
    assert_true(seconds_now() - before < 5);
    struct found found = {0};
    drain_fully(&ring, &found);
    rf_deinit(&ring);
}

static void signals_do_not_end_it(void **state)
{
    struct rf_ring ring;
    without_checker(); /* it would look at the page, too */
    open_flavour(state, &ring, 4);
    struct trap_page trap;
    if (!open_trap_page(&trap)) {
        rf_deinit(&ring);
        skip_because("userfaultfd is not to be had here");
    }
    struct pipe_ends ends;
    open_pipe(&ends);
    assert_int_equal(write(ends.write, "later", 5), 5);
    rf_sqe_set_flags(rf_read(&ring, 1, ends.read, trap.page, 5, 0), RF_SQE_ASYNC);
    submit_fully(&ring);
    await_sleeper(&trap);
    interrupt_every(2);
    struct found found = {0};
    double before = seconds_now();
    assert_result(drain_within(&ring, &found, 50), -ETIME);
    assert_true(seconds_now() - before >= 0.05);
    stop_interrupting();
    assert_true(interruptions > 0);
    let_pass(&trap);
    drain_fully(&ring, &found);
    rf_deinit(&ring);
    close_pipe(&ends);
    close_trap_page(&trap);
}

/* --- other threads ------------------------------------------------------------ */

struct other {
    struct rf_ring *ring;
    int fd;
    char bytes[2];
    pthread_barrier_t barrier;
};

static void *submit_and_sleep(void *arg)
{
    struct other *other = arg;
    assert_non_null(rf_read(other->ring, 7, other->fd, &other->bytes[0], 1, 0));
    struct rf_sqe *sqe = rf_read(other->ring, 8, other->fd, &other->bytes[1], 1, 0);
    rf_sqe_set_flags(sqe, RF_SQE_ASYNC);
    submit_fully(other->ring);
    pthread_barrier_wait(&other->barrier);
    pthread_barrier_wait(&other->barrier); /* asleep until all is over */
    return NULL;
}

static void what_another_thread_submitted_is_ended(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    bool shared = !(ring.flags & RF_SETUP_SINGLE_ISSUER) && !flavour_of(state)->registered_ring &&
                  !(ring.flags & RF_SETUP_REGISTERED_FD_ONLY);
    if (!shared) {
        rf_deinit(&ring);
        skip_because("this ring is one thread's");
    }
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1);
    struct pipe_ends ends;
    open_pipe(&ends);
    struct other other = {.ring = &ring, .fd = ends.read};
    pthread_barrier_init(&other.barrier, NULL, 2);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, submit_and_sleep, &other), 0);
    pthread_barrier_wait(&other.barrier);
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 2);
    pthread_barrier_wait(&other.barrier);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_barrier_destroy(&other.barrier);
    rf_deinit(&ring);
    close_pipe(&ends);
}

/*
 * Before 6.16, which PIPE came with, the kernel counts CQEs to know when a drain is over, and counts
 * wrongly after zero-copy sends: on 6.1 a drained NOP came while a read waited.
 */
static void need_exact_drains(struct rf_ring *ring)
{
    if (has_op(ring, RF_OP_PIPE))
        return;
    rf_deinit(ring);
    skip_because("before 6.16 a drain does not wait for everything");
}

/* --- rings that are not like others -------------------------------------------- */

static void a_ring_that_was_never_enabled_has_nothing_in_flight(void **state)
{
    static const uint32_t flags[] = {0, RF_SETUP_SQPOLL};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct rf_ring ring;
        open_ring(&ring, 4, RF_SETUP_R_DISABLED | flags[i]);
        assert_non_null(rf_nop(&ring, 11));
        (void)rf_flush_sq(&ring);
        assert_non_null(rf_nop(&ring, 12));
        struct found found = {0};
        drain_fully(&ring, &found);
        assert_int_equal(found.dropped_count, 2);
        rf_deinit(&ring);
    }
}

/* The ring may read and do nothing else: neither cancel nor be asked. */
static void restrictions_may_forbid_to_ask(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_R_DISABLED);
    struct rf_restriction list[2];
    memset(list, 0, sizeof list);
    list[0].opcode = RF_RESTRICTION_SQE_OP;
    list[0].sqe_op = RF_OP_READ;
    list[1].opcode = RF_RESTRICTION_REGISTER_OP;
    list[1].register_op = RF_REGISTER_ENABLE_RINGS;
    assert_result(rf_register_restrictions(&ring, list, 2), 0);
    assert_result(rf_enable_rings(&ring), 0);
    struct pipe_ends ends;
    open_pipe(&ends);
    char byte;
    assert_non_null(rf_read(&ring, 1, ends.read, &byte, 1, 0));
    submit_fully(&ring);
    struct found found = {0};
    assert_result(drain_within(&ring, &found, 20000), -EACCES);
    assert_string_equal(rf_error_name(RF_CALL_DRAIN, -EACCES), "DrainForbidden");
    assert_int_equal(found.taken_count, 0);
    assert_int_equal(write(ends.write, "x", 1), 1); /* then it ends by itself */
    assert_result(drain_within(&ring, &found, 20000), -EACCES);
    assert_int_equal(found.taken_count, 1);
    rf_deinit(&ring);
    close_pipe(&ends);
}

static void a_ring_that_has_skipped_cqes_cannot_be_asked(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    bool skips = ring.features & RF_FEAT_CQE_SKIP;
    struct pipe_ends ends;
    char byte;
    open_pipe(&ends);
    if (skips) {
        rf_sqe_set_flags(rf_nop(&ring, 1), RF_SQE_CQE_SKIP_SUCCESS);
        assert_non_null(rf_read(&ring, 2, ends.read, &byte, 1, 0));
        submit_fully(&ring);
        struct found found = {0};
        assert_result(drain_within(&ring, &found, 20000), -EOPNOTSUPP);
        assert_string_equal(rf_error_name(RF_CALL_DRAIN, -EOPNOTSUPP), "DrainUnsure");
        assert_reason_has(rf_reason(&ring), "SKIP", __FILE__, __LINE__);
        if (has_op(&ring, RF_OP_SEND_ZC)) /* then it cancels */
            assert_int_equal(times_taken(&found, 2), 1);
        assert_int_equal(times_taken(&found, 1), 0);
    }
    rf_deinit(&ring);
    close_pipe(&ends);
    if (!skips)
        skip_because("this kernel has no RF_SQE_CQE_SKIP_SUCCESS");
}

static void a_ring_that_polls_devices_is_drained(void **state)
{
    (void)state;
    static const uint32_t flags[] = {0, RF_SETUP_SQPOLL};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct rf_ring ring;
        open_ring(&ring, 4, RF_SETUP_IOPOLL | flags[i]);
        assert_non_null(rf_nop(&ring, 1));
        submit_fully(&ring);
        struct found found = {0};
        int err = drain_within(&ring, &found, 20000);
        assert_int_equal(found.taken_count, 1);
        if (found.res[0] == -EINVAL) { /* 5.10: it takes no NOP there */
            assert_result(err, -EOPNOTSUPP);
            assert_reason_has(rf_reason(&ring), "NOP", __FILE__, __LINE__);
        } else {
            assert_result(err, 0);
        }
        rf_deinit(&ring);
    }
}

/*
 * The notification of a zero-copy send to a peer that does not read comes when the connection is
 * reset, not before. (With an SQ thread not tried: on 6.18 that spins for ever if the process
 * should end before.)
 */
static void the_notification_of_a_zero_copy_send_is_awaited(void **state)
{
    (void)state;
    enum { BYTES = 200000 };
    static char data[BYTES];
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    need_exact_drains(&ring);
    struct sockaddr_in addr;
    int listener = listen_on_loopback(&addr);
    int small = 2048, large = 1 << 20;
    struct linger reset = {1, 0};
    setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    int client = connect_to(&addr);
    int server = accept(listener, NULL, NULL);
    setsockopt(client, SOL_SOCKET, SO_SNDBUF, &large, sizeof large);
    setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    assert_non_null(rf_send_zc(&ring, 1, client, data, BYTES, 0, 0));
    submit_fully(&ring);
    struct found found = {0};
    int err = drain_within(&ring, &found, 50);
    bool pending = times_taken(&found, 1) == 1; /* else the kernel has copied */
    assert_result(err, pending ? -ETIME : 0);
    close(client);
    close(server);
    close(listener);
    drain_fully(&ring, &found);
    assert_int_equal(times_taken(&found, 1), 2);
    assert_true(found.flags[last_of(&found, 1)] & RF_CQE_F_NOTIF);
    rf_deinit(&ring);
    if (!pending)
        skip_because("the kernel has copied what was to be sent without");
}

/* --- what rf_drain() asks ------------------------------------------------------ */

static void send_without_a_copy(struct rf_ring *ring)
{
    struct sockaddr_in addr;
    struct rf_cqe cqes[2];
    int listener = listen_on_loopback(&addr);
    int client = connect_to(&addr), server = accept(listener, NULL, NULL);
    assert_non_null(rf_send_zc(ring, 1, client, "data", 4, 0, 0));
    submit_fully(ring);
    reap(ring, cqes, 2);
    close(client);
    close(server);
    close(listener);
}

static void poll_again_and_again(struct rf_ring *ring)
{
    struct pipe_ends ends;
    struct rf_cqe cqe;
    char byte;
    open_pipe(&ends);
    struct rf_sqe *sqe = rf_poll_add(ring, 1, ends.read, POLLIN);
    sqe->len = RF_POLL_ADD_MULTI;
    submit_fully(ring);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(write(ends.write, "x", 1), 1);
        reap(ring, &cqe, 1);
        assert_int_equal(read(ends.read, &byte, 1), 1);
    }
    assert_non_null(rf_poll_remove(ring, 2, 1));
    struct rf_cqe last[2];
    submit_fully(ring);
    reap(ring, last, 2);
    close_pipe(&ends);
}

static void overflow(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    for (int i = 0; i < 40; i++) {
        assert_non_null(rf_nop(ring, 1));
        submit_fully(ring);
    }
    for (int i = 0; i < 40; i++)
        reap(ring, &cqe, 1);
}

static void send_a_message(struct rf_ring *ring)
{
    struct rf_cqe cqes[2];
    assert_non_null(rf_msg_ring(ring, 1, ring->fd, 7, 8, 0));
    submit_fully(ring);
    reap(ring, cqes, 2);
}

static void assert_a_drained_nop_waits(struct rf_ring *ring)
{
    struct pipe_ends ends;
    char byte;
    open_pipe(&ends);
    assert_non_null(rf_read(ring, 11, ends.read, &byte, 1, 0));
    rf_sqe_set_flags(rf_nop(ring, 12), RF_SQE_IO_DRAIN);
    submit_fully(ring);
    assert_no_cqe(ring);
    assert_int_equal(write(ends.write, "x", 1), 1);
    assert_next_cqe(ring, 11, 1);
    assert_next_cqe(ring, 12, 0);
    close_pipe(&ends);
}

static void a_drained_nop_waits_whatever_was_before(void **state)
{
    static const struct {
        void (*what)(struct rf_ring *ring);
    } before[] = {
        {overflow}, {poll_again_and_again}, {send_a_message}, {send_without_a_copy},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        struct rf_ring ring;
        open_ring(&ring, 8, 0);
        need_exact_drains(&ring);
        before[i].what(&ring);
        assert_a_drained_nop_waits(&ring);
        rf_deinit(&ring);
    }
}

/* --- kernels that cancel less ------------------------------------------------- */

/* Between the ring and the kernel: one of before 5.19, or with @any of before 6.0. */
struct old_kernel {
    struct rf_sys sys;
    const struct rf_sys *kernel;
    struct rf_ring *ring;
    bool any;
    unsigned asked;
};

static struct old_kernel *old_of(const struct rf_sys *sys)
{
    return (struct old_kernel *)(uintptr_t)sys;
}

static int old_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                        uint32_t nr_args)
{
    const struct rf_sys *kernel = old_of(sys)->kernel;
    if ((opcode & ~(uint32_t)RF_REGISTER_USE_REGISTERED_RING) >= RF_REGISTER_SYNC_CANCEL)
        return -EINVAL;
    return kernel->ring_register(kernel, fd, opcode, arg, nr_args);
}

static int old_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                     uint32_t flags, const void *arg, size_t arg_bytes)
{
    struct old_kernel *old = old_of(sys);
    struct rf_sqe *sqes = old->ring->sq.sqes;
    if (!old->any && to_submit > 0)
        for (struct rf_sqe *sqe = sqes; sqe < sqes + 8; sqe++)
            if (sqe->opcode == RF_OP_ASYNC_CANCEL && sqe->cancel_flags) {
                sqe->cancel_flags = 1U << 30; /* known to no kernel */
                old->asked++;
            }
    return old->kernel->ring_enter(old->kernel, fd, to_submit, min_complete, flags, arg,
                                   arg_bytes);
}

/* The ring has 8 entries, each of 64 bytes. */
static void make_old(struct old_kernel *old, struct rf_ring *ring, bool any)
{
    *old = (struct old_kernel){.sys = *ring->sys, .kernel = ring->sys, .ring = ring, .any = any};
    old->sys.ring_register = old_register;
    old->sys.ring_enter = old_enter;
    ring->sys = &old->sys;
}

static void begin_two_reads(struct rf_ring *ring, const struct pipe_ends *ends, char *bytes)
{
    assert_non_null(rf_read(ring, 21, ends->read, &bytes[0], 1, 0));
    struct rf_sqe *sqe = rf_read(ring, 22, ends->read, &bytes[1], 1, 0);
    rf_sqe_set_flags(sqe, RF_SQE_ASYNC);
    submit_fully(ring);
    usleep(10000);
}

static void before_6_0_cancels_are_queued(void **state)
{
    (void)state;
    struct rf_ring ring;
    without_checker();
    open_ring(&ring, 8, 0);
    need_registration(&ring, RF_REGISTER_SYNC_CANCEL, 1); /* or it is such a kernel */
    struct old_kernel old;
    make_old(&old, &ring, true);
    struct pipe_ends ends;
    open_pipe(&ends);
    char bytes[2];
    begin_two_reads(&ring, &ends, bytes);
    struct found found = {0};
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 2);
    ring.sys = old.kernel;
    rf_deinit(&ring);
    close_pipe(&ends);
}

static void before_5_19_what_is_named_is_cancelled(void **state)
{
    (void)state;
    struct rf_ring ring;
    without_checker();
    open_ring(&ring, 8, 0);
    struct old_kernel old;
    make_old(&old, &ring, false);
    struct pipe_ends ends;
    open_pipe(&ends);
    char bytes[2];
    begin_two_reads(&ring, &ends, bytes);
    static const uint64_t known[] = {20, 21, 22};
    struct rf_drain_options options = {.known = known, .known_count = COUNT_OF(known)};
    struct rf_drain_result result;
    assert_result(rf_drain(&ring, NULL, &options, &result), 0);
    assert_int_equal(result.taken, 2);
    assert_true(old.asked > 0);
    ring.sys = old.kernel;
    rf_deinit(&ring);
    close_pipe(&ends);
}

static void before_5_19_the_rest_has_to_end_by_itself(void **state)
{
    (void)state;
    struct rf_ring ring;
    without_checker();
    open_ring(&ring, 8, 0);
    struct old_kernel old;
    make_old(&old, &ring, false);
    struct pipe_ends ends;
    open_pipe(&ends);
    char bytes[2];
    begin_two_reads(&ring, &ends, bytes);
    struct found found = {0};
    assert_result(drain_within(&ring, &found, 60), -ETIME);
    assert_int_equal(found.taken_count, 0);
    assert_reason_has(rf_reason(&ring), "named", __FILE__, __LINE__);
    assert_int_equal(write(ends.write, "xy", 2), 2);
    drain_fully(&ring, &found);
    assert_int_equal(found.taken_count, 2);
    ring.sys = old.kernel;
    rf_deinit(&ring);
    close_pipe(&ends);
}

/* --- queues that are not like others -------------------------------------------- */

static void what_a_mixed_or_rewinding_queue_holds_is_dropped(void **state)
{
    static const uint32_t flags[] = {RF_SETUP_SQE_MIXED, RF_SETUP_SQ_REWIND,
                                     RF_SETUP_SQE_MIXED | RF_SETUP_SQ_REWIND};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct peer peer;
        struct rf_ring ring;
        peer_init(&peer);
        struct rf_params params = {.flags = flags[i]};
        assert_result(rf_init_sys(&ring, 8, &params, &peer.sys), 0);
        bool mixed = flags[i] & RF_SETUP_SQE_MIXED;
        for (uint64_t n = 0; n < 7; n++)
            assert_non_null(rf_nop(&ring, n));
        assert_int_equal(rf_submit(&ring), 7);
        assert_non_null(mixed ? rf_nop128(&ring, 11) : rf_nop(&ring, 11));
        assert_non_null(rf_nop(&ring, 12));
        assert_non_null(mixed ? rf_nop128(&ring, 13) : rf_nop(&ring, 13));
        struct found found = {0};
        (void)drain_within(&ring, &found, 200);
        assert_int_equal(found.taken_count, 7);
        assert_int_equal(found.dropped_count, 3);
        for (unsigned n = 0; n < 3; n++)
            assert_int_equal(found.dropped[n], 11 + n);
        rf_deinit(&ring);
        (void)peer_end(&peer);
    }
}

/* --- completions without end ------------------------------------------------ */

/* Each that is taken brings another one. */
static void send_another(void *arg, const struct rf_cqe *cqe)
{
    const struct rf_ring *ring = (const struct rf_ring *)arg;
    struct rf_sqe sqe;
    (void)cqe;
    rf_prep_msg_ring(&sqe, ring->fd, 0, 77, 0);
    (void)!rf_register_sync_msg(&sqe);
}

static void completions_without_end_do_not_outlast_the_time(void **state)
{
    without_checker(); /* nothing tells it of messages that no ring sends */
    (void)state;
    struct rf_ring ring;
    struct rf_sqe sqe;
    open_ring(&ring, 8, 0);
    rf_prep_msg_ring(&sqe, ring.fd, 0, 77, 0);
    if (rf_register_sync_msg(&sqe) != 0) {
        rf_deinit(&ring);
        skip_because("this kernel sends no message without a ring");
    }
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    struct rf_timespec deadline = {now.tv_sec, now.tv_nsec};
    struct rf_drain_options options;
    struct rf_drain_result result;
    memset(&options, 0, sizeof options);
    options.take = send_another;
    options.arg = &ring;
    (void)alarm(30); /* ends the program if it does not come back */
    assert_result(rf_drain(&ring, &deadline, &options, &result), -ETIME);
    (void)alarm(0);
    assert_true(result.taken > 1000);
    assert_result(rf_drain(&ring, NULL, NULL, &result), 0);
    assert_int_equal(result.taken, 1);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(wrong_calls_change_nothing),
        ONCE(a_ring_of_another_thread_is_left_alone),
        ONCE(the_parents_ring_is_left_alone),
        EACH_FLAVOUR(a_deadline_that_has_passed_looks_only),
        EACH_FLAVOUR(signals_do_not_end_it),
        EACH_FLAVOUR(what_another_thread_submitted_is_ended),
        ONCE(a_ring_that_was_never_enabled_has_nothing_in_flight),
        ONCE(restrictions_may_forbid_to_ask),
        EACH_FLAVOUR(a_ring_that_has_skipped_cqes_cannot_be_asked),
        ONCE(a_ring_that_polls_devices_is_drained),
        ONCE(the_notification_of_a_zero_copy_send_is_awaited),
        ONCE(a_drained_nop_waits_whatever_was_before),
        ONCE(before_6_0_cancels_are_queued),
        ONCE(before_5_19_what_is_named_is_cancelled),
        ONCE(before_5_19_the_rest_has_to_end_by_itself),
        ONCE(what_a_mixed_or_rewinding_queue_holds_is_dropped),
        ONCE(completions_without_end_do_not_outlast_the_time),
    };
    return run_all(tests, COUNT_OF(tests));
}
