/* SPDX-License-Identifier: MIT */
/*
 * overhead.h - the loop whose instructions are counted, once per way to write it.
 *
 * All loops do the same: get 32 SQEs, prepare in each a 64-byte read of /dev/zero, set
 * user_data, submit, reap the 32 completions in place, check each result. The file
 * is always ready, so a submit completes all 32 inline and nothing waits.
 */
#ifndef BENCH_OVERHEAD_H
#define BENCH_OVERHEAD_H

#include <stdint.h>

enum { BATCH = 32, READ_BYTES = 64 };

/*
 * Runs @operations reads (a multiple of BATCH) on a ring of @entries SQEs.
 * Returns how many failed, or -1 if the ring could not be opened.
 */
typedef long overhead_loop(unsigned entries, int fd, uint64_t operations);

overhead_loop overhead_ringfence_plain;
overhead_loop overhead_ringfence_runs;
overhead_loop overhead_ringfence_records;
overhead_loop overhead_ringfence_handles;
overhead_loop overhead_liburing;

#endif
