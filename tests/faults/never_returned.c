/* SPDX-License-Identifier: MIT */
/* A provided buffer is not given back when its data was used. */
/* rule: never-returned, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[POOL * POOL_BYTES];
    static const struct rf_check_options options = {RF_CHECK_ABORT, RF_CHECK_RETURNED, NULL, NULL,
                                                    NULL, 0};
    if (rf_check_is_on(&ring) && rf_check_start(&ring, &options))
        skip("no options");
    fill_pool(memory); /* submitted here */
    receive_picked(2);
    (void)!rf_submit(&ring);
    (void)!write(ends[1], "text", 4);
    take(1);
    (void)!rf_free_buf_ring(&ring, pool, POOL, GROUP); /* broken here */
    return missed();
}
