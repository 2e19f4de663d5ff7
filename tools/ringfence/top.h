/* SPDX-License-Identifier: MIT */
/*
 * top.h - what is known of the rings of a process, from /proc: see top_read.c. Numbers that this
 * kernel does not show are UNKNOWN.
 */
#ifndef RINGFENCE_TOOL_TOP_H
#define RINGFENCE_TOOL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNKNOWN = -1, TOP_OPS = 256, TOP_LISTED = 32 };

/* A line of "SQEs:". */
struct top_sqe {
    char opcode[24];
    int64_t fd;
    uint64_t user_data;
};

/* A line of "CQEs:" or of "CqOverflowList:". */
struct top_cqe {
    uint64_t user_data;
    int64_t res;
    uint64_t flags;
};

/* Of lists the first TOP_LISTED are kept, and all are counted. UNKNOWN count: no such list. */
struct top_ring {
    int fd;
    bool busy; /* the kernel showed less, since the ring was locked at this moment */
    int64_t sq_mask, sq_head, sq_tail, sq_cached_head;
    int64_t cq_mask, cq_head, cq_tail, cq_cached_tail;
    int64_t sq_thread, sq_thread_cpu; /* -1 is what the kernel says if there is none */
    int64_t sq_total_time, sq_work_time; /* us */
    int64_t files, buffers, personalities;
    int64_t sqe_count;
    struct top_sqe sqes[TOP_LISTED];
    int64_t overflow_count;
    struct top_cqe overflow[TOP_LISTED];
    int64_t poll_count;
    uint32_t polls[TOP_OPS]; /* armed, by opcode */
    int64_t napi_busy_poll_ns;
    int napi; /* 1, 0 or UNKNOWN */
};

/* A kernel thread that works for the process. */
struct top_worker {
    int tid;
    int owner;  /* the thread that it works for */
    char state; /* as in /proc: R, S, D, ... */
    bool sq_thread; /* of RF_SETUP_SQPOLL; else it executes operations */
    int idle;   /* 1, 0 or UNKNOWN: waits for work */
};

struct top_process {
    int pid;
    char command[64];
    struct top_ring *rings;
    size_t ring_count;
    struct top_worker *workers;
    size_t worker_count;
};

/* Reads one. 0, or a negative errno with nothing to free: -ESRCH, -EACCES, -ENOMEM, ... */
int read_process(const char *proc, int pid, struct top_process *ret_process);
void free_process(struct top_process *process);

/* SQEs queued and not consumed, CQEs there and not taken, SQEs consumed. Or UNKNOWN. */
int64_t top_queued(const struct top_ring *ring);
int64_t top_ready(const struct top_ring *ring);

/*
 * SQEs consumed minus CQEs posted, overflowed ones too: what is in flight, if no operation
 * posts more than one CQE or none. Or UNKNOWN: it cannot be so.
 */
int64_t top_balance(const struct top_ring *ring);

/* @before: the same process a while ago, with the time between in s; or NULL. */
void print_top(const struct top_process *process, const struct top_process *before,
               double seconds);

/* 0, or -1: out of memory. */
int print_top_json(const struct top_process *process);

#endif
