/* SPDX-License-Identifier: MIT */
/*
 * Held here: opening and closing. Each setup flag works or is refused with a
 * reason, bad arguments leave nothing behind, memory that is the caller's
 * stays the caller's, and a registered index is never closed as a descriptor.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rf_params params_with(uint32_t flags)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flags;
    return params;
}

/* One NOP through the ring: what is mapped is what the kernel uses. */
static void assert_works(struct rf_ring *ring)
{
    for (uint64_t id = 1; id <= 3; id++) {
        struct rf_sqe *sqe = rf_get_sqe(ring);
        assert_non_null(sqe);
        sqe->user_data = id;
        struct rf_cqe cqe = submit_and_reap(ring);
        assert_int_equal(cqe.user_data, id);
        assert_int_equal(cqe.res, 0);
    }
}

static void assert_refused(uint32_t entries, struct rf_params params, int expected)
{
    struct rf_params before = params;
    struct rf_ring ring;
    assert_result(rf_init_params(&ring, entries, &params), expected);
    assert_non_null(rf_reason(&ring));
    assert_memory_equal(&params, &before, sizeof params);
    assert_int_equal(ring.fd, -1);
    rf_deinit(&ring); /* harmless */
}

/* Zig: "structs/offsets/entries" */
static void bad_entries_are_refused_before_any_call(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct rf_params), 120);
    assert_int_equal(sizeof(struct rf_sqe), 64);
    assert_int_equal(sizeof(struct rf_cqe), 16);
    assert_int_equal(RF_OFF_SQ_RING, 0);
    assert_int_equal(RF_OFF_CQ_RING, 0x8000000);
    assert_int_equal(RF_OFF_SQES, 0x10000000);
    assert_refused(0, params_with(0), -ERANGE);
    assert_refused(3, params_with(0), -EDOM);
    assert_string_equal(rf_error_name(RF_CALL_INIT, -ERANGE), "EntriesZero");
    assert_string_equal(rf_error_name(RF_CALL_INIT, -EDOM), "EntriesNotPowerOfTwo");
}

static void parameters_without_their_flag_are_refused(void **state)
{
    (void)state;
    struct rf_params params = params_with(0);
    params.cq_entries = 64;
    assert_refused(8, params, -EINVAL);
    params = params_with(0);
    params.wq_fd = 3;
    assert_refused(8, params, -EINVAL);
    params = params_with(0);
    params.resv[2] = 1;
    assert_refused(8, params, -EINVAL);
    params = params_with(0);
    params.features = 1;
    assert_refused(8, params, -EINVAL);
    params = params_with(0);
    params.sq_entries = 8;
    assert_refused(8, params, -EINVAL);
    params = params_with(0);
    params.sq_off.user_addr = 4096;
    params.cq_off.user_addr = 8192;
    assert_refused(8, params, -EINVAL);
    params = params_with(RF_SETUP_NO_MMAP);
    params.sq_off.user_addr = 4096;
    assert_refused(8, params, -EINVAL);
}

static void unknown_layouts_are_refused(void **state)
{
    (void)state;
    for (int bit = 21; bit < 32; bit++)
        assert_refused(8, params_with(1U << bit), -EOPNOTSUPP);
}

static void flags_that_exclude_each_other_are_refused(void **state)
{
    (void)state;
    static const uint32_t pairs[] = {
        RF_SETUP_SQPOLL | RF_SETUP_COOP_TASKRUN,
        RF_SETUP_SQPOLL | RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN,
        RF_SETUP_DEFER_TASKRUN,                     /* without SINGLE_ISSUER */
        RF_SETUP_TASKRUN_FLAG,                      /* without COOP or DEFER */
        RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED,
        RF_SETUP_SQ_AFF,                            /* without SQPOLL */
        RF_SETUP_REGISTERED_FD_ONLY,                /* without NO_MMAP */
        RF_SETUP_HYBRID_IOPOLL,                     /* without IOPOLL */
    };
    struct rf_ring ring;
    open_ring(&ring, 8, 0); /* skips where there is no io_uring to ask */
    const bool older = !has_op(&ring, RF_OP_PIPE);
    rf_deinit(&ring);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        int result = rf_init(&ring, 8, pairs[i]);
        if (older && result == -EOPNOTSUPP)
            print_message("# this kernel lacks a flag of %#x\n", pairs[i]);
        else
            assert_result(result, -EINVAL);
        assert_non_null(rf_reason(&ring));
    }
}

