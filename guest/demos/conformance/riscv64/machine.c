/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the interface says of RISC-V alone.
 */
#include "conformance.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/riscv64/sbi.h"

#define BASE_PROBE 3

void machine_test_discovery(void)
{
	clause("DISC-1");
	not_applicable("AArch64");
	clause("DISC-2");
	expect_equal(
		(int64_t)sbi_call(SBI_BASE, BASE_PROBE, HYPERCALL_EXTENSION, 0, 0, 0, 0, 0).value,
		1, "probe_extension");
}

/* Registers that a call must keep, given and taken back. */
struct kept {
	uint64_t x[12];
};

static uint64_t call_with_registers(struct kept *kept)
{
	register uint64_t a0 __asm__("a0") = 0;
	register uint64_t a1 __asm__("a1") = 0;
	register uint64_t a2 __asm__("a2");
	register uint64_t a3 __asm__("a3");
	register uint64_t a4 __asm__("a4");
	register uint64_t a5 __asm__("a5");
	register uint64_t a6 __asm__("a6") = HYPERCALL_INFO_GET_VERSION;
	register uint64_t a7 __asm__("a7") = HYPERCALL_EXTENSION;
	register uint64_t t0 __asm__("t0");
	register uint64_t t1 __asm__("t1");
	register uint64_t t2 __asm__("t2");
	register uint64_t t3 __asm__("t3");
	register uint64_t t4 __asm__("t4");
	register uint64_t t5 __asm__("t5");
	register uint64_t t6 __asm__("t6");

	a2 = kept->x[0];
	a3 = kept->x[1];
	a4 = kept->x[2];
	a5 = kept->x[3];
	t0 = kept->x[4];
	t1 = kept->x[5];
	t2 = kept->x[6];
	t3 = kept->x[7];
	t4 = kept->x[8];
	t5 = kept->x[9];
	t6 = kept->x[10];
	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
			 "+r"(a7), "+r"(t0), "+r"(t1), "+r"(t2), "+r"(t3), "+r"(t4), "+r"(t5),
			 "+r"(t6)
			 :
			 : "memory");
	*kept = (struct kept){{a2, a3, a4, a5, t0, t1, t2, t3, t4, t5, t6, a6 ^ a7}};
	return a0 == 0 ? a1 : ~0ull;
}

void machine_test_registers(void)
{
	struct kept kept;

	for (unsigned i = 0; i < 12; i++)
		kept.x[i] = 0x1111111111111111u * i;
	expect_equal(
		(int64_t)call_with_registers(&kept), HYPERCALL_INTERFACE_VERSION, "the result");
	for (unsigned i = 0; i < 11; i++)
		expect_equal((int64_t)kept.x[i], (int64_t)(0x1111111111111111u * i),
			"a register that is not the result");
	expect_equal((int64_t)kept.x[11], HYPERCALL_INFO_GET_VERSION ^ HYPERCALL_EXTENSION,
		"the number's registers");
}

static void expect_error(uint64_t number, uint64_t parameter, int64_t error, int64_t result)
{
	struct sbi_result found = sbi_call(HYPERCALL_EXTENSION, number, parameter, 0, 0, 0, 0, 0);

	expect_equal(found.error, error, "SBI's error");
	if (error != SBI_NOT_SUPPORTED)
		expect_equal((int64_t)found.value, result, "the result");
}

void machine_test_call_errors(void)
{
	expect_error(HYPERCALL_INFO_GET_VERSION, 0, SBI_SUCCESS, HYPERCALL_INTERFACE_VERSION);
	expect_error(63, 0, SBI_NOT_SUPPORTED, 0);
	expect_error(HYPERCALL_CONSOLE_WRITE, HYPERCALL_CONSOLE_MAX + 1, SBI_INVALID_PARAM,
		HYPERCALL_INVALID_PARAMETER);
	expect_error(HYPERCALL_IPC_SEND_MSG, 9999, SBI_FAILED, HYPERCALL_NO_VM);
	expect_error(
		HYPERCALL_IPC_SEND_MSG, (uint64_t)hypercall_get_id(), SBI_DENIED, HYPERCALL_DENIED);
}

void machine_test_immediate(void)
{
	not_applicable("AArch64");
}
