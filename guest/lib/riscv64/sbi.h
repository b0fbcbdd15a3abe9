/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware: RISC-V Supervisor Binary Interface 2.0. Harts are named by their ids.
 */
#ifndef GUEST_LIB_RISCV64_SBI_H
#define GUEST_LIB_RISCV64_SBI_H

#include <stdint.h>

#define SBI_LEGACY_PUT      0x01
#define SBI_LEGACY_SHUTDOWN 0x08

#define SBI_BASE   0x10
#define SBI_TIME   0x54494d45
#define SBI_IPI    0x735049
#define SBI_RFENCE 0x52464e43
#define SBI_HSM    0x48534d
#define SBI_SRST   0x53525354
#define SBI_DBCN   0x4442434e

#define SBI_SUCCESS           0
#define SBI_FAILED            (-1)
#define SBI_NOT_SUPPORTED     (-2)
#define SBI_INVALID_PARAM     (-3)
#define SBI_DENIED            (-4)
#define SBI_INVALID_ADDRESS   (-5)
#define SBI_ALREADY_AVAILABLE (-6)
#define SBI_ALREADY_STARTED   (-7)
#define SBI_ALREADY_STOPPED   (-8)

/* Functions of HSM and the states of a hart. */
#define SBI_HSM_START   0
#define SBI_HSM_STOP    1
#define SBI_HSM_STATUS  2
#define SBI_HSM_SUSPEND 3

#define SBI_STARTED       0
#define SBI_STOPPED       1
#define SBI_START_PENDING 2
#define SBI_STOP_PENDING  3
#define SBI_SUSPENDED     4

struct sbi_result {
	int64_t error;
	uint64_t value;
};

struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
	uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);

#endif
