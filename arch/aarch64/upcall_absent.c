/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for upcall.c where no VM has a region: nothing here is called.
 */
#include "arch/aarch64/upcall.h"

void upcall_start(struct vcpu *vcpu)
{
	(void)vcpu;
}

bool upcall_arrived(struct vcpu *vcpu, uint32_t id)
{
	(void)vcpu;
	(void)id;
	return false;
}

void upcall_record(struct vcpu *vcpu, uint32_t id)
{
	(void)vcpu;
	(void)id;
}

void upcall_set_line(struct vm *vm, uint32_t irq, bool high)
{
	(void)vm;
	(void)irq;
	(void)high;
}

void upcall_wait(struct vcpu *vcpu, uint64_t esr)
{
	(void)vcpu;
	(void)esr;
}
