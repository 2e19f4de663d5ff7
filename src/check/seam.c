/* SPDX-License-Identifier: MIT */
/*
 * seam.c - where the checker stands: between a ring and its other side.
 *
 * What goes through the seam (struct rf_sys) is seen there, by putting a struct rf_sys of our
 * own before the one the ring was opened with: a ring without a checker pays nothing for it.
 *
 *   enter     before: the SQEs that are about to be consumed. after: how far it came, and what
 *             has been completed.
 *   register  what brings CQEs that no SQE asked for (tags of registered resources).
 *
 * Two things happen in shared memory, without a call. CQEs appear there; but no program can
 * see one before rfi_cq_more() or its like have looked at the tail, which is a cold path:
 * cq.thorough, the flag that makes it go the long way, is one that it asks anyhow. And an SQ
 * thread takes SQEs as soon as their tail is stored, so they have to be looked at before:
 * rf_submit() goes another way for rings that poll, also without a checker. A shadow of
 * both queues would do without either, but then a program that polls for completions would
 * never see them unless every look entered the kernel, and the overflow of the queue, its
 * eventfd and its size would be ours to play.
 *
 * On other rings SQEs are read when they are consumed, not when they are published: until
 * rf_enter() the program may change its mind. What the kernel did not consume is forgotten
 * again and read anew by the next call.
 *
 * The lock is for programs that submit in one thread and reap in another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "hooks.h"

/* Over this the checker does not remember what may be over without a CQE. */
#define SILENT_MAX 4096

/* All checkers of the process, for when ASan ends it; and whether messages went from ring to ring. */
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct rfi_check *all;
static bool messages;

static void lock(struct rfi_check *check)
{
    (void)pthread_mutex_lock(&check->lock);
}

static void unlock(struct rfi_check *check)
{
    (void)pthread_mutex_unlock(&check->lock);
}

void rfi_check_message(void)
{
    (void)pthread_mutex_lock(&all_lock);
    messages = true;
    (void)pthread_mutex_unlock(&all_lock);
}

static bool messages_went(void)
{
    (void)pthread_mutex_lock(&all_lock);
    bool went = messages;
    (void)pthread_mutex_unlock(&all_lock);
    return went;
}

/* --- SQEs ----------------------------------------------------------------- */

static void number_chain(struct rfi_check *check, struct rfi_opened *opened)
{
    if (!check->in_chain)
        check->chain++;
    opened->chain = check->chain;
    check->in_chain = opened->sqe_flags & (RF_SQE_IO_LINK | RF_SQE_IO_HARDLINK);
}

/* Operations whose CQEs do not all have their user_data, or that send some elsewhere. */
static void expect_strangers(struct rfi_check *check, const struct rf_sqe *sqe)
{
    if (sqe->opcode == RF_OP_MSG_RING)
        rfi_check_message();
    if (sqe->opcode == RF_OP_POLL_REMOVE && sqe->len & RF_POLL_UPDATE_USER_DATA)
        check->strangers = true;
    if (rfi_opened_find(check, sqe->user_data) && sqe->flags & RF_SQE_CQE_SKIP_SUCCESS)
        check->strangers = true; /* a CQE could be either's */
    if (check->silent_count >= SILENT_MAX)
        check->strangers = true;
}

/* Others have the same user_data: which of them is over when, nobody can tell. */
static void forget_sharers(struct rfi_check *check, const struct rfi_opened *opened)
{
    struct rfi_opened *o = rfi_opened_find(check, opened->user_data);
    for (; o; o = rfi_opened_again(o))
        if (o != opened && o->lent)
            rfi_watch_forget(check, o);
    if (check->options.flags & RF_CHECK_UNIQUE)
        rfi_report(check, RF_CHECK_REUSED, opened, NULL, 0, NULL);
}

