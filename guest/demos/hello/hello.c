/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest guest: says who and where it is, and turns itself off.
 */
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"

int main(uint64_t tree)
{
	console_init(CONSOLE_AUTO);
	if (hypercall_present())
		print("hello: I am VM %lu", (uint64_t)hypercall_get_id());
	else
		print("hello: I am alone on this board");
	print(", at %s, my device tree is at 0x%lx\n", start_level_name(), tree);
	print("hello: done\n");
	power_off();
}
