/* SPDX-License-Identifier: MIT */
/*
 * echo.c COUNT - a TCP server that sends back what it gets, with liburing: multishot accept,
 * multishot receive, provided buffers. Prints its port, and ends when COUNT connections
 * have come and gone.
 *
 * One of the programs that test_port.py moves to ringfence by tools/port.py. Both have to
 * do the same.
 */
#include <arpa/inet.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUFFERS 16
#define BYTES 2048
#define GROUP 7
#define CONNECTIONS 64

enum { ACCEPT, RECEIVE, SEND, CLOSE };

/* What is to be sent back on a connection, in order; one send at a time. */
struct connection {
    struct {
        unsigned short buffer;
        unsigned length, sent;
    } queue[BUFFERS];
    unsigned first, count;
    int ended, starved;
};

static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char memory[BUFFERS][BYTES];
static struct connection connections[CONNECTIONS];
static int listener, gone;

static void fail(const char *what, int error)
{
    fprintf(stderr, "%s: %s\n", what, strerror(-error));
    exit(1);
}

static struct io_uring_sqe *get_sqe(void)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    if (!sqe) {
        io_uring_submit(&ring);
        sqe = io_uring_get_sqe(&ring);
    }
    if (!sqe)
        fail("the submission queue is full", -EBUSY);
    return sqe;
}

static void tag(struct io_uring_sqe *sqe, unsigned what, int fd)
{
    io_uring_sqe_set_data64(sqe, (uint64_t)what << 32 | (unsigned)fd);
}

static void queue_accept(void)
{
    struct io_uring_sqe *sqe = get_sqe();
    io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
    tag(sqe, ACCEPT, listener);
}

static void queue_receive(int fd)
{
    struct io_uring_sqe *sqe = get_sqe();
    io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = GROUP;
    tag(sqe, RECEIVE, fd);
}

static void queue_send(int fd)
{
    struct connection *c = &connections[fd];
    char *data = memory[c->queue[c->first].buffer];
    unsigned sent = c->queue[c->first].sent;
    struct io_uring_sqe *sqe = get_sqe();
    io_uring_prep_send(sqe, fd, data + sent, c->queue[c->first].length - sent, MSG_NOSIGNAL);
    tag(sqe, SEND, fd);
}

static void queue_close(int fd)
{
    struct io_uring_sqe *sqe = get_sqe();
    io_uring_prep_close(sqe, fd);
    tag(sqe, CLOSE, fd);
}

static void give_back(unsigned short buffer)
{
    io_uring_buf_ring_add(buffers, memory[buffer], BYTES, buffer,
                          io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(buffers, 1);
    for (int fd = 0; fd < CONNECTIONS; fd++)
        if (connections[fd].starved) {
            connections[fd].starved = 0;
            queue_receive(fd);
        }
}

static void accepted(int fd, unsigned flags)
{
    if (fd < 0 || fd >= CONNECTIONS)
        fail("accept", fd < 0 ? fd : -EMFILE);
    memset(&connections[fd], 0, sizeof connections[fd]);
    queue_receive(fd);
    if (!(flags & IORING_CQE_F_MORE))
        queue_accept();
}

static void received(int fd, int res, unsigned flags)
{
    struct connection *c = &connections[fd];
    if (res > 0) {
        unsigned last = (c->first + c->count++) % BUFFERS;
        c->queue[last].buffer = (unsigned short)(flags >> IORING_CQE_BUFFER_SHIFT);
        c->queue[last].length = (unsigned)res;
        c->queue[last].sent = 0;
        if (c->count == 1)
            queue_send(fd);
        if (!(flags & IORING_CQE_F_MORE))
            queue_receive(fd);
    } else if (res == -ENOBUFS) {
        c->starved = 1; /* until a buffer comes back */
    } else {
        c->ended = 1;
        if (c->count == 0)
            queue_close(fd);
    }
}

static void sent(int fd, int res)
{
    struct connection *c = &connections[fd];
    if (res < 0)
        fail("send", res);
    c->queue[c->first].sent += (unsigned)res;
    if (c->queue[c->first].sent == c->queue[c->first].length) {
        unsigned short buffer = c->queue[c->first].buffer;
        c->first = (c->first + 1) % BUFFERS;
        c->count--;
        give_back(buffer);
    }
    if (c->count > 0)
        queue_send(fd);
    else if (c->ended)
        queue_close(fd);
}

static void handle(const struct io_uring_cqe *cqe)
{
    int fd = (int)(unsigned)io_uring_cqe_get_data64(cqe);
    switch (io_uring_cqe_get_data64(cqe) >> 32) {
    case ACCEPT:
        accepted(cqe->res, cqe->flags);
        break;
    case RECEIVE:
        received(fd, cqe->res, cqe->flags);
        break;
    case SEND:
        sent(fd, cqe->res);
        break;
    default:
        gone++;
    }
}

static void open_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) ||
        listen(listener, 16) || getsockname(listener, (struct sockaddr *)&address, &length))
        fail("listen", -errno);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void provide_buffers(void)
{
    struct io_uring_buf_reg reg = {.ring_entries = BUFFERS, .bgid = GROUP};
    int err;
    buffers = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                   MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (buffers == MAP_FAILED)
        fail("mmap", -errno);
    reg.ring_addr = (unsigned long)buffers;
    err = io_uring_register_buf_ring(&ring, &reg, 0);
    if (err)
        fail("registering buffers", err);
    io_uring_buf_ring_init(buffers);
    for (unsigned short i = 0; i < BUFFERS; i++)
        io_uring_buf_ring_add(buffers, memory[i], BYTES, i, io_uring_buf_ring_mask(BUFFERS), i);
    io_uring_buf_ring_advance(buffers, BUFFERS);
}

int main(int argc, char **argv)
{
    struct io_uring_params params;
    const int wanted = argc > 1 ? atoi(argv[1]) : 1;
    int err;

    memset(&params, 0, sizeof params);
    params.flags = IORING_SETUP_CQSIZE;
    params.cq_entries = 256;
    err = io_uring_queue_init_params(32, &ring, &params);
    if (err)
        fail("opening a ring", err);
    provide_buffers();
    open_listener();
    queue_accept();
    while (gone < wanted) {
        struct io_uring_cqe *cqes[16];
        struct io_uring_cqe *cqe;
        int count = 0;
        io_uring_submit(&ring);
        err = io_uring_wait_cqe(&ring, &cqe);
        if (err == -EINTR)
            continue;
        if (err)
            fail("wait", err);
        while (count < 16 && io_uring_peek_cqe(&ring, &cqes[0]) == 0) {
            handle(cqes[0]);
            io_uring_cqe_seen(&ring, cqes[0]);
            count++;
        }
    }
    io_uring_queue_exit(&ring);
    close(listener);
    return 0;
}
