/* SPDX-License-Identifier: MIT */
/*
 * check.h (private) - the loan checker, file by file:
 *
 *   seam.c     stands between a ring and its other side: when is what looked at
 *   start.c    when a ring begins to be checked, and the last reports
 *   words.c    what RINGFENCE_CHECK says
 *   queues.c   reading SQEs and CQEs: which operations are open
 *   opened.c   the operations that are open, by user_data
 *   loans.c    what an SQE lends: the table of operations, iovecs and msghdrs followed
 *   memory.c   reading memory that may not be there; sums; the sanitizer's interface
 *   numbers.c  descriptors and slots that an operation has yet to look up
 *   registered.c  registered buffers and slots
 *   provided.c  provided buffers
 *   written.c  what the kernel has written, and what nobody had
 *   tools.c    what Memcheck, MemorySanitizer and ThreadSanitizer are told
 *   ranges.c   what is lent, by address
 *   calls.c    free(), munmap(), close() and their like, as the program calls them
 *   patch.c    how these calls come by
 *   waits.c    stack frames that were left, and waits for what is over
 *   watch.c    taking a loan, ending it, and what is found out by that
 *   report.c   what is said, and what happens then
 *   conduct.c  how the ring is used: threads, processes, the order of SQEs
 *   dump.c     what is open, and what it waits for
 *   trace.c    who called: return addresses
 *   stack.c    return addresses as functions and lines; dwarf.c by libdw, load.c finds that
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

/* One for all that came the same way; it belongs to a ring. */
struct rfi_where {
    unsigned users;
    int count;
    void *addresses[RFI_WHERE_MAX];
    const void *frame;                 /* of the function that looked; NULL: not to be used again */
    void *const *slots[RFI_WHERE_MAX]; /* where on the stack it found them */
};

/* The ways that are remembered. */
#define RFI_WHERE_KEPT 16

/* --- loans and operations ------------------------------------------------- */

struct rfi_guard;

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
    bool ranged;      /* it is found by its address */
    struct rfi_guard *guard; /* Memcheck's; or NULL */
};

#define RFI_FEW_LOANS 4

/* What is lent, by address. */
struct rfi_range {
    uint64_t addr;
    struct rfi_loan *loan;
    struct rfi_opened *opened;
};

/* A descriptor or slot that the kernel has yet to look up. */
struct rfi_number {
    const struct rf_op_loan *row;
    uint32_t number;
    bool until_consumed;
};

#define RFI_NUMBERS_MAX 4

/* An operation from its consumption to its last CQE. */
struct rfi_opened {
    struct rfi_opened *next;    /* with the same hash; the older ones first */
    struct rfi_opened *in_line; /* the next that was published and not consumed */
    const char *what;           /* what it is if it is no operation: "registered buffer"; or NULL */
    uint64_t user_data;
    int64_t asked;              /* bytes that res can be at most, or -1: not known */
    const struct rf_op_info *op;
    struct rfi_where *where;    /* the call that submitted it */
    struct rfi_where *queued;   /* the call that took the SQE */
    uint64_t when_ns;           /* it was submitted */
    int32_t thread;             /* by which */
    struct rfi_loan *loans;     /* few, or from the heap */
    uint32_t loan_count;
    uint32_t end_index;         /* the index behind its SQE */
    bool multishot;             /* it has CQEs until one says that it was the last */
    uint16_t group;             /* of the buffers that it picks from, or provides */
    bool selects;               /* it does pick one */
    bool bundle;                /* or several */
    uint32_t chain;             /* operations of one chain have the same number */
    int fd;
    uint8_t sqe_flags;
    bool follows;               /* an earlier one in a chain */
    bool consumed;
    bool notified_later;        /* its first CQE has come, a notification will */
    bool endless;               /* a multishot that only a cancel ends, or chance */
    bool cancelled;             /* something was submitted that may cancel it */
    bool doubtful;              /* another one shares user_data: which is over is not known */
    struct rfi_opened *lent_next; /* others with loans that are watched until completion */
    struct rfi_opened *lent_before;
    bool lent;                  /* it is one of these */
    struct rfi_opened *numbered_next; /* others with numbers that are watched */
    struct rfi_opened *numbered_before;
    bool numbered;              /* it is one of these */
    uint32_t number_count;
    /* What follows is not cleared for each operation. */
    struct rfi_number numbers[RFI_NUMBERS_MAX];
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
    uint32_t ordered;   /* ThreadSanitizer knows who submitted those before this index */
    struct rf_check_options options;
    char *log_path; /* what options point to, or NULL */
    uint64_t reports;
    int32_t pid;    /* whose ring it is: a child has a copy of all this, and no part in it */
    bool closing;   /* the queues are there no more */
    bool strangers; /* CQEs may come that no SQE asked for: tags, renamed polls, ... */
    struct rfi_check *next; /* of all rings of the process */

