/* SPDX-License-Identifier: MIT */
/* best.h (private) - rf_init_wish() with another other side. */
#ifndef RINGFENCE_SRC_BEST_H
#define RINGFENCE_SRC_BEST_H

#include <ringfence/best.h>

int rfi_init_wish(const struct rf_sys *sys, struct rf_ring *ring, const struct rf_wish *wish,
                  struct rf_best *ret_best);

#endif
