/* SPDX-License-Identifier: MIT */
/*
 * buffers.h - provided buffers: the kernel picks a buffer when data is there,
 * instead of each waiting operation holding one.
 *
 * Two layers. A buffer ring (rf_setup_buf_ring() and rf_buf_ring_...) is the bare
 * protocol: you provide the memory, keep the ids, and put entries into it. A
 * buffer group (rf_buffer_group_...) has the memory too, knows which part of
 * which buffer each completion filled, and gives a buffer back when nobody
 * uses it any more.
 *
 * Threads: as for the completion side of a ring. A buffer ring or a group has
 * one user at a time.
 *
 * Facts: io_uring_register(2), IORING_REGISTER_PBUF_RING, and io_uring/kbuf.c of
 * Linux 6.18, where every errno below was seen unless it says otherwise.
 */
#ifndef RINGFENCE_BUFFERS_H
#define RINGFENCE_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/fence.h>
#include <ringfence/queue.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* --- buffer rings: open, close, look ------------------------------------- */

/**
 * rf_setup_buf_ring() - map an empty buffer ring and register it as a group.
 *
 * @entries   Buffers that it holds at most: a power of two, 1 .. 32768.
 * @group_id  What operations name it by: sqe->buf_group, with RF_SQE_BUFFER_SELECT. From 64
 *            on if a group is to be closed and another opened under the same id: kernels
 *            before 6.9 keep the first 64 in a table, and begin with the new one
 *            where they stopped with the old (measured on 6.1).
 * @flags     0, or together or alone:
 *            RF_PBUF_RING_INC (kernel 6.12): a buffer is used up piece by piece, by one
 *            completion after the other.
 *            RF_PBUF_RING_MMAP (kernel 6.4): the entries are in memory of the kernel's. Only on
 *            a ring that has its descriptor.
 * @ret_br    The ring of entries. rf_free_buf_ring() unmaps it.
 *
 * Returns 0, or a negative errno with nothing mapped or registered:
 *   -ERANGE      @entries is 0 or above 32768
 *   -EDOM        @entries is not a power of two
 *   -EOPNOTSUPP  the kernel is older than 5.19, or than one of the flags; or a flag
 *                that this version of ringfence does not know
 *   -EEXIST      the group is there already; or RF_SETUP_SINGLE_ISSUER, and this is
 *                not the ring's thread
 *   -EBADF       RF_PBUF_RING_MMAP, and the ring has no descriptor
 *   -ENOMEM      out of memory, or over RLIMIT_MEMLOCK without CAP_IPC_LOCK
 *   -EAGAIN      mapping it is over RLIMIT_MEMLOCK, after mlockall(MCL_FUTURE)
 * and those that any registration can return (register.h). Since kernel 5.19.
 */
RF_API RF_NODISCARD int rf_setup_buf_ring(struct rf_ring *ring, uint32_t entries,
                                          uint16_t group_id, uint32_t flags,
                                          struct rf_buf_ring **ret_br);

/**
 * rf_free_buf_ring() - unregister the group, then unmap its ring of entries.
 *
 * @br, @entries, @group_id  As with rf_setup_buf_ring().
 *
 * Cancel and reap the operations that use the group before: a buffer which an operation
 * has picked is written until that one completes. On a ring that is closed
 * already it only unmaps.
 *
 * Returns 0, or a negative errno of unregistering, with @br still mapped:
 *   -ENOENT  the ring has no group of that id
 *   -EINVAL  the group's buffers came from rf_provide_buffers(); or no group has that id, it
 *            is below 64, and the kernel keeps those in a table (measured on 6.1)
 * and those that any registration can return (register.h).
 */
RF_API RF_NODISCARD int rf_free_buf_ring(struct rf_ring *ring, struct rf_buf_ring *br,
                                         uint32_t entries, uint16_t group_id);

/**
 * rf_register_buf_ring() - register a buffer ring in memory of one's own, or of the kernel's.
 *
 * What rf_setup_buf_ring() does, but the mapping is the caller's.
 *
 * @reg    ring_addr: page-aligned memory of ring_entries * 16 bytes, initialised with
 *         rf_buf_ring_init(); it must stay mapped until the group is unregistered. Or 0 with
 *         RF_PBUF_RING_MMAP: then map that memory afterwards, by the ring's descriptor
 *         at RF_OFF_PBUF_RING | bgid << RF_OFF_PBUF_SHIFT. ring_entries: a power of two, 1 ..
 *         32768. bgid: the group. min_left, with RF_PBUF_RING_INC: a buffer with fewer bytes
 *         left than this counts as used up. The rest 0.
 * @flags  Flags besides those in @reg.
 *
 * Returns 0, or
 *   -EOPNOTSUPP  the kernel is older than 5.19, than a flag, or than min_left (7.1, and some
 *                stable releases before); or a flag that this version of ringfence does not
 *                know
 *   -EINVAL      the number of entries, the alignment, min_left without RF_PBUF_RING_INC,
 *                ring_addr with RF_PBUF_RING_MMAP, or something reserved is not 0
 *   -EFAULT      the memory is not this process's
 *   -EEXIST      the group is there already
 *   -ENOMEM      out of memory, or over RLIMIT_MEMLOCK without CAP_IPC_LOCK
 * Since kernel 5.19.
 */
