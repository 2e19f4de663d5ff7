/* SPDX-License-Identifier: MIT */
/*
 * blind.h - what is registered with no ring, with another other side than the kernel:
 * there is no ring to give one to, and tests need it.
 */
#ifndef RINGFENCE_SRC_BLIND_H
#define RINGFENCE_SRC_BLIND_H

#include <ringfence/abi.h>
#include <ringfence/sys.h>

int rfi_register_restrictions_task(const struct rf_sys *sys,
                                   const struct rf_task_restriction *list);
int rfi_register_bpf_filter_task(const struct rf_sys *sys, struct rf_bpf *bpf);
int rfi_register_sync_msg(const struct rf_sys *sys, const struct rf_sqe *sqe);
int rfi_register_query(const struct rf_sys *sys, struct rf_query_hdr *query);

#endif
