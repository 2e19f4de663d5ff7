/* SPDX-License-Identifier: MIT */
/*
 * cp_entry.c - what is in a directory: subdirectories, symbolic links, the rest.
 * Regular files go on in cp_file.c.
 */
#include "cp.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct cp_entry *entry_of(struct cp_task *task)
{
    return (struct cp_entry *)task;
}

/* --- the end ------------------------------------------------------------- */

void cp_entry_end(struct cp *cp, struct cp_entry *entry)
{
    struct cp_dir *dir = entry->dir;
    if (entry->inode)
        cp_link_settled(cp, entry, entry->complete);
    cp_entry_free(cp, entry);
    dir->entries--;
    cp_dir_settle(cp, dir);
}

static void removed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (cp_was_cut_short(cp, task, res))
        cp_unlinkat(cp, task, removed, entry->dir->dst_fd, cp_made_name(entry), 0);
    else
        cp_entry_end(cp, entry);
}

static void remove_made(struct cp *cp, struct cp_entry *entry)
{
    if (entry->made)
        cp_unlinkat(cp, &entry->task, removed, entry->dir->dst_fd, cp_made_name(entry), 0);
    else
        cp_entry_end(cp, entry);
}

static void drop_closed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    (void)res;
    if (--entry->closing == 0)
        remove_made(cp, entry);
}

void cp_entry_drop(struct cp *cp, struct cp_entry *entry)
{
    entry->closing = (entry->src_fd >= 0) + (entry->dst_fd >= 0);
    if (entry->src_fd >= 0)
        cp_close(cp, &entry->task, drop_closed, entry->src_fd);
    if (entry->dst_fd >= 0)
        cp_close(cp, &entry->task, drop_closed, entry->dst_fd);
    if (entry->closing == 0)
        remove_made(cp, entry);
}

void cp_entry_fail(struct cp *cp, struct cp_entry *entry, enum cp_what what, int error)
{
    cp_fail(cp, cp_dir_src_shown(cp, entry->dir, entry->src_name), what, error);
    cp_entry_drop(cp, entry);
}

void cp_entry_fail_dst(struct cp *cp, struct cp_entry *entry, enum cp_what what, int error)
{
    cp_fail(cp, cp_dir_dst_shown(cp, entry->dir, entry->dst_name), what, error);
    cp_entry_drop(cp, entry);
}

bool cp_entry_failed(struct cp *cp, struct cp_entry *entry, enum cp_what what, int res)
{
    if (cp->stopped)
        cp_entry_drop(cp, entry);
    else if (res < 0)
        cp_entry_fail(cp, entry, what, res);
    return cp->stopped || res < 0;
}

bool cp_entry_failed_dst(struct cp *cp, struct cp_entry *entry, enum cp_what what, int res)
{
    if (cp->stopped)
        cp_entry_drop(cp, entry);
    else if (res < 0)
        cp_entry_fail_dst(cp, entry, what, res);
    return cp->stopped || res < 0;
}

/* --- subdirectories ------------------------------------------------------ */

static struct cp_dir *found_dir(struct cp *cp, struct cp_entry *entry, const char *dst_name,
                                const char *final_name)
{
    struct cp_dir *dir = cp_dir_new(entry->dir, entry->src_name, dst_name, final_name);
    dir->hidden = entry->dir->hidden || final_name;
    cp_feed_push(cp, dir);
    cp_entry_end(cp, entry);
    return dir;
}

static void dir_made(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    /* Once it is made it is a directory like others, also if everything has been stopped. */
    if (res == 0)
        found_dir(cp, entry, cp_made_name(entry), *entry->temp ? entry->dst_name : NULL);
    else
        (void)cp_entry_failed_dst(cp, entry, CP_MKDIR, res);
}

static void make_dir(struct cp *cp, struct cp_entry *entry)
{
    /* Ours alone until it is complete; then it gets the mode of its source. */
    cp_mkdirat(cp, &entry->task, dir_made, entry->dir->dst_fd, cp_made_name(entry), 0700);
}

static void dir_looked_for(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == -ENOENT && !cp->stopped) {
        cp_temp_name(cp, entry->temp, entry->dst_name);
        make_dir(cp, entry);
        return;
    }
    if (res == 0 && !S_ISDIR(entry->other.stx_mode))
        res = -EEXIST;
    if (!cp_entry_failed_dst(cp, entry, CP_MKDIR, res))
        found_dir(cp, entry, entry->dst_name, NULL)->existed = true;
}

