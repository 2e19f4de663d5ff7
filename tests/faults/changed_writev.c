/* SPDX-License-Identifier: MIT */
/* The last byte that the last iovec names is changed too early. */
/* rule: changed-while-lent, operation: WRITEV, rings: plain sqpoll defer */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    char text[] = "firstlast";
    struct iovec iovecs[2] = {{text, 5}, {text + 5, 4}};
    later();
    (void)!rf_writev(&ring, 2, ends[0], iovecs, 2, 0);
    (void)!rf_submit_and_wait(&ring, 0); /* submitted here */
    text[8] = 0;
    take(2);
    return missed();
}
