/* SPDX-License-Identifier: MIT */
/*
 * ops_text.c - operations for people: the table, a page for one, the rules. Never
 * wider than 80 columns.
 */
#include "ops_report.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_WIDTH = 16, FLAG_WIDTH = 22 };

static const char *here(const struct ops_report *report, uint32_t opcode)
{
    if (!report->kernel_known)
        return "?";
    return rf_probe_op_supported(&report->kernel, opcode) ? "yes" : "no";
}

static void title(const char *text)
{
    fputs("\n", stdout);
    print_in(BOLD, text);
    fputs("\n", stdout);
}

/* Appends to a text that has room; what does not fit is cut. */
static void add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* --- the table ----------------------------------------------------------- */

static const char *fixed_file_word(enum rf_fixed_file fixed_file)
{
    static const char *const words[] = {
        [RF_FIXED_FILE_USED] = "yes",      [RF_FIXED_FILE_IGNORED] = "-",
        [RF_FIXED_FILE_MUST] = "must",     [RF_FIXED_FILE_EBADF] = "EBADF",
        [RF_FIXED_FILE_EINVAL] = "EINVAL",
    };
    return words[fixed_file];
}

static const char *worker_word(enum rf_worker worker)
{
    static const char *const words[] = {[RF_WORKER_NEVER] = "never",
                                        [RF_WORKER_SOMETIMES] = "sometimes",
                                        [RF_WORKER_ALWAYS] = "always"};
    return words[worker];
}

static const char *feature_word(const struct rf_op_feature *feature)
{
    return !feature->since ? "-" : feature->always ? "must" : feature->since;
}

void print_ops_table(const struct ops_report *report)
{
    print_in(BOLD, "  # operation         since here fixed  select buffers multishot worker\n");
    for (size_t i = 0; i < report->count; i++) {
        const struct rf_op_info *op = rf_op_info(report->opcodes[i]);
        printf("%3u %-17s %-5s %-4s %-6s %-6s %-7s %-9s %s\n", op->opcode, op->name, op->since,
               here(report, op->opcode), fixed_file_word(op->fixed_file),
               feature_word(&op->buffer_select), feature_word(&op->registered_buffer),
               op->notification.since ? "2 CQEs" : feature_word(&op->multishot),
               worker_word(op->worker));
    }
    fputs("\n", stdout);
    print_labelled("since", 10, "the first kernel release with it; in the columns behind, the "
                                "first in which it can do that; must: it does nothing else");
    print_labelled("here", 10, report->kernel_known
                                   ? "does the running kernel have it?"
                                   : "io_uring cannot be used here: see ringfence probe");
    print_labelled("fixed", 10, "RF_SQE_FIXED_FILE: fd is a slot of the registered files. "
                                "-: ignored; EBADF, EINVAL: refused");
    print_labelled("select", 10, "RF_SQE_BUFFER_SELECT: the kernel picks a provided buffer");
    print_labelled("buffers", 10, "memory that is registered");
    print_labelled("multishot", 10, "one SQE, many CQEs");
    print_labelled("worker", 10, "needs a thread of the kernel's: never, always, or if it cannot "
                                 "be done at once and the file cannot be polled");
    fputs("\nringfence ops NAME tells all about one, ringfence ops --rules what holds for\n"
          "all.\n",
          stdout);
}

/* --- what to pass -------------------------------------------------------- */

/* Is the word in a list of words with commas? */
static bool is_in_list(const char *list, const char *word, size_t length)
{
    for (; list; list = strchr(list, ',')) {
        list += strspn(list, ", ");
        if (strncmp(list, word, length) == 0 && (list[length] == ',' || list[length] == '\0'))
            return true;
    }
    return false;
}

static void print_field(const struct rf_op_field *field)
{
    char label[64], text[512];
    snprintf(label, sizeof label, "%s%s", field->argument ? "" : "sqe->",
             field->argument ? field->argument : field->name);
    if (field->argument)
        snprintf(text, sizeof text, "%s (%s, sqe->%s)", field->meaning, field->type, field->name);
    else
        snprintf(text, sizeof text, "%s (%s)", field->meaning, field->type);
    print_labelled(label, LABEL_WIDTH, text);
}

/* The fields that the parameters of a call fill, in their order, but none twice. */
static uint32_t print_arguments(const struct rf_op_info *op, const char *call, uint32_t printed)
{
    const char *word = strchr(call, '(') + 1;
    for (;;) {
        size_t length = strcspn(word, ",)");
        for (int field = 0; field < RF_FIELDS; field++)
            if (op->fields[field].argument && !(printed & RF_FIELD_BIT(field)) &&
                is_in_list(op->fields[field].argument, word, length)) {
                print_field(&op->fields[field]);
                printed |= RF_FIELD_BIT(field);
            }
        if (word[length] == ')')
            return printed;
        word += length + strspn(word + length, ", ");
    }
}

