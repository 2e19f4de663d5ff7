/* SPDX-License-Identifier: MIT */
/*
 * ops_path.c - rows: operations that name files by paths, and extended attributes.
 */
#include "ops.h"

#include <sys/stat.h>

#define FIELD_DIRFD(name) \
    FIELD(FD, "fd", "int", name, "the directory that a relative path starts at, or AT_FDCWD")
#define FIELD_PATH(argument, meaning) FIELD(ADDR, "addr", "const char *", argument, meaning)
#define FIELD_PATH2(argument, meaning) FIELD(OFF, "addr2", "const char *", argument, meaning)
#define RESULT_FD "the new descriptor; 0 for a slot that was named; RF_FILE_INDEX_ALLOC: the slot"
#define NOTE_DIRECT                                                                            \
    "Into a slot of the registered files it is -EINVAL with O_CLOEXEC, -ENXIO without a "      \
    "table, -ENFILE when no slot is free."
#define WORKER_OPEN                                                                            \
    "with O_CREAT, O_TRUNC or O_TMPFILE, and where the path is not in the kernel's cache"

RFI_OP(OPENAT) = {
    RFI_OP_IS(OPENAT, "5.6"),
    .text = "openat(2)",
    .result = RESULT_FD,
    .notes = NOTE_DIRECT,
    CALLS("rf_prep_openat(sqe, dirfd, path, flags, mode)",
          "rf_prep_openat_direct(sqe, dirfd, path, flags, mode, file_index)",
          "rf_prep_open(sqe, path, flags, mode)",
          "rf_prep_open_direct(sqe, path, flags, mode, file_index)",
          "rf_openat(ring, user_data, dirfd, path, flags, mode)",
          "rf_openat_direct(ring, user_data, dirfd, path, flags, mode, file_index)",
          "rf_open(ring, user_data, path, flags, mode)",
          "rf_open_direct(ring, user_data, path, flags, mode, file_index)"),
    .fields = {FIELD_DIRFD("dirfd"), FIELD_PATH("path", "the file to open"),
               FIELD(LEN, "len", "mode_t", "mode", "permissions of a file that is created"),
               FIELD(RW_FLAGS, "open_flags", "uint32_t", "flags", "O_..."),
               FIELD_FREE_SLOT("file_index")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_OPEN,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "openclose.c:io_openat2"),
          PATH_ROW(ADDR, "openclose.c:__io_openat_prep"), FREE_SLOT_ROW),
};

RFI_OP(STATX) = {
    RFI_OP_IS(STATX, "5.6"),
    .text = "statx(2)",
    .result = "0",
    CALLS("rf_prep_statx(sqe, dirfd, path, flags, mask, buf)",
          "rf_statx(ring, user_data, dirfd, path, flags, mask, buf)"),
    .fields = {FIELD_DIRFD("dirfd"), FIELD_PATH("path", "the file, or \"\" with AT_EMPTY_PATH"),
               FIELD(OFF, "addr2", "struct statx *", "buf", "where the answer goes"),
               FIELD(LEN, "len", "uint32_t", "mask", "STATX_...: what is asked for"),
               FIELD(RW_FLAGS, "statx_flags", "uint32_t", "flags", "AT_..., or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "statx.c:io_statx"), PATH_ROW(ADDR, "statx.c:io_statx_prep"),
          MEMORY(OFF, STATX, WRITES, COMPLETED, ONE(struct statx),
                 NOTE("Written by a worker."), SOURCE("statx.c:io_statx"))),
};

RFI_OP(OPENAT2) = {
    RFI_OP_IS(OPENAT2, "5.6"),
    .text = "openat2(2)",
    .result = RESULT_FD,
    .notes = NOTE_DIRECT,
    CALLS("rf_prep_openat2(sqe, dirfd, path, how)",
          "rf_prep_openat2_direct(sqe, dirfd, path, how, file_index)",
          "rf_openat2(ring, user_data, dirfd, path, how)",
          "rf_openat2_direct(ring, user_data, dirfd, path, how, file_index)"),
    .fields = {FIELD_DIRFD("dirfd"), FIELD_PATH("path", "the file to open"),
               FIELD(OFF, "addr2", "const struct open_how *", "how",
                     "flags, mode and how to resolve the path"),
               FIELD(LEN, "len", "size_t", NULL, "sizeof(struct open_how); the prep sets it"),
               FIELD_FREE_SLOT("file_index")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_SOMETIMES,
    .worker_note = WORKER_OPEN,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "openclose.c:io_openat2"),
          PATH_ROW(ADDR, "openclose.c:__io_openat_prep"),
          MEMORY(OFF, OPEN_HOW, READS, CONSUMED, BYTES(LEN),
                 SOURCE("openclose.c:io_openat2_prep")),
          FREE_SLOT_ROW),
};

