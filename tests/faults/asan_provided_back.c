/* SPDX-License-Identifier: MIT */
/* A buffer is read that was given back. */
/* rule: touched-while-lent, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *memory = malloc(POOL * POOL_BYTES);
    fill_pool(memory);
    receive_picked(2);
    (void)!rf_submit(&ring);
    (void)!write(ends[1], "text", 4);
    take(1);
    give(memory, 0);
    (void)!rf_get_events(&ring); /* submitted here */
    printf("%.4s", memory); /* touched here */
    return missed();
}
