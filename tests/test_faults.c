/* SPDX-License-Identifier: MIT */
/*
 * Held here: the error paths, all of them. The first call to the other side
 * fails, then the second, and so on until the operation gets through, with
 * each errno. After each: nothing open or mapped that was not before, what was
 * queued is still queued, output parameters and errno are as they were, and the
 * same call then succeeds.
 */
#include "support.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "peer.h"

static const int errors[] = {ENOMEM, EPERM, EINVAL, EAGAIN, EINTR, EBUSY, EFAULT, EMFILE, ENOSYS};

/* Between a ring and its other side: fails the n-th call, and counts what is alive. */
struct faulty {
    struct rf_sys sys; /* first, since this is what the calls are given */
    const struct rf_sys *below;
    unsigned calls;
    unsigned fail_at; /* 0: none */
    int error;
    bool fired;
    bool in_setup; /* that was the call that failed */
    int rings; /* open */
    int index; /* of the ring that has no descriptor, or -1 */
    int maps;
    size_t bytes;
};

static struct faulty *faulty_of(const struct rf_sys *sys)
{
    return (struct faulty *)(uintptr_t)sys;
}

static bool fails(struct faulty *f)
{
    if (f->fail_at == 0 || ++f->calls != f->fail_at)
        return false;
    f->fired = true;
    return true;
}

static int faulty_setup(const struct rf_sys *sys, uint32_t entries, struct rf_params *params)
{
    struct faulty *f = faulty_of(sys);
    if (fails(f)) {
        f->in_setup = true;
        return -f->error;
    }
    int fd = f->below->ring_setup(f->below, entries, params);
    if (fd >= 0) {
        f->rings++;
        f->index = params->flags & RF_SETUP_REGISTERED_FD_ONLY ? fd : -1;
    }
    return fd;
}

static int faulty_enter(const struct rf_sys *sys, int fd, uint32_t to_submit,
                        uint32_t min_complete, uint32_t flags, const void *arg, size_t arg_bytes)
{
    struct faulty *f = faulty_of(sys);
    if (fails(f))
        return -f->error;
    return f->below->ring_enter(f->below, fd, to_submit, min_complete, flags, arg, arg_bytes);
}

static int faulty_register(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                           uint32_t nr_args)
{
    struct faulty *f = faulty_of(sys);
    if (fails(f))
        return -f->error;
    int result = f->below->ring_register(f->below, fd, opcode, arg, nr_args);
    bool ends_ring = (opcode & ~RF_REGISTER_USE_REGISTERED_RING) == RF_UNREGISTER_RING_FDS &&
                     f->index >= 0 &&
                     ((const struct rf_rsrc_update *)arg)->offset == (uint32_t)f->index;
    if (result >= 0 && ends_ring)
        f->rings--;
    return result;
}

static int faulty_map(const struct rf_sys *sys, int fd, uint64_t offset, size_t bytes,
                      void **ret_addr)
{
    struct faulty *f = faulty_of(sys);
    if (fails(f))
        return -f->error;
    int err = f->below->map(f->below, fd, offset, bytes, ret_addr);
    if (!err) {
        f->maps++;
        f->bytes += bytes;
    }
    return err;
}

/* What frees things never fails here: nobody could do anything about it. */
static int faulty_unmap(const struct rf_sys *sys, void *addr, size_t bytes)
{
    struct faulty *f = faulty_of(sys);
    int err = f->below->unmap(f->below, addr, bytes);
    if (!err) {
        f->maps--;
        f->bytes -= bytes;
    }
    return err;
}

static int faulty_close(const struct rf_sys *sys, int fd)
{
    struct faulty *f = faulty_of(sys);
    f->rings--;
    return f->below->close(f->below, fd);
}

static void faulty_init(struct faulty *f, const struct rf_sys *below)
{
    *f = (struct faulty){
        .sys = {faulty_setup, faulty_enter, faulty_register, faulty_map, faulty_unmap,
                faulty_close},
        .below = below,
        .index = -1,
    };
}

