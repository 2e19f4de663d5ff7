/* SPDX-License-Identifier: MIT */
/*
 * ops_json.c - the table of operations for programs. docs/ops.md promises the keys: to
 * change what one means, FORMAT has to grow; new keys may come any time.
 */
#include "ops_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum { FORMAT = 1 };

/* Jansson's "new" setters take NULL for out of memory and then fail: one flag tells at the end. */
static bool failed;

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        failed = true;
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        failed = true;
}

static json_t *text(const char *value)
{
    return value ? json_string(value) : json_null();
}

static json_t *field_name(enum rf_sqe_field field)
{
    const struct rf_sqe_field_info *info = rf_sqe_field_info(field);
    return info ? json_string(info->name) : json_null();
}

/* null: always. */
static json_t *test_json(const struct rf_sqe_test *test)
{
    static const char *const kinds[] = {
        [RF_TEST_ALL] = "all", [RF_TEST_NOT_ALL] = "not_all", [RF_TEST_ANY] = "any",
        [RF_TEST_NONE] = "none", [RF_TEST_IS] = "is"};
    if (test->kind == RF_TEST_ALWAYS)
        return json_null();
    json_t *object = json_object();
    put(object, "field", field_name(test->field));
    put(object, "test", json_string(kinds[test->kind]));
    put(object, "bits", json_integer((json_int_t)test->bits));
    return object;
}

static json_t *feature_json(const struct rf_op_feature *feature)
{
    if (!feature->since)
        return json_null();
    json_t *object = json_object();
    put(object, "since", json_string(feature->since));
    put(object, "always", json_boolean(feature->always));
    put(object, "how", text(feature->how));
    put(object, "when", test_json(&feature->when));
    return object;
}

static json_t *loan_json(const struct rf_op_info *op, const struct rf_op_loan *loan)
{
    static const char *const extents[] = {[RF_EXTENT_NONE] = "none",
                                          [RF_EXTENT_BYTES] = "bytes",
                                          [RF_EXTENT_STRING] = "string",
                                          [RF_EXTENT_TOLD] = "told",
                                          [RF_EXTENT_DRIVER] = "driver"};
    char name[128];
    name_loan(op, loan, name, sizeof name);
    json_t *object = json_object();
    json_t *times = json_array();
    json_t *when = json_array();
    for (int i = 0; i < 2; i++) {
        if (loan->times[i] != RF_FIELD_NONE)
            append(times, field_name(loan->times[i]));
        if (loan->when[i].kind != RF_TEST_ALWAYS)
            append(when, test_json(&loan->when[i]));
    }
    put(object, "name", json_string(name));
    put(object, "field", field_name(loan->field));
    put(object, "depth", json_integer(loan->depth));
    put(object, "member", text(loan->member));
    put(object, "lent", json_string(rf_lent_words(loan->lent)));
    put(object, "memory", json_boolean(rf_lent_is_memory(loan->lent)));
    put(object, "kernel_reads", json_boolean(loan->direction & RF_KERNEL_READS));
    put(object, "kernel_writes", json_boolean(loan->direction & RF_KERNEL_WRITES));
    put(object, "until", json_string(rf_until_name(loan->until)));
    put(object, "until_inline", json_string(rf_until_name(loan->until_inline)));
    put(object, "extent", json_string(extents[loan->extent]));
    put(object, "unit", json_integer(loan->unit));
    put(object, "times", times);
    put(object, "when", when);
    put(object, "condition", text(loan->condition));
    put(object, "note", text(loan->note));
    put(object, "source", text(loan->source));
    return object;
}

static json_t *fields_json(const struct rf_op_info *op)
{
    json_t *array = json_array();
    for (int i = 0; i < RF_FIELDS; i++) {
        const struct rf_op_field *field = &op->fields[i];
        if (!field->name)
            continue;
        json_t *object = json_object();
        put(object, "field", field_name((enum rf_sqe_field)i));
        put(object, "name", json_string(field->name));
        put(object, "type", json_string(field->type));
        put(object, "argument", text(field->argument));
        put(object, "meaning", json_string(field->meaning));
        append(array, object);
    }
    return array;
}

