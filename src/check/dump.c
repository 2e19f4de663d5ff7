/* SPDX-License-Identifier: MIT */
/*
 * dump.c - the operations that are open, and what each of them waits for: for rf_dump(), and
 * for the signal that RINGFENCE_CHECK=dump=... names.
 *
 * A signal handler can do next to nothing, and the lock may be held. So it wakes a thread, which
 * prints as any other would.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "hooks.h"

/* --- in order ------------------------------------------------------------- */

static int older_first(const void *a, const void *b)
{
    const struct rfi_opened *x = *(const struct rfi_opened *const *)a;
    const struct rfi_opened *y = *(const struct rfi_opened *const *)b;
    if (x->when_ns != y->when_ns)
        return x->when_ns < y->when_ns ? -1 : 1;
    int32_t order = (int32_t)(x->end_index - y->end_index);
    return order < 0 ? -1 : order > 0;
}

/* All that are open, the oldest first; NULL: out of memory. */
static const struct rfi_opened **sorted(const struct rfi_check *check)
{
    const struct rfi_opened **all = malloc((check->opened_count + 1) * sizeof *all);
    uint32_t count = 0;
    if (!all)
        return NULL;
    for (uint32_t i = 0; i < check->table_size; i++)
        for (const struct rfi_opened *o = check->table[i]; o && count < check->opened_count;
             o = o->next)
            all[count++] = o;
    qsort(all, count, sizeof *all, older_first);
    return all;
}

/* --- what it waits for ---------------------------------------------------- */

/* What poll(2) is to be asked, or 0: that is not what it waits for. */
static short readiness(uint32_t opcode)
{
    switch (opcode) {
    case RF_OP_READ:
    case RF_OP_READV:
    case RF_OP_READ_FIXED:
    case RF_OP_READ_MULTISHOT:
    case RF_OP_RECV:
    case RF_OP_RECVMSG:
    case RF_OP_RECV_ZC:
    case RF_OP_ACCEPT:
        return POLLIN;
    case RF_OP_WRITE:
    case RF_OP_WRITEV:
    case RF_OP_WRITE_FIXED:
    case RF_OP_SEND:
    case RF_OP_SENDMSG:
    case RF_OP_SEND_ZC:
    case RF_OP_SENDMSG_ZC:
    case RF_OP_CONNECT:
        return POLLOUT;
    default:
        return 0;
    }
}

static void print_file(const struct rfi_opened *o, FILE *out)
{
    short events = readiness(o->op->opcode);
    const char *able = events == POLLIN ? "readable" : "writable";
    if (o->sqe_flags & RF_SQE_FIXED_FILE) {
        fprintf(out, "until its file, slot %d, is %s", o->fd, able);
        return;
    }
    struct pollfd file = {o->fd, events, 0};
    int found = poll(&file, 1, 0);
    if (found > 0 && file.revents & POLLNVAL)
        fprintf(out, "until its file is %s; fd %d is closed by now", able, o->fd);
    else if (found > 0)
        fprintf(out, "for nothing outside: fd %d is ready. A worker runs it, or its completion is "
                     "held back", o->fd);
    else
        fprintf(out, "until fd %d is %s, which it is not", o->fd, able);
}

/* The first of those before it, in its chain. */
static const struct rfi_opened *before_in_chain(const struct rfi_opened **all, uint32_t i)
{
    for (uint32_t k = i; all[i]->follows && k-- > 0;)
        if (all[k]->chain == all[i]->chain)
            return all[k];
    return NULL;
}

static const struct rfi_opened *drain_before(const struct rfi_opened **all, uint32_t i)
{
    for (uint32_t k = 1; k < i; k++) /* the first of all has nothing to wait for */
        if (all[k]->sqe_flags & RF_SQE_IO_DRAIN)
            return all[k];
    return NULL;
}

static void print_other(const char *words, const struct rfi_opened *o, FILE *out)
{
    fprintf(out, "%s%s, user_data %llu", words, o->op ? o->op->name : "?",
            (unsigned long long)o->user_data);
}

/* For nothing that is in this ring. */
static void print_own_wait(const struct rfi_opened *o, FILE *out)
{
    if (o->notified_later)
        fprintf(out, "for its notification: the result came, the network still has the buffer");
    else if (rfi_opened_is_silent(o))
        fprintf(out, "perhaps for nothing: with RF_SQE_CQE_SKIP_SUCCESS it may be over");
    else if (!o->op)
        fprintf(out, "for the kernel");
    else if (o->op->opcode == RF_OP_TIMEOUT || o->op->opcode == RF_OP_LINK_TIMEOUT)
        fprintf(out, "until its time is up, or enough others are completed");
    else if (o->op->opcode == RF_OP_POLL_ADD)
        fprintf(out, "until fd %d has what it polls for", o->fd);
    else if (readiness(o->op->opcode))
        print_file(o, out);
    else if (o->op->worker == RF_WORKER_ALWAYS || o->sqe_flags & RF_SQE_ASYNC)
        fprintf(out, "for a worker, which runs it or is to");
    else
        fprintf(out, "for the kernel: %s", o->op->text);
}

