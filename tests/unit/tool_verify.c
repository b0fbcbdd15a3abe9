/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The proof of isolation: it accepts a sound image, and for every single thing spoiled in one it
 * says what.
 */
#include "tests/unit/tool_spoiled.h"

#include <elf.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/verify.h"

static Elf64_Phdr *program_of(unsigned index)
{
	return (Elf64_Phdr *)(it.file + sizeof(Elf64_Ehdr)) + index;
}

static struct image_header *header(void)
{
	return at_pa(FIXTURE_HYP_BASE);
}

/* The hypervisor's level-3 entry for one of its addresses. */
static uint64_t *own_entry(uint64_t address)
{
	uint64_t *table = at((const void *)(uintptr_t)it.image.layout.own_table);

	return &table[(address - HYP_VIRTUAL_BASE) / PAGE];
}

static uint64_t *root(unsigned vm)
{
	return at_pa(it.vms[vm].stage2_root_pa);
}

static uint64_t *table_at(uint64_t entry)
{
	return at_pa(entry & 0xfffffffff000);
}

/* Linux's level-2 entry of 2 MiB, by the number of the block in its memory. */
static uint64_t *block(unsigned index)
{
	return &table_at(root(FIXTURE_LINUX)[1])[index];
}

/* The control VM's level-3 entry for a page of its main memory, or of its devices. */
static uint64_t *page(unsigned index)
{
	return &table_at(table_at(root(FIXTURE_CONTROL)[1])[0])[index];
}

static uint64_t *device(void)
{
	return &table_at(table_at(root(FIXTURE_CONTROL)[0])[0x9010000 >> 21])[0x10];
}

static struct plan_restore *steps(void)
{
	return at(it.vms[FIXTURE_CONTROL].restore);
}

static struct plan_mmio *mmio(unsigned vm)
{
	return at(it.vms[vm].mmio);
}

static struct plan_irq *irqs(unsigned vm)
{
	return at(it.vms[vm].irqs);
}

static void start(void)
{
	const struct fixture_hyp hyp = fixture_hyp();

	spoiled_begin_with(fixture_system(), &hyp);
}

/* The file and its header. */
FAULT(no_elf, it.file[0] = 'X')
FAULT(wrong_machine, ((Elf64_Ehdr *)it.file)->e_machine = 62)
FAULT(cut_programs, ((Elf64_Ehdr *)it.file)->e_phoff = it.size)
FAULT(cut_part, program_of(0)->p_filesz = it.size)
FAULT(no_bytes, program_of(0)->p_memsz++)
FAULT(other_entry, ((Elf64_Ehdr *)it.file)->e_entry += 4)
FAULT(no_magic, header()->magic++)
FAULT(parts_overlap, program_of(1)->p_paddr = FIXTURE_HYP_BASE + PAGE)
FAULT(plan_elsewhere, header()->plan_pa += 8)
FAULT(plan_unmapped, header()->plan = HYP_VIRTUAL_BASE + 0x1f0000)
FAULT(plan_magic, it.plan->magic++)
FAULT(plan_abi, it.plan->abi++)
FAULT(plan_size, it.plan->size_bytes = 0x2000)
FAULT(plan_table, it.plan->vms = (void *)(header()->plan - 64))
FAULT(no_vms, it.plan->vm_count = 0)
FAULT(other_hyp, it.plan->hyp_build++)

