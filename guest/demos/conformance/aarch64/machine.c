/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the interface says of AArch64 alone.
 */
#include "conformance.h"
#include "guest/lib/aarch64/smccc.h"
#include "guest/lib/hypercall.h"

#define CALL_UID      0x8600ff01
#define CALL_REVISION 0x8600ff03

void machine_test_discovery(void)
{
	static const uint32_t uid[] = {0x4f524c4f, 0x4ee250b5, 0x9b3fa184, 0x5d01c76e};
	struct smccc_registers registers = {.x = {CALL_UID}};

	clause("DISC-1");
	smccc_hvc_all(&registers);
	for (unsigned i = 0; i < 4; i++)
		expect_equal((uint32_t)registers.x[i], uid[i], "a word of the UID");
	registers.x[0] = CALL_REVISION;
	smccc_hvc_all(&registers);
	expect_equal((int64_t)registers.x[0], HYPERCALL_INTERFACE_VERSION >> 16, "major number");
	expect_equal((int64_t)registers.x[1], HYPERCALL_INTERFACE_VERSION & 0xffff, "minor number");
	clause("DISC-2");
	not_applicable("RISC-V");
}

void machine_test_registers(void)
{
	struct smccc_registers registers;

	for (unsigned i = 0; i < 18; i++)
		registers.x[i] = 0x1111111111111111u * i;
	registers.x[0] = HYPERCALL_BASE + HYPERCALL_INFO_GET_VERSION;
	smccc_hvc_all(&registers);
	expect_equal((int64_t)registers.x[0], HYPERCALL_INTERFACE_VERSION, "the result");
	for (unsigned i = 4; i < 18; i++)
		expect_equal((int64_t)registers.x[i], (int64_t)(0x1111111111111111u * i),
			"a register that is not the result");
}

void machine_test_call_errors(void)
{
	not_applicable("RISC-V");
}

static int64_t call_with_immediate(void)
{
	register uint64_t x0 __asm__("x0") = HYPERCALL_BASE + HYPERCALL_INFO_GET_VERSION;

	__asm__ volatile("hvc #1" : "+r"(x0) : : "x1", "x2", "x3", "memory");
	return (int64_t)x0;
}

void machine_test_immediate(void)
{
	expect_equal(smccc_hvc(0xabcdef0100000000 | (HYPERCALL_BASE + HYPERCALL_INFO_GET_VERSION),
			     0, 0, 0, 0, 0, 0, 0),
		HYPERCALL_INTERFACE_VERSION, "a number with its upper half set");
	expect_equal(call_with_immediate(), HYPERCALL_NOT_SUPPORTED, "HVC #1");
}
