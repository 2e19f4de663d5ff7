/* SPDX-License-Identifier: MIT */
/* The memory that is freed begins before what is lent. */
/* rule: freed-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *memory = malloc(100000);
    (void)!rf_recv(&ring, 2, ends[0], memory + 50000, 10, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(memory); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
