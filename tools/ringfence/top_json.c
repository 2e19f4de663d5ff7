/* SPDX-License-Identifier: MIT */
/*
 * top_json.c - the rings of a process for programs. docs/top.md promises the keys: to change
 * what one means, FORMAT has to grow; new keys may come any time.
 */
#include "top.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include <ringfence/ops.h>

enum { FORMAT = 1 };

/* Jansson's "new" setters take NULL for out of memory and then fail: one flag tells at the end. */
static bool failed;

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        failed = true;
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        failed = true;
}

/* null: not known. */
static json_t *number(int64_t value)
{
    return value == UNKNOWN ? json_null() : json_integer(value);
}

static json_t *truth(int value)
{
    return value == UNKNOWN ? json_null() : json_boolean(value);
}

/* Above 2^63 it is no number in JSON libraries: all of them are text, as C writes them. */
static json_t *user_data(uint64_t value)
{
    return json_sprintf("0x%llx", (unsigned long long)value);
}

static json_t *entries(int64_t mask)
{
    return mask == UNKNOWN ? json_null() : json_integer(mask + 1);
}

static json_t *submission_json(const struct top_ring *ring)
{
    json_t *object = json_object(), *list = json_array();
    put(object, "entries", entries(ring->sq_mask));
    put(object, "head", number(ring->sq_head));
    put(object, "tail", number(ring->sq_tail));
    put(object, "queued", number(top_queued(ring)));
    put(object, "consumed", number(ring->sq_cached_head));
    for (int64_t i = 0; i < ring->sqe_count && i < TOP_LISTED; i++) {
        json_t *sqe = json_object();
        put(sqe, "opcode", json_string(ring->sqes[i].opcode));
        put(sqe, "fd", json_integer(ring->sqes[i].fd));
        put(sqe, "user_data", user_data(ring->sqes[i].user_data));
        append(list, sqe);
    }
    put(object, "sqes", list);
    return object;
}

static json_t *completion_json(const struct top_ring *ring)
{
    json_t *object = json_object(), *list = json_array();
    put(object, "entries", entries(ring->cq_mask));
    put(object, "head", number(ring->cq_head));
    put(object, "tail", number(ring->cq_tail));
    put(object, "ready", number(top_ready(ring)));
    put(object, "posted", number(ring->cq_cached_tail));
    put(object, "overflowed", number(ring->overflow_count));
    for (int64_t i = 0; i < ring->overflow_count && i < TOP_LISTED; i++) {
        json_t *cqe = json_object();
        put(cqe, "user_data", user_data(ring->overflow[i].user_data));
        put(cqe, "res", json_integer(ring->overflow[i].res));
        put(cqe, "flags", json_integer((json_int_t)ring->overflow[i].flags));
        append(list, cqe);
    }
    put(object, "overflow", list);
    return object;
}

static json_t *polls_json(const struct top_ring *ring)
{
    if (ring->poll_count == UNKNOWN)
        return json_null();
    json_t *list = json_array();
    for (unsigned op = 0; op < TOP_OPS; op++) {
        if (ring->polls[op] == 0)
            continue;
        const struct rf_op_info *info = rf_op_info(op);
        json_t *poll = json_object();
        put(poll, "opcode", info ? json_string(info->name) : json_null());
        put(poll, "number", json_integer(op));
        put(poll, "count", json_integer(ring->polls[op]));
        append(list, poll);
    }
    return list;
}

static json_t *sq_thread_json(const struct top_ring *ring)
{
    if (ring->sq_thread == UNKNOWN)
        return json_null();
    json_t *object = json_object();
    put(object, "tid", json_integer(ring->sq_thread));
    put(object, "cpu", number(ring->sq_thread_cpu));
    put(object, "total_us", number(ring->sq_total_time));
    put(object, "work_us", number(ring->sq_work_time));
    return object;
}

static json_t *ring_json(const struct top_ring *ring)
{
    json_t *object = json_object();
    put(object, "fd", json_integer(ring->fd));
    put(object, "complete", json_boolean(!ring->busy));
    put(object, "submission", submission_json(ring));
    put(object, "completion", completion_json(ring));
    put(object, "unanswered", number(top_balance(ring)));
    put(object, "waiting", polls_json(ring));
    put(object, "sq_thread", sq_thread_json(ring));
    put(object, "files", number(ring->files));
    put(object, "buffers", number(ring->buffers));
    put(object, "personalities", number(ring->personalities));
    put(object, "busy_polling", truth(ring->napi));
    put(object, "busy_polling_ns", number(ring->napi_busy_poll_ns));
    return object;
}

static json_t *worker_json(const struct top_worker *worker)
{
    char state[2] = {worker->state, '\0'};
    json_t *object = json_object();
    put(object, "tid", json_integer(worker->tid));
    put(object, "owner", json_integer(worker->owner));
    put(object, "sq_thread", json_boolean(worker->sq_thread));
    put(object, "state", json_string(state));
    put(object, "idle", truth(worker->idle));
    return object;
}

int print_top_json(const struct top_process *process)
{
    json_t *object = json_object(), *rings = json_array(), *workers = json_array();
    put(object, "format", json_integer(FORMAT));
    put(object, "ringfence", json_string(RINGFENCE_VERSION));
    put(object, "pid", json_integer(process->pid));
    json_t *command = json_string(process->command);
    put(object, "command", command ? command : json_string("?")); /* it may be no UTF-8 */
    for (size_t i = 0; i < process->ring_count; i++)
        append(rings, ring_json(&process->rings[i]));
    put(object, "rings", rings);
    for (size_t i = 0; i < process->worker_count; i++)
        append(workers, worker_json(&process->workers[i]));
    put(object, "workers", workers);
    /* As one string, so that a failure leaves no half of it behind. */
    char *text = failed ? NULL : json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    if (!text)
        return -1;
    puts(text);
    free(text);
    return 0;
}
