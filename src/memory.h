/* SPDX-License-Identifier: MIT */
/* memory.h (private) - for resize.c, and for tests with another other side. */
#ifndef RINGFENCE_SRC_MEMORY_H
#define RINGFENCE_SRC_MEMORY_H

#include <ringfence/memory.h>

/* MADV_DONTFORK for each region of the ring. 0 or a negative errno. */
int rfi_leave_out_all(const struct rf_ring *ring);

int64_t rfi_mlock_size_sys(const struct rf_sys *sys, uint32_t entries,
                           const struct rf_params *params);

#endif
