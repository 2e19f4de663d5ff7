/* SPDX-License-Identifier: MIT */
/*
 * memory.h - the memory that a ring shares with the kernel: how much of it may
 * be locked, what a fork does to it, other sizes, and regions besides.
 *
 * Errors, besides those of any registration: see register.h. All were measured on
 * 6.18, except where another source is named.
 */
#ifndef RINGFENCE_MEMORY_H
#define RINGFENCE_MEMORY_H

#include <stdint.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/**
 * rf_mlock_size() - bytes that a ring counts against RLIMIT_MEMLOCK on this kernel.
 *
 * The limit is for all rings of a user together, and does not hold with CAP_IPC_LOCK.
 * Registered buffers and buffer rings come on top.
 *
 * Opens a ring for a moment, to see what kernel this is: before 5.12 rings count, from then
 * on they do not, and from 6.14 on they do again. liburing's function of this
 * name says 0 of those newest kernels. On 7.3 they do not count (measured), and nothing tells
 * that kernel from 6.18: there the answer is more than is needed.
 *
 * Returns 0: it does not count; or the bytes, some pages more than are needed at most; or
 * a negative errno as rf_memory_size() and, but for those of memory, as rf_init().
 */
RF_API RF_NODISCARD int64_t rf_mlock_size(uint32_t entries, uint32_t flags);

/* The same with all parameters, of which flags and cq_entries count. */
RF_API RF_NODISCARD int64_t rf_mlock_size_params(uint32_t entries, const struct rf_params *params);

/**
 * rf_ring_dontfork() - leave the ring's memory out of child processes.
 *
 * A forked child has a copy of struct rf_ring, and with the descriptor the same ring behind it.
 * In the child
 *
 *                              without this call              with it
 *   rf_deinit()                closes the child's copy alone; the parent's ring goes on
 *   registering, unregistering changes the parent's ring      -EEXIST, a reason
 *   getting SQEs, submitting,  the same queues: what both     SIGSEGV, and no damage
 *   waiting, taking CQEs       do there is lost               in the parent
 *
 * Of some rings the kernel refuses the last two to a child by itself: -EEXIST with
 * RF_SETUP_SINGLE_ISSUER, -EINVAL through a registered descriptor. With RF_SETUP_SQPOLL it does
 * not, and the SQ thread takes the child's addresses for the parent's.
 *
 * So a child may close its copy, and nothing else; or, without this call, have the ring for
 * itself if the parent never uses it again. vfork(2), posix_spawn(3) and execve(2) need none
 * of this. rf_init_best() makes this call.
 *
 * Returns 0; or -EBADF: the ring is closed; or an errno of madvise(2) (MADV_DONTFORK).
 *
 * Measured on 6.18. Held by tests/test_fork.c.
 */
RF_API RF_NODISCARD int rf_ring_dontfork(struct rf_ring *ring);

/**
 * rf_resize_rings() - give a ring that is in use other numbers of entries.
 *
 * Opens small and grows when it is needed: most of what a ring costs is memory.
 *
 * @params  In: sq_entries, a power of two, 1 .. 32768; flags 0, or RF_SETUP_CQSIZE with
 *          cq_entries, or RF_SETUP_CLAMP; of an RF_SETUP_NO_MMAP ring either both user_addr
 *          or none, as for rf_init_params(). The rest 0. Without RF_SETUP_CQSIZE there
 *          will be twice as many CQEs. Out, on success: sq_entries and cq_entries as
 *          they are now.
 *
 * SQEs that are queued and CQEs that wait stay in the queues. It publishes the first, and
 * gives back what was taken of the second: a CQE that rf_next_cqe() showed is no
 * longer readable.
 *
 * The ring must be of RF_SETUP_DEFER_TASKRUN, and have its descriptor unless it is
 * of RF_SETUP_NO_MMAP.
 *
 * Returns 0, or a negative errno with the ring as it was:
 *   -ERANGE, -EDOM  sq_entries is 0, or not a power of two
 *   -EINVAL      the ring is not of RF_SETUP_DEFER_TASKRUN; a flag or parameter that has no
 *                place here; more than 32768 entries without RF_SETUP_CLAMP
 *   -EOVERFLOW   what is queued or waits does not fit; on a ring of RF_SETUP_SQE_MIXED
 *                or RF_SETUP_SQ_REWIND nothing may be queued
 *   -EOPNOTSUPP  the kernel is older than 6.13, or the ring has an SQ array
 *   -EBADF       the ring is closed, or its descriptor is (rf_close_ring_fd())
 *   -ENOMEM      out of memory, or over RLIMIT_MEMLOCK, which holds old and new for a
 *                moment
 *   -EAGAIN      mapping it is over RLIMIT_MEMLOCK, after mlockall(MCL_FUTURE)
 *   -EFAULT      user_addr is not this process's
 *   -EPROTO      the other side's reply breaks a rule of the layout
 * Room for the new memory is made sure of first. If mapping it fails nevertheless, the
 * kernel is told to go back; and if that fails too, the ring is closed, its fd -1 as
 * after rf_deinit(), and rf_reason() says so.
 *
 * Since kernel 6.13. From io_uring_register(2), IORING_REGISTER_RESIZE_RINGS, and
 * io_register_resize_rings() in io_uring/register.c. The first kernels that had it got
 * queues of large entries wrong (SQE128, CQE32), and those whose index wraps; here they are
 * put right.
 */
RF_API RF_NODISCARD int rf_resize_rings(struct rf_ring *ring, struct rf_params *params);

/**
 * rf_register_region() - share a stretch of memory with the kernel, once for each ring.
 *
 * For what the kernel would otherwise copy in at each call. Today that is the arguments
 * of waits, and rf_setup_reg_wait() does all of that; this is the bare registration.
 *
 * @region  region_uptr the address of a struct rf_region_desc; flags 0 or
 *          RF_MEM_REGION_REG_WAIT_ARG, on a ring that is still disabled. In the
 *          descriptor: size, in bytes, whole pages; and either user_addr, page-aligned
 *          and writable, with RF_MEM_REGION_TYPE_USER, or no flags, for memory of the
 *          kernel's: then mmap_offset is written, to map it by the ring's descriptor.
 *          The rest 0.
 *
 * Lifetime: memory of one's own stays pinned until the ring is gone, which is some time
 * after rf_deinit().
 *
 * Returns 0, or
 *   -EBUSY   the ring has a region
 *   -EINVAL  something is not as above
 *   -EFAULT  user_addr is 0 or not this process's, or user_addr and flags do not agree
 *   -E2BIG   more than 2^31 pages
 *   -ENOMEM  out of memory, or over RLIMIT_MEMLOCK
 *
 * Since kernel 6.13. From io_register_mem_region() in io_uring/register.c and
 * io_create_region() in io_uring/memmap.c.
 */
RF_API RF_NODISCARD int rf_register_region(struct rf_ring *ring, struct rf_mem_region_reg *region);

RF_END_DECLS

#endif
