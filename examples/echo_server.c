/* SPDX-License-Identifier: MIT */
/*
 * echo_server PORT - sends back what it is sent, on the loopback interface, until Ctrl-C.
 *
 * Shown here: one accept that goes on for ever; a receive or a send in flight for each
 * connection; a signal that comes as one more completion; and an orderly end: rf_drain()
 * cancels, gives each completion to the same functions, and only then the memory is let go.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ringfence.h>

/* user_data: a connection's descriptor, below FD_MAX, or one of these. */
enum { FD_MAX = 256, ACCEPT, SIGNAL };

static struct connection {
    bool sending;
    char data[4096]; /* lent to the receive or send in flight */
} connections[FD_MAX];

static int listener, signals;
static bool ending, failed;
static struct signalfd_siginfo signal_info;

static void explain(const char *what, enum rf_call call, int error)
{
    fprintf(stderr, "%s: %s: %s %s\n", what, rf_error_name(call, error),
            rf_error_text(call, error), rf_error_remedy(call, error));
    failed = ending = true;
}

static void queued(const struct rf_sqe *sqe)
{
    if (!sqe) /* cannot be: the ring has room for all that is in flight at once */
        explain("queueing", RF_CALL_GET_SQE, -EAGAIN);
}

static void on_accept(struct rf_ring *ring, const struct rf_cqe *cqe)
{
    int fd = cqe->res;
    if (fd < 0 && fd != -ECANCELED)
        explain("accepting", RF_CALL_NONE, fd);
    if (fd >= FD_MAX || (fd >= 0 && ending)) {
        close(fd); /* too many, or too late */
    } else if (fd >= 0) {
        connections[fd].sending = false;
        queued(rf_recv(ring, (uint64_t)fd, fd, connections[fd].data, 4096, 0));
    }
    if (!(cqe->flags & RF_CQE_F_MORE) && !ending) /* it does not go on by itself */
        queued(rf_accept_multishot(ring, ACCEPT, listener, NULL, NULL, SOCK_CLOEXEC));
}

static void on_data(struct rf_ring *ring, int fd, int res)
{
    struct connection *c = &connections[fd];
    c->sending = !c->sending;
    if (res <= 0 || ending) /* the end of the stream, or an error: it is over */
        close(fd);
    else if (c->sending) /* MSG_WAITALL: the kernel itself goes on after a short send */
        queued(rf_send(ring, (uint64_t)fd, fd, c->data, (size_t)res, MSG_WAITALL | MSG_NOSIGNAL));
    else
        queued(rf_recv(ring, (uint64_t)fd, fd, c->data, sizeof c->data, 0));
}

static void on_completion(void *arg, const struct rf_cqe *cqe)
{
    if (cqe->user_data < FD_MAX)
        on_data(arg, (int)cqe->user_data, cqe->res);
    else if (cqe->user_data == ACCEPT)
        on_accept(arg, cqe);
    else
        ending = true;
}

static void serve(struct rf_ring *ring)
{
    queued(rf_accept_multishot(ring, ACCEPT, listener, NULL, NULL, SOCK_CLOEXEC));
    queued(rf_read(ring, SIGNAL, signals, &signal_info, sizeof signal_info, 0));
    while (!ending) {
        struct rf_cqe cqe;
        int err = rf_copy_cqe(ring, &cqe); /* submits what is queued before it sleeps */
        if (err == 0)
            on_completion(ring, &cqe);
        else if (err != -EINTR) /* stopped and woken, say: nothing was lost */
            explain("waiting", RF_CALL_ENTER, err);
    }
    struct rf_drain_options options = {.take = on_completion, .arg = ring};
    int err = rf_drain(ring, NULL, &options, NULL);
    if (err)
        explain("ending", RF_CALL_DRAIN, err);
}

/* Opens what the ring works on. These are calls as ever, with their error in errno. */
static bool open_files(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    return sigprocmask(SIG_BLOCK, &ends, NULL) == 0 &&
           (signals = signalfd(-1, &ends, SFD_CLOEXEC)) >= 0 &&
           (listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0 &&
           bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
           listen(listener, 128) == 0;
}

int main(int argc, char **argv)
{
    struct rf_ring ring;
    if (argc != 2) {
        fputs("usage: echo_server PORT\n", stderr);
        return 2;
    }
    int err = rf_init(&ring, 2 * FD_MAX, 0);
    if (err) {
        explain("opening a ring", RF_CALL_INIT, err);
        return 1;
    }
    if (open_files((uint16_t)atoi(argv[1]))) {
        serve(&ring);
    } else {
        perror("listening");
        failed = true;
    }
    rf_deinit(&ring);
    return failed;
}
