/* SPDX-License-Identifier: MIT */
/*
 * best.c - best.h.
 *
 * Nothing is asked beforehand on a kernel that has all: the ring is opened as wished. If that
 * fails, what the kernel lacks is left out, with what builds on it; if it is not that, the one flag
 * without which it works is looked for. Then again, until it works or nothing is left.
 */
#include "best.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ringfence/memory.h>

#include "caps.h"
#include "check/hooks.h"

/* What may be left out. The order is that of leaving out, where nothing tells which to blame. */
enum option { O_SQPOLL, O_HYBRID, O_IOPOLL, O_DEFER, O_COOP, O_SINGLE, O_SUBMIT_ALL, OPTIONS };

static const struct {
    const char *name;
    uint32_t flag;
    const char *good_for;
} options[OPTIONS] = {
#define OPTION(flag, good_for) {"RF_SETUP_" #flag, RF_SETUP_##flag, good_for}
    [O_SQPOLL] = OPTION(SQPOLL, "a thread of the kernel's submits: no system call"),
    [O_HYBRID] = OPTION(HYBRID_IOPOLL, "sleeps for most of the time that the drive needs"),
    [O_IOPOLL] = OPTION(IOPOLL, "completions are polled for: no interrupts"),
    [O_DEFER] = OPTION(DEFER_TASKRUN, "completions are worked on when they are waited for"),
    [O_COOP] = OPTION(COOP_TASKRUN, "completions do not interrupt the program"),
    [O_SINGLE] = OPTION(SINGLE_ISSUER, "one thread submits: the kernel relies on it"),
    [O_SUBMIT_ALL] = OPTION(SUBMIT_ALL, "a bad SQE does not hold up those behind it"),
#undef OPTION
};

#define BIT(option) (1U << (option))

/* The search for a ring. */
struct search {
    const struct rf_sys *sys;
    struct rf_ring *ring;
    const struct rf_wish *wish;
    struct rf_best *best;
    uint32_t entries;
    uint32_t cq_entries;
    uint32_t forced; /* options that wish->flags has: they stay */
    uint32_t left;   /* options that are left out, and why: */
    const char *reasons[OPTIONS];
    int errors[OPTIONS];
};

static void leave(struct search *s, enum option option, const char *reason, int error)
{
    if (BIT(option) & (s->left | s->forced))
        return;
    s->left |= BIT(option);
    s->reasons[option] = reason;
    s->errors[option] = error;
}

/* The options to open with, when these are left out. */
static uint32_t chosen(const struct search *s, uint32_t left)
{
    enum rf_purpose purpose = s->wish->purpose;
    uint32_t may = ~left, use = s->forced;
    use |= may & BIT(O_SUBMIT_ALL);
    use |= may & BIT(O_SINGLE);
    if (purpose == RF_FOR_LATENCY)
        use |= may & BIT(O_SQPOLL);
    if (purpose == RF_FOR_STORAGE_POLLING)
        use |= may & BIT(O_IOPOLL);
    if (use & BIT(O_IOPOLL))
        use |= may & BIT(O_HYBRID);
    /* The SQ thread does all such work: there is none to put off. */
    if (use & BIT(O_SQPOLL))
        return use;
    if (use & BIT(O_SINGLE))
        use |= may & BIT(O_DEFER);
    if (!(use & BIT(O_DEFER)))
        use |= may & BIT(O_COOP);
    return use;
}

static uint32_t flags_of(uint32_t use)
{
    uint32_t flags = 0;
    for (int option = 0; option < OPTIONS; option++)
        if (use & BIT(option))
            flags |= options[option].flag;
    return flags;
}

/* --- opening ------------------------------------------------------------- */

static int open_with(struct search *s, uint32_t use)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = s->wish->flags | flags_of(use);
    if (!(s->wish->options & RF_WISH_ALL_ENTRIES))
        params.flags |= RF_SETUP_CLAMP;
    if (s->cq_entries) {
        params.flags |= RF_SETUP_CQSIZE;
        params.cq_entries = s->cq_entries;
    }
    if (params.flags & RF_SETUP_SQPOLL)
        params.sq_thread_idle = s->wish->sq_thread_idle ? s->wish->sq_thread_idle : 1000;
    return rf_init_sys(s->ring, s->entries, &params, s->sys);
}

