/* SPDX-License-Identifier: MIT */
/*
 * told.c KIND [behind] - a program that keeps its promises, for tools that must be told
 * what the kernel has written: it looks at each byte of each result, and at none that was
 * not written. It runs under Memcheck, and built with MemorySanitizer: neither may complain.
 *
 * "behind": then it does look, at one byte that a short read has left. Status 0, but for a tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ringfence.h>

static struct rf_ring ring;
static int ends[2];
static int failures;
static volatile unsigned seen;

/* A decision on each byte: the tools complain of those that nobody has written. */
static void look(const void *memory, size_t bytes)
{
    const unsigned char *byte = memory;
    for (size_t i = 0; i < bytes; i++)
        if (byte[i] == 'x')
            seen++;
}

static void must(const char *what, bool good)
{
    if (good)
        return;
    printf("%s went wrong\n", what);
    failures++;
}

/* The next completion. */
static struct rf_cqe take(void)
{
    struct rf_cqe cqe;
    memset(&cqe, 0, sizeof cqe);
    must("a completion", rf_copy_cqe(&ring, &cqe) == 0);
    return cqe;
}

/* Submits, and waits for the one that was queued. */
static int result(const struct rf_sqe *queued)
{
    must("a place in the queue", queued != NULL);
    must("submitting", rf_submit(&ring) >= 0);
    return take().res;
}

static bool is_unknown(const char *what, int res)
{
    if (res != -EINVAL && res != -EOPNOTSUPP)
        return false;
    printf("%s: not here\n", what);
    return true;
}

static void say(const char *text)
{
    must("write()", write(ends[1], text, strlen(text)) == (ssize_t)strlen(text));
}

/* Memory of which nobody has written a byte. */
static void *fresh(size_t bytes)
{
    void *memory = malloc(bytes);
    if (!memory)
        abort();
    return memory;
}

/* --- reading -------------------------------------------------------------- */

static void reads(void)
{
    char *buffer = fresh(100);
    say("text");
    must("a read", result(rf_read(&ring, 2, ends[0], buffer, 100, 0)) == 4);
    look(buffer, 4);
    say("text");
    must("a receive", result(rf_recv(&ring, 3, ends[0], buffer + 50, 50, 0)) == 4);
    look(buffer + 50, 4);
    free(buffer);
}

static void reads_parts(void)
{
    char *first = fresh(3), *second = fresh(100);
    struct iovec iovecs[] = {{first, 3}, {second, 100}};
    say("a text");
    must("a read", result(rf_readv(&ring, 2, ends[0], iovecs, 2, 0)) == 6);
    look(first, 3);
    look(second, 3);
    free(first);
    free(second);
}

static void reads_fixed(void)
{
    char *buffer = fresh(4096);
    struct iovec iovec = {buffer, 4096};
    must("registering", rf_register_buffers(&ring, &iovec, 1) == 0);
    int file = open("/proc/self/exe", O_RDONLY);
    must("a fixed read", result(rf_read_fixed(&ring, 2, file, buffer + 100, 30, 0, 0)) == 30);
    look(buffer + 100, 30);
    must("unregistering", rf_unregister_buffers(&ring) == 0);
    (void)close(file);
    free(buffer);
}

/* Then a CQE does not tell whose it is. */
static void reads_by_one_name(void)
{
    char *first = fresh(4), *second = fresh(4);
    (void)!rf_read(&ring, 2, ends[0], first, 4, 0);
    (void)!rf_submit(&ring);
    (void)!rf_read(&ring, 2, ends[0], second, 4, 0);
    (void)!rf_submit(&ring);
    say("texttext");
    must("the first", take().res == 4);
    must("the second", take().res == 4);
    look(first, 4);
    look(second, 4);
    free(first);
    free(second);
}

/* And here none comes at all. */
static void reads_silently(void)
{
    char *buffer = fresh(4);
    say("text");
    struct rf_sqe *sqe = rf_read(&ring, 50, ends[0], buffer, 4, 0);
    rf_sqe_set_flags(sqe, RF_SQE_IO_LINK | RF_SQE_CQE_SKIP_SUCCESS);
    must("what follows", result(rf_nop(&ring, 3)) == 0);
    look(buffer, 4);
    free(buffer);
}

/* What is sent here is written by the one before. */
static void copies(void)
{
    int to[2];
    char *buffer = fresh(4), text[4];
    must("a pipe", pipe(to) == 0);
    say("text");
    struct rf_sqe *sqe = rf_read(&ring, 2, ends[0], buffer, 4, 0);
    rf_sqe_set_flags(sqe, RF_SQE_IO_LINK);
    (void)!rf_write(&ring, 3, to[1], buffer, 4, 0);
    (void)!rf_submit(&ring);
    must("the read", take().res == 4);
    must("the write", take().res == 4);
    must("the copy", read(to[0], text, 4) == 4 && memcmp(text, "text", 4) == 0);
    (void)close(to[0]);
    (void)close(to[1]);
    free(buffer);
}

