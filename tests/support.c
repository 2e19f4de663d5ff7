/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static int setup_without_no_sqarray(const struct rf_sys *sys, uint32_t entries,
                                    struct rf_params *params)
{
    (void)sys;
    if (params->flags & RF_SETUP_NO_SQARRAY)
        return -EINVAL;
    return rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
}

static int forward_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                         uint32_t min_complete, uint32_t flags, const void *arg, size_t arg_bytes)
{
    (void)sys;
    return rf_sys_kernel.ring_enter(&rf_sys_kernel, fd, to_submit, min_complete, flags, arg,
                                    arg_bytes);
}

static int forward_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                            uint32_t nr_args)
{
    (void)sys;
    return rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
}

static int forward_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                       void **ret_addr)
{
    (void)sys;
    return rf_sys_kernel.map(&rf_sys_kernel, fd, offset, bytes, ret_addr);
}

static int forward_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    (void)sys;
    return rf_sys_kernel.unmap(&rf_sys_kernel, addr, bytes);
}

static int forward_close(const struct rf_sys *sys, int fd)
{
    (void)sys;
    return rf_sys_kernel.close(&rf_sys_kernel, fd);
}

const struct rf_sys sys_with_array = {
    .ring_setup = setup_without_no_sqarray,
    .ring_enter = forward_enter,
    .ring_register = forward_register,
    .map = forward_map,
    .unmap = forward_unmap,
    .close = forward_close,
};

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

const struct flavour flavours[] = {
    {.name = "plain"},
    {.rare = true, .name = "array", .sys = &sys_with_array},
    {.name = "array sqpoll", .flags = RF_SETUP_SQPOLL, .sys = &sys_with_array},
    {.rare = true, .name = "sqpoll", .flags = RF_SETUP_SQPOLL},
    {.rare = true, .name = "submit_all", .flags = RF_SETUP_SUBMIT_ALL},
    {.rare = true, .name = "coop_taskrun", .flags = RF_SETUP_COOP_TASKRUN},
    {.rare = true, .name = "single_issuer", .flags = RF_SETUP_SINGLE_ISSUER},
    {.name = "defer_taskrun", .flags = DEFER},
    {.rare = true, .name = "sqe128", .flags = RF_SETUP_SQE128},
    {.rare = true, .name = "sqe128 sqpoll", .flags = RF_SETUP_SQE128 | RF_SETUP_SQPOLL},
    {.rare = true, .name = "cqe32", .flags = RF_SETUP_CQE32},
    {.name = "cqe32 array", .flags = RF_SETUP_CQE32, .sys = &sys_with_array},
    {.name = "sqe128 cqe32 defer", .flags = RF_SETUP_SQE128 | RF_SETUP_CQE32 | DEFER},
    {.name = "cqe_mixed", .flags = RF_SETUP_CQE_MIXED},
    {.rare = true, .name = "no_mmap", .flags = RF_SETUP_NO_MMAP},
    {.name = "no_mmap array", .flags = RF_SETUP_NO_MMAP, .sys = &sys_with_array},
    {.name = "registered_fd_only", .flags = RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY},
    {.name = "registered ring", .registered_ring = true},
    {.rare = true, .name = "registered ring sqpoll", .flags = RF_SETUP_SQPOLL, .registered_ring = true},
};
const size_t flavours_count = COUNT_OF(flavours);

/* --- skipping ------------------------------------------------------------ */

void skip_because(const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    printf("# skipped because %s\n", reason);
    fflush(stdout);
    skip();
    abort();
}

/*
 * cmocka before 1.1.6 says "not ok 3 # SKIP name" of a skipped test, which readers of
 * TAP, meson among them, take for a failure. It prints through this function, so
 * ours comes first. Weak, so that a static cmocka, whose own then wins, still links.
 */
__attribute__((weak, format(printf, 1, 2))) void print_message(const char *const format, ...)
{
    static const char skipped[] = "not ok %u # SKIP";
    const char *shown = format;
    if (!strncmp(format, skipped, sizeof skipped - 1))
        shown += strlen("not ");
    va_list args;
    va_start(args, format);
    vprintf(shown, args);
    va_end(args);
    fflush(stdout);
}

static void skip_or_fail(const struct rf_ring *ring, int err, const char *what)
{
    const char *reason = rf_reason(ring);
    switch (err) {
    case 0:
        return;
    case -ENOSYS:
    case -EPERM:
        skip_because("io_uring is not to be had here: %s", strerror(-err));
    case -EOPNOTSUPP:
        skip_because("of \"%s\" %s", what, reason ? reason : "something is not there");
    default:
        fail_msg("opening a ring (%s): %s%s%s", what, strerror(-err), reason ? ", " : "",
                 reason ? reason : "");
    }
}

const struct flavour *flavour_of(void **state)
{
    return *state ? (const struct flavour *)*state : &flavours[0];
}

void open_flavour_params(void **state, struct rf_ring *ring, uint32_t entries,
                         struct rf_params *params)
{
    const struct flavour *flavour = flavour_of(state);
    params->flags |= flavour->flags;
    if (params->flags & RF_SETUP_SQPOLL && params->sq_thread_idle == 0)
        params->sq_thread_idle = 50; /* ms: short, so that it falls asleep within a test */
    const struct rf_sys *sys = flavour->sys ? flavour->sys : &rf_sys_kernel;
    skip_or_fail(ring, rf_init_sys(ring, entries, params, sys), flavour->name);
    if (flavour->registered_ring) {
        int err = rf_register_ring_fd(ring);
        if (err) {
            rf_deinit(ring);
            skip_because("ring descriptors cannot be registered here: %s", strerror(-err));
        }
    }
}

void open_flavour(void **state, struct rf_ring *ring, uint32_t entries)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    open_flavour_params(state, ring, entries, &params);
}

