/* SPDX-License-Identifier: MIT */
/* A provided buffer is given back twice for one completion. */
/* rule: returned-twice, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[POOL * POOL_BYTES];
    fill_pool(memory);
    receive_picked(2);
    (void)!rf_submit(&ring);
    (void)!write(ends[1], "text", 4);
    take(1);
    give(memory, 0);
    (void)!rf_get_events(&ring); /* submitted here */
    give(memory, 0);
    (void)!rf_get_events(&ring); /* broken here */
    return missed();
}
