/* SPDX-License-Identifier: MIT */
/* More completions than the queue holds, on a ring where that is not to be. */
/* rule: queue-overflowed, operation: none, rings: plain */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct rf_check_options options = {RF_CHECK_ABORT, RF_CHECK_OVERFLOW, NULL, NULL, NULL, 0};
    if (!rf_check_is_on(&ring))
        return missed();
    (void)!rf_check_start(&ring, &options);
    for (int i = 0; i < 4; i++) {
        while (rf_nop(&ring, 2))
            ;
        (void)!rf_submit(&ring); /* noticed here */
    }
    return missed();
}
