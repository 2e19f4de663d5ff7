/* SPDX-License-Identifier: MIT */
/* A descriptor is closed by an operation that does not wait. */
/* rule: replaced-before-use, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    later();
    (void)!rf_write(&ring, 2, ends[0], "text", 4, 0);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_close(&ring, 3, ends[0]);
    (void)!rf_submit(&ring); /* broken here */
    take(3);
    return missed();
}
