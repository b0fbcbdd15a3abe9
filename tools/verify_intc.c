/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules for the interrupt controller's pages: the plan names every device that the hypervisor maps,
 * and a vCPU's interrupt file (AIA) is mapped for its own VM and for nobody else.
 */
#include "tools/verify_intc.h"

#include <elf.h>
#include <inttypes.h>

#define PAGE       PLAN_PAGE_SIZE
#define FILES_MOST 63u /* of a CPU (AIA 3.1: GEILEN) */

/* GICv3: distributor; a redistributor's two frames of 64 KiB. */
static const struct verify_intc gic = {.common_bytes = 0x10000,
	.cpu_pages = 2,
	.cpu_page_step = 0x10000,
	.cpu_bytes = 0x20000,
	.irq_first = 32,
	.irq_limit = 1020};

/* AIA: an APLIC domain; a supervisor's interrupt file, behind which are the guests'. */
static const struct verify_intc aia = {.common_bytes = 0x4000,
	.cpu_pages = 1,
	.cpu_page_step = PAGE,
	.cpu_bytes = PAGE,
	.irq_first = 1,
	.irq_limit = 1024,
	.virtual_apart = true,
	.files = true};

/* PLIC: priorities, pending bits and enables; a context's page. */
static const struct verify_intc plic = {.common_bytes = 0x10000,
	.whole_bytes = 0x4000000, /* with all contexts that there can be (PLIC 1.0.0, 3) */
	.cpu_pages = 1,
	.cpu_page_step = PAGE,
	.cpu_bytes = PAGE,
	.irq_first = 1,
	.irq_limit = 1024,
	.virtual_apart = true};

const struct verify_intc *verify_intc(const struct verify *verify)
{
	if (verify->machine != EM_RISCV)
		return &gic;
	return verify->plan->own_group ? &aia : &plic;
}

static uint64_t number(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* The host's page behind one of the hypervisor's devices; UINT64_MAX: it has no device there. */
static uint64_t device_at(const struct verify *verify, uint64_t address)
{
	const struct verify_range *range = verify_own_at(verify, address);

	if (!range || !range->device || !range->write || address % PAGE != 0)
		return UINT64_MAX;
	return range->pa + (address - range->address);
}

static uint64_t file_of(const struct verify *verify, const struct plan_vcpu *vcpu)
{
	if (vcpu->cpu >= verify->plan->cpu_count || vcpu->guest_file == 0)
		return UINT64_MAX;
	return device_at(
		verify, number(verify->cpus[vcpu->cpu].intc) + vcpu->guest_file * (uint64_t)PAGE);
}

bool verify_intc_is_file(const struct verify *verify, int vm, uint64_t pa)
{
	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[i];

		if (vcpu->vm == vm && file_of(verify, vcpu) == pa)
			return true;
	}
	return false;
}

/* Each CPU's, with as many guest files as the vCPUs have. */
static unsigned cpu_pages(const struct verify *verify)
{
	unsigned files = 0;

	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		if (verify->vcpus[i].guest_file > files)
			files = verify->vcpus[i].guest_file;
	}
	return verify_intc(verify)->cpu_pages + (files <= FILES_MOST ? files : 0);
}

static void check_mapped(const struct verify *verify)
{
	const struct verify_intc *intc = verify_intc(verify);
	unsigned pages = cpu_pages(verify);
	uint64_t common = number(verify->plan->intc);
	uint64_t first = device_at(verify, common);
	bool good = first != UINT64_MAX;

	for (uint64_t at = 0; good && at < intc->common_bytes; at += PAGE)
		good = device_at(verify, common + at) == first + at;
	if (!good)
		verify_complain(
			verify, "the plan's interrupt controller is not mapped as a device");
	for (unsigned i = 0; i < verify->plan->cpu_count; i++) {
		uint64_t address = number(verify->cpus[i].intc);

		first = device_at(verify, address);
		good = first != UINT64_MAX;
		for (unsigned n = 0; good && n < pages; n++)
			good = device_at(verify, address + n * PAGE) ==
			       first + n * intc->cpu_page_step;
		if (!good)
			verify_complain(verify,
				"the interrupt controller's part of CPU %u is not mapped as %u "
				"page%s of a device",
				i, pages, pages == 1 ? "" : "s");
	}
}

static bool is_named(const struct verify *verify, uint64_t address)
{
	const struct verify_intc *intc = verify_intc(verify);
	const struct plan *plan = verify->plan;
	unsigned pages = cpu_pages(verify);

	if (address - number(plan->intc) < intc->common_bytes ||
		(plan->console_uart && address == number(plan->console_uart) / PAGE * PAGE))
		return true;
	for (unsigned i = 0; i < plan->cpu_count; i++) {
		if (address - number(verify->cpus[i].intc) < pages * (uint64_t)PAGE)
			return true;
	}
	return false;
}

/* No page of anybody else's memory is mapped under the name of a device. */
static void check_named(const struct verify *verify)
{
	for (size_t i = 0; i < verify->own.count; i++) {
		const struct verify_range *range = &verify->own.ranges[i];

		for (uint64_t at = 0; range->device && at < range->size; at += PAGE) {
			if (!is_named(verify, range->address + at))
				verify_complain(verify,
					"the hypervisor maps 0x%" PRIx64 " at 0x%" PRIx64
					", which is neither its memory nor a device in its plan",
					range->pa + at, range->address + at);
		}
	}
}

static bool is_reached(const struct verify *verify, unsigned vm, uint64_t pa)
{
	for (size_t i = 0; i < verify->of_vm[vm].count; i++) {
		const struct verify_range *range = &verify->of_vm[vm].ranges[i];

		if (pa >= range->pa && pa - range->pa < range->size)
			return range->device;
	}
	return false;
}

static void check_files(const struct verify *verify)
{
	bool files = verify_intc(verify)->files;

	for (unsigned i = 0; i < verify->plan->vcpu_count; i++) {
		const struct plan_vcpu *vcpu = &verify->vcpus[i];

		if (vcpu->vm >= verify->plan->vm_count)
			continue;
		if (!files && vcpu->guest_file != 0)
			verify_complain(verify,
				"vCPU %u of %s has an interrupt file, and the controller has none",
				vcpu->index, verify_owner(verify, vcpu->vm));
		if (vcpu->index >= verify->vms[vcpu->vm].task_first) {
			if (vcpu->guest_file != 0)
				verify_complain(verify,
					"vCPU %u of %s is a task's and has an interrupt file",
					vcpu->index, verify_owner(verify, vcpu->vm));
			continue;
		}
		if (verify->vms[vcpu->vm].delivery == PLAN_UPCALL) {
			if (vcpu->guest_file != 0)
				verify_complain(verify,
					"vCPU %u of %s takes upcalls and has an interrupt file",
					vcpu->index, verify_owner(verify, vcpu->vm));
			continue;
		}
		if (files && (file_of(verify, vcpu) == UINT64_MAX ||
				     !is_reached(verify, vcpu->vm, file_of(verify, vcpu))))
			verify_complain(verify, "vCPU %u of %s does not reach its interrupt file",
				vcpu->index, verify_owner(verify, vcpu->vm));
	}
}

void verify_intc_check(const struct verify *verify)
{
	check_mapped(verify);
	check_named(verify);
	check_files(verify);
}
