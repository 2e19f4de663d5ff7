/* SPDX-License-Identifier: MIT */
/* A forked child goes on with the ring of its parent. */
/* rule: used-in-child, operation: none, rings: plain sqpoll */
#include "faults.h"

#include <sys/wait.h>

int main(int argc, char **argv)
{
    begin(argc, argv);
    if (fork() == 0) {
        (void)!rf_nop(&ring, 2);
        (void)!rf_submit(&ring); /* broken here */
        _exit(0);
    }
    int status = 0;
    wait(&status);
    if (!WIFSIGNALED(status))
        printf("the child was not stopped\n");
    return 1;
}
