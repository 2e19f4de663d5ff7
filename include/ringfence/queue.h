/* SPDX-License-Identifier: MIT */
/*
 * queue.h - queue one operation with one call: get an SQE, fill it, name it.
 *
 * rf_foo(ring, user_data, ...) does rf_get_sqe(), rf_prep_foo() and sets
 * user_data, which comes back in the CQE. prep.h tells for each operation
 * what the parameters mean, until when memory is lent, what res will be and
 * which kernel has it; here is only what differs from that.
 *
 * Returns the SQE, which may be changed until it is submitted, as in
 * rf_sqe_link_next(sqe) or sqe->flags |= RF_SQE_FIXED_FILE. Or NULL: the
 * submission queue is full, nothing is queued. Submit, then try again. Nothing
 * is submitted here.
 *
 * Chains of linked operations must not be cut by a full queue: make sure that
 * rf_sq_space_left() is enough first, or fill a run of rf_get_sqes() by preps.
 */
#ifndef RINGFENCE_QUEUE_H
#define RINGFENCE_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

RF_INLINE void rfi_select(struct rf_sqe *sqe, uint16_t group_id)
{
    sqe->flags = RF_SQE_BUFFER_SELECT;
    sqe->buf_group = group_id;
}

/* --- reading and writing ------------------------------------------------- */