static json_t *op_json(const struct ops_report *report, const struct rf_op_info *op)
{
    static const char *const fixed[] = {
        [RF_FIXED_FILE_USED] = "used",   [RF_FIXED_FILE_IGNORED] = "ignored",
        [RF_FIXED_FILE_MUST] = "must",   [RF_FIXED_FILE_EBADF] = "EBADF",
        [RF_FIXED_FILE_EINVAL] = "EINVAL"};
    static const char *const workers[] = {[RF_WORKER_NEVER] = "never",
                                          [RF_WORKER_SOMETIMES] = "sometimes",
                                          [RF_WORKER_ALWAYS] = "always"};
    json_t *object = json_object();
    json_t *calls = json_array();
    json_t *zero = json_array();
    json_t *loans = json_array();
    for (size_t i = 0; i < op->call_count; i++)
        append(calls, json_string(op->calls[i]));
    for (int i = 0; i < RF_FIELDS; i++)
        if (op->must_be_zero & RF_FIELD_BIT(i))
            append(zero, field_name((enum rf_sqe_field)i));
    for (size_t i = 0; i < op->loan_count; i++)
        append(loans, loan_json(op, &op->loans[i]));
    put(object, "number", json_integer(op->opcode));
    put(object, "name", json_string(op->name));
    put(object, "since", json_string(op->since));
    put(object, "supported",
        report->kernel_known
            ? json_boolean(rf_probe_op_supported(&report->kernel, op->opcode))
            : json_null());
    put(object, "text", json_string(op->text));
    put(object, "result", json_string(op->result));
    put(object, "notes", text(op->notes));
    put(object, "calls", calls);
    put(object, "fields", fields_json(op));
    put(object, "must_be_zero", zero);
    put(object, "multishot", feature_json(&op->multishot));
    put(object, "notification", feature_json(&op->notification));
    put(object, "buffer_select", feature_json(&op->buffer_select));
    put(object, "registered_buffer", feature_json(&op->registered_buffer));
    put(object, "fixed_file", json_string(fixed[op->fixed_file]));
    put(object, "worker", json_string(workers[op->worker]));
    put(object, "worker_note", text(op->worker_note));
    put(object, "iopoll", json_boolean(op->iopoll));
    put(object, "sqe_bytes", json_integer(op->sqe_bytes));
    put(object, "loans", loans);
    return object;
}

static json_t *rules_json(void)
{
    json_t *array = json_array();
    for (size_t i = 0; i < rf_rule_count(); i++) {
        const struct rf_rule *rule = rf_rule_at(i);
        json_t *object = json_object();
        put(object, "about", json_string(rf_rule_about_words(rule->about)));
        put(object, "subject", json_string(rule->subject));
        put(object, "text", json_string(rule->text));
        put(object, "source", json_string(rule->source));
        append(array, object);
    }
    return array;
}

static json_t *ends_json(void)
{
    json_t *object = json_object();
    for (int until = 0; until < RF_UNTILS; until++)
        put(object, rf_until_name((enum rf_until)until),
            json_string(rf_until_words((enum rf_until)until)));
    return object;
}

int print_ops_json(const struct ops_report *report)
{
    failed = false;
    const struct rf_op_info nothing = {.name = NULL};
    json_t *top = json_object();
    json_t *operations = json_array();
    json_t *common = json_array();
    for (size_t i = 0; i < report->count; i++)
        append(operations, op_json(report, rf_op_info(report->opcodes[i])));
    for (size_t i = 0; i < rf_common_loan_count(); i++)
        append(common, loan_json(&nothing, rf_common_loan_at(i)));
    put(top, "format", json_integer(FORMAT));
    put(top, "ringfence", json_string(RINGFENCE_VERSION));
    put(top, "operations", operations);
    put(top, "common_loans", common);
    put(top, "until", ends_json());
    put(top, "rules", rules_json());
    char *printed = failed ? NULL : json_dumps(top, JSON_INDENT(2));
    json_decref(top);
    if (!printed)
        return -ENOMEM;
    puts(printed);
    free(printed);
    return 0;
}
