/* SPDX-License-Identifier: MIT */
/* Two operations are open with the same user_data, and that was forbidden. */
/* rule: user-data-reused, operation: POLL_ADD, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct rf_check_options options = {RF_CHECK_ABORT, RF_CHECK_UNIQUE, NULL, NULL, NULL, 0};
    if (rf_check_start(&ring, &options))
        return 1;
    (void)!rf_poll_add(&ring, 2, ends[0], 1);
    (void)!rf_poll_add(&ring, 2, ends[1], 1);
    (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
