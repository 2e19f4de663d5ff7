/* SPDX-License-Identifier: MIT */
/* The ring is closed while a read waits: its buffer may be written later. */
/* rule: closed-while-lent, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    (void)!rf_read(&ring, 2, ends[0], buffer, sizeof buffer, 0);
    (void)!rf_submit(&ring); /* submitted here */
    rf_deinit(&ring); /* noticed here */
    return missed();
}
