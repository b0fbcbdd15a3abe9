/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The GICv3 that a guest sees: a distributor and redistributors (vgic_mmio.c) over one of two ways
 * to deliver, direct or injected through list registers.
 *
 * Interrupts are handled in words of 32, as the controller's registers hold them: word 0 is a
 * vCPU's private one, the others are shared.
 */
#ifndef AARCH64_VGIC_H
#define AARCH64_VGIC_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/aarch64/gic.h"
#include "arch_types.h"
#include "hyp/core/vcpu.h"
#include "lib/bits.h"

/* The guest sees four bits of priority; the physical ones lie below the hypervisor's own. */
#define VGIC_PRIORITY_MASK 0xf0u

static inline bool vgic_is_direct(const struct vm *vm)
{
	return vm->plan->delivery == PLAN_DIRECT;
}

/* The bank of `word`, which is below irq_limit / 32; word 0 is that of `frame`. */
static inline struct irq_bank *vgic_bank(struct vcpu *frame, uint32_t word)
{
	return word == 0 ? &frame->arch.bank : (struct irq_bank *)frame->vm->plan->irq_banks + word;
}

/* Those interrupts of the bank whose group the distributor forwards. */
static inline uint32_t vgic_forwarded(const struct vm *vm, const struct irq_bank *bank)
{
	uint32_t forwarded = vm->arch.gicd_ctlr & GICD_CTLR_GROUP1 ? bank->group1 : 0;

	return vm->arch.gicd_ctlr & GICD_CTLR_GROUP0 ? forwarded | ~bank->group1 : forwarded;
}

/*
 * What a guest's write does. `frame` is the vCPU whose redistributor is meant (any of the VM for a
 * shared word), `bits` are interrupts that the guest owns. The caller holds vm->arch.lock and has
 * updated enabled, group1, priority and target of the bank.
 */
void vgic_direct_enable(struct vcpu *frame, uint32_t word, uint32_t bits);
void vgic_direct_disable(struct vcpu *frame, uint32_t word, uint32_t bits);
void vgic_direct_set_pending(struct vcpu *frame, uint32_t word, uint32_t bits, bool pending);
void vgic_direct_set_active(struct vcpu *frame, uint32_t word, uint32_t bits, bool active);
uint32_t vgic_direct_pending(struct vcpu *frame, uint32_t word);
uint32_t vgic_direct_active(struct vcpu *frame, uint32_t word);
void vgic_direct_prioritize(struct vcpu *frame, uint32_t id);

void vgic_injected_enable(struct vcpu *frame, uint32_t word, uint32_t bits);
void vgic_injected_disable(struct vcpu *frame, uint32_t word, uint32_t bits);
void vgic_injected_set_pending(struct vcpu *frame, uint32_t word, uint32_t bits, bool pending);
void vgic_injected_set_active(struct vcpu *frame, uint32_t word, uint32_t bits, bool active);
uint32_t vgic_injected_pending(struct vcpu *frame, uint32_t word);
uint32_t vgic_injected_active(struct vcpu *frame, uint32_t word);

/* The physical enables of all its interrupts: what the VM enabled and its distributor forwards. */
void vgic_apply_enables(struct vm *vm);

/* Something else changed (priority, target, group): every vCPU of the VM looks again. */
void vgic_injected_settle(struct vm *vm);

/* The guest wrote `request` to ICC_SGI1R_EL1, or to ICC_SGI0R_EL1. */
void vgic_send_sgi(struct vcpu *vcpu, uint64_t request, bool group1);

/* Sends SGI `id` from one vCPU of a VM to another or to itself, if it is in that group there. */
void vgic_injected_sgi(struct vcpu *sender, struct vcpu *target, uint32_t id, bool group1);

/*
 * On the vCPU's own CPU: its interface as after reset, and off. Its redistributor's state stays,
 * as a real one's does when its CPU is switched off.
 */
void vgic_cpu_start(struct vcpu *vcpu);
void vgic_cpu_park(struct vcpu *vcpu);
void vgic_injected_start(void);
void vgic_injected_stop(struct vcpu *vcpu);

/* The injected way: brings the book and the list registers together, on the vCPU's own CPU. */
void vgic_injected_sync(struct vcpu *vcpu);

/* A physical interrupt of the guest's has been acknowledged. */
void vgic_injected_arrived(struct vcpu *vcpu, uint32_t id);

/* Whether a list register holds an interrupt that the guest has not taken yet. */
bool vgic_injected_waits(void);

#endif
