/* SPDX-License-Identifier: MIT */
/* The end that splice takes from is closed while it waits. */
/* rule: replaced-before-use, operation: SPLICE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    int from[2], to[2];
    if (pipe(from) || pipe(to))
        skip("no pipes");
    (void)!rf_splice(&ring, 2, from[0], UINT64_MAX, to[1], UINT64_MAX, 10, 0);
    (void)!rf_submit(&ring); /* submitted here */
    close(from[0]); /* broken here */
    return missed();
}
