/* SPDX-License-Identifier: MIT */
/*
 * ops.h (private) - how the rows of the table of operations are written.
 *
 * The rows stand in ops_file.c, ops_path.c, ops_net.c and ops_ring.c, by what the
 * operations are about; ops.c puts them in the order of their numbers. A row
 * is data: macros only spare the words that all rows would repeat.
 */
#ifndef RINGFENCE_SRC_OPS_H
#define RINGFENCE_SRC_OPS_H

#include <ringfence/ops.h>

/* All rows. The row of RF_OP_READ is rfi_op_READ. */
#define RFI_OPS(X) \
    X(NOP) X(READV) X(WRITEV) X(FSYNC) X(READ_FIXED) X(WRITE_FIXED) X(POLL_ADD) \
    X(POLL_REMOVE) X(SYNC_FILE_RANGE) X(SENDMSG) X(RECVMSG) X(TIMEOUT) \
    X(TIMEOUT_REMOVE) X(ACCEPT) X(ASYNC_CANCEL) X(LINK_TIMEOUT) X(CONNECT) X(FALLOCATE) \
    X(OPENAT) X(CLOSE) X(FILES_UPDATE) X(STATX) X(READ) X(WRITE) X(FADVISE) X(MADVISE) \
    X(SEND) X(RECV) X(OPENAT2) X(EPOLL_CTL) X(SPLICE) X(PROVIDE_BUFFERS) \
    X(REMOVE_BUFFERS) X(TEE) X(SHUTDOWN) X(RENAMEAT) X(UNLINKAT) X(MKDIRAT) \
    X(SYMLINKAT) X(LINKAT) X(MSG_RING) X(FSETXATTR) X(SETXATTR) X(FGETXATTR) \
    X(GETXATTR) X(SOCKET) X(URING_CMD) X(SEND_ZC) X(SENDMSG_ZC) X(READ_MULTISHOT) \
    X(WAITID) X(FUTEX_WAIT) X(FUTEX_WAKE) X(FUTEX_WAITV) X(FIXED_FD_INSTALL) \
    X(FTRUNCATE) X(BIND) X(LISTEN) X(RECV_ZC) X(EPOLL_WAIT) X(READV_FIXED) \
    X(WRITEV_FIXED) X(PIPE) X(NOP128) X(URING_CMD128)

#define RFI_OP_DECLARED(name_) extern const struct rf_op_info rfi_op_##name_;
RFI_OPS(RFI_OP_DECLARED)
#undef RFI_OP_DECLARED

#define RFI_OP(name_) const struct rf_op_info rfi_op_##name_
#define RFI_OP_IS(name_, since_) .opcode = RF_OP_##name_, .name = #name_, .since = since_

/* --- fields -------------------------------------------------------------- */

