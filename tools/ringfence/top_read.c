/* SPDX-License-Identifier: MIT */
/*
 * top_read.c - the rings of a process, out of /proc/PID.
 *
 * /proc/PID/fd tells which descriptors are rings, /proc/PID/fdinfo/N what the kernel shows of
 * each. That text is no interface that is promised: it has grown over the years (the queues came
 * with 5.15, times of the SQ thread with 6.9, busy polling with 6.13) and lines have changed. So
 * each line is taken for itself; what is not known is left out, and what is not there is
 * UNKNOWN.
 */
#include "top.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* --- numbers -------------------------------------------------------------- */

int64_t top_queued(const struct top_ring *ring)
{
    if (ring->sq_head == UNKNOWN || ring->sq_tail == UNKNOWN)
        return UNKNOWN;
    return (uint32_t)(ring->sq_tail - ring->sq_head);
}

int64_t top_ready(const struct top_ring *ring)
{
    if (ring->cq_head == UNKNOWN || ring->cq_tail == UNKNOWN)
        return UNKNOWN;
    return (uint32_t)(ring->cq_tail - ring->cq_head);
}

int64_t top_balance(const struct top_ring *ring)
{
    if (ring->sq_cached_head == UNKNOWN || ring->cq_cached_tail == UNKNOWN)
        return UNKNOWN;
    uint32_t overflowed = ring->overflow_count > 0 ? (uint32_t)ring->overflow_count : 0;
    int32_t balance =
        (int32_t)((uint32_t)ring->sq_cached_head - (uint32_t)ring->cq_cached_tail - overflowed);
    return balance < 0 ? UNKNOWN : balance;
}

/* --- the text of one ring -------------------------------------------------- */

/* Where the lines that are indented belong to. */
enum section { OTHER, SQES, CQES, POLLS, OVERFLOW, PERSONALITIES };

static void forget(struct top_ring *ring, int fd)
{
    memset(ring, 0, sizeof *ring);
    ring->fd = fd;
    ring->sq_mask = ring->sq_head = ring->sq_tail = ring->sq_cached_head = UNKNOWN;
    ring->cq_mask = ring->cq_head = ring->cq_tail = ring->cq_cached_tail = UNKNOWN;
    ring->sq_thread = ring->sq_thread_cpu = UNKNOWN;
    ring->sq_total_time = ring->sq_work_time = UNKNOWN;
    ring->files = ring->buffers = ring->personalities = UNKNOWN;
    ring->sqe_count = ring->overflow_count = ring->poll_count = UNKNOWN;
    ring->napi_busy_poll_ns = ring->napi = UNKNOWN;
}

/* "Key:\tvalue" with a number, decimal or 0x..., whatever follows it. */
static const struct number_key {
    const char *key;
    size_t offset;
} number_keys[] = {
    {"SqMask", offsetof(struct top_ring, sq_mask)},
    {"SqHead", offsetof(struct top_ring, sq_head)},
    {"SqTail", offsetof(struct top_ring, sq_tail)},
    {"CachedSqHead", offsetof(struct top_ring, sq_cached_head)},
    {"CqMask", offsetof(struct top_ring, cq_mask)},
    {"CqHead", offsetof(struct top_ring, cq_head)},
    {"CqTail", offsetof(struct top_ring, cq_tail)},
    {"CachedCqTail", offsetof(struct top_ring, cq_cached_tail)},
    {"SqThread", offsetof(struct top_ring, sq_thread)},
    {"SqThreadCpu", offsetof(struct top_ring, sq_thread_cpu)},
    {"SqTotalTime", offsetof(struct top_ring, sq_total_time)},
    {"SqWorkTime", offsetof(struct top_ring, sq_work_time)},
    {"UserFiles", offsetof(struct top_ring, files)},
    {"UserBufs", offsetof(struct top_ring, buffers)},
    {"napi_busy_poll_dt", offsetof(struct top_ring, napi_busy_poll_ns)},
    {"napi_busy_poll_to", offsetof(struct top_ring, napi_busy_poll_ns)},
};

static void read_number(struct top_ring *ring, const char *key, const char *value)
{
    for (size_t i = 0; i < sizeof number_keys / sizeof number_keys[0]; i++) {
        if (strcmp(key, number_keys[i].key) != 0)
            continue;
        char *end;
        errno = 0;
        long long number = strtoll(value, &end, 0);
        if (end != value && errno == 0)
            memcpy((char *)ring + number_keys[i].offset, &(int64_t){number}, sizeof(int64_t));
        return;
    }
}

