/* SPDX-License-Identifier: MIT */
/*
 * register.h - what a ring is told once instead of with every operation:
 * files, buffers, an eventfd, busy polling.
 *
 * Each function is one io_uring_register(2) and returns 0 or a count, or a
 * negative errno with the ring as it was before, unless its comment says
 * otherwise. Besides the errnos listed there, each can return
 *
 *   -EOPNOTSUPP  the kernel is too old to know this registration, or something in
 *                it: rf_reason() tells what, and since when there is that. Without a
 *                reason: the descriptor is not a ring
 *   -EBADF       the ring is closed
 *   -EINVAL      the ring is entered through a registered index (rf_register_ring_fd()), and
 *                this is not the thread that registered it (also -EBADF)
 *   -EEXIST      RF_SETUP_SINGLE_ISSUER, and this is not the ring's thread; or
 *                rf_ring_dontfork(), and this is a forked child
 *   -EACCES      the ring's restrictions do not allow this registration
 *   -ENXIO       the ring is being torn down
 *   -ENOMEM      out of memory
 *   -EFAULT      an argument is in memory that is not this process's
 *   -EPERM, -ENOSYS  a seccomp filter lets the ring be opened, but not this
 *
 * The same holds for the registrations in other headers: buffers.h, memory.h, restrict.h,
 * sync.h, wait.h, workers.h, zcrx.h.
 *
 * Arguments are read during the call only and may live on the stack, except
 * for the memory that registered buffers describe.
 *
 * Tags. A slot of a table may have a tag: when what is in it has been taken out, and the
 * last operation that uses it is done, a CQE comes with user_data the tag, res 0 and
 * flags 0. That is the one sign that memory may be unmapped or a file is closed. A tag of
 * 0 is none. What is there when the ring is closed is let go too, with nobody to tell;
 * before kernel 6.13 so is what goes with a whole table (measured on 6.1).
 *
 * Threads: one at a time per ring. Operations may be in flight; kernels before
 * 5.13 (files, buffers) and 5.18 (eventfd) first wait until none is, and can
 * return -EINTR. Those before 6.13 still do so when a whole table is taken away: they
 * wait until no operation uses it, for ever if one waits for what never comes (measured
 * on 6.1).
 *
 * All errnos but -ENOMEM, -ENXIO and those of a filter were measured on 6.18.
 */
#ifndef RINGFENCE_REGISTER_H
#define RINGFENCE_REGISTER_H

#include <stdint.h>
#include <sys/uio.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* --- registered files ---------------------------------------------------- */

/**
 * rf_register_files() - give the ring a table of files, which operations with
 * RF_SQE_FIXED_FILE name by their slot.
 *
 * The kernel then need not look a descriptor up, nor count references, for
 * every operation. And operations can open files straight into the table.
 *
 * @fds    fds[i] goes into slot i; -1 leaves the slot empty, to be filled later.
 * @count  Slots, 1 .. 2^20.
 *
 * Returns 0, or
 *   -EINVAL  @count is 0
 *   -EMFILE  @count is above RLIMIT_NOFILE or 2^20
 *   -EBADF   a descriptor is not open, is a ring, or is below -1
 *   -EBUSY   the ring has a table: change it, or unregister it first
 *
 * Lifetime: the table holds the files open, so the descriptors may be closed
 * at once. They are let go by rf_unregister_files(), by an update of their slot, or
 * with the ring; a file that an operation uses then stays until that is done.
 *
 * Since kernel 5.1, empty slots since 5.5. From io_uring_register(2),
 * IORING_REGISTER_FILES, and io_sqe_files_register() in io_uring/rsrc.c. The
 * limit RLIMIT_NOFILE is the kernel's alone: it is not raised here.
 */
RF_API RF_NODISCARD int rf_register_files(struct rf_ring *ring, const int *fds, uint32_t count);

/**
 * rf_register_files_sparse() - the same with @count empty slots.
 *
 * Returns 0, or -EINVAL, -EMFILE, -EBUSY as rf_register_files(). Since kernel 5.19;
 * before that (-EOPNOTSUPP) register an array of -1.
 */
RF_API RF_NODISCARD int rf_register_files_sparse(struct rf_ring *ring, uint32_t count);

