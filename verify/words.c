/* SPDX-License-Identifier: MIT */
/*
 * words.c - each accessor of fence.h alone, against what the other side does with the same
 * word, for a race detector to watch. What is passed on by the word is plain memory, and
 * each of it is touched once by either side: if the word orders nothing, that is a race,
 * even where this machine would never show it.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <ringfence.h>

enum { ROUNDS = 1000 };

struct pair {
    const char *name;
    void (*ours)(void);
    void (*theirs)(void);
};

static uint32_t word;   /* shared */
static uint16_t half;   /* shared, of 16 bits */
static uint32_t passed[ROUNDS + 1]; /* plain */
static const char *wrong;

/* --- the other side's half ----------------------------------------------- */

static void they_store(void)
{
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        passed[i] = i;
        __atomic_store_n(&word, i, __ATOMIC_RELEASE);
    }
}

/* They got slot i: it is theirs to read and to write. */
static void they_got(uint32_t i)
{
    if (passed[i] != i)
        wrong = "what was passed on is not there";
    passed[i] = 0;
}

static void they_load(void)
{
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) < i)
            sched_yield();
        they_got(i);
    }
}

static void they_load_half(void)
{
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        while (__atomic_load_n(&half, __ATOMIC_ACQUIRE) < i)
            sched_yield();
        they_got(i);
    }
}

/* A counter or a flag: relaxed, since nothing goes with it. */
static void they_count(void)
{
    for (uint32_t i = 1; i <= ROUNDS; i++)
        __atomic_store_n(&word, i, __ATOMIC_RELAXED);
}

static void they_look(void)
{
    while (__atomic_load_n(&word, __ATOMIC_RELAXED) < ROUNDS)
        sched_yield();
}

/* --- ours ---------------------------------------------------------------- */

#define WORD(type) ((struct type *)(void *)&word)
#define HALF ((struct rf_buf_tail_word *)(void *)&half)

#define WE_STORE(name, store)                                                      \
    static void name(void)                                                         \
    {                                                                              \
        for (uint32_t i = 1; i <= ROUNDS; i++) {                                   \
            passed[i] = i;                                                         \
            store;                                                                 \
        }                                                                          \
    }

#define WE_LOAD(name, load)                                                        \
    static void name(void)                                                         \
    {                                                                              \
        for (uint32_t i = 1; i <= ROUNDS; i++) {                                   \
            while ((load) < i)                                                     \
                sched_yield();                                                     \
            they_got(i); /* it is ours the same way */                             \
        }                                                                          \
    }

#define WE_LOOK(name, load)                                                        \
    static void name(void)                                                         \
    {                                                                              \
        while ((load) < ROUNDS)                                                    \
            sched_yield();                                                         \
    }

WE_STORE(sq_tail, rfi_sq_tail_store(WORD(rf_sq_tail_word), i))
WE_LOAD(sq_head, rfi_sq_head_load(WORD(rf_sq_head_word)))
WE_LOAD(cq_tail, rfi_cq_tail_load(WORD(rf_cq_tail_word)))
WE_STORE(cq_head, rfi_cq_head_store(WORD(rf_cq_head_word), i))
WE_STORE(buf_tail, rfi_buf_tail_store(HALF, (uint16_t)i))
WE_STORE(zcrx_tail, rfi_zcrx_tail_store(WORD(rf_zcrx_tail_word), i))
WE_LOAD(zcrx_head, rfi_zcrx_head_load(WORD(rf_zcrx_head_word)))
WE_LOOK(sq_flags, rfi_sq_flags_peek(WORD(rf_sq_flags_word)))
WE_LOOK(sq_flags_after_publish, rfi_sq_flags_after_publish(WORD(rf_sq_flags_word)))
WE_LOOK(sq_dropped, rfi_sq_dropped_load(WORD(rf_sq_dropped_word)))
WE_LOOK(cq_overflow, rfi_cq_overflow_load(WORD(rf_cq_overflow_word)))
/* Nothing is passed on by it. */
static void cq_flags(void)
{
    for (uint32_t i = 1; i <= ROUNDS; i++)
        rfi_cq_flags_store(WORD(rf_cq_flags_word), i);
}

static const struct pair pairs[] = {
    {"sq tail", sq_tail, they_load},
    {"sq head", sq_head, they_store},
    {"cq tail", cq_tail, they_store},
    {"cq head", cq_head, they_load},
    {"buffer ring tail", buf_tail, they_load_half},
    {"refill ring tail", zcrx_tail, they_load},
    {"refill ring head", zcrx_head, they_store},
    {"sq flags, peeking", sq_flags, they_count},
    {"sq flags after publishing", sq_flags_after_publish, they_count},
    {"sq dropped", sq_dropped, they_count},
    {"cq overflow", cq_overflow, they_count},
    {"cq flags", cq_flags, they_look},
};

static void *other_side(void *argument)
{
    ((const struct pair *)argument)->theirs();
    return NULL;
}

/* The race detector's own status tells of races; here, what was seen of them. */
int main(void)
{
    const unsigned count = sizeof pairs / sizeof pairs[0];
    unsigned failed = 0;
    for (unsigned i = 0; i < count; i++) {
        memset(passed, 0, sizeof passed);
        word = 0;
        half = 0;
        wrong = NULL;
        struct pair pair = pairs[i];
        pthread_t thread;
        if (pthread_create(&thread, NULL, other_side, &pair)) {
            printf("Bail out! no thread\n");
            return 1;
        }
        pair.ours();
        pthread_join(thread, NULL);
        printf("%sok %u - %s\n", wrong ? "not " : "", i + 1, pair.name);
        failed += wrong != NULL;
        fflush(stdout);
    }
    printf("1..%u\n", count);
    return failed > 0;
}
