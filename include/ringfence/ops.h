/* SPDX-License-Identifier: MIT */
/*
 * ops.h - the table of operations: what an SQE says, and what it lends.
 *
 *     const struct rf_op_info *op = rf_op_info(RF_OP_READ);
 *     for (size_t i = 0; i < op->loan_count; i++)
 *         puts(rf_until_words(op->loans[i].until));
 *
 * One row per opcode: number, name, first kernel, the functions that queue it, what
 * each field of the SQE means, what res is, and for each pointer, handle and
 * descriptor whether the kernel reads or writes it and until when it is lent. The
 * probe, the tool, the manual and the tests read this table, and so can a program.
 * What holds for all operations alike stands in two shorter tables at the end.
 *
 * Kernels differ, and grow. The table says what Linux 6.18 does, unless it names
 * another one; tests/test_ops_kernel.c and tests/test_loans_*.c hold it against the
 * kernel that runs. What an older kernel lacks is told as "since"; it may also
 * ignore what is refused here.
 *
 * All of it is constant data, in English: nothing is allocated, errno is neither
 * read nor changed, every string lives as long as the program, and any thread may
 * ask. A pointer in a row may be NULL only where its comment says so.
 */
#ifndef RINGFENCE_OPS_H
#define RINGFENCE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>

RF_BEGIN_DECLS

/* --- the fields of an SQE ------------------------------------------------ */

/*
 * Where in an SQE something stands. Fields overlap: one that is known by half
 * is named by that half. The opcode itself is not among them.
 */
enum rf_sqe_field {
    RF_FIELD_NONE = 0,
    RF_FIELD_FLAGS = 1,        /* byte 1: RF_SQE_..., for every operation */
    RF_FIELD_IOPRIO = 2,       /* byte 2, 2 bytes */
    RF_FIELD_FD = 3,           /* byte 4, 4 bytes */
    RF_FIELD_OFF = 4,          /* byte 8, 8 bytes: off, addr2 */
    RF_FIELD_CMD_OP = 5,       /* byte 8, 4 bytes: the first half of it */
    RF_FIELD_PAD1 = 6,         /* byte 12, 4 bytes: the second half of it */
    RF_FIELD_ADDR = 7,         /* byte 16, 8 bytes */
    RF_FIELD_LEN = 8,          /* byte 24, 4 bytes */
    RF_FIELD_RW_FLAGS = 9,     /* byte 28, 4 bytes: rw_flags, msg_flags, ... */
    RF_FIELD_USER_DATA = 10,   /* byte 32, 8 bytes: for every operation */
    RF_FIELD_BUF_INDEX = 11,   /* byte 40, 2 bytes: buf_index, buf_group */
    RF_FIELD_PERSONALITY = 12, /* byte 42, 2 bytes: for nearly every operation */
    RF_FIELD_FILE_INDEX = 13,  /* byte 44, 4 bytes: file_index, splice_fd_in, optlen, ... */
    RF_FIELD_ADDR_LEN = 14,    /* byte 44, 2 bytes: the first half of it */
    RF_FIELD_PAD3 = 15,        /* byte 46, 2 bytes: the second half of it */
    RF_FIELD_ADDR3 = 16,       /* byte 48, 8 bytes: addr3, attr_ptr, optval */
    RF_FIELD_PAD2 = 17,        /* byte 56, 8 bytes: attr_type_mask */
    RF_FIELD_LEVEL = 18,       /* byte 16, 4 bytes: the first half of addr */
    RF_FIELD_OPTNAME = 19,     /* byte 20, 4 bytes: the second half of addr */

    RF_FIELDS = 20
};

/* A set of fields. */
#define RF_FIELD_BIT(field) (1U << (field))

/* What is known of a field without knowing the opcode. */
struct rf_sqe_field_info {
    const char *name; /* "off" */
    uint8_t offset;   /* bytes from the start of the SQE */
    uint8_t bytes;    /* 1, 2, 4 or 8 */
};

/* The field; NULL for RF_FIELD_NONE and for what is none. */
RF_API RF_NODISCARD const struct rf_sqe_field_info *rf_sqe_field_info(enum rf_sqe_field field);

/* What the field holds, without sign; 0 for RF_FIELD_NONE and for what is none. */
RF_API RF_NODISCARD uint64_t rf_sqe_field_value(const struct rf_sqe *sqe, enum rf_sqe_field field);

/*
 * A question to one field. Flags decide what an SQE means: the same addr is a
 * buffer or an array of iovecs.
 */