static void take_one(struct rfi_check *check, const struct rf_sqe *sqe, uint32_t end_index,
                     struct rfi_where *where)
{
    expect_strangers(check, sqe);
    if (check->silent_count >= SILENT_MAX && sqe->flags & RF_SQE_CQE_SKIP_SUCCESS)
        return;
    struct rfi_opened *opened = rfi_opened_new(check);
    if (!opened || !rfi_loans_of(opened, sqe)) {
        check->strangers = true; /* out of memory: nothing is sure from now on */
        return;
    }
    opened->end_index = end_index;
    opened->where = where;
    if (where)
        where->users++;
    number_chain(check, opened);
    rfi_opened_add(check, opened);
    if (opened->doubtful)
        forget_sharers(check, opened);
    rfi_watch(check, opened);
}

static bool is_wide(const struct rfi_check *check, const struct rf_sqe *sqe)
{
    return check->flags & RF_SETUP_SQE_MIXED &&
           (sqe->opcode == RF_OP_NOP128 || sqe->opcode == RF_OP_URING_CMD128);
}

/* The SQEs from @index on, up to @end. */
static void take_out(struct rfi_check *check, uint32_t index, uint32_t end)
{
    const struct rf_sq *sq = &check->sq;
    if (index == end || end - index > sq->entries)
        return;
    struct rfi_where *where = rfi_where_now();
    check->in_chain = false;
    while ((int32_t)(end - index) > 0) {
        const struct rf_sqe *sqe =
            sq->sqes + ((size_t)(index & (sq->entries - 1)) << sq->shift);
        index += is_wide(check, sqe) ? 2 : 1;
        take_one(check, sqe, index, where);
    }
    rfi_where_drop(where);
}

/* The other side has consumed what is before @head. */
static void consumed_to(struct rfi_check *check, uint32_t head)
{
    while (check->line && (int32_t)(head - check->line->end_index) >= 0) {
        struct rfi_opened *opened = check->line;
        check->line = opened->in_line;
        if (!check->line)
            check->line_end = &check->line;
        opened->consumed = true;
        rfi_watch_consumed(check, opened);
    }
}

/*
 * How far the SQ thread is. What is changed before it comes there is a fault; but as it
 * may come there at any time, only a change that is seen before its head is proves one.
 */
static void look_at_thread(struct rfi_check *check)
{
    struct rfi_opened *changed = check->line;
    const struct rfi_loan *loan = NULL;
    while (changed && !(loan = rfi_watch_early(changed)))
        changed = changed->in_line;
    uint32_t head = rfi_sq_head_load(check->sq.head_word);
    if (changed && (int32_t)(head - changed->end_index) < 0) {
        rfi_report(check, RF_CHECK_CHANGED, changed, loan, 0,
                   "changed before the SQ thread came to the SQE");
        rfi_watch_consumed(check, changed);
    }
    consumed_to(check, head);
}

/* What a call of enter left goes back to the program. */
static void forget_line(struct rfi_check *check)
{
    while (check->line) {
        struct rfi_opened *opened = check->line;
        rfi_watch_forget(check, opened);
        rfi_opened_remove(check, opened);
    }
}

/* --- CQEs ----------------------------------------------------------------- */

static void unknown(struct rfi_check *check, const struct rf_cqe *cqe)
{
    if (check->strangers || messages_went())
        return;
    for (uint32_t i = 0; i < RFI_LATELY; i++) {
        if (!check->lately_op[i] || check->lately[i] != cqe->user_data)
            continue;
        rfi_report(check, RF_CHECK_SECOND_END, NULL, NULL, cqe->user_data,
                   "res %d, flags 0x%x; it was a %s", (int)cqe->res, (unsigned)cqe->flags,
                   check->lately_op[i]->name);
        return;
    }
    rfi_report(check, RF_CHECK_UNKNOWN_CQE, NULL, NULL, cqe->user_data, "res %d, flags 0x%x",
               (int)cqe->res, (unsigned)cqe->flags);
}

static void was_over(struct rfi_check *check, const struct rfi_opened *opened)
{
    uint32_t i = check->lately_next++ % RFI_LATELY;
    check->lately[i] = opened->user_data;
    check->lately_op[i] = opened->op;
}

