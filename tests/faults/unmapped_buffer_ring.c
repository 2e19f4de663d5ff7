/* SPDX-License-Identifier: MIT */
/* The ring of provided buffers is unmapped before it is unregistered. */
/* rule: freed-while-lent, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[POOL * POOL_BYTES];
    fill_pool(memory);
    munmap(pool, 4096); /* broken here */
    (void)!rf_unregister_buf_ring(&ring, GROUP);
    return missed();
}
