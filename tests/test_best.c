/* SPDX-License-Identifier: MIT */
/*
 * Held here: whatever a kernel lacks or refuses, the ring that is opened for a purpose is the
 * best that is left, and each choice is told with its reason; where memory is limited the
 * ring gets smaller and says so; and on this kernel each of them does I/O.
 */
#include "register_support.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "best.h"

static const enum rf_purpose purposes[] = {RF_FOR_THROUGHPUT, RF_FOR_LATENCY,
                                           RF_FOR_STORAGE_POLLING};

/* What may be left out. */
static const uint32_t optional[] = {
    RF_SETUP_SUBMIT_ALL,    RF_SETUP_SINGLE_ISSUER, RF_SETUP_DEFER_TASKRUN,
    RF_SETUP_COOP_TASKRUN,  RF_SETUP_SQPOLL,        RF_SETUP_IOPOLL,
    RF_SETUP_HYBRID_IOPOLL, RF_SETUP_NO_SQARRAY,
};

/* --- a kernel that is played --------------------------------------------- */

static struct {
    struct rf_sys sys;
    uint32_t lacks;       /* RF_SETUP_...: -EINVAL */
    uint32_t refuses;     /* ... : error */
    int error;
    uint32_t entries_max; /* more: no_memory */
    int no_memory;
    uint32_t setups;         /* how often it was asked */
    int pages;               /* mapped that are no ring's, and not unmapped again */
    void *page;              /* the last of them */
    uint32_t sq_thread_idle; /* of the last ring */
    uint32_t features;    /* that it has not */
    bool queries;
    bool registers_rings;
} played;

static int played_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    played.setups++;
    played.sq_thread_idle = params->sq_thread_idle;
    if (params->flags & played.lacks)
        return -EINVAL;
    if (params->flags & played.refuses)
        return played.error;
    if (entries > played.entries_max)
        return played.no_memory;
    int fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
    params->features &= ~played.features;
    return fd;
}

static int played_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                           uint32_t nr_args)
{
    (void)sys;
    if (!played.registers_rings && opcode == RF_REGISTER_RING_FDS)
        return -EINVAL;
    if (opcode != RF_REGISTER_QUERY)
        return rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
    if (!played.queries)
        return -EINVAL;
    int result = rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
    const struct rf_query_hdr *query = (const struct rf_query_hdr *)arg;
    if (result >= 0)
        ((struct rf_query_opcode *)(uintptr_t)query->query_data)->ring_setup_flags &=
            ~(uint64_t)played.lacks;
    return result;
}

static int played_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                      void **ret_addr)
{
    (void)sys;
    int err = rf_sys_kernel.map(&rf_sys_kernel, fd, offset, bytes, ret_addr);
    if (!err && fd < 0) {
        played.page = *ret_addr;
        played.pages++;
    }
    return err;
}

static int played_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    (void)sys;
    played.pages -= addr == played.page;
    return rf_sys_kernel.unmap(&rf_sys_kernel, addr, bytes);
}

/* The wait fails, what was submitted goes on. */
static int lost_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                      uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)sys;
    int result = rf_sys_kernel.ring_enter(&rf_sys_kernel, fd, to_submit, 0, 0, NULL, 0);
    (void)min_complete, (void)arg, (void)arg_bytes;
    return flags & RF_ENTER_GETEVENTS ? -EIO : result;
}

static void play(void)
{
    memset(&played, 0, sizeof played);
    played.sys = rf_sys_kernel;
    played.sys.ring_setup = played_setup;
    played.sys.ring_register = played_register;
    played.sys.map = played_map;
    played.sys.unmap = played_unmap;
    played.entries_max = UINT32_MAX;
    played.no_memory = -ENOMEM;
    played.registers_rings = true;
}

static int open_best(struct rf_ring *ring, enum rf_purpose purpose, struct rf_best *best)
{
    struct rf_wish wish = rf_wish_for(purpose, 8);
    return rfi_init_wish(&played.sys, ring, &wish, best);
}

static const struct rf_choice *choice_of(const struct rf_best *best, const char *name)
{
    for (uint32_t i = 0; i < best->count; i++)
        if (!strcmp(best->choices[i].name, name))
            return &best->choices[i];
    return NULL;
}

