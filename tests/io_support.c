/* SPDX-License-Identifier: MIT */
#include "io_support.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- submitting and reaping ---------------------------------------------- */

void submit_all(struct rf_ring *ring, unsigned count)
{
    assert_true(rf_sq_ready(ring) == count);
    int n = rf_submit(ring);
    if (!(ring->flags & RF_SETUP_SQPOLL)) {
        assert_result(n, count);
        return;
    }
    if (n < 0)
        fail_msg("rf_submit: %s", strerror(-n));
    while (rf_sq_ready(ring))
        sched_yield();
}

struct rf_sqe *take_sqe(struct rf_ring *ring)
{
    struct rf_sqe *sqe;
    while (!(sqe = rf_get_sqe(ring))) {
        assert_true(ring->flags & RF_SETUP_SQPOLL);
        assert_true(rf_submit(ring) >= 0);
        sched_yield();
    }
    return sqe;
}

void reap(struct rf_ring *ring, struct rf_cqe *cqes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_result(rf_copy_cqe(ring, &cqes[i]), 0);
}

struct rf_cqe done(struct rf_ring *ring, const struct rf_sqe *sqe)
{
    struct rf_cqe cqe;
    assert_non_null(sqe);
    const uint64_t user_data = sqe->user_data;
    submit_all(ring, 1);
    reap(ring, &cqe, 1);
    assert_true(cqe.user_data == user_data);
    return cqe;
}

const struct rf_cqe *cqe_of(const struct rf_cqe *cqes, unsigned count, uint64_t user_data)
{
    const struct rf_cqe *found = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (cqes[i].user_data != user_data)
            continue;
        if (found)
            fail_msg("two CQEs with user_data %#" PRIx64, user_data);
        found = &cqes[i];
    }
    if (!found)
        fail_msg("no CQE with user_data %#" PRIx64, user_data);
    return found;
}

void assert_cqe_at(const struct rf_cqe *cqe, uint64_t user_data, int res, uint32_t flags,
                   const char *file, int line)
{
    const uint32_t got = cqe->flags & ~RF_CQE_F_SOCK_NONEMPTY;
    if (cqe->user_data == user_data && cqe->res == res && got == flags)
        return;
    print_error("user_data %#" PRIx64 ", res %d (%s), flags %#x\n", cqe->user_data, cqe->res,
                cqe->res < 0 ? strerror(-cqe->res) : "", cqe->flags);
    print_error("expected: %#" PRIx64 ", %d (%s), %#x\n", user_data, res,
                res < 0 ? strerror(-res) : "", flags);
    _fail(file, line);
}

void link_next(struct rf_sqe *sqe)
{
    assert_non_null(sqe);
    rf_sqe_link_next(sqe);
}

/* --- files --------------------------------------------------------------- */

void open_work_dir(struct work_dir *dir)
{
    const char *parent = getenv("TMPDIR");
    int n = snprintf(dir->path, sizeof dir->path, "%s/ringfence.XXXXXX", parent ? parent : "/tmp");
    assert_true(n > 0 && (size_t)n < sizeof dir->path);
    assert_non_null(mkdtemp(dir->path));
    dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir->fd >= 0);
}

void close_work_dir(struct work_dir *dir)
{
    DIR *list = opendir(dir->path);
    assert_non_null(list);
    const struct dirent *entry;
    while ((entry = readdir(list)))
        if (unlinkat(dir->fd, entry->d_name, 0) != 0)
            unlinkat(dir->fd, entry->d_name, AT_REMOVEDIR);
    closedir(list);
    close(dir->fd);
    assert_int_equal(rmdir(dir->path), 0);
}

int make_file(const struct work_dir *dir, const char *name, const char *content)
{
    int fd = openat(dir->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, content, strlen(content), 0), strlen(content));
    return fd;
}

void assert_content(const struct work_dir *dir, const char *name, const char *content)
{
    char got[256];
    assert_true(strlen(content) < sizeof got);
    int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s: %s", name, strerror(errno));
    assert_int_equal(read(fd, got, sizeof got), strlen(content));
    assert_memory_equal(got, content, strlen(content));
    close(fd);
}

int name_missing(const struct work_dir *dir, const char *name)
{
    struct stat st;
    return fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

/* --- sockets ------------------------------------------------------------- */

static int bind_on_loopback(int type, struct sockaddr_in *ret_addr)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
    *ret_addr = addr;
    return fd;
}

int listen_on_loopback(struct sockaddr_in *ret_addr)
{
    int fd = bind_on_loopback(SOCK_STREAM, ret_addr);
    assert_int_equal(listen(fd, 64), 0);
    return fd;
}

int bind_udp_on_loopback(struct sockaddr_in *ret_addr)
{
    return bind_on_loopback(SOCK_DGRAM, ret_addr);
}

int connect_to(const struct sockaddr_in *addr)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)addr, sizeof *addr), 0);
    return fd;
}

void open_connection(struct rf_ring *ring, struct connection *conn)
{
    struct sockaddr_in addr, peer;
    memset(&peer, 0, sizeof peer);
    socklen_t peer_len = sizeof peer;
    conn->listener = listen_on_loopback(&addr);
    conn->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(conn->client >= 0);

    assert_non_null(rf_accept(ring, 0xaaaaaaaa, conn->listener, (struct sockaddr *)&peer, &peer_len,
                              SOCK_CLOEXEC));
    assert_non_null(rf_connect(ring, 0xcccccccc, conn->client, (struct sockaddr *)&addr,
                               sizeof addr));
    submit_all(ring, 2);
    struct rf_cqe cqes[2];
    reap(ring, cqes, 2);
    assert_cqe(cqe_of(cqes, 2, 0xcccccccc), 0xcccccccc, 0, 0);
    const struct rf_cqe *accepted = cqe_of(cqes, 2, 0xaaaaaaaa);
    if (accepted->res < 0)
        fail_msg("accept: %s", strerror(-accepted->res));
    assert_int_equal(accepted->flags & ~RF_CQE_F_SOCK_NONEMPTY, 0);
    conn->server = accepted->res;
    assert_int_equal(fcntl(conn->server, F_GETFD), FD_CLOEXEC); /* the flags of accept */

    /* The peer that accept named is the client. */
    socklen_t len = sizeof addr;
    assert_int_equal(getsockname(conn->client, (struct sockaddr *)&addr, &len), 0);
    assert_int_equal(peer_len, sizeof peer);
    assert_int_equal(peer.sin_port, addr.sin_port);
}

void close_connection(struct connection *conn)
{
    close(conn->client);
    close(conn->server);
    close(conn->listener);
}
