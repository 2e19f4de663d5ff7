/* SPDX-License-Identifier: MIT */
/* doc_support.c - doc_support.h. */
#include "doc_support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define BEGIN "<!-- generated: begin -->\n"
#define END "<!-- generated: end -->"

static char *read_file(const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        fail_msg("%s: %s", path, strerror(errno));
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    size_t size = (size_t)ftell(in);
    rewind(in);
    char *text = malloc(size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, size, in), size);
    text[size] = '\0';
    fclose(in);
    return text;
}

/* Line by line, so that the failure tells which is stale. */
static void assert_same_lines(const char *docs, const char *printed, const char *path,
                              const char *command)
{
    while (*docs || *printed) {
        size_t docs_length = strcspn(docs, "\n");
        size_t printed_length = strcspn(printed, "\n");
        if (docs_length != printed_length || memcmp(docs, printed, printed_length) != 0)
            fail_msg("%s is stale, `%s` prints what belongs there\nit has:  %.*s\nprinted: %.*s",
                     path, command, (int)docs_length, docs, (int)printed_length, printed);
        docs += docs_length + (docs[docs_length] == '\n');
        printed += printed_length + (printed[printed_length] == '\n');
    }
}

void assert_document_has(const char *path, void (*print)(FILE *out), const char *command)
{
    char *docs = read_file(path);
    char *begin = strstr(docs, BEGIN);
    char *end = strstr(docs, END);
    assert_true(begin && end && begin < end);
    begin += strlen(BEGIN);
    *end = '\0';

    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    print(out);
    assert_int_equal(fclose(out), 0);

    assert_same_lines(begin, printed, path, command);
    free(printed);
    free(docs);
}
