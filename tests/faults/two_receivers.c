/* SPDX-License-Identifier: MIT */
/* A read and a receive have the same buffer. */
/* rule: lent-to-two-writers, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    struct iovec iovec = {buffer, sizeof buffer};
    (void)!rf_readv(&ring, 2, ends[0], &iovec, 1, 0);
    (void)!rf_recv(&ring, 3, ends[1], buffer, 1, 0);
    (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
