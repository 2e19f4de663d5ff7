/* SPDX-License-Identifier: MIT */
/* A read may write a byte more than there is. */
/* rule: freed-while-lent, operation: READ, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char *buffer = malloc(100);
    (void)!rf_read(&ring, 2, ends[0], buffer, 101, 0);
    (void)!rf_submit(&ring); /* submitted here */
    return missed();
}
