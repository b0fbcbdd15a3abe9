/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests' device trees: what stays, what is new, what is refused.
 */
#include "tests/unit/tool_fixture.h"

#include <libfdt.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/guest_tree.h"
#include "tools/message.h"

static const void *tree_of(const struct system *system, unsigned vm)
{
	struct blob tree;

	assert_true(guest_tree_build(&tree, system, &system->vms[vm]));
	assert_int_equal(fdt_check_full(tree.bytes, tree.size), 0);
	return tree.bytes;
}

static bool has(const void *fdt, const char *path)
{
	return fdt_path_offset(fdt, path) >= 0;
}

static const char *text_at(const void *fdt, const char *path, const char *name)
{
	return fdt_getprop(fdt, fdt_path_offset(fdt, path), name, NULL);
}

/* Compares a property with a list of cells. */
static void expect_cells(
	const void *fdt, const char *path, const char *name, const uint32_t *cells, unsigned count)
{
	int size;
	const fdt32_t *value = fdt_getprop(fdt, fdt_path_offset(fdt, path), name, &size);

	if (!value || size != (int)(count * 4))
		fail_msg("%s %s has %d bytes", path, name, size);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(fdt32_to_cpu(value[i]), cells[i]);
}

#define EXPECT_CELLS(fdt, path, name, ...)                               \
	do {                                                             \
		const uint32_t cells[] = {__VA_ARGS__};                  \
		expect_cells(fdt, path, name, cells, sizeof(cells) / 4); \
	} while (0)

static void test_linux(void **state)
{
	struct system *system = fixture_system();
	const void *fdt = tree_of(system, FIXTURE_LINUX);
	int gic;
	uint32_t phandle;

	(void)state;
	assert_string_equal(text_at(fdt, "/", "model"), "test board");
	assert_string_equal(text_at(fdt, "/chosen", "bootargs"), "console=ttyAMA0");
	EXPECT_CELLS(fdt, "/chosen", "linux,initrd-start", 0, 0x40210000);
	EXPECT_CELLS(fdt, "/chosen", "linux,initrd-end", 0, 0x40210000 + 5000);
	assert_string_equal(text_at(fdt, "/chosen", "stdout-path"), "/soc/serial@9000000");
	assert_null(text_at(fdt, "/chosen", "rng-seed"));
	EXPECT_CELLS(fdt, "/memory@40000000", "reg", 0, 0x40000000, 0, 0x4000000);

	/* Two CPUs numbered from 0, each like the board's that it runs on. */
	EXPECT_CELLS(fdt, "/cpus/cpu@1", "reg", 1);
	assert_string_equal(text_at(fdt, "/cpus/cpu@1", "compatible"), "arm,cortex-a53");
	assert_string_equal(text_at(fdt, "/cpus/cpu@1", "enable-method"), "psci");
	assert_null(text_at(fdt, "/cpus/cpu@0", "cpu-idle-states"));
	assert_false(has(fdt, "/cpus/cpu@100"));
	assert_false(has(fdt, "/cpus/cpu-map"));
	assert_false(has(fdt, "/cpus/idle-states"));
	assert_string_equal(text_at(fdt, "/psci", "method"), "hvc");

	/* A redistributor for each vCPU, no ITS, no interrupt of its own. */
	EXPECT_CELLS(fdt, "/soc/interrupt-controller@8000000", "reg", 0x08000000, 0x10000,
		0x080a0000, 0x40000);
	assert_false(has(fdt, "/soc/interrupt-controller@8000000/msi-controller@8080000"));
	assert_null(text_at(fdt, "/soc/interrupt-controller@8000000", "interrupts"));
	gic = fdt_path_offset(fdt, "/soc/interrupt-controller@8000000");
	phandle = fdt_get_phandle(fdt, gic);
	EXPECT_CELLS(fdt, "/", "interrupt-parent", phandle);

	/* The bus of both, without what it refers to. */
	EXPECT_CELLS(fdt, "/soc", "ranges", 0x08000000, 0, 0x08000000, 0x08000000);
	assert_null(text_at(fdt, "/soc", "power-domains"));
	assert_true(has(fdt, "/timer"));
	assert_false(has(fdt, "/soc/serial@9010000"));
	assert_false(has(fdt, "/soc/net@9100000"));
	assert_false(has(fdt, "/regulator"));
}

