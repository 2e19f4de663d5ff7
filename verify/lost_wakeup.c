/* SPDX-License-Identifier: MIT */
/*
 * lost_wakeup.c - hunts, against the kernel itself, for the request that never starts.
 *
 * The SQ thread, about to sleep, stores NEED_WAKEUP and then looks at the tail again; we
 * store the tail and then look at the flag. If our store still lies in the store buffer when
 * our load is done, both miss each other, and the request waits for a wakeup that nobody
 * sends. rfi_sq_flags_after_publish() has a full fence against that. Here the same
 * submission runs with it and, as Zig 0.15.2 and old versions of liburing have it,
 * without, round after round, until the time is up.
 *
 * The window is the life of one store in the store buffer, so each round aims at the
 * moment when the thread falls asleep (the delay adapts until half of the rounds find the
 * flag set), and stores to memory that is in no cache lie before the tail in the buffer.
 *
 * A round is lost when its CQE is not there after a long while and the flag is set: the
 * thread sleeps with the tail before its eyes. A wakeup then rescues it: that it comes
 * after that is the proof that nothing else was wrong.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <ringfence.h>

enum {
    COLD_LINES = 48,
    LINE = 64,
    JITTER_NS = 20000,
    STEP_NS = 500,
    LOST_MS = 200, /* the thread falls asleep after 1 ms; this is no delay any more */
    HOPELESS_MS = 20000,
};
static const size_t cold_bytes = (size_t)256 << 20;

struct hunt {
    struct rf_ring ring;
    volatile char *cold;
    bool fenced;
    uint64_t dice;
    uint64_t tries, wakeups, lost;
    int64_t delay_ns;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* xorshift64*: good enough to miss caches with. */
static uint64_t roll(struct hunt *hunt)
{
    hunt->dice ^= hunt->dice >> 12;
    hunt->dice ^= hunt->dice << 25;
    hunt->dice ^= hunt->dice >> 27;
    return hunt->dice * UINT64_C(2685821657736338717);
}

/* Each store waits for its line, and those behind it wait with it. */
static void fill_store_buffer(struct hunt *hunt)
{
    size_t at[COLD_LINES];
    for (unsigned i = 0; i < COLD_LINES; i++)
        at[i] = roll(hunt) % (cold_bytes / LINE) * LINE;
    for (unsigned i = 0; i < COLD_LINES; i++)
        hunt->cold[at[i]] = 1;
}

/* True: the thread sleeps and must be woken. */
static bool sleeps(struct hunt *hunt)
{
    uint32_t flags = 0;
    if (hunt->fenced)
        return rf_sq_ring_needs_enter(&hunt->ring, &flags);
    return rfi_sq_flags_peek(hunt->ring.sq.flags_word) & RF_SQ_NEED_WAKEUP;
}

static bool cqe_within(struct hunt *hunt, int64_t ms)
{
    int64_t end = now_ns() + ms * 1000000;
    while (!rf_next_cqe(&hunt->ring))
        if (now_ns() > end)
            return false;
    return true;
}

static int wake(struct hunt *hunt)
{
    return rf_enter(&hunt->ring, 0, 0, RF_ENTER_SQ_WAKEUP);
}

/* 0, or what went wrong in a way that this is not about: -ETIME, no completion at all. */
static int try_once(struct hunt *hunt)
{
    int64_t jitter = (int64_t)(roll(hunt) % (2 * JITTER_NS)) - JITTER_NS;
    int64_t aim = now_ns() + hunt->delay_ns + jitter;
    while (now_ns() < aim)
        ;
    if (!rf_nop(&hunt->ring, 1))
        return -EBUSY;
    fill_store_buffer(hunt);
    (void)rf_flush_sq(&hunt->ring);
    bool asleep = sleeps(hunt);
    hunt->tries++;
    hunt->delay_ns += asleep ? -STEP_NS : STEP_NS;
    if (hunt->delay_ns < 0)
        hunt->delay_ns = 0;
    if (asleep) {
        hunt->wakeups++;
        int err = wake(hunt);
        if (err < 0)
            return err;
    }
    if (cqe_within(hunt, LOST_MS))
        return 0;
    /* Slow it may be, on a busy machine. But who sleeps does so until somebody wakes it. */
    bool sleeping = !asleep && rfi_sq_flags_peek(hunt->ring.sq.flags_word) & RF_SQ_NEED_WAKEUP;
    if (cqe_within(hunt, sleeping ? LOST_MS : HOPELESS_MS))
        return 0;
    if (!sleeping)
        return -ETIME;
    hunt->lost++;
    int err = wake(hunt);
    return err < 0 ? err : cqe_within(hunt, HOPELESS_MS) ? 0 : -ETIME;
}

/* The ring's thread on one CPU, we on another. */
static int open_ring(struct hunt *hunt, int our_cpu, int their_cpu)
{
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(our_cpu, &mask);
    if (sched_setaffinity(0, sizeof mask, &mask) != 0)
        return -errno;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_SQPOLL | RF_SETUP_SQ_AFF;
    params.sq_thread_cpu = (uint32_t)their_cpu;
    params.sq_thread_idle = 1; /* ms */
    return rf_init_params(&hunt->ring, 4, &params);
}

static int hunt_for(struct hunt *hunt, double seconds)
{
    int64_t end = now_ns() + (int64_t)(seconds * 1e9);
    int err = 0;
    while (!err && now_ns() < end)
        err = try_once(hunt);
    return err;
}

/* The first two CPUs that we may run on. */
static bool two_cpus(int cpus[2])
{
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0)
        return false;
    int found = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
        if (CPU_ISSET(cpu, &mask))
            cpus[found++] = cpu;
    return found == 2;
}

