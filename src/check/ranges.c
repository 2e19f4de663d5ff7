/* SPDX-License-Identifier: MIT */
/*
 * ranges.c - what is lent, by address: an array in order, for the question who has this memory.
 *
 * Ranges may overlap, so a search begins as far before the address as the longest one that was
 * there reaches. An array is moved to make room, which for the thousands that a program has
 * lent at a time is less than what a tree costs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* The first that begins at @addr or behind it. */
static size_t lower(const struct rfi_check *check, uint64_t addr)
{
    size_t low = 0, high = check->range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (check->ranges[middle].addr < addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct rfi_check *check)
{
    if (check->range_count < check->range_room)
        return true;
    size_t room = check->range_room ? 2 * check->range_room : 64;
    int saved = errno;
    struct rfi_range *ranges = realloc(check->ranges, room * sizeof *ranges);
    errno = saved;
    if (!ranges)
        return false;
    check->ranges = ranges;
    check->range_room = room;
    return true;
}

void rfi_ranges_add(struct rfi_check *check, struct rfi_opened *opened, struct rfi_loan *loan)
{
    if (loan->bytes == 0 || !make_room(check))
        return; /* nobody will find it */
    size_t at = lower(check, loan->addr);
    struct rfi_range *place = &check->ranges[at];
    memmove(place + 1, place, (check->range_count - at) * sizeof *place);
    check->range_count++;
    *place = (struct rfi_range){loan->addr, loan, opened};
    loan->ranged = true;
    if (loan->bytes > check->longest_range)
        check->longest_range = loan->bytes;
}

void rfi_ranges_remove(struct rfi_check *check, struct rfi_loan *loan)
{
    if (!loan->ranged)
        return;
    loan->ranged = false;
    size_t at = lower(check, loan->addr);
    while (check->ranges[at].loan != loan)
        at++;
    struct rfi_range *place = &check->ranges[at];
    check->range_count--;
    memmove(place, place + 1, (check->range_count - at) * sizeof *place);
    if (check->range_count == 0)
        check->longest_range = 0;
}

const struct rfi_range *rfi_ranges_next(const struct rfi_check *check, uint64_t addr, size_t bytes,
                                        const struct rfi_range *last)
{
    size_t reach = check->longest_range;
    size_t at = last ? (size_t)(last - check->ranges) + 1
                     : lower(check, addr > reach ? addr - reach : 0);
    for (; at < check->range_count && check->ranges[at].addr < addr + bytes; at++)
        if (check->ranges[at].addr + check->ranges[at].loan->bytes > addr)
            return &check->ranges[at];
    return NULL;
}

void rfi_ranges_stop(struct rfi_check *check)
{
    free(check->ranges);
    check->ranges = NULL;
    check->range_count = check->range_room = 0;
}
