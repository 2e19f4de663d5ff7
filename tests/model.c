/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void push(struct list *list, const struct request *request)
{
    if (list->count == LIST_ROOM)
        abort();
    list->items[(list->first + list->count++) % LIST_ROOM] = *request;
}

static struct request pop(struct list *list)
{
    struct request request = list->items[list->first];
    list->first = (list->first + 1) % LIST_ROOM;
    list->count--;
    return request;
}

static const struct request *front(const struct list *list)
{
    return list->count ? &list->items[list->first] : NULL;
}

void model_init(struct model *m, uint32_t flags, uint32_t sq_entries, uint32_t cq_entries,
                uint32_t cq_start)
{
    memset(m, 0, sizeof *m);
    m->flags = flags;
    m->sq_entries = sq_entries;
    m->cq_entries = cq_entries;
    m->cq_start = cq_start;
    m->consume_limit = UINT32_MAX;
}

bool model_full(const struct model *m)
{
    return m->waiting.count == m->sq_entries;
}

void model_hand_out(struct model *m, const struct request *request)
{
    push(&m->waiting, request);
    m->unpublished++;
}

/* --- posting ------------------------------------------------------------- */

static void put(struct model *m, const struct request *request)
{
    push(&m->posted, request);
    m->tail += request->wide ? 2 : 1;
}

static bool fits(struct model *m, const struct request *request, uint64_t given_back)
{
    uint64_t room = m->cq_entries - (m->tail - given_back);
    uint64_t to_end = m->cq_entries - (m->cq_start + m->tail) % m->cq_entries;
    if (request->wide && to_end == 1) {
        static const struct request filler = {.filler = true};
        if (room == 0)
            return false;
        put(m, &filler);
        room--;
    }
    return room >= (request->wide ? 2 : 1);
}

static void post(struct model *m, const struct request *request, uint64_t given_back)
{
    if (m->overflow.count == 0 && fits(m, request, given_back))
        put(m, request);
    else
        push(&m->overflow, request);
}

static void collect(struct model *m, uint64_t given_back)
{
    while (m->deferred.count) {
        struct request request = pop(&m->deferred);
        post(m, &request, given_back);
    }
    while (m->overflow.count && fits(m, front(&m->overflow), given_back)) {
        struct request request = pop(&m->overflow);
        put(m, &request);
    }
}

/* --- consuming ----------------------------------------------------------- */

static uint32_t consume(struct model *m, uint32_t to_submit, uint64_t given_back)
{
    uint32_t consumed = 0;
    while (consumed < to_submit && consumed < m->consume_limit &&
           m->waiting.count > m->unpublished) {
        struct request request = pop(&m->waiting);
        consumed++;
        if (m->defers)
            push(&m->deferred, &request);
        else
            post(m, &request, given_back);
        if (request.bad && !(m->flags & RF_SETUP_SUBMIT_ALL))
            break;
    }
    return consumed;
}

void model_run(struct model *m, uint64_t given_back)
{
    if (m->asleep)
        return;
    while (consume(m, UINT32_MAX, given_back) > 0 && m->consume_limit == UINT32_MAX)
        ;
}

int model_enter(struct model *m, uint32_t to_submit, uint32_t min_complete, uint32_t flags,
                uint64_t given_back)
{
    uint32_t consumed = to_submit;
    if (m->flags & RF_SETUP_SQPOLL) {
        if (flags & RF_ENTER_SQ_WAKEUP)
            m->asleep = false;
        model_run(m, given_back);
    } else {
        consumed = consume(m, to_submit, given_back);
        if (consumed != to_submit)
            return (int)consumed;
    }
    if (!(flags & RF_ENTER_GETEVENTS))
        return (int)consumed;
    collect(m, given_back);
    uint64_t there = m->tail - given_back;
    if (consumed > 0 || there > 0 || min_complete == 0)
        return (int)consumed;
    return -EINTR;
}

/* --- taking -------------------------------------------------------------- */

bool model_must_collect(const struct model *m)
{
    return m->overflow.count > 0 || m->deferred.count > 0;
}

bool model_puts_off(struct model *m)
{
    if (!(m->flags & RF_SETUP_DEFER_TASKRUN) || m->unpublished == 0 || m->overflow.count > 0 ||
        m->put_off == m->taken)
        return false;
    m->put_off = m->taken;
    return true;
}

uint32_t model_take(struct model *m)
{
    struct request request = pop(&m->posted);
    uint32_t slots = request.wide ? 2 : 1;
    m->taken += slots;
    return slots;
}

const struct request *model_look(struct model *m)
{
    while (m->posted.count && front(&m->posted)->filler)
        model_take(m);
    return front(&m->posted);
}

uint32_t model_ready(const struct model *m)
{
    return (uint32_t)(m->tail - m->taken);
}

uint32_t model_outstanding(const struct model *m)
{
    uint32_t fillers = 0;
    for (uint32_t i = 0; i < m->posted.count; i++)
        fillers += m->posted.items[(m->posted.first + i) % LIST_ROOM].filler;
    return m->waiting.count + m->deferred.count + m->posted.count + m->overflow.count - fillers;
}
