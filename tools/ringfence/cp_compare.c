/* SPDX-License-Identifier: MIT */
/*
 * cp_compare.c - --verify and --compare: is what is in the sources in the destination too?
 *
 * The same walk as for copying. Of regular files both sides are read through the
 * ring and compared byte by byte, with mode and time of the last change; of symbolic
 * links the target; of devices the number; of the rest the type. Access times are not compared,
 * reading changes them. What the destination has besides is none of our business.
 */
#include "cp.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static struct cp_entry *entry_of(struct cp_task *task)
{
    return (struct cp_entry *)task;
}

/* --- what stat tells ----------------------------------------------------- */

static const char *type_name(unsigned mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return "a regular file";
    case S_IFDIR:
        return "a directory";
    case S_IFLNK:
        return "a symbolic link";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    default:
        return "something unknown";
    }
}

void cp_compare_stat(struct cp *cp, const struct cp_dir *dir, const struct cp_entry *entry,
                     const struct statx *src, const struct statx *dst)
{
    unsigned a = src->stx_mode & 07777, b = dst->stx_mode & 07777;
    /* These two are only kept where the owner is the same: cp_dress(). */
    if (src->stx_uid != dst->stx_uid)
        a &= ~(unsigned)S_ISUID, b &= ~(unsigned)S_ISUID;
    if (src->stx_gid != dst->stx_gid)
        a &= ~(unsigned)S_ISGID, b &= ~(unsigned)S_ISGID;
    if (a != b && !S_ISLNK(src->stx_mode))
        cp_differ(cp, dir, entry, "mode", "mode is %04o, not %04o", b, a);
    if (src->stx_mtime.tv_sec != dst->stx_mtime.tv_sec ||
        src->stx_mtime.tv_nsec != dst->stx_mtime.tv_nsec)
        cp_differ(cp, dir, entry, "mtime",
                  "time of last change is %lld.%09u, not %lld.%09u",
                  (long long)dst->stx_mtime.tv_sec, dst->stx_mtime.tv_nsec,
                  (long long)src->stx_mtime.tv_sec, src->stx_mtime.tv_nsec);
}

static void differ(struct cp *cp, struct cp_entry *entry, const char *what, const char *text)
{
    cp_differ(cp, entry->dir, entry, what, "%s", text);
}

/* Is there a destination of the same type? If not, the entry is done with. */
static bool has_counterpart(struct cp *cp, struct cp_entry *entry, int res)
{
    if (cp->stopped) {
        cp_entry_drop(cp, entry);
        return false;
    }
    unsigned a = entry->stat.stx_mode, b = entry->other.stx_mode;
    if (res == -ENOENT || res == -ENOTDIR) {
        differ(cp, entry, "missing", "missing");
    } else if (res < 0) {
        differ(cp, entry, "unreadable", strerror(-res));
    } else if ((a & S_IFMT) != (b & S_IFMT)) {
        cp_differ(cp, entry->dir, entry, "type",
                  "is %s, not %s", type_name(b), type_name(a));
    } else {
        return true;
    }
    cp_entry_drop(cp, entry);
    return false;
}

/* --- symbolic links and special files ------------------------------------ */

static void compare_targets(struct cp *cp, struct cp_entry *entry)
{
    static char a[PATH_MAX], b[PATH_MAX];
    ssize_t x = readlinkat(entry->dir->src_fd, entry->src_name, a, sizeof a);
    ssize_t y = readlinkat(entry->dir->dst_fd, entry->dst_name, b, sizeof b);
    if (x < 0 || x != y || memcmp(a, b, (size_t)x) != 0)
        differ(cp, entry, "target", "points to something else");
}

static void other_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (!has_counterpart(cp, entry, res))
        return;
    unsigned mode = entry->stat.stx_mode;
    if (S_ISLNK(mode)) {
        compare_targets(cp, entry);
        cp->verified.symlinks++;
    } else if ((S_ISCHR(mode) || S_ISBLK(mode)) &&
               (entry->stat.stx_rdev_major != entry->other.stx_rdev_major ||
                entry->stat.stx_rdev_minor != entry->other.stx_rdev_minor)) {
        differ(cp, entry, "device", "is another device");
    }
    cp_compare_stat(cp, entry->dir, entry, &entry->stat, &entry->other);
    cp_entry_end(cp, entry);
}

