/* SPDX-License-Identifier: MIT */
/*
 * peer.h - another other side: a small io_uring in user space, behind struct
 * rf_sys, with the kernel's memory layout.
 *
 *     struct peer peer;
 *     peer_init(&peer);
 *     peer.sq_start = peer.cq_start = UINT32_MAX - 5;  // what the kernel never does
 *     rf_init_sys(&ring, 8, &params, &peer.sys);
 *     ...
 *     rf_deinit(&ring);
 *     assert_null(peer_end(&peer));
 *
 * It does what the kernel was seen to do, and it is stricter: slots that are the
 * peer's are scribbled over, so that whoever still reads them sees it; memory has its
 * exact size, so that the address sanitizer sees one byte too far; and what the kernel
 * bears in silence is a complaint, see peer_end().
 *
 * It serves NOP with all its flags, READ and WRITE on files in memory, also into buffers that
 * it selects, TIMEOUT, and MSG_RING to one other peer.
 *
 * As it begins it has no thread, and does the same things each time: everything completes when
 * it is consumed, in order (with RF_SETUP_DEFER_TASKRUN when somebody enters to collect), and
 * since nobody else is there to complete anything, a wait for more than there is to come
 * ends as if a signal had come. With peer_start() it gets threads.
 *
 * Shared words are touched with atomic builtins only, each with the order of
 * the kernel's own access; SQEs, CQEs and buffer entries plainly, so that a race
 * detector sees what the protocol orders and what it does not.
 */
#ifndef VERIFY_PEER_H
#define VERIFY_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ringfence.h>

/* A completion that has not got into the queue yet. */
struct peer_cqe {
    struct rf_cqe cqe;
    uint64_t big[2];
    bool wide; /* RF_CQE_F_32 on a mixed ring */
};

/* First in, first out, as long as there is memory. */
struct peer_fifo {
    struct peer_cqe *items;
    size_t first;
    size_t count;
    size_t room;
};

/* A file in memory: reads and writes end where it ends. */
struct peer_file {
    void *data;
    size_t bytes;
};

/* A provided-buffer ring. */
struct peer_group {
    const void *ring;
    uint16_t entries;
    uint16_t head;
};

/* Memory that the peer gave out, or is going to. */
struct peer_block {
    void *addr;
    size_t bytes;
    size_t mapped; /* bytes, or 0: it is not */
};

enum { PEER_BLOCKS = 8, PEER_FILES = 4, PEER_FILE_FD = 0x7f01, PEER_GROUPS = 4 };

struct peer {
    struct rf_sys sys; /* first, since this is what the calls are given */

    /* How the next ring is to be. */
    uint32_t sq_start; /* where the counters begin */
    uint32_t cq_start;
    uint32_t known_flags; /* RF_SETUP_...: any other is -EINVAL */
    uint32_t features;    /* RF_FEAT_... */
    /* Called last in setup: may change the reply and the words at rings.addr. */
    void (*tamper)(struct peer *peer, struct rf_params *reply);

    /* How the open ring is to behave. */
    uint32_t consume_limit; /* SQEs at most that one enter or run consumes */
    uint32_t keep_limit;    /* CQEs at most that are kept when the queue is full */
    int enter_error;        /* what the next enter fails with, having done nothing */
    struct peer_file files[PEER_FILES]; /* files[i] is descriptor PEER_FILE_FD + i */
    struct peer *other;                 /* the ring that MSG_RING finds, or NULL */

    /* The ring. Read it, leave it. */
    uint32_t flags;
    uint32_t sq_entries;
    uint32_t cq_entries;
    uint32_t sq_head; /* the truth; the shared word follows */
    uint32_t cq_tail;
    uint32_t sq_tail_seen;
    uint32_t cq_head_seen;
    int fd;    /* -1: none */
    int index; /* registered, or -1 */
    bool disabled;
    bool asleep; /* the SQ thread */
    bool dropped;
    struct peer_group groups[PEER_GROUPS]; /* by group id */
    struct peer_fifo overflow; /* the queue was full */
    struct peer_fifo deferred; /* waits for somebody to enter */
    struct peer_block rings;
    struct peer_block sqes;
    struct peer_block old_rings; /* from before a resize, until they are unmapped */
    struct peer_block old_sqes;
    struct peer_block blocks[PEER_BLOCKS]; /* private memory that was mapped */
    const char *complaint;

    /* Its threads. */
    bool live;
    bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t completer;
    pthread_t sq_thread;
    struct peer_job *jobs;
    struct peer_job **jobs_end;
};

void peer_init(struct peer *peer);

/*
 * Gives the peer threads of its own, once a ring is open: what has RF_SQE_ASYNC, and
 * TIMEOUT and MSG_RING, is completed by another thread, waits wait, and with
 * RF_SETUP_SQPOLL there is an SQ thread that sleeps when it has had nothing to do. 0, or
 * a negative errno. peer_stop() before the ring is closed; what is not due then is dropped.
 */
int peer_start(struct peer *peer);
void peer_stop(struct peer *peer);

/*
 * Ends the peer: NULL if all was well, or what went wrong first: a descriptor
 * or a mapping left behind, something closed or unmapped that is not there, a
 * queue index that cannot be.
 */
const char *peer_end(struct peer *peer);

/* With RF_SETUP_SQPOLL: the SQ thread's turn, unless it sleeps. The SQEs consumed. */
uint32_t peer_run(struct peer *peer);

/*
 * The SQ thread finds nothing to do and goes to sleep, which the flags show.
 * False: there was something after all, and it stays awake.
 */
bool peer_sleep(struct peer *peer);

/* Which of the words that the peer writes. */
enum peer_word { PEER_SQ_HEAD, PEER_SQ_FLAGS, PEER_SQ_DROPPED, PEER_CQ_TAIL, PEER_CQ_OVERFLOW };

/* Writes a shared word behind the peer's own back: a lie. */
void peer_lie(struct peer *peer, enum peer_word word, uint32_t value);

/* The tail that the peer has been shown. */
uint32_t peer_sq_tail(const struct peer *peer);

/* CQEs that wait outside the queue: overflowed, and not yet collected. */
size_t peer_overflowed(const struct peer *peer);
size_t peer_deferred(const struct peer *peer);

#endif
