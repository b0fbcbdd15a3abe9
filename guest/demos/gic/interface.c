/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU interface (IHI 0069 12.2): its registers at rest, and what they do to interrupts.
 */
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/aarch64/system.h"
#include "guest/lib/check.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "view.h"

#define CTLR_EOIMODE (1u << 1)

void view_check_interface(void)
{
	uint64_t ctlr = system_read(ICC_CTLR_EL1);

	check_bits(system_read(ICC_SRE_EL1), 1, 1, "ICC_SRE_EL1: system registers are on");
	check((ctlr >> 8 & 7) >= 3, "ICC_CTLR_EL1: at least 4 bits of priority (PRIbits)");
	check_equal(system_read(ICC_IAR1_EL1), 1023, "ICC_IAR1_EL1: nothing to acknowledge");
	check_equal(system_read(ICC_HPPIR1_EL1), 1023, "ICC_HPPIR1_EL1: nothing pending");
	check_equal(system_read(ICC_RPR_EL1), 0xff, "ICC_RPR_EL1: idle");
	check_bits(system_read(ICC_IGRPEN1_EL1), 1, 1, "ICC_IGRPEN1_EL1: Group 1 is on");
	check_bits(system_read(ICC_PMR_EL1), 0xf0, 0xf0, "ICC_PMR_EL1: nothing is masked");
	system_write(ICC_PMR_EL1, 0x80);
	check_equal(system_read(ICC_PMR_EL1), 0x80, "ICC_PMR_EL1 can be read back");
	system_write(ICC_PMR_EL1, 0xff);
	check_bits(system_read(ICC_AP1R0_EL1), 0xffffffff, 0, "ICC_AP1R0_EL1: no active priority");
	system_write(ICC_BPR1_EL1, 7);
	check_equal(system_read(ICC_BPR1_EL1), 7, "ICC_BPR1_EL1 can be read back");
	system_write(ICC_BPR1_EL1, 0);
	system_isb();
}

#ifdef GIC_MASKING
static volatile uint64_t interface_running;

static void interface_in_handler(unsigned irq)
{
	(void)irq;
	interface_running = system_read(ICC_RPR_EL1);
}

static void interface_check_mask(void)
{
	view_clear();
	gic_set_priority(7, VIEW_PRIORITY);
	system_write(ICC_PMR_EL1, VIEW_PRIORITY);
	system_isb();
	gic_send_sgi(0, 7);
	check_equal(view_take_none(0, 7), 0, "ICC_PMR_EL1 masks its own priority");
	check_equal(system_read(ICC_HPPIR1_EL1), 7, "ICC_HPPIR1_EL1 shows what is masked");
	system_write(ICC_PMR_EL1, VIEW_PRIORITY + 0x10);
	system_isb();
	view_hook = interface_in_handler;
	check_equal(view_take(0, 7), 1, "ICC_PMR_EL1 lets a higher priority through");
	view_hook = 0;
	check_equal(interface_running, VIEW_PRIORITY, "ICC_RPR_EL1 in the handler");
	system_write(ICC_PMR_EL1, 0xff);
	system_isb();
}

static void interface_check_group_enable(void)
{
	view_clear();
	system_write(ICC_IGRPEN1_EL1, 0);
	system_isb();
	gic_send_sgi(0, 7);
	check_equal(view_take_none(0, 7), 0, "ICC_IGRPEN1_EL1 keeps the interrupt back");
	system_write(ICC_IGRPEN1_EL1, 1);
	system_isb();
	check_equal(view_take(0, 7), 1, "ICC_IGRPEN1_EL1 lets it through again");
}

/* EOImode 1: EOIR drops the priority, DIR ends the interrupt. */
static void interface_check_split_end(void)
{
	unsigned irq;

	view_clear();
	system_write(ICC_CTLR_EL1, system_read(ICC_CTLR_EL1) | CTLR_EOIMODE);
	system_isb();
	check_bits(system_read(ICC_CTLR_EL1), CTLR_EOIMODE, CTLR_EOIMODE, "ICC_CTLR_EL1: EOImode");
	gic_send_sgi(0, 7);
	for (unsigned i = 0; i < 1000 && system_read(ICC_HPPIR1_EL1) == 1023; i++)
		__asm__ volatile("yield");
	irq = (unsigned)system_read(ICC_IAR1_EL1);
	check_equal(irq, 7, "ICC_IAR1_EL1 polled");
	system_write(ICC_EOIR1_EL1, irq);
	system_isb();
	check_equal(system_read(ICC_RPR_EL1), 0xff, "EOIR drops the priority");
	check(gic_bit(GIC_ISACTIVER, irq), "EOIR leaves the interrupt active");
	system_write(ICC_DIR_EL1, irq);
	system_isb();
	check(!gic_bit(GIC_ISACTIVER, irq), "DIR ends the interrupt");
	system_write(ICC_CTLR_EL1, system_read(ICC_CTLR_EL1) & ~(uint64_t)CTLR_EOIMODE);
	system_isb();
}

static volatile unsigned interface_depth, interface_deepest;

static void interface_nest(unsigned irq)
{
	interface_depth = interface_depth + 1;
	if (interface_depth > interface_deepest)
		interface_deepest = interface_depth;
	if (irq == 7) {
		gic_send_sgi(0, 8);
		view_take_none(0, 8); /* unmasked: a more urgent interrupt gets in */
	}
	interface_depth = interface_depth - 1;
}

static void interface_check_preemption(void)
{
	interface_deepest = 0;
	view_clear();
	gic_set_priority(7, 0xc0);
	gic_set_priority(8, 0x80);
	view_hook = interface_nest;
	gic_send_sgi(0, 7);
	view_take(0, 7);
	check_equal(interface_deepest, 2, "a more urgent interrupt gets into a handler");
	interface_deepest = 0;
	view_clear();
	gic_set_priority(8, 0xc0);
	gic_send_sgi(0, 7);
	view_take(0, 8);
	check_equal(
		interface_deepest, 1, "an equally urgent interrupt waits for the handler's end");
	view_hook = 0;
}

void view_check_masking(void)
{
	interface_check_mask();
	interface_check_group_enable();
	interface_check_split_end();
	interface_check_preemption();
}
#else
void view_check_masking(void)
{
	print("gic: checks of priority masking and split end are in gic-masking.elf\n");
}
#endif
