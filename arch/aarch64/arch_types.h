/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What AArch64 keeps per vCPU and per VM, embedded in the core's records.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/aarch64/context.h"
#include "lib/lock.h"

#define ARCH_BANK_IRQS 32

/*
 * 32 interrupts as the guest's controller has them, a bit each. A bank of private ones lies in its
 * vCPU, those of shared ones in the plan's memory.
 */
struct irq_bank {
	uint32_t owned;    /* the guest has this interrupt */
	uint32_t hardware; /* a physical interrupt of the same number stands behind it */
	uint32_t upcall;   /* the same, of a VM with upcalls, which has no `hardware` (upcall.c) */
	uint32_t enabled;
	uint32_t group1;
	uint32_t edge;
	/* The injected way only. */
	uint32_t pending; /* pending, and in no list register */
	uint32_t active;  /* active, and in no list register */
	uint32_t held;    /* its physical interrupt is active on the guest's behalf */
	uint32_t line;    /* the emulated device's line is high */
	uint32_t latched; /* made pending by a write, which no falling line takes back */
	uint8_t priority[ARCH_BANK_IRQS];
};

struct irq_shared_bank {
	struct irq_bank bank;
	uint8_t target[ARCH_BANK_IRQS]; /* index of the vCPU that it goes to */
};

#define ARCH_IRQ_BANK_BYTES sizeof(struct irq_shared_bank)

/* On a shared CPU: the book has changed for a vCPU that was not at hand. */
#define ARCH_POSTED_BOOK 0x80000000u

struct arch_vcpu {
	uint64_t x[31];       /* the guest's; those beyond exit.S's first half only in its second */
	uint64_t sgi_address; /* ICC_SGI1R_EL1 without the interrupt's number, for its CPU */
	struct irq_bank bank; /* SGIs and PPIs, guarded by arch_vm.lock */
	struct arch_context *context; /* on a shared CPU: what is kept of it */
	uint32_t posted;        /* SGIs, and ARCH_POSTED_BOOK; set atomically by any CPU, taken by
				   this vCPU's */
	uint32_t private_on;    /* on a shared CPU: private interrupts that are physically enabled
				   while this vCPU is loaded */
	uint8_t may_fill_first; /* 1: an interrupt that arrives may go straight to list register 0
				 */
	uint8_t asleep;         /* GICR_WAKER.ProcessorSleep as the guest sees it */
};

struct vcpu;

#define ARCH_TLB_OWNERS          8u
#define ARCH_TLB_NAME(cpu, vcpu) ((uint16_t)((cpu) << 8 | ((vcpu) + 1u)))

struct arch_vm {
	struct lock lock;   /* guards the emulated controller's state */
	uint32_t gicd_ctlr; /* enable bits of GICD_CTLR */
	struct vcpu *vcpus; /* the VM's first vCPU; the others follow */
	uint32_t vcpu_mask; /* a bit for each */
	bool beside_direct; /* this VM is injected, and another one of the system is direct */
	/*
	 * On shared CPUs: ARCH_TLB_NAME of the last vCPU of the VM that ran on a CPU, at the CPU's
	 * index modulo ARCH_TLB_OWNERS; atomic. CPUs that collide forget each other's.
	 */
	uint16_t tlb_owners[ARCH_TLB_OWNERS];
};

#endif
