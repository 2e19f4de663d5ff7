/* SPDX-License-Identifier: MIT */
/*
 * zcrx.h - zero-copy receive: a network device puts packets straight into
 * the program's memory.
 *
 *   register   rf_register_ifq()            a receive queue of a device, an area for packets
 *   receive    RF_OP_RECV_ZC, multishot     one CQE of 32 bytes for each piece
 *   look       rf_zcrx_offset()             where in the area the piece lies
 *   give back  rf_zcrx_rq_return(), rf_zcrx_rq_advance()    through the refill ring
 *   control    rf_register_zcrx_ctrl()
 *
 * The area is lent to the kernel until the ring is gone. A piece is the program's
 * from its CQE until it is shown in the refill ring.
 *
 * What is proved. The refill ring, with a thread in the kernel's place, on any
 * kernel. On 6.18 every errno that can be had without a device that does it, and
 * that nothing is left when registering fails. The receive itself, the refill ring with the
 * kernel and its control: on kernels that have RF_ZCRX_REG_NODEV, where the kernel
 * copies and no device takes part. No test here ever saw a device: that data arrives in
 * the area by itself is unproved.
 *
 * Errors, besides those of any registration: see register.h.
 */
#ifndef RINGFENCE_ZCRX_H
#define RINGFENCE_ZCRX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi_register.h>
#include <ringfence/base.h>
#include <ringfence/fence.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* --- register a receive queue for zero-copy receive ---------------------- */

/**
 * rf_register_ifq() - have a receive queue of a network device fill memory of this process.
 *
 * The ring must be of RF_SETUP_DEFER_TASKRUN, and have CQEs of 32 bytes, all or some:
 * RF_SETUP_CQE32 or _CQE_MIXED.
 *
 * @reg  if_idx: the device, of if_nametoindex(3). if_rxq: its queue, which should get no
 *       other traffic than what is to be received so. rq_entries: entries of the refill ring,
 *       1 .. 32768, rounded up to a power of two. area_ptr: a struct rf_zcrx_area_reg with
 *       page-aligned addr and len. region_ptr: a struct rf_region_desc for the memory of the
 *       refill ring, as for rf_register_region(): 16 bytes for each entry and a page more.
 *       flags: 0, or with newer kernels RF_ZCRX_REG_.... The rest 0.
 *       Out: rq_entries, offsets, zcrx_id (for sqe->zcrx_ifq_idx), the area's
 *       rq_area_token and the region's mmap_offset.
 *
 * Returns 0, or
 *   -EPERM       without CAP_NET_ADMIN
 *   -EINVAL      the ring is of another kind; no or too many entries; no queue; a region
 *                that is too small; area or region not page-aligned; something reserved
 *                is not 0
 *   -EFAULT      one of the structs, or the area, is not this process's
 *   -ENODEV      there is no such device
 *   -EOPNOTSUPP  the device cannot do it (from 6.18's source: or has split headers off, or
 *                the queue is used otherwise: then also -EINVAL, -EBUSY, -EEXIST); or the
 *                kernel is older than 6.15, or than a flag: then there is a reason
 *   -ENOMEM      out of memory, or over RLIMIT_MEMLOCK
 *
 * Since kernel 6.15. From io_register_zcrx_ifq() in io_uring/zcrx.c.
 */
RF_API RF_NODISCARD int rf_register_ifq(struct rf_ring *ring, struct rf_zcrx_ifq_reg *reg);

/**
 * rf_register_zcrx_ctrl() - a receive queue's odds and ends.
 *
 * @ctrl  zcrx_id, and op: RF_ZCRX_CTRL_FLUSH_RQ has the kernel take in the refill ring now;
 *        RF_ZCRX_CTRL_EXPORT writes zc_export.zcrx_fd, by which another ring can have
 *        the same queue (RF_ZCRX_REG_IMPORT); RF_ZCRX_CTRL_ARM_EVENT reports
 *        zc_arm_event.event_type once more. The rest 0.
 *
 * Returns 0, or
 *   -ENXIO       the ring has no queue of that id
 *   -EFAULT      something reserved in @ctrl is not 0 (measured on 7.3)
 *   -EINVAL      the same in what belongs to op
 *   -EOPNOTSUPP  the kernel is older than 6.19, or does not know op
 *   -EMFILE      RF_ZCRX_CTRL_EXPORT: too many descriptors
 *
 * Since kernel 6.19. From io_zcrx_ctrl() in io_uring/zcrx.c of Linux 7.1.
 */
