/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what fuzz targets share: the entry that an engine calls, and a way
 * to take an input apart.
 *
 * A target is a test, too: linked with replay.c it has a main() that runs the
 * files it is given, or else pseudo-random inputs from a printed seed.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what does not hold, and aborts. */
#define HOLDS(cond)                                             \
    do {                                                        \
        if (!(cond))                                            \
            fuzz_failed(#cond, __FILE__, __LINE__);             \
    } while (0)

__attribute__((noreturn)) void fuzz_failed(const char *what, const char *file, int line);

/* The rest of an input. Behind its end there are zeros. */
struct input {
    const uint8_t *data;
    size_t left;
};

static inline void take(struct input *in, void *bytes, size_t count)
{
    size_t there = in->left < count ? in->left : count;
    memset(bytes, 0, count);
    if (there > 0)
        memcpy(bytes, in->data, there);
    in->data += there;
    in->left -= there;
}

static inline uint8_t take_u8(struct input *in)
{
    uint8_t value;
    take(in, &value, sizeof value);
    return value;
}

static inline uint32_t take_u32(struct input *in)
{
    uint32_t value;
    take(in, &value, sizeof value);
    return value;
}

/*
 * A number that is more often near something: 0, a power of two, or the old
 * value, since that is where checks go wrong.
 */
static inline uint32_t take_number(struct input *in, uint32_t old)
{
    uint8_t how = take_u8(in);
    uint32_t near = (uint32_t)(int32_t)(int8_t)take_u8(in);
    switch (how % 6) {
    case 0:
        return near;
    case 1:
        return old + near;
    case 2:
        return (UINT32_C(1) << (how / 6 % 32)) + near;
    case 3:
        return old << (near & 31);
    case 4:
        return UINT32_C(1) << (near & 31);
    default:
        return take_u32(in);
    }
}

#endif
