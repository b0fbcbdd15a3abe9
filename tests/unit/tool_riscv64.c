/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host tool does for RISC-V: boards with AIA and with a PLIC, guests' device trees,
 * images, and the proof of their isolation, which says what is wrong with an image spoiled in one
 * place.
 */
#include "tests/unit/tool_spoiled.h"

#include <elf.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/riscv64/layout.h"
#include "tools/arena.h"
#include "tools/controller.h"
#include "tools/message.h"
#include "tools/planner.h"
#include "tools/report.h"

#define RAM      0x80000000u
#define HYP_BASE 0x80200000u
#define MIB      0x100000u

/* A Linux that owns the UART, on CPUs 0 and 1, and what shares no device with it. */
#define VMS(board, console)                                                                   \
	"board: " board "\nconsole: none\nvms:\n"                                             \
	"  linux:\n    os: linux\n    image: { kernel: kernel, initrd: initrd }\n"            \
	"    memory: 16M\n    vcpus: [ { cpu: 0 } ]\n    access: [ serial, rtc ]\n"           \
	"  bare:\n    os: bare\n    image: bare.elf\n    memory: 1M\n    on-fault: restart\n" \
	"    vcpus: [ { cpu: 1 } ]\n    console: " console "\n"

static struct system *planned;

static int begin(void **state)
{
	if (fixture_begin(state) != 0)
		return -1;
	return system(arena_text("for b in riscv riscv-plic; do mkdir -p %1$s/boards/$b && "
				 "cp tests/config/boards/$b/board.yaml %1$s/boards/$b/ && "
				 "dtc -q -@ -I dts -O dtb -o %1$s/boards/$b/board.dtb "
				 "tests/config/boards/$b/board.dts || exit 1; done",
		fixture_path(".")));
}

static void make_files(void)
{
	uint8_t kernel[0x3000] = {0};
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr program;
		uint8_t code[64];
	} bare = {.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT},
			  .e_type = ET_EXEC,
			  .e_machine = EM_RISCV,
			  .e_entry = RAM + 2,
			  .e_phoff = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 1},
		.program = {.p_type = PT_LOAD,
			.p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.p_paddr = RAM,
			.p_filesz = 64,
			.p_memsz = 64},
		.code = {1, 2, 3}};

	memcpy(kernel + 8, &(uint64_t){0x200000}, 8);
	memcpy(kernel + 16, &(uint64_t){0x5000}, 8);
	memcpy(kernel + 56, "RSC\x05", 4);
	fixture_file("kernel", kernel, sizeof(kernel));
	fixture_file("initrd", "initrd", 6);
	fixture_file("bare.elf", &bare, sizeof(bare));
}

static const char *hyp_file(void)
{
	struct fixture_hyp hyp = fixture_hyp();
	size_t size;
	uint8_t *bytes;

	hyp.info.machine = EM_RISCV;
	bytes = fixture_hyp_bytes(&hyp, &size);
	((Elf64_Ehdr *)bytes)->e_machine = EM_RISCV;
	return fixture_file("hyp.elf", bytes, size);
}

/* Plans, builds and writes the image, and reads it back for a test to spoil. */
static void build(const char *description)
{
	make_files();
	planned = planner_load_text(fixture_path("system.yaml"), (const uint8_t *)description,
		strlen(description), fixture_path("boards"), NULL);
	assert_non_null(planned);
	spoiled_begin(planned, hyp_file());
}

static void expect_sound(void)
{
	spoiled_seal();
	assert_string_equal(spoiled_check(), "");
}

static void expect_fault(const char *words)
{
	const char *said;

	spoiled_seal();
	said = spoiled_check();
	if (!strstr(said, words))
		fail_msg("expected '%s', got '%s'", words, said);
}

/* The leaf of the VM's stage 2 for a guest address below 1 GiB in a table of pages. */
static uint64_t *page_entry(unsigned vm, uint64_t guest)
{
	uint64_t *root = at_pa(it.vms[vm].stage2_root_pa);
	uint64_t *middle = at_pa((root[guest >> 30] & ~0x3ffull) << 2);
	uint64_t *last = at_pa((middle[guest >> 21 & 511] & ~0x3ffull) << 2);

	return &last[guest >> 12 & 511];
}

