/* SPDX-License-Identifier: MIT */
/*
 * abi.h - the structs and constants of the kernel's io_uring interface.
 *
 * This header has data only, no functions, and needs no kernel header, so a
 * program can be built on a machine whose <linux/io_uring.h> is older than
 * the kernel it will run on. It may be included together with that header
 * and with <liburing.h>, in any order.
 *
 * Names follow the kernel's mechanically:
 *
 *   IORING_X, IO_URING_X, IOU_X        RF_X
 *   IOSQE_X                            RF_SQE_X
 *   IO_WQ_X, ZCRX_X, SPLICE_F_X, SOCKET_URING_OP_X
 *                                      RF_WQ_X, RF_ZCRX_X, and so on
 *   struct io_uring_x, struct zcrx_x   struct rf_x, struct rf_zcrx_x
 *   struct io_sqring_offsets           struct rf_sqring_offsets
 *   struct __kernel_timespec           struct rf_timespec
 *
 * Struct members keep the kernel's names, without leading underscores. What
 * is called pad or resv must be zero when the kernel reads the struct.
 *
 * The number in the comment of a constant is the first kernel release with
 * it. Having a constant here does not mean that the running kernel knows it.
 * The newest release covered is 7.2. What only development trees have is left
 * out: names and numbers still change there.
 *
 * Byte order and size are those of the machine. Every 64-bit member lies on
 * a multiple of 8, so 32-bit and 64-bit programs see the same layout. An
 * address goes into a uint64_t as (uint64_t)(uintptr_t)pointer.
 */
#ifndef RINGFENCE_ABI_H
#define RINGFENCE_ABI_H

#include <stdint.h>

/* A fact the compiler checks, in C11 and in C++11. */
#ifdef __cplusplus
#define RF_STATIC_ASSERT(condition, message) static_assert(condition, message)
#else
#define RF_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#endif

/* ------------------------------------------------------------------ time */

/*
 * Seconds and nanoseconds, for timeouts. 64 bits on every machine, which
 * struct timespec is not. Belongs to the caller; when it may be reused
 * depends on the request that points to it.
 */
struct rf_timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};
RF_STATIC_ASSERT(sizeof(struct rf_timespec) == 16, "kernel ABI");

/* -------------------------------------------------- submission queue entry */

/*
 * A struct without a name inside a union without a name: C11 has both, C++
 * as an extension. __extension__ says so to gcc; clang wants it this way.
 */
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnested-anon-types"
#endif

/*
 * One request. Lives in the submission queue: memory shared with the kernel,
 * written by the program until it publishes the tail, read by the kernel
 * after that.
 *
 * Many members are names for the same bytes; the opcode decides which apply.
 * All other bytes must be zero: a kernel that gives them a meaning later
 * would act on what was left there.
 */
struct rf_sqe {
    uint8_t opcode;  /* enum rf_op */
    uint8_t flags;   /* RF_SQE_* */
    uint16_t ioprio; /* I/O priority, or RF_RECVSEND_*, RF_ACCEPT_* */
    int32_t fd;      /* file, or slot of a registered file */
    union {
        uint64_t off; /* byte 8: offset in the file */
        uint64_t addr2;
        uint32_t cmd_op; /* URING_CMD; the other half must be 0 */
    };
    union {
        uint64_t addr; /* byte 16: memory, or an array of struct iovec */
        uint64_t splice_off_in;
        __extension__ struct {
            uint32_t level; /* socket options through URING_CMD */
            uint32_t optname;
        };
    };
    uint32_t len; /* byte 24: bytes, or number of iovecs */
    union {
        uint32_t rw_flags; /* byte 28: a word of flags, meaning by opcode */
        uint32_t fsync_flags;
        uint16_t poll_events;   /* before 5.9 */
        uint32_t poll32_events; /* on big endian with its 16-bit halves swapped */
        uint32_t sync_range_flags;
        uint32_t msg_flags;
        uint32_t timeout_flags;
        uint32_t accept_flags;
        uint32_t cancel_flags;
        uint32_t open_flags;
        uint32_t statx_flags;
        uint32_t fadvise_advice;
        uint32_t splice_flags;
        uint32_t rename_flags;
        uint32_t unlink_flags;
        uint32_t hardlink_flags;
        uint32_t xattr_flags;
        uint32_t msg_ring_flags;
        uint32_t uring_cmd_flags;
        uint32_t waitid_flags;
        uint32_t futex_flags;
        uint32_t install_fd_flags;
        uint32_t nop_flags;
        uint32_t pipe_flags;
    };
    uint64_t user_data; /* byte 32: comes back in the completion, unread */
    union {
        uint16_t buf_index; /* byte 40: registered buffer */
        uint16_t buf_group; /* provided buffers, with RF_SQE_BUFFER_SELECT */
    };
    uint16_t personality; /* byte 42: registered credentials, 0 for none */
    union {
        int32_t splice_fd_in; /* byte 44 */
        uint32_t file_index;  /* slot + 1, or RF_FILE_INDEX_ALLOC */
        uint32_t zcrx_ifq_idx;
        uint32_t optlen;
        uint16_t addr_len;
        uint8_t write_stream;
    };
    union {
        uint64_t addr3;    /* byte 48, also the command area: RF_SQE_CMD_OFFSET */
        uint64_t attr_ptr; /* address of a struct rf_attr_pi */
        uint64_t optval;
    };
    union {
        uint64_t attr_type_mask; /* byte 56: RF_RW_ATTR_FLAG_* */
        uint64_t pad2[1];
    };
};
#ifdef __clang__
#pragma clang diagnostic pop
#endif
RF_STATIC_ASSERT(sizeof(struct rf_sqe) == 64, "kernel ABI");

/*
 * Where the free-form area of RF_OP_URING_CMD begins: 16 bytes in a 64-byte
 * entry; 80 bytes in a 128-byte one, of which the last 64 are the next slot.
 */
#define RF_SQE_CMD_OFFSET 48

/* rf_sqe.flags, as bit numbers. */
enum rf_sqe_flags_bit {
    RF_SQE_FIXED_FILE_BIT = 0,
    RF_SQE_IO_DRAIN_BIT = 1,
    RF_SQE_IO_LINK_BIT = 2,
    RF_SQE_IO_HARDLINK_BIT = 3,
    RF_SQE_ASYNC_BIT = 4,
    RF_SQE_BUFFER_SELECT_BIT = 5,
    RF_SQE_CQE_SKIP_SUCCESS_BIT = 6
};

/* rf_sqe.flags */
#define RF_SQE_FIXED_FILE (1U << RF_SQE_FIXED_FILE_BIT)   /* 5.1: fd is a slot */
#define RF_SQE_IO_DRAIN (1U << RF_SQE_IO_DRAIN_BIT)       /* 5.2: after all earlier ones */
#define RF_SQE_IO_LINK (1U << RF_SQE_IO_LINK_BIT)         /* 5.3: next one after this */
#define RF_SQE_IO_HARDLINK (1U << RF_SQE_IO_HARDLINK_BIT) /* 5.5: ... even if it fails */
#define RF_SQE_ASYNC (1U << RF_SQE_ASYNC_BIT)             /* 5.6: to a worker at once */
#define RF_SQE_BUFFER_SELECT (1U << RF_SQE_BUFFER_SELECT_BIT) /* 5.7: from buf_group */
#define RF_SQE_CQE_SKIP_SUCCESS                                                                    \
    (1U << RF_SQE_CQE_SKIP_SUCCESS_BIT) /* 5.17: no completion on success */

