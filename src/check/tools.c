/* SPDX-License-Identifier: MIT */
/*
 * tools.c - what other tools that watch the program are told of the kernel, which they cannot see.
 *
 *   MemorySanitizer   which bytes the kernel has written; and it is asked whether what the
 *                     kernel reads was ever written.
 *   Memcheck          the same; and what the kernel is to write may not be touched until
 *                     then: whoever does is told by Memcheck, with the operation that has it.
 *   ThreadSanitizer   that what comes before the submission of an operation comes before what
 *                     the thread does that takes its CQE.
 *
 * The sanitizers are there if the program was built with them: weak symbols, so that one
 * library serves all. Memcheck is asked by instructions that mean nothing elsewhere; its header
 * says which, and without that header, where this is compiled, it is told nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#ifndef NVALGRIND /* which it defines by itself on processors that it does not know */
#define HAS_MEMCHECK 1
#endif
#endif
#endif

#define WEAK __attribute__((weak))

/* NOLINTBEGIN: the names are the sanitizers' */
extern void __msan_unpoison(const void *addr, size_t size) WEAK;
extern intptr_t __msan_test_shadow(const void *addr, size_t size) WEAK;
extern void __tsan_acquire(void *addr) WEAK;
extern void __tsan_release(void *addr) WEAK;
extern void AnnotateIgnoreSyncBegin(const char *file, int line) WEAK;
extern void AnnotateIgnoreSyncEnd(const char *file, int line) WEAK;
extern void AnnotateIgnoreReadsBegin(const char *file, int line) WEAK;
extern void AnnotateIgnoreReadsEnd(const char *file, int line) WEAK;
extern void AnnotateIgnoreWritesBegin(const char *file, int line) WEAK;
extern void AnnotateIgnoreWritesEnd(const char *file, int line) WEAK;
/* NOLINTEND */

static void *pointer_to(uint64_t addr)
{
    return (void *)(uintptr_t)addr;
}

/* --- Memcheck ------------------------------------------------------------- */

/* Memory that nobody may touch, and what it was before. */
struct rfi_guard {
    uint64_t addr;
    size_t bytes;
    unsigned block;       /* by this number Memcheck knows what it has to say of it */
    unsigned char bits[]; /* for each bit whether it was undefined */
};

#ifdef HAS_MEMCHECK

static bool memcheck;

void rfi_tools_start(void)
{
    unsigned char byte = 0, bits;
    /* Other tools of Valgrind's answer otherwise, as does the processor. */
    memcheck = VALGRIND_GET_VBITS(&byte, &bits, 1) == 1;
}

bool rfi_memcheck_is_there(void)
{
    return memcheck;
}

void rfi_memcheck_hush(bool hush)
{
    if (!memcheck)
        return;
    if (hush)
        VALGRIND_DISABLE_ERROR_REPORTING;
    else
        VALGRIND_ENABLE_ERROR_REPORTING;
}

#define PIECE 512

/* Bits of up to PIECE bytes. False: not all of these may be touched. */
static bool bits_of(uint64_t addr, unsigned char *bits, size_t bytes)
{
    return VALGRIND_GET_VBITS(pointer_to(addr), bits, bytes) == 1;
}

static size_t piece_of(size_t left)
{
    return left < PIECE ? left : PIECE;
}

uint64_t rfi_memcheck_bad(uint64_t addr, size_t bytes)
{
    unsigned char bits[PIECE];
    for (size_t at = 0; at < bytes; at += piece_of(bytes - at)) {
        size_t count = piece_of(bytes - at);
        if (bits_of(addr + at, bits, count))
            continue;
        for (size_t i = 0; i < count; i++)
            if (!bits_of(addr + at + i, bits, 1))
                return addr + at + i;
    }
    return 0;
}

void rfi_memcheck_explain(uint64_t addr, size_t bytes)
{
    (void)VALGRIND_CHECK_MEM_IS_ADDRESSABLE(pointer_to(addr), bytes);
}

static uint64_t memcheck_undefined(uint64_t addr, size_t bytes)
{
    unsigned char bits[PIECE];
    for (size_t at = 0; at < bytes; at += piece_of(bytes - at)) {
        size_t count = piece_of(bytes - at);
        if (!bits_of(addr + at, bits, count))
            return 0; /* another matter */
        for (size_t i = 0; i < count; i++)
            if (bits[i]) {
                /* Memcheck knows where it comes from, if it was started so. */
                (void)VALGRIND_CHECK_MEM_IS_DEFINED(pointer_to(addr), bytes);
                return addr + at + i;
            }
    }
    return 0;
}