void open_ring(struct rf_ring *ring, uint32_t entries, uint32_t flags)
{
    skip_or_fail(ring, rf_init(ring, entries, flags), "the test's own flags");
}

void need_a_ring(void)
{
    struct rf_ring ring;
    open_ring(&ring, 4, 0);
    rf_deinit(&ring);
}

bool is_emulated(void)
{
    return getenv("RF_TEST_EMULATED") != NULL;
}

void plain_is_enough_if_emulated(void **state)
{
    if (is_emulated() && flavour_of(state) != &flavours[0])
        skip_because("this takes too long on an emulated machine: only the plain flavour");
}

bool has_op(struct rf_ring *ring, enum rf_op op)
{
    struct rf_probe probe;
    memset(&probe, 0, sizeof probe);
    /* By descriptor or index, whichever the ring has. */
    int err = ring->sys->ring_register(ring->sys, ring->register_flags ? ring->enter_fd : ring->fd,
                                       RF_REGISTER_PROBE | ring->register_flags, &probe, 256);
    return err >= 0 && op <= probe.last_op && probe.ops[op].flags & RF_OP_SUPPORTED;
}

bool overflow_keeps_order(struct rf_ring *ring)
{
    return has_op(ring, RF_OP_SOCKET);
}

void need_op(struct rf_ring *ring, enum rf_op op)
{
    if (!has_op(ring, op)) {
        rf_deinit(ring);
        skip_because("this kernel lacks operation %d", (int)op);
    }
}

void let_traps_through(void)
{
    signal(SIGILL, SIG_DFL);
    signal(SIGTRAP, SIG_DFL);
    signal(SIGFPE, SIG_DFL);
}

bool is_trap(int status)
{
    if (!WIFSIGNALED(status))
        return false;
    int number = WTERMSIG(status);
#ifdef __s390x__ /* compare and trap */
    if (number == SIGFPE)
        return true;
#endif
    return number == SIGILL || number == SIGTRAP || number == SIGABRT;
}

struct rf_cqe submit_and_reap(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    int n = rf_submit(ring);
    if (n < 0)
        fail_msg("rf_submit: %s", strerror(-n));
    int err = rf_copy_cqe(ring, &cqe);
    if (err)
        fail_msg("rf_copy_cqe: %s", strerror(-err));
    return cqe;
}

void assert_result_at(long actual, long expected, const char *file, int line)
{
    if (actual == expected)
        return;
    print_error("%ld (%s), expected %ld (%s)\n", actual, actual < 0 ? strerror((int)-actual) : "",
                expected, expected < 0 ? strerror((int)-expected) : "");
    _fail(file, line);
}

/* --- the watch over descriptors and mappings ----------------------------- */

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    int count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/*
 * Mappings of rings. Anonymous memory comes and goes with malloc and the
 * sanitizers; a ring that the kernel maps has a name.
 */
static int count_ring_mappings(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    char line[512];
    int count = 0;
    while (fgets(line, sizeof line, maps))
        if (strstr(line, "io_uring"))
            count++;
    fclose(maps);
    return count;
}

static int fds_before;
static int mappings_before;
static struct timespec begin;

static int watch_begin(void **state)
{
    (void)state;
    fds_before = count_fds();
    mappings_before = count_ring_mappings();
    clock_gettime(CLOCK_MONOTONIC, &begin);
    return 0;
}

/* So that one sees where the time goes, above all in an emulated machine. */
static void tell_if_slow(void)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long ms = (end.tv_sec - begin.tv_sec) * 1000LL + (end.tv_nsec - begin.tv_nsec) / 1000000;
    if (ms > 2000)
        printf("# took %lld ms:\n", ms);
}

/* --- the loan checker ----------------------------------------------------- */

static char *checker; /* what the environment said, while it does not */

void without_checker(void)
{
    const char *value = getenv("RINGFENCE_CHECK");
    if (!value)
        return;
    checker = strdup(value);
    unsetenv("RINGFENCE_CHECK");
}

static void with_checker_again(void)
{
    if (checker)
        setenv("RINGFENCE_CHECK", checker, 1);
    free(checker);
    checker = NULL;
}

static int watch_end(void **state)
{
    (void)state;
    with_checker_again();
    tell_if_slow();
    int fds = count_fds();
    int mappings = count_ring_mappings();
    if (fds != fds_before || mappings != mappings_before) {
        print_error("left behind: %d descriptors, %d mappings\n", fds - fds_before,
                    mappings - mappings_before);
        return -1;
    }
    return 0;
}

/* --- running ------------------------------------------------------------- */

static void add(struct CMUnitTest *list, size_t *count, const struct test *test,
                const struct flavour *flavour)
{
    char *name = NULL;
    if (flavour && asprintf(&name, "%s [%s]", test->name, flavour->name) < 0)
        abort();
    list[(*count)++] = (struct CMUnitTest){
        .name = name ? name : strdup(test->name),
        .test_func = test->run,
        .setup_func = watch_begin,
        .teardown_func = watch_end,
        .initial_state = (void *)(uintptr_t)flavour,
    };
}

int run_all(const struct test *tests, size_t count)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct CMUnitTest *list = calloc(count * (flavours_count + 1), sizeof *list);
    size_t n = 0;
    bool few = getenv("RF_TEST_FEW_FLAVOURS") != NULL;
    for (size_t i = 0; i < count; i++) {
        if (!tests[i].each_flavour)
            add(list, &n, &tests[i], NULL);
        else
            for (size_t f = 0; f < flavours_count; f++)
                if (!few || !flavours[f].rare)
                    add(list, &n, &tests[i], &flavours[f]);
    }
    int failed = _cmocka_run_group_tests("tests", list, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)list[i].name);
    free(list);
    return failed;
}
