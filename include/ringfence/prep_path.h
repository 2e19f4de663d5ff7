/* SPDX-License-Identifier: MIT */
/*
 * prep_path.h - files and directories by name. What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_PATH_H
#define RINGFENCE_PREP_PATH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>

RF_BEGIN_DECLS

/* Only pointed to here: their headers need feature macros, or clash. */
struct open_how;
struct statx;

/* Of <fcntl.h>, which plain C11 does not get it from. */
#define RFI_AT_FDCWD (-100)

/* struct open_how as it was published. The length tells the kernel which version it is. */
#define RFI_OPEN_HOW_BYTES 24

/* Here path names are lent until consumed; AT_FDCWD goes for every directory. */

/* openat(2). @flags: O_.... res: the new descriptor. Since 5.6. */
RF_INLINE void rf_prep_openat(struct rf_sqe *sqe, int dirfd, const char *path, uint32_t flags,
                              mode_t mode)
{
    rf_prep_rw(sqe, RF_OP_OPENAT, dirfd, rfi_addr(path), mode, 0);
    sqe->open_flags = flags;
}

/*
 * The same into a slot; @file_index and res as for rf_prep_accept_direct(). O_CLOEXEC
 * is refused: -EINVAL. Since 5.15.
 */
RF_INLINE void rf_prep_openat_direct(struct rf_sqe *sqe, int dirfd, const char *path,
                                     uint32_t flags, mode_t mode, uint32_t file_index)
{
    rf_prep_openat(sqe, dirfd, path, flags, mode);
    sqe->file_index = rfi_slot(file_index);
}

/* open(2): rf_prep_openat() from the working directory. Since 5.6. */
RF_INLINE void rf_prep_open(struct rf_sqe *sqe, const char *path, uint32_t flags, mode_t mode)
{
    rf_prep_openat(sqe, RFI_AT_FDCWD, path, flags, mode);
}

/* The same into a slot: rf_prep_openat_direct(). Since 5.15. */
RF_INLINE void rf_prep_open_direct(struct rf_sqe *sqe, const char *path, uint32_t flags,
                                   mode_t mode, uint32_t file_index)
{
    rf_prep_openat_direct(sqe, RFI_AT_FDCWD, path, flags, mode, file_index);
}

/*
 * openat2(2). @how: its 24 bytes are lent until consumed. res: the new descriptor.
 * Since 5.6.
 */
RF_INLINE void rf_prep_openat2(struct rf_sqe *sqe, int dirfd, const char *path,
                               const struct open_how *how)
{
    rf_prep_rw(sqe, RF_OP_OPENAT2, dirfd, rfi_addr(path), RFI_OPEN_HOW_BYTES, rfi_addr(how));
}

/*
 * The same into a slot; @file_index and res as for rf_prep_accept_direct(). O_CLOEXEC
 * is refused: -EINVAL. Since 5.15.
 */
RF_INLINE void rf_prep_openat2_direct(struct rf_sqe *sqe, int dirfd, const char *path,
                                      const struct open_how *how, uint32_t file_index)
{
    rf_prep_openat2(sqe, dirfd, path, how);
    sqe->file_index = rfi_slot(file_index);
}

/*
 * close(2). The descriptor is looked up late: do not let its number be reused
 * before this is completed. A ring's is refused: -EBADF. res 0. Since 5.6.
 */
RF_INLINE void rf_prep_close(struct rf_sqe *sqe, int fd)
{
    rf_prep_rw(sqe, RF_OP_CLOSE, fd, 0, 0, 0);
}

/* Empty a slot of the registered files. res 0, or -EBADF: it was empty. Since 5.15. */
RF_INLINE void rf_prep_close_direct(struct rf_sqe *sqe, uint32_t file_index)
{
    RF_ASSERT(file_index != RF_FILE_INDEX_ALLOC);
    rf_prep_rw(sqe, RF_OP_CLOSE, 0, 0, 0, 0);
    sqe->file_index = rfi_slot(file_index);
}

/* fallocate(2). @mode: FALLOC_FL_..., not negative; @offset and @len in bytes. res 0. Since 5.6. */
RF_INLINE void rf_prep_fallocate(struct rf_sqe *sqe, int fd, int mode, uint64_t offset,
                                 uint64_t len)
{
    RF_ASSERT(mode >= 0);
    rf_prep_rw(sqe, RF_OP_FALLOCATE, fd, len, (uint32_t)mode, offset);
}

/*
 * statx(2). @mask: STATX_...; @buf: lent until completed. Before kernel 5.18 so is @path
 * (measured on 5.10). res 0. Since 5.6.
 */
RF_INLINE void rf_prep_statx(struct rf_sqe *sqe, int dirfd, const char *path, uint32_t flags,
                             uint32_t mask, struct statx *buf)
{
    rf_prep_rw(sqe, RF_OP_STATX, dirfd, rfi_addr(path), mask, rfi_addr(buf));
    sqe->statx_flags = flags;
}

/* renameat2(2). @flags: RENAME_.... res 0. Since 5.11. */
RF_INLINE void rf_prep_renameat(struct rf_sqe *sqe, int old_dirfd, const char *old_path,
                                int new_dirfd, const char *new_path, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_RENAMEAT, old_dirfd, rfi_addr(old_path), (uint32_t)new_dirfd,
               rfi_addr(new_path));
    sqe->rename_flags = flags;
}

