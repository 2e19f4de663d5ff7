/* SPDX-License-Identifier: MIT */
/*
 * cp_dir.c - directories: opened, later finished.
 *
 * A directory that is not there yet is made under a temporary name and gets its own
 * when everything in it is complete: one rename for a whole tree, below which files
 * and directories are made under their final names at once. One that was there
 * before is added to; what is new in it is made under temporary names.
 *
 *   open      source, statx, destination; then it hands out entries
 *   settled   no entry is left in work: mode and times are set if nothing can
 *             spoil them any more, and both descriptors are closed. Those of a root,
 *             which paths of directories below start from, stay open
 *   finished  all directories below are: mode and times if not set yet, final name
 */
#include "cp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

/* --- names --------------------------------------------------------------- */

static char *join(const char *path, const char *name)
{
    size_t bytes = strlen(path);
    const char *slash = bytes == 0 || path[bytes - 1] == '/' ? "" : "/";
    char *joined = cp_must(malloc(bytes + strlen(name) + 2));
    strcpy(joined, path);
    strcpy(joined + bytes, slash);
    strcpy(joined + bytes + strlen(slash), name);
    return joined;
}

/* The same, but frees @path; @name may be NULL. */
static char *joined_to(char *path, const char *name)
{
    if (!name || !*name)
        return path;
    char *joined = join(path, name);
    free(path);
    return joined;
}

static bool is_root(const struct cp_dir *dir)
{
    return dir->root == dir;
}

/* The path of a new directory, below the root it belongs to; a root's own begins at the base. */
static char *child_path(const struct cp_dir *parent, const char *parent_path, const char *name)
{
    return join(!parent->parent || is_root(parent) ? "" : parent_path, name);
}

char *cp_dir_src_shown(const struct cp *cp, const struct cp_dir *dir, const char *name)
{
    (void)cp;
    if (!dir->parent)
        return cp_must(strdup(name));
    char *path = cp_must(strdup(dir->root->src_path));
    if (!is_root(dir))
        path = joined_to(path, dir->src_path);
    return joined_to(path, name);
}

char *cp_dir_dst_shown(const struct cp *cp, const struct cp_dir *dir, const char *name)
{
    char *path = cp_must(strdup(strcmp(cp->base_path, ".") == 0 ? "" : cp->base_path));
    if (!dir->parent)
        return joined_to(path, name);
    const struct cp_dir *root = dir->root;
    path = joined_to(path, root->final_path ? root->final_path : root->dst_path);
    if (!is_root(dir))
        path = joined_to(path, dir->src_path); /* below the root both sides have the same names */
    return joined_to(path, name);
}

/*
 * Below the base, with every directory under the name that it has at this moment:
 * dst_path holds temporary names that may be gone.
 */
char *cp_dir_dst_now(const struct cp_dir *dir, const char *name)
{
    char *path = cp_must(strdup(name));
    for (; dir->parent; dir = dir->parent) {
        const char *slash = strrchr(dir->dst_path, '/');
        char *longer = join(slash ? slash + 1 : dir->dst_path, path);
        free(path);
        path = longer;
    }
    return path;
}

int cp_dir_dst_base(const struct cp *cp, const struct cp_dir *dir)
{
    return is_root(dir) ? cp->base->dst_fd : dir->root->dst_fd;
}

/* --- life ---------------------------------------------------------------- */

struct cp_dir *cp_dir_new(struct cp_dir *parent, const char *src_name, const char *dst_name,
                          const char *final_name)
{
    struct cp_dir *dir = cp_must(calloc(1, sizeof *dir));
    dir->parent = parent;
    dir->root = parent->parent ? parent->root : dir;
    dir->src_path = child_path(parent, parent->src_path, src_name);
    dir->dst_path = child_path(parent, parent->dst_path, dst_name);
    if (final_name)
        dir->final_path = child_path(parent, parent->dst_path, final_name);
    dir->src_fd = dir->dst_fd = -1;
    dir->refs = 1;
    dir->acl = parent->acl;
    parent->refs++;
    parent->children++;
    return dir;
}

void cp_dir_unref(struct cp_dir *dir)
{
    while (dir->parent && --dir->refs == 0) {
        struct cp_dir *parent = dir->parent;
        free(dir->src_path);
        free(dir->dst_path);
        free(dir->final_path);
        free(dir->dents);
        free(dir);
        dir = parent;
    }
}

static struct cp_dir *dir_of(struct cp_task *task)
{
    return (struct cp_dir *)task;
}

/* --- finish -------------------------------------------------------------- */

