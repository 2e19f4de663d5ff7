/* SPDX-License-Identifier: MIT */
/*
 * cp_file.c - regular files: open, statx, create, move the bytes, dress, close.
 *
 * How much is copied is what statx said right after the file was opened. What
 * is appended later is not copied. If the file ends before that, it shrank, and its
 * copy is given up; unless statx says the same as before, as in /sys, where the
 * size is no promise. A size of 0 means: up to the end, as in /proc.
 */
#include "cp.h"

#include <errno.h>
#include <unistd.h>

static struct cp_entry *entry_of(struct cp_task *task)
{
    return (struct cp_entry *)task;
}

bool cp_same_file(const struct statx *a, const struct statx *b)
{
    return a->stx_dev_major == b->stx_dev_major && a->stx_dev_minor == b->stx_dev_minor &&
           a->stx_ino == b->stx_ino;
}

/* --- mode and times ------------------------------------------------------ */

void cp_times_of(const struct statx *stat, struct timespec times[2])
{
    times[0] = (struct timespec){stat->stx_atime.tv_sec, stat->stx_atime.tv_nsec};
    times[1] = (struct timespec){stat->stx_mtime.tv_sec, stat->stx_mtime.tv_nsec};
}

/* A set-user-ID bit would hand out the rights of somebody else if the owner is not the same. */
static mode_t allowed_mode(int fd, const struct statx *stat)
{
    mode_t mode = stat->stx_mode & 07777;
    struct stat copy;
    if (!(mode & (S_ISUID | S_ISGID)))
        return mode;
    if (fstat(fd, &copy) < 0 || copy.st_uid != stat->stx_uid)
        mode &= ~(mode_t)S_ISUID;
    if (fstat(fd, &copy) < 0 || copy.st_gid != stat->stx_gid)
        mode &= ~(mode_t)S_ISGID;
    return mode;
}

int cp_dress(int fd, const struct statx *stat, bool set_mode)
{
    struct timespec times[2];
    cp_times_of(stat, times);
    if (set_mode && fchmod(fd, allowed_mode(fd, stat)) < 0)
        return -errno;
    return futimens(fd, times) < 0 ? -errno : 0;
}

/* --- after the bytes ----------------------------------------------------- */

static void file_closed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res < 0 && res != -ECANCELED)
        entry->error = res;
    if (--entry->closing > 0)
        return;
    entry->src_fd = entry->dst_fd = -1;
    if (!cp_entry_failed_dst(cp, entry, CP_CLOSE, entry->error))
        cp_publish(cp, entry);
}

static void close_file(struct cp *cp, struct cp_entry *entry)
{
    entry->closing = 2;
    cp_close(cp, &entry->task, file_closed, entry->dst_fd);
    cp_close(cp, &entry->task, file_closed, entry->src_fd);
}

static void file_synced(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (!cp_entry_failed_dst(cp, entry, CP_SYNC, res))
        close_file(cp, entry);
}

static void dress_file(struct cp *cp, struct cp_entry *entry)
{
    if (entry->must_trim && ftruncate(entry->dst_fd, (off_t)entry->size) < 0) {
        cp_entry_fail_dst(cp, entry, CP_WRITE, -errno);
        return;
    }
    /* open() took the plain bits; it is the special ones, and ACLs, that need more. */
    bool set_mode = entry->dir->acl || entry->stat.stx_mode & 07000;
    int err = cp_dress(entry->dst_fd, &entry->stat, set_mode);
    if (err)
        cp_fail(cp, cp_dir_dst_shown(cp, entry->dir, entry->dst_name), CP_DRESS, err);
    if (cp->options.fsync)
        cp_fsync(cp, &entry->task, file_synced, entry->dst_fd);
    else
        close_file(cp, entry);
}

static void stated_again(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (cp_entry_failed(cp, entry, CP_STAT, res))
        return;
    bool shrank = entry->other.stx_size < entry->size || entry->reach > entry->eof_at;
    if (shrank) {
        cp_entry_fail(cp, entry, CP_SHRUNK, 0);
        return;
    }
    entry->size = entry->eof_at;
    entry->must_trim = true;
    dress_file(cp, entry);
}