/* The hypervisor's own translation. */
FAULT(own_root_odd, header()->root_pa += 8)
FAULT(own_root_outside, header()->root_pa = 0x40400000)
FAULT(own_root_other, *(uint64_t *)at_pa(header()->root_pa) = 0x40000000 | 0x741)
FAULT(own_root_block, ((uint64_t *)at_pa(header()->root_pa))[1] &= ~2ull)
FAULT(own_rwx, *own_entry(HYP_VIRTUAL_BASE) &= ~(1ull << 7))
FAULT(own_device_exec, *own_entry(it.image.layout.intc) &= ~(1ull << 54))
FAULT(own_outside, *own_entry(HYP_VIRTUAL_BASE + 0x6000) += 0x100000)
FAULT(own_alias, *own_entry(HYP_VIRTUAL_BASE + 0x1f0000) = *own_entry(HYP_VIRTUAL_BASE + 0x6000))
FAULT(own_bits, *own_entry(HYP_VIRTUAL_BASE) |= 1ull << 60)
FAULT(own_no_access, *own_entry(HYP_VIRTUAL_BASE) &= ~(1ull << 10))
FAULT(own_type, *own_entry(HYP_VIRTUAL_BASE) |= 3ull << 2)
FAULT(own_invalid, *own_entry(HYP_VIRTUAL_BASE + 0x1f0000) = 0x40000002)
FAULT(text_not_first, *own_entry(HYP_VIRTUAL_BASE) |= 1ull << 54)
FAULT(plan_writable, *own_entry(it.image.layout.plan) &= ~(1ull << 7))
FAULT(no_guard,
	*own_entry(it.image.layout.stack_top - PAGE) = *own_entry(it.image.layout.intc + 0x8000))
FAULT(no_stack, *own_entry(it.image.layout.stack_top) = 0)
FAULT(cpu_stride, it.plan->cpu_stride -= PAGE)
FAULT(stack_stride, header()->stack_stride = PAGE)
FAULT(window_mapped,
	*own_entry(it.image.layout.windows + PAGE) = *own_entry(it.image.layout.intc + 0x8000))
FAULT(window_entries, it.cpus[1].window_entries++)
FAULT(no_intc, *own_entry(it.image.layout.intc + 0x3000) = 0)
FAULT(intc_cpu, it.cpus[1].intc = it.plan->intc)
FAULT(no_console, *own_entry(it.image.layout.console_uart) = 0)
FAULT(records_elsewhere, it.plan->vcpu_records = it.plan->intc)
FAULT(records_overlap, it.plan->vm_records = it.plan->cpu_records)
FAULT(records_dirty,
	*(uint8_t *)at_pa(hyp_layout_pa(&it.image.layout, it.image.layout.vcpu_records) + 700) = 1)
FAULT(table_mapped,
	*own_entry(HYP_VIRTUAL_BASE + 0x1f0000) = (root(0)[1] & 0xfffffffff000) |
						  *own_entry(HYP_VIRTUAL_BASE + 0x6000) % PAGE |
						  1ull << 54)
FAULT(root_pointer, it.vms[0].stage2_root++)

/* Stage 2. */
FAULT(control_bits, it.vms[0].stage2_control ^= 1 << 6)
FAULT(control_size, it.vms[0].stage2_control -= 1)
FAULT(root_entries, it.vms[0].stage2_root_entries = 8)
FAULT(root_odd, it.vms[0].stage2_root_pa += 8)
FAULT(root_outside, it.vms[0].stage2_root_pa = 0x40400000)
FAULT(root_shared, it.vms[1].stage2_root_pa = it.vms[0].stage2_root_pa)
FAULT(table_outside, root(0)[1] = 0x40400003)
FAULT(table_shared, root(0)[1] = root(1)[1])
FAULT(table_bits, root(0)[1] |= 1ull << 59)
FAULT(leaf_bits, *page(3) |= 1ull << 52)
FAULT(leaf_reserved, *page(3) &= ~2ull)
FAULT(leaf_access, *page(3) &= ~(1ull << 10))
FAULT(leaf_type, *page(3) ^= 1ull << 2)
FAULT(leaf_shareable, *page(3) &= ~(3ull << 8))
FAULT(leaf_misaligned, *block(1) += PAGE)
FAULT(leaf_too_high, *block(1) += 1ull << 36)
FAULT(leaf_invalid, *page(3) &= ~1ull)

