/* SPDX-License-Identifier: MIT */
/* known.c - what a kernel is too old for: register.h in this directory. */
#include "register.h"

#include <errno.h>

#include "map.h"

/* By opcode. What every kernel from 5.10 on has is not here. */
static const char *const lacks[] = {
    [RF_REGISTER_FILES2] = RFI_LACKS("file tables with tags", "5.13"),
    [RF_REGISTER_FILES_UPDATE2] = RFI_LACKS("file tables with tags", "5.13"),
    [RF_REGISTER_BUFFERS2] = RFI_LACKS("registered buffers with tags", "5.13"),
    [RF_REGISTER_BUFFERS_UPDATE] = RFI_LACKS("updates of registered buffers", "5.13"),
    [RF_REGISTER_IOWQ_AFF] = RFI_LACKS("a choice of processors for workers", "5.14"),
    [RF_UNREGISTER_IOWQ_AFF] = RFI_LACKS("a choice of processors for workers", "5.14"),
    [RF_REGISTER_IOWQ_MAX_WORKERS] = RFI_LACKS("limits for workers", "5.15"),
    [RF_REGISTER_RING_FDS] = RFI_LACKS("registered ring descriptors", "5.18"),
    [RF_UNREGISTER_RING_FDS] = RFI_LACKS("registered ring descriptors", "5.18"),
    [RF_REGISTER_PBUF_RING] = RFI_LACKS("buffer rings", "5.19"),
    [RF_UNREGISTER_PBUF_RING] = RFI_LACKS("buffer rings", "5.19"),
    [RF_REGISTER_SYNC_CANCEL] = RFI_LACKS("synchronous cancellation", "6.0"),
    [RF_REGISTER_FILE_ALLOC_RANGE] = RFI_LACKS("a range for chosen slots", "6.0"),
    [RF_REGISTER_PBUF_STATUS] = RFI_LACKS("the head of a buffer ring", "6.8"),
    [RF_REGISTER_NAPI] = RFI_LACKS("busy polling of network devices", "6.9"),
    [RF_UNREGISTER_NAPI] = RFI_LACKS("busy polling of network devices", "6.9"),
    [RF_REGISTER_CLOCK] = RFI_LACKS("a choice of clock", "6.12"),
    [RF_REGISTER_CLONE_BUFFERS] = RFI_LACKS("cloning of registered buffers", "6.12"),
    [RF_REGISTER_SEND_MSG_RING] = RFI_LACKS("messages without a ring", "6.13"),
    [RF_REGISTER_ZCRX_IFQ] = RFI_LACKS("zero-copy receive", "6.15"),
    [RF_REGISTER_RESIZE_RINGS] = RFI_LACKS("resizing of rings", "6.13"),
    [RF_REGISTER_MEM_REGION] = RFI_LACKS("memory regions", "6.13"),
    [RF_REGISTER_QUERY] = RFI_LACKS("queries", "6.18"),
    [RF_REGISTER_ZCRX_CTRL] = RFI_LACKS("control of zero-copy receive", "6.19"),
    [RF_REGISTER_BPF_FILTER] = RFI_LACKS("BPF filters", "7.0"),
};
_Static_assert(sizeof lacks / sizeof lacks[0] == RF_REGISTER_LAST, "a row for each");

const char *rfi_lacks(uint32_t opcode)
{
    return lacks[opcode];
}

int rfi_refuse(struct rf_ring *ring, int error, const char *reason)
{
    ring->reason = reason;
    return error;
}

bool rfi_knows(struct rf_ring *ring, uint32_t opcode, uint32_t nr_args)
{
    return rfi_register(ring, opcode, RFI_NOWHERE, nr_args) != -EINVAL;
}

int rfi_too_old(struct rf_ring *ring, const char *reason)
{
    /*
     * An index that another thread registered is -EINVAL whatever is asked. So ask what
     * every kernel knows.
     */
    if (ring->register_flags && !rfi_knows(ring, RF_REGISTER_PROBE, 256))
        return -EINVAL;
    return rfi_refuse(ring, -EOPNOTSUPP, reason);
}

int rfi_register_known(struct rf_ring *ring, uint32_t opcode, void *arg, uint32_t nr_args)
{
    int result = rfi_register(ring, opcode, arg, nr_args);
    if (result != -EINVAL || rfi_knows(ring, opcode, nr_args))
        return result;
    return rfi_too_old(ring, lacks[opcode]);
}

bool rfi_knows_blind(const struct rf_sys *sys, uint32_t opcode, uint32_t nr_args)
{
    return sys->ring_register(sys, -1, opcode, RFI_NOWHERE, nr_args) != -EINVAL;
}

int rfi_register_blind(const struct rf_sys *sys, uint32_t opcode, void *arg, uint32_t nr_args)
{
    int result = sys->ring_register(sys, -1, opcode, arg, nr_args);
    if (result != -EINVAL || rfi_knows_blind(sys, opcode, nr_args))
        return result;
    return -EOPNOTSUPP;
}
