/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall (docs/upcall.md) under this architecture's controller: physical ones are
 * answered here, and recorded instead of being put into list registers. All of it is for VMs with
 * upcalls only (vm_has_upcalls).
 */
#ifndef AARCH64_UPCALL_H
#define AARCH64_UPCALL_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vm;

/* The end of arch_vcpu_start: from now on the vCPU's interrupts come. */
void upcall_start(struct vcpu *vcpu);

/*
 * Physical interrupt `id` has been acknowledged while `vcpu` ran, or was loaded. Returns false, and
 * nothing has happened, if its VM does not have it.
 */
bool upcall_arrived(struct vcpu *vcpu, uint32_t id);

/*
 * The same for one that is the VM's and whose priority has been dropped; vm->arch.lock is held. The
 * vCPU need not be loaded.
 */
void upcall_record(struct vcpu *vcpu, uint32_t id);

/* arch_virq_set_line. */
void upcall_set_line(struct vm *vm, uint32_t irq, bool high);

/* WFI or the like of a vCPU that has its CPU for itself. cpu_attend follows. */
void upcall_wait(struct vcpu *vcpu, uint64_t esr);

#endif
