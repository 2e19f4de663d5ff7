/* SPDX-License-Identifier: MIT */
/*
 * ops_file.c - rows: operations on the content of an open file.
 */
#include "ops.h"

#include <sys/uio.h>

#define RESULT_READ "bytes read, perhaps fewer than asked; 0: the end of the file"
#define RESULT_WRITTEN "bytes written, perhaps fewer than asked"
#define FIELD_BUFFER(meaning) FIELD(ADDR, "addr", "void *", "buf", meaning)
#define FIELD_CONST_BUFFER(meaning) FIELD(ADDR, "addr", "const void *", "buf", meaning)
#define FIELD_IOVECS \
    FIELD(ADDR, "addr", "const struct iovec *", "iovecs", "array of buffers, each an iovec")
#define FIELD_BUFFER_INDEX(argument)                        \
    FIELD(BUF_INDEX, "buf_index", "uint16_t", argument, \
          "which registered buffer the memory lies in")

#define DATA_ROW(direction_, note_, source_, ...)                                          \
    MEMORY(ADDR, DATA, direction_, COMPLETED, BYTES(LEN), __VA_ARGS__, NOTE(note_), \
           SOURCE(source_))
#define WRITE_NOTE "Read when the operation runs, not when it is submitted, perhaps in parts."
#define READ_NOTE                                                                     \
    "Written when the operation runs, perhaps in parts. Only the address is held: "   \
    "memory that is mapped there anew gets the data."
#define SEGMENT_ROW(direction_, note_, ...)                                                     \
    INNER(1, ADDR, "iov_base", DATA, direction_, COMPLETED, TOLD, __VA_ARGS__, NOTE(note_),     \
          SOURCE("rw.c:io_rw_do_import"))

#define WORKER_READ \
    "not for cached or uncached pages of ext4; for files that cannot be read without waiting, " \
    "such as those in /proc (seen on 6.18)"
#define WORKER_WRITE "for regular files, buffered as well as O_DIRECT (seen on 6.18 with ext4)"
#define SELECT_RW                                                               \
    .buffer_select = {.since = "5.7", .when = SELECTED,                         \
                      .how = "RF_SQE_BUFFER_SELECT in flags, the group in buf_group"}
#define REGISTERED_RW(since_)                                              \
    .registered_buffer = {.since = since_, .always = true, .how = "buf_index names it, always"}

RFI_OP(READV) = {
    RFI_OP_IS(READV, "5.1"),
    .text = "preadv2(2)",
    .result = RESULT_READ,
    .notes = "With RF_SQE_BUFFER_SELECT there is exactly one iovec, of which only the length "
             "counts. A short read breaks a soft link.",
    CALLS("rf_prep_readv(sqe, fd, iovecs, count, offset)",
          "rf_prep_readv2(sqe, fd, iovecs, count, offset, flags)",
          "rf_readv(ring, user_data, fd, iovecs, count, offset)",
          "rf_readv2(ring, user_data, fd, iovecs, count, offset, flags)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET, FIELD_IOVECS,
               FIELD(LEN, "len", "uint32_t", "count", "how many iovecs"), FIELD_RWF("flags"),
               FIELD_IOPRIO, FIELD_GROUP(NULL), FIELDS_PI},
    .must_be_zero = 0,
    SELECT_RW,
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_READ,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, IOVECS, READS, CONSUMED, MANY(struct iovec, LEN),
                 SOURCE("rw.c:io_import_vec")),
          SEGMENT_ROW(WRITES, READ_NOTE, WITHOUT_SELECT), GROUP_ROWS(WRITES), PI_ROWS(WRITES)),
};

