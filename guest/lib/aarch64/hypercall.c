/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's calls: HVC by the SMC calling convention.
 */
#include "guest/lib/hypercall.h"

#include "guest/lib/aarch64/smccc.h"

int64_t hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	return smccc_hvc(HYPERCALL_BASE + number, a, b, c, d, e, 0, 0);
}

bool hypercall_present(void)
{
	int64_t version = smccc_hvc(HYPERCALL_BASE + HYPERCALL_INFO_GET_VERSION, 0, 0, 0, 0, 0, 0, 0);

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