static void stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (!cp_entry_failed(cp, entry, CP_STAT, res))
        cp_statx(cp, task, other_stated, entry->dir->dst_fd, entry->dst_name,
                 AT_SYMLINK_NOFOLLOW, &entry->other);
}

/* --- the bytes of regular files ------------------------------------------ */

static void compared_closed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    (void)res;
    if (--entry->closing == 0)
        cp_entry_end(cp, entry);
}

void cp_compare_moved(struct cp *cp, struct cp_entry *entry)
{
    if (entry->error == 0 && !cp->stopped) {
        if (entry->differs_at != UINT64_MAX)
            cp_differ(cp, entry->dir, entry, "content",
                      "content differs at byte %llu", (unsigned long long)entry->differs_at);
        cp_compare_stat(cp, entry->dir, entry, &entry->stat, &entry->other);
        cp->verified.files++;
        cp->verified.bytes += entry->moved;
    } else if (!cp->stopped && entry->error_what == CP_READ) {
        cp_fail(cp, cp_dir_src_shown(cp, entry->dir, entry->src_name), CP_READ, entry->error);
    } else if (!cp->stopped) {
        differ(cp, entry, "unreadable", strerror(-entry->error));
    }
    cp->seen_files++;
    entry->closing = 2;
    cp_close(cp, &entry->task, compared_closed, entry->src_fd);
    cp_close(cp, &entry->task, compared_closed, entry->dst_fd);
}

static void compare_bytes(struct cp *cp, struct cp_piece *piece)
{
    struct cp_entry *entry = piece->entry;
    const char *a = piece->buf, *b = piece->buf + piece->room / 2;
    uint32_t bytes = piece->got < piece->done ? piece->got : piece->done;
    uint32_t i = 0;
    if (piece->got != piece->done || memcmp(a, b, bytes) != 0) {
        while (i < bytes && a[i] == b[i])
            i++;
        if (piece->offset + i < entry->differs_at)
            entry->differs_at = piece->offset + i;
    }
    if (piece->got < piece->want && piece->offset + piece->got < entry->eof_at)
        entry->eof_at = piece->offset + piece->got;
    entry->moved += bytes;
    cp->seen_bytes += bytes;
    cp_data_piece_done(cp, piece);
}

static struct cp_piece *piece_of(struct cp_task *task)
{
    return (struct cp_piece *)task;
}

static void bytes_read(struct cp *cp, struct cp_task *task, int res);

/* The source goes to the first half of the buffer, the destination to the second. */
static void read_on(struct cp *cp, struct cp_piece *piece)
{
    struct cp_entry *entry = piece->entry;
    char *buf = piece->other_side ? piece->buf + piece->room / 2 : piece->buf;
    int fd = piece->other_side ? entry->dst_fd : entry->src_fd;
    cp_read(cp, &piece->task, bytes_read, fd, buf + piece->done,
            cp_data_aligned(cp, piece->want) - piece->done, piece->offset + piece->done);
}

static void bytes_read(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_piece *piece = piece_of(task);
    struct cp_entry *entry = piece->entry;
    int fd = piece->other_side ? entry->dst_fd : entry->src_fd;
    if (res < 0 && cp_data_again(cp, piece, fd, res)) {
        read_on(cp, piece);
        return;
    }
    if (res < 0 || cp->stopped) {
        cp_data_piece_failed(cp, piece, piece->other_side ? CP_OPEN : CP_READ, res);
        return;
    }
    piece->done += (uint32_t)res;
    if (res > 0 && piece->done < piece->want) {
        read_on(cp, piece);
        return;
    }
    if (piece->done > piece->want)
        piece->done = piece->want; /* O_DIRECT reads more than asked for, behind the size */
    if (piece->other_side) {
        compare_bytes(cp, piece);
        return;
    }
    piece->got = piece->done;
    piece->done = 0;
    piece->other_side = true;
    read_on(cp, piece);
}