RFI_OP(WRITEV) = {
    RFI_OP_IS(WRITEV, "5.1"),
    .text = "pwritev2(2)",
    .result = RESULT_WRITTEN,
    .notes = "A short write breaks a soft link.",
    CALLS("rf_prep_writev(sqe, fd, iovecs, count, offset)",
          "rf_prep_writev2(sqe, fd, iovecs, count, offset, flags)",
          "rf_writev(ring, user_data, fd, iovecs, count, offset)",
          "rf_writev2(ring, user_data, fd, iovecs, count, offset, flags)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET, FIELD_IOVECS,
               FIELD(LEN, "len", "uint32_t", "count", "how many iovecs"), FIELD_RWF("flags"),
               FIELD_IOPRIO, FIELD_STREAM, FIELDS_PI},
    .must_be_zero = 0,
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_WRITE,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, IOVECS, READS, CONSUMED, MANY(struct iovec, LEN),
                 SOURCE("rw.c:io_import_vec")),
          INNER(1, ADDR, "iov_base", DATA, READS, COMPLETED, TOLD, NOTE(WRITE_NOTE),
                SOURCE("rw.c:io_rw_do_import")),
          PI_ROWS(READS)),
};

RFI_OP(FSYNC) = {
    RFI_OP_IS(FSYNC, "5.1"),
    .text = "fsync(2), fdatasync(2)",
    .result = "0",
    .notes = "Not ordered after writes in flight: link it to them, or RF_SQE_IO_DRAIN.",
    CALLS("rf_prep_fsync(sqe, fd, flags)",
          "rf_fsync(ring, user_data, fd, flags)"),
    .fields = {FIELD_FD("the file"),
               FIELD(OFF, "off", "uint64_t", NULL, "where to begin, 0 for the whole file"),
               FIELD(LEN, "len", "uint32_t", NULL, "how many bytes, 0: to the end"),
               FIELD(RW_FLAGS, "fsync_flags", "uint32_t", "flags",
                     "RF_FSYNC_DATASYNC for fdatasync(2), or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(ADDR) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE),
};

RFI_OP(READ_FIXED) = {
    RFI_OP_IS(READ_FIXED, "5.1"),
    .text = "read into a registered buffer",
    .result = RESULT_READ,
    .notes = "-EFAULT: the memory is not inside that buffer, or there is no such buffer when the "
             "operation starts.",
    CALLS("rf_prep_read_fixed(sqe, fd, buf, len, offset, buffer_index)",
          "rf_read_fixed(ring, user_data, fd, buf, len, offset, buffer_index)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET,
               FIELD_BUFFER("where the bytes go: inside the registered buffer"),
               FIELD(LEN, "len", "size_t", "len", "bytes to read"), FIELD_RWF(NULL), FIELD_IOPRIO,
               FIELD_BUFFER_INDEX("buffer_index"), FIELDS_PI},
    .must_be_zero = 0,
    REGISTERED_RW("5.1"),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_READ,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, DATA, WRITES, COMPLETED, BYTES(LEN),
                 NOTE("The pages are those that were registered: what is mapped there now does "
                      "not matter, and is not written."),
                 SOURCE("rw.c:io_init_rw_fixed")),
          BUFFER_ROWS_ALWAYS(WRITES), PI_ROWS(WRITES)),
};

RFI_OP(WRITE_FIXED) = {
    RFI_OP_IS(WRITE_FIXED, "5.1"),
    .text = "write from a registered buffer",
    .result = RESULT_WRITTEN,
    .notes = "-EFAULT: the memory is not inside that buffer, or there is no such buffer when the "
             "operation starts.",
    CALLS("rf_prep_write_fixed(sqe, fd, buf, len, offset, buffer_index)",
          "rf_write_fixed(ring, user_data, fd, buf, len, offset, buffer_index)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET,
               FIELD_CONST_BUFFER("the bytes to write: inside the registered buffer"),
               FIELD(LEN, "len", "size_t", "len", "bytes to write"), FIELD_RWF(NULL), FIELD_IOPRIO,
               FIELD_BUFFER_INDEX("buffer_index"), FIELD_STREAM, FIELDS_PI},
    .must_be_zero = 0,
    REGISTERED_RW("5.1"),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_WRITE,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, DATA, READS, COMPLETED, BYTES(LEN),
                 NOTE("The pages are those that were registered: what is mapped there now does "
                      "not matter, and is not read."),
                 SOURCE("rw.c:io_init_rw_fixed")),
          BUFFER_ROWS_ALWAYS(READS), PI_ROWS(READS)),
};

