/* SPDX-License-Identifier: MIT */
/* A directory is closed before a path is walked from it. */
/* rule: replaced-before-use, operation: OPENAT, rings: plain sqpoll defer */
#include <fcntl.h>

#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    int dir = open("/", O_RDONLY | O_DIRECTORY);
    later();
    (void)!rf_openat(&ring, 2, dir, "etc", O_RDONLY, 0);
    (void)!rf_submit(&ring); /* submitted here */
    close(dir); /* broken here */
    take(2);
    return missed();
}
