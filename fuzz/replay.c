/* SPDX-License-Identifier: MIT */
/*
 * replay.c - main() for a fuzz target without an engine.
 *
 *     fuzz-NAME FILE...    runs the target on each file
 *     fuzz-NAME            on FUZZ_RUNS pseudo-random inputs (200000 if not set); the
 *                          seed is RF_TEST_SEED, or the time, and printed
 *
 * Speaks TAP. An input that breaks the target is where the program dies; in the second
 * form `last input` is printed then, as hexadecimal digits for xxd -r -p.
 */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { INPUT_MAX = 256 };

static const uint8_t *current;
static size_t current_bytes;

void fuzz_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "# %s:%d: does not hold: %s\n", file, line, what);
    if (current) {
        fprintf(stderr, "# last input: ");
        for (size_t i = 0; i < current_bytes; i++)
            fprintf(stderr, "%02x", current[i]);
        fprintf(stderr, "\n");
    }
    printf("not ok 1 - %s\n", what);
    fflush(stdout);
    abort();
}

/* In a block of the exact size: one byte too far is seen by the address sanitizer. */
static void run(const uint8_t *data, size_t bytes)
{
    uint8_t *copy = malloc(bytes ? bytes : 1);
    if (!copy)
        abort();
    memcpy(copy, data, bytes);
    current = copy;
    current_bytes = bytes;
    (void)LLVMFuzzerTestOneInput(copy, bytes);
    current = NULL;
    free(copy);
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        perror(path);
        return 1;
    }
    static uint8_t data[1 << 20];
    size_t bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    run(data, bytes);
    return 0;
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void run_random(uint64_t seed, uint64_t runs)
{
    uint8_t data[INPUT_MAX + sizeof(uint64_t)];
    for (uint64_t i = 0; i < runs; i++) {
        size_t bytes = next_random(&seed) % INPUT_MAX;
        for (size_t at = 0; at < bytes; at += sizeof(uint64_t)) {
            uint64_t random = next_random(&seed);
            memcpy(data + at, &random, sizeof random);
        }
        run(data, bytes);
    }
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
    int failed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..1\n");
    if (argc > 1) {
        for (int i = 1; i < argc; i++)
            failed |= run_file(argv[i]);
        printf("%sok 1 - %d files\n", failed ? "not " : "", argc - 1);
        return failed;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = number_from("RF_TEST_SEED", (uint64_t)now.tv_sec * 1000000000U + now.tv_nsec);
    uint64_t runs = number_from("FUZZ_RUNS", 200000);
    printf("# RF_TEST_SEED=%" PRIu64 "\n", seed);
    run_random(seed, runs);
    printf("ok 1 - %" PRIu64 " pseudo-random inputs\n", runs);
    return 0;
}
