/* SPDX-License-Identifier: MIT */
/* drain.c - drain.h: what is tried to end a ring, in which order, and how its end is known. */
#include <errno.h>
#include <time.h>

#include <ringfence/drain.h>
#include <ringfence/prep_base.h>
#include <ringfence/prep_event.h>

#include "map.h"
#include "register.h"
#include "ring.h"

enum {
    NSEC_PER_SEC = 1000000000,
    FIRST_NAP_NS = 200000,
    LONGEST_NAP_NS = 20000000,
    /*
     * Rounds in which a cancellation finds nothing and nothing comes. Where only an SQE cancels,
     * it waits behind the NOP as everything does: so many are awaited before, for what begins
     * only when something else is over. And so many where the NOP can tell nothing.
     */
    QUIET_ROUNDS = 4,
    SETTLED_ROUNDS = 8,
};

/* Bits of ring->draining, and indexes of: */
enum { ASKING, CANCELLING, OWN };

/* What no program has as user_data by chance: addresses of nothing else. */
static const char own_data[OWN];

static uint64_t own_user_data(unsigned which)
{
    return (uint64_t)(uintptr_t)&own_data[which];
}

enum answer { NONE, NOTHING_OPEN, CANNOT_TELL };

struct drain {
    struct rf_ring *ring;
    const struct rf_drain_options *options;
    struct rf_drain_result result;
    int64_t deadline_ns;
    bool polled;  /* by an SQ thread */
    bool exact;   /* the kernel counts operations, not CQEs, to know what a drain waits for */
    bool by_call; /* RF_REGISTER_SYNC_CANCEL is to be had */
    bool by_sqe;  /* cancelling by SQE is, and needed */
    bool any;     /* and it takes whatever there is, not only what is named */
    uint32_t next_known;
    enum answer answer;
    int refusal;     /* of the NOP, when it cannot tell */
    bool found;      /* in this round, by a cancellation */
    bool came;       /* in this round, a completion */
    bool more;       /* in this round, completions that were left */
    uint32_t quiet;  /* rounds since either */
    int64_t nap_ns;
};

/* --- time ----------------------------------------------------------------- */

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static int read_deadline(struct rf_ring *ring, const struct rf_timespec *deadline, int64_t *ret_ns)
{
    *ret_ns = INT64_MAX;
    if (!deadline)
        return 0;
    if (deadline->tv_sec < 0 || deadline->tv_nsec < 0 || deadline->tv_nsec >= NSEC_PER_SEC)
        return rfi_refuse(ring, -EINVAL, "a time is negative, or has 10^9 nanoseconds or more");
    if (deadline->tv_sec < INT64_MAX / NSEC_PER_SEC)
        *ret_ns = deadline->tv_sec * NSEC_PER_SEC + deadline->tv_nsec;
    return 0;
}

/* What an earlier completion would end, and what none would. Signals end both: no harm. */
static void nap(struct drain *d)
{
    int64_t left = d->deadline_ns - now_ns();
    int64_t ns = left < d->nap_ns ? left : d->nap_ns;
    if (ns <= 0)
        return;
    if (d->nap_ns < LONGEST_NAP_NS)
        d->nap_ns *= 2;
    struct rf_ring *ring = d->ring;
    bool timed = ring->features & RF_FEAT_EXT_ARG && !rfi_must_poll(ring);
    if (!timed || !(d->answer == NONE && ring->draining)) {
        struct timespec ts = {.tv_nsec = (long)ns};
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
        return;
    }
    struct rf_timespec ts = {0, ns};
    struct rf_getevents_arg arg;
    memset(&arg, 0, sizeof arg);
    arg.ts = (uint64_t)(uintptr_t)&ts;
    (void)rfi_enter(ring, 0, rfi_begin_wait(ring, 1), RF_ENTER_GETEVENTS | RF_ENTER_EXT_ARG, &arg,
                    sizeof arg);
}

/* --- what was never submitted ---------------------------------------------- */