RFI_OP(RENAMEAT) = {
    RFI_OP_IS(RENAMEAT, "5.11"),
    .text = "renameat2(2)",
    .result = "0",
    CALLS("rf_prep_renameat(sqe, old_dirfd, old_path, new_dirfd, new_path, flags)",
          "rf_prep_rename(sqe, old_path, new_path)",
          "rf_renameat(ring, user_data, old_dirfd, old_path, new_dirfd, new_path, flags)",
          "rf_rename(ring, user_data, old_path, new_path)"),
    .fields = {FIELD_DIRFD("old_dirfd"), FIELD_PATH("old_path", "its name now"),
               FIELD_PATH2("new_path", "its name afterwards"),
               FIELD(LEN, "len", "int", "new_dirfd",
                     "the directory that a relative new_path starts at, or AT_FDCWD"),
               FIELD(RW_FLAGS, "rename_flags", "uint32_t", "flags", "RENAME_..., or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "fs.c:io_renameat"), DIRFD_ROW(LEN, "fs.c:io_renameat"),
          PATH_ROW(ADDR, "fs.c:io_renameat_prep"), PATH_ROW(OFF, "fs.c:io_renameat_prep")),
};

RFI_OP(UNLINKAT) = {
    RFI_OP_IS(UNLINKAT, "5.11"),
    .text = "unlinkat(2)",
    .result = "0",
    CALLS("rf_prep_unlinkat(sqe, dirfd, path, flags)",
          "rf_prep_unlink(sqe, path, flags)",
          "rf_unlinkat(ring, user_data, dirfd, path, flags)",
          "rf_unlink(ring, user_data, path, flags)"),
    .fields = {FIELD_DIRFD("dirfd"), FIELD_PATH("path", "what to remove"),
               FIELD(RW_FLAGS, "unlink_flags", "uint32_t", "flags",
                     "AT_REMOVEDIR for a directory, or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(LEN) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "fs.c:io_unlinkat"), PATH_ROW(ADDR, "fs.c:io_unlinkat_prep")),
};

RFI_OP(MKDIRAT) = {
    RFI_OP_IS(MKDIRAT, "5.15"),
    .text = "mkdirat(2)",
    .result = "0",
    CALLS("rf_prep_mkdirat(sqe, dirfd, path, mode)",
          "rf_prep_mkdir(sqe, path, mode)",
          "rf_mkdirat(ring, user_data, dirfd, path, mode)",
          "rf_mkdir(ring, user_data, path, mode)"),
    .fields = {FIELD_DIRFD("dirfd"), FIELD_PATH("path", "the directory to make"),
               FIELD(LEN, "len", "mode_t", "mode", "its permissions")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(OFF) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "fs.c:io_mkdirat"), PATH_ROW(ADDR, "fs.c:io_mkdirat_prep")),
};

RFI_OP(SYMLINKAT) = {
    RFI_OP_IS(SYMLINKAT, "5.15"),
    .text = "symlinkat(2)",
    .result = "0",
    CALLS("rf_prep_symlinkat(sqe, target, new_dirfd, link_path)",
          "rf_prep_symlink(sqe, target, link_path)",
          "rf_symlinkat(ring, user_data, target, new_dirfd, link_path)",
          "rf_symlink(ring, user_data, target, link_path)"),
    .fields = {FIELD(FD, "fd", "int", "new_dirfd",
                     "the directory that a relative link_path starts at, or AT_FDCWD"),
               FIELD_PATH("target", "what the link says: any text"),
               FIELD_PATH2("link_path", "the link to make")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(LEN) | ZERO(RW_FLAGS) | ZERO(BUF_INDEX) |
                    ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "fs.c:io_symlinkat"), PATH_ROW(ADDR, "fs.c:io_symlinkat_prep"),
          PATH_ROW(OFF, "fs.c:io_symlinkat_prep")),
};

RFI_OP(LINKAT) = {
    RFI_OP_IS(LINKAT, "5.15"),
    .text = "linkat(2)",
    .result = "0",
    CALLS("rf_prep_linkat(sqe, old_dirfd, old_path, new_dirfd, new_path, flags)",
          "rf_prep_link(sqe, old_path, new_path, flags)",
          "rf_linkat(ring, user_data, old_dirfd, old_path, new_dirfd, new_path, flags)",
          "rf_link(ring, user_data, old_path, new_path, flags)"),
    .fields = {FIELD_DIRFD("old_dirfd"), FIELD_PATH("old_path", "the file"),
               FIELD_PATH2("new_path", "its second name"),
               FIELD(LEN, "len", "int", "new_dirfd",
                     "the directory that a relative new_path starts at, or AT_FDCWD"),
               FIELD(RW_FLAGS, "hardlink_flags", "uint32_t", "flags",
                     "AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, or 0")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(BUF_INDEX) | ZERO(FILE_INDEX),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(DIRFD_ROW(FD, "fs.c:io_linkat"), DIRFD_ROW(LEN, "fs.c:io_linkat"),
          PATH_ROW(ADDR, "fs.c:io_linkat_prep"), PATH_ROW(OFF, "fs.c:io_linkat_prep")),
};

/* --- extended attributes ------------------------------------------------- */

#define FIELD_ATTRIBUTE(argument) \
    FIELD(ADDR, "addr", "const char *", argument, "the name of the attribute: \"user.x\"")
#define NAME_ROW(source_) MEMORY(ADDR, PATH, READS, CONSUMED, STRING, SOURCE(source_))
#define VALUE_IN_ROW                                                                         \
    MEMORY(OFF, DATA, READS, CONSUMED, BYTES(LEN),                                           \
           NOTE("Copied with the SQE, unlike the data of a write: the only payload that is."), \
           SOURCE("xattr.c:__io_setxattr_prep"))
#define VALUE_OUT_ROW                                              \
    MEMORY(OFF, DATA, WRITES, COMPLETED, BYTES(LEN), NOTE("Written by a worker."), \
           SOURCE("xattr.c:io_getxattr"))

RFI_OP(FSETXATTR) = {
    RFI_OP_IS(FSETXATTR, "5.19"),
    .text = "fsetxattr(2)",
    .result = "0",
    CALLS("rf_prep_fsetxattr(sqe, fd, name, value, flags, len)",
          "rf_fsetxattr(ring, user_data, fd, name, value, flags, len)"),
    .fields = {FIELD_FD("the file"), FIELD_ATTRIBUTE("name"),
               FIELD(OFF, "addr2", "const void *", "value", "its new value"),
               FIELD(LEN, "len", "size_t", "len", "bytes of it"),
               FIELD(RW_FLAGS, "xattr_flags", "uint32_t", "flags", "XATTR_..., or 0")},
    .must_be_zero = ZERO(IOPRIO),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE, NAME_ROW("xattr.c:__io_setxattr_prep"), VALUE_IN_ROW),
};

RFI_OP(SETXATTR) = {
    RFI_OP_IS(SETXATTR, "5.19"),
    .text = "setxattr(2)",
    .result = "0",
    .notes = "A relative path starts at the current directory: fd is not used.",
    CALLS("rf_prep_setxattr(sqe, name, value, path, flags, len)",
          "rf_setxattr(ring, user_data, name, value, path, flags, len)"),
    .fields = {FIELD_ATTRIBUTE("name"),
               FIELD(OFF, "addr2", "const void *", "value", "its new value"),
               FIELD(LEN, "len", "size_t", "len", "bytes of it"),
               FIELD(RW_FLAGS, "xattr_flags", "uint32_t", "flags", "XATTR_..., or 0"),
               FIELD(ADDR3, "addr3", "const char *", "path", "the path of the file")},
    .must_be_zero = ZERO(IOPRIO),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(NAME_ROW("xattr.c:__io_setxattr_prep"), VALUE_IN_ROW,
          PATH_ROW(ADDR3, "xattr.c:io_setxattr_prep")),
};

RFI_OP(FGETXATTR) = {
    RFI_OP_IS(FGETXATTR, "5.19"),
    .text = "fgetxattr(2)",
    .result = "bytes of the value; with len 0 it is only asked for",
    CALLS("rf_prep_fgetxattr(sqe, fd, name, value, len)",
          "rf_fgetxattr(ring, user_data, fd, name, value, len)"),
    .fields = {FIELD_FD("the file"), FIELD_ATTRIBUTE("name"),
               FIELD(OFF, "addr2", "void *", "value", "where its value goes"),
               FIELD(LEN, "len", "size_t", "len", "how many bytes fit there")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(RW_FLAGS),
    .fixed_file = RF_FIXED_FILE_USED,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(FILE_LATE, NAME_ROW("xattr.c:__io_getxattr_prep"), VALUE_OUT_ROW),
};

RFI_OP(GETXATTR) = {
    RFI_OP_IS(GETXATTR, "5.19"),
    .text = "getxattr(2)",
    .result = "bytes of the value; with len 0 it is only asked for",
    .notes = "A relative path starts at the current directory: fd is not used.",
    CALLS("rf_prep_getxattr(sqe, name, value, path, len)",
          "rf_getxattr(ring, user_data, name, value, path, len)"),
    .fields = {FIELD_ATTRIBUTE("name"),
               FIELD(OFF, "addr2", "void *", "value", "where its value goes"),
               FIELD(LEN, "len", "size_t", "len", "how many bytes fit there"),
               FIELD(ADDR3, "addr3", "const char *", "path", "the path of the file")},
    .must_be_zero = ZERO(IOPRIO) | ZERO(RW_FLAGS),
    .fixed_file = RF_FIXED_FILE_EBADF,
    .worker = RF_WORKER_ALWAYS,
    .sqe_bytes = 64,
    LOANS(NAME_ROW("xattr.c:__io_getxattr_prep"), VALUE_OUT_ROW,
          PATH_ROW(ADDR3, "xattr.c:io_getxattr_prep")),
};
