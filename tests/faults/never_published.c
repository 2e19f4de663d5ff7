/* SPDX-License-Identifier: MIT */
/* Filled, and then forgotten. */
/* rule: never-published, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    (void)!rf_write(&ring, 2, ends[0], "text", 4, 0); /* queued here */
    rf_deinit(&ring); /* noticed here */
    return missed();
}