/* Not a program's: rf_get_sqe128() put it there. */
static bool is_filler(const struct rf_ring *ring, const struct rf_sqe *sqe)
{
    return ring->flags & RF_SETUP_SQE_MIXED && sqe + 1 == ring->sq.wrap &&
           sqe->opcode == RF_OP_NOP && sqe->flags & RF_SQE_CQE_SKIP_SUCCESS && !sqe->user_data;
}

static uint32_t slots_of(const struct rf_ring *ring, const struct rf_sqe *sqe)
{
    bool wide = sqe->opcode == RF_OP_NOP128 || sqe->opcode == RF_OP_URING_CMD128;
    return wide && ring->flags & RF_SETUP_SQE_MIXED ? 2 : 1;
}

static void drop_unsubmitted(struct drain *d, struct rfi_unsubmitted back)
{
    struct rf_ring *ring = d->ring;
    for (uint32_t i = 0; i < back.count;) {
        const struct rf_sqe *sqe = rfi_sqe_at(ring, back.from + i);
        i += slots_of(ring, sqe);
        if (is_filler(ring, sqe))
            continue;
        d->result.dropped++;
        if (d->options->drop)
            d->options->drop(d->options->arg, sqe);
    }
}

/* --- completions ----------------------------------------------------------- */

static void take_own_nop(struct drain *d, int res)
{
    d->ring->draining &= ~(1U << ASKING);
    /*
     * When it need not wait any longer a worker gets it, and there one of our own cancellations
     * can find it; while it waits none does. So that is an answer too.
     */
    d->answer = res == 0 || res == -ECANCELED ? NOTHING_OPEN : CANNOT_TELL;
    d->refusal = res;
}

static void take_own_cancel(struct drain *d, int res)
{
    d->ring->draining &= ~(1U << CANCELLING);
    if (d->any && res == -EINVAL)
        d->any = false; /* a kernel before 5.19 */
    else if (res == -EACCES)
        d->by_sqe = false;
    else if (res != -ENOENT && res != 0)
        d->found = true;
    else if (res == 0 && !d->any)
        d->found = true; /* what was named */
    if (res > 0)
        d->result.cancelled += (uint32_t)res;
    else if (res == 0 && !d->any)
        d->result.cancelled++;
}

static void take_one(struct drain *d, const struct rf_cqe *cqe)
{
    if (cqe->user_data == own_user_data(ASKING)) {
        take_own_nop(d, cqe->res);
    } else if (cqe->user_data == own_user_data(CANCELLING)) {
        take_own_cancel(d, cqe->res);
    } else {
        d->came = true;
        d->result.taken++;
        if (d->options->take)
            d->options->take(d->options->arg, cqe);
    }
}

/* Of an other side that makes them up there is no last one: then the time ends it. */
static void take_all(struct drain *d)
{
    enum { AT_ONCE = 16384 };
    const struct rf_cqe *cqe;
    for (uint32_t count = 1; (cqe = rf_next_cqe(d->ring)); count++) {
        take_one(d, cqe);
        if (count % AT_ONCE == 0 && (d->more = now_ns() >= d->deadline_ns))
            break;
    }
}

/* Errors of entering that do not mean that the next time it will be the same. */
static bool is_passing(int err)
{
    return err == -EINTR || err == -EAGAIN || err == -EBUSY || err == -EBADR || err == -ETIME;
}

/* Has the kernel finish what it can, wakes the SQ thread, and takes what is there. */
static int collect(struct drain *d)
{
    uint32_t flags = RF_ENTER_GETEVENTS;
    if (d->polled)
        (void)rf_sq_ring_needs_enter(d->ring, &flags);
    int err = rfi_enter(d->ring, 0, 0, flags, NULL, 0);
    if (err < 0 && !is_passing(err))
        return err;
    take_all(d);
    return rfi_check_cq(d->ring);
}

/* --- cancelling ------------------------------------------------------------ */

static int cancel_by_call(struct rf_ring *ring, uint32_t flags, uint8_t opcode)
{
    struct rf_sync_cancel_reg arg;
    memset(&arg, 0, sizeof arg);
    arg.flags = flags;
    arg.opcode = opcode;
    arg.fd = -1;
    return rfi_register(ring, RF_REGISTER_SYNC_CANCEL, &arg, 1);
}

