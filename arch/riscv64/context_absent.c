/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for context.c and its companions where every vCPU has a CPU for itself.
 */
#include "arch/riscv64/context.h"

void context_cpu_init(struct cpu *cpu)
{
	(void)cpu;
}

void context_start(struct vcpu *vcpu)
{
	(void)vcpu;
}

void context_park(struct vcpu *vcpu)
{
	(void)vcpu;
}

bool context_stalls(struct vcpu *vcpu, uint64_t instruction)
{
	(void)vcpu;
	(void)instruction;
	return false;
}

bool context_suspends(struct vcpu *vcpu)
{
	(void)vcpu;
	return false;
}

bool context_give_fp(struct vcpu *vcpu)
{
	(void)vcpu;
	return false;
}

void context_wait(struct cpu *cpu)
{
	(void)cpu;
}

void context_polled(struct cpu *cpu)
{
	(void)cpu;
}

bool context_timer_arrived(struct cpu *cpu)
{
	(void)cpu;
	return false;
}

void context_set_timer(struct vcpu *vcpu, uint64_t ticks)
{
	(void)vcpu;
	(void)ticks;
}

struct vm *context_owner(uint32_t source)
{
	(void)source;
	return 0;
}

bool context_enables(const struct vm *vm, uint32_t irq, const struct cpu *cpu)
{
	(void)vm;
	(void)irq;
	(void)cpu;
	return false;
}

void context_files_arrived(struct cpu *cpu)
{
	(void)cpu;
}

void context_posted(struct vcpu *vcpu, uint32_t irq)
{
	(void)vcpu;
	(void)irq;
}

uint64_t context_fence(const struct vm *vm, uint64_t vcpus)
{
	(void)vm;
	return vcpus;
}
