/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall: not there yet on this architecture, where no VM is described with them.
 */
#include "arch/include/arch_vcpu.h"

bool arch_vcpu_upcall(struct vcpu *vcpu, uint64_t entry, uint64_t *pc, uint64_t *state)
{
	(void)vcpu;
	(void)entry;
	(void)pc;
	(void)state;
	return false;
}

bool arch_vcpu_upcall_end(struct vcpu *vcpu, uint32_t irq)
{
	(void)vcpu;
	(void)irq;
	return false;
}
