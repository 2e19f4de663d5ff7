/* SPDX-License-Identifier: MIT */
/* main.c - a worker: reads requests from stdin, or takes one as its argument. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "worker.h"

static const struct {
    const char *name;
    void (*measure)(struct request *request);
} rows[] = {
    {"loop", row_loop},   {"stream", row_stream}, {"pending", row_pending}, {"memory", row_memory},
    {"reads", row_reads}, {"files", row_files},   {"echo", row_echo},
};

static void answer(char *line)
{
    static struct request request;
    memset(&request, 0, sizeof request);
    if (!request_parse(&request, line))
        reply(&request, "error this is no request");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && !request.reply[0]; i++)
        if (strcmp(rows[i].name, request.name) == 0)
            rows[i].measure(&request);
    if (!request.reply[0])
        reply(&request, "error no row of this name");
    puts(request.reply);
    fflush(stdout);
}

/* A thousand connections, and their clients. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    if (argc > 3) {
        fprintf(stderr, "usage: %s [CPU [REQUEST]]\n", argv[0]);
        return 2;
    }
    raise_descriptor_limit();
    if (argc > 1 && strcmp(argv[1], "-") != 0) {
        int err = pin_to_cpu((unsigned)atoi(argv[1]));
        if (err)
            fprintf(stderr, "%s: not on processor %s: %s\n", argv[0], argv[1], strerror(-err));
    }
    if (argc == 3) {
        answer(argv[2]);
        return 0;
    }
    char line[4096];
    while (fgets(line, sizeof line, stdin))
        answer(line);
    return 0;
}