static void print_calls(const struct rf_op_info *op)
{
    title("Queue it with one of");
    for (size_t i = 0; i < op->call_count; i++)
        print_labelled("", 0, op->calls[i]);
}

static void print_what_to_pass(const struct rf_op_info *op)
{
    title("What to pass");
    if (strncmp(op->calls[op->call_count - 1], "rf_prep_", 8) != 0)
        print_labelled("ring, user_data", LABEL_WIDTH,
                       "the ring, and a number that comes back in the CQE");
    uint32_t printed = 0;
    for (size_t i = 0; i < op->call_count; i++)
        printed = print_arguments(op, op->calls[i], printed);
    bool more = false;
    for (int field = 0; field < RF_FIELDS; field++)
        more |= op->fields[field].name && !(printed & RF_FIELD_BIT(field));
    if (more)
        fputs("\n  Set in the SQE afterwards, if wanted:\n", stdout);
    for (int field = 0; field < RF_FIELDS; field++)
        if (op->fields[field].name && !(printed & RF_FIELD_BIT(field)))
            print_field(&op->fields[field]);
    char zero[256] = "";
    for (int field = 0; field < RF_FIELDS; field++)
        if (op->must_be_zero & RF_FIELD_BIT(field))
            add(zero, sizeof zero, "%s%s", *zero ? ", " : "",
                rf_sqe_field_info((enum rf_sqe_field)field)->name);
    char text[512];
    snprintf(text, sizeof text, "Leave all other fields 0.%s%s%s",
             *zero ? " The kernel insists on it (-EINVAL) for " : "", zero, *zero ? "." : "");
    fputs("\n", stdout);
    print_labelled("", 0, text);
}

/* --- what comes back ----------------------------------------------------- */

static void print_feature(const char *label, const struct rf_op_feature *feature,
                          const char *without)
{
    char text[256];
    if (feature->since)
        snprintf(text, sizeof text, "since %s: %s", feature->since, feature->how);
    print_labelled(label, FLAG_WIDTH, feature->since ? text : without);
}

static void print_what_comes_back(const struct rf_op_info *op)
{
    title("What comes back");
    char text[1024] = "";
    add(text, sizeof text, "%s; or a negative errno", op->result);
    print_labelled("cqe.res", LABEL_WIDTH, text);
    if (op->buffer_select.since)
        print_labelled("cqe.flags", LABEL_WIDTH,
                       "with RF_SQE_BUFFER_SELECT: RF_CQE_F_BUFFER, and the buffer's id from "
                       "RF_CQE_BUFFER_SHIFT on");
    if (op->multishot.since) {
        snprintf(text, sizeof text,
                 "%s (since %s): a CQE again and again, all but the last with RF_CQE_F_MORE",
                 op->multishot.how, op->multishot.since);
        print_labelled("multishot", LABEL_WIDTH, text);
    }
    if (op->notes) {
        fputs("\n", stdout);
        print_labelled("", 0, op->notes);
    }
}

/* --- what is lent -------------------------------------------------------- */

void name_loan(const struct rf_op_info *op, const struct rf_op_loan *loan, char *ret_name,
               size_t size)
{
    ret_name[0] = '\0';
    if (loan->depth > 0) {
        /* The one it is named in is the last before it that is less deep. */
        const struct rf_op_loan *outer = loan;
        while (outer->depth >= loan->depth)
            outer--;
        name_loan(op, outer, ret_name, size);
        add(ret_name, size, "->%s", loan->member);
        return;
    }
    if (loan->lent == RF_LENT_SQE) {
        add(ret_name, size, "sqe");
        return;
    }
    const struct rf_op_field *field = &op->fields[loan->field];
    /* One of several parameters would be the wrong one for some. */
    if (field->argument && !strchr(field->argument, ','))
        add(ret_name, size, "%s", field->argument);
    else
        add(ret_name, size, "sqe->%s",
            field->name ? field->name : rf_sqe_field_info(loan->field)->name);
}

/* "of len bytes": how much memory, where that is worth saying. */
static void add_extent(char *text, size_t size, const struct rf_op_info *op,
                       const struct rf_op_loan *loan)
{
    if (loan->extent != RF_EXTENT_BYTES || loan->times[0] == RF_FIELD_NONE)
        return;
    const char *names[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        if (loan->times[i] == RF_FIELD_NONE)
            continue;
        const struct rf_op_field *field = &op->fields[loan->times[i]];
        /* As in name_loan(). */
        bool one = field->argument && !strchr(field->argument, ',');
        names[i] = one ? field->argument : field->name;
    }
    if (names[1])
        add(text, size, ", %s times %s bytes", names[1], names[0]);
    else
        add(text, size, loan->unit == 1 ? ", %s bytes" : ", %s of them", names[0]);
}

