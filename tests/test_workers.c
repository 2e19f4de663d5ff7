/* SPDX-License-Identifier: MIT */
/*
 * Held here: workers run where and are as many as they were told to, as seen in
 * /proc; on rings with an SQ thread it is the workers of that thread.
 */
#include "register_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "map.h"

/* --- workers, as /proc shows them ---------------------------------------- */

/* A line of a file of the task, without its key; "" if there is none. */
static void status_of(const char *task, const char *key, char *value, size_t bytes)
{
    char path[300], line[256];
    snprintf(path, sizeof path, "/proc/%s%s/status", strcmp(task, "self") ? "self/task/" : "", task);
    value[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return; /* it has ended meanwhile */
    while (fgets(line, sizeof line, file)) {
        size_t length = strlen(key);
        if (strncmp(line, key, length) || line[length] != ':')
            continue;
        snprintf(value, bytes, "%s", line + length + 1 + strspn(line + length + 1, " \t"));
        value[strcspn(value, "\n")] = '\0';
    }
    fclose(file);
}

/*
 * How many workers there are, and where the last one may run. Those of the first
 * thread, which live on for seconds, are not counted: tests run in threads of their own.
 */
static unsigned count_workers(char *processors, size_t bytes)
{
    char own[32];
    snprintf(own, sizeof own, "iou-wrk-%d", (int)getpid());
    DIR *dir = opendir("/proc/self/task");
    if (!dir)
        return 1000;
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char name[64];
        status_of(entry->d_name, "Name", name, sizeof name);
        if (strncmp(name, "iou-wrk", 7) || !strcmp(name, own))
            continue;
        count++;
        if (processors)
            status_of(entry->d_name, "Cpus_allowed_list", processors, bytes);
    }
    closedir(dir);
    return count;
}

static bool there_are_soon(unsigned wanted)
{
    for (int i = 0; i < 2000 && count_workers(NULL, 0) != wanted; i++)
        usleep(1000);
    unsigned count = count_workers(NULL, 0);
    if (count != wanted)
        print_message("# %u workers, and not %u\n", count, wanted);
    return count == wanted;
}

/* --- blocking them ------------------------------------------------------- */

enum { SPLICES = 4 };

struct blocked {
    struct pipe_ends from[SPLICES];
    struct pipe_ends to[SPLICES];
};

static int quiet_pipe(struct pipe_ends *ends)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC))
        return -errno;
    ends->read = fds[0];
    ends->write = fds[1];
    return 0;
}

/* From pipes with nothing in them: each takes a worker, if there is one to be had. */
static int block_workers(struct rf_ring *ring, struct blocked *blocked)
{
    for (unsigned i = 0; i < SPLICES; i++) {
        if (quiet_pipe(&blocked->from[i]) || quiet_pipe(&blocked->to[i]))
            return -EMFILE;
        if (!splice_one(ring, i, blocked->from[i].read, blocked->to[i].write))
            return -EAGAIN;
    }
    return rf_submit(ring) < 0 ? -EIO : 0;
}

static int unblock_workers(struct rf_ring *ring, struct blocked *blocked)
{
    int err = 0;
    for (unsigned i = 0; i < SPLICES; i++)
        if (write(blocked->from[i].write, "x", 1) != 1)
            err = -EIO;
    for (unsigned i = 0; i < SPLICES; i++) {
        struct rf_cqe cqe;
        if (rf_copy_cqe(ring, &cqe) || cqe.res != 1)
            err = -EIO;
    }
    for (unsigned i = 0; i < SPLICES; i++) {
        close_pipe(&blocked->from[i]);
        close_pipe(&blocked->to[i]);
    }
    return err;
}

/* --- threads of their own ------------------------------------------------ */

struct job {
    const struct flavour *flavour;
    const char *(*body)(struct rf_ring *ring);
    const char *failed; /* what, or NULL */
};

#define CHECK(condition)       \
    do {                       \
        if (!(condition))      \
            return #condition; \
    } while (0)

static void *do_job(void *argument)
{
    struct job *job = (struct job *)argument;
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = job->flavour->flags;
    const struct rf_sys *sys = job->flavour->sys ? job->flavour->sys : &rf_sys_kernel;
    int err = rf_init_sys(&ring, 8, &params, sys);
    if (!err && job->flavour->registered_ring)
        err = rf_register_ring_fd(&ring);
    job->failed = err ? "no ring in that thread" : job->body(&ring);
    if (!err)
        rf_deinit(&ring);
    return NULL;
}

/* On a ring of the flavour, by a thread whose workers are its own. Asserts do not work there. */
static void run_in_a_thread(void **state, const char *(*body)(struct rf_ring *ring),
                            uint32_t opcode, uint32_t nr_args)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, opcode, nr_args);
    rf_deinit(&ring);
    assert_true(there_are_soon(0));
    struct job job = {flavour_of(state), body, NULL};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, do_job, &job), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (job.failed)
        fail_msg("%s", job.failed);
}