/* Who reaches what. */
FAULT(two_vms, *block(4) = 0x40200000 | *block(4) % PAGE)
FAULT(two_vms_page, *page(9) = (*block(3) & ~0xfffull) | *page(9) % PAGE)
FAULT(same_vm_twice, *block(4) = *block(5))
FAULT(reach_hyp, *page(9) = FIXTURE_HYP_BASE | *page(9) % PAGE)
FAULT(reach_table, *page(9) = (root(0)[1] & 0xfffffffff000) | *page(9) % PAGE)
FAULT(reach_own_table, *page(9) = (uint64_t)0x40207000 | *page(9) % PAGE)
FAULT(reach_intc, *device() += 0x08000000 - 0x09010000)
FAULT(reach_redistributor, *device() += 0x080b5000 - 0x09010000)
FAULT(reach_console, *device() -= 0x10000)
FAULT(reach_copy, *page(9) = 0x50000000 | *page(9) % PAGE)
FAULT(device_exec, *device() &= ~(1ull << 54))
FAULT(device_contents, *page(1) = (*page(1) & ~0x3cull) | 1 << 2 | 1ull << 54)
FAULT(mmio_mapped, mmio(1)[1].base = 0x09000000)
FAULT(mmio_order, mmio(0)[1].base = 0x07000000)
FAULT(mmio_size, mmio(0)[1].size_bytes += 8)
FAULT(mmio_outside, it.vms[0].mmio = it.plan->intc)
FAULT(entry_outside, it.vms[0].entry = 0x10000000)
FAULT(entry_device, it.vms[1].entry = 0x09010000)
FAULT(entry_empty, it.vms[0].entry = 0x43000000)
FAULT(argument_outside, it.vms[0].boot_argument = 0x10000000)
FAULT(vm_number, it.vms[1].id = 5)
FAULT(vm_name, memset(it.vms[1].name, 'x', sizeof(it.vms[1].name)))
FAULT(vm_policy, it.vms[1].on_fault = 7)
FAULT(no_group, it.plan->own_group = 0)

/* Restarts. */
FAULT(restore_foreign, steps()[0].target_pa = 0x40400000)
FAULT(restore_odd, steps()[0].size_bytes += 8)
FAULT(restore_hyp, steps()[2].source_pa = FIXTURE_HYP_BASE)
FAULT(restore_other, steps()[2].source_pa = 0x50001000)
FAULT(restore_reached, steps()[2].source_pa = 0x40400000)
FAULT(restore_less, steps()[0].size_bytes -= PAGE)
FAULT(restore_twice, steps()[0].size_bytes += PAGE)
FAULT(restore_clears, steps()[1] = steps()[0]; steps()[0] = steps()[2]; steps()[0].source_pa = 0)
FAULT(restore_none, it.vms[1].restore_count = 0)
FAULT(part_unclaimed, it.vms[1].on_fault = PLAN_HALT; it.vms[1].restore_count = 0)

/* Interrupts and CPUs. */
FAULT(irq_two_owners, irqs(0)[0].id = 34; it.vms[0].console_irq = 34)
FAULT(irq_console, irqs(1)[0].id = 33)
FAULT(irq_private, irqs(1)[0].id = 27)
FAULT(irq_too_high, irqs(1)[0].id = 64)
FAULT(irq_virtual, irqs(0)[0].flags = 0)
FAULT(irq_limit, it.vms[1].irq_limit = 65)
FAULT(irq_board_limit, it.plan->irq_limit = 2000)
FAULT(irq_order, it.vms[1].irq_count = 2; irqs(1)[1].id = 34)
FAULT(irq_missing, it.vms[0].irq_count = 0)
FAULT(vcpu_place, it.vms[1].vcpu_first = 1)
FAULT(vcpu_of_other, it.vcpus[2].vm = 0)
FAULT(vcpu_no_cpu, it.vcpus[2].cpu = 9)
FAULT(vcpu_identity, it.vcpus[1].hw_id = 0)
FAULT(vcpu_one_cpu, it.vcpus[1].cpu = 0)
FAULT(cpu_identity, it.cpus[2].hw_id = 0)
FAULT(cpu_intc, it.cpus[2].intc = it.cpus[1].intc)
FAULT(vcpu_left, it.vms[1].vcpu_count = 0)

