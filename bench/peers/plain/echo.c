/* SPDX-License-Identifier: MIT */
/* echo.c - an echo server with epoll. */
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plain.h"

enum { EVENTS = 256 };

static int watch(int epoll, const struct bench_echo *job)
{
    for (uint32_t i = 0; i < job->count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, job->fds[i], &event) != 0)
            return -errno;
    }
    return 0;
}

/* What is there of one connection. False: it was closed at the other end. */
static bool answer(int epoll, const struct bench_echo *job, uint32_t connection, int64_t *failed)
{
    int fd = job->fds[connection];
    uint8_t *buffer = job->buffers + (size_t)connection * job->bytes;
    ssize_t got = recv(fd, buffer, job->bytes, MSG_DONTWAIT);
    if (got > 0) {
        *failed += send(fd, buffer, (size_t)got, MSG_NOSIGNAL) != got;
        return true;
    }
    if (got < 0 && errno == EAGAIN)
        return true;
    *failed += got < 0;
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
    return false;
}

static int64_t serve(int epoll, const struct bench_echo *job)
{
    struct epoll_event events[EVENTS];
    int64_t failed = watch(epoll, job);
    if (failed < 0)
        return failed;
    for (uint32_t open = job->count; open > 0;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < count; i++)
            open -= !answer(epoll, job, events[i].data.u32, &failed);
    }
    return failed;
}

int64_t peer_echo(void *ring, const struct bench_echo *job)
{
    (void)ring;
    if (job->multishot)
        return -ENOSYS;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return -errno;
    int64_t failed = serve(epoll, job);
    close(epoll);
    return failed;
}
