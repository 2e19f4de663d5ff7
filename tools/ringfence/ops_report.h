/* SPDX-License-Identifier: MIT */
/*
 * ops_report.h - the ways to print the library's table of operations. All facts are
 * in ringfence/ops.h; here is only what this kernel has of them.
 */
#ifndef RINGFENCE_TOOL_OPS_REPORT_H
#define RINGFENCE_TOOL_OPS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence.h>

struct ops_report {
    const uint32_t *opcodes; /* those that were asked for, or all */
    size_t count;
    bool kernel_known; /* else there is no io_uring to ask */
    struct rf_probe kernel;
};

/* A line for each operation: at most 80 columns. */
void print_ops_table(const struct ops_report *report);

/* Everything about one operation, for those who have not used it yet. */
void print_op_page(const struct ops_report *report, const struct rf_op_info *op);

/* What holds for all operations. */
void print_op_rules(void);

/* For programs; docs/ops.md says what the keys mean. Returns 0, or -ENOMEM: nothing printed. */
int print_ops_json(const struct ops_report *report);

/* What a loan is called: "msg->msg_name". */
void name_loan(const struct rf_op_info *op, const struct rf_op_loan *loan, char *ret_name,
               size_t size);

#endif
