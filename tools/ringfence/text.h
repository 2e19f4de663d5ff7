/* SPDX-License-Identifier: MIT */
/*
 * text.h - printing for people: colours on a terminal, lines of at most 80 columns.
 */
#ifndef RINGFENCE_TOOL_TEXT_H
#define RINGFENCE_TOOL_TEXT_H

enum { TEXT_WIDTH = 80 };

enum colour { PLAIN, BOLD, GREEN, RED, DIM };

/* Prints in a colour if stdout is a terminal that has some, and NO_COLOR is not set. */
void print_in(enum colour colour, const char *text);

/*
 * A label in a column of @label_width behind two spaces, and a text that is broken at
 * spaces and continues below itself. A label that does not fit has a line of its own.
 */
void print_labelled(const char *label, int label_width, const char *text);

#endif
