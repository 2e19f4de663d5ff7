/* SPDX-License-Identifier: MIT */
/*
 * base.h - the handful of compiler attributes that the other headers use.
 * Nothing here concerns io_uring.
 */
#ifndef RINGFENCE_BASE_H
#define RINGFENCE_BASE_H

#ifdef __cplusplus
#define RF_BEGIN_DECLS extern "C" {
#define RF_END_DECLS }
#else
#define RF_BEGIN_DECLS
#define RF_END_DECLS
#endif

/* Exported from the shared library. Everything else is hidden. */
#define RF_API __attribute__((visibility("default")))

/* The result is the only way to learn of a failure, or is the point of the call. */
#define RF_NODISCARD __attribute__((warn_unused_result))

/*
 * Functions of the hot path: a few instructions each, worth inlining everywhere. Each that
 * begins with rf_ is a symbol of the library too, for languages that have no use for a
 * header: src/inlines.c gives this another meaning before it includes them all, and nobody
 * else should.
 */
#ifndef RF_INLINE
#define RF_INLINE static inline
#endif

#define RF_LIKELY(cond) __builtin_expect(!!(cond), 1)
#define RF_UNLIKELY(cond) __builtin_expect(!!(cond), 0)

/*
 * Hides from the compiler where a pointer came from. No instruction: a loop
 * that walks with it then needs one register instead of the old and the new
 * value in two, which is one instruction less in each round.
 */
#define RF_OPAQUE(pointer) __asm__("" : "+r"(pointer))

/*
 * A broken contract, such as giving back completions that were never there.
 * It stops the program at the guilty line, in every build type: a check that
 * vanishes with NDEBUG cannot be tested, and going on would corrupt the ring.
 */
#define RF_ASSERT(cond)           \
    do {                          \
        if (RF_UNLIKELY(!(cond))) \
            __builtin_trap();     \
    } while (0)

#endif