/**
 * rf_register_files_tags() - rf_register_files() with a tag for each slot.
 *
 * @tags  tags[i] belongs to slot i; NULL: no tags.
 *
 * Returns as rf_register_files(), and -EINVAL: a tag for a slot that stays empty.
 * Since kernel 5.13.
 */
RF_API RF_NODISCARD int rf_register_files_tags(struct rf_ring *ring, const int *fds,
                                               const uint64_t *tags, uint32_t count);

/**
 * rf_register_files_update() - put files into slots of the table, or empty them.
 *
 * @offset  The first slot.
 * @fds     fds[i] goes into slot @offset + i and replaces what is there; -1 empties the
 *          slot, RF_REGISTER_FILES_SKIP (kernel 5.12) leaves it alone.
 * @count   1 or more.
 *
 * Returns how many were done, from the front. Less than @count means that
 * fds[result] was refused, that its slot is empty now, and that the slots behind it
 * are as they were. Or an errno, with nothing done:
 *   -EBADF      fds[0] is not open, is a ring, or is below -2; its slot is empty now
 *   -EINVAL     @count is 0, or the range ends past the table
 *   -EOVERFLOW  the range ends past 2^32
 *   -ENXIO      the ring has no table
 *
 * Returns at once: an operation in flight keeps the file it began with.
 *
 * Since kernel 5.5. From io_uring_register(2), IORING_REGISTER_FILES_UPDATE,
 * and __io_sqe_files_update() in io_uring/rsrc.c.
 */
RF_API RF_NODISCARD int rf_register_files_update(struct rf_ring *ring, uint32_t offset,
                                                 const int *fds, uint32_t count);

/**
 * rf_register_files_update_tag() - the same with a new tag for each slot.
 *
 * @tags  tags[i] belongs to what fds[i] puts into its slot; NULL: no tags.
 *
 * The old tag goes with the old file: its CQE comes when nobody uses that any more.
 *
 * Returns as rf_register_files_update(), and -EINVAL also for a tag where fds[i] is -1
 * or RF_REGISTER_FILES_SKIP; that slot is as it was. Since kernel 5.13.
 */
RF_API RF_NODISCARD int rf_register_files_update_tag(struct rf_ring *ring, uint32_t offset,
                                                     const int *fds, const uint64_t *tags,
                                                     uint32_t count);

/**
 * rf_register_file_alloc_range() - which slots RF_FILE_INDEX_ALLOC may choose from.
 *
 * So that slots which the kernel picks stay clear of slots which the program
 * picks. It is the whole table until this is called; a new table resets it.
 *
 * @offset  The first slot.
 * @count   How many. 0 is allowed: then every RF_FILE_INDEX_ALLOC ends with -ENFILE.
 *
 * Returns 0, or
 *   -EINVAL     the ring has no table, or the range ends past it
 *   -EOVERFLOW  the range ends past 2^32
 *
 * Since kernel 6.0. From io_register_file_alloc_range() in io_uring/filetable.c.
 */
RF_API RF_NODISCARD int rf_register_file_alloc_range(struct rf_ring *ring, uint32_t offset,
                                                     uint32_t count);

/**
 * rf_unregister_files() - take the table away and let its files go.
 *
 * Returns at once, while operations in flight keep their files; or -ENXIO: the
 * ring has no table. Since kernel 5.1.
 */
RF_API RF_NODISCARD int rf_unregister_files(struct rf_ring *ring);

/* --- an eventfd that tells of completions -------------------------------- */

/**
 * rf_register_eventfd() - have the kernel add to an eventfd when completions arrive.
 *
 * For event loops that wait on descriptors. It says that there is something
 * to take, not how much; rf_cq_eventfd_toggle() mutes it.
 *
 * @fd  Of eventfd(2). The ring holds it open.
 *
 * Returns 0, or
 *   -EBADF   @fd is not open
 *   -EINVAL  @fd is not an eventfd
 *   -EBUSY   the ring has one: unregister it first
 *
 * With RF_SETUP_DEFER_TASKRUN it is signalled when an operation has finished,
 * before its CQE is there: collect with rf_next_cqe(), which enters.
 *
 * Since kernel 5.2. From io_uring_register(2), IORING_REGISTER_EVENTFD, and
 * io_uring/eventfd.c.
 */
RF_API RF_NODISCARD int rf_register_eventfd(struct rf_ring *ring, int fd);

