/* SPDX-License-Identifier: MIT */
/*
 * prep_event.h - time, readiness, cancelling. What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_EVENT_H
#define RINGFENCE_PREP_EVENT_H

#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>

RF_BEGIN_DECLS

/* Only pointed to here: its header clashes with others. */
struct epoll_event;

/*
 * @ts is lent until consumed. It is relative to now and CLOCK_MONOTONIC, unless
 * @flags say RF_TIMEOUT_ABS, _BOOTTIME, _REALTIME.
 *
 * @count  0, or: it also ends once this many further CQEs were posted.
 *
 * res: -ETIME when the time is up, 0 when @count was reached, -ECANCELED. Since 5.4.
 */
RF_INLINE void rf_prep_timeout(struct rf_sqe *sqe, const struct rf_timespec *ts, uint32_t count,
                               uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_TIMEOUT, -1, rfi_addr(ts), 1, count);
    sqe->timeout_flags = flags;
}

/* Cancel the timeout with @timeout_user_data. res 0, -ENOENT: none has it, -EALREADY. Since 5.5. */
RF_INLINE void rf_prep_timeout_remove(struct rf_sqe *sqe, uint64_t timeout_user_data,
                                      uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_TIMEOUT_REMOVE, -1, timeout_user_data, 0, 0);
    sqe->timeout_flags = flags;
}

/*
 * A limit for the SQE just before, which needs RF_SQE_IO_LINK: when time is up,
 * that one is cancelled. @ts and @flags as for rf_prep_timeout().
 *
 * res: -ETIME: it was cancelled; -ECANCELED: it was done in time; -EALREADY: it
 * could not be cancelled any more. Since 5.5.
 */
RF_INLINE void rf_prep_link_timeout(struct rf_sqe *sqe, const struct rf_timespec *ts,
                                    uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_LINK_TIMEOUT, -1, rfi_addr(ts), 1, 0);
    sqe->timeout_flags = flags;
}

/*
 * Wait until one of the POLL... of @poll_mask holds; once. For RF_POLL_ADD_MULTI
 * (5.13) set sqe->len. res: the events that hold. Since 5.1.
 */
RF_INLINE void rf_prep_poll_add(struct rf_sqe *sqe, int fd, uint32_t poll_mask)
{
    rf_prep_rw(sqe, RF_OP_POLL_ADD, fd, 0, 0, 0);
    sqe->poll32_events = rfi_poll_mask(poll_mask);
}

/* End the poll with @target_user_data. res 0, -ENOENT, -EALREADY. Since 5.1. */
RF_INLINE void rf_prep_poll_remove(struct rf_sqe *sqe, uint64_t target_user_data)
{
    rf_prep_rw(sqe, RF_OP_POLL_REMOVE, -1, target_user_data, 0, 0);
}

/*
 * Change the poll with @old_user_data.
 *
 * @flags          RF_POLL_UPDATE_EVENTS, RF_POLL_UPDATE_USER_DATA, and with the first
 *                 RF_POLL_ADD_MULTI if it is to go on.
 * @new_user_data  0 unless its flag is set.
 * @poll_mask      0 unless its flag is set.
 *
 * res 0, -ENOENT, -EALREADY. Since 5.13.
 */
RF_INLINE void rf_prep_poll_update(struct rf_sqe *sqe, uint64_t old_user_data,
                                   uint64_t new_user_data, uint32_t poll_mask, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_POLL_REMOVE, -1, old_user_data, flags, new_user_data);
    sqe->poll32_events = rfi_poll_mask(poll_mask);
}

/*
 * epoll_ctl(2). @fd: not negative. @op: EPOLL_CTL_...; @ev may be NULL for _DEL, lent until
 * consumed. res 0. Since 5.6.
 */
RF_INLINE void rf_prep_epoll_ctl(struct rf_sqe *sqe, int epfd, int fd, int op,
                                 const struct epoll_event *ev)
{
    RF_ASSERT(fd >= 0);
    rf_prep_rw(sqe, RF_OP_EPOLL_CTL, epfd, rfi_addr(ev), (uint32_t)op, (uint32_t)fd);
}

/*
 * Cancel the operation with @cancel_user_data; its own CQE comes too, before or
 * after this one's. @flags: RF_ASYNC_CANCEL_...
 *
 * res: 0, or how many with _ALL and _ANY; -ENOENT: none; -EALREADY: it runs, and ends
 * soon. Since 5.5.
 */
RF_INLINE void rf_prep_cancel(struct rf_sqe *sqe, uint64_t cancel_user_data, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_ASYNC_CANCEL, -1, cancel_user_data, 0, 0);
    sqe->cancel_flags = flags;
}

/* Cancel an operation on the file @fd; RF_ASYNC_CANCEL_ALL: all. Else as before. Since 5.19. */
RF_INLINE void rf_prep_cancel_fd(struct rf_sqe *sqe, int fd, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_ASYNC_CANCEL, fd, 0, 0, 0);
    sqe->cancel_flags = flags | RF_ASYNC_CANCEL_FD;
}

/*
 * waitid(2).
 *
 * @id_type  P_PID, P_PIDFD, ... and @id, which it gives the meaning.
 * @infop    A siginfo_t, or NULL. Lent until completed, also written when cancelled.
 *           (Not its type: that is not to be had in plain C11.)
 * @options  WEXITED, ...
 * @flags    None yet: 0.
 *
 * res 0. Since 6.7.
 */
RF_INLINE void rf_prep_waitid(struct rf_sqe *sqe, int id_type, int id, void *infop, int options,
                              uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_WAITID, id, 0, (uint32_t)id_type, rfi_addr(infop));
    sqe->waitid_flags = flags;
    sqe->file_index = (uint32_t)options;
}

RF_END_DECLS

#endif
