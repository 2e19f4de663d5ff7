/* SPDX-License-Identifier: MIT */
/* A slot is closed by an operation that does not wait. */
/* rule: replaced-before-use, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    if (rf_register_files(&ring, ends, 2))
        skip("no registered files");
    later();
    rf_sqe_set_flags(rf_write(&ring, 2, 0, "text", 4, 0), RF_SQE_FIXED_FILE);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_close_direct(&ring, 3, 0);
    (void)!rf_submit(&ring); /* broken here */
    take(3);
    return missed();
}
