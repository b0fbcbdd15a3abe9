/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory, by guest-physical address, for the length of one exit: pages are mapped into
 * this CPU's window when they are asked for. What a guest has there it may change at any time.
 */
#ifndef HYP_COMM_GUEST_MEMORY_H
#define HYP_COMM_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/plan.h"

struct cpu;
struct vm;

/* Of each use one page is mapped at a time: a pointer is good until the next one of its use. */
enum guest_memory_use {
	GUEST_DESCRIPTORS, /* in even pages, in odd ones: a chain may go to and fro */
	GUEST_DESCRIPTORS_ODD,
	GUEST_DRIVER, /* the available ring */
	GUEST_DEVICE, /* the used ring */
	GUEST_DATA,
	GUEST_MEMORY_USES,
};

/* Two can be open at once on a CPU, one on each side of its window. */
enum guest_memory_side { GUEST_SIDE_OWN, GUEST_SIDE_OTHER };

struct guest_memory {
	const struct plan_vm *vm;
	struct cpu *cpu;
	unsigned first;                    /* its pages of the window */
	uint64_t pages[GUEST_MEMORY_USES]; /* guest-physical, GUEST_PAGE_* in the low bits */
	char *mapped[GUEST_MEMORY_USES];   /* where they are, if there is any */
};

/* The memory of `vm` on this CPU, with nothing mapped. guest_memory_close must follow. */
void guest_memory_open(
	struct guest_memory *memory, const struct vm *vm, enum guest_memory_side side);
void guest_memory_close(struct guest_memory *memory);

#define GUEST_PAGE_MAPPED   1u
#define GUEST_PAGE_WRITABLE 2u
#define GUEST_PAGE_MASK     (~(uint64_t)(PLAN_PAGE_SIZE - 1))

/* Maps the page of `address` and returns where that is; NULL as below. */
void *guest_memory_map(
	struct guest_memory *memory, enum guest_memory_use use, uint64_t address, bool is_write);

/*
 * Where the `size_bytes` (at least 1) at `address` are, to be read or also to be written; NULL if
 * they are not in one page of the VM's memory, or not in memory that it may write.
 */
static inline void *guest_memory_at(struct guest_memory *memory, enum guest_memory_use use,
	uint64_t address, uint32_t size_bytes, bool is_write)
{
	const uint64_t flags = GUEST_PAGE_MAPPED | (is_write ? GUEST_PAGE_WRITABLE : 0);
	const uint64_t offset = address & ~GUEST_PAGE_MASK;

	if (offset + size_bytes > PLAN_PAGE_SIZE)
		return 0;
	if (((memory->pages[use] ^ (address - offset + flags)) & (GUEST_PAGE_MASK | flags)) == 0)
		return memory->mapped[use] + offset;
	return guest_memory_map(memory, use, address, is_write);
}

#endif
