/* SPDX-License-Identifier: MIT */
/*
 * Held here: bundles, where one completion stands for several buffers of a group.
 * The parts are in order and hold what was sent, byte by byte, whatever is given back
 * in whatever order; completions that cannot be are refused with nothing changed.
 *
 * RF_TEST_SEED=... repeats a run.
 */
#include "buffer_support.h"
#include "register_support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buffers.h"

enum { BUFFERS = 8, BYTES = 64 };

static void open_bundling(void **state, struct rf_ring *ring, struct rf_buffer_group *group)
{
    open_flavour(state, ring, 16);
    if (!(ring->features & RF_FEAT_RECVSEND_BUNDLE)) {
        rf_deinit(ring);
        skip_because("this kernel has no bundles");
    }
    assert_result(rf_buffer_group_init_flags(group, ring, 3, BYTES, BUFFERS, 0), 0);
}

static unsigned char byte_at(uint32_t pos)
{
    return (unsigned char)(pos * 7 + pos / 251);
}

static void send_bytes(const struct pair *pair, uint32_t from, uint32_t bytes)
{
    unsigned char data[BUFFERS * BYTES * 2];
    assert_true(bytes <= sizeof data);
    for (uint32_t i = 0; i < bytes; i++)
        data[i] = byte_at(from + i);
    say(pair, data, bytes);
}

/* The parts are whole, and so many bytes from @pos on. */
static void assert_parts(const struct iovec *parts, int n, uint32_t pos, int bytes)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        const unsigned char *data = parts[i].iov_base;
        assert_true(parts[i].iov_len > 0 && parts[i].iov_len <= BYTES);
        for (size_t j = 0; j < parts[i].iov_len; j++)
            if (data[j] != byte_at(pos + (uint32_t)sum + (uint32_t)j))
                fail_msg("part %d, byte %zu is wrong", i, j);
        sum += (int)parts[i].iov_len;
    }
    assert_int_equal(sum, bytes);
}

/* How many parts the first completion had. What fills no buffer the kernel may leave for another. */
static int receive_bundles(struct rf_buffer_group *group, const struct pair *pair, uint32_t pos,
                           uint32_t bytes)
{
    int first = 0;
    while (bytes > 0) {
        struct rf_cqe cqe =
            complete(group->ring, rf_buffer_group_recv_bundle(group, 1, pair->here, 0));
        assert_in_range(cqe.res, 1, bytes);
        struct iovec parts[BUFFERS];
        int n = rf_buffer_group_get_bundle(group, &cqe, parts, BUFFERS);
        assert_result(n, (cqe.res + BYTES - 1) / BYTES);
        assert_parts(parts, n, pos, cqe.res);
        assert_true(rfi_buffer_group_is_valid(group));
        put(group, &cqe);
        assert_true(rfi_buffer_group_is_valid(group));
        first = first ? first : n;
        pos += (uint32_t)cqe.res;
        bytes -= (uint32_t)cqe.res;
    }
    assert_all_in_ring(group);
    return first;
}

/*
 * Skips where there is a buffer for each completion: how much there is to be read from a Unix
 * socket older kernels (6.12) do not know.
 */
static void skip_if_small(int bytes, struct rf_ring *ring, struct rf_buffer_group *group,
                          struct pair *pair)
{
    if (bytes <= BYTES && !has_op(ring, RF_OP_PIPE)) {
        close_pair(pair);
        close_group(group);
        rf_deinit(ring);
        skip_because("this kernel's bundles from a Unix socket are of one buffer");
    }
}

static void one_completion_brings_several_buffers(void **state)
{
    struct rf_ring ring;
    struct rf_buffer_group group;
    open_bundling(state, &ring, &group);
    struct pair pair;
    open_pair(&pair);
    send_bytes(&pair, 0, 2 * BYTES);
    skip_if_small(receive_bundles(&group, &pair, 0, 2 * BYTES) * BYTES, &ring, &group, &pair);
    uint32_t pos = 0;
    static const uint32_t sizes[] = {3 * BYTES + 10, 1, BYTES, 8 * BYTES, 2 * BYTES, 5 * BYTES - 1};
    for (size_t i = 0; i < COUNT_OF(sizes) * 3; i++) {
        uint32_t bytes = sizes[i % COUNT_OF(sizes)];
        send_bytes(&pair, pos, bytes);
        int parts = receive_bundles(&group, &pair, pos, bytes);
        assert_true(parts >= (int)(bytes / BYTES)); /* what fills buffers comes at once */
        pos += bytes;
    }
    close_pair(&pair);
    close_group(&group);
    rf_deinit(&ring);
}

