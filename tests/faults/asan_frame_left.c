/* SPDX-License-Identifier: MIT */
/* A receive has a buffer on the stack of a function that returns, and another function uses it. */
/* rule: touched-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

__attribute__((noinline)) static void queue(void)
{
    char buffer[16384];
    (void)!rf_recv(&ring, 2, ends[0], buffer, sizeof buffer, 0);
    (void)!rf_submit(&ring); /* submitted here */
}

__attribute__((noinline)) static void use(void)
{
    char other[8192];
    memset(other, 1, sizeof other); /* touched here */
    RF_OPAQUE(*other);
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    queue();
    use();
    return missed();
}
