/* SPDX-License-Identifier: MIT */
/*
 * quirks.h - what kernels are known to get wrong, where that changes what a program sees.
 *
 * One table: what happens, with which kernels it was seen, what ringfence does about
 * it, what is left for the program to do, and the test that holds that. Where trying
 * is safe the kernel that runs is tried, and nothing is concluded from its version.
 *
 * Held by tests/test_quirks.c.
 */
#ifndef RINGFENCE_QUIRKS_H
#define RINGFENCE_QUIRKS_H

#include <stdint.h>

#include <ringfence/base.h>
#include <ringfence/caps.h>

RF_BEGIN_DECLS

/* New ones go to the end. */
enum rf_quirk_id {
    RF_QUIRK_MIXED_WAIT_SPINS = 0,
    RF_QUIRK_MIXED_OVERTAKES = 1,
    RF_QUIRK_ERROR_HIDDEN = 2,
    RF_QUIRK_TIMEOUT_ENDS_WAIT = 3,
    RF_QUIRK_SQPOLL_EARLY_TIMEOUT = 4,
    RF_QUIRK_IOPOLL_ENDS_EARLY = 5,
    RF_QUIRK_MINIMUM_ENDS_WAIT = 6,
    RF_QUIRK_MINIMUM_PROLONGS = 7,
    RF_QUIRK_LAST_WAIT_SLOT = 8,
    RF_QUIRK_NEGATIVE_DEADLINE = 9,
    RF_QUIRK_OVERFLOW_BLOCKS = 10,
    RF_QUIRK_RESIZE_LOSES = 11,
    RF_QUIRK_POLL_LEVEL = 12,
    RF_QUIRK_DRAIN_LASTS = 13,
    RF_QUIRK_DRAIN_ZERO_COPY = 14,
    RF_QUIRK_FUTEX_FORGOTTEN = 15,

    RF_QUIRKS = 16
};

/* Every text is static, and English. */
struct rf_quirk {
    const char *name;      /* "MixedWaitSpins" */
    const char *kernels;   /* the Linux that it was seen with: "6.18" */
    const char *concerns;  /* which rings or operations */
    const char *behaviour; /* what happens, in sentences */
    const char *mended;    /* what ringfence does about it; NULL: nothing can be done here */
    const char *advice;    /* what is left for the program; NULL: nothing */
    const char *untried;   /* why it is not tried; NULL: it is */
    const char *test;      /* "test_wrap.c: name", which holds it */
};

/* The row, or NULL: there is none of that number. */
RF_API RF_NODISCARD const struct rf_quirk *rf_quirk_info(uint32_t id);

/* What the kernel that runs does. RF_CAP_THERE: it has that quirk. */
struct rf_quirks {
    struct rf_cap of[RF_QUIRKS];
};

/**
 * rf_quirks_system() - which of them this kernel has.
 *
 * Opens some small rings, one after the other, and runs harmless operations (NOP, TIMEOUT, one on
 * no file) on them; takes a quarter of a second. RF_CAP_MISSING: the kernel does it right, or has
 * no such thing at all. RF_CAP_UNKNOWN: it is not tried (rf_quirk.untried says why), or
 * could not be.
 *
 * Returns 0; or what opening a ring failed with, as rf_init(), with all of them unknown.
 */
RF_API RF_NODISCARD int rf_quirks_system(struct rf_quirks *ret_quirks);

RF_END_DECLS

#endif
