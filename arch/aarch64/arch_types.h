/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What AArch64 keeps per vCPU and per VM, embedded in the core's records.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdint.h>

#include "lib/lock.h"

/* One interrupt as the guest's controller has it; vgic.h names the flags. */
struct virq {
	uint16_t flags;
	uint8_t priority;
	uint8_t vcpu; /* index of the vCPU that a shared interrupt goes to */
};

#define ARCH_VIRQ_BYTES  sizeof(struct virq)
#define ARCH_PRIVATE_IRQS 32

struct arch_vcpu {
	uint64_t x[31]; /* the guest's; x9-x15 and x18-x29 only while exit.S has saved them all */
	uint32_t sgis_posted;             /* set atomically by any CPU, taken by this vCPU's */
	struct virq privates[ARCH_PRIVATE_IRQS]; /* SGIs and PPIs, guarded by arch_vm.lock */
	uint8_t asleep; /* GICR_WAKER.ProcessorSleep as the guest sees it */
};

struct arch_vm {
	struct lock lock; /* guards the emulated controller's state */
	uint32_t gicd_ctlr; /* enable bits of GICD_CTLR */
};

#endif
