/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PLIC on shared CPUs: a context of the board's serves all vCPUs of its CPU, of several VMs.
 */
#include "arch/riscv64/context.h"
#include "arch/riscv64/context_files.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/plic.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vm.h"

/* Some VM has it, or it would not be enabled. */
struct vm *context_owner(uint32_t source)
{
	unsigned i = 0;

	while (plic_guest_irq_of(vm_at(i), source) == 0) {
		i++;
		CHECK(i < hyp_plan->vm_count);
	}
	return vm_at(i);
}

static bool is_enabled_by(const struct vcpu *vcpu, uint32_t irq)
{
	return irq_bank(vcpu->vm, irq)->target[irq % ARCH_BANK_IRQS] & 1u << vcpu->plan->index;
}

bool context_enables(const struct vm *vm, uint32_t irq, const struct cpu *cpu)
{
	for (unsigned i = 0; i < vm->plan->vcpu_count; i++) {
		const struct vcpu *vcpu = vm_vcpu(vm, i);

		if (vcpu->arch.home == cpu && is_enabled_by(vcpu, irq))
			return true;
	}
	return false;
}

void context_plic_move(struct vcpu *vcpu, struct cpu *to)
{
	const struct vm *vm = vcpu->vm;
	const struct cpu *from = vcpu->arch.home;

	vcpu->arch.home = to;
	for (uint32_t i = 0; i < vm->plan->irq_count; i++) {
		const uint32_t irq = vm->plan->irqs[i].id;

		if (!irq_is_hardware(vm, irq) || !is_enabled_by(vcpu, irq))
			continue;
		plic_set_enabled(to, irq_host(vm, irq), true);
		plic_set_enabled(from, irq_host(vm, irq), context_enables(vm, irq, from));
	}
}
