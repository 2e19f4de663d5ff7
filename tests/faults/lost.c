/* SPDX-License-Identifier: MIT */
/* Completions are lost. The kernel must be out of memory for that; here its counter is forged. */
/* rule: completions-lost, operation: none, rings: plain */
#include "faults.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    *(uint32_t *)(uintptr_t)ring.cq.overflow_word += 1;
    (void)!rf_nop(&ring, 2);
    (void)!rf_submit(&ring); /* noticed here */
    return missed();
}
