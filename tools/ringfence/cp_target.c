/* SPDX-License-Identifier: MIT */
/*
 * cp_target.c - where DST is, and what each SRC is to be called there.
 *
 * The base is the directory that takes the sources: DST itself if it is a
 * directory, else the one that DST is to be in. It is held open with O_PATH, so
 * that it need not be readable.
 */
#include "cp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The last part of a path, malloc()ed: "b" of "a/b//". "." for "/" and for what ends in "..". */
static char *last_part(const char *path)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    size_t bytes = end - start;
    if (bytes == 0 || (bytes == 2 && memcmp(path + start, "..", 2) == 0))
        return cp_must(strdup("."));
    return cp_must(strndup(path + start, bytes));
}

/* The path without its last part, malloc()ed: "a" of "a/b//", "." of "b". */
static char *without_last_part(const char *path)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    while (end > 1 && path[end - 1] == '/')
        end--;
    return end == 0 ? cp_must(strdup(".")) : cp_must(strndup(path, end));
}

static int by_name(const void *a, const void *b)
{
    const struct cp_source *const *x = a, *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);
    return order ? order : (*x > *y) - (*x < *y);
}

/* Two sources of one name would overwrite each other: the first one gets it. */
static void find_clashes(struct cp *cp)
{
    size_t count = cp->sources_count;
    struct cp_source **sorted = cp_must(calloc(count, sizeof(*sorted)));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &cp->sources[i];
    qsort(sorted, count, sizeof(*sorted), by_name);
    for (size_t i = 1; i < count; i++)
        sorted[i]->clash = strcmp(sorted[i]->name, sorted[i - 1]->name) == 0 &&
                           strcmp(sorted[i]->name, ".") != 0;
    free(sorted);
}

static void name_sources(struct cp *cp, char **paths, size_t count, const char *only_name)
{
    cp->sources = cp_must(calloc(count, sizeof *cp->sources));
    cp->sources_count = count;
    for (size_t i = 0; i < count; i++) {
        cp->sources[i].path = paths[i];
        cp->sources[i].name = only_name ? cp_must(strdup(only_name)) : last_part(paths[i]);
    }
    find_clashes(cp);
}

static int stat_now(struct cp *cp, const char *path, unsigned flags, struct statx *stat)
{
    struct cp_wait wait = {.over = false};
    cp_statx(cp, &wait.task, cp_store, AT_FDCWD, path, flags, stat);
    return cp_wait(cp, &wait);
}

static bool refuse(struct cp *cp, const char *path, enum cp_what what, int error)
{
    cp_fail(cp, cp_must(strdup(path)), what, error);
    return false;
}

/*
 * The base and every directory above it: a source among them would be copied
 * into itself. Plain calls: this is a handful of directories, once.
 */
static void remember_guard(struct cp *cp, int base_fd)
{
    struct stat stat;
    int fd = dup(base_fd);
    while (fd >= 0 && fstat(fd, &stat) == 0) {
        size_t n = cp->guard_count;
        if (n > 0 && cp->guard[n - 1].dev == stat.st_dev && cp->guard[n - 1].ino == stat.st_ino)
            break; /* the root is its own parent */
        cp->guard = cp_must(realloc(cp->guard, (n + 1) * sizeof *cp->guard));
        cp->guard[n] = (struct cp_identity){stat.st_dev, stat.st_ino};
        cp->guard_count++;
        int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = up;
    }
    if (fd >= 0)
        close(fd);
}

bool cp_guarded(const struct cp *cp, const struct statx *stat)
{
    dev_t dev = makedev(stat->stx_dev_major, stat->stx_dev_minor);
    for (size_t i = 0; i < cp->guard_count; i++)
        if (cp->guard[i].dev == dev && cp->guard[i].ino == stat->stx_ino)
            return true;
    return false;
}

bool cp_lies_below(int src_fd, const struct statx *stat)
{
    dev_t dev = makedev(stat->stx_dev_major, stat->stx_dev_minor);
    struct cp_identity last = {0, 0};
    struct stat here;
    bool below = false;
    int fd = openat(src_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && !below && fstat(fd, &here) == 0) {
        below = here.st_dev == dev && here.st_ino == stat->stx_ino;
        if (here.st_dev == last.dev && here.st_ino == last.ino)
            break;
        last = (struct cp_identity){here.st_dev, here.st_ino};
        int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        close(fd);
        fd = up;
    }
    if (fd >= 0)
        close(fd);
    return below;
}

static bool open_base(struct cp *cp, const char *path)
{
    struct cp_wait wait = {.over = false};
    cp_openat(cp, &wait.task, cp_store, AT_FDCWD, path, O_PATH | O_DIRECTORY, 0);
    int fd = cp_wait(cp, &wait);
    if (fd < 0)
        return refuse(cp, path, CP_OPEN, fd);
    cp->base_path = cp_must(strdup(path));
    cp->base->dst_fd = fd;
    cp->base->acl = getxattr(path, "system.posix_acl_default", NULL, 0) > 0;
    remember_guard(cp, fd);
    return true;
}

/* DST as a symbolic link to something that is no directory: what it points to is replaced. */
static char *follow(struct cp *cp, const char *path)
{
    struct statx stat;
    if (stat_now(cp, path, AT_SYMLINK_NOFOLLOW, &stat) < 0 || !S_ISLNK(stat.stx_mode))
        return cp_must(strdup(path));
    char *real = realpath(path, NULL);
    if (!real)
        refuse(cp, path, CP_DANGLING, -errno);
    return real;
}

static bool find_parent(struct cp *cp, const char *dst, char **paths, bool exists)
{
    size_t bytes = strlen(dst);
    struct statx stat;
    if (bytes > 0 && dst[bytes - 1] == '/' && !exists &&
        (stat_now(cp, paths[0], 0, &stat) < 0 || !S_ISDIR(stat.stx_mode)))
        return refuse(cp, dst, CP_CREATE, -ENOTDIR);
    char *path = follow(cp, dst);
    if (!path)
        return false;
    char *parent = without_last_part(path), *name = last_part(path);
    bool found = open_base(cp, parent);
    if (found)
        name_sources(cp, paths, 1, name);
    free(path);
    free(parent);
    free(name);
    return found;
}

bool cp_target_find(struct cp *cp, char **paths, size_t count)
{
    const char *dst = paths[--count];
    struct statx stat;
    int err = stat_now(cp, dst, 0, &stat);
    bool is_dir = err == 0 && S_ISDIR(stat.stx_mode);
    if (err && err != -ENOENT)
        return refuse(cp, dst, CP_STAT, err);
    cp->base_is_dst = is_dir && !cp->options.no_target_dir;
    if (!cp->base_is_dst) {
        if (count > 1)
            return refuse(cp, dst, CP_NEED_DIR, err ? err : -ENOTDIR);
        return find_parent(cp, dst, paths, err == 0);
    }
    if (!open_base(cp, dst))
        return false;
    name_sources(cp, paths, count, NULL);
    return true;
}

void cp_target_free(struct cp *cp)
{
    for (size_t i = 0; i < cp->sources_count; i++)
        free(cp->sources[i].name);
    free(cp->sources);
    free(cp->guard);
    free(cp->base_path);
    cp->sources = NULL;
    cp->guard = NULL;
    cp->base_path = NULL;
    cp->sources_count = cp->guard_count = 0;
}
