/* SPDX-License-Identifier: MIT */
#include "harmless.h"

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

static char buffer[4096];
static struct iovec iovec = {buffer, 16};
static struct msghdr msghdr = {.msg_iov = &iovec, .msg_iovlen = 1};
static char no_path[] = "/no-such-directory/of-ringfence";
static int scratch_pipe = -1; /* at its end: nothing to read, no writer */
static int scratch_epoll = -1;
static void *scratch_page;

static struct rf_timespec at_once;
static struct epoll_event event;
static uint64_t open_how[3];
static uint32_t futex = 1;
static struct {
    uint64_t val, uaddr;
    uint32_t flags, reserved;
} waitv;
static struct sockaddr_in address = {.sin_family = AF_INET};

void open_scratch(void)
{
    int ends[2];
    assert_result(pipe2(ends, O_CLOEXEC), 0);
    close(ends[1]);
    scratch_pipe = ends[0];
    scratch_epoll = epoll_create1(EPOLL_CLOEXEC);
    scratch_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(scratch_page != MAP_FAILED);
}

void close_scratch(void)
{
    close(scratch_pipe);
    close(scratch_epoll);
    munmap(scratch_page, 4096);
}

static uint64_t addr_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

void harmless(struct rf_sqe *sqe, uint32_t opcode)
{
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = (uint8_t)opcode;
    sqe->user_data = 1;
    switch ((enum rf_op)opcode) {
    case RF_OP_NOP:
        break;
    case RF_OP_READV:
    case RF_OP_WRITEV:
    case RF_OP_READV_FIXED:
    case RF_OP_WRITEV_FIXED:
        sqe->fd = -1;
        sqe->addr = addr_of(&iovec);
        sqe->len = 1;
        break;
    case RF_OP_READ:
    case RF_OP_WRITE:
    case RF_OP_READ_FIXED:
    case RF_OP_WRITE_FIXED:
    case RF_OP_SEND:
    case RF_OP_RECV:
    case RF_OP_SEND_ZC:
    case RF_OP_EPOLL_WAIT:
        sqe->fd = -1;
        sqe->addr = addr_of(buffer);
        sqe->len = 16;
        break;
    case RF_OP_SENDMSG:
    case RF_OP_RECVMSG:
    case RF_OP_SENDMSG_ZC:
        sqe->fd = -1;
        sqe->addr = addr_of(&msghdr);
        sqe->len = 1;
        break;
    case RF_OP_POLL_ADD:
        sqe->fd = -1;
        sqe->poll32_events = rfi_poll_mask(POLLIN);
        break;
    case RF_OP_POLL_REMOVE:
    case RF_OP_TIMEOUT_REMOVE:
    case RF_OP_ASYNC_CANCEL:
        sqe->fd = -1;
        sqe->addr = 0x12345678; /* nobody's user_data */
        break;
    case RF_OP_TIMEOUT:
    case RF_OP_LINK_TIMEOUT:
        sqe->fd = -1;
        sqe->addr = addr_of(&at_once);
        sqe->len = 1;
        break;
    case RF_OP_CONNECT:
    case RF_OP_BIND:
        sqe->fd = -1;
        sqe->addr = addr_of(&address);
        sqe->addr2 = sizeof address;
        break;
    case RF_OP_RENAMEAT:
    case RF_OP_LINKAT:
        sqe->len = (uint32_t)AT_FDCWD;
        sqe->addr2 = addr_of(no_path);
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_SYMLINKAT:
        sqe->addr2 = addr_of(no_path);
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_OPENAT2:
        sqe->addr2 = addr_of(open_how);
        sqe->len = sizeof open_how;
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_STATX:
        sqe->addr2 = addr_of(buffer);
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_OPENAT:
    case RF_OP_UNLINKAT:
    case RF_OP_MKDIRAT:
        sqe->fd = AT_FDCWD;
        sqe->addr = addr_of(no_path);
        break;
    case RF_OP_FSETXATTR:
    case RF_OP_SETXATTR:
    case RF_OP_FGETXATTR:
    case RF_OP_GETXATTR:
        sqe->fd = opcode == RF_OP_FSETXATTR || opcode == RF_OP_FGETXATTR ? -1 : 0;
        sqe->addr = addr_of("user.ringfence");
        sqe->addr2 = addr_of(buffer);
        sqe->len = 8;
        sqe->addr3 = sqe->fd ? 0 : addr_of(no_path);
        break;
    case RF_OP_CLOSE:
        sqe->fd = fcntl(scratch_pipe, F_DUPFD_CLOEXEC, HARMLESS_FD);
        assert_int_equal(sqe->fd, HARMLESS_FD);
        break;
    case RF_OP_FILES_UPDATE:
        sqe->addr = addr_of(buffer); /* there is no table */
        sqe->len = 1;
        break;
    case RF_OP_MADVISE:
        sqe->addr = addr_of(scratch_page);
        sqe->len = 4096;
        break;
    case RF_OP_EPOLL_CTL:
        sqe->fd = scratch_epoll;
        sqe->off = (uint64_t)scratch_pipe; /* which is not in it */
        sqe->len = EPOLL_CTL_DEL;
        sqe->addr = addr_of(&event);
        break;
    case RF_OP_SPLICE:
        sqe->off = sqe->splice_off_in = UINT64_MAX;
        sqe->fd = -1;
        sqe->splice_fd_in = scratch_pipe;
        sqe->len = 16;
        break;
    case RF_OP_TEE:
        sqe->fd = -1;
        sqe->splice_fd_in = scratch_pipe;
        sqe->len = 16;
        break;
    case RF_OP_PROVIDE_BUFFERS:
        sqe->fd = 1;
        sqe->addr = addr_of(buffer);
        sqe->len = 16;
        sqe->buf_group = 7;
        break;
    case RF_OP_REMOVE_BUFFERS:
        sqe->fd = 1;
        sqe->buf_group = 99; /* there is none */
        break;
    case RF_OP_SOCKET:
        sqe->fd = 12345; /* no domain */
        sqe->off = SOCK_STREAM;
        break;
    case RF_OP_READ_MULTISHOT:
        sqe->fd = -1;
        sqe->flags = RF_SQE_BUFFER_SELECT;
        sqe->buf_group = 99;
        break;
    case RF_OP_WAITID:
        sqe->len = P_PID;
        sqe->fd = getpid(); /* not a child of its own */
        sqe->file_index = WEXITED;
        break;
    case RF_OP_FUTEX_WAIT:
    case RF_OP_FUTEX_WAKE:
        sqe->addr = addr_of(&futex);
        sqe->addr2 = 2; /* not its value */
        sqe->addr3 = UINT32_MAX;
        sqe->fd = 2; /* FUTEX2_SIZE_U32 */
        break;
    case RF_OP_FUTEX_WAITV:
        waitv.val = 2;
        waitv.uaddr = addr_of(&futex);
        waitv.flags = 2;
        sqe->addr = addr_of(&waitv);
        sqe->len = 1;
        break;
    case RF_OP_FIXED_FD_INSTALL:
        sqe->flags = RF_SQE_FIXED_FILE; /* there is no table */
        break;
    case RF_OP_RECV_ZC:
        sqe->fd = -1;
        sqe->ioprio = RF_RECV_MULTISHOT;
        break;
    case RF_OP_PIPE:
        sqe->addr = 8; /* nowhere */
        break;
    default: /* FSYNC, FALLOCATE, SHUTDOWN, MSG_RING, ...: a descriptor is all they need */
        sqe->fd = -1;
        break;
    }
}