RFI_OP(SYNC_FILE_RANGE) = {
    RFI_OP_IS(SYNC_FILE_RANGE, "5.2"),
    .text = "sync_file_range(2)",
    .result = "0",
    CALLS("rf_prep_sync_file_range(sqe, fd, len, offset, flags)",
          "rf_sync_file_range(ring, user_data, fd, len, offset, flags)"),
    .fields = {FIELD_FD("the file"),
               FIELD(OFF, "off", "uint64_t", "offset", "where to begin, in bytes"),
               FIELD(LEN, "len", "size_t", "len", "how many bytes, 0: to the end"),
               FIELD(RW_FLAGS, "sync_range_flags", "uint32_t", "flags", "SYNC_FILE_RANGE_...")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(ADDR) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE),
};

RFI_OP(FALLOCATE) = {
    RFI_OP_IS(FALLOCATE, "5.6"),
    .text = "fallocate(2)",
    .result = "0",
    CALLS("rf_prep_fallocate(sqe, fd, mode, offset, len)",
          "rf_fallocate(ring, user_data, fd, mode, offset, len)"),
    .fields = {FIELD_FD("the file"),
               FIELD(OFF, "off", "uint64_t", "offset", "where to begin, in bytes"),
               FIELD(ADDR, "addr", "uint64_t", "len", "how many bytes: a number, no address"),
               FIELD(LEN, "len", "int", "mode", "FALLOC_FL_..., or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE),
};

RFI_OP(READ) = {
    RFI_OP_IS(READ, "5.6"),
    .text = "pread(2), read(2)",
    .result = RESULT_READ,
    .notes = "With RF_SQE_BUFFER_SELECT a len of 0 means the whole buffer; a regular file uses up "
             "a buffer also at its end and on errors. O_NONBLOCK does not give -EAGAIN on pipes "
             "and sockets, RWF_NOWAIT in rw_flags does. A short read breaks a soft link.",
    CALLS("rf_prep_read(sqe, fd, buf, len, offset)",
          "rf_read(ring, user_data, fd, buf, len, offset)",
          "rf_read_select(ring, user_data, fd, group_id, len, offset)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET, FIELD_BUFFER("where the bytes go"),
               FIELD(LEN, "len", "size_t", "len", "bytes to read"), FIELD_RWF(NULL), FIELD_IOPRIO,
               FIELD_GROUP("group_id"), FIELDS_PI},
    .must_be_zero = 0,
    SELECT_RW,
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_READ,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          DATA_ROW(WRITES, READ_NOTE, "rw.c:io_rw_do_import", WITHOUT_SELECT),
          GROUP_ROWS(WRITES), PI_ROWS(WRITES)),
};

RFI_OP(WRITE) = {
    RFI_OP_IS(WRITE, "5.6"),
    .text = "pwrite(2), write(2)",
    .result = RESULT_WRITTEN,
    .notes = "A short write breaks a soft link.",
    CALLS("rf_prep_write(sqe, fd, buf, len, offset)",
          "rf_write(ring, user_data, fd, buf, len, offset)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET, FIELD_CONST_BUFFER("the bytes to write"),
               FIELD(LEN, "len", "size_t", "len", "bytes to write"), FIELD_RWF(NULL), FIELD_IOPRIO,
               FIELD_STREAM, FIELDS_PI},
    .must_be_zero = 0,
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_WRITE,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, DATA, READS, COMPLETED, BYTES(LEN), NOTE(WRITE_NOTE),
                 SOURCE("rw.c:io_rw_do_import")),
          PI_ROWS(READS)),
};

