/* SPDX-License-Identifier: MIT */
/* An array of iovecs is used again before the SQ thread came to it. */
/* rule: changed-while-lent, operation: READV, rings: stopped */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char first[10], second[10];
    struct iovec iovec = {first, sizeof first};
    (void)!rf_readv(&ring, 2, ends[0], &iovec, 1, 0);
    rf_flush_sq(&ring); /* submitted here */
    iovec.iov_base = second;
    rf_flush_sq(&ring);
    return missed();
}