RF_NODISCARD RF_INLINE struct rf_sqe *rf_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_nop(sqe);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_read(struct rf_ring *ring, uint64_t user_data, int fd,
                                              void *buf, size_t len, uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_read(sqe, fd, buf, len, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_readv(struct rf_ring *ring, uint64_t user_data, int fd,
                                               const struct iovec *iovecs, uint32_t count,
                                               uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_readv(sqe, fd, iovecs, count, offset);
    sqe->user_data = user_data;
    return sqe;
}

/* Read into a buffer of the group that the kernel picks; @len 0: all of it. Since 5.7. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_read_select(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, uint16_t group_id, size_t len,
                                                     uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_read(sqe, fd, NULL, len, offset);
    rfi_select(sqe, group_id);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_write(struct rf_ring *ring, uint64_t user_data, int fd,
                                               const void *buf, size_t len, uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_write(sqe, fd, buf, len, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_writev(struct rf_ring *ring, uint64_t user_data, int fd,
                                                const struct iovec *iovecs, uint32_t count,
                                                uint64_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_writev(sqe, fd, iovecs, count, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_read_fixed(struct rf_ring *ring, uint64_t user_data,
                                                    int fd, void *buf, size_t len, uint64_t offset,
                                                    uint16_t buffer_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_read_fixed(sqe, fd, buf, len, offset, buffer_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_write_fixed(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, const void *buf, size_t len,
                                                     uint64_t offset, uint16_t buffer_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_write_fixed(sqe, fd, buf, len, offset, buffer_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_fsync(struct rf_ring *ring, uint64_t user_data, int fd,
                                               uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_fsync(sqe, fd, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_splice(struct rf_ring *ring, uint64_t user_data, int fd_in,
                                                uint64_t off_in, int fd_out, uint64_t off_out,
                                                size_t len, uint32_t splice_flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_splice(sqe, fd_in, off_in, fd_out, off_out, len, splice_flags);
    sqe->user_data = user_data;
    return sqe;
}

/* --- connections --------------------------------------------------------- */

RF_NODISCARD RF_INLINE struct rf_sqe *rf_accept(struct rf_ring *ring, uint64_t user_data, int fd,
                                                struct sockaddr *addr, socklen_t *addrlen,
                                                uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_accept(sqe, fd, addr, addrlen, flags);
    sqe->user_data = user_data;
    return sqe;
}

/* rf_prep_multishot_accept() */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_accept_multishot(struct rf_ring *ring, uint64_t user_data,
                                                          int fd, struct sockaddr *addr,
                                                          socklen_t *addrlen, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_multishot_accept(sqe, fd, addr, addrlen, flags);
    sqe->user_data = user_data;
    return sqe;
}

/* Into a slot of the kernel's choice, which res tells. Since 5.19. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_accept_direct(struct rf_ring *ring, uint64_t user_data,
                                                       int fd, struct sockaddr *addr,
                                                       socklen_t *addrlen, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_accept_direct(sqe, fd, addr, addrlen, flags, RF_FILE_INDEX_ALLOC);
    sqe->user_data = user_data;
    return sqe;
}

/* Into the slot @file_index; res is 0 then. Since 5.15. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_accept_direct_index(struct rf_ring *ring,
                                                             uint64_t user_data, int fd,
                                                             struct sockaddr *addr,
                                                             socklen_t *addrlen, uint32_t flags,
                                                             uint32_t file_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_accept_direct(sqe, fd, addr, addrlen, flags, file_index);
    sqe->user_data = user_data;
    return sqe;
}

/* rf_prep_multishot_accept_direct() */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_accept_multishot_direct(struct rf_ring *ring,
                                                                 uint64_t user_data, int fd,
                                                                 struct sockaddr *addr,
                                                                 socklen_t *addrlen, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_multishot_accept_direct(sqe, fd, addr, addrlen, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_connect(struct rf_ring *ring, uint64_t user_data, int fd,
                                                 const struct sockaddr *addr, socklen_t addrlen)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_connect(sqe, fd, addr, addrlen);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_bind(struct rf_ring *ring, uint64_t user_data, int fd,
                                              const struct sockaddr *addr, socklen_t addrlen)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_bind(sqe, fd, addr, addrlen);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_listen(struct rf_ring *ring, uint64_t user_data, int fd,
                                                size_t backlog)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_listen(sqe, fd, backlog);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_shutdown(struct rf_ring *ring, uint64_t user_data,
                                                  int sockfd, int how)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_shutdown(sqe, sockfd, how);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_socket(struct rf_ring *ring, uint64_t user_data,
                                                int domain, int type, int protocol, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_socket(sqe, domain, type, protocol, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_socket_direct(struct rf_ring *ring, uint64_t user_data,
                                                       int domain, int type, int protocol,
                                                       uint32_t flags, uint32_t file_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_socket_direct(sqe, domain, type, protocol, flags, file_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_socket_direct_alloc(struct rf_ring *ring,
                                                             uint64_t user_data, int domain,
                                                             int type, int protocol, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_socket_direct_alloc(sqe, domain, type, protocol, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cmd_sock(struct rf_ring *ring, uint64_t user_data,
                                                  enum rf_socket_op cmd_op, int fd, int level,
                                                  int optname, void *optval, uint32_t optlen)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cmd_sock(sqe, cmd_op, fd, level, optname, optval, optlen);
    sqe->user_data = user_data;
    return sqe;
}

/* setsockopt(2). @opt, @optlen bytes: lent until completed. res 0. Since 6.7. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_setsockopt(struct rf_ring *ring, uint64_t user_data,
                                                    int fd, int level, int optname, const void *opt,
                                                    uint32_t optlen)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cmd_sock(sqe, RF_SOCKET_URING_OP_SETSOCKOPT, fd, level, optname, (void *)(uintptr_t)opt,
                     optlen);
    sqe->user_data = user_data;
    return sqe;
}

/* getsockopt(2) of level SOL_SOCKET. @opt: lent until completed. res: its length. Since 6.7. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_getsockopt(struct rf_ring *ring, uint64_t user_data,
                                                    int fd, int level, int optname, void *opt,
                                                    uint32_t optlen)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cmd_sock(sqe, RF_SOCKET_URING_OP_GETSOCKOPT, fd, level, optname, opt, optlen);
    sqe->user_data = user_data;
    return sqe;
}

/* --- sending and receiving ----------------------------------------------- */

RF_NODISCARD RF_INLINE struct rf_sqe *rf_recv(struct rf_ring *ring, uint64_t user_data, int fd,
                                              void *buf, size_t len, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_recv(sqe, fd, buf, len, flags);
    sqe->user_data = user_data;
    return sqe;
}

/* Receive into a buffer of the group that the kernel picks; @len 0: all of it. Since 5.7. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_recv_select(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, uint16_t group_id, size_t len,
                                                     uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_recv(sqe, fd, NULL, len, flags);
    rfi_select(sqe, group_id);
    sqe->user_data = user_data;
    return sqe;
}

/* rf_prep_recv_multishot() into the buffers of a group. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_recv_multishot(struct rf_ring *ring, uint64_t user_data,
                                                        int fd, uint16_t group_id, size_t len,
                                                        uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_recv_multishot(sqe, fd, NULL, len, flags);
    sqe->buf_group = group_id;
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_recvmsg(struct rf_ring *ring, uint64_t user_data, int fd,
                                                 struct msghdr *msg, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_recvmsg(sqe, fd, msg, flags);
    sqe->user_data = user_data;
    return sqe;
}

/* rf_prep_recvmsg_multishot() into the buffers of a group. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_recvmsg_multishot(struct rf_ring *ring, uint64_t user_data,
                                                           int fd, uint16_t group_id,
                                                           struct msghdr *msg, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_recvmsg_multishot(sqe, fd, msg, flags);
    sqe->buf_group = group_id;
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_send(struct rf_ring *ring, uint64_t user_data, int fd,
                                              const void *buf, size_t len, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_send(sqe, fd, buf, len, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_send_zc(struct rf_ring *ring, uint64_t user_data, int fd,
                                                 const void *buf, size_t len, uint32_t flags,
                                                 uint16_t zc_flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_send_zc(sqe, fd, buf, len, flags, zc_flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_send_zc_fixed(struct rf_ring *ring, uint64_t user_data,
                                                       int fd, const void *buf, size_t len,
                                                       uint32_t flags, uint16_t zc_flags,
                                                       uint16_t buf_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_send_zc_fixed(sqe, fd, buf, len, flags, zc_flags, buf_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_sendmsg(struct rf_ring *ring, uint64_t user_data, int fd,
                                                 const struct msghdr *msg, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_sendmsg(sqe, fd, msg, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_sendmsg_zc(struct rf_ring *ring, uint64_t user_data,
                                                    int fd, const struct msghdr *msg,
                                                    uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_sendmsg_zc(sqe, fd, msg, flags);
    sqe->user_data = user_data;
    return sqe;
}

/* --- files and directories ----------------------------------------------- */

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

/* --- time, readiness, cancelling ----------------------------------------- */

RF_NODISCARD RF_INLINE struct rf_sqe *rf_timeout(struct rf_ring *ring, uint64_t user_data,
                                                 const struct rf_timespec *ts, uint32_t count,
                                                 uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_timeout(sqe, ts, count, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_timeout_remove(struct rf_ring *ring, uint64_t user_data,
                                                        uint64_t timeout_user_data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_timeout_remove(sqe, timeout_user_data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_link_timeout(struct rf_ring *ring, uint64_t user_data,
                                                      const struct rf_timespec *ts, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_link_timeout(sqe, ts, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_poll_add(struct rf_ring *ring, uint64_t user_data, int fd,
                                                  uint32_t poll_mask)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_poll_add(sqe, fd, poll_mask);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_poll_remove(struct rf_ring *ring, uint64_t user_data,
                                                     uint64_t target_user_data)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_poll_remove(sqe, target_user_data);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_poll_update(struct rf_ring *ring, uint64_t user_data,
                                                     uint64_t old_user_data, uint64_t new_user_data,
                                                     uint32_t poll_mask, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_poll_update(sqe, old_user_data, new_user_data, poll_mask, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_epoll_ctl(struct rf_ring *ring, uint64_t user_data,
                                                   int epfd, int fd, int op,
                                                   const struct epoll_event *ev)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_epoll_ctl(sqe, epfd, fd, op, ev);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cancel(struct rf_ring *ring, uint64_t user_data,
                                                uint64_t cancel_user_data, uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cancel(sqe, cancel_user_data, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cancel_fd(struct rf_ring *ring, uint64_t user_data, int fd,
                                                   uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cancel_fd(sqe, fd, flags);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_waitid(struct rf_ring *ring, uint64_t user_data,
                                                int id_type, int id, void *infop, int options,
                                                uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_waitid(sqe, id_type, id, infop, options, flags);
    sqe->user_data = user_data;
    return sqe;
}

/* --- registered files and provided buffers ------------------------------- */

RF_NODISCARD RF_INLINE struct rf_sqe *rf_files_update(struct rf_ring *ring, uint64_t user_data,
                                                      const int *fds, uint32_t count,
                                                      uint32_t offset)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_files_update(sqe, fds, count, offset);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_files_update_alloc(struct rf_ring *ring,
                                                            uint64_t user_data, int *fds,
                                                            uint32_t count)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_files_update_alloc(sqe, fds, count);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_provide_buffers(struct rf_ring *ring, uint64_t user_data,
                                                         void *buffers, size_t buffer_len,
                                                         size_t count, size_t group_id,
                                                         size_t buffer_id)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_provide_buffers(sqe, buffers, buffer_len, count, group_id, buffer_id);
    sqe->user_data = user_data;
    return sqe;
}

RF_NODISCARD RF_INLINE struct rf_sqe *rf_remove_buffers(struct rf_ring *ring, uint64_t user_data,
                                                        size_t count, size_t group_id)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_remove_buffers(sqe, count, group_id);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
