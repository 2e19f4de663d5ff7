/* SPDX-License-Identifier: MIT */
/* A thread submits on a ring that promised to have one issuer, which is another. */
/* rule: other-thread, operation: none, rings: defer */
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
    pthread_t other;
    (void)!rf_nop(&ring, 2);
    if (pthread_create(&other, NULL, submit, NULL))
        skip("no thread");
    pthread_join(other, NULL);
    return missed();
}
