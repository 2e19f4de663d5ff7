/* SPDX-License-Identifier: MIT */
/*
 * watch.c - what is found out between the beginning of a loan and its end.
 *
 * What the kernel reads is summed at both ends. What it writes is looked for among what is
 * lent already, and with AddressSanitizer or Memcheck it may not be touched, so that these
 * catch who does. At the end, and with them at the beginning too, the memory must still be there.
 *
 * Not everything can be told: memory of an operation that may be over without a CQE
 * (RF_SQE_CQE_SKIP_SUCCESS), or that shares its user_data with another one that is open, is not
 * watched; nor are sums taken of what the kernel writes for one operation and reads for
 * another, as in a chain that copies, nor of a futex, which is there to be changed.
 */
#include <stdio.h>

#include "check.h"

/* --- questions ------------------------------------------------------------ */

static bool writes(const struct rfi_loan *loan)
{
    return loan->row->direction & RF_KERNEL_WRITES;
}

/* Read, and by nobody written. */
static bool only_reads(const struct rfi_loan *loan)
{
    return loan->row->direction == RF_KERNEL_READS && loan->row->lent != RF_LENT_FUTEX;
}

static bool ends_when_consumed(const struct rfi_loan *loan)
{
    return loan->row->until == RF_UNTIL_CONSUMED;
}

bool rfi_one_after_the_other(const struct rfi_opened *a, const struct rfi_opened *b)
{
    return a->chain == b->chain || (a->sqe_flags | b->sqe_flags) & RF_SQE_IO_DRAIN;
}

/* --- the list of those with loans ----------------------------------------- */

static void join_lent(struct rfi_check *check, struct rfi_opened *opened)
{
    if (opened->lent)
        return;
    opened->lent = true;
    opened->lent_before = NULL;
    opened->lent_next = check->lent;
    if (check->lent)
        check->lent->lent_before = opened;
    check->lent = opened;
}

static void leave_lent(struct rfi_check *check, struct rfi_opened *opened)
{
    if (!opened->lent)
        return;
    opened->lent = false;
    if (opened->lent_next)
        opened->lent_next->lent_before = opened->lent_before;
    if (opened->lent_before)
        opened->lent_before->lent_next = opened->lent_next;
    else
        check->lent = opened->lent_next;
}

/* --- the beginning -------------------------------------------------------- */

/*
 * Looks at what is lent to others. Two writers are reported; where one reads what the other
 * writes no sum is of use.
 */
static void compare(struct rfi_check *check, const struct rfi_opened *opened,
                    struct rfi_loan *loan)
{
    const struct rfi_range *range = NULL;
    while ((range = rfi_ranges_next(check, loan->addr, loan->bytes, range))) {
        const struct rfi_opened *o = range->opened;
        struct rfi_loan *other = range->loan;
        if (writes(loan) && writes(other)) {
            if (o != opened && o->op && !rfi_one_after_the_other(opened, o))
                rfi_report(check, RF_CHECK_TWO_WRITERS, opened, loan, 0,
                           "%s with user_data %llu, fd %d, has %zu bytes at 0x%llx", o->op->name,
                           (unsigned long long)o->user_data, o->fd, other->bytes,
                           (unsigned long long)other->addr);
        } else if (writes(loan)) {
            other->summed = false;
        } else if (writes(other)) {
            loan->summed = false;
        }
    }
}

/* Is it poisoned because it is lent? */
static bool is_lent_to_a_writer(const struct rfi_check *check, uint64_t addr)
{
    const struct rfi_loan *loan;
    for (; check; check = check->next)
        if (rfi_watch_owner(check, addr, &loan))
            return true;
    return false;
}

static bool is_guarded(const struct rfi_loan *loan)
{
    return loan->poisoned || loan->guard;
}

/* Memcheck prints it, in the middle of a sentence: "5 bytes inside a ... of size 100". */
static void guard(const struct rfi_opened *opened, struct rfi_loan *loan)
{
    char words[128];
    if (opened->what)
        (void)snprintf(words, sizeof words, "%s %llu, which the kernel has,", opened->what,
                       (unsigned long long)opened->user_data);
    else
        (void)snprintf(words, sizeof words, "buffer lent to the kernel by %s with user_data %llu,",
                       opened->op->name, (unsigned long long)opened->user_data);
    loan->guard = rfi_memcheck_guard(loan->addr, loan->bytes, words);
}

