/* SPDX-License-Identifier: MIT */
/*
 * names.h - what the numbers of io_uring are called.
 *
 * Operations are those of the library's table, ops.h. For the other kinds there is a
 * table here. The index of a row is the number of the registration or of the flag's
 * bit, so no table can have two rows for one number, and a test compares all of
 * them with abi.h.
 */
#ifndef RINGFENCE_TOOL_NAMES_H
#define RINGFENCE_TOOL_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum kind {
    KIND_OPERATION,
    KIND_FEATURE,
    KIND_SETUP_FLAG,
    KIND_ENTER_FLAG,
    KIND_SQE_FLAG,
    KIND_REGISTER_OP,
    KINDS
};

struct name {
    const char *name;  /* without the prefix of its kind */
    const char *since; /* the first kernel release with it */
    const char *text;  /* a few words, at most 39 characters */
};

struct kind_info {
    const char *key;    /* "setup_flags" */
    const char *title;  /* "Setup flags" */
    const char *prefix; /* "SETUP_": what abi.h has between RF_ and the name */
    const struct name *names; /* NULL: operations */
    uint32_t count;
};

/* By enum kind. */
extern const struct kind_info kinds[KINDS];

/* The row of a number below info->count. */
struct name name_of(const struct kind_info *info, uint32_t number);

/*
 * Finds what is called @name, in capitals or not: READ, OP_READ, IORING_OP_READ,
 * RF_SETUP_SQPOLL, sqe_async, IOSQE_ASYNC. A name without its prefix is an
 * operation. Returns 1 and where it is, or 0: no such name.
 */
int find_name(const char *name, enum kind *ret_kind, uint32_t *ret_number);

#endif
