/* SPDX-License-Identifier: MIT */
/*
 * cp.h - what the files of `ringfence cp` share.
 *
 *   cp.c           the command: options, order of events, exit status
 *   cp_target.c    where DST is, what each SRC is to be called there
 *   cp_ring.c      the ring: queueing operations, waiting, signals
 *   cp_feed.c      hands out work: which directory, which entry next
 *   cp_dir.c       directories: opened, later finished
 *   cp_entry.c     what is in a directory: subdirectories, symbolic links, the rest
 *   cp_file.c      regular files
 *   cp_data.c      their bytes, in pieces
 *   cp_publish.c   a finished copy gets its name
 *   cp_links.c     files with several names
 *   cp_compare.c   --verify and --compare
 *   cp_report.c    failures, the summary
 *   cp_json.c      the summary for programs
 *   cp_progress.c  the bar
 *
 * One thread, one ring. What takes several operations is a task: it has at
 * most one operation in the ring at a time (two when it closes two descriptors)
 * and the function to go on with when that is completed. The address of the task is
 * the user_data of its operations.
 *
 *     entry   a file, a symbolic link, a subdirectory to be made: as many as --depth
 *     piece   a stretch of a file: one within each entry, more of them shared by
 *             all big files
 *     dir     a directory that is opened or finished
 *
 * All of them are allocated at the start except directories, of which there are as
 * many as the tree has and the walk has not finished with.
 */
#ifndef RINGFENCE_TOOL_CP_H
#define RINGFENCE_TOOL_CP_H

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include <ringfence.h>

struct cp;
struct cp_task;

/* Goes on with a task; @res as in the CQE. */
typedef void cp_step(struct cp *cp, struct cp_task *task, int res);

struct cp_task {
    cp_step *step;
    struct rf_sqe sqe; /* its last operation, in case it has to be queued again */
    unsigned tries;
    bool after_stop; /* it was queued when everything had been stopped, to clean up */
};

/* What failed, or differs. cp_report.c has the words. */
enum cp_what {
    CP_OPEN,
    CP_STAT,
    CP_READ,
    CP_GETDENTS,
    CP_READLINK,
    CP_CREATE,
    CP_WRITE,
    CP_SYNC,
    CP_CLOSE,
    CP_MKDIR,
    CP_SYMLINK,
    CP_DRESS,
    CP_RENAME,
    CP_OVERWRITE,
    CP_SHRUNK,
    CP_CHANGED,
    CP_NOT_RECURSIVE,
    CP_SKIP_FIFO,
    CP_SKIP_SOCKET,
    CP_SKIP_DEVICE,
    CP_SKIP_UNKNOWN,
    CP_SAME_FILE,
    CP_SAME_DIR,
    CP_INTO_ITSELF,
    CP_ONTO_ABOVE,
    CP_SAME_NAME,
    CP_NEED_DIR,
    CP_DANGLING,
    CP_WHATS
};

/* A stretch of a file, on its way from source to destination. */
struct cp_piece {
    struct cp_task task;
    struct cp_entry *entry; /* whose bytes; NULL: the piece is free */
    struct cp_piece *next_free;
    char *buf;
    uint64_t offset;
    uint32_t room; /* bytes that buf takes */
    uint32_t want; /* bytes to move */
    uint32_t done; /* of them, in the current direction */
    uint32_t got;  /* bytes read; less than want at the end of the file */
    bool other_side;   /* compare: it is the destination that is read */
    unsigned patience;  /* with -EAGAIN */
};

