/* SPDX-License-Identifier: MIT */
/* The value of a socket option is freed before it was set. */
/* rule: freed-while-lent, operation: URING_CMD, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    int *value = malloc(sizeof *value);
    *value = 4096;
    later();
    (void)!rf_setsockopt(&ring, 2, ends[0], SOL_SOCKET, SO_SNDBUF, value, sizeof *value);
    (void)!rf_submit(&ring); /* submitted here */
    free(value); /* broken here */
    take(2);
    return missed();
}
