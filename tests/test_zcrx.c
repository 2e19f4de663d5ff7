/* SPDX-License-Identifier: MIT */
/*
 * Held here: the refill ring of zero-copy receive, against a thread in the kernel's
 * place; what registering refuses, and that nothing is left then; and, on kernels that can do
 * it without a device, data received through area, refill ring and control.
 */
#include "io_support.h"
#include "register_support.h"

#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "map.h"

#define DEFER (RF_SETUP_SINGLE_ISSUER | RF_SETUP_DEFER_TASKRUN)

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* --- the refill ring ----------------------------------------------------- */

enum { ENTRIES = 8 };

/* What the kernel would share. */
struct shared {
    uint32_t head;
    uint32_t tail;
    uint32_t other[14];
    struct rf_zcrx_rqe rqes[ENTRIES];
};

static struct rf_zcrx_ifq_reg answer_for(const struct shared *shared)
{
    struct rf_zcrx_ifq_reg reg;
    memset(&reg, 0, sizeof reg);
    (void)shared;
    reg.rq_entries = ENTRIES;
    reg.offsets.head = offsetof(struct shared, head);
    reg.offsets.tail = offsetof(struct shared, tail);
    reg.offsets.rqes = offsetof(struct shared, rqes);
    return reg;
}

#define TOKEN (UINT64_C(3) << RF_ZCRX_AREA_SHIFT)

static void open_refill(struct rf_zcrx_rq *rq, struct shared *shared, uint32_t start)
{
    memset(shared, 0x5a, sizeof *shared);
    shared->head = shared->tail = start;
    struct rf_zcrx_ifq_reg reg = answer_for(shared);
    struct rf_zcrx_area_reg area;
    memset(&area, 0, sizeof area);
    area.rq_area_token = TOKEN;
    assert_result(rf_zcrx_rq_init(rq, &reg, &area, shared, sizeof *shared), 0);
}

static void entries_are_filled_and_then_shown(void **state)
{
    (void)state;
    static struct shared shared;
    struct rf_zcrx_rq rq;
    static const uint32_t starts[] = {0, 5, UINT32_MAX - 3};
    for (size_t s = 0; s < COUNT_OF(starts); s++) {
        open_refill(&rq, &shared, starts[s]);
        uint32_t index = starts[s];
        for (uint32_t round = 0; round < 20; round++) {
            assert_int_equal(rf_zcrx_rq_space_left(&rq), ENTRIES);
            uint32_t count = 1 + round % ENTRIES;
            for (uint32_t i = 0; i < count; i++)
                assert_true(rf_zcrx_rq_add(&rq, UINT64_C(4096) * i + round, 100 + i));
            assert_int_equal(shared.tail, index); /* not yet */
            assert_int_equal(rf_zcrx_rq_space_left(&rq), ENTRIES - count);
            rf_zcrx_rq_advance(&rq);
            assert_int_equal(shared.tail, index + count);
            for (uint32_t i = 0; i < count; i++) {
                const struct rf_zcrx_rqe *rqe = &shared.rqes[(index + i) % ENTRIES];
                assert_int_equal(rqe->off, (UINT64_C(4096) * i + round) | TOKEN);
                assert_int_equal(rqe->len, 100 + i);
                assert_int_equal(rqe->pad, 0);
            }
            index += count;
            shared.head = index; /* the kernel has read them */
        }
    }
}

