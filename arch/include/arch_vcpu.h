/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Architecture contract: vCPUs and VMs. arch_types.h of the chosen architecture defines
 * struct arch_vcpu and struct arch_vm, which the core embeds and never looks into.
 */
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "arch_types.h"

struct cpu;
struct vcpu;
struct vm;

/*
 * Puts the VM's interrupts, shared and per vCPU, into their state after reset. None of its vCPUs
 * runs; called once before the first does, and before each restart.
 */
void arch_vm_reset_irqs(struct vm *vm);

/*
 * Puts the registers of `vcpu` and of the CPU that will run it (this one) into the state in which
 * a guest starts at `pc` with `argument` as its first parameter.
 */
void arch_vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument);

/* Takes a vCPU that will not run again before arch_vcpu_start off this CPU's interrupts. */
void arch_vcpu_park(struct vcpu *vcpu);

/* The guest's program counter. */
uint64_t arch_vcpu_pc(const struct vcpu *vcpu);

/* Leaves the hypervisor for good: the first way into a guest of this CPU. */
_Noreturn void arch_vcpu_enter(struct vcpu *vcpu);

/*
 * Makes the VM's memory unreachable for its own vCPUs on all CPUs, so that each comes to the
 * hypervisor at its next step whatever it masks; arch_vm_join takes that back.
 */
void arch_vm_cut(struct vm *vm);
void arch_vm_join(struct vm *vm);

/*
 * Maps `count` (1..PLAN_WINDOW_PAGES / 2) pages of memory from `pa` for this CPU alone; slot 0
 * or 1. Returns where they are. arch_window_close makes what was written there visible to a guest
 * that runs without caches, and unmaps.
 */
void *arch_window_open(struct cpu *cpu, unsigned slot, uint64_t pa, unsigned count);
void arch_window_close(struct cpu *cpu, unsigned slot, unsigned count);

#endif
