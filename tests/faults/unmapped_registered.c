/* SPDX-License-Identifier: MIT */
/* A registered buffer is unmapped and stays registered. */
/* rule: freed-while-lent, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    static char other[4096];
    void *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct iovec iovecs[2] = {{other, sizeof other}, {memory, 8192}};
    if (rf_register_buffers(&ring, iovecs, 2)) /* submitted here */
        skip("no registered buffers");
    munmap(memory, 8192); /* broken here */
    return missed();
}
