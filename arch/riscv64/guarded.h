/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Single instructions that may trap (exit.S): each function returns -1 if its instruction did, and
 * 0 or what was read if not. Such a trap overwrites the CSRs of the trap that is being handled, so
 * whoever still needs those takes them first and goes back by guarded_leave.
 */
#ifndef RISCV64_GUARDED_H
#define RISCV64_GUARDED_H

#include <stdint.h>

#include "arch/riscv64/regs.h"

/* One byte at a guest's address, through both stages as the guest's own (HLV.BU, HSV.B). */
int guarded_load_byte(uint64_t address);
int guarded_store_byte(uint64_t address, uint8_t byte);

/* Half an instruction at a guest's address, with its right to execute (HLVX.HU). */
int guarded_fetch(uint64_t address);

/* Selects a register of this hart's interrupt file, or of its guest's, and writes it. */
int guarded_sireg(uint64_t select, uint64_t value);
int guarded_vsireg(uint64_t select, uint64_t value);

/* Writes a CSR that not every hart has. */
int guarded_hgeie(uint64_t value);
int guarded_vstimecmp(uint64_t value);
int guarded_hstateen0(uint64_t value);
int guarded_sstateen0(uint64_t value);

/* A semihosting call, where a debugger watches. */
int guarded_semihosting(uint64_t operation, const void *parameter);

/* What of the guest's state a trap in the hypervisor destroys. */
struct guarded {
	uint64_t sepc, sstatus, hstatus;
};

static inline struct guarded guarded_enter(void)
{
	return (struct guarded){csr_read(CSR_SEPC), csr_read(CSR_SSTATUS), csr_read(CSR_HSTATUS)};
}

static inline void guarded_leave(const struct guarded *state)
{
	csr_write(CSR_SEPC, state->sepc);
	csr_write(CSR_SSTATUS, state->sstatus);
	csr_write(CSR_HSTATUS, state->hstatus);
}

#endif
