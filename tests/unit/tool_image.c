/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image: what lies where, the plan's contents, the files.
 */
#include "tests/unit/tool_fixture.h"

#include <elf.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/image.h"
#include "tools/message.h"

#define PAGE 4096u

static const char *hyp_file(const struct fixture_hyp *hyp)
{
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(hyp, &size);

	return fixture_file("hyp.elf", bytes, size);
}

static struct image built(const struct system *system, const struct fixture_hyp *hyp)
{
	struct image image;

	assert_true(image_build(&image, system, hyp_file(hyp)));
	return image;
}

static struct image sound(void)
{
	struct fixture_hyp hyp = fixture_hyp();

	return built(fixture_system(), &hyp);
}

/* The hypervisor's memory at one of its addresses. */
static const void *own(const struct image *image, uint64_t address)
{
	return image->memory + (hyp_layout_pa(&image->layout, address) - image->layout.base_pa);
}

static const struct plan *plan_of(const struct image *image)
{
	return own(image, image->layout.plan);
}

static const void *at(const struct image *image, const void *pointer)
{
	return own(image, (uint64_t)(uintptr_t)pointer);
}

static void test_layout(void **state)
{
	struct image image = sound();
	const struct hyp_layout *layout = &image.layout;
	const struct hyp_sizes *sizes = &layout->sizes;

	(void)state;
	/* Text 5 pages; constants and plan 1; data, records, roots 1; table; 3 stacks; 1 + 5
	 * tables. */
	assert_int_equal(layout->size, (5 + 1 + 1 + 1 + 3 + 6) * PAGE);
	assert_int_equal(layout->cpu_count, 3);
	assert_int_equal(layout->cpus[2], 3);
	assert_int_equal(layout->plan >> 12, (HYP_VIRTUAL_BASE + 0x5400) >> 12);
	assert_int_equal(layout->own_root % 128, 0);
	assert_int_equal(sizes->text + sizes->read_only + sizes->data + sizes->plan +
				 sizes->records + sizes->stacks + sizes->own_table + sizes->stage2 +
				 sizes->padding,
		layout->size);
	assert_int_equal(layout->cpu_records % 64, 0);
	assert_int_equal(layout->vm_records, HYP_VIRTUAL_BASE + 0x6180);
	assert_int_equal(layout->cpu_records, layout->stack_top);
	assert_int_equal((layout->stack_top + 240 + 16 + 64 * 16) % PAGE, 0);
	assert_int_equal(layout->roots[0] % 64, 0);
	/* Guard pages take addresses and no memory. */
	assert_int_equal(layout->stack_stride, 2 * PAGE);
	assert_int_equal(hyp_layout_pa(layout, layout->stack_top + layout->stack_stride - 8),
		hyp_layout_pa(layout, layout->stack_top - 8) + PAGE);
}

/* A plan that does not fit behind the constants gets pages of its own. */
static void test_layout_without_room(void **state)
{
	struct fixture_hyp hyp = fixture_hyp();
	struct image image;

	(void)state;
	hyp.constants = 0xfc0;
	image = built(fixture_system(), &hyp);
	assert_int_equal(image.layout.own_root % PAGE, 0);
	assert_true(image.layout.plan > image.layout.roots[1]);
	assert_int_equal(image.layout.size, (5 + 1 + 1 + 1 + 1 + 3 + 6) * PAGE);
	assert_true(image_write(&image, fixture_path("room")));
}

static void test_header(void **state)
{
	struct image image = sound();
	const struct image_header *header = (const struct image_header *)image.memory;
	const uint64_t *linux_header = (const uint64_t *)header;

	(void)state;
	assert_int_equal(header->linux_header[0], 0x14000080); /* the hypervisor's own branch */
	assert_int_equal(linux_header[1], 0x200000);
	assert_int_equal(linux_header[2], 0x50010000 - 0x40200000);
	assert_int_equal(linux_header[3], 2);
	assert_int_equal(header->linux_header[14], 0x644d5241);
	assert_int_equal(header->magic, IMAGE_MAGIC);
	assert_int_equal(header->root_pa, hyp_layout_pa(&image.layout, image.layout.own_root));
	assert_int_equal(header->plan_pa, hyp_layout_pa(&image.layout, header->plan));
	assert_int_equal(header->stack_top, image.layout.stack_top);
	assert_int_equal(header->stack_stride, 2 * PAGE);
}