RFI_OP(FADVISE) = {
    RFI_OP_IS(FADVISE, "5.6"),
    .text = "posix_fadvise(2)",
    .result = "0",
    CALLS("rf_prep_fadvise(sqe, fd, offset, len, advice)",
          "rf_prep_fadvise64(sqe, fd, offset, len, advice)",
          "rf_fadvise(ring, user_data, fd, offset, len, advice)",
          "rf_fadvise64(ring, user_data, fd, offset, len, advice)"),
    .fields = {FIELD_FD("the file"),
               FIELD(OFF, "off", "uint64_t", "offset", "where to begin, in bytes"),
               FIELD(ADDR, "addr", "uint64_t", "len",
                     "how many bytes, for fadvise64: a number; 0: what sqe->len says (6.11)"),
               FIELD(LEN, "len", "size_t", "len", "how many bytes, if addr is 0"),
               FIELD(RW_FLAGS, "fadvise_advice", "int", "advice", "POSIX_FADV_...")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = "for all but POSIX_FADV_NORMAL, _RANDOM and _SEQUENTIAL",
    .sqe_bytes = 64,
    LOANS(FILE_ROWS(ISSUED,
                    "Advice that a worker carries out has the number looked up by that worker.",
                    "Advice that a worker carries out has the slot looked up by that worker; from "
                    "then on the operation holds the file.")),
};

RFI_OP(MADVISE) = {
    RFI_OP_IS(MADVISE, "5.6"),
    .text = "madvise(2)",
    .result = "0",
    CALLS("rf_prep_madvise(sqe, addr, len, advice)",
          "rf_prep_madvise64(sqe, addr, len, advice)",
          "rf_madvise(ring, user_data, addr, len, advice)",
          "rf_madvise64(ring, user_data, addr, len, advice)"),
    .fields = {FIELD(OFF, "off", "uint64_t", "len",
                     "how many bytes, for madvise64; 0: what sqe->len says (6.11)"),
               FIELD(ADDR, "addr", "void *", "addr", "the first page"),
               FIELD(LEN, "len", "size_t", "len", "how many bytes, if off is 0"),
               FIELD(RW_FLAGS, "fadvise_advice", "int", "advice", "MADV_...")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_IGNORED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(MEMORY(ADDR, DATA, NEITHER, COMPLETED, TOLD,
                 NOTE("off or len tell how much. Nothing is read or written, but a worker advises "
                      "what is mapped there when it gets to it."),
                 SOURCE("advise.c:io_madvise"))),
};

RFI_OP(SPLICE) = {
    RFI_OP_IS(SPLICE, "5.7"),
    .text = "splice(2)",
    .result = "bytes moved; 0: the end of the input",
    .notes = "One of the two is a pipe, whose offset is UINT64_MAX. Moving other than len bytes "
             "breaks a soft link. Cancelled, it may end with -512, which is -EINTR by another "
             "name.",
    CALLS("rf_prep_splice(sqe, fd_in, off_in, fd_out, off_out, len, splice_flags)",
          "rf_splice(ring, user_data, fd_in, off_in, fd_out, off_out, len, splice_flags)"),
    .fields = {FIELD(FD, "fd", "int", "fd_out", "where the bytes go"),
               FIELD(OFF, "off", "uint64_t", "off_out",
                     "where in it; UINT64_MAX: its own position, or it is a pipe"),
               FIELD(ADDR, "splice_off_in", "uint64_t", "off_in",
                     "where in fd_in: a number; UINT64_MAX: its own position, or it is a pipe"),
               FIELD(LEN, "len", "size_t", "len", "bytes to move"),
               FIELD(RW_FLAGS, "splice_flags", "uint32_t", "splice_flags",
                     "SPLICE_F_..., RF_SPLICE_F_FD_IN_FIXED: fd_in is a slot"),
               FIELD(FILE_INDEX, "splice_fd_in", "int", "fd_in", "where the bytes come from")},
    .must_be_zero = ZERO(IOPRIO),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE,
          NUMBER(FILE_INDEX, FD, ISSUED, ISSUED,
                 WHEN("without RF_SPLICE_F_FD_IN_FIXED",
                      TEST(RW_FLAGS, NONE, RF_SPLICE_F_FD_IN_FIXED)),
                 NOTE("A worker looks it up when it gets to the operation."),
                 SOURCE("splice.c:io_splice_get_file")),
          NUMBER(FILE_INDEX, FILE_SLOT, ISSUED, ISSUED,
                 WHEN("with RF_SPLICE_F_FD_IN_FIXED",
                      TEST(RW_FLAGS, ALL, RF_SPLICE_F_FD_IN_FIXED)),
                 NOTE("A worker looks it up when it gets to the operation."),
                 SOURCE("splice.c:io_splice_get_file"))),
};

RFI_OP(TEE) = {
    RFI_OP_IS(TEE, "5.8"),
    .text = "tee(2)",
    .result = "bytes duplicated; 0: the end of the input",
    .notes = "Both are pipes. Other than len bytes break a soft link.",
    CALLS("rf_prep_tee(sqe, fd_in, fd_out, len, splice_flags)",
          "rf_tee(ring, user_data, fd_in, fd_out, len, splice_flags)"),
    .fields = {FIELD(FD, "fd", "int", "fd_out", "the pipe where the bytes go"),
               FIELD(LEN, "len", "size_t", "len", "bytes to duplicate"),
               FIELD(RW_FLAGS, "splice_flags", "uint32_t", "splice_flags",
                     "SPLICE_F_..., RF_SPLICE_F_FD_IN_FIXED: splice_fd_in is a slot"),
               FIELD(FILE_INDEX, "splice_fd_in", "int", "fd_in", "the pipe they come from")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(ADDR),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE,
          NUMBER(FILE_INDEX, FD, ISSUED, ISSUED,
                 WHEN("without RF_SPLICE_F_FD_IN_FIXED",
                      TEST(RW_FLAGS, NONE, RF_SPLICE_F_FD_IN_FIXED)),
                 NOTE("A worker looks it up when it gets to the operation."),
                 SOURCE("splice.c:io_splice_get_file")),
          NUMBER(FILE_INDEX, FILE_SLOT, ISSUED, ISSUED,
                 WHEN("with RF_SPLICE_F_FD_IN_FIXED",
                      TEST(RW_FLAGS, ALL, RF_SPLICE_F_FD_IN_FIXED)),
                 NOTE("A worker looks it up when it gets to the operation."),
                 SOURCE("splice.c:io_splice_get_file"))),
};

RFI_OP(READ_MULTISHOT) = {
    RFI_OP_IS(READ_MULTISHOT, "6.7"),
    .text = "read, many times",
    .result = "bytes read, in each CQE; 0: the end, and no buffer was used",
    .notes = "A CQE for each piece of data, into a provided buffer. It ends with the end of the "
             "file, an error, or -ENOBUFS when the group is empty; arm it again after that. The "
             "file must be one that can be polled, such as a pipe: others give -EBADFD.",
    CALLS("rf_prep_read_multishot(sqe, fd, len, offset, group_id)",
          "rf_read_multishot(ring, user_data, fd, group_id, len, offset)"),
    .fields = {FIELD_FD("the file: a pipe, a socket, a device"), FIELD_OFFSET, FIELD_RWF(NULL),
               FIELD(LEN, "len", "size_t", "len", "0: the size of the buffers is the limit"),
               FIELD(BUF_INDEX, "buf_group", "uint16_t", "group_id",
                     "the group to take provided buffers from; RF_SQE_BUFFER_SELECT is a must"),
               FIELDS_PI},
    .must_be_zero = ZERO(IOPRIO) | ZERO(ADDR) | ZERO(LEN),
    .multishot = {.since = "6.7", .always = true, .how = "always"},
    .buffer_select = {.since = "6.7", .always = true, .when = SELECTED,
                      .how = "RF_SQE_BUFFER_SELECT in flags, the group in buf_group: a must"},
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_NEVER,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY, GROUP_ROWS(WRITES), PI_ROWS(WRITES)),
};