static void print_loan(const struct rf_op_info *op, const struct rf_op_loan *loan)
{
    char label[128], text[1024] = "";
    name_loan(op, loan, label, sizeof label);
    if (loan->condition)
        add(text, sizeof text, "%s: ", loan->condition);
    add(text, sizeof text, "%s", rf_lent_words(loan->lent));
    add_extent(text, sizeof text, op, loan);
    if (rf_lent_is_memory(loan->lent) && loan->direction != RF_KERNEL_NEITHER)
        add(text, sizeof text, ". The %s it", rf_direction_words(loan->direction) + strlen("the "));
    add(text, sizeof text, ". %s", rf_until_words(loan->until));
    if (loan->until_inline != loan->until)
        add(text, sizeof text,
            " If it is tried at once (not linked, not drained, not RF_SQE_ASYNC), only until the "
            "SQE is consumed.");
    if (loan->note)
        add(text, sizeof text, " %s", loan->note);
    print_labelled(label, LABEL_WIDTH, text);
}

/* Memory first, since that is what crashes programs. What lies in a thing follows it. */
static void print_loans(const struct rf_op_info *op)
{
    title("What is lent to the kernel, and until when");
    if (op->loan_count == 0)
        print_labelled("", 0, "Nothing.");
    for (int memory = 1; memory >= 0; memory--) {
        bool wanted = false;
        for (size_t i = 0; i < op->loan_count; i++) {
            const struct rf_op_loan *loan = &op->loans[i];
            if (loan->depth == 0)
                wanted = rf_lent_is_memory(loan->lent) == memory;
            if (wanted)
                print_loan(op, loan);
        }
    }
}

/* --- a page -------------------------------------------------------------- */

static void print_flags(const struct rf_op_info *op)
{
    static const char *const fixed[] = {
        [RF_FIXED_FILE_USED] = "fd is a slot of the registered files",
        [RF_FIXED_FILE_IGNORED] = "ignored",
        [RF_FIXED_FILE_MUST] = "a must: fd is a slot of the registered files",
        [RF_FIXED_FILE_EBADF] = "refused: -EBADF",
        [RF_FIXED_FILE_EINVAL] = "refused: -EINVAL",
    };
    char worker[256];
    snprintf(worker, sizeof worker, "%s%s%s", worker_word(op->worker),
             op->worker_note ? ": " : "", op->worker_note ? op->worker_note : "");
    title("Flags, buffers and rings");
    print_labelled("RF_SQE_FIXED_FILE", FLAG_WIDTH, fixed[op->fixed_file]);
    print_feature("RF_SQE_BUFFER_SELECT", &op->buffer_select, "refused: -EOPNOTSUPP");
    print_feature("registered buffer", &op->registered_buffer, "no");
    print_labelled("RF_SETUP_IOPOLL", FLAG_WIDTH,
                   op->iopoll ? "allowed" : "refused on such a ring: -EINVAL");
    print_labelled("worker", FLAG_WIDTH, worker);
    if (op->sqe_bytes != 64)
        print_labelled("SQE", FLAG_WIDTH, "128 bytes: RF_SETUP_SQE128 or RF_SETUP_SQE_MIXED");
}

void print_op_page(const struct ops_report *report, const struct rf_op_info *op)
{
    const char *answer = here(report, op->opcode);
    print_in(BOLD, op->name);
    printf(": %s\n", op->text);
    printf("operation %u, RF_OP_%s, since Linux %s; %s\n", op->opcode, op->name, op->since,
           *answer == 'y'   ? "this kernel has it"
           : *answer == 'n' ? "this kernel does not have it"
                            : "kernel cannot be asked");
    print_calls(op);
    print_what_to_pass(op);
    print_what_comes_back(op);
    print_loans(op);
    print_flags(op);
}

/* --- rules --------------------------------------------------------------- */

void print_op_rules(void)
{
    for (size_t i = 0; i < rf_rule_count(); i++) {
        const struct rf_rule *rule = rf_rule_at(i);
        if (i == 0 || rf_rule_at(i - 1)->about != rule->about) {
            if (i > 0)
                fputs("\n", stdout);
            print_in(BOLD, rf_rule_about_words(rule->about));
            fputs("\n", stdout);
        }
        fputs("\n", stdout);
        print_labelled("", 0, rule->subject);
        print_labelled("", 4, rule->text);
    }
    const struct rf_op_info nothing = {.name = NULL};
    title("What every SQE lends");
    for (size_t i = 0; i < rf_common_loan_count(); i++) {
        fputs("\n", stdout);
        print_loan(&nothing, rf_common_loan_at(i));
    }
    title("When a loan ends");
    for (int until = 0; until < RF_UNTILS; until++)
        print_labelled(rf_until_name((enum rf_until)until), LABEL_WIDTH,
                       rf_until_words((enum rf_until)until));
}
