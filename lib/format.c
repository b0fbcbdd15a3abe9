/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatting without buffers and without state.
 */
#include "lib/format.h"

#include <stdbool.h>
#include <stdint.h>

struct sink {
	format_put *put;
	void *context;
};

struct directive {
	char pad;
	unsigned width;
	bool is_long;
};

static void put_padding(const struct sink *sink, char pad, size_t count, unsigned width)
{
	for (; count < width; count++)
		sink->put(sink->context, &pad, 1);
}

static void put_text(const struct sink *sink, const char *text, unsigned width)
{
	size_t count = 0;

	while (text[count] != '\0')
		count++;
	if (count > 0)
		sink->put(sink->context, text, count);
	put_padding(sink, ' ', count, width);
}

static void put_number(
	const struct sink *sink, uint64_t value, unsigned base, const struct directive *directive)
{
	char digits[20];
	size_t first = sizeof(digits);

	do {
		digits[--first] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	put_padding(sink, directive->pad, sizeof(digits) - first, directive->width);
	sink->put(sink->context, digits + first, sizeof(digits) - first);
}

static const char *parse(const char *text, struct directive *directive)
{
	*directive = (struct directive){.pad = ' '};
	if (*text == '0') {
		directive->pad = '0';
		text++;
	}
	for (; *text >= '0' && *text <= '9'; text++)
		directive->width = directive->width * 10 + (unsigned)(*text - '0');
	if (*text == 'l') {
		directive->is_long = true;
		text++;
	}
	return text;
}

/* Puts the text up to the next directive; returns where that begins, or the end. */
static const char *put_plain(const struct sink *sink, const char *text)
{
	const char *end = text;

	while (*end != '\0' && *end != '%')
		end++;
	if (end != text)
		sink->put(sink->context, text, (size_t)(end - text));
	return end;
}

void format(format_put *put, void *context, const char *text, va_list args)
{
	const struct sink sink = {put, context};

	while (*(text = put_plain(&sink, text)) != '\0') {
		struct directive directive;

		text = parse(text + 1, &directive);
		if (*text == '\0')
			return;
		if (*text == 's') {
			put_text(&sink, va_arg(args, const char *), directive.width);
		} else if (*text == 'c') {
			const char c = (char)va_arg(args, int);

			put(context, &c, 1);
		} else if (*text == 'u' || *text == 'x') {
			uint64_t value =
				directive.is_long ? va_arg(args, uint64_t) : va_arg(args, unsigned);

			put_number(&sink, value, *text == 'x' ? 16 : 10, &directive);
		} else {
			put(context, text, 1);
		}
		text++;
	}
}
