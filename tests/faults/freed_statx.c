/* SPDX-License-Identifier: MIT */
/* The answer of statx is freed before it came. */
/* rule: freed-while-lent, operation: STATX, rings: plain sqpoll defer */
#include <fcntl.h>
#include <sys/stat.h>

#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct statx *answer = malloc(sizeof *answer);
    later();
    (void)!rf_statx(&ring, 2, AT_FDCWD, "/", 0, STATX_BASIC_STATS, answer);
    (void)!rf_submit(&ring); /* submitted here */
    free(answer); /* broken here */
    take(2);
    return missed();
}
