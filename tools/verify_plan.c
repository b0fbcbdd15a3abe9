/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for the plan's lists of interrupts and CPUs: every one has one owner.
 */
#include <inttypes.h>

#include "tools/arena.h"
#include "tools/verify_intc.h"

#define BANK_IRQS 32u

/* The board's number; 0 where there is none, as of an emulated device (but with a GIC). */
static uint32_t host_of(const struct verify *verify, const struct plan_irq *irq)
{
	if (verify_intc(verify)->virtual_apart && (irq->flags & PLAN_IRQ_VIRTUAL))
		return 0;
	return irq->host_id != 0 ? irq->host_id : irq->id;
}

static void check_irq(const struct verify *verify, int *owners, unsigned vm,
	const struct plan_irq *irqs, uint32_t index)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const struct plan_irq *irq = &irqs[index];
	const char *name = verify_owner(verify, (int)vm);
	uint32_t host = host_of(verify, irq), first = verify_intc(verify)->irq_first;

	if (irq->id < first || irq->id >= plan->irq_limit || host >= verify->plan->irq_limit ||
		(host != 0 && host < first)) {
		verify_complain(
			verify, "%s has interrupt %u, which its controller has not", name, irq->id);
		return;
	}
	if (index > 0 && irq->id <= irqs[index - 1].id)
		verify_complain(
			verify, "the interrupts of %s are not in order at %u", name, irq->id);
	else if (host != 0 && owners[host] >= 0)
		verify_complain(verify, "interrupt %u has two owners: %s and %s", host,
			verify_owner(verify, owners[host]), name);
	if (host != 0 && verify->plan->console_irq == host)
		verify_complain(verify,
			"interrupt %u has two owners: the hypervisor's console and %s", host, name);
	if (!!(irq->flags & PLAN_IRQ_VIRTUAL) != verify_comm_is_virtual(verify, vm, irq->id))
		verify_complain(verify,
			"interrupt %u of %s is driven by a device and by the hypervisor", irq->id,
			name);
	owners[host] = (int)vm;
}

static bool has_irq(const struct plan_irq *irqs, uint32_t count, uint32_t id)
{
	for (uint32_t i = 0; irqs && i < count; i++) {
		if (irqs[i].id == id)
			return true;
	}
	return false;
}

void verify_interrupts(const struct verify *verify)
{
	uint32_t limit = verify_intc(verify)->irq_limit;
	int *owners = arena_alloc(limit, sizeof(*owners));

	if (verify->plan->irq_limit > limit) {
		verify_complain(verify, "the plan has interrupts up to %u, which do not exist",
			verify->plan->irq_limit - 1);
		return;
	}
	for (unsigned i = 0; i < limit; i++)
		owners[i] = -1;
	for (unsigned vm = 0; vm < verify->plan->vm_count; vm++) {
		const struct plan_vm *plan = &verify->vms[vm];
		const struct plan_irq *irqs = verify_table(
			verify, plan->irqs, plan->irq_count, sizeof(*irqs), "interrupts");

		if (plan->irq_limit % BANK_IRQS != 0 || plan->irq_limit < BANK_IRQS)
			verify_complain(verify,
				"the controller of %s has %u interrupts, not a multiple of 32",
				verify_owner(verify, (int)vm), plan->irq_limit);
		for (uint32_t n = 0; irqs && n < plan->irq_count; n++)
			check_irq(verify, owners, vm, irqs, n);
		if (plan->console_irq != 0 && !has_irq(irqs, plan->irq_count, plan->console_irq))
			verify_complain(verify,
				"%s has not its shared console's interrupt %u in its list",
				verify_owner(verify, (int)vm), plan->console_irq);
	}
}

/* A VM's vCPUs follow each other in the plan's list, with numbers from 0. */
static void check_vcpus(const struct verify *verify, unsigned vm, unsigned *first)
{
	const struct plan_vm *plan = &verify->vms[vm];
	const char *name = verify_owner(verify, (int)vm);

	if (plan->vcpu_first != *first || plan->vcpu_count == 0 ||
		plan->vcpu_count > verify->plan->vcpu_count - *first) {
		verify_complain(verify, "%s has not its own place in the list of vCPUs", name);
		return;
	}
	for (unsigned i = 0; i < plan->vcpu_count; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[*first + i];

		if (vcpu->vm != vm || vcpu->index != i)
			verify_complain(verify, "vCPU %u of %s belongs to another", i, name);
		if (vcpu->cpu >= verify->plan->cpu_count)
			verify_complain(
				verify, "vCPU %u of %s is on a CPU that the plan has not", i, name);
		for (unsigned n = 0; n < i; n++) {
			if (verify->vcpus[*first + n].hw_id == vcpu->hw_id)
				verify_complain(verify, "vCPUs %u and %u of %s have one identity",
					n, i, name);
		}
	}
	*first += plan->vcpu_count;
}

static void check_cpu(const struct verify *verify, unsigned cpu)
{
	const struct plan_cpu *plan = &verify->cpus[cpu];

	for (unsigned i = 0; i < cpu; i++) {
		if (verify->cpus[i].hw_id == plan->hw_id)
			verify_complain(verify, "CPUs %u and %u are the same, 0x%" PRIx64, i, cpu,
				plan->hw_id);
		if (verify->cpus[i].intc == plan->intc)
			verify_complain(verify,
				"CPUs %u and %u have one part of the interrupt controller", i, cpu);
	}
}

void verify_cpus(const struct verify *verify)
{
	unsigned first = 0;

	for (unsigned i = 0; i < verify->plan->vm_count; i++)
		check_vcpus(verify, i, &first);
	if (first != verify->plan->vcpu_count)
		verify_complain(verify, "the plan has %u vCPUs, and its VMs have %u",
			verify->plan->vcpu_count, first);
	for (unsigned i = 0; i < verify->plan->cpu_count; i++)
		check_cpu(verify, i);
}