/* The number that follows @name and ':' or '=' in a line; or @fallback. */
static uint64_t field(const char *line, const char *name, uint64_t fallback)
{
    size_t length = strlen(name);
    for (const char *at = strstr(line, name); at; at = strstr(at + 1, name)) {
        bool begins = at == line || strchr(" ,\t", at[-1]);
        if (!begins || (at[length] != ':' && at[length] != '='))
            continue;
        char *end;
        const char *value = at + length + 1;
        uint64_t number = strtoull(value, &end, 0);
        return end == value ? fallback : number;
    }
    return fallback;
}

static void add_sqe(struct top_ring *ring, const char *line)
{
    const char *opcode = strstr(line, "opcode:");
    if (!opcode)
        return;
    if (ring->sqe_count < TOP_LISTED) {
        struct top_sqe *sqe = &ring->sqes[ring->sqe_count];
        size_t length = strcspn(opcode + 7, ", \n");
        if (length >= sizeof sqe->opcode)
            length = sizeof sqe->opcode - 1;
        memcpy(sqe->opcode, opcode + 7, length);
        sqe->fd = (int64_t)field(line, "fd", (uint64_t)UNKNOWN);
        sqe->user_data = field(line, "user_data", 0);
    }
    ring->sqe_count++;
}

static void add_overflow(struct top_ring *ring, const char *line)
{
    if (!strstr(line, "user_data"))
        return;
    if (ring->overflow_count < TOP_LISTED) {
        struct top_cqe *cqe = &ring->overflow[ring->overflow_count];
        cqe->user_data = field(line, "user_data", 0);
        cqe->res = (int64_t)field(line, "res", 0);
        /* Hexadecimal, without a sign that it is. */
        const char *flags = strstr(line, "flags=");
        cqe->flags = flags ? strtoull(flags + 6, NULL, 16) : 0;
    }
    ring->overflow_count++;
}

static void read_item(struct top_ring *ring, enum section section, const char *line)
{
    switch (section) {
    case SQES:
        add_sqe(ring, line);
        break;
    case POLLS: {
        uint64_t op = field(line, "op", TOP_OPS);
        if (op < TOP_OPS) {
            ring->polls[op]++;
            ring->poll_count++;
        }
        break;
    }
    case OVERFLOW:
        add_overflow(ring, line);
        break;
    case PERSONALITIES:
        /* "    1", and what it stands for in lines below. */
        ring->personalities += line[strspn(line, " \t0123456789")] == '\0';
        break;
    default:
        break;
    }
}

static enum section begin_section(struct top_ring *ring, const char *key, const char *value)
{
    if (strcmp(key, "SQEs") == 0) {
        ring->sqe_count = 0;
        return SQES;
    }
    if (strcmp(key, "PollList") == 0) {
        ring->poll_count = 0;
        return POLLS;
    }
    if (strcmp(key, "CqOverflowList") == 0) {
        ring->overflow_count = 0;
        return OVERFLOW;
    }
    if (strcmp(key, "Personalities") == 0) {
        ring->personalities = 0;
        return PERSONALITIES;
    }
    if (strcmp(key, "NAPI") == 0)
        ring->napi = strncmp(value, "enabled", 7) == 0;
    read_number(ring, key, value);
    return OTHER;
}

static void read_line(struct top_ring *ring, char *line, enum section *section)
{
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == ' ' || line[0] == '\t') {
        read_item(ring, *section, line);
        return;
    }
    char *colon = strchr(line, ':');
    if (!colon)
        return;
    *colon = '\0';
    const char *value = colon + 1;
    *section = begin_section(ring, line, value + strspn(value, " \t"));
}

/* 0, or a negative errno. */
static int read_ring(const char *directory, int fd, struct top_ring *ring)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/fdinfo/%d", directory, fd);
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    forget(ring, fd);
    char *line = NULL;
    size_t room = 0;
    enum section section = OTHER;
    while (getline(&line, &room, file) > 0)
        read_line(ring, line, &section);
    free(line);
    int err = ferror(file) ? -EIO : 0;
    fclose(file);
    /* Of a ring that is locked the kernel leaves out lists, or everything. */
    ring->busy = ring->poll_count == UNKNOWN;
    return err;
}

/* --- the process ----------------------------------------------------------- */

static int compare_rings(const void *a, const void *b)
{
    return ((const struct top_ring *)a)->fd - ((const struct top_ring *)b)->fd;
}

static int compare_workers(const void *a, const void *b)
{
    return ((const struct top_worker *)a)->tid - ((const struct top_worker *)b)->tid;
}

