/* SPDX-License-Identifier: MIT */
/* The place for what a child was is freed while it is waited for. */
/* rule: freed-while-lent, operation: WAITID, rings: plain sqpoll defer */
#include <signal.h>
#include <sys/wait.h>

#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    siginfo_t *info = malloc(sizeof *info);
    int child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    (void)!rf_waitid(&ring, 2, P_PID, child, info, WEXITED, 0);
    (void)!rf_submit(&ring); /* submitted here */
    kill(child, SIGKILL);
    free(info); /* broken here */
    take(1);
    return missed();
}
