/* SPDX-License-Identifier: MIT */
/* A receive has a buffer on the stack of a function that returns before it is completed. */
/* rule: freed-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

__attribute__((noinline)) static void queue(void)
{
    char buffer[16384];
    (void)!rf_recv(&ring, 2, ends[0], buffer, sizeof buffer, 0);
    (void)!rf_submit(&ring); /* submitted here */
}

int main(int argc, char **argv)
{
    begin(argc, argv);
#ifdef __SANITIZE_ADDRESS__
    /* The frame is poisoned for whoever uses the stack next, and ASan ends the program there. */
    skip("AddressSanitizer is first to see who writes there next");
#endif
    queue();
    (void)!write(ends[1], "text", 4);
    take(1); /* broken here */
    return missed();
}
