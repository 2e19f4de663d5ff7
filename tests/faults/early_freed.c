/* SPDX-License-Identifier: MIT */
/* A path is freed before the SQ thread came to it. */
/* rule: freed-while-lent, operation: OPENAT, rings: stopped */
#include <fcntl.h>

#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *path = strdup("/etc/passwd");
    (void)!rf_openat(&ring, 2, AT_FDCWD, path, O_RDONLY, 0);
    rf_flush_sq(&ring); /* submitted here */
    free(path); /* broken here */
    return missed();
}
