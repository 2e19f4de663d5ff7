/* SPDX-License-Identifier: MIT */
/* engine.c - what replay.c offers besides main(), for a target with an engine. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort(); /* the engine keeps the input */
}