/* rf_sqe.opcode: the number of the request, with the kernel it came in. */
enum rf_op {
    RF_OP_NOP = 0,               /* 5.1 */
    RF_OP_READV = 1,             /* 5.1 */
    RF_OP_WRITEV = 2,            /* 5.1 */
    RF_OP_FSYNC = 3,             /* 5.1 */
    RF_OP_READ_FIXED = 4,        /* 5.1 */
    RF_OP_WRITE_FIXED = 5,       /* 5.1 */
    RF_OP_POLL_ADD = 6,          /* 5.1 */
    RF_OP_POLL_REMOVE = 7,       /* 5.1 */
    RF_OP_SYNC_FILE_RANGE = 8,   /* 5.2 */
    RF_OP_SENDMSG = 9,           /* 5.3 */
    RF_OP_RECVMSG = 10,          /* 5.3 */
    RF_OP_TIMEOUT = 11,          /* 5.4 */
    RF_OP_TIMEOUT_REMOVE = 12,   /* 5.5 */
    RF_OP_ACCEPT = 13,           /* 5.5 */
    RF_OP_ASYNC_CANCEL = 14,     /* 5.5 */
    RF_OP_LINK_TIMEOUT = 15,     /* 5.5 */
    RF_OP_CONNECT = 16,          /* 5.5 */
    RF_OP_FALLOCATE = 17,        /* 5.6 */
    RF_OP_OPENAT = 18,           /* 5.6 */
    RF_OP_CLOSE = 19,            /* 5.6 */
    RF_OP_FILES_UPDATE = 20,     /* 5.6 */
    RF_OP_STATX = 21,            /* 5.6 */
    RF_OP_READ = 22,             /* 5.6 */
    RF_OP_WRITE = 23,            /* 5.6 */
    RF_OP_FADVISE = 24,          /* 5.6 */
    RF_OP_MADVISE = 25,          /* 5.6 */
    RF_OP_SEND = 26,             /* 5.6 */
    RF_OP_RECV = 27,             /* 5.6 */
    RF_OP_OPENAT2 = 28,          /* 5.6 */
    RF_OP_EPOLL_CTL = 29,        /* 5.6 */
    RF_OP_SPLICE = 30,           /* 5.7 */
    RF_OP_PROVIDE_BUFFERS = 31,  /* 5.7 */
    RF_OP_REMOVE_BUFFERS = 32,   /* 5.7 */
    RF_OP_TEE = 33,              /* 5.8 */
    RF_OP_SHUTDOWN = 34,         /* 5.11 */
    RF_OP_RENAMEAT = 35,         /* 5.11 */
    RF_OP_UNLINKAT = 36,         /* 5.11 */
    RF_OP_MKDIRAT = 37,          /* 5.15 */
    RF_OP_SYMLINKAT = 38,        /* 5.15 */
    RF_OP_LINKAT = 39,           /* 5.15 */
    RF_OP_MSG_RING = 40,         /* 5.18 */
    RF_OP_FSETXATTR = 41,        /* 5.19 */
    RF_OP_SETXATTR = 42,         /* 5.19 */
    RF_OP_FGETXATTR = 43,        /* 5.19 */
    RF_OP_GETXATTR = 44,         /* 5.19 */
    RF_OP_SOCKET = 45,           /* 5.19 */
    RF_OP_URING_CMD = 46,        /* 5.19 */
    RF_OP_SEND_ZC = 47,          /* 6.0 */
    RF_OP_SENDMSG_ZC = 48,       /* 6.1 */
    RF_OP_READ_MULTISHOT = 49,   /* 6.7 */
    RF_OP_WAITID = 50,           /* 6.7 */
    RF_OP_FUTEX_WAIT = 51,       /* 6.7 */
    RF_OP_FUTEX_WAKE = 52,       /* 6.7 */
    RF_OP_FUTEX_WAITV = 53,      /* 6.7 */
    RF_OP_FIXED_FD_INSTALL = 54, /* 6.8 */
    RF_OP_FTRUNCATE = 55,        /* 6.9 */
    RF_OP_BIND = 56,             /* 6.11 */
    RF_OP_LISTEN = 57,           /* 6.11 */
    RF_OP_RECV_ZC = 58,          /* 6.15 */
    RF_OP_EPOLL_WAIT = 59,       /* 6.15 */
    RF_OP_READV_FIXED = 60,      /* 6.15 */
    RF_OP_WRITEV_FIXED = 61,     /* 6.15 */
    RF_OP_PIPE = 62,             /* 6.16 */
    RF_OP_NOP128 = 63,           /* 6.19, 128-byte entry */
    RF_OP_URING_CMD128 = 64,     /* 6.19, 128-byte entry */

    RF_OP_LAST = 65 /* one more than the last; grows with this header */
};

/* ------------------------------------------------- flag words of requests */

/* rf_sqe.file_index: the kernel picks a free slot (5.19). */
#define RF_FILE_INDEX_ALLOC (~0U)

/* rf_sqe.fsync_flags */
#define RF_FSYNC_DATASYNC (1U << 0) /* 5.1 */

/* rf_sqe.timeout_flags, of TIMEOUT, LINK_TIMEOUT and TIMEOUT_REMOVE */
#define RF_TIMEOUT_ABS (1U << 0)           /* 5.4 */
#define RF_TIMEOUT_UPDATE (1U << 1)        /* 5.11, TIMEOUT_REMOVE */
#define RF_TIMEOUT_BOOTTIME (1U << 2)      /* 5.15 */
#define RF_TIMEOUT_REALTIME (1U << 3)      /* 5.15 */
#define RF_LINK_TIMEOUT_UPDATE (1U << 4)   /* 5.15, TIMEOUT_REMOVE */
#define RF_TIMEOUT_ETIME_SUCCESS (1U << 5) /* 5.16: -ETIME does not break a link */
#define RF_TIMEOUT_MULTISHOT (1U << 6)     /* 6.4 */
#define RF_TIMEOUT_IMMEDIATE_ARG (1U << 7) /* 7.1: addr is nanoseconds, no pointer */
#define RF_TIMEOUT_CLOCK_MASK (RF_TIMEOUT_BOOTTIME | RF_TIMEOUT_REALTIME)
#define RF_TIMEOUT_UPDATE_MASK (RF_TIMEOUT_UPDATE | RF_LINK_TIMEOUT_UPDATE)

/* rf_sqe.splice_flags, beside the SPLICE_F_* of splice(2) */
#define RF_SPLICE_F_FD_IN_FIXED (1U << 31) /* 5.7: splice_fd_in is a slot */

/* rf_sqe.len, of POLL_ADD (first and last) and POLL_REMOVE */
#define RF_POLL_ADD_MULTI (1U << 0)        /* 5.13 */
#define RF_POLL_UPDATE_EVENTS (1U << 1)    /* 5.13 */
#define RF_POLL_UPDATE_USER_DATA (1U << 2) /* 5.13 */
#define RF_POLL_ADD_LEVEL (1U << 3)        /* 6.0; but 6.18 and 7.1 refuse it: -EINVAL */

