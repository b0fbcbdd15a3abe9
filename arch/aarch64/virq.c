/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Edge-triggered interrupts that the hypervisor raises for a VM. On the direct way a physical
 * interrupt that no device drives becomes pending; on the others it is entered into the book.
 */
#include "arch/aarch64/gic.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/aarch64/vgic.h"
#include "arch/aarch64/vgic_list.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

/* What the vCPU that it goes to may have in a list register is brought together with it there. */
static void notify(struct vcpu *vcpu)
{
	if (vgic_is_here(vcpu)) {
		vgic_injected_sync_locked(vcpu);
		if (vcpu_is_shared(vcpu) && shared_waits(vcpu))
			vgic_shared_sgi(vcpu); /* the CPU is about another one's work */
	} else if (vcpu_is_shared(vcpu)) {
		__atomic_fetch_or(&vcpu->arch.posted, ARCH_POSTED_BOOK, __ATOMIC_SEQ_CST);
		vgic_shared_sgi(vcpu);
	} else {
		arch_irq_kick(vcpu->cpu);
	}
}

static void raise_injected(struct vm *vm, uint32_t irq)
{
	struct irq_bank *bank = vgic_bank(vm_vcpu(vm, 0), irq / 32);
	const uint32_t bit = 1u << irq % 32;

	lock_take(&vm->arch.lock);
	bank->pending |= bit;
	if (bank->enabled & vgic_forwarded(vm, bank) & bit)
		notify(vm_vcpu(vm, *vgic_target(vm, irq)));
	lock_release(&vm->arch.lock);
}

/* The distributor's word that holds the bit of a shared interrupt. */
static volatile uint32_t *pending_word(uint32_t irq)
{
	return (volatile uint32_t *)((char *)hyp_plan->intc + GICD_ISPENDR + irq / 32 * 4);
}

void arch_doorbell_init(struct arch_doorbell *doorbell, struct vm *vm, uint32_t irq)
{
	if (vgic_is_direct(vm))
		*doorbell = (struct arch_doorbell){pending_word(irq), 1u << irq % 32};
}

void arch_virq_raise(struct vm *vm, uint32_t irq)
{
	if (vgic_is_direct(vm)) {
		dsb(ishst); /* what was stored before is seen once it is taken */
		*pending_word(irq) = 1u << irq % 32;
	} else if (vm_has_upcalls(vm)) {
		comm_upcall_raise(vm_vcpu(vm, 0), irq);
	} else {
		raise_injected(vm, irq);
	}
}
