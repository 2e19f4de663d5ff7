/* SPDX-License-Identifier: MIT */
/*
 * wait.h - waiting for completions: with a time, a signal mask, for many at once.
 *
 *   wait     rf_wait_cqe(), rf_wait_cqes(), ...      until completions are there
 *   both     rf_submit_and_wait_timeout(), ...       submit and wait in one system call
 *   look     rf_peek_batch_cqe(), rf_cqe_iter_next()  at many without taking them
 *   room     rf_sqring_wait()                        until rf_get_sqe() has an SQE to give
 *
 * What waits shows the next CQE and does not take it: rf_cqe_seen() does, or
 * rf_next_cqe(), which gives the same CQE. Every CQE that was taken before is given
 * back to the kernel first.
 *
 *     struct rf_timespec second = {1, 0};
 *     int err = rf_wait_cqe_timeout(ring, &cqe, &second);
 *     if (err == 0) {
 *         ... cqe->user_data, cqe->res ...
 *         rf_cqe_seen(ring, cqe);
 *     }
 *
 * Two rules hold for the whole family rf_wait_...:
 *
 * - Whoever sleeps submits first: SQEs that are queued go to the kernel before the
 *   calling thread sleeps, in a system call of their own, so that how the wait ended
 *   can be told. (The kernel hides a wait's error behind a count of SQEs.)
 *   liburing's functions of these names sleep with the work in hand.
 *   rf_wait_events() alone submits nothing.
 * - 0 means that a CQE is there, -ETIME and -EINTR that none is. A wait for more than
 *   one ends with 0 and fewer when the time is up, a signal comes, or a TIMEOUT
 *   operation completes; rf_cq_ready() tells how many there are.
 *
 * Arguments of several functions:
 *
 * @wait_nr   CQEs to wait for: CQEs, also where they differ in size. More than the
 *            completion queue holds counts as that. 0: as rf_peek_cqe(), with its
 *            results and errors; nothing is submitted.
 * @ts        How long to wait, by the ring's clock (rf_register_clock()); NULL: for ever.
 * @deadline  Until when to wait, by the same clock; not NULL. One that has passed only looks.
 * @min_wait_usec  Microseconds during which fewer than @wait_nr do not end the wait. After
 *            them one is enough. It gathers a batch without adding more delay than this.
 *            0: none. Never prolongs the wait beyond @ts or @deadline.
 * @sigmask   The signals blocked while asleep, as for ppoll(2); NULL: as they are.
 *            Not applied when the call need not sleep.
 *
 * Errors, besides those of rf_enter(), which names more causes:
 *
 *   -ETIME       no CQE came in time
 *   -EINTR       a signal came and no CQE is there; nothing was lost
 *   -EINVAL      a time is negative or has 10^9 nanoseconds or more
 *   -EOPNOTSUPP  this kernel cannot wait in this way: with a time before 5.11, with a
 *                minimum wait or a deadline before 6.12. Or the ring polls
 *                (RF_SETUP_IOPOLL without SQPOLL), where the kernel looks at neither
 *                clock nor mask. rf_reason() says which. Told before anything else, also
 *                when CQEs are there.
 *   -EEXIST      another thread waits on an RF_SETUP_DEFER_TASKRUN ring
 *
 * Arguments are read during the call only.
 *
 * Threads: what waits or submits belongs to both sides of the ring (see ring.h).
 * rf_wait_events(), rf_get_events(), rf_peek_batch_cqe() and the iterator belong to the
 * completion side, rf_sqring_wait() to the submission side.
 *
 * docs/waiting.md has a table of what each function returns when. Facts:
 * io_uring_enter(2), io_uring/io_uring.c of Linux 6.18, and measurement there.
 */
#ifndef RINGFENCE_WAIT_H
#define RINGFENCE_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
/* Has sigset_t even where ISO C alone is wanted; <signal.h> then has not. */
#include <sys/select.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* --- wait for completions ------------------------------------------------ */

/* Wait for one CQE, which *ret_cqe shows then. 0, or an errno of waiting (wait.h). */
RF_API RF_NODISCARD int rf_wait_cqe(struct rf_ring *ring, const struct rf_cqe **ret_cqe);

