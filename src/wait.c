/* SPDX-License-Identifier: MIT */
/* wait.c - wait.h. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include <ringfence/wait.h>

#include "caps.h"
#include "register.h"
#include "ring.h"

enum {
    NSEC_PER_SEC = 1000000000,
    NSEC_PER_USEC = 1000,
    /* What the kernel calls a signal set; libc's has room for more. */
    SIGMASK_BYTES = _NSIG / 8,
};

/* What a wait is to wait for, and what may end it. */
struct wait {
    uint32_t nr;
    const struct rf_timespec *ts; /* NULL: for ever */
    bool until;                   /* ts is a point in time */
    uint32_t min_usec;
    uint64_t sigmask; /* an address, or 0 */
    bool registered;  /* the kernel reads all this at: */
    size_t offset;
};

/* --- what can be told before the ring is touched ------------------------- */

/* 0: the kernel knows the flag; -EOPNOTSUPP: it does not; or what entering fails with anyway. */
static int enter_knows(struct rf_ring *ring, uint32_t flag)
{
    if (ring->enter_known & flag)
        return 0;
    /* Flags are looked at before anything else; and alone this one asks for nothing. */
    if (rfi_enter(ring, 0, 0, flag, NULL, 0) == -EINVAL) {
        int without = rfi_enter(ring, 0, 0, 0, NULL, 0);
        return without == -EINVAL ? without : -EOPNOTSUPP;
    }
    ring->enter_known |= flag;
    return 0;
}

static int check_time(struct rf_ring *ring, const struct rf_timespec *ts)
{
    if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
        return rfi_refuse(ring, -EINVAL, "a time is negative, or has 10^9 nanoseconds or more");
    return 0;
}

static int check(struct rf_ring *ring, const struct wait *wait)
{
    ring->reason = NULL;
    bool timed = wait->ts || wait->min_usec > 0;
    if (wait->ts && check_time(ring, wait->ts))
        return -EINVAL;
    if ((timed || wait->sigmask) && rfi_must_poll(ring))
        return rfi_refuse(ring, -EOPNOTSUPP,
                          "a ring that polls (RF_SETUP_IOPOLL) waits without time or mask");
    if (timed && !(ring->features & RF_FEAT_EXT_ARG))
        return rfi_refuse(ring, -EOPNOTSUPP, rfi_lacks_flag(RF_CAP_FEATURE, RF_FEAT_EXT_ARG));
    if (wait->min_usec > 0 && !(ring->features & RF_FEAT_MIN_TIMEOUT))
        return rfi_refuse(ring, -EOPNOTSUPP, rfi_lacks_flag(RF_CAP_FEATURE, RF_FEAT_MIN_TIMEOUT));
    if (wait->until) {
        int err = enter_knows(ring, RF_ENTER_ABS_TIMER);
        if (err == -EOPNOTSUPP)
            ring->reason = rfi_lacks_flag(RF_CAP_ENTER, RF_ENTER_ABS_TIMER);
        return err;
    }
    return 0;
}

/* --- time ---------------------------------------------------------------- */

/* In nanoseconds, which reach for 292 years: INT64_MAX is never, this nearly so. */
static const int64_t latest_ns = INT64_C(9000000000000000000);

