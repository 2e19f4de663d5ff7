/* SPDX-License-Identifier: MIT */
/* A buffer is unmapped before it was written. */
/* rule: freed-while-lent, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    void *buffer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    later();
    (void)!rf_write(&ring, 2, ends[0], buffer, 4096, 0);
    (void)!rf_submit(&ring); /* submitted here */
    munmap(buffer, 4096); /* broken here */
    take(2);
    return missed();
}
