/* SPDX-License-Identifier: MIT */
/*
 * prep.h - fill one SQE. Pure: no ring, no system call, nothing is lent yet.
 *
 * Every prep writes all 64 bytes: what it does not name becomes 0, so flags
 * and user_data are set after it. The second half of a 128-byte SQE was cleared
 * by rf_get_sqe() and is left alone.
 *
 * Lengths of data are size_t and saturate at 2^32 - 1, and the kernel itself
 * stops at about 2^31: as with read(2) the result tells how much was done. Any other
 * number that does not fit its field is a broken contract and traps.
 *
 * Words used below:
 *
 *   since 5.6      the first kernel with the operation
 *   res            rf_cqe.res on success; else it is a negative errno
 *   lent           the memory must stay valid and unchanged, until ...
 *   ... consumed   ... rf_submit() counted the SQE; with RF_SETUP_SQPOLL, until the
 *                  SQ thread has passed it (rf_sq_ready())
 *   ... completed  ... its last CQE: the one without RF_CQE_F_MORE
 *
 * Descriptors and registered slots: keep them as they are until the operation
 * is completed. Many operations look them up late, when a worker or a link gets to
 * them, and would take what has the number then.
 *
 * Facts: io_uring_enter(2) and the prep functions in io_uring/ of Linux 6.18.
 * Held by tests/test_prep.c (all bytes) and tests/test_zig_*.c (behaviour).
 */
#ifndef RINGFENCE_PREP_H
#define RINGFENCE_PREP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <ringfence/abi.h>
#include <ringfence/base.h>

RF_BEGIN_DECLS

/* Only pointed to here: their headers need feature macros, or clash. */
struct epoll_event;
struct statx;

/* --- helpers ------------------------------------------------------------- */

RF_INLINE uint32_t rfi_len32(size_t len)
{
    return len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
}

RF_INLINE uint64_t rfi_addr(const void *ptr)
{
    return (uint64_t)(uintptr_t)ptr;
}

RF_INLINE uint32_t rfi_fit32(size_t value)
{
    RF_ASSERT(value <= UINT32_MAX);
    return (uint32_t)value;
}

RF_INLINE int32_t rfi_fit31(size_t value)
{
    RF_ASSERT(value <= INT32_MAX);
    return (int32_t)value;
}

RF_INLINE uint16_t rfi_fit16(size_t value)
{
    RF_ASSERT(value <= UINT16_MAX);
    return (uint16_t)value;
}

/* A slot as the kernel wants it: one more, since 0 means "no slot". */
RF_INLINE uint32_t rfi_slot(uint32_t file_index)
{
    if (file_index == RF_FILE_INDEX_ALLOC)
        return file_index;
    RF_ASSERT(file_index < RF_FILE_INDEX_ALLOC - 1); /* one more would be ALLOC */
    return file_index + 1;
}

RF_INLINE uint32_t rfi_swap_halves(uint32_t word)
{
    return word << 16 | word >> 16;
}

/*
 * The field began as 16 bits, and the kernel still wants those 16 where they were:
 * in the first two bytes. On big endian these are the upper half of the word.
 */
RF_INLINE uint32_t rfi_poll_mask(uint32_t mask)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? rfi_swap_halves(mask) : mask;
}

/**
 * rf_sqe_set_flags() - add RF_SQE_... flags; those that are set stay set.
 *
 * After the prep, which writes flags too.
 */
RF_INLINE void rf_sqe_set_flags(struct rf_sqe *sqe, uint32_t flags)
{
    RF_ASSERT(flags <= UINT8_MAX);
    sqe->flags = (uint8_t)(sqe->flags | flags);
}

/* The next SQE starts when this one has succeeded, else it ends with -ECANCELED. After the prep. */
RF_INLINE void rf_sqe_link_next(struct rf_sqe *sqe)
{
    rf_sqe_set_flags(sqe, RF_SQE_IO_LINK);
}

/* --- any operation ------------------------------------------------------- */