/* Nothing is left to do about it. */
static void end(struct cp *cp, struct cp_dir *dir)
{
    struct cp_dir *parent = dir->parent;
    if (!dir->failed && (!cp->comparing || !cp->stopped))
        (cp->comparing ? &cp->verified : &cp->counts)->dirs++;
    parent->children--;
    cp_dir_settle(cp, parent);
    cp_dir_unref(dir);
}

/* It cannot have its name, and is too much to throw away. */
static void tell_temporary(struct cp *cp, const struct cp_dir *dir)
{
    char *path = cp_dir_dst_now(dir, "");
    char *shown = join(cp->base_path, path);
    cp_note(cp, shown, "the copy stays here");
    free(shown);
    free(path);
}

static void rename_dir(struct cp *cp, struct cp_dir *dir);

static void renamed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    if (cp_was_cut_short(cp, task, res) || (res == -EINVAL && dir->rename_flags)) {
        if (res == -EINVAL)
            dir->rename_flags = 0; /* a file system without RENAME_NOREPLACE */
        rename_dir(cp, dir);
        return;
    }
    if (res < 0) {
        cp_fail(cp, cp_dir_dst_shown(cp, dir, NULL), CP_RENAME, res);
        tell_temporary(cp, dir);
        dir->failed = true;
    } else {
        free(dir->dst_path);
        dir->dst_path = dir->final_path;
        dir->final_path = NULL;
    }
    end(cp, dir);
}

static void rename_dir(struct cp *cp, struct cp_dir *dir)
{
    cp_renameat(cp, &dir->task, renamed, cp_dir_dst_base(cp, dir), dir->dst_path,
                dir->final_path, dir->rename_flags);
}

static void finish_name(struct cp *cp, struct cp_dir *dir)
{
    dir->rename_flags = RENAME_NOREPLACE;
    if (dir->final_path && !dir->failed)
        rename_dir(cp, dir);
    else
        end(cp, dir);
}

static void finish_closed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    (void)res;
    if (--dir->closing > 0)
        return;
    dir->src_fd = dir->dst_fd = -1;
    if (is_root(dir))
        cp->roots_open--;
    finish_name(cp, dir);
}

static void dress(struct cp *cp, struct cp_dir *dir)
{
    int err = cp_dress(dir->dst_fd, &dir->stat, true);
    if (err)
        cp_fail(cp, cp_dir_dst_shown(cp, dir, NULL), CP_DRESS, err);
    dir->dressed = true;
}

static void close_both(struct cp *cp, struct cp_dir *dir, cp_step *step)
{
    dir->closing = (dir->src_fd >= 0) + (dir->dst_fd >= 0);
    if (dir->src_fd >= 0)
        cp_close(cp, &dir->task, step, dir->src_fd);
    if (dir->dst_fd >= 0)
        cp_close(cp, &dir->task, step, dir->dst_fd);
}

static void finish_dress(struct cp *cp, struct cp_dir *dir)
{
    if (!cp->comparing && !dir->dressed && !dir->failed && dir->dst_fd >= 0)
        dress(cp, dir);
    if (dir->src_fd >= 0 || dir->dst_fd >= 0)
        close_both(cp, dir, finish_closed);
    else
        finish_name(cp, dir);
}

static void reopened(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    if (cp_was_cut_short(cp, task, res)) {
        cp_open_below(cp, task, reopened, dir->root->dst_fd, dir->dst_path);
        return;
    }
    if (res >= 0) {
        dir->dst_fd = res;
    } else {
        cp_fail(cp, cp_dir_dst_shown(cp, dir, NULL), CP_DRESS, res);
        dir->dressed = true;
    }
    finish_dress(cp, dir);
}

static void finish(struct cp *cp, struct cp_dir *dir)
{
    bool undressed = !cp->comparing && !dir->dressed && !dir->failed;
    if (undressed && dir->dst_fd < 0)
        cp_open_below(cp, &dir->task, reopened, dir->root->dst_fd, dir->dst_path);
    else
        finish_dress(cp, dir);
}

static void settled_closed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    (void)res;
    if (--dir->closing > 0)
        return;
    dir->src_fd = dir->dst_fd = -1;
    cp->dirs_open--;
    if (dir->children == 0)
        finish(cp, dir);
}

/*
 * Can mode and times be set already? Not where things below are still renamed, nor if
 * the mode would keep us out.
 */
static bool may_dress(const struct cp *cp, const struct cp_dir *dir)
{
    return !cp->comparing && dir->hidden && !dir->dressed && (dir->stat.stx_mode & 0700) == 0700;
}

