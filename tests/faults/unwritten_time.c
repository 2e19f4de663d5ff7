/* SPDX-License-Identifier: MIT */
/* A time is given of which only the seconds were set. */
/* rule: lent-unwritten, operation: TIMEOUT, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct rf_timespec *when = malloc(sizeof *when);
    when->tv_sec = 0;
    (void)!rf_timeout(&ring, 2, when, 0, 0); /* queued here */
    (void)!rf_submit(&ring); /* submitted here */
    take(1);
    return missed();
}
