/* SPDX-License-Identifier: MIT */
/*
 * top_subject - opens two rings whose state is known, for test_tool_top.py to look at. Says which
 * descriptors they have, and ends when standard input does.
 *
 * The first: 4 entries, of which one is queued; reads and a poll armed on an empty pipe; 12 CQEs, 4
 * of which overflow; 3 slots for files, 1 buffer. The second has an SQ thread. A worker is blocked
 * in a splice. With the argument "none" there is no ring, with "flow" NOPs are done all the time.
 */
#include <ringfence.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct rf_ring ring, polled;
static char byte[4];

static int say_and_wait(void)
{
    printf("ready %d %d\n", ring.fd, polled.fd);
    fflush(stdout);
    char end;
    while (read(STDIN_FILENO, &end, 1) > 0)
        ;
    return 0;
}

static int flow(void)
{
    if (rf_init(&ring, 8, 0))
        return 1;
    printf("ready %d -1\n", ring.fd);
    fflush(stdout);
    struct pollfd ended = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&ended, 1, 1) == 0) {
        struct rf_cqe cqe;
        if (!rf_nop(&ring, 1) || rf_copy_cqe(&ring, &cqe))
            return 1;
    }
    return 0;
}

static int fill(const int *empty, const int *other)
{
    static const int files[] = {0, 1, -1};
    struct iovec buffer = {byte, sizeof byte};
    if (rf_register_files(&ring, files, 3) || rf_register_buffers(&ring, &buffer, 1))
        return 1;
    if (!rf_read(&ring, 101, empty[0], &byte[0], 1, 0) ||
        !rf_read(&ring, 102, empty[0], &byte[1], 1, 0) ||
        !rf_poll_add(&ring, 103, empty[0], POLLIN) ||
        !rf_splice(&ring, 104, other[0], UINT64_MAX, empty[1], UINT64_MAX, 1, 0))
        return 1;
    if (rf_submit(&ring) != 4)
        return 1;
    for (uint64_t i = 0; i < 12; i++)
        if (!rf_nop(&ring, 200 + i) || rf_submit(&ring) != 1)
            return 1;
    if (!rf_read(&ring, 105, empty[0], &byte[2], 1, 0) ||
        !rf_read(&polled, 106, empty[0], &byte[3], 1, 0))
        return 1;
    (void)rf_flush_sq(&ring);
    return rf_submit(&polled) < 0;
}

int main(int argc, char **argv)
{
    int empty[2], other[2];
    ring.fd = polled.fd = -1;
    if (argc > 1 && strcmp(argv[1], "none") == 0)
        return say_and_wait();
    if (argc > 1 && strcmp(argv[1], "flow") == 0)
        return flow();
    if (pipe(empty) || pipe(other) || rf_init(&ring, 4, 0) ||
        rf_init(&polled, 8, RF_SETUP_SQPOLL) || fill(empty, other))
        return 1;
    return say_and_wait();
}
