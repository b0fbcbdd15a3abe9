/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a switch between vCPUs does with interrupts (vgic_shared.c).
 */
#ifndef AARCH64_VGIC_SHARED_H
#define AARCH64_VGIC_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/aarch64/regs.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"

/*
 * Not 0 if anything of the loaded vCPU's interrupts is in the list registers, was posted, or is in
 * the book and brings maintenance interrupts (ICH_HCR_EL2). Mostly there is nothing.
 */
static ALWAYS_INLINE uint32_t vgic_shared_work(
	const struct vcpu *vcpu, const struct arch_context *context)
{
	const volatile uint32_t *posted = &vcpu->arch.posted; /* of others' doing: one load */

	return (context->list_registers & ~(uint32_t)sysreg_read(ICH_ELRSR_EL2)) |
	       ((uint32_t)sysreg_read(ICH_HCR_EL2) ^ (uint32_t)ICH_HCR_EN) | *posted |
	       vcpu->arch.bank.held;
}

static inline bool vgic_shared_has_work(const struct vcpu *vcpu)
{
	return vgic_shared_work(vcpu, &vcpu->shared->context) != 0;
}

/*
 * What others changed for the loaded vCPU in the book takes effect, and so does the end of what was
 * listed.
 */
void vgic_shared_attend(struct vcpu *vcpu);

/* The loaded vCPU, which has work, leaves the CPU: all goes back into the book. */
void vgic_shared_unload(struct vcpu *vcpu);

/*
 * The vCPU, for which something was posted, is this CPU's from now on (cpu->vcpu is it); the list
 * registers are empty. arch.private_on is still to be made true.
 */
void vgic_shared_load(struct vcpu *vcpu);

/* A shared interrupt of a vCPU that is not at hand has arrived; vm->arch.lock is held. */
void vgic_shared_arrived(struct vcpu *vcpu, uint32_t id);

/* What the vCPU, which leaves and is in no list register, has taken and not ended is ended. */
void vgic_shared_end_all(struct vcpu *vcpu);

#endif
