/* SPDX-License-Identifier: MIT */
/* The queue is full in the middle of a chain, and so its beginning is submitted. */
/* rule: chain-cut, operation: WRITE, rings: plain defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    for (int i = 0; i < 7; i++)
        (void)!rf_nop(&ring, 10 + (uint64_t)i);
    rf_sqe_link_next(rf_write(&ring, 2, ends[0], "text", 4, 0));
    struct rf_sqe *sqe;
    while (!(sqe = rf_fsync(&ring, 3, ends[0], 0)))
        (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
