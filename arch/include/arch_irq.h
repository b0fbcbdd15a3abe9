/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Architecture contract: interrupts.
 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/include/arch_filter.h"

struct cpu;
struct mmio_access;
struct vcpu;
struct vm;

/* Prepares the controller's common part; the first CPU calls it once. */
void arch_irq_init(void);

/* Makes CPU `cpu` come to the hypervisor, out of its guest or out of arch_cpu_wait. */
void arch_irq_kick(const struct cpu *cpu);

/*
 * Takes and ends the hypervisor's own interrupts that are pending on this CPU, outside a guest. On
 * a shared CPU also those of guests: each becomes pending in its VM's book, and the vCPU that it is
 * for is told (shared_arrived).
 */
void arch_irq_poll(struct cpu *cpu);

/* Routes the hypervisor's shared interrupt `irq` to `cpu` and enables it. */
void arch_irq_route_own(uint32_t irq, const struct cpu *cpu);

/*
 * Sets the line of interrupt `irq` that the hypervisor drives for an emulated device of `vm`
 * (PLAN_IRQ_VIRTUAL). Level-sensitive: what is pending follows the line.
 */
void arch_virq_set_line(struct vm *vm, uint32_t irq, bool high);

/* The same for an edge-triggered one (PLAN_IRQ_EDGE): it becomes pending. From any CPU. */
void arch_virq_raise(struct vm *vm, uint32_t irq);

/*
 * The same in the fewest instructions, for the one interrupt of a VM that is raised often.
 * arch_inline.h defines struct arch_doorbell, zero at first, and
 * bool arch_doorbell_ring(const struct arch_doorbell *doorbell), which returns false if
 * arch_virq_raise is to do it this time. What was stored before is seen by who has the interrupt.
 */
struct arch_doorbell;
void arch_doorbell_init(struct arch_doorbell *doorbell, struct vm *vm, uint32_t irq);

/* Access to the emulated controller; `unit` is enum plan_mmio_kind. */
enum mmio_result arch_intc_access(struct vcpu *vcpu, struct mmio_access *access, uint32_t unit);

#endif
