/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PLIC (RISC-V Platform-Level Interrupt Controller 1.0.0): its registers, and what the physical
 * side (plic.c) and the guests' side (plic_guest.c) know of each other.
 */
#ifndef RISCV64_PLIC_H
#define RISCV64_PLIC_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct vcpu;
struct vm;

#define PLIC_PRIORITY       0x000000 /* + 4 * source */
#define PLIC_PENDING        0x001000 /* + 4 * (source / 32) */
#define PLIC_ENABLE         0x002000 /* + 0x80 * context + 4 * (source / 32) */
#define PLIC_ENABLE_STRIDE  0x80
#define PLIC_CONTEXT        0x200000 /* + 0x1000 * context */
#define PLIC_CONTEXT_STRIDE 0x1000
#define PLIC_THRESHOLD      0x0 /* in a context's page */
#define PLIC_CLAIM          0x4
#define PLIC_SOURCES        1024

/* The guest sees three bits of priority. */
#define PLIC_GUEST_PRIORITIES 7u

/*
 * Priorities of physical sources. A guest's own have no meaning among the sources of others: they
 * count only for the guest. Real-time VMs' sources pass the threshold that holds back all others.
 */
enum plic_priority { PLIC_OFF, PLIC_NORMAL, PLIC_REAL_TIME };
#define PLIC_THRESHOLD_REAL_TIME PLIC_NORMAL

void plic_set_priority(uint32_t source, enum plic_priority priority);
void plic_set_enabled(const struct cpu *cpu, uint32_t source, bool enabled);

/* Ends a claimed source from a context that has it enabled; from others that does nothing. */
void plic_complete(const struct cpu *cpu, uint32_t source);

/*
 * Physical source `source` of a guest has been claimed by this CPU. Returns true if it was for the
 * vCPU that is loaded, and for nobody else.
 */
bool plic_guest_arrived(struct cpu *cpu, uint32_t source);

/* The VM's number of the board's source, or 0 if the VM does not have it. */
uint32_t plic_guest_irq_of(const struct vm *vm, uint32_t source);

/* The functions of struct irq_controller that concern guests. */
void plic_guest_reset(struct vm *vm);
void plic_guest_vcpu_reset(struct vcpu *vcpu);
void plic_guest_set_line(struct vm *vm, uint32_t irq, bool high);
void plic_guest_raise(struct vm *vm, uint32_t irq);
uint32_t plic_guest_read(struct vcpu *vcpu, uint64_t offset);
void plic_guest_write(struct vcpu *vcpu, uint64_t offset, uint32_t value);
void plic_guest_update(struct vcpu *vcpu);

#endif