/* rf_sqe.cancel_flags and rf_sync_cancel_reg.flags */
#define RF_ASYNC_CANCEL_ALL (1U << 0)      /* 5.19: all that match, not the first */
#define RF_ASYNC_CANCEL_FD (1U << 1)       /* 5.19: match the file */
#define RF_ASYNC_CANCEL_ANY (1U << 2)      /* 5.19: everything */
#define RF_ASYNC_CANCEL_FD_FIXED (1U << 3) /* 6.0: fd is a slot */
#define RF_ASYNC_CANCEL_USERDATA (1U << 4) /* 6.6: match user_data too */
#define RF_ASYNC_CANCEL_OP (1U << 5)       /* 6.6: match the opcode, in len */

/* rf_sqe.ioprio, of the send and receive requests */
#define RF_RECVSEND_POLL_FIRST (1U << 0)  /* 5.19: wait before the first attempt */
#define RF_RECV_MULTISHOT (1U << 1)       /* 6.0 */
#define RF_RECVSEND_FIXED_BUF (1U << 2)   /* 6.0: registered buffer, SEND[MSG]_ZC */
#define RF_SEND_ZC_REPORT_USAGE (1U << 3) /* 6.2: see RF_NOTIF_USAGE_ZC_COPIED */
#define RF_RECVSEND_BUNDLE (1U << 4)      /* 6.10: several provided buffers at once */
#define RF_SEND_VECTORIZED (1U << 5)      /* 6.17: addr is an array of iovecs */

/* rf_cqe.res of a zero-copy notification, with RF_SEND_ZC_REPORT_USAGE: a flag. */
#define RF_NOTIF_USAGE_ZC_COPIED (1U << 31) /* 6.2: the data was copied after all */

/* rf_sqe.ioprio, of ACCEPT */
#define RF_ACCEPT_MULTISHOT (1U << 0)  /* 5.19 */
#define RF_ACCEPT_DONTWAIT (1U << 1)   /* 6.10 */
#define RF_ACCEPT_POLL_FIRST (1U << 2) /* 6.10 */

/* rf_sqe.addr, of MSG_RING: what is sent */
enum rf_msg_ring_cmd {
    RF_MSG_DATA = 0,   /* 5.18: a completion with our user_data and res */
    RF_MSG_SEND_FD = 1 /* 6.0: a registered file */
};

/* rf_sqe.msg_ring_flags */
#define RF_MSG_RING_CQE_SKIP (1U << 0)   /* 6.0: no completion there, SEND_FD only */
#define RF_MSG_RING_FLAGS_PASS (1U << 1) /* 6.3: file_index becomes its flags */

/* rf_sqe.install_fd_flags */
#define RF_FIXED_FD_NO_CLOEXEC (1U << 0) /* 6.8 */

/* rf_sqe.nop_flags */
#define RF_NOP_INJECT_RESULT (1U << 0) /* 6.10: res is len */
#define RF_NOP_FILE (1U << 1)          /* 6.13: look fd up */
#define RF_NOP_FIXED_FILE (1U << 2)    /* 6.13: fd is a slot */
#define RF_NOP_FIXED_BUFFER (1U << 3)  /* 6.13: look buf_index up */
#define RF_NOP_TW (1U << 4)            /* 6.17: complete through task work */
#define RF_NOP_CQE32 (1U << 5)         /* 6.18: 32-byte completion with off and addr */

/* rf_sqe.uring_cmd_flags */
#define RF_URING_CMD_FIXED (1U << 0)     /* 5.19: registered buffer buf_index */
#define RF_URING_CMD_MULTISHOT (1U << 1) /* 6.18: with RF_SQE_BUFFER_SELECT */
#define RF_URING_CMD_MASK (RF_URING_CMD_FIXED | RF_URING_CMD_MULTISHOT)

/* rf_sqe.cmd_op, of URING_CMD on a socket */
enum rf_socket_op {
    RF_SOCKET_URING_OP_SIOCINQ = 0,      /* 6.7 */
    RF_SOCKET_URING_OP_SIOCOUTQ = 1,     /* 6.7 */
    RF_SOCKET_URING_OP_GETSOCKOPT = 2,   /* 6.7 */
    RF_SOCKET_URING_OP_SETSOCKOPT = 3,   /* 6.7 */
    RF_SOCKET_URING_OP_TX_TIMESTAMP = 4, /* 6.17 */
    RF_SOCKET_URING_OP_GETSOCKNAME = 5   /* 6.19 */
};

/* rf_sqe.attr_type_mask */
#define RF_RW_ATTR_FLAG_PI (1U << 0) /* 6.14: attr_ptr is a struct rf_attr_pi */

/*
 * Protection information that goes with a read or write. Belongs to the
 * caller; the kernel reads it when it consumes the entry.
 */
struct rf_attr_pi {
    uint16_t flags;
    uint16_t app_tag;
    uint32_t len; /* bytes at addr */
    uint64_t addr;
    uint64_t seed;
    uint64_t rsvd;
};
RF_STATIC_ASSERT(sizeof(struct rf_attr_pi) == 32, "kernel ABI");

/* -------------------------------------------------- completion queue entry */

/*
 * One completion. Lives in the completion queue: memory shared with the
 * kernel, which writes it before it publishes the tail. With RF_SETUP_CQE32,
 * or RF_CQE_F_32 in flags, 16 bytes more follow.
 */
struct rf_cqe {
    uint64_t user_data; /* of the request */
    int32_t res;        /* its result, or a negative errno */
    uint32_t flags;     /* RF_CQE_F_*; the upper half may be a buffer id */
};
RF_STATIC_ASSERT(sizeof(struct rf_cqe) == 16, "kernel ABI");

/* rf_cqe.flags */
#define RF_CQE_F_BUFFER (1U << 0)        /* 5.7: upper 16 bits are a buffer id */
#define RF_CQE_F_MORE (1U << 1)          /* 5.13: the request will complete again */
#define RF_CQE_F_SOCK_NONEMPTY (1U << 2) /* 5.19: the socket holds more data */
#define RF_CQE_F_NOTIF (1U << 3)         /* 6.0: zero-copy notification */
#define RF_CQE_F_BUF_MORE (1U << 4)      /* 6.12: the buffer will be used again */
#define RF_CQE_F_SKIP (1U << 5)          /* 6.18: filler, stands for no request */
#define RF_CQE_F_32 (1U << 15)           /* 6.18: this one has 32 bytes, 2 slots */

/* rf_cqe.flags >> RF_CQE_BUFFER_SHIFT is the buffer id, with RF_CQE_F_BUFFER (5.7). */
#define RF_CQE_BUFFER_SHIFT 16

/*
 * rf_cqe.flags of RF_SOCKET_URING_OP_TX_TIMESTAMP (6.17): the kind of time
 * stamp from bit 17 on. Bit 16 says that the device took it.
 */
#define RF_TIMESTAMP_HW_SHIFT 16
#define RF_TIMESTAMP_TYPE_SHIFT (RF_TIMESTAMP_HW_SHIFT + 1)
#define RF_CQE_F_TSTAMP_HW (1U << RF_TIMESTAMP_HW_SHIFT)

/* The time stamp itself: the second half of that 32-byte completion. */
struct rf_io_timespec {
    uint64_t tv_sec;
    uint64_t tv_nsec;
};
RF_STATIC_ASSERT(sizeof(struct rf_io_timespec) == 16, "kernel ABI");

/* ------------------------------------------------------- io_uring_setup() */

