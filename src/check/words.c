/* SPDX-License-Identifier: MIT */
/*
 * words.c - what RINGFENCE_CHECK says: words with a comma or a colon between them, some of them
 * called as the sanitizers call theirs. What it does not know is told, once in a process: a
 * checker that was to look for something and does not would be taken for one that found nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* --- the words ------------------------------------------------------------ */

enum word {
    ON,
    OFF,
    GO_ON,
    FLAG,
    HALT,
    ABORT,
    EXIT_CODE,
    LOG_PATH,
    DUMP,
    HELP
};

/* Those that end with '=' have a value. */
static const struct {
    const char *text;
    enum word word;
    uint32_t flag;
    const char *help;
} words[] = {
    {"1", ON, 0, "check every ring; print the first report and abort"},
    {"0", OFF, 0, "check none, whatever else is said"},
    {"unique", FLAG, RF_CHECK_UNIQUE, "open operations must not share user_data"},
    {"returned", FLAG, RF_CHECK_RETURNED, "provided buffers must be given back"},
    {"overflow", FLAG, RF_CHECK_OVERFLOW, "the completion queue must never be too full"},
    {"go-on", GO_ON, 0, "print and go on, as halt_on_error=0"},
    {"halt_on_error=", HALT, 0, "0: print and go on"},
    {"exitcode=", EXIT_CODE, 0, "print and end with this status instead of abort()"},
    {"abort_on_error=", ABORT, 0, "1: abort() all the same. 0: end with exitcode, or 1"},
    {"log_path=", LOG_PATH, 0, "print to this file, with .PID behind; or stdout, stderr"},
    {"dump=", DUMP, 0, "print what is open when this signal comes, such as USR1"},
    {"help=", HELP, 0, "1: print this"},
};

#define WORD_COUNT (sizeof words / sizeof words[0])

/* A word of the text, not ended by a zero. */
struct piece {
    const char *at;
    size_t bytes;
};

static struct piece piece_at(const char *at)
{
    struct piece piece = {at, strcspn(at, ",:")};
    return piece;
}

/* The index of the word, and behind its '=' the value; WORD_COUNT: none. */
static size_t find(struct piece piece, struct piece *ret_value)
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        size_t length = strlen(words[i].text);
        bool has_value = words[i].text[length - 1] == '=';
        if (piece.bytes < length || (!has_value && piece.bytes != length) ||
            memcmp(piece.at, words[i].text, length) != 0)
            continue;
        ret_value->at = piece.at + length;
        ret_value->bytes = piece.bytes - length;
        return i;
    }
    return WORD_COUNT;
}

/* --- values --------------------------------------------------------------- */

/* 0 to 255, or -1: something else. */
static int number_of(struct piece value)
{
    int number = 0;
    for (size_t i = 0; i < value.bytes; i++) {
        if (value.at[i] < '0' || value.at[i] > '9' || number > 255)
            return -1;
        number = number * 10 + (value.at[i] - '0');
    }
    return value.bytes > 0 && number <= 255 ? number : -1;
}

/* 0 or 1, also as words; or -1. */
static int switch_of(struct piece value)
{
    static const char *const no_yes[][2] = {{"0", "1"}, {"no", "yes"}, {"false", "true"}};
    for (size_t i = 0; i < sizeof no_yes / sizeof no_yes[0]; i++)
        for (int k = 0; k < 2; k++)
            if (strlen(no_yes[i][k]) == value.bytes &&
                memcmp(no_yes[i][k], value.at, value.bytes) == 0)
                return k;
    return -1;
}

/* --- reading -------------------------------------------------------------- */

struct said {
    int halt, abort, exit_code; /* -1: not said */
    bool off, help;
};

/* False: the value is none. */
static bool read_value(size_t i, struct piece value, struct said *said, struct rfi_wishes *wishes)
{
    switch (words[i].word) {
    case OFF:
        said->off = true;
        return true;
    case GO_ON:
        said->halt = 0;
        return true;
    case FLAG:
        wishes->options.flags |= words[i].flag;
        return true;
    case HALT:
        return (said->halt = switch_of(value)) >= 0;
    case ABORT:
        return (said->abort = switch_of(value)) >= 0;
    case EXIT_CODE:
        return (said->exit_code = number_of(value)) >= 0;
    case LOG_PATH:
        if (value.bytes == 0 || value.bytes >= sizeof wishes->log_path)
            return false;
        memcpy(wishes->log_path, value.at, value.bytes);
        wishes->log_path[value.bytes] = '\0';
        wishes->options.log_path = wishes->log_path;
        return true;
    case DUMP:
        return rfi_dump_by_signal(value.at, value.bytes);
    case HELP:
        said->help = switch_of(value) > 0;
        return switch_of(value) >= 0;
    default:
        return true;
    }
}

static void set_answer(const struct said *said, struct rf_check_options *options)
{
    if (said->halt == 0)
        options->answer = RF_CHECK_GO_ON;
    else if (said->abort == 0 || (said->abort < 0 && said->exit_code >= 0))
        options->answer = RF_CHECK_EXIT;
    options->exit_code = said->exit_code >= 0 ? said->exit_code : 1;
}

static void print_help(void)
{
    rfi_say("ringfence: RINGFENCE_CHECK takes these, with commas or colons between them:\n");
    for (size_t i = 0; i < WORD_COUNT; i++)
        rfi_say("  %-16s %s\n", words[i].text, words[i].help);
}

/* True the first time that it is asked. */
static bool is_first(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool asked;
    (void)pthread_mutex_lock(&lock);
    bool first = !asked;
    asked = true;
    (void)pthread_mutex_unlock(&lock);
    return first;
}

bool rfi_wishes_of(const char *text, struct rfi_wishes *ret_wishes)
{
    struct said said = {-1, -1, -1, false, false};
    bool first = text && *text && is_first();
    memset(ret_wishes, 0, sizeof *ret_wishes);
    if (!text || !*text)
        return false;
    for (; *text; text += *text != '\0') {
        struct piece piece = piece_at(text), value;
        size_t i = find(piece, &value);
        bool known = piece.bytes == 0 ||
                     (i < WORD_COUNT && read_value(i, value, &said, ret_wishes));
        if (!known && first)
            rfi_say("ringfence: RINGFENCE_CHECK: \"%.*s\" is not understood, help=1 tells what "
                    "is\n", (int)piece.bytes, piece.at);
        text += piece.bytes;
    }
    if (said.help && first)
        print_help();
    set_answer(&said, &ret_wishes->options);
    return !said.off;
}
