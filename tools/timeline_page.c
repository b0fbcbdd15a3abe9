/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places and words of a timeline's picture.
 */
#include "tools/timeline_page.h"

#include <inttypes.h>

#include "tools/arena.h"

double timeline_page_x(const struct timeline_page *page, uint64_t ticks)
{
	const struct timeline *timeline = page->timeline;

	return PAGE_LEFT + (double)(ticks - timeline->from) * (PAGE_RIGHT - PAGE_LEFT) /
				   (double)(timeline->to - timeline->from);
}

void timeline_page_text(
	const struct timeline_page *page, double x, double y, const char *class, const char *words)
{
	fprintf(page->file, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>\n", x, y, class,
		words);
}

const char *timeline_page_escaped(const char *text)
{
	const char *result = "";

	for (; *text != '\0'; text++) {
		const char *word = *text == '&'   ? "&amp;"
				   : *text == '<' ? "&lt;"
				   : *text == '>' ? "&gt;"
				   : *text == '"' ? "&quot;"
						  : arena_text("%c", *text);

		result = arena_text("%s%s", result, word);
	}
	return result;
}

const char *timeline_page_moment(const struct timeline_page *page, uint64_t ticks)
{
	uint64_t ns = timeline_ns(page->timeline, ticks);

	return arena_text("%" PRIu64 ".%06" PRIu64 " ms", ns / 1000000, ns % 1000000);
}

static const char *length_text(uint64_t ns, int digits)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double value = (double)ns;
	unsigned unit = 0;

	while (unit < 3 && value >= 1000) {
		value /= 1000;
		unit++;
	}
	return arena_text("%.*g %s", digits, value, units[unit]);
}

const char *timeline_page_length(const struct timeline_page *page, uint64_t ticks)
{
	return length_text(timeline_ns(page->timeline, ticks), 9);
}

const char *timeline_page_short(const struct timeline_page *page, uint64_t ticks)
{
	return length_text(timeline_ns(page->timeline, ticks), 4);
}

const char *timeline_page_name(const struct timeline_page *page, unsigned vcpu)
{
	return timeline_page_escaped(recording_name(page->recording, vcpu));
}
