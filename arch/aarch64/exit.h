/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of this architecture's exit handling know of each other.
 */
#ifndef AARCH64_EXIT_H
#define AARCH64_EXIT_H

/* ESR_EL2 of HVC #0: its class, and IL. */
#define EXIT_ESR_HVC 0x5a000000

/* Numbers of Orlop's own calls from HYPERCALL_BASE on are below this; all others are firmware's. */
#define EXIT_CALL_LIMIT 0x100

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/*
 * What exit.S calls with all registers saved. It returns the vCPU to go on with. A first half
 * returns the second half that is needed, or NULL if the guest goes on.
 */
typedef struct vcpu *exit_second_half(struct vcpu *vcpu);

/* The second half of an exit that leaves nothing to be done but to look who is to run. */
exit_second_half exit_attend;

/* The second half of an FIQ; where CPUs are shared, of one on any other CPU (irq_shared_fiq). */
exit_second_half exit_fiq;

/* Moves the guest past the instruction that trapped; `esr` tells its length. */
void exit_skip_instruction(uint64_t esr);

/* Gives the guest an exception of its own, as the hardware would (D1.3.4, TakeException). */
void exception_inject_undefined(struct vcpu *vcpu);
void exception_inject_abort(struct vcpu *vcpu, uint64_t esr, unsigned fault_status);

/* PSTATE at the entry of an exception that is taken to EL1 where the guest had `pstate`. */
uint64_t exception_pstate(uint64_t pstate);

/* A trapped access to a system register (class 0x18); all registers are saved. */
void sysreg_handle(struct vcpu *vcpu, uint64_t esr);

/* The traps that keep a guest to the registers that it may use; on the CPU that will run it. */
void sysreg_init_traps(const struct vcpu *vcpu);

/* The value of an identification register as the guest may see it; `crm` and `op2` as in ESR. */
uint64_t idregs_read(unsigned crm, unsigned op2);

/* True if this CPU has a feature that a guest must not see. */
bool idregs_must_trap(void);

/*
 * PSCI and the Arm architecture calls. Returns true if the guest goes on at once, false if the
 * vCPU may have to leave (cpu_attend). All registers are saved.
 */
bool psci_handle(struct vcpu *vcpu);

#endif
#endif
