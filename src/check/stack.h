/* SPDX-License-Identifier: MIT */
/* stack.h (private) - what stands at an address: what stack.c and dwarf.c share. */
#ifndef RINGFENCE_SRC_CHECK_STACK_H
#define RINGFENCE_SRC_CHECK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rfi_frame {
    char function[128];
    char file[256]; /* "" if it is not known */
    int line;
    char module[128];
    uint64_t offset; /* in that */
};

/* Is called for each function at an address, inmost first: those before the last are inlined. */
typedef void rfi_frame_seen(void *context, const struct rfi_frame *frame);

void rfi_copy_text(char *to, size_t room, const char *text);

/* --- load.c --------------------------------------------------------------- */

/* NULL: it is not there, or nothing can be loaded into this program. */
void *rfi_load_library(const char *name);
/* @ret_function points to a function pointer, which is NULL if this is false. */
bool rfi_load_function(void *library, const char *name, void *ret_function);

/* --- dwarf.c -------------------------------------------------------------- */

/* False: there is no libdw. To be ended only after true. */
bool rfi_dwarf_begin(void);
void rfi_dwarf_end(void);
/* False: nothing is known of this address. */
bool rfi_dwarf_look_up(uint64_t addr, rfi_frame_seen *seen, void *context);

#endif
