/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random loads and stores of every width to the guest's own memory, to its emulated interrupt
 * controller and its interrupt file, with RANDOM_UART to its UART, and with RANDOM_STRAY to
 * anywhere else.
 */
#include <stddef.h>

#include "guest/lib/riscv64/board.h"
#include "guest/lib/riscv64/intc.h"
#include "guest/lib/smp.h"
#include "machine.h"
#include "random.h"

#define ACCESS_UART_BYTES 4096

/* Those that can be emulated, ACCESS_BLIND in number; then all. */
#define EMULATED(X) \
	X(lb)       \
	X(lbu)      \
	X(lh)       \
	X(lhu)      \
	X(lw)       \
	X(lwu)      \
	X(ld)       \
	X(lwz)      \
	X(sb)       \
	X(sh)       \
	X(sw)       \
	X(sd)       \
	X(swz)      \
	X(c_lw)     \
	X(c_ld)     \
	X(c_sw)     \
	X(c_sd)
#define ACCESSES(X) \
	EMULATED(X) \
	X(amo_add)  \
	X(amo_swap) \
	X(lr)       \
	X(sc)
#define ACCESS_BLIND 17

#define ACCESS_DECLARE(name) void access_##name(uint64_t address, uint64_t value);
#define ACCESS_ROW(name)     access_##name,
ACCESSES(ACCESS_DECLARE)

static void (*const accesses[])(uint64_t address, uint64_t value) = {ACCESSES(ACCESS_ROW)};
#define ACCESS_COUNT (sizeof(accesses) / sizeof(accesses[0]))

static uint8_t access_scratch[RANDOM_CPUS][RANDOM_SCRATCH_BYTES] __attribute__((aligned(4096)));

uint64_t random_scratch(void)
{
	return (uint64_t)access_scratch[smp_cpu()];
}

/* Mostly aligned to 8 bytes: what is not, mostly faults. */
static uint64_t access_offset(uint64_t size_bytes)
{
	uint64_t offset = random_below(size_bytes - 16);

	switch (random_below(8)) {
	case 0:
		return offset;
	case 1:
		return offset & ~1ull;
	case 2:
	case 3:
	case 4:
		return offset & ~3ull;
	default:
		return offset & ~7ull;
	}
}

/* Registers of sources that exist are few, and low in each group. */
static uint64_t access_in_controller(void)
{
	static const uint64_t groups[] = {0, 0x1c00, 0x1cdc, 0x1d00, 0x1ddc, 0x1e00, 0x1edc, 0x1f00,
		0x1fdc, 0x2000, 0x3000, 0x2080, 0x200000, 0x200004};
	uint64_t base = intc_has_files() ? BOARD_APLIC_BASE : BOARD_PLIC_BASE;
	uint64_t bytes = intc_has_files() ? 0x4000 : 0x201000;
	uint64_t group = groups[random_below(sizeof(groups) / sizeof(groups[0]))];

	if (random_below(2) && group < bytes)
		return base + group + random_below(4) * 4;
	return base + access_offset(bytes);
}

#ifdef RANDOM_UART
/* Never its data register: what is written there is printed. */
static uint64_t access_in_uart(void)
{
	return BOARD_UART_BASE + 1 + random_below(random_below(2) ? 8 : ACCESS_UART_BYTES - 16);
}
#endif

#ifdef RANDOM_STRAY
/* Anywhere in 40 bits but the guest's memory, lest it change its own code. */
static uint64_t access_stray(void)
{
	uint64_t address;

	do
		address = random_next() >> (24 + random_below(32));
	while (address - BOARD_RAM_BASE < BOARD_RAM_SIZE ||
		address - BOARD_UART_BASE < ACCESS_UART_BYTES);
	return address;
}
#endif

static uint64_t access_address(void)
{
	struct random_area area = random_shared();

	if (area.size_bytes)
		return area.base + access_offset(area.size_bytes);
#ifdef RANDOM_STRAY
	if (random_below(16) == 0)
		return access_stray();
#endif
#ifdef RANDOM_UART
	if (random_below(4) == 0)
		return access_in_uart();
#endif
	if (random_below(4) == 0)
		return random_scratch() + access_offset(RANDOM_SCRATCH_BYTES);
	if (intc_has_files() && random_below(4) == 0)
		return intc_file(smp_cpu()) + access_offset(0x1000);
	return access_in_controller();
}

void random_memory(void)
{
	uint64_t address = access_address(), kind = random_below(ACCESS_COUNT);

	/* Elsewhere than in memory what cannot be emulated is a fault of the VM. */
#ifndef RANDOM_STRAY
	if (address - BOARD_RAM_BASE >= BOARD_RAM_SIZE)
		kind %= ACCESS_BLIND;
#endif
	accesses[kind](address, random_value());
}