static bool got(const struct rf_best *best, const char *name)
{
    const struct rf_choice *choice = choice_of(best, name);
    return choice && choice->got;
}

/* --- which ring it is ---------------------------------------------------- */

/* Thought out anew: the flags to be had where @lacks are not. */
static uint32_t expected_flags(enum rf_purpose purpose, uint32_t lacks)
{
    uint32_t flags = RF_SETUP_SUBMIT_ALL | RF_SETUP_SINGLE_ISSUER;
    if (purpose == RF_FOR_STORAGE_POLLING && !(lacks & RF_SETUP_IOPOLL))
        flags |= RF_SETUP_IOPOLL | RF_SETUP_HYBRID_IOPOLL;
    if (purpose == RF_FOR_LATENCY && !(lacks & RF_SETUP_SQPOLL))
        flags |= RF_SETUP_SQPOLL;
    else if (!(lacks & (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)))
        flags |= RF_SETUP_DEFER_TASKRUN;
    else
        flags |= RF_SETUP_COOP_TASKRUN;
    flags &= ~lacks;
    if (flags & (RF_SETUP_COOP_TASKRUN | RF_SETUP_DEFER_TASKRUN))
        flags |= RF_SETUP_TASKRUN_FLAG;
    if (!(lacks & RF_SETUP_NO_SQARRAY))
        flags |= RF_SETUP_NO_SQARRAY;
    return flags | RF_SETUP_CLAMP;
}

/* What is told is what the ring has, and each has a reason. */
static void assert_told(const struct rf_best *best, const struct rf_ring *ring)
{
    assert_int_equal(best->flags, ring->flags);
    assert_true(best->count >= 5 && best->count <= RF_CHOICES_MAX);
    for (uint32_t i = 0; i < best->count; i++) {
        const struct rf_choice *choice = &best->choices[i];
        if (choice->flag)
            assert_int_equal(choice->got, (ring->flags & choice->flag) != 0);
        assert_true(strlen(choice->name) > 5);
        assert_true(choice->reason && strlen(choice->reason) > 10);
        assert_true(choice->error <= 0 && (!choice->got || !choice->error));
    }
    char text[2048];
    size_t length = rf_best_text(best, text, sizeof text);
    assert_true(length < sizeof text && length == strlen(text));
}

static void assert_works(struct rf_ring *ring)
{
    for (uint64_t id = 1; id <= 20; id++) {
        assert_non_null(rf_nop(ring, id));
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(ring, &cqe), 0);
        assert_int_equal(cqe.user_data, id);
        assert_result(cqe.res, 0);
    }
}

/* Not tried: what has no place beside what was got. */
static bool is_idle(const struct rf_ring *ring, uint32_t flag)
{
    if (flag == RF_SETUP_COOP_TASKRUN)
        return ring->flags & (RF_SETUP_SQPOLL | RF_SETUP_DEFER_TASKRUN);
    if (flag == RF_SETUP_DEFER_TASKRUN)
        return ring->flags & RF_SETUP_SQPOLL || !(ring->flags & RF_SETUP_SINGLE_ISSUER);
    return flag == RF_SETUP_HYBRID_IOPOLL && !(ring->flags & RF_SETUP_IOPOLL);
}

static void assert_best_without(enum rf_purpose purpose, uint32_t flags, int error)
{
    static struct rf_best best;
    struct rf_ring ring;
    assert_result(open_best(&ring, purpose, &best), 0);
    uint32_t expected = expected_flags(purpose, flags);
    if (ring.flags != expected)
        fail_msg("purpose %d without 0x%x (%d): 0x%x, expected 0x%x", purpose, flags, error,
                 ring.flags, expected);
    assert_told(&best, &ring);
    for (uint32_t i = 0; i < best.count; i++)
        if (best.choices[i].flag & flags) {
            assert_false(best.choices[i].got);
            if (!is_idle(&ring, best.choices[i].flag))
                assert_int_equal(best.choices[i].error, error);
        }
    rf_deinit(&ring);
}