    struct rfi_opened **table; /* by hash of user_data */
    uint32_t table_size;       /* a power of two */
    uint32_t opened_count;
    uint32_t silent_count;     /* among them, those that may be over without a CQE */
    struct rfi_opened *lent;   /* among them, those with loans that are watched until completion */
    struct rfi_opened *numbered; /* among them, those with numbers to be looked up */
    struct rfi_opened *line;   /* published and not consumed, the oldest first */
    struct rfi_opened **line_end;
    struct rfi_opened *spare;  /* records to use again, by next */
    uint32_t chain;            /* the number of the chain that is being read */
    bool in_chain;             /* the SQE before had a link flag */
    bool blind;                /* some operation writes memory, and is not watched, */
    uint32_t blind_chain;      /* and the last such one is in this chain */

    struct rfi_range *ranges; /* in order */
    size_t range_count;
    size_t range_room;
    size_t longest_range; /* none is longer */

    struct rfi_pool *pools;      /* groups of provided buffers */
    struct rfi_opened **buffers; /* what is registered, by slot: pseudo operations, or NULL */
    uint32_t buffer_count;
    struct rfi_where *held_where; /* of what is registered by the call that is looked at */
    uint64_t held_ns;

    struct rfi_where *kept[RFI_WHERE_KEPT]; /* those that were made last */
    uint32_t kept_next;
    struct rfi_where **queued; /* by slot of the submission queue: who took the SQE, or NULL */
    uint32_t queued_room;
    uint64_t now_ns; /* while SQEs are read: when that began */

    uint32_t taken;     /* the CQEs before this index are the program's no more */
    bool knows_taken;   /* that was told before this call */
    pthread_t thread;   /* the first that entered */
    unsigned threads;   /* 2: others did too */

    const struct rf_op_info *ended_op; /* what was over last, if it was a multishot; or NULL */
    uint64_t ended_user_data;
    int ended_fd;
    int32_t ended_res;
    struct rfi_where *ended_where;
    uint64_t ended_when_ns;

    int32_t submitting;    /* the thread that is inside a call which submits, or 0 */
    int32_t registered_by; /* the thread whose index the ring has, or 0 */
    uint32_t lost;         /* CQEs that were lost when it was looked last */
    bool overflowed;       /* the queue was too full then */
    bool cancels;          /* something may have cancelled any operation */
    bool drains;           /* it has drained, and may still: RF_QUIRK_DRAIN_LASTS */
    struct rfi_opened *taken_before; /* while SQEs are read: the one before */

    struct rfi_where *here;   /* for a report: the call that breaks a promise, or NULL */

    uint64_t lately[RFI_LATELY];
    const struct rf_op_info *lately_op[RFI_LATELY];
    uint32_t lately_next;
};

/* --- seam.c --------------------------------------------------------------- */

void rfi_check_lock(struct rfi_check *check);
void rfi_check_unlock(struct rfi_check *check);
/* A handler or the checker itself is at work in this thread: what it calls is not the program's. */
bool rfi_check_is_inside(void);
void rfi_check_inside(int more);
/* Went messages from ring to ring, in this process? */
bool rfi_check_messages_went(void);
/* What a checked ring has; a checker's own copy begins it. */
extern const struct rf_sys rfi_checked_sys;

/* --- start.c -------------------------------------------------------------- */

/* Calls this for all checkers of the process, with their lock held. */
void rfi_check_each(void (*visit)(struct rfi_check *check, void *context), void *context);