/* --- sockets -------------------------------------------------------------- */

static void messages(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int on = 1, in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must("bind()", bind(in, (struct sockaddr *)&address, sizeof address) == 0 &&
                       getsockname(in, (struct sockaddr *)&address, &length) == 0 &&
                       setsockopt(in, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) == 0);
    must("sendto()", sendto(out, "text", 4, 0, (struct sockaddr *)&address, length) == 4);
    struct sockaddr_storage *from = fresh(sizeof *from);
    char *control = fresh(100), *data = fresh(100);
    struct iovec iovec = {data, 100};
    struct msghdr *msg = fresh(sizeof *msg);
    msg->msg_name = from;
    msg->msg_namelen = sizeof *from;
    msg->msg_iov = &iovec;
    msg->msg_iovlen = 1;
    msg->msg_control = control;
    msg->msg_controllen = 100;
    must("recvmsg", result(rf_recvmsg(&ring, 2, in, msg, 0)) == 4);
    look(&msg->msg_flags, sizeof msg->msg_flags);
    must("the name", msg->msg_namelen == sizeof(struct sockaddr_in));
    look(from, sizeof(struct sockaddr_in));
    must("a time", CMSG_FIRSTHDR(msg) && CMSG_FIRSTHDR(msg)->cmsg_type == SO_TIMESTAMP);
    look(data, 4);
    (void)close(in);
    (void)close(out);
    free(from);
    free(control);
    free(data);
    free(msg);
}

static void accepts(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int at = socket(AF_INET, SOCK_STREAM, 0), from = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must("listening", bind(at, (struct sockaddr *)&address, sizeof address) == 0 &&
                          listen(at, 1) == 0 &&
                          getsockname(at, (struct sockaddr *)&address, &length) == 0 &&
                          connect(from, (struct sockaddr *)&address, length) == 0);
    struct sockaddr_storage *peer = fresh(sizeof *peer);
    socklen_t *peer_length = fresh(sizeof *peer_length);
    *peer_length = sizeof *peer;
    int fd = result(rf_accept(&ring, 2, at, (struct sockaddr *)peer, peer_length, 0));
    must("accept", fd >= 0 && *peer_length == sizeof(struct sockaddr_in));
    look(peer, sizeof(struct sockaddr_in));
    (void)close(fd);
    (void)close(at);
    (void)close(from);
    free(peer);
    free(peer_length);
}

static void asks_option(void)
{
    int *type = fresh(sizeof *type);
    int res = result(rf_getsockopt(&ring, 2, ends[0], SOL_SOCKET, SO_TYPE, type, sizeof *type));
    if (!is_unknown("getsockopt", res))
        must("getsockopt", res == sizeof *type && *type == SOCK_STREAM);
    free(type);
}

/* --- provided buffers ----------------------------------------------------- */

#define COUNT 4
#define BYTES 100
#define GROUP 7

static struct rf_sqe *receive(uint32_t ioprio)
{
    struct rf_sqe *sqe = rf_recv(&ring, 2, ends[0], NULL, 0, 0);
    rf_sqe_set_flags(sqe, RF_SQE_BUFFER_SELECT);
    sqe->buf_group = GROUP;
    sqe->ioprio = (uint16_t)ioprio;
    return sqe;
}

static const char *picked(const struct rf_cqe *cqe, const char *memory)
{
    int id = rf_cqe_buffer_id(cqe);
    must("a buffer", cqe->res > 0 && id >= 0 && id < COUNT);
    return memory + id * BYTES;
}

static struct rf_buf_ring *provide(char *memory, uint32_t flags)
{
    struct rf_buf_ring *br;
    if (rf_setup_buf_ring(&ring, COUNT, GROUP, flags, &br)) {
        printf("buffer rings: not here\n");
        return NULL;
    }
    for (uint16_t i = 0; i < COUNT; i++)
        rf_buf_ring_add(br, memory + i * BYTES, BYTES, i, rf_buf_ring_mask(COUNT), i);
    rf_buf_ring_advance(br, COUNT);
    return br;
}

static void picks(void)
{
    char *memory = fresh(COUNT * BYTES);
    struct rf_buf_ring *br = provide(memory, 0);
    if (!br) {
        free(memory);
        return;
    }
    (void)!receive(RF_RECV_MULTISHOT);
    (void)!rf_submit(&ring);
    for (int i = 0; i < 2; i++) {
        say("text");
        struct rf_cqe cqe = take();
        look(picked(&cqe, memory), 4);
    }
    must("cancelling", rf_cancel(&ring, 3, 2, 0) != NULL && rf_submit(&ring) >= 0);
    (void)take();
    (void)take();
    must("an end", rf_free_buf_ring(&ring, br, COUNT, GROUP) == 0);
    free(memory);
}

