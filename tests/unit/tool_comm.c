/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptions in which VMs communicate, on the test boards of tests/config/: what is planned, what
 * the guests' device trees and the report say of it, and that the images hold. That bad ones are
 * refused is tested there.
 */
#include "tests/unit/tool_fixture.h"

#include <elf.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/region.h"
#include "tools/arena.h"
#include "tools/comm.h"
#include "tools/file.h"
#include "tools/guest_tree.h"
#include "tools/image.h"
#include "tools/message.h"
#include "tools/planner.h"
#include "tools/report.h"
#include "tools/verify.h"

#define RAM    0x40000000ull
#define RISCV  0x80000000ull
#define KIB    0x400ull
#define MIB    0x100000ull
#define PAGE   0x1000ull
#define BARE   "os: bare, image: bare.elf, memory: 1M"
#define EXPECT assert_int_equal

static int begin(void **state)
{
	if (fixture_begin(state) != 0)
		return -1;
	return system(arena_text(
		"cp -r tests/config/. %1$s && python3 tests/config/images.py %1$s && "
		"for b in test riscv riscv-plic; do dtc -q -@ -O dtb -o %1$s/boards/$b/board.dtb "
		"%1$s/boards/$b/board.dts || exit 1; done; cp -r %1$s/boards/riscv "
		"%1$s/boards/riscv-svpbmt && cd %1$s/boards/riscv-svpbmt && "
		"sed -i 's/name: riscv/name: riscv-svpbmt/' board.yaml && "
		"sed -i 's/_sstc/_sstc_svpbmt/' board.dts && "
		"dtc -q -@ -O dtb -o board.dtb board.dts",
		fixture_path(".")));
}

static struct system *plan_text(const char *name, const uint8_t *bytes, size_t size)
{
	struct system *system =
		planner_load_text(fixture_path(name), bytes, size, fixture_path("boards"), NULL);

	assert_non_null(system);
	return system;
}

/* Of one of the sound descriptions in tests/config/. */
static struct system *plan_file(const char *name)
{
	size_t size;
	uint8_t *bytes = fixture_read(fixture_path(name), &size);

	return plan_text(name, bytes, size);
}

static struct system *plan(const char *text)
{
	return plan_text("product.yaml", (const uint8_t *)text, strlen(text));
}

static void test_messages(void **state)
{
	struct system *system = plan_file("good-communication.yaml");
	const struct vm_comm *linux = &system->vms[0].comm, *control = &system->vms[1].comm;

	(void)state;
	assert_true(system->has_comm);
	EXPECT(linux->message_slots, 32);
	EXPECT(linux->message_bytes, 128);
	EXPECT(linux->senders, 6); /* all but itself */
	assert_true(linux->has_message_ports);
	EXPECT(control->message_slots, 16);
	EXPECT(control->message_bytes, 64);
	EXPECT(control->senders, 1);
	assert_true(control->has_message_ports); /* it asked */
	assert_false(system->vms[2].comm.has_message_ports);
	EXPECT(system->vms[0].console, GUEST_CONSOLE_VIRTIO);
	EXPECT(system->vms[0].console_irq, 0);
}

/* The region behind the main memory, then the tunnels; devices at the next GiB. */
static void test_addresses(void **state)
{
	struct system *system = plan_file("good-communication.yaml");
	const struct vm_comm *linux = &system->vms[0].comm, *control = &system->vms[1].comm;

	(void)state;
	EXPECT(linux->region_guest, RAM + 16 * MIB + PAGE); /* behind a device of the board */
	EXPECT(linux->region_size, comm_region_bytes(system, &system->vms[0]));
	assert_string_equal(linux->tunnels[0].name, "telemetry");
	EXPECT(linux->tunnels[0].guest, linux->region_guest + linux->region_size);
	EXPECT(linux->tunnels[1].guest, RAM + 18 * MIB); /* a multiple of 2 MiB */
	EXPECT(linux->tunnels[1].host % (2 * MIB), 0);
	EXPECT(control->region_guest, RAM + MIB);
	EXPECT(control->tunnels[0].guest, 0x60000000); /* as said */
	EXPECT(control->tunnels[0].host, linux->tunnels[0].host);
	EXPECT(control->tunnels[0].peer_index, 0);
	EXPECT(system->vms[2].comm.tunnels[0].peer_index, 1);
	EXPECT(linux->virtio_count, 3);
	EXPECT(linux->virtio[0].guest, 0x80000000);
	EXPECT(linux->virtio[2].guest, 0x80002000);
}

