/* SPDX-License-Identifier: MIT */
/* A registered buffer is changed before a write from it has its turn. */
/* rule: changed-while-lent, operation: WRITE_FIXED, rings: plain sqpoll defer */
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
    memory[7] = 'x';
    take(2);
    return missed();
}
