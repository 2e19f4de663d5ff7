/* SPDX-License-Identifier: MIT */
/* An array of descriptors is freed before it was put into slots. */
/* rule: freed-while-lent, operation: FILES_UPDATE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static const int none[2] = {-1, -1};
    int *fds = calloc(2, sizeof *fds);
    if (rf_register_files(&ring, none, 2))
        skip("no registered files");
    later();
    (void)!rf_files_update(&ring, 2, fds, 2, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(fds); /* broken here */
    take(2);
    return missed();
}
