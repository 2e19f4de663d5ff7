/* SPDX-License-Identifier: MIT */
/*
 * Held here: where a limit refuses something, rf_reason() names the limit, its value
 * and what was asked for; and where it is not the limit, nothing of it is said.
 */
#include "register_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child: tests that lower limits leave nothing behind. What it prints is its answer. */
static void in_a_child(const char *(*what)(void), char *answer, size_t bytes)
{
    struct pipe_ends ends;
    open_pipe(&ends);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const char *said = what();
        ssize_t n = said ? write(ends.write, said, strlen(said)) : 0;
        _exit(n < 0);
    }
    close(ends.write);
    size_t length = 0;
    for (ssize_t n; (n = read(ends.read, answer + length, bytes - 1 - length)) > 0;)
        length += (size_t)n;
    answer[length] = '\0';
    close(ends.read);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    if (!strcmp(answer, "skip"))
        skip_because("limits of another user cannot be tried here");
}

static bool lower(int resource, rlim_t value)
{
    struct rlimit limit = {value, value};
    return setrlimit(resource, &limit) == 0;
}

static bool become_nobody(unsigned which)
{
    return setresuid(63000 + which, 63000 + which, 63000 + which) == 0;
}

#define assert_said(function, expected)                 \
    do {                                                \
        char answer_[200];                              \
        in_a_child(function, answer_, sizeof answer_);  \
        assert_string_equal(answer_, expected);         \
    } while (0)

/* --- descriptors --------------------------------------------------------- */

static const char *many_slots(void)
{
    static struct rf_ring ring;
    if (rf_init(&ring, 1, 0) || !lower(RLIMIT_NOFILE, 64))
        return "skip";
    int err = rf_register_files_sparse(&ring, 65);
    return err == -EMFILE ? rf_reason(&ring) : "another errno";
}

static const char *many_files(void)
{
    static struct rf_ring ring;
    static int fds[100];
    memset(fds, 0xff, sizeof fds);
    if (rf_init(&ring, 1, 0) || !lower(RLIMIT_NOFILE, 64))
        return "skip";
    int err = rf_register_files(&ring, fds, 100);
    return err == -EMFILE ? rf_reason(&ring) : "another errno";
}

static const char *many_tagged_files(void)
{
    static struct rf_ring ring;
    static int fds[100];
    memset(fds, 0xff, sizeof fds);
    if (rf_init(&ring, 1, 0) || !lower(RLIMIT_NOFILE, 64))
        return "skip";
    int err = rf_register_files_tags(&ring, fds, NULL, 100);
    return err == -EMFILE ? rf_reason(&ring) : "another errno";
}

static const char *a_ring_too_many(void)
{
    static struct rf_ring ring;
    if (!lower(RLIMIT_NOFILE, 3))
        return "skip";
    int err = rf_init(&ring, 1, 0);
    return err == -EMFILE ? rf_reason(&ring) : "another errno";
}

static void the_limit_of_descriptors_is_named(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    if (rf_register_files_sparse(&ring, (1 << 20) + 1) == -EOPNOTSUPP) {
        rf_deinit(&ring);
        skip_because("this kernel has no empty tables");
    }
    assert_named_error(REGISTER_FILES_SPARSE, rf_register_files_sparse(&ring, (1 << 20) + 1),
                       EMFILE, "UserFdQuotaExceeded");
    assert_string_equal(rf_reason(&ring),
                        "1048577 slots were asked for, and the kernel's limit is 1048576");
    /* The next call has nothing of that, and neither has a ring that moved. */
    assert_result(rf_register_files_sparse(&ring, 1), 0);
    assert_null(rf_reason(&ring));
    assert_result(rf_unregister_files(&ring), 0);
    assert_result(rf_register_files_sparse(&ring, (1 << 20) + 1), -EMFILE);
    struct rf_ring moved = ring;
    memset(&ring, 0, sizeof ring);
    assert_non_null(strstr(rf_reason(&moved), "1048577 slots"));
    rf_deinit(&moved);

    assert_said(many_slots, "65 slots were asked for, and RLIMIT_NOFILE is 64");
    assert_said(many_files, "100 slots were asked for, and RLIMIT_NOFILE is 64");
    assert_said(many_tagged_files, "100 slots were asked for, and RLIMIT_NOFILE is 64");
    assert_said(a_ring_too_many, "1 more descriptor was asked for, and RLIMIT_NOFILE is 3");
}

/* --- locked memory ------------------------------------------------------- */

static const char *much_memory(void)
{
    static struct rf_ring ring;
    if (!lower(RLIMIT_MEMLOCK, 65536) || !become_nobody(1))
        return "skip";
    int err = rf_init(&ring, 1024, 0);
    if (err == 0)
        return "skip"; /* rings do not count on this kernel */
    return err == -ENOMEM ? rf_reason(&ring) : "another errno";
}