#define FIELD(field, name_, type_, argument_, meaning_) \
    [RF_FIELD_##field] = {name_, type_, argument_, meaning_}
#define ZERO(field) RF_FIELD_BIT(RF_FIELD_##field)

/* What several rows share, word by word. */
#define FIELD_FD(meaning) FIELD(FD, "fd", "int", "fd", meaning)
#define FIELD_OFFSET \
    FIELD(OFF, "off", "uint64_t", "offset", \
          "bytes from the start of the file; UINT64_MAX: the file's own position; " \
          "pipes and sockets ignore it")
#define FIELD_RWF(argument) \
    FIELD(RW_FLAGS, "rw_flags", "uint32_t", argument, "RWF_... of preadv2(2), or 0")
#define FIELD_IOPRIO \
    FIELD(IOPRIO, "ioprio", "uint16_t", NULL, "I/O priority as in ioprio_set(2), or 0")
#define FIELD_GROUP(argument) \
    FIELD(BUF_INDEX, "buf_group", "uint16_t", argument, \
          "with RF_SQE_BUFFER_SELECT: the group to take a provided buffer from")
#define FIELDS_PI                                                                   \
    FIELD(PAD2, "attr_type_mask", "uint64_t", NULL,                                 \
          "RF_RW_ATTR_FLAG_PI or 0: attr_ptr is used (6.14)"),                       \
    FIELD(ADDR3, "attr_ptr", "struct rf_attr_pi *", NULL,                           \
          "protection information, for devices that store it")
#define FIELD_STREAM \
    FIELD(FILE_INDEX, "write_stream", "uint8_t", NULL, \
          "which write stream of the device, 0 for none (6.16)")
#define FIELD_MSG_FLAGS FIELD(RW_FLAGS, "msg_flags", "uint32_t", "flags", "MSG_..., or 0")
#define FIELD_FREE_SLOT(argument)                                                            \
    FIELD(FILE_INDEX, "file_index", "uint32_t", argument,                                    \
          "the slot of the registered files that it goes into, RF_FILE_INDEX_ALLOC for one " \
          "of the kernel's choice; in the SQE the slot plus 1, and 0 for a descriptor")

/* --- lists --------------------------------------------------------------- */

#define CALLS(...)                              \
    .calls = (const char *const[]){__VA_ARGS__}, \
    .call_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
#define LOANS(...)                                       \
    .loans = (const struct rf_op_loan[]){__VA_ARGS__},   \
    .loan_count = sizeof((const struct rf_op_loan[]){__VA_ARGS__}) / sizeof(struct rf_op_loan)

/* --- loans --------------------------------------------------------------- */

/* Memory at an address in the SQE. What follows says how much, when, and why. */
#define MEMORY(field_, lent_, direction_, until_, ...)                             \
    {                                                                              \
        .field = RF_FIELD_##field_, .lent = RF_LENT_##lent_,                       \
        .direction = RF_KERNEL_##direction_, .until = RF_UNTIL_##until_,           \
        .until_inline = RF_UNTIL_##until_, __VA_ARGS__                             \
    }

/* A number in the SQE. It matters shorter if the operation is tried at once. */
#define NUMBER(field_, lent_, until_, until_inline_, ...)                          \
    {                                                                              \
        .field = RF_FIELD_##field_, .lent = RF_LENT_##lent_,                       \
        .direction = RF_KERNEL_NEITHER, .until = RF_UNTIL_##until_,                \
        .until_inline = RF_UNTIL_##until_inline_, .extent = RF_EXTENT_NONE,        \
        __VA_ARGS__                                                                \
    }

/* Something named in the memory of the row above. */
#define INNER(depth_, field_, member_, lent_, direction_, until_, ...)             \
    {                                                                              \
        .field = RF_FIELD_##field_, .depth = depth_, .member = member_,            \
        .lent = RF_LENT_##lent_, .direction = RF_KERNEL_##direction_,              \
        .until = RF_UNTIL_##until_, .until_inline = RF_UNTIL_##until_, __VA_ARGS__ \
    }

#define ONE(type_) .extent = RF_EXTENT_BYTES, .unit = sizeof(type_)
#define MANY(type_, field) ONE(type_), .times = {RF_FIELD_##field, RF_FIELD_NONE}
#define BYTES(field) MANY(char, field)
#define STRING .extent = RF_EXTENT_STRING
#define TOLD .extent = RF_EXTENT_TOLD
#define OF_DRIVER .extent = RF_EXTENT_DRIVER
#define NO_MEMORY .extent = RF_EXTENT_NONE

#define TEST(field_, kind_, bits_) {RF_FIELD_##field_, RF_TEST_##kind_, bits_}
#define WHEN(words, ...) .condition = words, .when = {__VA_ARGS__} /* one test or two */
#define NOTE(text_) .note = text_
#define SOURCE(text_) .source = text_

#define SELECTED TEST(FLAGS, ALL, RF_SQE_BUFFER_SELECT)
#define NOT_SELECTED TEST(FLAGS, NONE, RF_SQE_BUFFER_SELECT)
#define WITH_SELECT WHEN("with RF_SQE_BUFFER_SELECT", SELECTED)
#define WITHOUT_SELECT WHEN("without RF_SQE_BUFFER_SELECT", NOT_SELECTED)

/*
 * The file of an operation. Looked up when it starts, by the submitter or by a
 * worker, and held from then on.
 */
#define FILE_ROWS(until_inline_, note_, slot_note_)                                       \
    NUMBER(FD, FD, ISSUED, until_inline_,                                                 \
           WHEN("without RF_SQE_FIXED_FILE", TEST(FLAGS, NONE, RF_SQE_FIXED_FILE)),       \
           NOTE(note_), SOURCE("io_uring.c:io_assign_file")),                             \
    NUMBER(FD, FILE_SLOT, ISSUED, until_inline_,                                          \
           WHEN("with RF_SQE_FIXED_FILE", TEST(FLAGS, ALL, RF_SQE_FIXED_FILE)),           \
           NOTE(slot_note_), SOURCE("io_uring.c:io_file_get_fixed"))

/* W = never or sometimes: the first attempt is made while submitting. */
#define FILE_EARLY                                                                           \
    FILE_ROWS(CONSUMED,                                                                      \
              "From then on the operation holds the file: closing the descriptor neither "    \
              "ends nor disturbs it. A number that is looked up late and was reused by then " \
              "gives another file.",                                                         \
              "From then on the operation holds the file: the slot may be emptied or replaced.")

/* W = always: a worker makes the first attempt. */
#define FILE_LATE                                                                            \
    FILE_ROWS(ISSUED,                                                                        \
              "A worker looks the number up when it gets to the operation: closed before, "  \
              "it is -EBADF; reused, another file is taken.",                                \
              "A worker looks the slot up when it gets to the operation; from then on the "  \
              "operation holds the file.")

#define GROUP_ROWS(direction_)                                                               \
    NUMBER(BUF_INDEX, BUFFER_GROUP, ISSUED, ISSUED, WITH_SELECT,                             \
           NOTE("A buffer is picked each time the operation is tried; a group that is gone " \
                "or empty is -ENOBUFS."),                                                    \
           SOURCE("kbuf.c:io_buffer_select")),                                               \
    INNER(1, BUF_INDEX, "rf_buf.addr", PROVIDED, direction_, RETURNED, TOLD, WITH_SELECT,    \
          NOTE("The kernel's from its publication on. A CQE with RF_CQE_F_BUFFER names the " \
               "id, also one of an error; with RF_CQE_F_BUF_MORE the buffer stays lent."),   \
          SOURCE("kbuf.c:io_put_kbuf"))

#define BUFFER_SLOT_NOTE                                                                     \
    NOTE("Looked up when the operation starts; emptied before, it is -EFAULT. From then on " \
         "the operation holds the buffer.")
#define BUFFER_NOTE                                                                          \
    NOTE("Unregistering does not wait; the tag's CQE comes after the last operation that "   \
         "uses it. Until then it must not be unmapped, remapped or given to madvise(2).")
#define BUFFER_ROWS(direction_, words_, ...)                                                 \
    NUMBER(BUF_INDEX, BUFFER_SLOT, ISSUED, CONSUMED, WHEN(words_, __VA_ARGS__), BUFFER_SLOT_NOTE,  \
           SOURCE("rsrc.c:io_find_buf_node")),                                               \
    INNER(1, BUF_INDEX, "iov_base", REGISTERED, direction_, UNREGISTERED, TOLD,              \
          WHEN(words_, __VA_ARGS__), BUFFER_NOTE, SOURCE("rsrc.c:io_free_rsrc_node"))
#define BUFFER_ROWS_ALWAYS(direction_)                                                       \
    NUMBER(BUF_INDEX, BUFFER_SLOT, ISSUED, CONSUMED, BUFFER_SLOT_NOTE,                       \
           SOURCE("rsrc.c:io_find_buf_node")),                                               \
    INNER(1, BUF_INDEX, "iov_base", REGISTERED, direction_, UNREGISTERED, TOLD, BUFFER_NOTE, \
          SOURCE("rsrc.c:io_free_rsrc_node"))

#define PI_ROWS(direction_)                                                                  \
    MEMORY(ADDR3, PI, READS, CONSUMED, ONE(struct rf_attr_pi),                               \
           WHEN("with RF_RW_ATTR_FLAG_PI", TEST(PAD2, ALL, RF_RW_ATTR_FLAG_PI)),             \
           SOURCE("rw.c:io_prep_rw_pi")),                                                    \
    INNER(1, ADDR3, "addr", DATA, direction_, COMPLETED, TOLD,                               \
          WHEN("with RF_RW_ATTR_FLAG_PI", TEST(PAD2, ALL, RF_RW_ATTR_FLAG_PI)),              \
          NOTE("The protection information itself, len bytes."), SOURCE("rw.c:io_prep_rw_pi"))

#define FREE_SLOT_ROW                                                                        \
    NUMBER(FILE_INDEX, FREE_SLOT, COMPLETED, COMPLETED,                                      \
           WHEN("unless it is 0", TEST(FILE_INDEX, ANY, UINT32_MAX)),                        \
           NOTE("Filled when the operation succeeds; what was in the slot is replaced. "     \
                "Leave slot and table alone until then."),                                   \
           SOURCE("filetable.c:io_fixed_fd_install"))

/* A directory is no file of the request's: each walk along the path looks it up. */
#define DIRFD_ROW(field_, source_)                                                           \
    NUMBER(field_, DIRFD, ISSUED, ISSUED,                                                    \
           NOTE("Never held: looked up when the path is walked, mostly by a worker. Closed " \
                "before, it is -EBADF; reused, another directory is taken."),                \
           SOURCE(source_))
#define PATH_ROW(field_, source_)                                                            \
    MEMORY(field_, PATH, READS, CONSUMED, STRING, SOURCE(source_))

#endif
