/* SPDX-License-Identifier: MIT */
/*
 * probe.c - `ringfence probe`: what this kernel's io_uring offers, or why it
 * cannot be used.
 */
#include "commands.h"
#include "probe_report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    bool json;
    bool detailed;
    bool no_query;
    unsigned parts; /* PART_..., 0 for none chosen */
};

static void print_help(void)
{
    fputs("usage: ringfence probe [--json] [--long] [--ops] [--flags] [--limits] [--bugs]\n"
          "                       [--try]\n"
          "       ringfence probe [--try] NAME...\n"
          "\n"
          "Shows what the io_uring of the running kernel offers. If it cannot be used,\n"
          "says why, and what to do.\n"
          "\n"
          "  -j, --json    for programs\n"
          "  -l, --long    a line for each thing: number, first kernel, what it is\n"
          "      --ops     only the operations\n"
          "      --flags   only features, flags and registrations\n"
          "      --limits  only limits and permissions\n"
          "      --bugs    only what kernels are known to get wrong, and this one does\n"
          "      --try     try each flag, even where the kernel can be asked for them\n"
          "  -h, --help    this\n"
          "\n"
          "With names (READ, SETUP_SQPOLL, IORING_FEAT_EXT_ARG, IOSQE_ASYNC, ...) only\n"
          "those are shown. A name without OP_, FEAT_, SETUP_ and so on is an operation.\n"
          "\n"
          "Exit status: 0 if io_uring can be used and has all that was named, 1 if not,\n"
          "2 called wrongly.\n",
          stdout);
}

const char *failed_call(const struct rf_diagnosis *diagnosis)
{
    switch (diagnosis->call) {
    case RF_CALL_ENTER:
        return "io_uring_enter";
    case RF_CALL_REGISTER:
        return "io_uring_register";
    default:
        return diagnosis->error == -EAGAIN ? "mmap" : "io_uring_setup";
    }
}

static void gather(struct probe_report *report, unsigned parts, bool no_query)
{
    memset(report, 0, sizeof *report);
    uname(&report->system);
    getrlimit(RLIMIT_MEMLOCK, &report->memlock);
    getrlimit(RLIMIT_NOFILE, &report->files);
    forget_kernel(&report->kernel);
    if (rf_diagnose(&report->diagnosis) != RF_BLOCKED_NOT)
        return;
    ask_kernel(&report->kernel, no_query);
    if (parts & PART_BUGS)
        (void)!rf_quirks_system(&report->quirks); /* those that remain unknown are shown so */
}

/* Parses options. Returns -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    enum { OPT_OPS = 256, OPT_FLAGS, OPT_LIMITS, OPT_BUGS, OPT_TRY };
    static const struct option known[] = {
        {"json", no_argument, NULL, 'j'},         {"long", no_argument, NULL, 'l'},
        {"ops", no_argument, NULL, OPT_OPS},      {"flags", no_argument, NULL, OPT_FLAGS},
        {"limits", no_argument, NULL, OPT_LIMITS}, {"bugs", no_argument, NULL, OPT_BUGS},
        {"try", no_argument, NULL, OPT_TRY},      {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0; /* we say it in our own words */
    while ((option = getopt_long(argc, argv, "jlh", known, NULL)) != -1) {
        switch (option) {
        case 'j':
            options->json = true;
            break;
        case 'l':
            options->detailed = true;
            break;
        case OPT_OPS:
            options->parts |= PART_OPERATIONS;
            break;
        case OPT_FLAGS:
            options->parts |= PART_FLAGS;
            break;
        case OPT_LIMITS:
            options->parts |= PART_LIMITS;
            break;
        case OPT_BUGS:
            options->parts |= PART_BUGS;
            break;
        case OPT_TRY:
            options->no_query = true;
            break;
        case 'h':
            print_help();
            return EXIT_OK;
        default:
            return usage_error("probe", "unknown option '%s'", argv[optind - 1]);
        }
    }
    if (options->json && (options->detailed || options->parts))
        return usage_error("probe", "--json always prints everything");
    if (optind < argc && (options->json || options->detailed || options->parts))
        return usage_error("probe", "with names the only option is --try");
    return -1;
}

static bool all_there(const struct probe_report *report, const struct probe_question *questions,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!rf_caps_has(&report->kernel.caps, questions[i].kind, questions[i].number))
            return false;
    }
    return true;
}

static int answer_names(char **names, size_t count, bool no_query)
{
    struct probe_question *questions = calloc(count, sizeof *questions);
    if (!questions) {
        fputs("ringfence probe: out of memory\n", stderr);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < count; i++)
        if (!rf_cap_find(names[i], &questions[i].kind, &questions[i].number)) {
            free(questions);
            return usage_error("probe", "io_uring has nothing called '%s' that ringfence knows",
                               names[i]);
        }
    static struct probe_report report;
    gather(&report, 0, no_query);
    if (report.diagnosis.blocked != RF_BLOCKED_NOT)
        print_probe_verdict(&report);
    else
        print_probe_answers(&report, questions, count);
    bool good = all_there(&report, questions, count);
    free(questions);
    return good ? EXIT_OK : EXIT_FAILED;
}

int cmd_probe(int argc, char **argv)
{
    struct options options = {.json = false};
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    if (optind < argc)
        return answer_names(argv + optind, (size_t)(argc - optind), options.no_query);

    static struct probe_report report; /* some KiB: too much for a stack */
    unsigned parts = options.parts ? options.parts : PART_ALL;
    gather(&report, parts, options.no_query);
    if (!options.json) {
        print_probe(&report, parts, options.detailed);
    } else if (print_probe_json(&report) < 0) {
        fputs("ringfence probe: out of memory\n", stderr);
        return EXIT_FAILED;
    }
    return report.diagnosis.blocked == RF_BLOCKED_NOT ? EXIT_OK : EXIT_FAILED;
}