/* Of a ring that has drained: see the quirks of these names. */
static void print_quirk(const struct rfi_opened **all, uint32_t i, FILE *out)
{
    const struct rfi_opened *o = all[i];
    uint32_t opcode = o->op ? o->op->opcode : RF_OP_NOP;
    if ((opcode == RF_OP_SEND_ZC || opcode == RF_OP_SENDMSG_ZC) && !o->notified_later)
        fprintf(out, "; or for ever, if a drain held it back (DrainStopsZeroCopy)");
    else if (i > 0 && !(o->sqe_flags & RF_SQE_IO_DRAIN) && !drain_before(all, i))
        print_other("; or, for the ring has drained (DrainLasts), until all before it are over, "
                    "the oldest: ", all[0], out);
}

static void print_wait(const struct rfi_check *check, const struct rfi_opened **all, uint32_t i,
                       FILE *out)
{
    const struct rfi_opened *o = all[i], *other;
    fprintf(out, "      waits ");
    if (!o->consumed)
        fprintf(out, "to be consumed: %s", check->flags & RF_SETUP_SQPOLL
                                              ? "by the SQ thread; if that sleeps rf_submit() wakes it"
                                              : "by the call that submits");
    else if ((other = before_in_chain(all, i)))
        print_other("for the one before it in its chain: ", other, out);
    else if (o->sqe_flags & RF_SQE_IO_DRAIN && i > 0)
        print_other("until all before it are over (RF_SQE_IO_DRAIN), the oldest: ", all[0], out);
    else if ((other = drain_before(all, i)))
        print_other("behind one that drains the ring: ", other, out);
    else
        print_own_wait(o, out);
    if (o->consumed && check->drains)
        print_quirk(all, i, out);
    fprintf(out, "\n");
}

/* --- printing ------------------------------------------------------------- */

static void print_open(const struct rfi_check *check, const struct rfi_opened **all, uint32_t i,
                       FILE *out)
{
    const struct rfi_opened *o = all[i];
    uint64_t ms = (rfi_now_ns() - o->when_ns) / 1000000;
    fprintf(out, "    %s, user_data %llu (0x%llx), fd %d, %llu.%03llu s, %s%s\n",
            o->op ? o->op->name : "?", (unsigned long long)o->user_data,
            (unsigned long long)o->user_data, o->fd, (unsigned long long)(ms / 1000),
            (unsigned long long)(ms % 1000), o->consumed ? "in the kernel" : "published",
            o->endless ? ", multishot" : "");
    print_wait(check, all, i, out);
    const struct rfi_where *where = o->queued ? o->queued : o->where;
    if (where) {
        fflush(out); /* the stack goes to the descriptor itself, where there is one */
        if (fileno(out) >= 0)
            rfi_stack_print(fileno(out), where->addresses, (size_t)where->count);
    }
}

static void dump(struct rfi_check *check, FILE *out)
{
    fprintf(out, "  open: %u operations\n", (unsigned)check->opened_count);
    const struct rfi_opened **all = sorted(check);
    for (uint32_t i = 0; all && i < check->opened_count; i++)
        print_open(check, all, i, out);
    free(all);
}

void rfi_check_dump(struct rfi_check *check, FILE *out)
{
    rfi_check_lock(check);
    if (check->flags & RF_SETUP_SQPOLL)
        rfi_look_at_thread(check);
    rfi_look_at_cqes(check);
    dump(check, out);
    rfi_check_unlock(check);
}

/* --- by a signal ---------------------------------------------------------- */

static int wakeup[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    (void)number;
    (void)!write(wakeup[1], "", 1);
    errno = saved;
}

static void dump_one(struct rfi_check *check, void *context)
{
    FILE *out = context;
    if (check->closing)
        return;
    uint32_t flags = rfi_sq_flags_peek(check->sq.flags_word);
    fprintf(out, "ring with %u SQEs, setup flags 0x%x%s%s%s\n", (unsigned)check->sq.entries,
            (unsigned)check->flags,
            flags & RF_SQ_NEED_WAKEUP ? "; SQ thread asleep: rf_submit() wakes it" : "",
            flags & RF_SQ_CQ_OVERFLOW ? "; CQ backlog: take completions" : "",
            flags & RF_SQ_TASKRUN ? "; completions are held back until its thread enters" : "");
    dump(check, out);
}

static void *dump_when_woken(void *unused)
{
    char byte;
    (void)unused;
    while (read(wakeup[0], &byte, 1) == 1) {
        rfi_check_each(dump_one, stderr);
        fflush(stderr);
    }
    return NULL;
}

/* "USR1", "SIGUSR1" or a number; 0: none. */
static int signal_of(const char *name, size_t bytes)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {{"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"QUIT", SIGQUIT}, {"HUP", SIGHUP},
                 {"ALRM", SIGALRM}, {"WINCH", SIGWINCH}};
    if (bytes > 3 && strncmp(name, "SIG", 3) == 0) {
        name += 3;
        bytes -= 3;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == bytes && strncmp(known[i].name, name, bytes) == 0)
            return known[i].number;
    long number = strtol(name, NULL, 10);
    return number > 0 && number < NSIG ? (int)number : 0;
}

bool rfi_dump_by_signal(const char *name, size_t bytes)
{
    int number = signal_of(name, bytes);
    if (number == 0)
        return false;
    if (wakeup[0] >= 0)
        return true; /* at an earlier ring */
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    pthread_t thread;
    if (pipe2(wakeup, O_CLOEXEC))
        return false;
    if (pthread_create(&thread, NULL, dump_when_woken, NULL))
        return false;
    (void)pthread_detach(thread);
    return sigaction(number, &action, NULL) == 0;
}