/* --- limits -------------------------------------------------------------- */

static const char *limit_to_two(struct rf_ring *ring)
{
    uint32_t before[2] = {0, 0}, values[2] = {0, 2}, now[2] = {0, 0};
    CHECK(rf_register_iowq_max_workers(ring, before) == 0);
    CHECK(before[RF_WQ_BOUND] > 0 && before[RF_WQ_UNBOUND] > 2);
    CHECK(rf_register_iowq_max_workers(ring, values) == 0);
    CHECK(memcmp(values, before, sizeof before) == 0);

    struct blocked blocked;
    CHECK(block_workers(ring, &blocked) == 0);
    CHECK(there_are_soon(2));
    usleep(20000);
    CHECK(count_workers(NULL, 0) == 2);
    CHECK(unblock_workers(ring, &blocked) == 0);

    CHECK(rf_register_iowq_max_workers(ring, now) == 0);
    CHECK(now[RF_WQ_BOUND] == before[RF_WQ_BOUND]);
    CHECK(now[RF_WQ_UNBOUND] == 2);
    return NULL;
}

static void no_more_workers_than_allowed(void **state)
{
    run_in_a_thread(state, limit_to_two, RF_REGISTER_IOWQ_MAX_WORKERS, 2);
}

static void limits_that_are_refused_change_nothing(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_IOWQ_MAX_WORKERS, 2);
    uint32_t before[2] = {0, 0}, now[2] = {0, 0}, values[2] = {3, UINT32_C(1) << 31};
    assert_result(rf_register_iowq_max_workers(&ring, before), 0);
    assert_named_error(REGISTER_IOWQ_MAX_WORKERS, rf_register_iowq_max_workers(&ring, values),
                       EINVAL, "WorkerLimitOutOfRange");
    assert_int_equal(values[0], 3);
    assert_int_equal(values[1], UINT32_C(1) << 31);
    assert_result(rf_register_iowq_max_workers(&ring, now), 0);
    assert_memory_equal(before, now, sizeof now);
    rf_deinit(&ring);
}

/* --- processors ---------------------------------------------------------- */

/* Blocks workers, and they are on exactly these processors. */
static const char *workers_are_at(struct rf_ring *ring, const char *expected)
{
    struct blocked blocked;
    char processors[64] = "";
    CHECK(block_workers(ring, &blocked) == 0);
    CHECK(there_are_soon(SPLICES));
    count_workers(processors, sizeof processors);
    CHECK(unblock_workers(ring, &blocked) == 0);
    if (strcmp(processors, expected) != 0)
        print_message("# on processors %s, and not %s\n", processors, expected);
    CHECK(strcmp(processors, expected) == 0);
    return NULL;
}

static const char *anywhere(void)
{
    static char processors[64];
    status_of("self", "Cpus_allowed_list", processors, sizeof processors);
    if (!processors[0])
        snprintf(processors, sizeof processors, "?");
    return processors;
}

static int keep_to(struct rf_ring *ring, int processor)
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(processor, &mask);
    return rf_register_iowq_aff(ring, sizeof mask, &mask);
}

static const char *keep_to_the_second(struct rf_ring *ring)
{
    CHECK(keep_to(ring, 1) == 0);
    const char *failed = workers_are_at(ring, "1");
    if (failed)
        return failed;
    CHECK(rf_unregister_iowq_aff(ring) == 0);
    if (!has_op(ring, RF_OP_PIPE)) /* older kernels move them (5.10), or replace them */
        return NULL;
    /* Those that are there stay there. */
    return workers_are_at(ring, "1");
}

static const char *keep_nowhere(struct rf_ring *ring)
{
    CHECK(keep_to(ring, CPU_SETSIZE - 1) == 0); /* none that this machine has */
    return workers_are_at(ring, anywhere());
}

static const char *keep_and_let_go(struct rf_ring *ring)
{
    CHECK(keep_to(ring, 1) == 0);
    CHECK(rf_unregister_iowq_aff(ring) == 0);
    CHECK(rf_unregister_iowq_aff(ring) == 0);
    return workers_are_at(ring, anywhere());
}

static void need_two_processors(void)
{
    cpu_set_t all;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    if (!CPU_ISSET(0, &all) || !CPU_ISSET(1, &all))
        skip_because("this needs processors 0 and 1");
}

static void new_workers_run_where_they_were_told_to(void **state)
{
    need_two_processors();
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    if (ring.flags & RF_SETUP_SQPOLL)
        need_op(&ring, RF_OP_FUTEX_WAIT); /* before 6.6 the SQ thread's workers have no choice */
    rf_deinit(&ring);
    run_in_a_thread(state, keep_to_the_second, RF_REGISTER_IOWQ_AFF, 1);
}

static void processors_that_are_not_there_do_not_count(void **state)
{
    need_two_processors();
    run_in_a_thread(state, keep_nowhere, RF_REGISTER_IOWQ_AFF, 1);
}

