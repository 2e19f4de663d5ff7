/* SPDX-License-Identifier: MIT */
/*
 * Random valid programs under the loan checker: it must have nothing to say. What they do,
 * and how long they keep what they lent, is in soak.h.
 *
 * Some seconds, from the same seed each time; SOAK=600 has it run for ten minutes, from a new one.
 * SOAK_SEED=N begins with a seed that failed (it is printed), SOAK_FLAVOUR="sqpoll" runs that
 * kind of ring only.
 */
#include "soak.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES = 32, ACTS_A_ROUND = 400, PATIENCE_S = 60 };

/* --- dice ----------------------------------------------------------------- */

static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t roll(struct soak *soak, uint32_t sides)
{
    return (uint32_t)((mix(&soak->dice) >> 32) % sides);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- things --------------------------------------------------------------- */

static struct thing *new_thing(struct act *act, enum ends ends)
{
    assert_true(act->thing_count < THINGS);
    struct thing *thing = &act->things[act->thing_count++];
    memset(thing, 0, sizeof *thing);
    thing->fd = thing->slot = -1;
    thing->ends = ends;
    thing->step = act->steps;
    return thing;
}

void *lend(struct soak *soak, struct act *act, size_t bytes, enum ends ends)
{
    struct thing *thing = new_thing(act, ends);
    thing->bytes = bytes;
    thing->mapped = roll(soak, 4) == 0;
    if (thing->mapped) {
        thing->addr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                           0);
        assert_true(thing->addr != MAP_FAILED);
    } else {
        thing->addr = malloc(bytes);
        assert_non_null(thing->addr);
    }
    memset(thing->addr, (int)roll(soak, 256), bytes);
    return thing->addr;
}

int lend_fd(struct act *act, int fd, enum ends ends)
{
    assert_true(fd >= 0);
    new_thing(act, ends)->fd = fd;
    return fd;
}

void lend_slot(struct act *act, int slot, enum ends ends)
{
    new_thing(act, ends)->slot = slot;
}

void postpone(struct act *act, unsigned steps)
{
    act->things[act->thing_count - 1].step += steps;
}

enum ends after_look(const struct soak *soak, bool starts_at_once)
{
    bool at_once = starts_at_once && !soak->by_thread && !soak->drains;
    return at_once ? WHEN_CONSUMED : WHEN_OVER;
}

static void let_go(struct soak *soak, struct thing *thing)
{
    if (thing->addr) {
        memset(thing->addr, (int)roll(soak, 256), thing->bytes);
        if (thing->mapped)
            assert_int_equal(munmap(thing->addr, thing->bytes), 0);
        else
            free(thing->addr);
    }
    if (thing->fd >= 0)
        close(thing->fd);
    if (thing->slot >= 0)
        soak->slot_users[thing->slot]--;
    thing->addr = NULL;
    thing->fd = thing->slot = -1;
}

static void let_go_all(struct soak *soak, struct act *act, enum ends ends, bool any, unsigned step)
{
    for (unsigned i = 0; i < act->thing_count; i++)
        if (act->things[i].ends <= ends && (any || act->things[i].step == step))
            let_go(soak, &act->things[i]);
}

/* --- acts ----------------------------------------------------------------- */

uint64_t next_step(struct act *act)
{
    assert_true(act->steps < 255);
    return act->id << 8 | act->steps++;
}

struct rf_sqe *queued(struct act *act, struct rf_sqe *sqe)
{
    assert_non_null(sqe);
    act->waiting++;
    return sqe;
}

static void submit(struct soak *soak);

static void begin(struct soak *soak, const struct act_kind *kind)
{
    if (rf_sq_space_left(soak->ring) < 8)
        submit(soak);
    struct act *act = soak->acts;
    while (act < soak->acts + ACTS && act->name)
        act++;
    if (act == soak->acts + ACTS || rf_sq_space_left(soak->ring) < 8)
        return;
    memset(act, 0, sizeof *act);
    act->name = kind->name;
    act->id = ++soak->begun * 64 + (uint64_t)(act - soak->acts);
    act->queued = true;
    act->other_end = -1;
    soak->open++;
    kind->begin(soak, act);
    if (act->waiting == 0) { /* not now */
        let_go_all(soak, act, WHEN_OVER, true, 0);
        act->name = NULL;
        soak->open--;
    }
}