static const void *tree_of(unsigned vm)
{
	const struct vm *of = &planned->vms[vm];

	return at_pa(of->memory[0].host + (of->device_tree - of->memory[0].guest));
}

static uint32_t cell_at(const void *fdt, const char *path, const char *name, int index)
{
	int size = 0;
	const fdt32_t *cells = fdt_getprop(fdt, fdt_path_offset(fdt, path), name, &size);

	if (!cells || size < 4 * (index + 1))
		fail_msg("%s has no %s[%d]", path, name, index);
	return fdt32_ld(cells + index);
}

static const char *text_at(const void *fdt, const char *path, const char *name)
{
	return fdt_getprop(fdt, fdt_path_offset(fdt, path), name, NULL);
}

static void test_aia_plan(void **state)
{
	const struct plan_irq *irqs;

	(void)state;
	build(VMS("riscv", "none"));
	assert_int_equal(it.plan->own_group, 1);
	assert_int_equal(it.plan->irq_limit, 32);
	assert_int_equal(it.vms[0].delivery, PLAN_DIRECT);
	assert_int_equal(it.vms[0].stage2_control, HGATP_MODE);
	assert_int_equal(it.vms[0].stage2_root_pa % S2_ROOT_BYTES, 0);
	assert_int_equal(it.vms[0].entry, RAM + 0x200000);
	assert_int_equal(it.vms[0].boot_argument, RAM);
	assert_int_equal(it.vms[1].entry, RAM + 2);
	assert_int_equal(it.vcpus[0].guest_file, 1);
	assert_int_equal(it.vcpus[1].guest_file, 1);
	assert_int_equal(it.vcpus[1].hw_id, 0);
	assert_int_equal(((struct plan_cpu *)at(it.plan->cpus))[1].intc_index, 1);
	assert_int_equal(it.vms[0].irq_count, 2);
	irqs = at(it.vms[0].irqs);
	assert_int_equal(irqs[0].id, 1);
	assert_int_equal(irqs[0].host_id, 10);
	assert_int_equal(irqs[0].flags, PLAN_IRQ_EDGE);
	assert_int_equal(irqs[1].id, 2);
	assert_int_equal(irqs[1].host_id, 11);
	assert_int_equal(irqs[1].flags, 0);
	expect_sound();
}

static void test_aia_tree(void **state)
{
	const void *fdt;

	(void)state;
	build(VMS("riscv", "none"));
	fdt = tree_of(0);
	assert_string_equal(text_at(fdt, "/cpus/cpu@0", "riscv,isa"), "rv64imac_zicsr_sstc");
	assert_true(fdt_path_offset(fdt, "/cpus/cpu@1") < 0);
	assert_int_equal(cell_at(fdt, "/cpus", "timebase-frequency", 0), 10000000);
	assert_int_equal(cell_at(fdt, "/aplic@d000000", "riscv,num-sources", 0), 2);
	assert_int_equal(cell_at(fdt, "/aplic@d000000", "reg", 3), 0x4000);
	assert_int_equal(cell_at(fdt, "/imsics@28000000", "reg", 3), PAGE);
	assert_null(text_at(fdt, "/imsics@28000000", "riscv,guest-index-bits"));
	assert_int_equal(cell_at(fdt, "/imsics@28000000", "interrupts-extended", 0),
		cell_at(fdt, "/cpus/cpu@0/interrupt-controller", "phandle", 0));
	assert_int_equal(cell_at(fdt, "/imsics@28000000", "interrupts-extended", 1), 9);
	/* The UART's level has become an edge; the clock's has its number only. */
	assert_int_equal(cell_at(fdt, "/serial@10000000", "interrupts", 0), 1);
	assert_int_equal(cell_at(fdt, "/serial@10000000", "interrupts", 1), 1);
	assert_int_equal(cell_at(fdt, "/rtc@101000", "interrupts-extended", 1), 2);
	assert_int_equal(cell_at(fdt, "/rtc@101000", "interrupts-extended", 2), 4);
	assert_true(fdt_path_offset(fdt, "/test@100000") < 0);
	assert_true(fdt_path_offset(fdt, "/aplic@c000000") < 0);
}