/* rf_params.flags */
#define RF_SETUP_IOPOLL (1U << 0)              /* 5.1: busy-poll the device */
#define RF_SETUP_SQPOLL (1U << 1)              /* 5.1: a kernel thread submits */
#define RF_SETUP_SQ_AFF (1U << 2)              /* 5.1: ... on sq_thread_cpu */
#define RF_SETUP_CQSIZE (1U << 3)              /* 5.5: cq_entries is given */
#define RF_SETUP_CLAMP (1U << 4)               /* 5.6: lower sizes that are too large */
#define RF_SETUP_ATTACH_WQ (1U << 5)           /* 5.6: share the threads of wq_fd */
#define RF_SETUP_R_DISABLED (1U << 6)          /* 5.10: wait for ENABLE_RINGS */
#define RF_SETUP_SUBMIT_ALL (1U << 7)          /* 5.18: go on after a bad entry */
#define RF_SETUP_COOP_TASKRUN (1U << 8)        /* 5.19: do not interrupt the task */
#define RF_SETUP_TASKRUN_FLAG (1U << 9)        /* 5.19: maintain RF_SQ_TASKRUN */
#define RF_SETUP_SQE128 (1U << 10)             /* 5.19: submission entries of 128 bytes */
#define RF_SETUP_CQE32 (1U << 11)              /* 5.19: completions of 32 bytes */
#define RF_SETUP_SINGLE_ISSUER (1U << 12)      /* 6.0: one thread submits */
#define RF_SETUP_DEFER_TASKRUN (1U << 13)      /* 6.1: work only when waiting */
#define RF_SETUP_NO_MMAP (1U << 14)            /* 6.5: memory from the program */
#define RF_SETUP_REGISTERED_FD_ONLY (1U << 15) /* 6.5: no fd, only an index */
#define RF_SETUP_NO_SQARRAY (1U << 16)         /* 6.6: no index array */
#define RF_SETUP_HYBRID_IOPOLL (1U << 17)      /* 6.13: sleep a little, then poll */
#define RF_SETUP_CQE_MIXED (1U << 18)          /* 6.18: completions of both sizes */
#define RF_SETUP_SQE_MIXED (1U << 19)          /* 6.19: entries of both sizes */
#define RF_SETUP_SQ_REWIND (1U << 20)          /* 7.0: always from slot 0 */

/* rf_params.features, set by the kernel */
#define RF_FEAT_SINGLE_MMAP (1U << 0)      /* 5.4: both rings in one mapping */
#define RF_FEAT_NODROP (1U << 1)           /* 5.5: overflow is kept, not lost */
#define RF_FEAT_SUBMIT_STABLE (1U << 2)    /* 5.5: arguments are copied at submission */
#define RF_FEAT_RW_CUR_POS (1U << 3)       /* 5.6: off -1 is the file position */
#define RF_FEAT_CUR_PERSONALITY (1U << 4)  /* 5.6: credentials of the submitter */
#define RF_FEAT_FAST_POLL (1U << 5)        /* 5.7: no worker for pollable files */
#define RF_FEAT_POLL_32BITS (1U << 6)      /* 5.9: poll32_events */
#define RF_FEAT_SQPOLL_NONFIXED (1U << 7)  /* 5.11: SQPOLL takes ordinary files */
#define RF_FEAT_EXT_ARG (1U << 8)          /* 5.11: RF_ENTER_EXT_ARG */
#define RF_FEAT_NATIVE_WORKERS (1U << 9)   /* 5.12: workers are threads of the process */
#define RF_FEAT_RSRC_TAGS (1U << 10)       /* 5.13: FILES2, BUFFERS2 and updates */
#define RF_FEAT_CQE_SKIP (1U << 11)        /* 5.17: RF_SQE_CQE_SKIP_SUCCESS */
#define RF_FEAT_LINKED_FILE (1U << 12)     /* 5.17: link members look files up late */
#define RF_FEAT_REG_REG_RING (1U << 13)    /* 6.3: RF_REGISTER_USE_REGISTERED_RING */
#define RF_FEAT_RECVSEND_BUNDLE (1U << 14) /* 6.10: RF_RECVSEND_BUNDLE */
#define RF_FEAT_MIN_TIMEOUT (1U << 15)     /* 6.12: rf_getevents_arg.min_wait_usec */
#define RF_FEAT_RW_ATTR (1U << 16)         /* 6.14: attr_ptr */
#define RF_FEAT_NO_IOWAIT (1U << 17)       /* 6.15: RF_ENTER_NO_IOWAIT */

/* Offsets for mmap(2) on the ring. */
#define RF_OFF_SQ_RING UINT64_C(0)            /* 5.1 */
#define RF_OFF_CQ_RING UINT64_C(0x8000000)    /* 5.1 */
#define RF_OFF_SQES UINT64_C(0x10000000)      /* 5.1 */
#define RF_OFF_PBUF_RING UINT64_C(0x80000000) /* 6.4: | group << RF_OFF_PBUF_SHIFT */
#define RF_OFF_PBUF_SHIFT 16
#define RF_OFF_MMAP_MASK UINT64_C(0xf8000000)

/*
 * Where the words of the submission ring are: byte offsets in its mapping.
 * Part of rf_params, written by the kernel; but user_addr is written by the
 * program, with RF_SETUP_NO_MMAP: the memory for the entries (6.5). array is
 * left as it was with RF_SETUP_NO_SQARRAY.
 */
struct rf_sqring_offsets {
    uint32_t head;
    uint32_t tail;
    uint32_t ring_mask;
    uint32_t ring_entries;
    uint32_t flags; /* the word with RF_SQ_* */
    uint32_t dropped;
    uint32_t array;
    uint32_t resv1;
    uint64_t user_addr;
};
RF_STATIC_ASSERT(sizeof(struct rf_sqring_offsets) == 40, "kernel ABI");

/* The word at rf_sqring_offsets.flags, written by the kernel */
#define RF_SQ_NEED_WAKEUP (1U << 0) /* 5.1: the SQPOLL thread sleeps */
#define RF_SQ_CQ_OVERFLOW (1U << 1) /* 5.8: completions wait in the kernel */
#define RF_SQ_TASKRUN (1U << 2)     /* 5.19: work waits for the task to enter */

/*
 * The same for the completion ring. user_addr is the memory for both rings
 * with RF_SETUP_NO_MMAP (6.5). flags is 0 before 5.8: no such word.
 */
struct rf_cqring_offsets {
    uint32_t head;
    uint32_t tail;
    uint32_t ring_mask;
    uint32_t ring_entries;
    uint32_t overflow;
    uint32_t cqes;
    uint32_t flags; /* the word with RF_CQ_* */
    uint32_t resv1;
    uint64_t user_addr;
};
RF_STATIC_ASSERT(sizeof(struct rf_cqring_offsets) == 40, "kernel ABI");

/* The word at rf_cqring_offsets.flags, written by the program */
#define RF_CQ_EVENTFD_DISABLED (1U << 0) /* 5.8: do not signal the eventfd */

/*
 * Argument of io_uring_setup(): what the program wishes, and what it got.
 * Belongs to the caller and is used only during the call. Also the argument
 * of RF_REGISTER_RESIZE_RINGS.
 */