enum rf_sqe_test_kind {
    RF_TEST_ALWAYS = 0,  /* true, whatever the field holds */
    RF_TEST_ALL = 1,     /* all of these bits are set */
    RF_TEST_NOT_ALL = 2, /* not all of them */
    RF_TEST_ANY = 3,     /* at least one of them is */
    RF_TEST_NONE = 4,    /* none of them */
    RF_TEST_IS = 5       /* the field holds this value */
};

struct rf_sqe_test {
    enum rf_sqe_field field;
    enum rf_sqe_test_kind kind;
    uint64_t bits;
};

/* What the SQE answers. */
RF_API RF_NODISCARD bool rf_sqe_test_holds(const struct rf_sqe_test *test,
                                           const struct rf_sqe *sqe);

/* --- what operations lend to the kernel ---------------------------------- */

/* What is lent. The order within the groups means nothing; new ones go to the end. */
enum rf_lent {
    /* Memory of the program's, at an address. */
    RF_LENT_DATA = 0,         /* bytes to be read or written */
    RF_LENT_IOVECS = 1,       /* struct iovec [] */
    RF_LENT_MSGHDR = 2,       /* struct msghdr */
    RF_LENT_SOCKADDR = 3,     /* struct sockaddr of some kind */
    RF_LENT_SOCKLEN = 4,      /* socklen_t */
    RF_LENT_CONTROL = 5,      /* control data: struct cmsghdr and what follows */
    RF_LENT_PATH = 6,         /* a path name, or another text that ends with a NUL */
    RF_LENT_OPEN_HOW = 7,     /* struct open_how */
    RF_LENT_STATX = 8,        /* struct statx */
    RF_LENT_TIMESPEC = 9,     /* struct rf_timespec */
    RF_LENT_EPOLL_EVENTS = 10, /* struct epoll_event, one or several */
    RF_LENT_FDS = 11,         /* int [], descriptors or slots */
    RF_LENT_FUTEX = 12,       /* a futex: uint32_t */
    RF_LENT_FUTEX_WAITV = 13, /* struct futex_waitv [] */
    RF_LENT_SIGINFO = 14,     /* siginfo_t */
    RF_LENT_OPTVAL = 15,      /* the value of a socket option */
    RF_LENT_PI = 16,          /* struct rf_attr_pi */
    RF_LENT_COMMAND = 17,     /* what a driver makes of it */
    RF_LENT_SQE = 18,         /* the SQE itself */

    /* Memory that was lent before, by a registration or as a provided buffer. */
    RF_LENT_REGISTERED = 19, /* a registered buffer */
    RF_LENT_PROVIDED = 20,   /* a provided buffer */
    RF_LENT_AREA = 21,       /* the area of zero-copy receive, and its refill ring */

    /* Numbers that stand for something which must stay what it is. */
    RF_LENT_FD = 22,           /* a descriptor */
    RF_LENT_DIRFD = 23,        /* the descriptor that a path starts at, or AT_FDCWD */
    RF_LENT_FILE_SLOT = 24,    /* a slot of the registered files, to take a file from */
    RF_LENT_FREE_SLOT = 25,    /* a slot of the registered files, to put a file into */
    RF_LENT_BUFFER_SLOT = 26,  /* a slot of the registered buffers */
    RF_LENT_BUFFER_GROUP = 27, /* a group of provided buffers */
    RF_LENT_PROCESS = 28,      /* a process id, process group or pidfd */
    RF_LENT_PERSONALITY = 29,  /* registered credentials */
    RF_LENT_ZCRX = 30,         /* a registered receive queue */

    RF_LENTS = 31
};

/* Two bits: what the kernel does to the memory. */
enum rf_direction {
    RF_KERNEL_NEITHER = 0, /* a number, or an address that is only recorded */
    RF_KERNEL_READS = 1,
    RF_KERNEL_WRITES = 2,
    RF_KERNEL_BOTH = 3
};

/*
 * When the loan ends. Until then the memory must stay mapped and unchanged (or,
 * where the kernel writes, unread), and the number must keep its meaning.
 */
