/* SPDX-License-Identifier: MIT */
/*
 * commands.h - what the files of the tool share.
 *
 * A sub-command is one function. It gets its own name as argv[0], understands
 * --help (which `ringfence help NAME` uses too), and returns the exit status:
 *
 *   EXIT_OK      done
 *   EXIT_FAILED  not done, or only in part; stderr says what and why
 *   EXIT_USAGE   called wrongly; nothing was done
 *
 * main() makes sure that what went to stdout arrived there.
 */
#ifndef RINGFENCE_TOOL_COMMANDS_H
#define RINGFENCE_TOOL_COMMANDS_H

enum exit_status { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int cmd_probe(int argc, char **argv);
int cmd_cp(int argc, char **argv);
int cmd_ops(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_bench(int argc, char **argv);

/*
 * Says on stderr that the command was called wrongly, in one line that begins
 * with its name, and where help is. Returns EXIT_USAGE.
 */
int usage_error(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
