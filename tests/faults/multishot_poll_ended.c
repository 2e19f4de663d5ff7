/* SPDX-License-Identifier: MIT */
/* A poll ends when the other end is closed; the program waits for more. */
/* rule: ended-unnoticed, operation: POLL_ADD, rings: plain sqpoll defer */
#include <poll.h>

#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    (void)!rf_poll_multishot(&ring, 2, ends[0], POLLIN);
    (void)!rf_submit(&ring); /* submitted here */
    (void)!rf_poll_remove(&ring, 3, 2);
    (void)!rf_submit(&ring);
    take(2);
    alarm(1);
    take(1);
    return missed();
}
