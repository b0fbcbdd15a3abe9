/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists and paragraphs of the report.
 */
#include "tools/report_text.h"

#include <string.h>

#include "tools/arena.h"

const char *report_list(const char *list, const char *word)
{
	return arena_text("%s%s%s", list, list[0] != '\0' ? ", " : "", word);
}

const char *report_or_none(const char *text)
{
	return text[0] != '\0' ? text : "-";
}

void report_wrapped(FILE *out, const char *title, const char *words)
{
	size_t column = strlen(title), indent = column;

	fprintf(out, "%s", title);
	for (const char *word = words; *word != '\0';) {
		size_t length = strcspn(word, " ");

		if (column + length + 1 > REPORT_WIDTH && column > indent) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		fprintf(out, " %.*s", (int)length, word);
		column += length + 1;
		word += length + strspn(word + length, " ");
	}
	fprintf(out, "\n");
}
