/* SPDX-License-Identifier: MIT */
/*
 * provided_buffers - receives messages into buffers that the kernel picks.
 *
 * Shown here: a buffer group, and one receive that goes on for ever. A program with
 * ten thousand idle connections does not need ten thousand buffers: the kernel
 * takes one from the group when data is there, and the completion says which.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ringfence.h>

enum { GROUP = 1, BUFFERS = 4, BUFFER_BYTES = 64, RECEIVE = 7, MESSAGES = 10 };

static int explain(const char *what, enum rf_call call, int error)
{
    fprintf(stderr, "%s: %s: %s %s\n", what, rf_error_name(call, error),
            rf_error_text(call, error), rf_error_remedy(call, error));
    return error;
}

/* Fills the other end of the socket before anything is received, then hangs up. */
static int send_messages(int fd)
{
    for (int i = 1; i <= MESSAGES; i++) {
        char text[32];
        int bytes = snprintf(text, sizeof text, "message %d", i);
        if (send(fd, text, (size_t)bytes, MSG_NOSIGNAL) != bytes)
            return -errno;
    }
    return 0;
}

static int arm(struct rf_buffer_group *group, int fd)
{
    if (!rf_buffer_group_recv_multishot(group, RECEIVE, fd, 0))
        return explain("queueing a receive", RF_CALL_GET_SQE, -EAGAIN);
    return 0;
}

static int receive(struct rf_ring *ring, struct rf_buffer_group *group, int fd)
{
    int err = arm(group, fd);
    if (err)
        return err;
    for (;;) {
        struct rf_cqe cqe;
        err = rf_copy_cqe(ring, &cqe);
        if (err == -EINTR)
            continue;
        if (err)
            return explain("waiting", RF_CALL_ENTER, err);

        void *data;
        int bytes = rf_buffer_group_get(group, &cqe, &data);
        if (bytes > 0) {
            printf("buffer %d: %.*s\n", rf_cqe_buffer_id(&cqe), bytes, (char *)data);
            /* Used, so give it back: else the group runs dry. */
            err = rf_buffer_group_put(group, &cqe);
            if (err)
                return explain("putting a buffer", RF_CALL_BUFFER_GROUP, err);
        }
        if (cqe.flags & RF_CQE_F_MORE)
            continue;
        /* The receive is over. Why? */
        if (bytes == 0)
            return 0; /* the other end has hung up */
        if (bytes < 0 && bytes != -ENOBUFS)
            return explain("receiving", RF_CALL_NONE, bytes);
        /* All buffers were in use for a moment, or the kernel ended it to be fair to
         * others. Nothing was lost: go on. */
        err = arm(group, fd);
        if (err)
            return err;
    }
}

int main(void)
{
    int fds[2];
    /* Packets: each message stays one. With SOCK_STREAM they may run together. */
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        perror("socketpair");
        return 1;
    }
    struct rf_ring ring;
    int err = rf_init(&ring, 8, 0);
    if (err) {
        explain("opening a ring", RF_CALL_INIT, err);
        return 1;
    }
    struct rf_buffer_group group;
    /* Flags 0: each message gets a whole buffer. A stream can share buffers between
     * messages (rf_buffer_group_init()); a packet would be cut at the end of one. */
    err = rf_buffer_group_init_flags(&group, &ring, GROUP, BUFFER_BYTES, BUFFERS, 0);
    if (err) {
        explain("providing buffers", RF_CALL_SETUP_BUF_RING, err);
        rf_deinit(&ring);
        return 1;
    }
    err = send_messages(fds[1]);
    if (err)
        explain("sending", RF_CALL_NONE, err);
    close(fds[1]);
    if (!err)
        err = receive(&ring, &group, fds[0]);
    /* Nothing is in flight any more, so the kernel is done with the buffers. */
    int freed = rf_buffer_group_deinit(&group);
    if (freed)
        explain("taking the buffers back", RF_CALL_FREE_BUF_RING, freed);
    rf_deinit(&ring);
    close(fds[0]);
    return err || freed || fflush(stdout) ? 1 : 0;
}
