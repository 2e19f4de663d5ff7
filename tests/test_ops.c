/* SPDX-License-Identifier: MIT */
/*
 * Held here: the table of operations has no holes and does not contradict itself; the preps
 * fill what the table says is used and nothing else; and flags decide what an SQE lends.
 * What the kernel says to it is in test_ops_kernel.c and test_loans_*.c.
 */
#include "support.h"
#include "prep_cases.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/socket.h>

#define FOR_EACH_OP(op) \
    for (const struct rf_op_info *op = rf_op_info(0); op; op = rf_op_info(op->opcode + 1))
#define FOR_EACH_LOAN(loan, op)                                  \
    for (const struct rf_op_loan *loan = (op)->loans;            \
         (op)->loan_count && loan < (op)->loans + (op)->loan_count; loan++)
#define FOR_EACH_FIELD(field) \
    for (enum rf_sqe_field field = RF_FIELD_FLAGS; field < RF_FIELDS; field++)

#define HAS(set, field) (((set) & RF_FIELD_BIT(field)) != 0)

/* --- the table by itself -------------------------------------------------- */

static bool is_text(const char *text)
{
    return text && text[0] && text[0] != ' ' && text[strlen(text) - 1] != ' ' &&
           !strstr(text, "  ") && !strchr(text, '\n');
}

static bool is_sentence(const char *text)
{
    return is_text(text) && text[strlen(text) - 1] == '.';
}

static bool is_version(const char *text)
{
    unsigned major, minor;
    char rest;
    return text && sscanf(text, "%u.%u%c", &major, &minor, &rest) == 2 && major >= 5;
}

static void numbers_are_those_of_the_table(void **state)
{
    (void)state;
    for (uint32_t opcode = 0; opcode < RF_OP_LAST; opcode++) {
        const struct rf_op_info *op = rf_op_info(opcode);
        assert_non_null(op);
        assert_int_equal(op->opcode, opcode);
    }
    assert_null(rf_op_info(RF_OP_LAST));
    assert_null(rf_op_info(255));
    assert_null(rf_op_info(UINT32_MAX));
}

static unsigned version_number(const char *text)
{
    unsigned major = 0, minor = 0;
    assert_int_equal(sscanf(text, "%u.%u", &major, &minor), 2);
    return major * 1000 + minor;
}

static void check_feature(const struct rf_op_info *op, const struct rf_op_feature *feature,
                          const char *which)
{
    bool good = feature->since
                    ? is_version(feature->since) && is_text(feature->how) &&
                          version_number(feature->since) >= version_number(op->since) &&
                          (feature->always || feature->when.kind != RF_TEST_ALWAYS)
                    : !feature->how && !feature->always && feature->when.kind == RF_TEST_ALWAYS;
    if (!good)
        fail_msg("%s: %s", op->name, which);
}

