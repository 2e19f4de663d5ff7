/* SPDX-License-Identifier: MIT */
/* kernel_try.h - limits, which are found out by trying. */
#ifndef RINGFENCE_TOOL_KERNEL_TRY_H
#define RINGFENCE_TOOL_KERNEL_TRY_H

#include "kernel.h"

#include <ringfence.h>

/* Does a ring's memory count against RLIMIT_MEMLOCK? 0, 1, or UNKNOWN_NUMBER. */
int try_ring_memory_counts(void);

/* The sizes that a wish for the largest ring is lowered to; untouched if that fails. */
void try_largest_ring(int64_t *ret_sq_entries, int64_t *ret_cq_entries);

/*
 * The largest empty table that the ring accepts, of what RF_REGISTER_FILES2 or
 * RF_REGISTER_BUFFERS2 registers; or UNKNOWN_NUMBER: this kernel has no empty tables.
 */
int64_t try_largest_table(int fd, uint32_t register_op, uint32_t unregister_op);

#endif