struct rfi_guard *rfi_memcheck_guard(uint64_t addr, size_t bytes, const char *what)
{
    struct rfi_guard *guard = memcheck ? malloc(sizeof *guard + bytes) : NULL;
    if (!guard)
        return NULL;
    if (!bits_of(addr, guard->bits, bytes)) {
        free(guard);
        return NULL;
    }
    guard->addr = addr;
    guard->bytes = bytes;
    (void)VALGRIND_MAKE_MEM_NOACCESS(pointer_to(addr), bytes);
    guard->block = VALGRIND_CREATE_BLOCK(pointer_to(addr), bytes, what);
    return guard;
}

void rfi_memcheck_unguard(struct rfi_guard *guard, bool is_gone)
{
    if (!guard)
        return;
    (void)VALGRIND_DISCARD(guard->block);
    if (!is_gone) {
        (void)VALGRIND_MAKE_MEM_UNDEFINED(pointer_to(guard->addr), guard->bytes);
        (void)VALGRIND_SET_VBITS(pointer_to(guard->addr), guard->bits, guard->bytes);
    }
    free(guard);
}

static void memcheck_written(uint64_t addr, size_t bytes)
{
    if (memcheck)
        (void)VALGRIND_MAKE_MEM_DEFINED(pointer_to(addr), bytes);
}

#else

void rfi_tools_start(void)
{
}

bool rfi_memcheck_is_there(void)
{
    return false;
}

void rfi_memcheck_hush(bool hush)
{
    (void)hush;
}

uint64_t rfi_memcheck_bad(uint64_t addr, size_t bytes)
{
    (void)addr, (void)bytes;
    return 0;
}

void rfi_memcheck_explain(uint64_t addr, size_t bytes)
{
    (void)addr, (void)bytes;
}

static uint64_t memcheck_undefined(uint64_t addr, size_t bytes)
{
    (void)addr, (void)bytes;
    return 0;
}

struct rfi_guard *rfi_memcheck_guard(uint64_t addr, size_t bytes, const char *what)
{
    (void)addr, (void)bytes, (void)what;
    return NULL;
}

void rfi_memcheck_unguard(struct rfi_guard *guard, bool is_gone)
{
    (void)guard, (void)is_gone;
}

static void memcheck_written(uint64_t addr, size_t bytes)
{
    (void)addr, (void)bytes;
}

#endif

/* --- what was written, by MemorySanitizer and Memcheck -------------------- */

bool rfi_tools_know_written(void)
{
    return __msan_unpoison || rfi_memcheck_is_there();
}

void rfi_tools_written(uint64_t addr, size_t bytes)
{
    if (bytes == 0)
        return;
    if (__msan_unpoison)
        __msan_unpoison(pointer_to(addr), bytes);
    memcheck_written(addr, bytes);
}

uint64_t rfi_tools_unwritten(uint64_t addr, size_t bytes)
{
    if (!__msan_test_shadow)
        return rfi_memcheck_is_there() ? memcheck_undefined(addr, bytes) : 0;
    intptr_t first = __msan_test_shadow(pointer_to(addr), bytes);
    return first >= 0 ? addr + (uint64_t)first : 0;
}

/* --- ThreadSanitizer ------------------------------------------------------ */

/* Only the addresses are of use: each stands for a share of the operations. */
static uint64_t keys[4096];

static void *key_of(const void *whose, uint64_t user_data)
{
    uint64_t mixed = user_data ^ (uint64_t)(uintptr_t)whose * UINT64_C(0xc2b2ae3d27d4eb4f);
    mixed *= UINT64_C(0x9e3779b97f4a7c15);
    return &keys[mixed >> 52];
}

bool rfi_tsan_is_there(void)
{
    return __tsan_acquire && __tsan_release && AnnotateIgnoreSyncBegin;
}

void rfi_tsan_look_away(bool away)
{
    if (!rfi_tsan_is_there())
        return;
    if (away) {
        AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
        AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
    } else {
        AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
        AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    }
}

void rfi_tsan_submitted(const void *whose, uint64_t user_data)
{
    if (!rfi_tsan_is_there())
        return;
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
    __tsan_release(key_of(whose, user_data));
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}

void rfi_tsan_taken(const void *whose, uint64_t user_data)
{
    rfi_tsan_acquire((uint64_t)(uintptr_t)key_of(whose, user_data));
}

void rfi_tsan_acquire(uint64_t addr)
{
    if (!rfi_tsan_is_there())
        return;
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
    __tsan_acquire(pointer_to(addr));
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}
