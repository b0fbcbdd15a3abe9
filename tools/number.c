/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the numbers of a description: plain ones, sizes, times and shares.
 */
#include "tools/number.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "tools/arena.h"

#define NS_PER_SECOND  1000000000ull
#define SHARE_UNIT     10000u /* millionths in a hundredth */
#define SHARE_DECIMALS 4u
#define SHARE_LIMIT    (100u * SHARE_UNIT)

static const struct unit {
	const char *name;
	uint64_t scale;
} sizes[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {0}},
  times[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", NS_PER_SECOND}, {0}},
  plain[] = {{"", 1}, {0}};

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Returns what follows the digits, or the text itself if there is none. */
static const char *read_digits(const char *text, unsigned base, uint64_t *value, bool *overflow)
{
	*value = 0;
	for (; digit_of(*text) < (int)base; text++) {
		*overflow |= __builtin_mul_overflow(*value, base, value);
		*overflow |= __builtin_add_overflow(*value, (uint64_t)digit_of(*text), value);
	}
	return text;
}

static enum number_error apply_unit(const struct unit *units, const char *name, uint64_t *value)
{
	for (; units->name; units++)
		if (strcmp(units->name, name) == 0)
			return __builtin_mul_overflow(*value, units->scale, value) ? NUMBER_OVERFLOW
										   : NUMBER_OK;
	return NUMBER_SYNTAX;
}

/* The digits before '%' have been read: what follows, decimals included. */
static enum number_error read_share(const char *text, bool overflow, uint64_t *value)
{
	uint64_t scale = SHARE_UNIT;

	overflow |= __builtin_mul_overflow(*value, scale, value);
	if (*text == '.') {
		unsigned decimals = 0;

		for (text++; digit_of(*text) < 10 && decimals < SHARE_DECIMALS;
			text++, decimals++) {
			scale /= 10;
			overflow |= __builtin_add_overflow(
				*value, (uint64_t)digit_of(*text) * scale, value);
		}
		if (decimals == 0)
			return NUMBER_SYNTAX;
	}
	if (strcmp(text, "%") != 0)
		return NUMBER_SYNTAX;
	return overflow || *value > SHARE_LIMIT ? NUMBER_OVERFLOW : NUMBER_OK;
}

enum number_error number_read(const char *text, enum number_kind kind, uint64_t *value)
{
	bool overflow = false, is_decimal = kind == NUMBER_TIME || kind == NUMBER_SHARE;
	unsigned base = 10;

	if (text[0] == '-' && digit_of(text[1]) < 10)
		return NUMBER_NEGATIVE;
	if (!is_decimal && text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
	} else if (text[0] == '0' && digit_of(text[1]) < 10) {
		return NUMBER_SYNTAX; /* a leading zero means octal to some: better not to guess */
	}

	const char *end = read_digits(text, base, value, &overflow);
	if (end == text)
		return NUMBER_SYNTAX;
	if (kind == NUMBER_SHARE)
		return read_share(end, overflow, value);

	static const struct unit *const units[] = {
		[NUMBER_PLAIN] = plain, [NUMBER_SIZE] = sizes, [NUMBER_TIME] = times};
	enum number_error error = apply_unit(units[kind], end, value);
	return error == NUMBER_OK && overflow ? NUMBER_OVERFLOW : error;
}

const char *number_words(enum number_kind kind)
{
	static const char *const words[] = {[NUMBER_PLAIN] = "number",
		[NUMBER_SIZE] = "size",
		[NUMBER_TIME] = "time",
		[NUMBER_SHARE] = "share"};
	return words[kind];
}

const char *number_mend(enum number_kind kind)
{
	switch (kind) {
	case NUMBER_SIZE:
		return "write a number of bytes, decimal or 0x and hexadecimal, with K, M or G "
		       "after it for 2^10, 2^20 or 2^30";
	case NUMBER_TIME:
		return "write a whole number with ns, us, ms or s right after it, as 200us";
	case NUMBER_SHARE:
		return "write 0% to 100%, with at most 4 decimals";
	default:
		return "write a whole number, decimal or 0x and hexadecimal";
	}
}

const char *number_time(uint64_t ns)
{
	const struct unit *unit = times;

	while (ns != 0 && unit[1].name && ns % unit[1].scale == 0)
		unit++;
	return arena_text("%" PRIu64 "%s", ns / unit->scale, unit->name);
}

static uint64_t saturate(unsigned __int128 value)
{
	return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

uint64_t number_ticks(uint64_t ns, uint64_t frequency)
{
	return saturate((unsigned __int128)ns * frequency / NS_PER_SECOND);
}

uint64_t number_ticks_up(uint64_t ns, uint64_t frequency)
{
	return saturate(((unsigned __int128)ns * frequency + NS_PER_SECOND - 1) / NS_PER_SECOND);
}

uint64_t number_ns(uint64_t ticks, uint64_t frequency)
{
	return saturate((unsigned __int128)ticks * NS_PER_SECOND / frequency);
}

uint64_t number_grain(uint64_t frequency)
{
	uint64_t a = NS_PER_SECOND, b = frequency;

	while (b != 0) { /* the greatest common divisor */
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return NS_PER_SECOND / a;
}