RF_API RF_NODISCARD int rf_register_buf_ring(struct rf_ring *ring, const struct rf_buf_reg *reg,
                                             uint32_t flags);

/**
 * rf_unregister_buf_ring() - take a group away, and leave its memory to the caller.
 *
 * Returns 0, or -ENOENT, -EINVAL as rf_free_buf_ring(). Since kernel 5.19.
 */
RF_API RF_NODISCARD int rf_unregister_buf_ring(struct rf_ring *ring, uint16_t group_id);

/**
 * rf_buf_ring_head() - how far the kernel has got in a buffer ring.
 *
 * @ret_head  The index, modulo 2^16, of the entry that it takes next.
 *
 * Returns 0, or
 *   -ENOENT      the ring has no group of that id
 *   -EINVAL      the group's buffers came from rf_provide_buffers()
 *   -EOPNOTSUPP  the kernel is older than 6.8
 */
RF_API RF_NODISCARD int rf_buf_ring_head(struct rf_ring *ring, uint16_t group_id,
                                         uint16_t *ret_head);

/**
 * rf_buf_ring_available() - how many buffers the kernel has left in a buffer ring.
 *
 * Returns the number, 0 .. entries: shown by rf_buf_ring_advance() and not taken; a buffer of
 * which a part is left counts. Or an errno of rf_buf_ring_head(). Since kernel 6.8.
 */
RF_API RF_NODISCARD int rf_buf_ring_available(struct rf_ring *ring, struct rf_buf_ring *br,
                                              uint16_t group_id);

/* --- fill a buffer ring -------------------------------------------------- */

/* Empty a buffer ring of one's own memory, before it is registered. */
RF_INLINE void rf_buf_ring_init(struct rf_buf_ring *br)
{
    rfi_buf_tail_store(rfi_buf_tail_word(br), 0);
}

/* What rf_buf_ring_add() needs to know of the size; @entries is a power of two. */
RF_INLINE uint16_t rf_buf_ring_mask(uint32_t entries)
{
    return (uint16_t)(entries - 1);
}

/**
 * rf_buf_ring_add() - fill in an entry; rf_buf_ring_advance() shows it to the kernel.
 *
 * @buf            The buffer, lent from rf_buf_ring_advance() until a CQE brings its id
 *                 back, without RF_CQE_F_BUF_MORE.
 * @len            Its bytes.
 * @buffer_id      Comes back in the CQE: rf_cqe_buffer_id().
 * @mask           rf_buf_ring_mask(entries).
 * @buffer_offset  Entries added since the last rf_buf_ring_advance(): 0, 1, ...
 *
 * The ring must have room: never have more buffers in it than it has entries.
 */
RF_INLINE void rf_buf_ring_add(struct rf_buf_ring *br, void *buf, uint32_t len,
                               uint16_t buffer_id, uint16_t mask, uint16_t buffer_offset)
{
    uint32_t index = (uint32_t)rfi_buf_tail_own(rfi_buf_tail_word(br)) + buffer_offset;
    struct rf_buf *entry = (struct rf_buf *)(void *)br + (index & mask);
    entry->addr = (uint64_t)(uintptr_t)buf;
    entry->len = len;
    entry->bid = buffer_id;
    /* Not resv: in entry 0 that is the tail. */
}

/* Show @count entries that were added to the kernel. From here on their buffers are lent. */
RF_INLINE void rf_buf_ring_advance(struct rf_buf_ring *br, uint16_t count)
{
    struct rf_buf_tail_word *word = rfi_buf_tail_word(br);
    rfi_buf_tail_store(word, (uint16_t)(rfi_buf_tail_own(word) + count));
}

/*
 * Show @count entries, and take @count CQEs without looking (rf_cq_advance()): for a loop that
 * has looked at CQEs and put the buffer of each back. Not on an RF_SETUP_CQE_MIXED ring,
 * where CQEs and slots differ: there use the two apart.
 */
RF_INLINE void rf_buf_ring_cq_advance(struct rf_ring *ring, struct rf_buf_ring *br,
                                      uint16_t count)
{
    rf_buf_ring_advance(br, count);
    rf_cq_advance(ring, count);
}

/* --- buffer groups: open and close --------------------------------------- */