enum { ERRNO_BEFORE = 1234 };

static void arm(struct faulty *f, unsigned fail_at, int error)
{
    f->calls = 0;
    f->fail_at = fail_at;
    f->error = error;
    f->fired = f->in_setup = false;
    errno = ERRNO_BEFORE;
}

/* Did a call fail since arm()? */
static bool disarm(struct faulty *f)
{
    assert_int_equal(errno, ERRNO_BEFORE);
    f->fail_at = 0;
    return f->fired;
}

static void assert_nothing_alive(const struct faulty *f)
{
    assert_int_equal(f->rings, 0);
    assert_int_equal(f->maps, 0);
    assert_int_equal(f->bytes, 0);
}

/* --- both other sides ---------------------------------------------------- */

/* Flavours that only a peer can be asked for without asking whether there is a kernel. */
static const struct peer_flavour {
    uint32_t flags;
    bool array;
} peer_flavours[] = {
    {0, false},
    {0, true},
    {RF_SETUP_SQPOLL, false},
    {RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN, false},
    {RF_SETUP_SQE128 | RF_SETUP_CQE32, true},
    {RF_SETUP_CQE_MIXED, false},
    {RF_SETUP_NO_MMAP, false},
    {RF_SETUP_NO_MMAP, true},
    {RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY, false},
    {RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY, true},
};

/* A test that does not care who the other side is. */
typedef void body(struct faulty *f, uint32_t flags);

static void with_each_peer(body *run)
{
    for (size_t i = 0; i < COUNT_OF(peer_flavours); i++) {
        struct peer peer;
        peer_init(&peer);
        peer.sq_start = peer.cq_start = UINT32_MAX - 1;
        if (peer_flavours[i].array)
            peer.known_flags &= ~RF_SETUP_NO_SQARRAY;
        struct faulty f;
        faulty_init(&f, &peer.sys);
        run(&f, peer_flavours[i].flags);
        assert_nothing_alive(&f);
        const char *complaint = peer_end(&peer);
        if (complaint)
            fail_msg("flags %#x: %s", peer_flavours[i].flags, complaint);
    }
}

static void with_this_kernel(void **state, body *run)
{
    struct rf_ring ring;
    open_flavour(state, &ring, 4); /* or skip */
    rf_deinit(&ring);
    const struct flavour *flavour = flavour_of(state);
    struct faulty f;
    faulty_init(&f, flavour->sys ? flavour->sys : &rf_sys_kernel);
    run(&f, flavour->flags);
    assert_nothing_alive(&f);
}

/* Declares the two tests that a body makes. */
#define BOTH_SIDES(name, body)                   \
    static void name##_kernel(void **state)      \
    {                                            \
        with_this_kernel(state, body);           \
    }                                            \
    static void name##_peer(void **state)        \
    {                                            \
        (void)state;                             \
        with_each_peer(body);                    \
    }
