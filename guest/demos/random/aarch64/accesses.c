/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random loads and stores of every width to the guest's own memory, to its emulated interrupt
 * controller, with RANDOM_UART to its UART, and with RANDOM_STRAY to anywhere else.
 */
#include <stdbool.h>
#include <stddef.h>

#include "guest/lib/aarch64/board.h"
#include "guest/lib/aarch64/gic.h"
#include "guest/lib/smp.h"
#include "machine.h"
#include "random.h"

#define ACCESS_UART_BYTES 4096
#ifdef RANDOM_SMP
#define ACCESS_CPUS 2
#else
#define ACCESS_CPUS 1
#endif

/* Those before ACCESS_BLIND leave a syndrome from which an access can be emulated. */
#define ACCESSES(X) \
	X(ldrb)     \
	X(ldrh)     \
	X(ldr32)    \
	X(ldr64)    \
	X(ldrsb)    \
	X(ldrsh)    \
	X(ldrsw)    \
	X(ldrz)     \
	X(strb)     \
	X(strh)     \
	X(str32)    \
	X(str64)    \
	X(strz) X(ldar) X(stlr) X(ldp) X(stp) X(ldr_post) X(str_pre) X(ldxr) X(stxr) X(prfm)
#define ACCESS_BLIND 15

#define ACCESS_DECLARE(name) void access_##name(uint64_t address, uint64_t value);
#define ACCESS_ROW(name)     access_##name,
ACCESSES(ACCESS_DECLARE)

const random_access random_accesses[] = {ACCESSES(ACCESS_ROW)};
#define ACCESS_COUNT (sizeof(random_accesses) / sizeof(random_accesses[0]))

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

static uint64_t access_in_controller(void)
{
	unsigned cpu;

	if (random_below(2))
		return BOARD_GICD_BASE + access_offset(0x10000);
	/* The first kilobytes of a frame are where the registers are. */
	cpu = ACCESS_CPUS > 1 ? (unsigned)random_below(ACCESS_CPUS) : 0;
	if (random_below(4))
		return GICR_RD(cpu) + random_below(2) * 0x10000 + access_offset(0x1000);
	return GICR_RD(cpu) + access_offset(BOARD_GICR_STRIDE);
}

#ifdef RANDOM_UART
/* Never its data register: what is written there is printed. */
static uint64_t access_in_uart(void)
{
	return BOARD_UART_BASE + 8 + access_offset(ACCESS_UART_BYTES - 8);
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
	return access_in_controller();
}

void random_memory(void)
{
	uint64_t address = access_address(), kinds = ACCESS_BLIND;

#ifdef RANDOM_STRAY
	kinds = ACCESS_COUNT;
#endif
	if (address - random_scratch() < RANDOM_SCRATCH_BYTES)
		kinds = ACCESS_COUNT;
	random_accesses[random_below(kinds)](address, random_value());
}