static const char *large_buffers(void)
{
    static struct rf_ring ring;
    static char memory[1 << 18] __attribute__((aligned(65536)));
    memset(memory, 1, sizeof memory);
    if (!lower(RLIMIT_MEMLOCK, 131072) || !become_nobody(2) || rf_init(&ring, 1, 0))
        return "skip";
    const struct iovec bufs[] = {{memory, 65536}, {NULL, 0}, {memory + 65536, 131072 + 1}};
    int err = rf_register_buffers(&ring, bufs, 3);
    if (err != -ENOMEM || !rf_reason(&ring))
        return "another errno";
    static char said[400];
    snprintf(said, sizeof said, "%s", rf_reason(&ring));
    err = rf_register_buffers_tags(&ring, bufs, NULL, 3);
    if (err != -ENOMEM || !rf_reason(&ring) || strcmp(said, rf_reason(&ring)))
        return "another errno with tags";
    if (rf_register_buffers_sparse(&ring, 3))
        return "no table";
    err = rf_register_buffers_update_tag(&ring, 0, &bufs[2], NULL, 1);
    if (err != -ENOMEM || !rf_reason(&ring) || !strstr(rf_reason(&ring), "RLIMIT_MEMLOCK"))
        return "another errno in an update";
    return said;
}

static const char *a_large_buffer_ring(void)
{
    static struct rf_ring ring;
    struct rf_buf_ring *br;
    if (!lower(RLIMIT_MEMLOCK, 131072) || !become_nobody(3) || rf_init(&ring, 1, 0))
        return "skip";
    int err = rf_setup_buf_ring(&ring, 32768, 1, 0, &br);
    return err == -ENOMEM ? rf_reason(&ring) : "another errno";
}

static const char *a_ring_that_grows(void)
{
    static struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.sq_entries = 4096;
    if (!lower(RLIMIT_MEMLOCK, 131072) || !become_nobody(4) ||
        rf_init(&ring, 1, RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN))
        return "skip";
    int err = rf_resize_rings(&ring, &params);
    if (err == -EOPNOTSUPP || err == 0)
        return "skip";
    return err == -ENOMEM ? rf_reason(&ring) : "another errno";
}

#define OF_THE_USER " for all that this user locks, without CAP_IPC_LOCK"

static void the_limit_of_locked_memory_is_named(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    rf_deinit(&ring);
    char expected[200];
    snprintf(expected, sizeof expected,
             "%lld bytes for a ring, and RLIMIT_MEMLOCK is 65536" OF_THE_USER,
             (long long)rf_memory_size(1024, 0));
    assert_said(much_memory, expected);
    /* Page by page: a byte more is a page more. */
    snprintf(expected, sizeof expected,
             "%ld bytes of registered buffers, and RLIMIT_MEMLOCK is 131072" OF_THE_USER,
             65536 + 131072 + sysconf(_SC_PAGESIZE));
    assert_said(large_buffers, expected);
    assert_said(a_large_buffer_ring,
                "524288 bytes for a buffer ring, and RLIMIT_MEMLOCK is 131072" OF_THE_USER);
    snprintf(expected, sizeof expected,
             "%lld bytes for the resized ring, and RLIMIT_MEMLOCK is 131072" OF_THE_USER,
             (long long)rf_memory_size(4096, 0));
    assert_said(a_ring_that_grows, expected);
}

/* --- other causes of the same errnos ------------------------------------- */

static int out_of_memory(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                         uint32_t nr_args)
{
    (void)sys;
    (void)fd;
    (void)opcode;
    (void)arg;
    (void)nr_args;
    return -ENOMEM;
}

static int too_many(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg, uint32_t nr_args)
{
    (void)sys;
    (void)fd;
    (void)opcode;
    (void)arg;
    (void)nr_args;
    return -EMFILE;
}

static void what_is_not_the_limit_is_not_blamed_on_it(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 1, 0);
    struct rf_sys sys = rf_sys_kernel;
    ring.sys = &sys;
    static char memory[64];
    const struct iovec buf = {memory, sizeof memory};
    const int none = -1;
    sys.ring_register = too_many;
    assert_result(rf_register_files(&ring, &none, 1), -EMFILE);
    assert_null(rf_reason(&ring));
    if (geteuid() == 0) { /* who has CAP_IPC_LOCK */
        sys.ring_register = out_of_memory;
        assert_result(rf_register_buffers(&ring, &buf, 1), -ENOMEM);
        assert_null(rf_reason(&ring));
    }
    ring.sys = &rf_sys_kernel;
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(the_limit_of_descriptors_is_named),
        ONCE(the_limit_of_locked_memory_is_named),
        ONCE(what_is_not_the_limit_is_not_blamed_on_it),
    };
    return run_all(tests, COUNT_OF(tests));
}
