/* SPDX-License-Identifier: MIT */
/*
 * copy.c FROM TO - copies a file, several reads and writes at a time, with liburing.
 *
 * One of the programs that test_port.py moves to ringfence by tools/port.py. Both have to
 * do the same.
 */
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 8
#define BYTES (64 * 1024)

/* A piece of the file on its way. */
struct piece {
    int writing;
    off_t offset;
    unsigned done, length;
    char *data;
};

static struct io_uring ring;
static int from, to;
static off_t size;
static unsigned long long copied;

static void fail(const char *what, int error)
{
    fprintf(stderr, "%s: %s\n", what, strerror(-error));
    exit(1);
}

/* Queues what the piece needs next. */
static void queue_piece(struct piece *piece)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    char *data = piece->data + piece->done;
    unsigned left = piece->length - piece->done;
    if (!sqe)
        fail("the submission queue is full", -EBUSY);
    if (piece->writing)
        io_uring_prep_write(sqe, to, data, left, piece->offset + piece->done);
    else
        io_uring_prep_read(sqe, from, data, left, piece->offset + piece->done);
    io_uring_sqe_set_data(sqe, piece);
}

/* Begins with the next part of the file. 0: there is none. */
static int begin(struct piece *piece)
{
    static off_t next;
    if (next >= size)
        return 0;
    piece->writing = 0;
    piece->done = 0;
    piece->offset = next;
    piece->length = size - next < BYTES ? (unsigned)(size - next) : BYTES;
    next += piece->length;
    queue_piece(piece);
    return 1;
}

/* Goes on with a piece. Returns how many more or fewer pieces are on their way. */
static int go_on(struct piece *piece, int res)
{
    if (res == -EAGAIN || res == -EINTR)
        res = 0;
    else if (res <= 0)
        fail(piece->writing ? "write" : "read", res ? res : -EIO);
    piece->done += (unsigned)res;
    if (piece->done == piece->length) {
        if (piece->writing) {
            copied += piece->length;
            return begin(piece) - 1;
        }
        piece->writing = 1;
        piece->done = 0;
    }
    queue_piece(piece);
    return 0;
}

static void sync_file(void)
{
    struct __kernel_timespec ten_seconds = {.tv_sec = 10};
    struct io_uring_cqe *cqe;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    int err;
    io_uring_prep_fsync(sqe, to, IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data(sqe, NULL);
    err = io_uring_submit(&ring);
    if (err != 1)
        fail("submit", err);
    err = io_uring_wait_cqe_timeout(&ring, &cqe, &ten_seconds);
    if (err)
        fail("wait", err);
    if (io_uring_cqe_get_data(cqe) != NULL || cqe->res < 0)
        fail("fsync", cqe->res);
    io_uring_cqe_seen(&ring, cqe);
}

int main(int argc, char **argv)
{
    static struct piece pieces[SLOTS];
    struct io_uring_cqe *cqe;
    struct stat st;
    int under_way = 0, err;

    if (argc != 3)
        return 2;
    from = open(argv[1], O_RDONLY);
    to = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (from < 0 || to < 0 || fstat(from, &st))
        fail("open", -errno);
    size = st.st_size;
    err = io_uring_queue_init(SLOTS, &ring, 0);
    if (err < 0)
        fail("opening a ring", err);
    for (int i = 0; i < SLOTS; i++) {
        pieces[i].data = malloc(BYTES);
        under_way += pieces[i].data ? begin(&pieces[i]) : 0;
    }
    while (under_way > 0) {
        unsigned head, seen = 0;
        err = io_uring_submit_and_wait(&ring, 1);
        if (err < 0 && err != -EINTR)
            fail("submit", err);
        io_uring_for_each_cqe(&ring, head, cqe) {
            under_way += go_on(io_uring_cqe_get_data(cqe), cqe->res);
            seen++;
        }
        io_uring_cq_advance(&ring, seen);
    }
    sync_file();
    io_uring_queue_exit(&ring);
    for (int i = 0; i < SLOTS; i++)
        free(pieces[i].data);
    printf("%llu bytes copied\n", copied);
    return close(to) || close(from);
}