/* A directory. dir.c tells how it lives. */
struct cp_dir {
    struct cp_task task;
    struct cp_dir *parent; /* NULL for the base, which stands for the command line */
    struct cp_dir *root;   /* the directory named on the command line; itself for that one */
    struct cp_dir *next;   /* in the stack of those to be opened */
    char *src_path;        /* below the root, "" for it; for a root as on the command line */
    char *dst_path;        /* the same on the other side; its last part may be temporary */
    char *final_path;      /* what dst_path becomes, or NULL: it stays */
    int src_fd, dst_fd;
    unsigned refs;        /* from children, and from files that may be linked to */
    unsigned entries;     /* entries that are being worked on */
    unsigned children;    /* subdirectories that are not finished */
    unsigned closing;     /* descriptors on their way out */
    bool scanned;         /* no entries are left to hand out */
    bool existed;         /* the destination was there before us */
    bool hidden;          /* at or below a temporary name: nobody sees it yet */
    bool acl;             /* a default ACL would spoil the mode of new files */
    bool dressed;         /* mode and times are set */
    bool failed;          /* not opened, or not renamed */
    unsigned rename_flags;
    char *dents; /* the batch of getdents64() being handed out */
    size_t dents_at, dents_end;
    struct statx stat;  /* of the source */
    struct statx other; /* of the destination, when that is asked */
};

/* One name in a directory. A fixed number of them: --depth. */
struct cp_entry {
    struct cp_task task;
    struct cp_dir *dir; /* NULL: free */
    struct cp_entry *next; /* free, starved of pieces, or waiting for a link */
    const char *src_name; /* what to open, below dir->src_fd */
    const char *dst_name; /* what to call it, below dir->dst_fd */
    char name[NAME_MAX + 1];
    char temp[NAME_MAX + 1]; /* its name until it is complete, "" for none */
    unsigned char type;      /* DT_... */
    bool follow;             /* if the source is a symbolic link, take what it points to */
    bool made;               /* there is something under the temporary, or hidden, name */
    bool made_link;          /* and it is another name of a file that was copied before */
    bool complete;           /* it has its name */
    int src_fd, dst_fd;
    unsigned closing;
    struct statx stat;  /* of the source */
    struct statx other; /* of the destination, when that is asked */
    struct cp_inode *inode;   /* if the file has several names, and this one is copied */
    struct cp_inode *link_to; /* or is to be a link to its copy, */
    char *link_path;          /* which is there */
    unsigned link_tries;

    /* The bytes of a regular file: data.c */
    struct cp_piece own;
    uint64_t size;      /* to be moved; 0: up to the end, whatever it is */
    uint64_t next_byte; /* where the next piece begins */
    uint64_t data_end;  /* of the data that next_byte is in: a hole follows */
    uint64_t eof_at;    /* where reading met the end of the file */
    uint64_t moved;
    uint64_t reach; /* behind the last byte written */
    unsigned pieces; /* in flight */
    int error;
    enum cp_what error_what;
    bool sparse;    /* has holes: ask where */
    bool reading;   /* a piece of it: the next waits, see cp_data.c */
    bool starved;   /* in the queue for pieces */
    bool direct_src, direct_dst; /* open it with O_DIRECT */
    bool direct_noted;
    bool must_trim; /* more was written than the size, or less: set the size */
    uint64_t differs_at; /* compare: the first byte that differs */
};

struct cp_options {
    bool recursive, verify, compare, direct, fsync, no_target_dir;
    bool json, quiet, no_progress, progress;
    unsigned depth;
};

struct cp_failure {
    char *path;
    enum cp_what what;
    int error; /* errno, or 0 */
};

/* What comparing found. */
struct cp_difference {
    char *path;
    char *text; /* "content differs at byte 4096" */
    const char *what;
};

struct cp_counts {
    uint64_t files, dirs, symlinks, links;
    uint64_t bytes, holes;
    uint64_t direct_fallbacks;
};

/* An argument: what it is and what it is to be called in the base. */
struct cp_source {
    const char *path;
    char *name;
    bool clash; /* an earlier one has the same name */
};

struct cp_identity {
    dev_t dev;
    ino_t ino;
};

struct cp {
    struct cp_options options;
    struct rf_ring ring;
    bool comparing; /* this pass compares */
    bool broken;    /* the ring failed: nothing more can be done with it */
    int stopped;    /* the signal that ended it, or 0 */

    /* cp_ring.c */
    int wake_fd;
    uint64_t wake_value;
    struct cp_task wake_task, tick_task, cancel_task;
    bool told_no_workers;