/* What Linux has is not cached unless somebody says so. */
static void test_caching(void **state)
{
	struct system *system = plan_file("good-communication.yaml");

	(void)state;
	assert_false(system->vms[0].comm.tunnels[0].is_cached);
	assert_false(system->vms[1].comm.tunnels[0].is_cached);
	assert_false(system->vms[0].comm.tunnels[0].is_writable);
	assert_true(system->vms[1].comm.tunnels[0].is_writable);
	assert_true(system->vms[0].comm.tunnels[1].is_cached);
	assert_true(system->vms[2].comm.tunnels[0].is_cached);
	system = plan_file("good-communication-riscv.yaml"); /* no Svpbmt: all is cached */
	assert_true(system->vms[0].comm.tunnels[0].is_cached);
	system = plan(
		"board: comm\nvms:\n"
		"  a: { " BARE ", vcpus: [ { cpu: 0 } ], tunnels: { t: { with: b, size: 4K } } }\n"
		"  b: { " BARE
		", vcpus: [ { cpu: 1 } ], tunnels: { t: { with: a, size: 4K } } }\n");
	assert_true(system->vms[0].comm.tunnels[0].is_cached);
}

static void test_networks(void **state)
{
	struct system *system = plan_file("good-communication.yaml"), *again;
	const struct vm_comm *linux = &system->vms[0].comm, *control = &system->vms[1].comm;

	(void)state;
	EXPECT(system->network_count, 2);
	assert_string_equal(system->networks[1], "wan");
	EXPECT(linux->ports[0].slots, 0);
	EXPECT(control->ports[0].slots, 64);
	EXPECT(control->ports[1].slots, 0);
	/* Ports of a network follow each other. */
	EXPECT(linux->ports[0].index, 0);
	EXPECT(control->ports[0].index, 1);
	EXPECT(linux->ports[1].index, 2);
	EXPECT(control->ports[1].index, 3);
	assert_string_equal(comm_mac_text(linux->ports[1].mac), "02:00:00:00:00:01");
	EXPECT(linux->ports[0].mac[0], 2); /* local, one port's */
	assert_memory_not_equal(linux->ports[0].mac, control->ports[0].mac, 6);
	/* Made addresses are the same tomorrow. */
	again = plan_file("good-communication.yaml");
	assert_memory_equal(linux->ports[0].mac, again->vms[0].comm.ports[0].mac, 6);
	EXPECT(linux->virtio[0].kind, PLAN_VIRTIO_CONSOLE);
	assert_true(linux->virtio[0].is_console && linux->virtio[0].has_messages);
	EXPECT(linux->virtio[1].kind, PLAN_VIRTIO_NET);
	EXPECT(linux->virtio[2].port, 1);
}

/* With a GIC out of the board's free ones, else behind those of the VM's devices. */
static void test_interrupts(void **state)
{
	struct system *system = plan_file("good-communication.yaml");

	(void)state;
	EXPECT(system->vms[0].comm.region_irq, 80);
	EXPECT(system->vms[0].comm.virtio[0].irq, 81);
	EXPECT(system->vms[0].comm.virtio[1].irq, 200); /* the second range */
	EXPECT(system->vms[1].comm.region_irq, 202);
	EXPECT(system->vms[2].delivery, PLAN_UPCALL);
	EXPECT(system->vms[2].comm.region_irq, 205);
	system = plan("board: riscv\nvms: { a: { os: bare, image: riscv.elf, memory: 1M, vcpus: "
		      "[ { cpu: 0 } ], region: yes, access: [ rtc ], console: shared } }");
	EXPECT(system->vms[0].console_irq, 2);
	EXPECT(system->vms[0].comm.region_irq, 3);
}