struct rf_params {
    uint32_t sq_entries; /* out */
    uint32_t cq_entries; /* in with RF_SETUP_CQSIZE; out */
    uint32_t flags;      /* in: RF_SETUP_* */
    uint32_t sq_thread_cpu;  /* in, with RF_SETUP_SQ_AFF */
    uint32_t sq_thread_idle; /* in: milliseconds; 0 is one second */
    uint32_t features;       /* out: RF_FEAT_* */
    uint32_t wq_fd;          /* in, with RF_SETUP_ATTACH_WQ */
    uint32_t resv[3];
    struct rf_sqring_offsets sq_off;
    struct rf_cqring_offsets cq_off;
};
RF_STATIC_ASSERT(sizeof(struct rf_params) == 120, "kernel ABI");

/* ------------------------------------------------------- io_uring_enter() */

/* The flags argument of io_uring_enter() */
#define RF_ENTER_GETEVENTS (1U << 0)       /* 5.1: wait for min_complete */
#define RF_ENTER_SQ_WAKEUP (1U << 1)       /* 5.1: wake the SQPOLL thread */
#define RF_ENTER_SQ_WAIT (1U << 2)         /* 5.10: wait for room, SQPOLL */
#define RF_ENTER_EXT_ARG (1U << 3)         /* 5.11: arg is a struct rf_getevents_arg */
#define RF_ENTER_REGISTERED_RING (1U << 4) /* 5.18: fd is a registered index */
#define RF_ENTER_ABS_TIMER (1U << 5)       /* 6.12: the timeout is a point in time */
#define RF_ENTER_EXT_ARG_REG (1U << 6)     /* 6.13: arg is an offset, with EXT_ARG */
#define RF_ENTER_NO_IOWAIT (1U << 7)       /* 6.15: the wait is no iowait */

/* Argument of io_uring_enter() with RF_ENTER_EXT_ARG. Read during the call. */
struct rf_getevents_arg {
    uint64_t sigmask; /* address of a signal set, or 0 */
    uint32_t sigmask_sz;
    uint32_t min_wait_usec; /* 6.12; must be 0 before */
    uint64_t ts;            /* address of a struct rf_timespec, or 0 */
};
RF_STATIC_ASSERT(sizeof(struct rf_getevents_arg) == 24, "kernel ABI");

/* rf_reg_wait.flags */
#define RF_REG_WAIT_TS (1U << 0) /* 6.13: ts is used; otherwise no timeout */

/*
 * The same in a registered memory region, for RF_ENTER_EXT_ARG_REG (6.13).
 * The kernel reads it at each entry.
 */
struct rf_reg_wait {
    struct rf_timespec ts;
    uint32_t min_wait_usec;
    uint32_t flags;
    uint64_t sigmask;
    uint32_t sigmask_sz;
    uint32_t pad[3];
    uint64_t pad2[2];
};
RF_STATIC_ASSERT(sizeof(struct rf_reg_wait) == 64, "kernel ABI");

/* ---------------------------------------------------- io_uring_register() */

/* The opcode argument of io_uring_register() */
enum rf_register_op {
    RF_REGISTER_BUFFERS = 0,            /* 5.1 */
    RF_UNREGISTER_BUFFERS = 1,          /* 5.1 */
    RF_REGISTER_FILES = 2,              /* 5.1 */
    RF_UNREGISTER_FILES = 3,            /* 5.1 */
    RF_REGISTER_EVENTFD = 4,            /* 5.2 */
    RF_UNREGISTER_EVENTFD = 5,          /* 5.2 */
    RF_REGISTER_FILES_UPDATE = 6,       /* 5.5 */
    RF_REGISTER_EVENTFD_ASYNC = 7,      /* 5.6 */
    RF_REGISTER_PROBE = 8,              /* 5.6 */
    RF_REGISTER_PERSONALITY = 9,        /* 5.6 */
    RF_UNREGISTER_PERSONALITY = 10,     /* 5.6 */
    RF_REGISTER_RESTRICTIONS = 11,      /* 5.10 */
    RF_REGISTER_ENABLE_RINGS = 12,      /* 5.10 */
    RF_REGISTER_FILES2 = 13,            /* 5.13 */
    RF_REGISTER_FILES_UPDATE2 = 14,     /* 5.13 */
    RF_REGISTER_BUFFERS2 = 15,          /* 5.13 */
    RF_REGISTER_BUFFERS_UPDATE = 16,    /* 5.13 */
    RF_REGISTER_IOWQ_AFF = 17,          /* 5.14 */
    RF_UNREGISTER_IOWQ_AFF = 18,        /* 5.14 */
    RF_REGISTER_IOWQ_MAX_WORKERS = 19,  /* 5.15 */
    RF_REGISTER_RING_FDS = 20,          /* 5.18 */
    RF_UNREGISTER_RING_FDS = 21,        /* 5.18 */
    RF_REGISTER_PBUF_RING = 22,         /* 5.19 */
    RF_UNREGISTER_PBUF_RING = 23,       /* 5.19 */
    RF_REGISTER_SYNC_CANCEL = 24,       /* 6.0 */
    RF_REGISTER_FILE_ALLOC_RANGE = 25,  /* 6.0 */
    RF_REGISTER_PBUF_STATUS = 26,       /* 6.8 */
    RF_REGISTER_NAPI = 27,              /* 6.9 */
    RF_UNREGISTER_NAPI = 28,            /* 6.9 */
    RF_REGISTER_CLOCK = 29,             /* 6.12 */
    RF_REGISTER_CLONE_BUFFERS = 30,     /* 6.12 */
    RF_REGISTER_SEND_MSG_RING = 31,     /* 6.13 */
    RF_REGISTER_ZCRX_IFQ = 32,          /* 6.15 */
    RF_REGISTER_RESIZE_RINGS = 33,      /* 6.13 */
    RF_REGISTER_MEM_REGION = 34,        /* 6.13 */
    RF_REGISTER_QUERY = 35,             /* 6.18 */
    RF_REGISTER_ZCRX_CTRL = 36,         /* 6.19 */
    RF_REGISTER_BPF_FILTER = 37,        /* 7.0 */

    RF_REGISTER_LAST = 38 /* one more than the last; grows with this header */
};

/* Or-ed to the opcode: fd is an index from RF_REGISTER_RING_FDS (6.3). */
#define RF_REGISTER_USE_REGISTERED_RING (1U << 31)

/* Indices of the two numbers that RF_REGISTER_IOWQ_MAX_WORKERS takes (5.15). */
enum rf_wq_kind {
    RF_WQ_BOUND = 0,  /* regular files and block devices */
    RF_WQ_UNBOUND = 1 /* everything else */
};

/* In an array of files: leave this slot alone (5.12). -1 empties the slot. */
#define RF_REGISTER_FILES_SKIP (-2)

/* Argument of RF_REGISTER_FILES_UPDATE, and rf_rsrc_update under its old name. */
struct rf_files_update {
    uint32_t offset; /* first slot */
    uint32_t resv;
    uint64_t fds; /* address of int32_t[] */
};
RF_STATIC_ASSERT(sizeof(struct rf_files_update) == 16, "kernel ABI");

/* rf_rsrc_register.flags */
#define RF_RSRC_REGISTER_SPARSE (1U << 0) /* 5.19: all slots empty, data is 0 */

/* Argument of RF_REGISTER_FILES2 and RF_REGISTER_BUFFERS2. Read during the call. */
struct rf_rsrc_register {
    uint32_t nr;
    uint32_t flags;
    uint64_t resv2;
    uint64_t data; /* address of int32_t[] or of struct iovec[] */
    uint64_t tags; /* address of uint64_t[], or 0 */
};
RF_STATIC_ASSERT(sizeof(struct rf_rsrc_register) == 32, "kernel ABI");

