/* SPDX-License-Identifier: MIT */
/* Buffers are unregistered before a linked write looks one up. */
/* rule: replaced-before-use, operation: WRITE_FIXED, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char memory[4096];
    const struct iovec iovec = {memory, sizeof memory};
    if (rf_register_buffers(&ring, &iovec, 1))
        skip("no registered buffers");
    later();
    (void)!rf_write_fixed(&ring, 2, ends[0], memory, 100, 0, 0);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_unregister_buffers(&ring); /* broken here */
    take(2);
    return missed();
}