static void completed(struct rfi_check *check, const struct rf_cqe *cqe)
{
    struct rfi_opened *opened = rfi_opened_of(check, cqe);
    if (!opened) {
        unknown(check, cqe);
        return;
    }
    if (cqe->res > 0 && opened->asked >= 0 && cqe->res > opened->asked && !opened->doubtful &&
        !(cqe->flags & RF_CQE_F_NOTIF))
        rfi_report(check, RF_CHECK_TOO_MUCH, opened, NULL, 0, "res %d, %lld were asked for",
                   (int)cqe->res, (long long)opened->asked);
    rfi_watch_completed(check, opened, cqe);
    if (cqe->flags & RF_CQE_F_MORE) {
        if (opened->op && opened->op->notification.since)
            opened->notified_later = true;
        return;
    }
    was_over(check, opened);
    rfi_opened_remove(check, opened);
}

/* Those that have come since the last look. */
static void look_at_cqes(struct rfi_check *check)
{
    const struct rf_cq *cq = &check->cq;
    uint32_t tail = rfi_cq_tail_load(cq->tail_word);
    if (tail - check->seen > cq->entries)
        return; /* no honest tail: the ring says so by itself */
    while ((int32_t)(tail - check->seen) > 0) {
        const struct rf_cqe *cqe =
            cq->cqes + ((size_t)(check->seen & (cq->entries - 1)) << cq->shift);
        bool mixed = check->flags & RF_SETUP_CQE_MIXED;
        uint32_t slots = mixed && cqe->flags & RF_CQE_F_32 ? 2 : 1;
        if (tail - check->seen < slots || (slots == 2 && cqe + 1 == cq->wrap))
            return; /* half of one: a lie too */
        check->seen += slots;
        if (!(mixed && cqe->flags & RF_CQE_F_SKIP))
            completed(check, cqe);
    }
}

/* --- the other side ------------------------------------------------------- */

/* The first member is what the ring has; nothing of it is written after it was made. */
static struct rfi_check *check_of(const struct rf_sys *sys)
{
    return (struct rfi_check *)(uintptr_t)sys;
}

static int checked_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    return inner->ring_setup(inner, entries, params);
}

static void before_enter(struct rfi_check *check, uint32_t to_submit)
{
    if (check->flags & RF_SETUP_SQPOLL) {
        look_at_thread(check);
        return;
    }
    bool rewinds = check->flags & RF_SETUP_SQ_REWIND;
    uint32_t head = rewinds ? 0 : rfi_sq_head_load(check->sq.head_word);
    uint32_t left = check->limited ? check->limit - head : to_submit;
    check->limited = false;
    take_out(check, head, head + (to_submit < left ? to_submit : left));
}

static void after_enter(struct rfi_check *check, uint32_t to_submit, int result)
{
    if (check->flags & RF_SETUP_SQPOLL) {
        look_at_thread(check);
    } else if (to_submit > 0) {
        bool rewinds = check->flags & RF_SETUP_SQ_REWIND;
        uint32_t taken = result > 0 ? (uint32_t)result : 0;
        consumed_to(check, rewinds ? taken : rfi_sq_head_load(check->sq.head_word));
        forget_line(check);
    }
    look_at_cqes(check);
}

static int checked_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                         uint32_t min_complete, uint32_t flags, const void *arg,
                         size_t arg_bytes)
{
    struct rfi_check *check = check_of(sys);
    lock(check);
    before_enter(check, to_submit);
    unlock(check);
    int result = check->inner->ring_enter(check->inner, fd, to_submit, min_complete, flags, arg,
                                          arg_bytes);
    lock(check);
    after_enter(check, to_submit, result);
    unlock(check);
    return result;
}

/* Does it bring CQEs of its own, when what it registers is over? */
static bool has_tags(uint32_t opcode, const void *arg)
{
    struct rf_rsrc_register reg;
    struct rf_rsrc_update2 update;
    switch (opcode & ~(uint32_t)RF_REGISTER_USE_REGISTERED_RING) {
    case RF_REGISTER_FILES2:
    case RF_REGISTER_BUFFERS2:
        return rfi_peek(&reg, (uint64_t)(uintptr_t)arg, sizeof reg) && reg.tags;
    case RF_REGISTER_FILES_UPDATE2:
    case RF_REGISTER_BUFFERS_UPDATE:
        return rfi_peek(&update, (uint64_t)(uintptr_t)arg, sizeof update) && update.tags;
    default:
        return false;
    }
}

