/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for the files *_shared.c where every vCPU has a CPU for itself: nothing here is called.
 */
#include "arch/aarch64/gic.h"
#include "arch/aarch64/sharing.h"

void context_shared_start(struct vcpu *vcpu)
{
	(void)vcpu;
}

void context_shared_park(struct vcpu *vcpu)
{
	(void)vcpu;
}

struct vcpu *exit_shared_handle(struct vcpu *vcpu, uint64_t esr)
{
	(void)esr;
	return vcpu;
}

void exit_shared_suspend(struct vcpu *vcpu)
{
	(void)vcpu;
}

struct vcpu *exit_shared_culprit(struct vcpu *vcpu)
{
	return vcpu;
}

void irq_shared_init(const struct cpu *cpu)
{
	(void)cpu;
}

void irq_shared_own(struct vcpu *vcpu, uint32_t id)
{
	(void)vcpu;
	(void)id;
}

struct vcpu *irq_shared_fiq(struct vcpu *vcpu, uint32_t id)
{
	(void)id;
	return vcpu;
}

exit_second_half *irq_shared_take(struct vcpu *vcpu, uint32_t id)
{
	(void)vcpu;
	(void)id;
	return 0;
}

void irq_shared_poll(struct cpu *cpu)
{
	(void)cpu;
}

uint8_t irq_shared_priority(const struct vm *vm)
{
	(void)vm;
	return GIC_PRIORITY_GUEST;
}

void vgic_shared_notify(struct vcpu *vcpu)
{
	(void)vcpu;
}

void vgic_shared_sgi(struct vcpu *vcpu)
{
	(void)vcpu;
}

void vgic_shared_apply_private(struct vcpu *frame)
{
	(void)frame;
}

bool sysreg_shared_access(struct vcpu *vcpu, uint32_t reg, bool is_read, uint64_t *value)
{
	(void)vcpu;
	(void)reg;
	(void)is_read;
	(void)value;
	return false;
}