    /* cp_target.c */
    struct cp_source *sources;
    size_t sources_count, sources_at;
    char *base_path; /* of the directory that takes the sources, for messages */
    struct cp_dir *base;
    bool base_is_dst; /* DST is that directory; else its only source is to be DST */
    struct cp_identity *guard; /* the base and the directories above it */
    size_t guard_count;

    /* cp_feed.c */
    struct cp_entry *entries;
    struct cp_entry *free_entries;
    struct cp_dir **active; /* directories with descriptors open, entries to hand out */
    unsigned active_count;
    unsigned dirs_open, dirs_max;   /* those, and the ones being opened or finished */
    unsigned roots_open, roots_max; /* they stay open as long as anything in them */
    struct cp_dir *pending, *pending_roots; /* stacks: to be opened */
    bool walking;

    /* cp_data.c */
    struct cp_piece *pieces;
    unsigned pieces_count;
    struct cp_piece *free_pieces;
    struct cp_entry *starved;
    char *memory;
    size_t memory_bytes;

    /* cp_links.c */
    struct cp_inode **inodes;
    size_t inodes_size, inodes_count;

    /* cp_publish.c */
    uint64_t temp_seed, temp_count;

    /* cp_report.c */
    struct cp_counts counts, verified;
    struct cp_failure *failures;
    size_t failures_count, failures_room;
    struct cp_difference *differences;
    size_t differences_count, differences_room;
    double seconds, verify_seconds;

    /* cp_progress.c */
    struct cp_progress *progress;
    uint64_t seen_bytes, seen_files; /* dealt with, copied or not */
};

/* --- cp_ring.c: one function per operation; each goes on with @step -------------- */

/* Opens the ring for so many operations at a time. 0, or a negative errno with nothing open. */
int cp_ring_open(struct cp *cp, unsigned operations);
void cp_ring_close(struct cp *cp);

void cp_openat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
               unsigned flags, mode_t mode);
/* A directory, by a path of several parts that must go through no symbolic link. */
void cp_open_below(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd,
                   const char *path);
void cp_statx(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
              unsigned flags, struct statx *stat);
void cp_read(struct cp *cp, struct cp_task *task, cp_step *step, int fd, void *buf, size_t bytes,
             uint64_t offset);
void cp_write(struct cp *cp, struct cp_task *task, cp_step *step, int fd, const void *buf,
              size_t bytes, uint64_t offset);
void cp_fsync(struct cp *cp, struct cp_task *task, cp_step *step, int fd);
void cp_close(struct cp *cp, struct cp_task *task, cp_step *step, int fd);
void cp_mkdirat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
                mode_t mode);
void cp_symlinkat(struct cp *cp, struct cp_task *task, cp_step *step, const char *target,
                  int dirfd, const char *path);
void cp_linkat(struct cp *cp, struct cp_task *task, cp_step *step, int old_dirfd,
               const char *old_path, int dirfd, const char *path);
void cp_renameat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd,
                 const char *old_path, const char *path, unsigned flags);
void cp_unlinkat(struct cp *cp, struct cp_task *task, cp_step *step, int dirfd, const char *path,
                 unsigned flags);

void cp_timeout(struct cp *cp, struct cp_task *task, cp_step *step,
                const struct rf_timespec *time);

/*
 * Did it perhaps not happen only because a signal has cancelled what was in flight? True
 * once for a task: what is queued from then on is not cancelled.
 */
bool cp_was_cut_short(const struct cp *cp, const struct cp_task *task, int res);

/* Submits, waits for a completion, goes on with every task that has one. */
void cp_turn(struct cp *cp);

/* Until @task, whose step must be cp_store, is completed. Returns its result. */
struct cp_wait {
    struct cp_task task;
    bool over;
    int res;
};
void cp_store(struct cp *cp, struct cp_task *task, int res);
int cp_wait(struct cp *cp, struct cp_wait *wait);

/* From now on SIGINT, SIGTERM and SIGHUP set cp->stopped and wake the ring. */
int cp_signals_catch(struct cp *cp);
/* Dies of the signal, as the next one would now. */
void cp_signals_release(void);