static uint32_t subset(unsigned number)
{
    uint32_t flags = 0;
    for (size_t i = 0; i < COUNT_OF(optional); i++)
        if (number >> i & 1)
            flags |= optional[i];
    return flags;
}

/* Flags that the purpose has no use for make no difference, and cost time. */
static bool is_of_use(enum rf_purpose purpose, uint32_t flags)
{
    uint32_t all = expected_flags(purpose, 0) | RF_SETUP_COOP_TASKRUN | RF_SETUP_DEFER_TASKRUN;
    return !(flags & ~all);
}

static void need_all_flags(void)
{
    uint32_t all = RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN | RF_SETUP_SUBMIT_ALL |
                   RF_SETUP_IOPOLL | RF_SETUP_HYBRID_IOPOLL | RF_SETUP_NO_SQARRAY;
    struct rf_ring ring;
    open_ring(&ring, 1, all); /* skips on kernels that lack something themselves */
    rf_deinit(&ring);
    cpu_set_t set;
    if (!sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) < 2)
        skip_because("there is one processor, for which SQPOLL is no choice");
}

static void what_a_kernel_lacks_is_left_out_and_no_more(void **state)
{
    (void)state;
    need_all_flags();
    for (size_t p = 0; p < COUNT_OF(purposes); p++)
        for (unsigned number = 0; number < 1U << COUNT_OF(optional); number++) {
            uint32_t flags = subset(number);
            if (!is_of_use(purposes[p], flags))
                continue;
            play();
            played.queries = number % 2;
            played.lacks = flags;
            assert_best_without(purposes[p], flags, -EOPNOTSUPP);
        }
}

static void what_a_kernel_refuses_is_left_out_and_no_more(void **state)
{
    (void)state;
    need_all_flags();
    static const int errors[] = {EPERM, EACCES, EINVAL, EBUSY, EFAULT};
    unsigned round = 0;
    for (size_t p = 0; p < COUNT_OF(purposes); p++)
        for (size_t i = 0; i < COUNT_OF(optional); i++) {
            if (optional[i] == RF_SETUP_NO_SQARRAY || !is_of_use(purposes[p], optional[i]))
                continue;
            play();
            played.queries = true; /* it says that it has it */
            played.refuses = optional[i];
            played.error = -errors[round++ % COUNT_OF(errors)];
            assert_best_without(purposes[p], optional[i], played.error);
        }
}

/* Several at once: which to blame cannot be told for sure, but there is a ring. */
static void whatever_is_refused_there_is_a_ring(void **state)
{
    (void)state;
    need_all_flags();
    for (size_t p = 0; p < COUNT_OF(purposes); p++)
        for (unsigned number = 0; number < 1U << COUNT_OF(optional); number++) {
            uint32_t flags = subset(number) & ~RF_SETUP_NO_SQARRAY;
            if (!is_of_use(purposes[p], flags))
                continue;
            play();
            played.refuses = flags;
            played.queries = true;
            played.error = -EPERM;
            struct rf_ring ring;
            static struct rf_best best;
            assert_result(open_best(&ring, purposes[p], &best), 0);
            assert_int_equal(ring.flags & flags, 0);
            assert_told(&best, &ring);
            rf_deinit(&ring);
        }
}