static void test_plan(void **state)
{
	struct image image = sound();
	const struct plan *plan = plan_of(&image);
	const struct plan_cpu *cpus = at(&image, plan->cpus);
	const struct plan_vcpu *vcpus = at(&image, plan->vcpus);
	uint64_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < plan->size_bytes / 8; i++)
		sum += ((const uint64_t *)plan)[i];
	assert_int_equal(sum, 2 * plan->checksum);
	assert_int_equal(plan->hyp_build, 0x1234);
	assert_int_equal(plan->cpu_count, 3);
	assert_int_equal(plan->vm_count, 2);
	assert_int_equal(plan->vcpu_count, 3);
	assert_int_equal(plan->own_group, 1);
	assert_int_equal(plan->console, PLAN_CONSOLE_UART);
	assert_int_equal(plan->console_irq, 33);
	assert_int_equal(plan->irq_limit, 288);
	assert_int_equal(cpus[2].hw_id, 0x101);
	assert_null(cpus[2].shared);
	assert_null(vcpus[2].shared);
	assert_null(plan->sched_common);
	assert_int_equal(plan->timer_frequency, 62500000);
	assert_int_equal(plan->trace_records, 64);
	assert_int_equal(vcpus[1].hw_id, 1);
	assert_int_equal(vcpus[1].index, 1);
	assert_int_equal(vcpus[2].vm, 1);
	assert_int_equal(vcpus[2].cpu, 2);
	/* CPU 3 of the board, 0x20000 apart; its frames follow each other in the hypervisor's view.
	 */
	assert_int_equal(hyp_layout_pa(&image.layout, (uintptr_t)cpus[2].intc), 0x08100000);
	assert_int_equal(hyp_layout_pa(&image.layout, (uintptr_t)cpus[2].intc + PAGE), 0x08110000);
	assert_int_equal(hyp_layout_pa(&image.layout, (uintptr_t)plan->intc), 0x08000000);
	assert_int_equal(hyp_layout_pa(&image.layout, (uintptr_t)plan->console_uart), 0x09000000);
	/* The entries behind a window are where the level-3 table has them. */
	assert_int_equal((uintptr_t)cpus[1].window_entries,
		image.layout.own_table + ((uintptr_t)cpus[1].window - HYP_VIRTUAL_BASE) / PAGE * 8);
}

static void test_plan_vms(void **state)
{
	struct image image = sound();
	const struct plan_vm *vms = at(&image, plan_of(&image)->vms);
	const struct plan_mmio *mmio = at(&image, vms[0].mmio);
	const struct plan_irq *irqs = at(&image, vms[0].irqs);

	(void)state;
	assert_string_equal(vms[0].name, "linux");
	assert_int_equal(vms[0].vcpu_count, 2);
	assert_int_equal(vms[0].entry, 0x40200000);
	assert_int_equal(vms[0].boot_argument, 0x40000000);
	assert_int_equal(vms[0].delivery, PLAN_DIRECT);
	assert_int_equal(vms[0].stage2_control, 0x80003560);
	assert_int_equal(vms[0].stage2_root_entries, 4);
	assert_int_equal(
		vms[0].stage2_root_pa, hyp_layout_pa(&image.layout, (uintptr_t)vms[0].stage2_root));
	assert_int_equal(vms[0].mmio_count, 3);
	assert_int_equal(mmio[0].base, 0x08000000);
	assert_int_equal(mmio[0].size_bytes, 0x10000);
	assert_int_equal(mmio[1].base, 0x080a0000);
	assert_int_equal(mmio[1].size_bytes, 0x40000);
	assert_int_equal(mmio[1].kind, PLAN_MMIO_INTC_CPUS);
	assert_int_equal(mmio[2].base, 0x09000000);
	assert_int_equal(mmio[2].kind, PLAN_MMIO_UART);
	assert_int_equal(vms[0].irq_count, 1);
	assert_int_equal(irqs[0].id, 200);
	assert_int_equal(irqs[0].flags, PLAN_IRQ_VIRTUAL);
	assert_int_equal(vms[0].console_irq, 200);
	assert_int_equal(vms[0].irq_limit, 224);
	assert_int_equal(vms[0].restore_count, 0);

	assert_int_equal(vms[1].id, 1);
	assert_int_equal(vms[1].vcpu_first, 2);
	assert_int_equal(vms[1].on_fault, PLAN_RESTART);
	assert_int_equal(vms[1].delivery, PLAN_INJECTED);
	assert_int_equal(vms[1].stray_access, PLAN_STRAY_ABORT);
	assert_int_equal(vms[1].mmio_count, 2);
	assert_int_equal(vms[1].irq_limit, 64);
}

