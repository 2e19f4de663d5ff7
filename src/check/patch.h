/* SPDX-License-Identifier: MIT */
/* patch.h (private) - having the program's calls of a function come by here. */
#ifndef RINGFENCE_SRC_CHECK_PATCH_H
#define RINGFENCE_SRC_CHECK_PATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Some function. */
typedef void (*rfi_function)(void);

struct rfi_patch {
    const char *name;
    rfi_function instead;   /* is called from now on */
    rfi_function *ret_real; /* where the real one is; NULL, and nothing done: it cannot be told */
};

/* NULL if there is none, or the program has one of its own or gives its address away. */
rfi_function rfi_patch_real(const char *name);

/* In all objects that are loaded now. Once. */
void rfi_patch_calls(const struct rfi_patch *patches, size_t count);

#endif