/* What other operations of the group bring has one part. */
static void single_buffers_are_bundles_of_one(void **state)
{
    struct rf_ring ring;
    struct rf_buffer_group group;
    open_bundling(state, &ring, &group);
    struct pair pair;
    open_pair(&pair);
    send_bytes(&pair, 0, 50);
    struct rf_cqe cqe = receive(&group, &pair);
    struct iovec part;
    assert_result(rf_buffer_group_get_bundle(&group, &cqe, &part, 1), 1);
    assert_parts(&part, 1, 0, 50);
    put(&group, &cqe);
    /* And a bundle that is one can be got either way. */
    send_bytes(&pair, 50, 20);
    cqe = complete(&ring, rf_buffer_group_recv_bundle(&group, 1, pair.here, 0));
    void *data;
    assert_result(rf_buffer_group_get(&group, &cqe, &data), 20);
    assert_int_equal(*(unsigned char *)data, byte_at(50));
    put(&group, &cqe);
    /* The end of the stream. */
    close(pair.there);
    cqe = complete(&ring, rf_buffer_group_recv_bundle(&group, 1, pair.here, 0));
    assert_result(cqe.res, 0);
    assert_result(rf_buffer_group_get_bundle(&group, &cqe, &part, 1), 0);
    assert_result(rf_buffer_group_put(&group, &cqe), -ENODATA);
    assert_all_in_ring(&group);
    close(pair.here);
    close_group(&group);
    rf_deinit(&ring);
}

static void what_cannot_be_is_refused_and_changes_nothing(void **state)
{
    struct rf_ring ring;
    struct rf_buffer_group group;
    open_bundling(state, &ring, &group);
    struct pair pair;
    open_pair(&pair);
    send_bytes(&pair, 0, 3 * BYTES);
    const struct rf_cqe good =
        complete(&ring, rf_buffer_group_recv_bundle(&group, 1, pair.here, 0));
    skip_if_small(good.res, &ring, &group, &pair);
    assert_result(good.res, 3 * BYTES);
    struct iovec parts[BUFFERS];
    struct rf_cqe bad = good;
    bad.flags = ((uint32_t)BUFFERS << RF_CQE_BUFFER_SHIFT) | RF_CQE_F_BUFFER;
    assert_named_error(BUFFER_GROUP, rf_buffer_group_get_bundle(&group, &bad, parts, BUFFERS),
                       EPROTO, "BufferCompletionInvalid");
    bad = good;
    bad.res = BUFFERS * BYTES + 1; /* more than there is */
    assert_result(rf_buffer_group_get_bundle(&group, &bad, parts, BUFFERS), -EPROTO);
    bad = good;
    bad.flags |= RF_CQE_F_BUF_MORE;
    assert_result(rf_buffer_group_get_bundle(&group, &bad, parts, BUFFERS), -EPROTO);
    bad = good;
    bad.flags = 0;
    assert_named_error(BUFFER_GROUP, rf_buffer_group_get_bundle(&group, &bad, parts, BUFFERS),
                       ENODATA, "NoBufferSelected");
    assert_named_error(BUFFER_GROUP, rf_buffer_group_get_bundle(&group, &good, parts, 2), ENOSPC,
                       "BundleTooLarge");
    void *data;
    assert_result(rf_buffer_group_get(&group, &good, &data), -EPROTO); /* it is three */

    assert_result(rf_buffer_group_get_bundle(&group, &good, parts, 3), 3);
    assert_parts(parts, 3, 0, good.res);
    /* They are the program's now: not to be got twice, nor as the end of another bundle. */
    assert_result(rf_buffer_group_get_bundle(&group, &good, parts, 3), -EPROTO);
    bad = good;
    bad.res = BYTES + 1;
    bad.flags = ((uint32_t)(BUFFERS - 1) << RF_CQE_BUFFER_SHIFT) | RF_CQE_F_BUFFER;
    assert_result(rf_buffer_group_get_bundle(&group, &bad, parts, 3), -EPROTO);
    put(&group, &good);
    assert_all_in_ring(&group);
    close_pair(&pair);
    close_group(&group);
    rf_deinit(&ring);
}

static struct rf_cqe made_up(uint32_t id, int res)
{
    struct rf_cqe cqe = {0, res, id << RF_CQE_BUFFER_SHIFT | RF_CQE_F_BUFFER};
    return cqe;
}

/* What this kernel does not do within a test, played: the group looks at memory and CQEs only. */
static void entries_that_moved_on_or_were_shortened_are_noticed(void **state)
{
    struct rf_ring ring;
    struct rf_buffer_group group;
    open_bundling(state, &ring, &group);
    struct iovec parts[BUFFERS];
    struct rf_buf *entries = (struct rf_buf *)(void *)group.br;

    /* Shortened to what the kernel was going to receive, and gone on behind it. */
    entries[0].len = 10;
    struct rf_cqe cqe = made_up(0, 10 + BYTES + 1);
    assert_result(rf_buffer_group_get_bundle(&group, &cqe, parts, BUFFERS), 3);
    assert_int_equal(parts[0].iov_len, 10);
    assert_int_equal(parts[1].iov_len, BYTES);
    assert_int_equal(parts[2].iov_len, 1);
    put(&group, &cqe);

    /* Buffer 4 comes back on its own, and its old place is not what follows buffer 3. */
    cqe = made_up(4, BYTES);
    assert_result(rf_buffer_group_get_bundle(&group, &cqe, parts, BUFFERS), 1);
    put(&group, &cqe);
    cqe = made_up(3, 2 * BYTES);
    assert_result(rf_buffer_group_get_bundle(&group, &cqe, parts, BUFFERS), -EPROTO);

    /* Entries of no bytes, or of more than the buffer has. */
    entries[5].len = 0;
    cqe = made_up(5, 1);
    assert_result(rf_buffer_group_get_bundle(&group, &cqe, parts, BUFFERS), -EPROTO);
    entries[5].len = UINT32_MAX;
    cqe = made_up(5, 2 * BYTES);
    assert_result(rf_buffer_group_get_bundle(&group, &cqe, parts, BUFFERS), 2);
    assert_int_equal(parts[0].iov_len, BYTES);
    assert_int_equal(parts[1].iov_len, BYTES);
    assert_true(rfi_buffer_group_is_valid(&group));
    close_group(&group);
    rf_deinit(&ring);
}

