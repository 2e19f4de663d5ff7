/* SPDX-License-Identifier: MIT */
/*
 * prep_net.h - connections, sending and receiving. What holds for all of them is in prep.h.
 */
#ifndef RINGFENCE_PREP_NET_H
#define RINGFENCE_PREP_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>
#include <ringfence/prep_base.h>

RF_BEGIN_DECLS

/* --- connections --------------------------------------------------------- */

/*
 * accept4(2). @flags: SOCK_NONBLOCK, SOCK_CLOEXEC. @addr and @addrlen may be NULL;
 * lent until completed, and *@addrlen is read only when a connection comes.
 * res: the new descriptor. Since 5.5.
 */
RF_INLINE void rf_prep_accept(struct rf_sqe *sqe, int fd, struct sockaddr *addr,
                              socklen_t *addrlen, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_ACCEPT, fd, rfi_addr(addr), 0, rfi_addr(addrlen));
    sqe->accept_flags = flags;
}

/*
 * accept4(2) into a slot of the registered files, without SOCK_CLOEXEC.
 *
 * @file_index  The slot, what was there is replaced: res 0. RF_FILE_INDEX_ALLOC: res
 *              is the slot that the kernel picked, -ENFILE if none is free.
 *
 * Else as rf_prep_accept(). Since 5.15, RF_FILE_INDEX_ALLOC since 5.19.
 */
RF_INLINE void rf_prep_accept_direct(struct rf_sqe *sqe, int fd, struct sockaddr *addr,
                                     socklen_t *addrlen, uint32_t flags, uint32_t file_index)
{
    rf_prep_accept(sqe, fd, addr, addrlen, flags);
    sqe->file_index = rfi_slot(file_index);
}

/*
 * Accept again and again, a CQE with RF_CQE_F_MORE for each connection, until
 * one comes without it. Better leave @addr and @addrlen NULL: each connection
 * overwrites those of the last, and the length written is the next one's capacity.
 * Since 5.19.
 */
RF_INLINE void rf_prep_multishot_accept(struct rf_sqe *sqe, int fd, struct sockaddr *addr,
                                        socklen_t *addrlen, uint32_t flags)
{
    rf_prep_accept(sqe, fd, addr, addrlen, flags);
    sqe->ioprio = RF_ACCEPT_MULTISHOT;
}

/* The same into slots of the kernel's choice; when none is free it ends: -ENFILE. Since 5.19. */
RF_INLINE void rf_prep_multishot_accept_direct(struct rf_sqe *sqe, int fd, struct sockaddr *addr,
                                               socklen_t *addrlen, uint32_t flags)
{
    rf_prep_accept(sqe, fd, addr, addrlen, flags);
    sqe->ioprio = RF_ACCEPT_MULTISHOT;
    sqe->file_index = RF_FILE_INDEX_ALLOC;
}

/* connect(2). @addr: lent until consumed. res 0. Since 5.5. */
RF_INLINE void rf_prep_connect(struct rf_sqe *sqe, int fd, const struct sockaddr *addr,
                               socklen_t addrlen)
{
    rf_prep_rw(sqe, RF_OP_CONNECT, fd, rfi_addr(addr), 0, addrlen);
}

/* bind(2). No flags: the kernel insists on 0. @addr: lent until consumed. res 0. Since 6.11. */
RF_INLINE void rf_prep_bind(struct rf_sqe *sqe, int fd, const struct sockaddr *addr,
                            socklen_t addrlen)
{
    rf_prep_rw(sqe, RF_OP_BIND, fd, rfi_addr(addr), 0, addrlen);
}

/* listen(2). @backlog: connections, at most 2^32 - 1; no flags either. res 0. Since 6.11. */
RF_INLINE void rf_prep_listen(struct rf_sqe *sqe, int fd, size_t backlog)
{
    rf_prep_rw(sqe, RF_OP_LISTEN, fd, 0, rfi_fit32(backlog), 0);
}

/* shutdown(2). @how: SHUT_RD, SHUT_WR or SHUT_RDWR. res 0. Since 5.11. */
RF_INLINE void rf_prep_shutdown(struct rf_sqe *sqe, int sockfd, int how)
{
    rf_prep_rw(sqe, RF_OP_SHUTDOWN, sockfd, 0, (uint32_t)how, 0);
}

/* socket(2). @flags: none yet, 0; SOCK_... goes into @type. res: the new descriptor. Since 5.19. */
RF_INLINE void rf_prep_socket(struct rf_sqe *sqe, int domain, int type, int protocol,
                              uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_SOCKET, domain, 0, (uint32_t)protocol, (uint32_t)type);
    sqe->rw_flags = flags;
}

