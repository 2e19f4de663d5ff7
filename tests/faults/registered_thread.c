/* SPDX-License-Identifier: MIT */
/* A ring is entered by the index that another thread has registered. */
/* rule: other-thread, operation: none, rings: plain */
#include "faults.h"

#include <pthread.h>

static void *submit(void *unused)
{
    (void)!rf_submit(&ring); /* broken here */
    return unused;
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    if (rf_register_ring_fd(&ring))
        skip("no registered rings");
    pthread_t other;
    (void)!rf_nop(&ring, 2);
    if (pthread_create(&other, NULL, submit, NULL))
        skip("no thread");
    pthread_join(other, NULL);
    return missed();
}
