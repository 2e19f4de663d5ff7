/* SPDX-License-Identifier: MIT */
/* Another buffer is registered before a linked read looks it up. */
/* rule: replaced-before-use, operation: READ_FIXED, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[4096], other[4096];
    const struct iovec iovec = {memory, sizeof memory}, anew = {other, sizeof other};
    static const uint64_t no_tag;
    if (rf_register_buffers(&ring, &iovec, 1))
        skip("no registered buffers");
    later();
    (void)!rf_read_fixed(&ring, 2, ends[0], memory, 100, 0, 0);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_register_buffers_update_tag(&ring, 0, &anew, &no_tag, 1); /* broken here */
    return missed();
}
