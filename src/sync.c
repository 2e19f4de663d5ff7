/* SPDX-License-Identifier: MIT */
/* sync.c - sync.h. */
#include <ringfence/sync.h>

#include <errno.h>
#include <string.h>

#include "blind.h"
#include "check/hooks.h"
#include "map.h"
#include "register.h"

/* --- cancelling ---------------------------------------------------------- */

/* Those of 6.6. */
#define LATER_FLAGS (RF_ASYNC_CANCEL_USERDATA | RF_ASYNC_CANCEL_OP)

/* A kernel that knows the flags goes on to look for the descriptor, and there is none: -EBADF. */
static bool knows_flags(struct rf_ring *ring, uint32_t flags)
{
    struct rf_sync_cancel_reg arg;
    memset(&arg, 0, sizeof arg);
    arg.flags = flags | RF_ASYNC_CANCEL_FD;
    arg.fd = -1;
    return rfi_register(ring, RF_REGISTER_SYNC_CANCEL, &arg, 1) != -EINVAL;
}

int rf_register_sync_cancel(struct rf_ring *ring, const struct rf_sync_cancel_reg *cancel)
{
    int err = rfi_register_known(ring, RF_REGISTER_SYNC_CANCEL, rfi_not_const(cancel), 1);
    if (err >= 0)
        return 0; /* a count, where the kernel has one */
    uint32_t later = err == -EINVAL ? cancel->flags & LATER_FLAGS : 0;
    if (!later || knows_flags(ring, later))
        return err;
    return rfi_too_old(ring, RFI_LACKS("cancelling by user_data and opcode", "6.6"));
}

/* --- sending ------------------------------------------------------------- */

int rfi_register_sync_msg(const struct rf_sys *sys, const struct rf_sqe *sqe)
{
    rfi_check_message(sqe);
    return rfi_register_blind(sys, RF_REGISTER_SEND_MSG_RING, rfi_not_const(sqe), 1);
}

int rf_register_sync_msg(const struct rf_sqe *sqe)
{
    return rfi_register_sync_msg(&rf_sys_kernel, sqe);
}
