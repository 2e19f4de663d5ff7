/* SPDX-License-Identifier: MIT */
/* A buffer is written to that the kernel may pick. */
/* rule: touched-while-lent, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *memory = malloc(POOL * POOL_BYTES);
    fill_pool(memory);
    receive_picked(2);
    (void)!rf_submit(&ring); /* submitted here */
    memset(memory + 2 * POOL_BYTES, 0, POOL_BYTES); /* touched here */
    return missed();
}
