/* SPDX-License-Identifier: MIT */
/*
 * worker.h - shared between the parts of a worker: requests, replies, the clock.
 *
 * A worker is one peer linked with this. run.py starts one for each peer, and they take
 * turns: a line comes, a measurement is made, a line goes back.
 *
 *     loop shape=nop batch=32 ms=20         ok ops=2100000 ns=20012345 cpu=20011000 failed=0
 *     echo connections=1000 ...             no there is no such thing in this peer
 *
 * "no": it cannot be measured here, and why. "error": it should have worked.
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_WORDS = 32, REPLY_BYTES = 512 };

struct request {
    char *name;
    uint32_t count;
    char *keys[REQUEST_WORDS];
    char *values[REQUEST_WORDS];
    char reply[REPLY_BYTES];
};

/* Takes @line apart, which it changes. False: too many words, or one without '='. */
bool request_parse(struct request *request, char *line);
const char *request_text(const struct request *request, const char *key, const char *otherwise);
uint64_t request_number(const struct request *request, const char *key, uint64_t otherwise);
/* The index of the value in @names, which a NULL ends; the first if not given; or -1. */
int request_choice(const struct request *request, const char *key, const char *const *names);

void reply(struct request *request, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From what a peer returned: true if it went well, else the reply says what is wrong. */
bool reply_if_failed(struct request *request, int64_t result);

/* Time that passed, and that the process (its SQ thread too) was on a processor. */
struct span {
    uint64_t ns;
    uint64_t cpu_ns;
};

uint64_t clock_ns(void);
struct span span_begin(void);
struct span span_since(struct span begin);

/* 0, or a negative errno. */
int pin_to_cpu(unsigned cpu);

/* Opens the peer's ring as a request says (setup=, entries=, ...), or replies and returns NULL. */
struct bench_facts;
void *open_ring(struct request *request, uint32_t entries, struct bench_facts *ret_facts);

/* A row each: measure, and reply. */
void row_loop(struct request *request);
void row_stream(struct request *request);
void row_pending(struct request *request);
void row_memory(struct request *request);
void row_reads(struct request *request);
void row_files(struct request *request);
void row_echo(struct request *request);

#endif
