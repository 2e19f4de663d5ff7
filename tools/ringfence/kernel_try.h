/* SPDX-License-Identifier: MIT */
/*
 * kernel_try.h - finding out by trying, for kernels that cannot be asked.
 *
 * The kernel answers -EINVAL to a flag or opcode that it does not know, before
 * it looks at anything else, so any other answer means that it knows it. Each
 * trial is made such that a kernel which knows the thing has no other reason
 * for -EINVAL, and such that nothing is left behind.
 */
#ifndef RINGFENCE_TOOL_KERNEL_TRY_H
#define RINGFENCE_TOOL_KERNEL_TRY_H

#include "kernel.h"

#include <ringfence.h>

/* @fd is an open ring. */
void try_setup_flags(struct answer *answer, int fd);
void try_enter_flags(struct answer *answer);
/* @ring has nothing queued, and it stays so. */
void try_sqe_flags(struct answer *answer, struct rf_ring *ring);
void try_register_ops(struct answer *answer);

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
