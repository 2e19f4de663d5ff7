/* SPDX-License-Identifier: MIT */
/* top_text.c - the rings of a process for people. */
#include "top.h"

#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ringfence/ops.h>

enum { LABEL = 12, SHOWN = 5 };

/* --- one line --------------------------------------------------------------- */

struct line {
    char text[512];
    size_t length;
};

static void add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t room = sizeof line->text - line->length;
    int length = vsnprintf(line->text + line->length, room, format, args);
    va_end(args);
    if (length > 0)
        line->length += (size_t)length < room ? (size_t)length : room - 1;
}

static void print_line(const char *label, const struct line *line)
{
    print_labelled(label, LABEL, line->text);
}

/* --- what goes on ----------------------------------------------------------- */

static const struct top_ring *same_ring(const struct top_process *process, int fd)
{
    for (size_t i = 0; process && i < process->ring_count; i++)
        if (process->rings[i].fd == fd)
            return &process->rings[i];
    return NULL;
}

static void add_rate(struct line *line, int64_t now, int64_t before, double seconds)
{
    if (now != UNKNOWN && before != UNKNOWN && seconds > 0)
        add(line, ", %.0f/s", (double)((uint32_t)now - (uint32_t)before) / seconds);
}

static void print_submissions(const struct top_ring *ring, const struct top_ring *before,
                              double seconds)
{
    struct line line = {{0}, 0};
    int64_t queued = top_queued(ring);
    if (queued == UNKNOWN)
        return;
    add(&line, "%" PRId64 " of %" PRId64 " queued", queued, ring->sq_mask + 1);
    if (ring->sq_cached_head != UNKNOWN)
        add(&line, ", %" PRIu32 " consumed", (uint32_t)ring->sq_cached_head);
    add_rate(&line, ring->sq_cached_head, before ? before->sq_cached_head : UNKNOWN, seconds);
    print_line("submission", &line);
}

static void print_completions(const struct top_ring *ring, const struct top_ring *before,
                              double seconds)
{
    struct line line = {{0}, 0};
    int64_t ready = top_ready(ring);
    if (ready == UNKNOWN)
        return;
    add(&line, "%" PRId64 " of %" PRId64 " to be taken", ready, ring->cq_mask + 1);
    if (ring->cq_cached_tail != UNKNOWN)
        add(&line, ", %" PRIu32 " posted", (uint32_t)ring->cq_cached_tail);
    add_rate(&line, ring->cq_cached_tail, before ? before->cq_cached_tail : UNKNOWN, seconds);
    print_line("completion", &line);
}

static void print_overflow(const struct top_ring *ring)
{
    struct line line = {{0}, 0};
    if (ring->overflow_count <= 0)
        return;
    add(&line, "%" PRId64 " completions wait outside: the queue is full. user_data",
        ring->overflow_count);
    for (int64_t i = 0; i < ring->overflow_count && i < SHOWN; i++)
        add(&line, " %" PRIu64, ring->overflow[i].user_data);
    if (ring->overflow_count > SHOWN)
        add(&line, " ...");
    print_line("overflow", &line);
}

static void add_op(struct line *line, unsigned op, uint32_t count)
{
    const struct rf_op_info *info = rf_op_info(op);
    add(line, "%s%" PRIu32 " ", line->length ? ", " : "", count);
    if (info)
        add(line, "%s", info->name);
    else
        add(line, "of opcode %u", op);
}

static void print_polls(const struct top_ring *ring)
{
    struct line line = {{0}, 0};
    if (ring->poll_count == UNKNOWN)
        return;
    for (unsigned op = 0; op < TOP_OPS; op++)
        if (ring->polls[op] > 0)
            add_op(&line, op, ring->polls[op]);
    if (line.length == 0)
        add(&line, "none");
    print_line("waiting", &line);
}

static void print_balance(const struct top_ring *ring)
{
    struct line line = {{0}, 0};
    if (ring->sq_cached_head == UNKNOWN)
        return;
    int64_t balance = top_balance(ring);
    if (balance == UNKNOWN)
        add(&line, "cannot be told: some operations post more than one CQE");
    else
        add(&line, "%" PRId64 ", if each operation posts one CQE", balance);
    print_line("unanswered", &line);
}