/* The smallest region holds what one without messages, tunnels and packets has. */
static void test_region_alone(void **state)
{
	struct system *system =
		plan("board: comm\nvms:\n  a: { " BARE ", vcpus: [ { cpu: 0 } ], region: yes }\n"
		     "  b: { " BARE ", vcpus: [ { cpu: 1 } ], region: no }\n");

	(void)state;
	EXPECT(system->vms[0].comm.region_size, PAGE);
	EXPECT(system->vms[0].comm.message_slots, 0);
	EXPECT(system->vms[1].comm.region_size, 0);
	EXPECT(system->vms[1].comm.region_irq, 0);
}

/* The parts of a region do not overlap and end where it ends. */
static void test_parts(void **state)
{
	const struct region_parts parts = {.vcpu_count = 3,
		.vm_count = 5,
		.slot_count = 16,
		.message_bytes = 61,
		.tunnel_count = 2,
		.packet_slots = 8};
	struct region region = {0};
	uint64_t size = region_place(&parts, &region);

	(void)state;
	EXPECT(region_slot_bytes(61), 72); /* its head, and whole words */
	EXPECT(region.vcpus % 64, 0);
	assert_true(region.vcpus >= sizeof(region));
	assert_true(region.vms >= region.vcpus + 3 * sizeof(struct region_vcpu));
	assert_true(region.tunnels >= region.vms + 5 * sizeof(struct region_vm));
	assert_true(region.ring >= region.tunnels + 2 * sizeof(struct region_tunnel));
	assert_true(region.packets >= region.ring + sizeof(struct region_ring) + 16 * 72);
	EXPECT(size, region.packets + sizeof(struct region_packets) + 2 * 8 * REGION_PACKET_SLOT);
	EXPECT((region.ring | region.packets) % 64, 0);
	size = region_place(&(struct region_parts){.vcpu_count = 1, .vm_count = 1}, &region);
	EXPECT(size, REGION_ALIGN(region.vms + sizeof(struct region_vm), 64));
	EXPECT(region.ring | region.packets | region.tunnels, 0);
}

/* Regions and tunnels go where the VM and the board have nothing. */
static void test_round_obstacles(void **state)
{
	struct system *system = plan(
		"board: comm\nvms:\n"
		"  a:\n    os: bare\n    image: bare.elf\n    vcpus: [ { cpu: 0 } ]\n"
		"    memory: [ { size: 1M }, { size: 1M, guest: 0x40100000 } ]\n"
		"    tunnels:\n"
		"      fixed: { with: b, size: 64K, guest: 0x40201000 }\n"
		"      free: { with: b, size: 16M }\n"
		"  b:\n    os: bare\n    image: { file: raw }\n    vcpus: [ { cpu: 1 } ]\n"
		"    memory: [ { size: 4M, guest: 0x40c00000 } ]\n"
		"    tunnels: { fixed: { with: a, size: 64K }, free: { with: a, size: 16M } }\n");
	const struct vm_comm *a = &system->vms[0].comm, *b = &system->vms[1].comm;

	(void)state;
	EXPECT(a->region_guest, 0x40200000);     /* just fits before the fixed one */
	EXPECT(a->tunnels[1].guest, 0x41200000); /* behind the board's device at 0x41000000 */
	EXPECT(b->region_guest, 0x41001000);     /* not on it */
	EXPECT(b->tunnels[0].guest, 0x41002000);
}

