/* SPDX-License-Identifier: MIT */
/*
 * rlimits.h - puts into words which limit an errno comes from: its name, what it is,
 * and what was asked for. One errno has several causes, so nothing is said that was
 * not looked up and found to be less than the request.
 */
#ifndef RINGFENCE_SRC_RLIMITS_H
#define RINGFENCE_SRC_RLIMITS_H

#include <sys/uio.h>

#include <ringfence/ring.h>

/* ring->reason points here when the words are in ring->limit_text. */
extern const char rfi_limit_reason[];

/* Each returns @error, having set the reason if it was -EMFILE or -ENOMEM for that cause. */

/* @slots of a file table. */
int rfi_tell_slots(struct rf_ring *ring, int error, uint64_t slots);

/* @bytes that count as locked: "bytes for a ring", ... */
int rfi_tell_locked(struct rf_ring *ring, int error, uint64_t bytes, const char *what);

/* The same for buffers that are pinned page by page. */
int rfi_tell_pinned(struct rf_ring *ring, int error, const struct iovec *bufs, uint32_t count);

/* One more descriptor. */
int rfi_tell_descriptors(struct rf_ring *ring, int error);

#endif
