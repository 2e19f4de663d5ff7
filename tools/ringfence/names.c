/* SPDX-License-Identifier: MIT */
#include "names.h"

const struct kind_info kinds[RF_CAP_KINDS] = {
    [RF_CAP_OP] = {"operations", "Operations"},
    [RF_CAP_FEATURE] = {"features", "Features"},
    [RF_CAP_SETUP] = {"setup_flags", "Setup flags"},
    [RF_CAP_ENTER] = {"enter_flags", "Enter flags"},
    [RF_CAP_SQE] = {"sqe_flags", "SQE flags"},
    [RF_CAP_REGISTER] = {"register_operations", "Registrations"},
    [RF_CAP_DETAIL] = {"details", "Details"},
};

struct rf_cap_info info_of(enum rf_cap_kind kind, uint32_t number)
{
    struct rf_cap_info info;
    return rf_cap_info(kind, number, &info) ? info : (struct rf_cap_info){"", "?", "?", "?"};
}

enum rf_cap_source source_of(const struct rf_caps *caps, enum rf_cap_kind kind)
{
    for (uint32_t i = 0; i < RF_CAP_NUMBERS; i++)
        if (caps->of[kind][i].source != RF_CAP_BY_NOTHING)
            return (enum rf_cap_source)caps->of[kind][i].source;
    return RF_CAP_BY_NOTHING;
}
