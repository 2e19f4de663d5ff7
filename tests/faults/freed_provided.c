/* SPDX-License-Identifier: MIT */
/* Provided buffers are freed that the kernel may pick. */
/* rule: freed-while-lent, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *memory = malloc(POOL * POOL_BYTES);
    fill_pool(memory);
    receive_picked(2);
    (void)!rf_submit(&ring); /* submitted here */
    free(memory); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