/* Sorted, each once, edges marked, private ones left out. */
static void test_interrupts(void **state)
{
	struct system *system = fixture_system();
	struct fixture_hyp hyp = fixture_hyp();
	struct board_device *extra;
	struct image image;
	const struct plan_vm *vm;
	const struct plan_irq *irqs;

	(void)state;
	fixture_device(system, FIXTURE_LINUX, "/soc/net@9100000");
	fixture_device(system, FIXTURE_LINUX, "/soc/clock-controller@9020000");
	fixture_device(system, FIXTURE_LINUX, "/soc/dma-controller@9040000");
	extra = fixture_device(system, FIXTURE_LINUX, "/timer");
	extra->reg_count = 0;
	fixture_device(system, FIXTURE_LINUX, "/soc/dma-controller@9040000")->reg_count = 0;
	image = built(system, &hyp);
	vm = at(&image, plan_of(&image)->vms);
	irqs = at(&image, vm->irqs);
	assert_int_equal(vm->irq_count, 4);
	assert_int_equal(irqs[0].id, 36);
	assert_int_equal(irqs[0].flags, PLAN_IRQ_EDGE);
	assert_int_equal(irqs[1].id, 72);
	assert_int_equal(irqs[1].flags, PLAN_IRQ_EDGE);
	assert_int_equal(irqs[2].id, 73);
	assert_int_equal(irqs[2].flags, 0);
	assert_int_equal(irqs[3].id, 200);
}

/* Zeros around the pieces, then the pieces, from copies in the image. */
static void test_restore(void **state)
{
	struct image image = sound();
	const struct plan_vm *vm = (const struct plan_vm *)at(&image, plan_of(&image)->vms) + 1;
	const struct plan_restore *steps = at(&image, vm->restore);

	(void)state;
	assert_int_equal(vm->restore_count, 4);
	assert_int_equal(steps[0].target_pa, 0x40302000);
	assert_int_equal(steps[0].source_pa, 0);
	assert_int_equal(steps[0].size_bytes, 0xfc000 - 0x2000);
	assert_int_equal(steps[1].target_pa, 0x403fd000);
	assert_int_equal(steps[1].size_bytes, 0x3000);
	assert_int_equal(steps[2].target_pa, 0x40300000);
	assert_int_equal(steps[2].source_pa, 0x50000000);
	assert_int_equal(steps[2].size_bytes, 0x2000);
	assert_int_equal(steps[3].target_pa, 0x403fc000);
	assert_int_equal(steps[3].source_pa, 0x50002000);
}

/* Two loads in one page are one piece, with what lies between them zero. */
static void test_pieces(void **state)
{
	struct image image = sound();
	const struct vm_image *vm = &image.vms[FIXTURE_CONTROL];

	(void)state;
	assert_int_equal(vm->piece_count, 2);
	assert_int_equal(vm->pieces[0].size, 0x2000);
	assert_int_equal(vm->pieces[0].bytes[0x1800], 0x22);
	assert_int_equal(vm->pieces[0].bytes[0x1801], 0);
	assert_int_equal(vm->pieces[0].bytes[0x1900], 0x22);
	assert_int_equal(vm->pieces[1].host, 0x403fc000);
	assert_int_equal(image.vms[FIXTURE_LINUX].piece_count, 3);
	assert_int_equal(image.part_count, 1 + 3 + 2 + 2);
}

/* Both files hold the same memory, and the ELF file says where. */
static void test_files(void **state)
{
	struct image image = sound();
	size_t elf_size, img_size, again_size;
	uint8_t *elf, *img, *again;
	const Elf64_Ehdr *header;
	const Elf64_Phdr *programs;

	(void)state;
	assert_true(image_write(&image, fixture_path("folder/unit")));
	elf = fixture_read(fixture_path("folder/unit.elf"), &elf_size);
	img = fixture_read(fixture_path("folder/unit.img"), &img_size);
	header = (const Elf64_Ehdr *)elf;
	programs = (const Elf64_Phdr *)(elf + header->e_phoff);
	assert_int_equal(header->e_entry, 0x40200000);
	assert_int_equal(header->e_machine, 183);
	assert_int_equal(header->e_phnum, image.part_count);
	for (unsigned i = 0; i < header->e_phnum; i++) {
		assert_int_equal(programs[i].p_paddr, image.parts[i].base);
		assert_int_equal(programs[i].p_vaddr, programs[i].p_paddr);
		assert_int_equal(programs[i].p_memsz, programs[i].p_filesz);
		assert_memory_equal(
			elf + programs[i].p_offset, image.parts[i].bytes, programs[i].p_filesz);
		assert_memory_equal(img + (programs[i].p_paddr - 0x40200000), image.parts[i].bytes,
			programs[i].p_filesz);
	}
	assert_int_equal(img_size, 0x50003000 - 0x40200000);

	image = sound();
	assert_true(image_write(&image, fixture_path("again")));
	again = fixture_read(fixture_path("again.elf"), &again_size);
	assert_int_equal(again_size, elf_size);
	assert_memory_equal(again, elf, elf_size);
}

