/* SPDX-License-Identifier: MIT */
/*
 * report.c - what a report says, and what happens then. This is the only file of the library
 * that prints or ends the program, and only for a ring that is checked.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

/* Not every C library has it. */
#if defined(__has_include)
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define HAS_BACKTRACE 1
#endif
#endif

/* --- when and where ------------------------------------------------------- */

uint64_t rfi_now_ns(void)
{
    struct timespec now;
    int saved = errno;
    if (clock_gettime(CLOCK_MONOTONIC, &now))
        now.tv_sec = now.tv_nsec = 0;
    errno = saved;
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

struct rfi_where *rfi_where_now(void)
{
    int saved = errno;
    struct rfi_where *where = malloc(sizeof *where);
    if (where) {
        where->users = 1;
        where->when_ns = rfi_now_ns();
        where->thread = rfi_thread();
        where->count = 0;
#ifdef HAS_BACKTRACE
        where->count = backtrace(where->addresses, RFI_WHERE_MAX);
#endif
    }
    errno = saved;
    return where;
}

void rfi_where_drop(struct rfi_where *where)
{
    if (where && --where->users == 0)
        free(where);
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
    put_stack(fd, "  submitted:\n", report->where, report->where_count);
    errno = saved;
}

/* --- what happens then ---------------------------------------------------- */

void rfi_report_only(const struct rf_check_options *options,
                     const struct rf_check_report *report)
{
    if (options->handler) {
        options->handler(options->context, report);
        return;
    }
    if (options->answer == RF_CHECK_COUNT)
        return;
    rf_check_print(report, STDERR_FILENO);
    if (options->answer == RF_CHECK_ABORT)
        abort();
}

void rfi_report(struct rfi_check *check, enum rf_check_rule rule, const struct rfi_opened *opened,
                const struct rfi_loan *loan, uint64_t user_data, const char *detail, ...)
{
    char words[160];
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
    if (opened && opened->where) {
        report.age_ns = rfi_now_ns() - opened->where->when_ns;
        report.where = opened->where->addresses;
        report.where_count = (size_t)opened->where->count;
    }
    if (check->here) {
        report.here = check->here->addresses;
        report.here_count = (size_t)check->here->count;
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
}
