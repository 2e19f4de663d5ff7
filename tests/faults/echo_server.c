/* SPDX-License-Identifier: MIT */
/* An echo server throws out who is silent for too long, and forgets that a receive is open. */
/* rule: freed-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct connection {
    int fd;
    bool heard; /* since the last look */
    bool ended; /* nothing more will come */
    char buffer[2048];
};

/* What a completion is of stands in the low bits of user_data, above it the connection. */
enum event { ACCEPTED, RECEIVED, SENT, LOOKED };

static const struct rf_timespec patience = {0, 20 * 1000 * 1000};
static int listener;
static bool stopping;

static uint64_t tag(const struct connection *connection, enum event event)
{
    return (uint64_t)(uintptr_t)connection | event;
}

/* --- the operations ------------------------------------------------------- */

static void accept_next(void)
{
    (void)!rf_accept(&ring, tag(NULL, ACCEPTED), listener, NULL, NULL, 0);
}

static void receive(struct connection *c)
{
    /* Some SQE is free: each completion makes room for what it queues. */
    size_t room = sizeof c->buffer;
    (void)!rf_recv(&ring, tag(c, RECEIVED), c->fd, c->buffer, room, 0); /* queued here */
}

static void send_back(struct connection *c, size_t bytes)
{
    (void)!rf_send(&ring, tag(c, SENT), c->fd, c->buffer, bytes, 0);
}

static void look_later(struct connection *c)
{
    (void)!rf_timeout(&ring, tag(c, LOOKED), &patience, 0, 0);
}

/* --- what comes of them --------------------------------------------------- */

static void hang_up(struct connection *c)
{
    close(c->fd);
    free(c); /* broken here */
    stopping = true; /* one client is enough here */
}

static void on_accept(int fd)
{
    struct connection *c = fd >= 0 ? calloc(1, sizeof *c) : NULL;
    accept_next();
    if (!c)
        return;
    c->fd = fd;
    receive(c);
    look_later(c);
}

static void on_receive(struct connection *c, int bytes)
{
    c->heard = true;
    c->ended = bytes <= 0;
    if (bytes > 0)
        send_back(c, (size_t)bytes);
}

/* Again and again: a connection ends here. */
static void on_look(struct connection *c)
{
    if (c->ended || !c->heard) {
        hang_up(c);
        return;
    }
    c->heard = false;
    look_later(c);
}

static void take_completion(const struct rf_cqe *cqe)
{
    struct connection *c = (struct connection *)(uintptr_t)(cqe->user_data & ~(uint64_t)3);
    switch ((enum event)(cqe->user_data & 3)) {
    case ACCEPTED:
        on_accept(cqe->res);
        break;
    case RECEIVED:
        on_receive(c, cqe->res);
        break;
    case SENT:
        receive(c);
        break;
    case LOOKED:
        on_look(c);
        break;
    }
}

/* --- the client, and all of it -------------------------------------------- */

/* Says something, hears it, and is silent until it is thrown out. */
static void begin_client(void)
{
    struct sockaddr_in addr;
    socklen_t bytes = sizeof addr;
    char text[5];
    memset(&addr, 0, sizeof addr);
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&addr, sizeof addr) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&addr, &bytes))
        skip("no internet sockets");
    if (fork() != 0)
        return;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    close(listener);
    if (connect(fd, (struct sockaddr *)&addr, bytes) == 0 && write(fd, "hello", 5) == 5)
        while (read(fd, text, sizeof text) > 0)
            ;
    _exit(0);
}

int main(int argc, char **argv)
{
    begin_client();
    begin(argc, argv);
    accept_next();
    while (!stopping) {
        struct rf_cqe cqe;
        if (rf_submit_and_wait(&ring, 1) < 0) /* submitted here */
            break;
        while (rf_cq_ready(&ring) > 0 && rf_copy_cqe(&ring, &cqe) == 0)
            take_completion(&cqe);
    }
    return missed();
}
