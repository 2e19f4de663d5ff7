/* SPDX-License-Identifier: MIT */
/* quirks.h (private) - rf_quirks_system() with another other side. */
#ifndef RINGFENCE_SRC_QUIRKS_H
#define RINGFENCE_SRC_QUIRKS_H

#include <ringfence/quirks.h>
#include <ringfence/sys.h>

int rfi_quirks_system(const struct rf_sys *sys, struct rf_quirks *ret_quirks);

#endif
