/* SPDX-License-Identifier: MIT */
/*
 * check.h - the loan checker: who broke the promise?
 *
 *     RINGFENCE_CHECK=1 ./program          every ring of a program that was not recompiled
 *     rf_check_start(&ring, NULL)          one ring, by a call
 *
 * From the call that submits an operation on, what it points to is lent to the kernel,
 * until when the table in ops.h says. The checker follows each SQE that is consumed and each
 * CQE that comes back, and reports promises that were broken: the rule, the operation, where
 * it was submitted, the remedy. What it watches today are the rules of enum rf_check_rule,
 * no more: docs/lifetimes.md says what each sees, and what is not watched yet.
 *
 * The environment is looked at when a ring is opened (not in programs that run with raised
 * privileges). "1": print to stderr and abort. Words with a comma or a colon between them:
 *
 *     unique, returned, overflow   RF_CHECK_UNIQUE and its like
 *     halt_on_error=0, go-on       print and go on
 *     exitcode=N                   print and _exit(N), RF_CHECK_EXIT
 *     abort_on_error=1             abort, though there is an exitcode; =0: _exit(1) without one
 *     log_path=PATH                print to PATH.PID; or "stdout", "stderr"
 *     dump=USR1                    print what is open when that signal comes (dump.h)
 *     help=1                       print all this
 *
 * What it does not know is told on stderr, once. "0", or nothing at all: off.
 *
 * With it Valgrind's Memcheck, AddressSanitizer, MemorySanitizer and ThreadSanitizer are told what
 * the kernel does, which they cannot see: docs/lifetimes.md says how to run a program with each.
 *
 * Cost. Off, none on the way of SQEs and CQEs. On, it allocates from the heap,
 * takes a lock in each call that enters the kernel, and reads memory that is lent.
 *
 * Threads: as the ring. A handler is called with that lock held: it must not use the ring.
 */
#ifndef RINGFENCE_CHECK_H
#define RINGFENCE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence/base.h>
#include <ringfence/ops.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* --- what is watched ------------------------------------------------------ */

/* The promises. New ones go to the end. */
enum rf_check_rule {
    /* Memory that the kernel reads was changed while it was lent. */
    RF_CHECK_CHANGED = 1,
    /* Memory was freed or unmapped while it was lent; with ASan or Memcheck, also before that. */
    RF_CHECK_FREED = 2,
    /* Memory that the kernel writes was lent to a second operation that writes it. */
    RF_CHECK_TWO_WRITERS = 3,
    /* With ASan (Memcheck says it itself): memory that the kernel writes was touched while lent. */
    RF_CHECK_TOUCHED = 4,
    /* A CQE came that belongs to no operation that was submitted. */
    RF_CHECK_UNKNOWN_CQE = 5,
    /* A CQE came for an operation that was over. */
    RF_CHECK_SECOND_END = 6,
    /* An operation's res is more than it was asked to transfer. */
    RF_CHECK_TOO_MUCH = 7,
    /* rf_deinit() while memory was lent. */
    RF_CHECK_CLOSED = 8,
    /* rf_deinit() with an SQE that was filled and never published. */
    RF_CHECK_NOT_PUBLISHED = 9,
    /* With RF_CHECK_UNIQUE: user_data of an operation that is open was used for another. */
    RF_CHECK_REUSED = 10,
    /* A descriptor or slot was closed or replaced that an operation had yet to look up. */
    RF_CHECK_REPLACED = 11,
    /* A provided buffer was given to the kernel a second time, without a CQE in between. */
    RF_CHECK_RETURNED_TWICE = 12,
    /* With RF_CHECK_RETURNED: one was picked and never given back. */
    RF_CHECK_NOT_RETURNED = 13,
    /* A wait without a timeout, with nothing open: the last that was is a multishot that ended. */
    RF_CHECK_ENDED = 14,
    /*
     * A thread used a ring that only another may: RF_SETUP_SINGLE_ISSUER, rf_register_ring_fd();
     * or two submitted at the same time.
     */
    RF_CHECK_OTHER_THREAD = 15,
    /* A forked child used its parent's ring. */
    RF_CHECK_FORKED = 16,
    /* The thread that submitted an operation ended before it, and so it was cancelled. */
    RF_CHECK_GONE = 17,
    /* CQEs were lost: the queue was full, and the kernel out of memory. */
    RF_CHECK_LOST = 18,
    /* With RF_CHECK_OVERFLOW: the completion queue was full, and CQEs had to wait outside. */
    RF_CHECK_OVERFLOWED = 19,
    /* RF_SQE_IO_DRAIN behind a multishot: it waits until that is over, and all that follow, too. */
    RF_CHECK_DRAIN = 20,
    /* The last SQE of those that were submitted together is linked to one that was not. */
    RF_CHECK_CHAIN_CUT = 21,
    /* With MemorySanitizer or Memcheck: the kernel was to read what nobody had written. */
    RF_CHECK_UNWRITTEN = 22
};

