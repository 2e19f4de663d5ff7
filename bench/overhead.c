/* SPDX-License-Identifier: MIT */
/*
 * overhead LOOP ENTRIES OPERATIONS - runs one loop, for overhead.py to count.
 * Without arguments it lists the loops that were built.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "overhead.h"

static const struct {
    const char *name;
    overhead_loop *run;
} loops[] = {
    {"ringfence-plain", overhead_ringfence_plain},
    {"ringfence-runs", overhead_ringfence_runs},
    {"ringfence-records", overhead_ringfence_records},
    {"ringfence-handles", overhead_ringfence_handles},
#ifdef HAVE_LIBURING
    {"liburing", overhead_liburing},
#endif
};

int main(int argc, char **argv)
{
    size_t count = sizeof loops / sizeof loops[0];
    if (argc != 4) {
        for (size_t i = 0; i < count; i++)
            puts(loops[i].name);
        return 0;
    }
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(loops[i].name, argv[1]) != 0)
            continue;
        long failed = loops[i].run((unsigned)atoi(argv[2]), fd, strtoull(argv[3], NULL, 10));
        if (failed != 0)
            fprintf(stderr, "overhead: %s: %s\n", argv[1],
                    failed < 0 ? "io_uring cannot be used" : "reads failed");
        close(fd);
        return failed != 0;
    }
    fprintf(stderr, "overhead: no loop \"%s\"\n", argv[1]);
    return 2;
}
