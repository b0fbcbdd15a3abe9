/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that makes one mistake per life, which one is chosen when it is compiled (-DFAULT=name).
 * Where the architecture has an answer for the guest it checks that answer and lives on; where it
 * has none the hypervisor ends this life. Without FAULT it makes all mistakes of the first kind in
 * turn.
 */
#include "faults.h"

#include <stddef.h>

#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "machine.h"

#define FAULT_TEXT_(name) #name
#define FAULT_TEXT(name)  FAULT_TEXT_(name)

static const char *const fault_expectations[] = {
	[STOPS] = "this VM to be stopped",
	[SURVIVES] = "my exception",
	[ANSWERS] = "NOT_SUPPORTED",
	[SPINS] = "nothing, here and elsewhere",
};

/* "faults: the-name: " */
static void fault_print_name(const struct fault *fault)
{
	print("faults: ");
	for (const char *at = fault->name; *at; at++)
		print("%c", *at == '_' ? '-' : *at);
	print(": ");
}

static bool fault_judge_exception(const struct fault *fault, const struct attempt *result)
{
	uint32_t opcode = fault_print_exception(result);

	if (fault->answer == ANSWERS)
		return false;
	if (fault->syndrome != 0 && fault_syndrome(result) != fault->syndrome) {
		fault_print_name(fault);
		print("syndrome should be 0x%lx\n", fault->syndrome);
		return false;
	}
	if (fault->opcode != FAULT_ANY && opcode != fault->opcode) {
		fault_print_name(fault);
		print("pc is not that of the instruction\n");
		return false;
	}
	return true;
}

static bool fault_judge(const struct fault *fault, const struct attempt *result)
{
	fault_print_name(fault);
	if (result->failed)
		return fault_judge_exception(fault, result);
	if (fault->answer == ANSWERS && fault_is_refusal(result->value)) {
		print("got NOT_SUPPORTED\n");
		return true;
	}
	print("nothing happened, value 0x%lx\n", result->value);
	return false;
}

static bool fault_make(const struct fault *fault)
{
	struct attempt result;

	fault_print_name(fault);
	print("%s; expect %s\n", fault->what, fault_expectations[fault->answer]);
	result = attempt(fault->make, 0);
	fault_recover();
	return fault_judge(fault, &result);
}

#ifdef FAULT
static bool fault_has_name(const struct fault *fault, const char *name)
{
	const char *at = fault->name;

	for (; *at && *at == *name; at++)
		name++;
	return *at == *name;
}
#endif

/* Whether it is this life's mistake: the one that FAULT names, or all that can be survived. */
static bool fault_is_wanted(const struct fault *fault)
{
#ifdef FAULT
	return fault_has_name(fault, FAULT_TEXT(FAULT));
#else
	return fault->answer == SURVIVES || fault->answer == ANSWERS;
#endif
}

int main(uint64_t tree)
{
	unsigned passed = 0, failed = 0;

	(void)tree;
	console_init(CONSOLE_AUTO);
	fault_prepare();
	for (const struct fault *fault = faults; fault->name; fault++) {
		if (!fault_is_wanted(fault))
			continue;
		if (fault_make(fault))
			passed++;
		else
			failed++;
	}
	print("faults: %u passed, %u failed\n", passed, failed);
	power_off();
}
