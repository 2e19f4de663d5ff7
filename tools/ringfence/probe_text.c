/* SPDX-License-Identifier: MIT */
/*
 * probe_text.c - the table for people. Plain text unless it goes to a terminal,
 * and never wider than 80 columns.
 */
#include "probe_report.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_WIDTH = 26 };

/* --- lines --------------------------------------------------------------- */

static void print_fact(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print_fact(const char *label, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_labelled(label, LABEL_WIDTH, text);
}

/* --- can it be used ------------------------------------------------------ */

void print_probe_verdict(const struct probe_report *report)
{
    const struct rf_diagnosis *d = &report->diagnosis;
    printf("%s %s on %s: ", report->system.sysname, report->system.release,
           report->system.machine);
    if (d->blocked == RF_BLOCKED_NOT) {
        print_in(GREEN, "io_uring works");
        fputs("\n", stdout);
        return;
    }
    print_in(RED, "io_uring cannot be used");
    fputs("\n\n", stdout);
    char cause[128];
    snprintf(cause, sizeof cause, "%s (%s gave %s)", d->name, failed_call(d),
             rf_error_name(RF_CALL_NONE, d->error));
    print_labelled("cause", 8, cause);
    print_labelled("", 8, d->text);
    print_labelled("remedy", 8, d->remedy);
}

/* --- operations and flags ------------------------------------------------ */

static const char *state_word(struct rf_cap cap)
{
    static const char *const words[] = {[RF_CAP_UNKNOWN] = "?",
                                        [RF_CAP_MISSING] = "no",
                                        [RF_CAP_REFUSED] = "no*",
                                        [RF_CAP_THERE] = "yes"};
    return words[cap.state];
}

static enum colour state_colour(struct rf_cap cap)
{
    return cap.state == RF_CAP_THERE ? GREEN : cap.state == RF_CAP_REFUSED ? RED : DIM;
}

static bool has_numbers(enum rf_cap_kind kind)
{
    return kind == RF_CAP_OP || kind == RF_CAP_REGISTER;
}

static int name_width(enum rf_cap_kind kind)
{
    size_t width = 0;
    for (uint32_t i = 0; i < rf_cap_count(kind); i++)
        if (strlen(info_of(kind, i).name) > width)
            width = strlen(info_of(kind, i).name);
    return (int)width;
}

static void print_cell(enum rf_cap_kind kind, uint32_t number, int width, struct rf_cap cap)
{
    if (has_numbers(kind))
        printf("%3u ", number);
    printf("%-*s ", width, info_of(kind, number).name);
    print_in(state_colour(cap), state_word(cap));
}

/* Down, then across, in as many columns as fit. */
static void print_columns(enum rf_cap_kind kind, const struct rf_cap *caps)
{
    int width = name_width(kind);
    int cell = width + 4 + (has_numbers(kind) ? 4 : 0);
    uint32_t count = rf_cap_count(kind);
    uint32_t columns = (uint32_t)((TEXT_WIDTH - 2 + 3) / (cell + 3));
    uint32_t rows = (count + columns - 1) / columns;
    for (uint32_t row = 0; row < rows; row++) {
        fputs("  ", stdout);
        for (uint32_t number = row; number < count; number += rows) {
            print_cell(kind, number, width, caps[number]);
            if (number + rows < count)
                printf("%*s", 6 - (int)strlen(state_word(caps[number])), "");
        }
        fputs("\n", stdout);
    }
}

static void print_line(enum rf_cap_kind kind, uint32_t number, int width, struct rf_cap cap)
{
    const struct rf_cap_info info = info_of(kind, number);
    fputs("  ", stdout);
    print_cell(kind, number, width, cap);
    printf("%*s%5s  %s\n", 4 - (int)strlen(state_word(cap)), "", info.since, info.text);
}

/* Those from @first on that were refused with one errno; none if an earlier one was. */
static void print_refused(enum rf_cap_kind kind, const struct rf_cap *caps, uint32_t first)
{
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof text, "known, but refused to this process (%s):",
                                   rf_error_name(RF_CALL_NONE, caps[first].error));
    for (uint32_t i = 0; i < rf_cap_count(kind); i++) {
        if (caps[i].state != RF_CAP_REFUSED || caps[i].error != caps[first].error)
            continue;
        if (i < first)
            return;
        if (used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, " %s",
                                     info_of(kind, i).name);
    }
    print_labelled("*", 2, text);
}

