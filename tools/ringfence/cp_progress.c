/* SPDX-License-Identifier: MIT */
/*
 * cp_progress.c - the bar on stderr: how much is done, how fast, how long still.
 *
 * How much there is to do a thread of its own finds out while copying goes on; until
 * it knows, the line has no bar and no time left. It uses no ring and two or three
 * descriptors, and nobody but the bar depends on it.
 */
#include "cp.h"

#include <fts.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TICK_MS = 100, BAR_MAX = 24 };

/*
 * A small file costs about as much as that many bytes of a big one, which is how
 * the two are added up to tell the time left.
 */
#define FILE_WEIGHT 65536.0

struct cp_progress {
    pthread_t counter;
    bool counting;
    atomic_bool counted, enough;
    atomic_uint_fast64_t bytes, files;
    char **paths;
    int fts_options;
    bool shown;
    unsigned passes; /* 2 with --verify */
    double started, drawn;
    double rate; /* bytes a second, of late */
    double rate_at;
    uint64_t rate_bytes;
};

/* --- counting ------------------------------------------------------------ */

static void *count(void *argument)
{
    struct cp_progress *progress = argument;
    FTS *walk = fts_open(progress->paths, progress->fts_options, NULL);
    FTSENT *entry;
    while (walk && !atomic_load(&progress->enough) && (entry = fts_read(walk))) {
        if (entry->fts_info == FTS_F)
            atomic_fetch_add(&progress->bytes, (uint64_t)entry->fts_statp->st_size);
        if (entry->fts_info == FTS_F || entry->fts_info == FTS_SL)
            atomic_fetch_add(&progress->files, 1);
    }
    if (walk)
        fts_close(walk);
    atomic_store(&progress->counted, true);
    return NULL;
}

/* Signals are for the thread that copies. */
static void start_counter(struct cp_progress *progress)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    progress->counting = pthread_create(&progress->counter, NULL, count, progress) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- drawing ------------------------------------------------------------- */

static unsigned columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* 0 .. 1, or -1: not known yet. */
static double part_done(const struct cp *cp, struct cp_progress *progress)
{
    if (!atomic_load(&progress->counted))
        return -1;
    double all = (double)atomic_load(&progress->bytes) +
                 FILE_WEIGHT * (double)atomic_load(&progress->files);
    double done = (double)cp->seen_bytes + FILE_WEIGHT * (double)cp->seen_files;
    if (all <= 0)
        return 1;
    double part = done / (all * progress->passes);
    return part > 1 ? 1 : part;
}

static void time_text(double seconds, char out[32])
{
    unsigned long whole = (unsigned long)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(out, 32, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(out, 32, "%lu:%02lu", whole / 60, whole % 60);
}

static void bar_text(double part, int width, char *out)
{
    int full = (int)(part * width + 0.5);
    snprintf(out, 2 * BAR_MAX + 16, "[%.*s%.*s] %3d%%  ", full, "########################",
             width - full, "........................", (int)(part * 100));
}

/* Over about a second: the mean since the start says little about now. */
static void update_rate(const struct cp *cp, struct cp_progress *progress, double now)
{
    double passed = now - progress->rate_at;
    if (passed < 0.5 && progress->rate > 0)
        return;
    double rate = passed > 0 ? (double)(cp->seen_bytes - progress->rate_bytes) / passed : 0;
    progress->rate = progress->rate > 0 ? 0.5 * (progress->rate + rate) : rate;
    progress->rate_at = now;
    progress->rate_bytes = cp->seen_bytes;
}

static void draw(struct cp *cp, struct cp_progress *progress, double now)
{
    char bar[2 * BAR_MAX + 16] = "", left[64] = "", size[32], rate[32], line[512];
    unsigned wide = columns();
    update_rate(cp, progress, now);
    double part = part_done(cp, progress), passed = now - progress->started;
    if (part >= 0 && wide >= 70)
        bar_text(part, wide >= 90 ? BAR_MAX : 10, bar);
    if (part > 0) {
        char text[32];
        time_text(passed * (1 - part) / part, text);
        snprintf(left, sizeof left, "  %s left", text);
    }
    int bytes = snprintf(line, sizeof line, "%s%s  %llu files  %s/s%s%s", bar,
                         cp_size_text((double)cp->seen_bytes, size),
                         (unsigned long long)cp->seen_files, cp_size_text(progress->rate, rate),
                         left, cp->comparing ? "  comparing" : "");
    if (bytes > 0 && (unsigned)bytes >= wide)
        line[wide - 1] = '\0'; /* a line that wraps cannot be taken back */
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    progress->shown = true;
    progress->drawn = now;
}

static void ticked(struct cp *cp, struct cp_task *task, int res)
{
    static const struct rf_timespec tick = {0, TICK_MS * 1000000};
    struct cp_progress *progress = cp->progress;
    (void)res;
    if (!progress || cp->stopped)
        return;
    draw(cp, progress, cp_now());
    cp_timeout(cp, task, ticked, &tick);
}

void cp_progress_clear(struct cp *cp)
{
    if (!cp->progress || !cp->progress->shown)
        return;
    fputs("\r\033[K", stderr);
    cp->progress->shown = false;
}

/* --- life ---------------------------------------------------------------- */

static bool wanted(const struct cp_options *options)
{
    if (options->progress)
        return true;
    const char *terminal = getenv("TERM");
    return !options->no_progress && !options->quiet && isatty(STDERR_FILENO) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

void cp_progress_start(struct cp *cp)
{
    if (!wanted(&cp->options))
        return;
    struct cp_progress *progress = cp_must(calloc(1, sizeof *progress));
    progress->paths = cp_must(calloc(cp->sources_count + 1, sizeof(*progress->paths)));
    for (size_t i = 0; i < cp->sources_count; i++)
        progress->paths[i] = (char *)(uintptr_t)cp->sources[i].path; /* fts only reads them */
    progress->fts_options = FTS_PHYSICAL | FTS_NOCHDIR;
    if (!cp->options.recursive)
        progress->fts_options |= FTS_COMFOLLOW;
    progress->passes = cp->options.verify && !cp->options.compare ? 2 : 1;
    progress->started = progress->rate_at = cp_now();
    cp->progress = progress;
    start_counter(progress);
    ticked(cp, &cp->tick_task, 0);
}

void cp_progress_stop(struct cp *cp)
{
    struct cp_progress *progress = cp->progress;
    if (!progress)
        return;
    if (!cp->stopped)
        draw(cp, progress, cp_now());
    cp_progress_clear(cp);
    atomic_store(&progress->enough, true);
    if (progress->counting)
        pthread_join(progress->counter, NULL);
    free(progress->paths);
    free(progress);
    cp->progress = NULL;
}
