/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list registers of this CPU (IHI 0069 12.4.6), and what the files of the injected way know of
 * each other.
 */
#ifndef AARCH64_VGIC_LIST_H
#define AARCH64_VGIC_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/aarch64/regs.h"
#include "arch/aarch64/vgic.h"
#include "arch/include/arch_cpu.h"
#include "hyp/core/cpu.h"

/* At most these are used; what does not fit waits in the book. */
#define FOR_LIST_REGISTERS(X) X(0) X(1) X(2) X(3)
#define LIST_REGISTERS        4u

#define VGIC_NO_ID (~0u)

static inline uint64_t lr_read(unsigned index)
{
	switch (index) {
#define LR_READ(n) \
	case n:    \
		return sysreg_read(S3_4_C12_C12_##n);
		FOR_LIST_REGISTERS(LR_READ)
	default:
		return 0;
	}
}

static inline void lr_write(unsigned index, uint64_t value)
{
	switch (index) {
#define LR_WRITE(n)                                    \
	case n:                                        \
		sysreg_write(S3_4_C12_C12_##n, value); \
		return;
		FOR_LIST_REGISTERS(LR_WRITE)
	}
}

static inline unsigned lr_count(void)
{
	const unsigned count = (unsigned)bits_get(sysreg_read(ICH_VTR_EL2), 0, 5) + 1;

	return count < LIST_REGISTERS ? count : LIST_REGISTERS;
}

/* Which of them hold nothing. */
static inline uint64_t lr_empty(void)
{
	return sysreg_read(ICH_ELRSR_EL2) & (BIT(lr_count()) - 1);
}

/* Whether `vcpu` is the one that this CPU runs, whose list registers are therefore at hand. */
static inline bool vgic_is_here(const struct vcpu *vcpu)
{
	return arch_cpu_here()->vcpu == vcpu;
}

/* Takes what is not active out of the list registers, back into the book. */
void vgic_injected_fold(struct vcpu *vcpu);

/*
 * Whether this CPU's list registers are those of the vCPU whose private word that is, or of any
 * vCPU of the VM for a shared one.
 */
bool vgic_injected_has_lists_of(const struct vcpu *frame, uint32_t word);

/*
 * The interrupts of `word` that are in a list register of this CPU in one of the states `state`.
 * What another vCPU has listed cannot be seen from here: it counts as neither.
 */
uint32_t vgic_injected_listed(const struct vcpu *frame, uint32_t word, uint64_t state);

/* With vm->arch.lock held, on the CPU that has the vCPU's registers: as vgic_injected_sync. */
void vgic_injected_sync_locked(struct vcpu *vcpu);

/* Puts everything that is listed back into the book, also what is active. The same holds. */
void vgic_injected_unlist_all(struct vcpu *vcpu);

/* What the vCPU has taken and not ended is ended, in the book; vm->arch.lock is held. */
void vgic_injected_end_all(struct vcpu *vcpu);

/*
 * The most urgent interrupt that the vCPU may take and that is in no list register, or VGIC_NO_ID;
 * vm->arch.lock is held.
 */
uint32_t vgic_injected_next(struct vcpu *vcpu);

#endif
