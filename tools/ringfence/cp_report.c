/* SPDX-License-Identifier: MIT */
/*
 * cp_report.c - failures as they happen, and the summary at the end.
 */
#include "cp.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What each failure is called in --json, and on stderr before the path. */
static const struct {
    const char *name, *text;
} whats[CP_WHATS] = {
    [CP_OPEN] = {"open", "cannot open"},
    [CP_STAT] = {"stat", "cannot look at"},
    [CP_READ] = {"read", "cannot read"},
    [CP_GETDENTS] = {"getdents", "cannot read directory"},
    [CP_READLINK] = {"readlink", "cannot read symbolic link"},
    [CP_CREATE] = {"create", "cannot create"},
    [CP_WRITE] = {"write", "cannot write"},
    [CP_SYNC] = {"fsync", "cannot bring to the disk"},
    [CP_CLOSE] = {"close", "cannot finish writing"},
    [CP_MKDIR] = {"mkdir", "cannot make directory"},
    [CP_SYMLINK] = {"symlink", "cannot make symbolic link"},
    [CP_DRESS] = {"attributes", "cannot set mode and times of"},
    [CP_RENAME] = {"rename", "cannot give the finished copy the name"},
    [CP_OVERWRITE] = {"overwrite", "will not replace what is no regular file:"},
    [CP_SHRUNK] = {"shrunk", "became shorter while it was read:"},
    [CP_CHANGED] = {"changed", "became something else while it was opened:"},
    [CP_NOT_RECURSIVE] = {"directory", "left out a directory, for want of -r:"},
    [CP_SKIP_FIFO] = {"fifo", "left out a FIFO:"},
    [CP_SKIP_SOCKET] = {"socket", "left out a socket:"},
    [CP_SKIP_DEVICE] = {"device", "left out a device:"},
    [CP_SKIP_UNKNOWN] = {"unknown", "left out something of unknown type:"},
    [CP_SAME_FILE] = {"same", "source and destination are the same file:"},
    [CP_SAME_DIR] = {"same", "source and destination are the same directory:"},
    [CP_INTO_ITSELF] = {"overlap", "cannot copy a directory into itself:"},
    [CP_ONTO_ABOVE] = {"overlap", "cannot copy a directory onto one that it lies in:"},
    [CP_SAME_NAME] = {"clash", "an earlier source has the same name:"},
    [CP_NEED_DIR] = {"target", "several sources need a directory to go to, not"},
    [CP_DANGLING] = {"target", "cannot write through symbolic link"},
};

/* --- small things -------------------------------------------------------- */

