/* SPDX-License-Identifier: MIT */
/* A registered buffer is freed while a read into it waits. */
/* rule: freed-while-lent, operation: READ_FIXED, rings: plain defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *memory = malloc(4096);
    struct iovec iovec = {memory, 4096};
    if (rf_register_buffers(&ring, &iovec, 1))
        skip("no registered buffers");
    (void)!rf_read_fixed(&ring, 2, ends[0], memory, 100, 0, 0);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_unregister_buffers(&ring);
    free(memory); /* broken here */
    (void)!write(ends[1], "text", 4);
    take(1);
    return missed();
}
