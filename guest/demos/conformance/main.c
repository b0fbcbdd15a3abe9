/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tries a hypervisor by the clauses of docs/interface.md and prints the verdict on each. What it
 * needs is in docs/conformance.md: a region, and, for what two VMs do together, a partner, which is
 * this same guest with CONFORMANCE_PARTNER.
 */
#include "conformance.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"

#ifdef CONFORMANCE_PARTNER
static void run(uint64_t tree)
{
	(void)tree;
	partner_run();
}
#elif defined(CONFORMANCE_HAND_OVER)
static void run(uint64_t tree)
{
	(void)tree;
	if (partner_is_there() && partner_wait_hello())
		test_hand_over();
	clause_report();
	power_off();
}
#else
static void run(uint64_t tree)
{
	test_general(tree);
	test_calls();
	test_information();
	test_region();
	if (partner_is_there() && partner_wait_hello()) {
		test_partner_messages();
		test_receiving();
		test_tunnels();
		test_packets();
	} else {
		print("conformance: there is no partner, or it is silent\n");
	}
	test_scheduling();
	test_tasks();
	test_decisions();
	test_life();
	clause_report();
	power_off();
}
#endif

int main(uint64_t tree)
{
	console_init(CONSOLE_AUTO);
	if (!hypercall_present()) {
		print("conformance: there is no hypervisor with version 1 of this interface\n");
		power_off();
	}
	irq_init();
	if (!region_init()) {
		print("conformance: the VM has no region\n");
		power_off();
	}
	run(tree);
	return 0;
}
