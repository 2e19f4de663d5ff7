/* SPDX-License-Identifier: MIT */
/*
 * alarms.c - a library to preload: interrupts the program 5000 times a second with
 * a signal that has a handler, so that every wait ends in EINTR again and again.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action;
    struct itimerval every = {{0, 200}, {0, 200}};
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm; /* without SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
}

__attribute__((destructor)) static void end(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    fprintf(stderr, "alarms: %d\n", (int)alarms);
}