RF_API RF_NODISCARD int rf_register_zcrx_ctrl(struct rf_ring *ring, struct rf_zcrx_ctrl *ctrl);

/* --- what zero-copy receive put where ------------------------------------ */

/* Where in the area the piece lies that a CQE of RF_OP_RECV_ZC tells of: bytes from its start. */
RF_INLINE uint64_t rf_zcrx_offset(const struct rf_cqe *cqe)
{
    return rf_cqe_big(cqe)[0] & ~RF_ZCRX_AREA_MASK;
}

/* --- the refill ring of zero-copy receive -------------------------------- */

/*
 * A ring that this side fills and the kernel empties, in its own time. Yours to place, not
 * to copy. Entries are filled one by one and shown together. One thread at a time.
 *
 * Indexes run freely and wrap at 2^32.
 */
struct rf_zcrx_rq {
    struct rf_zcrx_rqe *rqes;
    uint32_t entries;    /* a power of two */
    uint32_t tail;       /* the index that is filled next */
    uint32_t khead;      /* the head when we last looked */
    uint64_t area_token; /* of struct rf_zcrx_area_reg */
    struct rf_zcrx_tail_word *tail_word;
    const struct rf_zcrx_head_word *head_word;
};

/**
 * rf_zcrx_rq_init() - make a refill ring of what rf_register_ifq() answered.
 *
 * @reg           As it was answered. Read during the call only.
 * @area          Likewise.
 * @region        The memory of the ring: one's own, or what was mapped at mmap_offset. It must
 *                stay mapped while the refill ring is used.
 * @region_bytes  Its size.
 *
 * Returns 0, or -EPROTO: the answer breaks a rule of the layout; *ret_rq is then
 * as it was.
 */
RF_API RF_NODISCARD int rf_zcrx_rq_init(struct rf_zcrx_rq *ret_rq,
                                        const struct rf_zcrx_ifq_reg *reg,
                                        const struct rf_zcrx_area_reg *area, void *region,
                                        size_t region_bytes);

/* Entries that can be filled before the ring is full. */
RF_INLINE uint32_t rf_zcrx_rq_space_left(struct rf_zcrx_rq *rq)
{
    rq->khead = rfi_zcrx_head_load(rq->head_word);
    uint32_t used = rq->tail - rq->khead;
    return RF_LIKELY(used <= rq->entries) ? rq->entries - used : 0; /* or no honest head */
}

/**
 * rf_zcrx_rq_add() - fill an entry; rf_zcrx_rq_advance() shows it to the kernel.
 *
 * @offset  rf_zcrx_offset() of the piece. It is the program's no longer.
 * @len     Its bytes, cqe->res.
 *
 * Returns false: the ring is full. Show what there is, receive, and try again.
 */
RF_NODISCARD RF_INLINE bool rf_zcrx_rq_add(struct rf_zcrx_rq *rq, uint64_t offset, uint32_t len)
{
    if (RF_UNLIKELY(rq->tail - rq->khead >= rq->entries) && rf_zcrx_rq_space_left(rq) == 0)
        return false;
    struct rf_zcrx_rqe *rqe = rq->rqes + (rq->tail & (rq->entries - 1));
    rqe->off = (offset & ~RF_ZCRX_AREA_MASK) | rq->area_token;
    rqe->len = len;
    rqe->pad = 0;
    rq->tail++;
    return true;
}

/* Give the piece back that a CQE of RF_OP_RECV_ZC brought. False: the ring is full. */
RF_NODISCARD RF_INLINE bool rf_zcrx_rq_return(struct rf_zcrx_rq *rq, const struct rf_cqe *cqe)
{
    return rf_zcrx_rq_add(rq, rf_zcrx_offset(cqe), (uint32_t)cqe->res);
}

/*
 * Show what was filled. The kernel looks when the device next needs memory. What it copies, and
 * without a device that is everything, it takes from the area alone: there tell it by
 * RF_ZCRX_CTRL_FLUSH_RQ, or a receive ends with -ENOMEM (measured on 7.3).
 */
RF_INLINE void rf_zcrx_rq_advance(struct rf_zcrx_rq *rq)
{
    rfi_zcrx_tail_store(rq->tail_word, rq->tail);
}

RF_END_DECLS

#endif
