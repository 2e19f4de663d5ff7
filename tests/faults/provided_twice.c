/* SPDX-License-Identifier: MIT */
/* An operation provides buffers that were provided and not picked. */
/* rule: returned-twice, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[POOL * POOL_BYTES];
    (void)!rf_provide_buffers(&ring, 1, memory, POOL_BYTES, POOL, GROUP, 0);
    (void)!rf_submit(&ring); /* submitted here */
    take(1);
    (void)!rf_provide_buffers(&ring, 2, memory, POOL_BYTES, 1, GROUP, 3);
    (void)!rf_submit(&ring); /* broken here */
    return missed();
}
