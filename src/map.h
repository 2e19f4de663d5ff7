/* SPDX-License-Identifier: MIT */
/*
 * map.h - from the reply of io_uring_setup to memory that can be trusted.
 */
#ifndef RINGFENCE_SRC_MAP_H
#define RINGFENCE_SRC_MAP_H

#include <ringfence/ring.h>
#include <ringfence/zcrx.h>

/* What the two mappings hold, and where. Offsets and sizes in bytes. */
struct rfi_layout {
    size_t rings_bytes; /* from the start to the end of the last thing in it */
    size_t sqes_bytes;
    bool has_array;
};

/*
 * Checks every number of a setup reply against the rules of the layout.
 *
 * Returns NULL and fills *ret_layout; or a sentence that names the rule which is
 * broken, and then no pointer may be made from the reply. Looks at nothing
 * but @params: that is what the fuzzer feeds.
 */
const char *rfi_layout_check(const struct rf_params *params, struct rfi_layout *ret_layout);

/* An upper bound for the memory of a ring, each part in whole pages. */
struct rfi_sizes {
    size_t rings_bytes;
    size_t sqes_bytes;
};

/* 0, or -ERANGE, -EDOM, -EINVAL as rf_memory_size_params(). */
int rfi_sizes_of(uint32_t entries, const struct rf_params *params, struct rfi_sizes *ret_sizes);

/*
 * Maps what @params describes, unless ring->rings and ring->sqe_memory hold the memory
 * already, and fills ring->sq and ring->cq. On failure the regions that this call
 * mapped are recorded in the ring: rfi_unmap() undoes them.
 *
 * Returns 0, -EPROTO with ring->reason set, or an errno of mmap(2).
 */
int rfi_map(struct rf_ring *ring, const struct rf_params *params);

/*
 * The same for a ring that goes on in other memory: *ring is a copy of *before without its
 * regions. Everything filled must have been published, and everything taken given back.
 */
int rfi_map_again(struct rf_ring *ring, const struct rf_params *params,
                  const struct rf_ring *before);

/* What was in the queues of *before, into those of *ring, which go on there. Both are mapped. */
void rfi_copy_queues(struct rf_ring *ring, const struct rf_ring *before);

/*
 * Checks what a registration says of a refill ring, and makes its handles. Goes on at the
 * index where it is. 0, or -EPROTO with nothing made.
 */
int rfi_map_refill(struct rf_zcrx_rq *rq, const struct rf_zcrx_ifq_reg *reg, void *region,
                   size_t region_bytes);

/*
 * False in a child that was left without the ring's memory (rf_ring_dontfork()): the addresses
 * may be somebody else's by now, and the ring is the parent's.
 */
bool rfi_has_memory(const struct rf_ring *ring);

/* Unmaps what is ours. */
void rfi_unmap(struct rf_ring *ring);

/* io_uring_register(2) on this ring, by descriptor or registered index. */
int rfi_register(struct rf_ring *ring, uint32_t opcode, void *arg, uint32_t nr_args);

#endif
