/* SPDX-License-Identifier: MIT */
/* A buffer is made larger, and so moves, while a receive waits. */
/* rule: freed-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *buffer = malloc(100);
    char *behind = malloc(100);
    (void)!rf_recv(&ring, 2, ends[0], buffer, 100, 0);
    (void)!rf_submit(&ring); /* submitted here */
    buffer = realloc(buffer, 100000); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    free(behind);
    free(buffer);
    return missed();
}
