/* SPDX-License-Identifier: MIT */
/* Two threads submit at the same time: one of them sleeps in the call. */
/* rule: other-thread, operation: none, rings: plain */
#include "faults.h"

#include <pthread.h>

static char byte;

static void *wait_for_it(void *unused)
{
    (void)!rf_recv(&ring, 2, ends[0], &byte, 1, 0);
    (void)!rf_submit_and_wait(&ring, 1);
    return unused;
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    pthread_t other;
    if (pthread_create(&other, NULL, wait_for_it, NULL))
        skip("no thread");
    usleep(50 * 1000);
    (void)!rf_nop(&ring, 3);
    (void)!rf_submit(&ring); /* broken here */
    (void)!write(ends[1], "x", 1);
    pthread_join(other, NULL);
    return missed();
}
