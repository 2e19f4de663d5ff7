/* SPDX-License-Identifier: MIT */
/*
 * wait_support.h - what the tests of waiting share: a ring whose other side can be made
 * an older kernel, all ways to wait as one table, and completions that come later.
 */
#ifndef TESTS_WAIT_SUPPORT_H
#define TESTS_WAIT_SUPPORT_H

#include "support.h"

#include <signal.h>

/* Stands between the ring and the kernel. */
struct between {
    struct rf_sys sys; /* first: the functions get its address */
    const struct rf_sys *kernel;
    /* Seen. */
    unsigned enters;
    unsigned getevents; /* those that were to see for completions */
    unsigned submits;   /* those that were to submit something */
    unsigned both;      /* and to wait as well */
    uint32_t to_submit, min_complete, flags; /* of the last one */
    struct rf_getevents_arg arg;             /* of the last one that had such */
    struct rf_timespec ts;                   /* and its time */
    unsigned registers;
    uint32_t opcode; /* of the last registration */
    /* Told. */
    uint32_t lacks_enter;       /* RF_ENTER_... that it does not know: -EINVAL */
    int lacks_register;         /* an opcode it does not know, or -1: -EINVAL */
    int fail_enter;             /* the next enter fails so, having done nothing */
    int fail_submit;            /* all that are to submit something do */
    unsigned idle_returns;      /* the next ones return 0: woken up for nothing */
    unsigned idle_ms;           /* after so long */
    bool end_wait;              /* the next one submits, and its wait is over at once */
    uint32_t ignores_enter;     /* RF_ENTER_... that it drops in silence */
};

enum { LATER_MAX = 8 };

/* A ring that waits, with what belongs to it. */
struct waiter {
    struct rf_ring ring;
    struct between between;
    struct rf_reg_wait *slots; /* registered waits, or NULL: this kernel has none */
    int later[LATER_MAX];      /* timer descriptors */
    unsigned later_count;
};

/* Opens a ring of this test's flavour with @entries, or skips. @flags are added. */
void open_waiter(void **state, struct waiter *w, uint32_t entries, uint32_t flags);
void close_waiter(struct waiter *w);

/* Forget what was seen. */
void forget(struct waiter *w);

/* Opens a ring without a flavour, or skips, with @between behind it. */
void open_between(struct rf_ring *ring, struct between *between, uint32_t entries,
                  uint32_t flags);

/* A way to wait, whatever the function takes. */
struct way {
    const char *name;
    /* @ms: -1 for ever. What the function does not take is left out. */
    int (*wait)(struct waiter *w, const struct rf_cqe **ret_cqe, uint32_t nr, int ms,
                const sigset_t *mask);
    bool takes_nr, takes_time, takes_mask;
    bool submits;   /* SQEs that are queued are submitted */
    bool one_call;  /* in the call that waits: rf_submit_and_wait_... */
};

extern const struct way ways[];
extern const size_t ways_count;

/* Can the kernel do it, and the ring? */
bool can(struct waiter *w, const struct way *way);

/* for (all ways that can be gone with this ring) */
#define EACH_WAY(way, w)                                                          \
    for (const struct way *way = ways; way < ways + ways_count; way++)            \
        if (can((w), way))

/* Says which way failed: cmocka tells only the line. */
void going(const struct way *way);

/* Where the SQ thread gives slots back late, it waits for one. */
void queue_nop(struct rf_ring *ring, uint64_t user_data);

void queue_timeout(struct rf_ring *ring, uint64_t user_data, struct rf_timespec *ts);

/* A completion of 32 bytes, on rings that have such. */
void queue_big_nop(struct rf_ring *ring, uint64_t user_data);

/* Queues what completes after @ms, and is no TIMEOUT operation: those end any wait. */
void queue_later(struct waiter *w, uint64_t user_data, int ms);

/* All that was queued for later has been taken: others may be queued. */
void drop_later(struct waiter *w);

/* Nothing of what was queued for later has been taken: have it now, and take it. */
void cancel_later(struct waiter *w);

/* @count NOPs are there to be taken, with user_data from @first on. */
void make_ready(struct waiter *w, uint64_t first, uint32_t count);

/* Take all that is there. */
void take_all(struct rf_ring *ring);

/* Publish and submit everything, also where the SQ thread has to. */
void submit_queued(struct rf_ring *ring);

struct rf_timespec milliseconds(long ms);
double seconds_now(void);

/* SIGALRM with a handler that does nothing, once after @ms or every @ms. */
void interrupt_once(int ms);
void interrupt_every(int ms);
void stop_interrupting(void);
extern volatile sig_atomic_t interruptions;

/* What ret_cqe points to before a call that must leave it alone. */
#define UNTOUCHED ((const struct rf_cqe *)(uintptr_t)0x5a5a)

#endif
