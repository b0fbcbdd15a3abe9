/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory through this CPU's window. Only what the plan gives the VM can be reached, page
 * by page, so that whatever address a guest names, nobody else's memory is touched.
 */
#include "hyp/comm/guest_memory.h"

#include <stddef.h>

#include "arch/include/arch_cpu.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/vm.h"

#define PAGE_NONE GUEST_PAGE_MASK /* no memory is at the end of all addresses */

#define SIDE_PAGES (PLAN_WINDOW_PAGES / 2)
_Static_assert(GUEST_MEMORY_USES <= SIDE_PAGES, "a side of the window holds a page of each use");

void guest_memory_open(
	struct guest_memory *memory, const struct vm *vm, enum guest_memory_side side)
{
	memory->vm = vm->plan;
	memory->cpu = arch_cpu_here();
	memory->first = side * SIDE_PAGES;
	for (unsigned use = 0; use < GUEST_MEMORY_USES; use++)
		memory->pages[use] = PAGE_NONE;
}

void guest_memory_close(struct guest_memory *memory)
{
	arch_window_drop(memory->cpu, memory->first, GUEST_MEMORY_USES);
}

static const struct plan_memory *find(const struct plan_vm *vm, uint64_t address)
{
	for (uint32_t i = 0; i < vm->memory_count; i++) {
		if (address - vm->memory[i].base < vm->memory[i].size_bytes)
			return &vm->memory[i];
	}
	return NULL;
}

/* The page may be there already, but not to be written. */
void *guest_memory_map(
	struct guest_memory *memory, enum guest_memory_use use, uint64_t address, bool is_write)
{
	const struct plan_memory *piece = find(memory->vm, address);
	const uint64_t page = address & GUEST_PAGE_MASK;

	if (!piece || (is_write && !piece->is_writable))
		return NULL;
	memory->mapped[use] = arch_window_page(
		memory->cpu, memory->first + use, piece->host_pa + (page - piece->base));
	memory->pages[use] =
		page | GUEST_PAGE_MAPPED | (piece->is_writable ? GUEST_PAGE_WRITABLE : 0);
	return memory->mapped[use] + address % PLAN_PAGE_SIZE;
}
