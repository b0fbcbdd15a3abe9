/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a million random things that no sane guest does: calls, system registers, loads and stores,
 * the same ones in every run. What faults is skipped. The guest itself survives all of it, if the
 * hypervisor answers as the architecture says; with RANDOM_STRAY it goes also where the VM has
 * nothing and the hypervisor may end its life; with RANDOM_COMM it writes what it shares with the
 * hypervisor and with other VMs.
 */
#include "random.h"

#include <stddef.h>

#include "abi/region.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/smp.h"
#include "guest/lib/start.h"
#include "machine.h"

#ifndef RANDOM_SEED
#define RANDOM_SEED 0x0123456789abcdef
#endif
#ifndef RANDOM_OPERATIONS
#define RANDOM_OPERATIONS 1000000
#endif
#define RANDOM_PROGRESS 100000

/* Each CPU goes its own way. */
static struct random_cpu {
	uint64_t state, digest, exceptions, interrupts;
} random_cpus[RANDOM_CPUS];

static struct random_cpu *random_cpu(void)
{
	return &random_cpus[smp_cpu()];
}

/* xorshift64* (Vigna 2016) */
uint64_t random_next(void)
{
	uint64_t *state = &random_cpu()->state;

	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

uint64_t random_below(uint64_t limit)
{
	return (random_next() >> 16) % limit;
}

uint64_t random_value(void)
{
	uint64_t value = random_next();

	switch (random_below(6)) {
	case 0:
		return value % 32;
	case 1:
		return -(value % 32);
	case 2:
		return 1ull << value % 64;
	case 3:
		return value & 0xffffffff;
	case 4:
		return ~(1ull << value % 64);
	default:
		return value;
	}
}

static void random_note(uint64_t value)
{
	struct random_cpu *cpu = random_cpu();

	cpu->digest = (cpu->digest ^ value) * 0x100000001b3; /* FNV-1a, by words */
}

static void random_skip(struct exception_frame *frame)
{
	random_cpu()->exceptions++;
	random_note(random_cause(frame));
	random_step(frame);
	random_mask_later(frame);
}

static void random_ignore(struct exception_frame *frame)
{
	random_cpu()->interrupts++;
	random_mask_later(frame);
}

#ifdef RANDOM_COMM
/* Noted before anything is written there. */
static struct random_area random_areas[REGION_TUNNELS_MOST + 1];
static unsigned random_area_count;

static void random_find_areas(void)
{
	int64_t address = hypercall(HYPERCALL_INFO_GET_REGION, 0, 0, 0, 0, 0);
	const struct region *region = (const struct region *)address;
	const struct region_tunnel *tunnels;

	if (address <= 0)
		return;
	tunnels = (const struct region_tunnel *)(address + region->tunnels);
	random_areas[random_area_count++] =
		(struct random_area){(uint64_t)address, region->size_bytes};
	for (unsigned i = 0; i < region->tunnel_count; i++) {
		random_areas[random_area_count++] =
			(struct random_area){tunnels[i].address, tunnels[i].size_bytes};
		hypercall(HYPERCALL_IPC_CREATE_TUNNEL, tunnels[i].peer, 0, 0, 0, 0);
	}
	print("random: %u areas\n", random_area_count);
}

struct random_area random_shared(void)
{
	if (random_area_count == 0 || random_below(4))
		return (struct random_area){0, 0};
	return random_areas[random_below(random_area_count)];
}

/* One of the calls to others, mostly with something that may make sense, and never for ever. */
static void random_comm_call(void)
{
	static const uint8_t calls[] = {HYPERCALL_IPC_RING, HYPERCALL_IPC_SEND_MSG,
		HYPERCALL_IPC_SEND_MSG, HYPERCALL_IPC_RECV_MSG, HYPERCALL_IPC_CREATE_TUNNEL,
		HYPERCALL_IO_SEND_MAC, HYPERCALL_IO_SEND_PACKETS};
	uint64_t call = calls[random_below(sizeof(calls))];
	uint64_t a = random_below(4) ? random_below(4) : random_value();
	uint64_t b = random_below(4) ? random_below(80) : random_value();

	if (call == HYPERCALL_IPC_RECV_MSG)
		a = random_below(RANDOM_SLEEP_NS);
	random_note((uint64_t)hypercall(call, a, b, random_below(RANDOM_SLEEP_NS), 0, 0));
}
#else
static void random_comm_call(void)
{
	random_call();
}

static void random_find_areas(void)
{
}

struct random_area random_shared(void)
{
	return (struct random_area){0, 0};
}
#endif

static void random_operation(void)
{
	uint64_t kind = random_below(8);

	random_note(kind);
	if (kind == 0)
		random_call();
	else if (kind == 1)
		random_comm_call();
	else if (kind < 5)
		random_system();
	else
		random_memory();
	random_mask();
}

#ifdef RANDOM_SMP
/* The second CPU goes on until the first one turns the guest off. */
static void random_second(void *argument)
{
	(void)argument;
	for (;;)
		random_operation();
}

static void random_start_second(void)
{
	if (smp_start(1, random_second, NULL) != 0)
		print("random: there is no second CPU\n");
}
#else
static void random_start_second(void)
{
}
#endif

int main(uint64_t tree)
{
	const struct random_cpu *cpu = random_cpu();

	(void)tree;
	console_init(CONSOLE_AUTO);
	for (unsigned i = 0; i < RANDOM_CPUS; i++)
		random_cpus[i].state = RANDOM_SEED + i;
	random_prepare();
	random_set_handlers(random_skip, random_ignore);
	print("random: %u operations from seed 0x%lx\n", RANDOM_OPERATIONS, (uint64_t)RANDOM_SEED);
	random_find_areas();
	random_start_second();
	for (unsigned i = 1; i <= RANDOM_OPERATIONS; i++) {
		random_operation();
		if (i % RANDOM_PROGRESS == 0)
			print("random: %u operations, %lu exceptions\n", i, cpu->exceptions);
	}
	print("random: done: %u operations, %lu exceptions, %lu interrupts, digest 0x%lx\n",
		RANDOM_OPERATIONS, cpu->exceptions, cpu->interrupts, cpu->digest);
	power_off();
}