static void test_plic(void **state)
{
	const struct plan_irq *irqs;
	const void *fdt;

	(void)state;
	build(VMS("riscv-plic", "none"));
	assert_int_equal(it.plan->own_group, 0);
	assert_int_equal(it.vms[0].delivery, PLAN_INJECTED);
	assert_int_equal(it.vcpus[0].guest_file, 0);
	assert_int_equal(((struct plan_cpu *)at(it.plan->cpus))[1].intc_index, 3);
	irqs = at(it.vms[0].irqs);
	assert_int_equal(irqs[0].host_id, 10);
	assert_int_equal(irqs[0].flags, 0);
	fdt = tree_of(0);
	assert_int_equal(cell_at(fdt, "/plic@c000000", "riscv,ndev", 0), 2);
	assert_int_equal(cell_at(fdt, "/plic@c000000", "reg", 3), 0x201000);
	assert_int_equal(cell_at(fdt, "/serial@10000000", "interrupts", 0), 1);
	expect_sound();
	it.vcpus[0].guest_file = 1;
	expect_fault("has an interrupt file, and the controller has none");
	it.vcpus[0].guest_file = 0;
	*page_entry(0, 0x10000000) = PTE_PPN(0xc250000ull) | S2_PTE_DEVICE;
	expect_fault("reaches the interrupt controller at 0xc250000");
}

static void test_shared_console(void **state)
{
	const void *fdt;
	const struct plan_irq *irqs;

	(void)state;
	build("board: riscv\nvms:\n  bare:\n    os: bare\n    image: bare.elf\n    memory: 1M\n"
	      "    vcpus: [ { cpu: 1 } ]\n    console: shared\n");
	fdt = tree_of(0);
	assert_int_equal(it.vms[0].console_irq, 1);
	irqs = at(it.vms[0].irqs);
	assert_int_equal(irqs[0].flags, PLAN_IRQ_VIRTUAL);
	assert_string_equal(text_at(fdt, "/serial@10000000", "compatible"), "ns16550a");
	assert_int_equal(cell_at(fdt, "/serial@10000000", "interrupts", 1), 4);
	expect_sound();
	it.vms[0].console_irq = 2;
	expect_fault("has not its shared console's interrupt 2 in its list");
}

static void test_header(void **state)
{
	const struct image_header *header;
	uint8_t *raw;
	size_t size;

	(void)state;
	build(VMS("riscv", "none"));
	raw = fixture_read(fixture_path("sound.img"), &size);
	assert_memory_equal(raw + 48, "RISCV\0\0\0RSC\x05", 12);
	assert_int_equal(*(uint64_t *)(raw + 8), HYP_BASE - RAM);
	header = (const struct image_header *)raw;
	assert_int_equal(header->magic, IMAGE_MAGIC);
	assert_int_equal(((Elf64_Ehdr *)it.file)->e_machine, EM_RISCV);
}

static void test_report(void **state)
{
	size_t size;
	const char *report;

	(void)state;
	build(VMS("riscv", "none"));
	report = (const char *)fixture_read(fixture_path("sound.report.txt"), &size);
	assert_non_null(strstr(report, "0x28000000, the guest file at 0x28001000 of CPU 0"));
	assert_non_null(strstr(report, "/serial@10000000, the guest's number 1"));
	assert_non_null(strstr(report, "interrupt controller (APLIC)"));
}

static uint64_t *own_root(void)
{
	return at_pa(((struct image_header *)at_pa(HYP_BASE))->root_pa);
}

static uint64_t *own_entry(const void *pointer)
{
	uint64_t *root = own_root();
	uint64_t *table = at_pa((root[HYP_LEVEL1 / 8 + 1] & ~0x3ffull) << 2);

	return &table[((uintptr_t)pointer - HYP_VIRTUAL_BASE) / PAGE];
}

#define SPOIL(name, what)      \
	static void name(void) \
	{                      \
		what;          \
	}

SPOIL(leaf_without_user, *page_entry(0, 0x28000000) &= ~PTE_U)
SPOIL(leaf_reserved, *page_entry(0, 0x28000000) |= 1ull << 60)
SPOIL(leaf_invalid, *page_entry(0, 0x28000000) &= ~PTE_V)
SPOIL(leaf_executable, *page_entry(0, 0x28000000) |= PTE_X)
SPOIL(leaf_of_hypervisor, *page_entry(0, 0x28000000) = PTE_PPN((uint64_t)HYP_BASE) | S2_PTE_RAM)
SPOIL(file_of_other, *page_entry(0, 0x28000000) = *page_entry(1, 0x28000000))
SPOIL(file_of_supervisor, *page_entry(0, 0x28000000) = PTE_PPN(0x28000000ull) | S2_PTE_DEVICE)
SPOIL(leaf_of_aplic, *page_entry(0, 0x28001000) = PTE_PPN(0xd000000ull) | S2_PTE_DEVICE)
SPOIL(block_misaligned,
	*(uint64_t *)at_pa(it.vms[0].stage2_root_pa) = PTE_PPN(0x28001000ull) | S2_PTE_DEVICE)