static void reasons_are_the_right_ones(void **state)
{
    (void)state;
    need_all_flags();
    static struct rf_best best;
    struct rf_ring ring;
    play();
    played.lacks = RF_SETUP_DEFER_TASKRUN;
    assert_result(open_best(&ring, RF_FOR_THROUGHPUT, &best), 0);
    assert_string_equal(choice_of(&best, "RF_SETUP_DEFER_TASKRUN")->reason,
                        "this kernel lacks RF_SETUP_DEFER_TASKRUN, which came with Linux 6.1");
    assert_true(got(&best, "RF_SETUP_COOP_TASKRUN"));
    rf_deinit(&ring);

    play();
    played.queries = true; /* tried, DEFER_TASKRUN would not be there without it */
    played.lacks = RF_SETUP_SINGLE_ISSUER;
    assert_result(open_best(&ring, RF_FOR_THROUGHPUT, &best), 0);
    assert_string_equal(choice_of(&best, "RF_SETUP_DEFER_TASKRUN")->reason,
                        "it is for rings of RF_SETUP_SINGLE_ISSUER");
    rf_deinit(&ring);

    play();
    played.refuses = RF_SETUP_SQPOLL;
    played.error = -EAGAIN;
    assert_result(open_best(&ring, RF_FOR_LATENCY, &best), 0);
    assert_non_null(strstr(choice_of(&best, "RF_SETUP_SQPOLL")->reason, "RLIMIT_NPROC"));
    assert_int_equal(best.entries, 8);
    assert_true(got(&best, "RF_SETUP_DEFER_TASKRUN"));
    rf_deinit(&ring);

    play();
    played.features = RF_FEAT_SQPOLL_NONFIXED;
    assert_result(open_best(&ring, RF_FOR_LATENCY, &best), 0);
    assert_non_null(strstr(choice_of(&best, "RF_SETUP_SQPOLL")->reason, "registered files only"));
    assert_true(got(&best, "RF_SETUP_DEFER_TASKRUN"));
    rf_deinit(&ring);

    play();
    played.registers_rings = false;
    assert_result(open_best(&ring, RF_FOR_THROUGHPUT, &best), 0);
    assert_int_equal(choice_of(&best, "registered ring")->error, -EOPNOTSUPP);
    assert_non_null(strstr(choice_of(&best, "registered ring")->reason, "5.18"));
    char text[2048];
    (void)rf_best_text(&best, text, sizeof text);
    assert_non_null(strstr(text, "\n  no   registered ring "));
    assert_non_null(strstr(text, "throughput: 8 SQEs, 16 CQEs\n  yes  RF_SETUP_SUBMIT_ALL "));
    rf_deinit(&ring);
}

static bool kernel_has_queries(void)
{
    struct rf_query_hdr query;
    memset(&query, 0, sizeof query);
    return rf_register_query(&query) != -EOPNOTSUPP;
}

static void what_cannot_be_helped_is_an_error(void **state)
{
    (void)state;
    need_a_ring();
    static const int errors[] = {EPERM, ENOSYS, EMFILE, ENFILE, EAGAIN, ENOMEM, EINVAL};
    static struct rf_best best;
    struct rf_ring ring;
    for (size_t p = 0; p < COUNT_OF(purposes); p++)
        for (size_t i = 0; i < COUNT_OF(errors); i++) {
            play();
            played.queries = true;
            played.refuses = UINT32_MAX;
            played.error = -errors[i];
            played.sys.ring_setup = played_setup;
            int expected = -errors[i];
            if (errors[i] == EINVAL && !kernel_has_queries()) /* then it is taken for the flags */
                expected = -EOPNOTSUPP;
            assert_result(open_best(&ring, purposes[p], &best), expected);
            assert_int_equal(ring.fd, -1);
            /* As wished, and with nothing of it: then what to blame need not be looked for. */
            if (errors[i] == EPERM)
                assert_int_equal(played.setups, 2);
            if (errors[i] == EMFILE || errors[i] == ENFILE || errors[i] == ENOSYS)
                assert_int_equal(played.setups, 1); /* other options would not help */
            rf_deinit(&ring);
        }
    assert_result(rf_init_best(&ring, 0, RF_FOR_THROUGHPUT, NULL), -ERANGE);
    assert_result(rf_init_best(&ring, 3, RF_FOR_LATENCY, NULL), -EDOM);
    assert_non_null(rf_reason(&ring));
    assert_result(rf_init_best(&ring, 4, (enum rf_purpose)3, NULL), -EINVAL);
    struct rf_wish wish = rf_wish_for(RF_FOR_THROUGHPUT, 4);
    wish.options = 1U << 31;
    assert_result(rf_init_wish(&ring, &wish, NULL), -EINVAL);
    assert_non_null(rf_reason(&ring));
    rf_deinit(&ring);
}

/* --- what is wished for besides ------------------------------------------ */

