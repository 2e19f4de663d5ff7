/* SPDX-License-Identifier: MIT */
/* error.h - the tables that error.c looks things up in. */
#ifndef RINGFENCE_SRC_ERROR_H
#define RINGFENCE_SRC_ERROR_H

#include <stddef.h>

#include <ringfence/error.h>

/* The index is the enum rf_call. */
extern const struct rf_call_info rfi_calls[];
extern const size_t rfi_call_count;

/* In no order that anything relies on; no pair of call and error is there twice. */
extern const struct rf_error rfi_errors[];
extern const size_t rfi_error_count;

/* The index is the errno; a row without a name is a number that is none. */
struct rfi_plain_errno {
    const char *name;
    const char *text;
};

extern const struct rfi_plain_errno rfi_plain[];
extern const size_t rfi_plain_count;

#endif
