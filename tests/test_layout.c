/* SPDX-License-Identifier: MIT */
/*
 * Held here: no pointer is made from a reply that breaks a rule of the layout.
 * Each rule, alone, refuses and says so in its own words; the replies of the
 * running kernel and of the peer break none; and an other side that lies at
 * setup gets its descriptor and its memory back.
 */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "map.h"
#include "peer.h"

/* --- the rules, one by one ----------------------------------------------- */

/* What 6.18 on x86-64 answers for 8 entries: see every_reply_of_the_kernel_is_accepted. */
static struct rf_params good_reply(uint32_t flags)
{
    struct rf_params p = {
        .sq_entries = 8,
        .cq_entries = 16,
        .flags = flags,
        .features = RF_FEAT_SINGLE_MMAP,
        .sq_off = {.head = 0, .tail = 4, .ring_mask = 16, .ring_entries = 24, .flags = 36,
                   .dropped = 32},
        .cq_off = {.head = 8, .tail = 12, .ring_mask = 20, .ring_entries = 28, .overflow = 44,
                   .flags = 40, .cqes = 64},
    };
    if (flags & RF_SETUP_NO_SQARRAY)
        p.sq_off.array = 0xdeadbeef; /* whatever was there before */
    else
        p.sq_off.array = flags & RF_SETUP_CQE32 ? 640 : 320;
    return p;
}

static const uint32_t shapes[] = {
    0,
    RF_SETUP_NO_SQARRAY,
    RF_SETUP_CQE32,
    RF_SETUP_CQE32 | RF_SETUP_NO_SQARRAY,
    RF_SETUP_SQE128,
    RF_SETUP_CQE_MIXED,
    RF_SETUP_CQE_MIXED | RF_SETUP_SQE128 | RF_SETUP_NO_SQARRAY,
};

#define AT(member) offsetof(struct rf_params, member)

/* Every word of the two rings. */
static const size_t words[] = {
    AT(sq_off.head),      AT(sq_off.tail),    AT(sq_off.ring_mask), AT(sq_off.ring_entries),
    AT(sq_off.flags),     AT(sq_off.dropped), AT(cq_off.head),      AT(cq_off.tail),
    AT(cq_off.ring_mask), AT(cq_off.ring_entries), AT(cq_off.overflow), AT(cq_off.flags),
};

static uint32_t *field(struct rf_params *p, size_t at)
{
    return (uint32_t *)(void *)((char *)p + at);
}

/* Everything but the sentence is as it was: a refused reply says nothing. */
static void assert_refused(const struct rf_params *p, const char *sentence)
{
    struct rfi_layout layout, untouched;
    memset(&layout, 0x55, sizeof layout);
    untouched = layout;
    const char *said = rfi_layout_check(p, &layout);
    assert_non_null(said);
    assert_string_equal(said, sentence);
    assert_memory_equal(&layout, &untouched, sizeof layout);
}

static void assert_each_shape_refused(size_t at, uint32_t value, const char *sentence)
{
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        struct rf_params p = good_reply(shapes[s]);
        *field(&p, at) = value;
        assert_refused(&p, sentence);
    }
}

static void good_replies_are_accepted_and_measured(void **state)
{
    (void)state;
    static const struct {
        size_t rings, sqes;
    } expected[COUNT_OF(shapes)] = {
        {320 + 32, 512}, {320, 512},       {640 + 32, 512}, {64 + 512, 512},
        {320 + 32, 1024}, {320 + 32, 512}, {320, 1024},
    };
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        struct rf_params p = good_reply(shapes[s]);
        struct rfi_layout layout;
        assert_null(rfi_layout_check(&p, &layout));
        assert_int_equal(layout.rings_bytes, expected[s].rings);
        assert_int_equal(layout.sqes_bytes, expected[s].sqes);
        assert_int_equal(layout.has_array, !(shapes[s] & RF_SETUP_NO_SQARRAY));
    }
}

static void entries_are_powers_of_two_within_reason(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 3, 7, 9, 24, UINT32_C(1) << 25, UINT32_C(1) << 31,
                                   UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_each_shape_refused(AT(sq_entries), bad[i],
                                  "the number of SQEs is not a power of two in range");
        assert_each_shape_refused(AT(cq_entries), bad[i],
                                  "the number of CQEs is not a power of two in range");
    }
}

static void there_are_as_many_cqes_as_sqes(void **state)
{
    (void)state;
    assert_each_shape_refused(AT(cq_entries), 4, "there are fewer CQEs than SQEs");
    assert_each_shape_refused(AT(sq_entries), 32, "there are fewer CQEs than SQEs");
}

static void cqes_are_aligned(void **state)
{
    (void)state;
    for (uint32_t off = 1; off < 16; off++)
        assert_each_shape_refused(AT(cq_off.cqes), 64 + off,
                                  "the completion queue is not 16-byte aligned");
}

