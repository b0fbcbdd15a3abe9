/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What RISC-V keeps per vCPU and per VM, embedded in the core's records.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#define ARCH_VCPU_STACK 256 /* offset of arch_vcpu.stack, for exit.S */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/lock.h"

struct arch_doorbell;
struct cpu;

#define ARCH_BANK_IRQS 32

/*
 * 32 interrupts as the guest's controller has them, a bit each; in the plan's memory, guarded by
 * arch_vm.lock.
 */
struct irq_bank {
	uint32_t owned;    /* the guest has this interrupt */
	uint32_t hardware; /* a physical interrupt stands behind it */
	uint32_t enabled;  /* APLIC */
	uint32_t active;   /* APLIC: its source mode is not inactive */
	uint32_t pending; /* APLIC: of those without hardware; PLIC: not claimed by the guest yet */
	uint32_t line;    /* the emulated device's line is high */
	uint32_t held;    /* PLIC: claimed by the guest, not completed */
	uint32_t again;   /* PLIC: an edge came while it was held */

	uint16_t host[ARCH_BANK_IRQS]; /* the board's number of a physical one */
	uint8_t mode[ARCH_BANK_IRQS];  /* APLIC: source mode; PLIC: priority */

	/* APLIC: what the guest wrote; PLIC: a bit for each vCPU whose context has it enabled. */
	uint32_t target[ARCH_BANK_IRQS];
};

_Static_assert(sizeof(struct irq_bank) == 256, "an interrupt's bank is found by a shift");

#define ARCH_IRQ_BANK_BYTES sizeof(struct irq_bank)

struct arch_vcpu {
	uint64_t x[32];     /* the guest's; only ra, sp and a0-a7 until exit.S has saved them all */
	uint64_t stack;     /* of the CPU that runs it: where exit.S begins */
	uint32_t posted;    /* events for it, set atomically by any CPU (irq.h) */
	uint32_t suspended; /* 1: in SBI's hart suspend, on a dedicated CPU */
	uint32_t threshold; /* PLIC; guarded by arch_vm.lock */
	bool external;      /* PLIC: hvip.VSEIP is set; guarded by arch_vm.lock */
	struct cpu *home;   /* where its interrupts go; guarded by arch_vm.lock */
};

#define ARCH_FILE_REGISTERS 32 /* of 64 bits, for the identities of an interrupt file */

/* What is kept of a vCPU on a shared CPU while another one has it. */
struct arch_context {
	uint64_t vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp;
	uint64_t sstatus, sepc, hstatus, hvip, scounteren, senvcfg, vsiselect;
	uint64_t hgatp; /* the VM's, always */

	/*
	 * When its timer fires, as the guest counts. Without Sstc also while it runs, and
	 * ARCH_NEVER once it has fired.
	 */
	uint64_t timer;

	uint64_t file;        /* its guest interrupt file as a bit of hgeie, or 0 */
	uint64_t other_files; /* all bits but that */
	uint8_t vm;           /* number of its VM */
	uint8_t index;        /* its own in there */
	uint8_t traits;       /* what makes it more work: CONTEXT_* */

	/* Where the registers hold what f and fcsr do or, with sstatus.FS dirty, newer; or NULL. */
	const struct cpu *fp_cpu;
	uint64_t f[32], fcsr;

	/* Of one that moves: its interrupt file, while its registers are loaded nowhere. */
	uint64_t eidelivery, eithreshold;
	uint64_t eie[ARCH_FILE_REGISTERS], eip[ARCH_FILE_REGISTERS];
};

struct arch_vm {
	uint64_t intc_base, intc_size;  /* the emulated controller's region; size 0: none */
	struct lock lock;               /* guards the emulated controller's state */
	uint32_t domaincfg;             /* APLIC: its interrupt enable bit */
	struct arch_doorbell *doorbell; /* or NULL */
	bool is_real_time;              /* some of its vCPUs are */
	bool has_fast;                  /* some of its interrupts are (PLAN_IRQ_FAST) */
};

_Static_assert(offsetof(struct arch_vcpu, stack) == ARCH_VCPU_STACK, "ARCH_VCPU_STACK");
#endif
#endif
