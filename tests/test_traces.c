/* SPDX-License-Identifier: MIT */
/*
 * Held here: reports of the loan checker name the way that the program came, though it remembers
 * ways and does not unwind each time. Calls from two places at the same depth, in turns, with
 * the difference near or far; frames of a size that is found out when they run; stacks deeper
 * than what is kept. And the options of the checker that are not words of the environment.
 */
#include "support.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A function that stays one, and is called as it is written. */
#if defined(__clang__)
#define NOINLINE __attribute__((noinline))
#else
#define NOINLINE __attribute__((noipa))
#endif

/* Behind a call: it is not the last thing that is done, or there would be no frame. */
#define NOT_THE_LAST() __asm__ __volatile__("" ::: "memory")

/* What the last report said, and where this program was when it brought it about. */
static struct seen {
    unsigned count;
    void *submitted[32], *queued[32];
    size_t submitted_count, queued_count;
} seen;

static void *expected[4];

static void keep(void *context, const struct rf_check_report *report)
{
    (void)context;
    if (report->rule != RF_CHECK_REUSED)
        return;
    seen.count++;
    seen.submitted_count = report->where_count;
    seen.queued_count = report->queued_count;
    memcpy(seen.submitted, report->where, report->where_count * sizeof(void *));
    memcpy(seen.queued, report->queued, report->queued_count * sizeof(void *));
}

static bool leads_to(void *const *addresses, size_t count, const void *address)
{
    for (size_t i = 0; i < count; i++)
        if (addresses[i] == address)
            return true;
    return false;
}

static void open_checked(struct rf_ring *ring)
{
    struct rf_check_options options;
    memset(&options, 0, sizeof options);
    options.flags = RF_CHECK_UNIQUE;
    options.handler = keep;
    open_ring(ring, 8, 0);
    assert_result(rf_check_start(ring, &options), 0);
    seen.count = 0;
}

/* Two with one user_data: a report at once. Its callers are who is asked for. */
NOINLINE static void submit(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    expected[0] = __builtin_return_address(0);
    struct rf_sqe *first = rf_nop(ring, 1), *second = rf_nop(ring, 1);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(rf_submit(ring), 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rf_copy_cqe(ring, &cqe), 0);
    NOT_THE_LAST();
}

NOINLINE static void through(struct rf_ring *ring)
{
    expected[1] = __builtin_return_address(0);
    submit(ring);
    NOT_THE_LAST();
}

NOINLINE static void from_one(struct rf_ring *ring)
{
    expected[2] = __builtin_return_address(0);
    through(ring);
    NOT_THE_LAST();
}

NOINLINE static void from_other(struct rf_ring *ring)
{
    expected[2] = __builtin_return_address(0);
    through(ring);
    NOT_THE_LAST();
}

/* A program that is linked in some ways has nothing to unwind a stack by. */
static void need_stacks(void)
{
    struct rf_ring ring;
    open_checked(&ring);
    submit(&ring);
    rf_deinit(&ring);
    if (seen.submitted_count == 0)
        skip_because("stacks cannot be unwound");
}

/* Both stacks lead to all that are expected, and the count says that there was a report. */
static void check_seen(unsigned reports, int levels)
{
    assert_int_equal(seen.count, reports);
    for (int i = 0; i < levels; i++) {
        assert_true(leads_to(seen.submitted, seen.submitted_count, expected[i]));
        assert_true(leads_to(seen.queued, seen.queued_count, expected[i]));
    }
}

/* --- ways ----------------------------------------------------------------- */

static void two_lines_of_a_function_take_turns(void **state)
{
    struct rf_ring ring;
    (void)state;
    need_stacks();
    open_checked(&ring);
    for (unsigned i = 0; i < 20;) {
        submit(&ring);
        void *here = expected[0];
        check_seen(++i, 1);
        submit(&ring);
        assert_ptr_not_equal(expected[0], here);
        check_seen(++i, 1);
        assert_false(leads_to(seen.submitted, seen.submitted_count, here));
        assert_false(leads_to(seen.queued, seen.queued_count, here));
    }
    rf_deinit(&ring);
}

