/* SPDX-License-Identifier: MIT */
/*
 * opened.c - the operations that are open, by user_data.
 *
 * A hash table whose chains keep the order of submission. Many programs give several
 * operations one user_data; then a CQE does not tell whose it is, which is no fault in
 * itself. The likeliest one is taken, and all who share it are marked as doubtful: nothing
 * is reported of their memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define FIRST_SIZE 256

static uint32_t slot_of(const struct rfi_check *check, uint64_t user_data)
{
    uint64_t mixed = user_data * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(mixed >> 32) & (check->table_size - 1);
}

int rfi_opened_start(struct rfi_check *check)
{
    check->table = calloc(FIRST_SIZE, sizeof(struct rfi_opened *));
    check->table_size = FIRST_SIZE;
    check->line_end = &check->line;
    return check->table ? 0 : -ENOMEM;
}

/* --- records -------------------------------------------------------------- */

static void free_list(struct rfi_opened *list)
{
    while (list) {
        struct rfi_opened *next = list->next;
        if (list->loans != list->few)
            free(list->loans);
        rfi_where_drop(list->where);
        rfi_where_drop(list->queued);
        free(list);
        list = next;
    }
}

void rfi_opened_stop(struct rfi_check *check)
{
    for (uint32_t i = 0; check->table && i < check->table_size; i++)
        free_list(check->table[i]);
    free_list(check->spare);
    free(check->table);
    check->table = NULL;
    check->spare = NULL;
}

struct rfi_opened *rfi_opened_new(struct rfi_check *check)
{
    struct rfi_opened *opened = check->spare;
    if (opened)
        check->spare = opened->next;
    else
        opened = malloc(sizeof *opened);
    if (!opened)
        return NULL;
    size_t bytes = offsetof(struct rfi_opened, numbers);
    RF_OPAQUE(bytes); /* or it becomes a string instruction, slow to start for so few */
    memset(opened, 0, bytes);
    opened->loans = opened->few;
    return opened;
}

/* Doubles what it has when that is a power of two: few, 8, 16, ... */
static bool grow(struct rfi_opened *opened)
{
    uint32_t count = opened->loan_count;
    struct rfi_loan *old = opened->loans == opened->few ? NULL : opened->loans;
    struct rfi_loan *loans = realloc(old, 2 * (size_t)count * sizeof *loans);
    if (!loans)
        return false;
    if (!old)
        memcpy(loans, opened->few, sizeof opened->few);
    opened->loans = loans;
    return true;
}

struct rfi_loan *rfi_opened_loan(struct rfi_opened *opened)
{
    uint32_t count = opened->loan_count;
    if (count >= RFI_FEW_LOANS && (count & (count - 1)) == 0 && !grow(opened))
        return NULL;
    opened->loan_count++;
    struct rfi_loan *loan = &opened->loans[count];
    memset(loan, 0, sizeof *loan);
    return loan;
}

bool rfi_opened_is_silent(const struct rfi_opened *opened)
{
    return opened->sqe_flags & RF_SQE_CQE_SKIP_SUCCESS;
}

/* --- the table ------------------------------------------------------------ */

/* Twice as many chains. If there is no memory for them the old ones get longer. */
static void spread(struct rfi_check *check)
{
    uint32_t old_size = check->table_size;
    struct rfi_opened **old = check->table;
    struct rfi_opened **table = calloc((size_t)old_size * 2, sizeof(struct rfi_opened *));
    if (!table)
        return;
    check->table = table;
    check->table_size = old_size * 2;
    for (uint32_t i = 0; i < old_size; i++) {
        struct rfi_opened *next;
        for (struct rfi_opened *o = old[i]; o; o = next) {
            struct rfi_opened **end = &table[slot_of(check, o->user_data)];
            while (*end)
                end = &(*end)->next;
            next = o->next;
            o->next = NULL;
            *end = o;
        }
    }
    free(old);
}

void rfi_opened_add(struct rfi_check *check, struct rfi_opened *opened)
{
    if (check->opened_count >= check->table_size)
        spread(check);
    struct rfi_opened **end = &check->table[slot_of(check, opened->user_data)];
    for (; *end; end = &(*end)->next)
        if ((*end)->user_data == opened->user_data)
            (*end)->doubtful = opened->doubtful = true;
    opened->next = NULL;
    *end = opened;
    check->opened_count++;
    check->silent_count += rfi_opened_is_silent(opened);
    opened->in_line = NULL;
    *check->line_end = opened;
    check->line_end = &opened->in_line;
}

static void leave_line(struct rfi_check *check, struct rfi_opened *opened)
{
    struct rfi_opened **at = &check->line;
    while (*at && *at != opened)
        at = &(*at)->in_line;
    if (!*at)
        return;
    *at = opened->in_line;
    if (check->line_end == &opened->in_line)
        check->line_end = at;
}

void rfi_opened_give_back(struct rfi_check *check, struct rfi_opened *opened)
{
    if (opened->loans != opened->few)
        free(opened->loans);
    opened->loans = opened->few;
    rfi_where_drop(opened->where);
    rfi_where_drop(opened->queued);
    opened->where = opened->queued = NULL;
    opened->next = check->spare;
    check->spare = opened;
}

void rfi_opened_remove(struct rfi_check *check, struct rfi_opened *opened)
{
    struct rfi_opened **at = &check->table[slot_of(check, opened->user_data)];
    while (*at != opened)
        at = &(*at)->next;
    *at = opened->next;
    check->opened_count--;
    check->silent_count -= rfi_opened_is_silent(opened);
    if (!opened->consumed)
        leave_line(check, opened);
    rfi_opened_give_back(check, opened);
}

static struct rfi_opened *from(struct rfi_opened *opened, uint64_t user_data)
{
    while (opened && opened->user_data != user_data)
        opened = opened->next;
    return opened;
}

struct rfi_opened *rfi_opened_find(const struct rfi_check *check, uint64_t user_data)
{
    return from(check->table[slot_of(check, user_data)], user_data);
}

struct rfi_opened *rfi_opened_again(const struct rfi_opened *opened)
{
    return from(opened->next, opened->user_data);
}

/* --- whose CQE ------------------------------------------------------------ */

/* Can it be this one's? */
static bool fits(const struct rfi_opened *opened, const struct rf_cqe *cqe)
{
    if (opened->notified_later || cqe->flags & RF_CQE_F_NOTIF)
        return opened->notified_later && cqe->flags & RF_CQE_F_NOTIF;
    bool goes_on = opened->op && (opened->op->multishot.since || opened->op->notification.since);
    return !(cqe->flags & RF_CQE_F_MORE) || goes_on;
}

struct rfi_opened *rfi_opened_of(const struct rfi_check *check, const struct rf_cqe *cqe)
{
    struct rfi_opened *first = rfi_opened_find(check, cqe->user_data);
    struct rfi_opened *silent = NULL;
    for (struct rfi_opened *o = first; o; o = rfi_opened_again(o)) {
        if (!fits(o, cqe))
            continue;
        if (!rfi_opened_is_silent(o))
            return o;
        if (!silent)
            silent = o; /* perhaps over long ago: only if there is no other */
    }
    return silent ? silent : first;
}