/* A task's vCPU is no CPU that the guest could start; it has a redistributor all the same. */
static void test_tasks(void **state)
{
	const void *fdt = tree_of(fixture_shared_system(), FIXTURE_CONTROL);

	(void)state;
	assert_true(has(fdt, "/cpus/cpu@0"));
	assert_false(has(fdt, "/cpus/cpu@1"));
	assert_false(has(fdt, "/cpus/cpu@2"));
	EXPECT_CELLS(fdt, "/soc/interrupt-controller@8000000", "reg", 0x08000000, 0x10000,
		0x080a0000, 0x60000);
}

/* The emulated UART stands at the board's console, with an interrupt and a clock of its own. */
static void test_shared_console(void **state)
{
	struct system *system = fixture_system();
	const void *fdt = tree_of(system, FIXTURE_LINUX);
	uint32_t clock = fdt_get_phandle(fdt, fdt_path_offset(fdt, "/console-clock"));

	(void)state;
	assert_string_equal(text_at(fdt, "/soc/serial@9000000", "compatible"), "arm,pl011");
	EXPECT_CELLS(fdt, "/soc/serial@9000000", "reg", 0x09000000, 0x1000);
	EXPECT_CELLS(fdt, "/soc/serial@9000000", "interrupts", 0, 200 - 32, 4);
	EXPECT_CELLS(fdt, "/soc/serial@9000000", "clocks", clock, clock);
	assert_null(text_at(fdt, "/soc/serial@9000000", "dmas"));
	assert_string_equal(text_at(fdt, "/console-clock", "compatible"), "fixed-clock");
	assert_string_equal(text_at(fdt, "/aliases", "serial0"), "/soc/serial@9000000");
	assert_null(text_at(fdt, "/aliases", "serial1"));
	assert_null(text_at(fdt, "/aliases", "net"));
}

static void test_own_uart(void **state)
{
	struct system *system = fixture_system();
	const void *fdt;

	(void)state;
	system->vms[FIXTURE_CONTROL].console = GUEST_CONSOLE_OWN;
	fdt = tree_of(system, FIXTURE_CONTROL);
	assert_string_equal(text_at(fdt, "/chosen", "stdout-path"), "serial1:115200n8");
	EXPECT_CELLS(fdt, "/soc/serial@9010000", "interrupts", 0, 2, 4);
	/* Its clock is harmless and comes along; its DMA is somebody else's and goes. */
	EXPECT_CELLS(fdt, "/soc/serial@9010000", "clocks",
		fdt_get_phandle(fdt, fdt_path_offset(fdt, "/clock-24m")),
		fdt_get_phandle(fdt, fdt_path_offset(fdt, "/clock-24m")));
	assert_null(text_at(fdt, "/soc/serial@9010000", "dmas"));
	assert_null(text_at(fdt, "/soc/serial@9010000", "dma-names"));
	assert_false(has(fdt, "/console-clock"));
	/* CPU 3 of the board is of the other kind. */
	assert_string_equal(text_at(fdt, "/cpus/cpu@0", "compatible"), "arm,cortex-a72");
	/* Read-only memory is no memory to an operating system. */
	assert_true(has(fdt, "/memory@40000000"));
	assert_false(has(fdt, "/memory@10000"));
}

/* Without the board's choice among its devices, a guest speaks through its first UART. */
static void test_other_uart(void **state)
{
	struct system *system = fixture_system();
	struct vm *vm = &system->vms[FIXTURE_CONTROL];
	const void *fdt;

	(void)state;
	vm->console = GUEST_CONSOLE_OWN;
	vm->device_count = 0;
	fixture_device(system, FIXTURE_CONTROL, "/soc/slot@a000000");
	fixture_device(system, FIXTURE_CONTROL, "/soc/clock-controller@9020000");
	fixture_device(system, FIXTURE_CONTROL, "/soc/serial@9000000");
	fdt = tree_of(system, FIXTURE_CONTROL);
	assert_string_equal(text_at(fdt, "/chosen", "stdout-path"), "/soc/serial@9000000");
}

