/* SPDX-License-Identifier: MIT */
/*
 * buffer_support.h - what the tests of provided buffers share: rings that are
 * watched and can be refused things, pairs of sockets, single operations.
 */
#ifndef TESTS_BUFFER_SUPPORT_H
#define TESTS_BUFFER_SUPPORT_H

#include "support.h"

/* --- watched rings ------------------------------------------------------- */

/* Between a ring and the other side that it was opened with. */
struct watch {
    struct rf_sys sys;
    const struct rf_sys *below;
    struct {
        void *addr;
        size_t bytes;
    } mapped[8]; /* with fd -1, since the watch began */
    unsigned maps;
    size_t largest;
    bool lazy;          /* map without touching, as for memory larger than the machine's */
    int map_error;      /* refuse to map */
    int refuse_op;      /* refuse this registration, */
    int refuse_with;    /* with this errno, positive */
    bool without_flags; /* of buffer rings: as before 6.4 */
    unsigned registers;
};

/* Stands between @ring and its other side from now on. */
void watch_ring(struct watch *watch, struct rf_ring *ring);

/* open_flavour(), watched. */
void open_watched(void **state, struct rf_ring *ring, uint32_t entries, struct watch *watch);

/* Fails unless everything was unmapped that was mapped under watch; then rf_deinit(). */
void close_watched(struct rf_ring *ring, struct watch *watch);

/* --- operations ---------------------------------------------------------- */

/* Submits what was just queued and takes its CQE. */
struct rf_cqe complete(struct rf_ring *ring, struct rf_sqe *sqe);

/* The same, and its res must be this. */
void assert_complete(struct rf_ring *ring, struct rf_sqe *sqe, int res);

/* /dev/zero */
int open_zero(void);

/* Two stream sockets that are connected. */
struct pair {
    int here;
    int there;
};

void open_pair(struct pair *pair);
void close_pair(const struct pair *pair);

/* Writes at the far end, all of it. */
void say(const struct pair *pair, const void *data, size_t bytes);

/* --- groups -------------------------------------------------------------- */

/* Opens a group, or skips: buffer rings came with 5.19. */
void open_group(struct rf_buffer_group *group, struct rf_ring *ring, uint16_t group_id,
                uint32_t buffer_size, uint32_t buffers_count);

/* The same, of buffers that are used up piece by piece. */
void open_incremental(struct rf_buffer_group *group, struct rf_ring *ring, uint16_t group_id,
                      uint32_t buffer_size, uint32_t buffers_count);

/* Fails unless closing succeeds. */
void close_group(struct rf_buffer_group *group);

/* Fails unless the kernel has every buffer, by its own account; not asked before 6.8. */
void assert_all_in_ring(const struct rf_buffer_group *group);

/* A receive by the group that ends at once: with data, or a negative errno. */
struct rf_cqe receive(struct rf_buffer_group *group, const struct pair *pair);

/* Does the kernel have a buffer? Only to be asked when there is no data. */
bool buffer_is_free(struct rf_buffer_group *group, const struct pair *pair);

/* Gets, and fails unless it is this. */
void assert_got(struct rf_buffer_group *group, const struct rf_cqe *cqe, const void *data,
                size_t bytes);

/* Puts, which must succeed. */
void put(struct rf_buffer_group *group, const struct rf_cqe *cqe);

/* The next CQE, waited for. */
struct rf_cqe next_cqe(struct rf_ring *ring);

#endif
