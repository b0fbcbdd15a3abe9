/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall: what AArch64 has of its own. TPIDR_EL1 holds the vCPU's struct region_vcpu.
 */
#include "guest/lib/upcall.h"

#include "guest/lib/aarch64/board.h"
#include "guest/lib/aarch64/exception.h"
#include "guest/lib/aarch64/system.h"

#define UPCALL_DAIF_I 2

/* The hypervisor's nudge; which number it has says nothing. */
static void upcall_interrupted(struct exception_frame *frame)
{
	const uint64_t id = system_read(ICC_IAR1_EL1);

	(void)frame;
	system_write(ICC_EOIR1_EL1, id);
	system_isb();
	upcall_nudged();
}

void upcall_init_cpu(struct region_vcpu *record)
{
	system_write(tpidr_el1, record);
	exception_set_handler(EXCEPTION_IRQ, upcall_interrupted);
	system_write(ICC_PMR_EL1, 0xff);
	system_write(ICC_IGRPEN1_EL1, 1);
	system_isb();
}

void upcall_open(void)
{
	__asm__ volatile("msr daifclr, %0" ::"i"(UPCALL_DAIF_I) : "memory");
}

void upcall_close(void)
{
	__asm__ volatile("msr daifset, %0" ::"i"(UPCALL_DAIF_I) : "memory");
}

void upcall_sleep(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

unsigned upcall_timer_irq(void)
{
	return BOARD_TIMER_IRQ;
}
