/* SPDX-License-Identifier: MIT */
/*
 * probe_report.h - all that `ringfence probe` found out, and the two ways to
 * print it.
 */
#ifndef RINGFENCE_TOOL_PROBE_REPORT_H
#define RINGFENCE_TOOL_PROBE_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "kernel.h"
#include "names.h"

#include <ringfence.h>

struct probe_report {
    struct utsname system;
    struct rf_diagnosis diagnosis;
    struct kernel_report kernel; /* all unknown if diagnosis.blocked */
    struct rf_quirks quirks;     /* likewise, and if they were not asked for */
    struct rlimit memlock;
    struct rlimit files;
};

/* Which parts of the table are wanted. */
enum probe_part {
    PART_OPERATIONS = 1 << 0,
    PART_FLAGS = 1 << 1,
    PART_LIMITS = 1 << 2,
    PART_BUGS = 1 << 3,
    PART_ALL = PART_OPERATIONS | PART_FLAGS | PART_LIMITS | PART_BUGS
};

/* A name that was asked for on the command line. */
struct probe_question {
    enum rf_cap_kind kind;
    uint32_t number;
};

/* The table for people: at most 80 columns. @detailed gives each item a line. */
void print_probe(const struct probe_report *report, unsigned parts, bool detailed);

/* The lines of single items. */
void print_probe_answers(const struct probe_report *report,
                         const struct probe_question *questions, size_t count);

/* The first lines: can it be used, and if not, why. */
void print_probe_verdict(const struct probe_report *report);

/* The system call that diagnosis->error is of. */
const char *failed_call(const struct rf_diagnosis *diagnosis);

/* For programs; docs/probe.md says what the keys mean. Returns 0, or -ENOMEM: nothing printed. */
int print_probe_json(const struct probe_report *report);

#endif
