/* SPDX-License-Identifier: MIT */
/*
 * race.c - the ring's own code against the peer with its threads, for a race detector to
 * watch: SQEs, CQEs, buffer entries and the data they lead to are plain memory on both
 * sides, so whatever the orders of fence.h leave open is a race, whatever the machine.
 *
 * Every flavour of ring, with one thread of ours and with two (one submits, one reaps), small
 * queues that wrap at 2^32 and overflow. Everything that completes is looked at: result,
 * data, buffer. A ring that makes no progress is a failure too.
 *
 * Prints TAP. Status 0: all is well; 1: a wrong result or a complaint of the peer's; 66: the
 * race detector's own; 3: no progress.
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
#include <time.h>

#include <ringfence.h>

#include "peer.h"

enum {
    SLOTS = 64,       /* operations in flight, more than the queues hold */
    SLOT_BYTES = 64,
    BUFFERS = 16,
    GROUP = 1,
};

enum kind { NOP, NOP_ASYNC, NOP_BIG, READ, READ_ASYNC, WRITE_ASYNC, READ_PICKED, TIMEOUT, KINDS };

struct flavour {
    const char *name;
    uint32_t flags;
    bool array;      /* a peer that knows no ring without one */
    bool registered; /* the ring's descriptor */
};

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

static const struct flavour flavours[] = {
    {"plain", 0, false, false},
    {"array", 0, true, false},
    {"sqpoll", RF_SETUP_SQPOLL, false, false},
    {"array sqpoll", RF_SETUP_SQPOLL, true, false},
    {"submit_all", RF_SETUP_SUBMIT_ALL, false, false},
    {"coop_taskrun", RF_SETUP_COOP_TASKRUN | RF_SETUP_TASKRUN_FLAG, false, false},
    {"single_issuer", RF_SETUP_SINGLE_ISSUER, false, false},
    {"defer_taskrun", DEFER, false, false},
    {"sqe128", RF_SETUP_SQE128, false, false},
    {"sqe128 sqpoll", RF_SETUP_SQE128 | RF_SETUP_SQPOLL, false, false},
    {"cqe32", RF_SETUP_CQE32, false, false},
    {"cqe32 array sqpoll", RF_SETUP_CQE32 | RF_SETUP_SQPOLL, true, false},
    {"sqe128 cqe32 defer", RF_SETUP_SQE128 | RF_SETUP_CQE32 | DEFER, false, false},
    {"cqe_mixed", RF_SETUP_CQE_MIXED, false, false},
    {"cqe_mixed sqpoll", RF_SETUP_CQE_MIXED | RF_SETUP_SQPOLL, false, false},
    {"no_mmap", RF_SETUP_NO_MMAP, false, false},
    {"no_mmap array sqpoll", RF_SETUP_NO_MMAP | RF_SETUP_SQPOLL, true, false},
    {"registered_fd_only", RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY, false, false},
    {"registered ring", 0, false, true},
    {"registered ring sqpoll", RF_SETUP_SQPOLL, false, true},
    {"sq_rewind", RF_SETUP_NO_SQARRAY | RF_SETUP_SQ_REWIND, false, false},
};

struct slot {
    enum kind kind;
    uint32_t number; /* of the operation */
    uint32_t offset; /* in the file */
    char buf[SLOT_BYTES];
    struct rf_timespec ts;
};

/* Free slots, from who reaps to who submits. */
struct slot_queue {
    uint32_t items[SLOTS];
    uint32_t head, tail;
};

struct run {
    const struct flavour *flavour;
    struct peer peer;
    struct rf_ring ring;
    struct slot slots[SLOTS];
    struct slot_queue free;
    struct rf_buf_ring *buffers;
    char picked[BUFFERS][SLOT_BYTES];
    char from[4096]; /* byte i is pattern(i) */
    char to[SLOTS * SLOT_BYTES];
    uint32_t operations;
    uint64_t dice;
    const char *wrong; /* the first thing that was */
};

static char pattern(uint32_t i)
{
    return (char)(i * 31 + (i >> 8));
}