/* What most operations share; the others below build on it. Writes every field. */
RF_INLINE void rf_prep_rw(struct rf_sqe *sqe, enum rf_op op, int fd, uint64_t addr, size_t len,
                          uint64_t offset)
{
    /* Field by field: the compiler merges the zeros with their neighbours. */
    sqe->opcode = (uint8_t)op;
    sqe->flags = 0;
    sqe->ioprio = 0;
    sqe->fd = fd;
    sqe->off = offset;
    sqe->addr = addr;
    sqe->len = rfi_len32(len);
    sqe->rw_flags = 0;
    sqe->user_data = 0;
    sqe->buf_index = 0;
    sqe->personality = 0;
    sqe->file_index = 0;
    sqe->addr3 = 0;
    sqe->pad2[0] = 0;
}

/* Does nothing. res 0. Since 5.1. */
RF_INLINE void rf_prep_nop(struct rf_sqe *sqe)
{
    rf_prep_rw(sqe, RF_OP_NOP, 0, 0, 0, 0);
}

/* --- reading and writing ------------------------------------------------- */

/*
 * In this part offset is in bytes from the start of the file; UINT64_MAX is the
 * file's own position (RF_FEAT_RW_CUR_POS), and pipes and sockets ignore it.
 * RWF_... flags go into sqe->rw_flags. res: bytes done, perhaps fewer than asked.
 */

/* pread(2). @buf: lent until completed. Since 5.6. */
RF_INLINE void rf_prep_read(struct rf_sqe *sqe, int fd, void *buf, size_t len, uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_READ, fd, rfi_addr(buf), len, offset);
}

/* pwrite(2). @buf: lent until completed. Since 5.6. */
RF_INLINE void rf_prep_write(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                             uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_WRITE, fd, rfi_addr(buf), len, offset);
}

/*
 * preadv(2). @iovecs, @count of them: lent until consumed, the memory they
 * describe until completed. Since 5.1.
 */
RF_INLINE void rf_prep_readv(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                             uint32_t count, uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_READV, fd, rfi_addr(iovecs), count, offset);
}

/* pwritev(2). As rf_prep_readv(). Since 5.1. */
RF_INLINE void rf_prep_writev(struct rf_sqe *sqe, int fd, const struct iovec *iovecs,
                              uint32_t count, uint64_t offset)
{
    rf_prep_rw(sqe, RF_OP_WRITEV, fd, rfi_addr(iovecs), count, offset);
}

/*
 * Read into a registered buffer: @buf and @len lie inside that with index
 * @buffer_index. Lent until completed, even if it is unregistered before. Since 5.1.
 */
RF_INLINE void rf_prep_read_fixed(struct rf_sqe *sqe, int fd, void *buf, size_t len,
                                  uint64_t offset, uint16_t buffer_index)
{
    rf_prep_rw(sqe, RF_OP_READ_FIXED, fd, rfi_addr(buf), len, offset);
    sqe->buf_index = buffer_index;
}

/* Write from a registered buffer. As rf_prep_read_fixed(). Since 5.1. */
RF_INLINE void rf_prep_write_fixed(struct rf_sqe *sqe, int fd, const void *buf, size_t len,
                                   uint64_t offset, uint16_t buffer_index)
{
    rf_prep_rw(sqe, RF_OP_WRITE_FIXED, fd, rfi_addr(buf), len, offset);
    sqe->buf_index = buffer_index;
}

/*
 * fsync(2), or fdatasync(2) with @flags RF_FSYNC_DATASYNC. Of the whole file,
 * unless sqe->off and sqe->len are set. Not ordered after writes in flight: link
 * it to them. res 0. Since 5.1.
 */
RF_INLINE void rf_prep_fsync(struct rf_sqe *sqe, int fd, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_FSYNC, fd, 0, 0, 0);
    sqe->fsync_flags = flags;
}

/*
 * splice(2): @len bytes from @fd_in to @fd_out, one of them a pipe.
 *
 * @off_in, @off_out  UINT64_MAX for the pipe, or for the file's own position.
 * @splice_flags      SPLICE_F_..., and RF_SPLICE_F_FD_IN_FIXED: @fd_in is a slot.
 *
 * res: bytes moved; if fewer than @len, a link breaks. Since 5.7.
 */
RF_INLINE void rf_prep_splice(struct rf_sqe *sqe, int fd_in, uint64_t off_in, int fd_out,
                              uint64_t off_out, size_t len, uint32_t splice_flags)
{
    rf_prep_rw(sqe, RF_OP_SPLICE, fd_out, off_in, len, off_out);
    sqe->splice_fd_in = fd_in;
    sqe->splice_flags = splice_flags;
}

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

