/* SPDX-License-Identifier: MIT */
/*
 * top.c - `ringfence top`: the rings of another process, as /proc shows them.
 */
#include "top.h"

#include "commands.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct options {
    bool json;
    bool once;
    double interval; /* s */
    const char *proc;
    int pid;
};

static void print_help(void)
{
    puts("usage: ringfence top [--once | --json] [--interval SECONDS] PID\n"
         "\n"
         "Shows the io_uring rings of a process: how full their queues are, completions that\n"
         "overflowed, what is known to be in flight, and the kernel threads that work for it.\n"
         "On a terminal it is shown again every second until Ctrl-C; else once.\n"
         "\n"
         "  -1, --once              once, also on a terminal\n"
         "  -n, --interval SECONDS  how often; 1 if not given\n"
         "  -j, --json              once, as one JSON object\n"
         "      --proc DIRECTORY    where /proc is, if not there\n"
         "  -h, --help              this\n"
         "\n"
         "You have to be allowed to trace the process: be its user, or root.\n"
         "\n"
         "The kernel does not count what is in flight. It lists polls that are armed, which\n"
         "is what receives and accepts wait by; 'unanswered' is SQEs consumed minus CQEs posted,\n"
         "which is right for rings where each operation posts one CQE, and only there.");
}

/* --- arguments ------------------------------------------------------------ */

static int read_pid(const char *text, int *ret_pid)
{
    char *end;
    errno = 0;
    long pid = strtol(text, &end, 10);
    if (end == text || *end || errno || pid < 1 || pid > INT_MAX)
        return usage_error("top", "'%s' is no process id", text);
    *ret_pid = (int)pid;
    return -1;
}

static int read_interval(const char *text, double *ret_seconds)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end || !isfinite(seconds) || seconds < 0.1 || seconds > 86400)
        return usage_error("top", "the interval is 0.1 to 86400 seconds, not '%s'", text);
    *ret_seconds = seconds;
    return -1;
}

/* Returns -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    enum { OPT_PROC = 256 };
    static const struct option known[] = {
        {"once", no_argument, NULL, '1'},         {"interval", required_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},         {"proc", required_argument, NULL, OPT_PROC},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0; /* we say it in our own words */
    while ((option = getopt_long(argc, argv, "1n:jh", known, NULL)) != -1) {
        int status = -1;
        switch (option) {
        case '1':
            options->once = true;
            break;
        case 'n':
            status = read_interval(optarg, &options->interval);
            break;
        case 'j':
            options->json = true;
            break;
        case OPT_PROC:
            options->proc = optarg;
            break;
        case 'h':
            print_help();
            return EXIT_OK;
        default:
            return usage_error("top", "unknown option '%s', or one that lacks its value",
                               argv[optind - 1]);
        }
        if (status >= 0)
            return status;
    }
    if (optind + 1 != argc)
        return usage_error("top", optind == argc ? "which process?" : "one process at a time");
    return read_pid(argv[optind], &options->pid);
}

/* --- looking --------------------------------------------------------------- */

static int explain(const struct options *options, int err)
{
    fflush(stdout);
    switch (err) {
    case -ESRCH:
        fprintf(stderr, "ringfence top: there is no process %d\n", options->pid);
        break;
    case -EACCES:
    case -EPERM:
        fprintf(stderr,
                "ringfence top: not allowed to look at process %d: be the user it runs as, or "
                "root\n",
                options->pid);
        break;
    default:
        fprintf(stderr, "ringfence top: process %d: %s\n", options->pid, strerror(-err));
    }
    return EXIT_FAILED;
}

static int explain_no_rings(const struct top_process *process)
{
    fflush(stdout);
    fprintf(stderr,
            "ringfence top: process %d (%s) has no ring that has a descriptor; those that are "
            "only registered are not to be seen\n",
            process->pid, process->command);
    return EXIT_FAILED;
}

static int show_once(const struct options *options)
{
    struct top_process process;
    int err = read_process(options->proc, options->pid, &process);
    if (err)
        return explain(options, err);
    int status = EXIT_OK;
    if (process.ring_count == 0) {
        status = explain_no_rings(&process);
    } else if (!options->json) {
        print_top(&process, NULL, 0);
    } else if (print_top_json(&process) < 0) {
        fputs("ringfence top: out of memory\n", stderr);
        status = EXIT_FAILED;
    }
    free_process(&process);
    return status;
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void sleep_for(double seconds)
{
    struct timespec ts = {.tv_sec = (time_t)seconds};
    ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
    nanosleep(&ts, NULL);
}

/* Until the process ends, or it is interrupted. */
static int show_again_and_again(const struct options *options)
{
    struct top_process before;
    bool have_before = false;
    double then = 0;
    int status = EXIT_OK;
    for (;;) {
        struct top_process process;
        int err = read_process(options->proc, options->pid, &process);
        if (err == -ESRCH && have_before) {
            printf("\nProcess %d has ended.\n", options->pid);
            break;
        }
        if (err) {
            status = explain(options, err);
            break;
        }
        if (process.ring_count == 0 && !have_before) {
            status = explain_no_rings(&process);
            free_process(&process);
            break;
        }
        double at = now();
        fputs("\033[H\033[2J", stdout); /* from the top of an empty screen */
        print_top(&process, have_before ? &before : NULL, at - then);
        fflush(stdout);
        if (have_before)
            free_process(&before);
        before = process;
        have_before = true;
        then = at;
        if (ferror(stdout))
            break;
        sleep_for(options->interval);
    }
    if (have_before)
        free_process(&before);
    return status;
}

int cmd_top(int argc, char **argv)
{
    struct options options = {.interval = 1, .proc = "/proc"};
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.json || options.once || !isatty(STDOUT_FILENO))
        return show_once(&options);
    return show_again_and_again(&options);
}
