/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts by clause.
 */
#include "conformance.h"

#include "guest/lib/print.h"

static const char *clause_name, *clause_reason;
static unsigned clause_checks, clause_faults;
static unsigned clause_passed, clause_failed, clause_skipped;

static void clause_end(void)
{
	if (!clause_name)
		return;
	if (clause_faults) {
		clause_failed++;
		print("conformance: %s FAIL\n", clause_name);
	} else if (clause_checks) {
		clause_passed++;
		print("conformance: %s pass\n", clause_name);
	} else {
		clause_skipped++;
		print("conformance: %s not applicable: %s\n", clause_name,
			clause_reason ? clause_reason : "nothing to test");
	}
}

void clause(const char *name)
{
	clause_end();
	clause_name = name;
	clause_reason = NULL;
	clause_checks = 0;
	clause_faults = 0;
}

bool expect(bool good, const char *what)
{
	clause_checks++;
	if (!good && clause_faults++ == 0)
		print("conformance: %s: not so: %s\n", clause_name, what);
	return good;
}

static uint64_t clause_magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

bool expect_equal(int64_t value, int64_t expected, const char *what)
{
	clause_checks++;
	if (value != expected && clause_faults++ == 0)
		print("conformance: %s: %s: %s%lu, not %s%lu\n", clause_name, what,
			value < 0 ? "-" : "", clause_magnitude(value), expected < 0 ? "-" : "",
			clause_magnitude(expected));
	return value == expected;
}

void not_applicable(const char *why)
{
	clause_reason = why;
}

void clause_report(void)
{
	clause_end();
	clause_name = NULL;
	print("conformance: %u passed, %u failed, %u not applicable\n", clause_passed,
		clause_failed, clause_skipped);
}