void rfi_watch_poison(const struct rfi_opened *opened, struct rfi_loan *loan)
{
    if (!loan->was_there || is_guarded(loan))
        return;
    if (rfi_memcheck_is_there() && loan->row->until != RF_UNTIL_LAST)
        guard(opened, loan);
    if (!rfi_asan_is_there() || rfi_asan_bad(loan->addr, loan->bytes))
        return;
    rfi_asan_poison(loan->addr, loan->bytes);
    loan->poisoned = true;
}

/* The first byte that is not the program's, or 0. Only some tools can tell. */
static uint64_t bad_byte(const struct rfi_loan *loan)
{
    return rfi_memcheck_is_there() ? rfi_memcheck_bad(loan->addr, loan->bytes)
                                   : rfi_asan_bad(loan->addr, loan->bytes);
}

static void begin_guarded(struct rfi_check *check, const struct rfi_opened *opened,
                          struct rfi_loan *loan)
{
    uint64_t bad = bad_byte(loan);
    if (bad) {
        if (is_lent_to_a_writer(check, bad))
            return;
        rfi_memcheck_explain(loan->addr, loan->bytes);
        rfi_report(check, RF_CHECK_FREED, opened, loan, 0,
                   "not the program's when it was lent: from 0x%llx on", (unsigned long long)bad);
        return;
    }
    loan->heap = rfi_asan_heap(loan->addr);
    if (loan->row->direction == RF_KERNEL_WRITES && !ends_when_consumed(loan))
        rfi_watch_poison(opened, loan);
}

/* It starts later, and perhaps reads what another one that is not watched has yet to write. */
static bool may_be_written_first(const struct rfi_check *check, const struct rfi_opened *opened)
{
    return check->blind && ((opened->follows && opened->chain == check->blind_chain) ||
                            opened->sqe_flags & RF_SQE_IO_DRAIN);
}

static void begin(struct rfi_check *check, struct rfi_opened *opened, struct rfi_loan *loan)
{
    if (only_reads(loan) && !may_be_written_first(check, opened))
        loan->was_there = loan->summed = rfi_sum(loan->addr, loan->bytes, &loan->sum);
    else
        loan->was_there = rfi_is_there(loan->addr, loan->bytes);
    compare(check, opened, loan);
    rfi_ranges_add(check, opened, loan);
    if ((rfi_asan_is_there() || rfi_memcheck_is_there()) && loan->was_there)
        begin_guarded(check, opened, loan);
}

void rfi_watch(struct rfi_check *check, struct rfi_opened *opened)
{
    bool by_thread = check->flags & RF_SETUP_SQPOLL;
    bool untold = opened->doubtful || rfi_opened_is_silent(opened);
    for (uint32_t i = 0; i < opened->loan_count; i++) {
        struct rfi_loan *loan = &opened->loans[i];
        if (untold && writes(loan)) {
            check->blind = true;
            check->blind_chain = opened->chain;
            rfi_written_perhaps(loan);
        }
        if (!may_be_written_first(check, opened))
            rfi_written_before(check, opened, loan);
        if (ends_when_consumed(loan) ? !by_thread : untold)
            continue; /* over before anybody can break it, or it is not known when */
        join_lent(check, opened);
        begin(check, opened, loan);
    }
}

/* --- the end -------------------------------------------------------------- */

/* From now on it is as if it had not been lent. */
static void drop(struct rfi_check *check, struct rfi_loan *loan, bool is_gone)
{
    rfi_ranges_remove(check, loan);
    rfi_memcheck_unguard(loan->guard, is_gone);
    loan->guard = NULL;
    if (loan->poisoned && (!loan->heap || rfi_asan_is_allocated(loan->heap)))
        rfi_asan_unpoison(loan->addr, loan->bytes);
    loan->poisoned = false;
    loan->summed = false;
    loan->was_there = false;
    loan->heap = NULL;
    loan->bytes = 0;
}

static bool is_gone(const struct rfi_loan *loan)
{
    if (loan->heap && !rfi_asan_is_allocated(loan->heap))
        return true;
    return loan->was_there && !rfi_is_there(loan->addr, loan->bytes);
}