void cp_compare_piece(struct cp *cp, struct cp_piece *piece)
{
    piece->other_side = false;
    read_on(cp, piece);
}

/* --- regular files, opened ----------------------------------------------- */

static void dst_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (!has_counterpart(cp, entry, res))
        return;
    entry->differs_at = UINT64_MAX;
    if (entry->stat.stx_size != entry->other.stx_size) {
        cp_differ(cp, entry->dir, entry, "size",
                  "size is %llu, not %llu", (unsigned long long)entry->other.stx_size,
                  (unsigned long long)entry->stat.stx_size);
        cp_compare_stat(cp, entry->dir, entry, &entry->stat, &entry->other);
        cp_entry_drop(cp, entry);
        return;
    }
    cp_data_start(cp, entry, entry->stat.stx_size);
}

static void unopened_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (!has_counterpart(cp, entry, res))
        return;
    differ(cp, entry, "unreadable", strerror(-entry->error));
    cp_entry_drop(cp, entry);
}

static void open_dst(struct cp *cp, struct cp_entry *entry, unsigned flags);

static void dst_opened(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == -EPERM && !entry->direct_noted) {
        entry->direct_noted = true; /* O_NOATIME is for the owner of the file */
        open_dst(cp, entry, 0);
        return;
    }
    if (res == -EINVAL && entry->direct_dst) {
        entry->direct_dst = false;
        open_dst(cp, entry, O_NOATIME);
        return;
    }
    if (res >= 0)
        entry->dst_fd = res;
    entry->error = res < 0 ? res : 0;
    if (res < 0) /* perhaps it is something else: statx tells */
        cp_statx(cp, task, unopened_stated, entry->dir->dst_fd, entry->dst_name,
                 AT_SYMLINK_NOFOLLOW, &entry->other);
    else
        cp_statx(cp, task, dst_stated, res, "", AT_EMPTY_PATH, &entry->other);
}

/* Without O_NOATIME verifying would move the access time that copying has set. */
static void open_dst(struct cp *cp, struct cp_entry *entry, unsigned flags)
{
    flags |= O_RDONLY | O_NONBLOCK | O_NOFOLLOW;
    if (entry->direct_dst)
        flags |= O_DIRECT;
    cp_openat(cp, &entry->task, dst_opened, entry->dir->dst_fd, entry->dst_name, flags, 0);
}

static void src_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (cp_entry_failed(cp, entry, CP_STAT, res))
        return;
    if (!S_ISREG(entry->stat.stx_mode)) {
        cp_entry_fail(cp, entry, CP_CHANGED, 0);
        return;
    }
    entry->direct_dst = cp->options.direct;
    open_dst(cp, entry, O_NOATIME);
}

static void open_src(struct cp *cp, struct cp_entry *entry);

static void src_opened(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == -EINVAL && entry->direct_src) {
        entry->direct_src = false;
        open_src(cp, entry);
        return;
    }
    if (res >= 0)
        entry->src_fd = res;
    if (!cp_entry_failed(cp, entry, CP_OPEN, res))
        cp_statx(cp, task, src_stated, res, "", AT_EMPTY_PATH, &entry->stat);
}

static void open_src(struct cp *cp, struct cp_entry *entry)
{
    unsigned flags = O_RDONLY | O_NONBLOCK;
    if (!entry->follow)
        flags |= O_NOFOLLOW;
    if (entry->direct_src)
        flags |= O_DIRECT;
    cp_openat(cp, &entry->task, src_opened, entry->dir->src_fd, entry->src_name, flags, 0);
}

void cp_compare_entry(struct cp *cp, struct cp_entry *entry)
{
    entry->direct_src = cp->options.direct;
    if (entry->type == DT_REG)
        open_src(cp, entry);
    else
        cp_statx(cp, &entry->task, stated, entry->dir->src_fd, entry->src_name,
                 AT_SYMLINK_NOFOLLOW, &entry->stat);
}