#define TWO_TESTS(name)                                        \
    {#name, name##_kernel, true}, {#name " [peer]", name##_peer, false}

static void open_through(struct faulty *f, struct rf_ring *ring, uint32_t entries, uint32_t flags)
{
    struct rf_params params = {.flags = flags};
    assert_result(rf_init_sys(ring, entries, &params, &f->sys), 0);
}

static void queue_nop(struct rf_ring *ring, uint64_t user_data)
{
    struct rf_sqe *sqe = rf_get_sqe(ring);
    assert_non_null(sqe);
    sqe->user_data = user_data;
}

static void assert_works(struct rf_ring *ring)
{
    struct rf_cqe cqe;
    queue_nop(ring, 77);
    assert_true(rf_submit(ring) >= 0);
    assert_result(rf_copy_cqe(ring, &cqe), 0);
    assert_int_equal(cqe.user_data, 77);
    assert_int_equal(cqe.res, 0);
}

/* --- opening ------------------------------------------------------------- */

/* Opens, and returns whether a call failed in doing so. */
static bool open_failing(struct faulty *f, uint32_t flags, unsigned fail_at, int error)
{
    struct rf_ring ring;
    struct rf_params params = {.flags = flags}, before = params;
    arm(f, fail_at, error);
    int result = rf_init_sys(&ring, 4, &params, &f->sys);
    bool fired = disarm(f);
    if (result == 0) {
        /* -EINVAL can mean no more than: try without NO_SQARRAY. */
        assert_true(!fired || (error == EINVAL && f->in_setup));
        assert_null(rf_reason(&ring));
        assert_works(&ring);
    } else {
        assert_true(fired);
        assert_result(result, -error);
        assert_memory_equal(&params, &before, sizeof params);
        assert_int_equal(ring.fd, -1);
        assert_nothing_alive(f);
    }
    rf_deinit(&ring);
    rf_deinit(&ring); /* closed is closed */
    assert_nothing_alive(f);
    return fired;
}

static void opening(struct faulty *f, uint32_t flags)
{
    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        unsigned n = 1;
        while (open_failing(f, flags, n, errors[e]))
            n++;
        assert_true(n > 2 || (flags & RF_SETUP_NO_MMAP)); /* there were calls to fail */
    }
}

BOTH_SIDES(a_ring_that_fails_to_open_leaves_nothing, opening)

/* Memory of the caller's is neither unmapped nor kept. */
static void opening_in_memory_given(struct faulty *f, uint32_t flags)
{
    struct rf_params sizes = {.flags = flags | RF_SETUP_NO_MMAP};
    size_t bytes = (size_t)rf_memory_size_params(4, &sizes);
    assert_true(bytes >= 8192);
    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        bool fired = true;
        for (unsigned n = 1; fired; n++) {
            char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                -1, 0);
            assert_true(memory != MAP_FAILED);
            struct rf_params params = {.flags = flags | RF_SETUP_NO_MMAP};
            params.cq_off.user_addr = (uintptr_t)memory;
            params.sq_off.user_addr = (uintptr_t)memory + bytes - (size_t)sysconf(_SC_PAGESIZE);
            struct rf_ring ring;
            arm(f, n, errors[e]);
            int result = rf_init_sys(&ring, 4, &params, &f->sys);
            fired = disarm(f);
            assert_int_equal(f->maps, 0);
            if (result == 0)
                assert_works(&ring);
            else
                assert_result(result, -errors[e]);
            rf_deinit(&ring);
            assert_nothing_alive(f);
            memset(memory, 1, bytes);
            assert_int_equal(munmap(memory, bytes), 0);
        }
    }
}

static void memory_of_the_callers_stays_the_callers_kernel(void **state)
{
    struct rf_ring ring;
    open_ring(&ring, 4, RF_SETUP_NO_MMAP); /* or skip */
    rf_deinit(&ring);
    with_this_kernel(state, opening_in_memory_given);
}

static void memory_of_the_callers_stays_the_callers_peer(void **state)
{
    (void)state;
    with_each_peer(opening_in_memory_given);
}

/* --- entering ------------------------------------------------------------ */

/* Ways to get three NOPs going and completed, some of which wait. */
enum { BY_SUBMIT, BY_SUBMIT_AND_WAIT, BY_COPY_CQES, BY_COPY_CQE, WAYS };

static int get_going(struct rf_ring *ring, int way, struct rf_cqe *cqes)
{
    switch (way) {
    case BY_SUBMIT:
        return rf_submit(ring);
    case BY_SUBMIT_AND_WAIT:
        return rf_submit_and_wait(ring, 3);
    case BY_COPY_CQES:
        return rf_copy_cqes(ring, cqes, 4, 3);
    default:
        return rf_copy_cqe(ring, cqes);
    }
}

