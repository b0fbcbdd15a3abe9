/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that no device of the board drives.
 */
#include "tools/virtual_irqs.h"

#include "tools/controller.h"
#include "tools/interrupts.h"
#include "tools/message.h"

static const char mend_board[] = "add free-interrupts to the board's board.yaml";

/* How many of the board's free interrupts have been given away. */
struct giver {
	const struct system *system;
	uint64_t given;
};

static bool take(struct giver *giver, uint32_t *irq)
{
	const struct board *board = &giver->system->board;
	uint64_t index = giver->given;

	for (unsigned i = 0; i < board->free_irq_count; i++) {
		if (index < board->free_irqs[i].size) {
			*irq = (uint32_t)(board->free_irqs[i].base + index);
			giver->given++;
			return true;
		}
		index -= board->free_irqs[i].size;
	}
	return false;
}

unsigned virtual_irqs_count(const struct vm *vm)
{
	unsigned count = (vm->console_irq != 0) + (vm->comm.region_irq != 0);

	for (unsigned i = 0; i < vm->comm.virtio_count; i++)
		count += vm->comm.virtio[i].irq != 0;
	return count;
}

static void give(
	struct giver *giver, struct vm *vm, uint32_t *irq, const char *what, const char *mend)
{
	const struct board *board = &giver->system->board;

	if (board->controller->renumbers)
		*irq = controller_irq_count(vm) + virtual_irqs_count(vm) + 1;
	else if (!take(giver, irq))
		message_error(vm->place, mend,
			"board %s has no free interrupt left for the %s of VM '%s'", board->name,
			what, vm->name);
	else if (vm->delivery == PLAN_UPCALL && *irq >= INTERRUPTS_UPCALL)
		message_error(vm->place, mend_board,
			"upcalls are for interrupts below %u, and of the board's free ones %u is "
			"the next for VM '%s'",
			INTERRUPTS_UPCALL, *irq, vm->name);
}

static void give_comm(struct giver *giver, struct vm *vm)
{
	if (vm->comm.region_size != 0)
		give(giver, vm, &vm->comm.region_irq, "communication region", mend_board);
	for (unsigned i = 0; i < vm->comm.virtio_count; i++)
		give(giver, vm, &vm->comm.virtio[i].irq, "virtio devices", mend_board);
}

/* Consoles first, so that their numbers do not depend on what else there is. */
void virtual_irqs_give(struct system *system)
{
	struct giver giver = {.system = system};

	for (unsigned i = 0; i < system->vm_count; i++) {
		struct vm *vm = &system->vms[i];

		if (vm->console == GUEST_CONSOLE_SHARED && system->board.console_device.reg_count)
			give(&giver, vm, &vm->console_irq, "shared console",
				"write console: none for it, or add free-interrupts to the board's "
				"board.yaml");
	}
	for (unsigned i = 0; i < system->vm_count; i++)
		give_comm(&giver, &system->vms[i]);
}