static void let_go_they_run_anywhere(void **state)
{
    need_two_processors();
    run_in_a_thread(state, keep_and_let_go, RF_REGISTER_IOWQ_AFF, 1);
}

static void masks_of_no_use_are_refused(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 8);
    need_registration(&ring, RF_REGISTER_IOWQ_AFF, 1);
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(0, &mask);
    assert_named_error(REGISTER_IOWQ_AFF, rf_register_iowq_aff(&ring, 0, &mask), EINVAL,
                       "WorkerProcessorsInvalid");
    assert_named_error(REGISTER_IOWQ_AFF, rf_register_iowq_aff(&ring, (size_t)1 << 31, &mask),
                       EINVAL, "WorkerProcessorsInvalid");
    assert_named_error(REGISTER_IOWQ_AFF, rf_register_iowq_aff(&ring, 8, unmapped()), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    assert_result(rf_register_iowq_aff(&ring, 1, &mask), 0); /* one byte is eight processors */
    assert_result(rf_unregister_iowq_aff(&ring), 0);
    rf_deinit(&ring);
}

struct answers {
    struct rf_ring *ring;
    int choose, unchoose, limit;
    uint32_t values[2];
};

static void *ask_from_a_fresh_thread(void *argument)
{
    struct answers *answers = (struct answers *)argument;
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(0, &mask);
    answers->choose = rf_register_iowq_aff(answers->ring, sizeof mask, &mask);
    answers->unchoose = rf_unregister_iowq_aff(answers->ring);
    answers->limit = rf_register_iowq_max_workers(answers->ring, answers->values);
    return NULL;
}

static void a_thread_that_never_used_a_ring_has_no_workers(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 8, 0);
    need_registration(&ring, RF_REGISTER_IOWQ_MAX_WORKERS, 2);
    struct answers answers = {.ring = &ring, .values = {0, 3}};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_from_a_fresh_thread, &answers), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_result(answers.choose, -EINVAL);
    assert_string_equal(rf_error_name(RF_CALL_REGISTER_IOWQ_AFF, -EINVAL),
                        "WorkerProcessorsInvalid");
    assert_result(answers.unchoose, -EINVAL);
    assert_string_equal(rf_error_name(RF_CALL_UNREGISTER_IOWQ_AFF, -EINVAL), "NoWorkers");
    assert_null(rf_reason(&ring));
    assert_result(answers.limit, 0);
    assert_int_equal(answers.values[0], 0);
    assert_int_equal(answers.values[1], 0);
    /* What it said counts for the ring all the same. */
    uint32_t now[2] = {0, 0};
    assert_result(rf_register_iowq_max_workers(&ring, now), 0);
    assert_int_equal(now[RF_WQ_UNBOUND], 3);
    rf_deinit(&ring);
}

/* --- older kernels ------------------------------------------------------- */

static void what_an_older_kernel_lacks_is_said(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    struct older older;
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(0, &mask);
    uint32_t values[2] = {0, 0};
    make_older(&older, &ring, RF_REGISTER_IOWQ_AFF, NULL);
    assert_too_old(&ring, rf_register_iowq_aff(&ring, sizeof mask, &mask), "5.14");
    make_older(&older, &ring, RF_REGISTER_IOWQ_MAX_WORKERS, NULL);
    assert_too_old(&ring, rf_register_iowq_max_workers(&ring, values), "5.15");
    make_new_again(&older, &ring);
    rf_deinit(&ring);
}

static const struct rf_sys *real_sys;

static int without_affinity(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                            uint32_t nr_args)
{
    (void)sys;
    uint32_t op = opcode & ~RF_REGISTER_USE_REGISTERED_RING;
    if (op >= RF_REGISTER_IOWQ_AFF)
        return -EINVAL;
    return real_sys->ring_register(real_sys, fd, opcode, arg, nr_args);
}

static void taking_back_what_the_kernel_lacks_is_said_too(void **state)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4);
    real_sys = ring.sys;
    struct rf_sys sys = *ring.sys;
    sys.ring_register = without_affinity;
    ring.sys = &sys;
    assert_too_old(&ring, rf_unregister_iowq_aff(&ring), "5.14");
    ring.sys = real_sys;
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(no_more_workers_than_allowed),
        EACH_FLAVOUR(limits_that_are_refused_change_nothing),
        EACH_FLAVOUR(new_workers_run_where_they_were_told_to),
        EACH_FLAVOUR(processors_that_are_not_there_do_not_count),
        EACH_FLAVOUR(let_go_they_run_anywhere),
        EACH_FLAVOUR(masks_of_no_use_are_refused),
        ONCE(a_thread_that_never_used_a_ring_has_no_workers),
        EACH_FLAVOUR(what_an_older_kernel_lacks_is_said),
        EACH_FLAVOUR(taking_back_what_the_kernel_lacks_is_said_too),
    };
    return run_all(tests, COUNT_OF(tests));
}
