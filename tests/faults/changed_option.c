/* SPDX-License-Identifier: MIT */
/* The value of a socket option is changed before it was set. */
/* rule: changed-while-lent, operation: URING_CMD, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    int value = 4096;
    later();
    (void)!rf_setsockopt(&ring, 2, ends[0], SOL_SOCKET, SO_SNDBUF, &value, sizeof value);
    (void)!rf_submit(&ring); /* submitted here */
    value = 8192;
    take(2);
    return missed();
}