/* --- sending and receiving ----------------------------------------------- */

/* In this part flags are MSG_...; res: bytes, perhaps fewer than asked without MSG_WAITALL. */

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

/* --- files and directories ----------------------------------------------- */

/* In this part path names are lent until consumed; AT_FDCWD goes for every directory. */

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

/* statx(2). @mask: STATX_...; @buf: lent until completed. res 0. Since 5.6. */
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

/* --- time, readiness, cancelling ----------------------------------------- */

/*
 * @ts is lent until consumed. It is relative to now and CLOCK_MONOTONIC, unless
 * @flags say RF_TIMEOUT_ABS, _BOOTTIME, _REALTIME.
 *
 * @count  0, or: it also ends once this many further CQEs were posted.
 *
 * res: -ETIME when the time is up, 0 when @count was reached, -ECANCELED. Since 5.4.
 */
RF_INLINE void rf_prep_timeout(struct rf_sqe *sqe, const struct rf_timespec *ts, uint32_t count,
                               uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_TIMEOUT, -1, rfi_addr(ts), 1, count);
    sqe->timeout_flags = flags;
}

/* Cancel the timeout with @timeout_user_data. res 0, -ENOENT: none has it, -EALREADY. Since 5.5. */
RF_INLINE void rf_prep_timeout_remove(struct rf_sqe *sqe, uint64_t timeout_user_data,
                                      uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_TIMEOUT_REMOVE, -1, timeout_user_data, 0, 0);
    sqe->timeout_flags = flags;
}

/*
 * A limit for the SQE just before, which needs RF_SQE_IO_LINK: when time is up,
 * that one is cancelled. @ts and @flags as for rf_prep_timeout().
 *
 * res: -ETIME: it was cancelled; -ECANCELED: it was done in time; -EALREADY: it
 * could not be cancelled any more. Since 5.5.
 */
RF_INLINE void rf_prep_link_timeout(struct rf_sqe *sqe, const struct rf_timespec *ts,
                                    uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_LINK_TIMEOUT, -1, rfi_addr(ts), 1, 0);
    sqe->timeout_flags = flags;
}

/*
 * Wait until one of the POLL... of @poll_mask holds; once. For RF_POLL_ADD_MULTI
 * (5.13) set sqe->len. res: the events that hold. Since 5.1.
 */
RF_INLINE void rf_prep_poll_add(struct rf_sqe *sqe, int fd, uint32_t poll_mask)
{
    rf_prep_rw(sqe, RF_OP_POLL_ADD, fd, 0, 0, 0);
    sqe->poll32_events = rfi_poll_mask(poll_mask);
}

/* End the poll with @target_user_data. res 0, -ENOENT, -EALREADY. Since 5.1. */
RF_INLINE void rf_prep_poll_remove(struct rf_sqe *sqe, uint64_t target_user_data)
{
    rf_prep_rw(sqe, RF_OP_POLL_REMOVE, -1, target_user_data, 0, 0);
}

/*
 * Change the poll with @old_user_data.
 *
 * @flags          RF_POLL_UPDATE_EVENTS, RF_POLL_UPDATE_USER_DATA, and with the first
 *                 RF_POLL_ADD_MULTI if it is to go on.
 * @new_user_data  0 unless its flag is set.
 * @poll_mask      0 unless its flag is set.
 *
 * res 0, -ENOENT, -EALREADY. Since 5.13.
 */
RF_INLINE void rf_prep_poll_update(struct rf_sqe *sqe, uint64_t old_user_data,
                                   uint64_t new_user_data, uint32_t poll_mask, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_POLL_REMOVE, -1, old_user_data, flags, new_user_data);
    sqe->poll32_events = rfi_poll_mask(poll_mask);
}

/*
 * epoll_ctl(2). @fd: not negative. @op: EPOLL_CTL_...; @ev may be NULL for _DEL, lent until
 * consumed. res 0. Since 5.6.
 */
RF_INLINE void rf_prep_epoll_ctl(struct rf_sqe *sqe, int epfd, int fd, int op,
                                 const struct epoll_event *ev)
{
    RF_ASSERT(fd >= 0);
    rf_prep_rw(sqe, RF_OP_EPOLL_CTL, epfd, rfi_addr(ev), (uint32_t)op, (uint32_t)fd);
}