static int64_t add_ns(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static int64_t ns_of(const struct rf_timespec *ts)
{
    if (ts->tv_sec > INT64_MAX / NSEC_PER_SEC)
        return INT64_MAX;
    return add_ns(ts->tv_sec * NSEC_PER_SEC, ts->tv_nsec);
}

static int64_t now_ns(const struct rf_ring *ring)
{
    struct timespec now;
    (void)clock_gettime(ring->clock ? (clockid_t)ring->clock : CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

/*
 * A wait can end early for no reason of ours: the kernel wakes up for a TIMEOUT operation
 * that posts nothing, say. So the times are kept as points on the clock.
 */
struct times {
    int64_t deadline; /* INT64_MAX: none */
    int64_t enough;   /* from here on one CQE is enough */
    struct rf_timespec left;
};

static struct times start_times(const struct rf_ring *ring, const struct wait *wait)
{
    struct times times = {INT64_MAX, 0, {0, 0}};
    if (!wait->ts && wait->min_usec == 0)
        return times;
    int64_t now = now_ns(ring);
    if (wait->ts)
        times.deadline = add_ns(ns_of(wait->ts), wait->until ? 0 : now);
    if (wait->min_usec > 0)
        times.enough = add_ns(now, (int64_t)wait->min_usec * NSEC_PER_USEC);
    return times;
}

static struct rf_timespec timespec_of(int64_t ns)
{
    struct rf_timespec ts = {ns / NSEC_PER_SEC, ns % NSEC_PER_SEC};
    return ts;
}

/*
 * What the kernel makes of a minimum wait is put right here. If it is the longer of the
 * two times, it goes before the other. And a wait for ever ends with it, with nothing
 * there. (io_cqring_min_timer_wakeup() of 6.18.)
 */
static void mend_minimum(struct times *times, struct wait *wait)
{
    if (wait->min_usec == 0)
        return;
    if (times->enough >= times->deadline) {
        wait->min_usec = 0;
        wait->registered = false;
    } else if (times->deadline > latest_ns) {
        int64_t now = times->enough - (int64_t)wait->min_usec * NSEC_PER_USEC;
        times->deadline = latest_ns;
        times->left = timespec_of(latest_ns - (wait->until ? 0 : now));
        wait->ts = &times->left;
        wait->registered = false;
    }
}

/* What is left to be waited for. False: the time is up. */
static bool go_on(const struct rf_ring *ring, struct times *times, struct wait *wait)
{
    wait->registered = false; /* those are the arguments that it began with */
    if (!wait->ts && wait->min_usec == 0)
        return true;
    int64_t now = now_ns(ring);
    if (wait->ts && now >= times->deadline)
        return false;
    if (wait->min_usec > 0) {
        int64_t usec = (times->enough - now) / NSEC_PER_USEC;
        wait->min_usec = usec > 0 ? (uint32_t)usec : 0;
        if (usec <= 0)
            wait->nr = 1;
    }
    if (wait->ts && !wait->until) {
        times->left = timespec_of(times->deadline - now);
        wait->ts = &times->left;
    }
    return true;
}

/* --- waiting ------------------------------------------------------------- */

/* CQEs that are there and not taken; counted no further than @enough. */
static uint32_t count_cqes(const struct rf_ring *ring, uint32_t enough)
{
    if (!(ring->flags & RF_SETUP_CQE_MIXED))
        return rf_cq_ready(ring);
    struct rf_cqe_iter iter = rf_cqe_iter_init(ring);
    const struct rf_cqe *cqe;
    uint32_t count = 0;
    while (count < enough && rf_cqe_iter_next(&iter, &cqe))
        count++;
    return count;
}

/*
 * Enters once, to wait for @slots. Each CQE is one, but on a mixed ring those of 32 bytes
 * are two, and a filler is one as well.
 */
static int sleep_for(struct rf_ring *ring, uint32_t to_submit, uint32_t flags, uint32_t slots,
                     const struct wait *wait)
{
    slots = rfi_begin_wait(ring, slots);
    flags |= RF_ENTER_GETEVENTS;
    if (wait->registered) {
        flags |= RF_ENTER_EXT_ARG | RF_ENTER_EXT_ARG_REG;
        return rfi_enter(ring, to_submit, slots, flags, (const void *)(uintptr_t)wait->offset,
                     sizeof(struct rf_reg_wait));
    }
    if (!wait->ts && wait->min_usec == 0)
        return rfi_enter(ring, to_submit, slots, flags, (const void *)(uintptr_t)wait->sigmask,
                     SIGMASK_BYTES);
    struct rf_getevents_arg arg;
    memset(&arg, 0, sizeof arg);
    arg.sigmask = wait->sigmask;
    arg.sigmask_sz = SIGMASK_BYTES;
    arg.min_wait_usec = wait->min_usec;
    arg.ts = (uint64_t)(uintptr_t)wait->ts;
    flags |= RF_ENTER_EXT_ARG | (wait->until ? RF_ENTER_ABS_TIMER : 0);
    return rfi_enter(ring, to_submit, slots, flags, &arg, sizeof arg);
}

/* How many slots to wait for, so that @wait->nr CQEs are there. */
static uint32_t slots_for(const struct rf_ring *ring, const struct wait *wait)
{
    uint32_t slots = wait->nr;
    if (ring->flags & RF_SETUP_CQE_MIXED)
        slots += rf_cq_ready(ring) - count_cqes(ring, wait->nr);
    /* Never for the last slot of a mixed ring: see begin_wait() in ring.c. */
    bool mixed = ring->flags & RF_SETUP_CQE_MIXED;
    return rfi_min_u32(slots, mixed ? ring->cq.entries - 1 : ring->cq.entries);
}

/*
 * Before sleeping. 1: SQEs were submitted, look again; 0: there were none, @flags has
 * what the SQ thread needs; or an errno of rf_submit().
 */
static int submit_first(struct rf_ring *ring, uint32_t *flags)
{
    if (ring->flags & RF_SETUP_SQPOLL) {
        if (rf_flush_sq(ring) > 0)
            (void)rf_sq_ring_needs_enter(ring, flags);
        return 0;
    }
    if (rf_sq_ready(ring) == 0)
        return 0;
    int result = rf_submit(ring);
    if (result < 0 && rfi_must_collect(ring))
        (void)rf_get_events(ring); /* older kernels: -EBUSY until what overflowed is taken */
    return result > 0 ? 1 : result;
}

static bool timed_out_or_interrupted(int result)
{
    return result == -ETIME || result == -EINTR;
}

/* Sleeps until enough is there, or something else ends the wait. An errno: nothing is there. */
static int wait_until_ready(struct rf_ring *ring, struct wait wait, bool submits)
{
    if (rfi_is_shut(ring))
        return rfi_refuse_sq_head(ring); /* nothing will come */
    struct times times = start_times(ring, &wait);
    mend_minimum(&times, &wait);
    uint32_t rounds = 0;
    for (;;) {
        uint32_t flags = 0;
        int err = rfi_check_cq(ring); /* or lies could keep us here for ever */
        if (err)
            return err;
        int result = submits ? submit_first(ring, &flags) : 0;
        if (result != 0) {
            uint32_t count = count_cqes(ring, wait.nr);
            if (count >= wait.nr || (result < 0 && count > 0))
                return 0;
            err = result < 0 ? result : rf_check_ring(ring);
            if (err)
                return err;
            if (rounds++ == ring->sq.entries) /* one each time, and more than there were */
                return rfi_refuse(ring, -EPROTO, "SQEs count as consumed, and stay in the queue");
            continue;
        }
        uint32_t slots = slots_for(ring, &wait);
        result = sleep_for(ring, 0, flags, slots, &wait);
        if (result < 0 && !timed_out_or_interrupted(result))
            return result;
        uint32_t count = count_cqes(ring, wait.nr);
        if (count >= wait.nr)
            return 0;
        /* Slots enough, but not CQEs: a mixed ring. The last slot is never waited for. */
        uint32_t ready = rf_cq_ready(ring);
        bool miscounted = ready >= slots && ready + 1 < ring->cq.entries;
        if (count > 0 && (result < 0 || !miscounted))
            return 0;
        if (result < 0)
            return result;
        if (!go_on(ring, &times, &wait))
            return count > 0 ? 0 : -ETIME;
    }
}

static int wait_for(struct rf_ring *ring, const struct rf_cqe **ret_cqe, const struct wait *wait,
                    bool submits)
{
    if (wait->nr > 0 && count_cqes(ring, wait->nr) < wait->nr) {
        int err = wait_until_ready(ring, *wait, submits);
        if (err)
            return err;
    }
    return rf_peek_cqe(ring, ret_cqe);
}

static int checked_wait(struct rf_ring *ring, const struct rf_cqe **ret_cqe, struct wait *wait,
                        bool submits)
{
    int err = check(ring, wait);
    if (err)
        return err;
    wait->nr = rfi_min_u32(wait->nr, ring->cq.entries);
    return wait_for(ring, ret_cqe, wait, submits);
}

int rf_wait_cqe(struct rf_ring *ring, const struct rf_cqe **ret_cqe)
{
    struct wait wait = {.nr = 1};
    return wait_for(ring, ret_cqe, &wait, true);
}

int rf_wait_cqe_nr(struct rf_ring *ring, const struct rf_cqe **ret_cqe, uint32_t wait_nr)
{
    return rf_wait_cqes(ring, ret_cqe, wait_nr, NULL, NULL);
}

int rf_wait_cqe_timeout(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                        const struct rf_timespec *ts)
{
    return rf_wait_cqes(ring, ret_cqe, 1, ts, NULL);
}

int rf_wait_cqes(struct rf_ring *ring, const struct rf_cqe **ret_cqe, uint32_t wait_nr,
                 const struct rf_timespec *ts, const sigset_t *sigmask)
{
    return rf_wait_cqes_min_timeout(ring, ret_cqe, wait_nr, ts, 0, sigmask);
}

int rf_wait_cqes_min_timeout(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                             uint32_t wait_nr, const struct rf_timespec *ts,
                             uint32_t min_wait_usec, const sigset_t *sigmask)
{
    struct wait wait = {.nr = wait_nr,
                        .ts = ts,
                        .min_usec = min_wait_usec,
                        .sigmask = (uint64_t)(uintptr_t)sigmask};
    return checked_wait(ring, ret_cqe, &wait, true);
}

int rf_wait_cqes_until(struct rf_ring *ring, const struct rf_cqe **ret_cqe, uint32_t wait_nr,
                       const struct rf_timespec *deadline, uint32_t min_wait_usec,
                       const sigset_t *sigmask)
{
    struct wait wait = {.nr = wait_nr,
                        .ts = deadline,
                        .until = true,
                        .min_usec = min_wait_usec,
                        .sigmask = (uint64_t)(uintptr_t)sigmask};
    return checked_wait(ring, ret_cqe, &wait, true);
}

int rf_wait_events(struct rf_ring *ring, const struct rf_cqe **ret_cqe, uint32_t wait_nr,
                   const struct rf_timespec *ts, const sigset_t *sigmask)
{
    struct wait wait = {.nr = wait_nr, .ts = ts, .sigmask = (uint64_t)(uintptr_t)sigmask};
    return checked_wait(ring, ret_cqe, &wait, false);
}

/* --- submitting and waiting ---------------------------------------------- */

/* One enter for both. As rf_submit(), but what ended the wait is not told. */
static int submit_and_sleep(struct rf_ring *ring, uint32_t queued, struct wait *wait)
{
    uint32_t flags = 0;
    struct times times = start_times(ring, wait);
    mend_minimum(&times, wait);
    uint32_t slots = slots_for(ring, wait);
    if (!(ring->flags & RF_SETUP_SQPOLL))
        return sleep_for(ring, queued, flags, slots, wait);
    /* The SQ thread submits, whatever number we give; with 0, no error of the wait is hidden. */
    (void)rf_sq_ring_needs_enter(ring, &flags);
    int result = sleep_for(ring, 0, flags, slots, wait);
    return result < 0 && !timed_out_or_interrupted(result) ? result : (int)queued;
}

static int submit_and_wait(struct rf_ring *ring, const struct rf_cqe **ret_cqe, struct wait *wait)
{
    int err = check(ring, wait);
    if (err)
        return err;
    wait->nr = rfi_min_u32(wait->nr, ring->cq.entries);
    uint32_t queued = rf_flush_sq(ring);
    if (queued == 0)
        return wait_for(ring, ret_cqe, wait, false);
    if (queued > ring->sq.entries)
        return rfi_refuse_sq_head(ring);

    int result;
    if (count_cqes(ring, wait->nr) >= wait->nr)
        result = rf_submit(ring);
    else
        result = submit_and_sleep(ring, queued, wait);
    if (result < 0)
        return result;
    const struct rf_cqe *cqe = NULL;
    if (count_cqes(ring, 1) > 0) {
        err = rf_peek_cqe(ring, &cqe);
        if (err)
            return err;
    }
    if (result == 0 && !cqe)
        return wait_for(ring, ret_cqe, wait, false); /* consumed, but not as requests */
    *ret_cqe = cqe;
    return result;
}

int rf_submit_and_wait_timeout(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                               uint32_t wait_nr, const struct rf_timespec *ts,
                               const sigset_t *sigmask)
{
    return rf_submit_and_wait_min_timeout(ring, ret_cqe, wait_nr, ts, 0, sigmask);
}

int rf_submit_and_wait_min_timeout(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                                   uint32_t wait_nr, const struct rf_timespec *ts,
                                   uint32_t min_wait_usec, const sigset_t *sigmask)
{
    struct wait wait = {.nr = wait_nr,
                        .ts = ts,
                        .min_usec = min_wait_usec,
                        .sigmask = (uint64_t)(uintptr_t)sigmask};
    return submit_and_wait(ring, ret_cqe, &wait);
}

int rf_submit_and_wait_until(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                             uint32_t wait_nr, const struct rf_timespec *deadline,
                             uint32_t min_wait_usec, const sigset_t *sigmask)
{
    struct wait wait = {.nr = wait_nr,
                        .ts = deadline,
                        .until = true,
                        .min_usec = min_wait_usec,
                        .sigmask = (uint64_t)(uintptr_t)sigmask};
    return submit_and_wait(ring, ret_cqe, &wait);
}

int rf_submit_and_wait_reg(struct rf_ring *ring, const struct rf_cqe **ret_cqe, uint32_t wait_nr,
                           uint32_t index)
{
    if (index >= ring->waits_count)
        return rfi_refuse(ring, -EINVAL, "no wait is registered under that index");
    /*
     * All that the kernel would complain of is looked at here: it looks only after it has
     * submitted, and then says nothing.
     */
    const struct rf_reg_wait *slot = (const struct rf_reg_wait *)ring->waits.addr + index;
    if (slot->flags & ~RF_REG_WAIT_TS || (slot->sigmask && slot->sigmask_sz != SIGMASK_BYTES))
        return rfi_refuse(ring, -EINVAL,
                          "the registered wait is not as rf_reg_wait_set() leaves it");
    size_t offset = index * sizeof *slot;
    /*
     * Of the last slot Linux 6.18 reads the first: io_get_ext_arg_reg() has an offset that
     * is just in range for one that is not. What it says is given in the call, then.
     */
    bool is_last = offset + sizeof *slot >= ring->waits.bytes;
    struct wait wait = {.nr = wait_nr,
                        .ts = slot->flags & RF_REG_WAIT_TS ? &slot->ts : NULL,
                        .min_usec = slot->min_wait_usec,
                        .sigmask = slot->sigmask,
                        .registered = !is_last,
                        .offset = offset};
    if (rfi_must_poll(ring))
        return rfi_refuse(ring, -EOPNOTSUPP, "a ring that polls takes no registered waits");
    return submit_and_wait(ring, ret_cqe, &wait);
}

int rf_submit_and_get_events(struct rf_ring *ring)
{
    uint32_t queued = rf_flush_sq(ring);
    if (queued > ring->sq.entries)
        return rfi_refuse_sq_head(ring);
    uint32_t flags = RF_ENTER_GETEVENTS;
    if (ring->flags & RF_SETUP_SQPOLL)
        (void)rf_sq_ring_needs_enter(ring, &flags);
    return rfi_enter(ring, queued, 0, flags, NULL, 0);
}

int rf_get_events(struct rf_ring *ring)
{
    rfi_touch(ring);
    int result = rfi_enter(ring, 0, 0, RF_ENTER_GETEVENTS, NULL, 0);
    return result < 0 ? result : 0;
}

/* --- room for submissions ------------------------------------------------ */

int rf_sqring_wait(struct rf_ring *ring)
{
    if (rf_sq_space_left(ring) > 0)
        return 0;
    if (!(ring->flags & RF_SETUP_SQPOLL)) {
        int result = rf_submit(ring);
        return result > 0 ? 0 : result < 0 ? result : -EAGAIN;
    }
    uint32_t flags = RF_ENTER_SQ_WAIT;
    (void)rf_flush_sq(ring);
    (void)rf_sq_ring_needs_enter(ring, &flags);
    int result = rfi_enter(ring, 0, 0, flags, NULL, 0);
    if (rf_sq_space_left(ring) > 0)
        return 0;
    if (rf_sq_ready(ring) > ring->sq.entries)
        return rfi_refuse_sq_head(ring); /* or whoever asks until there is room asks for ever */
    if (result == -EINVAL && enter_knows(ring, RF_ENTER_SQ_WAIT) == -EOPNOTSUPP)
        return rfi_refuse(ring, -EOPNOTSUPP, rfi_lacks_flag(RF_CAP_ENTER, RF_ENTER_SQ_WAIT));
    /* Nothing but a signal ends that wait, and the kernel does not say so. */
    return result < 0 ? result : -EINTR;
}
