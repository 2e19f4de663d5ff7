/* SPDX-License-Identifier: MIT */
/*
 * standin.h - the kernel's side of a ring, in user space and in the same thread: consumes
 * what was published and posts a completion for each, without a system call.
 *
 * How any library can be measured on it, as it is: the ring is a real one with
 * IORING_SETUP_SQPOLL, so that submitting enters the kernel only to wake the SQ thread;
 * and with IORING_SETUP_R_DISABLED, so that the SQ thread consumes nothing and falls
 * asleep. Once it sleeps the stand-in clears the flag that asks to be woken: from then on no
 * library has a reason to enter, and the memory belongs to the two of them.
 */
#ifndef BENCH_STANDIN_H
#define BENCH_STANDIN_H

#include <stddef.h>
#include <stdint.h>

struct standin {
    const uint32_t *sq_tail_word;
    uint32_t *sq_head_word;
    uint32_t *cq_tail_word;
    const uint32_t *array; /* or NULL: IORING_SETUP_NO_SQARRAY */
    const uint8_t *sqes;
    uint8_t *cqes;
    uint32_t sq_mask;
    uint32_t cq_mask;
    uint32_t sq_head;
    uint32_t cq_tail;
    /* Buffers that completions take, one each, in turn. */
    const uint8_t *buf_ring;
    uint32_t buf_mask;
    uint32_t buf_head;
    /* What was mapped. */
    void *rings;
    size_t rings_bytes;
    void *sqe_memory;
    size_t sqe_bytes;
};

/* 0, or a negative errno. @fd, @entries and @flags as they were when the ring was opened. */
int standin_open(struct standin *standin, int fd, uint32_t entries, uint32_t flags);
void standin_close(struct standin *standin);

/* Completes everything that was published. res is the SQE's len, 0 of a NOP. */
void standin_turn(struct standin *standin);

#endif