enum rf_until {
    /* (a) The SQE was consumed: rf_submit() counted it; with RF_SETUP_SQPOLL, the SQ
     * thread has passed it. The kernel has its own copy then. */
    RF_UNTIL_CONSUMED = 0,
    /* (b) The operation is completed: its CQE without RF_CQE_F_MORE was taken. */
    RF_UNTIL_COMPLETED = 1,
    /* (c) The CQE with RF_CQE_F_NOTIF was taken, or a first one without RF_CQE_F_MORE. */
    RF_UNTIL_NOTIFIED = 2,
    /* (d) The last CQE of a multishot was taken: again, the one without RF_CQE_F_MORE. */
    RF_UNTIL_LAST = 3,
    /* (e) Unregistered, and every operation that used it is completed. A tag's CQE tells. */
    RF_UNTIL_UNREGISTERED = 4,
    /* (f) The kernel has looked the number up, which no CQE tells: treat it as (b). */
    RF_UNTIL_ISSUED = 5,
    /* A CQE brought the buffer's id without RF_CQE_F_BUF_MORE, or it was removed. */
    RF_UNTIL_RETURNED = 6,
    /* The call returns. */
    RF_UNTIL_CALLED = 7,
    /* The ring is gone, which is later than rf_deinit(). */
    RF_UNTIL_RING_GONE = 8,

    RF_UNTILS = 9
};

/* How much memory. */
enum rf_extent {
    RF_EXTENT_NONE = 0,   /* no memory: a number */
    RF_EXTENT_BYTES = 1,  /* unit bytes, times the values of the fields in times[] */
    RF_EXTENT_STRING = 2, /* up to and with the first NUL */
    RF_EXTENT_TOLD = 3,   /* what lies beside the address tells: iov_len, *addrlen, ... */
    RF_EXTENT_DRIVER = 4  /* whoever carries the command out knows */
};

/*
 * One thing that an SQE lends. Rows follow each other as the things lie in each
 * other: a row of depth 1 is named in the memory of the last row of depth 0, and
 * applies only where that one does.
 */
struct rf_op_loan {
    enum rf_sqe_field field; /* where the address or number of depth 0 stands */
    uint8_t depth;
    enum rf_lent lent;
    enum rf_direction direction;
    enum rf_until until;
    /* The same, if the operation is tried while it is submitted: neither linked
     * to an earlier one, nor RF_SQE_IO_DRAIN, nor RF_SQE_ASYNC. Never later than until. */
    enum rf_until until_inline;
    enum rf_extent extent;
    uint32_t unit;                /* RF_EXTENT_BYTES: bytes of one element */
    enum rf_sqe_field times[2];   /* RF_EXTENT_BYTES: fields, or RF_FIELD_NONE */
    struct rf_sqe_test when[2];   /* it is lent at all only if both hold */
    const char *member;           /* depth above 0: where it is named, "msg_name"; else NULL */
    const char *condition;        /* when, in words: "with RF_SQE_BUFFER_SELECT"; NULL: always */
    const char *note;             /* a sentence or two, or NULL */
    const char *source;           /* file and function in Linux: "rw.c:io_rw_do_import" */
};

/**
 * rf_op_loan_applies() - does this SQE lend what the row says?
 *
 * True if the row's questions hold; for an address of depth 0 it must not be 0
 * besides. For deeper rows only their own questions are asked.
 */
RF_API RF_NODISCARD bool rf_op_loan_applies(const struct rf_op_loan *loan,
                                            const struct rf_sqe *sqe);

/* What is lent, in words: "array of struct iovec". Never NULL: "?" for what is none. */
RF_API RF_NODISCARD const char *rf_lent_words(enum rf_lent lent);

/* What the kernel does to it: "the kernel reads". Never NULL: "?" for what is none. */
RF_API RF_NODISCARD const char *rf_direction_words(enum rf_direction dir);

/* When the loan ends, in a word: "consumed". Never NULL: "?" for what is none. */
RF_API RF_NODISCARD const char *rf_until_name(enum rf_until until);

/* When the loan ends, in a sentence. Never NULL: "?" for what is none. */
RF_API RF_NODISCARD const char *rf_until_words(enum rf_until until);

/* Is it an address of memory, rather than a number? */
RF_API RF_NODISCARD bool rf_lent_is_memory(enum rf_lent lent);

/* --- the table of operations --------------------------------------------- */

/*
 * What a field means to an operation. All NULL: nothing. One that must be zero
 * may have words too: a parameter for what kernels may take one day.
 */
struct rf_op_field {
    const char *name;     /* how struct rf_sqe calls it there: "msg_flags", "addr2" */
    const char *type;     /* what it holds: "void *", "uint32_t" */
    const char *argument; /* the parameters that fill it, "buf"; NULL: set it after the prep */
    const char *meaning;  /* what it says, in a few words */
};

/* Something that an operation can do, or not. */
struct rf_op_feature {
    const char *since; /* the first kernel, "6.0"; NULL: it cannot, and all else is empty */
    bool always;       /* it does nothing else; the SQE is refused without */
    struct rf_sqe_test when; /* how the SQE asks for it */
    const char *how;   /* the same in words */
};

