/* SPDX-License-Identifier: MIT */
/*
 * ops.c - `ringfence ops`: what each operation takes, gives back, and until when it
 * keeps what it was given.
 */
#include "commands.h"
#include "ops_report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ringfence/caps.h>

struct options {
    bool json;
    bool rules;
};

static void print_help(void)
{
    fputs("usage: ringfence ops [--json] [NAME|NUMBER...]\n"
          "       ringfence ops --rules\n"
          "\n"
          "Shows the operations of io_uring: without names a table, with names\n"
          "(READ, recvmsg, IORING_OP_ACCEPT, 22, ...) a page for each: what to pass, what\n"
          "comes back, and until when the kernel keeps what was passed.\n"
          "\n"
          "  -j, --json   for programs: all facts\n"
          "      --rules  what holds for all operations: flags, registered memory,\n"
          "               closing a ring\n"
          "  -h, --help   this\n"
          "\n"
          "Exit status: 0 done, 1 not done or only in part, 2 called wrongly.\n",
          stdout);
}

/* Returns -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    enum { OPT_RULES = 256 };
    static const struct option known[] = {
        {"json", no_argument, NULL, 'j'},
        {"rules", no_argument, NULL, OPT_RULES},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0; /* we say it in our own words */
    while ((option = getopt_long(argc, argv, "jh", known, NULL)) != -1) {
        switch (option) {
        case 'j':
            options->json = true;
            break;
        case OPT_RULES:
            options->rules = true;
            break;
        case 'h':
            print_help();
            return EXIT_OK;
        default:
            return usage_error("ops", "unknown option '%s'", argv[optind - 1]);
        }
    }
    if (options->rules && (options->json || optind < argc))
        return usage_error("ops", "--rules goes alone; --json has the rules too");
    return -1;
}

/* A name in any spelling, or a number. */
static bool find_op(const char *word, uint32_t *ret_opcode)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(word, &end, 10);
    if (*word >= '0' && *word <= '9' && *end == '\0') {
        *ret_opcode = (uint32_t)number;
        return errno == 0 && number < UINT32_MAX && rf_op_info((uint32_t)number);
    }
    enum rf_cap_kind kind;
    return rf_cap_find(word, &kind, ret_opcode) && kind == RF_CAP_OP;
}

static void ask_kernel_for_ops(struct ops_report *report)
{
    struct rf_ring ring;
    if (rf_init(&ring, 1, 0) != 0)
        return;
    report->kernel_known = rf_get_probe(&ring, &report->kernel) == 0;
    rf_deinit(&ring);
}

static int print(struct ops_report *report, const struct options *options, bool pages)
{
    ask_kernel_for_ops(report);
    if (options->json) {
        if (print_ops_json(report) == 0)
            return EXIT_OK;
        fputs("ringfence ops: out of memory\n", stderr);
        return EXIT_FAILED;
    }
    if (!pages)
        print_ops_table(report);
    for (size_t i = 0; pages && i < report->count; i++) {
        if (i > 0)
            fputs("\n", stdout);
        print_op_page(report, rf_op_info(report->opcodes[i]));
    }
    return EXIT_OK;
}

int cmd_ops(int argc, char **argv)
{
    struct options options = {.json = false};
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.rules) {
        print_op_rules();
        return EXIT_OK;
    }

    bool pages = optind < argc;
    size_t count = pages ? (size_t)(argc - optind) : RF_OP_LAST;
    uint32_t *opcodes = calloc(count, sizeof *opcodes);
    if (!opcodes) {
        fputs("ringfence ops: out of memory\n", stderr);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        opcodes[i] = (uint32_t)i;
        if (pages && !find_op(argv[optind + (int)i], &opcodes[i])) {
            free(opcodes);
            return usage_error("ops", "io_uring has no operation '%s' that ringfence knows",
                               argv[optind + (int)i]);
        }
    }
    static struct ops_report report; /* some KiB: too much for a stack */
    report.opcodes = opcodes;
    report.count = count;
    status = print(&report, &options, pages);
    free(opcodes);
    return status;
}
