/* SPDX-License-Identifier: MIT */
/*
 * hostile.h - what the parts of hostile share: liar.c is the other side, program.c the program
 * that calls every function, main.c lets them live and watches.
 */
#ifndef VERIFY_HOSTILE_H
#define VERIFY_HOSTILE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ringfence.h>

#include "../peer/peer.h"

enum {
    GROUP = 1,
    BUFFERS = 8,
    BUFFER_BYTES = 96,
    REFILLS = 8,
    WAITS = 4,
    LIFE_MS = 150, /* of one ring */
    BURST = 32,    /* lies in a row */
};

struct refill_region {
    uint32_t head, tail;
    uint64_t pad;
    struct rf_zcrx_rqe entries[REFILLS];
};

struct hostile {
    struct peer peer; /* first: the calls get this */
    struct rf_sys honest;
    struct rf_ring ring;
    struct rf_buffer_group group;
    struct rf_buf_ring *br; /* or NULL */
    struct rf_zcrx_rq refill;
    struct refill_region *region;
    bool has_group;
    uint64_t dice;

    /* The liar. Memory is made and unmade with the lock held, and lied to with it held. */
    pthread_mutex_t memory;
    pthread_t liar;
    bool quiet;      /* the rings are unmapped, or about to be */
    int wanted;      /* by the other thread */
    uint32_t seldom; /* it rests for so many ms after each lie */
    int stop;
    uint64_t liars_dice;
    uint64_t lies;

    uint64_t opened, resized, calls, protos, traps, drained;
};

static inline uint32_t roll(uint64_t *dice, uint32_t below)
{
    *dice ^= *dice >> 12;
    *dice ^= *dice << 25;
    *dice ^= *dice >> 27;
    return (uint32_t)((*dice * UINT64_C(2685821657736338717)) >> 32) % below;
}

static inline uint32_t any(uint64_t *dice)
{
    return roll(dice, UINT32_MAX);
}

/* main.c. The call that is watched from here on; and the end, if @good is not. */
void begin_call(struct hostile *h, const char *name);
void check(bool good, const char *what);

/* liar.c. The calls of the other side; and the thread that lies. */
void hostile_take_calls(struct hostile *h);
void *hostile_lies(void *argument);

/* program.c. */
void hostile_on_trap(int sig);
bool hostile_is_closed(const struct hostile *h); /* by a resize that could not be mapped */
void hostile_do_something(struct hostile *h);
void hostile_drains(struct hostile *h); /* the last that is done with a ring */

#endif
