/* SPDX-License-Identifier: MIT */
/*
 * handed_over.c CASE KIND - one thread submits, another takes the completions: for ThreadSanitizer,
 * which sees no order between the two but what it is told.
 *
 *   request, message, register, poll, buffer    right: what was filled before is used after
 *   late, other, same                           races: these it has to find
 *
 * Threads look at each other by words without an order, so that nothing else makes one.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ringfence.h>

#define SKIPPED 77

static struct rf_ring ring, other_ring;
static int ends[2];
static const char *wish;

/* As programs have them: user_data points to it. */
struct request {
    char text[32];
    int number;
};

static bool is(const char *name)
{
    return strcmp(wish, name) == 0;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    printf("%s went wrong\n", what);
    exit(1);
}

/* --- without an order ----------------------------------------------------- */

static int step;

static void go_to(int number)
{
    __atomic_store_n(&step, number, __ATOMIC_RELAXED);
}

static void wait_for(int number)
{
    while (__atomic_load_n(&step, __ATOMIC_RELAXED) < number)
        sched_yield();
}

/* --- the thread that submits ---------------------------------------------- */

static struct request *new_request(void)
{
    struct request *request = malloc(sizeof *request);
    must(request != NULL, "malloc()");
    memcpy(request->text, "text", 5);
    request->number = 4;
    return request;
}

static uint64_t name_of(const struct request *request)
{
    return (uint64_t)(uintptr_t)request;
}

static void submit(struct rf_ring *to)
{
    must(rf_submit(to) >= 0, "submitting");
}

static void send_message(bool registered)
{
    struct request *request = new_request();
    if (registered) {
        struct rf_sqe sqe;
        memset(&sqe, 0, sizeof sqe);
        rf_prep_msg_ring(&sqe, ring.fd, 0, name_of(request), 0);
        if (rf_register_sync_msg(&sqe))
            exit(SKIPPED);
        return;
    }
    must(rf_msg_ring(&other_ring, 1, ring.fd, 0, name_of(request), 0) != NULL, "an SQE");
    submit(&other_ring);
}

/* A poll gets user_data of a request that is filled only then. */
static void rename_poll(void)
{
    must(rf_poll_add(&ring, 1, ends[0], POLLIN) != NULL, "an SQE");
    submit(&ring);
    struct request *request = new_request();
    struct rf_sqe *sqe = rf_poll_update(&ring, 2, 1, name_of(request), 0,
                                        RF_POLL_UPDATE_USER_DATA);
    must(sqe != NULL, "an SQE");
    rf_sqe_set_flags(sqe, RF_SQE_CQE_SKIP_SUCCESS);
    submit(&ring);
    must(write(ends[1], "x", 1) == 1, "write()");
}

static char buffer[100];
static struct rf_buf_ring *buffers;

/* The buffer is provided by this thread, after the other has submitted a receive. */
static void provide_buffer(void)
{
    wait_for(1);
    buffer[5] = 'b';
    rf_buf_ring_add(buffers, buffer, sizeof buffer, 0, rf_buf_ring_mask(1), 0);
    rf_buf_ring_advance(buffers, 1);
    must(write(ends[1], "text", 4) == 4, "write()");
}

static volatile int shared; /* nobody reads it: the compiler would leave it out */

static void *submits(void *unused)
{
    if (is("message") || is("register")) {
        send_message(is("register"));
        return unused;
    }
    if (is("poll")) {
        rename_poll();
        return unused;
    }
    if (is("buffer")) {
        provide_buffer();
        return unused;
    }
    struct request *request = new_request();
    must(rf_write(&ring, name_of(request), ends[1], request->text, 4, 0) != NULL, "an SQE");
    submit(&ring);
    if (is("late"))
        request->number = 5; /* a race */
    if (is("other")) {
        /* What comes between two operations is ordered by the second only. */
        shared = 1; /* a race */
        static char never;
        must(rf_recv(&ring, 3, ends[1], &never, 1, 0) != NULL, "an SQE");
        submit(&ring);
    }
    if (is("same"))
        shared = 1; /* a race */
    go_to(1);
    return unused;
}

/* --- the thread that takes ------------------------------------------------ */

static struct rf_cqe take(void)
{
    const struct rf_cqe *cqe;
    while (!(cqe = rf_next_cqe(&ring)))
        must(rf_enter(&ring, 0, 1, RF_ENTER_GETEVENTS) >= 0, "waiting");
    return *cqe;
}

static void use(const struct rf_cqe *cqe)
{
    struct request *request = (struct request *)(uintptr_t)cqe->user_data;
    must(strcmp(request->text, "text") == 0, "the request");
    request->number++;
    memset(request->text, 0, sizeof request->text);
    free(request);
}

static void *takes(void *unused)
{
    if (is("late") || is("other") || is("same"))
        wait_for(1);
    if (is("buffer")) {
        struct rf_sqe *sqe = rf_recv(&ring, 2, ends[0], NULL, 0, 0);
        rf_sqe_set_flags(sqe, RF_SQE_BUFFER_SELECT);
        sqe->buf_group = 7;
        sqe->ioprio = RF_RECVSEND_POLL_FIRST; /* or it would find no buffer */
        submit(&ring);
        go_to(1);
        struct rf_cqe cqe = take();
        must(cqe.res == 4, "the receive");
        must(buffer[5] == 'b', "what lies behind the text");
        return unused;
    }
    struct rf_cqe cqe = take();
    use(&cqe);
    if (is("other") || is("same"))
        shared = 2; /* a race */
    return unused;
}

int main(int argc, char **argv)
{
    wish = argc > 1 ? argv[1] : "request";
    uint32_t flags = argc > 2 && strcmp(argv[2], "sqpoll") == 0 ? RF_SETUP_SQPOLL : 0;
    if (rf_init(&ring, 8, flags) || rf_init(&other_ring, 8, 0))
        return SKIPPED;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair()");
    if (is("buffer") && rf_setup_buf_ring(&ring, 1, 7, 0, &buffers))
        return SKIPPED;
    pthread_t one, two;
    must(pthread_create(&one, NULL, submits, NULL) == 0, "a thread");
    must(pthread_create(&two, NULL, takes, NULL) == 0, "a thread");
    (void)pthread_join(one, NULL);
    (void)pthread_join(two, NULL);
    return 0; /* without closing anything: that is not what is tried here */
}