/* A kernel without one of the flags, which may or may not be asked. */
static uint32_t lacking;
static bool answers_queries;

static int lacking_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    if (params->flags & lacking)
        return -EINVAL;
    return rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
}

static int lacking_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                            uint32_t nr_args)
{
    (void)sys;
    if (opcode == RF_REGISTER_QUERY && !answers_queries)
        return -EINVAL;
    int result = rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
    if (opcode == RF_REGISTER_QUERY && result >= 0) {
        const struct rf_query_hdr *query = (const struct rf_query_hdr *)arg;
        struct rf_query_opcode *reply = (struct rf_query_opcode *)(uintptr_t)query->query_data;
        reply->ring_setup_flags &= ~(uint64_t)lacking;
    }
    return result;
}

static bool knows_setup(uint32_t flags)
{
    struct rf_ring ring;
    int err = rf_init(&ring, 8, flags);
    rf_deinit(&ring);
    return err == 0;
}

static void a_flag_that_the_kernel_lacks_is_told_from_what_is_wrong(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 8, 0);
    rf_deinit(&ring);
    struct rf_sys sys = rf_sys_kernel;
    sys.ring_setup = lacking_setup;
    sys.ring_register = lacking_register;
    static const struct {
        uint32_t lacking, asked;
        const char *reason;
    } rows[] = {
        {RF_SETUP_COOP_TASKRUN, RF_SETUP_COOP_TASKRUN,
         "RF_SETUP_COOP_TASKRUN, which came with Linux 5.19"},
        {RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN,
         RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN,
         "RF_SETUP_SINGLE_ISSUER, which came with Linux 6.0"},
        {RF_SETUP_DEFER_TASKRUN, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN,
         "RF_SETUP_DEFER_TASKRUN, which came with Linux 6.1"},
        {RF_SETUP_NO_MMAP, RF_SETUP_NO_MMAP, "RF_SETUP_NO_MMAP, which came with Linux 6.5"},
        {RF_SETUP_NO_SQARRAY, RF_SETUP_NO_SQARRAY,
         "RF_SETUP_NO_SQARRAY, which came with Linux 6.6"},
        {RF_SETUP_HYBRID_IOPOLL, RF_SETUP_IOPOLL | RF_SETUP_HYBRID_IOPOLL,
         "RF_SETUP_HYBRID_IOPOLL, which came with Linux 6.13"},
        {RF_SETUP_CQE_MIXED, RF_SETUP_CQE_MIXED, "RF_SETUP_CQE_MIXED, which came with Linux 6.18"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int asks = 0; asks < 2; asks++) {
            if (!knows_setup(rows[i].asked & ~rows[i].lacking))
                continue;
            lacking = rows[i].lacking;
            answers_queries = asks;
            struct rf_params params = params_with(rows[i].asked);
            errno = 4711;
            assert_result(rf_init_sys(&ring, 8, &params, &sys), -EOPNOTSUPP);
            assert_int_equal(errno, 4711);
            if (!rf_reason(&ring) || !strstr(rf_reason(&ring), rows[i].reason))
                fail_msg("row %zu: %s", i, rf_reason(&ring) ? rf_reason(&ring) : "no reason");
            assert_int_equal(ring.fd, -1);
        }
    if (!knows_setup(RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN))
        return;
    /* What is wrong is wrong on that kernel, too. */
    lacking = RF_SETUP_CQE_MIXED;
    struct rf_params params = params_with(RF_SETUP_DEFER_TASKRUN);
    assert_result(rf_init_sys(&ring, 8, &params, &sys), -EINVAL);
    assert_non_null(strstr(rf_reason(&ring), "RF_SETUP_SINGLE_ISSUER"));
}