/* unlinkat(2). @flags: 0 or AT_REMOVEDIR. res 0. Since 5.11. */
RF_INLINE void rf_prep_unlinkat(struct rf_sqe *sqe, int dirfd, const char *path, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_UNLINKAT, dirfd, rfi_addr(path), 0, 0);
    sqe->unlink_flags = flags;
}

/* mkdirat(2). res 0. Since 5.15. */
RF_INLINE void rf_prep_mkdirat(struct rf_sqe *sqe, int dirfd, const char *path, mode_t mode)
{
    rf_prep_rw(sqe, RF_OP_MKDIRAT, dirfd, rfi_addr(path), mode, 0);
}

/* symlinkat(2): @link_path in @new_dirfd will name @target. res 0. Since 5.15. */
RF_INLINE void rf_prep_symlinkat(struct rf_sqe *sqe, const char *target, int new_dirfd,
                                 const char *link_path)
{
    rf_prep_rw(sqe, RF_OP_SYMLINKAT, new_dirfd, rfi_addr(target), 0, rfi_addr(link_path));
}

/* linkat(2). @flags: 0, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH. res 0. Since 5.15. */
RF_INLINE void rf_prep_linkat(struct rf_sqe *sqe, int old_dirfd, const char *old_path,
                              int new_dirfd, const char *new_path, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_LINKAT, old_dirfd, rfi_addr(old_path), (uint32_t)new_dirfd,
               rfi_addr(new_path));
    sqe->hardlink_flags = flags;
}

/* rename(2): rf_prep_renameat() from the working directory. Since 5.11. */
RF_INLINE void rf_prep_rename(struct rf_sqe *sqe, const char *old_path, const char *new_path)
{
    rf_prep_renameat(sqe, RFI_AT_FDCWD, old_path, RFI_AT_FDCWD, new_path, 0);
}

/* rf_prep_unlinkat() from the working directory. Since 5.11. */
RF_INLINE void rf_prep_unlink(struct rf_sqe *sqe, const char *path, uint32_t flags)
{
    rf_prep_unlinkat(sqe, RFI_AT_FDCWD, path, flags);
}

/* mkdir(2): rf_prep_mkdirat() from the working directory. Since 5.15. */
RF_INLINE void rf_prep_mkdir(struct rf_sqe *sqe, const char *path, mode_t mode)
{
    rf_prep_mkdirat(sqe, RFI_AT_FDCWD, path, mode);
}

/* symlink(2): rf_prep_symlinkat() from the working directory. Since 5.15. */
RF_INLINE void rf_prep_symlink(struct rf_sqe *sqe, const char *target, const char *link_path)
{
    rf_prep_symlinkat(sqe, target, RFI_AT_FDCWD, link_path);
}

/* rf_prep_linkat() from the working directory. Since 5.15. */
RF_INLINE void rf_prep_link(struct rf_sqe *sqe, const char *old_path, const char *new_path,
                            uint32_t flags)
{
    rf_prep_linkat(sqe, RFI_AT_FDCWD, old_path, RFI_AT_FDCWD, new_path, flags);
}

/*
 * getxattr(2). @name: lent until consumed, as is @path. @value: lent until completed;
 * @len is its room in bytes, at most 2^32 - 1; 0: only ask for the length.
 * res: the length of the value; -ERANGE: it does not fit. Since 5.19.
 */
RF_INLINE void rf_prep_getxattr(struct rf_sqe *sqe, const char *name, void *value,
                                const char *path, size_t len)
{
    rf_prep_rw(sqe, RF_OP_GETXATTR, 0, rfi_addr(name), rfi_fit32(len), rfi_addr(value));
    sqe->addr3 = rfi_addr(path);
}

/* fgetxattr(2): rf_prep_getxattr() of an open file. Since 5.19. */
RF_INLINE void rf_prep_fgetxattr(struct rf_sqe *sqe, int fd, const char *name, void *value,
                                 size_t len)
{
    rf_prep_rw(sqe, RF_OP_FGETXATTR, fd, rfi_addr(name), rfi_fit32(len), rfi_addr(value));
}

/*
 * setxattr(2). @flags: XATTR_CREATE, XATTR_REPLACE or 0. @name, @path and @value, which
 * has @len bytes: lent until consumed. res 0. Since 5.19.
 */
RF_INLINE void rf_prep_setxattr(struct rf_sqe *sqe, const char *name, const void *value,
                                const char *path, uint32_t flags, size_t len)
{
    rf_prep_rw(sqe, RF_OP_SETXATTR, 0, rfi_addr(name), rfi_fit32(len), rfi_addr(value));
    sqe->addr3 = rfi_addr(path);
    sqe->xattr_flags = flags;
}

/* fsetxattr(2): rf_prep_setxattr() of an open file. Since 5.19. */
RF_INLINE void rf_prep_fsetxattr(struct rf_sqe *sqe, int fd, const char *name, const void *value,
                                 uint32_t flags, size_t len)
{
    rf_prep_rw(sqe, RF_OP_FSETXATTR, fd, rfi_addr(name), rfi_fit32(len), rfi_addr(value));
    sqe->xattr_flags = flags;
}

RF_END_DECLS

#endif
