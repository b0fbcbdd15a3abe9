/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the firmware, and the end of a guest's life by one of them.
 */
#include "guest/lib/riscv64/sbi.h"

#include "guest/lib/power.h"

#define SRST_SHUTDOWN    0
#define SRST_COLD_REBOOT 1

struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t a0, uint64_t a1,
	uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
	register uint64_t x10 __asm__("a0") = a0;
	register uint64_t x11 __asm__("a1") = a1;
	register uint64_t x12 __asm__("a2") = a2;
	register uint64_t x13 __asm__("a3") = a3;
	register uint64_t x14 __asm__("a4") = a4;
	register uint64_t x15 __asm__("a5") = a5;
	register uint64_t x16 __asm__("a6") = function;
	register uint64_t x17 __asm__("a7") = extension;

	__asm__ volatile("ecall"
			 : "+r"(x10), "+r"(x11)
			 : "r"(x12), "r"(x13), "r"(x14), "r"(x15), "r"(x16), "r"(x17)
			 : "memory");
	return (struct sbi_result){(int64_t)x10, x11};
}

static _Noreturn void reset(uint64_t type)
{
	sbi_call(SBI_SRST, 0, type, 0, 0, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}

void power_off(void)
{
	reset(SRST_SHUTDOWN);
}

void power_reset(void)
{
	reset(SRST_COLD_REBOOT);
}
