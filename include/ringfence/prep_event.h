/* SPDX-License-Identifier: MIT */
/*
 * prep_event.h - time, readiness, cancelling, children, futexes, messages to
 * other rings. What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_EVENT_H
#define RINGFENCE_PREP_EVENT_H

#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>

RF_BEGIN_DECLS

/* Only pointed to here: their headers clash with others, or are younger than they. */
struct epoll_event;
struct futex_waitv;

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
 * Give the timeout with @timeout_user_data another time, which is lent until consumed.
 *
 * @flags  RF_TIMEOUT_ABS, and RF_LINK_TIMEOUT_UPDATE for one of rf_prep_link_timeout()
 *         (5.15). The clock stays what it was.
 *
 * res 0, -ENOENT: none has it, -EALREADY. Since 5.11.
 */
RF_INLINE void rf_prep_timeout_update(struct rf_sqe *sqe, const struct rf_timespec *ts,
                                      uint64_t timeout_user_data, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_TIMEOUT_REMOVE, -1, timeout_user_data, 0, rfi_addr(ts));
    sqe->timeout_flags = flags | RF_TIMEOUT_UPDATE;
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

/*
 * The same again and again, a CQE with RF_CQE_F_MORE for each, until one comes without
 * it. The first if the events hold already, later ones when they come anew. Since 5.13.
 */
RF_INLINE void rf_prep_poll_multishot(struct rf_sqe *sqe, int fd, uint32_t poll_mask)
{
    rf_prep_poll_add(sqe, fd, poll_mask);
    sqe->len = RF_POLL_ADD_MULTI;
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
 * epoll_wait(2), as long as it takes. @events, @maxevents of them: lent until
 * completed. @flags: none yet, 0. res: how many events. Since 6.15.
 */
RF_INLINE void rf_prep_epoll_wait(struct rf_sqe *sqe, int epfd, struct epoll_event *events,
                                  int maxevents, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_EPOLL_WAIT, epfd, rfi_addr(events), (uint32_t)maxevents, 0);
    sqe->rw_flags = flags;
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

/* The same under the name that liburing has for a number instead of a pointer. */
RF_INLINE void rf_prep_cancel64(struct rf_sqe *sqe, uint64_t cancel_user_data, uint32_t flags)
{
    rf_prep_cancel(sqe, cancel_user_data, flags);
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

/* --- futexes ------------------------------------------------------------- */

/*
 * Here @futex is the address of a 32-bit word, lent until completed; @mask is
 * not 0, and UINT32_MAX meets every other; @futex_flags are RF_FUTEX2_..., as those of the
 * futex2 calls.
 */

#define RF_FUTEX2_SIZE_U32 0x02U /* the only size there is */
#define RF_FUTEX2_NUMA 0x04U     /* 6.16 */
#define RF_FUTEX2_PRIVATE 0x80U  /* shared with no other process */

/*
 * futex_wait(2), if *@futex is @val when this starts, else -EAGAIN. @flags: none yet, 0.
 * res 0: it was woken. Since 6.7.
 */
RF_INLINE void rf_prep_futex_wait(struct rf_sqe *sqe, const uint32_t *futex, uint64_t val,
                                  uint64_t mask, uint32_t futex_flags, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_FUTEX_WAIT, (int)futex_flags, rfi_addr(futex), 0, val);
    sqe->futex_flags = flags;
    sqe->addr3 = mask;
}

/*
 * futex_wake(2): at most @count of those that wait there, by io_uring or else. @flags: none
 * yet, 0. res: how many. Since 6.7.
 */
RF_INLINE void rf_prep_futex_wake(struct rf_sqe *sqe, const uint32_t *futex, uint64_t count,
                                  uint64_t mask, uint32_t futex_flags, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_FUTEX_WAKE, (int)futex_flags, rfi_addr(futex), 0, count);
    sqe->futex_flags = flags;
    sqe->addr3 = mask;
}

/*
 * futex_waitv(2): wait for any of several.
 *
 * @futexes  @count of them, 1 .. 128: lent until consumed; the words that they name
 *           until completed.
 * @flags    None yet, 0.
 *
 * res: the index of one that was woken. Since 6.7.
 */
RF_INLINE void rf_prep_futex_waitv(struct rf_sqe *sqe, const struct futex_waitv *futexes,
                                   uint32_t count, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_FUTEX_WAITV, 0, rfi_addr(futexes), count, 0);
    sqe->futex_flags = flags;
}

/* --- messages to other rings --------------------------------------------- */

/*
 * Here @fd is the descriptor of the other ring, which keeps it open until this
 * is completed. res 0; -EBADFD: that ring is not enabled yet; -EOVERFLOW: it has
 * no room.
 */

/*
 * Post a CQE to another ring, with user_data @data and res @len. @flags: 0. Since 5.18.
 */
RF_INLINE void rf_prep_msg_ring(struct rf_sqe *sqe, int fd, uint32_t len, uint64_t data,
                                uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_MSG_RING, fd, RF_MSG_DATA, len, data);
    sqe->msg_ring_flags = flags;
}

/* The same, and its flags are @cqe_flags. Since 6.3. */
RF_INLINE void rf_prep_msg_ring_cqe_flags(struct rf_sqe *sqe, int fd, uint32_t len, uint64_t data,
                                          uint32_t flags, uint32_t cqe_flags)
{
    rf_prep_msg_ring(sqe, fd, len, data, flags | RF_MSG_RING_FLAGS_PASS);
    sqe->file_index = cqe_flags;
}

/*
 * Put a registered file of this ring among those of another, and post a CQE there with
 * user_data @data.
 *
 * @source_index  Slot here.
 * @target_index  Slot there, what was there is replaced: res 0. RF_FILE_INDEX_ALLOC: res,
 *                here and there, is the slot that the kernel picked.
 * @flags         RF_MSG_RING_CQE_SKIP: post no CQE there.
 *
 * Since 6.0.
 */
RF_INLINE void rf_prep_msg_ring_fd(struct rf_sqe *sqe, int fd, uint32_t source_index,
                                   uint32_t target_index, uint64_t data, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_MSG_RING, fd, RF_MSG_SEND_FD, 0, data);
    sqe->addr3 = source_index;
    sqe->file_index = rfi_slot(target_index);
    sqe->msg_ring_flags = flags;
}

/* The same into a slot of the kernel's choice. */
RF_INLINE void rf_prep_msg_ring_fd_alloc(struct rf_sqe *sqe, int fd, uint32_t source_index,
                                         uint64_t data, uint32_t flags)
{
    rf_prep_msg_ring_fd(sqe, fd, source_index, RF_FILE_INDEX_ALLOC, data, flags);
}

RF_END_DECLS

#endif
