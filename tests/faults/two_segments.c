/* SPDX-License-Identifier: MIT */
/* A segment of a vectored read lies in the buffer of another read. */
/* rule: lent-to-two-writers, operation: READV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    struct iovec iovec = {buffer + 99, 1};
    (void)!rf_read(&ring, 2, ends[0], buffer, sizeof buffer, 0);
    (void)!rf_submit(&ring);
    (void)!rf_readv(&ring, 3, ends[1], &iovec, 1, 0);
    (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
