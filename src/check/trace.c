/* SPDX-License-Identifier: MIT */
/*
 * trace.c - who called: return addresses, inmost first.
 *
 * To unwind a stack takes longer than all else that the checker does, and a program comes the
 * same few ways again and again. So a ring remembers the last ways, with the places on the
 * stack where their return addresses stood. If the function that looks stands at the same
 * address, and each place still holds its return address, it was called in the same way: from
 * the inside out each address says which function it leads into and at which call, and so how
 * large that frame is and where the next one stands. Frames whose size is found out when they
 * run could have another size and leave an old address in the place; but then all others, out
 * to main(), would have to fit as well.
 *
 * Where a call does not put its return address right below the frame of the caller (x86 does)
 * the places are not known, and each stack is unwound.
 */
#include <errno.h>
#include <stdlib.h>
#include <unwind.h>

#include "check.h"
#include "stack.h"

/* --- who unwinds ---------------------------------------------------------- */

/*
 * libgcc_s or what takes its place. Weak: not every linker looks for it, and only a program that
 * is checked needs it. Where it is not linked it is loaded.
 */
#if !defined(__arm__) /* where some are macros */
extern __typeof__(_Unwind_Backtrace) _Unwind_Backtrace __attribute__((weak));
extern __typeof__(_Unwind_GetIP) _Unwind_GetIP __attribute__((weak));
extern __typeof__(_Unwind_GetCFA) _Unwind_GetCFA __attribute__((weak));

static struct {
    __typeof__(_Unwind_Backtrace) *backtrace;
    __typeof__(_Unwind_GetIP) *ip;
    __typeof__(_Unwind_GetCFA) *cfa;
} unwinder;

static void find_unwinder(void)
{
    unwinder.backtrace = _Unwind_Backtrace;
    unwinder.ip = _Unwind_GetIP;
    unwinder.cfa = _Unwind_GetCFA;
    bool linked = unwinder.backtrace && unwinder.ip && unwinder.cfa;
    void *library = linked ? NULL : rfi_load_library("libgcc_s.so.1");
    if (library)
        linked = rfi_load_function(library, "_Unwind_Backtrace", &unwinder.backtrace) &&
                 rfi_load_function(library, "_Unwind_GetIP", &unwinder.ip) &&
                 rfi_load_function(library, "_Unwind_GetCFA", &unwinder.cfa);
    if (!linked)
        unwinder.backtrace = NULL;
}

static bool has_unwinder(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, find_unwinder);
    return unwinder.backtrace;
}
#else
static const struct {
    __typeof__(_Unwind_Backtrace) *backtrace;
} unwinder = {_Unwind_Backtrace};

static bool has_unwinder(void)
{
    return true;
}
#endif

static void *address_of(struct _Unwind_Context *context)
{
#if !defined(__arm__)
    return (void *)unwinder.ip(context);
#else
    return (void *)_Unwind_GetIP(context);
#endif
}

/* --- a stack -------------------------------------------------------------- */

struct walk {
    struct rfi_where *where;
    bool placed; /* all places were found */
};

static void *const *place_of(struct _Unwind_Context *context)
{
#if defined(__x86_64__) || defined(__i386__)
    return (void *const *)unwinder.cfa(context) - 1;
#else
    (void)context;
    return NULL;
#endif
}

/* The places are none of what a sanitizer keeps an eye on. */
#if defined(__clang__)
#define UNWATCHED __attribute__((no_sanitize("address", "memory", "thread")))
#else
#define UNWATCHED __attribute__((no_sanitize_address))
#endif

UNWATCHED static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
    struct walk *walk = arg;
    struct rfi_where *where = walk->where;
    void *address = address_of(context);
    void *const *place = place_of(context);
    if (!address || where->count == RFI_WHERE_MAX)
        return _URC_END_OF_STACK;
    if (place && (const void *)place <= where->frame)
        return _URC_NO_REASON; /* of the function that looks, and not there for long */
    if (!place || (uintptr_t)place % sizeof *place != 0 || *place != address)
        walk->placed = false;
    where->slots[where->count] = place;
    where->addresses[where->count++] = address;
    return _URC_NO_REASON;
}

/* NULL: out of memory, or nobody is there who could. */
static struct rfi_where *unwind(const void *frame)
{
    int saved = errno;
    struct rfi_where *where = has_unwinder() ? malloc(sizeof *where) : NULL;
    errno = saved;
    if (!where)
        return NULL;
    where->users = 1;
    where->count = 0;
    where->frame = frame;
    struct walk walk = {where, true};
    (void)unwinder.backtrace(step, &walk);
    if (!walk.placed || where->count == 0)
        where->frame = NULL;
    return where;
}

/* --- the same way again --------------------------------------------------- */

UNWATCHED static bool came_this_way(const struct rfi_where *where, const void *frame)
{
    if (where->frame != frame)
        return false;
    for (int i = 0; i < where->count; i++)
        if (*where->slots[i] != where->addresses[i])
            return false;
    return true;
}

/* Not inline: the frame has to be this function's own. */
__attribute__((noinline)) struct rfi_where *rfi_where_now(struct rfi_check *check)
{
    const void *frame = __builtin_frame_address(0);
    for (uint32_t i = 0; i < RFI_WHERE_KEPT; i++) {
        struct rfi_where *kept = check->kept[(check->kept_next - 1 - i) % RFI_WHERE_KEPT];
        if (kept && came_this_way(kept, frame))
            return rfi_where_share(kept);
    }
    struct rfi_where *where = unwind(frame);
    if (where && where->frame) {
        struct rfi_where **oldest = &check->kept[check->kept_next++ % RFI_WHERE_KEPT];
        rfi_where_drop(*oldest);
        *oldest = rfi_where_share(where);
    }
    return where;
}

struct rfi_where *rfi_where_share(struct rfi_where *where)
{
    if (where)
        where->users++;
    return where;
}

void rfi_where_drop(struct rfi_where *where)
{
    if (where && --where->users == 0)
        free(where);
}

/* --- who took an SQE ------------------------------------------------------ */

static void forget_queued(struct rfi_check *check)
{
    for (uint32_t i = 0; i < check->queued_room; i++)
        rfi_where_drop(check->queued[i]);
    free(check->queued);
    check->queued = NULL;
    check->queued_room = 0;
}

/* One place for each slot. False: out of memory. */
static bool has_room(struct rfi_check *check)
{
    if (check->queued_room == check->sq.entries)
        return true;
    int saved = errno;
    forget_queued(check); /* the queue has another size now */
    check->queued = calloc(check->sq.entries, sizeof(struct rfi_where *));
    check->queued_room = check->queued ? check->sq.entries : 0;
    errno = saved;
    return check->queued_room > 0;
}

void rfi_where_queued(struct rfi_check *check, uint32_t index)
{
    /* On such a ring the SQEs that are left over are moved to the front. */
    if (check->flags & RF_SETUP_SQ_REWIND || !has_room(check))
        return;
    struct rfi_where **slot = &check->queued[index & (check->queued_room - 1)];
    rfi_where_drop(*slot);
    *slot = rfi_where_now(check);
}

struct rfi_where *rfi_where_taken(struct rfi_check *check, uint32_t index)
{
    if (check->queued_room != check->sq.entries)
        return NULL;
    return rfi_where_share(check->queued[index & (check->queued_room - 1)]);
}

void rfi_where_stop(struct rfi_check *check)
{
    forget_queued(check);
    for (uint32_t i = 0; i < RFI_WHERE_KEPT; i++)
        rfi_where_drop(check->kept[i]);
}
