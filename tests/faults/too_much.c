/* SPDX-License-Identifier: MIT */
/* A read of 100 bytes has 101. */
/* rule: result-too-large, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    (void)!rf_read(&ring, 77, ends[0], buffer, sizeof buffer, 0);
    (void)!rf_submit(&ring); /* submitted here */
    send_cqe(77, 101);
    take(1);
    return missed();
}