static const void *tree_of(const struct system *system, unsigned vm)
{
	struct blob tree;

	assert_true(guest_tree_build(&tree, system, &system->vms[vm]));
	EXPECT(fdt_check_full(tree.bytes, tree.size), 0);
	return tree.bytes;
}

static const char *text_at(const void *fdt, const char *path, const char *name)
{
	return fdt_getprop(fdt, fdt_path_offset(fdt, path), name, NULL);
}

static uint32_t cell_at(const void *fdt, const char *path, const char *name, unsigned index)
{
	int size;
	const fdt32_t *cells = fdt_getprop(fdt, fdt_path_offset(fdt, path), name, &size);

	if (!cells || size < (int)(index + 1) * 4)
		fail_msg("%s %s has %d bytes", path, name, size);
	return fdt32_ld(&cells[index]);
}

static void test_tree(void **state)
{
	struct system *system = plan_file("good-communication.yaml");
	const struct vm_comm *linux = &system->vms[0].comm;
	const void *fdt = tree_of(system, 0);
	const char *tunnel =
		arena_text("/tunnel@%llx", (unsigned long long)linux->tunnels[0].guest);

	(void)state;
	assert_string_equal(text_at(fdt, "/region@41001000", "compatible"), REGION_COMPATIBLE);
	EXPECT(cell_at(fdt, "/region@41001000", "reg", 1), 0x41001000);
	EXPECT(cell_at(fdt, "/region@41001000", "reg", 3), linux->region_size);
	EXPECT(cell_at(fdt, "/region@41001000", "interrupts", 1), 80 - 32);
	EXPECT(cell_at(fdt, "/region@41001000", "interrupts", 2), 1); /* rising edge */
	assert_string_equal(text_at(fdt, tunnel, "compatible"), "orlop,tunnel-1.0");
	assert_string_equal(text_at(fdt, tunnel, "label"), "telemetry");
	EXPECT(cell_at(fdt, tunnel, "reg", 3), 64 * KIB);
	assert_non_null(text_at(fdt, tunnel, "read-only"));
	assert_null(text_at(fdt, "/tunnel@41200000", "read-only"));
	assert_string_equal(text_at(fdt, "/virtio@80001000", "compatible"), "virtio,mmio");
	EXPECT(cell_at(fdt, "/virtio@80001000", "interrupts", 1), 200 - 32);
	EXPECT(cell_at(fdt, "/virtio@80001000", "interrupts", 2), 4); /* high level */
	assert_non_null(text_at(fdt, "/virtio@80001000", "dma-coherent"));
	assert_null(text_at(fdt, "/chosen", "stdout-path"));
	/* Who takes upcalls has no interrupt controller. */
	fdt = tree_of(system, 2);
	assert_true(fdt_node_offset_by_compatible(fdt, -1, "arm,gic-v3") < 0);
	assert_true(fdt_node_offset_by_compatible(fdt, -1, REGION_COMPATIBLE) > 0);
}

static void test_tree_riscv(void **state)
{
	struct system *system = plan_file("good-communication-riscv.yaml");
	const void *fdt = tree_of(system, 0);
	int node = fdt_node_offset_by_compatible(fdt, -1, "riscv,aplic");
	const fdt32_t *sources = fdt_getprop(fdt, node, "riscv,num-sources", NULL);

	(void)state;
	EXPECT(cell_at(fdt, "/region@81000000", "interrupts", 0), 1);
	EXPECT(cell_at(fdt, "/region@81000000", "interrupts", 1), 1);
	EXPECT(cell_at(fdt, "/virtio@c0000000", "interrupts", 0), 2);
	EXPECT(cell_at(fdt, "/virtio@c0000000", "interrupts", 1), 4);
	EXPECT(fdt32_ld(sources), 4); /* the region's and three devices' */
	fdt = tree_of(system, 2);
	assert_true(fdt_node_offset_by_compatible(fdt, -1, "riscv,aplic") < 0);
	assert_true(fdt_node_offset_by_compatible(fdt, -1, "riscv,imsics") < 0);
	EXPECT(system->vms[2].vcpus[0].guest_file, 0);
}

