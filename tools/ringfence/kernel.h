/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - what the running kernel says when it is asked about io_uring.
 *
 * Everything here is an answer of the kernel's, or a thing that was tried.
 * Nothing is concluded from the kernel's version.
 */
#ifndef RINGFENCE_TOOL_KERNEL_H
#define RINGFENCE_TOOL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "names.h"

/* How an answer was had. */
enum method {
    BY_NOTHING, /* there is none */
    BY_SETUP,   /* io_uring_setup tells it of each ring */
    BY_PROBE,   /* io_uring_register, IORING_REGISTER_PROBE */
    BY_QUERY,   /* io_uring_register, IORING_REGISTER_QUERY */
    BY_TRIAL    /* each was tried */
};

enum state {
    IS_UNKNOWN, /* no way to ask */
    IS_MISSING, /* the kernel does not know it */
    IS_REFUSED, /* it knows it, and would not let us have it */
    IS_THERE
};

/* The numbers of one kind. An opcode is at most 255, the bit of a flag at most 63. */
struct answer {
    enum method method;
    uint8_t state[256]; /* enum state, by number */
    int error[256];     /* with IS_REFUSED: the negative errno */
};

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
    struct answer answers[KINDS];
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
