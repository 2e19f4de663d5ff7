/* SPDX-License-Identifier: MIT */
/* A buffer is looked at before anything was received. */
/* rule: touched-while-lent, operation: RECV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[128];
    (void)!rf_recv(&ring, 2, ends[0], buffer, sizeof buffer, 0);
    (void)!rf_submit(&ring); /* submitted here */
    printf("%s\n", buffer); /* touched here */
    return missed();
}
