/* SPDX-License-Identifier: MIT */
/*
 * soak.h - random valid programs: what test_soak.c runs and soak_acts.c describes.
 *
 * An act is something that a program has going: an operation or a few that belong together,
 * with the memory and the descriptors that they were given. Each of these says when it may
 * go, and then it goes at once: it is written over, and freed or unmapped or closed, so that
 * whoever takes it for lent any longer is found out, too.
 */
#ifndef TESTS_SOAK_H
#define TESTS_SOAK_H

#include "io_support.h"

enum { ACTS = 48, THINGS = 16, FILES = 3, SLOTS = 16, BUFFERS = 4 };
enum { FILE_BYTES = 256 << 10, BUFFER_BYTES = 64 << 10 };
enum { PICKED_BYTES = 512, PICKED = 32 };

/* The earliest moment that the table of operations allows. */
enum ends {
    WHEN_CONSUMED, /* also for descriptors that were looked up then */
    WHEN_FIRST,    /* the first CQE */
    WHEN_OVER,     /* the CQE without RF_CQE_F_MORE */
};

/* Memory, a descriptor, or a slot. */
struct thing {
    void *addr; /* or NULL */
    size_t bytes;
    bool mapped;
    int fd;    /* or -1 */
    int slot;  /* or -1: it may be filled anew then */
    enum ends ends;
    unsigned step; /* of which operation of the act */
};

struct soak;

struct act {
    const char *name; /* NULL: free */
    uint64_t id;
    unsigned waiting; /* operations of it that are not over */
    unsigned steps;   /* that it has had */
    bool queued;      /* not known to be consumed */
    bool patient;     /* nothing comes of it unless somebody pokes it, */
    bool endless;     /* and again and again */
    unsigned cancelable; /* one more than the step that may be cancelled, or 0 */
    int other_end;    /* for pokes; belongs to the act */
    struct sockaddr_in peer;
    void (*poke)(struct soak *soak, struct act *act);
    void (*came)(struct soak *soak, struct act *act, unsigned step, const struct rf_cqe *cqe);
    struct thing things[THINGS];
    unsigned thing_count;
};

struct soak {
    struct rf_ring *ring;
    uint64_t dice;
    bool by_thread;
    bool newest; /* the kernel has all that is asked for */
    bool skips;  /* it skips CQEs: a ring that has done so refuses to drain */
    /*
     * It drains at any time. Then nothing may be open that has to be cancelled or changed to be
     * over: a ring that has drained goes on holding back what comes (DrainLasts).
     */
    bool drains;
    struct act acts[ACTS];
    unsigned open;
    uint64_t begun;
    uint64_t reaped;
    struct work_dir dir;
    int files[FILES];
    int listener;
    struct sockaddr_in listens_at;
    bool has_slots;
    uint32_t slot_users[SLOTS]; /* 0: it is empty, 1: it is full, more: it is used */
    unsigned char *registered[BUFFERS]; /* NULL: there are none */
    uint32_t registered_users;
    struct rf_buffer_group group; /* ring NULL: there is none */
    unsigned names;
    unsigned sharing; /* open NOPs that have one user_data */
};

/* --- test_soak.c ---------------------------------------------------------- */

uint32_t roll(struct soak *soak, uint32_t sides);

/* Memory full of something, to go with the step that is queued next. */
void *lend(struct soak *soak, struct act *act, size_t bytes, enum ends ends);
/* The same for a descriptor, which will be closed. */
int lend_fd(struct act *act, int fd, enum ends ends);
void lend_slot(struct act *act, int slot, enum ends ends);
/* What was lent last goes with an operation so many steps later. */
void postpone(struct act *act, unsigned steps);

/* user_data of the next operation of an act. */
uint64_t next_step(struct act *act);
/* It is in the queue. */
struct rf_sqe *queued(struct act *act, struct rf_sqe *sqe);
/* When a descriptor may go that is looked up when the operation starts, which is to be known. */
enum ends after_look(const struct soak *soak, bool starts_at_once);

/* --- soak_acts.c ---------------------------------------------------------- */

struct act_kind {
    const char *name;
    void (*begin)(struct soak *soak, struct act *act);
    enum rf_op op; /* the newest that it needs */
    unsigned weight;
};

extern const struct act_kind act_kinds[];
extern const unsigned act_kinds_count;
extern const struct act_kind cancel_kind, drain_kind;

/* user_data of NOPs that share it. */
#define SHARED 7

/* What a ring has besides: files, slots, registered buffers, a group. */
void open_place(struct soak *soak);
void close_place(struct soak *soak);

#endif
