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
#include "arch/aarch64/regs.h"
#include "arch_types.h"
#include "hyp/core/vcpu.h"
#include "lib/bits.h"

/* The guest sees four bits of priority; the physical ones lie below the hypervisor's own. */
#define VGIC_PRIORITY_MASK 0xf0u

/* A list register (IHI 0069 12.4.6, ICH_LR<n>_EL2). */
#define LR_PENDING    BIT(62)
#define LR_ACTIVE     BIT(63)
#define LR_STATE      (3ull << 62)
#define LR_HARDWARE   BIT(61)
#define LR_GROUP1_BIT 60
#define LR_EOI        BIT(41) /* no hardware behind it: tell us when it ends */
#define LR_ID(lr)     ((uint32_t)(lr))

static inline bool vgic_is_direct(const struct vm *vm)
{
	return vm->plan->delivery == PLAN_DIRECT;
}

/* The bank of `word`, which is below irq_limit / 32; word 0 is that of `frame`. */
static inline struct irq_bank *vgic_bank(struct vcpu *frame, uint32_t word)
{
	if (word == 0)
		return &frame->arch.bank;
	return &((struct irq_shared_bank *)frame->vm->plan->irq_banks)[word].bank;
}

/* Its bit in its bank's words. */
static inline uint32_t vgic_bit(uint32_t id)
{
	return 1u << id % 32;
}

/* Index of the vCPU that shared interrupt `id` goes to. */
static inline uint8_t *vgic_target(const struct vm *vm, uint32_t id)
{
	struct irq_shared_bank *banks = vm->plan->irq_banks;

	return &banks[id / 32].target[id % 32];
}

/* Those interrupts of the bank whose group the distributor forwards. */
static inline uint32_t vgic_forwarded(const struct vm *vm, const struct irq_bank *bank)
{
	uint32_t forwarded = vm->arch.gicd_ctlr & GICD_CTLR_GROUP1 ? bank->group1 : 0;

	return vm->arch.gicd_ctlr & GICD_CTLR_GROUP0 ? forwarded | ~bank->group1 : forwarded;
}

/* Those of the bank that are enabled physically. */
static inline uint32_t vgic_physical_on(const struct vm *vm, const struct irq_bank *bank)
{
	return bank->enabled & vgic_forwarded(vm, bank) & (bank->hardware | bank->upcall);
}

/*
 * What a guest's write does. `frame` is the vCPU whose redistributor is meant (any of the VM for a
 * shared word), `bits` are interrupts that the guest owns. The caller holds vm->arch.lock and has
 * updated enabled, group1, priority and target of the bank.
 */
void vgic_direct_set_pending(struct vcpu *frame, uint32_t word, uint32_t bits, bool pending);
void vgic_direct_set_active(struct vcpu *frame, uint32_t word, uint32_t bits, bool active);
uint32_t vgic_direct_pending(struct vcpu *frame, uint32_t word);
uint32_t vgic_direct_active(struct vcpu *frame, uint32_t word);
void vgic_direct_prioritize(struct vcpu *frame, uint32_t id);

/* On the direct way every interrupt is in Group 1, which the guest's GICD_CTLR may hold back. */
static inline void vgic_direct_enable(
	const struct vm *vm, const struct vcpu *frame, uint32_t word, uint32_t bits)
{
	if (vm->arch.gicd_ctlr & GICD_CTLR_GROUP1)
		gic_write_word(frame->cpu, word, GICD_ISENABLER, bits);
}

static inline void vgic_direct_disable(const struct vcpu *frame, uint32_t word, uint32_t bits)
{
	gic_write_word(frame->cpu, word, GICD_ICENABLER, bits);
}

void vgic_injected_enable(struct vcpu *frame, uint32_t word, uint32_t bits);
void vgic_injected_disable(struct vcpu *frame, uint32_t word, uint32_t bits);
void vgic_injected_set_pending(struct vcpu *frame, uint32_t word, uint32_t bits, bool pending);
void vgic_injected_set_active(struct vcpu *frame, uint32_t word, uint32_t bits, bool active);
uint32_t vgic_injected_pending(struct vcpu *frame, uint32_t word);
uint32_t vgic_injected_active(struct vcpu *frame, uint32_t word);

/* Number, group and priority of an interrupt as a list register holds them. */
static inline uint64_t vgic_injected_lr(const struct irq_bank *bank, uint64_t id)
{
	const uint64_t group1 = bank->group1 >> id % 32 & 1;

	return id | (uint64_t)bank->priority[id % 32] << 48 | group1 << LR_GROUP1_BIT;
}

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

/* The same when the first list register is taken, or a VM is beside_direct; `lr` is what should go
 * into one. */
void vgic_injected_queue(struct vcpu *vcpu, uint64_t lr);

/*
 * A physical interrupt of the guest's has been acknowledged. Physical interrupts come back by
 * themselves, so this path needs no lock and no book. With `may_fill_first` 1 it may go straight to
 * list register 0: a private one always, a shared one unless others can end it early.
 */
static ALWAYS_INLINE void vgic_injected_arrived(
	struct vcpu *vcpu, const struct irq_bank *bank, uint64_t id, uint64_t may_fill_first)
{
	const uint64_t lr = LR_PENDING | LR_HARDWARE | id << 32 | vgic_injected_lr(bank, id);

	if (sysreg_read(ICH_ELRSR_EL2) & may_fill_first)
		sysreg_write(ICH_LR0_EL2, lr);
	else
		vgic_injected_queue(vcpu, lr);
}

/* Whether a list register holds an interrupt that the guest has not taken yet. */
bool vgic_injected_waits(void);

#endif
