/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's calls: an SBI extension. Other firmware does not have it.
 */
#include "guest/lib/hypercall.h"

#include "guest/lib/riscv64/sbi.h"

#define CALL_PARAMETERS 6 /* a6 holds the number */
#define CALL_TEXT_MAX   ((CALL_PARAMETERS - 1) * 8)

static int64_t call(uint64_t number, const uint64_t args[CALL_PARAMETERS])
{
	struct sbi_result result = sbi_call(
		HYPERCALL_EXTENSION, number, args[0], args[1], args[2], args[3], args[4], args[5]);

	/* Firmware that does not know the extension leaves the value as it likes. */
	return result.error == SBI_NOT_SUPPORTED ? HYPERCALL_NOT_SUPPORTED : (int64_t)result.value;
}

int64_t hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
	register uint64_t a3 __asm__("a3") = d, a4 __asm__("a4") = e;
	register uint64_t a6 __asm__("a6") = number, a7 __asm__("a7") = HYPERCALL_EXTENSION;

	__asm__ volatile("ecall"
			 : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
			 : "memory");
	/* Firmware that does not know the extension leaves the value as it likes. */
	return (int64_t)a0 == SBI_NOT_SUPPORTED ? HYPERCALL_NOT_SUPPORTED : (int64_t)a1;
}

bool hypercall_present(void)
{
	int64_t version = call(HYPERCALL_INFO_GET_VERSION, (const uint64_t[CALL_PARAMETERS]){0});

	return version >= 0 && version >> 16 == HYPERCALL_INTERFACE_VERSION >> 16;
}

int64_t hypercall_get_id(void)
{
	return call(HYPERCALL_INFO_GET_ID, (const uint64_t[CALL_PARAMETERS]){0});
}

int64_t hypercall_console_write(const char *text, size_t count)
{
	uint64_t args[CALL_PARAMETERS] = {0};

	if (count > HYPERCALL_CONSOLE_MAX)
		return HYPERCALL_INVALID_PARAMETER;
	if (count > CALL_TEXT_MAX)
		count = CALL_TEXT_MAX; /* the caller sees how many were written */
	args[0] = count;
	for (size_t i = 0; i < count; i++)
		args[1 + i / 8] |= (uint64_t)(uint8_t)text[i] << (i % 8 * 8);
	return call(HYPERCALL_CONSOLE_WRITE, args);
}
