/* SPDX-License-Identifier: MIT */
/*
 * rows_echo.c - a peer as a server on loopback; the client is another process, on another
 * processor. Connecting and accepting are not measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "peer.h"
#include "worker.h"

enum { CONNECTIONS_MAX = 4096 };

static int listen_anywhere(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, bytes) != 0 ||
        listen(fd, CONNECTIONS_MAX) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &bytes) != 0) {
        int err = -errno;
        if (fd >= 0)
            close(fd);
        return err;
    }
    *ret_port = ntohs(address.sin_port);
    return fd;
}

/* Another process, which writes what it found into the pipe. */
static pid_t start_client(const struct client *client, unsigned cpu, int result_fd)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    (void)pin_to_cpu(cpu);
    struct client_result result;
    client_run(client, &result);
    ssize_t written = write(result_fd, &result, sizeof result);
    _exit(written != sizeof result);
}

static int accept_all(int listener, int32_t *fds, uint32_t count)
{
    int one = 1;
    for (uint32_t i = 0; i < count; i++) {
        fds[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fds[i] < 0)
            return -errno;
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return 0;
}

/* Buffers, and in front of them memory for a ring of provided buffers; all zero. */
static bool allocate(struct bench_echo *job, void **ret_memory, size_t *ret_bytes)
{
    size_t ring_bytes = (size_t)job->buf_count * 16;
    ring_bytes = (ring_bytes + 4095) / 4096 * 4096;
    size_t bytes = ring_bytes + (size_t)job->buf_count * job->bytes;
    uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    job->buf_ring = memory;
    job->buffers = memory + ring_bytes;
    *ret_memory = memory;
    *ret_bytes = bytes;
    return true;
}

static int64_t serve(void *ring, struct bench_echo *job, int listener, struct span *ret_took)
{
    static int32_t fds[CONNECTIONS_MAX];
    int64_t failed = accept_all(listener, fds, job->count);
    job->fds = fds;
    struct span begin = span_begin();
    if (failed == 0)
        failed = peer_echo(ring, job);
    *ret_took = span_since(begin);
    for (uint32_t i = 0; i < job->count; i++)
        close(fds[i]);
    return failed;
}

static void say(struct request *request, int64_t failed, struct span took,
                const struct client_result *result)
{
    if (reply_if_failed(request, failed ? failed : result->error))
        return;
    reply(request,
          "ok ops=%llu ns=%llu cpu=%llu failed=%lld p50=%llu p99=%llu p999=%llu",
          (unsigned long long)result->requests, (unsigned long long)result->ns,
          (unsigned long long)took.cpu_ns, (long long)failed, (unsigned long long)result->p50,
          (unsigned long long)result->p99, (unsigned long long)result->p999);
}

static void serve_a_client(struct request *request, void *ring, struct bench_echo *job)
{
    struct client client = {
        .connections = job->count,
        .bytes = job->bytes,
        .ms = (uint32_t)request_number(request, "ms", 200),
    };
    struct client_result result = {.error = -EPIPE};
    int ends[2];
    int listener = listen_anywhere(&client.port);
    if (listener < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        reply(request, "error no socket: %s", strerror(listener < 0 ? -listener : errno));
        return;
    }
    pid_t pid = start_client(&client, (unsigned)request_number(request, "client_cpu", 1), ends[1]);
    close(ends[1]);
    struct span took = {0, 0};
    int64_t failed = pid < 0 ? -EAGAIN : serve(ring, job, listener, &took);
    ssize_t got = read(ends[0], &result, sizeof result);
    if (got != sizeof result)
        result.error = -EPIPE;
    if (pid > 0)
        waitpid(pid, NULL, 0);
    close(ends[0]);
    close(listener);
    say(request, failed, took, &result);
}

void row_echo(struct request *request)
{
    struct bench_echo job = {
        .count = (uint32_t)request_number(request, "connections", 1),
        .bytes = (uint32_t)request_number(request, "bytes", 64),
        .multishot = (uint32_t)request_number(request, "multishot", 0),
        .buf_count = 16,
    };
    if (job.count == 0 || job.count > CONNECTIONS_MAX) {
        reply(request, "error so many connections");
        return;
    }
    while (job.buf_count < 2 * job.count)
        job.buf_count *= 2;
    void *memory = NULL;
    size_t bytes = 0;
    struct bench_facts facts;
    void *ring = open_ring(request, 1024, &facts);
    if (!ring)
        return;
    if (allocate(&job, &memory, &bytes)) {
        serve_a_client(request, ring, &job);
        munmap(memory, bytes);
    } else {
        reply(request, "error no memory");
    }
    peer_close(ring);
}
