/* SPDX-License-Identifier: MIT */
/*
 * hostile - the library against a peer that lies while it runs: a thread of its own writes
 * random and nearly right values to every shared word, to CQEs, to the entries of buffer rings,
 * at any moment, and entering returns what it likes. Every function that touches a ring is called
 * all the while.
 *
 * Held: nothing is read or written outside the rings (built with the sanitizers for addresses and
 * undefined behaviour: the peer's memory has its exact size), what is shown lies inside them, no
 * call goes on for ever (a watchdog names the one that does), errors are errnos, and at
 * the end all memory is given back. SQEs are NOPs only: the peer carries them out, and it
 * believes a tail that is a lie.
 *
 * What the program has to do itself against such a peer is done here too: a CQE in place may
 * change while one looks at it, so its flags are read once. Three calls may trap, since they cannot
 * tell the lie from a broken contract: rf_cq_advance() and rf_buf_ring_cq_advance(), if
 * the tail has gone back since it was asked for, and rf_buffer_group_put() of a CQE in place.
 *
 * Prints TAP. Status 0: all is well; 1: a check failed; 3: a call did not come back.
 */
#include "hostile.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- what is looked at from outside --------------------------------------- */

static const char *flavour_name = "none";
static const char *call_name = "none";
static uint64_t call_number;
static unsigned long seed, limit_s = 30;

void begin_call(struct hostile *h, const char *name)
{
    h->calls++;
    __atomic_store_n(&call_name, name, __ATOMIC_RELAXED);
    __atomic_store_n(&call_number, call_number + 1, __ATOMIC_RELAXED);
}

void check(bool good, const char *what)
{
    if (good)
        return;
    printf("Bail out! %s: %s: %s, seed %lu\n", flavour_name, call_name, what, seed);
    fflush(stdout);
    _Exit(1);
}

static void *watches(void *unused)
{
    uint64_t seen = 0;
    unsigned long same = 0;
    (void)unused;
    for (;;) {
        struct timespec second = {1, 0};
        nanosleep(&second, NULL);
        uint64_t now = __atomic_load_n(&call_number, __ATOMIC_RELAXED);
        same = now == seen ? same + 1 : 0;
        seen = now;
        if (same >= limit_s) {
            printf("Bail out! %s: %s does not come back, seed %lu\n", flavour_name,
                   __atomic_load_n(&call_name, __ATOMIC_RELAXED), seed);
            fflush(stdout);
            _Exit(3);
        }
    }
    return NULL;
}

/* --- the life of a ring ------------------------------------------------------- */

struct flavour {
    const char *name;
    uint32_t flags;
    bool array;
};

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

