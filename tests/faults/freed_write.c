/* SPDX-License-Identifier: MIT */
/* Data is freed before a write has its turn. */
/* rule: freed-while-lent, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *text = malloc(100);
    memset(text, 'a', 100);
    later();
    (void)!rf_write(&ring, 2, ends[0], text, 100, 0);
    (void)!rf_submit(&ring); /* submitted here */
    free(text); /* broken here */
    take(2);
    return missed();
}
