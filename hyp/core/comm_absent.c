/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In place of hyp/comm, where no VM talks to another: no call exists, and no plan names a device
 * that would be asked.
 */
#include "abi/hypercall.h"
#include "hyp/core/comm.h"

void comm_init(void)
{
}

void comm_vm_left(struct vm *vm)
{
	(void)vm;
}

void comm_vm_state(struct vm *vm)
{
	(void)vm;
}

void comm_dispatched(struct vcpu *from, struct vcpu *vcpu, uint64_t now, uint64_t until)
{
	(void)from;
	(void)vcpu;
	(void)now;
	(void)until;
}

void comm_vcpu_left(struct vcpu *vcpu)
{
	(void)vcpu;
}

int64_t comm_get_region(struct vcpu *vcpu, const uint64_t *args)
{
	(void)vcpu;
	(void)args;
	return HYPERCALL_NOT_SUPPORTED;
}

int64_t comm_ring(struct vcpu *vcpu, const uint64_t *args)
{
	(void)vcpu;
	(void)args;
	return HYPERCALL_NOT_SUPPORTED;
}

int64_t comm_hypercall(struct vcpu *vcpu, uint64_t number, const uint64_t *args)
{
	(void)vcpu;
	(void)number;
	(void)args;
	return HYPERCALL_NOT_SUPPORTED;
}

enum mmio_result comm_access(
	struct vcpu *vcpu, const struct plan_mmio *region, struct mmio_access *access)
{
	(void)vcpu;
	(void)region;
	(void)access;
	return MMIO_DENIED;
}

bool comm_has_console(const struct vm *vm)
{
	(void)vm;
	return false;
}

bool comm_console_input(struct vm *vm, char c)
{
	(void)vm;
	(void)c;
	return false;
}

bool comm_upcall_record(struct vcpu *vcpu, uint32_t irq)
{
	(void)vcpu;
	(void)irq;
	return false;
}

void comm_upcall_raise(struct vcpu *vcpu, uint32_t irq)
{
	(void)vcpu;
	(void)irq;
}

bool comm_upcall_waits(const struct vcpu *vcpu)
{
	(void)vcpu;
	return false;
}

void comm_upcall(struct vcpu *vcpu)
{
	(void)vcpu;
}
