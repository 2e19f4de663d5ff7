/* SPDX-License-Identifier: MIT */
/* request.c - worker.h: requests and replies, the clock. */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "worker.h"

bool request_parse(struct request *request, char *line)
{
    char *rest = NULL;
    request->name = strtok_r(line, " \n", &rest);
    if (!request->name)
        return false;
    char *word;
    while ((word = strtok_r(NULL, " \n", &rest))) {
        char *equals = strchr(word, '=');
        if (!equals || request->count == REQUEST_WORDS)
            return false;
        *equals = '\0';
        request->keys[request->count] = word;
        request->values[request->count++] = equals + 1;
    }
    return true;
}

const char *request_text(const struct request *request, const char *key, const char *otherwise)
{
    for (uint32_t i = 0; i < request->count; i++)
        if (strcmp(request->keys[i], key) == 0)
            return request->values[i];
    return otherwise;
}

uint64_t request_number(const struct request *request, const char *key, uint64_t otherwise)
{
    const char *text = request_text(request, key, NULL);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

int request_choice(const struct request *request, const char *key, const char *const *names)
{
    const char *text = request_text(request, key, names[0]);
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

void reply(struct request *request, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(request->reply, sizeof request->reply, format, args);
    va_end(args);
}

bool reply_if_failed(struct request *request, int64_t result)
{
    if (result >= 0)
        return false;
    if (result == -ENOSYS)
        reply(request, "no this peer has no such way");
    else
        reply(request, "error %s", strerror((int)-result));
    return true;
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

struct span span_begin(void)
{
    return span_since((struct span){0, 0});
}

struct span span_since(struct span begin)
{
    return (struct span){.cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID) - begin.cpu_ns,
                         .ns = clock_ns() - begin.ns};
}

int pin_to_cpu(unsigned cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) ? -errno : 0;
}
