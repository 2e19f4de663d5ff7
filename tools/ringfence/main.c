/* SPDX-License-Identifier: MIT */
/*
 * main.c - the frame: finds the sub-command and runs it.
 */
#include "commands.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One row per sub-command: the only list of them. */
static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"probe", cmd_probe, "what this kernel's io_uring offers, or why it cannot be used"},
    {"ops", cmd_ops, "what each operation takes, and until when it keeps it"},
#ifdef HAVE_CMD_CP
    {"cp", cmd_cp, "copy files and trees through one ring"},
#endif
    {"top", cmd_top, "the rings of another process: queues, what waits, workers"},
    {"bench", cmd_bench, "how many operations a second, NOPs and reads, without a peer"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

int usage_error(const char *command, const char *format, ...)
{
    va_list args;
    if (command)
        fprintf(stderr, "ringfence %s: ", command);
    else
        fputs("ringfence: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'ringfence %s%s'.\n", command ? "help " : "--help",
            command ? command : "");
    return EXIT_USAGE;
}

static void print_help(FILE *out)
{
    fputs("usage: ringfence COMMAND [ARGUMENT...]\n"
          "\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    fputs("\n"
          "  ringfence help COMMAND   what a command takes\n"
          "  ringfence --version      which ringfence this is\n"
          "\n"
          "Exit status: 0 done, 1 not done or only in part, 2 called wrongly.\n",
          out);
}

static int unknown_command(const char *name)
{
    char known[256] = "";
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", commands[i].name);
    }
    return usage_error(NULL, "no command '%s'; there are: %s", name, known);
}

static int help(int argc, char **argv)
{
    if (argc == 1) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (argc > 2)
        return usage_error(NULL, "help takes one command");
    const struct command *command = find_command(argv[1]);
    if (!command)
        return unknown_command(argv[1]);
    char option[] = "--help";
    char *arguments[] = {argv[1], option, NULL};
    return command->run(2, arguments);
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        puts("ringfence " RINGFENCE_VERSION);
        return EXIT_OK;
    }
    if (name[0] == '-')
        return usage_error(NULL, "unknown option '%s'", name);
    const struct command *command = find_command(name);
    if (!command)
        return unknown_command(name);
    return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int status = run(argc, argv);
    /* A full disk or a closed pipe shows itself only now: half a table is no answer. */
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "ringfence: cannot write to standard output: %s\n",
                errno ? strerror(errno) : "an earlier write failed");
        if (status == EXIT_OK)
            status = EXIT_FAILED;
    }
    return status;
}