/* An SQ thread shows the CQEs first, and gives the slots back afterwards. */
static void await_slots(struct rf_ring *ring)
{
    while (rf_sq_ready(ring) > 0)
        sched_yield();
}

static void assert_three_come_once(struct rf_ring *ring)
{
    struct rf_cqe cqes[4];
    memset(cqes, 0, sizeof cqes);
    assert_result(rf_copy_cqes(ring, cqes, 4, 3), 3);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(cqes[i].user_data, i + 1);
    assert_result(rf_copy_cqes(ring, cqes, 4, 0), 0);
    await_slots(ring);
}

static void entering(struct faulty *f, uint32_t flags)
{
    struct rf_ring ring;
    open_through(f, &ring, 4, flags);
    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        for (int way = 0; way < WAYS; way++) {
            struct rf_cqe cqes[4], before[4];
            memset(cqes, 0x33, sizeof cqes);
            memcpy(before, cqes, sizeof cqes);
            for (uint64_t i = 1; i <= 3; i++)
                queue_nop(&ring, i);
            arm(f, 1, errors[e]);
            int result = get_going(&ring, way, cqes);
            bool fired = disarm(f);
            if (!(flags & RF_SETUP_SQPOLL)) {
                assert_true(fired);
                assert_int_equal(rf_sq_ready(&ring), 3);
                assert_int_equal(rf_sq_space_left(&ring), 1);
                assert_int_equal(rf_cq_ready(&ring), 0);
            }
            if (fired) {
                assert_result(result, -errors[e]);
                assert_memory_equal(cqes, before, sizeof cqes);
                assert_three_come_once(&ring);
            } else {
                /* An SQ thread was fast enough, or awake: there was no call to fail. */
                int got = way == BY_COPY_CQES ? 3 : way == BY_COPY_CQE ? 1 : 0;
                for (uint64_t i = 0; i < (uint64_t)got; i++)
                    assert_int_equal(cqes[i].user_data, i + 1);
                for (uint64_t i = (uint64_t)got; i < 3; i++) {
                    assert_result(rf_copy_cqe(&ring, &cqes[0]), 0);
                    assert_int_equal(cqes[0].user_data, i + 1);
                }
                await_slots(&ring);
            }
        }
    }
    rf_deinit(&ring);
}

BOTH_SIDES(what_a_failed_submit_leaves_goes_with_the_next, entering)

/* The first ones are in the caller's hands when the wait for the rest fails. */
static void copying(struct faulty *f, uint32_t flags)
{
    struct rf_ring ring;
    open_through(f, &ring, 4, flags);
    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        struct rf_cqe cqes[4];
        queue_nop(&ring, 1);
        assert_true(rf_submit_and_wait(&ring, 1) >= 0);
        queue_nop(&ring, 2);
        queue_nop(&ring, 3);
        arm(f, 1, errors[e]);
        int result = rf_copy_cqes(&ring, cqes, 4, 3);
        bool fired = disarm(f);
        assert_int_equal(cqes[0].user_data, 1);
        if (fired && !(flags & RF_SETUP_SQPOLL))
            assert_result(result, 1);
        for (uint64_t i = (uint64_t)result; i < 3; i++) {
            assert_result(rf_copy_cqe(&ring, &cqes[0]), 0);
            assert_int_equal(cqes[0].user_data, i + 1);
        }
    }
    rf_deinit(&ring);
}

BOTH_SIDES(completions_copied_before_an_error_are_not_lost, copying)

