/* SPDX-License-Identifier: MIT */
/*
 * queue_path.h - queue what prep_path.h prepares. What holds for all of them is in queue.h.
 */
#ifndef RINGFENCE_QUEUE_PATH_H
#define RINGFENCE_QUEUE_PATH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_path.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

RF_NODISCARD RF_INLINE struct rf_sqe *rf_openat(struct rf_ring *ring, uint64_t user_data, int dirfd,
                                                const char *path, uint32_t flags, mode_t mode)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_openat(sqe, dirfd, path, flags, mode);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_openat_direct(struct rf_ring *ring, uint64_t user_data,
                                                       int dirfd, const char *path, uint32_t flags,
                                                       mode_t mode, uint32_t file_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_openat_direct(sqe, dirfd, path, flags, mode, file_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_open(struct rf_ring *ring, uint64_t user_data,
                                              const char *path, uint32_t flags, mode_t mode)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_open(sqe, path, flags, mode);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_open_direct(struct rf_ring *ring, uint64_t user_data,
                                                     const char *path, uint32_t flags, mode_t mode,
                                                     uint32_t file_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_open_direct(sqe, path, flags, mode, file_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_openat2(struct rf_ring *ring, uint64_t user_data,
                                                 int dirfd, const char *path,
                                                 const struct open_how *how)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_openat2(sqe, dirfd, path, how);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_openat2_direct(struct rf_ring *ring, uint64_t user_data,
                                                        int dirfd, const char *path,
                                                        const struct open_how *how,
                                                        uint32_t file_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_openat2_direct(sqe, dirfd, path, how, file_index);
    sqe->user_data = user_data;
    return sqe;
}

/* Queues a close of @fd. The ring itself is closed by rf_deinit(). */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_close(struct rf_ring *ring, uint64_t user_data, int fd)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_close(sqe, fd);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_close_direct(struct rf_ring *ring, uint64_t user_data,
                                                      uint32_t file_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_close_direct(sqe, file_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fallocate(struct rf_ring *ring, uint64_t user_data, int fd,
                                                   int mode, uint64_t offset, uint64_t len)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fallocate(sqe, fd, mode, offset, len);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_statx(struct rf_ring *ring, uint64_t user_data, int dirfd,
                                               const char *path, uint32_t flags, uint32_t mask,
                                               struct statx *buf)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_statx(sqe, dirfd, path, flags, mask, buf);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_renameat(struct rf_ring *ring, uint64_t user_data,
                                                  int old_dirfd, const char *old_path,
                                                  int new_dirfd, const char *new_path,
                                                  uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_renameat(sqe, old_dirfd, old_path, new_dirfd, new_path, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_unlinkat(struct rf_ring *ring, uint64_t user_data,
                                                  int dirfd, const char *path, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_unlinkat(sqe, dirfd, path, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_mkdirat(struct rf_ring *ring, uint64_t user_data,
                                                 int dirfd, const char *path, mode_t mode)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_mkdirat(sqe, dirfd, path, mode);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_symlinkat(struct rf_ring *ring, uint64_t user_data,
                                                   const char *target, int new_dirfd,
                                                   const char *link_path)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_symlinkat(sqe, target, new_dirfd, link_path);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_linkat(struct rf_ring *ring, uint64_t user_data,
                                                int old_dirfd, const char *old_path, int new_dirfd,
                                                const char *new_path, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_linkat(sqe, old_dirfd, old_path, new_dirfd, new_path, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_rename(struct rf_ring *ring, uint64_t user_data,
                                                const char *old_path, const char *new_path)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_rename(sqe, old_path, new_path);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_unlink(struct rf_ring *ring, uint64_t user_data,
                                                const char *path, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_unlink(sqe, path, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_mkdir(struct rf_ring *ring, uint64_t user_data,
                                               const char *path, mode_t mode)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_mkdir(sqe, path, mode);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_symlink(struct rf_ring *ring, uint64_t user_data,
                                                 const char *target, const char *link_path)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_symlink(sqe, target, link_path);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_link(struct rf_ring *ring, uint64_t user_data,
                                              const char *old_path, const char *new_path,
                                              uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_link(sqe, old_path, new_path, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_getxattr(struct rf_ring *ring, uint64_t user_data,
                                                  const char *name, void *value, const char *path,
                                                  size_t len)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_getxattr(sqe, name, value, path, len);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fgetxattr(struct rf_ring *ring, uint64_t user_data, int fd,
                                                   const char *name, void *value, size_t len)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fgetxattr(sqe, fd, name, value, len);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_setxattr(struct rf_ring *ring, uint64_t user_data,
                                                  const char *name, const void *value,
                                                  const char *path, uint32_t flags, size_t len)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_setxattr(sqe, name, value, path, flags, len);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fsetxattr(struct rf_ring *ring, uint64_t user_data, int fd,
                                                   const char *name, const void *value,
                                                   uint32_t flags, size_t len)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fsetxattr(sqe, fd, name, value, flags, len);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
