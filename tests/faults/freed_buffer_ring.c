/* SPDX-License-Identifier: MIT */
/* The ring of provided buffers is freed and stays registered. */
/* rule: freed-while-lent, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct rf_buf_ring *br = aligned_alloc(4096, 4096);
    memset(br, 0, 4096);
    if (rf_register_buf_ring(&ring, &(struct rf_buf_reg){.ring_addr = (uint64_t)(uintptr_t)br,
                                                         .ring_entries = POOL, .bgid = GROUP}, 0))
        skip("no buffer rings");
    free(br); /* broken here */
    return missed();
}