static void a_full_ring_takes_no_more(void **state)
{
    (void)state;
    static struct shared shared;
    struct rf_zcrx_rq rq;
    open_refill(&rq, &shared, UINT32_MAX - 2);
    for (uint32_t i = 0; i < ENTRIES; i++)
        assert_true(rf_zcrx_rq_add(&rq, i, i));
    assert_false(rf_zcrx_rq_add(&rq, 99, 99));
    assert_int_equal(rf_zcrx_rq_space_left(&rq), 0);
    rf_zcrx_rq_advance(&rq);
    assert_false(rf_zcrx_rq_add(&rq, 99, 99));
    shared.head += 1;
    assert_int_equal(shared.rqes[(UINT32_MAX - 2) % ENTRIES].len, 0);
    assert_true(rf_zcrx_rq_add(&rq, 77, 77));
    assert_int_equal(shared.rqes[(UINT32_MAX - 2) % ENTRIES].len, 77);
    assert_false(rf_zcrx_rq_add(&rq, 99, 99));
    shared.head = rq.tail + 1; /* no honest kernel is ahead of us */
    assert_false(rf_zcrx_rq_add(&rq, 99, 99));
    assert_int_equal(rf_zcrx_rq_space_left(&rq), 0);
}

/* The offset is taken from the second half of the CQE, the length from the first. */
static void a_piece_is_given_back_by_its_completion(void **state)
{
    (void)state;
    static struct shared shared;
    struct rf_zcrx_rq rq;
    open_refill(&rq, &shared, 0);
    union {
        struct rf_cqe cqe;
        struct rf_zcrx_cqe halves[2];
    } large;
    memset(&large, 0, sizeof large);
    large.cqe.res = 1234;
    large.halves[1].off = (UINT64_C(3) << RF_ZCRX_AREA_SHIFT) | 0x12345;
    assert_int_equal(rf_zcrx_offset(&large.cqe), 0x12345);
    assert_true(rf_zcrx_rq_return(&rq, &large.cqe));
    assert_int_equal(shared.rqes[0].off, TOKEN | 0x12345);
    assert_int_equal(shared.rqes[0].len, 1234);
}

static void answers_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static struct shared shared;
    struct rf_zcrx_rq rq;
    struct rf_zcrx_area_reg area;
    memset(&area, 0, sizeof area);
    memset(&shared, 0, sizeof shared);
    static const struct {
        uint32_t entries, head, tail, rqes, region_bytes, start;
    } rows[] = {
        {0, 0, 4, 64, sizeof(struct shared), 0},
        {6, 0, 4, 64, sizeof(struct shared), 0},
        {ENTRIES, 0, 4, 64, sizeof(struct shared) - 1, 0},
        {ENTRIES * 2, 0, 4, 64, sizeof(struct shared), 0},
        {1U << 31, 0, 4, 64, sizeof(struct shared), 0},
        {ENTRIES, 2, 4, 64, sizeof(struct shared), 0},
        {ENTRIES, 0, 5, 64, sizeof(struct shared), 0},
        {ENTRIES, 4, 4, 64, sizeof(struct shared), 0},
        {ENTRIES, 0, 4, 60, sizeof(struct shared), 0},
        {ENTRIES, 64, 4, 64, sizeof(struct shared), 0},
        {ENTRIES, 0, 64, 64, sizeof(struct shared), 0},
        {ENTRIES, UINT32_MAX - 3, 4, 64, sizeof(struct shared), 0},
        {ENTRIES, 0, 4, UINT32_MAX - 7, sizeof(struct shared), 0},
        {4, 0, 4, 64, sizeof(struct shared), 4},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rf_zcrx_ifq_reg reg = answer_for(&shared);
        reg.rq_entries = rows[i].entries;
        reg.offsets.head = rows[i].head;
        reg.offsets.tail = rows[i].tail;
        reg.offsets.rqes = rows[i].rqes;
        memset(&rq, 0xa5, sizeof rq);
        assert_named_error(ZCRX_RQ_INIT,
                           rf_zcrx_rq_init(&rq, &reg, &area, (char *)&shared + rows[i].start,
                                           rows[i].region_bytes - rows[i].start),
                           EPROTO, "RefillRingInvalid");
        assert_int_equal(*(unsigned char *)&rq, 0xa5); /* as it was */
    }
    struct rf_zcrx_ifq_reg reg = answer_for(&shared);
    shared.tail = 1;
    assert_result(rf_zcrx_rq_init(&rq, &reg, &area, &shared, sizeof shared), -EPROTO);
    shared.tail = 0;
    assert_result(rf_zcrx_rq_init(&rq, &reg, &area, &shared, sizeof shared), 0);
}