/* --- against a model ----------------------------------------------------- */

struct held {
    struct rf_cqe cqe;
    struct iovec parts[BUFFERS];
    int n;
    uint32_t pos;
};

static uint32_t random_state;

static uint32_t rnd(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % below;
}

static void seed_random(void)
{
    const char *seed = getenv("RF_TEST_SEED");
    random_state = seed ? (uint32_t)strtoul(seed, NULL, 0) : (uint32_t)time(NULL) | 1;
    print_message("# RF_TEST_SEED=%u\n", random_state);
}

static void put_one(struct rf_buffer_group *group, struct held *held, unsigned *count)
{
    unsigned i = rnd(*count);
    assert_parts(held[i].parts, held[i].n, held[i].pos, held[i].cqe.res); /* still */
    for (int j = 0; j < held[i].n; j++)
        memset(held[i].parts[j].iov_base, 0xee, held[i].parts[j].iov_len);
    put(group, &held[i].cqe);
    assert_true(rfi_buffer_group_is_valid(group));
    held[i] = held[--*count];
}

static void random_bundles_keep_their_data(void **state)
{
    struct rf_ring ring;
    struct rf_buffer_group group;
    open_bundling(state, &ring, &group);
    struct pair pair;
    open_pair(&pair);
    seed_random();
    struct held held[BUFFERS];
    unsigned count = 0;
    uint32_t sent = 0, received = 0;
    bool armed = false;
    time_t end = time(NULL) + 20;
    while (received < 30000) {
        assert_true(time(NULL) < end);
        if (rnd(2) && sent - received < BUFFERS * BYTES) {
            uint32_t bytes = 1 + rnd(3 * BYTES);
            send_bytes(&pair, sent, bytes);
            sent += bytes;
        }
        if (!armed) {
            struct rf_sqe *sqe =
                rnd(3) ? rf_buffer_group_recv_bundle_multishot(&group, 1, pair.here, 0)
                       : rf_buffer_group_recv_bundle(&group, 1, pair.here, 0);
            if (sqe)
                submit_fully(&ring);
            armed = sqe != NULL;
        }
        struct rf_cqe cqe;
        while (rf_copy_cqes(&ring, &cqe, 1, 0) == 1) {
            armed = cqe.flags & RF_CQE_F_MORE;
            assert_true(count < BUFFERS || cqe.res <= 0);
            struct held *last = &held[count];
            last->n = rf_buffer_group_get_bundle(&group, &cqe, last->parts, BUFFERS);
            if (last->n == -ENOBUFS)
                break;
            assert_true(last->n > 0);
            last->cqe = cqe;
            last->pos = received;
            assert_parts(last->parts, last->n, received, cqe.res);
            assert_true(rfi_buffer_group_is_valid(&group));
            received += (uint32_t)cqe.res;
            count++;
        }
        if (count && (rnd(3) == 0 || !armed))
            put_one(&group, held, &count);
    }
    while (count)
        put_one(&group, held, &count);
    rf_deinit(&ring);
    close_pair(&pair);
    close_group(&group);
}

/* --- contracts ----------------------------------------------------------- */

static void incremental_groups_have_no_bundles(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct rf_buffer_group group;
    open_ring(&ring, 4, 0);
    open_incremental(&group, &ring, 1, BYTES, BUFFERS);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        let_traps_through();
        (void)!rf_buffer_group_recv_bundle(&group, 1, 0, 0);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(is_trap(status));
    close_group(&group);
    rf_deinit(&ring);
}

int main(void)
{
    static const struct test tests[] = {
        EACH_FLAVOUR(one_completion_brings_several_buffers),
        EACH_FLAVOUR(single_buffers_are_bundles_of_one),
        EACH_FLAVOUR(what_cannot_be_is_refused_and_changes_nothing),
        EACH_FLAVOUR(entries_that_moved_on_or_were_shortened_are_noticed),
        EACH_FLAVOUR(random_bundles_keep_their_data),
        ONCE(incremental_groups_have_no_bundles),
    };
    return run_all(tests, COUNT_OF(tests));
}
