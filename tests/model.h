/* SPDX-License-Identifier: MIT */
/*
 * model.h - what a ring should do, in plain lists: the other opinion that the
 * random tests compare with. It knows no slots, no words and no wrap; indexes
 * count up in 64 bits, and positions matter only where a 32-byte CQE of a
 * mixed ring does not fit before the end of the queue.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <ringfence/abi.h>

/* A request from the time its SQE is handed out until its CQE is taken. */
struct request {
    uint64_t user_data;
    int32_t res;
    bool bad;    /* ends the batch unless RF_SETUP_SUBMIT_ALL */
    bool wide;   /* its CQE takes two slots of a mixed ring */
    bool has_big;
    bool filler; /* no request: the slot before the wrap, skipped */
    uint64_t big[2];
};

enum { LIST_ROOM = 2048 };

struct list {
    struct request items[LIST_ROOM];
    uint32_t first;
    uint32_t count;
};

struct model {
    uint32_t flags; /* RF_SETUP_... */
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint32_t consume_limit;
    bool defers; /* completions appear only when somebody collects them */
    bool asleep; /* the SQ thread */

    struct list waiting;  /* handed out and not consumed */
    uint32_t unpublished; /* of those, at the end */
    struct list deferred;
    struct list posted; /* in the completion queue, fillers too */
    struct list overflow;
    uint64_t taken; /* slots, since the beginning */
    uint64_t put_off; /* taken, when completions were left to the next submit */
    uint64_t tail;  /* likewise, plus cq_start */
    uint64_t cq_start;
};

void model_init(struct model *m, uint32_t flags, uint32_t sq_entries, uint32_t cq_entries,
                uint32_t cq_start);

/* True: no SQE is free. */
bool model_full(const struct model *m);
void model_hand_out(struct model *m, const struct request *request);

/* What enter does, given that the head it is shown is @given_back slots after the beginning. */
int model_enter(struct model *m, uint32_t to_submit, uint32_t min_complete, uint32_t flags,
                uint64_t given_back);

/* The SQ thread's turn. */
void model_run(struct model *m, uint64_t given_back);

/* RF_SQ_CQ_OVERFLOW or RF_SQ_TASKRUN would be set. */
bool model_must_collect(const struct model *m);

/*
 * Who asks in vain: is what is held back left to the submit that is due? Once for each place in
 * the completion queue, so this is to be called once for each time that somebody asks.
 */
bool model_puts_off(struct model *m);

/* The request whose CQE is next, or NULL; skips fillers, as looking does. */
const struct request *model_look(struct model *m);

/* Takes the front of the queue, filler or not. Returns its slots. */
uint32_t model_take(struct model *m);

/* Slots that are there and not taken. */
uint32_t model_ready(const struct model *m);

/* Requests that will complete without anything further being queued, at most. */
uint32_t model_outstanding(const struct model *m);

#endif