static void start_dir(struct cp *cp, struct cp_entry *entry)
{
    if (!cp->options.recursive && cp->comparing && cp->options.verify)
        cp_entry_end(cp, entry); /* copying has said so */
    else if (!cp->options.recursive)
        cp_entry_fail(cp, entry, CP_NOT_RECURSIVE, 0);
    else if (cp->comparing)
        found_dir(cp, entry, entry->dst_name, NULL);
    else if (entry->dir->hidden)
        make_dir(cp, entry);
    else
        cp_statx(cp, &entry->task, dir_looked_for, entry->dir->dst_fd, entry->dst_name,
                 AT_SYMLINK_NOFOLLOW, &entry->other);
}

/* --- symbolic links ------------------------------------------------------ */

static void link_made(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == 0)
        entry->made = true;
    if (cp_entry_failed_dst(cp, entry, CP_SYMLINK, res))
        return;
    struct timespec times[2];
    cp_times_of(&entry->stat, times);
    if (utimensat(entry->dir->dst_fd, cp_made_name(entry), times, AT_SYMLINK_NOFOLLOW) < 0)
        cp_fail(cp, cp_dir_dst_shown(cp, entry->dir, entry->dst_name), CP_DRESS, -errno);
    cp_publish(cp, entry);
}

static void link_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (cp_entry_failed(cp, entry, CP_STAT, res))
        return;
    /* In the entry's buffer, since the kernel reads it when the SQE is submitted. */
    char *text = entry->own.buf;
    ssize_t bytes = readlinkat(entry->dir->src_fd, entry->src_name, text, PATH_MAX);
    int err = bytes < 0 ? -errno : bytes == PATH_MAX ? -ENAMETOOLONG : 0;
    if (cp_entry_failed(cp, entry, CP_READLINK, err))
        return;
    text[bytes] = '\0';
    if (!entry->dir->hidden)
        cp_temp_name(cp, entry->temp, entry->dst_name);
    cp_symlinkat(cp, &entry->task, link_made, text, entry->dir->dst_fd, cp_made_name(entry));
}

static void start_link(struct cp *cp, struct cp_entry *entry)
{
    cp_statx(cp, &entry->task, link_stated, entry->dir->src_fd, entry->src_name,
             AT_SYMLINK_NOFOLLOW, &entry->stat);
}

/* --- what is it? --------------------------------------------------------- */

static void start_special(struct cp *cp, struct cp_entry *entry)
{
    enum cp_what what = entry->type == DT_FIFO   ? CP_SKIP_FIFO
                       : entry->type == DT_SOCK ? CP_SKIP_SOCKET
                       : entry->type == DT_CHR || entry->type == DT_BLK ? CP_SKIP_DEVICE
                                                                        : CP_SKIP_UNKNOWN;
    cp_entry_fail(cp, entry, what, 0);
}

static void start_known(struct cp *cp, struct cp_entry *entry)
{
    if (entry->type == DT_DIR)
        start_dir(cp, entry);
    else if (cp->comparing)
        cp_compare_entry(cp, entry);
    else if (entry->type == DT_REG)
        cp_file_start(cp, entry);
    else if (entry->type == DT_LNK)
        start_link(cp, entry);
    else
        start_special(cp, entry);
}

/* Only for what is named on the command line; below, a directory is never its own copy. */
static void other_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == -ENOENT)
        res = 0;
    else if (res == 0 && cp_same_file(&entry->stat, &entry->other))
        res = -EEXIST;
    if (res == -EEXIST && !cp->stopped)
        cp_entry_fail(cp, entry, CP_SAME_FILE, 0);
    else if (!cp_entry_failed_dst(cp, entry, CP_STAT, res))
        start_known(cp, entry);
}

static void stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (cp_entry_failed(cp, entry, CP_STAT, res))
        return;
    entry->type = IFTODT(entry->stat.stx_mode);
    bool look = !entry->dir->parent && !cp->comparing && entry->type != DT_DIR;
    if (look)
        cp_statx(cp, task, other_stated, entry->dir->dst_fd, entry->dst_name,
                 AT_SYMLINK_NOFOLLOW, &entry->other);
    else
        start_known(cp, entry);
}

void cp_entry_start(struct cp *cp, struct cp_entry *entry)
{
    if (entry->type == DT_UNKNOWN)
        cp_statx(cp, &entry->task, stated, entry->dir->src_fd, entry->src_name,
                 entry->follow ? 0 : AT_SYMLINK_NOFOLLOW, &entry->stat);
    else
        start_known(cp, entry);
}