static void too_many_entries_are_refused_unless_clamped(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 8, 0);
    rf_deinit(&ring);
    assert_result(rf_init(&ring, 65536, 0), -EINVAL);
    open_ring(&ring, 65536, RF_SETUP_CLAMP);
    assert_int_equal(ring.sq.entries, 32768);
    assert_int_equal(ring.cq.entries, 65536);
    assert_works(&ring);
    rf_deinit(&ring);
}

static void the_completion_queue_has_the_size_asked_for(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_params params = params_with(RF_SETUP_CQSIZE);
    params.cq_entries = 100;
    open_flavour_params(state, &ring, 8, &params);
    assert_int_equal(params.cq_entries, 128);
    assert_int_equal(ring.cq.entries, 128);
    assert_works(&ring);
    rf_deinit(&ring);
    params = params_with(RF_SETUP_CQSIZE);
    params.cq_entries = 4; /* fewer than SQEs */
    assert_result(rf_init_params(&ring, 8, &params), -EINVAL);
    params = params_with(RF_SETUP_CQSIZE);
    assert_result(rf_init_params(&ring, 8, &params), -EINVAL);
}

static void every_flavour_works_and_shows_its_flags(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    const struct flavour *flavour = flavour_of(state);
    assert_int_equal(ring.flags & flavour->flags, flavour->flags);
    assert_int_equal(ring.sq.entries, 4);
    assert_int_equal(ring.cq.entries, 8);
    if (flavour->sys == &sys_with_array)
        assert_false(ring.flags & RF_SETUP_NO_SQARRAY);
    assert_works(&ring);
    rf_deinit(&ring);
    assert_int_equal(ring.fd, -1);
    rf_deinit(&ring); /* a second time is harmless */
}

static void a_ring_that_is_all_zero_can_be_closed(void **state)
{
    (void)state;
    struct rf_ring ring;
    memset(&ring, 0, sizeof ring);
    rf_deinit(&ring);
    assert_true(fcntl(0, F_GETFD) >= 0); /* fd 0 was not taken for the ring's */
}

static void the_sq_array_is_left_out_where_the_kernel_allows(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    struct rf_params params = params_with(RF_SETUP_NO_SQARRAY);
    int fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, 4, &params);
    if (fd >= 0)
        close(fd);
    assert_int_equal(!!(ring.flags & RF_SETUP_NO_SQARRAY), fd >= 0);
    rf_deinit(&ring);
}

static void polling_rings_announce_finished_work(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN);
    assert_true(ring.flags & RF_SETUP_TASKRUN_FLAG);
    rf_deinit(&ring);
    open_ring(&ring, 4, RF_SETUP_COOP_TASKRUN);
    assert_true(ring.flags & RF_SETUP_TASKRUN_FLAG);
    rf_deinit(&ring);
}

static void a_disabled_ring_starts_when_it_is_enabled(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_R_DISABLED);
    struct rf_sqe *sqe = rf_get_sqe(&ring);
    assert_non_null(sqe);
    sqe->user_data = 7;
    assert_result(rf_submit(&ring), -EBADFD);
    assert_string_equal(rf_error_name(RF_CALL_ENTER, -EBADFD), "FileDescriptorInBadState");
    assert_int_equal(rf_sq_ready(&ring), 1); /* nothing is lost */
    assert_result(rf_enable_rings(&ring), 0);
    assert_result(rf_enable_rings(&ring), -EBADFD);
    struct rf_cqe cqe = submit_and_reap(&ring);
    assert_int_equal(cqe.user_data, 7);
    rf_deinit(&ring);
}