/* What the columns had no room for. */
static void print_remarks(enum rf_cap_kind kind, const struct rf_cap *caps)
{
    for (uint32_t i = 0; i < rf_cap_count(kind); i++)
        if (caps[i].state == RF_CAP_REFUSED)
            print_refused(kind, caps, i);
    for (uint32_t i = rf_cap_count(kind); i < RF_CAP_NUMBERS; i++)
        if (caps[i].state == RF_CAP_THERE)
            printf("  %s %u is there too; this ringfence has no name for it\n",
                   has_numbers(kind) ? "number" : "bit", i);
}

static void print_kind(enum rf_cap_kind kind, const struct rf_caps *all, bool detailed)
{
    const struct rf_cap *caps = all->of[kind];
    uint32_t count = rf_cap_count(kind), there = 0;
    for (uint32_t i = 0; i < count; i++)
        there += caps[i].state == RF_CAP_THERE;
    fputs("\n", stdout);
    print_in(BOLD, kinds[kind].title);
    enum rf_cap_source source = source_of(all, kind);
    if (source == RF_CAP_BY_NOTHING) {
        printf(": %s\n", rf_cap_source_text(source));
        return;
    }
    printf(": %u of %u, %s\n", there, count, rf_cap_source_text(source));
    if (!detailed)
        print_columns(kind, caps);
    for (uint32_t i = 0; detailed && i < count; i++)
        print_line(kind, i, name_width(kind), caps[i]);
    print_remarks(kind, caps);
}

static void full_name(const struct probe_question *question, char *name, size_t bytes)
{
    const struct rf_cap_info info = info_of(question->kind, question->number);
    snprintf(name, bytes, "%s%s", info.prefix, info.name);
}

void print_probe_answers(const struct probe_report *report,
                         const struct probe_question *questions, size_t count)
{
    char full[64];
    int width = 0;
    for (size_t i = 0; i < count; i++) {
        full_name(&questions[i], full, sizeof full);
        if ((int)strlen(full) > width)
            width = (int)strlen(full);
    }
    for (size_t i = 0; i < count; i++) {
        const struct rf_cap_info info = info_of(questions[i].kind, questions[i].number);
        struct rf_cap cap = rf_caps_get(&report->kernel.caps, questions[i].kind,
                                        questions[i].number);
        full_name(&questions[i], full, sizeof full);
        printf("%-*s ", width, full);
        print_in(state_colour(cap), state_word(cap));
        printf("%*s%5s  %s\n", 4 - (int)strlen(state_word(cap)), "", info.since, info.text);
    }
}

/* --- limits and permissions ---------------------------------------------- */

/* A number, or "unknown". @text is static memory for one call. */
static const char *number_words(int64_t number)
{
    static char texts[4][24];
    static unsigned next;
    char *text = texts[next++ % 4];
    if (number == UNKNOWN_NUMBER)
        return "unknown";
    snprintf(text, sizeof texts[0], "%" PRId64, number);
    return text;
}

static const char *limit_words(rlim_t limit)
{
    return limit == RLIM_INFINITY ? "no limit" : number_words((int64_t)limit);
}

static void print_kernel_limits(const struct kernel_limits *limits)
{
    static const char *const counts[] = {", not counted against RLIMIT_MEMLOCK",
                                         ", counted against RLIMIT_MEMLOCK"};
    print_fact("largest ring", "%s SQEs, %s CQEs", number_words(limits->sq_entries),
               number_words(limits->cq_entries));
    print_fact("ring of 256 SQEs", "%s bytes%s", number_words(limits->ring_bytes),
               limits->ring_memory_counts < 0 ? "" : counts[limits->ring_memory_counts]);
    print_fact("registered buffers", "%s", number_words(limits->buffers));
    print_fact("registered files", "%s", number_words(limits->files));
    print_fact("io-wq workers", "%s for files and disks, %s for the rest",
               number_words(limits->workers_bound), number_words(limits->workers_unbound));
}

