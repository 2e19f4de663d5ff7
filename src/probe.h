/* SPDX-License-Identifier: MIT */
/*
 * probe.h (private) - the thinking part of rf_diagnose(), apart from where its
 * facts come from.
 */
#ifndef RINGFENCE_SRC_PROBE_H
#define RINGFENCE_SRC_PROBE_H

#include <ringfence/probe.h>

/* What explains facts->error of facts->call. Looks at nothing but @facts. */
enum rf_blocked rfi_explain(const struct rf_diagnosis *facts);

/* Fills name, text and remedy from blocked. */
void rfi_put_into_words(struct rf_diagnosis *diagnosis);

/* rf_diagnose() with another other side. */
enum rf_blocked rfi_diagnose_sys(const struct rf_sys *sys, struct rf_diagnosis *ret_diagnosis);

#endif
