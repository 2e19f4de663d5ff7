/* SPDX-License-Identifier: MIT */
/*
 * caps.h - one table of all that a kernel's io_uring can do, and how that was found out.
 *
 *     static struct rf_caps caps;
 *     int err = rf_caps_system(&caps);
 *     if (!err && rf_caps_has(&caps, RF_CAP_OP, RF_OP_RECV_ZC))
 *         ...
 *
 * Nothing is concluded from the kernel's version: distributions carry features back, and
 * the lists of one kernel do not grow together. Each answer is from a list that the kernel
 * gives, or from a trial: of a flag or an opcode that it does not know the kernel says
 * -EINVAL before it looks at anything else, so another answer means that it knows it.
 *
 * An answer says what the kernel knows. What a ring's flags, its restrictions or the
 * kind of file refuse besides, the call in question tells.
 *
 * Held by tests/test_caps.c.
 */
#ifndef RINGFENCE_CAPS_H
#define RINGFENCE_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

/* What the numbers are numbers of. New kinds go to the end. */
enum rf_cap_kind {
    RF_CAP_OP = 0,       /* RF_OP_... */
    RF_CAP_FEATURE = 1,  /* RF_FEAT_...: the number of the bit, as for all flags */
    RF_CAP_SETUP = 2,    /* RF_SETUP_... */
    RF_CAP_ENTER = 3,    /* RF_ENTER_... */
    RF_CAP_SQE = 4,      /* RF_SQE_... */
    RF_CAP_REGISTER = 5, /* RF_REGISTER_..., RF_UNREGISTER_... */
    RF_CAP_DETAIL = 6,   /* RF_DETAIL_... */

    RF_CAP_KINDS = 7
};

/* Flags and arguments of single calls and operations, which are in no list. New ones: last. */
enum rf_detail {
    RF_DETAIL_SPARSE_TABLES = 0,     /* rf_register_files_sparse(), _buffers_sparse() */
    RF_DETAIL_CLONE_RANGES = 1,      /* rf_clone_buffers_offset() */
    RF_DETAIL_BUF_RING_MMAP = 2,     /* RF_PBUF_RING_MMAP */
    RF_DETAIL_BUF_RING_INC = 3,      /* RF_PBUF_RING_INC */
    RF_DETAIL_POLL_MULTISHOT = 4,    /* RF_POLL_ADD_MULTI */
    RF_DETAIL_ACCEPT_MULTISHOT = 5,  /* RF_ACCEPT_MULTISHOT */
    RF_DETAIL_RECV_MULTISHOT = 6,    /* RF_RECV_MULTISHOT */
    RF_DETAIL_POLL_FIRST = 7,        /* RF_RECVSEND_POLL_FIRST */
    RF_DETAIL_TIMEOUT_MULTISHOT = 8, /* RF_TIMEOUT_MULTISHOT */
    RF_DETAIL_CANCEL_ALL = 9,        /* RF_ASYNC_CANCEL_ALL and _FD */

    RF_DETAIL_LAST = 10
};

enum rf_cap_state {
    RF_CAP_UNKNOWN = 0, /* there was no way to ask */
    RF_CAP_MISSING = 1, /* the kernel does not know it */
    RF_CAP_REFUSED = 2, /* it knows it, and would not let this process have it */
    RF_CAP_THERE = 3
};

/* How an answer was had. */
enum rf_cap_source {
    RF_CAP_BY_NOTHING = 0, /* there is none */
    RF_CAP_BY_SETUP = 1,   /* io_uring_setup tells it of each ring */
    RF_CAP_BY_PROBE = 2,   /* IORING_REGISTER_PROBE */
    RF_CAP_BY_QUERY = 3,   /* IORING_REGISTER_QUERY */
    RF_CAP_BY_TRIAL = 4    /* it was tried */
};

/* One answer. */
struct rf_cap {
    uint8_t state;  /* enum rf_cap_state */
    uint8_t source; /* enum rf_cap_source */
    int16_t error;  /* RF_CAP_REFUSED: the negative errno; else 0 */
};

#define RF_CAP_NUMBERS 256 /* of each kind: opcodes have 8 bits */

/* The table: 7 KiB, so not for small stacks. Plain data, to be copied at will. */
struct rf_caps {
    struct rf_cap of[RF_CAP_KINDS][RF_CAP_NUMBERS];
};

/* rf_caps_system_with(): what else is to be done, or not. */
#define RF_CAPS_NO_QUERY (1U << 0)   /* try everything, even where the kernel could be asked */
#define RF_CAPS_NO_DETAILS (1U << 1) /* leave RF_CAP_DETAIL unknown: some calls less */