static void test_device_with_references(void **state)
{
	struct system *system = fixture_system();
	const void *fdt;

	(void)state;
	fixture_device(system, FIXTURE_LINUX, "/soc/net@9100000");
	fixture_device(system, FIXTURE_LINUX, "/soc/clock-controller@9020000");
	fdt = tree_of(system, FIXTURE_LINUX);
	assert_true(has(fdt, "/soc/clock-controller@9020000"));
	assert_true(has(fdt, "/regulator"));
	EXPECT_CELLS(fdt, "/soc/net@9100000", "interrupts", 0, 40, 1, 0, 41, 4);
	assert_true(has(fdt, "/soc/net@9100000/phy@0"));
	assert_false(has(fdt, "/soc/net@9100000/phy@1"));
	assert_null(text_at(fdt, "/soc/net@9100000", "iommus"));
	assert_null(text_at(fdt, "/soc/net@9100000", "msi-parent"));
	assert_string_equal(text_at(fdt, "/aliases", "net"), "/soc/net@9100000");
}

static void expect_refusal(struct system *system, unsigned vm, const char *words)
{
	struct blob tree;
	bool built;
	const char *said;

	fixture_listen();
	built = guest_tree_build(&tree, system, &system->vms[vm]);
	said = fixture_said();
	if (built || !strstr(said, words))
		fail_msg("expected '%s', got '%s'", words, said);
}

static void test_foreign_reference(void **state)
{
	struct system *system = fixture_system();

	(void)state;
	fixture_device(system, FIXTURE_LINUX, "/soc/net@9100000");
	expect_refusal(system, FIXTURE_LINUX,
		"test.yaml:4:3: error: /soc/net@9100000, which VM linux has, needs "
		"/soc/clock-controller@9020000 (clocks), which it has not\n"
		"    to mend: add /soc/clock-controller@9020000 to the VM's access");
}

static void test_refusals(void **state)
{
	struct system *system = fixture_system();

	(void)state;
	system->vms[FIXTURE_LINUX].device_tree_room = 100;
	expect_refusal(system, FIXTURE_LINUX, "bytes, and there is room for 100");
	system = fixture_system();
	system->board.console_device.path = NULL;
	expect_refusal(system, FIXTURE_LINUX, "shares the console, and the board has none");
	system = fixture_system();
	fdt_nop_node(system->board.fdt, fdt_path_offset(system->board.fdt, "/timer"));
	expect_refusal(system, FIXTURE_LINUX, "has no node compatible with arm,armv8-timer");
	system = fixture_system();
	fdt_nop_property(system->board.fdt,
		fdt_path_offset(system->board.fdt, "/soc/interrupt-controller@8000000"), "reg");
	expect_refusal(system, FIXTURE_LINUX, "the device tree of VM linux cannot be made");
}

static void test_names(void **state)
{
	struct system *system = fixture_system();
	struct blob first, second;
	void *board = arena_alloc(1, 0x10000);
	int node;

	(void)state;
	/* Labels are kept as aliases are: for what the VM has. */
	assert_int_equal(fdt_open_into(system->board.fdt, board, 0x10000), 0);
	node = fdt_add_subnode(board, 0, "__symbols__");
	fdt_setprop_string(board, node, "serial0", "/soc/serial@9000000");
	fdt_setprop_string(board, node, "serial1", "/soc/serial@9010000");
	fdt_setprop(board, node, "broken", "x", 1);
	system = fixture_system();
	system->board.fdt = board;
	system->vms[FIXTURE_CONTROL].devices[0].device.node =
		fdt_path_offset(board, "/soc/serial@9010000");
	assert_null(text_at(tree_of(system, FIXTURE_LINUX), "/__symbols__", "serial1"));
	assert_non_null(text_at(tree_of(system, FIXTURE_LINUX), "/__symbols__", "serial0"));
	assert_non_null(text_at(tree_of(system, FIXTURE_CONTROL), "/__symbols__", "serial1"));
	assert_null(text_at(tree_of(system, FIXTURE_CONTROL), "/__symbols__", "broken"));

	/* And twice the same is the same. */
	assert_true(guest_tree_build(&first, system, &system->vms[0]));
	assert_true(guest_tree_build(&second, system, &system->vms[0]));
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.bytes, second.bytes, first.size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_linux, fixture_release),
		cmocka_unit_test_teardown(test_tasks, fixture_release),
		cmocka_unit_test_teardown(test_shared_console, fixture_release),
		cmocka_unit_test_teardown(test_own_uart, fixture_release),
		cmocka_unit_test_teardown(test_other_uart, fixture_release),
		cmocka_unit_test_teardown(test_device_with_references, fixture_release),
		cmocka_unit_test_teardown(test_foreign_reference, fixture_release),
		cmocka_unit_test_teardown(test_refusals, fixture_release),
		cmocka_unit_test_teardown(test_names, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
