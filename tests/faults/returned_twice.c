/* SPDX-License-Identifier: MIT */
/* A provided buffer is given back that no completion brought. */
/* rule: returned-twice, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[POOL * POOL_BYTES];
    fill_pool(memory);
    receive_picked(2);
    (void)!rf_submit(&ring); /* submitted here */
    give(memory + 2 * POOL_BYTES, 2);
    (void)!rf_get_events(&ring); /* broken here */
    return missed();
}