static void what_must_be_had_is_had_or_refused(void **state)
{
    (void)state;
    need_all_flags();
    static struct rf_best best;
    struct rf_ring ring;
    struct rf_wish wish = rf_wish_for(RF_FOR_THROUGHPUT, 8);
    wish.flags = RF_SETUP_SQPOLL | RF_SETUP_CQE32;
    wish.cq_entries = 64;
    wish.sq_thread_idle = 20;
    play();
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), 0);
    assert_int_equal(ring.flags & wish.flags, wish.flags);
    assert_int_equal(ring.flags & (RF_SETUP_DEFER_TASKRUN | RF_SETUP_COOP_TASKRUN), 0);
    assert_int_equal(best.cq_entries, 64);
    assert_told(&best, &ring);
    assert_works(&ring);
    rf_deinit(&ring);

    played.lacks = RF_SETUP_CQE32;
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), -EOPNOTSUPP);
    assert_non_null(strstr(rf_reason(&ring), "RF_SETUP_CQE32, which came with Linux 5.19"));
    play();
    played.refuses = RF_SETUP_SQPOLL;
    played.error = -EPERM;
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), -EPERM);
    wish.flags = RF_SETUP_SQPOLL | RF_SETUP_DEFER_TASKRUN;
    play();
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), -EINVAL);
    assert_non_null(strstr(rf_reason(&ring), "RF_SETUP_SQPOLL"));
    rf_deinit(&ring);
}

static void a_shared_ring_is_no_threads_own(void **state)
{
    (void)state;
    need_all_flags();
    for (size_t p = 0; p < COUNT_OF(purposes); p++) {
        static struct rf_best best;
        struct rf_ring ring;
        struct rf_wish wish = rf_wish_for(purposes[p], 8);
        wish.options = RF_WISH_SHARED;
        assert_result(rf_init_wish(&ring, &wish, &best), 0);
        assert_int_equal(ring.flags & (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN |
                                       RF_SETUP_COOP_TASKRUN),
                         0);
        assert_int_equal(ring.enter_flags & RF_ENTER_REGISTERED_RING, 0);
        assert_int_equal(ring.unforked_pid, 0);
        assert_told(&best, &ring);
        assert_string_equal(choice_of(&best, "RF_SETUP_SINGLE_ISSUER")->reason,
                            "more than one thread uses the ring");
        rf_deinit(&ring);
    }
}

static void one_processor_is_not_given_to_the_sq_thread(void **state)
{
    (void)state;
    need_a_ring();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rf_ring ring;
        static struct rf_best best;
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)sched_getcpu(), &set);
        if (sched_setaffinity(0, sizeof set, &set))
            _exit(77);
        if (rf_init_best(&ring, 8, RF_FOR_LATENCY, &best))
            _exit(1);
        const struct rf_choice *choice = choice_of(&best, "RF_SETUP_SQPOLL");
        bool right = choice && !choice->got && strstr(choice->reason, "one processor");
        _exit(right && !(ring.flags & RF_SETUP_SQPOLL) ? 0 : 2);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) == 77)
        skip_because("processors cannot be chosen here");
    assert_int_equal(status, 0);
}

static void the_sq_thread_sleeps_after_the_time_wished_for(void **state)
{
    (void)state;
    need_a_ring();
    struct rf_ring ring;
    struct rf_wish wish = rf_wish_for(RF_FOR_LATENCY, 4);
    play();
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, NULL), 0);
    if (!(ring.flags & RF_SETUP_SQPOLL)) {
        rf_deinit(&ring);
        skip_because("there is no SQ thread to be had: one processor, or no right to it");
    }
    assert_int_equal(played.sq_thread_idle, 1000);
    rf_deinit(&ring);
    wish.sq_thread_idle = 7;
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, NULL), 0);
    assert_int_equal(played.sq_thread_idle, 7);
    rf_deinit(&ring);
}

/* --- memory -------------------------------------------------------------- */