static int checked_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                            uint32_t nr_args)
{
    struct rfi_check *check = check_of(sys);
    if (has_tags(opcode, arg)) {
        lock(check);
        check->strangers = true;
        unlock(check);
    }
    return check->inner->ring_register(check->inner, fd, opcode, arg, nr_args);
}

static int checked_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                       void **ret_addr)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    return inner->map(inner, fd, offset, bytes, ret_addr);
}

static int checked_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    return inner->unmap(inner, addr, bytes);
}

static int checked_close(const struct rf_sys *sys, int fd)
{
    const struct rf_sys *inner = check_of(sys)->inner;
    return inner->close(inner, fd);
}

static const struct rf_sys checked = {
    .ring_setup = checked_setup,
    .ring_enter = checked_enter,
    .ring_register = checked_register,
    .map = checked_map,
    .unmap = checked_unmap,
    .close = checked_close,
};

/* --- what happens without a call ------------------------------------------ */

void rfi_check_publish(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    uint32_t index = rfi_sq_index(&ring->sq);
    if (!(ring->flags & RF_SETUP_SQPOLL))
        return;
    lock(check);
    look_at_thread(check);
    take_out(check, check->published, index);
    check->published = index;
    unlock(check);
}

void rfi_check_entering(const struct rf_ring *ring)
{
    lock(ring->check);
    ring->check->limit = ring->sq.ktail;
    ring->check->limited = true;
    unlock(ring->check);
}

void rfi_check_cqes(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    lock(check);
    if (check->flags & RF_SETUP_SQPOLL)
        look_at_thread(check);
    look_at_cqes(check);
    unlock(check);
}

void rfi_check_moved(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    lock(check);
    check->sq = ring->sq;
    check->cq = ring->cq;
    unlock(check);
}

/* --- the beginning -------------------------------------------------------- */

/* ASan has found somebody who touched memory, and printed: say whose it was. */
static void at_death(void)
{
    uint64_t addr = rfi_asan_touched();
    for (struct rfi_check *check = all; check; check = check->next) {
        const struct rfi_loan *loan;
        const struct rfi_opened *opened = rfi_watch_owner(check, addr, &loan);
        if (!opened)
            continue;
        rfi_report(check, RF_CHECK_TOUCHED, opened, loan, 0, "0x%llx was touched: see above",
                   (unsigned long long)addr);
        return;
    }
}

static void enlist(struct rfi_check *check)
{
    (void)pthread_mutex_lock(&all_lock);
    if (rfi_asan_is_there())
        rfi_asan_at_death(at_death);
    check->next = all;
    all = check;
    (void)pthread_mutex_unlock(&all_lock);
}

static void strike_off(struct rfi_check *check)
{
    (void)pthread_mutex_lock(&all_lock);
    struct rfi_check **at = &all;
    while (*at != check)
        at = &(*at)->next;
    *at = check->next;
    (void)pthread_mutex_unlock(&all_lock);
}

static int start(struct rf_ring *ring, const struct rf_check_options *options)
{
    int saved = errno;
    struct rfi_check *check = calloc(1, sizeof *check);
    int err = check ? rfi_opened_start(check) : -ENOMEM;
    errno = saved;
    if (err) {
        free(check);
        return err;
    }
    check->sys = checked;
    check->inner = ring->sys;
    (void)pthread_mutex_init(&check->lock, NULL);
    check->sq = ring->sq;
    check->cq = ring->cq;
    check->flags = ring->flags;
    check->published = ring->sq.ktail;
    check->seen = ring->cq.khead;
    check->options = *options;
    check->pid = (int32_t)getpid();
    enlist(check);
    ring->sys = &check->sys;
    ring->check = check;
    ring->cq.thorough = true;
    return 0;
}

