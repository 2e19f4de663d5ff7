/* SPDX-License-Identifier: MIT */
/* A file is opened into a slot that an operation has yet to look up. */
/* rule: replaced-before-use, operation: WRITE, rings: plain sqpoll defer */
#include <fcntl.h>

#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    if (rf_register_files(&ring, ends, 2))
        skip("no registered files");
    later();
    rf_sqe_set_flags(rf_write(&ring, 2, 0, "text", 4, 0), RF_SQE_FIXED_FILE);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_openat_direct(&ring, 3, AT_FDCWD, "/", O_RDONLY, 0, 0);
    (void)!rf_submit(&ring); /* broken here */
    take(3);
    return missed();
}