/* What RF_SQE_FIXED_FILE does to an operation: fd is a slot of the registered files. */
enum rf_fixed_file {
    RF_FIXED_FILE_USED = 0,    /* fd is a slot */
    RF_FIXED_FILE_IGNORED = 1, /* nothing: there is no file, or fd stays a descriptor */
    RF_FIXED_FILE_MUST = 2,    /* fd is always a slot; -EBADF without the flag */
    RF_FIXED_FILE_EBADF = 3,   /* it is refused: -EBADF */
    RF_FIXED_FILE_EINVAL = 4,  /* it is refused: -EINVAL */

    RF_FIXED_FILES = 5
};

/* Does the operation need a worker, a thread of the kernel's? */
enum rf_worker {
    RF_WORKER_NEVER = 0,
    RF_WORKER_SOMETIMES = 1, /* if it cannot be done at once and the file cannot be polled */
    RF_WORKER_ALWAYS = 2,

    RF_WORKERS = 3
};

/* One row of the table. */
struct rf_op_info {
    uint32_t opcode;    /* RF_OP_... */
    const char *name;   /* "READ" */
    const char *since;  /* the first kernel, "5.6" */
    const char *text;   /* a few words, at most 44 characters: "pread(2), read(2)" */
    const char *result; /* res on success: "bytes read, ..." */
    const char *notes;  /* sentences, or NULL */

    const char *const *calls; /* functions that queue it: "rf_prep_read(sqe, fd, ...)" */
    size_t call_count;

    struct rf_op_field fields[RF_FIELDS]; /* by enum rf_sqe_field */
    uint32_t must_be_zero; /* RF_FIELD_BIT()s: -EINVAL if one of these is not 0 */

    struct rf_op_feature multishot;         /* more than one CQE, all but the last with MORE */
    struct rf_op_feature notification;      /* a second CQE, RF_CQE_F_NOTIF, for the memory */
    struct rf_op_feature buffer_select;     /* RF_SQE_BUFFER_SELECT; else -EOPNOTSUPP */
    struct rf_op_feature registered_buffer; /* memory that is registered */

    enum rf_fixed_file fixed_file;
    enum rf_worker worker;
    const char *worker_note; /* when, or NULL */
    bool iopoll;             /* allowed on an RF_SETUP_IOPOLL ring; else -EINVAL */
    uint32_t sqe_bytes;      /* 64, or 128: takes two slots */

    const struct rf_op_loan *loans; /* what it lends besides rf_common_loan_at() */
    size_t loan_count;
};

/**
 * rf_op_info() - the row of an operation.
 *
 * @opcode  RF_OP_..., or any other number.
 *
 * Returns the row, or NULL beyond the end of the table. A program that was
 * built with an older ringfence may find rows beyond its own RF_OP_LAST.
 */
RF_API RF_NODISCARD const struct rf_op_info *rf_op_info(uint32_t opcode);

/* The fields that mean something to the operation, as RF_FIELD_BIT()s. */
RF_API RF_NODISCARD uint32_t rf_op_fields_used(const struct rf_op_info *op);

/* --- what holds for all operations --------------------------------------- */

/* What every SQE lends, by @index; NULL beyond the end. */
RF_API RF_NODISCARD const struct rf_op_loan *rf_common_loan_at(size_t index);

/* How many there are. */
RF_API RF_NODISCARD size_t rf_common_loan_count(void);

/* What a rule is about. */
enum rf_rule_about {
    RF_RULE_RESULTS = 0,      /* what CQEs say */
    RF_RULE_FLAGS = 1,        /* what flags and kinds of rings do to loans */
    RF_RULE_REGISTERED = 2,   /* registered and provided memory */
    RF_RULE_CALLS = 3,        /* arguments of the system calls */
    RF_RULE_ENDS = 4          /* closing, threads and processes that end */
};

/* What no single operation can say about loans. */
struct rf_rule {
    enum rf_rule_about about;
    const char *subject; /* "RF_SQE_IO_LINK" */
    const char *text;    /* sentences */
    const char *source;  /* file and function in Linux, or "measured" */
};

/* A rule, @index 0 .. rf_rule_count() - 1, in the order of what they are about; NULL beyond. */
RF_API RF_NODISCARD const struct rf_rule *rf_rule_at(size_t index);

/* How many rules there are. */
RF_API RF_NODISCARD size_t rf_rule_count(void);

/* What a group of rules is called: "Flags and kinds of rings". Never NULL. */
RF_API RF_NODISCARD const char *rf_rule_about_words(enum rf_rule_about about);

RF_END_DECLS

#endif