/* Queues one of our own and has it consumed. False: not now. */
static bool submit_own(struct drain *d, unsigned which, uint64_t victim)
{
    struct rf_ring *ring = d->ring;
    rfi_sq_unshut(ring);
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (sqe && which == ASKING) {
        rf_prep_nop(sqe);
        sqe->flags |= RF_SQE_IO_DRAIN;
    } else if (sqe) {
        rf_prep_cancel(sqe, victim, d->any ? RF_ASYNC_CANCEL_ANY : 0);
    }
    int result = 0;
    if (sqe) {
        sqe->user_data = own_user_data(which);
        result = rf_submit(ring);
        if (!d->polled && result != 1)
            (void)rfi_sq_take_back(ring, true);
    }
    rfi_sq_shut(ring);
    bool done = sqe && (d->polled || result == 1);
    if (done)
        ring->draining |= 1U << which;
    return done;
}

/* After that nothing that an SQE does gets through, until the NOP is back. */
static bool is_time_to_ask(const struct drain *d)
{
    uint32_t rounds = QUIET_ROUNDS;
    if (d->by_sqe && !d->any)
        rounds += d->options->known_count;
    return !d->by_sqe || d->quiet >= rounds;
}

/* Where a call does not cancel, or not all: with an SQ thread it does not reach its workers. */
static void cancel_by_sqe(struct drain *d)
{
    if (!d->by_sqe || d->ring->draining || (d->answer == NONE && is_time_to_ask(d)))
        return;
    uint64_t victim = 0;
    if (!d->any) {
        if (d->options->known_count == 0) {
            d->by_sqe = false;
            return;
        }
        victim = d->options->known[d->next_known++ % d->options->known_count];
    }
    (void)submit_own(d, CANCELLING, victim);
}

static void cancel(struct drain *d)
{
    if (d->by_call) {
        int found = cancel_by_call(d->ring, RF_ASYNC_CANCEL_ANY | RF_ASYNC_CANCEL_ALL, 0);
        if (found > 0) {
            d->found = true;
            d->result.cancelled += (uint32_t)found;
        }
    }
    cancel_by_sqe(d);
}

/* --- how the end is known --------------------------------------------------- */

static bool may_ask(const struct drain *d)
{
    return d->answer == NONE && !d->ring->draining && is_time_to_ask(d);
}

static uint32_t unconsumed(const struct drain *d)
{
    uint32_t ready = rf_sq_ready(d->ring) - 1; /* one there is not, see rfi_sq_shut() */
    uint32_t own = d->ring->draining ? 1 : 0;
    return d->polled && ready > own ? ready - own : 0;
}

static void look_at_workers(struct drain *d)
{
    for (uint32_t op = 0; d->by_call && op < RF_OP_LAST; op++)
        if (cancel_by_call(d->ring, RF_ASYNC_CANCEL_OP, (uint8_t)op) == -ETIME)
            d->result.executing[op / 64] |= UINT64_C(1) << (op % 64);
}

static int time_is_up(struct drain *d)
{
    look_at_workers(d);
    d->result.unconsumed = unconsumed(d);
    const char *left = "an operation is in flight that does not let itself be cancelled";
    if (d->more)
        left = "completions come faster than they are taken";
    else if (d->result.executing[0] || d->result.executing[1])
        left = "a worker executes an operation and does not stop";
    else if (d->result.unconsumed > 0)
        left = "the SQ thread has not taken all SQEs";
    else if (!d->by_call && !d->any)
        left = "an operation is in flight, and this kernel cancels only what is named";
    return rfi_refuse(d->ring, -ETIME, left);
}