/* Wait for @wait_nr CQEs; *ret_cqe is the first. 0, or an errno of waiting (wait.h). */
RF_API RF_NODISCARD int rf_wait_cqe_nr(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                                       uint32_t wait_nr);

/*
 * Wait for one CQE, but no longer than @ts. 0, or an errno of waiting (wait.h): -ETIME if
 * none came. Since kernel 5.11.
 */
RF_API RF_NODISCARD int rf_wait_cqe_timeout(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                                            const struct rf_timespec *ts);

/**
 * rf_wait_cqes() - wait for @wait_nr CQEs, with a time and a signal mask.
 *
 * Returns 0 and the first CQE in *ret_cqe; or an errno of waiting (wait.h).
 *
 * Since kernel 5.11; without @ts any kernel.
 */
RF_API RF_NODISCARD int rf_wait_cqes(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                                     uint32_t wait_nr, const struct rf_timespec *ts,
                                     const sigset_t *sigmask);

/* The same with a minimum wait. Since kernel 6.12. */
RF_API RF_NODISCARD int rf_wait_cqes_min_timeout(struct rf_ring *ring,
                                                 const struct rf_cqe **ret_cqe,
                                                 uint32_t wait_nr, const struct rf_timespec *ts,
                                                 uint32_t min_wait_usec,
                                                 const sigset_t *sigmask);

/*
 * The same until a point in time: what a loop that waits again and again for one
 * deadline needs, without looking at the clock each time. Since kernel 6.12.
 */
RF_API RF_NODISCARD int rf_wait_cqes_until(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                                           uint32_t wait_nr, const struct rf_timespec *deadline,
                                           uint32_t min_wait_usec, const sigset_t *sigmask);

/**
 * rf_wait_events() - rf_wait_cqes() that leaves the submission side alone.
 *
 * For a thread that takes completions while another one submits. Submits nothing: with
 * work still queued, and nobody else to submit it, this may sleep for ever. The other
 * thread must not wait; it may rf_submit().
 *
 * Returns as rf_wait_cqes(); -EEXIST where the ring belongs to the other thread
 * (RF_SETUP_DEFER_TASKRUN).
 */
RF_API RF_NODISCARD int rf_wait_events(struct rf_ring *ring, const struct rf_cqe **ret_cqe,
                                       uint32_t wait_nr, const struct rf_timespec *ts,
                                       const sigset_t *sigmask);

/* --- submit and wait, in one system call --------------------------------- */

/**
 * rf_submit_and_wait_timeout() - rf_submit(), and wait for @wait_nr CQEs.
 *
 * @ret_cqe  The first CQE, or NULL: none came before the time was up or a signal
 *           came. Which of the two the kernel does not tell when SQEs were submitted in
 *           the same call.
 *
 * Returns the SQEs submitted, counted as rf_submit() does, with *ret_cqe a CQE or NULL.
 * When none were queued it is rf_wait_cqes(): 0 and *ret_cqe a CQE, or -ETIME, -EINTR.
 * Never 0 and NULL. A short count (see rf_submit()) means that it did not wait. An error
 * means that nothing was submitted; SQEs stay queued.
 *
 * liburing returns 0 instead of the count when enough CQEs were there before, and
 * a CQE it had found together with an error.
 *
 * Since kernel 5.11; without @ts any kernel.
 */
RF_API RF_NODISCARD int rf_submit_and_wait_timeout(struct rf_ring *ring,
                                                   const struct rf_cqe **ret_cqe,
                                                   uint32_t wait_nr,
                                                   const struct rf_timespec *ts,
                                                   const sigset_t *sigmask);

/* The same with a minimum wait. Since kernel 6.12. */
RF_API RF_NODISCARD int rf_submit_and_wait_min_timeout(struct rf_ring *ring,
                                                       const struct rf_cqe **ret_cqe,
                                                       uint32_t wait_nr,
                                                       const struct rf_timespec *ts,
                                                       uint32_t min_wait_usec,
                                                       const sigset_t *sigmask);