void cp_file_moved(struct cp *cp, struct cp_entry *entry)
{
    if (entry->error && entry->error_what == CP_READ) {
        (void)cp_entry_failed(cp, entry, CP_READ, entry->error);
        return;
    }
    if (cp_entry_failed_dst(cp, entry, entry->error_what, entry->error))
        return;
    if (entry->size == 0)
        entry->size = entry->reach;
    /* Where only data is read, a hole at the end hides that the file has become shorter. */
    if (entry->sparse) {
        off_t end = lseek(entry->src_fd, 0, SEEK_END);
        if (end >= 0 && (uint64_t)end < entry->size)
            entry->eof_at = (uint64_t)end;
    }
    if (entry->size > 0 && entry->eof_at < entry->size)
        cp_statx(cp, &entry->task, stated_again, entry->src_fd, "", AT_EMPTY_PATH, &entry->other);
    else
        dress_file(cp, entry);
}

/* --- before the bytes ---------------------------------------------------- */

static void create(struct cp *cp, struct cp_entry *entry);

/* A file system that refuses O_DIRECT may do so after it has made the file. */
static void refused_removed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    entry->made = false;
    if (!cp_entry_failed_dst(cp, entry, CP_CREATE, res == -ENOENT ? 0 : res))
        create(cp, entry);
}

static void created(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == -EEXIST && *entry->temp) {
        create(cp, entry); /* somebody has that temporary name: take another */
        return;
    }
    if (res == -EINVAL && entry->direct_dst) {
        entry->direct_dst = false;
        entry->made = true;
        cp_data_direct_refused(cp, entry);
        cp_unlinkat(cp, task, refused_removed, entry->dir->dst_fd, cp_made_name(entry), 0);
        return;
    }
    if (res >= 0)
        entry->dst_fd = res;
    /* When it was cut short nobody knows: look, and remove it. */
    entry->made = res >= 0 || cp_was_cut_short(cp, task, res);
    if (!cp_entry_failed_dst(cp, entry, CP_CREATE, res))
        cp_data_start(cp, entry, entry->stat.stx_size);
}

static void create(struct cp *cp, struct cp_entry *entry)
{
    unsigned flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    if (entry->direct_dst)
        flags |= O_DIRECT;
    if (!entry->dir->hidden)
        cp_temp_name(cp, entry->temp, entry->dst_name);
    cp_openat(cp, &entry->task, created, entry->dir->dst_fd, cp_made_name(entry), flags,
              entry->stat.stx_mode & 0777);
}

void cp_file_copy(struct cp *cp, struct cp_entry *entry)
{
    entry->direct_dst = cp->options.direct;
    create(cp, entry);
}

static void stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (cp_entry_failed(cp, entry, CP_STAT, res))
        return;
    if (!S_ISREG(entry->stat.stx_mode)) {
        cp_entry_fail(cp, entry, CP_CHANGED, 0);
        return;
    }
    if (entry->stat.stx_nlink > 1 && cp->options.recursive && cp_link_instead(cp, entry))
        return;
    cp_file_copy(cp, entry);
}

static void open_source(struct cp *cp, struct cp_entry *entry);

static void opened(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == -EINVAL && entry->direct_src) {
        entry->direct_src = false;
        cp_data_direct_refused(cp, entry);
        open_source(cp, entry);
        return;
    }
    if (res >= 0)
        entry->src_fd = res;
    if (!cp_entry_failed(cp, entry, CP_OPEN, res))
        cp_statx(cp, task, stated, entry->src_fd, "", AT_EMPTY_PATH, &entry->stat);
}

static void open_source(struct cp *cp, struct cp_entry *entry)
{
    /* O_NONBLOCK: if it has become a FIFO, opening it must not wait for a writer. */
    unsigned flags = O_RDONLY | O_NONBLOCK;
    if (!entry->follow)
        flags |= O_NOFOLLOW;
    if (entry->direct_src)
        flags |= O_DIRECT;
    cp_openat(cp, &entry->task, opened, entry->dir->src_fd, entry->src_name, flags, 0);
}

void cp_file_start(struct cp *cp, struct cp_entry *entry)
{
    entry->direct_src = cp->options.direct;
    open_source(cp, entry);
}
