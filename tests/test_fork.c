/* SPDX-License-Identifier: MIT */
/*
 * Held here: what each call does in a forked child, with the ring's memory and without
 * it (the table at rf_ring_dontfork()), and that the parent's ring is none the worse.
 */
#include "register_support.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child does with its copy: 0, or what it has to say, at most 100 in size. */
typedef int (*deed)(struct rf_ring *ring);

/* 0 .. 100, or -errno of the child's; or a signal + 1000. */
static int in_a_child(struct rf_ring *ring, deed what)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* not the sanitizer's */
        alarm(20);
        int result = what(ring);
        _exit(result < 0 ? 100 - result : result);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return 1000 + WTERMSIG(status);
    return WEXITSTATUS(status) > 100 ? 100 - WEXITSTATUS(status) : WEXITSTATUS(status);
}

static void assert_works(struct rf_ring *ring)
{
    for (uint64_t id = 1; id <= 20; id++) {
        assert_non_null(rf_nop(ring, id));
        struct rf_cqe cqe = submit_and_reap(ring);
        assert_int_equal(cqe.user_data, id);
        assert_result(cqe.res, 0);
    }
}

static const int no_files[] = {-1, -1};

/* --- deeds --------------------------------------------------------------- */

static int closes(struct rf_ring *ring)
{
    rf_deinit(ring);
    return ring->fd == -1 ? 0 : 1;
}

static int gets(struct rf_ring *ring)
{
    return rf_get_sqe(ring) ? 1 : 2;
}

static int submits(struct rf_ring *ring)
{
    return rf_submit(ring);
}

static int enters(struct rf_ring *ring)
{
    return rf_enter(ring, 1, 0, 0);
}

static int collects(struct rf_ring *ring)
{
    return rf_get_events(ring);
}

static int waits(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    return rf_copy_cqe(ring, &cqe);
}

static int looks(struct rf_ring *ring)
{
    return rf_next_cqe(ring) ? 1 : 2;
}

static int unregisters(struct rf_ring *ring)
{
    int result = rf_unregister_files(ring);
    return result == -EEXIST && !rf_reason(ring) ? 3 : result;
}

static int registers(struct rf_ring *ring)
{
    static char memory[64];
    const struct iovec buf = {memory, sizeof memory};
    return rf_register_buffers(ring, &buf, 1);
}

static int does_a_nop(struct rf_ring *ring)
{
    if (!rf_nop(ring, 77))
        return 1;
    int submitted = rf_submit(ring);
    if (submitted < 0)
        return submitted;
    struct rf_cqe cqe;
    int err = rf_copy_cqe(ring, &cqe);
    return err ? err : cqe.user_data == 77 ? 0 : 2;
}

/* --- with it ------------------------------------------------------------- */

static void a_child_without_the_memory_does_no_harm(void **state)
{
    without_checker(); /* children that use the ring are what it is about */
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    assert_result(rf_register_files(&ring, no_files, 2), 0);
    assert_result(rf_ring_dontfork(&ring), 0);
    static const deed touch[] = {gets, submits, enters, collects, waits, looks};
    for (size_t i = 0; i < COUNT_OF(touch); i++)
        assert_int_equal(in_a_child(&ring, touch[i]), 1000 + SIGSEGV);
    assert_works(&ring);
    assert_int_equal(in_a_child(&ring, unregisters), -EEXIST);
    assert_int_equal(in_a_child(&ring, registers), -EEXIST);
    assert_int_equal(in_a_child(&ring, closes), 0);
    /* The parent's table is there, and its ring as well. */
    assert_result(rf_unregister_files(&ring), 0);
    assert_works(&ring);
    rf_deinit(&ring);
}

/* What the parent has shown and not submitted stays so. */
static void what_is_queued_stays_the_parents(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    assert_result(rf_ring_dontfork(&ring), 0);
    assert_non_null(rf_nop(&ring, 5));
    assert_int_equal(rf_flush_sq(&ring), 1);
    assert_int_equal(in_a_child(&ring, enters), 1000 + SIGSEGV);
    assert_int_equal(rf_sq_ready(&ring), 1);
    struct rf_cqe cqe = submit_and_reap(&ring);
    assert_int_equal(cqe.user_data, 5);
    rf_deinit(&ring);
}