/* Argument of RF_REGISTER_FILES_UPDATE and of RF_REGISTER_RING_FDS (an array). */
struct rf_rsrc_update {
    uint32_t offset; /* first slot; RING_FDS: ~0 lets the kernel choose, and it is written back */
    uint32_t resv;
    uint64_t data; /* address of int32_t[]; RING_FDS: the fd itself */
};
RF_STATIC_ASSERT(sizeof(struct rf_rsrc_update) == 16, "kernel ABI");

/* Argument of RF_REGISTER_FILES_UPDATE2 and RF_REGISTER_BUFFERS_UPDATE. */
struct rf_rsrc_update2 {
    uint32_t offset; /* first slot */
    uint32_t resv;
    uint64_t data;
    uint64_t tags; /* address of uint64_t[], or 0 */
    uint32_t nr;
    uint32_t resv2;
};
RF_STATIC_ASSERT(sizeof(struct rf_rsrc_update2) == 32, "kernel ABI");

/*
 * Argument of RF_REGISTER_FILE_ALLOC_RANGE: the slots [off, off + len) that
 * RF_FILE_INDEX_ALLOC may choose from.
 */
struct rf_file_index_range {
    uint32_t off;
    uint32_t len;
    uint64_t resv;
};
RF_STATIC_ASSERT(sizeof(struct rf_file_index_range) == 16, "kernel ABI");

/* rf_probe_op.flags */
#define RF_OP_SUPPORTED (1U << 0) /* 5.6 */

/* What the kernel knows about one opcode. */
struct rf_probe_op {
    uint8_t op;
    uint8_t resv;
    uint16_t flags;
    uint32_t resv2;
};
RF_STATIC_ASSERT(sizeof(struct rf_probe_op) == 8, "kernel ABI");

/*
 * Argument of RF_REGISTER_PROBE, filled by the kernel; it must be all zero
 * before. Room for every opcode a uint8_t can be: the kernel's own struct
 * leaves the length of ops open.
 */
struct rf_probe {
    uint8_t last_op; /* highest opcode */
    uint8_t ops_len; /* entries of ops that were filled */
    uint16_t resv;
    uint32_t resv2[3];
    struct rf_probe_op ops[256];
};
RF_STATIC_ASSERT(sizeof(struct rf_probe) == 16 + 256 * 8, "kernel ABI");

/* rf_restriction.opcode */
enum rf_restriction_op {
    RF_RESTRICTION_REGISTER_OP = 0,        /* 5.10: allow register_op */
    RF_RESTRICTION_SQE_OP = 1,             /* 5.10: allow sqe_op */
    RF_RESTRICTION_SQE_FLAGS_ALLOWED = 2,  /* 5.10 */
    RF_RESTRICTION_SQE_FLAGS_REQUIRED = 3, /* 5.10 */

    RF_RESTRICTION_LAST = 4
};

/* Argument of RF_REGISTER_RESTRICTIONS (an array). Read during the call. */
struct rf_restriction {
    uint16_t opcode;
    union {
        uint8_t register_op;
        uint8_t sqe_op;
        uint8_t sqe_flags;
    };
    uint8_t resv;
    uint32_t resv2[3];
};
RF_STATIC_ASSERT(sizeof(struct rf_restriction) == 16, "kernel ABI");

/*
 * Head of the argument of RF_REGISTER_RESTRICTIONS for a whole task, with
 * fd -1 (7.0). nr_res of struct rf_restriction follow directly.
 */
struct rf_task_restriction {
    uint16_t flags;
    uint16_t nr_res;
    uint32_t resv[3];
};
RF_STATIC_ASSERT(sizeof(struct rf_task_restriction) == 16, "kernel ABI");

/*
 * Argument of RF_REGISTER_SYNC_CANCEL. Read during the call. A timeout of
 * {-1, -1} waits without end.
 */
struct rf_sync_cancel_reg {
    uint64_t addr; /* user_data to match */
    int32_t fd;
    uint32_t flags; /* RF_ASYNC_CANCEL_* */
    struct rf_timespec timeout;
    uint8_t opcode; /* 6.6: with RF_ASYNC_CANCEL_OP */
    uint8_t pad[7];
    uint64_t pad2[3];
};
RF_STATIC_ASSERT(sizeof(struct rf_sync_cancel_reg) == 64, "kernel ABI");

/* Argument of RF_REGISTER_CLOCK: the clock that waits are measured by. */
struct rf_clock_register {
    uint32_t clockid; /* CLOCK_MONOTONIC or CLOCK_BOOTTIME */
    uint32_t resv[3];
};
RF_STATIC_ASSERT(sizeof(struct rf_clock_register) == 16, "kernel ABI");

/* rf_clone_buffers.flags */
#define RF_REGISTER_SRC_REGISTERED (1U << 0) /* 6.12: src_fd is a registered ring */
#define RF_REGISTER_DST_REPLACE (1U << 1)    /* 6.13: replace buffers that are there */

/* Argument of RF_REGISTER_CLONE_BUFFERS. Read during the call. */
struct rf_clone_buffers {
    uint32_t src_fd;
    uint32_t flags;
    uint32_t src_off; /* 6.13, with dst_off and nr; nr 0 is all */
    uint32_t dst_off;
    uint32_t nr;
    uint32_t pad[3];
};
RF_STATIC_ASSERT(sizeof(struct rf_clone_buffers) == 32, "kernel ABI");

/* rf_napi.opcode */
enum rf_napi_op {
    RF_NAPI_REGISTER_OP = 0,   /* 6.9 */
    RF_NAPI_STATIC_ADD_ID = 1, /* 6.13 */
    RF_NAPI_STATIC_DEL_ID = 2  /* 6.13 */
};

/* rf_napi.op_param, with RF_NAPI_REGISTER_OP */
enum rf_napi_tracking_strategy {
    RF_NAPI_TRACKING_DYNAMIC = 0,   /* 6.9 */
    RF_NAPI_TRACKING_STATIC = 1,    /* 6.13 */
    RF_NAPI_TRACKING_INACTIVE = 255 /* 6.13 */
};

/*
 * Argument of RF_REGISTER_NAPI and RF_UNREGISTER_NAPI. Read during the call,
 * and overwritten with the settings from before it.
 */
struct rf_napi {
    uint32_t busy_poll_to; /* microseconds */
    uint8_t prefer_busy_poll;
    uint8_t opcode;
    uint8_t pad[2];
    uint32_t op_param;
    uint32_t resv;
};
RF_STATIC_ASSERT(sizeof(struct rf_napi) == 16, "kernel ABI");

/* rf_region_desc.flags */
#define RF_MEM_REGION_TYPE_USER (1U << 0) /* 6.13: memory at user_addr, not the kernel's */

/*
 * A memory region shared with the kernel (6.13). Belongs to the caller; the
 * kernel writes mmap_offset. The memory stays in use until the ring is gone.
 */
struct rf_region_desc {
    uint64_t user_addr;
    uint64_t size;  /* bytes, whole pages */
    uint32_t flags;
    uint32_t id;
    uint64_t mmap_offset; /* out, when the kernel provides the memory */
    uint64_t resv[4];
};
RF_STATIC_ASSERT(sizeof(struct rf_region_desc) == 64, "kernel ABI");

