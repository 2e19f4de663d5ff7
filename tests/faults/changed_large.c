/* SPDX-License-Identifier: MIT */
/* The end of a large buffer is changed while it is written. */
/* rule: changed-while-lent, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    size_t bytes = 1 << 20;
    int file = memfd_create("large", 0);
    char *text = calloc(1, bytes);
    later();
    (void)!rf_write(&ring, 2, file, text, bytes, 0);
    (void)!rf_submit(&ring); /* submitted here */
    text[bytes - 1] = 1;
    take(2);
    return missed();
}
