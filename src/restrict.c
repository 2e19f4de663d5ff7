/* SPDX-License-Identifier: MIT */
/* restrict.c - restrict.h. */
#include <ringfence/restrict.h>

#include "blind.h"
#include "map.h"
#include "register.h"

int rf_register_personality(struct rf_ring *ring)
{
    return rfi_register(ring, RF_REGISTER_PERSONALITY, NULL, 0);
}

int rf_unregister_personality(struct rf_ring *ring, int id)
{
    return rfi_register(ring, RF_UNREGISTER_PERSONALITY, NULL, (uint32_t)id);
}

int rf_register_restrictions(struct rf_ring *ring, const struct rf_restriction *list,
                             uint32_t count)
{
    return rfi_register(ring, RF_REGISTER_RESTRICTIONS, rfi_not_const(list), count);
}

int rfi_register_restrictions_task(const struct rf_sys *sys, const struct rf_task_restriction *list)
{
    return rfi_register_blind(sys, RF_REGISTER_RESTRICTIONS, rfi_not_const(list), 1);
}

int rf_register_restrictions_task(const struct rf_task_restriction *list)
{
    return rfi_register_restrictions_task(&rf_sys_kernel, list);
}

int rf_register_bpf_filter(struct rf_ring *ring, struct rf_bpf *bpf)
{
    return rfi_register_known(ring, RF_REGISTER_BPF_FILTER, bpf, 1);
}

int rfi_register_bpf_filter_task(const struct rf_sys *sys, struct rf_bpf *bpf)
{
    return rfi_register_blind(sys, RF_REGISTER_BPF_FILTER, bpf, 1);
}

int rf_register_bpf_filter_task(struct rf_bpf *bpf)
{
    return rfi_register_bpf_filter_task(&rf_sys_kernel, bpf);
}