static const char *hyp_file(uint16_t machine)
{
	struct fixture_hyp hyp = fixture_shared_hyp();
	size_t size;
	uint8_t *bytes;

	hyp.info.machine = machine;
	hyp.info.comm_vm_bytes = fixture_comm_hyp().info.comm_vm_bytes;
	hyp.info.virtio_bytes = fixture_comm_hyp().info.virtio_bytes;
	hyp.info.network_bytes = fixture_comm_hyp().info.network_bytes;
	bytes = fixture_hyp_bytes(&hyp, &size);
	((Elf64_Ehdr *)bytes)->e_machine = machine;
	return fixture_file("hyp.elf", bytes, size);
}

/* The image of a description in tests/config/, which has to hold. */
static struct image image_of(const char *name)
{
	struct system *system = plan_file(name);
	FILE *out = fopen(fixture_path("proof"), "w");
	struct image image;

	assert_true(image_build(&image, system, hyp_file(system->board.machine)));
	assert_true(image_write(&image, fixture_path("image")));
	assert_true(verify_image(fixture_path("image.elf"), out));
	fclose(out);
	return image;
}

static void test_images(void **state)
{
	(void)state;
	image_of("good-communication.yaml");
	image_of("good-communication-riscv.yaml");
	image_of("good-communication-riscv-plic.yaml");
}

