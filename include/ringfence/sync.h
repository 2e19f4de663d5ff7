/* SPDX-License-Identifier: MIT */
/*
 * sync.h - what is done at once, by a system call of its own, instead of being queued.
 *
 * Errors, besides those of any registration: see register.h. All were measured on
 * 6.18, except where another source is named.
 */
#ifndef RINGFENCE_SYNC_H
#define RINGFENCE_SYNC_H

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/**
 * rf_register_sync_cancel() - cancel operations of this ring, and wait until they are over.
 *
 * For the end of a program, or where the submission queue cannot be used: it takes
 * no SQE, and works where a queued cancellation would wait itself, behind an
 * RF_SQE_IO_DRAIN.
 *
 * @cancel  What to cancel: addr is its user_data; or with flags RF_ASYNC_CANCEL_..., its fd,
 *          opcode, or anything, one or all that match (see rf_cancel()).
 *          timeout: how long to wait; {-1, -1}: for ever; {0, 0}: do not.
 *
 * When this returns 0 the operation will not touch its buffers again. Its CQE is
 * to be taken as ever: res is -ECANCELED, or what it ended with before.
 *
 * Returns 0, also when RF_ASYNC_CANCEL_ALL or _ANY matched nothing; or
 *   -ENOENT      there is no such operation; or on an RF_SETUP_SQPOLL ring, a worker has
 *                it: there only a queued rf_cancel() reaches it
 *   -ETIME       a worker still has it; it was told to stop
 *   -EINTR       a signal came before it was over (from io_sync_cancel())
 *   -EBADF       RF_ASYNC_CANCEL_FD: fd is not open
 *   -EINVAL      unknown flags, or something reserved is not 0
 *   -EOPNOTSUPP  the kernel is older than 6.0; or than 6.6, for RF_ASYNC_CANCEL_USERDATA and _OP
 *
 * Since kernel 6.0. From io_uring_register(2), IORING_REGISTER_SYNC_CANCEL, and
 * io_sync_cancel() in io_uring/cancel.c.
 */
RF_API RF_NODISCARD int rf_register_sync_cancel(struct rf_ring *ring,
                                                const struct rf_sync_cancel_reg *cancel);

/**
 * rf_register_sync_msg() - send a CQE to a ring, without having a ring.
 *
 * For a thread that has none and wants to wake one that has.
 *
 * @sqe  As rf_prep_msg_ring() or rf_prep_msg_ring_cqe_flags() fills it, with no other flags;
 *       personality 0. A zeroed struct rf_sqe of one's own, no ring's.
 *
 * Returns 0: the CQE is posted; or
 *   -EOPNOTSUPP  the kernel is older than 6.13
 *   -EBADF       the target's descriptor is not open
 *   -EBADFD      it is not a ring, or the ring is disabled
 *   -EINVAL      not such an SQE; files cannot be sent this way
 *   -EFAULT      @sqe is not readable
 *   -EOVERFLOW   the target's queue is full and the kernel out of memory (from
 *                io_msg_data_ring())
 *   -EPERM, -ENOSYS  a seccomp filter
 *
 * Since kernel 6.13. From io_uring_register(2), IORING_REGISTER_SEND_MSG_RING, and
 * io_uring_sync_msg_ring() in io_uring/msg_ring.c.
 */
RF_API RF_NODISCARD int rf_register_sync_msg(const struct rf_sqe *sqe);

RF_END_DECLS

#endif