/* Private to the group: what is known of one buffer. */
struct rfi_group_buffer;

/*
 * Buffers of equal size that the kernel picks from, and their bookkeeping. Yours
 * to place, not to copy. Read group_id, buffer_size, buffers_count; leave the
 * rest to the functions.
 */
struct rf_buffer_group {
    struct rf_ring *ring; /* NULL: closed */
    struct rf_buf_ring *br;
    struct rfi_group_buffer *states; /* the start of the one mapping for these two: */
    unsigned char *buffers;
    size_t mapped_bytes;
    uint32_t buffer_size;   /* bytes */
    uint32_t buffers_count; /* ids 0 .. buffers_count - 1 */
    uint16_t group_id;
    uint16_t tail;    /* what the kernel has been shown */
    bool incremental; /* see rf_buffer_group_is_incremental() */
};

/**
 * rf_buffer_group_init() - map buffers and provide all of them to the kernel.
 *
 * @group          Where; its content is overwritten. Close it with rf_buffer_group_deinit().
 * @ring           Must stay in place until then.
 * @group_id       A number not in use as a group of this ring. Kernels before 6.9 do not
 *                 like it below 64 and used again, see rf_setup_buf_ring().
 * @buffer_size    Bytes in each buffer, 1 .. 2^32 - 1.
 * @buffers_count  How many: a power of two, 1 .. 32768.
 *
 * Asks for RF_PBUF_RING_INC, where the kernel has it, so that small messages
 * share a buffer; rf_buffer_group_is_incremental() tells. A buffer shared by
 * several messages is free when all were put: where some are kept for long,
 * rf_buffer_group_init_flags() with 0 may do better.
 *
 * Returns 0, or a negative errno with @group closed and nothing left mapped:
 * -EOVERFLOW: all buffers together do not fit the address space; -EINVAL:
 * @buffer_size is 0; else as rf_setup_buf_ring().
 */
RF_API RF_NODISCARD int rf_buffer_group_init(struct rf_buffer_group *group, struct rf_ring *ring,
                                             uint16_t group_id, uint32_t buffer_size,
                                             uint32_t buffers_count);

/**
 * rf_buffer_group_init_flags() - the same, and you say which kind.
 *
 * @flags  0: every completion takes a whole buffer, or with bundles several.
 *         RF_PBUF_RING_INC: that or -EOPNOTSUPP. RF_PBUF_RING_MMAP may be added.
 */
RF_API RF_NODISCARD int rf_buffer_group_init_flags(struct rf_buffer_group *group,
                                                   struct rf_ring *ring, uint16_t group_id,
                                                   uint32_t buffer_size, uint32_t buffers_count,
                                                   uint32_t flags);

/**
 * rf_buffer_group_deinit() - unregister the group and unmap everything.
 *
 * Cancel and reap its operations before, and be done with all data that
 * rf_buffer_group_get() gave. To be called before rf_deinit(ring), but after it is safe
 * too, as long as *ring is there and not open anew. A group that is closed already,
 * all zero, or refused by rf_buffer_group_init(), is left alone.
 *
 * Returns 0; or an errno of rf_free_buf_ring(), with @group as it was and all
 * its memory still mapped, since the kernel may go on using it.
 */
RF_API RF_NODISCARD int rf_buffer_group_deinit(struct rf_buffer_group *group);

/* Does one buffer take several messages (RF_PBUF_RING_INC, kernel 6.12)? */
RF_INLINE bool rf_buffer_group_is_incremental(const struct rf_buffer_group *group)
{
    return group->incremental;
}

/* --- receive into a buffer group ----------------------------------------- */

/**
 * rf_buffer_group_recv() - queue a receive into a buffer of the group.
 *
 * @flags  MSG_... of recv(2).
 *
 * Its CQE goes to rf_buffer_group_get(). res -ENOBUFS: no buffer was free;
 * put some back, then queue it again.
 *
 * Returns the SQE, or NULL: the submission queue is full.
 */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_buffer_group_recv(struct rf_buffer_group *group,
                                                           uint64_t user_data, int fd,
                                                           uint32_t flags)
{
    return rf_recv_select(group->ring, user_data, fd, group->group_id, 0, flags);
}

/**
 * rf_buffer_group_recv_multishot() - queue a receive that goes on.
 *
 * One CQE after the other, as data comes, each for rf_buffer_group_get(). The one without
 * RF_CQE_F_MORE is the last: the end of the stream, an error, or -ENOBUFS as for
 * rf_buffer_group_recv().
 * Since kernel 6.0.
 */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_buffer_group_recv_multishot(struct rf_buffer_group *group,
                                                                     uint64_t user_data, int fd,
                                                                     uint32_t flags)
{
    return rf_recv_multishot(group->ring, user_data, fd, group->group_id, 0, flags);
}

