/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The APLIC (AIA 4.5) as a guest with interrupt files sees it, by a source that the hypervisor
 * raises: its region's. A message to itself raises it at once, in whatever state the guest has put
 * the source, so that what is delivered can be counted after each change.
 */
#include <stddef.h>

#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/irq.h"
#include "guest/lib/message.h"
#include "guest/lib/power.h"
#include "guest/lib/region.h"
#include "guest/lib/riscv64/intc.h"
#include "guest/lib/riscv64/system.h"
#include "guest/lib/start.h"

#define OTHER 200u /* another identity */

static unsigned count, other_count;

static void handle(unsigned irq, uint64_t arrival)
{
	(void)arrival;
	if (irq == OTHER)
		other_count++;
	else
		count++;
}

/* What comes of a message to itself: interrupts by the source's own identity, and by OTHER. */
static void raise(unsigned expected, unsigned expected_other, const char *what)
{
	count = other_count = 0;
	region_take(~0ull);
	check_equal((uint64_t)message_send(region_get()->vm, &count, 4, 0), 0, "a message");
	message_done();
	for (unsigned i = 0; i < 4; i++)
		irq_poll();
	check(count == expected && other_count == expected_other, what);
}

static void late(unsigned expected, const char *what)
{
	count = 0;
	for (unsigned i = 0; i < 4; i++)
		irq_poll();
	check_equal(count, expected, what);
}

static void check_source(unsigned irq)
{
	const uint32_t target = mmio_read32(APLIC_TARGET + 4 * irq);

	raise(1, 0, "as the library leaves it");
	mmio_write32(APLIC_CLRIENUM, irq);
	raise(0, 0, "switched off");
	raise(0, 0, "and again");
	mmio_write32(APLIC_SETIENUM, irq);
	late(1, "what was pending comes once");
	raise(1, 0, "switched on");
	mmio_write32(APLIC_TARGET + 4 * irq, (target & ~0x7ffu) | OTHER);
	raise(0, 1, "another identity");
	mmio_write32(APLIC_TARGET + 4 * irq, target);
	raise(1, 0, "its own identity again");
	mmio_write32(APLIC_DOMAINCFG, APLIC_DOMAINCFG_DM);
	raise(0, 0, "the domain switched off");
	mmio_write32(APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE | APLIC_DOMAINCFG_DM);
	late(1, "what was pending in it");
	mmio_write32(APLIC_SOURCECFG + 4 * irq, APLIC_LEVEL_HIGH);
	raise(1, 0, "a level that goes up and down");
	mmio_write32(APLIC_SOURCECFG + 4 * irq, 0);
	raise(0, 0, "inactive");
	irq_enable(irq);
	raise(1, 0, "set up anew");
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("aplic");
	irq_init();
	if (check(region_init() && region_get()->interrupt != 0 && intc_has_files(), "a region")) {
		irq_set_handler(OTHER, handle);
		irq_set_handler(region_get()->interrupt, handle);
		irq_enable(OTHER);
		check_source(region_get()->interrupt);
	}
	check_report();
	power_off();
}
