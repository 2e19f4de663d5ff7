/* SPDX-License-Identifier: MIT */
/* A thread ends before the receive that it has submitted. */
/* rule: submitter-gone, operation: RECV, rings: plain */
#include "faults.h"

#include <pthread.h>

static char byte;

static void *submit(void *unused)
{
    (void)!rf_recv(&ring, 2, ends[0], &byte, 1, 0);
    (void)!rf_submit(&ring); /* submitted here */
    return unused;
}

int main(int argc, char **argv)
{
    begin(argc, argv);
    pthread_t other;
    if (pthread_create(&other, NULL, submit, NULL))
        skip("no thread");
    pthread_join(other, NULL);
    usleep(20 * 1000); /* the kernel has a thread a little longer than pthread_join() waits */
    (void)!write(ends[1], "x", 1);
    take(1);
    return missed();
}
