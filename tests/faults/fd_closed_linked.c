/* SPDX-License-Identifier: MIT */
/* A descriptor is closed before a linked write has its turn. */
/* rule: replaced-before-use, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    later();
    (void)!rf_write(&ring, 2, ends[0], "text", 4, 0);
    (void)!rf_submit(&ring); /* submitted here */
    close(ends[0]); /* broken here */
    take(2);
    return missed();
}
