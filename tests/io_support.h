/* SPDX-License-Identifier: MIT */
/*
 * io_support.h - what tests share that have operations done: submitting and
 * reaping, a directory to work in, TCP connections on the loopback interface.
 * Everything fails the test by itself.
 */
#ifndef TESTS_IO_SUPPORT_H
#define TESTS_IO_SUPPORT_H

#include "support.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* --- submitting and reaping ---------------------------------------------- */

/*
 * Submits; all of the @count SQEs that are queued must be consumed. With SQPOLL, where
 * nobody can say so at once, waits until they are.
 */
void submit_all(struct rf_ring *ring, unsigned count);

/* An SQE; with SQPOLL the queue may be full for a moment. */
struct rf_sqe *take_sqe(struct rf_ring *ring);

/* Waits for @count CQEs, in whatever order they come. */
void reap(struct rf_ring *ring, struct rf_cqe *cqes, unsigned count);

/* Submits the one operation that was just queued and returns its CQE. */
struct rf_cqe done(struct rf_ring *ring, const struct rf_sqe *sqe);

/* The CQE with this user_data; there must be one and no more. */
const struct rf_cqe *cqe_of(const struct rf_cqe *cqes, unsigned count, uint64_t user_data);

/* Fails unless the CQE is exactly this, RF_CQE_F_SOCK_NONEMPTY aside: that is chance. */
#define assert_cqe(cqe, user_data, res, flags) \
    assert_cqe_at((cqe), (user_data), (res), (flags), __FILE__, __LINE__)
void assert_cqe_at(const struct rf_cqe *cqe, uint64_t user_data, int res, uint32_t flags,
                   const char *file, int line);

/* Link the SQE that was queued last to the next. */
void link_next(struct rf_sqe *sqe);

/* --- files --------------------------------------------------------------- */

struct work_dir {
    int fd;
    char path[64];
};

/* A new, empty directory; closing removes it with all that is in it. */
void open_work_dir(struct work_dir *dir);
void close_work_dir(struct work_dir *dir);

/* A new file in it, open for reading and writing. */
int make_file(const struct work_dir *dir, const char *name, const char *content);

/* Fails unless the file has exactly this content. */
void assert_content(const struct work_dir *dir, const char *name, const char *content);

/* 0, or the errno of looking for the name itself; not followed if it is a link. */
int name_missing(const struct work_dir *dir, const char *name);

/* --- sockets ------------------------------------------------------------- */

/* A TCP socket that listens on 127.0.0.1, at a port of the kernel's choice. */
int listen_on_loopback(struct sockaddr_in *ret_addr);

/* A UDP socket bound there. */
int bind_udp_on_loopback(struct sockaddr_in *ret_addr);

/* A client connected to @addr, without the ring. */
int connect_to(const struct sockaddr_in *addr);

struct connection {
    int listener;
    int client;
    int server; /* accepted */
};

/* Connects with accept and connect done by the ring, two SQEs. */
void open_connection(struct rf_ring *ring, struct connection *conn);
void close_connection(struct connection *conn);

#endif
