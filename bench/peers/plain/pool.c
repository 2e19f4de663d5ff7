/* SPDX-License-Identifier: MIT */
/* pool.c - threads that call pread(), as many as there are to be reads at a time. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "plain.h"

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t begin;
    pthread_cond_t end;
    const struct bench_reads *job;
    uint64_t round;   /* how many jobs there have been */
    uint32_t running; /* threads that are not done with this one */
    bool stop;
    uint64_t next;  /* the next read, atomic */
    int64_t failed; /* atomic */
    uint32_t threads;
    uint32_t started;
    pthread_t ids[];
};

static void read_all(struct pool *pool, uint32_t thread)
{
    const struct bench_reads *job = pool->job;
    uint8_t *buffer = job->buffers + (size_t)thread * job->block;
    for (;;) {
        uint64_t i = __atomic_fetch_add(&pool->next, 1, __ATOMIC_RELAXED);
        if (i >= job->count)
            return;
        ssize_t got = pread(job->fd, buffer, job->block, (off_t)job->offsets[i]);
        if (got != (ssize_t)job->block)
            __atomic_fetch_add(&pool->failed, 1, __ATOMIC_RELAXED);
    }
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    uint64_t round = 0;
    pthread_mutex_lock(&pool->lock);
    uint32_t thread = pool->started++;
    pthread_cond_signal(&pool->end);
    while (!pool->stop) {
        if (round == pool->round) {
            pthread_cond_wait(&pool->begin, &pool->lock);
            continue;
        }
        round = pool->round;
        pthread_mutex_unlock(&pool->lock);
        read_all(pool, thread);
        pthread_mutex_lock(&pool->lock);
        if (--pool->running == 0)
            pthread_cond_signal(&pool->end);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static struct pool *pool_start(uint32_t threads)
{
    struct pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->ids[0]);
    if (!pool)
        return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->end, NULL);
    while (pool->threads < threads &&
           pthread_create(&pool->ids[pool->threads], NULL, work, pool) == 0)
        pool->threads++;
    pthread_mutex_lock(&pool->lock);
    while (pool->started < pool->threads)
        pthread_cond_wait(&pool->end, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    if (pool->threads == threads)
        return pool;
    pool_end(pool);
    return NULL;
}

void pool_end(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->threads; i++)
        pthread_join(pool->ids[i], NULL);
    pthread_cond_destroy(&pool->end);
    pthread_cond_destroy(&pool->begin);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

int64_t pool_reads(struct plain *plain, const struct bench_reads *job)
{
    if (!plain->pool)
        plain->pool = pool_start(job->depth);
    struct pool *pool = plain->pool;
    if (!pool)
        return -EAGAIN;
    pthread_mutex_lock(&pool->lock);
    pool->job = job;
    pool->next = 0;
    pool->failed = 0;
    pool->running = pool->threads;
    pool->round++;
    pthread_cond_broadcast(&pool->begin);
    while (pool->running > 0)
        pthread_cond_wait(&pool->end, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return pool->failed;
}