static void words_are_aligned(void **state)
{
    (void)state;
    for (size_t w = 0; w < COUNT_OF(words); w++)
        for (uint32_t off = 1; off < 4; off++)
            assert_each_shape_refused(words[w], 48 + off,
                                      "a word of the rings is not 4-byte aligned");
}

static void words_lie_before_the_cqes(void **state)
{
    (void)state;
    static const uint32_t bad[] = {64, 68, 320, 4096, UINT32_MAX - 3, UINT32_C(1) << 31};
    for (size_t w = 0; w < COUNT_OF(words); w++)
        for (size_t i = 0; i < COUNT_OF(bad); i++)
            assert_each_shape_refused(words[w], bad[i],
                                      "a word of the rings lies in or behind the completion queue");
    /* The queue moved over them is the same. */
    static const uint32_t cqes[] = {0, 16, 32};
    for (size_t i = 0; i < COUNT_OF(cqes); i++)
        assert_each_shape_refused(AT(cq_off.cqes), cqes[i],
                                  "a word of the rings lies in or behind the completion queue");
}

static void words_do_not_share_an_offset(void **state)
{
    (void)state;
    for (size_t a = 0; a < COUNT_OF(words); a++) {
        for (size_t b = 0; b < COUNT_OF(words); b++) {
            struct rf_params p = good_reply(0);
            if (a != b)
                assert_each_shape_refused(words[a], *field(&p, words[b]),
                                          "two words of the rings share an offset");
        }
    }
}

static void the_array_is_aligned_and_lies_behind_the_cqes(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        struct rf_params p = good_reply(shapes[s]);
        uint32_t end = 64 + (shapes[s] & RF_SETUP_CQE32 ? 512 : 256);
        const struct {
            uint32_t array;
            const char *sentence;
        } cases[] = {
            {end + 1, "the SQ array is not 4-byte aligned"},
            {end + 2, "the SQ array is not 4-byte aligned"},
            {end - 4, "the SQ array overlaps the completion queue or the words"},
            {64, "the SQ array overlaps the completion queue or the words"},
            {48, "the SQ array overlaps the completion queue or the words"},
            {0, "the SQ array overlaps the completion queue or the words"},
        };
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            p.sq_off.array = cases[i].array;
            struct rfi_layout layout;
            if (shapes[s] & RF_SETUP_NO_SQARRAY)
                assert_null(rfi_layout_check(&p, &layout)); /* nobody looks at it */
            else
                assert_refused(&p, cases[i].sentence);
        }
    }
}

static void a_gap_before_the_array_is_no_error(void **state)
{
    (void)state;
    for (uint32_t gap = 0; gap < 1024; gap += 4) {
        struct rf_params p = good_reply(0);
        p.sq_off.array = 320 + gap;
        struct rfi_layout layout;
        assert_null(rfi_layout_check(&p, &layout));
        assert_int_equal(layout.rings_bytes, 320 + gap + 32);
    }
}

/* The largest offsets that fit their fields: the sums need more than 32 bits. */
static void the_end_of_the_rings_does_not_wrap(void **state)
{
    (void)state;
    struct rf_params p = good_reply(RF_SETUP_CQE32);
    struct rfi_layout layout;
    p.cq_off.cqes = UINT32_MAX - 15;
    assert_refused(&p, sizeof(size_t) > 4
                           ? "the SQ array overlaps the completion queue or the words"
                           : "the rings do not fit into the address space");
    p.flags |= RF_SETUP_NO_SQARRAY;
    if (sizeof(size_t) > 4) {
        assert_null(rfi_layout_check(&p, &layout));
        assert_true(layout.rings_bytes == UINT64_C(0xfffffff0) + 512);
    }
    p = good_reply(0);
    p.sq_off.array = UINT32_MAX - 3;
    if (sizeof(size_t) > 4) {
        assert_null(rfi_layout_check(&p, &layout));
        assert_true(layout.rings_bytes == UINT64_C(0xfffffffc) + 32);
    }
}

/* --- those who tell the truth -------------------------------------------- */

static void assert_accepted(const struct rf_params *reply)
{
    struct rfi_layout layout;
    const char *said = rfi_layout_check(reply, &layout);
    if (said)
        fail_msg("%s", said);
}

static void every_reply_of_the_kernel_is_accepted(void **state)
{
    for (uint32_t entries = 1; entries <= 4096; entries *= 2) {
        for (uint32_t factor = 0; factor <= 4; factor++) {
            struct rf_params params;
            memset(&params, 0, sizeof params);
            if (factor) {
                params.flags = RF_SETUP_CQSIZE;
                params.cq_entries = entries * factor;
            }
            if (entries == 1 && factor == 1 &&
                flavour_of(state)->flags & RF_SETUP_CQE_MIXED)
                continue; /* one slot has no room for a 32-byte CQE: the kernel refuses */
            struct rf_ring ring;
            open_flavour_params(state, &ring, entries, &params);
            assert_accepted(&params);
            assert_int_equal(params.sq_entries, entries);
            rf_deinit(&ring);
        }
    }
}

