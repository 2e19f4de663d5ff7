/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool colours_wanted(void)
{
    static int wanted = -1;
    if (wanted < 0) {
        const char *terminal = getenv("TERM");
        const char *no_color = getenv("NO_COLOR");
        wanted = isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0 &&
                 !(no_color && *no_color);
    }
    return wanted;
}

static void paint(enum colour colour)
{
    static const char *const codes[] = {"\033[0m", "\033[1m", "\033[32m", "\033[31m", "\033[2m"};
    if (colours_wanted())
        fputs(codes[colour], stdout);
}

void print_in(enum colour colour, const char *text)
{
    paint(colour);
    fputs(text, stdout);
    if (colour != PLAIN)
        paint(PLAIN);
}

void print_labelled(const char *label, int label_width, const char *text)
{
    int column = 2 + label_width;
    if (label_width > 2 && (int)strlen(label) >= label_width)
        printf("  %s\n%*s", label, column, "");
    else
        printf("  %-*s", label_width, label);
    while (*text) {
        size_t room = (size_t)(TEXT_WIDTH - column);
        size_t length = strlen(text);
        if (length > room) {
            length = room;
            while (length > 0 && text[length] != ' ')
                length--;
            if (length == 0) /* a word longer than the line */
                length = strcspn(text, " ");
        }
        printf("%.*s\n", (int)length, text);
        text += length;
        text += strspn(text, " ");
        if (*text)
            printf("%*s", column, "");
    }
}
