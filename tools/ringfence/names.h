/* SPDX-License-Identifier: MIT */
/*
 * names.h - how the kinds of capabilities are shown. What the numbers are called is the
 * library's to know: caps.h.
 */
#ifndef RINGFENCE_TOOL_NAMES_H
#define RINGFENCE_TOOL_NAMES_H

#include <ringfence/caps.h>

struct kind_info {
    const char *key;   /* "setup_flags" */
    const char *title; /* "Setup flags" */
};

/* By enum rf_cap_kind. */
extern const struct kind_info kinds[RF_CAP_KINDS];

/* Of a number that has a name. */
struct rf_cap_info info_of(enum rf_cap_kind kind, uint32_t number);

/* How the answers of a kind were had: the first that is one tells. */
enum rf_cap_source source_of(const struct rf_caps *caps, enum rf_cap_kind kind);

#endif
