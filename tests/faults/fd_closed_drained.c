/* SPDX-License-Identifier: MIT */
/* A descriptor is closed before a drained write has its turn. */
/* rule: replaced-before-use, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static const struct rf_timespec while_ = {0, 30 * 1000 * 1000};
    (void)!rf_timeout(&ring, 1, &while_, 0, 0);
    rf_sqe_set_flags(rf_write(&ring, 2, ends[0], "text", 4, 0), RF_SQE_IO_DRAIN);
    (void)!rf_submit(&ring); /* submitted here */
    close(ends[0]); /* broken here */
    take(2);
    return missed();
}
