/* SPDX-License-Identifier: MIT */
/*
 * buffers.h (private) - what a group knows of each buffer, and what is always
 * true of it.
 */
#ifndef RINGFENCE_SRC_BUFFERS_H
#define RINGFENCE_SRC_BUFFERS_H

#include <ringfence/buffers.h>

/*
 * Each buffer is in the ring (the kernel has it, though parts may have been
 * given to the program) or it is used up, and waits for its last part to be put:
 *
 *   filled <= buffer_size
 *   out <= filled                  every part has a byte at least
 *   used_up: out > 0               else it would be in the ring
 *   not used_up, not incremental: filled == 0, out == 0
 *   has_next: used_up, and the group not incremental: one completion has both
 *
 * So the buffers in the ring are never more than its entries, which are as many
 * as there are buffers: the slot at the tail is always free.
 */
struct rfi_group_buffer {
    uint32_t filled; /* bytes from the start that completions have told of */
    uint32_t out;    /* parts that were got and not put */
    uint16_t place;  /* which entry of all that were ever shown it was last in, modulo 2^16 */
    uint16_t next;   /* the buffer that the same bundle goes on in, if has_next */
    bool used_up;    /* the kernel has told of the last part */
    bool has_next;
};

/* Bytes of a ring of so many entries. */
size_t rfi_buf_ring_bytes(uint32_t entries);

/* What rf_setup_buf_ring() refuses without asking the kernel. 0, or an errno and a reason. */
int rfi_check_buf_ring(struct rf_ring *ring, uint32_t entries, uint32_t flags);

/* For tests. True of a closed group too. */
bool rfi_buffer_group_is_valid(const struct rf_buffer_group *group);

#endif
