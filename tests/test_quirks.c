/* SPDX-License-Identifier: MIT */
/*
 * Held here: each row of the table of quirks is whole, names a test that there is, and stands
 * in the documentation; and what is tried agrees with what can be seen in another way.
 */
#include "io_support.h"

#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quirks.h"

static char *text_of(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", RF_SOURCE_DIR, name);
    FILE *file = fopen(path, "re");
    if (!file)
        skip_because("the sources are not here");
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    size_t bytes = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    assert_true(bytes > 0);
    return text;
}

/* "test_wrap.c: name" */
static void assert_test_exists(const char *test)
{
    const char *colon = strstr(test, ": ");
    assert_non_null(colon);
    char file[64], name[96];
    snprintf(file, sizeof file, "tests/%.*s", (int)(colon - test), test);
    snprintf(name, sizeof name, "(%s)", colon + 2);
    char *text = text_of(file);
    if (!strstr(text, name))
        fail_msg("%s is no test", test);
    free(text);
}

static void rows_are_whole(void **state)
{
    (void)state;
    assert_null(rf_quirk_info(RF_QUIRKS));
    for (uint32_t id = 0; id < RF_QUIRKS; id++) {
        const struct rf_quirk *quirk = rf_quirk_info(id);
        assert_non_null(quirk);
        assert_true(quirk->name && strlen(quirk->name) > 3 && !strchr(quirk->name, ' '));
        assert_true(quirk->kernels && quirk->concerns && quirk->behaviour);
        assert_true(quirk->mended || quirk->advice);
        assert_test_exists(quirk->test);
        for (uint32_t other = 0; other < id; other++)
            assert_string_not_equal(quirk->name, rf_quirk_info(other)->name);
    }
}

/* A row of it in docs/capabilities.md, made from the table. */
static void the_documentation_has_each(void **state)
{
    (void)state;
    char *text = text_of("docs/capabilities.md");
    bool complete = true;
    for (uint32_t id = 0; id < RF_QUIRKS; id++) {
        const struct rf_quirk *quirk = rf_quirk_info(id);
        char row[2048], test[160];
        snprintf(test, sizeof test, "%s", quirk->test);
        char *name = strstr(test, ": ") + 2;
        name[-2] = '\0';
        snprintf(row, sizeof row, "| `%s` | %s | %s | %s | %s%s%s | %s | %s: `%s` |\n", quirk->name,
                 quirk->kernels, quirk->concerns, quirk->behaviour,
                 quirk->mended ? quirk->mended : "", quirk->mended && quirk->advice ? " " : "",
                 quirk->advice ? quirk->advice : "", quirk->untried ? quirk->untried : "yes", test,
                 name);
        if (!strstr(text, row)) {
            printf("# missing in docs/capabilities.md:\n# %s", row);
            complete = false;
        }
    }
    free(text);
    assert_true(complete);
}

/* --- trying -------------------------------------------------------------- */

static struct rf_quirks found;

static void what_is_tried_has_an_answer(void **state)
{
    (void)state;
    need_a_ring();
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    errno = 4711;
    assert_result(rf_quirks_system(&found), 0);
    assert_int_equal(errno, 4711);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 10);
    struct rf_ring ring;
    open_ring(&ring, 2, 0);
    for (uint32_t id = 0; id < RF_QUIRKS; id++) {
        const struct rf_quirk *quirk = rf_quirk_info(id);
        printf("# %s: %s\n", quirk->name,
               found.of[id].state == RF_CAP_THERE     ? "yes"
               : found.of[id].state == RF_CAP_MISSING ? "no"
                                                      : "?");
        if (quirk->untried && found.of[id].state == RF_CAP_THERE)
            fail_msg("%s is said not to be tried", quirk->name);
        /* Everything that 6.18 has can be tried there. */
        if (!quirk->untried && ring.features & RF_FEAT_NO_IOWAIT)
            assert_int_equal(found.of[id].source, RF_CAP_BY_TRIAL);
    }
    rf_deinit(&ring);
}

static bool has(enum rf_quirk_id id)
{
    return found.of[id].state == RF_CAP_THERE;
}

/* On other ways than those of the trial, where there is another. */
static void what_the_table_says_is_what_happens(void **state)
{
    (void)state;
    need_a_ring();
    assert_result(rf_quirks_system(&found), 0);
    struct rf_ring ring;

    open_ring(&ring, 2, 0);
    struct rf_sqe *sqe = rf_poll_add(&ring, 1, 0, 1);
    assert_non_null(sqe);
    sqe->len |= RF_POLL_ADD_LEVEL;
    assert_true(rf_submit(&ring) == 1);
    struct rf_cqe cqe = {.res = 0};
    bool refused = rf_copy_cqes(&ring, &cqe, 1, 0) == 1 && cqe.res == -EINVAL;
    if (found.of[RF_QUIRK_POLL_LEVEL].state != RF_CAP_UNKNOWN)
        assert_int_equal(has(RF_QUIRK_POLL_LEVEL), refused);
    rf_deinit(&ring);

    /* A time that is no time, after a NOP: told, or hidden. */
    open_ring(&ring, 2, 0);
    if (ring.features & RF_FEAT_EXT_ARG) {
        struct rf_timespec never = {-1, -1};
        struct rf_getevents_arg arg;
        memset(&arg, 0, sizeof arg);
        arg.sigmask_sz = 8;
        arg.sigmask = 8; /* nothing is there */
        arg.ts = (uint64_t)(uintptr_t)&never;
        assert_non_null(rf_nop(&ring, 1));
        int result = ring.sys->ring_enter(ring.sys, ring.fd, rf_flush_sq(&ring), 2,
                                          RF_ENTER_GETEVENTS | RF_ENTER_EXT_ARG, &arg, sizeof arg);
        assert_int_equal(has(RF_QUIRK_ERROR_HIDDEN), result == 1);
    }
    rf_deinit(&ring);
}

