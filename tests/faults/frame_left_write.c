/* SPDX-License-Identifier: MIT */
/* Data is on the stack of a function that returns before it is written. */
/* rule: freed-while-lent, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

__attribute__((noinline)) static void queue(void)
{
    char text[16384];
    memset(text, 'a', sizeof text);
    later();
    (void)!rf_write(&ring, 2, ends[0], text, sizeof text, 0);
    (void)!rf_submit(&ring); /* submitted here */
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    queue();
    take(2); /* broken here */
    return missed();
}