static void print_sqes(const struct top_ring *ring)
{
    struct line line = {{0}, 0};
    for (int64_t i = 0; i < ring->sqe_count && i < SHOWN; i++)
        add(&line, "%s%s, fd %" PRId64 ", user_data %" PRIu64, i ? "; " : "", ring->sqes[i].opcode,
            ring->sqes[i].fd, ring->sqes[i].user_data);
    if (ring->sqe_count > SHOWN)
        add(&line, "; ...");
    if (line.length)
        print_line("queued", &line);
}

static void print_sq_thread(const struct top_ring *ring)
{
    struct line line = {{0}, 0};
    if (ring->sq_thread == UNKNOWN)
        return;
    add(&line, "%" PRId64, ring->sq_thread);
    if (ring->sq_thread_cpu != UNKNOWN)
        add(&line, " on processor %" PRId64, ring->sq_thread_cpu);
    if (ring->sq_total_time > 0 && ring->sq_work_time != UNKNOWN)
        add(&line, ", has worked %.0f %% of its time",
            100.0 * (double)ring->sq_work_time / (double)ring->sq_total_time);
    print_line("SQ thread", &line);
}

static void add_count(struct line *line, int64_t count, const char *one, const char *more)
{
    if (count > 0)
        add(line, "%s%" PRId64 " %s", line->length ? ", " : "", count, count == 1 ? one : more);
}

static void print_registered(const struct top_ring *ring)
{
    struct line line = {{0}, 0};
    add_count(&line, ring->files, "slot for a file", "slots for files");
    add_count(&line, ring->buffers, "buffer", "buffers");
    add_count(&line, ring->personalities, "personality", "personalities");
    if (line.length)
        print_line("registered", &line);
    struct line napi = {{0}, 0};
    if (ring->napi != 1)
        return;
    add(&napi, "on");
    if (ring->napi_busy_poll_ns != UNKNOWN)
        add(&napi, ", %" PRId64 " ns", ring->napi_busy_poll_ns);
    print_line("busy polling", &napi);
}

static void print_ring(const struct top_ring *ring, const struct top_ring *before,
                       double seconds)
{
    char title[32];
    snprintf(title, sizeof title, "Ring, descriptor %d", ring->fd);
    putchar('\n');
    print_in(BOLD, title);
    putchar('\n');
    print_submissions(ring, before, seconds);
    print_sqes(ring);
    print_completions(ring, before, seconds);
    print_overflow(ring);
    print_polls(ring);
    print_balance(ring);
    print_sq_thread(ring);
    print_registered(ring);
    if (ring->busy)
        print_labelled("", LABEL, "The ring was busy at this moment: not all could be seen.");
}

/* --- workers ----------------------------------------------------------------- */

static void print_workers(const struct top_process *process)
{
    unsigned idle = 0, busy = 0, unknown = 0, stuck = 0;
    for (size_t i = 0; i < process->worker_count; i++) {
        const struct top_worker *worker = &process->workers[i];
        if (worker->sq_thread)
            continue;
        idle += worker->idle == 1;
        busy += worker->idle == 0;
        unknown += worker->idle == UNKNOWN;
        stuck += worker->idle != 1 && worker->state == 'D';
    }
    putchar('\n');
    print_in(BOLD, "Workers");
    putchar('\n');
    struct line line = {{0}, 0};
    if (idle + busy + unknown == 0)
        add(&line, "none");
    else
        add(&line, "%u at work, %u idle", busy, idle);
    if (unknown > 0)
        add(&line, ", of %u it cannot be seen", unknown);
    if (stuck > 0)
        add(&line, "; %u in uninterruptible sleep", stuck);
    print_line("threads", &line);
}

void print_top(const struct top_process *process, const struct top_process *before,
               double seconds)
{
    printf("Process %d, %s: %zu ring%s\n", process->pid, process->command, process->ring_count,
           process->ring_count == 1 ? "" : "s");
    for (size_t i = 0; i < process->ring_count; i++) {
        const struct top_ring *ring = &process->rings[i];
        print_ring(ring, same_ring(before, ring->fd), seconds);
    }
    print_workers(process);
}
