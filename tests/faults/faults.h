/* SPDX-License-Identifier: MIT */
/*
 * faults.h - what the faulty programs share. Each breaks one promise; its first lines say which
 * rule of the loan checker has to say so, of which operation. Comments mark the lines that the
 * stacks of the report have to lead to: "broken here", "noticed here", "queued here", "submitted
 * here"; and "touched here" what AddressSanitizer says. Nothing else may be reported before. The
 * argument is a kind of ring: plain, sqpoll, defer; stopped: with an SQ thread that never runs.
 *
 * A program that cannot break its promise here, because the kernel lacks something, ends with 77.
 */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <ringfence.h>

#define SKIPPED 77

static struct rf_ring ring;
static int ends[2]; /* of a pair of sockets */

static inline void skip(const char *why)
{
    printf("%s\n", why);
    exit(SKIPPED);
}

static inline void begin(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "plain";
    uint32_t flags = strcmp(kind, "sqpoll") == 0    ? RF_SETUP_SQPOLL
                     : strcmp(kind, "stopped") == 0 ? RF_SETUP_SQPOLL | RF_SETUP_R_DISABLED
                     : strcmp(kind, "defer") == 0
                         ? RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN
                         : 0;
    if (rf_init(&ring, 8, flags))
        skip("no such ring");
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        skip("no sockets");
}

/* What is queued next starts a while after it was submitted, so that there is time for a fault. */
static inline void later(void)
{
    static const struct rf_timespec while_ = {0, 30 * 1000 * 1000};
    struct rf_sqe *sqe = rf_timeout(&ring, 1, &while_, 0, 0);
    rf_sqe_set_flags(sqe, RF_SQE_IO_HARDLINK);
}

/* Takes so many completions, and those of later() too. */
static inline void take(int count)
{
    struct rf_cqe cqe;
    while (count > 0 && rf_copy_cqe(&ring, &cqe) == 0)
        count--;
}

#define GROUP 7
#define POOL 4
#define POOL_BYTES 100

static struct rf_buf_ring *pool;

static inline void give(char *memory, uint16_t id)
{
    rf_buf_ring_add(pool, memory, POOL_BYTES, id, rf_buf_ring_mask(POOL), 0);
    rf_buf_ring_advance(pool, 1);
}

/* A group of provided buffers, in memory that is given. */
static inline void fill_pool(char *memory)
{
    if (rf_setup_buf_ring(&ring, POOL, GROUP, 0, &pool))
        skip("no buffer rings");
    for (uint16_t i = 0; i < POOL; i++)
        give(memory + i * POOL_BYTES, i);
}

/* A receive into one of them. */
static inline void receive_picked(uint64_t user_data)
{
    struct rf_sqe *sqe = rf_recv(&ring, user_data, ends[0], NULL, POOL_BYTES, 0);
    rf_sqe_set_flags(sqe, RF_SQE_BUFFER_SELECT);
    sqe->buf_group = GROUP;
}

/* A completion that no operation of this ring has, sent around ringfence. */
static inline void send_cqe(uint64_t user_data, int res)
{
    struct rf_sqe sqe;
    memset(&sqe, 0, sizeof sqe);
    rf_prep_msg_ring(&sqe, ring.fd, (uint32_t)res, user_data, 0);
    if (syscall(SYS_io_uring_register, -1, RF_REGISTER_SEND_MSG_RING, &sqe, 1))
        skip("this kernel cannot send without a ring");
}

/* Nothing was reported. */
static inline int missed(void)
{
    rf_deinit(&ring);
    printf("nothing was reported\n");
    return 1;
}

#endif