/* What a rule is called: "changed-while-lent". Never NULL: "?" for what is none. */
RF_API RF_NODISCARD const char *rf_check_rule_name(enum rf_check_rule rule);

/* The rule in one line. Never NULL: "?" for what is none. */
RF_API RF_NODISCARD const char *rf_check_rule_text(enum rf_check_rule rule);

/* What to do about it. Never NULL: "?" for what is none. */
RF_API RF_NODISCARD const char *rf_check_rule_remedy(enum rf_check_rule rule);

/* --- reports -------------------------------------------------------------- */

/* A promise that was broken. All it points to is lent to the handler for the call. */
struct rf_check_report {
    enum rf_check_rule rule;
    const struct rf_op_info *op; /* the operation, or NULL: there is none */
    const char *what;            /* without one: "registered buffer", or NULL */
    uint64_t user_data;          /* its, or the CQE's; or the number of what it is */
    int fd;                      /* as its SQE said; -1 without an operation */
    const struct rf_op_loan *loan; /* the row of the table that was broken, or NULL */
    uint64_t addr;               /* the memory, or 0: it is not about memory */
    size_t bytes;
    uint64_t age_ns;             /* since it was submitted */
    void *const *where;          /* return addresses of the call that submitted it, inmost first */
    size_t where_count;
    void *const *queued;         /* the call that took its SQE, likewise; NULL: not known */
    size_t queued_count;
    void *const *here;           /* the call that broke it, likewise, if it was one */
    size_t here_count;
    void *const *noticed;        /* else the call by which it was found out, likewise */
    size_t noticed_count;
    const char *detail;          /* the numbers of this case, in words; or NULL */
};

/* What follows a report that has no handler. */
enum rf_check_answer {
    RF_CHECK_ABORT = 0, /* print to stderr, abort() */
    RF_CHECK_GO_ON = 1, /* print to stderr */
    RF_CHECK_COUNT = 2, /* nothing: rf_check_count() tells */
    RF_CHECK_EXIT = 3   /* print to stderr, _exit() with a status of your choice */
};

/* Options: two operations that are open at the same time must not share user_data. */
#define RF_CHECK_UNIQUE (1U << 0)
/* A group's provided buffers must be back when it is unregistered, or the ring closed. */
#define RF_CHECK_RETURNED (1U << 1)
/* The completion queue must never be too full, though nothing is lost by that. */
#define RF_CHECK_OVERFLOW (1U << 2)

struct rf_check_options {
    enum rf_check_answer answer;
    uint32_t flags; /* RF_CHECK_UNIQUE and the like */
    /* Called for each report, instead of what answer says and of printing; or NULL. */
    void (*handler)(void *context, const struct rf_check_report *report);
    void *context; /* for the handler */
    /*
     * What is printed goes to this path with a dot and the number of the process behind it, a
     * file that is opened for each report, at its end; "stdout"; or NULL or "stderr".
     */
    const char *log_path;
    int exit_code; /* 0 to 255, for RF_CHECK_EXIT */
};

/* --- the checker of a ring ------------------------------------------------ */

/**
 * rf_check_start() - check a ring from now on.
 *
 * @ring     Open, nothing submitted so far: what was is not known, and its CQEs would be
 *           reported.
 * @options  NULL: print and abort. All 0 means the same: set what is to be different. Read
 *           during the call, log_path too. For a ring that is checked already they replace
 *           those it had.
 *
 * The checker ends with rf_deinit(), which is where the last reports come from.
 *
 * Returns 0, or
 *   -EBADF   the ring is closed
 *   -EBUSY   there are SQEs or CQEs in the ring
 *   -EINVAL  unknown flags or answer, or an exit_code above 255
 *   -ENOMEM  out of memory
 */
RF_API RF_NODISCARD int rf_check_start(struct rf_ring *ring,
                                       const struct rf_check_options *options);

/* Is the ring checked? */
RF_API RF_NODISCARD bool rf_check_is_on(const struct rf_ring *ring);

/* Reports so far; 0 for a ring that is not checked. Ask before rf_deinit(). */
RF_API RF_NODISCARD uint64_t rf_check_count(const struct rf_ring *ring);

/**
 * rf_check_print() - write a report to a descriptor, as the checker does by itself.
 *
 * For handlers. Writes to @fd directly; what goes wrong with that is not told.
 */
RF_API void rf_check_print(const struct rf_check_report *report, int fd);

RF_END_DECLS

#endif