int rf_check_start(struct rf_ring *ring, const struct rf_check_options *options)
{
    static const struct rf_check_options defaults = {RF_CHECK_ABORT, 0, NULL, NULL};
    if (!options)
        options = &defaults;
    if ((unsigned)options->answer > RF_CHECK_COUNT || options->flags & ~RF_CHECK_UNIQUE)
        return -EINVAL;
    if (ring->enter_fd < 0)
        return -EBADF;
    if (ring->check) {
        lock(ring->check);
        ring->check->options = *options;
        unlock(ring->check);
        return 0;
    }
    if (rf_sq_ready(ring) > 0 || rf_cq_ready(ring) > 0)
        return -EBUSY;
    return start(ring, options);
}

/* Is the word one of those between commas? */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (; *list; list += strcspn(list, ",")) {
        list += *list == ',';
        if (strncmp(list, word, length) == 0 && (list[length] == ',' || !list[length]))
            return true;
    }
    return false;
}

int rfi_check_opened(struct rf_ring *ring)
{
    const char *words = secure_getenv("RINGFENCE_CHECK");
    if (!words || !*words || has_word(words, "0"))
        return 0;
    struct rf_check_options options = {RF_CHECK_ABORT, 0, NULL, NULL};
    if (has_word(words, "go-on"))
        options.answer = RF_CHECK_GO_ON;
    if (has_word(words, "unique"))
        options.flags = RF_CHECK_UNIQUE;
    return start(ring, &options);
}

bool rf_check_is_on(const struct rf_ring *ring)
{
    return ring->check != NULL;
}

uint64_t rf_check_count(const struct rf_ring *ring)
{
    if (!ring->check)
        return 0;
    lock(ring->check);
    uint64_t count = ring->check->reports;
    unlock(ring->check);
    return count;
}

/* --- the end -------------------------------------------------------------- */

static void look_for_unpublished(struct rfi_check *check, const struct rf_ring *ring)
{
    const struct rf_sq *sq = &ring->sq;
    uint32_t count = rfi_sq_index(sq) - sq->ktail;
    if (count == 0 || count > sq->entries)
        return;
    const struct rf_sqe *sqe = sq->sqes + ((size_t)(sq->ktail & (sq->entries - 1)) << sq->shift);
    struct rfi_opened first;
    memset(&first, 0, sizeof first);
    first.op = rf_op_info(sqe->opcode);
    first.user_data = sqe->user_data;
    first.fd = sqe->fd;
    rfi_report(check, RF_CHECK_NOT_PUBLISHED, &first, NULL, 0, "the first of %u such SQEs",
               (unsigned)count);
}

static void look_for_lent(struct rfi_check *check)
{
    const struct rfi_opened *oldest = NULL;
    unsigned count = 0;
    for (const struct rfi_opened *o = check->lent; o; o = o->lent_next, count++)
        oldest = o;
    if (!oldest)
        return;
    const struct rfi_loan *loan = NULL;
    for (uint32_t i = 0; !loan && i < oldest->loan_count; i++)
        if (oldest->loans[i].bytes > 0)
            loan = &oldest->loans[i];
    rfi_report(check, RF_CHECK_CLOSED, oldest, loan, 0, "the oldest of %u operations that have "
               "memory", count);
}

void rfi_check_closing(const struct rf_ring *ring)
{
    struct rfi_check *check = ring->check;
    lock(check);
    bool ours = check->pid == (int32_t)getpid();
    if (ours && ring->rings.addr) {
        if (check->flags & RF_SETUP_SQPOLL)
            look_at_thread(check);
        look_at_cqes(check);
        look_for_unpublished(check, ring);
    }
    if (ours)
        look_for_lent(check);
    while (check->lent)
        rfi_watch_forget(check, check->lent);
    unlock(check);
    strike_off(check);
}

const struct rf_sys *rfi_check_closed(struct rfi_check *check, const struct rf_sys *sys)
{
    if (sys == &check->sys)
        sys = check->inner;
    int saved = errno;
    rfi_opened_stop(check);
    (void)pthread_mutex_destroy(&check->lock);
    free(check);
    errno = saved;
    return sys;
}
