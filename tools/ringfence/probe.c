/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdio.h>

int cmd_probe(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("usage: ringfence probe");
    return EXIT_OK;
}