/* One after the other is filled. */
static void picks_many(void)
{
    char *memory = fresh(COUNT * BYTES), text[BYTES + 10];
    memset(text, 'x', sizeof text);
    struct rf_buf_ring *br = provide(memory, 0);
    if (br && ring.features & RF_FEAT_RECVSEND_BUNDLE) {
        must("write()", write(ends[1], text, sizeof text) == (ssize_t)sizeof text);
        must("a bundle", result(receive(RF_RECVSEND_BUNDLE)) == (int)sizeof text);
        look(memory, sizeof text);
    }
    must("an end", !br || rf_free_buf_ring(&ring, br, COUNT, GROUP) == 0);
    free(memory);
}

/* Each is filled part by part. */
static void picks_parts(void)
{
    char *memory = fresh(COUNT * BYTES);
    struct rf_buf_ring *br = provide(memory, RF_PBUF_RING_INC);
    for (size_t i = 0; br && i < 2; i++) {
        say("text");
        must("a part", result(receive(0)) == 4);
        look(memory, 4 * (i + 1));
    }
    must("an end", !br || rf_free_buf_ring(&ring, br, COUNT, GROUP) == 0);
    free(memory);
}

static void picks_of_old(void)
{
    char *memory = fresh(COUNT * BYTES);
    (void)!rf_provide_buffers(&ring, 4, memory, BYTES, COUNT, GROUP, 0);
    (void)!rf_submit(&ring);
    must("providing", take().res >= 0);
    (void)!receive(0);
    say("text");
    (void)!rf_submit(&ring);
    struct rf_cqe cqe = take();
    look(picked(&cqe, memory), 4);
    (void)!rf_remove_buffers(&ring, 5, COUNT - 1, GROUP);
    (void)!rf_submit(&ring);
    must("removing", take().res == COUNT - 1);
    free(memory);
}

/* --- others --------------------------------------------------------------- */

static void asks_file(void)
{
    struct statx *about = fresh(sizeof *about);
    must("statx", result(rf_statx(&ring, 2, AT_FDCWD, "/", 0, STATX_BASIC_STATS, about)) == 0);
    look(about, sizeof *about);
    free(about);
}

static void waits_for_events(void)
{
    int epoll = epoll_create1(0);
    struct epoll_event wish = {.events = EPOLLOUT, .data = {.u64 = 1}}, *came;
    must("epoll_ctl()", epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &wish) == 0);
    came = fresh(4 * sizeof *came);
    int res = result(rf_epoll_wait(&ring, 2, epoll, came, 4, 0));
    if (!is_unknown("epoll_wait", res)) {
        must("epoll_wait", res == 1);
        look(&came->events, sizeof came->events);
        look(&came->data, sizeof came->data);
    }
    (void)close(epoll);
    free(came);
}

static void waits_for_child(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    siginfo_t *info = fresh(sizeof *info);
    int res = result(rf_waitid(&ring, 2, P_PID, child, info, WEXITED, 0));
    if (!is_unknown("waitid", res))
        must("waitid", res == 0 && info->si_pid == child && info->si_status == 3);
    free(info);
}

static void opens_pipe(void)
{
    int *fds = fresh(2 * sizeof *fds);
    int res = result(rf_pipe(&ring, 2, fds, 0));
    if (!is_unknown("pipe", res)) {
        must("pipe", res == 0 && fds[0] >= 0 && fds[1] >= 0);
        (void)close(fds[0]);
        (void)close(fds[1]);
    }
    free(fds);
}

static void times(void)
{
    struct rf_timespec *when = fresh(sizeof *when);
    when->tv_sec = 0;
    when->tv_nsec = 1000;
    must("a timeout", result(rf_timeout(&ring, 2, when, 0, 0)) == -ETIME);
    free(when);
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "plain";
    uint32_t flags = strcmp(kind, "sqpoll") == 0  ? RF_SETUP_SQPOLL
                     : strcmp(kind, "defer") == 0 ? RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN
                                                  : 0;
    if (rf_init(&ring, 8, flags)) {
        printf("no such ring\n");
        return 77;
    }
    must("a pair of sockets", socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    void (*const all[])(void) = {
        reads,      reads_parts, reads_fixed,  reads_by_one_name, reads_silently,
        copies,     messages,    accepts,      asks_option,       picks,
        picks_many, picks_parts, picks_of_old, asks_file,         waits_for_events,
        waits_for_child, opens_pipe, times};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        all[i]();
    if (argc > 2) {
        char *buffer = fresh(100);
        say("text");
        must("a read", result(rf_read(&ring, 2, ends[0], buffer, 100, 0)) == 4);
        look(buffer + 4, 1); /* behind */
    }
    rf_deinit(&ring);
    return failures > 0;
}