static void the_best_ring_is_kept_from_children(void **state)
{
    (void)state;
    need_a_ring();
    static const enum rf_purpose purposes[] = {RF_FOR_THROUGHPUT, RF_FOR_LATENCY};
    for (size_t i = 0; i < COUNT_OF(purposes); i++) {
        struct rf_ring ring;
        assert_result(rf_init_best(&ring, 8, purposes[i], NULL), 0);
        assert_int_equal(in_a_child(&ring, does_a_nop), 1000 + SIGSEGV);
        assert_int_equal(in_a_child(&ring, closes), 0);
        assert_works(&ring);
        rf_deinit(&ring);
    }
}

/* --- without it ---------------------------------------------------------- */

static void closing_the_copy_is_harmless(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    assert_int_equal(in_a_child(&ring, closes), 0);
    assert_works(&ring);
    rf_deinit(&ring);
}

static void a_child_may_have_a_ring_that_the_parent_leaves_alone(void **state)
{
    without_checker(); /* it sees what the child's CQEs are, and not what they are of */
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    assert_int_equal(in_a_child(&ring, does_a_nop), 0);
    rf_deinit(&ring);
}

/* The child's SQE is the parent's to the kernel, and so it has had that one already. */
static void what_both_do_is_lost(void **state)
{
    without_checker(); /* as above */
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    assert_int_equal(in_a_child(&ring, does_a_nop), 0);
    assert_non_null(rf_nop(&ring, 5));
    assert_result(rf_submit(&ring), 0);
    rf_deinit(&ring);
}

static void registering_changes_the_parents_ring(void **state)
{
    (void)state;
    without_checker(); /* as above */
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    assert_result(rf_register_files(&ring, no_files, 2), 0);
    assert_int_equal(in_a_child(&ring, unregisters), 0);
    assert_result(rf_unregister_files(&ring), -ENXIO);
    rf_deinit(&ring);
}

static void some_rings_are_refused_by_the_kernel(void **state)
{
    without_checker(); /* SQEs stay in the ring */
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER);
    assert_int_equal(in_a_child(&ring, does_a_nop), -EEXIST);
    assert_int_equal(in_a_child(&ring, registers), -EEXIST);
    rf_deinit(&ring);

    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    assert_int_equal(in_a_child(&ring, waits), -EEXIST);
    rf_deinit(&ring);

    open_ring(&ring, 4, 0);
    if (rf_register_ring_fd(&ring) == 0) {
        assert_int_equal(in_a_child(&ring, does_a_nop), -EINVAL);
        if (ring.features & RF_FEAT_REG_REG_RING)
            assert_int_equal(in_a_child(&ring, registers), -EINVAL);
    }
    rf_deinit(&ring);
}

static char landing[64];

static int reads_into_landing(struct rf_ring *ring)
{
    if (!rf_read(ring, 1, 0, landing, 1, 0))
        return 1;
    int submitted = rf_submit(ring);
    if (submitted < 0)
        return submitted;
    struct rf_cqe cqe;
    int err = rf_copy_cqe(ring, &cqe);
    return err ? err : landing[0] ? 2 : 0;
}

/* The worst of all: the thread of the parent does what the child has asked for. */
static void the_sq_thread_works_in_the_parents_memory(void **state)
{
    without_checker(); /* as above */
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SQPOLL);
    if (!(ring.features & RF_FEAT_SQPOLL_NONFIXED)) {
        rf_deinit(&ring);
        skip_because("the SQ thread of this kernel takes registered files only");
    }
    int file = open_filled_with('p');
    int before = dup(0);
    assert_int_equal(dup2(file, 0), 0);
    memset(landing, 0, sizeof landing);
    int result = in_a_child(&ring, reads_into_landing);
    if (before >= 0) {
        dup2(before, 0);
        close(before);
    } else {
        close(0);
    }
    close(file);
    rf_deinit(&ring);
    assert_int_equal(result, 0);
    assert_int_equal(landing[0], 'p');
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_child_without_the_memory_does_no_harm),
        ONCE(what_is_queued_stays_the_parents),
        ONCE(the_best_ring_is_kept_from_children),
        EACH_FLAVOUR(closing_the_copy_is_harmless),
        ONCE(a_child_may_have_a_ring_that_the_parent_leaves_alone),
        ONCE(what_both_do_is_lost),
        ONCE(registering_changes_the_parents_ring),
        ONCE(some_rings_are_refused_by_the_kernel),
        ONCE(the_sq_thread_works_in_the_parents_memory),
    };
    return run_all(tests, COUNT_OF(tests));
}