RFI_OP(FTRUNCATE) = {
    RFI_OP_IS(FTRUNCATE, "6.9"),
    .text = "ftruncate(2)",
    .result = "0",
    CALLS("rf_prep_ftruncate(sqe, fd, length)",
          "rf_ftruncate(ring, user_data, fd, length)"),
    .fields = {FIELD_FD("the file"),
               FIELD(OFF, "off", "uint64_t", "length", "its new length in bytes")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(ADDR) | ZERO(LEN) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX) | ZERO(ADDR3),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE),
};

RFI_OP(READV_FIXED) = {
    RFI_OP_IS(READV_FIXED, "6.15"),
    .text = "readv into a registered buffer",
    .result = RESULT_READ,
    .notes = "-EFAULT: an iovec is not inside that buffer, or there is no such buffer when the "
             "operation starts.",
    CALLS("rf_prep_readv_fixed(sqe, fd, iovecs, count, offset, flags, buffer_index)",
          "rf_readv_fixed(ring, user_data, fd, iovecs, count, offset, flags, buffer_index)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET,
               FIELD(ADDR, "addr", "const struct iovec *", "iovecs",
                     "array of iovecs, all inside one registered buffer"),
               FIELD(LEN, "len", "uint32_t", "count", "how many iovecs"), FIELD_RWF("flags"),
               FIELD_IOPRIO, FIELD_BUFFER_INDEX("buffer_index"), FIELDS_PI},
    .must_be_zero = 0,
    REGISTERED_RW("6.15"),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_READ,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, IOVECS, READS, CONSUMED, MANY(struct iovec, LEN),
                 SOURCE("rsrc.c:io_prep_reg_iovec")),
          INNER(1, ADDR, "iov_base", DATA, WRITES, COMPLETED, TOLD,
                NOTE("The pages are those that were registered."),
                SOURCE("rsrc.c:io_import_reg_vec")),
          BUFFER_ROWS_ALWAYS(WRITES), PI_ROWS(WRITES)),
};

