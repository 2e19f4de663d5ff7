/* SPDX-License-Identifier: MIT */
/*
 * calls.c - free(), munmap(), close() and their like, as the program calls them: is what it lets
 * go of lent? It is told before it is done, but where only the result says what was done.
 *
 * A call in a child of vfork(2), which has the memory of its parent and descriptors of its
 * own, is not the parent's.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "patch.h"

/* --- asking --------------------------------------------------------------- */

/* What is let go of: memory, or a descriptor. */
struct let_go {
    const char *call;
    uint64_t addr;
    size_t bytes;
    int fd; /* or -1 */
};

static void ask_one(struct rfi_check *check, void *context)
{
    const struct let_go *what = context;
    if (what->fd < 0)
        rfi_pools_look(check);
    bool mine = what->fd >= 0 ? check->numbered != NULL
                              : rfi_ranges_next(check, what->addr, what->bytes, NULL) != NULL;
    if (!mine || check->pid != (int32_t)getpid())
        return;
    if (check->flags & RF_SETUP_SQPOLL)
        rfi_look_at_thread(check);
    check->here = rfi_where_now(check);
    if (what->fd >= 0)
        rfi_numbers_closed(check, what->fd, what->call);
    else
        rfi_watch_gone(check, what->addr, what->bytes, what->call);
    rfi_where_drop(check->here);
    check->here = NULL;
}

static void ask(const char *call, const void *memory, size_t bytes, int fd)
{
    struct let_go what = {call, (uint64_t)(uintptr_t)memory, bytes, fd};
    if (rfi_check_is_inside() || (bytes == 0 && fd < 0))
        return;
    int saved = errno;
    rfi_check_each(ask_one, &what);
    errno = saved;
}

static void ask_memory(const char *call, const void *memory, size_t bytes)
{
    ask(call, memory, bytes, -1);
}

/* --- the heap ------------------------------------------------------------- */

static rfi_function real_free, real_realloc, real_reallocarray, real_size;

typedef void free_function(void *);
typedef void *realloc_function(void *, size_t);
typedef void *reallocarray_function(void *, size_t, size_t);
typedef size_t size_function(void *);

static size_t usable(void *memory)
{
    return memory && real_size ? ((size_function *)real_size)(memory) : 0;
}

static void watched_free(void *memory)
{
    ask_memory("free()", memory, usable(memory));
    ((free_function *)real_free)(memory);
}

/* Of what was @bytes at @old, what is no longer there. */
static void *moved(const char *call, const void *old, size_t bytes, void *result, size_t rest)
{
    if (!result && rest > 0)
        return NULL; /* nothing was done */
    if (result != old)
        ask_memory(call, old, bytes);
    else if (rest < bytes)
        ask_memory(call, (const char *)old + rest, bytes - rest);
    return result;
}

static void *watched_realloc(void *memory, size_t bytes)
{
    size_t had = usable(memory);
    void *result = ((realloc_function *)real_realloc)(memory, bytes);
    return moved("realloc()", memory, had, result, bytes);
}

static void *watched_reallocarray(void *memory, size_t count, size_t bytes)
{
    size_t had = usable(memory);
    void *result = ((reallocarray_function *)real_reallocarray)(memory, count, bytes);
    return moved("reallocarray()", memory, had, result, count * bytes);
}

/* --- mappings ------------------------------------------------------------- */

static rfi_function real_munmap, real_mremap;

typedef int munmap_function(void *, size_t);
typedef void *mremap_function(void *, size_t, size_t, int, ...);

static int watched_munmap(void *memory, size_t bytes)
{
    ask_memory("munmap()", memory, bytes);
    return ((munmap_function *)real_munmap)(memory, bytes);
}

static void *watched_mremap(void *memory, size_t had, size_t bytes, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    void *to = flags & MREMAP_FIXED ? va_arg(args, void *) : NULL;
    va_end(args);
    void *result = ((mremap_function *)real_mremap)(memory, had, bytes, flags, to);
    return result == MAP_FAILED ? result : moved("mremap()", memory, had, result, bytes);
}

/* --- descriptors ---------------------------------------------------------- */

static rfi_function real_close, real_dup2, real_dup3;

typedef int close_function(int);
typedef int dup2_function(int, int);
typedef int dup3_function(int, int, int);

static int watched_close(int fd)
{
    ask("close()", NULL, 0, fd);
    return ((close_function *)real_close)(fd);
}

static int watched_dup2(int from, int to)
{
    if (from != to)
        ask("dup2()", NULL, 0, to);
    return ((dup2_function *)real_dup2)(from, to);
}

static int watched_dup3(int from, int to, int flags)
{
    ask("dup3()", NULL, 0, to);
    return ((dup3_function *)real_dup3)(from, to, flags);
}

/* --- all of them ---------------------------------------------------------- */

#define PATCH(name) {#name, (rfi_function)watched_##name, &real_##name}

static const struct rfi_patch patches[] = {
    PATCH(free),  PATCH(realloc), PATCH(reallocarray), PATCH(munmap), PATCH(mremap),
    PATCH(close), PATCH(dup2),    PATCH(dup3),
};

static void watch(void)
{
    real_size = rfi_patch_real("malloc_usable_size");
    rfi_patch_calls(patches, sizeof patches / sizeof patches[0]);
}

void rfi_calls_watch(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, watch);
}
