/* SPDX-License-Identifier: MIT */
/* The table of files goes before a worker looks into it. */
/* rule: replaced-before-use, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    if (rf_register_files(&ring, ends, 2))
        skip("no registered files");
    rf_sqe_set_flags(rf_read(&ring, 2, 0, buffer, sizeof buffer, 0),
                     RF_SQE_FIXED_FILE | RF_SQE_ASYNC);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_unregister_files(&ring); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