static void where_memory_is_short_the_ring_is_smaller(void **state)
{
    (void)state;
    need_a_ring();
    static struct rf_best best;
    struct rf_ring ring;
    for (size_t p = 0; p < COUNT_OF(purposes); p++) {
        struct rf_wish wish = rf_wish_for(purposes[p], 1024);
        wish.cq_entries = 4096;
        play();
        played.entries_max = 100;
        assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), 0);
        assert_int_equal(best.entries_asked, 1024);
        assert_int_equal(best.entries, 64);
        assert_int_equal(best.cq_entries, 256);
        assert_int_equal(ring.sq.entries, 64);
        assert_true(strlen(best.fewer) > 10);
        char text[2048];
        (void)rf_best_text(&best, text, sizeof text);
        assert_non_null(strstr(text, "64 SQEs, 256 CQEs\n  not 1024 SQEs: "));
        rf_deinit(&ring);
        wish.options = RF_WISH_ALL_ENTRIES;
        assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), -ENOMEM);
        rf_deinit(&ring);
    }
    struct rf_wish wish = rf_wish_for(RF_FOR_THROUGHPUT, 1024);
    play();
    played.entries_max = 100;
    played.no_memory = -EAGAIN; /* as when the limit is of the processes of a user */
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), 0);
    assert_int_equal(best.entries, 64);
    assert_true(best.entries_asked == 1024);
    rf_deinit(&ring);
    wish = rf_wish_for(RF_FOR_THROUGHPUT, 65536);
    play();
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), 0);
    assert_int_equal(best.entries, 32768);
    assert_string_equal(best.fewer, "the kernel has no larger rings");
    rf_deinit(&ring);
    wish.options = RF_WISH_ALL_ENTRIES;
    assert_result(rfi_init_wish(&played.sys, &ring, &wish, &best), -EINVAL);
    assert_non_null(strstr(rf_reason(&ring), "RF_SETUP_CLAMP"));
    rf_deinit(&ring);
}

/* With a limit of the system's, as a user that it holds for. */
static void the_limit_of_locked_memory_is_named(void **state)
{
    (void)state;
    need_a_ring();
    if (rf_mlock_size(4096, 0) == 0)
        skip_because("rings do not count as locked memory on this kernel");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rf_ring ring;
        static struct rf_best best;
        struct rlimit limit = {131072, 131072};
        if (setrlimit(RLIMIT_MEMLOCK, &limit) || setresuid(63020, 63020, 63020))
            _exit(77);
        if (rf_init_best(&ring, 4096, RF_FOR_THROUGHPUT, &best))
            _exit(1);
        if (best.entries == 4096)
            _exit(78); /* as 7.3, where rings do not count */
        char expected[160];
        snprintf(expected, sizeof expected, "%lld bytes for a ring, and RLIMIT_MEMLOCK is 131072",
                 (long long)rf_memory_size(4096, 0));
        if (strncmp(best.fewer, expected, strlen(expected)))
            _exit(2);
        _exit(best.entries < 4096 && best.entries >= 256 && rf_nop(&ring, 1) &&
                      rf_submit_and_wait(&ring, 1) == 1
                  ? 0
                  : 3);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WEXITSTATUS(status) == 77)
        skip_because("limits of another user cannot be tried here");
    if (WEXITSTATUS(status) == 78)
        skip_because("rings do not count as locked memory on this kernel");
    assert_int_equal(status, 0);
}

/* --- this kernel --------------------------------------------------------- */

/* A file of a page that may be polled; or -1: no file of this file system may. */
static int open_direct(char *name)
{
    strcpy(name, "ringfence-test-XXXXXX");
    int fd = mkostemp(name, O_CLOEXEC | O_DIRECT);
    return fd;
}

static void each_purpose_does_io(void **state)
{
    (void)state;
    need_a_ring();
    char name[32], *page;
    assert_int_equal(posix_memalign((void **)&page, 4096, 4096), 0);
    for (size_t p = 0; p < COUNT_OF(purposes); p++) {
        int fd = open_direct(name);
        if (fd < 0) {
            free(page);
            skip_because("this file system has no O_DIRECT");
        }
        memset(page, 'x', 4096);
        assert_int_equal(pwrite(fd, page, 4096, 0), 4096);
        static struct rf_best best;
        struct rf_ring ring;
        struct rf_wish wish = rf_wish_for(purposes[p], 8);
        wish.fd = fd;
        assert_result(rf_init_wish(&ring, &wish, &best), 0);
        assert_told(&best, &ring);
        memset(page, 0, 4096);
        assert_non_null(rf_read(&ring, 7, fd, page, 4096, 0));
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_int_equal(cqe.user_data, 7);
        assert_result(cqe.res, 4096);
        assert_int_equal(page[0], 'x');
        assert_int_equal(page[4095], 'x');
        char text[2048];
        (void)rf_best_text(&best, text, sizeof text);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
            printf("# %s\n", line);
        rf_deinit(&ring);
        close(fd);
        unlink(name);
    }
    free(page);
}

