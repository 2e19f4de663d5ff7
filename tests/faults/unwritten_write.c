/* SPDX-License-Identifier: MIT */
/* A struct is written whose padding nobody has written: it goes out too. */
/* rule: lent-unwritten, operation: WRITE, rings: plain sqpoll defer */
#include "faults.h"

struct record {
    char kind;
    int value; /* three bytes behind kind are in no member */
};

int main(int argc, char **argv)
{
    begin(argc, argv);
    struct record *record = malloc(sizeof *record);
    record->kind = 1;
    record->value = 2;
    (void)!rf_write(&ring, 2, ends[0], record, sizeof *record, 0); /* queued here */
    (void)!rf_submit(&ring); /* submitted here */
    take(1);
    return missed();
}
