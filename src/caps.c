/* SPDX-License-Identifier: MIT */
/* caps.c - caps.h: the kernel is asked; what cannot be asked is tried by caps_try.c. */
#include "caps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ringfence/error.h>
#include <ringfence/probe.h>

#include "blind.h"
#include "check/hooks.h"
#include "map.h"

/* --- asking -------------------------------------------------------------- */

static void set(struct rf_cap *cap, bool is_there, enum rf_cap_source source)
{
    cap->state = is_there ? RF_CAP_THERE : RF_CAP_MISSING;
    cap->source = (uint8_t)source;
    cap->error = 0;
}

static void set_bits(struct rf_cap *caps, enum rf_cap_source source, uint64_t bits)
{
    for (uint32_t bit = 0; bit < 64; bit++)
        set(&caps[bit], bits >> bit & 1, source);
}

static void set_count(struct rf_cap *caps, uint32_t count)
{
    for (uint32_t number = 0; number < RF_CAP_NUMBERS; number++)
        set(&caps[number], number < count, RF_CAP_BY_QUERY);
}

static bool ask_query(const struct rf_sys *sys, struct rf_query_opcode *ret_reply)
{
    struct rf_query_hdr question;
    memset(ret_reply, 0, sizeof *ret_reply);
    memset(&question, 0, sizeof question);
    question.query_op = RF_QUERY_OPCODES;
    question.query_data = (uint64_t)(uintptr_t)ret_reply;
    question.size = sizeof *ret_reply;
    return rfi_register_query(sys, &question) >= 0 && question.result >= 0;
}

static void set_queried(struct rf_caps *caps, const struct rf_query_opcode *reply)
{
    set_count(caps->of[RF_CAP_OP], reply->nr_request_opcodes);
    set_count(caps->of[RF_CAP_REGISTER], reply->nr_register_opcodes);
    set_bits(caps->of[RF_CAP_SETUP], RF_CAP_BY_QUERY, reply->ring_setup_flags);
    set_bits(caps->of[RF_CAP_ENTER], RF_CAP_BY_QUERY, reply->enter_flags);
    set_bits(caps->of[RF_CAP_SQE], RF_CAP_BY_QUERY, reply->sqe_flags);
}

/* What the ring itself tells. The probe knows also what the kernel was built without. */
static void ask_ring(struct rf_ring *ring, struct rf_caps *caps)
{
    struct rf_probe probe;
    if (rf_get_probe(ring, &probe) >= 0)
        for (uint32_t op = 0; op < RF_CAP_NUMBERS; op++)
            set(&caps->of[RF_CAP_OP][op], rf_probe_op_supported(&probe, op), RF_CAP_BY_PROBE);
    set_bits(caps->of[RF_CAP_FEATURE], RF_CAP_BY_SETUP, ring->features);
    ring->reason = NULL;
}

/* --- a ring -------------------------------------------------------------- */

/* Of flags that nobody can be asked for, the ring shows at least some. */
static void set_shown(struct rf_ring *ring, struct rf_caps *caps)
{
    for (uint32_t bit = 0; bit < 32; bit++)
        if (ring->flags >> bit & 1)
            set(&caps->of[RF_CAP_SETUP][bit], true, RF_CAP_BY_SETUP);
    bool skips = ring->features & RF_FEAT_CQE_SKIP;
    set(&caps->of[RF_CAP_SQE][RF_SQE_CQE_SKIP_SUCCESS_BIT], skips, RF_CAP_BY_SETUP);
}

int rf_caps_ring(struct rf_ring *ring, struct rf_caps *ret_caps)
{
    memset(ret_caps, 0, sizeof *ret_caps);
    if (rfi_is_closed(ring))
        return rfi_refuse(ring, -EBADF, "the ring is closed");
    struct rf_query_opcode reply;
    if (ask_query(ring->sys, &reply)) {
        set_queried(ret_caps, &reply);
    } else {
        rfi_try_enter_flags(ring->sys, ret_caps->of[RF_CAP_ENTER]);
        rfi_try_register_ops(ring->sys, ret_caps->of[RF_CAP_REGISTER]);
        /* A thread that has used no ring is told -EINVAL of every index. */
        struct rf_cap *index = &ret_caps->of[RF_CAP_ENTER][__builtin_ctz(RF_ENTER_REGISTERED_RING)];
        if (index->state == RF_CAP_MISSING)
            memset(index, 0, sizeof *index);
        set_shown(ring, ret_caps);
    }
    ask_ring(ring, ret_caps);
    rfi_try_registrations(ring, ret_caps->of[RF_CAP_DETAIL]);
    return 0;
}

/* --- the system ---------------------------------------------------------- */

static void ask_all(struct rf_ring *ring, uint32_t flags, struct rf_caps *caps)
{
    struct rf_query_opcode reply;
    if (!(flags & RF_CAPS_NO_QUERY) && ask_query(ring->sys, &reply)) {
        set_queried(caps, &reply);
    } else {
        rfi_try_setup_flags(ring->sys, ring->fd, caps->of[RF_CAP_SETUP]);
        rfi_try_enter_flags(ring->sys, caps->of[RF_CAP_ENTER]);
        rfi_try_sqe_flags(ring, caps->of[RF_CAP_SQE]);
        rfi_try_register_ops(ring->sys, caps->of[RF_CAP_REGISTER]);
    }
    ask_ring(ring, caps);
    if (!(flags & RF_CAPS_NO_DETAILS))
        rfi_try_details(ring, caps->of[RF_CAP_DETAIL]);
}