/**
 * rf_register_eventfd_async() - the same, but only for operations that a kernel
 * worker completes.
 *
 * So not for what waits by polling, such as a receive from a socket, though
 * that completes late too: the page says "async", and on 6.18 that is all it means.
 *
 * Returns as rf_register_eventfd(); the two share one place. Since kernel 5.6.
 */
RF_API RF_NODISCARD int rf_register_eventfd_async(struct rf_ring *ring, int fd);

/* Undoes either. 0, or -ENXIO: there is none. Since kernel 5.2. */
RF_API RF_NODISCARD int rf_unregister_eventfd(struct rf_ring *ring);

/* --- registered buffers -------------------------------------------------- */

/**
 * rf_register_buffers() - pin memory once, so that fixed reads and writes need
 * not map it again for every operation.
 *
 * @bufs   bufs[i] becomes buffer index i. iov_len is in bytes, 1 .. 2^30;
 *         {NULL, 0} leaves the index empty (kernel 5.13). Each must be writable.
 * @count  Entries of @bufs, 1 .. 16384.
 *
 * Returns 0, or
 *   -EINVAL     @count is 0 or above 16384
 *   -EFAULT     a buffer, or @bufs, is not mapped, read-only, over 1 GiB, empty with a
 *               base, or a shared mapping of a file on disk
 *   -EOPNOTSUPP before 6.4: a buffer is in a mapping of a file, as a program's static memory
 *               is; -EINVAL where it is half in one (measured on 5.10)
 *   -EOVERFLOW  a buffer goes past the end of the address space
 *   -EBUSY      the ring has buffers: unregister them first
 *   -ENOMEM     out of memory, or over RLIMIT_MEMLOCK without CAP_IPC_LOCK
 *
 * Lifetime: the memory must stay mapped, in place, until rf_unregister_buffers()
 * returned and the last operation that uses it completed. Unmapping it early is
 * not detected: the kernel goes on with the old pages. rf_deinit() unpins too,
 * but possibly after it has returned.
 *
 * Since kernel 5.1. From io_uring_register(2), IORING_REGISTER_BUFFERS, and
 * io_sqe_buffers_register() in io_uring/rsrc.c. The page limits @count to 1024;
 * the kernel takes 16384 since 5.13.
 */
RF_API RF_NODISCARD int rf_register_buffers(struct rf_ring *ring, const struct iovec *bufs,
                                            uint32_t count);

/**
 * rf_register_buffers_tags() - rf_register_buffers() with a tag for each buffer.
 *
 * @tags  tags[i] belongs to bufs[i]; NULL: no tags.
 *
 * Returns as rf_register_buffers(), and -EINVAL: a tag for an index that stays empty.
 * Since kernel 5.13.
 */
RF_API RF_NODISCARD int rf_register_buffers_tags(struct rf_ring *ring, const struct iovec *bufs,
                                                 const uint64_t *tags, uint32_t count);

/**
 * rf_register_buffers_sparse() - make a table of @count empty indexes, to be filled by
 * rf_register_buffers_update_tag().
 *
 * @count  1 .. 16384.
 *
 * Returns 0, or -EINVAL, -EBUSY as rf_register_buffers(). Since kernel 5.19; before that
 * (-EOPNOTSUPP) register an array of {NULL, 0}.
 */
RF_API RF_NODISCARD int rf_register_buffers_sparse(struct rf_ring *ring, uint32_t count);

/**
 * rf_register_buffers_update_tag() - put other buffers in place of some.
 *
 * @offset  The first index.
 * @bufs    bufs[i] is pinned as index @offset + i, in place of what is there;
 *          {NULL, 0} empties the index.
 * @tags    tags[i] belongs to bufs[i]; NULL: no tags.
 * @count   1 or more.
 *
 * Returns how many were done, from the front. Less than @count means that
 * bufs[result] was refused, and that its index and those behind it are as they were. Or
 * an errno, with nothing done:
 *   -EINVAL     @count is 0, the range ends past the table, or bufs[0] is empty
 *               and has a tag
 *   -EFAULT, -EOVERFLOW, -ENOMEM  bufs[0], as in rf_register_buffers()
 *   -EOVERFLOW  the range ends past 2^32
 *   -ENXIO      the ring has no buffers
 *
 * Returns at once. An operation in flight goes on with the memory it began with, which
 * must stay mapped for it: its tag tells when that is over.
 *
 * Since kernel 5.13. From io_uring_register(2), IORING_REGISTER_BUFFERS_UPDATE, and
 * __io_sqe_buffers_update() in io_uring/rsrc.c.
 */