static void rows_have_no_holes(void **state)
{
    (void)state;
    FOR_EACH_OP(op) {
        print_message("# %s\n", op->name);
        assert_true(is_text(op->name));
        assert_true(strspn(op->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == strlen(op->name));
        assert_true(is_version(op->since));
        assert_true(is_text(op->text) && strlen(op->text) <= 44);
        assert_true(is_text(op->result));
        assert_true(!op->notes || is_sentence(op->notes));
        assert_true(!op->worker_note || is_text(op->worker_note));
        assert_true(op->call_count > 0);
        for (size_t i = 0; i < op->call_count; i++)
            assert_true(is_text(op->calls[i]) && strncmp(op->calls[i], "rf_", 3) == 0);
        assert_true((unsigned)op->fixed_file < RF_FIXED_FILES);
        assert_true((unsigned)op->worker < RF_WORKERS);
        assert_true(!op->worker_note || op->worker == RF_WORKER_SOMETIMES);
        assert_true(op->sqe_bytes == 64 || op->sqe_bytes == 128);
        assert_true((op->loans == NULL) == (op->loan_count == 0));
        assert_true(op->must_be_zero >> RF_FIELDS == 0 && !HAS(op->must_be_zero, RF_FIELD_NONE));
        check_feature(op, &op->multishot, "multishot");
        check_feature(op, &op->notification, "notification");
        check_feature(op, &op->buffer_select, "buffer_select");
        check_feature(op, &op->registered_buffer, "registered_buffer");
        for (uint32_t other = 0; other < op->opcode; other++)
            assert_string_not_equal(op->name, rf_op_info(other)->name);
    }
}

static bool overlap(enum rf_sqe_field a, enum rf_sqe_field b)
{
    const struct rf_sqe_field_info *x = rf_sqe_field_info(a), *y = rf_sqe_field_info(b);
    return x->offset < y->offset + y->bytes && y->offset < x->offset + x->bytes;
}

static bool overlaps_any(enum rf_sqe_field field, uint32_t set)
{
    FOR_EACH_FIELD(other) {
        if (HAS(set, other) && overlap(field, other))
            return true;
    }
    return false;
}

static void fields_cover_the_sqe(void **state)
{
    (void)state;
    unsigned char covered[64] = {1}; /* the opcode */
    FOR_EACH_FIELD(field) {
        const struct rf_sqe_field_info *info = rf_sqe_field_info(field);
        assert_non_null(info);
        assert_true(is_text(info->name));
        assert_true(info->offset + info->bytes <= 64 && info->offset % info->bytes == 0);
        memset(covered + info->offset, 1, info->bytes);
    }
    for (size_t i = 0; i < sizeof covered; i++)
        assert_true(covered[i]);
    assert_null(rf_sqe_field_info(RF_FIELD_NONE));
    assert_null(rf_sqe_field_info(RF_FIELDS));
    assert_null(rf_sqe_field_info((enum rf_sqe_field)-1));
}

static void field_values_are_those_of_the_members(void **state)
{
    (void)state;
    struct rf_sqe sqe;
    for (size_t i = 0; i < sizeof sqe; i++)
        ((unsigned char *)&sqe)[i] = (unsigned char)(0xf0 - i);
    const struct rf_sqe *s = &sqe;
    const struct {
        enum rf_sqe_field field;
        uint64_t value;
    } rows[] = {
        {RF_FIELD_FLAGS, s->flags},
        {RF_FIELD_IOPRIO, s->ioprio},
        {RF_FIELD_FD, (uint32_t)s->fd},
        {RF_FIELD_OFF, s->off},
        {RF_FIELD_CMD_OP, s->cmd_op},
        {RF_FIELD_ADDR, s->addr},
        {RF_FIELD_LEN, s->len},
        {RF_FIELD_RW_FLAGS, s->rw_flags},
        {RF_FIELD_USER_DATA, s->user_data},
        {RF_FIELD_BUF_INDEX, s->buf_index},
        {RF_FIELD_PERSONALITY, s->personality},
        {RF_FIELD_FILE_INDEX, s->file_index},
        {RF_FIELD_ADDR_LEN, s->addr_len},
        {RF_FIELD_ADDR3, s->addr3},
        {RF_FIELD_PAD2, s->pad2[0]},
        {RF_FIELD_LEVEL, s->level},
        {RF_FIELD_OPTNAME, s->optname},
        {RF_FIELD_NONE, 0},
        {RF_FIELDS, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(rf_sqe_field_value(s, rows[i].field) == rows[i].value);
    uint32_t halves[2];
    memcpy(halves, &s->off, sizeof halves);
    assert_true(rf_sqe_field_value(s, RF_FIELD_PAD1) == halves[1]);
    uint16_t quarters[2];
    memcpy(quarters, &s->file_index, sizeof quarters);
    assert_true(rf_sqe_field_value(s, RF_FIELD_PAD3) == quarters[1]);
}

/* Members of struct rf_sqe that a row may name, and where they lie. */
#define MEMBER(name) {#name, offsetof(struct rf_sqe, name), sizeof(((struct rf_sqe *)0)->name)}
static const struct member {
    const char *name;
    size_t offset, bytes;
} members[] = {
    MEMBER(ioprio),         MEMBER(fd),            MEMBER(off),            MEMBER(addr2),
    MEMBER(cmd_op),         MEMBER(addr),          MEMBER(splice_off_in),  MEMBER(len),
    MEMBER(rw_flags),       MEMBER(fsync_flags),   MEMBER(poll32_events),  MEMBER(sync_range_flags),
    MEMBER(msg_flags),      MEMBER(timeout_flags), MEMBER(accept_flags),   MEMBER(cancel_flags),
    MEMBER(open_flags),     MEMBER(statx_flags),   MEMBER(fadvise_advice), MEMBER(splice_flags),
    MEMBER(rename_flags),   MEMBER(unlink_flags),  MEMBER(hardlink_flags), MEMBER(xattr_flags),
    MEMBER(msg_ring_flags), MEMBER(uring_cmd_flags), MEMBER(waitid_flags), MEMBER(futex_flags),
    MEMBER(install_fd_flags), MEMBER(nop_flags),   MEMBER(pipe_flags),     MEMBER(buf_index),
    MEMBER(buf_group),      MEMBER(splice_fd_in),  MEMBER(file_index),     MEMBER(zcrx_ifq_idx),
    MEMBER(optlen),         MEMBER(addr_len),      MEMBER(write_stream),   MEMBER(addr3),
    MEMBER(attr_ptr),       MEMBER(optval),        MEMBER(attr_type_mask), MEMBER(pad2),
    MEMBER(level),          MEMBER(optname),
};

static void fields_are_called_as_in_the_struct(void **state)
{
    (void)state;
    FOR_EACH_OP(op) {
        assert_null(op->fields[RF_FIELD_NONE].name);
        FOR_EACH_FIELD(field) {
            const struct rf_op_field *row = &op->fields[field];
            if (!row->name) {
                assert_true(!row->type && !row->argument && !row->meaning);
                continue;
            }
            size_t i = 0;
            while (i < COUNT_OF(members) && strcmp(members[i].name, row->name) != 0)
                i++;
            if (i == COUNT_OF(members))
                fail_msg("%s: struct rf_sqe has no member %s", op->name, row->name);
            const struct rf_sqe_field_info *info = rf_sqe_field_info(field);
            if (members[i].offset != info->offset || members[i].bytes > info->bytes)
                fail_msg("%s: %s is not where %s is", op->name, row->name, info->name);
            if (!is_text(row->type) || !is_text(row->meaning))
                fail_msg("%s: %s has a hole", op->name, row->name);
        }
    }
}

static void no_field_is_both_used_and_zero(void **state)
{
    (void)state;
    FOR_EACH_OP(op) {
        FOR_EACH_FIELD(field) {
            const struct rf_op_field *row = &op->fields[field];
            if (!row->name)
                continue;
            if (overlaps_any(field, op->must_be_zero) && strncmp(row->meaning, "0: ", 3) != 0)
                fail_msg("%s: %s is used and must be zero", op->name, row->name);
            assert_int_equal(HAS(rf_op_fields_used(op), field), !HAS(op->must_be_zero, field));
        }
        assert_true(HAS(rf_op_fields_used(op), RF_FIELD_USER_DATA));
    }
}

static bool is_pointer(const struct rf_op_field *field)
{
    return field->name && field->type[strlen(field->type) - 1] == '*';
}

static void every_pointer_has_a_loan(void **state)
{
    (void)state;
    FOR_EACH_OP(op) {
        FOR_EACH_FIELD(field) {
            bool lent = false;
            FOR_EACH_LOAN(loan, op) {
                lent |= loan->field == field && loan->depth == 0 && rf_lent_is_memory(loan->lent);
            }
            /* What addr is, depends on the command. */
            bool by_command = (op->opcode == RF_OP_URING_CMD || op->opcode == RF_OP_URING_CMD128) &&
                              field == RF_FIELD_ADDR;
            if (lent != is_pointer(&op->fields[field]) && !by_command)
                fail_msg("%s: %s is %s and has %s of memory", op->name,
                         rf_sqe_field_info(field)->name,
                         op->fields[field].name ? op->fields[field].type : "not used",
                         lent ? "a loan" : "no loan");
        }
    }
}

static bool has_loan(const struct rf_op_info *op, enum rf_lent lent, enum rf_sqe_field field,
                     const struct rf_sqe_test *when)
{
    FOR_EACH_LOAN(loan, op) {
        if (loan->lent == lent && loan->field == field &&
            (!when || memcmp(&loan->when[0], when, sizeof *when) == 0))
            return true;
    }
    return false;
}

static void handles_have_loans(void **state)
{
    (void)state;
    struct rf_sqe_test with, without;
    memset(&with, 0, sizeof with); /* the padding, too: compared as bytes */
    with.field = RF_FIELD_FLAGS;
    with.kind = RF_TEST_ALL;
    with.bits = RF_SQE_FIXED_FILE;
    without = with;
    without.kind = RF_TEST_NONE;
    FOR_EACH_OP(op) {
        bool used = op->fixed_file == RF_FIXED_FILE_USED;
        print_message("# %s\n", op->name);
        assert_int_equal(has_loan(op, RF_LENT_FD, RF_FIELD_FD, &without), used);
        assert_int_equal(has_loan(op, RF_LENT_FILE_SLOT, RF_FIELD_FD, &with), used);
        if (op->fixed_file == RF_FIXED_FILE_MUST)
            assert_true(has_loan(op, RF_LENT_FILE_SLOT, RF_FIELD_FD, NULL));
        bool selects = op->buffer_select.since != NULL;
        assert_int_equal(has_loan(op, RF_LENT_PROVIDED, RF_FIELD_BUF_INDEX, NULL), selects);
        if (op->opcode != RF_OP_REMOVE_BUFFERS)
            assert_int_equal(has_loan(op, RF_LENT_BUFFER_GROUP, RF_FIELD_BUF_INDEX, NULL), selects);
        bool registered = op->registered_buffer.since != NULL && op->opcode != RF_OP_RECV_ZC;
        assert_int_equal(has_loan(op, RF_LENT_BUFFER_SLOT, RF_FIELD_BUF_INDEX, NULL), registered);
        if (op->fields[RF_FIELD_FILE_INDEX].name &&
            strcmp(op->fields[RF_FIELD_FILE_INDEX].name, "file_index") == 0 &&
            op->opcode != RF_OP_WAITID && op->opcode != RF_OP_CLOSE)
            assert_true(has_loan(op, RF_LENT_FREE_SLOT, RF_FIELD_FILE_INDEX, NULL));
    }
}

/* What another row can be named in. */
static bool holds_more(enum rf_lent lent)
{
    return lent == RF_LENT_IOVECS || lent == RF_LENT_MSGHDR || lent == RF_LENT_CONTROL ||
           lent == RF_LENT_FDS || lent == RF_LENT_FUTEX_WAITV || lent == RF_LENT_PI ||
           lent == RF_LENT_COMMAND || lent == RF_LENT_BUFFER_GROUP || lent == RF_LENT_BUFFER_SLOT ||
           lent == RF_LENT_ZCRX;
}

static void check_loan(const struct rf_op_info *op, const struct rf_op_loan *loan)
{
    const bool number = !rf_lent_is_memory(loan->lent);
    assert_true(loan->field > RF_FIELD_NONE && loan->field < RF_FIELDS);
    assert_true((unsigned)loan->lent < RF_LENTS && (unsigned)loan->direction <= RF_KERNEL_BOTH);
    assert_true((unsigned)loan->until < RF_UNTILS && (unsigned)loan->until_inline < RF_UNTILS);
    assert_true(loan->until_inline == loan->until || loan->until_inline == RF_UNTIL_CONSUMED);
    assert_true(!number || loan->direction == RF_KERNEL_NEITHER);
    assert_int_equal(loan->extent == RF_EXTENT_NONE, number);
    assert_int_equal(loan->extent == RF_EXTENT_BYTES, loan->unit > 0);
    /* What the kernel writes it cannot have copied. */
    if (loan->direction & RF_KERNEL_WRITES)
        assert_true(loan->until != RF_UNTIL_CONSUMED && loan->until != RF_UNTIL_ISSUED);
    if (loan->until == RF_UNTIL_LAST)
        assert_non_null(op->multishot.since);
    if (loan->until == RF_UNTIL_NOTIFIED)
        assert_non_null(op->notification.since);
    for (int i = 0; i < 2; i++) {
        if (loan->times[i] != RF_FIELD_NONE)
            assert_true(loan->extent == RF_EXTENT_BYTES &&
                        HAS(rf_op_fields_used(op), loan->times[i]));
        if (loan->when[i].kind != RF_TEST_ALWAYS)
            assert_true(HAS(rf_op_fields_used(op), loan->when[i].field));
    }
    assert_int_equal(loan->when[0].kind != RF_TEST_ALWAYS, loan->condition != NULL);
    assert_true(!loan->condition || is_text(loan->condition));
    assert_true(!loan->note || is_sentence(loan->note));
    assert_true(is_text(loan->source) && strstr(loan->source, ".c:"));
}

static void loans_have_no_holes(void **state)
{
    (void)state;
    FOR_EACH_OP(op) {
        const struct rf_op_loan *outer[8];
        unsigned depth = 0;
        FOR_EACH_LOAN(loan, op) {
            print_message("# %s, loan %d\n", op->name, (int)(loan - op->loans));
            check_loan(op, loan);
            assert_true(HAS(rf_op_fields_used(op), loan->field));
            assert_true(loan->depth <= (loan == op->loans ? 0 : depth + 1));
            depth = loan->depth;
            outer[depth] = loan;
            assert_int_equal(loan->member != NULL, depth > 0);
            if (depth > 0) {
                assert_true(is_text(loan->member));
                assert_true(holds_more(outer[depth - 1]->lent));
                assert_int_equal(loan->field, outer[depth - 1]->field);
            }
        }
    }
    for (size_t i = 0; i < rf_common_loan_count(); i++)
        check_loan(rf_op_info(RF_OP_NOP), rf_common_loan_at(i));
    assert_true(rf_common_loan_count() > 0);
    assert_null(rf_common_loan_at(rf_common_loan_count()));
}

/* Two rows that say different things of one thing must not apply both. */
static void loans_do_not_contradict_each_other(void **state)
{
    (void)state;
    FOR_EACH_OP(op) {
        FOR_EACH_LOAN(a, op) {
            FOR_EACH_LOAN(b, op) {
                if (a < b && a->depth == 0 && b->depth == 0 && a->field == b->field &&
                    !a->condition && !b->condition)
                    fail_msg("%s: two loans of %s at all times", op->name,
                             rf_sqe_field_info(a->field)->name);
            }
        }
    }
}

static void rules_have_no_holes(void **state)
{
    (void)state;
    enum rf_rule_about about = RF_RULE_RESULTS;
    for (size_t i = 0; i < rf_rule_count(); i++) {
        const struct rf_rule *rule = rf_rule_at(i);
        assert_true(rule->about == about || rule->about == about + 1);
        about = rule->about;
        assert_true(is_text(rule->subject));
        assert_true(is_sentence(rule->text));
        assert_true(is_text(rule->source));
        assert_true(strlen(rf_rule_about_words(rule->about)) > 1);
    }
    assert_int_equal(about, RF_RULE_ENDS);
    assert_null(rf_rule_at(rf_rule_count()));
}

static void every_value_has_words(void **state)
{
    (void)state;
    for (int i = -1; i <= 64; i++) {
        assert_int_equal(strcmp(rf_lent_words((enum rf_lent)i), "?") != 0, i >= 0 && i < RF_LENTS);
        assert_int_equal(strcmp(rf_until_words((enum rf_until)i), "?") != 0,
                         i >= 0 && i < RF_UNTILS);
        assert_int_equal(strcmp(rf_until_name((enum rf_until)i), "?") != 0,
                         i >= 0 && i < RF_UNTILS);
        assert_int_equal(strcmp(rf_direction_words((enum rf_direction)i), "?") != 0,
                         i >= 0 && i <= RF_KERNEL_BOTH);
        assert_int_equal(strcmp(rf_rule_about_words((enum rf_rule_about)i), "?") != 0,
                         i >= 0 && i <= RF_RULE_ENDS);
        if (i >= 0 && i < RF_UNTILS)
            assert_true(is_sentence(rf_until_words((enum rf_until)i)));
    }
}

static void errno_is_left_alone(void **state)
{
    (void)state;
    errno = 4711;
    (void)!rf_op_info(UINT32_MAX);
    (void)!rf_op_info(RF_OP_READ);
    (void)!rf_lent_words((enum rf_lent)-1);
    (void)!rf_rule_at(SIZE_MAX);
    (void)!rf_common_loan_at(SIZE_MAX);
    assert_int_equal(errno, 4711);
}

/* --- what an SQE lends ---------------------------------------------------- */

static void tests_of_fields_hold_as_they_say(void **state)
{
    (void)state;
    struct rf_sqe sqe;
    memset(&sqe, 0, sizeof sqe);
    sqe.ioprio = 5;
    const struct {
        struct rf_sqe_test test;
        bool holds;
    } rows[] = {
        {{RF_FIELD_NONE, RF_TEST_ALWAYS, 0}, true},
        {{RF_FIELD_IOPRIO, RF_TEST_ALL, 5}, true},
        {{RF_FIELD_IOPRIO, RF_TEST_ALL, 7}, false},
        {{RF_FIELD_IOPRIO, RF_TEST_NOT_ALL, 7}, true},
        {{RF_FIELD_IOPRIO, RF_TEST_NOT_ALL, 4}, false},
        {{RF_FIELD_IOPRIO, RF_TEST_ANY, 6}, true},
        {{RF_FIELD_IOPRIO, RF_TEST_ANY, 2}, false},
        {{RF_FIELD_IOPRIO, RF_TEST_NONE, 2}, true},
        {{RF_FIELD_IOPRIO, RF_TEST_NONE, 3}, false},
        {{RF_FIELD_IOPRIO, RF_TEST_IS, 5}, true},
        {{RF_FIELD_IOPRIO, RF_TEST_IS, 4}, false},
        {{RF_FIELD_IOPRIO, (enum rf_sqe_test_kind)99, 5}, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(rf_sqe_test_holds(&rows[i].test, &sqe), rows[i].holds);
}

/* The loans of an SQE, as "field:lent:until field:lent:until". */
static const char *loans_of(const struct rf_sqe *sqe)
{
    static char text[512];
    text[0] = '\0';
    const struct rf_op_info *op = rf_op_info(sqe->opcode);
    FOR_EACH_LOAN(loan, op) {
        if (!rf_op_loan_applies(loan, sqe))
            continue;
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s:%s:%s", used ? ", " : "",
                 loan->depth ? loan->member : op->fields[loan->field].name,
                 rf_lent_words(loan->lent), rf_until_name(loan->until));
    }
    return text;
}

static void flags_decide_what_is_lent(void **state)
{
    (void)state;
    struct rf_sqe sqe;
    char buf[8];
    struct msghdr msg;
    struct rf_timespec ts;
    rf_prep_read(&sqe, 3, buf, sizeof buf, 0);
    assert_string_equal(loans_of(&sqe), "fd:descriptor:issued, addr:data:completed");
    rf_prep_read(&sqe, 3, NULL, sizeof buf, 0);
    sqe.flags = RF_SQE_BUFFER_SELECT | RF_SQE_FIXED_FILE;
    assert_string_equal(loans_of(&sqe), "fd:slot of a registered file:issued, "
                                        "buf_group:group of provided buffers:issued, "
                                        "rf_buf.addr:provided buffer:returned");
    rf_prep_recvmsg(&sqe, 3, &msg, 0);
    assert_string_equal(loans_of(&sqe),
                        "fd:descriptor:issued, addr:struct msghdr:completed, "
                        "msg_iov:array of struct iovec:consumed, iov_base:data:completed, "
                        "msg_name:socket address:completed, msg_control:control data:completed");
    rf_prep_recvmsg_multishot(&sqe, 3, &msg, 0);
    assert_string_equal(loans_of(&sqe), "fd:descriptor:issued, addr:struct msghdr:consumed, "
                                        "buf_group:group of provided buffers:issued, "
                                        "rf_buf.addr:provided buffer:returned");
    rf_prep_accept(&sqe, 3, NULL, NULL, 0);
    assert_string_equal(loans_of(&sqe), "fd:descriptor:issued");
    rf_prep_timeout_remove(&sqe, 7, 0);
    assert_string_equal(loans_of(&sqe), "");
    rf_prep_timeout_remove(&sqe, 7, RF_TIMEOUT_UPDATE);
    sqe.addr2 = (uint64_t)(uintptr_t)&ts;
    assert_string_equal(loans_of(&sqe), "addr2:struct rf_timespec:consumed");
    sqe.timeout_flags |= RF_TIMEOUT_IMMEDIATE_ARG;
    assert_string_equal(loans_of(&sqe), "");
    rf_prep_close(&sqe, 3);
    assert_string_equal(loans_of(&sqe), "fd:descriptor:issued");
    rf_prep_close_direct(&sqe, 3);
    assert_string_equal(loans_of(&sqe), "file_index:slot of a registered file:issued");
    rf_prep_files_update_alloc(&sqe, (int *)(void *)buf, 2);
    assert_string_equal(loans_of(&sqe), "addr:array of int:completed, each:descriptor:completed");
}

/* Is the function in the list of calls of the row? */
static bool is_listed(const struct rf_op_info *op, const char *call)
{
    size_t length = strcspn(call, "(") + 1;
    for (size_t i = 0; i < op->call_count; i++)
        if (strncmp(op->calls[i], call, length) == 0)
            return true;
    return false;
}

static void check_prep(const char *call, const struct rf_sqe *sqe, const struct sqe_bytes *want)
{
    (void)want;
    const struct rf_op_info *op = rf_op_info(sqe->opcode);
    assert_non_null(op);
    /* rf_prep_rw() is for all; and a case may be a call of something else after a prep. */
    if (strncmp(call, "rf_prep_rw(", 11) == 0 || strncmp(call, "rf_prep_", 8) != 0)
        return;
    if (!is_listed(op, call))
        fail_msg("the row of %s does not list %s", op->name, call);
    FOR_EACH_FIELD(field) {
        if (op->fields[field].name) /* perhaps only for what kernels may take one day */
            continue;
        if (field == RF_FIELD_FD && sqe->fd == -1) /* there is no file */
            continue;
        if (rf_sqe_field_value(sqe, field) && !overlaps_any(field, rf_op_fields_used(op)))
            fail_msg("%s fills %s, which the row of %s does not know", call,
                     rf_sqe_field_info(field)->name, op->name);
    }
}

static void preps_fill_what_the_rows_know(void **state)
{
    (void)state;
    walk_prep_cases(check_prep);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(numbers_are_those_of_the_table),
        ONCE(rows_have_no_holes),
        ONCE(fields_cover_the_sqe),
        ONCE(field_values_are_those_of_the_members),
        ONCE(fields_are_called_as_in_the_struct),
        ONCE(no_field_is_both_used_and_zero),
        ONCE(every_pointer_has_a_loan),
        ONCE(handles_have_loans),
        ONCE(loans_have_no_holes),
        ONCE(loans_do_not_contradict_each_other),
        ONCE(rules_have_no_holes),
        ONCE(every_value_has_words),
        ONCE(errno_is_left_alone),
        ONCE(tests_of_fields_hold_as_they_say),
        ONCE(flags_decide_what_is_lent),
        ONCE(preps_fill_what_the_rows_know),
    };
    return run_all(tests, COUNT_OF(tests));
}
