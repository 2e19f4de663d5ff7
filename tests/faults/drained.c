/* SPDX-License-Identifier: MIT */
/* Waiting for all before it: an operation behind a poll that never ends. */
/* rule: drain-behind-multishot, operation: NOP, rings: plain sqpoll defer */
#include "faults.h"

#include <poll.h>

int main(int argc, char **argv)
{
    begin(argc, argv);
    (void)!rf_poll_multishot(&ring, 2, ends[0], POLLIN);
    (void)!rf_submit(&ring);
    struct rf_sqe *sqe = rf_nop(&ring, 3);
    rf_sqe_set_flags(sqe, RF_SQE_IO_DRAIN);
    (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
