/* SPDX-License-Identifier: MIT */
/* A buffer is freed where the receive was queued, not where it was completed. */
/* rule: freed-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *buffer = malloc(4096);
    (void)!rf_recv(&ring, 2, ends[0], buffer, 4096, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(buffer); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
