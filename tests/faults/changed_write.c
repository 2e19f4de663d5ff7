/* SPDX-License-Identifier: MIT */
/* A buffer is filled anew before what it held was written. */
/* rule: changed-while-lent, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char text[] = "first";
    later();
    (void)!rf_write(&ring, 2, ends[0], text, 5, 0);
    (void)!rf_submit(&ring); /* submitted here */
    memcpy(text, "other", 5);
    take(2);
    return missed();
}
