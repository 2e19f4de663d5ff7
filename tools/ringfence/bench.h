/* SPDX-License-Identifier: MIT */
/* bench.h - what the files of `ringfence bench` share. */
#ifndef RINGFENCE_TOOL_BENCH_H
#define RINGFENCE_TOOL_BENCH_H

#include <stdbool.h>
#include <stdint.h>

enum { BENCH_BLOCK = 4096, BENCH_DEPTH_MAX = 64, BENCH_TURNS = 7 };

/* One thing that is done over and over. */
struct bench_line {
    const char *what;
    bool best;      /* on a ring of rf_init_best(), else of rf_init() */
    uint32_t depth; /* operations for each submit, reads in flight; 0: pread() */
    bool reads;     /* of the file, else NOPs */
    int error;      /* a negative errno: it could not be done */
    uint64_t rates[BENCH_TURNS]; /* operations a second; sorted once all are there */
};

/* Where the reads go. */
struct bench_file {
    int fd;
    uint64_t blocks;
};

/* Measures for @ms; the rate in operations a second, or a negative errno. */
int64_t bench_measure(const struct bench_line *line, const struct bench_file *file, unsigned ms);

#endif
