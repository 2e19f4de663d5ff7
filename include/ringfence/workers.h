/* SPDX-License-Identifier: MIT */
/*
 * workers.h - the kernel's threads for what cannot be done without blocking:
 * where they run, and how many there may be.
 *
 * Workers belong to a thread that submits, not to a ring: what is set here
 * counts for all rings of the calling thread. On an RF_SETUP_SQPOLL ring the
 * SQ thread submits, so there it is that thread's workers, and the calling
 * thread does not matter.
 *
 * There are two kinds. Bounded ones do what ends in due time: files and block
 * devices. Their limit is, at first, the lesser of the entries of the first ring
 * that the thread opened and four per processor. Unbounded ones do what may wait
 * for ever: sockets, pipes, terminals. Their limit is RLIMIT_NPROC.
 *
 * Errors, besides those of any registration: see register.h. All were measured on 6.18.
 */
#ifndef RINGFENCE_WORKERS_H
#define RINGFENCE_WORKERS_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/**
 * rf_register_iowq_aff() - choose the processors that workers run on.
 *
 * @cpusz  Bytes of @mask.
 * @mask   A cpu_set_t (sched.h), or a bit for each processor in the manner of one.
 *         Processors that the machine does not have are ignored; with none left
 *         workers run where the thread may.
 *
 * It is for workers to come. Those that exist stay where they are; one that is
 * outside of @mask ends when it has been idle for some seconds.
 *
 * Returns 0, or
 *   -EINVAL  @cpusz is 0 or above 2^31 - 1; a processor is outside the cpuset of this
 *            process; or this thread has no workers, since it never used a ring
 *   -EFAULT  @mask is not readable
 *
 * Since kernel 5.14. From io_uring_register(2), IORING_REGISTER_IOWQ_AFF, and
 * io_wq_cpu_affinity() in io_uring/io-wq.c.
 */
RF_API RF_NODISCARD int rf_register_iowq_aff(struct rf_ring *ring, size_t cpusz, const void *mask);

/**
 * rf_unregister_iowq_aff() - let workers to come run on every processor of the cpuset.
 *
 * Returns 0, also when none were chosen; or -EINVAL: this thread has no workers.
 * Since kernel 5.14.
 */
RF_API RF_NODISCARD int rf_unregister_iowq_aff(struct rf_ring *ring);

/**
 * rf_register_iowq_max_workers() - limit the number of workers.
 *
 * @values  Two numbers, values[RF_WQ_BOUND] and values[RF_WQ_UNBOUND]. In: the new limits, 0
 *          leaves one as it is; {0, 0} only asks. Out, on success: the limits before;
 *          {0, 0} if this thread has no workers. What is above RLIMIT_NPROC counts as that.
 *
 * Operations beyond the limit wait until a worker is free. Workers that are too many
 * now end when they are idle.
 *
 * A ring keeps what it was told: other threads that submit on it get the same limits.
 *
 * Returns 0, or -EINVAL: a limit is above 2^31 - 1.
 *
 * Since kernel 5.15. From io_uring_register(2), IORING_REGISTER_IOWQ_MAX_WORKERS, and
 * io_register_iowq_max_workers() in io_uring/register.c.
 */
RF_API RF_NODISCARD int rf_register_iowq_max_workers(struct rf_ring *ring, uint32_t *values);

RF_END_DECLS

#endif
