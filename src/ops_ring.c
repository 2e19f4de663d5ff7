/* SPDX-License-Identifier: MIT */
/*
 * ops_ring.c - rows: nothing, descriptors and slots, provided buffers, other rings,
 * and commands of drivers.
 */
#include "ops.h"

#include <sys/socket.h>

/* --- nothing ------------------------------------------------------------- */

#define NOP_FIELDS                                                                           \
    {                                                                                        \
        FIELD(RW_FLAGS, "nop_flags", "uint32_t", NULL,                                       \
              "RF_NOP_..., what to pretend (6.10), or 0"),                                    \
            FIELD(LEN, "len", "int", NULL, "with RF_NOP_INJECT_RESULT: the res to give"),    \
            FIELD(FD, "fd", "int", NULL,                                                     \
                  "with RF_NOP_FILE: a descriptor to look up, with RF_NOP_FIXED_FILE a slot"), \
            FIELD(BUF_INDEX, "buf_index", "uint16_t", NULL,                                  \
                  "with RF_NOP_FIXED_BUFFER: a registered buffer to look up"),               \
            FIELD(OFF, "off", "uint64_t", NULL,                                              \
                  "with RF_NOP_CQE32: the first word behind the CQE"),                       \
            FIELD(ADDR, "addr", "uint64_t", NULL,                                            \
                  "with RF_NOP_CQE32: the second word behind the CQE")                       \
    }
#define NOP_LOANS                                                                            \
    LOANS(NUMBER(FD, FD, ISSUED, CONSUMED,                                                   \
                 WHEN("with RF_NOP_FILE", TEST(RW_FLAGS, ALL, RF_NOP_FILE),             \
                           TEST(RW_FLAGS, NONE, RF_NOP_FIXED_FILE)),                         \
                 SOURCE("nop.c:io_nop")),                                                    \
          NUMBER(FD, FILE_SLOT, ISSUED, CONSUMED,                                            \
                 WHEN("with RF_NOP_FILE and RF_NOP_FIXED_FILE",                              \
                      TEST(RW_FLAGS, ALL, RF_NOP_FILE | RF_NOP_FIXED_FILE)),                 \
                 SOURCE("nop.c:io_nop")),                                                    \
          NUMBER(BUF_INDEX, BUFFER_SLOT, ISSUED, CONSUMED,                                   \
                 WHEN("with RF_NOP_FIXED_BUFFER",                                            \
                      TEST(RW_FLAGS, ALL, RF_NOP_FIXED_BUFFER)),                             \
                 SOURCE("nop.c:io_nop")))
#define NOP_NOTES                                                                            \
    "RF_NOP_CQE32 takes a ring with RF_SETUP_CQE32 or RF_SETUP_CQE_MIXED. A negative res "   \
    "that was asked for breaks a link, but does not stop the submission."
#define NOP_BUFFER(since_)                                                                   \
    .registered_buffer = {.since = since_,                                                   \
                          .when = TEST(RW_FLAGS, ALL, RF_NOP_FIXED_BUFFER),                  \
                          .how = "RF_NOP_FIXED_BUFFER in nop_flags: it is only looked up"}

RFI_OP(NOP) = {
    RFI_OP_IS(NOP, "5.1"),
    .text = "nothing",
    .result = "0, or what RF_NOP_INJECT_RESULT asked for",
    .notes = NOP_NOTES,
    CALLS("rf_prep_nop(sqe)",
          "rf_nop(ring, user_data)"),
    .fields = NOP_FIELDS,
    .must_be_zero = ZERO(IOPRIO),
    NOP_BUFFER("6.13"),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .iopoll = true,
    .sqe_bytes = 64,
    NOP_LOANS,
};

RFI_OP(NOP128) = {
    RFI_OP_IS(NOP128, "6.19"),
    .text = "nothing, in a 128-byte entry",
    .result = "0, or what RF_NOP_INJECT_RESULT asked for",
    .notes = "Takes a ring with RF_SETUP_SQE128 or RF_SETUP_SQE_MIXED. " NOP_NOTES,
    CALLS("rf_prep_nop128(sqe)",
          "rf_nop128(ring, user_data)"),
    .fields = NOP_FIELDS,
    .must_be_zero = ZERO(IOPRIO),
    NOP_BUFFER("6.19"),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .iopoll = true,
    .sqe_bytes = 128,
    NOP_LOANS,
};

