/* SPDX-License-Identifier: MIT */
/* A descriptor is closed that a worker is to look up. */
/* rule: replaced-before-use, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    rf_sqe_set_flags(rf_read(&ring, 2, ends[0], buffer, sizeof buffer, 0), RF_SQE_ASYNC);
    (void)!rf_submit(&ring); /* submitted here */
    close(ends[0]); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