/* --- drains, futexes ------------------------------------------------------ */

/* What is to be had within some time; 0: nothing. */
static uint64_t next_within(struct rf_ring *ring, int64_t ms)
{
    const struct rf_cqe *cqe;
    const struct rf_timespec ts = {ms / 1000, ms % 1000 * 1000000};
    if (rf_wait_cqe_timeout(ring, &cqe, &ts))
        return 0;
    uint64_t user_data = cqe->user_data;
    rf_cqe_seen(ring, cqe);
    return user_data;
}

/* A read behind a drain that had to wait; then a NOP, which has no flag. */
static void a_ring_that_has_drained_goes_on(void **state)
{
    (void)state;
    need_a_ring();
    assert_result(rf_quirks_system(&found), 0);
    struct rf_ring ring;
    int before[2], behind[2];
    static char bytes[2];
    open_ring(&ring, 8, 0);
    if (!(ring.features & RF_FEAT_EXT_ARG)) {
        rf_deinit(&ring);
        skip_because("this kernel waits without a time only");
    }
    assert_int_equal(pipe(before) || pipe(behind), 0);
    assert_non_null(rf_read(&ring, 1, before[0], &bytes[0], 1, 0));
    rf_sqe_set_flags(rf_nop(&ring, 2), RF_SQE_IO_DRAIN);
    assert_non_null(rf_read(&ring, 3, behind[0], &bytes[1], 1, 0));
    submit_all(&ring, 3);
    assert_int_equal(next_within(&ring, 20), 0);
    assert_int_equal(write(before[1], "x", 1), 1);
    assert_int_equal(next_within(&ring, 5000), 1);
    assert_int_equal(next_within(&ring, 5000), 2);
    assert_non_null(rf_nop(&ring, 4));
    submit_all(&ring, 1);
    bool lasts = next_within(&ring, 50) == 0;
    assert_int_equal(has(RF_QUIRK_DRAIN_LASTS), lasts);
    assert_int_equal(write(behind[1], "x", 1), 1);
    assert_int_equal(next_within(&ring, 5000), 3);
    if (lasts)
        assert_int_equal(next_within(&ring, 5000), 4);
    /* The next is submitted with nothing open: it was the last that a drain held back. */
    assert_non_null(rf_read(&ring, 5, behind[0], &bytes[1], 1, 0));
    submit_all(&ring, 1);
    assert_non_null(rf_nop(&ring, 6));
    submit_all(&ring, 1);
    assert_int_equal(next_within(&ring, 5000), 6);
    assert_int_equal(write(behind[1], "x", 1), 1);
    assert_int_equal(next_within(&ring, 5000), 5);
    for (int i = 0; i < 2; i++) {
        close(before[i]);
        close(behind[i]);
    }
    rf_deinit(&ring);
}

static void a_zero_copy_send_behind_a_drain_never_starts(void **state)
{
    without_checker(); /* it is closed with an operation open */
    (void)state;
    need_a_ring();
    assert_result(rf_quirks_system(&found), 0);
    struct rf_ring ring;
    struct sockaddr_in to;
    open_ring(&ring, 8, 0);
    if (!has_op(&ring, RF_OP_SEND_ZC)) {
        rf_deinit(&ring);
        skip_because("this kernel does not send without a copy");
    }
    int fd = bind_udp_on_loopback(&to);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    rf_sqe_set_flags(rf_nop(&ring, 1), RF_SQE_IO_DRAIN);
    submit_all(&ring, 1);
    assert_int_equal(next_within(&ring, 5000), 1);
    assert_non_null(rf_send_zc(&ring, 2, fd, "text", 4, 0, 0));
    submit_all(&ring, 1);
    bool stops = next_within(&ring, 50) == 0;
    assert_int_equal(has(RF_QUIRK_DRAIN_ZERO_COPY), stops);
    if (stops) { /* and nothing ends it */
        struct rf_sync_cancel_reg all;
        memset(&all, 0, sizeof all);
        all.flags = RF_ASYNC_CANCEL_ANY | RF_ASYNC_CANCEL_ALL;
        all.fd = -1;
        assert_result(rf_register_sync_cancel(&ring, &all), 0);
        assert_int_equal(next_within(&ring, 50), 0);
    }
    rf_deinit(&ring);
    close(fd);
}