SPOIL(root_beyond,
	((uint64_t *)at_pa(it.vms[0].stage2_root_pa))[2000] = PTE_PPN(0x40000000ull) | S2_PTE_RAM)
SPOIL(control_wrong, it.vms[0].stage2_control = 9ull << 60)
SPOIL(root_misaligned, it.vms[0].stage2_root_pa += PAGE)
SPOIL(guest_file_none, it.vcpus[0].guest_file = 0)
SPOIL(guest_file_other, it.vcpus[0].guest_file = 2)
SPOIL(own_writable_text, *own_entry((void *)HYP_VIRTUAL_BASE) |= PTE_W | PTE_D)
SPOIL(own_user, *own_entry((void *)HYP_VIRTUAL_BASE) |= PTE_U)
SPOIL(own_elsewhere, own_root()[5] = PTE_TABLE(0x80200000ull))
SPOIL(own_middle, own_root()[HYP_LEVEL1 / 8] = PTE_TABLE(0x80200000ull))
SPOIL(own_first, own_root()[0] += 1 << 10)
SPOIL(own_unnamed, *own_entry((char *)it.plan->intc + 4 * PAGE + 6 * PAGE) = PTE_PPN(0xc000000ull) |
									     HYP_PTE_DATA)
SPOIL(own_aplic_moved, *own_entry(it.plan->intc) = PTE_PPN(0xc000000ull) | HYP_PTE_DATA)
SPOIL(irq_twice, ((struct plan_irq *)at(it.vms[0].irqs))[1].host_id = 10)
SPOIL(irq_far, ((struct plan_irq *)at(it.vms[0].irqs))[1].host_id = 99)

static void test_spoiled(void **state)
{
	static const struct {
		void (*spoil)(void);
		const char *words;
	} cases[] = {
		{leaf_without_user, "neither memory nor a device"},
		{leaf_reserved, "unknown bits"},
		{leaf_invalid, "invalid, not empty"},
		{leaf_executable, "reaches a device of the hypervisor"},
		{leaf_of_hypervisor, "reaches the hypervisor's memory"},
		{file_of_other, "is reachable by two VMs"},
		{file_of_supervisor, "reaches the interrupt controller"},
		{leaf_of_aplic, "reaches a device of the hypervisor"},
		{block_misaligned, "not aligned to its size"},
		{root_beyond, "beyond the entries that the plan counts"},
		{control_wrong, "which do not fit each other"},
		{root_misaligned, "not aligned"},
		{guest_file_none, "does not reach its interrupt file"},
		{guest_file_other, "does not reach its interrupt file"},
		{own_writable_text, "neither code, constants nor data"},
		{own_user, "neither code, constants nor data"},
		{own_elsewhere, "the hypervisor has nothing there"},
		{own_middle, "the hypervisor has nothing there"},
		{own_first, "not the table behind the root"},
		{own_unnamed, "neither its memory nor a device in its plan"},
		{own_aplic_moved, "interrupt controller is not mapped as a device"},
		{irq_twice, "interrupt 10 has two owners"},
		{irq_far, "which its controller has not"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		build(VMS("riscv", "none"));
		cases[i].spoil();
		expect_fault(cases[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_aia_plan, fixture_release),
		cmocka_unit_test_teardown(test_aia_tree, fixture_release),
		cmocka_unit_test_teardown(test_plic, fixture_release),
		cmocka_unit_test_teardown(test_shared_console, fixture_release),
		cmocka_unit_test_teardown(test_header, fixture_release),
		cmocka_unit_test_teardown(test_report, fixture_release),
		cmocka_unit_test_teardown(test_spoiled, fixture_release),
	};

	return cmocka_run_group_tests(tests, begin, fixture_end);
}