/* --- words.c -------------------------------------------------------------- */

struct rfi_wishes {
    struct rf_check_options options;
    char log_path[4096]; /* what options point to */
};

/* What RINGFENCE_CHECK says; NULL: it is not there. False: no ring is to be checked. */
bool rfi_wishes_of(const char *text, struct rfi_wishes *ret_wishes);

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
/* This thread is shown them: it comes after who submitted what they are of. */
void rfi_order_cqes(struct rfi_check *check);

/* --- conduct.c ------------------------------------------------------------ */

/* Who calls; and in a child, before it asks that. */
int32_t rfi_thread(void);
void rfi_thread_forked(void);
/* This thread publishes SQEs; @more: until rfi_conduct_entered(). */
void rfi_conduct_submits(struct rfi_check *check, bool more);
/* It enters the kernel; and has come back. */
void rfi_conduct_enters(struct rfi_check *check, uint32_t to_submit, uint32_t flags);
void rfi_conduct_entered(struct rfi_check *check, int result);
void rfi_conduct_registers(struct rfi_check *check, uint32_t opcode);
/* An SQE was read, and is not yet watched; the last of those that are submitted together was. */
void rfi_conduct_takes(struct rfi_check *check, struct rfi_opened *opened,
                       const struct rf_sqe *sqe);
void rfi_conduct_batch(struct rfi_check *check);
/* An operation is about to be over. */
void rfi_conduct_completes(struct rfi_check *check, const struct rfi_opened *opened,
                           const struct rf_cqe *cqe);
/* CQEs are looked at. */
void rfi_conduct_looks(struct rfi_check *check);

/* --- dump.c --------------------------------------------------------------- */

/* When this signal comes, print what is open. False: there is no such signal. */
bool rfi_dump_by_signal(const char *name, size_t bytes);

/* --- opened.c ------------------------------------------------------------- */

/* 0 or -ENOMEM. */
int rfi_opened_start(struct rfi_check *check);
/* Frees everything, loans too. */
void rfi_opened_stop(struct rfi_check *check);

/* Throws a record away that is in no table. */
void rfi_opened_give_back(struct rfi_check *check, struct rfi_opened *opened);
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
bool rfi_loans_of(const struct rfi_check *check, struct rfi_opened *opened,
                  const struct rf_sqe *sqe);

/* --- numbers.c ------------------------------------------------------------ */

/* The numbers of the SQE that are looked up later than it is consumed begin to be watched. */
void rfi_numbers_watch(struct rfi_check *check, struct rfi_opened *opened,
                       const struct rf_sqe *sqe);
/* Those that end when the SQE is consumed do; or all. */
void rfi_numbers_consumed(struct rfi_check *check, struct rfi_opened *opened);
void rfi_numbers_forget(struct rfi_check *check, struct rfi_opened *opened);
/* A descriptor is about to be closed, or to become another file. */
void rfi_numbers_closed(struct rfi_check *check, int fd, const char *call);
/* Slots [first, first + count) are emptied or filled by a call. @lent: which table. */
void rfi_numbers_replaced(struct rfi_check *check, enum rf_lent lent, uint32_t first,
                          uint32_t count, const char *call);
/* The same by an operation that is being submitted, if it does that. */
void rfi_numbers_by(struct rfi_check *check, const struct rfi_opened *by,
                    const struct rf_sqe *sqe);

/* --- registered.c --------------------------------------------------------- */

/* A registering call has been made. */
void rfi_registered(struct rfi_check *check, uint32_t opcode, const void *arg, uint32_t nr_args,
                    int result);
/* Buffers are registered no more. */
void rfi_buffers_end(struct rfi_check *check);
/* Memory that is lent without an operation; NULL: none, or out of memory. */
struct rfi_opened *rfi_held_new(struct rfi_check *check, const struct rf_op_loan *row,
                                const char *what, uint64_t id, uint64_t addr, size_t bytes);
/* Ends that, and tells what it finds. */
void rfi_held_end(struct rfi_check *check, struct rfi_opened *held);

/* --- provided.c ----------------------------------------------------------- */

