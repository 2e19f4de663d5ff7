/* SPDX-License-Identifier: MIT */
/*
 * cp_feed.c - hands out work: which directory, which entry next.
 *
 * Directories wait on a stack, so that the walk goes deep before it goes wide and the
 * stack stays small. One is opened only when those that are open have nothing left
 * to hand out and there are entries free. So the number of descriptors has a
 * bound, which is how RLIMIT_NOFILE is kept.
 */
#include "cp.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DENTS_BYTES = 32768,
    DIRS_MAX = 16,
    ROOTS_MAX = 4,
    /* The ring, the event, the base, and what the count of what there is to do opens. */
    FDS_RESERVED = 6,
    /* One file, one directory, the one it is below: two each. */
    FDS_MIN = 6,
};

/* --- how much at a time -------------------------------------------------- */

static unsigned min_unsigned(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static unsigned fds_wanted(const struct cp *cp)
{
    return 2 * (cp->options.depth + DIRS_MAX + ROOTS_MAX);
}

/* How many descriptors can be opened, raising the soft limit if that is needed. */
static unsigned fds_available(unsigned wanted)
{
    struct rlimit limit;
    unsigned open_now = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return wanted;
    for (int fd = 0; fd < 256; fd++)
        open_now += fcntl(fd, F_GETFD) >= 0;
    rlim_t need = (rlim_t)wanted + open_now + FDS_RESERVED;
    if (limit.rlim_cur < need && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= need)
        return wanted;
    return limit.rlim_cur > open_now + FDS_RESERVED
               ? (unsigned)limit.rlim_cur - open_now - FDS_RESERVED
               : 0;
}

static int divide_fds(struct cp *cp)
{
    unsigned pairs = fds_available(fds_wanted(cp)) / 2;
    if (pairs * 2 < FDS_MIN)
        return -EMFILE;
    cp->roots_max = 1 + min_unsigned(pairs / 16, ROOTS_MAX - 1);
    cp->dirs_max = 1 + min_unsigned(pairs / 5, DIRS_MAX - 1);
    cp->options.depth = min_unsigned(cp->options.depth, pairs - cp->roots_max - cp->dirs_max);
    return 0;
}

int cp_feed_open(struct cp *cp)
{
    int err = divide_fds(cp);
    if (err)
        return err;
    cp->entries = calloc(cp->options.depth, sizeof *cp->entries);
    cp->active = calloc(cp->dirs_max + cp->roots_max + 1, sizeof(*cp->active));
    cp->base = calloc(1, sizeof *cp->base);
    if (!cp->entries || !cp->active || !cp->base)
        return -ENOMEM;
    for (unsigned i = cp->options.depth; i-- > 0;) {
        cp->entries[i].next = cp->free_entries;
        cp->free_entries = &cp->entries[i];
    }
    cp->base->src_fd = AT_FDCWD;
    cp->base->dst_fd = -1;
    cp->base->existed = true;
    return 0;
}

void cp_feed_close(struct cp *cp)
{
    if (cp->base && cp->base->dst_fd >= 0)
        close(cp->base->dst_fd);
    free(cp->base);
    free(cp->entries);
    free(cp->active);
    cp->base = NULL;
    cp->entries = NULL;
    cp->active = NULL;
}

unsigned cp_feed_operations(const struct cp *cp)
{
    /* Two closes each; pieces; the event, the timer, the cancelling, one to wait for. */
    return 2 * (cp->options.depth + cp->dirs_max + cp->roots_max) + cp->pieces_count + 4;
}

/* --- entries ------------------------------------------------------------- */

static struct cp_entry *take_entry(struct cp *cp, struct cp_dir *dir)
{
    struct cp_entry *entry = cp->free_entries;
    cp->free_entries = entry->next;
    struct cp_piece own = entry->own; /* its buffer stays */
    memset(entry, 0, sizeof *entry);
    entry->own = own;
    entry->dir = dir;
    entry->src_fd = entry->dst_fd = -1;
    dir->entries++;
    return entry;
}

void cp_entry_free(struct cp *cp, struct cp_entry *entry)
{
    entry->dir = NULL;
    entry->next = cp->free_entries;
    cp->free_entries = entry;
}

static bool start_source(struct cp *cp)
{
    if (cp->sources_at == cp->sources_count)
        return false;
    const struct cp_source *source = &cp->sources[cp->sources_at++];
    struct cp_entry *entry = take_entry(cp, cp->base);
    entry->src_name = source->path;
    entry->dst_name = source->name;
    entry->type = DT_UNKNOWN;
    entry->follow = !cp->options.recursive;
    if (!source->clash)
        cp_entry_start(cp, entry);
    else if (cp->comparing)
        cp_entry_end(cp, entry);
    else
        cp_entry_fail(cp, entry, CP_SAME_NAME, 0);
    return true;
}

/* 1: there are entries, 0: there are no more, or a negative errno. */
static int refill(struct cp_dir *dir)
{
    if (!dir->dents)
        dir->dents = cp_must(malloc(DENTS_BYTES));
    ssize_t bytes = getdents64(dir->src_fd, dir->dents, DENTS_BYTES);
    dir->dents_at = 0;
    dir->dents_end = bytes > 0 ? (size_t)bytes : 0;
    return bytes < 0 ? -errno : bytes > 0;
}

static const struct dirent64 *next_dent(struct cp *cp, struct cp_dir *dir)
{
    for (;;) {
        if (dir->dents_at == dir->dents_end) {
            int more = refill(dir);
            if (more < 0)
                cp_fail(cp, cp_dir_src_shown(cp, dir, NULL), CP_GETDENTS, more);
            if (more <= 0)
                return NULL;
        }
        const struct dirent64 *dent = (void *)(dir->dents + dir->dents_at);
        dir->dents_at += dent->d_reclen;
        if (strcmp(dent->d_name, ".") != 0 && strcmp(dent->d_name, "..") != 0)
            return dent;
    }
}

static bool start_dent(struct cp *cp, struct cp_dir *dir)
{
    const struct dirent64 *dent = next_dent(cp, dir);
    if (!dent)
        return false;
    struct cp_entry *entry = take_entry(cp, dir);
    size_t bytes = strlen(dent->d_name) + 1;
    RF_ASSERT(bytes <= sizeof entry->name);
    memcpy(entry->name, dent->d_name, bytes);
    entry->src_name = entry->dst_name = entry->name;
    entry->type = dent->d_type;
    cp_entry_start(cp, entry);
    return true;
}

/* Takes the directory out of those that hand out entries. */
static void scanned(struct cp *cp, unsigned index)
{
    struct cp_dir *dir = cp->active[index];
    cp->active[index] = cp->active[--cp->active_count];
    free(dir->dents);
    dir->dents = NULL;
    dir->scanned = true;
    cp_dir_settle(cp, dir);
}

/* The next entry of the directory that was opened last. False: no directory has any. */
static bool start_entry(struct cp *cp)
{
    while (cp->active_count > 0) {
        unsigned index = cp->active_count - 1;
        struct cp_dir *dir = cp->active[index];
        if (dir == cp->base ? start_source(cp) : start_dent(cp, dir))
            return true;
        scanned(cp, index);
    }
    return false;
}

/* --- directories --------------------------------------------------------- */

void cp_feed_activate(struct cp *cp, struct cp_dir *dir)
{
    cp->active[cp->active_count++] = dir;
}

void cp_feed_push(struct cp *cp, struct cp_dir *dir)
{
    struct cp_dir **stack = dir->root == dir ? &cp->pending_roots : &cp->pending;
    dir->next = *stack;
    *stack = dir;
}

static struct cp_dir *pop(struct cp_dir **stack)
{
    struct cp_dir *dir = *stack;
    *stack = dir->next;
    return dir;
}

static bool open_dir(struct cp *cp)
{
    if (cp->pending && cp->dirs_open < cp->dirs_max) {
        cp->dirs_open++;
        cp_dir_open(cp, pop(&cp->pending));
        return true;
    }
    if (cp->pending_roots && cp->roots_open < cp->roots_max) {
        cp->roots_open++;
        cp_dir_open(cp, pop(&cp->pending_roots));
        return true;
    }
    return false;
}

/* Nothing new is begun: what is in flight comes to its end. */
static void abandon(struct cp *cp)
{
    while (cp->active_count > 0)
        scanned(cp, cp->active_count - 1);
    while (cp->pending)
        cp_dir_give_up(cp, pop(&cp->pending));
    while (cp->pending_roots)
        cp_dir_give_up(cp, pop(&cp->pending_roots));
}

static void feed(struct cp *cp)
{
    if (cp->stopped) {
        abandon(cp);
        return;
    }
    while (cp->free_entries && (start_entry(cp) || open_dir(cp)))
        continue;
}

void cp_feed_run(struct cp *cp)
{
    cp->base->scanned = false;
    cp->sources_at = 0;
    cp->walking = true;
    cp_feed_activate(cp, cp->base);
    for (;;) {
        feed(cp);
        if (!cp->walking || cp->broken)
            break;
        cp_turn(cp);
    }
}
