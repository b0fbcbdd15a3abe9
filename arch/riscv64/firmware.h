/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's firmware, called by ECALL: the Supervisor Binary Interface 2.0. The same numbers
 * serve in sbi.c, where the hypervisor is the firmware of its guests.
 */
#ifndef RISCV64_FIRMWARE_H
#define RISCV64_FIRMWARE_H

/* Errors; for assembly, too. */
#define SBI_SUCCESS           0
#define SBI_FAILED            (-1)
#define SBI_NOT_SUPPORTED     (-2)
#define SBI_INVALID_PARAM     (-3)
#define SBI_DENIED            (-4)
#define SBI_INVALID_ADDRESS   (-5)
#define SBI_ALREADY_AVAILABLE (-6)

#ifndef __ASSEMBLER__
#include <stdint.h>

enum sbi_extension {
	SBI_LEGACY_LAST = 0x0f,
	SBI_BASE = 0x10,
	SBI_TIME = 0x54494d45,
	SBI_IPI = 0x735049,
	SBI_RFENCE = 0x52464e43,
	SBI_HSM = 0x48534d,
	SBI_SRST = 0x53525354,
	SBI_DBCN = 0x4442434e,
};

enum {
	BASE_VERSION,
	BASE_IMPLEMENTATION,
	BASE_IMPLEMENTATION_VERSION,
	BASE_PROBE,
	BASE_MVENDORID,
	BASE_MARCHID,
	BASE_MIMPID
};
enum {
	RFENCE_FENCE_I,
	RFENCE_SFENCE_VMA,
	RFENCE_SFENCE_VMA_ASID,
	RFENCE_HFENCE_GVMA_VMID,
	RFENCE_HFENCE_GVMA,
	RFENCE_HFENCE_VVMA_ASID,
	RFENCE_HFENCE_VVMA
};
enum { HSM_START, HSM_STOP, HSM_STATUS, HSM_SUSPEND };
enum { HSM_STARTED, HSM_STOPPED, HSM_START_PENDING, HSM_STOP_PENDING, HSM_SUSPENDED };
enum { SRST_SHUTDOWN, SRST_COLD_REBOOT, SRST_WARM_REBOOT };

struct sbi_result {
	int64_t error; /* SBI_SUCCESS or another of the errors above */
	int64_t value;
};

/* Of the extensions that take up to three parameters. */
struct sbi_result firmware_call(
	uint64_t extension, uint64_t function, uint64_t p0, uint64_t p1, uint64_t p2);

struct vm;

/*
 * Remote fence `function` of RFENCE on the CPUs of those of the VM's vCPUs that `vcpus` names, a
 * bit each; `start` and `size` in bytes, and `asid` or VMID as the function takes it.
 */
int64_t firmware_fence(const struct vm *vm, uint64_t vcpus, unsigned function, uint64_t start,
	uint64_t size, uint64_t asid);

#endif
#endif