struct rfi_pool;

/* What was put into buffer rings is read: before CQEs are. */
void rfi_pools_look(struct rfi_check *check);
/* This thread comes after who gave buffers back. */
void rfi_pools_order(const struct rfi_check *check);
/* An SQE may pick a buffer, or provide some. */
void rfi_pools_sqe(struct rfi_check *check, struct rfi_opened *opened, const struct rf_sqe *sqe);
/* It was not consumed, or failed. */
void rfi_pools_undo(struct rfi_check *check, const struct rfi_opened *opened);
/* A CQE may bring one back. @opened: whose it is, or NULL. */
void rfi_pools_cqe(struct rfi_check *check, const struct rfi_opened *opened,
                   const struct rf_cqe *cqe);
/* A buffer ring was registered, unregistered, or mapped. */
void rfi_pools_registered(struct rfi_check *check, uint32_t opcode, const void *arg);
void rfi_pools_mapped(struct rfi_check *check, uint64_t offset, const void *addr);
void rfi_pools_end(struct rfi_check *check);

/* --- ranges.c ------------------------------------------------------------- */

void rfi_ranges_add(struct rfi_check *check, struct rfi_opened *opened, struct rfi_loan *loan);
void rfi_ranges_remove(struct rfi_check *check, struct rfi_loan *loan);
/* What overlaps these bytes: the first, or the next after @last; NULL: no more. */
const struct rfi_range *rfi_ranges_next(const struct rfi_check *check, uint64_t addr, size_t bytes,
                                        const struct rfi_range *last);
void rfi_ranges_stop(struct rfi_check *check);

/* --- calls.c -------------------------------------------------------------- */

/* From now on the program's calls are seen. More than once is no harm. */
void rfi_calls_watch(void);

/* --- waits.c -------------------------------------------------------------- */

/* The program enters the kernel, from a function whose frame this is or lies above. */
void rfi_waits_frames(struct rfi_check *check, const void *frame);
/* Does it lie on the stack of this thread? False if that was never asked for. */
bool rfi_waits_is_stack(uint64_t addr);
/* It is about to wait: is there anything that can come? */
void rfi_waits_ended(struct rfi_check *check, uint32_t min_complete, uint32_t flags,
                     const void *arg);
/* An operation had its last CQE. */
void rfi_waits_over(struct rfi_check *check, const struct rfi_opened *opened, int32_t res);

/* --- watch.c -------------------------------------------------------------- */

/* Does one start only when the other is over? */
bool rfi_one_after_the_other(const struct rfi_opened *a, const struct rfi_opened *b);
/* What is lent begins to be watched. */
void rfi_watch(struct rfi_check *check, struct rfi_opened *opened);
/* Has something been changed that is lent until the SQE is consumed? It, or NULL. */
const struct rfi_loan *rfi_watch_early(const struct rfi_opened *opened);
/* With ASan or Memcheck: whoever touches it from now on is caught. */
void rfi_watch_poison(const struct rfi_opened *opened, struct rfi_loan *loan);
/* A loan ends: is the memory still there, and what it was? */
void rfi_watch_end(struct rfi_check *check, const struct rfi_opened *opened,
                   struct rfi_loan *loan);
/* The SQE was consumed: the loans that end with that do. */
void rfi_watch_consumed(struct rfi_check *check, struct rfi_opened *opened);
/* Loans that end with this CQE do, before the program can see it. */
void rfi_watch_completed(struct rfi_check *check, struct rfi_opened *opened,
                         const struct rf_cqe *cqe);
/* Ends them all without looking: the operation never began. */
void rfi_watch_forget(struct rfi_check *check, struct rfi_opened *opened);
/* The same: nobody can tell when it will be over. */
void rfi_watch_doubt(struct rfi_check *check, struct rfi_opened *opened);
/* The program lets go of memory: who has it is told, and has it no longer. */
void rfi_watch_gone(struct rfi_check *check, uint64_t addr, size_t bytes, const char *call);
/* What the program touched that is lent: who has it, or NULL. Takes no lock: the program dies. */
const struct rfi_opened *rfi_watch_owner(const struct rfi_check *check, uint64_t addr,
                                         const struct rfi_loan **ret_loan);

