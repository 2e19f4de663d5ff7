/* SPDX-License-Identifier: MIT */
/* A registered buffer is freed and stays registered. */
/* rule: freed-while-lent, operation: none, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *memory = malloc(4096);
    struct iovec iovec = {memory, 4096};
    if (rf_register_buffers(&ring, &iovec, 1)) /* submitted here */
        skip("no registered buffers");
    free(memory); /* broken here */
    return missed();
}