static void the_sq_thread_runs_on_the_cpu_asked_for(void **state)
{
    (void)state;
    cpu_set_t cpus;
    assert_int_equal(sched_getaffinity(0, sizeof cpus, &cpus), 0);
    unsigned cpu = 0;
    while (!CPU_ISSET(cpu, &cpus))
        cpu++;
    struct rf_params params = params_with(RF_SETUP_SQPOLL | RF_SETUP_SQ_AFF);
    params.sq_thread_cpu = cpu;
    struct rf_ring ring;
    open_flavour_params(state, &ring, 4, &params);
    assert_works(&ring);

    char path[64], line[128];
    int pid = -1, found = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", ring.fd);
    /* While the thread is busy 6.1 says -1. */
    for (int i = 0; i < 100 && pid < 0; i++) {
        usleep(20000);
        FILE *info = fopen(path, "re");
        assert_non_null(info);
        while (fgets(line, sizeof line, info)) {
            sscanf(line, "SqThread: %d", &pid);
            sscanf(line, "SqThreadCpu: %d", &found);
        }
        fclose(info);
    }
    assert_true(pid > 0);
    assert_int_equal(found, cpu);
    rf_deinit(&ring);

    params = params_with(RF_SETUP_SQPOLL | RF_SETUP_SQ_AFF);
    params.sq_thread_cpu = 100000;
    assert_result(rf_init_params(&ring, 4, &params), -EINVAL);
}

static void rings_share_workers_and_the_sq_thread(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {0, RF_SETUP_SQPOLL};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct rf_ring first, second;
        open_ring(&first, 4, kinds[i]);
        struct rf_params params = params_with(kinds[i] | RF_SETUP_ATTACH_WQ);
        params.wq_fd = (uint32_t)first.fd;
        assert_result(rf_init_params(&second, 4, &params), 0);
        assert_works(&first);
        assert_works(&second);
        rf_deinit(&first);
        assert_works(&second); /* outlives the one it attached to */
        rf_deinit(&second);
    }
    struct rf_ring ring;
    struct rf_params params = params_with(RF_SETUP_ATTACH_WQ);
    params.wq_fd = 9999;
    assert_result(rf_init_params(&ring, 4, &params), -ENXIO);
    params = params_with(RF_SETUP_ATTACH_WQ); /* 0 is no ring */
    assert_result(rf_init_params(&ring, 4, &params), -EINVAL);
}

/* --- memory of the caller's ---------------------------------------------- */

static void *page_memory(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

static void two_rings_fit_into_one_buffer_and_leave_the_rest_alone(void **state)
{
    (void)state;
    struct rf_ring plain;
    open_ring(&plain, 8, RF_SETUP_NO_MMAP); /* skips before 6.5 */
    rf_deinit(&plain);

    struct rf_params params = params_with(0);
    int64_t need = rf_memory_size_params(8, &params);
    assert_true(need > 0);
    size_t bytes = (size_t)need * 2, guard = 4096;
    char *memory = page_memory(bytes + guard);
    memset(memory + bytes, 0x5A, guard);

    struct rf_ring rings[2];
    int used = rf_init_mem(&rings[0], 8, &params, memory, bytes);
    assert_result(used, need);
    struct rf_params second = params_with(0);
    assert_result(rf_init_mem(&rings[1], 8, &second, memory + used, bytes - (size_t)used), need);
    for (int i = 0; i < 20; i++) {
        assert_works(&rings[0]);
        assert_works(&rings[1]);
    }
    for (size_t i = 0; i < guard; i++)
        assert_int_equal(memory[bytes + i], 0x5A);
    rf_deinit(&rings[0]);
    assert_works(&rings[1]); /* the buffer is still there: it was not ours to unmap */
    rf_deinit(&rings[1]);
    memory[0] = 1;
    assert_int_equal(munmap(memory, bytes + guard), 0);
}

static void bad_memory_is_refused(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 8, RF_SETUP_NO_MMAP);
    rf_deinit(&ring);
    struct rf_params params = params_with(0);
    size_t need = (size_t)rf_memory_size_params(8, &params);
    char *memory = page_memory(need + 4096);
    assert_result(rf_init_mem(&ring, 8, &params, memory, need - 1), -ENOSPC);
    assert_string_equal(rf_error_name(RF_CALL_INIT, -ENOSPC), "RingMemoryTooSmall");
    assert_non_null(rf_reason(&ring));
    params = params_with(0);
    assert_result(rf_init_mem(&ring, 8, &params, memory + 8, need), -EINVAL);
    params = params_with(0);
    assert_result(rf_init_mem(&ring, 0, &params, memory, need), -ERANGE);
    params = params_with(0);
    assert_result(rf_init_mem(&ring, 6, &params, memory, need), -EDOM);
    assert_int_equal(munmap(memory, need + 4096), 0);
    params = params_with(0);
    assert_result(rf_init_mem(&ring, 8, &params, memory, need), -EFAULT);
}