static bool is_ring(const char *directory, const char *name)
{
    static const char wanted[] = "anon_inode:[io_uring]";
    char path[PATH_MAX], target[sizeof wanted];
    snprintf(path, sizeof path, "%s/fd/%s", directory, name);
    ssize_t length = readlink(path, target, sizeof target);
    return length == (ssize_t)sizeof wanted - 1 && memcmp(target, wanted, sizeof wanted - 1) == 0;
}

static void *grow(void *items, size_t count, size_t size)
{
    return reallocarray(items, count + 1, size);
}

static int read_rings(const char *directory, struct top_process *process)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/fd", directory);
    DIR *dir = opendir(path);
    if (!dir)
        return -errno;
    int err = 0;
    struct dirent *entry;
    while (!err && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || !is_ring(directory, entry->d_name))
            continue;
        void *rings = grow(process->rings, process->ring_count, sizeof *process->rings);
        if (!rings) {
            err = -ENOMEM;
            break;
        }
        process->rings = rings;
        err = read_ring(directory, atoi(entry->d_name), &process->rings[process->ring_count]);
        if (err == -ENOENT)
            err = 0; /* closed meanwhile */
        else if (!err)
            process->ring_count++;
    }
    closedir(dir);
    if (process->ring_count > 0)
        qsort(process->rings, process->ring_count, sizeof *process->rings, compare_rings);
    return err;
}

/* A short file: what is in it, or "". */
static void read_word(const char *directory, const char *name, char *word, size_t room)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    word[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (!fgets(word, (int)room, file))
        word[0] = '\0';
    fclose(file);
    word[strcspn(word, "\n")] = '\0';
}

/* As in /proc: R, S, D, ...; '?' if it is not to be had. */
static char read_state(const char *directory)
{
    char text[512];
    read_word(directory, "stat", text, sizeof text);
    const char *end = strrchr(text, ')'); /* of the name, which may have others in it */
    return end && end[1] == ' ' && end[2] ? end[2] : '?';
}

static bool read_worker(const char *directory, int tid, struct top_worker *worker)
{
    char text[512];
    read_word(directory, "comm", text, sizeof text);
    worker->sq_thread = strncmp(text, "iou-sqp-", 8) == 0;
    if (!worker->sq_thread && strncmp(text, "iou-wrk-", 8) != 0)
        return false;
    worker->tid = tid;
    worker->owner = atoi(text + 8);
    worker->state = read_state(directory);
    read_word(directory, "wchan", text, sizeof text);
    worker->idle = UNKNOWN;
    if (text[0] && strcmp(text, "0") != 0)
        worker->idle = strstr(text, "io_wq_worker") || strstr(text, "io_wqe_worker") ||
                       strstr(text, "io_sq_thread");
    else if (worker->state == 'R')
        worker->idle = 0;
    return true;
}

static int read_workers(const char *directory, struct top_process *process)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/task", directory);
    DIR *dir = opendir(path);
    if (!dir)
        return -errno;
    int err = 0;
    struct dirent *entry;
    while (!err && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/task/%s", directory, entry->d_name);
        struct top_worker worker;
        if (!read_worker(path, atoi(entry->d_name), &worker))
            continue;
        void *workers = grow(process->workers, process->worker_count, sizeof worker);
        if (!workers) {
            err = -ENOMEM;
            break;
        }
        process->workers = workers;
        process->workers[process->worker_count++] = worker;
    }
    closedir(dir);
    if (process->worker_count > 0)
        qsort(process->workers, process->worker_count, sizeof *process->workers, compare_workers);
    return err;
}

int read_process(const char *proc, int pid, struct top_process *process)
{
    char directory[PATH_MAX / 2];
    memset(process, 0, sizeof *process);
    process->pid = pid;
    snprintf(directory, sizeof directory, "%s/%d", proc, pid);
    if (access(directory, F_OK) != 0)
        return errno == ENOENT ? -ESRCH : -errno;
    if (strchr("ZX", read_state(directory)))
        return -ESRCH; /* it has ended, and nobody has asked how */
    read_word(directory, "comm", process->command, sizeof process->command);
    int err = read_rings(directory, process);
    if (!err)
        err = read_workers(directory, process);
    if (err)
        free_process(process);
    return err == -ENOENT ? -ESRCH : err; /* it has ended meanwhile */
}

void free_process(struct top_process *process)
{
    free(process->rings);
    free(process->workers);
    process->rings = NULL;
    process->workers = NULL;
    process->ring_count = process->worker_count = 0;
}
