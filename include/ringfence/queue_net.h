/* SPDX-License-Identifier: MIT */
/*
 * queue_net.h - queue what prep_net.h prepares. What holds for all of them is in queue.h.
 */
#ifndef RINGFENCE_QUEUE_NET_H
#define RINGFENCE_QUEUE_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_net.h>
#include <ringfence/ring.h>

RF_BEGIN_DECLS

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

RF_NODISCARD RF_INLINE struct rf_sqe *rf_cmd_getsockname(struct rf_ring *ring, uint64_t user_data,
                                                         int fd, struct sockaddr *addr,
                                                         socklen_t *addrlen, int peer)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_cmd_getsockname(sqe, fd, addr, addrlen, peer);
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

RF_NODISCARD RF_INLINE struct rf_sqe *rf_sendto(struct rf_ring *ring, uint64_t user_data, int fd,
                                                const void *buf, size_t len, uint32_t flags,
                                                const struct sockaddr *addr, socklen_t addrlen)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_sendto(sqe, fd, buf, len, flags, addr, addrlen);
    sqe->user_data = user_data;
    return sqe;
}

/* rf_prep_send_bundle() from the buffers of a group. */
RF_NODISCARD RF_INLINE struct rf_sqe *rf_send_bundle(struct rf_ring *ring, uint64_t user_data,
                                                     int fd, uint16_t group_id, size_t len,
                                                     uint32_t flags)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_send_bundle(sqe, fd, len, flags);
    rf_sqe_set_buf_group(sqe, group_id);
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

RF_NODISCARD RF_INLINE struct rf_sqe *rf_sendmsg_zc_fixed(struct rf_ring *ring, uint64_t user_data,
                                                          int fd, const struct msghdr *msg,
                                                          uint32_t flags, uint16_t buf_index)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    if (!sqe)
        return NULL;
    rf_prep_sendmsg_zc_fixed(sqe, fd, msg, flags, buf_index);
    sqe->user_data = user_data;
    return sqe;
}

RF_END_DECLS

#endif
