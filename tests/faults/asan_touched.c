/* SPDX-License-Identifier: MIT */
/* A buffer is written while a read waits to fill it. */
/* rule: touched-while-lent, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *buffer = malloc(100);
    (void)!rf_read(&ring, 2, ends[0], buffer, 100, 0);
    (void)!rf_submit(&ring); /* submitted here */
    buffer[50] = 1; /* touched here */
    return missed();
}