/* The same into a slot; @file_index and res as for rf_prep_accept_direct(). Since 5.19. */
RF_INLINE void rf_prep_socket_direct(struct rf_sqe *sqe, int domain, int type, int protocol,
                                     uint32_t flags, uint32_t file_index)
{
    rf_prep_socket(sqe, domain, type, protocol, flags);
    sqe->file_index = rfi_slot(file_index);
}

/* The same into a slot of the kernel's choice. res: the slot. Since 5.19. */
RF_INLINE void rf_prep_socket_direct_alloc(struct rf_sqe *sqe, int domain, int type, int protocol,
                                           uint32_t flags)
{
    rf_prep_socket_direct(sqe, domain, type, protocol, flags, RF_FILE_INDEX_ALLOC);
}

/*
 * A socket command, RF_SOCKET_URING_OP_...: socket options and queue lengths.
 *
 * @optval, @optlen  The value, in bytes: lent until completed, also for SETSOCKOPT.
 *
 * res: 0, or the length or number asked for. Since 6.7.
 */
RF_INLINE void rf_prep_cmd_sock(struct rf_sqe *sqe, enum rf_socket_op cmd_op, int fd, int level,
                                int optname, void *optval, uint32_t optlen)
{
    rf_prep_rw(sqe, RF_OP_URING_CMD, fd, 0, 0, 0);
    /* Members, not one number put together: the halves lie the other way on big endian. */
    sqe->cmd_op = (uint32_t)cmd_op;
    sqe->level = (uint32_t)level;
    sqe->optname = (uint32_t)optname;
    sqe->optlen = optlen;
    sqe->optval = rfi_addr(optval);
}

/*
 * getsockname(2), or getpeername(2) with @peer 1.
 *
 * @addr, @addrlen  Lent until completed: *@addrlen is the room before, the length after.
 *
 * res 0. Since 6.19.
 */
RF_INLINE void rf_prep_cmd_getsockname(struct rf_sqe *sqe, int fd, struct sockaddr *addr,
                                       socklen_t *addrlen, int peer)
{
    rf_prep_uring_cmd(sqe, (uint32_t)RF_SOCKET_URING_OP_GETSOCKNAME, fd);
    sqe->addr = rfi_addr(addr);
    sqe->addr3 = rfi_addr(addrlen);
    sqe->optlen = (uint32_t)peer;
}

/* --- sending and receiving ----------------------------------------------- */

/* Here flags are MSG_...; res: bytes, perhaps fewer than asked without MSG_WAITALL. */

/* recv(2). @buf: lent until completed. res 0: end of stream. Since 5.6. */
RF_INLINE void rf_prep_recv(struct rf_sqe *sqe, int fd, void *buf, size_t len, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_RECV, fd, rfi_addr(buf), len, 0);
    sqe->msg_flags = flags;
}

/*
 * Receive again and again into provided buffers, a CQE with RF_CQE_F_MORE for
 * each, until one comes without it: an error, the end of the stream, -ENOBUFS.
 *
 * @buf    NULL: RF_SQE_BUFFER_SELECT is set, and the caller sets sqe->buf_group.
 *         Anything else is refused by the kernel unless the caller sets that flag.
 * @len    At most so many bytes for each; 0: as many as fit.
 * @flags  Not MSG_WAITALL.
 *
 * Since 6.0.
 */
RF_INLINE void rf_prep_recv_multishot(struct rf_sqe *sqe, int fd, void *buf, size_t len,
                                      uint32_t flags)
{
    rf_prep_recv(sqe, fd, buf, len, flags);
    sqe->ioprio = RF_RECV_MULTISHOT;
    if (!buf)
        sqe->flags = RF_SQE_BUFFER_SELECT;
}

/*
 * recvmsg(2). @msg and all that it points to but the iovecs: lent until
 * completed; the kernel reads msg_namelen late and writes *@msg. Since 5.3.
 */
RF_INLINE void rf_prep_recvmsg(struct rf_sqe *sqe, int fd, struct msghdr *msg, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_RECVMSG, fd, rfi_addr(msg), 1, 0);
    sqe->msg_flags = flags;
}

/*
 * Receive again and again into provided buffers, which begin with a struct
 * rf_recvmsg_out then. RF_SQE_BUFFER_SELECT is set; the caller sets sqe->buf_group.
 *
 * @msg  Only msg_namelen and msg_controllen count: the room for each in the
 *       buffers. Lent until consumed, never written.
 *
 * Else as rf_prep_recv_multishot(). Since 6.0.
 */
RF_INLINE void rf_prep_recvmsg_multishot(struct rf_sqe *sqe, int fd, struct msghdr *msg,
                                         uint32_t flags)
{
    rf_prep_recvmsg(sqe, fd, msg, flags);
    sqe->ioprio = RF_RECV_MULTISHOT;
    sqe->flags = RF_SQE_BUFFER_SELECT;
}