/* Completions wait outside the queue, and entering to collect them fails. */
static void collecting(struct faulty *f, uint32_t flags)
{
    struct rf_ring ring;
    open_through(f, &ring, 2, flags);
    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        uint32_t total = ring.cq.entries + 2;
        for (uint64_t i = 0; i < total; i++) {
            queue_nop(&ring, i);
            assert_true(rf_submit_and_wait(&ring, i == 0) >= 0);
            while (rf_sq_ready(&ring) > 0)
                (void)rf_enter(&ring, 1, 0, 0);
        }
        for (uint64_t i = 0; i < ring.cq.entries; i++)
            assert_int_equal(rf_next_cqe(&ring)->user_data, i);
        assert_true(rf_cq_ring_needs_flush(&ring));

        struct rf_cqe cqes[4];
        const struct rf_cqe *cqe = cqes;
        arm(f, 1, errors[e]);
        assert_null(rf_next_cqe(&ring));
        assert_true(disarm(f));
        arm(f, 1, errors[e]);
        assert_result(rf_peek_cqe(&ring, &cqe), -errors[e]);
        assert_true(disarm(f));
        assert_ptr_equal(cqe, cqes);
        arm(f, 1, errors[e]);
        assert_result(rf_copy_cqes(&ring, cqes, 4, 0), -errors[e]);
        assert_true(disarm(f));

        assert_result(rf_copy_cqes(&ring, cqes, 4, 0), 2);
        assert_int_equal(cqes[0].user_data, total - 2);
        assert_int_equal(cqes[1].user_data, total - 1);
    }
    rf_deinit(&ring);
}

BOTH_SIDES(completions_that_could_not_be_collected_come_later, collecting)

static void a_wakeup_that_failed_is_tried_again(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer);
    struct faulty f;
    faulty_init(&f, &peer.sys);
    struct rf_ring ring;
    open_through(&f, &ring, 4, RF_SETUP_SQPOLL);
    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        assert_true(peer_sleep(&peer));
        queue_nop(&ring, e);
        arm(&f, 1, errors[e]);
        assert_result(rf_submit(&ring), -errors[e]);
        assert_true(disarm(&f));
        assert_int_equal(peer_run(&peer), 0); /* still asleep */
        assert_int_equal(rf_sq_ready(&ring), 1);
        assert_result(rf_submit(&ring), 1);
        assert_int_equal(rf_next_cqe(&ring)->user_data, e);
    }
    rf_deinit(&ring);
    assert_nothing_alive(&f);
    assert_null(peer_end(&peer));
}

/* --- registering --------------------------------------------------------- */

/* What the deeds work on. */
struct deed_state {
    struct rf_ring ring;
    struct rf_ring other; /* with buffers to be cloned */
    int fds[2];
    int event;
    char memory[2][64];
    struct iovec bufs[2];
    struct rf_napi napi;
    struct rf_probe probe;
    struct rf_buf_ring *br;
    struct rf_buffer_group group;
};

enum { GROUP = 5 };

static int files(struct deed_state *s)
{
    return rf_register_files(&s->ring, s->fds, 2);
}

static int no_files(struct deed_state *s)
{
    return rf_unregister_files(&s->ring);
}

static int sparse_files(struct deed_state *s)
{
    return rf_register_files_sparse(&s->ring, 4);
}

static int update_files(struct deed_state *s)
{
    return rf_register_files_update(&s->ring, 1, s->fds, 1);
}

static int files_tags(struct deed_state *s)
{
    return rf_register_files_tags(&s->ring, s->fds, NULL, 2);
}

static int update_files_tag(struct deed_state *s)
{
    return rf_register_files_update_tag(&s->ring, 0, s->fds, NULL, 2);
}

static int file_range(struct deed_state *s)
{
    return rf_register_file_alloc_range(&s->ring, 1, 2);
}

static int eventfd_on(struct deed_state *s)
{
    return rf_register_eventfd(&s->ring, s->event);
}

static int eventfd_async_on(struct deed_state *s)
{
    return rf_register_eventfd_async(&s->ring, s->event);
}

static int eventfd_off(struct deed_state *s)
{
    return rf_unregister_eventfd(&s->ring);
}

static int buffers(struct deed_state *s)
{
    return rf_register_buffers(&s->ring, s->bufs, 2);
}

