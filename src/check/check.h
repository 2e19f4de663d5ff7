/* SPDX-License-Identifier: MIT */
/*
 * check.h (private) - the loan checker, file by file:
 *
 *   seam.c     stands between a ring and its other side: when is what looked at
 *   start.c    when a ring begins to be checked, and the last reports
 *   queues.c   reading SQEs and CQEs: which operations are open
 *   opened.c   the operations that are open, by user_data
 *   loans.c    what an SQE lends: the table of operations, iovecs and msghdrs followed
 *   memory.c   reading memory that may not be there; sums; the sanitizer's interface
 *   watch.c    taking a loan, ending it, and what is found out by that
 *   report.c   what is said, and what happens then
 *   rules.c    the rules in words
 *
 * Every function here that takes a struct rfi_check wants its lock held, but for those
 * that are said to take it.
 */
#ifndef RINGFENCE_SRC_CHECK_CHECK_H
#define RINGFENCE_SRC_CHECK_CHECK_H

#include <pthread.h>

#include <ringfence/check.h>

/* --- where operations were submitted ------------------------------------- */

#define RFI_WHERE_MAX 24

/* One for all that were published together. */
struct rfi_where {
    unsigned users;
    int count;
    uint64_t when_ns;
    void *addresses[RFI_WHERE_MAX];
};

/* --- loans and operations ------------------------------------------------- */

/* Memory that an open operation has. */
struct rfi_loan {
    const struct rf_op_loan *row;
    uint64_t addr;
    size_t bytes;
    uint64_t sum;
    const void *heap; /* with ASan: the start of the allocation it lies in, or NULL */
    bool summed;      /* sum is what it held, and nobody else writes it */
    bool was_there;   /* it could be read when it was lent */
    bool poisoned;
};

#define RFI_FEW_LOANS 4

/* An operation from its consumption to its last CQE. */
struct rfi_opened {
    struct rfi_opened *next;    /* with the same hash; the older ones first */
    struct rfi_opened *in_line; /* the next that was published and not consumed */
    uint64_t user_data;
    int64_t asked;              /* bytes that res can be at most, or -1: not known */
    const struct rf_op_info *op;
    struct rfi_where *where;
    struct rfi_loan *loans;     /* few, or from the heap */
    uint32_t loan_count;
    uint32_t end_index;         /* the index behind its SQE */
    uint32_t chain;             /* operations of one chain have the same number */
    int fd;
    uint8_t sqe_flags;
    bool consumed;
    bool notified_later;        /* its first CQE has come, a notification will */
    bool doubtful;              /* another one shares user_data: which is over is not known */
    struct rfi_opened *lent_next; /* others with loans that are watched until completion */
    struct rfi_opened *lent_before;
    bool lent;                  /* it is one of these */
    struct rfi_loan few[RFI_FEW_LOANS];
};

/* Operations that were over lately, to tell a second end from an unknown CQE. */
#define RFI_LATELY 256

struct rfi_check {
    struct rf_sys sys;          /* what the ring has; must be the first member */
    const struct rf_sys *inner; /* what it had */
    pthread_mutex_t lock;
    struct rf_sq sq; /* copies, for what does not change between two openings or resizes */
    struct rf_cq cq;
    uint32_t flags;     /* the ring's */
    uint32_t published; /* with an SQ thread: SQEs before this index have been looked at */
    uint32_t limit;     /* if limited: the next call consumes none from this index on */
    bool limited;
    uint32_t seen;      /* CQEs before this index have been looked at */
    struct rf_check_options options;
    uint64_t reports;
    int32_t pid;    /* whose ring it is: a child has a copy of all this, and no part in it */
    bool strangers; /* CQEs may come that no SQE asked for: tags, renamed polls, ... */
    struct rfi_check *next; /* of all rings of the process */

    struct rfi_opened **table; /* by hash of user_data */
    uint32_t table_size;       /* a power of two */
    uint32_t opened_count;
    uint32_t silent_count;     /* among them, those that may be over without a CQE */
    struct rfi_opened *lent;   /* among them, those with loans that are watched until completion */
    struct rfi_opened *line;   /* published and not consumed, the oldest first */
    struct rfi_opened **line_end;
    struct rfi_opened *spare;  /* records to use again, by next */
    uint32_t chain;            /* the number of the chain that is being read */
    bool in_chain;             /* the SQE before had a link flag */

    uint64_t lately[RFI_LATELY];
    const struct rf_op_info *lately_op[RFI_LATELY];
    uint32_t lately_next;
};

/* --- seam.c --------------------------------------------------------------- */

void rfi_check_lock(struct rfi_check *check);
void rfi_check_unlock(struct rfi_check *check);
/* Went messages from ring to ring, in this process? */
bool rfi_check_messages_went(void);
/* What a checked ring has; a checker's own copy begins it. */
extern const struct rf_sys rfi_checked_sys;

/* --- queues.c ------------------------------------------------------------- */

