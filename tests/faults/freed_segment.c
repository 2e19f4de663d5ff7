/* SPDX-License-Identifier: MIT */
/* One of the segments of a read is freed. */
/* rule: freed-while-lent, operation: READV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *second = malloc(100);
    char first[2];
    struct iovec iovecs[2] = {{first, sizeof first}, {second, 100}};
    (void)!rf_readv(&ring, 2, ends[0], iovecs, 2, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(second); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
