/* SPDX-License-Identifier: MIT */
/*
 * drain.h - the quiet end of a ring: nothing new, nothing in flight, nothing lent.
 *
 *     struct rf_drain_options options = {.take = on_completion, .arg = server};
 *     int err = rf_drain(&ring, NULL, &options, NULL);
 *     ...
 *     rf_deinit(&ring);
 *
 * rf_deinit() alone waits for nobody. Operations that a worker or a device has go on after it,
 * and write to memory that the program has long put to another use; a forked child
 * that holds the ring's descriptor keeps all of them going. What completed last, an accepted
 * connection or a provided buffer, nobody gets to see. rf_drain() first is the remedy.
 *
 * How it knows that nothing is in flight. No counter tells. The kernel cancels whatever it
 * can find, but it does not find all: not what a device works on, not a member of a chain
 * that has not begun, not the notification of a zero-copy send. So a NOP with
 * RF_SQE_IO_DRAIN is queued behind it all, which the kernel holds back until every earlier
 * operation is over, those included. Tried on 6.18, by tests/test_drain.c: the NOP came after
 * armed polls, multishots, chains, timeouts, operations in workers and at devices, and after
 * notifications; cancelling goes on meanwhile, by a call that no drain holds back.
 *
 * It cannot be asked on a ring that has ever used RF_SQE_CQE_SKIP_SUCCESS: the kernel then
 * refuses to drain. Nor where the ring's restrictions forbid it, nor on an RF_SETUP_IOPOLL ring of
 * a kernel that takes no NOP there (5.10).
 */
#ifndef RINGFENCE_DRAIN_H
#define RINGFENCE_DRAIN_H

#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* What rf_drain() is to do with what it finds. Zero what is not of interest. */
struct rf_drain_options {
    /*
     * Called for each completion, in the order they come, until none will come any more: the
     * place to close what was accepted or opened, to put provided buffers back
     * (rf_buffer_group_get() and ..._put()), to let go of what belongs to the user_data. It is
     * often the function that handles completions anyway: what it queues is NULL now, as if
     * the queue were full. It must neither take completions nor wait. *@cqe is in place,
     * of use during the call only. NULL: they are thrown away, and an accepted descriptor
     * with them.
     */
    void (*take)(void *arg, const struct rf_cqe *cqe);
    /*
     * Called for each SQE that was queued and never consumed: no completion will come for it.
     * *@sqe is of use during the call only. NULL: they are thrown away.
     */
    void (*drop)(void *arg, const struct rf_sqe *sqe);
    void *arg; /* for both */
    /*
     * Kernels before 5.19 cancel only what is named: the user_data of what may be in
     * flight. Others need no names. Read during the call.
     */
    const uint64_t *known;
    uint32_t known_count;
};

/* What rf_drain() found, and what it leaves. */
struct rf_drain_result {
    uint64_t taken;      /* completions given to take() */
    uint64_t cancelled;  /* operations that a cancellation said to have found */
    uint32_t dropped;    /* SQEs given to drop() */
    uint32_t lost;       /* completions that the kernel had no memory for: rf_cq_overflow() */
    uint32_t unconsumed; /* left: SQEs that the SQ thread has not taken; slots if mixed */
    /*
     * Left, and known by name: bit RF_OP_... % 64 of element RF_OP_... / 64 is set where
     * workers still execute such operations, though told to stop. Since kernel 6.6. What is
     * with a device, the network, or a worker of an SQ thread is not in it.
     */
    uint64_t executing[2];
};

/**
 * rf_drain() - end what the ring does: take nothing new, cancel, take every completion.
 *
 * @deadline    Until when, on CLOCK_MONOTONIC; NULL: for ever. One that has passed: do what
 *              can be done without sleeping.
 * @options     Or NULL: throw away what is found.
 * @ret_result  Or NULL. Written in any case but -EBADF, -EEXIST, -EINVAL and -ENXIO.
 *
 * From here on rf_get_sqe() and all that queues gives NULL, rf_sq_ready() is 1, and what submits
 * or would have to wait for a completion fails with -ESHUTDOWN. There is no way back.
 *
 * SQEs that the kernel has not consumed are taken back and given to drop(), published or
 * not; with RF_SETUP_SQPOLL those that were published are the SQ thread's already, and
 * are consumed and cancelled. What is in flight is cancelled, again and again, since the next of
 * a hard chain begins when one is over. Completions are taken until the last: those that
 * had overflowed, notifications, the ends of multishots.
 *
 * Returns 0: nothing is in flight, and every completion was taken. rf_deinit() is safe, all
 * memory, files and buffers are the program's again. Or, and then the kernel may still write:
 *   -ETIME       @deadline passed; rf_reason() and @ret_result say what is left. Calling again
 *                goes on. If it must end now: leave the memory mapped and the files open
 *   -EOPNOTSUPP  nothing more is found to cancel, no completion comes, but whether something
 *                is left cannot be asked of this ring, for RF_SQE_CQE_SKIP_SUCCESS or IOPOLL
 *                (see above). Who counts the operations knows
 *   -EACCES      the same, for the ring's restrictions
 *   -EPROTO      see rf_check_ring()
 *   -EOWNERDEAD  the SQ thread is gone
 * Or with nothing done:
 *   -EBADF       the ring is closed
 *   -EEXIST      RF_SETUP_SINGLE_ISSUER, and this is not the ring's thread; or
 *                rf_ring_dontfork(), and this is a forked child
 *   -EINVAL      @deadline is no time; or the ring is a registered index of another thread
 *   -ENXIO       the ring is being torn down
 * Signals do not end it.
 *
 * What it does not wait for: pages of the ring itself. With RF_SETUP_NO_MMAP the kernel writes
 * there once more after rf_deinit(): unmap them, do not use them for something else. Nor the
 * area of zero-copy receive (zcrx.h), which the network card fills until the ring is closed.
 *
 * A notification of a zero-copy send comes when the other end of the connection has what was
 * sent: with a peer that does not read it can take for ever, until the socket is reset.
 *
 * Threads: belongs to both sides of the ring. Nobody else may use it, nor sleep in a wait on
 * it. Operations that other threads submitted are cancelled too; their completion may
 * have to run in that thread, which then has to be alive and, with RF_SETUP_COOP_TASKRUN, to
 * enter the kernel now and then.
 *
 * Since kernel 5.10. Before 6.16 the kernel knows by counting CQEs what the NOP has to wait for,
 * and counts wrongly on rings that have sent without a copy (measured on 6.1: the NOP came while
 * a read waited, or never): there 0 is not certain for what cannot be cancelled. Before 6.0
 * nothing can be cancelled any more while the NOP is out; before
 * 5.19 only what options->known names is cancelled, and the rest has to end by itself. Held by
 * tests/test_drain.c.
 */
RF_API RF_NODISCARD int rf_drain(struct rf_ring *ring, const struct rf_timespec *deadline,
                                 const struct rf_drain_options *options,
                                 struct rf_drain_result *ret_result);

RF_END_DECLS

#endif