static void test_json(void **state)
{
	struct image image = sound();
	json_t *root, *hyp;

	(void)state;
	assert_true(image_write(&image, fixture_path("unit")));
	root = json_load_file(fixture_path("unit.json"), 0, NULL);
	assert_non_null(root);
	hyp = json_object_get(root, "hypervisor");
	assert_int_equal(json_integer_value(json_object_get(hyp, "base")), 0x40200000);
	assert_int_equal(json_integer_value(json_object_get(hyp, "cpu_bytes")), 256);
	assert_string_equal(json_string_value(json_object_get(root, "board")), "test");
	json_decref(root);
}

static void expect_refusal(
	const struct system *system, const struct fixture_hyp *hyp, const char *words)
{
	struct image image;
	const char *path = hyp_file(hyp), *said;
	bool done;

	fixture_listen();
	done = image_build(&image, system, path) && image_write(&image, fixture_path("x"));
	said = fixture_said();
	if (done || !strstr(said, words))
		fail_msg("expected '%s', got '%s'", words, said);
}

static void test_refused_systems(void **state)
{
	struct fixture_hyp hyp = fixture_hyp();
	struct system *system = fixture_system();
	struct vm *vm = &system->vms[FIXTURE_CONTROL];

	(void)state;
	vm->loads[0].size = 0x1a00;
	expect_refusal(system, &hyp, "the image and the image of VM control overlap at 0x40001900");
	vm->loads[0].size = 0x100;
	vm->loads[1].guest = 0x40200000;
	expect_refusal(system, &hyp, "is not inside its memory");

	system = fixture_system();
	system->vms[FIXTURE_CONTROL].pristine.size = 0x1000;
	expect_refusal(system, &hyp, "takes 12288 bytes, and 4096 were planned");

	system = fixture_system();
	system->vms[FIXTURE_CONTROL].pristine.base = 0x40200000;
	expect_refusal(system, &hyp, "two parts of the image would lie at 0x40200000");

	system = fixture_system();
	system->vms[FIXTURE_CONTROL].memory[1].guest = 0x08000000;
	expect_refusal(
		system, &hyp, "VM control would reach 0x8000000, where the hypervisor emulates");

	system = fixture_system();
	system->vms[FIXTURE_CONTROL].memory[1].guest = 0x400f8000;
	expect_refusal(system, &hyp, "VM control has two things at 0x400f8000");

	system = fixture_system();
	system->vms[FIXTURE_CONTROL].memory[1].guest = 1ull << 40;
	expect_refusal(system, &hyp, "guest addresses up to 0x1000000ffff, more than 40 bits");

	system = fixture_system();
	system->vms[FIXTURE_CONTROL].memory[0].host = 0x40100000;
	expect_refusal(system, &hyp, "lie before the hypervisor");

	system = fixture_system();
	system->board.machine = 62;
	expect_refusal(system, &hyp, "there is no stage 2 for ELF machine 62");
}

static void test_refused_sizes(void **state)
{
	struct fixture_hyp hyp = fixture_hyp();
	struct system *system = fixture_system();

	(void)state;
	system->hyp.size = 0x10000;
	expect_refusal(system, &hyp, "needs 69632 bytes of memory, and 65536 are kept for it");
	system->hyp.size = 0x1000000;
	hyp.info.stack_bytes = 0x10000;
	hyp.bss = 0x1c0000;
	expect_refusal(system, &hyp, "bytes of addresses, and has 0x200000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_layout, fixture_release),
		cmocka_unit_test_teardown(test_layout_without_room, fixture_release),
		cmocka_unit_test_teardown(test_header, fixture_release),
		cmocka_unit_test_teardown(test_plan, fixture_release),
		cmocka_unit_test_teardown(test_plan_vms, fixture_release),
		cmocka_unit_test_teardown(test_interrupts, fixture_release),
		cmocka_unit_test_teardown(test_restore, fixture_release),
		cmocka_unit_test_teardown(test_pieces, fixture_release),
		cmocka_unit_test_teardown(test_files, fixture_release),
		cmocka_unit_test_teardown(test_json, fixture_release),
		cmocka_unit_test_teardown(test_refused_systems, fixture_release),
		cmocka_unit_test_teardown(test_refused_sizes, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
