/* SPDX-License-Identifier: MIT */
/*
 * Held here: docs/ops.md and docs/lifetimes.md say what the table of operations says. `test-ops_docs
 * print` prints the part of the first between the markers, `test-ops_docs ends` of the second.
 */
#include "doc_support.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOR_EACH_OP(op) \
    for (const struct rf_op_info *op = rf_op_info(0); op; op = rf_op_info(op->opcode + 1))
#define FOR_EACH_LOAN(loan, op)                                  \
    for (const struct rf_op_loan *loan = (op)->loans;            \
         (op)->loan_count && loan < (op)->loans + (op)->loan_count; loan++)
#define FOR_EACH_FIELD(field) \
    for (enum rf_sqe_field field = RF_FIELD_FLAGS; field < RF_FIELDS; field++)

#define HAS(set, field) (((set) & RF_FIELD_BIT(field)) != 0)

static void print_row(FILE *out, const char *label, const char *text)
{
    fprintf(out, "| %s | %s |\n", label, text);
}

static void print_feature(FILE *out, const char *label, const struct rf_op_feature *feature)
{
    if (feature->since)
        fprintf(out, "| %s | since %s: %s |\n", label, feature->since, feature->how);
}

static void print_facts(FILE *out, const struct rf_op_info *op)
{
    static const char *const fixed[] = {
        [RF_FIXED_FILE_USED] = "taken",
        [RF_FIXED_FILE_IGNORED] = "ignored",
        [RF_FIXED_FILE_MUST] = "a must",
        [RF_FIXED_FILE_EBADF] = "refused: EBADF",
        [RF_FIXED_FILE_EINVAL] = "refused: EINVAL",
    };
    static const char *const workers[] = {[RF_WORKER_NEVER] = "never",
                                          [RF_WORKER_SOMETIMES] = "sometimes",
                                          [RF_WORKER_ALWAYS] = "always"};
    fprintf(out, "| | |\n| --- | --- |\n");
    for (size_t i = 0; i < op->call_count; i++)
        fprintf(out, "| %s | `%s` |\n", i ? "" : "queue it with", op->calls[i]);
    print_row(out, "res", op->result);
    print_row(out, "RF_SQE_FIXED_FILE", fixed[op->fixed_file]);
    print_feature(out, "multishot", &op->multishot);
    print_feature(out, "notification", &op->notification);
    print_feature(out, "provided buffers", &op->buffer_select);
    print_feature(out, "registered buffers", &op->registered_buffer);
    fprintf(out, "| worker | %s%s%s |\n", workers[op->worker], op->worker_note ? ": " : "",
            op->worker_note ? op->worker_note : "");
    print_row(out, "RF_SETUP_IOPOLL", op->iopoll ? "allowed" : "refused: EINVAL");
    if (op->sqe_bytes != 64)
        fprintf(out, "| SQE | %u bytes |\n", op->sqe_bytes);
    fprintf(out, "\n");
}

static void print_fields(FILE *out, const struct rf_op_info *op)
{
    fprintf(out, "| in the SQE | type | parameter | meaning |\n| --- | --- | --- | --- |\n");
    FOR_EACH_FIELD(field) {
        const struct rf_op_field *row = &op->fields[field];
        if (row->name)
            fprintf(out, "| %s | %s | %s | %s |\n", row->name, row->type,
                    row->argument ? row->argument : "", row->meaning);
    }
    if (op->must_be_zero)
        fprintf(out, "| must be 0: |");
    const char *separator = " ";
    FOR_EACH_FIELD(field) {
        if (HAS(op->must_be_zero, field)) {
            fprintf(out, "%s%s", separator, rf_sqe_field_info(field)->name);
            separator = ", ";
        }
    }
    fprintf(out, op->must_be_zero ? " | | |\n\n" : "\n");
}

static void print_loan(FILE *out, const struct rf_op_info *op, const struct rf_op_loan *loan)
{
    static const char *const directions[] = {[RF_KERNEL_NEITHER] = "",
                                             [RF_KERNEL_READS] = "reads",
                                             [RF_KERNEL_WRITES] = "writes",
                                             [RF_KERNEL_BOTH] = "reads, writes"};
    const char *name = loan->lent == RF_LENT_SQE ? "sqe"
                       : loan->depth             ? loan->member
                                                 : op->fields[loan->field].name;
    fprintf(out, "| %s%s | %s | %s | %s | %s%s%s | %s | %s |\n",
            loan->depth == 2   ? "... ... "
            : loan->depth == 1 ? "... "
                               : "",
            name ? name : rf_sqe_field_info(loan->field)->name, rf_lent_words(loan->lent),
            loan->condition ? loan->condition : "", directions[loan->direction],
            rf_until_name(loan->until), loan->until_inline != loan->until ? ", at once: " : "",
            loan->until_inline != loan->until ? rf_until_name(loan->until_inline) : "",
            loan->note ? loan->note : "", loan->source);
}

