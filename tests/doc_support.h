/* SPDX-License-Identifier: MIT */
/* doc_support.h - a part of a document that a test prints, and compares with what is there. */
#ifndef TESTS_DOC_SUPPORT_H
#define TESTS_DOC_SUPPORT_H

#include <stdio.h>

/*
 * The part of @path between its markers is what @print prints, line by line; if not,
 * the test fails and says which line is stale, and that @command prints what belongs there.
 */
void assert_document_has(const char *path, void (*print)(FILE *out), const char *command);

#endif
