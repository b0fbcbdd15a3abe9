/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A planned system on a small board, and a hypervisor's ELF file without a hypervisor in it.
 */
#include "tests/unit/tool_fixture.h"

#include <elf.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/trace.h"
#include "tools/abi_id.h"
#include "tools/arena.h"
#include "tools/comm.h"
#include "tools/devicetree.h"
#include "tools/file.h"
#include "tools/message.h"
#include "tools/schedule.h"

#define EM_TEST     183
#define PAGE        4096u
#define BOARD_LIMIT 0x10000u

static char folder[64];
static int kept_stderr = -1; /* the real one while it is redirected */

static uint8_t kernel[0x2345], initrd[5000], program[0x1801];

const char *fixture_path(const char *name)
{
	return arena_text("%s/%s", folder, name);
}

const char *fixture_file(const char *name, const void *bytes, size_t size)
{
	const char *path = fixture_path(name);
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return path;
}

uint8_t *fixture_read(const char *path, size_t *size)
{
	struct blob blob;

	assert_true(file_read(&blob, path, SIZE_MAX, (struct place){0}, "a test's file"));
	*size = blob.size;
	return blob.bytes;
}

int fixture_begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/orlop-unit-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	for (size_t i = 0; i < sizeof(kernel); i++)
		kernel[i] = (uint8_t)(i % 251 + 1);
	memset(initrd, 0x11, sizeof(initrd));
	memset(program, 0x22, sizeof(program));
	return system(
		arena_text("dtc -q -I dts -O dtb -o %s/board.dtb tests/unit/board.dts", folder));
}

int fixture_end(void **state)
{
	(void)state;
	return system(arena_text("rm -rf %s", folder));
}

int fixture_release(void **state)
{
	(void)state;
	if (kept_stderr >= 0)
		fixture_said();
	message_reset();
	arena_release();
	return 0;
}

void fixture_listen(void)
{
	fflush(stderr);
	kept_stderr = dup(STDERR_FILENO);
	assert_non_null(freopen(fixture_path("stderr"), "w", stderr));
}

const char *fixture_said(void)
{
	size_t size;
	uint8_t *bytes;

	fflush(stderr);
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	kept_stderr = -1;
	bytes = fixture_read(fixture_path("stderr"), &size);
	return (const char *)bytes;
}

static const struct board_device *device_at(const struct board *board, const char *path)
{
	int node = fdt_path_offset(board->fdt, path);
	const struct board_device *device = devicetree_device(board, node);

	assert_non_null(device);
	return device;
}

struct board_device *fixture_device(struct system *system, unsigned index, const char *path)
{
	struct vm *vm = &system->vms[index];

	vm->devices = arena_grow(vm->devices, vm->device_count, sizeof(vm->devices[0]));
	vm->devices[vm->device_count] =
		(struct vm_device){.device = *device_at(&system->board, path), .said = path};
	return &vm->devices[vm->device_count++].device;
}

static void fill_board(struct board *board)
{
	size_t size;
	struct place place = message_file("board.dtb");

	board->name = "test";
	board->machine = EM_TEST;
	board->fdt = fixture_read(fixture_path("board.dtb"), &size);
	board->irq_limit = 288;
	board->timer_frequency = 62500000;
	board->costs = (struct board_costs){2000, 10000, 1000, ""};
	assert_true(devicetree_read(board, place));
	board->own_group = true;
	board->console = CONSOLE_UART;
	board->console_device = *device_at(board, "/soc/serial@9000000");
	board->qemu.binary = "qemu-system-aarch64";
	board->qemu.machine = "virt";
	board->qemu.cpu = "cortex-a57";
	board->qemu.memory = 1 << 30;
}

static void load_add(
	struct vm *vm, const char *what, uint64_t guest, const uint8_t *bytes, size_t size)
{
	vm->loads = arena_grow(vm->loads, vm->load_count, sizeof(vm->loads[0]));
	vm->loads[vm->load_count++] =
		(struct vm_load){.guest = guest, .bytes = bytes, .size = size, .what = what};
}

static void memory_add(struct vm *vm, uint64_t guest, uint64_t host, uint64_t size, bool read_only)
{
	vm->memory = arena_grow(vm->memory, vm->memory_count, sizeof(vm->memory[0]));
	vm->memory[vm->memory_count++] = (struct vm_memory){
		.guest = guest, .host = host, .size = size, .read_only = read_only};
}

static void vcpu_add(struct vm *vm, unsigned cpu)
{
	vm->vcpus = arena_grow(vm->vcpus, vm->vcpu_count, sizeof(vm->vcpus[0]));
	vm->vcpus[vm->vcpu_count++] = (struct vm_vcpu){.cpu = cpu, .affinity = 1ull << cpu};
	vm->task_first = vm->vcpu_count;
}