/*
 * Cancel the operation with @cancel_user_data; its own CQE comes too, before or
 * after this one's. @flags: RF_ASYNC_CANCEL_...
 *
 * res: 0, or how many with _ALL and _ANY; -ENOENT: none; -EALREADY: it runs, and ends
 * soon. Since 5.5.
 */
RF_INLINE void rf_prep_cancel(struct rf_sqe *sqe, uint64_t cancel_user_data, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_ASYNC_CANCEL, -1, cancel_user_data, 0, 0);
    sqe->cancel_flags = flags;
}

/* Cancel an operation on the file @fd; RF_ASYNC_CANCEL_ALL: all. Else as before. Since 5.19. */
RF_INLINE void rf_prep_cancel_fd(struct rf_sqe *sqe, int fd, uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_ASYNC_CANCEL, fd, 0, 0, 0);
    sqe->cancel_flags = flags | RF_ASYNC_CANCEL_FD;
}

/*
 * waitid(2).
 *
 * @id_type  P_PID, P_PIDFD, ... and @id, which it gives the meaning.
 * @infop    A siginfo_t, or NULL. Lent until completed, also written when cancelled.
 *           (Not its type: that is not to be had in plain C11.)
 * @options  WEXITED, ...
 * @flags    None yet: 0.
 *
 * res 0. Since 6.7.
 */
RF_INLINE void rf_prep_waitid(struct rf_sqe *sqe, int id_type, int id, void *infop, int options,
                              uint32_t flags)
{
    rf_prep_rw(sqe, RF_OP_WAITID, id, 0, (uint32_t)id_type, rfi_addr(infop));
    sqe->waitid_flags = flags;
    sqe->file_index = (uint32_t)options;
}

/* --- registered files and provided buffers ------------------------------- */

/*
 * Put @fds, @count of them, into the registered files from slot @offset on: -1
 * empties a slot, RF_REGISTER_FILES_SKIP leaves it alone. @fds is lent until completed,
 * and so are the descriptors in it. res: slots done. Since 5.6.
 */
RF_INLINE void rf_prep_files_update(struct rf_sqe *sqe, const int *fds, uint32_t count,
                                    uint32_t offset)
{
    /* That would have the kernel write to @fds: rf_prep_files_update_alloc(). */
    RF_ASSERT(offset != RF_FILE_INDEX_ALLOC);
    rf_prep_rw(sqe, RF_OP_FILES_UPDATE, -1, rfi_addr(fds), count, offset);
}

/* The same into free slots, whose numbers replace the descriptors in @fds. Since 5.19. */
RF_INLINE void rf_prep_files_update_alloc(struct rf_sqe *sqe, int *fds, uint32_t count)
{
    rf_prep_rw(sqe, RF_OP_FILES_UPDATE, -1, rfi_addr(fds), count, RF_FILE_INDEX_ALLOC);
}

/*
 * Provide @count buffers of @buffer_len bytes each, one after the other from
 * @buffers on, with ids from @buffer_id on, to group @group_id. A buffer ring
 * (buffers.h) is faster.
 *
 * @count      1 .. 65536, and no id may be above 65535.
 * @group_id   0 .. 65535
 * @buffer_id  0 .. 65535
 *
 * Each buffer is lent until a CQE brings its id back, or it is removed.
 * res 0. Since 5.7.
 */
RF_INLINE void rf_prep_provide_buffers(struct rf_sqe *sqe, void *buffers, size_t buffer_len,
                                       size_t count, size_t group_id, size_t buffer_id)
{
    rf_prep_rw(sqe, RF_OP_PROVIDE_BUFFERS, rfi_fit31(count), rfi_addr(buffers),
               rfi_fit32(buffer_len), rfi_fit16(buffer_id));
    sqe->buf_group = rfi_fit16(group_id);
}

/* Take up to @count buffers of a group back, those not in use. res: how many. Since 5.7. */
RF_INLINE void rf_prep_remove_buffers(struct rf_sqe *sqe, size_t count, size_t group_id)
{
    rf_prep_rw(sqe, RF_OP_REMOVE_BUFFERS, rfi_fit31(count), 0, 0, 0);
    sqe->buf_group = rfi_fit16(group_id);
}

RF_END_DECLS

#endif
