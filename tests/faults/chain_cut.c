/* SPDX-License-Identifier: MIT */
/* The two halves of a chain are submitted one after the other. */
/* rule: chain-cut, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct rf_sqe *sqe = rf_write(&ring, 2, ends[0], "text", 4, 0);
    rf_sqe_link_next(sqe);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_fsync(&ring, 3, ends[0], 0);
    (void)!rf_submit(&ring);
    take(2);
    return missed();
}