static const struct spoiled_fault faults[] = {
	SAYS(no_elf, "is not an ELF file"),
	SAYS(wrong_machine, "is not an executable for a machine that this tool knows"),
	SAYS(cut_programs, "is cut short"),
	SAYS(cut_part, "is cut short"),
	SAYS(no_bytes, "or has parts without their bytes"),
	SAYS(other_entry, "has no part that starts at the entry"),
	SAYS(no_magic, "has no image header at the entry"),
	SAYS(parts_overlap, "two parts of the image fill the memory at 0x40201000"),
	SAYS(plan_elsewhere, "the header's two addresses of the plan"),
	SAYS(plan_unmapped, "the header's two addresses of the plan"),
	SAYS(plan_magic, "the plan is not one of this tool's form"),
	SAYS(plan_abi, "the plan is not one of this tool's form"),
	SAYS(plan_size, "the plan's size, 8192 bytes, is wrong"),
	SAYS(plan_table, "the plan's table of VMs is not inside the plan"),
	SAYS(no_vms, "the plan has no VMs, no CPUs or no vCPUs"),
	SAYS(other_hyp, "the plan was made for another hypervisor"),
	SAYS(own_root_odd, "the root table is not aligned"),
	SAYS(own_root_outside, "the hypervisor has a translation table at 0x40400000, outside"),
	SAYS(own_root_other, "for 0x0: the hypervisor has nothing there"),
	SAYS(own_root_block, "for 0x200000: not a table"),
	SAYS(own_rwx, "the hypervisor's page 0x200000 is both writable and executable"),
	SAYS(own_device_exec, "is a device and executable"),
	SAYS(own_outside, "the hypervisor's page 0x206000 lies at 0x40306000, outside its own"),
	SAYS(own_alias, "the hypervisor's pages 0x206000 and 0x3f0000 are the same memory"),
	SAYS(own_bits, "for 0x200000: unknown bits"),
	SAYS(own_no_access, "for 0x200000: its first use would fault"),
	SAYS(own_type, "for 0x200000: neither memory nor a device"),
	SAYS(own_invalid, "for 0x3f0000: invalid, not empty"),
	SAYS(text_not_first, "the hypervisor's first page is not its entry's"),
	SAYS(plan_writable, "the plan is not read-only to the hypervisor"),
	SAYS(plan_writable, "the hypervisor's root table at 0x40205f80 is writable to itself"),
	SAYS(no_guard, "there is no guard page below the stack of CPU 0"),
	SAYS(no_stack, "the stack of CPU 0 below"),
	SAYS(cpu_stride, "the CPUs' records are not at the upper ends of their stacks"),
	SAYS(stack_stride, "the stacks are 0x1000 bytes apart, not 0x2000"),
	SAYS(window_mapped, "the window of CPU 0 is not 16 free pages"),
	SAYS(window_entries, "window_entries of CPU 1 are not its window's table entries"),
	SAYS(no_intc, "the plan's interrupt controller is not mapped as a device"),
	SAYS(intc_cpu, "the interrupt controller's part of CPU 1 is not mapped"),
	SAYS(no_console, "the plan's console is not mapped as a device"),
	SAYS(records_elsewhere, "the vCPUs' records at"),
	SAYS(records_overlap, "the record of CPU 0 and the VMs' records overlap"),
	SAYS(records_dirty, "the vCPUs' records at 0x206300 must be zero"),
	SAYS(table_mapped, "the translation table of VM linux at 0x4020b000 is mapped to the hyp"),
	SAYS(root_pointer, "the hypervisor's root table of VM linux at"),
	SAYS(control_bits, "VM linux has stage2_control 0x80003520 with 4 root entries"),
	SAYS(control_size, "VM linux has stage2_control 0x8000355f with 4 root entries"),
	SAYS(root_entries, "with 8 root entries, which do not fit each other"),
	SAYS(root_odd, "VM linux has its root table at"),
	SAYS(root_outside, "VM linux has a translation table at 0x40400000, outside"),
	SAYS(root_shared, "is used twice, by VM linux and VM control"),
	SAYS(table_outside, "VM linux has a translation table at 0x40400000, outside"),
	SAYS(table_shared, "is used twice, by VM linux and VM control"),
	SAYS(table_bits, "for 0x40000000: unknown bits"),
	SAYS(leaf_bits, "for 0x40003000: unknown bits"),
	SAYS(leaf_reserved, "for 0x40003000: unknown bits"),
	SAYS(leaf_access, "for 0x40003000: its first use would fault"),
	SAYS(leaf_type, "for 0x40003000: neither memory nor a device"),
	SAYS(leaf_shareable, "for 0x40003000: memory that other CPUs may see late"),
	SAYS(leaf_misaligned, "for 0x40200000: not aligned to its size"),
	SAYS(leaf_too_high, "for 0x40200000: beyond the physical addresses of VTCR_EL2.PS"),
	SAYS(leaf_invalid, "for 0x40003000: invalid, not empty"),
	SAYS(two_vms, "the page at 0x40300000 is reachable by two VMs: by VM linux as 0x40900000 "
		      "and by VM control as 0x40000000"),
	SAYS(two_vms_page,
		"the page at 0x40a00000 is reachable by two VMs: by VM linux as 0x40600000 "
		"and by VM control as 0x40009000"),
	SAYS(same_vm_twice, "VM linux has the page at 0x40e00000 twice, as"),
	SAYS(reach_hyp, "VM control reaches the hypervisor's memory at 0x40200000, through its "
			"address 0x40009000"),
	SAYS(reach_table, "VM control reaches a translation table of VM linux at 0x4020b000"),
	SAYS(reach_own_table,
		"VM control reaches a translation table of the hypervisor at 0x40207000"),
	SAYS(reach_intc, "VM control reaches a device of the hypervisor at 0x8000000"),
	SAYS(reach_redistributor, "VM control reaches the interrupt controller at 0x80b5000"),
	SAYS(reach_console, "VM control reaches a device of the hypervisor at 0x9000000"),
	SAYS(reach_copy,
		"VM control would restart from 0x50000000, which is not kept from everybody"),
	SAYS(device_exec, "VM control can execute the device at 0x9010000"),
	SAYS(device_contents, "VM control has as a device at 0x40001000 what the image fills"),
	SAYS(mmio_mapped, "VM control reaches 0x9010000, which the hypervisor emulates for it"),
	SAYS(mmio_order, "the emulated regions of VM linux are not in order at 0x7000000"),
	SAYS(mmio_size, "VM linux has an emulated region at 0x80a0000 that is no whole pages"),
	SAYS(mmio_outside, "the plan's table of emulated regions is not inside the plan"),
	SAYS(entry_outside, "the entry of VM linux, 0x10000000, is not in memory"),
	SAYS(entry_device, "the entry of VM control, 0x9010000, is not in memory"),
	SAYS(entry_empty, "the entry of VM linux, 0x43000000, is where the image has no contents"),
	SAYS(argument_outside, "the boot argument of VM linux, 0x10000000, is not in its memory"),
	SAYS(vm_number, "VM 1 has a wrong number"),
	SAYS(vm_name, "VM 1 has a wrong number or a name without an end"),
	SAYS(vm_policy, "VM control has a policy that does not exist"),
	SAYS(no_group, "VM linux takes interrupts directly, and none are left"),
	SAYS(restore_foreign, "restarting VM control would write at 0x40400000, which is not its"),
	SAYS(restore_odd, "a step of restarting VM control at 0x40302000 is no whole pages"),
	SAYS(restore_hyp, "VM control would restart from 0x40200000, which is not kept from"),
	SAYS(restore_other, "VM control would not restart at 0x40300000 with what it starts with"),
	SAYS(restore_reached, "VM control would restart from 0x40400000, which is not kept from"),
	SAYS(restore_less, "restarting VM control would put back 1044480 bytes of its 1048576"),
	SAYS(restore_twice, "restarting VM control would write 0x403fc000 twice"),
	SAYS(restore_clears, "restarting VM control would clear its contents at 0x40300000"),
	SAYS(restore_none, "VM control restarts, and nothing says how"),
	SAYS(part_unclaimed, "the image fills the memory at 0x50000000, which is nobody's"),
	SAYS(irq_two_owners, "interrupt 34 has two owners: VM linux and VM control"),
	SAYS(irq_console, "interrupt 33 has two owners: the hypervisor's console and VM control"),
	SAYS(irq_private, "VM control has interrupt 27, which its controller has not"),
	SAYS(irq_too_high, "VM control has interrupt 64, which its controller has not"),
	SAYS(irq_virtual, "interrupt 200 of VM linux is driven by a device and by the hypervisor"),
	SAYS(irq_limit, "the controller of VM control has 65 interrupts, not a multiple of 32"),
	SAYS(irq_board_limit, "the plan has interrupts up to 1999, which do not exist"),
	SAYS(irq_order, "the interrupts of VM control are not in order at 34"),
	SAYS(irq_missing, "VM linux has not its shared console's interrupt 200 in its list"),
	SAYS(vcpu_place, "VM control has not its own place in the list of vCPUs"),
	SAYS(vcpu_of_other, "vCPU 0 of VM control belongs to another"),
	SAYS(vcpu_no_cpu, "vCPU 0 of VM control is on a CPU that the plan has not"),
	SAYS(vcpu_identity, "vCPUs 0 and 1 of VM linux have one identity"),
	SAYS(vcpu_one_cpu, "CPU 0 has 2 vCPUs, and no scheduler"),
	SAYS(cpu_identity, "CPUs 0 and 2 are the same, 0x0"),
	SAYS(cpu_intc, "CPUs 1 and 2 have one part of the interrupt controller"),
	SAYS(vcpu_left, "the plan has 3 vCPUs, and its VMs have 2"),
};

