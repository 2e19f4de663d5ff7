/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - what the running kernel says when it is asked about io_uring.
 *
 * What it can do the library finds out (caps.h). Limits are found out here: for that
 * the process's own limits are changed for a moment, which is no library's business.
 */
#ifndef RINGFENCE_TOOL_KERNEL_H
#define RINGFENCE_TOOL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <ringfence/caps.h>

/* A number that may not be known: none below 0 exists. */
#define UNKNOWN_NUMBER (-1)

struct kernel_limits {
    int64_t sq_entries;     /* the largest ring, */
    int64_t cq_entries;     /* as the kernel lowered a larger wish */
    int64_t ring_bytes;     /* memory of a ring of RING_OF_INTEREST entries */
    int64_t workers_bound;  /* io-wq: for files and disks, in a thread with a large ring */
    int64_t workers_unbound; /* and for the rest */
    int64_t buffers;        /* largest table of registered buffers that was accepted */
    int64_t files;          /* and of files */
    int ring_memory_counts; /* against this process's RLIMIT_MEMLOCK? 0, 1, or unknown */
};
enum { RING_OF_INTEREST = 256 };

struct kernel_report {
    struct rf_caps caps;
    struct kernel_limits limits;
};

/* Nothing is known: what a report is when no ring can be opened. */
void forget_kernel(struct kernel_report *report);

/**
 * ask_kernel() - fills the report. Opens and closes some rings.
 *
 * @no_query  Try each flag even where the kernel could be asked for them.
 *
 * Returns 0, or what opening the first ring returned, and the report is as
 * forget_kernel() leaves it.
 */
int ask_kernel(struct kernel_report *report, bool no_query);

#endif
