/* SPDX-License-Identifier: MIT */
/*
 * loan_support.h - how the tests of loans find out when a loan ends.
 *
 * An operation waits behind a timer that it is linked to; once both are submitted, something
 * that it points to or names is changed; then it runs, and what it did shows which of
 * the two the kernel used. The old one: it was copied when the SQE was consumed. The new one:
 * it was still lent. The table of operations says which it has to be.
 */
#ifndef TESTS_LOAN_SUPPORT_H
#define TESTS_LOAN_SUPPORT_H

#include "io_support.h"

enum used { OLD, NEW, UNTESTABLE };

/* A thing that an operation lends, and how to find out which one is used. */
struct trial {
    const char *name;
    enum used (*run)(void);
    enum rf_op op;
    enum rf_sqe_field field;
    enum rf_lent lent;
    const char *member;    /* NULL: what lies in the SQE */
    const char *condition; /* as in the row; NULL: the first row that fits */
    bool at_once;          /* tried while it is submitted: until_inline counts */
};

#define TRIAL_OF(run_, op_, field_, lent_) \
    .name = #run_, .run = run_, .op = RF_OP_##op_, .field = RF_FIELD_##field_, \
    .lent = RF_LENT_##lent_
#define TRIAL(run, op, field, lent) {TRIAL_OF(run, op, field, lent)}
#define TRIAL_INNER(run, op, field, lent, member_) \
    {TRIAL_OF(run, op, field, lent), .member = member_}
#define TRIAL_WHEN(run, op, field, lent, condition_) \
    {TRIAL_OF(run, op, field, lent), .condition = condition_}
#define TRIAL_AT_ONCE(run, op, field, lent) {TRIAL_OF(run, op, field, lent), .at_once = true}

/*
 * Makes them all, each in a scene of its own, and fails the test if one shows something else
 * than the table says. Those for which the kernel lacks the operation, or that return
 * UNTESTABLE, are left out and told.
 */
void run_trials(const struct trial *trials, size_t count);

/* The scene: a ring, a directory, and in it two files, "old" and "new", with that as content. */
extern struct rf_ring loan_ring;
extern struct work_dir loan_dir;
extern int old_file, new_file;

/* For what is no trial of a row. */
void set_scene(void);
void clear_scene(void);

static inline uint64_t addr_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* The next SQE, which starts a moment after it was submitted. */
struct rf_sqe *behind_timer(void);

/* An SQE of an operation in whatever way; returns it. */
struct rf_sqe *prepare(struct rf_sqe *sqe, enum rf_op op, int fd, const void *addr, size_t len,
                       uint64_t offset);

/* user_data of the operation that is looked at. */
#define OPERATION 77

/* Submits it, and what was queued before. From now on things may be changed. */
void lend(struct rf_sqe *sqe);

/* The same for another SQE than the one that finish() waits for. */
void submit_other(struct rf_sqe *sqe);

/* Waits for the end of the operation. Returns its res. */
int finish(void);

/* The same, and the res has to be this one. */
void finish_well(int expected);

/* The first CQE of the operation: perhaps not its last. */
struct rf_cqe first_cqe(void);

/* Which of two texts, contents, names it is. Something else fails the test. */
enum used which(const char *text);
enum used which_in(int fd);
enum used which_is_read(int fd);
enum used which_exists(const char *old_name, const char *new_name);
enum used opened(int fd); /* closes it */

/* A number of a file's own, and letting it stand for another file. */
int copy_of(int fd);
void reuse(int number, int other);

#endif