/* The same, only to see whether it works. */
static bool works(struct search *s, uint32_t use)
{
    int err = open_with(s, use);
    if (!err)
        rf_deinit(s->ring);
    return !err;
}

static bool of_memory(int err)
{
    return err == -ENOMEM || err == -EAGAIN;
}

/* Half the entries. False: there is no half, or it must not be. */
static bool shrink(struct search *s)
{
    if (s->entries <= 1 || s->wish->options & RF_WISH_ALL_ENTRIES)
        return false;
    if (!s->best->fewer[0]) {
        const char *reason = rf_reason(s->ring);
        int saved = errno;
        (void)snprintf(s->best->fewer, sizeof s->best->fewer, "%s",
                       reason ? reason : "the kernel had no memory for more");
        errno = saved;
    }
    s->entries /= 2;
    if (s->cq_entries > s->entries)
        s->cq_entries /= 2;
    return true;
}

/* Leaves out what the kernel does not know. False: it knows all. */
static bool leave_unknown(struct search *s, uint32_t use)
{
    uint32_t lacks = rfi_setup_lacks(s->sys, flags_of(use & ~s->forced));
    uint32_t before = s->left;
    for (int option = 0; option < OPTIONS; option++)
        if (lacks & options[option].flag)
            leave(s, (enum option)option, rfi_lacks_flag(RF_CAP_SETUP, options[option].flag),
                  -EOPNOTSUPP);
    return s->left != before;
}

/* Leaves out the option to blame: the one without which it works, or else the first. */
static bool leave_refused(struct search *s, uint32_t use, int err)
{
    static const char refused[] = "the kernel has it, and refuses it";
    uint32_t candidates = use & ~s->forced;
    if (!candidates)
        return false;
    for (int option = 0; option < OPTIONS; option++)
        if (candidates & BIT(option) && works(s, chosen(s, s->left | BIT(option)))) {
            leave(s, (enum option)option, refused, err);
            return true;
        }
    leave(s, (enum option)__builtin_ctz(candidates), refused, err);
    return true;
}

/* Could a ring be opened with another choice of options? */
static bool is_about_options(int err)
{
    switch (err) {
    case -ERANGE:
    case -EDOM:
    case -EMFILE:
    case -ENFILE:
    case -ENOSYS:
    case -EPROTO:
        return false;
    default:
        return true;
    }
}

/* Opens the ring. Each round shrinks it or leaves something out, so there is an end. */
static int find(struct search *s)
{
    for (;;) {
        uint32_t use = chosen(s, s->left);
        int err = open_with(s, use);
        if (!err || !is_about_options(err))
            return err;
        /* There may be no further thread, and not no memory: that comes to light without. */
        bool thread = err == -EAGAIN && use & BIT(O_SQPOLL) & ~s->forced;
        if (of_memory(err) && !thread) {
            if (!shrink(s))
                return err;
            continue;
        }
        if (thread) {
            leave(s, O_SQPOLL, "there may be no further thread (RLIMIT_NPROC)", err);
            continue;
        }
        if (leave_unknown(s, use))
            continue;
        int without = open_with(s, s->forced);
        if (!without)
            rf_deinit(s->ring);
        else if (!of_memory(without))
            return without; /* nothing that can be left out */
        if (!leave_refused(s, use, err))
            return err;
    }
}

/* --- what is known before ------------------------------------------------ */

static unsigned processors(void)
{
    cpu_set_t set;
    int saved = errno;
    /* Fails where there are more than fit: then there are enough. */
    unsigned count = sched_getaffinity(0, sizeof set, &set) ? 2 : (unsigned)CPU_COUNT(&set);
    errno = saved;
    return count;
}

/* Reads a page of the program's file into @memory, polling. 0 or more; or a negative errno. */
static int read_polled(struct search *s, struct rf_ring *ring, void *memory, size_t bytes,
                       bool *ret_done)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    sqe->opcode = RF_OP_READ;
    sqe->fd = s->wish->fd;
    sqe->addr = (uint64_t)(uintptr_t)memory;
    sqe->len = (uint32_t)bytes;
    struct rf_cqe cqe;
    int err = rf_copy_cqe(ring, &cqe);
    *ret_done = !err;
    return err ? err : cqe.res;
}