/* The SQEs from @index on, up to @end. */
void rfi_take_out(struct rfi_check *check, uint32_t index, uint32_t end);
/* The other side has consumed what is before @head. */
void rfi_consumed_to(struct rfi_check *check, uint32_t head);
/* How far is the SQ thread? */
void rfi_look_at_thread(struct rfi_check *check);
/* What a call of enter left goes back to the program. */
void rfi_forget_line(struct rfi_check *check);
/* CQEs that have come since the last look. */
void rfi_look_at_cqes(struct rfi_check *check);

/* --- opened.c ------------------------------------------------------------- */

/* 0 or -ENOMEM. */
int rfi_opened_start(struct rfi_check *check);
/* Frees everything, loans too. */
void rfi_opened_stop(struct rfi_check *check);

/* A record to fill; NULL: out of memory. */
struct rfi_opened *rfi_opened_new(struct rfi_check *check);
/* Room for one more loan; NULL: out of memory. */
struct rfi_loan *rfi_opened_loan(struct rfi_opened *opened);
/* Puts it in, with its user_data and at the end of the line. Marks who shares it. */
void rfi_opened_add(struct rfi_check *check, struct rfi_opened *opened);
/* Takes it out and throws it away. */
void rfi_opened_remove(struct rfi_check *check, struct rfi_opened *opened);
/* The oldest with this user_data, or after it the next; NULL: no more. */
struct rfi_opened *rfi_opened_find(const struct rfi_check *check, uint64_t user_data);
struct rfi_opened *rfi_opened_again(const struct rfi_opened *opened);
/* Which one a CQE is of. */
struct rfi_opened *rfi_opened_of(const struct rfi_check *check, const struct rf_cqe *cqe);
/* May it be over without a CQE? */
bool rfi_opened_is_silent(const struct rfi_opened *opened);

/* --- loans.c -------------------------------------------------------------- */

/* Fills op, user_data, fd, asked and the loans from the SQE. False: out of memory. */
bool rfi_loans_of(struct rfi_opened *opened, const struct rf_sqe *sqe);

/* --- watch.c -------------------------------------------------------------- */

/* What is lent begins to be watched. */
void rfi_watch(struct rfi_check *check, struct rfi_opened *opened);
/* Has something been changed that is lent until the SQE is consumed? It, or NULL. */
const struct rfi_loan *rfi_watch_early(const struct rfi_opened *opened);
/* The SQE was consumed: the loans that end with that do. */
void rfi_watch_consumed(struct rfi_check *check, struct rfi_opened *opened);
/* Loans that end with this CQE do, before the program can see it. */
void rfi_watch_completed(struct rfi_check *check, struct rfi_opened *opened,
                         const struct rf_cqe *cqe);
/* Ends them all without looking: the operation never began, or nobody can tell whose it is. */
void rfi_watch_forget(struct rfi_check *check, struct rfi_opened *opened);
/* What the program touched that is lent: who has it, or NULL. Takes no lock: the program dies. */
const struct rfi_opened *rfi_watch_owner(const struct rfi_check *check, uint64_t addr,
                                         const struct rfi_loan **ret_loan);

/* --- memory.c ------------------------------------------------------------- */

/* Copies memory of this process that may not be there. False: it is not all there. */
bool rfi_peek(void *to, uint64_t from, size_t bytes);
/* Can it be read? Looks at both ends. True where that cannot be told. */
bool rfi_is_there(uint64_t addr, size_t bytes);
/* A sum of what it holds, of samples if it is large. False: it is not all there. */
bool rfi_sum(uint64_t addr, size_t bytes, uint64_t *ret_sum);

/* AddressSanitizer's interface, where the program has it. */
bool rfi_asan_is_there(void);
/* The first byte that may not be touched, or 0: all of it may. */
uint64_t rfi_asan_bad(uint64_t addr, size_t bytes);
void rfi_asan_poison(uint64_t addr, size_t bytes);
void rfi_asan_unpoison(uint64_t addr, size_t bytes);
/* The start of the allocation that it lies in, or NULL: not on the heap. */
const void *rfi_asan_heap(uint64_t addr);
bool rfi_asan_is_allocated(const void *heap);
/* Calls this when ASan ends the program, if nothing else is called then; once. */
void rfi_asan_at_death(void (*callback)(void));
/* What the program touched when ASan ended it, or 0. */
uint64_t rfi_asan_touched(void);

/* --- report.c ------------------------------------------------------------- */

/* @opened and @loan may be NULL. @user_data is of use without @opened. */
void rfi_report(struct rfi_check *check, enum rf_check_rule rule, const struct rfi_opened *opened,
                const struct rfi_loan *loan, uint64_t user_data, const char *detail, ...)
    __attribute__((format(printf, 6, 7)));
void rfi_report_only(const struct rf_check_options *options,
                     const struct rf_check_report *report);
uint64_t rfi_now_ns(void);
/* Where this was called from; NULL: out of memory. */
struct rfi_where *rfi_where_now(void);
void rfi_where_drop(struct rfi_where *where);

#endif
