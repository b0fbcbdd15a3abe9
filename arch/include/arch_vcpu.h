/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Architecture contract: vCPUs and VMs. arch_types.h of the chosen architecture defines
 * struct arch_vcpu and struct arch_vm, which the core embeds and never looks into.
 */
#ifndef ARCH_VCPU_H
#define ARCH_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch_types.h"

struct cpu;
struct vcpu;
struct vm;

/*
 * Puts interrupts of the VM into their state after reset: those of `count` of its vCPUs from number
 * `first` on, and with first = 0 the shared ones. None of its vCPUs runs; called for all of them
 * before the first does, and before each restart.
 */
void arch_vm_reset_irqs(struct vm *vm, unsigned first, unsigned count);

/*
 * Puts the registers of `vcpu` and of the CPU that will run it (this one) into the state in which
 * a guest starts at `pc` with `argument` as its first parameter.
 */
void arch_vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument);

/*
 * Takes a vCPU that will not run again before arch_vcpu_start off its CPU's interrupts. On a shared
 * CPU (this one) it may be one whose registers are not loaded.
 */
void arch_vcpu_park(struct vcpu *vcpu);

/*
 * What follows is for vCPUs on shared CPUs. arch_types.h defines struct arch_context, what is kept
 * of a vCPU while another one has the CPU. A vCPU is loaded if its CPU's cpu->vcpu is it.
 *
 * Keeps the state of `from`, which is loaded on this CPU, and loads that of `to`; either may be
 * NULL. `to` has been started (arch_vcpu_start), has stopped on this CPU or another and is loaded
 * nowhere. Its guest's counter is loaded from to->time_offset, `from`'s state stays valid until it
 * is loaded again. Nothing of `from` is readable to `to` afterwards. Returns `to`, which is the
 * CPU's cpu->vcpu then (if it is NULL, that is for the caller to say).
 */
struct vcpu *arch_vcpu_switch(struct vcpu *from, struct vcpu *to);

/*
 * Whether an interrupt waits that would end a guest's WFI, loaded or not; on the vCPU's own CPU.
 */
bool arch_vcpu_has_interrupt(struct vcpu *vcpu);

/*
 * When the vCPU's own timers fire next: ticks of the physical counter (past if they have), or
 * ARCH_NEVER. Loaded or not, on the vCPU's own CPU. It uses the VM's time, so that
 * vcpu->time_offset counts.
 */
uint64_t arch_vcpu_timer(const struct vcpu *vcpu);

/* Sets the stack pointer of a loaded vCPU that has just been started. */
void arch_vcpu_set_stack(struct vcpu *vcpu, uint64_t address);

/*
 * `vcpu`, which is loaded nowhere, goes to `to`: its interrupts follow. On CPU `to`, with
 * vcpu->cpu still the old one.
 */
void arch_vcpu_move(struct vcpu *vcpu, const struct cpu *to);

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
 * or 1. Returns where they are. arch_window_close unmaps them, and makes `bytes` bytes that were
 * written there, from `written` on, visible to a guest that runs without caches.
 */
void *arch_window_open(struct cpu *cpu, unsigned slot, uint64_t pa, unsigned count);
void arch_window_close(
	struct cpu *cpu, unsigned slot, unsigned count, const char *written, size_t bytes);

/*
 * The same pages of the window for memory that the guest uses at the same time, with caches: maps
 * the page at `pa` as page `index` (0..PLAN_WINDOW_PAGES - 1), where nothing or another page may be
 * mapped, and returns where it is; arch_window_drop unmaps `count` pages from `index` on.
 */
void *arch_window_page(struct cpu *cpu, unsigned index, uint64_t pa);
void arch_window_drop(struct cpu *cpu, unsigned index, unsigned count);

/*
 * Interrupts by upcall (PLAN_UPCALL): `vcpu`, which is loaded on this CPU and about to return to
 * its guest, goes on at `entry` of its kernel instead; where it would have gone on, and in what
 * state, is stored in *pc and *state, and no other register changes. But if the guest has closed
 * its CPU to interrupts, so that registers of an exception may be in use, it returns false: a
 * virtual interrupt of the architecture's own becomes pending, and tells the guest to look once it
 * opens.
 */
bool arch_vcpu_upcall(struct vcpu *vcpu, uint64_t entry, uint64_t *pc, uint64_t *state);

/* HYPERCALL_UPCALL_END of `irq`; false if the VM does not have it. */
bool arch_vcpu_upcall_end(struct vcpu *vcpu, uint32_t irq);

#endif
