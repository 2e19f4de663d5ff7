/* SPDX-License-Identifier: MIT */
/* rows_ring.c - what the ring itself costs: loops, a full queue, what is in flight, memory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"
#include "worker.h"

/* 6.1; the headers of the system may be older. */
#define SETUP_SINGLE_ISSUER (1U << 12)
#define SETUP_DEFER_TASKRUN (1U << 13)

enum { CHUNK = 4096, BUF_COUNT = 256, PATIENCE_MS = 500 };

static bool setup_of(struct request *request, uint32_t entries, struct bench_setup *setup)
{
    static const char *const names[] = {"defaults", "alike", "best", "sqpoll", "standin", NULL};
    static const struct {
        uint32_t kind, flags;
    } setups[] = {
        {BENCH_DEFAULTS, 0},
        {BENCH_FLAGS, SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN},
        {BENCH_BEST, SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN},
        {BENCH_FLAGS, IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF},
        {BENCH_FLAGS, IORING_SETUP_SQPOLL | IORING_SETUP_R_DISABLED},
    };
    int choice = request_choice(request, "setup", names);
    if (choice < 0) {
        reply(request, "error no setup of this name");
        return false;
    }
    bool standin = setups[choice].flags & IORING_SETUP_R_DISABLED;
    *setup = (struct bench_setup){
        .kind = setups[choice].kind,
        .flags = setups[choice].flags,
        .entries = (uint32_t)request_number(request, "entries", entries),
        .idle_ms = standin ? 1 : 1000,
        .sq_cpu = (uint32_t)request_number(request, "sq_cpu", 1),
    };
    return true;
}

void *open_ring(struct request *request, uint32_t entries, struct bench_facts *ret_facts)
{
    struct bench_setup setup;
    if (!setup_of(request, entries, &setup))
        return NULL;
    int32_t err = 0;
    void *ring = peer_open(&setup, ret_facts, &err);
    if (ring)
        return ring;
    if (err == -ENOSYS || err == -EPERM || err == -EINVAL)
        reply(request, "no no such ring here: %s", strerror(-err));
    else
        reply(request, "error opening the ring: %s", strerror(-err));
    return NULL;
}