static int cannot_tell(struct drain *d)
{
    d->result.unconsumed = unconsumed(d);
    if (d->refusal == -EACCES)
        return rfi_refuse(d->ring, -EACCES, "the ring's restrictions do not allow to ask whether "
                                            "something is in flight");
    if (d->refusal == -EINVAL)
        return rfi_refuse(d->ring, -EOPNOTSUPP,
                          "whether something is in flight cannot be asked: this kernel takes no "
                          "NOP on a ring that polls devices");
    return rfi_refuse(d->ring, -EOPNOTSUPP, "whether something is in flight cannot be asked where "
                                            "RF_SQE_CQE_SKIP_SUCCESS has been used");
}

/* 1: nothing is open; 0: go on; or how it ends. */
static int one_round(struct drain *d)
{
    d->found = d->came = d->more = false;
    cancel(d);
    if (may_ask(d))
        (void)submit_own(d, ASKING, 0);
    int err = collect(d);
    if (err)
        return err;
    bool waits = d->ring->draining & (1U << CANCELLING);
    if (d->found || d->came)
        d->quiet = 0;
    else if (!waits)
        d->quiet++;
    if (d->answer == NOTHING_OPEN && !d->more && (d->exact || d->quiet >= QUIET_ROUNDS))
        return 1;
    if (d->answer == CANNOT_TELL && d->quiet >= SETTLED_ROUNDS)
        return cannot_tell(d);
    return now_ns() >= d->deadline_ns ? time_is_up(d) : 0;
}

static int go_round(struct drain *d)
{
    for (;;) {
        int state = one_round(d);
        if (state != 0)
            return state > 0 ? 0 : state;
        if (d->found || d->came)
            d->nap_ns = FIRST_NAP_NS;
        nap(d);
    }
}

/* --- the beginning ---------------------------------------------------------- */

/* 0; 1: the ring was never enabled; or an errno, and nothing has been done. */
static int begin(struct drain *d)
{
    struct rf_ring *ring = d->ring;
    ring->reason = NULL;
    if (rfi_is_closed(ring))
        return rfi_refuse(ring, -EBADF, "the ring is closed");
    int found = cancel_by_call(ring, RF_ASYNC_CANCEL_ANY | RF_ASYNC_CANCEL_ALL, 0);
    if (found == -EEXIST || found == -EBADF || found == -ENXIO)
        return found;
    d->by_call = found >= 0 || found == -ENOENT || found == -EINTR;
    d->result.cancelled = found > 0 ? (uint32_t)found : 0;
    rfi_touch(ring);
    int err = rfi_enter(ring, 0, 0, RF_ENTER_GETEVENTS, NULL, 0);
    if (err == -EBADFD)
        return 1;
    if (err < 0 && !is_passing(err))
        return err;
    d->polled = ring->flags & RF_SETUP_SQPOLL;
    /* Since 6.16. That flag came with 6.15: what is nearest and can be seen without asking. */
    d->exact = ring->features & RF_FEAT_NO_IOWAIT;
    /* Of a ring that polls devices the kernel takes no such SQE. */
    d->by_sqe = (d->polled || !d->by_call) && !(ring->flags & RF_SETUP_IOPOLL);
    d->any = true;
    d->nap_ns = FIRST_NAP_NS;
    ring->reason = NULL;
    return 0;
}

static void close_intake(struct drain *d, bool taken_by_nobody)
{
    if (rfi_is_shut(d->ring))
        return;
    struct rfi_unsubmitted back = rfi_sq_take_back(d->ring, taken_by_nobody);
    rfi_sq_shut(d->ring);
    drop_unsubmitted(d, back);
}

int rf_drain(struct rf_ring *ring, const struct rf_timespec *deadline,
             const struct rf_drain_options *options, struct rf_drain_result *ret_result)
{
    static const struct rf_drain_options none;
    struct drain d;
    memset(&d, 0, sizeof d);
    d.ring = ring;
    d.options = options ? options : &none;
    int err = read_deadline(ring, deadline, &d.deadline_ns);
    int disabled = err ? err : begin(&d);
    if (disabled < 0)
        return disabled;
    close_intake(&d, disabled || !d.polled);
    err = disabled ? 0 : go_round(&d);
    d.result.lost = rf_cq_overflow(ring);
    if (ret_result)
        *ret_result = d.result;
    return err;
}
