/* SPDX-License-Identifier: MIT */
/* An address is changed before the SQ thread came to it. */
/* rule: changed-while-lent, operation: CONNECT, rings: stopped */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct sockaddr_storage addr;
    memset(&addr, 0, sizeof addr);
    addr.ss_family = AF_INET;
    (void)!rf_connect(&ring, 2, ends[0], (struct sockaddr *)&addr, 16);
    rf_flush_sq(&ring); /* submitted here */
    addr.ss_family = AF_INET6;
    rf_flush_sq(&ring);
    return missed();
}