static void test_sound(void **state)
{
	const char *proof;

	(void)state;
	start();
	spoiled_seal();
	assert_string_equal(spoiled_check(), "");
	proof = spoiled_proof();
	assert_non_null(strstr(proof, "isolation holds"));
	assert_non_null(
		strstr(proof, "linux          reaches 16384 pages of memory, 0 read-only, 0 of "
			      "devices"));
	assert_non_null(
		strstr(proof, "control        reaches 256 pages of memory, 16 read-only, 1 of "
			      "devices"));
	assert_non_null(strstr(proof, "none of the 16657 pages that VMs reach is reachable twice"));
}

static void test_faults(void **state)
{
	(void)state;
	spoiled_try(faults, sizeof(faults) / sizeof(faults[0]), start);
}

static void test_checksum(void **state)
{
	(void)state;
	start();
	it.plan->checksum++;
	assert_non_null(strstr(spoiled_check(), "the plan's checksum is wrong"));
}

/*
 * The file's headers and the hypervisor's memory may hold anything: the image is refused or taken,
 * and never makes the tool fail.
 */
static void test_noise(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		uint8_t *memory;

		if (round % 25 == 0) {
			arena_release();
			start();
		}
		memory = at_pa(FIXTURE_HYP_BASE);
		for (unsigned i = 0; i < 3; i++) {
			seed = seed * 1664525 + 1013904223;
			memory[0x5400 + (seed >> 8) % (0x12000 - 0x5400)] ^=
				(uint8_t)(1 << seed % 7);
		}
		spoiled_seal();
		if (round % 2 == 0) {
			it.file[sizeof(Elf64_Ehdr) + (seed >> 9) % 400] ^= (uint8_t)(1 << seed % 7);
			((uint8_t *)header())[(seed >> 7) % sizeof(*header())] ^= 1;
		}
		spoiled_check();
	}
}

static void test_command(void **state)
{
	char *help[] = {"check", "--what", NULL};
	char *missing[] = {"check", "/absent/image.elf", NULL};
	char *yaml[] = {"check", "/absent/system.yaml", NULL};
	char *image[] = {"check", NULL, NULL};

	(void)state;
	start();
	image[1] = (char *)fixture_path("sound.elf");
	assert_int_equal(verify_command(2, image), 0);
	fixture_listen();
	assert_int_equal(verify_command(1, help), 2);
	assert_int_equal(verify_command(2, help), 2);
	assert_int_equal(verify_command(2, missing), 1);
	assert_int_equal(verify_command(2, yaml), 1);
	assert_non_null(strstr(fixture_said(), "usage: orlop check IMAGE.elf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_sound, fixture_release),
		cmocka_unit_test_teardown(test_faults, fixture_release),
		cmocka_unit_test_teardown(test_checksum, fixture_release),
		cmocka_unit_test_teardown(test_noise, fixture_release),
		cmocka_unit_test_teardown(test_command, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
