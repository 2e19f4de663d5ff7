/* SPDX-License-Identifier: MIT */
/*
 * inlines.c - every inline function of the headers once more, as a symbol, so that
 * other languages can link to it.
 *
 * The headers say RF_INLINE. Everywhere else that is "static inline"; here it is C11's
 * "extern inline", which emits what it defines. So there is no second list that could
 * fall behind, and nothing changes for those who include the headers. Private helpers
 * (rfi_) come along; ringfence.map keeps them inside.
 *
 * Nothing else in the library may call these symbols: it has the inlines.
 */
#define RF_INLINE extern inline __attribute__((visibility("default")))

#include <ringfence.h>