static void print_limits(const struct probe_report *report)
{
    fputs("\n", stdout);
    print_in(BOLD, "Limits");
    fputs("\n", stdout);
    if (report->diagnosis.blocked == RF_BLOCKED_NOT)
        print_kernel_limits(&report->kernel.limits);
    print_fact("RLIMIT_MEMLOCK", "%s bytes, hard %s%s", limit_words(report->memlock.rlim_cur),
               limit_words(report->memlock.rlim_max),
               report->diagnosis.may_lock_memory == 1 ? " (CAP_IPC_LOCK is exempt)" : "");
    print_fact("RLIMIT_NOFILE", "%s, hard %s", limit_words(report->files.rlim_cur),
               limit_words(report->files.rlim_max));
}

static void print_permissions(const struct rf_diagnosis *d)
{
    static const char *const disabled[] = {
        "0: everybody may use io_uring",
        "1: only CAP_SYS_ADMIN and kernel.io_uring_group may",
        "2: nobody may",
    };
    static const char *const seccomp[] = {"no filter", "strict mode", "a filter is installed"};
    fputs("\n", stdout);
    print_in(BOLD, "Permissions");
    fputs("\n", stdout);
    print_fact("kernel.io_uring_disabled", "%s",
               d->sysctl_disabled >= 0 && d->sysctl_disabled <= 2 ? disabled[d->sysctl_disabled]
                                                                  : "unknown");
    if (d->sysctl_group < 0)
        print_fact("kernel.io_uring_group", d->sysctl_disabled < 0 ? "unknown" : "none");
    else
        print_fact("kernel.io_uring_group", "%" PRId64 "%s", d->sysctl_group,
                   d->in_group == 1   ? ", of which this process is"
                   : d->in_group == 0 ? ", of which this process is not"
                                      : "");
    print_fact("CAP_SYS_ADMIN", "%s",
               d->may_administrate == 1   ? "yes"
               : d->may_administrate == 0 ? "no"
                                          : "unknown");
    print_fact("seccomp", "%s",
               d->seccomp_mode >= 0 && d->seccomp_mode <= 2 ? seccomp[d->seccomp_mode]
                                                            : "unknown");
}

/* --- what it gets wrong -------------------------------------------------- */

static void print_quirk(const struct rf_quirk *quirk, struct rf_cap cap, bool detailed)
{
    printf("  %-18s ", quirk->name);
    print_in(cap.state == RF_CAP_THERE ? RED : DIM, state_word(cap));
    printf("%*s%s\n", 5 - (int)strlen(state_word(cap)), "", quirk->concerns);
    if (!detailed)
        return;
    print_labelled("", 25, quirk->behaviour);
    if (quirk->mended)
        print_labelled("", 25, quirk->mended);
    if (quirk->advice)
        print_labelled("", 25, quirk->advice);
    char text[128];
    snprintf(text, sizeof text, "Seen with Linux %s.%s%s%s", quirk->kernels,
             quirk->untried ? " Not tried: " : "", quirk->untried ? quirk->untried : "",
             quirk->untried ? "." : "");
    print_labelled("", 25, text);
}

static void print_quirks(const struct rf_quirks *quirks, bool detailed)
{
    uint32_t there = 0, tried = 0;
    for (uint32_t id = 0; id < RF_QUIRKS; id++) {
        there += quirks->of[id].state == RF_CAP_THERE;
        tried += quirks->of[id].state != RF_CAP_UNKNOWN;
    }
    fputs("\n", stdout);
    print_in(BOLD, "Known kernel bugs");
    printf(": this kernel has %u of %u that could be tried\n", there, tried);
    for (uint32_t id = 0; id < RF_QUIRKS; id++)
        print_quirk(rf_quirk_info(id), quirks->of[id], detailed);
}

void print_probe(const struct probe_report *report, unsigned parts, bool detailed)
{
    print_probe_verdict(report);
    bool usable = report->diagnosis.blocked == RF_BLOCKED_NOT;
    for (int kind = 0; usable && kind < RF_CAP_KINDS; kind++)
        if (parts & (kind == RF_CAP_OP ? PART_OPERATIONS : PART_FLAGS))
            print_kind((enum rf_cap_kind)kind, &report->kernel.caps, detailed);
    if (usable && parts & PART_BUGS)
        print_quirks(&report->quirks, detailed);
    if (parts & PART_LIMITS) {
        print_limits(report);
        print_permissions(&report->diagnosis);
    }
}