static void fill_linux(struct vm *vm)
{
	*vm = (struct vm){.name = "linux",
		.place = {"test.yaml", 4, 3},
		.os = GUEST_LINUX,
		.console = GUEST_CONSOLE_SHARED,
		.bootargs = "console=ttyAMA0",
		.entry = 0x40200000,
		.device_tree = 0x40000000,
		.device_tree_room = 0x200000,
		.console_irq = 200};
	memory_add(vm, 0x40000000, 0x40400000, 0x4000000, false);
	load_add(vm, "kernel", 0x40200000, kernel, sizeof(kernel));
	load_add(vm, "initrd", 0x40210000, initrd, sizeof(initrd));
	vcpu_add(vm, 0);
	vcpu_add(vm, 1);
}

/* With a program in two pieces of one page, and read-only memory that nothing fills. */
static void fill_control(struct vm *vm)
{
	*vm = (struct vm){.name = "control",
		.place = {"test.yaml", 9, 3},
		.os = GUEST_BARE,
		.console = GUEST_CONSOLE_NONE,
		.on_fault = PLAN_RESTART,
		.delivery = PLAN_INJECTED,
		.stray_access = PLAN_STRAY_ABORT,
		.entry = 0x40000100,
		.device_tree = 0x400fc000,
		.device_tree_room = 0x4000,
		.pristine = {0x50000000, 0x10000}};
	memory_add(vm, 0x40000000, 0x40300000, 0x100000, false);
	memory_add(vm, 0x10000, 0x44400000, 0x10000, true);
	load_add(vm, "image", 0x40000000, program, sizeof(program));
	load_add(vm, "image", 0x40001900, program, 0x100);
	vcpu_add(vm, 3);
}

struct system *fixture_system(void)
{
	struct system *new = arena_alloc(1, sizeof(*new));

	fill_board(&new->board);
	new->name = "unit";
	new->hyp = (struct range){FIXTURE_HYP_BASE, 0x100000};
	new->vm_count = 2;
	new->vms = arena_alloc(2, sizeof(new->vms[0]));
	fill_linux(&new->vms[FIXTURE_LINUX]);
	fill_control(&new->vms[FIXTURE_CONTROL]);
	new->vms[FIXTURE_LINUX].controllers = 1u << FIXTURE_LINUX;
	new->vms[FIXTURE_CONTROL].controllers = 1u << FIXTURE_CONTROL;
	fixture_device(new, FIXTURE_CONTROL, "/soc/serial@9010000");
	new->quantum_ticks = 30 * FIXTURE_MS;
	new->switch_ticks = 125;
	new->masked_ticks = 625;
	new->trace_records = TRACE_RING_RECORDS;
	schedule_plan(new);
	return new;
}

struct system *fixture_shared_system(void)
{
	struct system *new = fixture_system();
	struct vm *linux = &new->vms[FIXTURE_LINUX], *control = &new->vms[FIXTURE_CONTROL];

	linux->delivery = PLAN_INJECTED;
	linux->vcpus[1].affinity = 3;
	linux->vcpus[1].cpu = 0;
	control->os = GUEST_REALTIME;
	control->controllers |= 1u << FIXTURE_LINUX;
	control->vcpus[0].ns = (struct vm_time){10000000, 2000000, 5000000};
	control->vcpus[0].ticks = (struct vm_time){10 * FIXTURE_MS, 2 * FIXTURE_MS, 5 * FIXTURE_MS};
	vcpu_add(control, 3);
	vcpu_add(control, 3);
	control->vcpus[1].is_task = control->vcpus[2].is_task = true;
	control->task_first = 1;
	schedule_plan(new);
	return new;
}

static void tunnel_add(struct vm *vm, unsigned peer, uint64_t guest, bool is_writable)
{
	vm->comm.tunnels = arena_grow(NULL, 0, sizeof(struct vm_tunnel));
	vm->comm.tunnels[0] = (struct vm_tunnel){.name = "telemetry",
		.peer = peer,
		.guest = guest,
		.host = FIXTURE_TUNNEL,
		.size = FIXTURE_TUNNEL_BYTES,
		.is_writable = is_writable,
		.is_cached = true};
	vm->comm.tunnel_count = 1;
}

static void port_add(struct vm *vm, unsigned slots, uint8_t address)
{
	vm->comm.ports = arena_grow(NULL, 0, sizeof(struct vm_port));
	vm->comm.ports[0] =
		(struct vm_port){.slots = slots, .mac = {2, 0, 0, 0, 0, address}, .index = address};
	vm->comm.port_count = 1;
}

/* Slots, where the region lies, and its interrupt. */
static void region_add(
	const struct system *system, struct vm *vm, uint64_t guest, uint64_t host, uint32_t irq)
{
	vm->comm.message_slots = 16;
	vm->comm.message_bytes = 64;
	vm->comm.region_guest = guest;
	vm->comm.region_host = host;
	vm->comm.region_irq = irq;
	vm->comm.region_size = comm_region_bytes(system, vm);
}

struct system *fixture_comm_system(void)
{
	struct system *new = fixture_system();
	struct vm *linux = &new->vms[FIXTURE_LINUX], *control = &new->vms[FIXTURE_CONTROL];