/* --- cp_target.c ------------------------------------------------------------- */

/* Finds the base and names the sources. False: it has been said why not. */
bool cp_target_find(struct cp *cp, char **paths, size_t count);
void cp_target_free(struct cp *cp);
/* Is it the directory that is copied to, or above it? */
bool cp_guarded(const struct cp *cp, const struct statx *stat);
/* Is the open directory, at some level, inside that one? */
bool cp_lies_below(int fd, const struct statx *stat);

/* --- cp_feed.c --------------------------------------------------------------- */

/* Room for as much at a time as options and RLIMIT_NOFILE allow. 0 or a negative errno. */
int cp_feed_open(struct cp *cp);
void cp_feed_close(struct cp *cp);
/* How many operations can be in the ring at once. */
unsigned cp_feed_operations(const struct cp *cp);
/* Walks all sources, copying or comparing. */
void cp_feed_run(struct cp *cp);
void cp_entry_free(struct cp *cp, struct cp_entry *entry);
/* The directory is open: hand its entries out. */
void cp_feed_activate(struct cp *cp, struct cp_dir *dir);
/* The directory is to be opened some time. */
void cp_feed_push(struct cp *cp, struct cp_dir *dir);

/* --- cp_dir.c ---------------------------------------------------------------- */

/* @final_name: what dst_name becomes in the end, or NULL: it stays. */
struct cp_dir *cp_dir_new(struct cp_dir *parent, const char *src_name, const char *dst_name,
                          const char *final_name);
void cp_dir_unref(struct cp_dir *dir);
void cp_dir_open(struct cp *cp, struct cp_dir *dir);
/* An entry of @dir is done with, or it was scanned to its end: perhaps that was all. */
void cp_dir_settle(struct cp *cp, struct cp_dir *dir);
/* It will not be opened. */
void cp_dir_give_up(struct cp *cp, struct cp_dir *dir);
/* Where dst_path and final_path start from, and src_path. */
int cp_dir_dst_base(const struct cp *cp, const struct cp_dir *dir);
/* Paths for messages and for linking. malloc()ed. */
char *cp_dir_src_shown(const struct cp *cp, const struct cp_dir *dir, const char *name);
char *cp_dir_dst_shown(const struct cp *cp, const struct cp_dir *dir, const char *name);
char *cp_dir_dst_now(const struct cp_dir *dir, const char *name);

/* --- cp_entry.c -------------------------------------------------------------- */

void cp_entry_start(struct cp *cp, struct cp_entry *entry);
/* It is done with, well or badly. */
void cp_entry_end(struct cp *cp, struct cp_entry *entry);
/* Undoes what was made, then ends it. */
void cp_entry_drop(struct cp *cp, struct cp_entry *entry);
/* Names the failure, closes what is open and drops the entry. */
void cp_entry_fail(struct cp *cp, struct cp_entry *entry, enum cp_what what, int error);
/* The same about the destination. */
void cp_entry_fail_dst(struct cp *cp, struct cp_entry *entry, enum cp_what what, int error);
/* If @res is an error, or everything has been stopped: fails it, silently if stopped. */
bool cp_entry_failed(struct cp *cp, struct cp_entry *entry, enum cp_what what, int res);
bool cp_entry_failed_dst(struct cp *cp, struct cp_entry *entry, enum cp_what what, int res);

/* --- cp_file.c, cp_data.c ------------------------------------------------------ */

