/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall: what RISC-V has of its own. In supervisor mode tp is the CPU's index, by
 * which upcall_entry.S finds the vCPU's struct region_vcpu.
 */
#include "guest/lib/upcall.h"

#include "guest/lib/riscv64/exception.h"
#include "guest/lib/riscv64/system.h"
#include "guest/lib/smp.h"

struct region_vcpu *upcall_records[SMP_CPU_MAX];

/* The hypervisor's nudge: a software interrupt, the only one that comes by a trap. */
static void upcall_interrupted(struct exception_frame *frame)
{
	(void)frame;
	system_clear(sip, 1 << SYSTEM_IRQ_SOFT);
	upcall_nudged();
}

void upcall_init_cpu(struct region_vcpu *record)
{
	upcall_records[smp_cpu()] = record;
	exception_set_handler(EXCEPTION_IRQ, upcall_interrupted);
	system_write(sscratch, 0);
	system_set(sie, 1 << SYSTEM_IRQ_SOFT);
}

void upcall_open(void)
{
	system_set(sstatus, SYSTEM_SSTATUS_SIE);
}

void upcall_close(void)
{
	system_clear(sstatus, SYSTEM_SSTATUS_SIE);
}

void upcall_sleep(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

unsigned upcall_timer_irq(void)
{
	return REGION_UPCALL_TIMER;
}
