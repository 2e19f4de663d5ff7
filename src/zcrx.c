/* SPDX-License-Identifier: MIT */
/* zcrx.c - zcrx.h. */
#include <ringfence/zcrx.h>

#include <errno.h>
#include <string.h>

#include "blind.h"
#include "map.h"
#include "register.h"

/* --- registering --------------------------------------------------------- */

/* What the kernel knows of zero-copy receive; nothing, if it cannot say. */
static struct rf_query_zcrx ask(struct rf_ring *ring)
{
    struct rf_query_zcrx answer;
    memset(&answer, 0, sizeof answer);
    struct rf_query_hdr query;
    memset(&query, 0, sizeof query);
    query.query_op = RF_QUERY_ZCRX;
    query.query_data = (uint64_t)(uintptr_t)&answer;
    query.size = sizeof answer;
    if (rfi_register_query(ring->sys, &query) < 0 || query.result < 0)
        memset(&answer, 0, sizeof answer);
    return answer;
}

/* What of the request this kernel cannot have understood; NULL: nothing. */
static const char *not_understood(struct rf_ring *ring, const struct rf_zcrx_ifq_reg *reg)
{
    if (!reg->flags && !reg->rx_buf_len && !reg->event_desc)
        return NULL;
    struct rf_query_zcrx known = ask(ring);
    uint64_t unknown = reg->flags & ~known.register_flags;
    if (unknown & RF_ZCRX_REG_NODEV)
        return RFI_LACKS("zero-copy receive without a device", "7.1");
    if (unknown & RF_ZCRX_REG_IMPORT)
        return RFI_LACKS("the import of receive queues", "6.19");
    if (unknown)
        return "a flag of receive queues that this kernel does not know";
    if (reg->rx_buf_len && !(known.features & RF_ZCRX_FEATURE_RX_PAGE_SIZE))
        return RFI_LACKS("a choice of size for received buffers", "7.0");
    if (reg->event_desc && !(known.features & RF_ZCRX_FEATURE_EVENT))
        return RFI_LACKS("events of receive queues", "7.2");
    return NULL;
}

int rf_register_ifq(struct rf_ring *ring, struct rf_zcrx_ifq_reg *reg)
{
    if (!rfi_is_closed(ring)) {
        /* Such a ring is refused before anything else is looked at. */
        if (!(ring->flags & RF_SETUP_DEFER_TASKRUN))
            return rfi_refuse(ring, -EINVAL, "the ring is not of RF_SETUP_DEFER_TASKRUN");
        if (!(ring->flags & (RF_SETUP_CQE32 | RF_SETUP_CQE_MIXED)))
            return rfi_refuse(ring, -EINVAL, "the ring has no CQEs of 32 bytes");
    }
    int err = rfi_register_known(ring, RF_REGISTER_ZCRX_IFQ, reg, 1);
    if (err != -EINVAL)
        return err;
    const char *reason = not_understood(ring, reg);
    return reason ? rfi_too_old(ring, reason) : err;
}

int rf_register_zcrx_ctrl(struct rf_ring *ring, struct rf_zcrx_ctrl *ctrl)
{
    return rfi_register_known(ring, RF_REGISTER_ZCRX_CTRL, ctrl, 0);
}

/* --- the refill ring ----------------------------------------------------- */

int rf_zcrx_rq_init(struct rf_zcrx_rq *ret_rq, const struct rf_zcrx_ifq_reg *reg,
                    const struct rf_zcrx_area_reg *area, void *region, size_t region_bytes)
{
    struct rf_zcrx_rq rq;
    memset(&rq, 0, sizeof rq);
    rq.area_token = area->rq_area_token;
    int err = rfi_map_refill(&rq, reg, region, region_bytes);
    if (!err)
        *ret_rq = rq;
    return err;
}