static int buffers_tags(struct deed_state *s)
{
    return rf_register_buffers_tags(&s->ring, s->bufs, NULL, 2);
}

static int sparse_buffers(struct deed_state *s)
{
    return rf_register_buffers_sparse(&s->ring, 4);
}

static int update_buffers(struct deed_state *s)
{
    return rf_register_buffers_update_tag(&s->ring, 1, s->bufs, NULL, 1);
}

static int all_clones(struct deed_state *s)
{
    return rf_clone_buffers(&s->ring, &s->other);
}

static int some_clones(struct deed_state *s)
{
    return rf_clone_buffers_offset(&s->ring, &s->other, 1, 0, 1, 0);
}

static int no_buffers(struct deed_state *s)
{
    return rf_unregister_buffers(&s->ring);
}

static int napi_on(struct deed_state *s)
{
    memset(&s->napi, 0, sizeof s->napi);
    s->napi.busy_poll_to = 1;
    return rf_register_napi(&s->ring, &s->napi);
}

/* The old settings are written, but only on success. */
static int napi_off(struct deed_state *s)
{
    struct rf_napi before;
    memset(&s->napi, 0x5a, sizeof s->napi);
    before = s->napi;
    int result = rf_unregister_napi(&s->ring, &s->napi);
    if (result < 0)
        assert_memory_equal(&s->napi, &before, sizeof before);
    return result;
}

static int probe(struct deed_state *s)
{
    static struct rf_probe before;
    memset(&before, 0x5a, sizeof before);
    s->probe = before;
    int result = rf_get_probe(&s->ring, &s->probe);
    if (result < 0)
        assert_memory_equal(&s->probe, &before, sizeof before);
    return result;
}

static int ring_fd_on(struct deed_state *s)
{
    return rf_register_ring_fd(&s->ring);
}

static int ring_fd_off(struct deed_state *s)
{
    return rf_unregister_ring_fd(&s->ring);
}

static int buf_ring_with(struct deed_state *s, uint32_t flags)
{
    struct rf_buf_ring *before = (struct rf_buf_ring *)(void *)s;
    s->br = before;
    int result = rf_setup_buf_ring(&s->ring, 8, GROUP, flags, &s->br);
    assert_int_equal(s->br == before, result < 0);
    return result;
}

static int buf_ring(struct deed_state *s)
{
    return buf_ring_with(s, 0);
}

static int buf_ring_inc(struct deed_state *s)
{
    return buf_ring_with(s, RF_PBUF_RING_INC);
}

static int no_buf_ring(struct deed_state *s)
{
    return rf_free_buf_ring(&s->ring, s->br, 8, GROUP);
}

static int group(struct deed_state *s)
{
    int result = rf_buffer_group_init(&s->group, &s->ring, GROUP, 32, 8);
    assert_int_equal(s->group.ring == NULL, result < 0);
    return result;
}

static int whole_group(struct deed_state *s)
{
    int result = rf_buffer_group_init_flags(&s->group, &s->ring, GROUP, 32, 8, 0);
    assert_int_equal(s->group.ring == NULL, result < 0);
    return result;
}

static int no_group(struct deed_state *s)
{
    struct rf_buffer_group before = s->group;
    int result = rf_buffer_group_deinit(&s->group);
    if (result < 0)
        assert_memory_equal(&s->group, &before, sizeof before);
    return result;
}

/* What is done first, what is tested, and what undoes it. */
struct deed {
    const char *name;
    int (*prepare)(struct deed_state *s);
    int (*act)(struct deed_state *s);
    int (*undo)(struct deed_state *s);
};

