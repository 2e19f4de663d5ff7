/* SPDX-License-Identifier: MIT */
/* A slot is emptied before a linked read looks it up. */
/* rule: replaced-before-use, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char buffer[100];
    static const int none = -1;
    if (rf_register_files(&ring, ends, 2))
        skip("no registered files");
    later();
    rf_sqe_set_flags(rf_read(&ring, 2, 0, buffer, sizeof buffer, 0), RF_SQE_FIXED_FILE);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_register_files_update(&ring, 0, &none, 1); /* broken here */
    take(2);
    return missed();
}
