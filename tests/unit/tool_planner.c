/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the planner makes of sound descriptions, on the test board of tests/config/. That it refuses
 * the others is tested there. Runs in the project's root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/board.h"
#include "tools/message.h"
#include "tools/planner.h"

#define RAM 0x40000000ull
#define MIB (1ull << 20)

static char folder[] = "/tmp/orlop-planner-XXXXXX"; /* owner: prepare and tidy_up */

static int prepare(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	const char *command = arena_text("cp -r tests/config/boards %s && "
					 "python3 tests/config/images.py %s && "
					 "dtc -q -@ -O dtb -o %s/boards/test/board.dtb "
					 "tests/config/boards/test/board.dts",
		folder, folder, folder);
	assert_int_equal(system(command), 0);
	return 0;
}

static int tidy_up(void **state)
{
	(void)state;
	assert_int_equal(system(arena_text("rm -rf %s", folder)), 0);
	arena_release();
	return 0;
}

static int release(void **state)
{
	(void)state;
	arena_release();
	message_reset();
	return 0;
}

static bool apart(struct range a, struct range b)
{
	return !a.size || !b.size || a.base + a.size <= b.base || b.base + b.size <= a.base;
}

static bool in_ram(const struct board *board, struct range range)
{
	for (unsigned i = 0; i < board->ram_count; i++)
		if (range.base >= board->ram[i].base &&
			range.base + range.size <= board->ram[i].base + board->ram[i].size)
			return true;
	return false;
}

/* All host memory of a system: in RAM, whole pages, no two pieces of it over each other. */
static void check_memory(const struct system *system)
{
	struct range used[64];
	unsigned count = 0;
	used[count++] = system->hyp;
	used[count++] = (struct range){system->board.ram[0].base, 2 * MIB};
	for (unsigned v = 0; v < system->vm_count; v++) {
		const struct vm *vm = &system->vms[v];
		for (unsigned i = 0; i < vm->memory_count; i++)
			used[count++] = (struct range){vm->memory[i].host, vm->memory[i].size};
		if (vm->pristine.size)
			used[count++] = vm->pristine;
	}
	for (unsigned i = 0; i < count; i++) {
		assert_true(in_ram(&system->board, used[i]));
		assert_int_equal((used[i].base | used[i].size) % 4096, 0);
		for (unsigned j = 0; j < i; j++)
			assert_true(apart(used[i], used[j]));
		for (unsigned j = 0; j < system->board.reserved_count; j++)
			assert_true(apart(used[i], system->board.reserved[j]));
	}
}

static struct system *plan(const char *text)
{
	struct system *system = planner_load_text(arena_text("%s/product.yaml", folder),
		(const uint8_t *)text, strlen(text), arena_text("%s/boards", folder), NULL);
	assert_non_null(system);
	check_memory(system);
	return system;
}

#define BARE "os: bare, image: bare.elf, memory: 1M"

static void reads_the_board(void **state)
{
	(void)state;
	struct system *system =
		plan("board: test\nvms: { a: { " BARE ", vcpus: [ { cpu: 2 } ] } }");
	const struct board *board = &system->board;

	assert_string_equal(system->name, "product");
	assert_string_equal(board->name, "test");
	assert_int_equal(board->machine, 183);
	assert_int_equal(board->cpu_count, 3); /* the fourth is disabled */
	assert_int_equal(board->cpu_hw_ids[2], 0x100);
	assert_int_equal(board->ram_count, 2); /* adjacent banks are one */
	assert_int_equal(board->ram[0].base, RAM);
	assert_int_equal(board->ram[0].size, 64 * MIB);
	assert_int_equal(board->ram[1].base, 0x80000000);
	assert_int_equal(board->reserved_count, 2);
	assert_int_equal(board->intc.base, 0x8000000);
	assert_int_equal(board->intc_cpus.base, 0x80a0000);
	assert_int_equal(board->intc_frames[1] - board->intc_frames[0], 0x20000);
	assert_int_equal(board->irq_limit, 96);
	assert_true(board->own_group);
	assert_int_equal(board->console, CONSOLE_UART);
	assert_int_equal(board->console_device.regs[0].base, 0x9000000);
	assert_int_equal(board->console_device.irqs[0], 33);
	assert_int_equal(system->hyp.base, RAM + 2 * MIB);
	assert_int_equal(system->hyp.size, MIB);
	assert_null(board->qemu.binary);
}

