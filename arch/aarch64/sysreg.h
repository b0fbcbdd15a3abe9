/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a trapped access to a system register names it, and what shared CPUs do about them.
 */
#ifndef AARCH64_SYSREG_H
#define AARCH64_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

struct arch_context;
struct vcpu;

/* The ISS of class 0x18 (D24.2) without register and direction. */
#define SYSREG(op0, op1, crn, crm, op2) \
	((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (crm) << 1)
#define SYSREG_MASK     SYSREG(3, 7, 15, 15, 7)
#define SYSREG_CRM(reg) ((reg) >> 1 & 15)
#define SYSREG_OP2(reg) ((reg) >> 17 & 7)

static inline bool sysreg_is_id(uint32_t reg)
{
	return (reg & SYSREG(3, 7, 15, 8, 0)) == SYSREG(3, 0, 0, 0, 0) && SYSREG_CRM(reg) >= 1;
}

/* On a shared CPU, after sysreg_init_traps: what else `vcpu` must not reach without a trap. */
void sysreg_shared_init(const struct vcpu *vcpu);

/*
 * The guest's physical timer, once it has used it, and whether it may do so without a trap: not
 * with a clock of its own, as the physical counter would tell others' time.
 */
void sysreg_shared_load_timer(const struct arch_context *context);

/* The hardware's breakpoints and watchpoints: as the vCPU has them, or none. */
void sysreg_shared_load_debug(const struct arch_context *context);
void sysreg_shared_clear_debug(void);

#endif
