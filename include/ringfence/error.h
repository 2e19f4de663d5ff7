/* SPDX-License-Identifier: MIT */
/*
 * error.h - named errors: what an errno means for the call that returned it.
 *
 *     int n = rf_submit(&ring);
 *     if (n < 0)
 *         fprintf(stderr, "submit: %s: %s %s\n", rf_error_name(RF_CALL_ENTER, n),
 *                 rf_error_text(RF_CALL_ENTER, n), rf_error_remedy(RF_CALL_ENTER, n));
 *
 *     submit: CompletionQueueOvercommitted: Too many completions wait to be taken.
 *     Take completions, then submit again.
 *
 * One errno has many causes: -EBUSY is a full completion queue from rf_submit()
 * and a second table from rf_register_files(). So a name belongs to a pair of
 * call and errno. The names are those of Zig's IoUring, except where Zig gives
 * one name to causes that differ; docs/errors.md has the whole table.
 *
 * All of it is constant data: nothing is allocated, errno is neither read nor
 * changed, every string lives as long as the program, and any thread may ask.
 */
#ifndef RINGFENCE_ERROR_H
#define RINGFENCE_ERROR_H

#include <stddef.h>

#include <ringfence/base.h>

RF_BEGIN_DECLS

/*
 * Which call failed. The values are part of the ABI: new ones go to the end.
 * What a call has no row for is looked up in a wider one: a registration in
 * RF_CALL_REGISTER, RF_CALL_INIT in RF_CALL_MAP.
 */
enum rf_call {
    RF_CALL_NONE = 0,                      /* no call in particular, as for res of a CQE */
    RF_CALL_INIT = 1,                      /* rf_init(), rf_init_params(), rf_init_mem() */
    RF_CALL_MAP = 2,                       /* mapping the rings, inside those */
    RF_CALL_ENTER = 3,                     /* rf_enter(), rf_submit(), rf_copy_cqes(), ... */
    RF_CALL_GET_SQE = 4,                   /* rf_get_sqe() and what queues: NULL means -EAGAIN */
    RF_CALL_REGISTER = 5,                  /* any registration, whichever it is */
    RF_CALL_REGISTER_FILES = 6,            /* rf_register_files() */
    RF_CALL_REGISTER_FILES_UPDATE = 7,     /* rf_register_files_update() */
    RF_CALL_REGISTER_FILES_SPARSE = 8,     /* rf_register_files_sparse() */
    RF_CALL_REGISTER_FILE_ALLOC_RANGE = 9, /* rf_register_file_alloc_range() */
    RF_CALL_UNREGISTER_FILES = 10,         /* rf_unregister_files() */
    RF_CALL_REGISTER_EVENTFD = 11,         /* rf_register_eventfd() and ..._async() */
    RF_CALL_UNREGISTER_EVENTFD = 12,       /* rf_unregister_eventfd() */
    RF_CALL_REGISTER_BUFFERS = 13,         /* rf_register_buffers() */
    RF_CALL_UNREGISTER_BUFFERS = 14,       /* rf_unregister_buffers() */
    RF_CALL_REGISTER_NAPI = 15,            /* rf_register_napi() */
    RF_CALL_UNREGISTER_NAPI = 16,          /* rf_unregister_napi() */
    RF_CALL_GET_PROBE = 17,                /* rf_get_probe() */
    RF_CALL_SETUP_BUF_RING = 18,           /* rf_setup_buf_ring(), rf_buffer_group_init() */
    RF_CALL_FREE_BUF_RING = 19,            /* rf_free_buf_ring(), rf_unregister_buf_ring(), ... */
    RF_CALL_BUFFER_GROUP = 20,             /* rf_buffer_group_get() and ..._put() */
    RF_CALL_BUFFER_ID = 21,                /* rf_cqe_buffer_id() */
    RF_CALL_REGISTER_RING_FD = 22,         /* rf_register_ring_fd() */
    RF_CALL_UNREGISTER_RING_FD = 23,       /* rf_unregister_ring_fd() */
    RF_CALL_ENABLE_RINGS = 24,             /* rf_enable_rings() */
    RF_CALL_PEEK_CQE = 25,                 /* rf_peek_cqe() */
    RF_CALL_REGISTER_FILES_TAGS = 26,      /* rf_register_files_tags() */
    RF_CALL_REGISTER_FILES_UPDATE_TAG = 27, /* rf_register_files_update_tag() */
    RF_CALL_REGISTER_BUFFERS_TAGS = 28,    /* rf_register_buffers_tags() */
    RF_CALL_REGISTER_BUFFERS_SPARSE = 29,  /* rf_register_buffers_sparse() */
    RF_CALL_REGISTER_BUFFERS_UPDATE = 30,  /* rf_register_buffers_update_tag() */
    RF_CALL_CLONE_BUFFERS = 31,            /* rf_clone_buffers(), rf_clone_buffers_offset() */
    RF_CALL_REGISTER_PERSONALITY = 32,     /* rf_register_personality() */
    RF_CALL_UNREGISTER_PERSONALITY = 33,   /* rf_unregister_personality() */
    /* rf_register_restrictions(), rf_register_restrictions_task() */
    RF_CALL_REGISTER_RESTRICTIONS = 34,
    /* rf_register_bpf_filter(), rf_register_bpf_filter_task() */
    RF_CALL_REGISTER_BPF_FILTER = 35,
    RF_CALL_REGISTER_IOWQ_AFF = 36,        /* rf_register_iowq_aff() */
    RF_CALL_UNREGISTER_IOWQ_AFF = 37,      /* rf_unregister_iowq_aff() */
    RF_CALL_REGISTER_IOWQ_MAX_WORKERS = 38, /* rf_register_iowq_max_workers() */
    RF_CALL_CLOSE_RING_FD = 39,            /* rf_close_ring_fd() */
    RF_CALL_REGISTER_SYNC_CANCEL = 40,     /* rf_register_sync_cancel() */
    RF_CALL_REGISTER_SYNC_MSG = 41,        /* rf_register_sync_msg() */
    RF_CALL_REGISTER_QUERY = 42,           /* rf_register_query() */
    RF_CALL_RESTRICT_TASK = 43,            /* rf_register_restrictions_task(), ...filter_task() */
    RF_CALL_WAIT = 44,                     /* rf_wait_cqe(), ...: all of wait.h that waits */
    RF_CALL_REGISTER_CLOCK = 45,           /* rf_register_clock() */
    RF_CALL_SETUP_REG_WAIT = 46,           /* rf_setup_reg_wait() */
    RF_CALL_RESIZE_RINGS = 47,             /* rf_resize_rings() */
    RF_CALL_RING_DONTFORK = 48,            /* rf_ring_dontfork() */
    RF_CALL_REGISTER_REGION = 49,          /* rf_register_region() */
    RF_CALL_REGISTER_BUF_RING = 50,        /* rf_register_buf_ring() */
    RF_CALL_BUF_RING_HEAD = 51,            /* rf_buf_ring_head(), rf_buf_ring_available() */
    RF_CALL_REGISTER_IFQ = 52,             /* rf_register_ifq() */
    RF_CALL_REGISTER_ZCRX_CTRL = 53,       /* rf_register_zcrx_ctrl() */
    RF_CALL_ZCRX_RQ_INIT = 54,             /* rf_zcrx_rq_init() */
    RF_CALL_DRAIN = 55,                    /* rf_drain() */
    RF_CALL_OP_TABLE = 56,                 /* rf_op_table_init(), ..._init_mem(), ..._size() */
    RF_CALL_OP = 57                        /* rf_op_take(), rf_op_state(), rf_op_cancel(), ... */
};