/* An SQ thread outlives its ring by some milliseconds, in which it would run beside the next. */
static void close_ring(void *ring, const struct bench_facts *facts)
{
    peer_close(ring);
    for (int ms = 0; facts->flags & IORING_SETUP_SQPOLL && ms < PATIENCE_MS; ms++) {
        struct stat stat;
        if (lstat("/proc/self/task", &stat) != 0 || stat.st_nlink <= 3)
            return; /* a link for each thread, and two */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* A power of two, and not a tiny one. */
static uint32_t entries_for(uint32_t batch)
{
    uint32_t entries = 128;
    while (entries < batch)
        entries *= 2;
    return entries;
}

/* All buffers are in the ring as the loop begins. The kernel never hears of it. */
static void offer_buffers(struct bench_loop *job, struct standin *standin)
{
    static struct io_uring_buf bufs[BUF_COUNT] __attribute__((aligned(4096)));
    static uint8_t memory[BUF_COUNT * BENCH_BYTES];
    memset(bufs, 0, sizeof bufs);
    for (int i = 0; i < BUF_COUNT; i++) {
        bufs[i].addr = (uintptr_t)(memory + (size_t)i * BENCH_BYTES);
        bufs[i].len = BENCH_BYTES;
        bufs[i].bid = (uint16_t)i;
    }
    bufs[0].resv = BUF_COUNT; /* the tail */
    job->buf_ring = bufs;
    job->buf_memory = memory;
    job->buf_count = BUF_COUNT;
    standin->buf_ring = (const uint8_t *)bufs;
    standin->buf_mask = BUF_COUNT - 1;
    standin->buf_head = 0;
}

typedef int64_t measured(void *ring, const struct bench_loop *job);

/* For ops=N exactly that often, else in chunks until ms=N have passed. */
static void run(struct request *request, void *ring, struct bench_loop *job, measured *function)
{
    uint64_t exactly = request_number(request, "ops", 0);
    uint64_t ms = request_number(request, "ms", 10);
    job->operations = exactly ? exactly : (CHUNK + job->batch - 1) / job->batch * job->batch;
    int64_t failed = exactly ? 0 : function(ring, job); /* warm up */
    uint64_t done = 0;
    struct span begin = span_begin();
    while (failed >= 0) {
        int64_t result = function(ring, job);
        failed = result < 0 ? result : failed + result;
        done += job->operations;
        if (exactly || clock_ns() - begin.ns >= ms * 1000000)
            break;
    }
    struct span took = span_since(begin);
    if (!reply_if_failed(request, failed))
        reply(request, "ok ops=%llu ns=%llu cpu=%llu failed=%lld", (unsigned long long)done,
              (unsigned long long)took.ns, (unsigned long long)took.cpu_ns, (long long)failed);
}

static bool job_of(struct request *request, struct bench_loop *job)
{
    static const char *const shapes[] = {"nop", "read", "send", "link", "bufs", NULL};
    static const char *const publishing[] = {"submit", "wait", "flush", NULL};
    static uint8_t buffer[BENCH_BYTES];
    int shape = request_choice(request, "shape", shapes);
    int publish = request_choice(request, "publish", publishing);
    *job = (struct bench_loop){
        .shape = (uint32_t)shape,
        .batch = (uint32_t)request_number(request, "batch", 1),
        .publish = (uint32_t)publish,
        .copied = (uint32_t)(request_number(request, "copied", 0) != 0),
        .runs = (uint32_t)(request_number(request, "runs", 0) != 0),
        .fd = -1,
        .buffer = buffer,
    };
    bool pairs = shape == BENCH_LINK && job->batch % 2;
    if (shape >= 0 && publish >= 0 && job->batch > 0 && !pairs &&
        (!job->copied || job->batch <= BENCH_BATCH_MAX))
        return true;
    reply(request, "error no such loop");
    return false;
}

void row_loop(struct request *request)
{
    struct bench_loop job;
    struct bench_facts facts;
    if (!job_of(request, &job))
        return;
    uint32_t entries = (uint32_t)request_number(request, "entries", entries_for(job.batch));
    void *ring = open_ring(request, entries, &facts);
    if (!ring)
        return;
    struct standin standin;
    int err = 0;
    if (facts.flags & IORING_SETUP_R_DISABLED) {
        err = standin_open(&standin, facts.fd, entries, facts.flags);
        job.standin = &standin;
        offer_buffers(&job, &standin);
    }
    job.fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    if (!reply_if_failed(request, err))
        run(request, ring, &job, peer_loop);
    close(job.fd);
    if (job.standin && !err)
        standin_close(&standin);
    close_ring(ring, &facts);
}

void row_stream(struct request *request)
{
    struct bench_loop job;
    struct bench_facts facts;
    void *ring = job_of(request, &job) ? open_ring(request, 512, &facts) : NULL;
    if (!ring)
        return;
    run(request, ring, &job, peer_stream);
    close_ring(ring, &facts);
}

void row_pending(struct request *request)
{
    struct bench_loop job;
    struct bench_facts facts;
    void *ring = job_of(request, &job) ? open_ring(request, entries_for(job.batch), &facts) : NULL;
    if (!ring)
        return;
    job.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    run(request, ring, &job, peer_pending);
    close(job.fd);
    peer_close(ring);
}

/* Bytes of all mappings of rings in this process. */
static uint64_t mapped_bytes(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    uint64_t bytes = 0;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long long begin, end;
        if (strstr(line, "[io_uring]") && sscanf(line, "%llx-%llx", &begin, &end) == 2)
            bytes += end - begin;
    }
    if (maps)
        fclose(maps);
    return bytes;
}

void row_memory(struct request *request)
{
    struct bench_facts facts;
    void *ring = open_ring(request, 128, &facts);
    if (!ring)
        return;
    reply(request, "ok mapped=%llu struct=%u", (unsigned long long)mapped_bytes(), facts.bytes);
    peer_close(ring);
}
