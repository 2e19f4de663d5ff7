/* SPDX-License-Identifier: MIT */
/*
 * cp_publish.c - a finished copy gets its name.
 *
 * Below a temporary directory names are final from the start. Elsewhere the
 * copy is renamed over what may be there, which is atomic; only a regular file or a
 * symbolic link is replaced so, and never a device or a FIFO.
 */
#include "cp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { TEMP_STEM = 100 };

/* Cut between characters: some file systems refuse half a UTF-8 sequence. */
static size_t stem_bytes(const char *name)
{
    size_t bytes = strlen(name);
    if (bytes <= TEMP_STEM)
        return bytes;
    bytes = TEMP_STEM;
    while (bytes > 0 && ((unsigned char)name[bytes] & 0xc0) == 0x80)
        bytes--;
    return bytes;
}

void cp_temp_name(struct cp *cp, char *temp, const char *name)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";
    if (cp->temp_seed == 0) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        cp->temp_seed = (uint64_t)now.tv_nsec << 20 ^ (uint64_t)now.tv_sec ^
                        (uint64_t)getpid() << 40;
    }
    /* Multiplied, neighbours look different; O_EXCL decides if it is really new. */
    uint64_t number = (cp->temp_seed + cp->temp_count++) * 0x9e3779b97f4a7c15u;
    char tail[9] = "";
    for (int i = 0; i < 8; i++)
        tail[i] = digits[number >> (24 + 5 * i) & 31];
    snprintf(temp, NAME_MAX + 1, ".%.*s.ringfence-%s", (int)stem_bytes(name), name, tail);
}

const char *cp_made_name(const struct cp_entry *entry)
{
    return *entry->temp ? entry->temp : entry->dst_name;
}

static struct cp_entry *entry_of(struct cp_task *task)
{
    return (struct cp_entry *)task;
}

static void published(struct cp *cp, struct cp_entry *entry)
{
    entry->made = false;
    entry->complete = true;
    cp->seen_files++;
    if (S_ISLNK(entry->stat.stx_mode)) {
        cp->counts.symlinks++;
    } else if (entry->made_link) {
        cp->counts.links++;
        cp->seen_bytes += entry->stat.stx_size;
    } else {
        cp->counts.files++;
        cp->counts.bytes += entry->moved;
        cp->counts.holes += entry->size - entry->moved;
        cp->seen_bytes += entry->size - entry->moved;
    }
    cp_entry_end(cp, entry);
}

static void replaced(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (!cp_entry_failed_dst(cp, entry, CP_RENAME, res))
        published(cp, entry);
}

static void looked_at(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    mode_t mode = entry->other.stx_mode;
    if (res == 0 && !S_ISREG(mode) && !S_ISLNK(mode) && !cp->stopped) {
        cp_entry_fail_dst(cp, entry, CP_OVERWRITE, S_ISDIR(mode) ? -EISDIR : 0);
        return;
    }
    if (!cp_entry_failed_dst(cp, entry, CP_STAT, res == -ENOENT ? 0 : res))
        cp_renameat(cp, task, replaced, entry->dir->dst_fd, entry->temp, entry->dst_name, 0);
}

static void named(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_entry *entry = entry_of(task);
    if (res == 0)
        published(cp, entry);
    else if (res == -EEXIST || res == -EINVAL) /* taken; or the file system cannot tell */
        cp_statx(cp, task, looked_at, entry->dir->dst_fd, entry->dst_name, AT_SYMLINK_NOFOLLOW,
                 &entry->other);
    else
        (void)cp_entry_failed_dst(cp, entry, CP_RENAME, res);
}

void cp_publish(struct cp *cp, struct cp_entry *entry)
{
    if (*entry->temp)
        cp_renameat(cp, &entry->task, named, entry->dir->dst_fd, entry->temp, entry->dst_name,
                    RENAME_NOREPLACE);
    else
        published(cp, entry);
}