/* One row of the table. */
struct rf_error {
    enum rf_call call;
    int error;          /* the negative errno */
    const char *name;   /* an identifier in CamelCase; one name, one meaning */
    const char *text;   /* what it means: a sentence */
    const char *remedy; /* what to do: a sentence */
    const char *zig;    /* what Zig 0.15.2 calls the pair, or NULL: it has no name for it */
};

/* One row of the list of calls. */
struct rf_call_info {
    enum rf_call call;
    const char *name;      /* "ENTER" for RF_CALL_ENTER */
    const char *functions; /* which functions it stands for */
    enum rf_call fallback; /* where to look when a pair has no row; RF_CALL_NONE: nowhere */
};

/**
 * rf_error_name() - the name of an error, such as "SubmissionQueueFull".
 *
 * @call   The call that failed.
 * @error  What it returned: a negative errno. A positive errno is taken as well.
 *
 * Returns the name, never NULL. A pair that has none gives the errno's own
 * ("ENOMEM"), what is no errno at all gives "Unexpected", and 0 gives "Success".
 */
RF_API RF_NODISCARD const char *rf_error_name(enum rf_call call, int error);

/* What the error means, a sentence; never NULL. Parameters as for rf_error_name(). */
RF_API RF_NODISCARD const char *rf_error_text(enum rf_call call, int error);

/* What to do about it, a sentence; never NULL. Parameters as for rf_error_name(). */
RF_API RF_NODISCARD const char *rf_error_remedy(enum rf_call call, int error);

/**
 * rf_error_find() - the row of the table that name, text and remedy come from.
 *
 * Returns the row, whose call is @call or one that @call falls back to; or
 * NULL: the pair has no name.
 */
RF_API RF_NODISCARD const struct rf_error *rf_error_find(enum rf_call call, int error);

/* How many rows there are. */
RF_API RF_NODISCARD size_t rf_error_count(void);

/* A row, @index 0 .. rf_error_count() - 1, in the order of calls; NULL beyond the end. */
RF_API RF_NODISCARD const struct rf_error *rf_error_at(size_t index);

/* How many calls there are, RF_CALL_NONE among them. */
RF_API RF_NODISCARD size_t rf_call_count(void);

/* What is known of call number @index, 0 .. rf_call_count() - 1; NULL beyond the end. */
RF_API RF_NODISCARD const struct rf_call_info *rf_call_at(size_t index);

RF_END_DECLS

#endif
