/* SPDX-License-Identifier: MIT */
/*
 * version.h - which ringfence this is: the headers a program was compiled with, and
 * the library that it runs with.
 */
#ifndef RINGFENCE_VERSION_H
#define RINGFENCE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include <ringfence/base.h>

RF_BEGIN_DECLS

/* Of the headers. For #if. */
#define RF_VERSION_MAJOR 0
#define RF_VERSION_MINOR 1
#define RF_VERSION_PATCH 0

/* The first number of the version of the library that runs: 0 in 0.1.0. */
RF_API uint32_t rf_major_version(void);

/* The second: 1 in 0.1.0. */
RF_API uint32_t rf_minor_version(void);

/* Is the library that runs of this version or a later one? */
RF_API bool rf_version_at_least(uint32_t major, uint32_t minor);

RF_END_DECLS

#endif