static void sizes_follow_the_flags(void **state)
{
    (void)state;
    struct rf_params params = params_with(0);
    int64_t plain = rf_memory_size_params(1024, &params);
    assert_true(plain >= 1024 * 64 + 2048 * 16);
    params = params_with(RF_SETUP_SQE128);
    assert_true(rf_memory_size_params(1024, &params) >= plain + 1024 * 64);
    params = params_with(RF_SETUP_CQE32);
    assert_true(rf_memory_size_params(1024, &params) >= plain + 2048 * 16);
    params = params_with(RF_SETUP_CQSIZE);
    params.cq_entries = 65536;
    assert_true(rf_memory_size_params(1024, &params) >= 1024 * 64 + 65536 * 16);
    params = params_with(0);
    assert_result(rf_memory_size_params(0, &params), -ERANGE);
    assert_result(rf_memory_size_params(5, &params), -EDOM);
    assert_result(rf_memory_size_params(65536, &params), -EINVAL);
    params = params_with(RF_SETUP_CLAMP);
    int64_t clamped = rf_memory_size_params(65536, &params);
    assert_true(clamped == rf_memory_size_params(32768, &params));
}

/* --- registered rings ---------------------------------------------------- */

/* Zig takes the index for a descriptor: it maps it, and closes it, possibly stdin. */
static void a_registered_index_is_not_closed_as_a_descriptor(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY);
    assert_int_equal(ring.fd, -1);
    int index = ring.enter_fd;
    assert_true(index >= 0 && index < 16);
    bool open_before = fcntl(index, F_GETFD) >= 0;
    assert_works(&ring);
    rf_deinit(&ring);
    assert_int_equal(fcntl(index, F_GETFD) >= 0, open_before);
    /* And the index is free again: 17 rings in a row would not fit otherwise. */
    for (int i = 0; i < 17; i++) {
        open_ring(&ring, 4, RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY);
        assert_int_equal(ring.enter_fd, index);
        rf_deinit(&ring);
    }
}

static void a_ring_can_be_entered_through_a_registered_index(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    assert_result(rf_unregister_ring_fd(&ring), -EINVAL);
    int err = rf_register_ring_fd(&ring);
    if (err == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel cannot register ring descriptors");
    }
    assert_result(err, 0);
    assert_result(rf_register_ring_fd(&ring), -EEXIST);
    assert_true(ring.enter_flags & RF_ENTER_REGISTERED_RING);
    assert_works(&ring);
    assert_result(rf_unregister_ring_fd(&ring), 0);
    assert_false(ring.enter_flags & RF_ENTER_REGISTERED_RING);
    assert_works(&ring);
    /* Closing a registered ring frees the index: more rounds than there are indexes. */
    rf_deinit(&ring);
    for (int i = 0; i < 20; i++) {
        open_ring(&ring, 4, 0);
        assert_result(rf_register_ring_fd(&ring), 0);
        rf_deinit(&ring);
    }
}

/* --- processes ----------------------------------------------------------- */

/* Answers with a ring that somebody else has set up. */
struct ready_made {
    struct rf_sys sys; /* first: it is what the function is given */
    int fd;
    struct rf_params params;
};

