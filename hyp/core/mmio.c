/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VM's table of emulated regions, searched by bisection: it is sorted and never changes.
 */
#include "hyp/core/mmio.h"

#include "arch/include/arch_irq.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

static const struct plan_mmio *find(const struct plan_vm *plan, uint64_t address)
{
	const struct plan_mmio *first = plan->mmio;

	for (uint32_t count = plan->mmio_count; count > 0;) {
		const struct plan_mmio *middle = first + count / 2;

		if (address - middle->base < middle->size_bytes)
			return middle;
		if (address < middle->base) {
			count /= 2;
		} else {
			first = middle + 1;
			count -= count / 2 + 1;
		}
	}
	return 0;
}

enum mmio_result mmio_dispatch(struct vcpu *vcpu, struct mmio_access *access)
{
	const struct plan_mmio *region = find(vcpu->vm->plan, access->address);
	enum mmio_result result;

	if (!region)
		return MMIO_NO_DEVICE;
	access->address -= region->base;
	if (region->kind != PLAN_MMIO_UART) {
		vcpu->exits[EXIT_CAUSE_INTC]++;
		return arch_intc_access(vcpu, region->kind, access);
	}
	vcpu->exits[EXIT_CAUSE_DEVICE]++;
	lock_take(&vcpu->vm->lock);
	result = uart_access(vcpu->vm, access);
	lock_release(&vcpu->vm->lock);
	return result;
}