static void finds_nodes(void **state)
{
	(void)state;
	struct system *system =
		plan("board: test\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 } ] } }");
	const struct board *board = &system->board;
	int uart = board_find(board, "/pl011@9040000");

	assert_true(uart > 0);
	assert_int_equal(board_find(board, "uart1"), uart);
	assert_int_equal(board_find(board, "serial1"), uart);
	assert_int_equal(board_find(board, "pl011@9040000"), uart);
	assert_int_equal(board_find(board, "main-uart"), board_find(board, "serial0"));
	assert_int_equal(board_find(board, "pl011"), BOARD_AMBIGUOUS);
	assert_int_equal(board_find(board, "/pl011"), BOARD_UNKNOWN);
	assert_int_equal(board_find(board, "uart2"), BOARD_UNKNOWN);
}

static void reads_devices(void **state)
{
	(void)state;
	struct system *system =
		plan("board: test\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 } ], access: [ uart1, "
		     "/soc/serial@1000, watch, slot@a000000, slot@a000200, slot@a000400 ] } }");
	const struct vm *vm = &system->vms[0];

	assert_int_equal(vm->device_count, 6);
	assert_int_equal(vm->console, GUEST_CONSOLE_OWN);
	assert_string_equal(vm->devices[0].said, "uart1");
	assert_string_equal(vm->devices[0].device.path, "/pl011@9040000");
	assert_int_equal(vm->devices[0].device.irqs[0], 40);
	assert_false(vm->devices[0].device.irq_is_edge[0]);
	assert_int_equal(vm->devices[1].device.regs[0].base, 0xb001000);
	assert_int_equal(vm->devices[1].device.irqs[0], 62);
	assert_int_equal(vm->devices[2].device.regs[0].base, 0xc000000);
	assert_int_equal(vm->devices[2].device.irq_count, 0);
	assert_int_equal(vm->devices[3].device.regs[0].size, 0x200);
	assert_true(vm->devices[3].device.irq_is_edge[0]);
}

static void loads_linux(void **state)
{
	(void)state;
	struct system *system =
		plan("board: test\nvms:\n"
		     "  linux:\n"
		     "    os: linux\n"
		     "    image: { kernel: kernel, initrd: initrd, bootargs: quiet }\n"
		     "    memory: 16M\n"
		     "    vcpus: [ { cpu: 1 }, { cpu: 0 } ]\n"
		     "    on-fault: restart\n"
		     "  small: { " BARE ", vcpus: [ { cpu: 2 } ], on-reset: restart }\n");
	const struct vm *vm = &system->vms[0], *small = &system->vms[1];

	assert_int_equal(vm->os, GUEST_LINUX);
	assert_string_equal(vm->bootargs, "quiet");
	assert_int_equal(vm->vcpu_count, 2);
	assert_int_equal(vm->vcpus[0].cpu, 1);
	assert_int_equal(vm->memory[0].guest, RAM);
	assert_int_equal(vm->memory[0].host, RAM + 4 * MIB); /* the same modulo 2 MiB */
	assert_int_equal(vm->device_tree, RAM);
	assert_int_equal(vm->device_tree_room, 2 * MIB);
	assert_int_equal(vm->entry, RAM + 2 * MIB);
	assert_int_equal(vm->load_count, 2);
	assert_int_equal(vm->loads[0].guest, vm->entry);
	assert_int_equal(vm->loads[0].size, 64);
	assert_int_equal(vm->loads[1].guest, RAM + 3 * MIB); /* after image_size, not the file's */
	assert_memory_equal(vm->loads[1].bytes, "initrd", 6);
	assert_int_equal(vm->console, GUEST_CONSOLE_SHARED);
	assert_int_equal(vm->console_irq, 80);
	assert_int_equal(vm->delivery, PLAN_DIRECT);
	assert_int_equal(vm->on_fault, PLAN_RESTART);
	assert_int_equal(vm->on_reset, PLAN_RESTART);
	assert_int_equal(vm->pristine.size, 2 * MIB + 2 * 4096);

	assert_int_equal(small->memory[0].host, RAM + 3 * MIB); /* the gap behind the hypervisor */
	assert_int_equal(small->console, GUEST_CONSOLE_NONE);
	assert_int_equal(small->console_irq, 0);
	assert_int_equal(small->on_fault, PLAN_HALT);
	assert_int_equal(small->on_reset, PLAN_RESTART);
	assert_int_equal(small->pristine.size, 0x4000 + 4096);
}

static void loads_elf_files(void **state)
{
	(void)state;
	struct system *system =
		plan("board: firmware\nvms: { a: { os: bare, image: two-segments.elf, memory: 1M, "
		     "vcpus: [ { cpu: 0 } ], stray-access: abort, on-fault: stop-system } }");
	const struct vm *vm = &system->vms[0];

	assert_int_equal(vm->load_count, 2);
	assert_int_equal(vm->loads[0].size, 8192);
	assert_int_equal(vm->loads[0].bytes[4096 + 100], 0); /* zero-filled to its size in memory */
	assert_int_equal(vm->loads[1].guest, RAM + 0x4000);
	assert_int_equal(vm->loads[1].size, 16);
	assert_int_equal(vm->entry, RAM);
	assert_int_equal(vm->device_tree, RAM + MIB - 0x4000);
	assert_int_equal(vm->delivery, PLAN_INJECTED);
	assert_int_equal(vm->stray_access, PLAN_STRAY_ABORT);
	assert_int_equal(vm->on_fault, PLAN_STOP_SYSTEM);
	assert_int_equal(vm->on_reset, PLAN_HALT);
}

