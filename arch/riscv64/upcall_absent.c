/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for upcall.c where no VM has a region: nothing here is called.
 */
#include "arch/riscv64/upcall.h"

void upcall_start(struct vcpu *vcpu)
{
	(void)vcpu;
}

void upcall_leave_hart(bool next_has_upcalls)
{
	(void)next_has_upcalls;
}

void upcall_enter_hart(void)
{
}

void upcall_timer_arrived(struct vcpu *vcpu)
{
	(void)vcpu;
}

bool upcall_claimed(struct vm *vm, uint32_t irq)
{
	(void)vm;
	(void)irq;
	return false;
}

void upcall_set_line(struct vm *vm, uint32_t irq, bool high)
{
	(void)vm;
	(void)irq;
	(void)high;
}

bool upcall_waits(struct vcpu *vcpu, uint64_t instruction)
{
	(void)vcpu;
	(void)instruction;
	return false;
}
