/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs on shared CPUs: what only they need, apart from arch/include. There where HYP_SHARED is 1
 * (hyp/core/extent.h).
 */
#ifndef RISCV64_CONTEXT_H
#define RISCV64_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/riscv64/start.h"
#include "hyp/core/vcpu.h"
#include "lib/bits.h"

struct cpu;
struct vcpu;
struct vm;

#define CONTEXT_FILES 64 /* guest interrupt files of a hart, 0 being none (AIA: GEILEN) */
#define CONTEXT_VMS   32 /* plan_vm.controllers has no more bits */

/* arch_context.traits. */
#define CONTEXT_MOVES 1u  /* it has more than one CPU, and with it the content of its file */
#define CONTEXT_MOVED 2u  /* it has come to this CPU since it ran last */
#define CONTEXT_FP    4u  /* it gets its floating-point registers with the CPU */
#define CONTEXT_BOARD 8u  /* its board lacks Sstc or AIA */
#define CONTEXT_CLOCK 16u /* its VM has a clock of its own */
#define CONTEXT_CALLS (HYP_COMM ? 32u : 0) /* its VM's interrupts come by upcall */

/* What a shared CPU has of its own; only that CPU touches it. */
struct context_cpu {
	struct vcpu *fp_vcpu; /* whose floating-point registers it has, if that one agrees */

	/* Without Sstc: when the scheduler wants it, and when the firmware's timer is to fire. */
	uint64_t armed, programmed;

	/*
	 * Guest interrupt files, a bit each as in hgeie: those that each enum irq_filter lets
	 * through, and so the one in force; and those whose vCPU is not loaded and has not been
	 * told of an interrupt since it was.
	 */
	uint64_t through[2], passing, untold;
	uint8_t file_vcpu[CONTEXT_FILES]; /* number of the vCPU that has it */
	uint8_t vm_vcpu[CONTEXT_VMS];     /* index of the VM's vCPU that was loaded last */
	bool told; /* while idle, the loaded vCPU was told of an interrupt, and has not run since */
};

_Static_assert(
	START_STACK_CONTEXT + sizeof(struct context_cpu) <= START_STACK_TOP, "START_STACK_TOP");

static inline struct context_cpu *context_cpu(const struct cpu *cpu)
{
	return (struct context_cpu *)(start_stack_of(cpu) + START_STACK_CONTEXT);
}

/* All of the following only for CPUs and vCPUs that are shared. */

/* It is here by an exit of its own making, which may be a wait, so that it is to be told again. */
static inline void context_ran(const struct vcpu *vcpu)
{
	context_cpu(vcpu->cpu)->told = false;
}

void context_cpu_init(struct cpu *cpu);

/* The rest of arch_vcpu_start and arch_vcpu_park; the latter of one that is not loaded. */
void context_start(struct vcpu *vcpu);
void context_park(struct vcpu *vcpu);

/*
 * Whether the virtual instruction waits for something: then the vCPU does, and goes on behind it.
 * cpu_attend follows.
 */
bool context_stalls(struct vcpu *vcpu, uint64_t instruction);

/*
 * SBI's suspend: the vCPU waits for an interrupt, if there is none. Its registers are already as
 * it shall go on, since the guest may take the interrupt first. cpu_attend follows.
 */
void context_suspend(struct vcpu *vcpu);

/*
 * An illegal instruction, which may be one of floating point: gives the vCPU its registers, and it
 * makes the same one again. Returns false if it has them already or there are none.
 */
bool context_give_fp(struct vcpu *vcpu);

/* arch_cpu_wait, and the end of arch_irq_poll. */
void context_wait(struct cpu *cpu);
void context_polled(struct cpu *cpu);

/* The hypervisor's timer went off. Returns true if only the loaded vCPU's guest is concerned. */
bool context_timer_arrived(struct cpu *cpu);

/* Without Sstc: the loaded vCPU's timer, as its guest counts. */
void context_set_timer(struct vcpu *vcpu, uint64_t ticks);

/* PLIC: the VM whose source has arrived here. */
struct vm *context_owner(uint32_t source);

/* PLIC: whether one of the VM's vCPUs on `cpu` has interrupt `irq` enabled. */
bool context_enables(const struct vm *vm, uint32_t irq, const struct cpu *cpu);

/* SGEI: files of vCPUs that do not run have something pending. cpu_attend follows. */
void context_files_arrived(struct cpu *cpu);

/*
 * hip.SGEIP is there while hgeip and hgeie have a bit in common (priv, hip). The emulator finds it
 * anew at each write of hgeie, and may not see in that a file that gets something just then: this
 * makes it look again. Not done on the shortest way, where another write follows soon.
 */
void context_tell_again(void);

/*
 * Something was posted for a vCPU that does not run here. `irq`: because of that interrupt, which
 * has just arrived, and cpu_attend follows; or 0.
 */
void context_posted(struct vcpu *vcpu, uint32_t irq);

/*
 * The vCPUs of the mask `vcpus` that need the firmware's fence now. The others, whose registers are
 * nowhere, fence when they run next, and whoever has their CPU is not disturbed.
 */
uint64_t context_fence(const struct vm *vm, uint64_t vcpus);

#endif
