/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows from the kind of interrupt controller for a VM and its devices.
 */
#include "tools/controller.h"

#include "tools/devicetree.h"

unsigned controller_cpu_pages(const struct system *system)
{
	unsigned files = 0;

	for (unsigned i = 0; i < system->vm_count; i++) {
		const struct vm *vm = &system->vms[i];

		for (unsigned n = 0; n < vm->vcpu_count; n++)
			if (vm->vcpus[n].guest_file > files)
				files = vm->vcpus[n].guest_file;
	}
	return system->board.controller->cpu_pages + files;
}

unsigned controller_regions(
	const struct board *board, const struct vm *vm, struct plan_mmio *regions)
{
	if (vm->delivery == PLAN_UPCALL)
		return 0;
	return board->controller->regions(board, vm->vcpu_count, regions);
}

bool controller_vcpu_page(const struct board *board, const struct vm *vm, unsigned index,
	uint64_t *guest, uint64_t *host)
{
	uint64_t file = vm->vcpus[index].guest_file;
	*guest = board->intc_cpus.base + index * PLAN_PAGE_SIZE;
	*host = board->intc_frames[vm->vcpus[index].cpu] + file * PLAN_PAGE_SIZE;
	return file != 0;
}

/* The VM's interrupts below irq, each counted once though devices may share one. */
static uint32_t count_below(const struct vm *vm, uint32_t irq, bool *has)
{
	uint32_t count = 0, last = 0;

	*has = false;
	for (;;) {
		uint32_t next = UINT32_MAX;

		for (unsigned i = 0; i < vm->device_count; i++) {
			const struct board_device *device = &vm->devices[i].device;

			for (unsigned n = 0; n < device->irq_count; n++) {
				*has = *has || device->irqs[n] == irq;
				if (device->irqs[n] > last && device->irqs[n] < next)
					next = device->irqs[n];
			}
		}
		if (next >= irq)
			return count;
		last = next;
		count++;
	}
}

uint32_t controller_guest_irq(const struct board *board, const struct vm *vm, uint32_t irq)
{
	bool has;
	uint32_t below = count_below(vm, irq, &has);

	if (!has)
		return 0;
	return board->controller->renumbers ? below + 1 : irq;
}

uint32_t controller_irq_count(const struct vm *vm)
{
	bool has;

	return count_below(vm, UINT32_MAX, &has);
}

/*
 * With AIA, a driver that completes a level-sensitive source has to tell the APLIC, which costs an
 * exit; an edge costs none. It is enough for a device whose driver looks again until nothing is
 * left, as those of the 16550 do, which on a PC's ISA bus has only the edge.
 */
bool controller_takes_edge(const struct board *board, int node)
{
	static const char *const edge_safe[] = {"ns16550a", "ns16550", NULL};
	return board->controller == &controller_aia &&
	       devicetree_compatible(board, node, edge_safe);
}
