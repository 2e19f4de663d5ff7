/* SPDX-License-Identifier: MIT */
/*
 * numbers.c - descriptors and slots that an operation has yet to look up.
 *
 * The table says of each number when that happens: while the SQE is consumed, if the
 * operation is tried then; or whenever its turn comes, which nothing tells, so that the only end
 * that can be seen is the completion. Until then the descriptor must not be closed nor the slot
 * be emptied or filled anew: by a call, or by an operation that could come first.
 */
#include "check.h"

/* --- beginning and end ---------------------------------------------------- */

static void join(struct rfi_check *check, struct rfi_opened *opened)
{
    if (opened->numbered)
        return;
    opened->numbered = true;
    opened->numbered_before = NULL;
    opened->numbered_next = check->numbered;
    if (check->numbered)
        check->numbered->numbered_before = opened;
    check->numbered = opened;
}

static void leave(struct rfi_check *check, struct rfi_opened *opened)
{
    if (!opened->numbered)
        return;
    opened->numbered = false;
    if (opened->numbered_next)
        opened->numbered_next->numbered_before = opened->numbered_before;
    if (opened->numbered_before)
        opened->numbered_before->numbered_next = opened->numbered_next;
    else
        check->numbered = opened->numbered_next;
}

static bool is_watched(enum rf_lent lent)
{
    return lent == RF_LENT_FD || lent == RF_LENT_DIRFD || lent == RF_LENT_FILE_SLOT ||
           lent == RF_LENT_BUFFER_SLOT;
}

/* When the number of this row has been looked up. */
static enum rf_until until(const struct rfi_opened *opened, const struct rf_op_loan *row)
{
    const uint32_t late = RF_SQE_IO_DRAIN | RF_SQE_ASYNC;
    bool tried_at_once = !opened->follows && !(opened->sqe_flags & late);
    return tried_at_once ? row->until_inline : row->until;
}

static void watch_row(struct rfi_check *check, struct rfi_opened *opened,
                      const struct rf_op_loan *row, const struct rf_sqe *sqe)
{
    if (row->depth > 0 || !is_watched(row->lent) || opened->number_count == RFI_NUMBERS_MAX ||
        !rf_op_loan_applies(row, sqe))
        return;
    enum rf_until end = until(opened, row);
    bool by_thread = check->flags & RF_SETUP_SQPOLL;
    bool untold = opened->doubtful || rfi_opened_is_silent(opened);
    if (end == RF_UNTIL_CONSUMED ? !by_thread : untold)
        return;
    uint32_t number = (uint32_t)rf_sqe_field_value(sqe, row->field);
    if (sqe->opcode == RF_OP_CLOSE && row->lent == RF_LENT_FILE_SLOT)
        number--; /* it stands there plus one */
    if (row->lent != RF_LENT_BUFFER_SLOT && (int32_t)number < 0)
        return; /* AT_FDCWD, or none */
    opened->numbers[opened->number_count++] =
        (struct rfi_number){row, number, end == RF_UNTIL_CONSUMED};
    join(check, opened);
}

void rfi_numbers_watch(struct rfi_check *check, struct rfi_opened *opened,
                       const struct rf_sqe *sqe)
{
    for (size_t i = 0; opened->op && i < opened->op->loan_count; i++)
        watch_row(check, opened, &opened->op->loans[i], sqe);
}

void rfi_numbers_consumed(struct rfi_check *check, struct rfi_opened *opened)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < opened->number_count; i++)
        if (!opened->numbers[i].until_consumed)
            opened->numbers[kept++] = opened->numbers[i];
    opened->number_count = kept;
    if (kept == 0)
        leave(check, opened);
}

void rfi_numbers_forget(struct rfi_check *check, struct rfi_opened *opened)
{
    opened->number_count = 0;
    leave(check, opened);
}

/* --- what may not be done meanwhile --------------------------------------- */

static bool is_meant(const struct rfi_number *number, enum rf_lent lent, uint32_t first,
                     uint32_t count)
{
    bool same = number->row->lent == lent ||
                (lent == RF_LENT_FD && number->row->lent == RF_LENT_DIRFD);
    return same && number->number - first < count;
}

/* By whom: NULL if it is a call, and who comes before or after is not the question. */
static void replaced(struct rfi_check *check, const struct rfi_opened *by, enum rf_lent lent,
                     uint32_t first, uint32_t count, const char *call)
{
    struct rfi_opened *next;
    struct rfi_where *here = check->here;
    if (by)
        check->here = by->where;
    for (struct rfi_opened *o = check->numbered; o; o = next) {
        next = o->numbered_next;
        if (by && (o == by || rfi_one_after_the_other(o, by)))
            continue;
        for (uint32_t i = 0; i < o->number_count; i++) {
            /* SQEs are consumed in their order: what ends with that is over before @by begins. */
            if ((by && o->numbers[i].until_consumed) ||
                !is_meant(&o->numbers[i], lent, first, count))
                continue;
            const struct rfi_loan loan = {.row = o->numbers[i].row};
            rfi_report(check, RF_CHECK_REPLACED, o, &loan, 0, "%s: %s %u", call,
                       rf_lent_words(o->numbers[i].row->lent), (unsigned)o->numbers[i].number);
            rfi_numbers_forget(check, o);
            break;
        }
    }
    check->here = here;
}

void rfi_numbers_closed(struct rfi_check *check, int fd, const char *call)
{
    if (fd >= 0)
        replaced(check, NULL, RF_LENT_FD, (uint32_t)fd, 1, call);
}

void rfi_numbers_replaced(struct rfi_check *check, enum rf_lent lent, uint32_t first,
                          uint32_t count, const char *call)
{
    replaced(check, NULL, lent, first, count, call);
}

/* One of the program's choice. */
static bool fills_slot(const struct rf_op_info *op, const struct rf_sqe *sqe)
{
    if (sqe->file_index == RF_FILE_INDEX_ALLOC)
        return false;
    for (size_t i = 0; op && i < op->loan_count; i++)
        if (op->loans[i].lent == RF_LENT_FREE_SLOT && rf_op_loan_applies(&op->loans[i], sqe))
            return true;
    return false;
}

void rfi_numbers_by(struct rfi_check *check, const struct rfi_opened *by,
                    const struct rf_sqe *sqe)
{
    if (!check->numbered)
        return;
    if (sqe->opcode == RF_OP_CLOSE && !sqe->file_index) {
        replaced(check, by, RF_LENT_FD, (uint32_t)sqe->fd, 1, by->op->name);
    } else if (sqe->opcode == RF_OP_CLOSE) {
        replaced(check, by, RF_LENT_FILE_SLOT, sqe->file_index - 1, 1, by->op->name);
    } else if (sqe->opcode == RF_OP_FILES_UPDATE && sqe->off != RF_FILE_INDEX_ALLOC) {
        replaced(check, by, RF_LENT_FILE_SLOT, (uint32_t)sqe->off, sqe->len, by->op->name);
    } else if (fills_slot(by->op, sqe)) {
        replaced(check, by, RF_LENT_FILE_SLOT, sqe->file_index - 1, 1,
                 by->op->name);
    }
}
