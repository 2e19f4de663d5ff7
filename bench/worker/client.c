/* SPDX-License-Identifier: MIT */
/* client.c - client.h, with epoll: plain calls, so that it is no peer's. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "worker.h"

/* Latencies, to within 1/32: 32 steps for each power of two. */
enum { STEP_BITS = 5, STEPS = 1 << STEP_BITS, BUCKETS = 64 * STEPS, EVENTS = 256 };

struct connection {
    int fd;
    uint32_t missing; /* bytes of the answer */
    uint64_t sent_ns;
};

struct run {
    const struct client *client;
    struct connection *connections;
    uint8_t *message;
    int epoll;
    uint32_t waiting;
    uint64_t requests;
    uint64_t buckets[BUCKETS];
};

static uint32_t bucket_of(uint64_t ns)
{
    if (ns < STEPS)
        return (uint32_t)ns;
    uint32_t power = 63 - (uint32_t)__builtin_clzll(ns) - STEP_BITS;
    return (power + 1) * STEPS + (uint32_t)(ns >> power) - STEPS;
}

/* The middle of a bucket. */
static uint64_t ns_of(uint32_t bucket)
{
    if (bucket < STEPS)
        return bucket;
    uint32_t power = bucket / STEPS - 1;
    return ((uint64_t)(bucket % STEPS + STEPS) << power) + ((1ULL << power) >> 1);
}

static uint64_t quantile(const struct run *run, double share)
{
    uint64_t wanted = (uint64_t)((double)run->requests * share);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        seen += run->buckets[i];
        if (seen > wanted)
            return ns_of(i);
    }
    return 0;
}

static int open_connection(struct run *run, struct connection *connection)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(run->client->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int one = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0)
        return -errno;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    return epoll_ctl(run->epoll, EPOLL_CTL_ADD, connection->fd, &event) ? -errno : 0;
}

static int ask(struct run *run, struct connection *connection)
{
    connection->sent_ns = clock_ns();
    connection->missing = run->client->bytes;
    ssize_t sent = send(connection->fd, run->message, run->client->bytes, MSG_NOSIGNAL);
    return sent == (ssize_t)run->client->bytes ? 0 : sent < 0 ? -errno : -EMSGSIZE;
}

/* A part of an answer, perhaps the last. */
static int hear(struct run *run, struct connection *connection, bool go_on)
{
    ssize_t got = recv(connection->fd, run->message, connection->missing, MSG_DONTWAIT);
    if (got <= 0)
        return got == 0 ? -EPIPE : errno == EAGAIN ? 0 : -errno;
    connection->missing -= (uint32_t)got;
    if (connection->missing > 0)
        return 0;
    run->requests++;
    run->buckets[bucket_of(clock_ns() - connection->sent_ns)]++;
    if (go_on)
        return ask(run, connection);
    run->waiting--;
    return 0;
}

static int talk(struct run *run, uint64_t *ret_ns)
{
    uint64_t begin = clock_ns();
    uint64_t end = begin + run->client->ms * 1000000ULL;
    struct epoll_event events[EVENTS];
    while (run->waiting > 0) {
        int count = epoll_wait(run->epoll, events, EVENTS, 10000);
        if (count <= 0)
            return count == 0 ? -ETIMEDOUT : -errno;
        bool go_on = clock_ns() < end;
        for (int i = 0; i < count; i++) {
            int err = hear(run, events[i].data.ptr, go_on);
            if (err)
                return err;
        }
    }
    *ret_ns = clock_ns() - begin;
    return 0;
}

static int connect_and_talk(struct run *run, uint64_t *ret_ns)
{
    const struct client *client = run->client;
    int err = 0;
    for (uint32_t i = 0; i < client->connections && !err; i++)
        err = open_connection(run, &run->connections[i]);
    for (uint32_t i = 0; i < client->connections && !err; i++) {
        err = ask(run, &run->connections[i]);
        run->waiting++;
    }
    return err ? err : talk(run, ret_ns);
}

void client_run(const struct client *client, struct client_result *result)
{
    struct run *run = calloc(1, sizeof *run);
    memset(result, 0, sizeof *result);
    result->error = -ENOMEM;
    if (!run)
        return;
    run->client = client;
    run->connections = calloc(client->connections, sizeof *run->connections);
    run->message = calloc(1, client->bytes);
    run->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (run->connections && run->message)
        result->error = connect_and_talk(run, &result->ns);
    result->requests = run->requests;
    result->p50 = quantile(run, 0.5);
    result->p99 = quantile(run, 0.99);
    result->p999 = quantile(run, 0.999);
    for (uint32_t i = 0; run->connections && i < client->connections; i++)
        if (run->connections[i].fd > 0)
            close(run->connections[i].fd);
    close(run->epoll);
    free(run->connections);
    free(run->message);
    free(run);
}