enum { WOKEN = 0, FORGOTTEN = 3, OTHER = 1 };

/* In a process of one thread, which gets another: a worker. */
static int wait_for_a_futex(void)
{
    static uint32_t word = 5;
    struct rf_ring ring;
    if (rf_init(&ring, 8, 0))
        return OTHER;
    (void)!rf_futex_wait(&ring, 1, &word, 5, UINT32_MAX, RF_FUTEX2_SIZE_U32 | RF_FUTEX2_PRIVATE, 0);
    rf_sqe_set_flags(rf_nop(&ring, 2), RF_SQE_ASYNC);
    if (rf_submit(&ring) != 2 || next_within(&ring, 5000) != 2)
        return OTHER;
    long woken = syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    if (woken == 1 && next_within(&ring, 5000) == 1)
        return WOKEN;
    (void)!rf_cancel64(&ring, 3, 1, 0);
    if (woken != 0 || rf_submit(&ring) != 1)
        return OTHER;
    uint64_t both = next_within(&ring, 5000) + next_within(&ring, 5000);
    rf_deinit(&ring);
    return both == 1 + 3 ? FORGOTTEN : OTHER;
}

static void a_futex_wait_is_forgotten_with_the_first_thread(void **state)
{
    (void)state;
    need_a_ring();
    struct rf_ring ring;
    open_ring(&ring, 2, 0);
    bool there = has_op(&ring, RF_OP_FUTEX_WAIT);
    rf_deinit(&ring);
    if (!there)
        skip_because("this kernel has no such operation");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(wait_for_a_futex());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == WOKEN)
        skip_because("this kernel wakes it");
    assert_int_equal(WEXITSTATUS(status), FORGOTTEN);
}

/* --- kernels that are played --------------------------------------------- */

static int busy_enter(const struct rf_sys *sys, int fd, uint32_t to_submit, uint32_t min_complete,
                      uint32_t flags, const void *arg, size_t arg_bytes)
{
    static unsigned calls;
    (void)sys;
    if (to_submit && !flags && ++calls % 4 == 0)
        return -EBUSY; /* as kernels do that keep no more than fits */
    int result = rf_sys_kernel.ring_enter(&rf_sys_kernel, fd, to_submit, min_complete, flags, arg,
                                          arg_bytes);
    if (flags & RF_ENTER_EXT_ARG && result == 1)
        return -EFAULT; /* as a kernel would that tells */
    return result;
}

static int no_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    (void)entries;
    (void)params;
    return -EPERM;
}

static int older_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    (void)sys;
    if (params->flags & (RF_SETUP_CQE_MIXED | RF_SETUP_NO_SQARRAY))
        return -EINVAL;
    int fd = rf_sys_kernel.ring_setup(&rf_sys_kernel, entries, params);
    params->features &= ~(RF_FEAT_MIN_TIMEOUT | RF_FEAT_EXT_ARG);
    return fd;
}

static int older_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                          uint32_t nr_args)
{
    (void)sys;
    if (opcode >= RF_REGISTER_CLOCK)
        return -EINVAL;
    return rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
}

static void other_kernels_have_other_quirks(void **state)
{
    (void)state;
    need_a_ring();
    struct rf_sys sys = rf_sys_kernel;
    sys.ring_enter = busy_enter;
    assert_result(rfi_quirks_system(&sys, &found), 0);
    assert_int_equal(found.of[RF_QUIRK_OVERFLOW_BLOCKS].state, RF_CAP_THERE);
    assert_int_not_equal(found.of[RF_QUIRK_ERROR_HIDDEN].state, RF_CAP_THERE);

    sys = rf_sys_kernel;
    sys.ring_setup = older_setup;
    sys.ring_register = older_register;
    assert_result(rfi_quirks_system(&sys, &found), 0);
    assert_int_equal(found.of[RF_QUIRK_MIXED_WAIT_SPINS].state, RF_CAP_MISSING);
    assert_int_equal(found.of[RF_QUIRK_MIXED_OVERTAKES].state, RF_CAP_MISSING);
    assert_int_equal(found.of[RF_QUIRK_MINIMUM_ENDS_WAIT].state, RF_CAP_UNKNOWN);
    assert_int_equal(found.of[RF_QUIRK_LAST_WAIT_SLOT].state, RF_CAP_UNKNOWN);

    sys.ring_setup = no_setup;
    assert_result(rfi_quirks_system(&sys, &found), -EPERM);
    for (uint32_t id = 0; id < RF_QUIRKS; id++)
        assert_int_equal(found.of[id].state, RF_CAP_UNKNOWN);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(rows_are_whole),
        ONCE(the_documentation_has_each),
        ONCE(what_is_tried_has_an_answer),
        ONCE(what_the_table_says_is_what_happens),
        ONCE(a_ring_that_has_drained_goes_on),
        ONCE(a_zero_copy_send_behind_a_drain_never_starts),
        ONCE(a_futex_wait_is_forgotten_with_the_first_thread),
        ONCE(other_kernels_have_other_quirks),
    };
    return run_all(tests, COUNT_OF(tests));
}
