/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Edge-triggered interrupts that the hypervisor raises for a VM: each controller knows how.
 */
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "arch/riscv64/aia.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/plic.h"
#include "hyp/core/comm.h"
#include "hyp/core/vm.h"

void arch_virq_raise(struct vm *vm, uint32_t irq)
{
	if (vm_has_upcalls(vm)) {
		comm_upcall_raise(vm_vcpu(vm, 0), irq);
		return;
	}
	lock_take(&vm->arch.lock);
	if (irq_controller == &irq_aia)
		aia_guest_raise(vm, irq);
	else
		plic_guest_raise(vm, irq);
	lock_release(&vm->arch.lock);
}

/* A VM with upcalls has no APLIC, and none of its sources a target. */
void arch_doorbell_init(struct arch_doorbell *doorbell, struct vm *vm, uint32_t irq)
{
	doorbell->irq = irq;
	vm->arch.doorbell = doorbell;
}