/* Without O_DIRECT no file can be polled. */
static void a_file_that_cannot_be_polled_gets_a_ring_that_does_not(void **state)
{
    (void)state;
    need_a_ring();
    int fd = open_filled_with('y');
    static struct rf_best best;
    struct rf_ring ring;
    struct rf_wish wish = rf_wish_for(RF_FOR_STORAGE_POLLING, 8);
    wish.fd = fd;
    assert_result(rf_init_wish(&ring, &wish, &best), 0);
    assert_int_equal(ring.flags & (RF_SETUP_IOPOLL | RF_SETUP_HYBRID_IOPOLL), 0);
    assert_int_equal(choice_of(&best, "RF_SETUP_IOPOLL")->error, -EOPNOTSUPP);
    assert_non_null(strstr(choice_of(&best, "RF_SETUP_IOPOLL")->reason, "cannot be polled"));
    assert_told(&best, &ring);
    char byte = 0;
    assert_non_null(rf_read(&ring, 7, fd, &byte, 1, 0));
    struct rf_cqe cqe;
    assert_result(rf_copy_cqe(&ring, &cqe), 0);
    assert_result(cqe.res, 1);
    assert_int_equal(byte, 'y');
    rf_deinit(&ring);
    close(fd);
}

/* Whether a file can be polled is tried with a read: the page is lent until that is over. */
static void a_page_that_may_still_be_written_to_stays(void **state)
{
    (void)state;
    need_all_flags();
    int fd = open_filled_with('y');
    for (int lost = 0; lost <= 1; lost++) {
        struct rf_ring ring;
        struct rf_wish wish = rf_wish_for(RF_FOR_STORAGE_POLLING, 8);
        wish.fd = fd;
        play();
        if (lost)
            played.sys.ring_enter = lost_enter;
        assert_result(rfi_init_wish(&played.sys, &ring, &wish, NULL), 0);
        assert_non_null(played.page);
        assert_int_equal(played.pages, lost);
        rf_deinit(&ring);
        if (lost)
            assert_result(rf_sys_kernel.unmap(&rf_sys_kernel, played.page, 4096), 0);
    }
    close(fd);
}

static void a_text_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    struct rf_best best;
    memset(&best, 0, sizeof best);
    best.entries = 8;
    best.cq_entries = 16;
    assert_int_equal(rf_best_text(&best, NULL, 0), strlen("throughput: 8 SQEs, 16 CQEs\n"));
    char small[8];
    memset(small, 'x', sizeof small);
    errno = 4711;
    assert_int_equal(rf_best_text(&best, small, 6), strlen("throughput: 8 SQEs, 16 CQEs\n"));
    assert_int_equal(errno, 4711);
    assert_string_equal(small, "throu");
    assert_int_equal(small[6], 'x');
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(what_a_kernel_lacks_is_left_out_and_no_more),
        ONCE(what_a_kernel_refuses_is_left_out_and_no_more),
        ONCE(whatever_is_refused_there_is_a_ring),
        ONCE(reasons_are_the_right_ones),
        ONCE(what_cannot_be_helped_is_an_error),
        ONCE(what_must_be_had_is_had_or_refused),
        ONCE(a_shared_ring_is_no_threads_own),
        ONCE(one_processor_is_not_given_to_the_sq_thread),
        ONCE(the_sq_thread_sleeps_after_the_time_wished_for),
        ONCE(where_memory_is_short_the_ring_is_smaller),
        ONCE(the_limit_of_locked_memory_is_named),
        ONCE(each_purpose_does_io),
        ONCE(a_file_that_cannot_be_polled_gets_a_ring_that_does_not),
        ONCE(a_page_that_may_still_be_written_to_stays),
        ONCE(a_text_that_does_not_fit_is_cut),
    };
    return run_all(tests, COUNT_OF(tests));
}
