/* SPDX-License-Identifier: MIT */
/*
 * peer.h - what a program that takes part provides. All else (the protocol, the clock, the
 * stand-in, the client that an echo server answers) is the same object code for all.
 *
 * Every peer has the same shape: the same loops, the same order of calls, the same checks
 * of results. peers/zig/peer.zig and peers/rust/src/ffi.rs repeat the structs.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdint.h>

#include "standin.h"

enum bench_kind {
    BENCH_DEFAULTS, /* what the library's simplest call opens */
    BENCH_FLAGS,    /* exactly these flags, for all peers alike */
    BENCH_BEST,     /* whatever else the library offers on top of the flags */
};

struct bench_setup {
    uint32_t kind;
    uint32_t entries;
    uint32_t flags;   /* IORING_SETUP_... */
    uint32_t idle_ms; /* of the SQ thread, with IORING_SETUP_SQPOLL */
    uint32_t sq_cpu;  /* with IORING_SETUP_SQ_AFF */
};

/* What there is to know of an open ring. */
struct bench_facts {
    int32_t fd;
    uint32_t flags; /* as the kernel granted them */
    uint32_t bytes; /* of the library's own struct */
};

enum bench_shape {
    BENCH_NOP,
    BENCH_READ,
    BENCH_SEND,
    BENCH_LINK, /* a send linked to a recv, batch / 2 times */
    BENCH_BUFS, /* a recv into a provided buffer, which is given back */
    BENCH_SHAPES,
};

enum bench_publish {
    BENCH_SUBMIT, /* the library's submit */
    BENCH_WAIT,   /* its submit-and-wait, for the whole batch */
    BENCH_FLUSH,  /* publish only: where the library offers that */
};

enum {
    BENCH_BATCH_MAX = 128, /* of the copied way to reap */
    BENCH_BYTES = 64,      /* of a READ, SEND, ... in peer_loop() */
};

/*
 * batch times: get an SQE, fill it, set user_data; then publish; then, if there is one,
 * the stand-in's turn; then reap them all and check each result.
 */
struct bench_loop {
    uint32_t shape;
    uint32_t batch;
    uint32_t publish;
    uint32_t copied; /* reap by value instead of in place */
    uint32_t runs;   /* ringfence: get SQEs in runs */
    int32_t fd;
    uint64_t operations; /* a multiple of batch */
    uint8_t *buffer;
    struct standin *standin; /* or NULL: the kernel */
    void *buf_ring;          /* BENCH_BUFS: struct io_uring_buf_ring, all buffers in it */
    uint8_t *buf_memory;
    uint32_t buf_count; /* a power of two; each has BENCH_BYTES */
};

/* Random reads: @depth of @block bytes in flight all the time. Buffers lie one after the other. */
struct bench_reads {
    int32_t fd;
    uint32_t block;
    uint32_t depth;
    uint32_t method; /* peers/plain: see there */
    uint64_t count;
    const uint64_t *offsets; /* count of them */
    uint8_t *buffers;        /* depth * block, aligned for O_DIRECT */
};

/* Echoes what comes on each descriptor until all were closed at the other end. */
struct bench_echo {
    const int32_t *fds;
    uint32_t count;
    uint32_t bytes;      /* that come at a time; the size of each buffer */
    uint32_t multishot;  /* with provided buffers */
    uint8_t *buffers;    /* at least count * bytes, page-aligned; buf_count if multishot */
    void *buf_ring;      /* memory for it, page-aligned */
    uint32_t buf_count;  /* a power of two */
};

/* Opens, stats, reads and closes each; @depth files at a time. */
struct bench_files {
    const char *const *paths;
    uint64_t count;
    uint32_t depth;
    uint32_t bytes;   /* room for each */
    uint8_t *buffers; /* depth * bytes */
    void *statx;      /* depth * 256 bytes */
    uint64_t bytes_read;  /* out */
    uint64_t bytes_stated; /* out: what statx said */
};

/* The ring, or NULL and *ret_error is a negative errno. */
void *peer_open(const struct bench_setup *setup, struct bench_facts *ret_facts,
                int32_t *ret_error);
void peer_close(void *ring);

/* Each returns the operations that went wrong, or a negative errno. -ENOSYS: cannot be had here. */
int64_t peer_loop(void *ring, const struct bench_loop *job);
int64_t peer_stream(void *ring, const struct bench_loop *job); /* the queue is kept full */
int64_t peer_pending(void *ring, const struct bench_loop *job); /* batch polls in flight */
int64_t peer_reads(void *ring, const struct bench_reads *job);
int64_t peer_echo(void *ring, const struct bench_echo *job);
int64_t peer_files(void *ring, struct bench_files *job);

#endif
