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

#endif /* RINGFENCE_ABI_H */
