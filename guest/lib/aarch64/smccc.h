/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls by the SMC calling convention (Arm DEN0028): function in x0, arguments from x1, result in
 * x0.
 */
#ifndef GUEST_LIB_AARCH64_SMCCC_H
#define GUEST_LIB_AARCH64_SMCCC_H

#include <stdint.h>

#define SMCCC_VERSION       0x80000000
#define SMCCC_ARCH_FEATURES 0x80000001

#define SMCCC_NOT_SUPPORTED (-1)

int64_t smccc_hvc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4,
	uint64_t x5, uint64_t x6, uint64_t x7);
int64_t smccc_smc(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4,
	uint64_t x5, uint64_t x6, uint64_t x7);

/* By HVC, or by SMC where the guest runs on bare hardware with EL2 and only firmware answers. */
int64_t smccc_call(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3);

/* The same with every register that a call may touch, to look at what came back. */
struct smccc_registers {
	uint64_t x[18];
};

void smccc_hvc_all(struct smccc_registers *registers);
void smccc_smc_all(struct smccc_registers *registers);

#endif