static const struct flavour flavours[] = {
    {"plain", 0, false},
    {"array", 0, true},
    {"sqpoll", RF_SETUP_SQPOLL, false},
    {"array sqpoll", RF_SETUP_SQPOLL, true},
    {"iopoll", RF_SETUP_IOPOLL, false},
    {"defer_taskrun", DEFER, false},
    {"sqe128", RF_SETUP_SQE128, false},
    {"sqe_mixed", RF_SETUP_SQE_MIXED, false},
    {"cqe32", RF_SETUP_CQE32, false},
    {"cqe32 sqpoll array", RF_SETUP_CQE32 | RF_SETUP_SQPOLL, true},
    {"cqe_mixed", RF_SETUP_CQE_MIXED, false},
    {"cqe_mixed sqpoll", RF_SETUP_CQE_MIXED | RF_SETUP_SQPOLL, false},
    {"cqe_mixed defer", RF_SETUP_CQE_MIXED | DEFER, false},
    {"sqe128 cqe32 defer", RF_SETUP_SQE128 | RF_SETUP_CQE32 | DEFER, false},
    {"sqe_mixed cqe_mixed no_mmap",
     RF_SETUP_SQE_MIXED | RF_SETUP_CQE_MIXED | RF_SETUP_NO_MMAP, false},
    {"no_mmap defer", RF_SETUP_NO_MMAP | DEFER, false},
    {"no_mmap array sqpoll", RF_SETUP_NO_MMAP | RF_SETUP_SQPOLL, true},
    {"sq_rewind", RF_SETUP_NO_SQARRAY | RF_SETUP_SQ_REWIND, false},
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void make_hostile(struct hostile *h, const struct flavour *flavour)
{
    struct peer *peer = &h->peer;
    peer_init(peer);
    hostile_take_calls(h);
    peer->keep_limit = 32;
    peer->sq_start = flavour->flags & RF_SETUP_SQ_REWIND ? 0 : UINT32_MAX - roll(&h->dice, 16);
    peer->cq_start = UINT32_MAX - roll(&h->dice, 16);
    if (flavour->array)
        peer->known_flags &= ~RF_SETUP_NO_SQARRAY;
}

static void add_buffers(struct hostile *h)
{
    h->has_group = false;
    h->br = NULL;
    uint32_t flags = 0;
    if (roll(&h->dice, 2))
        h->has_group = rf_buffer_group_init_flags(&h->group, &h->ring, GROUP, BUFFER_BYTES,
                                                  BUFFERS, flags) == 0;
    else if (rf_setup_buf_ring(&h->ring, BUFFERS, GROUP, 0, &h->br) != 0)
        h->br = NULL;
}

static void add_waits(struct hostile *h)
{
    struct rf_reg_wait *reg;
    struct rf_timespec ts = {0, 200000};
    if (roll(&h->dice, 2) || rf_setup_reg_wait(&h->ring, WAITS, &reg) != 0)
        return;
    for (int i = 0; i < WAITS; i++)
        rf_reg_wait_set(&reg[i], &ts, roll(&h->dice, 2) ? 50 : 0, NULL);
}

static bool add_refill(struct hostile *h)
{
    struct rf_zcrx_ifq_reg reg;
    struct rf_zcrx_area_reg area;
    memset(&reg, 0, sizeof reg);
    memset(&area, 0, sizeof area);
    __atomic_store_n(&h->region->head, 0, __ATOMIC_RELAXED); /* no lie that stands */
    __atomic_store_n(&h->region->tail, 0, __ATOMIC_RELAXED);
    reg.rq_entries = REFILLS;
    reg.offsets.head = offsetof(struct refill_region, head);
    reg.offsets.tail = offsetof(struct refill_region, tail);
    reg.offsets.rqes = offsetof(struct refill_region, entries);
    return rf_zcrx_rq_init(&h->refill, &reg, &area, h->region, sizeof *h->region) == 0;
}

static void end_ring(struct hostile *h)
{
    struct peer *peer = &h->peer;
    begin_call(h, "rf_buffer_group_deinit");
    if (hostile_is_closed(h))
        return; /* with nobody to ask the buffers are lost, to peer_end() */
    if (roll(&h->dice, 2))
        hostile_drains(h);
    begin_call(h, "rf_buffer_group_deinit");
    if (h->has_group)
        check(rf_buffer_group_deinit(&h->group) == 0, "the group is not closed");
    if (h->br)
        check(rf_free_buf_ring(&h->ring, h->br, BUFFERS, GROUP) == 0, "the buffer ring stays");
    begin_call(h, "rf_deinit");
    rf_deinit(&h->ring);
    check(peer->fd < 0 && peer->index < 0, "the ring was left open");
    check(peer->rings.mapped == 0 && peer->sqes.mapped == 0, "the rings were left mapped");
    for (int i = 0; i < PEER_BLOCKS; i++)
        check(peer->blocks[i].mapped == 0, "memory was left mapped");
}

static void live(struct hostile *h, const struct flavour *flavour)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = flavour->flags;
    begin_call(h, "rf_init_sys");
    int err = rf_init_sys(&h->ring, UINT32_C(2) << roll(&h->dice, 4), &params, &h->peer.sys);
    check(err <= 0 && err > -4096, "an error that is no errno");
    check(err == 0 || err == -EPROTO, "the ring is refused, and not for a lie");
    if (err) {
        h->protos++;
        return;
    }
    h->opened++;
    check(peer_start(&h->peer) == 0, "no threads");
    while (!add_refill(h))
        h->protos++;
    add_buffers(h);
    add_waits(h);
    int64_t end = now_ms() + LIFE_MS;
    while (now_ms() < end && !hostile_is_closed(h))
        for (int i = 0; i < 64 && !hostile_is_closed(h); i++)
            hostile_do_something(h);
    end_ring(h);
}