static void every_reply_of_the_peer_is_accepted(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        for (uint32_t entries = 1; entries <= 1024; entries *= 2) {
            struct peer peer;
            peer_init(&peer);
            if (!(shapes[s] & RF_SETUP_NO_SQARRAY))
                peer.known_flags &= ~RF_SETUP_NO_SQARRAY;
            struct rf_params params = {.flags = shapes[s]};
            struct rf_ring ring;
            assert_result(rf_init_sys(&ring, entries, &params, &peer.sys), 0);
            assert_accepted(&params);
            if (entries == 8 && !(shapes[s] & RF_SETUP_NO_SQARRAY)) {
                struct rf_params good = good_reply(shapes[s]);
                assert_memory_equal(&params.sq_off, &good.sq_off, sizeof good.sq_off);
                assert_memory_equal(&params.cq_off, &good.cq_off, sizeof good.cq_off);
            }
            rf_deinit(&ring);
            assert_null(peer_end(&peer));
        }
    }
}

/* --- those who lie ------------------------------------------------------- */

static uint32_t *ring_word(struct peer *peer, uint32_t offset)
{
    return (uint32_t *)(void *)((char *)peer->rings.addr + offset);
}

static void word_outside(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->sq_off.dropped = 1 << 20;
}

static void words_shared(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->cq_off.head = p->sq_off.head;
}

static void entries_odd(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->sq_entries = 7;
}

static void array_in_the_cqes(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->sq_off.array = 64;
}

static void sq_entries_word(struct peer *peer, struct rf_params *p)
{
    *ring_word(peer, p->sq_off.ring_entries) = 16;
}

static void cq_entries_word(struct peer *peer, struct rf_params *p)
{
    *ring_word(peer, p->cq_off.ring_entries) = 8;
}

static void sq_mask_word(struct peer *peer, struct rf_params *p)
{
    *ring_word(peer, p->sq_off.ring_mask) = 8;
}

static void cq_mask_word(struct peer *peer, struct rf_params *p)
{
    *ring_word(peer, p->cq_off.ring_mask) = UINT32_MAX;
}

/* Fewer than there are: everything fits, but the words tell another story. */
static void fewer_entries(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->cq_entries /= 2;
}

static void sqes_queued(struct peer *peer, struct rf_params *p)
{
    *ring_word(peer, p->sq_off.tail) += 1;
}

static void sqes_consumed(struct peer *peer, struct rf_params *p)
{
    *ring_word(peer, p->sq_off.head) += 1;
}

static void cqes_posted(struct peer *peer, struct rf_params *p)
{
    *ring_word(peer, p->cq_off.tail) += 3;
}

static void other_cqe_size(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->flags ^= RF_SETUP_CQE32;
}

static void other_sqe_size(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->flags ^= RF_SETUP_SQE128;
}

static void other_submitter(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->flags ^= RF_SETUP_SQPOLL;
}

static void other_kind_of_descriptor(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->flags ^= RF_SETUP_REGISTERED_FD_ONLY;
}

static void other_memory(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->flags ^= RF_SETUP_NO_MMAP;
}

static void flag_of_the_future(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->flags |= UINT32_C(1) << 30;
}

static void two_mappings(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->features &= ~RF_FEAT_SINGLE_MMAP;
}

/* More than the peer's memory, with all rules kept. */
static void more_cqes(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->cq_entries *= 1024;
    p->sq_off.array = 64 + p->cq_entries * 32;
}

/* The completion queue still fits into a page; with SQE128 the SQEs take two. */
static void more_sqes(struct peer *peer, struct rf_params *p)
{
    (void)peer;
    p->sq_entries = p->cq_entries = 64;
    p->sq_off.array = 64 + 64 * 16;
}