static void test_report(void **state)
{
	struct image image = image_of("good-communication.yaml");
	FILE *out = fopen(fixture_path("report"), "w");
	const char *text;
	size_t size;

	(void)state;
	report_print(out, &image);
	fclose(out);
	text = (const char *)fixture_read(fixture_path("report"), &size);
	assert_non_null(strstr(text, "    linux         32 of 128 bytes  virtio console  control, "
				     "upcalls\n"));
	assert_non_null(strstr(text, "telemetry   linux        0x00410"));
	assert_non_null(strstr(text, "reads; uncached\n"));
	assert_non_null(strstr(text, "    64 KiB      control      0x0060000000  reads, writes; "
				     "uncached\n"));
	assert_non_null(strstr(text, "wan         linux       02:00:00:00:00:01  virtio-net\n"));
	assert_non_null(strstr(text, "packet rings of 64 slots\n"));
	assert_non_null(strstr(text, "virtio-console, console, messages\n"));
	assert_non_null(strstr(text, "    80  virtual    communication region\n"));
	assert_non_null(strstr(text, "interrupts            by upcall\n"));
	assert_non_null(strstr(text, "tunnel bulk, shared with upcalls\n"));
	assert_non_null(strstr(text, "console               virtio\n"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
}

/* The same description on a board whose CPUs have Svpbmt: Linux's tunnel is not cached there. */
static void test_svpbmt(void **state)
{
	struct system *system;
	FILE *out = fopen(fixture_path("proof"), "w");
	struct image image;
	size_t size;
	uint8_t *bytes = fixture_read(fixture_path("good-communication-riscv.yaml"), &size);
	const char *text = arena_text("%.*s", (int)size, bytes);

	(void)state;
	text = arena_text("board: riscv-svpbmt\n%s", strchr(text, '\n'));
	system = plan(text);
	assert_false(system->vms[0].comm.tunnels[0].is_cached);
	assert_true(system->vms[0].comm.tunnels[1].is_cached);
	assert_true(image_build(&image, system, hyp_file(EM_RISCV)));
	assert_true(image_write(&image, fixture_path("image")));
	assert_true(verify_image(fixture_path("image.elf"), out));
	fclose(out);
}

/* A device whose interrupt has no bit among the upcalls'. */
static void test_upcall_device(void **state)
{
	const char *board = fixture_path("boards/comm");
	const char *text = "board: comm\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 } ], access: "
			   "[ rtc ], interrupts: { route: upcall } } }";

	(void)state;
	assert_int_equal(system(arena_text("sed 's/interrupts = <0 2 4>/interrupts = <0 228 4>/' "
					   "%1$s/../test/board.dts > %1$s/board.dts && "
					   "dtc -q -@ -O dtb -o %1$s/board.dtb %1$s/board.dts && "
					   "sed -i.bak 's/\\.\\.\\/test\\///' %1$s/board.yaml",
				 board)),
		0);
	fixture_listen();
	assert_null(planner_load_text(fixture_path("product.yaml"), (const uint8_t *)text,
		strlen(text), fixture_path("boards"), NULL));
	text = fixture_said();
	assert_int_equal(system(arena_text("mv %1$s/board.yaml.bak %1$s/board.yaml", board)), 0);
	assert_non_null(strstr(text, "upcalls are for interrupts below 254, and VM 'a' has 260, of "
				     "rtc"));
}

/* Rings that the hypervisor has no addresses for. */
static void test_too_large(void **state)
{
	const char *text = "board: comm\nvms:\n";
	struct image image;

	(void)state;
	for (char name = 'a'; name < 'e'; name++)
		text = arena_text("%s  %c: { " BARE ", vcpus: [ { cpu: 0 } ], networks: "
				  "[ { name: lan, slots: 128 } ], messages: { slots: 1024, size: "
				  "256, from: all } }\n",
			text, name);
	fixture_listen();
	assert_false(image_build(&image, plan(text), hyp_file(183)));
	text = fixture_said();
	assert_non_null(strstr(text, " bytes of addresses, and has 0x200000"));
	assert_non_null(strstr(text, "smaller rings for messages and packets"));
}

/* The hypervisor that is taken when none is named. */
static void test_choice(void **state)
{
	static const struct {
		const char *text, *file;
	} cases[] = {
		{"board: comm\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 } ] } }",
			"build/aarch64/hyp.elf"},
		{"board: comm\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 } ], region: yes } }",
			"build/aarch64/hyp-comm.elf"},
		{"board: comm\nvms: { a: { " BARE ", vcpus: [ { cpu: 0 }, { cpu: 0 } ] } }",
			"build/aarch64/hyp-shared.elf"},
		{"board: comm\nvms: { a: { " BARE
		 ", vcpus: [ { cpu: 0 }, { cpu: 0 } ], region: yes } }",
			"build/aarch64/hyp-shared-comm.elf"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct system *system = plan(cases[i].text);
		struct image image;

		fixture_listen();
		image_build(&image, system, NULL);
		fixture_said(); /* it may not have been built */
		assert_string_equal(image.hyp.path, cases[i].file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_messages, fixture_release),
		cmocka_unit_test_teardown(test_addresses, fixture_release),
		cmocka_unit_test_teardown(test_caching, fixture_release),
		cmocka_unit_test_teardown(test_networks, fixture_release),
		cmocka_unit_test_teardown(test_interrupts, fixture_release),
		cmocka_unit_test_teardown(test_region_alone, fixture_release),
		cmocka_unit_test_teardown(test_parts, fixture_release),
		cmocka_unit_test_teardown(test_round_obstacles, fixture_release),
		cmocka_unit_test_teardown(test_tree, fixture_release),
		cmocka_unit_test_teardown(test_tree_riscv, fixture_release),
		cmocka_unit_test_teardown(test_images, fixture_release),
		cmocka_unit_test_teardown(test_report, fixture_release),
		cmocka_unit_test_teardown(test_svpbmt, fixture_release),
		cmocka_unit_test_teardown(test_upcall_device, fixture_release),
		cmocka_unit_test_teardown(test_too_large, fixture_release),
		cmocka_unit_test_teardown(test_choice, fixture_release),
	};

	return cmocka_run_group_tests(tests, begin, fixture_end);
}
