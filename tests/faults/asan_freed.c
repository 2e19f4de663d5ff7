/* SPDX-License-Identifier: MIT */
/* A buffer is freed while a read waits to fill it. */
/* rule: freed-while-lent, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *buffer = malloc(100);
    (void)!rf_read(&ring, 2, ends[0], buffer + 10, 90, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(buffer); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