	new->has_comm = true;
	new->networks = arena_grow(NULL, 0, sizeof(new->networks[0]));
	new->networks[0] = "lan";
	new->network_count = 1;
	tunnel_add(linux, FIXTURE_CONTROL, 0x44100000, false);
	tunnel_add(control, FIXTURE_LINUX, 0x40200000, true);
	port_add(linux, 0, 0);
	port_add(control, 4, 1);
	region_add(new, linux, 0x44000000, 0x50100000, 201);
	region_add(new, control, 0x40100000, 0x50200000, 204);
	linux->comm.senders = 1u << FIXTURE_CONTROL;
	control->comm.senders = 1u << FIXTURE_LINUX;
	linux->comm.has_message_ports = true;
	linux->comm.virtio_count = 2;
	linux->comm.virtio = arena_alloc(2, sizeof(struct vm_virtio));
	linux->comm.virtio[0] = (struct vm_virtio){
		.kind = PLAN_VIRTIO_CONSOLE, .guest = 0x80000000, .irq = 202, .has_messages = true};
	linux->comm.virtio[1] =
		(struct vm_virtio){.kind = PLAN_VIRTIO_NET, .guest = 0x80001000, .irq = 203};
	return new;
}

struct fixture_hyp fixture_hyp(void)
{
	return (struct fixture_hyp){.text = 0x5000,
		.constants = 0x400,
		.data = 0x80,
		.bss = 0x100,
		.info = {.magic = IMAGE_MAGIC,
			.build = 0x1234,
			.abi = abi_id,
			.machine = EM_TEST,
			.cpu_bytes = 256,
			.cpu_trace = 240,
			.vm_bytes = 192,
			.vcpu_bytes = 640,
			.irq_bank_bytes = 8,
			.stack_bytes = 2816}};
}

struct fixture_hyp fixture_shared_hyp(void)
{
	struct fixture_hyp hyp = fixture_hyp();

	hyp.info.shared_cpu_bytes = 1000;
	hyp.info.shared_vcpu_bytes = 300;
	hyp.info.sched_common_bytes = 520;
	return hyp;
}

struct fixture_hyp fixture_comm_hyp(void)
{
	struct fixture_hyp hyp = fixture_hyp();

	hyp.info.comm_vm_bytes = 192;
	hyp.info.virtio_bytes = 1000;
	hyp.info.network_bytes = 512;
	return hyp;
}

/* A section table with the three that matter: none, .orlop.info, names. */
static void put_sections(uint8_t *bytes, uint64_t info_at, uint64_t at)
{
	static const char names[] = "\0.orlop.info\0.names";
	Elf64_Shdr sections[3] = {
		{0},
		{.sh_name = 1,
			.sh_type = SHT_PROGBITS,
			.sh_offset = info_at,
			.sh_size = sizeof(struct hyp_info)},
		{.sh_name = 13,
			.sh_type = SHT_STRTAB,
			.sh_offset = at + sizeof(sections),
			.sh_size = sizeof(names)},
	};

	memcpy(bytes + at, sections, sizeof(sections));
	memcpy(bytes + at + sizeof(sections), names, sizeof(names));
}

uint8_t *fixture_hyp_bytes(const struct fixture_hyp *hyp, size_t *size)
{
	const uint32_t files[3] = {hyp->text, hyp->constants, hyp->data};
	const uint32_t flags[3] = {PF_R | PF_X, PF_R, PF_R | PF_W};
	uint64_t offset = PAGE, address = HYP_VIRTUAL_BASE;
	uint8_t *bytes = arena_alloc(64, PAGE);
	Elf64_Ehdr *header = (Elf64_Ehdr *)bytes;
	Elf64_Phdr *programs = (Elf64_Phdr *)(header + 1);
	struct image_header head = {.linux_header = {0x14000080}, .magic = IMAGE_MAGIC};

	for (unsigned i = 0; i < 3; i++) {
		uint32_t memory = files[i] + (i == 2 ? hyp->bss : 0);

		programs[i] = (Elf64_Phdr){.p_type = PT_LOAD,
			.p_flags = flags[i],
			.p_offset = offset,
			.p_vaddr = address,
			.p_filesz = files[i],
			.p_memsz = memory};
		memset(bytes + offset, 0xa0 + (int)i, files[i]);
		offset += (files[i] + PAGE - 1) / PAGE * PAGE;
		address += (memory + PAGE - 1) / PAGE * PAGE;
	}
	memcpy(bytes + programs[0].p_offset, &head, sizeof(head));
	memcpy(bytes + programs[1].p_offset, &hyp->info, sizeof(hyp->info));
	*header = (Elf64_Ehdr){.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				       ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_TEST,
		.e_phoff = sizeof(*header),
		.e_phnum = 3,
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_shoff = offset,
		.e_shnum = 3,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shstrndx = 2};
	put_sections(bytes, programs[1].p_offset, offset);
	*size = offset + 512;
	return bytes;
}
