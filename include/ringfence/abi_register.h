/* SPDX-License-Identifier: MIT */
/*
 * abi_register.h - abi.h, of io_uring_register(): what is registered, provided buffers, queries,
 * zero-copy receive, BPF filters. Names and layout are as abi.h says.
 */
#ifndef RINGFENCE_ABI_REGISTER_H
#define RINGFENCE_ABI_REGISTER_H

#include <stdint.h>

#include <ringfence/abi.h>

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

#endif /* RINGFENCE_ABI_REGISTER_H */