static struct hostile *new_hostile(unsigned long with_seed)
{
    struct hostile *h = (struct hostile *)calloc(1, sizeof *h);
    if (h)
        h->region = (struct refill_region *)calloc(1, sizeof *h->region);
    if (!h || !h->region) {
        free(h);
        return NULL;
    }
    h->dice = with_seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    h->liars_dice = (with_seed + 1) * UINT64_C(0xd1342543de82ef95) | 1;
    pthread_mutex_init(&h->memory, NULL);
    return h;
}

static void free_hostile(struct hostile *h)
{
    pthread_mutex_destroy(&h->memory);
    free(h->region);
    free(h);
}

static void run(struct hostile *h, const struct flavour *flavour, uint64_t totals[7])
{
    __atomic_store_n(&flavour_name, flavour->name, __ATOMIC_RELAXED);
    make_hostile(h, flavour);
    check(pthread_create(&h->liar, NULL, hostile_lies, h) == 0, "no thread");
    live(h, flavour);
    __atomic_store_n(&h->stop, 1, __ATOMIC_RELAXED);
    pthread_join(h->liar, NULL);
    (void)peer_end(&h->peer); /* it complains of its own lies */
    totals[0] += h->calls;
    totals[1] += h->lies;
    totals[2] += h->protos;
    totals[3] += h->traps;
    totals[4] += h->opened;
    totals[5] += h->resized;
    totals[6] += h->drained;
}

static int usage(FILE *file, const char *name)
{
    fprintf(file,
            "usage: %s [--seconds N] [--seed N] [--limit SECONDS] [FLAVOUR]\n"
            "\n"
            "Runs the library against a peer that lies, every flavour of ring or the one that is\n"
            "named, for N seconds (10). A call that takes SECONDS (30) is taken for one that does\n"
            "not come back. The seed is that of the dice; what coincides is up to the machine.\n",
            name);
    return file == stdout ? 0 : 2;
}

static int run_all(const char *only, int64_t seconds)
{
    enum { FLAVOURS = sizeof flavours / sizeof flavours[0] };
    uint64_t totals[7] = {0, 0, 0, 0, 0, 0, 0};
    int64_t end = now_ms() + seconds * 1000;
    unsigned lives = 0;
    do {
        for (unsigned i = 0; i < FLAVOURS && (now_ms() < end || lives < FLAVOURS); i++) {
            if (only && strcmp(only, flavours[i].name) != 0)
                continue;
            struct hostile *h = new_hostile(seed + lives);
            check(h != NULL, "no memory");
            run(h, &flavours[i], totals);
            free_hostile(h);
            lives++;
        }
    } while (lives > 0 && now_ms() < end);
    if (lives == 0) {
        fprintf(stderr, "no such flavour\n");
        return 2;
    }
    printf("# seed %lu: %llu rings, %llu resized, %llu drained, %llu calls, %llu lies; "
           "%llu times -EPROTO, %llu traps\n",
           seed, (unsigned long long)totals[4], (unsigned long long)totals[5],
           (unsigned long long)totals[6],
           (unsigned long long)totals[0],
           (unsigned long long)totals[1], (unsigned long long)totals[2],
           (unsigned long long)totals[3]);
    printf("ok 1 - no lie is followed\n1..1\n");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seconds", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'e'},
        {"limit", required_argument, NULL, 'l'},   {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    unsigned long seconds = 10;
    int c;
    seed = (unsigned long)time(NULL);
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        char *end = NULL;
        unsigned long value = optarg ? strtoul(optarg, &end, 10) : 0;
        if (c == 'h')
            return usage(stdout, argv[0]);
        if (!end || *end || end == optarg)
            return usage(stderr, argv[0]);
        *(c == 's' ? &seconds : c == 'e' ? &seed : &limit_s) = value;
    }
    if (argc - optind > 1)
        return usage(stderr, argv[0]);
    printf("# seed %lu\n", seed);
    fflush(stdout);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = hostile_on_trap;
    (void)sigaction(SIGILL, &action, NULL);
    (void)sigaction(SIGTRAP, &action, NULL);
    pthread_t watchdog;
    if (pthread_create(&watchdog, NULL, watches, NULL))
        return 1;
    pthread_detach(watchdog);
    return run_all(argc > optind ? argv[optind] : NULL, (int64_t)seconds);
}
