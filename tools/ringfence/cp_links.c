/* SPDX-License-Identifier: MIT */
/*
 * cp_links.c - files with several names.
 *
 * The first name met is copied; the others wait for it in their entries, then
 * become links to the copy. That cannot lock up: who is waited for never waits.
 * Only the files with more than one name are remembered.
 */
#include "cp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINK_TRIES = 100 };

struct cp_inode {
    struct cp_inode *next;
    uint64_t ino;
    uint32_t dev_major, dev_minor;
    struct cp_entry *copier;  /* at work on it; NULL: done, or not begun */
    struct cp_entry *waiting; /* for that */
    struct cp_dir *dir;       /* where the copy is, NULL: there is none */
    char *name;
};

static struct cp_entry *entry_of(struct cp_task *task)
{
    return (struct cp_entry *)task;
}

/* --- the table ----------------------------------------------------------- */

static size_t bucket_of(const struct cp_inode *inode, size_t size)
{
    uint64_t mixed = (inode->ino ^ (uint64_t)inode->dev_minor << 32) * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> 32) & (size - 1);
}

static void grow(struct cp *cp)
{
    size_t size = cp->inodes_size ? cp->inodes_size * 2 : 256;
    struct cp_inode **inodes = cp_must(calloc(size, sizeof(*inodes)));
    for (size_t i = 0; i < cp->inodes_size; i++)
        for (struct cp_inode *inode = cp->inodes[i], *next; inode; inode = next) {
            next = inode->next;
            size_t bucket = bucket_of(inode, size);
            inode->next = inodes[bucket];
            inodes[bucket] = inode;
        }
    free(cp->inodes);
    cp->inodes = inodes;
    cp->inodes_size = size;
}

static struct cp_inode *find_or_add(struct cp *cp, const struct statx *stat)
{
    if (cp->inodes_count >= cp->inodes_size)
        grow(cp);
    struct cp_inode wanted = {
        .ino = stat->stx_ino, .dev_major = stat->stx_dev_major, .dev_minor = stat->stx_dev_minor};
    struct cp_inode **bucket = &cp->inodes[bucket_of(&wanted, cp->inodes_size)];
    for (struct cp_inode *inode = *bucket; inode; inode = inode->next)
        if (inode->ino == wanted.ino && inode->dev_major == wanted.dev_major &&
            inode->dev_minor == wanted.dev_minor)
            return inode;
    struct cp_inode *inode = cp_must(malloc(sizeof *inode));
    *inode = wanted;
    inode->next = *bucket;
    *bucket = inode;
    cp->inodes_count++;
    return inode;
}

void cp_links_free(struct cp *cp)
{
    for (size_t i = 0; i < cp->inodes_size; i++)
        for (struct cp_inode *inode = cp->inodes[i], *next; inode; inode = next) {
            next = inode->next;
            if (inode->dir)
                cp_dir_unref(inode->dir);
            free(inode->name);
            free(inode);
        }
    free(cp->inodes);
    cp->inodes = NULL;
    cp->inodes_size = cp->inodes_count = 0;
}

/* --- linking ------------------------------------------------------------- */

static void copy_after_all(struct cp *cp, struct cp_entry *entry);
static void make_link(struct cp *cp, struct cp_entry *entry);

static void src_closed(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    (void)res;
    entry->src_fd = -1;
    if (cp->stopped)
        cp_entry_drop(cp, entry);
    else
        cp_publish(cp, entry);
}

static void linked(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    free(entry->link_path);
    entry->link_path = NULL;
    /* Somebody has that temporary name. Or a directory above the copy is getting its own. */
    bool again = (res == -EEXIST && *entry->temp) || res == -ENOENT;
    if (again && entry->link_tries++ < LINK_TRIES && !cp->stopped) {
        make_link(cp, entry);
    } else if (res < 0 && !cp->stopped) {
        copy_after_all(cp, entry); /* another file system, too many links, a path too long */
    } else {
        entry->made = entry->made_link = res == 0;
        cp_close(cp, task, src_closed, entry->src_fd);
    }
}

static void make_link(struct cp *cp, struct cp_entry *entry)
{
    struct cp_inode *inode = entry->link_to;
    if (!entry->dir->hidden)
        cp_temp_name(cp, entry->temp, entry->dst_name);
    entry->link_path = cp_dir_dst_now(inode->dir, inode->name);
    cp_linkat(cp, &entry->task, linked, cp->base->dst_fd, entry->link_path, entry->dir->dst_fd,
              cp_made_name(entry));
}

static void copy_after_all(struct cp *cp, struct cp_entry *entry)
{
    entry->link_to = NULL;
    cp_file_copy(cp, entry);
}

bool cp_link_instead(struct cp *cp, struct cp_entry *entry)
{
    struct cp_inode *inode = find_or_add(cp, &entry->stat);
    if (inode->copier) {
        entry->link_to = inode;
        entry->next = inode->waiting;
        inode->waiting = entry;
        return true;
    }
    if (inode->dir) {
        entry->link_to = inode;
        make_link(cp, entry);
        return true;
    }
    inode->copier = entry;
    entry->inode = inode;
    return false;
}

void cp_link_settled(struct cp *cp, struct cp_entry *entry, bool copied)
{
    struct cp_inode *inode = entry->inode;
    entry->inode = NULL;
    inode->copier = NULL;
    if (copied) {
        inode->dir = entry->dir;
        inode->dir->refs++;
        inode->name = cp_must(strdup(entry->dst_name));
    }
    struct cp_entry *waiting = inode->waiting;
    inode->waiting = NULL;
    while (waiting) {
        struct cp_entry *next = waiting->next;
        if (cp->stopped)
            cp_entry_drop(cp, waiting);
        else if (!cp_link_instead(cp, waiting))
            cp_file_copy(cp, waiting); /* the first one tries, the others wait for it */
        waiting = next;
    }
}
