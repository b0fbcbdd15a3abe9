/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatting without buffers and without state.
 */
#include "lib/format.h"

#include <stdbool.h>
#include <stdint.h>

struct sink {
	void (*put)(void *context, char c);
	void *context;
};

struct directive {
	char pad;
	unsigned width;
	bool is_long;
};

static void put_text(const struct sink *sink, const char *text, unsigned width)
{
	unsigned length = 0;

	for (; text[length] != '\0'; length++)
		sink->put(sink->context, text[length]);
	for (; length < width; length++)
		sink->put(sink->context, ' ');
}

static void put_number(
	const struct sink *sink, uint64_t value, unsigned base, const struct directive *directive)
{
	char digits[20];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	for (unsigned i = count; i < directive->width; i++)
		sink->put(sink->context, directive->pad);
	while (count > 0)
		sink->put(sink->context, digits[--count]);
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

void format(void (*put)(void *context, char c), void *context, const char *text, va_list args)
{
	const struct sink sink = {put, context};

	for (; *text != '\0'; text++) {
		struct directive directive;

		if (*text != '%') {
			put(context, *text);
			continue;
		}
		text = parse(text + 1, &directive);
		if (*text == '\0')
			return;
		if (*text == 's') {
			put_text(&sink, va_arg(args, const char *), directive.width);
		} else if (*text == 'c') {
			put(context, (char)va_arg(args, int));
		} else if (*text == 'u' || *text == 'x') {
			uint64_t value =
				directive.is_long ? va_arg(args, uint64_t) : va_arg(args, unsigned);

			put_number(&sink, value, *text == 'x' ? 16 : 10, &directive);
		} else {
			put(context, *text);
		}
	}
}
