/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VM's table of emulated regions. It never changes, and it is so short (two or three regions)
 * that one look at each costs less than a bisection.
 */
#include "hyp/core/mmio.h"

#include "arch/include/arch_irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/extent.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/bits.h"

/* There is a first region (find_regions in hyp.c). */
static const struct plan_mmio *find(const struct vcpu *vcpu, uint64_t address)
{
	const struct plan_mmio *region = vcpu->mmio;

	for (;;) {
		if (__builtin_expect(address - region->base < region->size_bytes, 1))
			return region;
		if (++region == vcpu->mmio_end)
			return 0;
	}
}

NEVER_INLINE static enum mmio_result access_device(
	struct vcpu *vcpu, struct mmio_access *access, const struct plan_mmio *region)
{
	struct vm *vm = vcpu->vm;
	enum mmio_result result;

	vcpu->exits[EXIT_CAUSE_DEVICE]++;
	if (HYP_COMM && region->kind == PLAN_MMIO_VIRTIO)
		return comm_access(vcpu, region, access);
	if (access->is_write && !console_make_room())
		return MMIO_BUSY;
	lock_take(&vm->lock);
	result = uart_access(vm, access);
	lock_release(&vm->lock);
	return result;
}

enum mmio_result mmio_dispatch(struct vcpu *vcpu, struct mmio_access *access)
{
	const struct plan_mmio *region = find(vcpu, access->address);

	if (!region)
		return MMIO_NO_DEVICE;
	access->address -= region->base;
	if (region->kind < PLAN_MMIO_INTC)
		return access_device(vcpu, access, region);
	vcpu->exits[EXIT_CAUSE_INTC]++;
	return arch_intc_access(vcpu, access, region->kind);
}
