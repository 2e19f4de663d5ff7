/* SPDX-License-Identifier: MIT */
/*
 * report.c - what a report says, and what happens then. This is the only file of the library
 * that prints or ends the program, and only for a ring that is checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

/* --- when ----------------------------------------------------------------- */

uint64_t rfi_now_ns(void)
{
    struct timespec now;
    int saved = errno;
    if (clock_gettime(CLOCK_MONOTONIC, &now))
        now.tv_sec = now.tv_nsec = 0;
    errno = saved;
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* --- printing ------------------------------------------------------------- */

struct text {
    size_t used;
    char buf[2048];
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text->buf + text->used, sizeof text->buf - text->used, format, args);
    va_end(args);
    if (length > 0)
        text->used += (size_t)length;
    if (text->used >= sizeof text->buf)
        text->used = sizeof text->buf - 1;
}

static void put(int fd, const struct text *text)
{
    for (size_t done = 0; done < text->used;) {
        ssize_t count = write(fd, text->buf + done, text->used - done);
        if (count <= 0)
            return;
        done += (size_t)count;
    }
}

void rfi_say(const char *format, ...)
{
    struct text text = {0, ""};
    va_list args;
    int saved = errno;
    va_start(args, format);
    int length = vsnprintf(text.buf, sizeof text.buf, format, args);
    va_end(args);
    if (length > 0)
        text.used = (size_t)length < sizeof text.buf ? (size_t)length : sizeof text.buf - 1;
    put(STDERR_FILENO, &text);
    errno = saved;
}

static void add_age(struct text *text, uint64_t ns)
{
    if (ns < 1000000)
        add(text, "%u us", (unsigned)(ns / 1000));
    else if (ns < 1000000000)
        add(text, "%u ms", (unsigned)(ns / 1000000));
    else
        add(text, "%u s", (unsigned)(ns / 1000000000));
}

static void add_operation(struct text *text, const struct rf_check_report *r)
{
    if (r->what) {
        add(text, "  lent as:    %s %llu, ", r->what, (unsigned long long)r->user_data);
        add_age(text, r->age_ns);
        add(text, " ago\n");
        return;
    }
    if (!r->op && r->rule >= RF_CHECK_OTHER_THREAD)
        return; /* about the ring */
    if (!r->op) {
        add(text, "  user_data:  %llu (0x%llx)\n", (unsigned long long)r->user_data,
            (unsigned long long)r->user_data);
        return;
    }
    add(text, "  operation:  %s, user_data %llu (0x%llx), fd %d, submitted ", r->op->name,
        (unsigned long long)r->user_data, (unsigned long long)r->user_data, r->fd);
    add_age(text, r->age_ns);
    add(text, " ago\n");
}

static void add_memory(struct text *text, const struct rf_check_report *r)
{
    if (r->addr)
        add(text, "  memory:     %zu bytes at 0x%llx", r->bytes, (unsigned long long)r->addr);
    if (r->addr && r->loan)
        add(text, ": %s, which %s\n", rf_lent_words(r->loan->lent),
            rf_direction_words(r->loan->direction));
    else if (r->addr)
        add(text, "\n");
    if (r->loan)
        add(text, "  the rule:   %s\n", rf_until_words(r->loan->until));
    if (r->loan && r->loan->note)
        add(text, "              %s\n", r->loan->note);
}

static void put_stack(int fd, const char *title, void *const *addresses, size_t count)
{
    struct text text = {0, ""};
    if (count == 0)
        return;
    add(&text, "%s", title);
    put(fd, &text);
    rfi_stack_print(fd, addresses, count);
}

void rf_check_print(const struct rf_check_report *report, int fd)
{
    int saved = errno;
    struct text text = {0, ""};
    add(&text, "ringfence: %s: %s\n", rf_check_rule_name(report->rule),
        rf_check_rule_text(report->rule));
    add_operation(&text, report);
    if (report->detail)
        add(&text, "  here:       %s\n", report->detail);
    add_memory(&text, report);
    add(&text, "  remedy:     %s\n", rf_check_rule_remedy(report->rule));
    put(fd, &text);
    put_stack(fd, "  broken:\n", report->here, report->here_count);
    put_stack(fd, "  noticed:\n", report->noticed, report->noticed_count);
    put_stack(fd, "  queued:\n", report->queued, report->queued_count);
    put_stack(fd, report->what ? "  lent:\n" : "  submitted:\n", report->where,
              report->where_count);
    errno = saved;
}

/* --- what happens then ---------------------------------------------------- */

/* The file of a path and this process. -1: it is none. */
static int open_log(const char *path)
{
    char name[4200];
    int length = snprintf(name, sizeof name, "%s.%d", path, (int)getpid());
    int fd = length > 0 && (size_t)length < sizeof name
                 ? open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
                 : -1;
    if (fd < 0)
        rfi_say("ringfence: log_path: %s cannot be written\n", name);
    return fd;
}

static void print_report(const struct rf_check_options *options,
                         const struct rf_check_report *report)
{
    const char *path = options->log_path;
    int saved = errno;
    if (path && strcmp(path, "stdout") == 0) {
        rf_check_print(report, STDOUT_FILENO);
        return;
    }
    int fd = path && strcmp(path, "stderr") != 0 ? open_log(path) : -1;
    rf_check_print(report, fd >= 0 ? fd : STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
    errno = saved;
}

void rfi_report_only(const struct rf_check_options *options,
                     const struct rf_check_report *report)
{
    if (options->handler) {
        options->handler(options->context, report);
        return;
    }
    if (options->answer == RF_CHECK_COUNT)
        return;
    print_report(options, report);
    if (options->answer == RF_CHECK_ABORT)
        abort();
    if (options->answer == RF_CHECK_EXIT)
        _exit(options->exit_code);
}

void rfi_report(struct rfi_check *check, enum rf_check_rule rule, const struct rfi_opened *opened,
                const struct rfi_loan *loan, uint64_t user_data, const char *detail, ...)
{
    char words[160];
    struct rfi_where *noticed = check->here ? NULL : rfi_where_now(check);
    struct rf_check_report report;
    memset(&report, 0, sizeof report);
    report.rule = rule;
    report.user_data = user_data;
    report.fd = -1;
    if (opened) {
        report.op = opened->op;
        report.what = opened->what;
        report.user_data = opened->user_data;
        report.fd = opened->fd;
    }
    if (opened && opened->when_ns)
        report.age_ns = rfi_now_ns() - opened->when_ns;
    if (opened && opened->where) {
        report.where = opened->where->addresses;
        report.where_count = (size_t)opened->where->count;
    }
    if (opened && opened->queued) {
        report.queued = opened->queued->addresses;
        report.queued_count = (size_t)opened->queued->count;
    }
    if (check->here) {
        report.here = check->here->addresses;
        report.here_count = (size_t)check->here->count;
    }
    if (noticed) {
        report.noticed = noticed->addresses;
        report.noticed_count = (size_t)noticed->count;
    }
    if (loan) {
        report.loan = loan->row;
        report.addr = loan->addr;
        report.bytes = loan->bytes;
    }
    if (detail) {
        va_list args;
        va_start(args, detail);
        (void)vsnprintf(words, sizeof words, detail, args);
        va_end(args);
        report.detail = words;
    }
    check->reports++;
    rfi_report_only(&check->options, &report);
    rfi_where_drop(noticed);
}