void cp_file_start(struct cp *cp, struct cp_entry *entry);
/* The source is open and its stat known: copies it. */
void cp_file_copy(struct cp *cp, struct cp_entry *entry);
/* Every piece is done with. */
void cp_file_moved(struct cp *cp, struct cp_entry *entry);
/* Sets times, and the mode if asked, through the descriptor. 0 or a negative errno. */
int cp_dress(int fd, const struct statx *stat, bool set_mode);
void cp_times_of(const struct statx *stat, struct timespec times[2]);
bool cp_same_file(const struct statx *a, const struct statx *b);
/* Moves, or compares, @size bytes; 0: all there are. cp_file_moved() goes on. */
void cp_data_start(struct cp *cp, struct cp_entry *entry, uint64_t size);
int cp_data_open(struct cp *cp);
void cp_data_close(struct cp *cp);
/* The same with an error. */
void cp_data_piece_failed(struct cp *cp, struct cp_piece *piece, enum cp_what what, int error);
/* @bytes, with O_DIRECT rounded up to what it takes. */
uint32_t cp_data_aligned(const struct cp *cp, uint32_t bytes);
/* O_DIRECT is refused for this file: says so once. */
void cp_data_direct_refused(struct cp *cp, struct cp_entry *entry);
/* A piece is done with, its bytes moved or entry->error set. */
void cp_data_piece_done(struct cp *cp, struct cp_piece *piece);
/*
 * After a read or write that said @res: worth another try? Takes off O_NONBLOCK or
 * O_DIRECT where that was the matter.
 */
bool cp_data_again(struct cp *cp, struct cp_piece *piece, int fd, int res);

/* --- cp_publish.c ------------------------------------------------------------ */

/* A new name for what is going to be @name: into entry->temp, or @temp of NAME_MAX + 1. */
void cp_temp_name(struct cp *cp, char *temp, const char *name);
/* The name to make an entry under: temporary, or its own where nobody sees it. */
const char *cp_made_name(const struct cp_entry *entry);
/* It is complete: gives it its name, then ends it. */
void cp_publish(struct cp *cp, struct cp_entry *entry);

/* --- cp_links.c -------------------------------------------------------------- */

/*
 * For a file with several names. True: it has been, or will be, linked to the copy of
 * another name; the entry needs no more attention. False: copy it.
 */
bool cp_link_instead(struct cp *cp, struct cp_entry *entry);
/* The copy that others wait for is there under its name, or never will be. */
void cp_link_settled(struct cp *cp, struct cp_entry *entry, bool copied);
void cp_links_free(struct cp *cp);

/* --- cp_compare.c ------------------------------------------------------------ */

void cp_compare_entry(struct cp *cp, struct cp_entry *entry);
void cp_compare_piece(struct cp *cp, struct cp_piece *piece);
/* Every piece is done with. */
void cp_compare_moved(struct cp *cp, struct cp_entry *entry);
/* Of an entry, or with NULL the directory: mode, but not of symbolic links; mtime. */
void cp_compare_stat(struct cp *cp, const struct cp_dir *dir, const struct cp_entry *entry,
                     const struct statx *src, const struct statx *dst);

/* --- cp_report.c ------------------------------------------------------------- */

/* Says on stderr what failed, and keeps it for the summary. Takes @path over. */
void cp_fail(struct cp *cp, char *path, enum cp_what what, int error);
/* The same for what differs: an entry, or with NULL the directory; if copying it has not failed. */
void cp_differ(struct cp *cp, const struct cp_dir *dir, const struct cp_entry *entry,
               const char *what, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* A line on stderr about something that is no failure. @path may be NULL. */
void cp_note(struct cp *cp, const char *path, const char *text);
/* @text with everything that would disturb a terminal escaped. malloc()ed. */
char *cp_quote(const char *text);
/* What it is called for programs. */
const char *cp_failure_name(enum cp_what what);
void cp_report_summary(const struct cp *cp);
void cp_report_free(struct cp *cp);
double cp_now(void);
/* "197.3 MiB" */
const char *cp_size_text(double bytes, char out[32]);
/* Out of memory: there is no going on. */
void *cp_must(void *memory);

/* --- cp_json.c --------------------------------------------------------------- */

/* The summary for programs, on stdout. 0, or -1: out of memory, or it cannot be written. */
int cp_report_json(const struct cp *cp);

/* --- cp_progress.c ----------------------------------------------------------- */

/* If stderr is a terminal, or it is asked for: starts to count what there is to do. */
void cp_progress_start(struct cp *cp);
void cp_progress_draw(struct cp *cp);
/* Takes the bar away, for a line of text or for good. */
void cp_progress_clear(struct cp *cp);
void cp_progress_stop(struct cp *cp);

#endif