static int usage(FILE *file, const char *name)
{
    fprintf(file,
            "usage: %s [--seconds N]\n"
            "\n"
            "Submits to an SQ thread that is just falling asleep, with and without the full\n"
            "fence between the tail and the flag, N seconds each (60), in turns. Prints what was\n"
            "tried, how many wakeups it took and how many requests never started.\n"
            "\n"
            "Status: 0 if none was lost with the fence, 1 if one was, 2 if it was called\n"
            "wrongly, 77 if it cannot run here (two CPUs and io_uring are needed).\n",
            name);
    return file == stdout ? 0 : 2;
}

/* Turns of a few seconds, so that both variants see the same machine. */
static int run(struct hunt hunts[2], const int cpus[2], double seconds)
{
    enum { TURN = 5 };
    for (double left = seconds; left > 0; left -= TURN) {
        for (int i = 0; i < 2; i++) {
            int err = open_ring(&hunts[i], cpus[0], cpus[1]);
            if (err) {
                fprintf(stderr, "no ring: %s\n", rf_error_text(RF_CALL_INIT, err));
                return 77;
            }
            err = hunt_for(&hunts[i], left < TURN ? left : TURN);
            rf_deinit(&hunts[i].ring);
            if (err) {
                fprintf(stderr, "failed: %s\n", strerror(-err));
                return 1;
            }
        }
    }
    return hunts[0].lost > 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    double seconds = 60;
    for (int c; (c = getopt_long(argc, argv, "s:h", options, NULL)) != -1;) {
        char *end = NULL;
        if (c == 'h')
            return usage(stdout, argv[0]);
        if (c != 's' || (seconds = strtod(optarg, &end)) <= 0 || *end)
            return usage(stderr, argv[0]);
    }
    int cpus[2];
    if (optind < argc)
        return usage(stderr, argv[0]);
    if (!two_cpus(cpus)) {
        fprintf(stderr, "one CPU cannot show the order of two\n");
        return 77;
    }
    void *cold = mmap(NULL, cold_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (cold == MAP_FAILED) {
        fprintf(stderr, "no memory: %s\n", strerror(errno));
        return 77;
    }
    struct hunt hunts[2];
    memset(hunts, 0, sizeof hunts);
    for (int i = 0; i < 2; i++) {
        hunts[i].cold = (volatile char *)cold;
        hunts[i].fenced = i == 0;
        hunts[i].delay_ns = 1000000;
        hunts[i].dice = (uint64_t)now_ns() | 1;
    }
    int status = run(hunts, cpus, seconds);
    printf("| submission | tries | wakeups | lost |\n| --- | --- | --- | --- |\n");
    for (int i = 0; i < 2; i++)
        printf("| %s | %llu | %llu | %llu |\n", i == 0 ? "with the fence" : "without it",
               (unsigned long long)hunts[i].tries, (unsigned long long)hunts[i].wakeups,
               (unsigned long long)hunts[i].lost);
    return status;
}