static void loads_raw_images(void **state)
{
	(void)state;
	struct system *system = plan(
		"board: test\nvms:\n"
		"  low:\n"
		"    os: bare\n"
		"    image: { file: raw, load: 0x0, entry: 0x4 }\n"
		"    memory: [ { size: 64K }, { size: 8K, guest: 0, access: read-only } ]\n"
		"    vcpus: [ { cpu: 0 } ]\n"
		"  main: { os: bare, image: { file: raw }, memory: 64K, vcpus: [ { cpu: 1 } ] }\n");
	const struct vm *low = &system->vms[0], *main = &system->vms[1];

	assert_int_equal(low->entry, 4);
	assert_int_equal(low->loads[0].guest, 0);
	assert_int_equal(low->loads[0].size, 8192);
	assert_int_equal(low->device_tree, RAM);
	assert_true(low->memory[1].read_only);
	assert_false(low->memory[0].read_only);
	assert_int_equal(main->entry, RAM);
	assert_int_equal(main->device_tree, RAM + 0x10000 - 0x4000);
}

static void places_memory(void **state)
{
	(void)state;
	struct system *system = plan(
		"board: test\nvms:\n"
		"  odd:\n"
		"    os: bare\n"
		"    image: { file: raw }\n"
		"    memory: [ { size: 40M, guest: 0x40100000 } ]\n"
		"    vcpus: [ { cpu: 0 } ]\n"
		"  high:\n"
		"    os: bare\n"
		"    image: bare.elf\n"
		"    memory: [ { size: 2M }, { size: 6M, guest: 0x50000000, host: 0x80000000 } ]\n"
		"    vcpus: [ { cpu: 1 } ]\n"
		"  small: { os: bare, image: bare.elf, memory: 64K, vcpus: [ { cpu: 2 } ] }\n");
	const struct vm *odd = &system->vms[0], *high = &system->vms[1], *small = &system->vms[2];

	assert_int_equal(odd->memory[0].host, RAM + 3 * MIB); /* congruent to 0x40100000 */
	assert_int_equal(high->memory[0].host, RAM + 44 * MIB);
	assert_true(high->memory[1].host_fixed);
	assert_int_equal(high->memory[1].host, 0x80000000);
	assert_int_equal(small->memory[0].host, RAM + 43 * MIB);
}

/* A system in which nothing but the smallest alignment still fits. */
static void falls_back_to_small_alignment(void **state)
{
	(void)state;
	struct system *system = plan("board: test\nvms:\n"
				     "  a:\n"
				     "    os: bare\n"
				     "    image: bare.elf\n"
				     "    memory:\n"
				     "      - { size: 1M }\n"
				     "      - { size: 57M, guest: 0x50000000, host: 0x40300000 }\n"
				     "      - { size: 1M, guest: 0x60000000, host: 0x80700000 }\n"
				     "      - { size: 4K, guest: 0x70000000, host: 0x80000000 }\n"
				     "      - { size: 6M, guest: 0x80000000 }\n"
				     "    vcpus: [ { cpu: 0 } ]\n");

	assert_int_equal(system->vms[0].memory[0].host, RAM + 61 * MIB);
	assert_int_equal(system->vms[0].memory[4].host, 0x80001000);
}

static void moves_consoles_and_interrupts(void **state)
{
	(void)state;
	struct system *system = plan("board: test\nconsole: debugger\nvms: { a: { " BARE
				     ", vcpus: [ { cpu: 0 } ], interrupts: { route: injected }, "
				     "access: [ serial0 ], console: none } }");

	assert_int_equal(system->board.console, CONSOLE_DEBUGGER);
	assert_int_equal(system->vms[0].delivery, PLAN_INJECTED);
	assert_int_equal(system->vms[0].console, GUEST_CONSOLE_NONE);
}

#define TEST(function) cmocka_unit_test_teardown(function, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_the_board),
		TEST(finds_nodes),
		TEST(reads_devices),
		TEST(loads_linux),
		TEST(loads_elf_files),
		TEST(loads_raw_images),
		TEST(places_memory),
		TEST(falls_back_to_small_alignment),
		TEST(moves_consoles_and_interrupts),
	};
	return cmocka_run_group_tests(tests, prepare, tidy_up);
}
