/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor counts and how it names states, for the host tool to show.
 */
#ifndef ABI_STATS_H
#define ABI_STATS_H

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
	X(FAULT, "fault")

#define EXIT_CAUSE_ENUM(symbol, words) EXIT_CAUSE_##symbol,
enum exit_cause { EXIT_CAUSES(EXIT_CAUSE_ENUM) EXIT_CAUSE_COUNT };

/*
 * VCPU_STARTING: told to run, its CPU has not picked it up yet. VCPU_LOST: its VM was stopped, and
 * it sleeps where no interrupt reaches it; it has no memory any more.
 */
enum vcpu_state { VCPU_OFF, VCPU_STARTING, VCPU_ON, VCPU_LOST };

/* VM_STOPPING: every vCPU is on its way out of the guest. */
enum vm_state { VM_RUNNING, VM_STOPPING, VM_HALTED };

#endif