static int try_polling(struct search *s)
{
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = RF_SETUP_IOPOLL;
    int err = rfi_init_unchecked(&ring, 1, &params, s->sys);
    if (err)
        return err;
    void *memory;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    err = s->sys->map(s->sys, -1, 0, page, &memory);
    if (!err) {
        bool done;
        err = read_polled(s, &ring, memory, page, &done);
        if (done) /* else it may still be written to */
            (void)s->sys->unmap(s->sys, memory, page);
    }
    rf_deinit(&ring);
    return err;
}

static void leave_what_is_no_use(struct search *s)
{
    if (s->wish->options & RF_WISH_SHARED) {
        static const char shared[] = "more than one thread uses the ring";
        leave(s, O_SINGLE, shared, 0);
        leave(s, O_DEFER, shared, 0);
        leave(s, O_COOP, shared, 0);
    }
    if (s->wish->purpose == RF_FOR_LATENCY && processors() < 2)
        leave(s, O_SQPOLL, "there is one processor, which the SQ thread would take away", 0);
    if (s->wish->purpose == RF_FOR_STORAGE_POLLING && s->wish->fd >= 0) {
        int err = try_polling(s);
        if (err == -EOPNOTSUPP)
            leave(s, O_IOPOLL, "the file cannot be polled: not O_DIRECT, or not its device", err);
    }
}

/* --- what goes with it --------------------------------------------------- */

static void choose(struct rf_best *best, const char *name, uint32_t flag, bool got, int error,
                   const char *reason)
{
    struct rf_choice *choice = &best->choices[best->count++];
    choice->name = name;
    choice->flag = flag;
    choice->got = got;
    choice->error = got ? 0 : error;
    choice->reason = reason;
}

/* Why an option is not used that was not left out. */
static const char *not_needed(enum option option, uint32_t use)
{
    if (use & BIT(O_SQPOLL))
        return "with RF_SETUP_SQPOLL the SQ thread does that work";
    if (option == O_DEFER)
        return "it is for rings of RF_SETUP_SINGLE_ISSUER";
    if (option == O_HYBRID)
        return "it is for rings of RF_SETUP_IOPOLL";
    return "RF_SETUP_DEFER_TASKRUN does that and more";
}

static void tell_options(struct search *s, uint32_t use)
{
    static const struct {
        enum option option;
        int only_for; /* a purpose, or -1 */
    } order[] = {{O_SQPOLL, RF_FOR_LATENCY},        {O_IOPOLL, RF_FOR_STORAGE_POLLING},
                 {O_HYBRID, RF_FOR_STORAGE_POLLING}, {O_SUBMIT_ALL, -1},
                 {O_SINGLE, -1},                     {O_DEFER, -1},
                 {O_COOP, -1}};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        enum option option = order[i].option;
        bool got = use & BIT(option);
        if (!got && order[i].only_for >= 0 && order[i].only_for != (int)s->wish->purpose)
            continue;
        const char *reason = got                       ? options[option].good_for
                             : s->left & BIT(option) ? s->reasons[option]
                                                       : not_needed(option, use);
        choose(s->best, options[option].name, options[option].flag, got, s->errors[option], reason);
    }
    bool no_array = s->ring->flags & RF_SETUP_NO_SQARRAY;
    choose(s->best, "RF_SETUP_NO_SQARRAY", RF_SETUP_NO_SQARRAY, no_array, -EOPNOTSUPP,
           no_array ? "no detour from the queue to its SQEs"
                    : rfi_lacks_flag(RF_CAP_SETUP, RF_SETUP_NO_SQARRAY));
}

/* Both are this thread's alone; so is the ring. */
static void add_what_is_a_threads(struct search *s, uint32_t use)
{
    struct rf_ring *ring = s->ring;
    if (s->wish->options & RF_WISH_SHARED)
        return;
    if (!(use & BIT(O_SQPOLL)) && !(ring->enter_flags & RF_ENTER_REGISTERED_RING)) {
        int err = rf_register_ring_fd(ring);
        choose(s->best, "registered ring", 0, !err, err,
               !err                 ? "no look-up of the descriptor in each call"
               : err == -EBUSY      ? "this thread has as many registered rings as there can be"
               : err == -EOPNOTSUPP ? rfi_lacks(RF_CAP_REGISTER, RF_REGISTER_RING_FDS)
                                    : "registering it failed");
    }
    int err = rf_ring_dontfork(ring);
    choose(s->best, "no copy for children", 0, !err, err,
           err ? "madvise(2) refused it" : "a forked child cannot disturb the ring");
    ring->reason = NULL;
}

