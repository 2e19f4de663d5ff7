/* SPDX-License-Identifier: MIT */
/* A buffer is made smaller while a receive waits. */
/* rule: freed-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *buffer = malloc(100000);
    (void)!rf_recv(&ring, 2, ends[0], buffer, 100000, 0);
    (void)!rf_submit(&ring); /* submitted here */
    buffer = realloc(buffer, 100); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    free(buffer);
    return missed();
}
