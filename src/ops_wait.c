/* SPDX-License-Identifier: MIT */
/*
 * ops_wait.c - rows: readiness, time, cancelling, processes and futexes.
 */
#include "ops.h"

#include <signal.h>
#include <sys/epoll.h>

/* The layout of struct futex_waitv: <linux/futex.h> has it only since 5.16. */
struct futex_waitv_row {
    uint64_t val;
    uint64_t uaddr;
    uint32_t flags;
    uint32_t reserved;
};

#define FIELD_TARGET(argument, meaning) FIELD(ADDR, "addr", "uint64_t", argument, meaning)
#define NOT_IMMEDIATE TEST(RW_FLAGS, NONE, RF_TIMEOUT_IMMEDIATE_ARG)
#define FIELD_TIMESPEC(field, name, argument, meaning)                             \
    FIELD(field, name, "const struct rf_timespec *", argument, meaning)

/* --- readiness ----------------------------------------------------------- */

RFI_OP(POLL_ADD) = {
    RFI_OP_IS(POLL_ADD, "5.1"),
    .text = "wait for events, once or many times",
    .result = "the events that hold, POLLIN and so on",
    .notes = "Once: the events that hold are told even if they held before. RF_POLL_ADD_MULTI: a "
             "CQE for each change after the first, and RF_SQE_CQE_SKIP_SUCCESS is -EINVAL. "
             "RF_POLL_ADD_LEVEL is -EINVAL on 6.18 and 7.1. A regular file is always ready.",
    CALLS("rf_prep_poll_add(sqe, fd, poll_mask)",
          "rf_prep_poll_multishot(sqe, fd, poll_mask)",
          "rf_poll_add(ring, user_data, fd, poll_mask)",
          "rf_poll_multishot(ring, user_data, fd, poll_mask)"),
    .fields = {FIELD_FD("the file"),
               FIELD(RW_FLAGS, "poll32_events", "uint32_t", "poll_mask", "POLL..., EPOLL..."),
               FIELD(LEN, "len", "uint32_t", NULL,
                     "RF_POLL_ADD_MULTI, or 0: once; the prep sets it")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(ADDR) | ZERO(BUF_INDEX),
    .multishot = {.since = "5.13", .when = TEST(LEN, ALL, RF_POLL_ADD_MULTI),
                  .how = "RF_POLL_ADD_MULTI in len"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY),
};

RFI_OP(POLL_REMOVE) = {
    RFI_OP_IS(POLL_REMOVE, "5.1"),
    .text = "end or change such a wait",
    .result = "0",
    .notes = "-ENOENT: no POLL_ADD has that user_data. -EALREADY: it is about to complete; try "
             "again. Removed, the POLL_ADD ends with -ECANCELED; changed, it is looked at anew "
             "at once.",
    CALLS("rf_prep_poll_remove(sqe, target_user_data)",
          "rf_prep_poll_update(sqe, old_user_data, new_user_data, poll_mask, flags)",
          "rf_poll_remove(ring, user_data, target_user_data)",
          "rf_poll_update(ring, user_data, old_user_data, new_user_data, poll_mask, flags)"),
    .fields = {FIELD_TARGET("target_user_data, old_user_data", "user_data of the POLL_ADD"),
               FIELD(LEN, "len", "uint32_t", "flags",
                     "0: remove; RF_POLL_UPDATE_EVENTS, with RF_POLL_ADD_MULTI if it is to go on; "
                     "RF_POLL_UPDATE_USER_DATA"),
               FIELD(OFF, "off", "uint64_t", "new_user_data",
                     "with RF_POLL_UPDATE_USER_DATA, else 0"),
               FIELD(RW_FLAGS, "poll32_events", "uint32_t", "poll_mask",
                     "with RF_POLL_UPDATE_EVENTS, else 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
};

RFI_OP(EPOLL_CTL) = {
    RFI_OP_IS(EPOLL_CTL, "5.6"),
    .text = "epoll_ctl(2)",
    .result = "0",
    CALLS("rf_prep_epoll_ctl(sqe, epfd, fd, op, ev)",
          "rf_epoll_ctl(ring, user_data, epfd, fd, op, ev)"),
    .fields = {FIELD(FD, "fd", "int", "epfd", "the epoll instance"),
               FIELD(OFF, "off", "int", "fd", "the descriptor to watch"),
               FIELD(LEN, "len", "int", "op", "EPOLL_CTL_..."),
               FIELD(ADDR, "addr", "const struct epoll_event *", "ev",
                     "the events and the data; NULL with EPOLL_CTL_DEL")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = "where another thread holds the lock of the epoll instance",
    .sqe_bytes = 64,
    LOANS(NUMBER(FD, FD, ISSUED, ISSUED,
                 NOTE("Never held: looked up when the operation runs."),
                 SOURCE("epoll.c:io_epoll_ctl")),
          NUMBER(OFF, FD, ISSUED, ISSUED, NOTE("Never held: looked up when the operation runs."),
                 SOURCE("epoll.c:io_epoll_ctl")),
          MEMORY(ADDR, EPOLL_EVENTS, READS, CONSUMED, ONE(struct epoll_event),
                 SOURCE("epoll.c:io_epoll_ctl_prep"))),
};

RFI_OP(EPOLL_WAIT) = {
    RFI_OP_IS(EPOLL_WAIT, "6.15"),
    .text = "epoll_wait(2)",
    .result = "how many events were written",
    .notes = "Has no time limit of its own: link a LINK_TIMEOUT to it.",
    CALLS("rf_prep_epoll_wait(sqe, epfd, events, maxevents, flags)",
          "rf_epoll_wait(ring, user_data, epfd, events, maxevents, flags)"),
    .fields = {FIELD(FD, "fd", "int", "epfd", "the epoll instance"),
               FIELD(ADDR, "addr", "struct epoll_event *", "events", "where the events go"),
               FIELD(LEN, "len", "int", "maxevents", "how many fit there"),
               FIELD(RW_FLAGS, "rw_flags", "uint32_t", "flags", "0: there are none yet")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY, MEMORY(ADDR, EPOLL_EVENTS, WRITES, COMPLETED, MANY(struct epoll_event, LEN),
                             SOURCE("epoll.c:io_epoll_wait"))),
};

/* --- time ---------------------------------------------------------------- */

RFI_OP(TIMEOUT) = {
    RFI_OP_IS(TIMEOUT, "5.4"),
    .text = "a time, or a number of completions",
    .result = "-ETIME when the time is up; 0 when the number of completions was reached",
    .notes = "An expired timeout breaks a soft link, unless RF_TIMEOUT_ETIME_SUCCESS, with which "
             "res is still -ETIME. A nanosecond part of 10^9 and more is taken, a negative time "
             "is -EINVAL, a zero one is up at once. Multishot: -ETIME again and again; not with "
             "RF_TIMEOUT_ABS. Other timeouts do not count as completions.",
    CALLS("rf_prep_timeout(sqe, ts, count, flags)",
          "rf_timeout(ring, user_data, ts, count, flags)"),
    .fields = {FIELD_TIMESPEC(ADDR, "addr", "ts",
                              "how long, or with RF_TIMEOUT_ABS when; with "
                              "RF_TIMEOUT_IMMEDIATE_ARG (7.1) no address but nanoseconds"),
               FIELD(LEN, "len", "uint32_t", NULL, "1; the prep sets it"),
               FIELD(OFF, "off", "uint32_t", "count",
                     "0, or end also after so many further CQEs; multishot: how often, 0 for ever"),
               FIELD(RW_FLAGS, "timeout_flags", "uint32_t", "flags",
                     "RF_TIMEOUT_ABS, _BOOTTIME, _REALTIME, _ETIME_SUCCESS, _MULTISHOT, or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX) | ZERO(ADDR3) | ZERO(PAD2),
    .multishot = {.since = "6.4", .when = TEST(RW_FLAGS, ALL, RF_TIMEOUT_MULTISHOT),
                  .how = "RF_TIMEOUT_MULTISHOT in timeout_flags"},
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, TIMESPEC, READS, CONSUMED, ONE(struct rf_timespec),
                 WHEN("without RF_TIMEOUT_IMMEDIATE_ARG", NOT_IMMEDIATE),
                 SOURCE("timeout.c:__io_timeout_prep"))),
};

RFI_OP(TIMEOUT_REMOVE) = {
    RFI_OP_IS(TIMEOUT_REMOVE, "5.5"),
    .text = "end or change a timeout",
    .result = "0",
    .notes = "-ENOENT: no timeout has that user_data. -EALREADY: it is about to complete. "
             "Changed, it goes on with the new time and counts completions no more; a "
             "LINK_TIMEOUT takes RF_TIMEOUT_UPDATE and RF_LINK_TIMEOUT_UPDATE.",
    CALLS("rf_prep_timeout_remove(sqe, timeout_user_data, flags)",
          "rf_prep_timeout_update(sqe, ts, timeout_user_data, flags)",
          "rf_timeout_remove(ring, user_data, timeout_user_data, flags)",
          "rf_timeout_update(ring, user_data, ts, timeout_user_data, flags)"),
    .fields = {FIELD_TARGET("timeout_user_data", "user_data of the TIMEOUT or LINK_TIMEOUT"),
               FIELD(RW_FLAGS, "timeout_flags", "uint32_t", "flags",
                     "0: remove; RF_TIMEOUT_UPDATE (5.11), RF_LINK_TIMEOUT_UPDATE (5.15), with "
                     "RF_TIMEOUT_ABS"),
               FIELD_TIMESPEC(OFF, "addr2", "ts", "with the update flags: the new time")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(LEN) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX) | ZERO(ADDR3) |
                    ZERO(PAD2),
    .fixed_file = RF_FIXED_FILE_EINVAL,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(MEMORY(OFF, TIMESPEC, READS, CONSUMED, ONE(struct rf_timespec),
                 WHEN("with RF_TIMEOUT_UPDATE or RF_LINK_TIMEOUT_UPDATE",
                           TEST(RW_FLAGS, ANY, RF_TIMEOUT_UPDATE | RF_LINK_TIMEOUT_UPDATE),
                           NOT_IMMEDIATE),
                 SOURCE("timeout.c:io_timeout_remove_prep"))),
};

RFI_OP(LINK_TIMEOUT) = {
    RFI_OP_IS(LINK_TIMEOUT, "5.5"),
    .text = "a time limit for the one before",
    .result = "-ETIME: the one before was cancelled; -ECANCELED: it was done in time",
    .notes = "Must follow an SQE with RF_SQE_IO_LINK or RF_SQE_IO_HARDLINK, else -EINVAL. Also "
             "-EALREADY, -ENOENT: too late to cancel; 1 where the one before was a FUTEX_WAIT, "
             "FUTEX_WAITV or WAITID. The time runs from when the one before was tried: what "
             "blocks in a worker is not limited (6.15, and 6.12 stable); there use TIMEOUT and "
             "ASYNC_CANCEL.",
    CALLS("rf_prep_link_timeout(sqe, ts, flags)",
          "rf_link_timeout(ring, user_data, ts, flags)"),
    .fields = {FIELD_TIMESPEC(ADDR, "addr", "ts",
                              "how long, or with RF_TIMEOUT_ABS when; with "
                              "RF_TIMEOUT_IMMEDIATE_ARG (7.1) no address but nanoseconds"),
               FIELD(LEN, "len", "uint32_t", NULL, "1; the prep sets it"),
               FIELD(RW_FLAGS, "timeout_flags", "uint32_t", "flags",
                     "RF_TIMEOUT_ABS, _BOOTTIME, _REALTIME, _ETIME_SUCCESS, or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX) |
                    ZERO(ADDR3) | ZERO(PAD2),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, TIMESPEC, READS, CONSUMED, ONE(struct rf_timespec),
                 WHEN("without RF_TIMEOUT_IMMEDIATE_ARG", NOT_IMMEDIATE),
                 SOURCE("timeout.c:__io_timeout_prep"))),
};

/* --- cancelling ---------------------------------------------------------- */

RFI_OP(ASYNC_CANCEL) = {
    RFI_OP_IS(ASYNC_CANCEL, "5.5"),
    .text = "cancel other operations",
    .result = "0; with RF_ASYNC_CANCEL_ALL or _ANY how many were cancelled",
    .notes = "Every res from 0 on is success: a FUTEX_WAIT, FUTEX_WAITV or WAITID gives 1 also "
             "without _ALL. -ENOENT: none matches, which linked operations that have not started "
             "never do. -EALREADY: a worker has it, is told, and ends soon. What is cancelled has "
             "its own CQE, before or after this one. _FD and _OP do not look at user_data unless "
             "_USERDATA is set; _ANY excludes both.",
    CALLS("rf_prep_cancel(sqe, cancel_user_data, flags)",
          "rf_prep_cancel_fd(sqe, fd, flags)",
          "rf_prep_cancel64(sqe, cancel_user_data, flags)",
          "rf_cancel(ring, user_data, cancel_user_data, flags)",
          "rf_cancel_fd(ring, user_data, fd, flags)",
          "rf_cancel64(ring, user_data, cancel_user_data, flags)"),
    .fields = {FIELD_TARGET("cancel_user_data", "user_data of the operation"),
               FIELD(FD, "fd", "int", "fd",
                     "with RF_ASYNC_CANCEL_FD: operations on this file, also by other "
                     "descriptors of it"),
               FIELD(LEN, "len", "uint32_t", NULL, "with RF_ASYNC_CANCEL_OP: the opcode"),
               FIELD(RW_FLAGS, "cancel_flags", "uint32_t", "flags",
                     "RF_ASYNC_CANCEL_ALL, _FD, _ANY (5.19), _FD_FIXED (6.0), _USERDATA, _OP "
                     "(6.6), or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(NUMBER(FD, FD, ISSUED, CONSUMED,
                 WHEN("with RF_ASYNC_CANCEL_FD",
                           TEST(RW_FLAGS, ALL, RF_ASYNC_CANCEL_FD),
                           TEST(RW_FLAGS, NONE, RF_ASYNC_CANCEL_FD_FIXED)),
                 NOTE("With RF_SQE_FIXED_FILE it is a slot."), SOURCE("cancel.c:io_async_cancel")),
          NUMBER(FD, FILE_SLOT, ISSUED, CONSUMED,
                 WHEN("with RF_ASYNC_CANCEL_FD and RF_ASYNC_CANCEL_FD_FIXED",
                      TEST(RW_FLAGS, ALL, RF_ASYNC_CANCEL_FD | RF_ASYNC_CANCEL_FD_FIXED)),
                 SOURCE("cancel.c:io_async_cancel"))),
};

/* --- processes and futexes ----------------------------------------------- */

RFI_OP(WAITID) = {
    RFI_OP_IS(WAITID, "6.7"),
    .text = "waitid(2)",
    .result = "0",
    CALLS("rf_prep_waitid(sqe, id_type, id, infop, options, flags)",
          "rf_waitid(ring, user_data, id_type, id, infop, options, flags)"),
    .fields = {FIELD(LEN, "len", "int", "id_type", "P_PID, P_PGID, P_ALL or P_PIDFD"),
               FIELD(FD, "fd", "int", "id", "the process, group or pidfd"),
               FIELD(FILE_INDEX, "file_index", "int", "options", "WEXITED, WSTOPPED, ..."),
               FIELD(OFF, "addr2", "void *", "infop", "where the siginfo_t goes, or NULL"),
               FIELD(RW_FLAGS, "waitid_flags", "uint32_t", "flags", "0: there are none yet")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(ADDR) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) | ZERO(ADDR3),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(NUMBER(FD, PROCESS, ISSUED, CONSUMED, NOTE("Looked up when the operation starts."),
                 SOURCE("waitid.c:io_waitid")),
          MEMORY(OFF, SIGINFO, WRITES, COMPLETED, ONE(siginfo_t),
                 NOTE("Written also when the operation is cancelled, with zeros."),
                 SOURCE("waitid.c:io_waitid_complete"))),
};

#define FIELDS_FUTEX                                                                         \
    FIELD(ADDR, "addr", "const uint32_t *", "futex", "the futex"),                           \
    FIELD(ADDR3, "addr3", "uint64_t", "mask",                                                \
          "the bits to match, not 0: UINT32_MAX for any"),                                    \
    FIELD(FD, "fd", "uint32_t", "futex_flags",                                               \
          "RF_FUTEX2_SIZE_U32, with RF_FUTEX2_PRIVATE or without"),                           \
    FIELD(RW_FLAGS, "futex_flags", "uint32_t", "flags", "0: there are none yet")

RFI_OP(FUTEX_WAIT) = {
    RFI_OP_IS(FUTEX_WAIT, "6.7"),
    .text = "wait on a futex",
    .result = "0: it was woken",
    .notes = "-EAGAIN: the futex did not hold the expected value. On 6.18 nobody wakes a private one "
             "that waits since before the process had a second thread: FutexForgotten in "
             "docs/capabilities.md.",
    CALLS("rf_prep_futex_wait(sqe, futex, val, mask, futex_flags, flags)",
          "rf_futex_wait(ring, user_data, futex, val, mask, futex_flags, flags)"),
    .fields = {FIELDS_FUTEX, FIELD(OFF, "addr2", "uint64_t", "val", "the expected value")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(LEN) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, FUTEX, READS, COMPLETED, ONE(uint32_t),
                 NOTE("Compared once, when the operation starts; then only the address counts: "
                      "another futex there would wake it by mistake. Its value may change at "
                      "any time."),
                 SOURCE("futex.c:io_futex_wait"))),
};

RFI_OP(FUTEX_WAKE) = {
    RFI_OP_IS(FUTEX_WAKE, "6.7"),
    .text = "wake those who wait on it",
    .result = "how many were woken",
    CALLS("rf_prep_futex_wake(sqe, futex, count, mask, futex_flags, flags)",
          "rf_futex_wake(ring, user_data, futex, count, mask, futex_flags, flags)"),
    .fields = {FIELDS_FUTEX, FIELD(OFF, "addr2", "uint64_t", "count", "how many to wake")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(LEN) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, FUTEX, NEITHER, COMPLETED, ONE(uint32_t),
                 NOTE("Only its address is used, when the operation runs."),
                 SOURCE("futex.c:io_futex_wake"))),
};

RFI_OP(FUTEX_WAITV) = {
    RFI_OP_IS(FUTEX_WAITV, "6.7"),
    .text = "wait on several futexes",
    .result = "the index of one that was woken",
    .notes = "-EAGAIN: one of them did not hold its expected value.",
    CALLS("rf_prep_futex_waitv(sqe, futexes, count, flags)",
          "rf_futex_waitv(ring, user_data, futexes, count, flags)"),
    .fields = {FIELD(ADDR, "addr", "const struct futex_waitv *", "futexes",
                     "the futexes and their expected values"),
               FIELD(LEN, "len", "uint32_t", "count", "how many, 1 to 128"),
               FIELD(RW_FLAGS, "futex_flags", "uint32_t", "flags", "0: there are none yet")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(FD) | ZERO(OFF) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX) | ZERO(ADDR3),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, FUTEX_WAITV, READS, CONSUMED, MANY(struct futex_waitv_row, LEN),
                 SOURCE("futex.c:io_futexv_prep")),
          INNER(1, ADDR, "uaddr", FUTEX, READS, COMPLETED, ONE(uint32_t),
                NOTE("Compared when the operation starts; then only the address counts. Its value "
                     "may change at any time."),
                SOURCE("futex.c:io_futexv_wait"))),
};
