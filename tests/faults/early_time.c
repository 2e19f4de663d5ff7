/* SPDX-License-Identifier: MIT */
/* A time is changed before the SQ thread came to it. */
/* rule: changed-while-lent, operation: TIMEOUT, rings: stopped */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct rf_timespec ts = {1, 0};
    (void)!rf_timeout(&ring, 2, &ts, 0, 0);
    rf_flush_sq(&ring); /* submitted here */
    ts.tv_sec = 2;
    rf_flush_sq(&ring);
    return missed();
}
