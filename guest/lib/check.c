/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks that a guest makes of the machine it runs on. Not for two CPUs at a time.
 */
#include "guest/lib/check.h"

#include "guest/lib/print.h"

static const char *check_guest = "guest";
static unsigned check_passed, check_failed;

void check_init(const char *guest)
{
	check_guest = guest;
	check_passed = 0;
	check_failed = 0;
}

static bool check_count(bool good)
{
	if (good)
		check_passed++;
	else
		check_failed++;
	return good;
}

bool check(bool good, const char *what)
{
	if (!check_count(good))
		print("%s: FAILED: %s\n", check_guest, what);
	return good;
}

bool check_equal(uint64_t value, uint64_t expected, const char *what)
{
	if (!check_count(value == expected))
		print("%s: FAILED: %s: 0x%lx, not 0x%lx\n", check_guest, what, value, expected);
	return value == expected;
}

bool check_bits(uint64_t value, uint64_t mask, uint64_t expected, const char *what)
{
	bool good = (value & mask) == expected;

	if (!check_count(good))
		print("%s: FAILED: %s: 0x%lx, whose bits 0x%lx should be 0x%lx\n", check_guest,
			what, value, mask, expected);
	return good;
}

void check_report(void)
{
	print("%s: %u passed, %u failed\n", check_guest, check_passed, check_failed);
}