static bool may_end_like_this(const struct soak *soak, int res)
{
    switch (-res) {
    case ECANCELED: case EINTR: case ENOENT: case EALREADY: case ETIME: case ENOBUFS: case 512:
    case EPIPE: case ECONNRESET: case EAGAIN: case ENODATA:
        return true;
    case EINVAL: case EOPNOTSUPP: case EBADF:
        return !soak->newest;
    default:
        return res >= 0;
    }
}

static void came(struct soak *soak, const struct rf_cqe *cqe)
{
    soak->reaped++;
    if (cqe->user_data == SHARED) {
        assert_true(soak->sharing-- > 0);
        return;
    }
    struct act *act = &soak->acts[(cqe->user_data >> 8) % 64];
    unsigned step = cqe->user_data & 255;
    if (act->id != cqe->user_data >> 8 || !act->name)
        fail_msg("a CQE of nothing: %" PRIx64, cqe->user_data);
    if (!may_end_like_this(soak, cqe->res))
        fail_msg("%s, step %u: %s", act->name, step, strerror(-cqe->res));
    if (act->came)
        act->came(soak, act, step, cqe);
    if (cqe->flags & RF_CQE_F_MORE) {
        let_go_all(soak, act, WHEN_FIRST, false, step);
        return;
    }
    let_go_all(soak, act, WHEN_OVER, false, step);
    if (--act->waiting > 0)
        return;
    let_go_all(soak, act, WHEN_OVER, true, 0);
    act->name = NULL;
    soak->open--;
}

/* --- what a program does -------------------------------------------------- */

static void look_what_is_consumed(struct soak *soak)
{
    if (rf_sq_ready(soak->ring) > 0)
        return;
    for (struct act *act = soak->acts; act < soak->acts + ACTS; act++) {
        if (act->name && act->queued)
            let_go_all(soak, act, WHEN_CONSUMED, true, 0);
        act->queued = false;
    }
}

static void submit(struct soak *soak)
{
    const struct rf_cqe *cqe;
    const struct rf_timespec moment = {0, 200 * 1000};
    int result;
    switch (roll(soak, 4)) {
    case 0:
        result = rf_submit_and_get_events(soak->ring);
        break;
    case 1:
        result = rf_submit_and_wait_timeout(soak->ring, &cqe, 1, &moment, NULL);
        break;
    default:
        result = rf_submit(soak->ring);
        break;
    }
    if (result < 0 && result != -ETIME && result != -EINTR)
        fail_msg("submitting: %s", strerror(-result));
    if (soak->by_thread && roll(soak, 2) == 0)
        while (rf_sq_ready(soak->ring) > 0)
            sched_yield();
    look_what_is_consumed(soak);
}

static void reap_some(struct soak *soak)
{
    struct rf_cqe cqes[8];
    const struct rf_cqe *cqe;
    int count;
    if (roll(soak, 2) == 0) {
        for (count = 0; count < 8 && (cqe = rf_next_cqe(soak->ring)); count++) {
            struct rf_cqe copy = *cqe;
            came(soak, &copy);
        }
        return;
    }
    while ((count = rf_copy_cqes(soak->ring, cqes, 1 + roll(soak, 8), 0)) > 0)
        for (int i = 0; i < count; i++)
            came(soak, &cqes[i]);
    if (count < 0 && count != -EINTR)
        fail_msg("reaping: %s", strerror(-count));
}

static void begin_any(struct soak *soak)
{
    unsigned total = 0, i = 0;
    for (unsigned k = 0; k < act_kinds_count; k++)
        total += act_kinds[k].weight;
    uint32_t at = roll(soak, total);
    for (; at >= act_kinds[i].weight; i++)
        at -= act_kinds[i].weight;
    if (soak->newest || has_op(soak->ring, act_kinds[i].op))
        begin(soak, &act_kinds[i]);
}

static void poke_one(struct soak *soak)
{
    struct act *act = &soak->acts[roll(soak, ACTS)];
    if (act->name && act->poke)
        act->poke(soak, act);
}

