/* SPDX-License-Identifier: MIT */
/* A receive has no buffers left, and ends; the program waits for more. */
/* rule: ended-unnoticed, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[POOL * POOL_BYTES];
    fill_pool(memory);
    (void)!rf_recv_multishot(&ring, 2, ends[0], GROUP, 0, 0);
    (void)!rf_submit(&ring); /* submitted here */
    for (int i = 0; i < POOL + 1; i++)
        (void)!write(ends[1], "text", 4), take(1);
    alarm(1);
    take(1);
    return missed();
}
