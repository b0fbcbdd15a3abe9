/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this architecture's common code calls for vCPUs and CPUs that are shared (vcpu_is_shared,
 * cpu_is_shared), and only for them.
 */
#ifndef AARCH64_SHARING_H
#define AARCH64_SHARING_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/aarch64/exit.h"

struct cpu;
struct vcpu;
struct vm;

/* The end of arch_vcpu_start, when EL1's registers are as after a reset; and arch_vcpu_park. */
void context_shared_start(struct vcpu *vcpu);
void context_shared_park(struct vcpu *vcpu);

/* Exits that only such vCPUs have: waiting instructions, and the first use of FP or SIMD. */
struct vcpu *exit_shared_handle(struct vcpu *vcpu, uint64_t esr);

/* The vCPU waits for an interrupt, by a call of its firmware; cpu_attend follows. */
void exit_shared_suspend(struct vcpu *vcpu);

/* A bus error arrived while `vcpu` ran: whose it is. */
struct vcpu *exit_shared_culprit(struct vcpu *vcpu);

/* The CPU's interface as it is from now on; its redistributor is ready. */
void irq_shared_init(const struct cpu *cpu);

/* An interrupt of the hypervisor's own, acknowledged in Group 1 while `vcpu` ran. */
void irq_shared_own(struct vcpu *vcpu, uint32_t id);

/* The second half of an FIQ on any CPU: the same in Group 0, or none. */
exit_second_half irq_shared_fiq;

/*
 * Interrupt `id`, which is none of the guest's private ones, acknowledged (in Group 1) while `vcpu`
 * ran. The end of a first half.
 */
exit_second_half *irq_shared_take(struct vcpu *vcpu, uint32_t id);

/* arch_irq_poll. */
void irq_shared_poll(struct cpu *cpu);

/* The physical priority of a VM's interrupts. */
uint8_t irq_shared_priority(const struct vm *vm);

/*
 * The book has changed for `vcpu`, which is not at hand; vm->arch.lock is held. It is woken if it
 * has anything to take, and looks at the book before it goes on.
 */
void vgic_shared_notify(struct vcpu *vcpu);

/* An SGI was posted for `vcpu`. */
void vgic_shared_sgi(struct vcpu *vcpu);

/* Enables and group of private interrupts of `frame` were written; vm->arch.lock is held. */
void vgic_shared_apply_private(struct vcpu *frame);

/*
 * A trapped access to a register that is handled in another way than on a dedicated CPU; `reg` as
 * in sysreg.h. Returns false, and nothing has happened, if it is none of these.
 */
bool sysreg_shared_access(struct vcpu *vcpu, uint32_t reg, bool is_read, uint64_t *value);

#endif