static uint32_t roll(uint64_t *dice, uint32_t below)
{
    *dice ^= *dice >> 12;
    *dice ^= *dice << 25;
    *dice ^= *dice >> 27;
    return (uint32_t)((*dice * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void check(struct run *run, bool good, const char *what)
{
    if (!good && !__atomic_load_n(&run->wrong, __ATOMIC_RELAXED))
        __atomic_store_n(&run->wrong, what, __ATOMIC_RELAXED);
}

/* --- progress ------------------------------------------------------------ */

static unsigned long stall_s = 60;

static void give_way(const struct run *run, time_t *since)
{
    if (*since == 0)
        *since = time(NULL);
    if (time(NULL) - *since > (time_t)stall_s) {
        printf("Bail out! no progress: %s\n", run->flavour->name);
        fflush(stdout);
        _Exit(3);
    }
    sched_yield();
}

/* --- slots --------------------------------------------------------------- */

static bool take_slot(struct slot_queue *queue, uint32_t *ret_slot)
{
    if (queue->head == __atomic_load_n(&queue->tail, __ATOMIC_ACQUIRE))
        return false;
    *ret_slot = queue->items[queue->head++ % SLOTS];
    return true;
}

static void free_slot(struct slot_queue *queue, uint32_t slot)
{
    uint32_t tail = __atomic_load_n(&queue->tail, __ATOMIC_RELAXED);
    queue->items[tail % SLOTS] = slot;
    __atomic_store_n(&queue->tail, tail + 1, __ATOMIC_RELEASE);
}

/* --- submitting ---------------------------------------------------------- */

static enum kind choose_kind(struct run *run)
{
    enum kind kind = (enum kind)roll(&run->dice, KINDS);
    bool big = run->flavour->flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED);
    return kind == NOP_BIG && !big ? NOP_ASYNC : kind;
}

static void fill_in(struct run *run, struct rf_sqe *sqe, uint32_t index)
{
    struct slot *slot = &run->slots[index];
    switch (slot->kind) {
    case READ:
    case READ_ASYNC:
        memset(slot->buf, 0, SLOT_BYTES);
        rf_prep_read(sqe, PEER_FILE_FD, slot->buf, SLOT_BYTES, slot->offset);
        break;
    case WRITE_ASYNC:
        memset(slot->buf, (int)slot->number, SLOT_BYTES);
        rf_prep_write(sqe, PEER_FILE_FD + 1, slot->buf, SLOT_BYTES,
                      (uint64_t)index * SLOT_BYTES);
        break;
    case READ_PICKED:
        rf_prep_read(sqe, PEER_FILE_FD, NULL, SLOT_BYTES, slot->offset);
        sqe->flags |= RF_SQE_BUFFER_SELECT;
        sqe->buf_group = GROUP;
        break;
    case TIMEOUT:
        slot->ts = (struct rf_timespec){0, 1000};
        rf_prep_timeout(sqe, &slot->ts, 0, 0);
        break;
    default:
        rf_prep_nop(sqe);
        if (slot->kind == NOP_BIG) {
            sqe->nop_flags = RF_NOP_CQE32;
            sqe->off = slot->number * UINT64_C(3);
            sqe->addr = slot->number * UINT64_C(5);
        }
    }
    if (slot->kind == NOP_ASYNC || slot->kind == READ_ASYNC || slot->kind == WRITE_ASYNC ||
        roll(&run->dice, 2))
        sqe->flags |= RF_SQE_ASYNC;
    sqe->user_data = (uint64_t)slot->number << 8 | index;
}

static void submit(struct run *run)
{
    int result = rf_submit(&run->ring);
    check(run, result >= 0, "submitting failed");
}

/* False: no slot, or no room. */
static bool queue_one(struct run *run, uint32_t number)
{
    uint32_t index;
    if (rf_sq_space_left(&run->ring) == 0 || !take_slot(&run->free, &index))
        return false;
    struct slot *slot = &run->slots[index];
    slot->kind = choose_kind(run);
    slot->number = number;
    slot->offset = roll(&run->dice, sizeof run->from - SLOT_BYTES);
    struct rf_sqe *sqe = rf_get_sqe(&run->ring);
    check(run, sqe != NULL, "there was room, and there is no SQE");
    if (sqe)
        fill_in(run, sqe, index);
    return sqe != NULL;
}

/* --- reaping ------------------------------------------------------------- */

static bool has_pattern(const char *bytes, uint32_t offset)
{
    for (uint32_t i = 0; i < SLOT_BYTES; i++)
        if (bytes[i] != pattern(offset + i))
            return false;
    return true;
}

static void give_back(struct run *run, uint16_t bid)
{
    rf_buf_ring_add(run->buffers, run->picked[bid], SLOT_BYTES, bid, rf_buf_ring_mask(BUFFERS),
                    0);
    rf_buf_ring_advance(run->buffers, 1);
}

static void check_picked(struct run *run, const struct slot *slot, const struct rf_cqe *cqe)
{
    if (cqe->res == -ENOBUFS)
        return; /* all were in use */
    int bid = rf_cqe_buffer_id(cqe);
    check(run, cqe->res == SLOT_BYTES && bid >= 0 && bid < BUFFERS, "no buffer was picked");
    if (bid < 0 || bid >= BUFFERS)
        return;
    check(run, has_pattern(run->picked[bid], slot->offset), "a picked buffer has other data");
    give_back(run, (uint16_t)bid);
}

static void check_big(struct run *run, const struct slot *slot, const struct rf_cqe *cqe)
{
    uint64_t big[2];
    memcpy(big, cqe + 1, sizeof big);
    check(run, big[0] == slot->number * UINT64_C(3) && big[1] == slot->number * UINT64_C(5),
          "a big CQE has another second half");
}

static void look_at(struct run *run, const struct rf_cqe *cqe)
{
    uint32_t index = cqe->user_data & 0xff;
    struct slot *slot = &run->slots[index % SLOTS];
    check(run, index < SLOTS && cqe->user_data >> 8 == slot->number, "a CQE of no operation");
    switch (slot->kind) {
    case READ:
    case READ_ASYNC:
        check(run, cqe->res == SLOT_BYTES && has_pattern(slot->buf, slot->offset),
              "other data was read");
        break;
    case WRITE_ASYNC:
        check(run, cqe->res == SLOT_BYTES &&
                       run->to[index * SLOT_BYTES] == (char)slot->number,
              "other data was written");
        break;
    case READ_PICKED:
        check_picked(run, slot, cqe);
        break;
    case TIMEOUT:
        check(run, cqe->res == -ETIME, "a timeout that is none");
        break;
    case NOP_BIG:
        check_big(run, slot, cqe);
        break;
    default:
        check(run, cqe->res == 0, "a NOP failed");
    }
    free_slot(&run->free, index % SLOTS);
}

static uint32_t reap(struct run *run)
{
    uint32_t count = 0;
    const struct rf_cqe *cqe;
    while ((cqe = rf_next_cqe(&run->ring))) {
        look_at(run, cqe);
        count++;
    }
    return count;
}

/* --- one thread, or two -------------------------------------------------- */

static void one_thread(struct run *run)
{
    uint32_t sent = 0, seen = 0;
    time_t since = 0;
    while (seen < run->operations) {
        uint32_t batch = 1 + roll(&run->dice, 8);
        while (batch-- > 0 && sent < run->operations && queue_one(run, sent))
            sent++;
        if (roll(&run->dice, 16) == 0 && sent > seen) {
            int result = rf_submit_and_wait(&run->ring, 1);
            check(run, result >= 0, "waiting failed");
        } else {
            submit(run);
        }
        /* Now and then nothing but looking on: whoever sleeps must have been woken. */
        uint32_t all = roll(&run->dice, 8) == 0 ? sent : seen;
        do {
            uint32_t came = reap(run);
            seen += came;
            if (came)
                since = 0;
            else
                give_way(run, &since);
        } while (seen < all);
    }
}

static void *submits(void *argument)
{
    struct run *run = (struct run *)argument;
    time_t since = 0;
    for (uint32_t sent = 0; sent < run->operations;) {
        bool queued = queue_one(run, sent);
        sent += queued;
        if (!queued || roll(&run->dice, 4) == 0 || sent == run->operations)
            submit(run);
        if (queued)
            since = 0;
        else
            give_way(run, &since);
    }
    while (rf_sq_ready(&run->ring) > 0) {
        submit(run);
        give_way(run, &since);
    }
    return NULL;
}

static void two_threads(struct run *run)
{
    pthread_t submitter;
    time_t since = 0;
    if (pthread_create(&submitter, NULL, submits, run)) {
        check(run, false, "no thread");
        return;
    }
    for (uint32_t seen = 0; seen < run->operations;) {
        uint32_t came = reap(run);
        seen += came;
        if (came)
            since = 0;
        else
            give_way(run, &since);
    }
    pthread_join(submitter, NULL);
}

/* --- a run --------------------------------------------------------------- */

static int open_ring(struct run *run, uint32_t entries)
{
    struct peer *peer = &run->peer;
    peer_init(peer);
    peer->sq_start = peer->cq_start = UINT32_MAX - run->operations / 2;
    if (run->flavour->flags & RF_SETUP_SQ_REWIND)
        peer->sq_start = 0; /* it begins at its first slot, always */
    if (run->flavour->array)
        peer->known_flags &= ~RF_SETUP_NO_SQARRAY;
    peer->files[0] = (struct peer_file){run->from, sizeof run->from};
    peer->files[1] = (struct peer_file){run->to, sizeof run->to};
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = run->flavour->flags;
    int err = rf_init_sys(&run->ring, entries, &params, &peer->sys);
    if (err == 0 && run->flavour->registered)
        err = rf_register_ring_fd(&run->ring);
    if (err > 0)
        err = 0;
    if (err == 0)
        err = rf_setup_buf_ring(&run->ring, BUFFERS, GROUP, 0, &run->buffers);
    return err ? err : peer_start(peer);
}

static void close_ring(struct run *run)
{
    peer_stop(&run->peer);
    check(run, rf_free_buf_ring(&run->ring, run->buffers, BUFFERS, GROUP) == 0,
          "the buffer ring could not be freed");
    rf_deinit(&run->ring);
    const char *complaint = peer_end(&run->peer);
    check(run, !complaint, complaint);
}

static const char *run_flavour(const struct flavour *flavour, bool two, uint32_t operations,
                               uint64_t seed)
{
    struct run *run = (struct run *)calloc(1, sizeof *run);
    if (!run)
        return "no memory";
    run->flavour = flavour;
    run->operations = operations;
    run->dice = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (uint32_t i = 0; i < sizeof run->from; i++)
        run->from[i] = pattern(i);
    for (uint32_t i = 0; i < SLOTS; i++)
        free_slot(&run->free, i);
    int err = open_ring(run, 8);
    if (err) {
        printf("# no ring: %s: %s\n", rf_error_name(RF_CALL_INIT, err), rf_reason(&run->ring));
        free(run);
        return "no ring";
    }
    for (uint16_t i = 0; i < BUFFERS; i++)
        give_back(run, i);
    (two ? two_threads : one_thread)(run);
    close_ring(run);
    const char *wrong = run->wrong;
    free(run);
    return wrong;
}

static int usage(FILE *file, const char *name)
{
    fprintf(file,
            "usage: %s [--operations N] [--seed N] [--stall SECONDS] [FLAVOUR]\n"
            "\n"
            "Runs the ring against the peer's threads: every flavour, or the one that is named,\n"
            "with one thread and with two, N operations each (20000). No progress for SECONDS\n"
            "(60) is a failure.\n",
            name);
    return file == stdout ? 0 : 2;
}

/* True where one thread must do both. */
static bool one_issuer(const struct flavour *flavour)
{
    return flavour->flags & RF_SETUP_SINGLE_ISSUER;
}

static int run_all(const char *only, uint32_t operations, uint64_t seed)
{
    unsigned count = 0, failed = 0;
    for (size_t i = 0; i < sizeof flavours / sizeof flavours[0]; i++) {
        const struct flavour *flavour = &flavours[i];
        if (only && strcmp(only, flavour->name) != 0)
            continue;
        for (int two = 0; two <= !one_issuer(flavour); two++) {
            const char *wrong = run_flavour(flavour, two, operations, seed + count);
            printf("%sok %u - %s, %s\n", wrong ? "not " : "", ++count, flavour->name,
                   two ? "two threads" : "one thread");
            if (wrong)
                printf("# %s\n", wrong);
            failed += wrong != NULL;
            fflush(stdout);
        }
    }
    printf("1..%u\n", count);
    return failed > 0 || count == 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"operations", required_argument, NULL, 'n'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"stall", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    unsigned long operations = 20000, seed = (unsigned long)time(NULL);
    unsetenv("RINGFENCE_CHECK"); /* it would take locks, which put in order what is to race */
    for (int c; (c = getopt_long(argc, argv, "n:s:t:h", options, NULL)) != -1;) {
        char *end = NULL;
        if (c == 'h')
            return usage(stdout, argv[0]);
        unsigned long value = optarg ? strtoul(optarg, &end, 0) : 0;
        if (!optarg || end == optarg || *end)
            return usage(stderr, argv[0]);
        *(c == 'n' ? &operations : c == 's' ? &seed : &stall_s) = value;
    }
    if (argc - optind > 1 || operations == 0 || operations > 100000000)
        return usage(stderr, argv[0]);
    printf("# seed %lu\n", seed);
    return run_all(argv[optind], (uint32_t)operations, seed);
}
