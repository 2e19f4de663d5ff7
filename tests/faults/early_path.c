/* SPDX-License-Identifier: MIT */
/* A path is changed before the SQ thread came to it (it is kept from running). */
/* rule: changed-while-lent, operation: OPENAT, rings: plain */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    rf_deinit(&ring);
    if (rf_init(&ring, 8, RF_SETUP_SQPOLL | RF_SETUP_R_DISABLED))
        skip("no such ring");
    char path[] = "/etc/passwd";
    (void)!rf_openat(&ring, 2, -100, path, 0, 0);
    rf_flush_sq(&ring); /* submitted here */
    path[1] = 0;
    rf_flush_sq(&ring);
    return missed();
}