RFI_OP(WRITEV_FIXED) = {
    RFI_OP_IS(WRITEV_FIXED, "6.15"),
    .text = "writev from a registered buffer",
    .result = RESULT_WRITTEN,
    .notes = "-EFAULT: an iovec is not inside that buffer, or there is no such buffer when the "
             "operation starts.",
    CALLS("rf_prep_writev_fixed(sqe, fd, iovecs, count, offset, flags, buffer_index)",
          "rf_writev_fixed(ring, user_data, fd, iovecs, count, offset, flags, buffer_index)"),
    .fields = {FIELD_FD("the file"), FIELD_OFFSET,
               FIELD(ADDR, "addr", "const struct iovec *", "iovecs",
                     "array of iovecs, all inside one registered buffer"),
               FIELD(LEN, "len", "uint32_t", "count", "how many iovecs"), FIELD_RWF("flags"),
               FIELD_IOPRIO, FIELD_BUFFER_INDEX("buffer_index"), FIELD_STREAM, FIELDS_PI},
    .must_be_zero = 0,
    REGISTERED_RW("6.15"),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_WRITE,
    .iopoll = true,
    .sqe_bytes = 64,
    LOANS(FILE_EARLY,
          MEMORY(ADDR, IOVECS, READS, CONSUMED, MANY(struct iovec, LEN),
                 SOURCE("rsrc.c:io_prep_reg_iovec")),
          INNER(1, ADDR, "iov_base", DATA, READS, COMPLETED, TOLD,
                NOTE("The pages are those that were registered."),
                SOURCE("rsrc.c:io_import_reg_vec")),
          BUFFER_ROWS_ALWAYS(READS), PI_ROWS(READS)),
};