/* rf_mem_region_reg.flags */
#define RF_MEM_REGION_REG_WAIT_ARG (1U << 0) /* 6.13: for RF_ENTER_EXT_ARG_REG */

/* Argument of RF_REGISTER_MEM_REGION. Read during the call. */
struct rf_mem_region_reg {
    uint64_t region_uptr; /* address of a struct rf_region_desc */
    uint64_t flags;
    uint64_t resv[2];
};
RF_STATIC_ASSERT(sizeof(struct rf_mem_region_reg) == 32, "kernel ABI");

/* ------------------------------------------------------- provided buffers */

/*
 * One entry of a provided-buffer ring. Memory shared with the kernel, written
 * by the program. resv of entry 0 is the tail of the ring: never write a
 * whole entry there.
 */
struct rf_buf {
    uint64_t addr;
    uint32_t len; /* bytes */
    uint16_t bid; /* the id that comes back in rf_cqe.flags */
    uint16_t resv;
};
RF_STATIC_ASSERT(sizeof(struct rf_buf) == 16, "kernel ABI");

/*
 * The ring of them. Left opaque: its tail is shared memory and takes a
 * release store, which a plain member would invite to forget.
 */
struct rf_buf_ring;

/* Byte offset of the 16-bit tail in a provided-buffer ring: over rf_buf.resv. */
#define RF_BUF_RING_TAIL_OFFSET 14

/* rf_buf_reg.flags */
#define RF_PBUF_RING_MMAP 1U /* 6.4: the kernel's memory, see RF_OFF_PBUF_RING */
#define RF_PBUF_RING_INC 2U  /* 6.12: buffers are used up piece by piece */

/* Argument of RF_REGISTER_PBUF_RING and RF_UNREGISTER_PBUF_RING. Read during the call. */
struct rf_buf_reg {
    uint64_t ring_addr;    /* page aligned, or 0 with RF_PBUF_RING_MMAP */
    uint32_t ring_entries; /* power of two, at most 32768 */
    uint16_t bgid;         /* buffer group */
    uint16_t flags;
    uint32_t min_left; /* 7.1, with RF_PBUF_RING_INC: bytes too few to use */
    uint32_t resv[5];
};
RF_STATIC_ASSERT(sizeof(struct rf_buf_reg) == 40, "kernel ABI");

/* Argument of RF_REGISTER_PBUF_STATUS. The kernel writes head. */
struct rf_buf_status {
    uint32_t buf_group; /* in */
    uint32_t head;      /* out */
    uint32_t resv[8];
};
RF_STATIC_ASSERT(sizeof(struct rf_buf_status) == 40, "kernel ABI");

/*
 * First bytes of a buffer filled by a multishot RECVMSG, written by the
 * kernel. The name, the control data and the payload follow, each in an area
 * as large as the msghdr of the request said; these are the lengths used.
 */
struct rf_recvmsg_out {
    uint32_t namelen;
    uint32_t controllen;
    uint32_t payloadlen;
    uint32_t flags; /* MSG_* */
};
RF_STATIC_ASSERT(sizeof(struct rf_recvmsg_out) == 16, "kernel ABI");

/* ------------------------------------------------------------------ query */

/* rf_query_hdr.query_op */
enum rf_query_op {
    RF_QUERY_OPCODES = 0,   /* 6.18: struct rf_query_opcode */
    RF_QUERY_ZCRX = 1,      /* 6.19: struct rf_query_zcrx */
    RF_QUERY_SCQ = 2,       /* 6.19: struct rf_query_scq */
    RF_QUERY_ZCRX_EVENT = 3 /* 7.2: struct rf_query_zcrx_event */
};

/*
 * Argument of RF_REGISTER_QUERY (6.18), a linked list. Belongs to the caller;
 * the kernel writes size, result and what query_data points to.
 */
struct rf_query_hdr {
    uint64_t next_entry; /* address of another struct rf_query_hdr, or 0 */
    uint64_t query_data; /* address of the struct for query_op */
    uint32_t query_op;
    uint32_t size;  /* in: bytes at query_data; out: bytes that the kernel knows */
    int32_t result; /* out: 0 or a negative errno */
    uint32_t resv[3];
};
RF_STATIC_ASSERT(sizeof(struct rf_query_hdr) == 40, "kernel ABI");

/* Answer to RF_QUERY_OPCODES: counts and masks of all that the kernel knows. */
struct rf_query_opcode {
    uint32_t nr_request_opcodes;
    uint32_t nr_register_opcodes;
    uint64_t feature_flags;
    uint64_t ring_setup_flags;
    uint64_t enter_flags;
    uint64_t sqe_flags;
    uint32_t nr_query_opcodes;
    uint32_t pad;
};
RF_STATIC_ASSERT(sizeof(struct rf_query_opcode) == 48, "kernel ABI");

/* Answer to RF_QUERY_ZCRX. */
struct rf_query_zcrx {
    uint64_t register_flags; /* RF_ZCRX_REG_* */
    uint64_t area_flags;     /* RF_ZCRX_AREA_* */
    uint32_t nr_ctrl_opcodes;
    uint32_t features; /* RF_ZCRX_FEATURE_* */
    uint32_t rq_hdr_size;
    uint32_t rq_hdr_alignment;
    uint64_t resv2;
};
RF_STATIC_ASSERT(sizeof(struct rf_query_zcrx) == 40, "kernel ABI");

/* Answer to RF_QUERY_ZCRX_EVENT. */
struct rf_query_zcrx_event {
    uint32_t event_flags; /* RF_ZCRX_EVENT_*, as bits */
    uint32_t stats_size;
    uint32_t stats_off_alignment;
    uint32_t resv1;
    uint64_t resv2[4];
};
RF_STATIC_ASSERT(sizeof(struct rf_query_zcrx_event) == 48, "kernel ABI");

/* Answer to RF_QUERY_SCQ: what RF_SETUP_NO_MMAP needs to know. */
struct rf_query_scq {
    uint64_t hdr_size; /* bytes before the first completion */
    uint64_t hdr_alignment;
};
RF_STATIC_ASSERT(sizeof(struct rf_query_scq) == 16, "kernel ABI");

/* ----------------------------------------------------- zero-copy receive */

/* The area id in the upper bits of an offset (6.15). */
#define RF_ZCRX_AREA_SHIFT 48
#define RF_ZCRX_AREA_MASK (~((UINT64_C(1) << RF_ZCRX_AREA_SHIFT) - 1))

/* rf_zcrx_area_reg.flags */
#define RF_ZCRX_AREA_DMABUF 1U /* 6.16 */

/* rf_zcrx_ifq_reg.flags */
#define RF_ZCRX_REG_IMPORT 1U /* 6.19: if_idx is an fd from RF_ZCRX_CTRL_EXPORT */
#define RF_ZCRX_REG_NODEV 2U  /* 7.1: no device, everything is copied */

/* rf_query_zcrx.features */
#define RF_ZCRX_FEATURE_RX_PAGE_SIZE (1U << 0) /* 7.0: rf_zcrx_ifq_reg.rx_buf_len */
#define RF_ZCRX_FEATURE_EVENT (1U << 1)        /* 7.2: rf_zcrx_ifq_reg.event_desc */

/* Entry of the refill ring: memory given back to the kernel. Shared memory. */
struct rf_zcrx_rqe {
    uint64_t off;
    uint32_t len;
    uint32_t pad;
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_rqe) == 16, "kernel ABI");

