/* SPDX-License-Identifier: MIT */
/* A message is changed before it was sent. */
/* rule: changed-while-lent, operation: SEND, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char text[] = "first";
    later();
    (void)!rf_send(&ring, 2, ends[0], text, 5, 0);
    (void)!rf_submit(&ring); /* submitted here */
    text[4] = 0;
    take(2);
    return missed();
}