static void two_callers_far_away_take_turns(void **state)
{
    struct rf_ring ring;
    (void)state;
    need_stacks();
    open_checked(&ring);
    for (unsigned i = 0; i < 20;) {
        from_one(&ring);
        void *near = expected[0], *middle = expected[1], *far = expected[2];
        check_seen(++i, 3);
        from_other(&ring);
        assert_ptr_equal(expected[0], near); /* the same line of through() */
        assert_ptr_not_equal(expected[1], middle);
        assert_ptr_not_equal(expected[2], far);
        check_seen(++i, 3);
        assert_false(leads_to(seen.submitted, seen.submitted_count, middle));
        assert_false(leads_to(seen.queued, seen.queued_count, far));
    }
    rf_deinit(&ring);
}

/* What was remembered lies in the middle of this frame, or of its caller's, the next time. */
NOINLINE static void with_room(struct rf_ring *ring, size_t bytes, bool far)
{
    char *room = alloca(bytes);
    memset(room, 0, bytes);
    RF_OPAQUE(room);
    if (far)
        from_one(ring);
    else
        from_other(ring);
    NOT_THE_LAST();
}

static void frames_have_any_size(void **state)
{
    struct rf_ring ring;
    unsigned random = 1;
    (void)state;
    need_stacks();
    open_checked(&ring);
    for (unsigned i = 0; i < 300;) {
        random = random * 1103515245U + 12345U;
        with_room(&ring, 16 * (1 + random / 65536 % 5), random / 1024 & 1);
        check_seen(++i, 3);
    }
    rf_deinit(&ring);
}

NOINLINE static void deeper(struct rf_ring *ring, int levels)
{
    if (levels > 0)
        deeper(ring, levels - 1);
    else
        through(ring);
    NOT_THE_LAST();
}

static void stacks_deeper_than_what_is_kept(void **state)
{
    struct rf_ring ring;
    (void)state;
    need_stacks();
    open_checked(&ring);
    for (unsigned i = 0; i < 120;) {
        deeper(&ring, (int)(i % 60));
        check_seen(++i, 2);
    }
    rf_deinit(&ring);
}

/* --- options -------------------------------------------------------------- */

static void options_that_are_none_are_refused(void **state)
{
    struct rf_ring ring;
    struct rf_check_options options;
    (void)state;
    memset(&options, 0, sizeof options);
    open_ring(&ring, 8, 0);
    options.exit_code = 256;
    assert_result(rf_check_start(&ring, &options), -EINVAL);
    options.exit_code = -1;
    assert_result(rf_check_start(&ring, &options), -EINVAL);
    options.exit_code = 0;
    options.answer = (enum rf_check_answer)(RF_CHECK_EXIT + 1);
    assert_result(rf_check_start(&ring, &options), -EINVAL);
    rf_deinit(&ring);
}

/* What stands in PATH.PID, which is removed; "" if there is none. */
static void read_log(const char *path, pid_t pid, char *text, size_t room)
{
    char name[256];
    snprintf(name, sizeof name, "%s.%d", path, (int)pid);
    int fd = open(name, O_RDONLY);
    ssize_t count = fd >= 0 ? read(fd, text, room - 1) : 0;
    text[count > 0 ? count : 0] = '\0';
    if (fd >= 0)
        close(fd);
    unlink(name);
}

static void a_report_goes_to_its_log_and_ends_with_its_status(void **state)
{
    char path[] = "/tmp/ringfence-test-XXXXXX", text[4096], given[sizeof path];
    int status;
    (void)state;
    need_a_ring();
    assert_non_null(mkdtemp(path));
    rmdir(path);
    memcpy(given, path, sizeof path);
    pid_t child = fork();
    if (child == 0) {
        struct rf_ring ring;
        struct rf_check_options options;
        memset(&options, 0, sizeof options);
        options.flags = RF_CHECK_UNIQUE;
        options.answer = RF_CHECK_EXIT;
        options.exit_code = 42;
        options.log_path = given;
        if (rf_init(&ring, 8, 0) || rf_check_start(&ring, &options))
            _exit(1);
        memset(given, 'x', sizeof given); /* it was read */
        submit(&ring);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    read_log(path, child, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    assert_non_null(strstr(text, "ringfence: user-data-reused: "));
    assert_non_null(strstr(text, "  remedy: "));
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(two_lines_of_a_function_take_turns),
        ONCE(two_callers_far_away_take_turns),
        ONCE(frames_have_any_size),
        ONCE(stacks_deeper_than_what_is_kept),
        ONCE(options_that_are_none_are_refused),
        ONCE(a_report_goes_to_its_log_and_ends_with_its_status),
    };
    return run_all(tests, COUNT_OF(tests));
}