static const struct lie {
    const char *name;
    void (*tamper)(struct peer *peer, struct rf_params *reply);
    int error;
    const char *reason;
} lies[] = {
    {"a word outside", word_outside, -EPROTO, "behind the completion queue"},
    {"words shared", words_shared, -EPROTO, "share an offset"},
    {"entries odd", entries_odd, -EPROTO, "not a power of two"},
    {"array in the cqes", array_in_the_cqes, -EPROTO, "array overlaps"},
    {"sq entries word", sq_entries_word, -EPROTO, "entries word differs"},
    {"cq entries word", cq_entries_word, -EPROTO, "entries word differs"},
    {"sq mask word", sq_mask_word, -EPROTO, "mask word"},
    {"cq mask word", cq_mask_word, -EPROTO, "mask word"},
    {"fewer entries", fewer_entries, -EPROTO, "entries word differs"},
    {"sqes queued", sqes_queued, -EPROTO, "submission queue is not empty"},
    {"sqes consumed", sqes_consumed, -EPROTO, "submission queue is not empty"},
    {"cqes posted", cqes_posted, -EPROTO, "completion queue is not empty"},
    {"other cqe size", other_cqe_size, -EPROTO, "not those asked for"},
    {"other sqe size", other_sqe_size, -EPROTO, "not those asked for"},
    {"other submitter", other_submitter, -EPROTO, "not those asked for"},
    {"other kind of descriptor", other_kind_of_descriptor, -EPROTO, "not those asked for"},
    {"other memory", other_memory, -EPROTO, "not those asked for"},
    {"flag of the future", flag_of_the_future, -EPROTO, "not those asked for"},
    {"two mappings", two_mappings, -ENOSYS, "both rings at once"},
};

/* Opens a ring with the peer that lies; it must be refused and nothing left behind. */
static void assert_lie_refused(const struct lie *lie, uint32_t flags)
{
    struct peer peer;
    peer_init(&peer);
    peer.known_flags &= ~RF_SETUP_NO_SQARRAY; /* so that there is an array to lie about */
    peer.sq_start = peer.cq_start = UINT32_MAX;
    peer.tamper = lie->tamper;
    struct rf_params params = {.flags = flags}, before = params;
    struct rf_ring ring;
    errno = 1234;
    int result = rf_init_sys(&ring, 8, &params, &peer.sys);
    if (result != lie->error || !rf_reason(&ring) || !strstr(rf_reason(&ring), lie->reason))
        fail_msg("%s (flags %#x): %d, %s", lie->name, flags, result, rf_reason(&ring));
    assert_int_equal(errno, 1234);
    assert_memory_equal(&params, &before, sizeof params);
    assert_int_equal(ring.fd, -1);
    rf_deinit(&ring); /* changes nothing */
    const char *complaint = peer_end(&peer);
    if (complaint)
        fail_msg("%s (flags %#x): %s", lie->name, flags, complaint);
}

static const uint32_t openings[] = {
    0,
    RF_SETUP_CQE32,
    RF_SETUP_SQE128,
    RF_SETUP_CQE_MIXED,
    RF_SETUP_NO_MMAP,
    RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY,
};

static void a_lie_at_setup_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lies); i++)
        for (size_t o = 0; o < COUNT_OF(openings); o++)
            assert_lie_refused(&lies[i], openings[o]);
}

static void queues_larger_than_the_memory_are_refused(void **state)
{
    (void)state;
    static const struct {
        void (*tamper)(struct peer *peer, struct rf_params *reply);
        uint32_t flags;
    } cases[] = {
        {more_cqes, 0},
        {more_cqes, RF_SETUP_CQE32},
        {more_cqes, RF_SETUP_NO_MMAP},
        {more_cqes, RF_SETUP_NO_MMAP | RF_SETUP_REGISTERED_FD_ONLY},
        {more_sqes, RF_SETUP_SQE128},
        {more_sqes, RF_SETUP_SQE128 | RF_SETUP_NO_MMAP},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct peer peer;
        peer_init(&peer);
        peer.tamper = cases[i].tamper;
        struct rf_params params = {.flags = cases[i].flags};
        struct rf_ring ring;
        int result = rf_init_sys(&ring, 8, &params, &peer.sys);
        if (cases[i].flags & RF_SETUP_NO_MMAP) {
            assert_result(result, -EPROTO);
            if (sysconf(_SC_PAGESIZE) <= 4096) /* in a larger page there is room for more */
                assert_non_null(strstr(rf_reason(&ring), "larger than the memory"));
        } else {
            assert_result(result, -EFAULT); /* of the mapping: no rule is broken */
            assert_null(rf_reason(&ring));
        }
        assert_null(peer_end(&peer));
    }
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(good_replies_are_accepted_and_measured),
        ONCE(entries_are_powers_of_two_within_reason),
        ONCE(there_are_as_many_cqes_as_sqes),
        ONCE(cqes_are_aligned),
        ONCE(words_are_aligned),
        ONCE(words_lie_before_the_cqes),
        ONCE(words_do_not_share_an_offset),
        ONCE(the_array_is_aligned_and_lies_behind_the_cqes),
        ONCE(a_gap_before_the_array_is_no_error),
        ONCE(the_end_of_the_rings_does_not_wrap),
        EACH_FLAVOUR(every_reply_of_the_kernel_is_accepted),
        ONCE(every_reply_of_the_peer_is_accepted),
        ONCE(a_lie_at_setup_is_refused_and_leaves_nothing),
        ONCE(queues_larger_than_the_memory_are_refused),
    };
    return run_all(tests, COUNT_OF(tests));
}