static bool is_changed(const struct rfi_loan *loan)
{
    uint64_t sum;
    return loan->summed && rfi_sum(loan->addr, loan->bytes, &sum) && sum != loan->sum;
}

/* False: it is gone. */
static bool end(struct rfi_check *check, const struct rfi_opened *opened, struct rfi_loan *loan)
{
    bool gone = loan->bytes > 0 && is_gone(loan);
    if (gone)
        rfi_report(check, RF_CHECK_FREED, opened, loan, 0,
                   opened->op ? "gone when the operation was completed"
                              : "gone when it was given back");
    else if (loan->bytes > 0 && is_changed(loan))
        rfi_report(check, RF_CHECK_CHANGED, opened, loan, 0,
                   "not what it held when it was submitted");
    drop(check, loan, gone);
    return !gone;
}

void rfi_watch_end(struct rfi_check *check, const struct rfi_opened *opened, struct rfi_loan *loan)
{
    (void)end(check, opened, loan);
}

void rfi_watch_gone(struct rfi_check *check, uint64_t addr, size_t bytes, const char *call)
{
    const struct rfi_range *range;
    while ((range = rfi_ranges_next(check, addr, bytes, NULL))) {
        struct rfi_loan *loan = range->loan;
        rfi_report(check, RF_CHECK_FREED, range->opened, loan, 0, "%s", call);
        drop(check, loan, true);
    }
}

const struct rfi_loan *rfi_watch_early(const struct rfi_opened *opened)
{
    for (uint32_t i = 0; i < opened->loan_count; i++)
        if (ends_when_consumed(&opened->loans[i]) && is_changed(&opened->loans[i]))
            return &opened->loans[i];
    return NULL;
}

void rfi_watch_consumed(struct rfi_check *check, struct rfi_opened *opened)
{
    rfi_numbers_consumed(check, opened);
    bool more = false;
    for (uint32_t i = 0; i < opened->loan_count; i++) {
        if (ends_when_consumed(&opened->loans[i]))
            drop(check, &opened->loans[i], false);
        more |= opened->loans[i].bytes > 0;
    }
    if (!more)
        leave_lent(check, opened);
}

void rfi_watch_completed(struct rfi_check *check, struct rfi_opened *opened,
                         const struct rf_cqe *cqe)
{
    bool last = !(cqe->flags & RF_CQE_F_MORE);
    /* Of the two CQEs of a zero-copy send, the first ends what is not sent from in place. */
    bool first_of_two = !last && opened->op && opened->op->notification.since;
    uint64_t left = cqe->res > 0 ? (uint64_t)cqe->res : 0;
    if (last || first_of_two)
        rfi_watch_consumed(check, opened);
    for (uint32_t i = 0; i < opened->loan_count; i++) {
        struct rfi_loan *loan = &opened->loans[i];
        size_t bytes = loan->bytes;
        bool ends = last || (first_of_two && loan->row->until == RF_UNTIL_COMPLETED);
        if (!ends || end(check, opened, loan))
            rfi_written(opened, loan, bytes, cqe, &left);
    }
    if (last) {
        rfi_numbers_forget(check, opened);
        leave_lent(check, opened);
    }
}

void rfi_watch_forget(struct rfi_check *check, struct rfi_opened *opened)
{
    rfi_numbers_forget(check, opened);
    for (uint32_t i = 0; i < opened->loan_count; i++)
        drop(check, &opened->loans[i], false);
    leave_lent(check, opened);
}

void rfi_watch_doubt(struct rfi_check *check, struct rfi_opened *opened)
{
    rfi_numbers_forget(check, opened);
    for (uint32_t i = 0; i < opened->loan_count; i++) {
        struct rfi_loan lent = opened->loans[i];
        drop(check, &opened->loans[i], false);
        rfi_written_perhaps(&lent);
    }
    leave_lent(check, opened);
}

const struct rfi_opened *rfi_watch_owner(const struct rfi_check *check, uint64_t addr,
                                         const struct rfi_loan **ret_loan)
{
    const struct rfi_range *range = NULL;
    while ((range = rfi_ranges_next(check, addr, 1, range)))
        if (is_guarded(range->loan)) {
            *ret_loan = range->loan;
            return range->opened;
        }
    return NULL;
}