/**
 * rf_caps_system() - what this system's io_uring can do, for this process.
 *
 * Opens a ring for a moment; where the kernel cannot be asked (before 6.18), one more for
 * each setup flag. Runs some NOPs, and operations that must fail, on that ring.
 *
 * Operations are from the probe, which knows what a kernel was built without. Features are those
 * of the ring. Flags and registrations are from the query, else tried. Details are tried.
 *
 * Returns 0; or what opening a ring failed with, as rf_init(), and then everything is
 * RF_CAP_UNKNOWN: rf_diagnose() says why.
 */
RF_API RF_NODISCARD int rf_caps_system(struct rf_caps *ret_caps);

/* The same with RF_CAPS_..., or 0. -EINVAL: another flag. */
RF_API RF_NODISCARD int rf_caps_system_with(uint32_t flags, struct rf_caps *ret_caps);

/**
 * rf_caps_ring() - what the other side of this ring can do: the kernel, or what was
 * given to rf_init_sys().
 *
 * The ring may be in use. Nothing is queued, no ring is opened, nothing stays registered, and the
 * ring is no other than before. So without the query, which is to say before 6.18, of the
 * setup flags only those are known that the ring has, of the SQE flags only what a
 * feature tells; and of the details those that a registration can tell.
 *
 * Returns 0, or -EBADF: the ring is closed.
 */
RF_API RF_NODISCARD int rf_caps_ring(struct rf_ring *ring, struct rf_caps *ret_caps);

/* The answer. Of a number or kind that cannot be: RF_CAP_UNKNOWN. */
RF_API RF_NODISCARD struct rf_cap rf_caps_get(const struct rf_caps *caps, enum rf_cap_kind kind,
                                              uint32_t number);

/* Is it there? False also if nobody can tell. */
RF_NODISCARD RF_INLINE bool rf_caps_has(const struct rf_caps *caps, enum rf_cap_kind kind,
                                        uint32_t number)
{
    return rf_caps_get(caps, kind, number).state == RF_CAP_THERE;
}

/* All of these RF_SETUP_..., RF_ENTER_..., RF_FEAT_... or RF_SQE_... at once. */
RF_API RF_NODISCARD bool rf_caps_has_flags(const struct rf_caps *caps, enum rf_cap_kind kind,
                                           uint32_t flags);

/**
 * rf_caps_need() - the same as an error and a reason, for programs that cannot do without.
 *
 * @reason  Room for a sentence, of which as much as fits is written, with a NUL; or NULL.
 *          "this kernel lacks RF_OP_RECV_ZC, which came with Linux 6.15
 *          (IORING_REGISTER_PROBE says so)". Empty if it is there.
 * @bytes   Of @reason. 200 are enough for all of them.
 *
 * Returns 0, or
 *   -EOPNOTSUPP  the kernel does not know it
 *   -ENODATA     it could not be found out
 *   -EINVAL      no such number, or kind
 * or the errno with which the kernel refused it to this process.
 */
RF_API RF_NODISCARD int rf_caps_need(const struct rf_caps *caps, enum rf_cap_kind kind,
                                     uint32_t number, char *reason, size_t bytes);

/* --- the names of what kernels can do ------------------------------------ */

/* What is known of a number without asking the kernel. Every text is static. */
struct rf_cap_info {
    const char *prefix; /* "SETUP_"; "" for the UNREGISTER_...: "RF_" prefix name is the constant */
    const char *name;   /* "SQPOLL" */
    const char *since;  /* the first kernel release with it */
    const char *text;   /* what it is, in a few words, at most 39 characters */
};

/* How many numbers of this kind have names: 0 up to this, without holes. 0: no such kind. */
RF_API RF_NODISCARD uint32_t rf_cap_count(enum rf_cap_kind kind);

/* Fills *ret_info; or false: that number has no name here. */
RF_API RF_NODISCARD bool rf_cap_info(enum rf_cap_kind kind, uint32_t number,
                                     struct rf_cap_info *ret_info);

/**
 * rf_cap_find() - the number that goes by a name.
 *
 * @name  In capitals or not, with RF_ or IORING_ or neither: READ, OP_READ, IORING_OP_READ,
 *        RF_SETUP_SQPOLL, sqe_async, IOSQE_ASYNC. A name without the prefix of its kind is an
 *        operation.
 *
 * Returns whether there is such a name; if not, nothing is written.
 */
RF_API RF_NODISCARD bool rf_cap_find(const char *name, enum rf_cap_kind *ret_kind,
                                     uint32_t *ret_number);

/* "asked for with IORING_REGISTER_QUERY", ...: a few words. */
RF_API RF_NODISCARD const char *rf_cap_source_text(enum rf_cap_source source);

RF_END_DECLS

#endif