static const struct deed deeds[] = {
    {"register_files", NULL, files, no_files},
    {"unregister_files", files, no_files, NULL},
    {"register_files_sparse", NULL, sparse_files, no_files},
    {"register_files_update", files, update_files, no_files},
    {"register_files_tags", NULL, files_tags, no_files},
    {"register_files_update_tag", files, update_files_tag, no_files},
    {"register_file_alloc_range", sparse_files, file_range, no_files},
    {"register_eventfd", NULL, eventfd_on, eventfd_off},
    {"register_eventfd_async", NULL, eventfd_async_on, eventfd_off},
    {"unregister_eventfd", eventfd_on, eventfd_off, NULL},
    {"register_buffers", NULL, buffers, no_buffers},
    {"unregister_buffers", buffers, no_buffers, NULL},
    {"register_buffers_tags", NULL, buffers_tags, no_buffers},
    {"register_buffers_sparse", NULL, sparse_buffers, no_buffers},
    {"register_buffers_update_tag", sparse_buffers, update_buffers, no_buffers},
    {"clone_buffers", NULL, all_clones, no_buffers},
    {"clone_buffers_offset", NULL, some_clones, no_buffers},
    {"register_napi", NULL, napi_on, napi_off},
    {"unregister_napi", napi_on, napi_off, NULL},
    {"get_probe", NULL, probe, NULL},
    {"register_ring_fd", NULL, ring_fd_on, ring_fd_off},
    {"unregister_ring_fd", ring_fd_on, ring_fd_off, NULL},
    {"setup_buf_ring", NULL, buf_ring, no_buf_ring},
    {"setup_buf_ring, incremental", NULL, buf_ring_inc, no_buf_ring},
    {"free_buf_ring", buf_ring, no_buf_ring, NULL},
    {"buffer_group_init", NULL, group, no_group},
    {"buffer_group_init_flags", NULL, whole_group, no_group},
    {"buffer_group_deinit", group, no_group, NULL},
};

static void must(struct deed_state *s, int (*what)(struct deed_state *s))
{
    if (what)
        assert_true(what(s) >= 0);
}

/* Is it to be had here at all? */
static bool kernel_has(struct deed_state *s, const struct deed *deed)
{
    int result = deed->prepare ? deed->prepare(s) : 0;
    if (result >= 0)
        result = deed->act(s);
    if (result < 0) {
        printf("# rf_%s is not to be had here: %s\n", deed->name, strerror(-result));
        return false;
    }
    must(s, deed->undo);
    return true;
}

/* Tries with the n-th call failing. Returns whether it did. */
static bool try_deed(struct faulty *f, struct deed_state *s, const struct deed *deed, unsigned n,
                     int error)
{
    must(s, deed->prepare);
    int maps = f->maps;
    arm(f, n, error);
    int result = deed->act(s);
    bool fired = disarm(f);
    if (result < 0) {
        assert_true(fired);
        /* -EINVAL can be explained as something that the kernel does not know. */
        if (error != EINVAL || result != -EOPNOTSUPP)
            assert_result(result, -error);
        assert_int_equal(f->maps, maps);
        must(s, deed->act);
    } else if (fired && error != EINVAL) {
        fail_msg("rf_%s worked, although call %u failed: %s", deed->name, n, strerror(error));
    }
    must(s, deed->undo);
    assert_works(&s->ring);
    return fired;
}