/* Second half of a completion of RF_OP_RECV_ZC: where the data lies. */
struct rf_zcrx_cqe {
    uint64_t off; /* in the area */
    uint64_t pad;
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_cqe) == 16, "kernel ABI");

/* Where the words of the refill ring are: byte offsets in its region. */
struct rf_zcrx_offsets {
    uint32_t head;
    uint32_t tail;
    uint32_t rqes;
    uint32_t resv2;
    uint64_t resv[2];
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_offsets) == 32, "kernel ABI");

/* The memory that packets arrive in. The kernel writes rq_area_token. */
struct rf_zcrx_area_reg {
    uint64_t addr;
    uint64_t len; /* bytes */
    uint64_t rq_area_token;
    uint32_t flags;
    uint32_t dmabuf_fd;
    uint64_t resv2[2];
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_area_reg) == 48, "kernel ABI");

/* What can be reported about a receive queue (7.2). */
enum rf_zcrx_event_type {
    RF_ZCRX_EVENT_ALLOC_FAIL = 0,
    RF_ZCRX_EVENT_COPY = 1
};

/* rf_zcrx_event_desc.flags */
#define RF_ZCRX_EVENT_DESC_FLAG_STATS (1U << 0) /* 7.2: stats_offset is valid */

/* Counters that only grow, written by the kernel. Shared memory. */
struct rf_zcrx_stats {
    uint64_t copy_count; /* completions whose data was copied */
    uint64_t copy_bytes;
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_stats) == 16, "kernel ABI");

/* Which events to report, and as what. Read during registration. */
struct rf_zcrx_event_desc {
    uint64_t user_data;
    uint32_t type_mask; /* one bit for each enum rf_zcrx_event_type */
    uint32_t flags;
    uint64_t stats_offset; /* of a struct rf_zcrx_stats, in the refill ring's region */
    uint64_t resv2[9];
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_event_desc) == 96, "kernel ABI");

/* Argument of RF_REGISTER_ZCRX_IFQ. The kernel writes offsets and zcrx_id. */
struct rf_zcrx_ifq_reg {
    uint32_t if_idx; /* network interface */
    uint32_t if_rxq; /* its receive queue */
    uint32_t rq_entries;
    uint32_t flags;
    uint64_t area_ptr;   /* address of a struct rf_zcrx_area_reg */
    uint64_t region_ptr; /* address of a struct rf_region_desc */
    struct rf_zcrx_offsets offsets;
    uint32_t zcrx_id;
    uint32_t rx_buf_len; /* 7.0 */
    uint64_t event_desc; /* 7.2: address of a struct rf_zcrx_event_desc, or 0 */
    uint64_t resv[2];
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_ifq_reg) == 96, "kernel ABI");

/* rf_zcrx_ctrl.op */
enum rf_zcrx_ctrl_op {
    RF_ZCRX_CTRL_FLUSH_RQ = 0, /* 6.19 */
    RF_ZCRX_CTRL_EXPORT = 1,   /* 6.19 */
    RF_ZCRX_CTRL_ARM_EVENT = 2 /* 7.2 */
};

/* RF_ZCRX_CTRL_FLUSH_RQ takes no further argument. */
struct rf_zcrx_ctrl_flush_rq {
    uint64_t resv[6];
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_ctrl_flush_rq) == 48, "kernel ABI");

/* RF_ZCRX_CTRL_EXPORT returns an fd that another ring can import. */
struct rf_zcrx_ctrl_export {
    uint32_t zcrx_fd; /* out */
    uint32_t resv1[11];
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_ctrl_export) == 48, "kernel ABI");

/* RF_ZCRX_CTRL_ARM_EVENT: report this event once more. */
struct rf_zcrx_ctrl_arm_event {
    uint32_t event_type; /* enum rf_zcrx_event_type */
    uint32_t resv[11];
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_ctrl_arm_event) == 48, "kernel ABI");

/* Argument of RF_REGISTER_ZCRX_CTRL. */
struct rf_zcrx_ctrl {
    uint32_t zcrx_id;
    uint32_t op;
    uint64_t resv[2];
    union {
        struct rf_zcrx_ctrl_export zc_export;
        struct rf_zcrx_ctrl_flush_rq zc_flush;
        struct rf_zcrx_ctrl_arm_event zc_arm_event;
    };
};
RF_STATIC_ASSERT(sizeof(struct rf_zcrx_ctrl) == 72, "kernel ABI");

/* ------------------------------------------------------------ BPF filters */

/* rf_bpf.cmd_type */
#define RF_BPF_CMD_FILTER 1U /* 7.0 */

/* rf_bpf_filter.flags */
#define RF_BPF_FILTER_DENY_REST 1U /* 7.0: refuse opcodes that have no filter */
#define RF_BPF_FILTER_SZ_STRICT 2U /* 7.0: pdu_size must be exactly the kernel's */

/* rf_bpf_ctx.socket, for RF_OP_SOCKET */
struct rf_bpf_ctx_socket {
    uint32_t family;
    uint32_t type;
    uint32_t protocol;
};
RF_STATIC_ASSERT(sizeof(struct rf_bpf_ctx_socket) == 12, "kernel ABI");

/* rf_bpf_ctx.open, for RF_OP_OPENAT and RF_OP_OPENAT2 */
struct rf_bpf_ctx_open {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
};
RF_STATIC_ASSERT(sizeof(struct rf_bpf_ctx_open) == 24, "kernel ABI");

/*
 * rf_bpf_ctx.connect, for RF_OP_CONNECT (7.2). port and v4_addr in network
 * byte order; what the address given does not cover is 0.
 */
struct rf_bpf_ctx_connect {
    uint32_t family;
    uint16_t port;
    uint8_t pad[2];
    union {
        uint32_t v4_addr;
        uint8_t v6_addr[16];
    };
};
RF_STATIC_ASSERT(sizeof(struct rf_bpf_ctx_connect) == 24, "kernel ABI");

/* What a filter program looks at: its offsets are load addresses there. */
struct rf_bpf_ctx {
    uint64_t user_data;
    uint8_t opcode;
    uint8_t sqe_flags;
    uint8_t pdu_size; /* bytes of the union that are set */
    uint8_t pad[5];
    union {
        struct rf_bpf_ctx_socket socket;
        struct rf_bpf_ctx_open open;
        struct rf_bpf_ctx_connect connect;
    };
};
RF_STATIC_ASSERT(sizeof(struct rf_bpf_ctx) == 40, "kernel ABI");

/* A filter for one opcode. */
struct rf_bpf_filter {
    uint32_t opcode; /* enum rf_op */
    uint32_t flags;
    uint32_t filter_len; /* instructions */
    uint8_t pdu_size;    /* in: bytes of the union that the filter knows; out: the kernel's */
    uint8_t resv[3];
    uint64_t filter_ptr; /* address of struct sock_filter[] */
    uint64_t resv2[5];
};
RF_STATIC_ASSERT(sizeof(struct rf_bpf_filter) == 64, "kernel ABI");

/* Argument of RF_REGISTER_BPF_FILTER. fd -1 filters the whole task. */
struct rf_bpf {
    uint16_t cmd_type;
    uint16_t cmd_flags;
    uint32_t resv;
    union {
        struct rf_bpf_filter filter;
    };
};
RF_STATIC_ASSERT(sizeof(struct rf_bpf) == 72, "kernel ABI");

#endif /* RINGFENCE_ABI_H */
