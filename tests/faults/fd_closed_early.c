/* SPDX-License-Identifier: MIT */
/* A descriptor is closed before the SQ thread came to it. */
/* rule: replaced-before-use, operation: READ, rings: stopped */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    (void)!rf_read(&ring, 2, ends[0], buffer, sizeof buffer, 0);
    (void)!rf_submit(&ring); /* submitted here */
    close(ends[0]); /* broken here */
    return missed();
}