static void print_loans(FILE *out, const struct rf_op_info *op)
{
    fprintf(out, "| lent | what | when | the kernel | until | note | source |\n"
                 "| --- | --- | --- | --- | --- | --- | --- |\n");
    FOR_EACH_LOAN(loan, op) {
        print_loan(out, op, loan);
    }
    fprintf(out, "\n");
}

static void print_docs(FILE *out)
{
    fprintf(out, "### When a loan ends\n\n| until | what that means |\n| --- | --- |\n");
    for (int until = 0; until < RF_UNTILS; until++)
        print_row(out, rf_until_name((enum rf_until)until), rf_until_words((enum rf_until)until));
    fprintf(out, "\n### Every operation\n\n"
                 "| lent | what | when | the kernel | until | note | source |\n"
                 "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < rf_common_loan_count(); i++)
        print_loan(out, rf_op_info(RF_OP_NOP), rf_common_loan_at(i));
    fprintf(out, "\n");
    FOR_EACH_OP(op) {
        fprintf(out, "### %s\n\nOperation %u, since %s: %s.\n\n", op->name, op->opcode,
                op->since, op->text);
        print_facts(out, op);
        if (op->notes)
            fprintf(out, "%s\n\n", op->notes);
        print_fields(out, op);
        if (op->loan_count > 0)
            print_loans(out, op);
    }
    for (size_t i = 0; i < rf_rule_count(); i++) {
        const struct rf_rule *rule = rf_rule_at(i);
        if (i == 0 || rf_rule_at(i - 1)->about != rule->about)
            fprintf(out, "### %s\n\n| | | source |\n| --- | --- | --- |\n",
                    rf_rule_about_words(rule->about));
        fprintf(out, "| %s | %s | %s |\n", rule->subject, rule->text, rule->source);
        if (i + 1 == rf_rule_count() || rf_rule_at(i + 1)->about != rule->about)
            fprintf(out, "\n");
    }
}

/* What an operation lends until then, each thing once. */
static void print_lent_until(FILE *out, const struct rf_op_info *op, enum rf_until until)
{
    uint64_t told = 0;
    const char *separator = "";
    fprintf(out, " ");
    FOR_EACH_LOAN(loan, op) {
        uint64_t bit = UINT64_C(1) << (loan->lent * 2 + (loan->condition != NULL));
        if (loan->until != until || told & (bit | bit >> (loan->condition != NULL)))
            continue;
        told |= bit;
        fprintf(out, "%s%s%s%s", separator, rf_lent_words(loan->lent),
                loan->condition ? " " : "", loan->condition ? loan->condition : "");
        separator = "; ";
    }
    fprintf(out, "%s|", *separator ? " " : "");
}

static void print_ends(FILE *out)
{
    static const enum rf_until ends[] = {RF_UNTIL_CONSUMED, RF_UNTIL_COMPLETED, RF_UNTIL_NOTIFIED,
                                         RF_UNTIL_LAST, RF_UNTIL_UNREGISTERED, RF_UNTIL_ISSUED,
                                         RF_UNTIL_RETURNED, RF_UNTIL_RING_GONE};
    fprintf(out, "| |");
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        fprintf(out, " %s |", rf_until_name(ends[i]));
    fprintf(out, "\n| --- |");
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        fprintf(out, " --- |");
    fprintf(out, "\n");
    FOR_EACH_OP(op) {
        if (op->loan_count == 0)
            continue;
        fprintf(out, "| %s |", op->name);
        for (size_t i = 0; i < COUNT_OF(ends); i++)
            print_lent_until(out, op, ends[i]);
        fprintf(out, "\n");
    }
}

static void the_ends_are_those_of_the_table(void **state)
{
    (void)state;
    assert_document_has(RF_SOURCE_DIR "/docs/lifetimes.md", print_ends, "test-ops_docs ends");
}

static void the_documentation_says_what_the_table_says(void **state)
{
    (void)state;
    assert_document_has(RF_SOURCE_DIR "/docs/ops.md", print_docs, "test-ops_docs print");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        print_docs(stdout);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "ends") == 0) {
        print_ends(stdout);
        return 0;
    }
    static const struct test tests[] = {
        ONCE(the_ends_are_those_of_the_table),
        ONCE(the_documentation_says_what_the_table_says),
    };
    return run_all(tests, COUNT_OF(tests));
}