void cp_dir_settle(struct cp *cp, struct cp_dir *dir)
{
    if (!dir->scanned || dir->entries > 0 || dir->closing > 0)
        return;
    if (!dir->parent) {
        cp->walking = dir->children > 0;
        return;
    }
    if (!is_root(dir) && dir->src_fd >= 0) {
        if (may_dress(cp, dir))
            dress(cp, dir);
        close_both(cp, dir, settled_closed);
    } else if (dir->children == 0) {
        finish(cp, dir);
    }
}

/* --- not to be ----------------------------------------------------------- */

static void removed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    if (cp_was_cut_short(cp, task, res))
        cp_unlinkat(cp, task, removed, cp_dir_dst_base(cp, dir), dir->dst_path, AT_REMOVEDIR);
    else
        end(cp, dir);
}

static void remove_made(struct cp *cp, struct cp_dir *dir)
{
    if (!cp->comparing && !dir->existed)
        cp_unlinkat(cp, &dir->task, removed, cp_dir_dst_base(cp, dir), dir->dst_path,
                    AT_REMOVEDIR);
    else
        end(cp, dir);
}

void cp_dir_give_up(struct cp *cp, struct cp_dir *dir)
{
    dir->failed = true;
    remove_made(cp, dir);
}

static void given_up_closed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    (void)res;
    if (--dir->closing > 0)
        return;
    *(is_root(dir) ? &cp->roots_open : &cp->dirs_open) -= 1;
    remove_made(cp, dir);
}

/* While it is being opened. */
static void give_up_open(struct cp *cp, struct cp_dir *dir)
{
    dir->failed = true;
    close_both(cp, dir, given_up_closed);
    if (dir->closing == 0) {
        dir->closing = 1;
        given_up_closed(cp, &dir->task, 0);
    }
}

static bool open_failed(struct cp *cp, struct cp_dir *dir, bool dst, int res)
{
    if (res >= 0 && !cp->stopped)
        return false;
    if (cp->stopped) {
        /* Silently. */
    } else if (dst && cp->comparing) {
        cp_differ(cp, dir, NULL, "missing", "cannot be opened as a directory: %s",
                  strerror(-res));
    } else {
        cp_fail(cp, (dst ? cp_dir_dst_shown : cp_dir_src_shown)(cp, dir, NULL), CP_OPEN, res);
    }
    give_up_open(cp, dir);
    return true;
}

/* --- open ---------------------------------------------------------------- */

static void activate(struct cp *cp, struct cp_dir *dir)
{
    if (!cp->comparing && (dir->existed || is_root(dir)))
        dir->acl = fgetxattr(dir->dst_fd, "system.posix_acl_default", NULL, 0) > 0;
    cp_feed_activate(cp, dir);
}

static void refuse(struct cp *cp, struct cp_dir *dir, enum cp_what why)
{
    cp_fail(cp, cp_dir_src_shown(cp, dir, NULL), why, 0);
    give_up_open(cp, dir);
}

static void dst_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    if (open_failed(cp, dir, true, res))
        return;
    if (cp->comparing) {
        cp_compare_stat(cp, dir, NULL, &dir->stat, &dir->other);
        activate(cp, dir);
    } else if (cp_same_file(&dir->stat, &dir->other)) {
        refuse(cp, dir, CP_SAME_DIR);
    } else if (is_root(dir) && cp_lies_below(dir->src_fd, &dir->other)) {
        refuse(cp, dir, CP_ONTO_ABOVE);
    } else {
        activate(cp, dir);
    }
}

static void dst_opened(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    if (res >= 0)
        dir->dst_fd = res;
    if (open_failed(cp, dir, true, res))
        return;
    if (dir->existed || cp->comparing)
        cp_statx(cp, task, dst_stated, dir->dst_fd, "", AT_EMPTY_PATH, &dir->other);
    else
        activate(cp, dir);
}

static void src_stated(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    if (open_failed(cp, dir, false, res))
        return;
    if (!cp->comparing && cp_guarded(cp, &dir->stat))
        refuse(cp, dir, CP_INTO_ITSELF);
    else if (is_root(dir))
        cp_openat(cp, task, dst_opened, cp->base->dst_fd, dir->dst_path,
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    else
        cp_open_below(cp, task, dst_opened, dir->root->dst_fd, dir->dst_path);
}

static void src_opened(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_dir *dir = dir_of(task);
    if (res >= 0)
        dir->src_fd = res;
    if (!open_failed(cp, dir, false, res))
        cp_statx(cp, task, src_stated, dir->src_fd, "", AT_EMPTY_PATH, &dir->stat);
}

void cp_dir_open(struct cp *cp, struct cp_dir *dir)
{
    if (is_root(dir))
        cp_openat(cp, &dir->task, src_opened, AT_FDCWD, dir->src_path,
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
    else
        cp_open_below(cp, &dir->task, src_opened, dir->root->src_fd, dir->src_path);
}