/* The same until a point in time. Since kernel 6.12. */
RF_API RF_NODISCARD int rf_submit_and_wait_until(struct rf_ring *ring,
                                                 const struct rf_cqe **ret_cqe,
                                                 uint32_t wait_nr,
                                                 const struct rf_timespec *deadline,
                                                 uint32_t min_wait_usec,
                                                 const sigset_t *sigmask);

/**
 * rf_submit_and_wait_reg() - the same with arguments that were registered.
 *
 * @index  Which of the slots that rf_setup_reg_wait() gave, or rf_register_region().
 *
 * Spares the kernel copying the arguments in at each call. Returns as
 * rf_submit_and_wait_timeout(), and
 *   -EINVAL  no slot has that index; or what it holds is not as rf_reg_wait_set() leaves it
 * Since kernel 6.13.
 */
RF_API RF_NODISCARD int rf_submit_and_wait_reg(struct rf_ring *ring,
                                               const struct rf_cqe **ret_cqe, uint32_t wait_nr,
                                               uint32_t index);

/*
 * rf_submit(), and in any case enter the kernel to run what is finished and to collect
 * what overflowed. Does not wait. Returns the SQEs submitted or an errno, as rf_submit().
 */
RF_API int rf_submit_and_get_events(struct rf_ring *ring);

/*
 * The same without submitting. Rarely needed: rf_next_cqe() and its like enter by
 * themselves when there is reason to. 0, or an errno of rf_enter().
 */
RF_API int rf_get_events(struct rf_ring *ring);

/* --- look at many completions, in place ---------------------------------- */

/*
 * How far rf_cq_advance() has to go for this CQE: 2 for one of 32 bytes on an
 * RF_SETUP_CQE_MIXED ring, else 1.
 */
RF_INLINE uint32_t rf_cqe_nr(const struct rf_cqe *cqe)
{
    return cqe->flags & RF_CQE_F_32 ? 2 : 1;
}

/**
 * rf_peek_batch_cqe() - look at several CQEs without taking them.
 *
 * @cqes   Room for @count pointers.
 *
 * Take what was shown with rf_cqe_seen(), in the order of @cqes, or all at once with
 * rf_cq_advance() and the sum of rf_cqe_nr(). To take them one by one anyway, rf_next_cqe()
 * is the shorter loop.
 *
 * Does not wait, and enters the kernel in the cases that rf_next_cqe() tells.
 *
 * Returns how many are shown, 0: none is there; or an errno of rf_enter(). Fewer than are
 * there on an RF_SETUP_CQE_MIXED ring, where the queue wraps.
 */
RF_API RF_NODISCARD int rf_peek_batch_cqe(struct rf_ring *ring, const struct rf_cqe **cqes,
                                          uint32_t count);

/*
 * The CQEs that are there at one moment, to be walked over without taking them:
 *
 *     struct rf_cqe_iter iter = rf_cqe_iter_init(ring);
 *     while (rf_cqe_iter_next(&iter, &cqe))
 *         if (cqe->user_data == wanted)
 *             break;
 *
 * For looking ahead. To handle CQEs rf_next_cqe() is all it takes. Of use until the next
 * call on this ring that takes a CQE or waits. Leave the members to the functions.
 */
struct rf_cqe_iter {
    const struct rf_cqe *cqes;
    uint32_t mask;
    uint32_t shift;
    uint32_t next; /* index of the next to be shown */
    uint32_t end;
    bool mixed;
};

/* An iterator over the CQEs that are there now. Never enters the kernel. */
RF_API RF_NODISCARD struct rf_cqe_iter rf_cqe_iter_init(const struct rf_ring *ring);

/* True and the next CQE in *ret_cqe; false at the end, with *ret_cqe as it was. */
RF_INLINE bool rf_cqe_iter_next(struct rf_cqe_iter *iter, const struct rf_cqe **ret_cqe)
{
    while (iter->next != iter->end) {
        const struct rf_cqe *cqe = iter->cqes + ((size_t)(iter->next & iter->mask) << iter->shift);
        if (RF_UNLIKELY(iter->mixed)) {
            uint32_t flags = cqe->flags;
            RF_OPAQUE(flags); /* looked at once: what was checked is what is gone by */
            if (flags & RF_CQE_F_SKIP) {
                iter->next++; /* fills the slot before the wrap */
                continue;
            }
            uint32_t slots = flags & RF_CQE_F_32 ? 2 : 1;
            if (slots > iter->end - iter->next ||
                (iter->next & iter->mask) + slots > iter->mask + 1)
                return false; /* half a CQE: no honest tail is there */
            iter->next += slots;
        } else {
            iter->next++;
        }
        *ret_cqe = cqe;
        return true;
    }
    return false;
}