/* send(2). @buf: lent until completed. Since 5.6. */
RF_INLINE void rf_prep_send(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                            uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_SEND, fd, rfi_addr(buf), len, 0);
    sqe->msg_flags = flags;
}

/**
 * rf_prep_send_set_addr() - give a send, or a send_zc, that was just prepared a destination.
 *
 * @addr     Lent until the SQE is consumed.
 * @addrlen  Its bytes.
 *
 * Since kernel 6.0 for send_zc, 6.1 for send.
 */
RF_INLINE void rf_prep_send_set_addr(struct rf_sqe *sqe, const struct sockaddr *addr,
                                     uint16_t addrlen)
{
    sqe->addr2 = rfi_addr(addr);
    sqe->addr_len = addrlen;
}

/* sendto(2). @addrlen: at most 65535. Else as the two above. Since 6.1. */
RF_INLINE void rf_prep_sendto(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                              uint32_t flags, const struct sockaddr *addr, socklen_t addrlen)
{
    rf_prep_send(sqe, fd, buf, len, flags);
    rf_prep_send_set_addr(sqe, addr, rfi_fit16(addrlen));
}

/*
 * Send what is in the provided buffers of a group, in their order, until it is empty.
 * RF_SQE_BUFFER_SELECT is set; the caller sets sqe->buf_group, of a buffer ring.
 *
 * @len  At most so many bytes for each CQE, not in all; 0: as many as there are.
 *
 * Perhaps several CQEs, with RF_CQE_F_MORE but for the last. Each has the id of its
 * first buffer; its res tells how many more, one after the other in the ring, it took.
 * -ENOBUFS: there was none. Since 6.10.
 */
RF_INLINE void rf_prep_send_bundle(struct rf_sqe *sqe, int fd, size_t len, uint32_t flags)
{
    rf_prep_send(sqe, fd, NULL, len, flags);
    sqe->ioprio = RF_RECVSEND_BUNDLE;
    sqe->flags = RF_SQE_BUFFER_SELECT;
}

/*
 * send(2) without copying. Two CQEs: the result, with RF_CQE_F_MORE, and later
 * one with RF_CQE_F_NOTIF: until then @buf is lent. A first one without MORE is
 * the only one.
 *
 * @zc_flags  RF_RECVSEND_POLL_FIRST, RF_SEND_ZC_REPORT_USAGE, ..., or 0.
 *
 * Since 6.0.
 */
RF_INLINE void rf_prep_send_zc(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                               uint32_t flags, uint16_t zc_flags)
{
    rf_prep_rw(sqe, RF_OP_SEND_ZC, fd, rfi_addr(buf), len, 0);
    sqe->msg_flags = flags;
    sqe->ioprio = zc_flags;
}

/* The same from inside the registered buffer with index @buf_index. Since 6.0. */
RF_INLINE void rf_prep_send_zc_fixed(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                                     uint32_t flags, uint16_t zc_flags, uint16_t buf_index)
{
    rf_prep_send_zc(sqe, fd, buf, len, flags, (uint16_t)(zc_flags | RF_RECVSEND_FIXED_BUF));
    sqe->buf_index = buf_index;
}

/*
 * sendmsg(2). @msg, its iovecs and its name: lent until consumed; the data and
 * msg_control, with the descriptors named in it, until completed. Since 5.3.
 */
RF_INLINE void rf_prep_sendmsg(struct rf_sqe *sqe, int fd, const struct msghdr *msg,
                               uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_SENDMSG, fd, rfi_addr(msg), 1, 0);
    sqe->msg_flags = flags;
}

/* sendmsg(2) without copying; CQEs and lifetime of the data as for rf_prep_send_zc(). Since 6.1. */
RF_INLINE void rf_prep_sendmsg_zc(struct rf_sqe *sqe, int fd, const struct msghdr *msg,
                                  uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_SENDMSG_ZC, fd, rfi_addr(msg), 1, 0);
    sqe->msg_flags = flags;
}

/*
 * The same from the registered buffer with index @buf_index: the iovecs of @msg lie
 * inside it. Since 6.15.
 */
RF_INLINE void rf_prep_sendmsg_zc_fixed(struct rf_sqe *sqe, int fd, const struct msghdr *msg,
                                        uint32_t flags, uint16_t buf_index)
{
    rf_prep_sendmsg_zc(sqe, fd, msg, flags);
    sqe->ioprio = RF_RECVSEND_FIXED_BUF;
    sqe->buf_index = buf_index;
}

RF_END_DECLS

#endif
