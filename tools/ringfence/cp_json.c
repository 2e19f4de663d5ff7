/* SPDX-License-Identifier: MIT */
/*
 * cp_json.c - the summary for programs: `ringfence cp --json`.
 */
#include "cp.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes the character takes that begins here; 0: it is no UTF-8. */
static size_t good_bytes(const char *text, size_t bytes)
{
    unsigned char first = (unsigned char)*text;
    size_t width = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    json_t *one = width <= bytes ? json_stringn(text, width) : NULL;
    if (!one)
        return 0;
    json_decref(one);
    return width;
}

/*
 * A path as text. Names are bytes and JSON is UTF-8: where a path is none, each bad
 * byte is replaced by U+FFFD here, and the key "path_hex" has all of them.
 */
static void set_path(json_t *object, const char *path)
{
    static const char bad[] = "\xef\xbf\xbd";
    json_t *text = json_string(path);
    if (text) {
        json_object_set_new(object, "path", text);
        return;
    }
    size_t bytes = strlen(path), used = 0;
    char *safe = cp_must(malloc(3 * bytes + 1)), *hex = cp_must(malloc(2 * bytes + 1));
    for (size_t i = 0; i < bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)path[i]);
    for (size_t i = 0; i < bytes;) {
        size_t width = good_bytes(path + i, bytes - i);
        memcpy(safe + used, width ? path + i : bad, width ? width : 3);
        used += width ? width : 3;
        i += width ? width : 1;
    }
    json_object_set_new(object, "path", json_stringn(safe, used));
    json_object_set_new(object, "path_hex", json_string(hex));
    free(safe);
    free(hex);
}

static json_t *failures(const struct cp *cp)
{
    json_t *list = json_array();
    for (size_t i = 0; i < cp->failures_count; i++) {
        const struct cp_failure *failure = &cp->failures[i];
        json_t *object = json_object();
        set_path(object, failure->path);
        json_object_set_new(object, "what", json_string(cp_failure_name(failure->what)));
        json_object_set_new(object, "errno", json_integer(failure->error));
        json_object_set_new(object, "error",
                            failure->error ? json_string(strerror(failure->error)) : json_null());
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *differences(const struct cp *cp)
{
    json_t *list = json_array();
    for (size_t i = 0; i < cp->differences_count; i++) {
        json_t *object = json_object();
        set_path(object, cp->differences[i].path);
        json_object_set_new(object, "what", json_string(cp->differences[i].what));
        json_object_set_new(object, "text", json_string(cp->differences[i].text));
        json_array_append_new(list, object);
    }
    return list;
}

static void set_counts(json_t *object, const struct cp_counts *counts, double seconds)
{
    json_object_set_new(object, "files", json_integer((json_int_t)counts->files));
    json_object_set_new(object, "dirs", json_integer((json_int_t)counts->dirs));
    json_object_set_new(object, "symlinks", json_integer((json_int_t)counts->symlinks));
    json_object_set_new(object, "bytes", json_integer((json_int_t)counts->bytes));
    json_object_set_new(object, "seconds", json_real(seconds));
    json_object_set_new(object, "rate",
                        json_real(seconds > 0 ? (double)counts->bytes / seconds : 0));
}

static json_t *verified(const struct cp *cp)
{
    if (!cp->options.verify && !cp->options.compare)
        return json_null();
    json_t *object = json_object();
    set_counts(object, &cp->verified, cp->verify_seconds);
    json_object_set_new(object, "differences", differences(cp));
    return object;
}

int cp_report_json(const struct cp *cp)
{
    json_t *top = json_object();
    bool good = cp->failures_count == 0 && cp->differences_count == 0 && !cp->stopped &&
                !cp->broken;
    json_object_set_new(top, "format", json_integer(1));
    json_object_set_new(top, "ok", json_boolean(good));
    json_object_set_new(top, "signal", cp->stopped ? json_integer(cp->stopped) : json_null());
    set_counts(top, &cp->counts, cp->seconds);
    json_object_set_new(top, "hard_links", json_integer((json_int_t)cp->counts.links));
    json_object_set_new(top, "holes_bytes", json_integer((json_int_t)cp->counts.holes));
    json_object_set_new(top, "direct_fallbacks",
                        json_integer((json_int_t)cp->counts.direct_fallbacks));
    json_object_set_new(top, "depth", json_integer(cp->options.depth));
    json_object_set_new(top, "failures", failures(cp));
    json_object_set_new(top, "verified", verified(cp));
    int result = top ? json_dumpf(top, stdout, JSON_INDENT(2)) : -1;
    putchar('\n');
    json_decref(top);
    return result;
}
