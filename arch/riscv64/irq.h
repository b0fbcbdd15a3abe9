/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts: what the board has, AIA (APLIC and IMSIC) or a PLIC, is struct irq_controller. Each
 * has two files: the physical controller (aia.c, plic.c) and the one that guests see
 * (aia_guest.c, plic_guest.c).
 */
#ifndef RISCV64_IRQ_H
#define RISCV64_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/include/arch_irq.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/bits.h"

struct irq_controller {
	void (*init)(void);
	void (*cpu_init)(struct cpu *cpu);
	void (*kick)(const struct cpu *cpu);
	/*
	 * A supervisor external interrupt is pending here; `vcpu` is NULL outside a guest. Returns
	 * true if it was for the guest.
	 */
	bool (*arrived)(struct cpu *cpu, struct vcpu *vcpu);
	void (*route_own)(uint32_t irq, const struct cpu *cpu);

	void (*reset)(struct vm *vm);
	/* On the vCPU's own CPU: its interrupts' state after reset. */
	void (*vcpu_reset)(struct vcpu *vcpu);
	void (*set_line)(struct vm *vm, uint32_t irq, bool high);
	/* The guest's registers, of 32 bits; `offset` is a multiple of 4. */
	uint32_t (*read)(struct vcpu *vcpu, uint64_t offset);
	void (*write)(struct vcpu *vcpu, uint64_t offset, uint32_t value);
	/* On the CPU where the vCPU is loaded: IRQ_POSTED_EXTERNAL was posted. NULL if nobody does.
	 */
	void (*update)(struct vcpu *vcpu);
};

extern const struct irq_controller irq_aia, irq_plic;

/* The board's; written once, by arch_irq_init. */
extern const struct irq_controller *irq_controller;

/* Events that other CPUs post for a vCPU and that its own CPU carries out. */
#define IRQ_POSTED_SOFT     1u /* SBI's IPI: VSSIP becomes pending */
#define IRQ_POSTED_EXTERNAL 2u /* PLIC: VSEIP is to be computed again */
#define IRQ_POSTED_FENCE    4u /* translations and instructions are old */

/*
 * Posts `event` for `vcpu`; at once if this CPU runs it, else after a kick. `irq`: because of that
 * interrupt, which has just arrived, and on a shared CPU cpu_attend follows; or 0.
 */
void irq_post(struct vcpu *vcpu, uint32_t event, uint32_t irq);

/* Carries out what is posted for the vCPU that is loaded on this CPU. */
void irq_take_posted(struct vcpu *vcpu);

void irq_cpu_init(struct cpu *cpu);
void irq_vcpu_reset(struct vcpu *vcpu);

/* The bank of the guest's interrupts that `irq`, below the VM's irq_limit, is in. */
static ALWAYS_INLINE struct irq_bank *irq_bank(const struct vm *vm, uint32_t irq)
{
	return (struct irq_bank *)vm->plan->irq_banks + irq / ARCH_BANK_IRQS;
}

/* The VM's banks after reset: what it owns, by the plan; all else is zero. */
void irq_reset_banks(const struct vm *vm);

/* Its place in its bank; as wide as an address, so that it need not be made one. */
static ALWAYS_INLINE uint64_t irq_index(uint32_t irq)
{
	return (uint64_t)irq % ARCH_BANK_IRQS;
}

static ALWAYS_INLINE uint32_t irq_bit(uint32_t irq)
{
	return 1u << irq_index(irq);
}

static ALWAYS_INLINE bool irq_is_owned(const struct vm *vm, uint32_t irq)
{
	return irq < vm->plan->irq_limit && (irq_bank(vm, irq)->owned & irq_bit(irq));
}

/* Of one that the VM owns: whether a physical interrupt is behind it, and its number. */
static ALWAYS_INLINE bool irq_is_hardware(const struct vm *vm, uint32_t irq)
{
	return irq_bank(vm, irq)->hardware & irq_bit(irq);
}

static ALWAYS_INLINE uint32_t irq_host(const struct vm *vm, uint32_t irq)
{
	return irq_bank(vm, irq)->host[irq_index(irq)];
}

/* The hypervisor's shared interrupt `irq` has arrived: its console's. */
void irq_own_arrived(struct cpu *cpu, struct vcpu *vcpu, uint32_t irq);

#endif