/* --- memory.c ------------------------------------------------------------- */

/* Before all else, and in a forked child again. */
void rfi_memory_start(void);
/* Copies memory of this process that may not be there. False: it is not all there. */
bool rfi_peek(void *to, uint64_t from, size_t bytes);
/* Is all of it mapped? True where that cannot be told. */
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

/* --- trace.c -------------------------------------------------------------- */

/* Where this was called from; NULL: out of memory, or not to be found out. */
struct rfi_where *rfi_where_now(struct rfi_check *check);
/* One user more. NULL stays NULL. */
struct rfi_where *rfi_where_share(struct rfi_where *where);
void rfi_where_drop(struct rfi_where *where);
/* The SQE that is to be handed out at this index has been asked for. */
void rfi_where_queued(struct rfi_check *check, uint32_t index);
/* Who took it, for a new user; NULL: not known. */
struct rfi_where *rfi_where_taken(struct rfi_check *check, uint32_t index);
/* Nothing is to be remembered any more. */
void rfi_where_stop(struct rfi_check *check);

/* --- written.c ------------------------------------------------------------ */

/* A loan of @bytes ends with this CQE. @left: bytes of the result that are in no buffer yet. */
void rfi_written(const struct rfi_opened *opened, const struct rfi_loan *loan, size_t bytes,
                 const struct rf_cqe *cqe, uint64_t *left);
/* Nobody can tell when the operation is over: from now on it may have been. */
void rfi_written_perhaps(const struct rfi_loan *loan);
/* A loan begins: what the kernel reads must have been written. */
void rfi_written_before(struct rfi_check *check, const struct rfi_opened *opened,
                        const struct rfi_loan *loan);

/* --- tools.c -------------------------------------------------------------- */

/* Before all else. */
void rfi_tools_start(void);
/* Is there one that tells bytes that were written from others? */
bool rfi_tools_know_written(void);
/* The kernel has written them. */
void rfi_tools_written(uint64_t addr, size_t bytes);
/* The first byte that nobody has written, or 0. */
uint64_t rfi_tools_unwritten(uint64_t addr, size_t bytes);

bool rfi_memcheck_is_there(void);
/* While it is hushed nothing that this thread does is reported. */
void rfi_memcheck_hush(bool hush);
/* The first byte that may not be touched, or 0: all of it may. */
uint64_t rfi_memcheck_bad(uint64_t addr, size_t bytes);
/* Memcheck says what it knows of such memory: who freed it, for example. */
void rfi_memcheck_explain(uint64_t addr, size_t bytes);
/* From now on it may not, and Memcheck says @what it is. NULL: no Memcheck, or no memory. */
struct rfi_guard *rfi_memcheck_guard(uint64_t addr, size_t bytes, const char *what);
/* It is as it was; unless it is freed, or about to be. */
void rfi_memcheck_unguard(struct rfi_guard *guard, bool is_gone);

bool rfi_tsan_is_there(void);
/* What this thread does from now on is no matter of ThreadSanitizer's; or is one again. */
void rfi_tsan_look_away(bool away);
/* While it looks away: this thread submits an operation; or takes a CQE of it. */
void rfi_tsan_submitted(const void *whose, uint64_t user_data);
void rfi_tsan_taken(const void *whose, uint64_t user_data);
/* Or loads this word, which others store. */
void rfi_tsan_acquire(uint64_t addr);

/* --- report.c ------------------------------------------------------------- */

/* @opened and @loan may be NULL. @user_data is of use without @opened. */
void rfi_report(struct rfi_check *check, enum rf_check_rule rule, const struct rfi_opened *opened,
                const struct rfi_loan *loan, uint64_t user_data, const char *detail, ...)
    __attribute__((format(printf, 6, 7)));
void rfi_report_only(const struct rf_check_options *options,
                     const struct rf_check_report *report);
uint64_t rfi_now_ns(void);
/* Prints to stderr. */
void rfi_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Return addresses, inmost first, in words: functions, files and lines where they can be had. */
void rfi_stack_print(int fd, void *const *addresses, size_t count);

#endif