static void registering(void **state)
{
    if (flavour_of(state)->flags & RF_SETUP_REGISTERED_FD_ONLY)
        skip_because("a ring without a descriptor has none to register");
    struct rf_ring ring;
    open_flavour(state, &ring, 4); /* or skip */
    rf_deinit(&ring);
    const struct flavour *flavour = flavour_of(state);
    struct faulty f;
    static struct deed_state s;
    memset(&s, 0, sizeof s);
    faulty_init(&f, flavour->sys ? flavour->sys : &rf_sys_kernel);
    open_through(&f, &s.ring, 4, flavour->flags);
    s.fds[0] = s.fds[1] = STDOUT_FILENO;
    s.event = eventfd(0, EFD_CLOEXEC);
    assert_true(s.event >= 0);
    for (int i = 0; i < 2; i++)
        s.bufs[i] = (struct iovec){s.memory[i], sizeof s.memory[i]};
    assert_result(rf_init(&s.other, 4, 0), 0);
    assert_result(rf_register_buffers(&s.other, s.bufs, 2), 0);

    int maps = f.maps;
    bool incremental = false;
    for (size_t d = 0; d < COUNT_OF(deeds); d++) {
        bool has = kernel_has(&s, &deeds[d]);
        if (deeds[d].act == buf_ring_inc)
            incremental = has;
        if (!has)
            continue;
        if (deeds[d].act == group && !incremental) {
            /* Which of these fail makes no difference, or leaves what it tried. */
            printf("# rf_%s asks this kernel what it knows, by further calls\n", deeds[d].name);
            continue;
        }
        for (size_t e = 0; e < COUNT_OF(errors); e++)
            for (unsigned n = 1; try_deed(&f, &s, &deeds[d], n, errors[e]); n++)
                ;
        assert_int_equal(f.maps, maps);
    }
    close(s.event);
    rf_deinit(&s.other);
    rf_deinit(&s.ring);
    assert_nothing_alive(&f);
}

static void a_failed_registration_changes_nothing(void **state)
{
    registering(state);
}

/* The reason of a refusal must not be told for what the kernel says later. */
static void a_reason_does_not_outlive_the_next_answer(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer);
    struct faulty f;
    faulty_init(&f, &peer.sys);
    struct rf_ring ring;
    open_through(&f, &ring, 4, 0);
    assert_result(rf_unregister_ring_fd(&ring), -EINVAL);
    assert_non_null(rf_reason(&ring));
    assert_result(rf_enable_rings(&ring), -EBADFD); /* it is not disabled */
    assert_null(rf_reason(&ring));
    assert_result(rf_register_ring_fd(&ring), 0);
    assert_result(rf_register_ring_fd(&ring), -EEXIST);
    assert_non_null(rf_reason(&ring));
    assert_result(rf_unregister_ring_fd(&ring), 0);
    assert_null(rf_reason(&ring));
    rf_deinit(&ring);
    assert_nothing_alive(&f);
    assert_null(peer_end(&peer));
}

static void enabling(struct faulty *f, uint32_t flags)
{
    for (size_t e = 0; e < COUNT_OF(errors); e++) {
        struct rf_ring ring;
        open_through(f, &ring, 4, flags | RF_SETUP_R_DISABLED);
        arm(f, 1, errors[e]);
        assert_result(rf_enable_rings(&ring), -errors[e]);
        assert_true(disarm(f));
        queue_nop(&ring, 1);
        if (!(flags & RF_SETUP_SQPOLL))
            assert_result(rf_submit(&ring), -EBADFD);
        assert_result(rf_enable_rings(&ring), 0);
        assert_true(rf_submit(&ring) >= 0);
        struct rf_cqe cqe;
        assert_result(rf_copy_cqe(&ring, &cqe), 0);
        assert_works(&ring);
        rf_deinit(&ring);
    }
}

BOTH_SIDES(a_ring_that_could_not_be_enabled_stays_disabled, enabling)

int main(void)
{
    static const struct test tests[] = {
        TWO_TESTS(a_ring_that_fails_to_open_leaves_nothing),
        TWO_TESTS(memory_of_the_callers_stays_the_callers),
        TWO_TESTS(what_a_failed_submit_leaves_goes_with_the_next),
        TWO_TESTS(completions_copied_before_an_error_are_not_lost),
        TWO_TESTS(completions_that_could_not_be_collected_come_later),
        ONCE(a_wakeup_that_failed_is_tried_again),
        ONCE(a_reason_does_not_outlive_the_next_answer),
        EACH_FLAVOUR(a_failed_registration_changes_nothing),
        TWO_TESTS(a_ring_that_could_not_be_enabled_stays_disabled),
    };
    return run_all(tests, COUNT_OF(tests));
}