void *cp_must(void *memory)
{
    if (!memory) {
        fputs("ringfence cp: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

double cp_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

const char *cp_size_text(double bytes, char out[32])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, 32, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return out;
}

char *cp_quote(const char *text)
{
    char *quoted = cp_must(malloc(4 * strlen(text) + 1)), *out = quoted;
    for (const unsigned char *in = (const unsigned char *)text; *in; in++) {
        if (*in >= 0x20 && *in != 0x7f && *in != '\\' && *in != '\'')
            *out++ = (char)*in;
        else
            out += sprintf(out, "\\%03o", *in);
    }
    *out = '\0';
    return quoted;
}

static void *one_more(void *array, size_t count, size_t *room, size_t bytes)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 16;
    return cp_must(realloc(array, *room * bytes));
}

/* --- as it happens ------------------------------------------------------- */

void cp_fail(struct cp *cp, char *path, enum cp_what what, int error)
{
    char *quoted = cp_quote(path);
    cp_progress_clear(cp);
    fprintf(stderr, "ringfence cp: %s '%s'%s%s\n", whats[what].text, quoted, error ? ": " : "",
            error ? strerror(-error) : "");
    free(quoted);
    cp->failures = one_more(cp->failures, cp->failures_count, &cp->failures_room,
                            sizeof *cp->failures);
    cp->failures[cp->failures_count++] = (struct cp_failure){path, what, -error};
}

/* Of what was not copied, or not completely, everybody knows already that it differs. */
static bool has_failed(const struct cp *cp, const struct cp_dir *dir, const struct cp_entry *entry)
{
    if (cp->failures_count == 0)
        return false;
    char *src = cp_dir_src_shown(cp, dir, entry ? entry->src_name : NULL);
    char *dst = cp_dir_dst_shown(cp, dir, entry ? entry->dst_name : NULL);
    bool found = false;
    for (size_t i = 0; i < cp->failures_count && !found; i++)
        found = strcmp(cp->failures[i].path, src) == 0 || strcmp(cp->failures[i].path, dst) == 0;
    free(src);
    free(dst);
    return found;
}

void cp_differ(struct cp *cp, const struct cp_dir *dir, const struct cp_entry *entry,
               const char *what, const char *format, ...)
{
    if (has_failed(cp, dir, entry))
        return;
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *path = cp_dir_dst_shown(cp, dir, entry ? entry->dst_name : NULL);
    char *quoted = cp_quote(path);
    cp_progress_clear(cp);
    fprintf(stderr, "ringfence cp: '%s': %s\n", quoted, text);
    free(quoted);
    cp->differences = one_more(cp->differences, cp->differences_count, &cp->differences_room,
                               sizeof *cp->differences);
    cp->differences[cp->differences_count++] =
        (struct cp_difference){path, cp_must(strdup(text)), what};
}

void cp_note(struct cp *cp, const char *path, const char *text)
{
    if (cp->options.quiet)
        return;
    cp_progress_clear(cp);
    if (!path) {
        fprintf(stderr, "ringfence cp: note: %s\n", text);
        return;
    }
    char *quoted = cp_quote(path);
    fprintf(stderr, "ringfence cp: note: '%s': %s\n", quoted, text);
    free(quoted);
}

const char *cp_failure_name(enum cp_what what)
{
    return whats[what].name;
}

/* --- at the end ---------------------------------------------------------- */

static void count_text(char *out, size_t bytes, uint64_t count, const char *one, const char *many)
{
    size_t used = strlen(out);
    if (count > 0)
        snprintf(out + used, bytes - used, "%s%" PRIu64 " %s", used ? ", " : "", count,
                 count == 1 ? one : many);
}

static void print_counts(const char *verb, const struct cp_counts *counts, double seconds)
{
    char list[256] = "", size[32], rate[32];
    count_text(list, sizeof list, counts->files, "file", "files");
    count_text(list, sizeof list, counts->dirs, "directory", "directories");
    count_text(list, sizeof list, counts->symlinks, "symbolic link", "symbolic links");
    count_text(list, sizeof list, counts->links, "hard link", "hard links");
    printf("%s %s: %s in %.2f s", verb, *list ? list : "nothing",
           cp_size_text((double)counts->bytes, size), seconds);
    if (seconds > 0)
        printf(", %s/s", cp_size_text((double)counts->bytes / seconds, rate));
}

void cp_report_summary(const struct cp *cp)
{
    char size[32];
    if (!cp->options.quiet && !cp->options.compare) {
        print_counts("copied", &cp->counts, cp->seconds);
        if (cp->counts.holes)
            printf(", holes of %s", cp_size_text((double)cp->counts.holes, size));
        putchar('\n');
    }
    if (!cp->options.quiet && (cp->options.verify || cp->options.compare)) {
        print_counts("compared", &cp->verified, cp->verify_seconds);
        printf(", %zu difference%s\n", cp->differences_count,
               cp->differences_count == 1 ? "" : "s");
    }
    if (cp->failures_count > 0)
        fprintf(stderr, "ringfence cp: %zu failure%s\n", cp->failures_count,
                cp->failures_count == 1 ? "" : "s");
    if (cp->stopped)
        fprintf(stderr, "ringfence cp: stopped by %s; what is there is complete\n",
                strsignal(cp->stopped));
}

void cp_report_free(struct cp *cp)
{
    for (size_t i = 0; i < cp->failures_count; i++)
        free(cp->failures[i].path);
    for (size_t i = 0; i < cp->differences_count; i++) {
        free(cp->differences[i].path);
        free(cp->differences[i].text);
    }
    free(cp->failures);
    free(cp->differences);
    cp->failures = NULL;
    cp->differences = NULL;
    cp->failures_count = cp->differences_count = 0;
}
