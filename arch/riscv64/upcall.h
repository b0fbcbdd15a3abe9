/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall (docs/upcall.md) under this architecture's controllers. All of it is for VMs
 * with upcalls only (vm_has_upcalls).
 */
#ifndef RISCV64_UPCALL_H
#define RISCV64_UPCALL_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vm;

/* The end of arch_vcpu_start: from now on the vCPU's interrupts come. */
void upcall_start(struct vcpu *vcpu);

/*
 * What is an upcall vCPU's way in the hart's control registers, and what is not: before and after
 * the registers of the next vCPU are loaded, if either has upcalls.
 */
void upcall_leave_hart(bool next_has_upcalls);
void upcall_enter_hart(void);

/* The timer of the loaded vCPU fired. */
void upcall_timer_arrived(struct vcpu *vcpu);

/*
 * PLIC: the VM's interrupt `irq` has been claimed; vm->arch.lock is held. Returns whether its first
 * vCPU, whose all device interrupts are, is to look.
 */
bool upcall_claimed(struct vm *vm, uint32_t irq);

/* arch_virq_set_line; vm->arch.lock is held. */
void upcall_set_line(struct vm *vm, uint32_t irq, bool high);

/*
 * A virtual instruction: if it is WFI, the vCPU, which has its CPU for itself, has waited, and goes
 * on behind it.
 */
bool upcall_waits(struct vcpu *vcpu, uint64_t instruction);

#endif
