/* SPDX-License-Identifier: MIT */
/* An operation that is over is completed once more. */
/* rule: second-completion, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    (void)!rf_nop(&ring, 77);
    (void)!rf_submit(&ring);
    take(1);
    send_cqe(77, 0);
    take(1); /* noticed here */
    return missed();
}
