/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the shared CPUs' code know of each other: the vCPU's context, and its guest
 * interrupt file (AIA).
 */
#ifndef RISCV64_CONTEXT_FILES_H
#define RISCV64_CONTEXT_FILES_H

#include <stdbool.h>

#include "arch/include/arch_irq.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"

static inline struct arch_context *context_of(const struct vcpu *vcpu)
{
	return &vcpu->shared->context;
}

/* Whether the board's harts have Sstc. Written with the same value by each shared CPU. */
extern bool context_has_timer;

/* PLIC: the vCPU's sources go to CPU `to` instead of where they went; under vm->arch.lock. */
void context_plic_move(struct vcpu *vcpu, struct cpu *to);

/* All of the following on the CPU that they concern, and only with AIA. */

void files_cpu_init(struct cpu *cpu);

/* The file of a vCPU that may move, before its registers leave this CPU and after they came. */
void files_save(struct vcpu *vcpu);
void files_load(struct vcpu *vcpu);

/* The vCPU will not run before it starts again; another may be loaded. */
void files_park(struct vcpu *vcpu);

/* Under vm->arch.lock: what comes for the vCPU goes to `to`. */
void files_move(struct vcpu *vcpu, struct cpu *to);

/* Whether the vCPU, which is not loaded and belongs to this CPU, has an interrupt in its file. */
bool files_pending(const struct vcpu *vcpu);

#endif