/**
 * rf_buffer_group_recv_bundle() - queue a receive into as many buffers as the data fills.
 *
 * One CQE for several buffers, for rf_buffer_group_get_bundle(). What does not fill a buffer
 * the kernel may leave for the next receive. The group must not be incremental
 * (asserted): there nothing would tell which parts of a buffer belong to which CQE. Not
 * with RF_SQE_ASYNC.
 *
 * Returns the SQE, or NULL: the submission queue is full. Since kernel 6.10
 * (RF_FEAT_RECVSEND_BUNDLE): before that the CQE says -EINVAL.
 */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_buffer_group_recv_bundle(struct rf_buffer_group *group,
                                                                  uint64_t user_data, int fd,
                                                                  uint32_t flags)
{
    RF_ASSERT(!group->incremental);
    struct rf_sqe *sqe = rf_buffer_group_recv(group, user_data, fd, flags);
    if (sqe)
        sqe->ioprio = (uint16_t)(sqe->ioprio | RF_RECVSEND_BUNDLE);
    return sqe;
}

/* The same, going on as rf_buffer_group_recv_multishot() does. */
RF_NODISCARD RF_INLINE struct rf_sqe *
rf_buffer_group_recv_bundle_multishot(struct rf_buffer_group *group, uint64_t user_data, int fd,
                                      uint32_t flags)
{
    RF_ASSERT(!group->incremental);
    struct rf_sqe *sqe = rf_buffer_group_recv_multishot(group, user_data, fd, flags);
    if (sqe)
        sqe->ioprio = (uint16_t)(sqe->ioprio | RF_RECVSEND_BUNDLE);
    return sqe;
}

/* --- what a completion put into a buffer group --------------------------- */

/**
 * rf_buffer_group_get() - what a completion put where.
 *
 * @cqe       Of an operation that used this group. Call this once for each such CQE, in the
 *            order they came, whatever its res: that order is what tells where in a
 *            buffer the data of each lies.
 * @ret_data  Written only when the result is above 0. The data is yours until
 *            rf_buffer_group_put(), and may be changed in place.
 *
 * Returns the bytes at *ret_data, cqe->res. Or 0 or a negative errno, and then
 * there is nothing to put:
 *   cqe->res  when it is 0 or negative: the end of a stream, an empty
 *             datagram, or the error of the operation. A buffer that it used up for
 *             nothing has been given back.
 *   -ENODATA  there are bytes, but not in a provided buffer (RF_CQE_F_BUFFER is not set)
 *   -EPROTO   the CQE cannot be of this group: no such buffer, a buffer that the kernel
 *             does not have, or more bytes than are left in it. The group is unchanged.
 *
 * Operations that rf_buffer_group_recv() and its siblings do not queue can use the group
 * as well: rf_read_select(), rf_recv_select(), rf_recvmsg_multishot(), in an
 * incremental group with a length of 0 only: with another the kernel can use up more of
 * a buffer than it tells. With RF_RECVSEND_BUNDLE one CQE stands for several buffers,
 * which is -EPROTO here: see rf_buffer_group_get_bundle().
 */
RF_API RF_NODISCARD int rf_buffer_group_get(struct rf_buffer_group *group,
                                            const struct rf_cqe *cqe, void **ret_data);

/**
 * rf_buffer_group_get_bundle() - the same for a completion that may stand for several buffers.
 *
 * @group  Not incremental (asserted).
 * @parts  Written only when the result is above 0: where the data is, in order. All of it
 *         is yours until one rf_buffer_group_put() of the CQE.
 * @count  Room in @parts, 1 or more. Group's buffers_count is always enough.
 *
 * Returns how many parts there are, cqe->res bytes together; or 0 or an errno as
 * rf_buffer_group_get(); or -ENOSPC: there are more than @count, and nothing has been changed.
 *
 * CQEs of other operations of the group may be given to it as well: one part each.
 */
RF_API RF_NODISCARD int rf_buffer_group_get_bundle(struct rf_buffer_group *group,
                                                   const struct rf_cqe *cqe,
                                                   struct iovec *parts, uint32_t count);

/**
 * rf_buffer_group_put() - be done with the data of a completion.
 *
 * @cqe  One for which rf_buffer_group_get() or ..._get_bundle() returned more than 0, or a
 *       copy of it. Once for each; in any order, and with others got in between.
 *
 * The buffer goes back to the kernel when it is used up and all its data was put.
 * Putting what was not got is a broken contract.
 *
 * Returns 0; or -ENODATA, which does no harm: this CQE gave nothing to put.
 */
RF_API int rf_buffer_group_put(struct rf_buffer_group *group, const struct rf_cqe *cqe);

RF_END_DECLS

#endif
