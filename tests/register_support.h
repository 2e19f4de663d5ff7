/* SPDX-License-Identifier: MIT */
/*
 * register_support.h - what the tests of registrations share: kernels that are too old,
 * files and slots that can be told apart.
 */
#ifndef TESTS_REGISTER_SUPPORT_H
#define TESTS_REGISTER_SUPPORT_H

#include "support.h"

/* An address that no test has anything at. */
void *unmapped(void);

/* --- older kernels ------------------------------------------------------- */

/*
 * Stands between a ring and its other side, and says -EINVAL of what an older
 * kernel did not know: of the opcode op, or of an argument that lacks() knows better
 * than that kernel.
 */
struct older {
    struct rf_sys sys;
    const struct rf_sys *below;
    int op;                                          /* it and later ones; -1: none */
    bool (*lacks)(uint32_t opcode, const void *arg); /* may be NULL; never given what is nowhere */
    unsigned asked;                                  /* registrations that got here */
};

/*
 * From now on @ring lacks opcode @op and those behind it, and what @lacks says; a second time
 * changes that.
 */
void make_older(struct older *older, struct rf_ring *ring, int op,
                bool (*lacks)(uint32_t opcode, const void *arg));

/* Back to what it was. */
void make_new_again(struct older *older, struct rf_ring *ring);

/* Does the kernel know the registration? @nr_args as it should be. */
bool kernel_registers(struct rf_ring *ring, uint32_t opcode, uint32_t nr_args);

/* Closes @ring and skips the test unless it does. */
void need_registration(struct rf_ring *ring, uint32_t opcode, uint32_t nr_args);

/* The result must be -EOPNOTSUPP, and rf_reason() of @ring_ has @word in it. */
#define assert_too_old(ring_, expression, word)                                          \
    do {                                                                                 \
        errno = 4711;                                                                    \
        int result_ = (expression);                                                      \
        assert_int_equal(errno, 4711);                                                   \
        assert_result(result_, -EOPNOTSUPP);                                             \
        assert_reason_has(rf_reason(ring_), word, __FILE__, __LINE__);                   \
    } while (0)
void assert_reason_has(const char *reason, const char *word, const char *file, int line);

/* --- files and slots ----------------------------------------------------- */

int open_devzero(void);

/* A file of 128 times this byte. */
int open_filled_with(char byte);

/* A pipe: what is read from it comes when it is written. */
struct pipe_ends {
    int read;
    int write;
};
void open_pipe(struct pipe_ends *ends);
void close_pipe(const struct pipe_ends *ends);

/* Reads 128 bytes by slot: its result, and the byte that all of them are. */
int read_slot(struct rf_ring *ring, int slot, char *ret_byte);
void assert_slot_reads(struct rf_ring *ring, int slot, char byte);
void assert_slot_empty(struct rf_ring *ring, int slot);

/* Queues a splice of one byte from pipe to pipe, which blocks a worker until there is one. */
struct rf_sqe *splice_one(struct rf_ring *ring, uint64_t user_data, int from, int to);

/* --- completions --------------------------------------------------------- */

/* Submits what is queued, and returns when the kernel has taken it. */
void submit_fully(struct rf_ring *ring);

/* The next CQE, waited for, must be this; flags must be 0. */
void assert_next_cqe(struct rf_ring *ring, uint64_t user_data, int res);

/* No CQE comes within a few milliseconds. */
void assert_no_cqe(struct rf_ring *ring);

#endif
