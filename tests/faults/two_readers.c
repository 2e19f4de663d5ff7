/* SPDX-License-Identifier: MIT */
/* Two reads have buffers that overlap. */
/* rule: lent-to-two-writers, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    (void)!rf_read(&ring, 2, ends[0], buffer, 60, 0);
    (void)!rf_submit(&ring);
    (void)!rf_read(&ring, 3, ends[0], buffer + 50, 50, 0);
    (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
