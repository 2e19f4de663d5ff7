/* SPDX-License-Identifier: MIT */
/*
 * ops.c - the table of operations: the order of the rows, the look-ups, and the
 * words for what the rows hold as numbers. What holds for all operations is
 * in ops_rules.c.
 */
#include "ops.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* --- the rows ------------------------------------------------------------ */

#define ROW(name_) [RF_OP_##name_] = &rfi_op_##name_,

static const struct rf_op_info *const ops[] = {RFI_OPS(ROW)};
RF_STATIC_ASSERT(COUNT_OF(ops) == RF_OP_LAST, "a row per operation");

const struct rf_op_info *rf_op_info(uint32_t opcode)
{
    return opcode < COUNT_OF(ops) ? ops[opcode] : NULL;
}

/* --- fields -------------------------------------------------------------- */

#define FIELD_IS(field, member_)                                    \
    [RF_FIELD_##field] = {.name = #member_,                         \
                          .offset = offsetof(struct rf_sqe, member_), \
                          .bytes = sizeof(((struct rf_sqe *)0)->member_)}

static const struct rf_sqe_field_info fields[] = {
    FIELD_IS(FLAGS, flags),
    FIELD_IS(IOPRIO, ioprio),
    FIELD_IS(FD, fd),
    FIELD_IS(OFF, off),
    FIELD_IS(CMD_OP, cmd_op),
    /* The padding has no member: struct rf_sqe names only what can be set. */
    [RF_FIELD_PAD1] = {.name = "pad1", .offset = offsetof(struct rf_sqe, cmd_op) + 4, .bytes = 4},
    FIELD_IS(ADDR, addr),
    FIELD_IS(LEN, len),
    FIELD_IS(RW_FLAGS, rw_flags),
    FIELD_IS(USER_DATA, user_data),
    FIELD_IS(BUF_INDEX, buf_index),
    FIELD_IS(PERSONALITY, personality),
    FIELD_IS(FILE_INDEX, file_index),
    FIELD_IS(ADDR_LEN, addr_len),
    [RF_FIELD_PAD3] = {.name = "pad3", .offset = offsetof(struct rf_sqe, addr_len) + 2, .bytes = 2},
    FIELD_IS(ADDR3, addr3),
    FIELD_IS(PAD2, pad2),
    FIELD_IS(LEVEL, level),
    FIELD_IS(OPTNAME, optname),
};
RF_STATIC_ASSERT(COUNT_OF(fields) == RF_FIELDS, "a row per field");

const struct rf_sqe_field_info *rf_sqe_field_info(enum rf_sqe_field field)
{
    /* An enum may hold any number, a negative one too. */
    size_t i = (size_t)field;
    return i < COUNT_OF(fields) && fields[i].name ? &fields[i] : NULL;
}

uint64_t rf_sqe_field_value(const struct rf_sqe *sqe, enum rf_sqe_field field)
{
    const struct rf_sqe_field_info *info = rf_sqe_field_info(field);
    if (!info)
        return 0;
    const unsigned char *at = (const unsigned char *)sqe + info->offset;
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    /* A copy of so many bytes as the compiler knows is one instruction: a checker asks often. */
    switch (info->bytes) {
    case 1:
        return *at;
    case 2:
        memcpy(&u16, at, sizeof u16);
        return u16;
    case 4:
        memcpy(&u32, at, sizeof u32);
        return u32;
    default:
        memcpy(&u64, at, sizeof u64);
        return u64;
    }
}

bool rf_sqe_test_holds(const struct rf_sqe_test *test, const struct rf_sqe *sqe)
{
    if (test->kind == RF_TEST_ALWAYS)
        return true;
    uint64_t value = rf_sqe_field_value(sqe, test->field);
    switch (test->kind) {
    case RF_TEST_ALWAYS:
        break;
    case RF_TEST_ALL:
        return (value & test->bits) == test->bits;
    case RF_TEST_NOT_ALL:
        return (value & test->bits) != test->bits;
    case RF_TEST_ANY:
        return (value & test->bits) != 0;
    case RF_TEST_NONE:
        return (value & test->bits) == 0;
    case RF_TEST_IS:
        return value == test->bits;
    }
    return false;
}

uint32_t rf_op_fields_used(const struct rf_op_info *op)
{
    uint32_t used = RF_FIELD_BIT(RF_FIELD_FLAGS) | RF_FIELD_BIT(RF_FIELD_USER_DATA) |
                    RF_FIELD_BIT(RF_FIELD_PERSONALITY);
    for (int field = 0; field < RF_FIELDS; field++)
        if (op->fields[field].name)
            used |= RF_FIELD_BIT(field);
    return used & ~op->must_be_zero;
}

/* --- loans --------------------------------------------------------------- */

bool rf_lent_is_memory(enum rf_lent lent)
{
    /* The groups of the enum, and what was added at its end: nothing yet. */
    return (size_t)lent <= RF_LENT_AREA;
}

bool rf_op_loan_applies(const struct rf_op_loan *loan, const struct rf_sqe *sqe)
{
    if (!rf_sqe_test_holds(&loan->when[0], sqe) || !rf_sqe_test_holds(&loan->when[1], sqe))
        return false;
    return loan->depth > 0 || !rf_lent_is_memory(loan->lent) || loan->lent == RF_LENT_SQE ||
           rf_sqe_field_value(sqe, loan->field) != 0;
}

