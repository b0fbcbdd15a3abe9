/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fake architecture keeps per vCPU and per VM: what was asked of it, for tests to read.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#define ARCH_IRQ_BANK_BYTES 8
#define ARCH_ELF_MACHINE    0

struct arch_vcpu {
	uint64_t pc, argument, stack;
	uint64_t timer; /* when its own timer fires, in physical ticks; 0: it is off */
	bool interrupt; /* one waits for it; accessed atomically */
	unsigned starts, parks, moves;
	bool closed;      /* its guest takes no interrupts */
	unsigned upcalls; /* times that it went on at its entry for them */
	unsigned nudges;  /* times that it was told to look once it opens */
};

/* What of a vCPU is kept while another has its CPU: nothing but the proof that it was. */
struct arch_context {
	unsigned saves, loads;
};

struct arch_vm {
	bool cut;        /* memory is unreachable; accessed atomically */
	bool line;       /* of its console's interrupt */
	uint32_t irq;    /* the interrupt that the line was set for last */
	uint64_t lines;  /* those that are high, by number modulo 64 */
	unsigned raised; /* times that the line was set high */
	uint32_t edge;   /* the edge-triggered interrupt that was raised last */
	unsigned edges;  /* times that one was; accessed atomically */
	unsigned cuts, joins, irq_resets;
};

#endif