RF_API RF_NODISCARD int rf_register_buffers_update_tag(struct rf_ring *ring, uint32_t offset,
                                                       const struct iovec *bufs,
                                                       const uint64_t *tags, uint32_t count);

/**
 * rf_clone_buffers() - give a ring the registered buffers of another ring.
 *
 * The memory is pinned once and shared: one ring per thread and the same buffers in
 * all of them cost no more than one. Either ring may change or unregister its table
 * without the other noticing; the memory is let go when neither has it. Tags are
 * not cloned: one of @src comes when @src is done with its buffer, whoever else has it.
 *
 * @dst, @src  Two rings of this process, of the same memory limits: opened with
 *             CAP_IPC_LOCK both or neither, by the same user.
 *
 * Returns 0, or
 *   -EBUSY   @dst has buffers
 *   -ENXIO   @src has none
 *   -EINVAL  the two do not account for memory alike; or @src is only a registered index,
 *            of another thread
 *   -EBADF   @src is closed
 *   -EEXIST  @src is of RF_SETUP_SINGLE_ISSUER, and this is not its thread
 *
 * Since kernel 6.12. From io_uring_register(2), IORING_REGISTER_CLONE_BUFFERS, and
 * io_clone_buffers() in io_uring/rsrc.c.
 */
RF_API RF_NODISCARD int rf_clone_buffers(struct rf_ring *dst, struct rf_ring *src);

/**
 * rf_clone_buffers_offset() - the same with a part of the table.
 *
 * @dst_off  The first index in @dst. What is below stays empty, or as it is.
 * @src_off  The first index in @src.
 * @nr       How many; 0 with both offsets 0: all.
 * @flags    0, or RF_REGISTER_DST_REPLACE: @dst may have buffers. Those in the range are
 *           replaced, the rest stays; the table grows as needed. Then @dst and @src
 *           may be the same ring.
 *
 * Returns 0, or an errno as above, and
 *   -EINVAL     @nr is 0 and an offset is not, @nr is more than @src has, @dst would have
 *               more than 16384, or unknown flags
 *   -EOVERFLOW  the range ends past the table of @src, or past 2^32
 *
 * Since kernel 6.13.
 */
RF_API RF_NODISCARD int rf_clone_buffers_offset(struct rf_ring *dst, struct rf_ring *src,
                                                uint32_t dst_off, uint32_t src_off, uint32_t nr,
                                                uint32_t flags);

/**
 * rf_unregister_buffers() - take the buffers away.
 *
 * Returns at once, while operations in flight still use theirs; or -ENXIO: the
 * ring has none. Since kernel 5.1.
 */
RF_API RF_NODISCARD int rf_unregister_buffers(struct rf_ring *ring);

/* --- busy polling of network devices ------------------------------------- */

/**
 * rf_register_napi() - poll network devices for a while before sleeping in a wait.
 *
 * @napi  In: busy_poll_to, in us (6.18 caps it at 10 ms; it is told by the next call),
 *        and prefer_busy_poll, 0 or 1. Since 6.13 also opcode RF_NAPI_... and its op_param,
 *        0 for what older kernels do. The rest 0. Out, on success: the setting
 *        that was replaced, all zero if there was none.
 *
 * Returns 0, or
 *   -EINVAL      something reserved is not 0, an unknown opcode or strategy, or an
 *                RF_SETUP_IOPOLL ring
 *   -EOPNOTSUPP  the kernel was built without CONFIG_NET_RX_BUSY_POLL, or is too old
 *
 * Since kernel 6.9. From io_register_napi() in io_uring/napi.c.
 */
RF_API RF_NODISCARD int rf_register_napi(struct rf_ring *ring, struct rf_napi *napi);

/**
 * rf_unregister_napi() - go back to sleeping.
 *
 * @napi  Out: the setting that was removed. What it held is not looked at.
 *
 * Returns 0, also when nothing was registered; or -EOPNOTSUPP. Since kernel 6.9.
 */
RF_API RF_NODISCARD int rf_unregister_napi(struct rf_ring *ring, struct rf_napi *napi);

RF_END_DECLS

#endif