/* --- with another thread in the kernel's place ---------------------------- */

enum { PIECES = 200000 };

static struct shared common;
static struct {
    uint32_t content; /* written by whoever has the piece */
} pieces[ENTRIES];
static uint32_t wrong;

/*
 * Takes entries in, and looks at what they name: the owner's last write must be there.
 * In their place it writes what the owner will find when it gets the piece again.
 */
static void *takes_entries_in(void *unused)
{
    (void)unused;
    uint32_t head = UINT32_MAX - 1000;
    for (uint32_t taken = 0; taken < PIECES;) {
        uint32_t tail = __atomic_load_n(&common.tail, __ATOMIC_ACQUIRE);
        if (tail == head)
            sched_yield();
        for (; head != tail; head++, taken++) {
            const struct rf_zcrx_rqe *rqe = &common.rqes[head % ENTRIES];
            uint32_t at = (uint32_t)(rqe->off & ~RF_ZCRX_AREA_MASK);
            if (at >= ENTRIES || rqe->len != pieces[at].content)
                wrong++;
        }
        __atomic_store_n(&common.head, head, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void what_is_given_back_is_given_up(void **state)
{
    (void)state;
    if (is_emulated())
        skip_because("emulated processors take turns: passing so much to and fro takes hours");
    struct rf_zcrx_rq rq;
    open_refill(&rq, &common, UINT32_MAX - 1000);
    wrong = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, takes_entries_in, NULL), 0);
    uint32_t random = 4711;
    for (uint32_t n = 0; n < PIECES;) {
        uint32_t space = rf_zcrx_rq_space_left(&rq);
        if (space == 0)
            sched_yield();
        random = random * 1664525 + 1013904223;
        uint32_t batch = 1 + (random >> 16) % ENTRIES;
        for (uint32_t i = 0; i < batch && i < space && n < PIECES; i++, n++) {
            /* A piece is named again only when its entry has been read. */
            uint32_t at = rq.tail % ENTRIES;
            pieces[at].content = n;
            assert_true(rf_zcrx_rq_add(&rq, at, n));
        }
        rf_zcrx_rq_advance(&rq);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(wrong, 0);
}

/* --- registering --------------------------------------------------------- */

struct request {
    struct rf_zcrx_ifq_reg reg;
    struct rf_zcrx_area_reg area;
    struct rf_region_desc region;
    void *memory;
    size_t memory_bytes;
};

static void make_request(struct request *request, uint32_t flags)
{
    memset(request, 0, sizeof *request);
    request->memory_bytes = 16 * page_bytes();
    request->memory = mmap(NULL, request->memory_bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(request->memory != MAP_FAILED);
    request->area.addr = (uintptr_t)request->memory;
    request->area.len = request->memory_bytes;
    request->region.size = 2 * page_bytes();
    request->reg.if_idx = flags & RF_ZCRX_REG_NODEV ? 0 : if_nametoindex("lo");
    request->reg.rq_entries = 64;
    request->reg.flags = flags;
    request->reg.area_ptr = (uintptr_t)&request->area;
    request->reg.region_ptr = (uintptr_t)&request->region;
}

static void drop_request(struct request *request)
{
    munmap(request->memory, request->memory_bytes);
}

/* Rings that can receive so: others of the flavours are refused, and that is looked at. */
static void open_receiver(void **state, struct rf_ring *ring)
{
    const struct flavour *flavour = flavour_of(state);
    if (flavour->flags & RF_SETUP_SQPOLL)
        skip_because("rings with an SQ thread cannot receive so");
    struct rf_params params;
    memset(&params, 0, sizeof params);
    params.flags = DEFER;
    if (!(flavour->flags & RF_SETUP_CQE_MIXED))
        params.flags |= RF_SETUP_CQE32;
    open_flavour_params(state, ring, 64, &params);
    if (geteuid() != 0) {
        rf_deinit(ring);
        skip_because("registering takes CAP_NET_ADMIN");
    }
    need_registration(ring, RF_REGISTER_ZCRX_IFQ, 1);
}

static void requests_that_make_no_sense_are_refused(void **state)
{
    struct rf_ring ring;
    open_receiver(state, &ring);
    struct request request;
    make_request(&request, 0);
    static const struct {
        size_t offset; /* of a word of the whole request */
        uint64_t value;
        int error;
        const char *name;
    } rows[] = {
        {offsetof(struct request, reg.if_idx), 999999, ENODEV, "NoSuchDevice"},
        {offsetof(struct request, reg.rq_entries), 0, EINVAL, "ReceiveQueueInvalid"},
        {offsetof(struct request, reg.rq_entries), 65536, EINVAL, "ReceiveQueueInvalid"},
        {offsetof(struct request, reg.if_rxq), UINT32_MAX, EINVAL, "ReceiveQueueInvalid"},
        {offsetof(struct request, reg.zcrx_id), 1, EINVAL, "ReceiveQueueInvalid"},
        {offsetof(struct request, region.size), 16, EINVAL, "ReceiveQueueInvalid"},
        {offsetof(struct request, region.flags), 1U << 20, EINVAL, "ReceiveQueueInvalid"},
        /* A device that is there, and cannot do it. */
        {offsetof(struct request, region.id), 0, EOPNOTSUPP, "ZeroCopyReceiveUnsupported"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct request bad = request;
        bad.reg.area_ptr = (uintptr_t)&bad.area;
        bad.reg.region_ptr = (uintptr_t)&bad.region;
        uint32_t value = (uint32_t)rows[i].value;
        memcpy((char *)&bad + rows[i].offset, &value, sizeof value);
        if (rows[i].offset == offsetof(struct request, region.size))
            bad.region.size = rows[i].value;
        assert_named_error(REGISTER_IFQ, rf_register_ifq(&ring, &bad.reg), rows[i].error,
                           rows[i].name);
        assert_null(rf_reason(&ring));
    }
    struct request bad = request;
    bad.reg.area_ptr = (uintptr_t)unmapped();
    assert_named_error(REGISTER_IFQ, rf_register_ifq(&ring, &bad.reg), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    bad = request;
    bad.reg.region_ptr = (uintptr_t)unmapped();
    assert_named_error(REGISTER_IFQ, rf_register_ifq(&ring, &bad.reg), EFAULT,
                       "ArgumentsOutsideAccessibleAddressSpace");
    assert_named_error(REGISTER_IFQ, rf_register_ifq(&ring, (struct rf_zcrx_ifq_reg *)unmapped()),
                       EFAULT, "ArgumentsOutsideAccessibleAddressSpace");
    assert_non_null(rf_nop(&ring, 1));
    assert_int_equal(submit_and_reap(&ring).res, 0);
    drop_request(&request);
    rf_deinit(&ring);
}

static void rings_of_another_kind_are_refused(void **state)
{
    (void)state;
    struct rf_ring ring;
    struct request request;
    make_request(&request, 0);
    open_ring(&ring, 4, RF_SETUP_CQE32);
    assert_named_error(REGISTER_IFQ, rf_register_ifq(&ring, &request.reg), EINVAL,
                       "ReceiveQueueInvalid");
    assert_reason_has(rf_reason(&ring), "DEFER_TASKRUN", __FILE__, __LINE__);
    rf_deinit(&ring);
    open_ring(&ring, 4, DEFER);
    assert_named_error(REGISTER_IFQ, rf_register_ifq(&ring, &request.reg), EINVAL,
                       "ReceiveQueueInvalid");
    assert_reason_has(rf_reason(&ring), "32 bytes", __FILE__, __LINE__);
    rf_deinit(&ring);
    drop_request(&request);
}

static void without_the_capability_it_is_not_permitted(void **state)
{
    (void)state;
    struct rf_ring ring;
    open_ring(&ring, 4, DEFER | RF_SETUP_CQE32);
    need_registration(&ring, RF_REGISTER_ZCRX_IFQ, 1);
    struct request request;
    make_request(&request, 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setresuid(65531, 65531, 65531) || rf_init(&ring, 4, DEFER | RF_SETUP_CQE32))
            _exit(77);
        int err = rf_register_ifq(&ring, &request.reg);
        _exit(err < 0 ? -err : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    drop_request(&request);
    rf_deinit(&ring);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip_because("another user cannot be tried here");
    assert_int_equal(WEXITSTATUS(status), EPERM);
    assert_string_equal(rf_error_name(RF_CALL_REGISTER_IFQ, -EPERM), "NetworkAdminNeeded");
}

/* --- older kernels ------------------------------------------------------- */

static uint64_t flags_that_are_known;
static uint32_t features_that_are_known;
static bool answers_queries;

static int partly_known(const struct rf_sys *sys, int fd, uint32_t opcode, void *arg,
                        uint32_t nr_args)
{
    (void)sys;
    uint32_t op = opcode & ~RF_REGISTER_USE_REGISTERED_RING;
    if (op == RF_REGISTER_QUERY) {
        if (!answers_queries)
            return -EINVAL;
        struct rf_query_hdr *query = (struct rf_query_hdr *)arg;
        assert_int_equal(fd, -1);
        assert_int_equal(query->query_op, RF_QUERY_ZCRX);
        struct rf_query_zcrx *answer = (struct rf_query_zcrx *)(uintptr_t)query->query_data;
        answer->register_flags = flags_that_are_known;
        answer->features = features_that_are_known;
        query->size = sizeof *answer;
        return 0;
    }
    if (op == RF_REGISTER_ZCRX_IFQ && (uintptr_t)arg < UINTPTR_MAX - 8192)
        return -EINVAL;
    return rf_sys_kernel.ring_register(&rf_sys_kernel, fd, opcode, arg, nr_args);
}

static void what_an_older_kernel_lacks_is_said(void **state)
{
    struct rf_ring ring;
    open_receiver(state, &ring);
    struct older older;
    struct request request;
    struct rf_zcrx_ctrl ctrl;
    memset(&ctrl, 0, sizeof ctrl);
    make_request(&request, 0);
    make_older(&older, &ring, RF_REGISTER_ZCRX_IFQ, NULL);
    assert_too_old(&ring, rf_register_ifq(&ring, &request.reg), "6.15");
    make_older(&older, &ring, RF_REGISTER_ZCRX_CTRL, NULL);
    assert_too_old(&ring, rf_register_zcrx_ctrl(&ring, &ctrl), "6.19");
    make_new_again(&older, &ring);

    struct rf_sys sys = *ring.sys;
    const struct rf_sys *real = ring.sys;
    sys.ring_register = partly_known;
    ring.sys = &sys;
    static const struct {
        uint32_t flags, rx_buf_len;
        uint64_t event_desc;
        const char *since;
    } rows[] = {
        {RF_ZCRX_REG_NODEV, 0, 0, "7.1"},
        {RF_ZCRX_REG_IMPORT, 0, 0, "6.19"},
        {1U << 30, 0, 0, "flag"},
        {0, 8192, 0, "7.0"},
        {0, 0, 8, "7.2"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rf_zcrx_ifq_reg reg = request.reg;
        reg.flags = rows[i].flags;
        reg.rx_buf_len = rows[i].rx_buf_len;
        reg.event_desc = rows[i].event_desc;
        answers_queries = false;
        assert_too_old(&ring, rf_register_ifq(&ring, &reg), rows[i].since);
        answers_queries = true;
        flags_that_are_known = 0;
        features_that_are_known = 0;
        assert_too_old(&ring, rf_register_ifq(&ring, &reg), rows[i].since);
        flags_that_are_known = UINT64_MAX;
        features_that_are_known = UINT32_MAX;
        assert_result(rf_register_ifq(&ring, &reg), -EINVAL);
        assert_null(rf_reason(&ring));
    }
    assert_result(rf_register_ifq(&ring, &request.reg), -EINVAL);
    ring.sys = real;
    drop_request(&request);
    rf_deinit(&ring);
}

/* --- without a device ---------------------------------------------------- */

struct receiver {
    struct rf_ring ring;
    struct request request;
    struct rf_zcrx_rq rq;
    void *region;
    struct connection conn;
};

static void open_nodev(void **state, struct receiver *receiver)
{
    open_receiver(state, &receiver->ring);
    make_request(&receiver->request, RF_ZCRX_REG_NODEV);
    int err = rf_register_ifq(&receiver->ring, &receiver->request.reg);
    if (err == -EOPNOTSUPP) {
        drop_request(&receiver->request);
        rf_deinit(&receiver->ring);
        skip_because("this kernel cannot receive so without a device");
    }
    assert_result(err, 0);
    receiver->region = mmap(NULL, receiver->request.region.size, PROT_READ | PROT_WRITE,
                            MAP_SHARED, receiver->ring.fd,
                            (off_t)receiver->request.region.mmap_offset);
    if (receiver->region == MAP_FAILED)
        skip_because("this ring has no descriptor to map by");
    assert_result(rf_zcrx_rq_init(&receiver->rq, &receiver->request.reg, &receiver->request.area,
                                  receiver->region, receiver->request.region.size),
                  0);
    struct sockaddr_in addr;
    receiver->conn.listener = listen_on_loopback(&addr);
    receiver->conn.client = connect_to(&addr);
    receiver->conn.server = accept(receiver->conn.listener, NULL, NULL);
    assert_true(receiver->conn.server >= 0);
}

static void close_nodev(struct receiver *receiver)
{
    close_connection(&receiver->conn);
    munmap(receiver->region, receiver->request.region.size);
    rf_deinit(&receiver->ring);
    drop_request(&receiver->request);
}

static void begin_receive(struct receiver *receiver)
{
    struct rf_sqe *sqe = rf_get_sqe(&receiver->ring);
    assert_non_null(sqe);
    sqe->opcode = RF_OP_RECV_ZC;
    sqe->user_data = 7;
    sqe->fd = receiver->conn.server;
    sqe->ioprio = RF_RECV_MULTISHOT;
    sqe->zcrx_ifq_idx = receiver->request.reg.zcrx_id;
    submit_fully(&receiver->ring);
}

static unsigned char byte_at(size_t pos)
{
    return (unsigned char)(pos * 7 + pos / 251);
}

/* Looks at a piece, tramples on it, and gives it back. How many bytes. */
static size_t take_piece(struct receiver *receiver, const struct rf_cqe *cqe, size_t pos)
{
    uint64_t at = rf_zcrx_offset(cqe);
    size_t bytes = (size_t)cqe->res;
    assert_true(at + bytes <= receiver->request.memory_bytes);
    unsigned char *data = (unsigned char *)receiver->request.memory + at;
    for (size_t i = 0; i < bytes; i++)
        if (data[i] != byte_at(pos + i))
            fail_msg("byte %zu is wrong", pos + i);
    memset(data, 0xee, bytes);
    assert_true(rf_zcrx_rq_return(&receiver->rq, cqe));
    rf_zcrx_rq_advance(&receiver->rq);
    return bytes;
}

static void flush(struct receiver *receiver)
{
    struct rf_zcrx_ctrl ctrl;
    memset(&ctrl, 0, sizeof ctrl);
    ctrl.zcrx_id = receiver->request.reg.zcrx_id;
    ctrl.op = RF_ZCRX_CTRL_FLUSH_RQ;
    assert_result(rf_register_zcrx_ctrl(&receiver->ring, &ctrl), 0);
}

/* Ten times as much as the area holds: it goes round only if what was given back is used. */
static void data_goes_round_through_area_and_refill_ring(void **state)
{
    struct receiver receiver;
    open_nodev(state, &receiver);
    const size_t total = 10 * receiver.request.memory_bytes;
    size_t sent = 0, received = 0;
    begin_receive(&receiver);
    while (received < total) {
        unsigned char block[2048];
        if (sent < total && sent - received < receiver.request.memory_bytes / 4) {
            for (size_t i = 0; i < sizeof block; i++)
                block[i] = byte_at(sent + i);
            assert_int_equal(write(receiver.conn.client, block, sizeof block), sizeof block);
            sent += sizeof block;
        }
        const struct rf_cqe *cqe;
        while ((cqe = rf_next_cqe(&receiver.ring))) {
            assert_int_equal(cqe->user_data, 7);
            if (cqe->res <= 0)
                fail_msg("after %zu bytes: %d", received, cqe->res);
            assert_true(cqe->flags & RF_CQE_F_MORE);
            received += take_piece(&receiver, cqe, received);
        }
        /* Each piece takes a page, and nobody else tells the kernel that they came back. */
        uint32_t used = receiver.rq.entries - rf_zcrx_rq_space_left(&receiver.rq);
        if (used >= receiver.request.memory_bytes / page_bytes() / 2)
            flush(&receiver);
    }
    close_nodev(&receiver);
}

static void what_control_refuses(void **state)
{
    struct receiver receiver;
    open_nodev(state, &receiver);
    struct rf_zcrx_ctrl ctrl;
    memset(&ctrl, 0, sizeof ctrl);
    ctrl.zcrx_id = 4711;
    assert_named_error(REGISTER_ZCRX_CTRL, rf_register_zcrx_ctrl(&receiver.ring, &ctrl), ENXIO,
                       "ReceiveQueueUnknown");
    ctrl.zcrx_id = receiver.request.reg.zcrx_id;
    ctrl.op = 4711;
    assert_named_error(REGISTER_ZCRX_CTRL, rf_register_zcrx_ctrl(&receiver.ring, &ctrl),
                       EOPNOTSUPP, "ZeroCopyReceiveUnsupported");
    ctrl.op = RF_ZCRX_CTRL_FLUSH_RQ;
    ctrl.resv[1] = 1;
    assert_result(rf_register_zcrx_ctrl(&receiver.ring, &ctrl), -EFAULT);
    close_nodev(&receiver);
}

static void a_queue_is_shared_by_descriptor(void **state)
{
    struct receiver receiver;
    open_nodev(state, &receiver);
    struct rf_zcrx_ctrl ctrl;
    memset(&ctrl, 0, sizeof ctrl);
    ctrl.zcrx_id = receiver.request.reg.zcrx_id;
    ctrl.op = RF_ZCRX_CTRL_EXPORT;
    assert_result(rf_register_zcrx_ctrl(&receiver.ring, &ctrl), 0);
    int fd = (int)ctrl.zc_export.zcrx_fd;
    assert_true(fd > 2);
    struct rf_ring other;
    open_ring(&other, 8, DEFER | RF_SETUP_CQE32);
    struct rf_zcrx_ifq_reg reg;
    memset(&reg, 0, sizeof reg);
    reg.flags = RF_ZCRX_REG_IMPORT;
    reg.if_idx = (uint32_t)fd;
    assert_result(rf_register_ifq(&other, &reg), 0);
    close(fd);
    rf_deinit(&other);
    close_nodev(&receiver);
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(entries_are_filled_and_then_shown),
        ONCE(a_full_ring_takes_no_more),
        ONCE(a_piece_is_given_back_by_its_completion),
        ONCE(answers_that_cannot_be_are_refused),
        ONCE(what_is_given_back_is_given_up),
        EACH_FLAVOUR(requests_that_make_no_sense_are_refused),
        ONCE(rings_of_another_kind_are_refused),
        ONCE(without_the_capability_it_is_not_permitted),
        EACH_FLAVOUR(what_an_older_kernel_lacks_is_said),
        EACH_FLAVOUR(data_goes_round_through_area_and_refill_ring),
        EACH_FLAVOUR(what_control_refuses),
        EACH_FLAVOUR(a_queue_is_shared_by_descriptor),
    };
    return run_all(tests, COUNT_OF(tests));
}
