/* SPDX-License-Identifier: MIT */
/* error.c - what an errno means, by the call that returned it. */
#include "error.h"

/* An unknown number is a call of a newer library: it has plain errnos only. */
static const struct rf_call_info *call_info(enum rf_call call)
{
    return &rfi_calls[(unsigned)call < rfi_call_count ? (unsigned)call : RF_CALL_NONE];
}

const struct rf_error *rf_error_find(enum rf_call call, int error)
{
    if (error > 0)
        error = -error;
    for (; call != RF_CALL_NONE; call = call_info(call)->fallback) {
        for (size_t i = 0; i < rfi_error_count; i++) {
            if (rfi_errors[i].call == call && rfi_errors[i].error == error)
                return &rfi_errors[i];
        }
    }
    return NULL;
}

/* The index in rfi_plain[], or rfi_plain_count. In unsigned, since -INT_MIN is no int. */
static size_t plain_index(int error)
{
    size_t index = error > 0 ? (unsigned)error : 0U - (unsigned)error;
    return index < rfi_plain_count && rfi_plain[index].name ? index : rfi_plain_count;
}

const char *rf_error_name(enum rf_call call, int error)
{
    const struct rf_error *row = rf_error_find(call, error);
    if (row)
        return row->name;
    size_t index = plain_index(error);
    return index < rfi_plain_count ? rfi_plain[index].name : "Unexpected";
}

const char *rf_error_text(enum rf_call call, int error)
{
    const struct rf_error *row = rf_error_find(call, error);
    if (row)
        return row->text;
    size_t index = plain_index(error);
    return index < rfi_plain_count ? rfi_plain[index].text
                                   : "The number is no errno that is known.";
}

const char *rf_error_remedy(enum rf_call call, int error)
{
    const struct rf_error *row = rf_error_find(call, error);
    if (row)
        return row->remedy;
    if (error == 0)
        return "There is nothing to do.";
    if (plain_index(error) == rfi_plain_count)
        return "Look at where the number comes from: it may be a count.";
    return "Look the errno up in the manual page of the system call that does the same.";
}

size_t rf_error_count(void)
{
    return rfi_error_count;
}

const struct rf_error *rf_error_at(size_t index)
{
    return index < rfi_error_count ? &rfi_errors[index] : NULL;
}

size_t rf_call_count(void)
{
    return rfi_call_count;
}

const struct rf_call_info *rf_call_at(size_t index)
{
    return index < rfi_call_count ? &rfi_calls[index] : NULL;
}
