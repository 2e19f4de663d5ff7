/* SPDX-License-Identifier: MIT */
/*
 * drain_support.h - what the tests of rf_drain() share: what it found, deadlines, a worker that
 * no signal stops.
 */
#ifndef TESTS_DRAIN_SUPPORT_H
#define TESTS_DRAIN_SUPPORT_H

#include "io_support.h"
#include "register_support.h"
#include "wait_support.h"

enum { FOUND_MAX = 64 };

/* What the clean-up functions were given. */
struct found {
    struct rf_ring *ring;
    uint64_t taken[FOUND_MAX];   /* user_data */
    int res[FOUND_MAX];
    uint32_t flags[FOUND_MAX];
    unsigned taken_count;        /* also of those for which there is no room above */
    uint64_t dropped[FOUND_MAX]; /* user_data */
    unsigned dropped_count;
    void (*also)(struct found *found, const struct rf_cqe *cqe); /* or NULL */
    void *more;                  /* for also() */
    struct rf_drain_result result;
};

/* rf_drain() with a deadline in @ms from now; what it found is added to *found. */
int drain_within(struct rf_ring *ring, struct found *found, int ms);

/* Ends with 0, and what was submitted with @user_data had its last CQE. */
void drain_fully(struct rf_ring *ring, struct found *found);

/* The last CQE with this user_data: its index in taken[]; fails the test if it had none. */
unsigned last_of(const struct found *found, uint64_t user_data);

/* CQEs with this user_data. */
unsigned times_taken(const struct found *found, uint64_t user_data);

/*
 * A page that nobody can touch yet: who does, sleeps. A kernel worker that copies to it
 * cannot be woken by a signal then.
 */
struct trap_page {
    int fd;
    char *page;
    size_t bytes;
};

/* False: this kernel or its settings have none. */
bool open_trap_page(struct trap_page *trap);

/* Waits until somebody sleeps. */
void await_sleeper(const struct trap_page *trap);

/* Whoever sleeps goes on. */
void let_pass(struct trap_page *trap);

void close_trap_page(struct trap_page *trap);

#endif
