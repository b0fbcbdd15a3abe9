/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists and paragraphs of the report.
 */
#ifndef TOOLS_REPORT_TEXT_H
#define TOOLS_REPORT_TEXT_H

#include <stdio.h>

#define REPORT_WIDTH 100u

/* Adds one more word to a list that reads "a, b, c". */
const char *report_list(const char *list, const char *word);

/* The text, or "-" if it is empty. */
const char *report_or_none(const char *text);

/* Prints words after a title, broken at the page's width; further lines begin under the first word.
 */
void report_wrapped(FILE *out, const char *title, const char *words);

#endif