/*
 * Take what the iterator has shown, all of it. Only on the ring that it came from, with
 * nothing taken there by other means since, beyond what it has shown: else it is a broken
 * contract. Returns how many slots that were.
 */
RF_API uint32_t rf_cqe_iter_take(struct rf_ring *ring, const struct rf_cqe_iter *iter);

/* --- room for submissions ------------------------------------------------ */

/**
 * rf_sqring_wait() - see to it that rf_get_sqe() has an SQE to give.
 *
 * Publishes what is queued. With RF_SETUP_SQPOLL it wakes the SQ thread if need be, and
 * sleeps until it has consumed something; otherwise it submits (rf_submit()). liburing's
 * does nothing on such a ring. Does nothing if there is room already.
 *
 * Returns 0: there is room; or an errno of rf_enter() or rf_submit(), -EPROTO among them,
 * -EINTR if a signal came first, or -EOPNOTSUPP: the kernel is older than 5.10. Since kernel 5.10.
 */
RF_API RF_NODISCARD int rf_sqring_wait(struct rf_ring *ring);

/* --- how a ring waits: clock, I/O wait, registered arguments ------------- */

/**
 * rf_set_iowait() - do this ring's waits count as waiting for I/O?
 *
 * They do by default: the processor then shows as waiting for I/O, and may be
 * clocked up for it. A program that waits for network or timers can do without.
 *
 * Returns 0, or -EOPNOTSUPP: the kernel is older than 6.15, and they count.
 */
RF_API RF_NODISCARD int rf_set_iowait(struct rf_ring *ring, bool enable);

/**
 * rf_register_clock() - choose the clock that this ring's waits are measured by.
 *
 * @clock  clockid is CLOCK_MONOTONIC, which it is without this, or CLOCK_BOOTTIME, which
 *         goes on while the system is suspended. The rest is 0.
 *
 * TIMEOUT operations choose for themselves. Returns 0, or
 *   -EINVAL      the clock is none of the two
 *   -EOPNOTSUPP  the kernel is older than 6.12
 * or what any registration can return, see register.h. Since kernel 6.12.
 */
RF_API RF_NODISCARD int rf_register_clock(struct rf_ring *ring,
                                          const struct rf_clock_register *clock);

/**
 * rf_setup_reg_wait() - register the arguments of waits, for rf_submit_and_wait_reg().
 *
 * @count      Slots, 1 or more; memory comes in whole pages of 64.
 * @ret_waits  The slots, all zero, which is: wait for ever. Fill them with
 *             rf_reg_wait_set(), at any time; the kernel reads a slot at the start of a wait.
 *
 * The ring must have been opened with RF_SETUP_R_DISABLED and not been enabled yet. The
 * memory is the ring's: rf_deinit() unmaps it.
 *
 * Returns 0, or
 *   -EINVAL      @count is 0; or the ring is not disabled
 *   -EBUSY       the ring has a memory region, and can have only one
 *   -EOPNOTSUPP  the kernel is older than 6.13
 *   -ENOMEM      out of memory, or over RLIMIT_MEMLOCK
 * or what any registration can return, see register.h. Since kernel 6.13.
 */
RF_API RF_NODISCARD int rf_setup_reg_wait(struct rf_ring *ring, uint32_t count,
                                          struct rf_reg_wait **ret_waits);

/*
 * Fill a slot. Arguments as for rf_submit_and_wait_min_timeout(), @ts and @sigmask may be
 * NULL. *ts is copied; *sigmask is lent, to each wait that uses the slot.
 */
RF_API void rf_reg_wait_set(struct rf_reg_wait *wait, const struct rf_timespec *ts,
                            uint32_t min_wait_usec, const sigset_t *sigmask);

RF_END_DECLS

#endif
