/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the guests' SBI know of each other. All functions take a0 to a5 in `args`.
 */
#ifndef RISCV64_SBI_H
#define RISCV64_SBI_H

#include <stdint.h>

#include "arch/riscv64/firmware.h"
#include "arch/riscv64/guarded.h"

struct vcpu;

/* An extension's functions (sbi_hsm.c, sbi_console.c). */
struct sbi_result sbi_hsm(struct vcpu *vcpu, uint64_t function, const uint64_t *args);
struct sbi_result sbi_console(struct vcpu *vcpu, uint64_t function, const uint64_t *args);

/* The next character that a person typed for the VM, or -1. */
int64_t sbi_console_get(struct vcpu *vcpu);

/*
 * Between open and close the guarded accesses of guarded.h take guest-physical addresses: the
 * guest's own translation is off meanwhile.
 */
struct sbi_memory {
	struct guarded trap;
	uint64_t vsatp;
};
struct sbi_memory sbi_memory_open(void);
void sbi_memory_close(const struct sbi_memory *memory);

/* Not an error of SBI's: the service has set the guest's registers itself. */
#define SBI_RESUMED 1

#endif
