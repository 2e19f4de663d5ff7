/* SPDX-License-Identifier: MIT */
/* probe.c - probe.h. */
#include <string.h>

#include <ringfence/probe.h>

#include "map.h"

int rf_get_probe(struct rf_ring *ring, struct rf_probe *ret_probe)
{
    /* The kernel refuses memory that is not all zero. */
    struct rf_probe probe;
    memset(&probe, 0, sizeof probe);
    int err = rfi_register(ring, RF_REGISTER_PROBE, &probe, 256);
    if (err < 0)
        return err;
    *ret_probe = probe;
    return 0;
}