static int answer_ready_made(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    const struct ready_made *ready = (const struct ready_made *)(const void *)sys;
    (void)entries;
    *params = ready->params;
    return ready->fd;
}

static void a_ring_that_somebody_else_has_set_up_can_be_used(void **state)
{
    (void)state;
    need_a_ring();
    static const uint32_t flags[] = {0, RF_SETUP_SUBMIT_ALL, RF_SETUP_COOP_TASKRUN};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        struct ready_made ready = {.sys = rf_sys_kernel, .params = {.flags = flags[i]}};
        ready.sys.ring_setup = answer_ready_made;
        ready.fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, 8, &ready.params);
        if (ready.fd == -EINVAL)
            skip_because("this kernel lacks setup flag %#x", flags[i]);
        assert_true(ready.fd >= 0);
        struct rf_params params = {.flags = flags[i]};
        struct rf_ring ring;
        assert_result(rf_init_sys(&ring, 8, &params, &ready.sys), 0);
        assert_int_equal(ring.fd, ready.fd);
        assert_int_equal(params.sq_entries, 8);
        assert_non_null(rf_nop(&ring, 77));
        assert_int_equal(submit_and_reap(&ring).user_data, 77);
        rf_deinit(&ring);
    }
}

static void closing_in_a_forked_child_leaves_the_parents_ring_alone(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        rf_deinit(&ring);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_works(&ring);
    rf_deinit(&ring);
}

static void opening_and_closing_leaves_errno_alone(void **state)
{
    struct rf_ring ring;
    errno = 12345;
    open_flavour(state, &ring, 4);
    assert_works(&ring);
    rf_deinit(&ring);
    assert_int_equal(errno, 12345);
    assert_int_equal(rf_init(&ring, 8, RF_SETUP_TASKRUN_FLAG) < 0, 1);
    assert_int_equal(errno, 12345);
}

static void descriptors_used_up_is_said_and_leaves_nothing(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    rf_deinit(&ring);
    struct rlimit old, low;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = old;
    low.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    int fds[64], count = 0;
    while (count < 64 && (fds[count] = dup(0)) >= 0)
        count++;
    int err = rf_init(&ring, 4, 0);
    while (count)
        close(fds[--count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_result(err, -EMFILE);
    assert_string_equal(rf_error_name(RF_CALL_INIT, err), "ProcessFdQuotaExceeded");
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(bad_entries_are_refused_before_any_call),
        ONCE(parameters_without_their_flag_are_refused),
        ONCE(unknown_layouts_are_refused),
        ONCE(flags_that_exclude_each_other_are_refused),
        ONCE(a_flag_that_the_kernel_lacks_is_told_from_what_is_wrong),
        ONCE(too_many_entries_are_refused_unless_clamped),
        ONCE(the_completion_queue_has_the_size_asked_for),
        EACH_FLAVOUR(every_flavour_works_and_shows_its_flags),
        ONCE(a_ring_that_is_all_zero_can_be_closed),
        ONCE(the_sq_array_is_left_out_where_the_kernel_allows),
        ONCE(polling_rings_announce_finished_work),
        ONCE(a_disabled_ring_starts_when_it_is_enabled),
        ONCE(the_sq_thread_runs_on_the_cpu_asked_for),
        ONCE(rings_share_workers_and_the_sq_thread),
        ONCE(two_rings_fit_into_one_buffer_and_leave_the_rest_alone),
        ONCE(bad_memory_is_refused),
        ONCE(sizes_follow_the_flags),
        ONCE(a_registered_index_is_not_closed_as_a_descriptor),
        ONCE(a_ring_can_be_entered_through_a_registered_index),
        ONCE(a_ring_that_somebody_else_has_set_up_can_be_used),
        ONCE(closing_in_a_forked_child_leaves_the_parents_ring_alone),
        EACH_FLAVOUR(opening_and_closing_leaves_errno_alone),
        ONCE(descriptors_used_up_is_said_and_leaves_nothing),
    };
    return run_all(tests, COUNT_OF(tests));
}
