/* SPDX-License-Identifier: MIT */
/* version.c - version.h, as it was when the library was built. */
#include <ringfence/version.h>

uint32_t rf_major_version(void)
{
    return RF_VERSION_MAJOR;
}

uint32_t rf_minor_version(void)
{
    return RF_VERSION_MINOR;
}

static uint64_t in_one(uint32_t major, uint32_t minor)
{
    return (uint64_t)major << 32 | minor;
}

bool rf_version_at_least(uint32_t major, uint32_t minor)
{
    return in_one(RF_VERSION_MAJOR, RF_VERSION_MINOR) >= in_one(major, minor);
}
