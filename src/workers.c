/* SPDX-License-Identifier: MIT */
/* workers.c - workers.h. */
#include <ringfence/workers.h>

#include <errno.h>

#include "caps.h"
#include "map.h"
#include "register.h"

/*
 * Older kernels (5.15) look for the thread's workers before anything else: where it has none they
 * say -EINVAL to every argument. So ask for what came right after it, too.
 */
static bool knows_affinity(struct rf_ring *ring)
{
    return rfi_knows(ring, RF_REGISTER_IOWQ_AFF, 1) ||
           rfi_knows(ring, RF_REGISTER_IOWQ_MAX_WORKERS, 2);
}

int rf_register_iowq_aff(struct rf_ring *ring, size_t cpusz, const void *mask)
{
    if (cpusz == 0 || cpusz > INT32_MAX)
        return rfi_refuse(ring, -EINVAL, "the size of the mask is 0 or above 2^31 - 1");
    int result = rfi_register(ring, RF_REGISTER_IOWQ_AFF, rfi_not_const(mask), (uint32_t)cpusz);
    if (result != -EINVAL || knows_affinity(ring))
        return result;
    return rfi_too_old(ring, rfi_lacks(RF_CAP_REGISTER, RF_REGISTER_IOWQ_AFF));
}

int rf_unregister_iowq_aff(struct rf_ring *ring)
{
    int result = rfi_register(ring, RF_UNREGISTER_IOWQ_AFF, NULL, 0);
    /* It has no argument to ask with; but the two came together. */
    if (result != -EINVAL || knows_affinity(ring))
        return result;
    return rfi_too_old(ring, rfi_lacks(RF_CAP_REGISTER, RF_UNREGISTER_IOWQ_AFF));
}

int rf_register_iowq_max_workers(struct rf_ring *ring, uint32_t *values)
{
    /* Into a copy, since the kernel writes the old limits before it can fail at the new. */
    uint32_t both[2] = {values[RF_WQ_BOUND], values[RF_WQ_UNBOUND]};
    int err = rfi_register_known(ring, RF_REGISTER_IOWQ_MAX_WORKERS, both, 2);
    if (err < 0)
        return err;
    values[RF_WQ_BOUND] = both[RF_WQ_BOUND];
    values[RF_WQ_UNBOUND] = both[RF_WQ_UNBOUND];
    return 0;
}
