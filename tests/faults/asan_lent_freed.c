/* SPDX-License-Identifier: MIT */
/* A buffer is lent that was freed before. */
/* rule: freed-while-lent, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *buffer = malloc(100), *same = buffer;
    RF_OPAQUE(same); /* or the compiler would notice by itself */
    free(same);
    (void)!rf_write(&ring, 2, ends[0], buffer, 100, 0);
    (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
