/* SPDX-License-Identifier: MIT */
/*
 * probe_json.c - the report for programs. docs/probe.md promises the keys: to
 * change what one means, FORMAT has to grow; new keys may come any time.
 */
#include "probe_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

enum { FORMAT = 1 };

/* Jansson's "new" setters take NULL for out of memory and then fail: one flag tells at the end. */
static bool failed;

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        failed = true;
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        failed = true;
}

/* null: not known. */
static json_t *number(int64_t value)
{
    return value == UNKNOWN_NUMBER ? json_null() : json_integer(value);
}

static json_t *truth(int value)
{
    return value < 0 ? json_null() : json_boolean(value);
}

/* -1: no limit. */
static json_t *limit(rlim_t value)
{
    return value == RLIM_INFINITY ? json_integer(-1) : json_integer((json_int_t)value);
}

static json_t *system_json(const struct utsname *system)
{
    json_t *object = json_object();
    put(object, "sysname", json_string(system->sysname));
    put(object, "release", json_string(system->release));
    put(object, "machine", json_string(system->machine));
    return object;
}

static json_t *blocked_json(const struct rf_diagnosis *d)
{
    if (d->blocked == RF_BLOCKED_NOT)
        return json_null();
    json_t *object = json_object();
    put(object, "name", json_string(d->name));
    put(object, "text", json_string(d->text));
    put(object, "remedy", json_string(d->remedy));
    put(object, "call", d->error ? json_string(failed_call(d)) : json_null());
    put(object, "error",
        d->error ? json_string(rf_error_name(RF_CALL_NONE, d->error)) : json_null());
    return object;
}

static json_t *permissions_json(const struct rf_diagnosis *d)
{
    static const char *const seccomp[] = {"none", "strict", "filter"};
    json_t *object = json_object();
    put(object, "io_uring_disabled", number(d->sysctl_disabled));
    put(object, "io_uring_group", number(d->sysctl_group));
    put(object, "in_group", truth(d->in_group));
    put(object, "cap_sys_admin", truth(d->may_administrate));
    put(object, "cap_ipc_lock", truth(d->may_lock_memory));
    put(object, "seccomp",
        d->seccomp_mode >= 0 && d->seccomp_mode <= 2 ? json_string(seccomp[d->seccomp_mode])
                                                     : json_null());
    return object;
}

static json_t *method_json(enum rf_cap_source source)
{
    static const char *const methods[] = {[RF_CAP_BY_SETUP] = "setup",
                                          [RF_CAP_BY_PROBE] = "probe",
                                          [RF_CAP_BY_QUERY] = "query",
                                          [RF_CAP_BY_TRIAL] = "trial"};
    return source == RF_CAP_BY_NOTHING ? json_null() : json_string(methods[source]);
}

static json_t *item_json(enum rf_cap_kind kind, uint32_t index, struct rf_cap cap)
{
    json_t *object = json_object();
    struct rf_cap_info info;
    bool named = rf_cap_info(kind, index, &info);
    put(object, "number", json_integer(index));
    put(object, "name", named ? json_string(info.name) : json_null());
    put(object, "supported",
        cap.state == RF_CAP_UNKNOWN ? json_null() : json_boolean(cap.state == RF_CAP_THERE));
    put(object, "since", named ? json_string(info.since) : json_null());
    put(object, "method", method_json((enum rf_cap_source)cap.source));
    if (cap.state == RF_CAP_REFUSED)
        put(object, "refused", json_string(rf_error_name(RF_CALL_NONE, cap.error)));
    return object;
}

static json_t *kind_json(enum rf_cap_kind kind, const struct rf_caps *caps)
{
    json_t *object = json_object();
    json_t *items = json_array();
    for (uint32_t i = 0; i < RF_CAP_NUMBERS; i++)
        if (i < rf_cap_count(kind) || rf_caps_has(caps, kind, i))
            append(items, item_json(kind, i, caps->of[kind][i]));
    put(object, "method", method_json(source_of(caps, kind)));
    put(object, "items", items);
    return object;
}

static json_t *quirks_json(const struct rf_quirks *quirks)
{
    json_t *array = json_array();
    for (uint32_t id = 0; id < RF_QUIRKS; id++) {
        const struct rf_quirk *quirk = rf_quirk_info(id);
        struct rf_cap cap = quirks->of[id];
        json_t *object = json_object();
        put(object, "name", json_string(quirk->name));
        put(object, "present",
            cap.state == RF_CAP_UNKNOWN ? json_null() : json_boolean(cap.state == RF_CAP_THERE));
        put(object, "seen_with", json_string(quirk->kernels));
        put(object, "concerns", json_string(quirk->concerns));
        put(object, "behaviour", json_string(quirk->behaviour));
        put(object, "mended", quirk->mended ? json_string(quirk->mended) : json_null());
        put(object, "advice", quirk->advice ? json_string(quirk->advice) : json_null());
        append(array, object);
    }
    return array;
}

static json_t *limits_json(const struct probe_report *report)
{
    const struct kernel_limits *limits = &report->kernel.limits;
    json_t *object = json_object();
    put(object, "sq_entries", number(limits->sq_entries));
    put(object, "cq_entries", number(limits->cq_entries));
    put(object, "ring_of_256_bytes", number(limits->ring_bytes));
    put(object, "ring_memory_counts_as_locked", truth(limits->ring_memory_counts));
    put(object, "registered_buffers", number(limits->buffers));
    put(object, "registered_files", number(limits->files));
    put(object, "workers_bound", number(limits->workers_bound));
    put(object, "workers_unbound", number(limits->workers_unbound));
    put(object, "memlock_soft_bytes", limit(report->memlock.rlim_cur));
    put(object, "memlock_hard_bytes", limit(report->memlock.rlim_max));
    put(object, "nofile_soft", limit(report->files.rlim_cur));
    put(object, "nofile_hard", limit(report->files.rlim_max));
    return object;
}

int print_probe_json(const struct probe_report *report)
{
    failed = false;
    json_t *top = json_object();
    put(top, "format", json_integer(FORMAT));
    put(top, "ringfence", json_string(RINGFENCE_VERSION));
    put(top, "system", system_json(&report->system));
    put(top, "usable", json_boolean(report->diagnosis.blocked == RF_BLOCKED_NOT));
    put(top, "blocked", blocked_json(&report->diagnosis));
    for (int kind = 0; kind < RF_CAP_KINDS; kind++)
        put(top, kinds[kind].key, kind_json((enum rf_cap_kind)kind, &report->kernel.caps));
    put(top, "known_bugs", quirks_json(&report->quirks));
    put(top, "limits", limits_json(report));
    put(top, "permissions", permissions_json(&report->diagnosis));
    /* As one string, so that a failure leaves no half of it behind. */
    char *text = failed ? NULL : json_dumps(top, JSON_INDENT(2));
    json_decref(top);
    if (!text)
        return -ENOMEM;
    puts(text);
    free(text);
    return 0;
}
