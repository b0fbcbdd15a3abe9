/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor counts and how it names states, for the host tool to show.
 */
#ifndef ABI_STATS_H
#define ABI_STATS_H

#include <stdint.h>

/* Why a guest left for the hypervisor: X(symbol, words for a person). */
#define EXIT_CAUSES(X)                     \
	X(HYPERCALL, "hypercall")          \
	X(FIRMWARE, "firmware call")       \
	X(INTC, "interrupt controller")    \
	X(DEVICE, "emulated device")       \
	X(SYSTEM, "system register")       \
	X(IPI, "IPI sent")                 \
	X(INTERRUPT, "interrupt injected") \
	X(OWN, "hypervisor's interrupt")   \
	X(WAIT, "wait for interrupt")      \
	X(FAULT, "fault")

#define EXIT_CAUSE_ENUM(symbol, words) EXIT_CAUSE_##symbol,
enum exit_cause { EXIT_CAUSES(EXIT_CAUSE_ENUM) EXIT_CAUSE_COUNT };

/*
 * VCPU_STARTING: told to run, its CPU has not picked it up yet. VCPU_LOST: its VM was stopped, and
 * it sleeps where no interrupt reaches it; it has no memory any more.
 */
enum vcpu_state { VCPU_OFF, VCPU_STARTING, VCPU_ON, VCPU_LOST };

/* Of a vCPU that shares its core. */
struct sched_stats {
	uint64_t ran_ticks;  /* time that it had the core */
	uint64_t dispatches; /* times that it got it */
	uint64_t fast;       /* of those: taken from another vCPU by a fast interrupt */

	/* Real time only. */
	uint64_t jobs;        /* released */
	uint64_t misses;      /* not done, or not given its budget, when its deadline came */
	uint64_t budget_ends; /* times that its budget was used up before it was done */
};

/* Packets of a port in a network, since power-on. */
struct port_stats {
	uint64_t sent;     /* into the network, those for nobody included */
	uint64_t received; /* by the guest behind it */
	uint64_t lost;     /* for that guest, which had no room, or wanted none */
};

/*
 * VM_STOPPING: every vCPU is on its way out of the guest. VM_RESTORING: all are out, and its memory
 * gets its first contents back.
 */
enum vm_state { VM_RUNNING, VM_STOPPING, VM_HALTED, VM_RESTORING };

#endif
