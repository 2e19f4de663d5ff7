/* SPDX-License-Identifier: MIT */
/* known.c - what a kernel is too old for: register.h in this directory. */
#include "register.h"

#include <errno.h>

#include "caps.h"
#include "map.h"

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
    return rfi_too_old(ring, rfi_lacks(RF_CAP_REGISTER, opcode));
}

bool rfi_knows_blind(const struct rf_sys *sys, uint32_t opcode, uint32_t nr_args)
{
    /* EBADF: it looks for a ring before it looks at anything else. */
    int result = sys->ring_register(sys, -1, opcode, RFI_NOWHERE, nr_args);
    return result != -EINVAL && result != -EBADF;
}

int rfi_register_blind(const struct rf_sys *sys, uint32_t opcode, void *arg, uint32_t nr_args)
{
    int result = sys->ring_register(sys, -1, opcode, arg, nr_args);
    bool may_be_unknown = result == -EINVAL || result == -EBADF;
    if (!may_be_unknown || rfi_knows_blind(sys, opcode, nr_args))
        return result;
    return -EOPNOTSUPP;
}