/* --- descriptors and slots ----------------------------------------------- */

RFI_OP(CLOSE) = {
    RFI_OP_IS(CLOSE, "5.6"),
    .text = "close(2), also of a registered file",
    .result = "0",
    .notes = "-EBADF: it is not open, or the descriptor is a ring's; or the slot was empty. "
             "Operations in flight keep their file.",
    CALLS("rf_prep_close(sqe, fd)",
          "rf_prep_close_direct(sqe, file_index)",
          "rf_close(ring, user_data, fd)",
          "rf_close_direct(ring, user_data, file_index)"),
    .fields = {FIELD_FD("the descriptor; 0 if a slot is to be emptied"),
               FIELD(FILE_INDEX, "file_index", "uint32_t", "file_index",
                     "the slot of the registered files to empty; in the SQE the slot plus 1, and "
                     "0 to close fd")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(ADDR) | ZERO(LEN) | ZERO(RW_FLAGS) |
                    ZERO(BUF_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = "for files that are flushed when they are closed",
    .sqe_bytes = 64,
    LOANS(NUMBER(FD, FD, ISSUED, ISSUED, WHEN("if file_index is 0", TEST(FILE_INDEX, IS, 0)),
                 NOTE("Looked up when the operation runs: a number that was reused in between is "
                      "what gets closed."),
                 SOURCE("openclose.c:io_close")),
          NUMBER(FILE_INDEX, FILE_SLOT, ISSUED, CONSUMED,
                 WHEN("unless it is 0", TEST(FILE_INDEX, ANY, UINT32_MAX)),
                 SOURCE("openclose.c:io_close_fixed"))),
};

#define ALLOCATES TEST(OFF, ALL, RF_FILE_INDEX_ALLOC)
#define ALLOCATES_NOT TEST(OFF, NOT_ALL, RF_FILE_INDEX_ALLOC)

RFI_OP(FILES_UPDATE) = {
    RFI_OP_IS(FILES_UPDATE, "5.6"),
    .text = "change registered files",
    .result = "how many slots were done",
    .notes = "-1 empties a slot, RF_REGISTER_FILES_SKIP leaves it alone, a ring is -EBADF, and "
             "-ENXIO means that there is no table.",
    CALLS("rf_prep_files_update(sqe, fds, count, offset)",
          "rf_prep_files_update_alloc(sqe, fds, count)",
          "rf_files_update(ring, user_data, fds, count, offset)",
          "rf_files_update_alloc(ring, user_data, fds, count)"),
    .fields = {FIELD(ADDR, "addr", "int *", "fds",
                     "the descriptors; RF_FILE_INDEX_ALLOC: overwritten with their slots"),
               FIELD(LEN, "len", "uint32_t", "count", "how many"),
               FIELD(OFF, "off", "uint32_t", "offset",
                     "the first slot; RF_FILE_INDEX_ALLOC: slots of the kernel's choice (5.19)")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(RW_FLAGS) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_EINVAL,
    .worker = RF_WORKER_NEVER,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, FDS, READS, COMPLETED, MANY(int, LEN),
                 WHEN("without RF_FILE_INDEX_ALLOC", ALLOCATES_NOT),
                 NOTE("Read when the operation runs."), SOURCE("rsrc.c:io_files_update")),
          INNER(1, ADDR, "each", FD, NEITHER, COMPLETED, NO_MEMORY,
                WHEN("without RF_FILE_INDEX_ALLOC", ALLOCATES_NOT),
                NOTE("Looked up when the operation runs; the slot holds the file from then on."),
                SOURCE("rsrc.c:__io_sqe_files_update")),
          MEMORY(ADDR, FDS, BOTH, COMPLETED, MANY(int, LEN),
                 WHEN("with RF_FILE_INDEX_ALLOC", ALLOCATES),
                 NOTE("Read when the operation runs, and overwritten with the slots."),
                 SOURCE("rsrc.c:io_files_update_with_index_alloc")),
          INNER(1, ADDR, "each", FD, NEITHER, COMPLETED, NO_MEMORY,
                WHEN("with RF_FILE_INDEX_ALLOC", ALLOCATES),
                NOTE("Looked up when the operation runs; the slot holds the file from then on."),
                SOURCE("rsrc.c:io_files_update_with_index_alloc"))),
};

RFI_OP(FIXED_FD_INSTALL) = {
    RFI_OP_IS(FIXED_FD_INSTALL, "6.8"),
    .text = "a descriptor for a registered file",
    .result = "the new descriptor",
    .notes = "It has O_CLOEXEC unless RF_FIXED_FD_NO_CLOEXEC. A personality is -EPERM.",
    CALLS("rf_prep_fixed_fd_install(sqe, file_index, flags)",
          "rf_fixed_fd_install(ring, user_data, file_index, flags)"),
    .fields = {FIELD(FD, "fd", "uint32_t", "file_index",
                     "the slot; the prep sets RF_SQE_FIXED_FILE"),
               FIELD(RW_FLAGS, "install_fd_flags", "uint32_t", "flags",
                     "RF_FIXED_FD_NO_CLOEXEC, or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(ADDR) | ZERO(LEN) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX) | ZERO(ADDR3),
    .fixed_file = RF_FIXED_FILE_MUST,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(NUMBER(FD, FILE_SLOT, ISSUED, CONSUMED,
                 NOTE("Looked up when the operation starts; from then on it holds the file."),
                 SOURCE("io_uring.c:io_file_get_fixed"))),
};

RFI_OP(PIPE) = {
    RFI_OP_IS(PIPE, "6.16"),
    .text = "pipe2(2)",
    .result = "0",
    .notes = "Into slots it is -EINVAL with O_CLOEXEC.",
    CALLS("rf_prep_pipe(sqe, fds, flags)",
          "rf_prep_pipe_direct(sqe, fds, flags, file_index)",
          "rf_pipe(ring, user_data, fds, flags)",
          "rf_pipe_direct(ring, user_data, fds, flags, file_index)"),
    .fields = {FIELD(ADDR, "addr", "int *", "fds",
                     "where the two descriptors go, or with RF_FILE_INDEX_ALLOC the two slots"),
               FIELD(RW_FLAGS, "pipe_flags", "uint32_t", "flags", "O_CLOEXEC, O_NONBLOCK, or 0"),
               FIELD(FILE_INDEX, "file_index", "uint32_t", "file_index",
                     "the first of two slots of the registered files, RF_FILE_INDEX_ALLOC for "
                     "slots of the kernel's choice; in the SQE plus 1, and 0 for descriptors")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(FD) | ZERO(OFF) | ZERO(ADDR3),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, FDS, WRITES, COMPLETED, .extent = RF_EXTENT_BYTES, .unit = sizeof(int[2]),
                 NOTE("Written when the operation runs."), SOURCE("openclose.c:io_pipe")),
          FREE_SLOT_ROW),
};

/* --- provided buffers ---------------------------------------------------- */

RFI_OP(PROVIDE_BUFFERS) = {
    RFI_OP_IS(PROVIDE_BUFFERS, "5.7"),
    .text = "give buffers for the kernel to choose",
    .result = "0",
    .notes = "The old way: a buffer ring (buffers.h) is faster.",
    CALLS("rf_prep_provide_buffers(sqe, buffers, buffer_len, count, group_id, buffer_id)",
          "rf_provide_buffers(ring, user_data, buffers, buffer_len, count, group_id, buffer_id)"),
    .fields = {FIELD(FD, "fd", "size_t", "count", "how many buffers"),
               FIELD(ADDR, "addr", "void *", "buffers", "the first; the others lie behind it"),
               FIELD(LEN, "len", "size_t", "buffer_len", "bytes of each"),
               FIELD(OFF, "off", "size_t", "buffer_id", "the id of the first"),
               FIELD(BUF_INDEX, "buf_group", "size_t", "group_id", "the group they join")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(RW_FLAGS) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, PROVIDED, NEITHER, RETURNED, .extent = RF_EXTENT_BYTES, .unit = 1,
                 .times = {RF_FIELD_LEN, RF_FIELD_FD},
                 NOTE("Only addresses and lengths are recorded; each buffer is the kernel's until "
                      "a CQE brings its id back or it is removed."),
                 SOURCE("kbuf.c:io_add_buffers"))),
};

RFI_OP(REMOVE_BUFFERS) = {
    RFI_OP_IS(REMOVE_BUFFERS, "5.7"),
    .text = "take such buffers back",
    .result = "how many were removed",
    .notes = "Those that an operation has picked are not removed: they come back with its CQE. "
             "-ENOENT: there is no such group.",
    CALLS("rf_prep_remove_buffers(sqe, count, group_id)",
          "rf_remove_buffers(ring, user_data, count, group_id)"),
    .fields = {FIELD(FD, "fd", "size_t", "count", "how many at most"),
               FIELD(BUF_INDEX, "buf_group", "size_t", "group_id", "the group they leave")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(ADDR) | ZERO(LEN) | ZERO(RW_FLAGS) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_NEVER,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(NUMBER(BUF_INDEX, BUFFER_GROUP, ISSUED, ISSUED,
                 SOURCE("kbuf.c:io_manage_buffers_legacy"))),
};

/* --- other rings --------------------------------------------------------- */

#define SENDS_FD TEST(ADDR, IS, RF_MSG_SEND_FD)

RFI_OP(MSG_RING) = {
    RFI_OP_IS(MSG_RING, "5.18"),
    .text = "a completion or a file to another ring",
    .result = "0; with RF_MSG_SEND_FD and RF_FILE_INDEX_ALLOC the slot there",
    .notes = "RF_MSG_DATA puts a CQE into the other ring, which may be this one. RF_MSG_SEND_FD "
             "copies a registered file into a slot there, and posts a CQE unless "
             "RF_MSG_RING_CQE_SKIP; to itself it is -EINVAL. -EBADFD: not a ring, or one that is "
             "disabled. -EOVERFLOW: the CQE could not even be kept for later.",
    CALLS("rf_prep_msg_ring(sqe, fd, len, data, flags)",
          "rf_prep_msg_ring_cqe_flags(sqe, fd, len, data, flags, cqe_flags)",
          "rf_prep_msg_ring_fd(sqe, fd, source_index, target_index, data, flags)",
          "rf_prep_msg_ring_fd_alloc(sqe, fd, source_index, data, flags)",
          "rf_msg_ring(ring, user_data, fd, len, data, flags)",
          "rf_msg_ring_cqe_flags(ring, user_data, fd, len, data, flags, cqe_flags)",
          "rf_msg_ring_fd(ring, user_data, fd, source_index, target_index, data, flags)",
          "rf_msg_ring_fd_alloc(ring, user_data, fd, source_index, data, flags)"),
    .fields = {FIELD_FD("the other ring"),
               FIELD(ADDR, "addr", "uint64_t", NULL,
                     "RF_MSG_DATA or RF_MSG_SEND_FD (6.0); the prep sets it"),
               FIELD(OFF, "off", "uint64_t", "data", "user_data of the CQE there"),
               FIELD(LEN, "len", "uint32_t", "len", "RF_MSG_DATA: res of the CQE there"),
               FIELD(RW_FLAGS, "msg_ring_flags", "uint32_t", "flags",
                     "RF_MSG_RING_CQE_SKIP (6.0), RF_MSG_RING_FLAGS_PASS (6.3), or 0"),
               FIELD(ADDR3, "addr3", "uint32_t", "source_index",
                     "RF_MSG_SEND_FD: the slot to take the file from"),
               FIELD(FILE_INDEX, "file_index", "uint32_t", "target_index, cqe_flags",
                     "RF_MSG_SEND_FD: the slot there, in the SQE plus 1, or RF_FILE_INDEX_ALLOC; "
                     "with RF_MSG_RING_FLAGS_PASS: flags of the CQE there")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(PERSONALITY),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = "where another thread is busy with the other ring",
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          NUMBER(ADDR3, FILE_SLOT, ISSUED, CONSUMED, WHEN("with RF_MSG_SEND_FD", SENDS_FD),
                 NOTE("Looked up when the operation starts; from then on it holds the file."),
                 SOURCE("msg_ring.c:io_msg_grab_file")),
          NUMBER(FILE_INDEX, FREE_SLOT, COMPLETED, COMPLETED,
                 WHEN("with RF_MSG_SEND_FD", SENDS_FD), NOTE("A slot of the other ring."),
                 SOURCE("msg_ring.c:io_msg_install_complete"))),
};

/* --- commands of drivers ------------------------------------------------- */

#define COMMAND_FIELDS(argument_)                                                            \
    {                                                                                        \
        FIELD_FD("the file: a socket, a device, ..."),                                       \
            FIELD(CMD_OP, "cmd_op", "uint32_t", "cmd_op",                                    \
                  "which command: for a socket RF_SOCKET_URING_OP_..., else the driver's"),  \
            FIELD(RW_FLAGS, "uring_cmd_flags", "uint32_t", NULL,                             \
                  "RF_URING_CMD_FIXED, RF_URING_CMD_MULTISHOT (6.18), or 0"),                 \
            FIELD(ADDR, "addr", "uint64_t", argument_("addr, offset"),                       \
                  "by command: the address for GETSOCKNAME, where to begin for a discard"),  \
            FIELD(LEVEL, "level", "int", argument_("level"),                                 \
                  "of a socket option: SOL_SOCKET, ... (the first half of addr)"),           \
            FIELD(OPTNAME, "optname", "int", argument_("optname"),                           \
                  "of a socket option: SO_... (the second half of addr)"),                   \
            FIELD(LEN, "len", "uint32_t", NULL, "by command"),                               \
            FIELD(BUF_INDEX, "buf_index", "uint16_t", NULL,                                  \
                  "with RF_URING_CMD_FIXED a registered buffer, with RF_SQE_BUFFER_SELECT "  \
                  "the group"),                                                              \
            FIELD(FILE_INDEX, "optlen", "uint32_t", argument_("optlen, peer"),               \
                  "by command: bytes at optval; 1 for the peer's name"),                     \
            FIELD(ADDR3, "optval", "void *", argument_("optval, opt, addrlen, len"),         \
                  "by command: the value of a socket option, the socklen_t for GETSOCKNAME, " \
                  "how many bytes to discard; here the command area begins"),                \
            FIELD(PAD2, "pad2", "uint64_t", NULL, "by command")                              \
    }
#define COMMAND_NOTES                                                                        \
    "Socket commands: SIOCINQ, SIOCOUTQ, GETSOCKOPT (only SOL_SOCKET), SETSOCKOPT (6.7), "    \
    "TX_TIMESTAMP (6.17, many CQEs, needs 32-byte ones), GETSOCKNAME (6.19). With "           \
    "RF_SETUP_CQE32 or RF_SETUP_CQE_MIXED a CQE may carry a second result. -EOPNOTSUPP: the " \
    "file has no commands, or not this one."
#define COMMAND_FEATURES(fixed_since, multishot_since)                                       \
    .multishot = {.since = multishot_since,                                                  \
                  .when = TEST(RW_FLAGS, ALL, RF_URING_CMD_MULTISHOT),                       \
                  .how = "RF_URING_CMD_MULTISHOT in uring_cmd_flags, with "                  \
                         "RF_SQE_BUFFER_SELECT"},                                            \
    .buffer_select = {.since = multishot_since, .when = SELECTED,                            \
                      .how = "RF_SQE_BUFFER_SELECT in flags, with RF_URING_CMD_MULTISHOT"},  \
    .registered_buffer = {.since = fixed_since,                                              \
                          .when = TEST(RW_FLAGS, ALL, RF_URING_CMD_FIXED),                   \
                          .how = "RF_URING_CMD_FIXED in uring_cmd_flags"},                   \
    .fixed_file = RF_FIXED_FILE_USED, .worker = RF_WORKER_SOMETIMES,                         \
    .worker_note = "where the driver asks for it", .iopoll = true
#define SOCKET_COMMAND(name)                                                                 \
    WHEN("a socket's " #name, TEST(CMD_OP, IS, RF_SOCKET_URING_OP_##name))
#define COMMAND_LOANS                                                                        \
    LOANS(FILE_EARLY,                                                                        \
          MEMORY(ADDR3, OPTVAL, READS, COMPLETED, BYTES(FILE_INDEX),                         \
                 SOCKET_COMMAND(SETSOCKOPT), NOTE("Read when the operation runs."),          \
                 SOURCE("cmd_net.c:io_uring_cmd_setsockopt")),                               \
          MEMORY(ADDR3, OPTVAL, WRITES, COMPLETED, BYTES(FILE_INDEX),                        \
                 SOCKET_COMMAND(GETSOCKOPT),                                                 \
                 NOTE("How much of it was written is the res."),                             \
                 SOURCE("cmd_net.c:io_uring_cmd_getsockopt")),                               \
          MEMORY(ADDR, SOCKADDR, WRITES, COMPLETED, TOLD, SOCKET_COMMAND(GETSOCKNAME),       \
                 SOURCE("cmd_net.c:io_uring_cmd_getsockname")),                              \
          MEMORY(ADDR3, SOCKLEN, BOTH, COMPLETED, ONE(socklen_t),                            \
                 SOCKET_COMMAND(GETSOCKNAME), NOTE("optlen 1 asks for the peer's."),         \
                 SOURCE("cmd_net.c:io_uring_cmd_getsockname")),                              \
          MEMORY(ADDR3, COMMAND, BOTH, COMPLETED, OF_DRIVER,                                 \
                 NOTE("The command area itself is copied with the SQE. What addresses in it "  \
                      "mean, or one in addr, the driver decides: block discard has none, "    \
                      "btrfs reads its arguments when it starts and writes them later, ublk " \
                      "and fuse have rules of their own."),                                  \
                 SOURCE("uring_cmd.c:io_uring_cmd_sqe_copy")),                               \
          INNER(1, ADDR3, "nvme_uring_cmd.addr", IOVECS, READS, COMPLETED, OF_DRIVER,        \
                NOTE("NVMe, vectored: read when the command starts, and again if a worker "  \
                     "tries it once more."),                                                 \
                SOURCE("drivers/nvme/host/ioctl.c:nvme_uring_cmd_io")),                      \
          GROUP_ROWS(WRITES),                                                                \
          BUFFER_ROWS(BOTH, "with RF_URING_CMD_FIXED",                                       \
                      TEST(RW_FLAGS, ALL, RF_URING_CMD_FIXED)))
#define AS_ARGUMENT(name) name
#define NO_ARGUMENT(name) NULL

RFI_OP(URING_CMD) = {
    RFI_OP_IS(URING_CMD, "5.19"),
    .text = "a command of a driver or a socket",
    .result = "by command",
    .notes = COMMAND_NOTES,
    CALLS("rf_prep_cmd_sock(sqe, cmd_op, fd, level, optname, optval, optlen)",
          "rf_prep_uring_cmd(sqe, cmd_op, fd)",
          "rf_prep_cmd_discard(sqe, fd, offset, len)",
          "rf_prep_cmd_zone_reset_all(sqe, fd)",
          "rf_prep_cmd_getsockname(sqe, fd, addr, addrlen, peer)",
          "rf_cmd_sock(ring, user_data, cmd_op, fd, level, optname, optval, optlen)",
          "rf_setsockopt(ring, user_data, fd, level, optname, opt, optlen)",
          "rf_getsockopt(ring, user_data, fd, level, optname, opt, optlen)",
          "rf_uring_cmd(ring, user_data, cmd_op, fd)",
          "rf_cmd_discard(ring, user_data, fd, offset, len)",
          "rf_cmd_zone_reset_all(ring, user_data, fd)",
          "rf_cmd_getsockname(ring, user_data, fd, addr, addrlen, peer)"),
    .fields = COMMAND_FIELDS(AS_ARGUMENT),
    .must_be_zero = ZERO(IOPRIO) | ZERO(PAD1),
    COMMAND_FEATURES("5.19", "6.18"),
    .sqe_bytes = 64,
    COMMAND_LOANS,
};

RFI_OP(URING_CMD128) = {
    RFI_OP_IS(URING_CMD128, "6.19"),
    .text = "a command in a 128-byte entry",
    .result = "by command",
    .notes = "Takes a ring with RF_SETUP_SQE128 or RF_SETUP_SQE_MIXED; the command area has 80 "
             "bytes instead of 16. " COMMAND_NOTES,
    CALLS("rf_prep_uring_cmd128(sqe, cmd_op, fd)",
          "rf_uring_cmd128(ring, user_data, cmd_op, fd)"),
    .fields = COMMAND_FIELDS(NO_ARGUMENT),
    .must_be_zero = ZERO(IOPRIO) | ZERO(PAD1),
    COMMAND_FEATURES("6.19", "6.19"),
    .sqe_bytes = 128,
    COMMAND_LOANS,
};
