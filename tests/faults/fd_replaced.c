/* SPDX-License-Identifier: MIT */
/* Another file gets the number before a linked write looks it up. */
/* rule: replaced-before-use, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    int other = dup(1);
    later();
    (void)!rf_write(&ring, 2, ends[0], "", 0, 0);
    (void)!rf_submit(&ring); /* submitted here */
    dup2(other, ends[0]); /* broken here */
    take(2);
    return missed();
}
