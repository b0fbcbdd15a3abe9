/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's calls: HVC by the SMC calling convention.
 */
#include "guest/lib/hypercall.h"

#include "guest/lib/aarch64/smccc.h"

/* The convention lets a call change x1 to x3, and nothing else but the result. */
int64_t hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	register uint64_t x0 __asm__("x0") = HYPERCALL_BASE + number;
	register uint64_t x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = c;
	register uint64_t x4 __asm__("x4") = d, x5 __asm__("x5") = e;

	__asm__ volatile("hvc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			 : "r"(x4), "r"(x5)
			 : "memory");
	return (int64_t)x0;
}

bool hypercall_present(void)
{
	int64_t version =
		smccc_hvc(HYPERCALL_BASE + HYPERCALL_INFO_GET_VERSION, 0, 0, 0, 0, 0, 0, 0);

	return version >= 0 && version >> 16 == HYPERCALL_INTERFACE_VERSION >> 16;
}

int64_t hypercall_get_id(void)
{
	return smccc_hvc(HYPERCALL_BASE + HYPERCALL_INFO_GET_ID, 0, 0, 0, 0, 0, 0, 0);
}

int64_t hypercall_console_write(const char *text, size_t count)
{
	uint64_t words[HYPERCALL_CONSOLE_MAX / 8] = {0};

	if (count > HYPERCALL_CONSOLE_MAX)
		return HYPERCALL_INVALID_PARAMETER;
	for (size_t i = 0; i < count; i++)
		words[i / 8] |= (uint64_t)(uint8_t)text[i] << (i % 8 * 8);
	return smccc_hvc(HYPERCALL_BASE + HYPERCALL_CONSOLE_WRITE, count, words[0], words[1],
		words[2], words[3], words[4], 0);
}