static void do_something(struct soak *soak)
{
    uint32_t what = roll(soak, 100);
    if (what < 40)
        begin_any(soak);
    else if (what < 55)
        poke_one(soak);
    else if (what < 58)
        begin(soak, &cancel_kind);
    else if (what < 60 && soak->drains)
        begin(soak, &drain_kind);
    else if (what < 78)
        submit(soak);
    else
        reap_some(soak);
}

static void hold_to(const struct soak *soak, double deadline)
{
    if (seconds() < deadline)
        return;
    for (const struct act *act = soak->acts; act < soak->acts + ACTS; act++)
        if (act->name)
            print_error("open: %s, %u operations%s, number %u%s%s\n", act->name, act->waiting,
                        act->queued ? ", queued" : "", (unsigned)(act->id / 64),
                        act->endless ? ", endless" : "", act->poke ? ", patient" : "");
    fail_msg("what is open does not end; %u SQEs wait", rf_sq_ready(soak->ring));
}

/* Until nothing is open: everything is poked or cancelled. */
static void finish(struct soak *soak)
{
    double deadline = seconds() + PATIENCE_S;
    while (soak->open > 0 || soak->sharing > 0) {
        for (struct act *act = soak->acts; act < soak->acts + ACTS; act++)
            if (act->name && act->poke && !act->endless)
                act->poke(soak, act);
        begin(soak, &cancel_kind);
        submit(soak);
        reap_some(soak);
        hold_to(soak, deadline);
    }
}

/* --- rounds --------------------------------------------------------------- */

static uint64_t first_seed(void)
{
    static uint64_t seed;
    const char *wish = getenv("SOAK_SEED");
    if (seed == 0)
        seed = wish            ? strtoull(wish, NULL, 0)
               : getenv("SOAK") ? (uint64_t)time(NULL) * 1000003 % 1000000007
                                : 1;
    return seed;
}

/* A program from its first call to its last. */
static void one_round(void **state, uint64_t seed, struct soak *soak)
{
    struct rf_ring ring;
    memset(soak, 0, sizeof *soak);
    soak->dice = seed;
    soak->ring = &ring;
    open_flavour(state, &ring, ENTRIES);
    if (!rf_check_is_on(&ring))
        assert_result(rf_check_start(&ring, NULL), 0);
    soak->by_thread = ring.flags & RF_SETUP_SQPOLL;
    soak->newest = has_op(&ring, RF_OP_PIPE);
    soak->skips = soak->newest && roll(soak, 3) == 0;
    soak->drains = !soak->skips && roll(soak, 2) == 0;
    open_place(soak);
    double deadline = seconds() + PATIENCE_S;
    while (soak->begun < ACTS_A_ROUND) {
        do_something(soak);
        hold_to(soak, deadline);
    }
    finish(soak);
    close_place(soak);
    assert_int_equal(rf_check_count(&ring), 0);
    rf_deinit(&ring);
}

static void a_valid_program_is_not_reported(void **state)
{
    static struct soak soak;
    const char *wish = getenv("SOAK"), *only = getenv("SOAK_FLAVOUR");
    double all = wish ? strtod(wish, NULL) : 5;
    uint64_t seed = first_seed(), cqes = 0;
    unsigned rounds = 0;
    if (only && strcmp(only, flavour_of(state)->name) != 0)
        skip_because("only \"%s\" is asked for", only);
    if (is_emulated())
        skip_because("it asks for what recent kernels have, and for time");
    double end = seconds() + (only ? all : all / (double)flavours_count);
    do {
        /* What fails is found by the last such line. */
        printf("# %s, SOAK_SEED=%" PRIu64 "\n", flavour_of(state)->name, seed + rounds);
        fflush(stdout);
        one_round(state, seed + rounds, &soak);
        rounds++;
        cqes += soak.reaped;
    } while (seconds() < end);
    printf("# %u programs, %" PRIu64 " CQEs\n", rounds, cqes);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(a_valid_program_is_not_reported),
    };
    signal(SIGPIPE, SIG_IGN); /* pokes come late sometimes */
    return run_all(tests, COUNT_OF(tests));
}
