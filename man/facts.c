/* SPDX-License-Identifier: MIT */
/*
 * facts.c - prints the library's tables as JSON, for the manual (pages.py): operations,
 * rules, named errors. Runs while the manual is built, on the machine that builds it,
 * which need not have a JSON library, nor io_uring.
 */
#include <stdbool.h>
#include <stdio.h>

#include <ringfence/error.h>
#include <ringfence/ops.h>

/* --- JSON ---------------------------------------------------------------- */

/* Is the next value the first of its object or array? */
static bool first = true;

static void string(const char *text)
{
    if (!text) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

/* Begins a value: in an object with its key, in an array with NULL. */
static void begin(const char *key)
{
    if (!first)
        putchar(',');
    first = false;
    if (key) {
        string(key);
        putchar(':');
    }
}

static void open_with(const char *key, char bracket)
{
    begin(key);
    putchar(bracket);
    first = true;
}

static void close_with(char bracket)
{
    putchar(bracket);
    first = false;
}

static void put_text(const char *key, const char *value)
{
    begin(key);
    string(value);
}

static void put_number(const char *key, long value)
{
    begin(key);
    printf("%ld", value);
}

static void put_flag(const char *key, bool value)
{
    begin(key);
    fputs(value ? "true" : "false", stdout);
}

/* --- operations ---------------------------------------------------------- */

static const char *field_name(enum rf_sqe_field field)
{
    const struct rf_sqe_field_info *info = rf_sqe_field_info(field);
    return info ? info->name : NULL;
}

static void put_feature(const char *key, const struct rf_op_feature *feature)
{
    open_with(key, '{');
    put_text("since", feature->since);
    put_flag("always", feature->always);
    put_text("how", feature->how);
    close_with('}');
}

static void put_loan(const struct rf_op_loan *loan)
{
    open_with(NULL, '{');
    put_text("field", field_name(loan->field));
    put_number("depth", loan->depth);
    put_text("member", loan->member);
    put_text("lent", rf_lent_words(loan->lent));
    put_flag("is_sqe", loan->lent == RF_LENT_SQE);
    put_flag("is_file", loan->lent == RF_LENT_FD || loan->lent == RF_LENT_FILE_SLOT);
    put_flag("is_memory", rf_lent_is_memory(loan->lent));
    put_text("direction", rf_direction_words(loan->direction));
    put_flag("is_used", loan->direction != RF_KERNEL_NEITHER);
    put_text("until", rf_until_words(loan->until));
    put_flag("sooner_at_once", loan->until_inline != loan->until);
    put_number("unit", loan->extent == RF_EXTENT_BYTES ? (long)loan->unit : 0);
    open_with("times", '[');
    for (int i = 0; i < 2; i++)
        if (loan->extent == RF_EXTENT_BYTES && loan->times[i] != RF_FIELD_NONE)
            put_text(NULL, field_name(loan->times[i]));
    close_with(']');
    put_text("condition", loan->condition);
    put_text("note", loan->note);
    close_with('}');
}

static void put_fields(const struct rf_op_info *op)
{
    open_with("fields", '[');
    for (int i = 0; i < RF_FIELDS; i++) {
        const struct rf_op_field *field = &op->fields[i];
        if (!field->name)
            continue;
        open_with(NULL, '{');
        put_text("field", field_name((enum rf_sqe_field)i));
        put_text("name", field->name);
        put_text("type", field->type);
        put_text("argument", field->argument);
        put_text("meaning", field->meaning);
        close_with('}');
    }
    close_with(']');
    open_with("must_be_zero", '[');
    for (int i = 0; i < RF_FIELDS; i++)
        if (op->must_be_zero & RF_FIELD_BIT(i))
            put_text(NULL, field_name((enum rf_sqe_field)i));
    close_with(']');
}

static void put_op(const struct rf_op_info *op)
{
    static const char *const fixed[] = {
        [RF_FIXED_FILE_USED] = "used",     [RF_FIXED_FILE_IGNORED] = "ignored",
        [RF_FIXED_FILE_MUST] = "must",     [RF_FIXED_FILE_EBADF] = "-EBADF",
        [RF_FIXED_FILE_EINVAL] = "-EINVAL",
    };
    static const char *const worker[] = {[RF_WORKER_NEVER] = "never",
                                         [RF_WORKER_SOMETIMES] = "sometimes",
                                         [RF_WORKER_ALWAYS] = "always"};
    open_with(NULL, '{');
    put_number("opcode", (long)op->opcode);
    put_text("name", op->name);
    put_text("since", op->since);
    put_text("text", op->text);
    put_text("result", op->result);
    put_text("notes", op->notes);
    open_with("calls", '[');
    for (size_t i = 0; i < op->call_count; i++)
        put_text(NULL, op->calls[i]);
    close_with(']');
    put_fields(op);
    put_feature("multishot", &op->multishot);
    put_feature("notification", &op->notification);
    put_feature("buffer_select", &op->buffer_select);
    put_feature("registered_buffer", &op->registered_buffer);
    put_text("fixed_file", fixed[op->fixed_file]);
    put_text("worker", worker[op->worker]);
    put_text("worker_note", op->worker_note);
    put_flag("iopoll", op->iopoll);
    put_number("sqe_bytes", (long)op->sqe_bytes);
    open_with("loans", '[');
    for (size_t i = 0; i < op->loan_count; i++)
        put_loan(&op->loans[i]);
    close_with(']');
    close_with('}');
}

static void put_rules(void)
{
    open_with("rules", '[');
    for (size_t i = 0; i < rf_rule_count(); i++) {
        const struct rf_rule *rule = rf_rule_at(i);
        open_with(NULL, '{');
        put_text("about", rf_rule_about_words(rule->about));
        put_text("subject", rule->subject);
        put_text("text", rule->text);
        close_with('}');
    }
    close_with(']');
    open_with("common_loans", '[');
    for (size_t i = 0; i < rf_common_loan_count(); i++)
        put_loan(rf_common_loan_at(i));
    close_with(']');
    open_with("until", '{');
    for (int i = 0; i < RF_UNTILS; i++)
        put_text(rf_until_name((enum rf_until)i), rf_until_words((enum rf_until)i));
    close_with('}');
}

/* --- errors -------------------------------------------------------------- */

static void put_errors(void)
{
    open_with("calls", '[');
    for (size_t i = 0; i < rf_call_count(); i++) {
        const struct rf_call_info *call = rf_call_at(i);
        open_with(NULL, '{');
        put_number("call", (long)call->call);
        put_text("name", call->name);
        put_text("functions", call->functions);
        put_number("fallback", (long)call->fallback);
        close_with('}');
    }
    close_with(']');
    open_with("errors", '[');
    for (size_t i = 0; i < rf_error_count(); i++) {
        const struct rf_error *error = rf_error_at(i);
        open_with(NULL, '{');
        put_number("call", (long)error->call);
        put_number("error", error->error);
        put_text("name", error->name);
        put_text("text", error->text);
        put_text("remedy", error->remedy);
        close_with('}');
    }
    close_with(']');
}

int main(void)
{
    open_with(NULL, '{');
    open_with("operations", '[');
    for (uint32_t opcode = 0; rf_op_info(opcode); opcode++)
        put_op(rf_op_info(opcode));
    close_with(']');
    put_rules();
    put_errors();
    close_with('}');
    putchar('\n');
    return fflush(stdout) != 0 || ferror(stdout);
}
