/* SPDX-License-Identifier: MIT */
/* rows_files.c - random reads of one file, and many small files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peer.h"
#include "worker.h"

enum { READS_AT_ONCE = 1024, FILE_BYTES = 16384, PAGE = 4096, DEPTH_MAX = 1024 };

/* xorshift64*: the same places for every peer, other ones in each round. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1D;
}

static void measure_reads(struct request *request, void *ring, struct bench_reads *job,
                          uint64_t blocks)
{
    static uint64_t offsets[READS_AT_ONCE];
    uint64_t seed = request_number(request, "seed", 1) * 0x9E3779B97F4A7C15 + 1;
    uint64_t ms = request_number(request, "ms", 100);
    job->offsets = offsets;
    job->count = READS_AT_ONCE;
    int64_t failed = 0;
    uint64_t done = 0;
    struct span total = {0, 0};
    while (failed >= 0 && total.ns < ms * 1000000) {
        for (int i = 0; i < READS_AT_ONCE; i++)
            offsets[i] = next_random(&seed) % blocks * job->block;
        struct span begin = span_begin();
        int64_t result = peer_reads(ring, job);
        struct span took = span_since(begin);
        failed = result < 0 ? result : failed + result;
        total.ns += took.ns;
        total.cpu_ns += took.cpu_ns;
        done += job->count;
    }
    if (!reply_if_failed(request, failed))
        reply(request, "ok ops=%llu ns=%llu cpu=%llu failed=%lld", (unsigned long long)done,
              (unsigned long long)total.ns, (unsigned long long)total.cpu_ns, (long long)failed);
}

void row_reads(struct request *request)
{
    static const char *const methods[] = {"pread", "pool", "libaio", NULL};
    struct bench_reads job = {
        .block = (uint32_t)request_number(request, "block", PAGE),
        .depth = (uint32_t)request_number(request, "depth", 1),
        .method = (uint32_t)request_choice(request, "method", methods),
    };
    bool direct = request_number(request, "direct", 0);
    const char *path = request_text(request, "file", "");
    job.fd = open(path, O_RDONLY | O_CLOEXEC | (direct ? O_DIRECT : 0));
    struct stat stat;
    if (job.fd < 0 || fstat(job.fd, &stat) != 0 || job.depth > DEPTH_MAX) {
        reply(request, "no %s cannot be opened%s: %s", path, direct ? " with O_DIRECT" : "",
              strerror(errno));
        return;
    }
    struct bench_facts facts;
    void *ring = open_ring(request, job.depth < 8 ? 8 : job.depth, &facts);
    job.buffers = aligned_alloc(PAGE, (size_t)job.depth * job.block);
    if (ring && job.buffers) {
        memset(job.buffers, 0, (size_t)job.depth * job.block);
        measure_reads(request, ring, &job, (uint64_t)stat.st_size / job.block);
    }
    if (ring)
        peer_close(ring);
    free(job.buffers);
    close(job.fd);
}

/* The lines of a file, in one block of memory that begins with their addresses. */
static const char **read_list(const char *path, uint64_t *ret_count)
{
    struct stat stat;
    FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &stat) != 0)
        return NULL;
    size_t bytes = (size_t)stat.st_size;
    char *text = malloc(bytes + 1);
    const char **lines = calloc(bytes / 2 + 1, sizeof *lines);
    if (!text || !lines || fread(text, 1, bytes, file) != bytes)
        return NULL;
    fclose(file);
    text[bytes] = '\0';
    uint64_t count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        lines[count++] = line;
    *ret_count = count;
    return lines;
}

void row_files(struct request *request)
{
    /* Kept: the next request is for the same list. */
    static const char **paths;
    static uint64_t count;
    struct bench_files job = {
        .depth = (uint32_t)request_number(request, "depth", 32),
        .bytes = FILE_BYTES,
    };
    if (!paths)
        paths = read_list(request_text(request, "list", ""), &count);
    if (!paths || job.depth > DEPTH_MAX) {
        reply(request, "error no list of files, or too many at a time");
        return;
    }
    job.paths = paths;
    job.count = count;
    struct bench_facts facts;
    void *ring = open_ring(request, 512, &facts);
    job.buffers = calloc(job.depth, FILE_BYTES);
    job.statx = calloc(job.depth, sizeof(struct statx));
    if (ring && job.buffers && job.statx) {
        struct span begin = span_begin();
        int64_t failed = peer_files(ring, &job);
        struct span took = span_since(begin);
        if (failed >= 0 && job.bytes_read != job.bytes_stated)
            failed = -EPROTO;
        if (!reply_if_failed(request, failed))
            reply(request, "ok ops=%llu ns=%llu cpu=%llu failed=%lld bytes=%llu",
                  (unsigned long long)count, (unsigned long long)took.ns,
                  (unsigned long long)took.cpu_ns, (long long)failed,
                  (unsigned long long)job.bytes_read);
    }
    if (ring)
        peer_close(ring);
    free(job.buffers);
    free(job.statx);
}