/*
 * Before 5.11 the SQ thread knew registered files only. Nothing would tell the program
 * but -EBADF for each operation.
 */
static bool thread_takes_any_file(struct search *s)
{
    if (!(s->ring->flags & RF_SETUP_SQPOLL) || s->forced & BIT(O_SQPOLL) ||
        s->ring->features & RF_FEAT_SQPOLL_NONFIXED)
        return true;
    rf_deinit(s->ring);
    leave(s, O_SQPOLL,
          "the SQ thread of this kernel takes registered files only, until Linux 5.11", 0);
    return false;
}

static int search(struct search *s)
{
    for (int option = 0; option < OPTIONS; option++)
        if (s->wish->flags & options[option].flag)
            s->forced |= BIT(option);
    leave_what_is_no_use(s);
    do {
        int err = find(s);
        if (err)
            return err;
    } while (!thread_takes_any_file(s));
    return 0;
}

/* --- the calls ----------------------------------------------------------- */

int rfi_init_wish(const struct rf_sys *sys, struct rf_ring *ring, const struct rf_wish *wish,
                  struct rf_best *ret_best)
{
    struct rf_best unheard;
    struct search s;
    memset(&s, 0, sizeof s);
    s.sys = sys;
    s.ring = ring;
    s.wish = wish;
    s.best = ret_best ? ret_best : &unheard;
    s.entries = wish->entries;
    s.cq_entries = wish->cq_entries;
    memset(s.best, 0, sizeof *s.best);
    s.best->purpose = wish->purpose;
    s.best->entries_asked = wish->entries;
    memset(ring, 0, sizeof *ring);
    ring->fd = -1;
    if ((uint32_t)wish->purpose > RF_FOR_STORAGE_POLLING)
        return rfi_refuse(ring, -EINVAL, "there is no such purpose");
    if (wish->options & ~(RF_WISH_SHARED | RF_WISH_ALL_ENTRIES))
        return rfi_refuse(ring, -EINVAL, "there is no such option of a wish");

    int err = search(&s);
    if (err)
        return err;
    s.best->flags = ring->flags;
    s.best->entries = ring->sq.entries;
    s.best->cq_entries = ring->cq.entries;
    if (ring->sq.entries < s.entries)
        (void)strcpy(s.best->fewer, "the kernel has no larger rings");
    tell_options(&s, chosen(&s, s.left));
    add_what_is_a_threads(&s, chosen(&s, s.left));
    return 0;
}

int rf_init_wish(struct rf_ring *ring, const struct rf_wish *wish, struct rf_best *ret_best)
{
    return rfi_init_wish(&rf_sys_kernel, ring, wish, ret_best);
}

int rf_init_best(struct rf_ring *ring, uint32_t entries, enum rf_purpose purpose,
                 struct rf_best *ret_best)
{
    struct rf_wish wish = rf_wish_for(purpose, entries);
    return rf_init_wish(ring, &wish, ret_best);
}

/* --- for people ---------------------------------------------------------- */

struct text {
    char *buf;
    size_t bytes;
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list args;
    size_t room = text->used < text->bytes ? text->bytes - text->used : 0;
    va_start(args, format);
    int length = vsnprintf(room ? text->buf + text->used : NULL, room, format, args);
    va_end(args);
    if (length > 0)
        text->used += (size_t)length;
}

size_t rf_best_text(const struct rf_best *best, char *buf, size_t bytes)
{
    static const char *const purposes[] = {"throughput", "latency", "storage polling"};
    int saved = errno;
    struct text text = {buf, bytes, 0};
    add(&text, "%s: %u SQEs, %u CQEs\n", purposes[best->purpose], (unsigned)best->entries,
        (unsigned)best->cq_entries);
    if (best->fewer[0])
        add(&text, "  not %u SQEs: %s\n", (unsigned)best->entries_asked, best->fewer);
    for (uint32_t i = 0; i < best->count; i++) {
        const struct rf_choice *choice = &best->choices[i];
        add(&text, "  %s  %-22s  %s", choice->got ? "yes" : "no ", choice->name, choice->reason);
        if (choice->error && choice->error != -EOPNOTSUPP)
            add(&text, " (errno %d)", -choice->error);
        add(&text, "\n");
    }
    errno = saved;
    return text.used;
}