/* --- words --------------------------------------------------------------- */

#define WORD_AT(table, index) \
    ((size_t)(index) < COUNT_OF(table) && (table)[index] ? (table)[index] : "?")

const char *rf_lent_words(enum rf_lent lent)
{
    static const char *const words[] = {
        [RF_LENT_DATA] = "data",
        [RF_LENT_IOVECS] = "array of struct iovec",
        [RF_LENT_MSGHDR] = "struct msghdr",
        [RF_LENT_SOCKADDR] = "socket address",
        [RF_LENT_SOCKLEN] = "socklen_t",
        [RF_LENT_CONTROL] = "control data",
        [RF_LENT_PATH] = "text",
        [RF_LENT_OPEN_HOW] = "struct open_how",
        [RF_LENT_STATX] = "struct statx",
        [RF_LENT_TIMESPEC] = "struct rf_timespec",
        [RF_LENT_EPOLL_EVENTS] = "struct epoll_event",
        [RF_LENT_FDS] = "array of int",
        [RF_LENT_FUTEX] = "futex",
        [RF_LENT_FUTEX_WAITV] = "array of struct futex_waitv",
        [RF_LENT_SIGINFO] = "siginfo_t",
        [RF_LENT_OPTVAL] = "value of a socket option",
        [RF_LENT_PI] = "struct rf_attr_pi",
        [RF_LENT_COMMAND] = "command of a driver",
        [RF_LENT_SQE] = "the SQE itself",
        [RF_LENT_REGISTERED] = "registered buffer",
        [RF_LENT_PROVIDED] = "provided buffer",
        [RF_LENT_AREA] = "area and refill ring",
        [RF_LENT_FD] = "descriptor",
        [RF_LENT_DIRFD] = "descriptor of a directory",
        [RF_LENT_FILE_SLOT] = "slot of a registered file",
        [RF_LENT_FREE_SLOT] = "slot for a file",
        [RF_LENT_BUFFER_SLOT] = "slot of a registered buffer",
        [RF_LENT_BUFFER_GROUP] = "group of provided buffers",
        [RF_LENT_PROCESS] = "process, group or pidfd",
        [RF_LENT_PERSONALITY] = "registered credentials",
        [RF_LENT_ZCRX] = "receive queue",
    };
    RF_STATIC_ASSERT(COUNT_OF(words) == RF_LENTS, "words for each");
    return WORD_AT(words, lent);
}

const char *rf_direction_words(enum rf_direction dir)
{
    static const char *const words[] = {
        [RF_KERNEL_NEITHER] = "the kernel keeps it",
        [RF_KERNEL_READS] = "the kernel reads",
        [RF_KERNEL_WRITES] = "the kernel writes",
        [RF_KERNEL_BOTH] = "the kernel reads and writes",
    };
    return WORD_AT(words, dir);
}

const char *rf_until_name(enum rf_until until)
{
    static const char *const names[] = {
        [RF_UNTIL_CONSUMED] = "consumed",
        [RF_UNTIL_COMPLETED] = "completed",
        [RF_UNTIL_NOTIFIED] = "notified",
        [RF_UNTIL_LAST] = "last",
        [RF_UNTIL_UNREGISTERED] = "unregistered",
        [RF_UNTIL_ISSUED] = "issued",
        [RF_UNTIL_RETURNED] = "returned",
        [RF_UNTIL_CALLED] = "called",
        [RF_UNTIL_RING_GONE] = "ring gone",
    };
    RF_STATIC_ASSERT(COUNT_OF(names) == RF_UNTILS, "a name for each");
    return WORD_AT(names, until);
}

const char *rf_until_words(enum rf_until until)
{
    static const char *const words[] = {
        [RF_UNTIL_CONSUMED] =
            "Leave it alone until the SQE is consumed: rf_submit() counted it; or, with "
            "RF_SETUP_SQPOLL, the SQ thread has passed it. The kernel has a copy then.",
        [RF_UNTIL_COMPLETED] =
            "Leave it alone until the operation is completed: its CQE without RF_CQE_F_MORE.",
        [RF_UNTIL_NOTIFIED] =
            "Leave it alone until the CQE with RF_CQE_F_NOTIF; or until the first one, if that "
            "has no RF_CQE_F_MORE.",
        [RF_UNTIL_LAST] =
            "Leave it alone until the last CQE of the multishot: the one without RF_CQE_F_MORE.",
        [RF_UNTIL_UNREGISTERED] =
            "Leave it alone until it is unregistered and every operation that used it is "
            "completed.",
        [RF_UNTIL_ISSUED] =
            "Keep it what it is until the operation is completed, its CQE without RF_CQE_F_MORE: "
            "it is looked up when the operation starts, and nothing tells when that is.",
        [RF_UNTIL_RETURNED] =
            "Leave it alone until a CQE brings its id without RF_CQE_F_BUF_MORE, or it is removed.",
        [RF_UNTIL_CALLED] = "Leave it alone until the call returns.",
        [RF_UNTIL_RING_GONE] =
            "Leave it alone until the ring is gone, which is later than rf_deinit().",
    };
    RF_STATIC_ASSERT(COUNT_OF(words) == RF_UNTILS, "words for each");
    return WORD_AT(words, until);
}