int rfi_caps_system(const struct rf_sys *sys, uint32_t flags, struct rf_caps *ret_caps)
{
    memset(ret_caps, 0, sizeof *ret_caps);
    if (flags & ~(RF_CAPS_NO_QUERY | RF_CAPS_NO_DETAILS))
        return -EINVAL;
    struct rf_ring ring;
    struct rf_params params;
    memset(&params, 0, sizeof params);
    /* As rf_diagnose() does: the first ring of a thread settles how many workers it gets. */
    int err = rfi_init_unchecked(&ring, 1024, &params, sys);
    if (err == -ENOMEM || err == -EAGAIN) {
        memset(&params, 0, sizeof params);
        err = rfi_init_unchecked(&ring, 4, &params, sys);
    }
    if (err)
        return err;
    ask_all(&ring, flags, ret_caps);
    rf_deinit(&ring);
    return 0;
}

int rf_caps_system_with(uint32_t flags, struct rf_caps *ret_caps)
{
    return rfi_caps_system(&rf_sys_kernel, flags, ret_caps);
}

int rf_caps_system(struct rf_caps *ret_caps)
{
    return rfi_caps_system(&rf_sys_kernel, 0, ret_caps);
}

/* --- setup flags alone --------------------------------------------------- */

static uint32_t tried_lacks(const struct rf_sys *sys, uint32_t flags)
{
    struct rf_params params;
    memset(&params, 0, sizeof params);
    int fd = -1;
    if (flags & RF_SETUP_ATTACH_WQ) {
        fd = sys->ring_setup(sys, 1, &params);
        if (fd < 0)
            flags &= ~RF_SETUP_ATTACH_WQ;
    }
    uint32_t lacks = rfi_try_setup_lacks(sys, fd, flags);
    if (fd >= 0)
        (void)sys->close(sys, fd);
    return lacks;
}

uint32_t rfi_setup_lacks(const struct rf_sys *sys, uint32_t flags)
{
    struct rf_query_opcode reply;
    if (ask_query(sys, &reply))
        return flags & ~(uint32_t)reply.ring_setup_flags;
    return tried_lacks(sys, flags);
}

/* --- answers ------------------------------------------------------------- */

struct rf_cap rf_caps_get(const struct rf_caps *caps, enum rf_cap_kind kind, uint32_t number)
{
    static const struct rf_cap nothing = {RF_CAP_UNKNOWN, RF_CAP_BY_NOTHING, 0};
    if ((uint32_t)kind >= RF_CAP_KINDS || number >= RF_CAP_NUMBERS)
        return nothing;
    return caps->of[kind][number];
}

bool rf_caps_has_flags(const struct rf_caps *caps, enum rf_cap_kind kind, uint32_t flags)
{
    for (uint32_t bit = 0; bit < 32; bit++)
        if (flags >> bit & 1 && !rf_caps_has(caps, kind, bit))
            return false;
    return true;
}

const char *rf_cap_source_text(enum rf_cap_source source)
{
    switch (source) {
    case RF_CAP_BY_SETUP:
        return "as a new ring tells";
    case RF_CAP_BY_PROBE:
        return "asked by IORING_REGISTER_PROBE";
    case RF_CAP_BY_QUERY:
        return "asked by IORING_REGISTER_QUERY";
    case RF_CAP_BY_TRIAL:
        return "each was tried";
    default:
        return "this kernel cannot be asked";
    }
}

__attribute__((format(printf, 3, 4))) static void say(char *reason, size_t bytes,
                                                      const char *format, ...)
{
    if (!reason || bytes == 0)
        return;
    va_list args;
    int saved = errno;
    va_start(args, format);
    (void)vsnprintf(reason, bytes, format, args);
    va_end(args);
    errno = saved;
}

int rf_caps_need(const struct rf_caps *caps, enum rf_cap_kind kind, uint32_t number, char *reason,
                 size_t bytes)
{
    struct rf_cap_info info;
    if (!rf_cap_info(kind, number, &info)) {
        say(reason, bytes, "there is nothing of that number");
        return -EINVAL;
    }
    struct rf_cap cap = rf_caps_get(caps, kind, number);
    const char *how = rf_cap_source_text((enum rf_cap_source)cap.source);
    switch (cap.state) {
    case RF_CAP_THERE:
        say(reason, bytes, "%s", "");
        return 0;
    case RF_CAP_REFUSED:
        say(reason, bytes, "this kernel has RF_%s%s, and refuses it to this process (%s)",
            info.prefix, info.name, rf_error_name(RF_CALL_NONE, cap.error));
        return cap.error;
    case RF_CAP_MISSING:
        say(reason, bytes, "this kernel lacks RF_%s%s, which came with Linux %s (%s)", info.prefix,
            info.name, info.since, how);
        return -EOPNOTSUPP;
    default:
        say(reason, bytes, "whether this kernel has RF_%s%s could not be found out", info.prefix,
            info.name);
        return -ENODATA;
    }
}
