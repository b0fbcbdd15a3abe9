/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that a guest can make of the hypervisor. AArch64: HVC #0 by the SMC calling convention
 * (Arm DEN0028), 64-bit fast calls of the vendor-hypervisor range: number in x0, parameters from
 * x1, results from x0. A call that does not exist returns HYPERCALL_NOT_SUPPORTED.
 * RISC-V: ECALL by the SBI specification, an extension of the range of firmware-specific ones:
 * HYPERCALL_EXTENSION in a7, number in a6, parameters from a0; then a0 holds SBI's error code and
 * a1 the result, which is one of the codes below when a0 is not 0.
 */
#ifndef ABI_HYPERCALL_H
#define ABI_HYPERCALL_H

#define HYPERCALL_BASE 0xc6000000 /* SMCCC 6.1: fast, 64 bits, owner 6 */

#define HYPERCALL_SBI_ID    0x4f524c                        /* as SBI implementation: "ORL" */
#define HYPERCALL_EXTENSION (0x0a000000 + HYPERCALL_SBI_ID) /* SBI, extension space */

#define HYPERCALL_INFO_GET_ID   0 /* () -> the VM's number; the null call of the measurements */
#define HYPERCALL_VERSION       1 /* () -> major << 16 | minor of this interface */
#define HYPERCALL_CONSOLE_WRITE 2 /* (count 0..HYPERCALL_CONSOLE_MAX, 5 words of text) -> count */
#define HYPERCALL_COUNT         3

#define HYPERCALL_CONSOLE_MAX 40 /* bytes; the first is the lowest of the first word */

#define HYPERCALL_INTERFACE_VERSION 0x00010000

#define HYPERCALL_OK                0
#define HYPERCALL_NOT_SUPPORTED     (-1)
#define HYPERCALL_INVALID_PARAMETER (-3)

#endif
