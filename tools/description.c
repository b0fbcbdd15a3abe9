/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of keys, which check descriptions and from which docs/description.md is printed.
 */
#include "tools/description.h"

#define YES true

static const struct schema_key image_keys[] = {
	{"kernel", SCHEMA_TEXT, .fallback = "-", .example = "kernel: Image",
		.meaning = "`os: linux`, where it is required: an uncompressed kernel Image. "
			   "Paths are relative to the file that names them"},
	{"initrd", SCHEMA_TEXT, .fallback = "none", .example = "initrd: initrd.cpio.gz",
		.meaning = "`os: linux`: the initial file system"},
	{"bootargs", SCHEMA_TEXT, .fallback = "none", .example = "bootargs: \"console=ttyAMA0\"",
		.meaning = "`os: linux`: the kernel's command line, at most 2047 characters on "
			   "`aarch64`, 1023 on "
			   "`riscv64`"},
	{"file", SCHEMA_TEXT, .fallback = "-", .example = "file: u-boot.bin",
		.meaning = "`os: bare`, where it is required: an ELF file or raw bytes"},
	{"load", SCHEMA_NUMBER, .fallback = "start of the main memory", .example = "load: 0x0",
		.meaning = "`os: bare`, raw bytes only: guest-physical address to which they go"},
	{"entry", SCHEMA_NUMBER, .fallback = "`load`; an ELF file names its own",
		.example = "entry: 0x0",
		.meaning = "`os: bare`, raw bytes only: address of the first instruction"},
	{0},
};

static const struct schema_key memory_keys[] = {
	{"size", SCHEMA_SIZE, .required = YES, .example = "size: 64M",
		.meaning = "bytes, a multiple of 4K"},
	{"guest", SCHEMA_NUMBER,
		.fallback = "the board's first RAM address for the main memory; required for the "
			    "others",
		.example = "guest: 0x40000000",
		.meaning = "guest-physical address, a multiple of 4K"},
	{"host", SCHEMA_NUMBER, .fallback = "the tool finds room", .example = "host: 0x50000000",
		.meaning = "host-physical address, a multiple of 4K, in the board's RAM"},
	{"access", SCHEMA_CHOICE, .choices = "read-write read-only", .fallback = "`read-write`",
		.example = "access: read-only",
		.meaning = "what the guest may do; the main memory is always `read-write`"},
	{0},
};

static const struct schema_key vcpu_keys[] = {
	{"cpu", SCHEMA_NUMBER, .required = YES, .example = "cpu: 0",
		.meaning =
			"the physical CPU that runs it, counted from 0 in the order of the board's "
			"device tree. Each CPU runs at most one vCPU"},
	{0},
};

static const struct schema_key interrupts_keys[] = {
	{"route", SCHEMA_CHOICE, .choices = "direct injected",
		.fallback = "`direct` where the board can: with AIA, or a GIC that leaves Group 0 "
			    "to the hypervisor; else `injected`",
		.example = "route: direct",
		.meaning = "`direct`: the VM's interrupts reach it without the hypervisor. "
			   "`injected`: the hypervisor takes each and puts it into the VM's "
			   "virtual interface; for guests that mask by priority or split the end "
			   "of interrupt. With AIA there is only `direct`, with a PLIC only "
			   "`injected`"},
	{0},
};

static const struct schema_key vm_keys[] = {
	{"os", SCHEMA_CHOICE, .choices = "linux bare", .required = YES, .example = "os: linux",
		.meaning = "how the VM is started. `linux`: by the kernel's boot protocol. "
			   "`bare`: at its entry, with the device tree's address in `x0` or "
			   "`a1`"},
	{"image", SCHEMA_TEXT | SCHEMA_MAP, .map = image_keys, .required = YES,
		.example = "image: control.elf",
		.meaning = "what runs in the VM: a text names the ELF file of an `os: bare` VM"},
	{"memory", SCHEMA_SIZE | SCHEMA_LIST, .items = SCHEMA_MAP, .map = memory_keys,
		.required = YES, .example = "memory: 256M",
		.meaning = "a size for one region, or a list of regions, of which the first is the "
			   "main memory"},
	{"vcpus", SCHEMA_LIST, .items = SCHEMA_MAP, .map = vcpu_keys, .required = YES,
		.example = "vcpus: [ { cpu: 0 } ]", .meaning = "the virtual CPUs, 1 to 16 of them"},
	{"access", SCHEMA_LIST, .items = SCHEMA_TEXT, .fallback = "none",
		.example = "access: [ serial0 ]",
		.meaning =
			"the devices that the VM owns: label, alias, full path or node name in the "
			"board's device tree"},
	{"console", SCHEMA_CHOICE, .choices = "shared own none",
		.fallback =
			"`own` if `access` has a UART, else `shared` for `os: linux`, `none` for "
			"`os: bare`",
		.example = "console: shared",
		.meaning = "`shared`: an emulated UART at the address of the board's console, "
			   "whose lines leave through the hypervisor's. `own`: a UART in `access`"},
	{"interrupts", SCHEMA_MAP, .map = interrupts_keys, .fallback = "see below",
		.example = "interrupts: { route: direct }",
		.meaning = "how interrupts reach the VM"},
	{"on-fault", SCHEMA_CHOICE, .choices = "halt restart stop-system", .fallback = "`halt`",
		.example = "on-fault: restart",
		.meaning = "what becomes of the VM after a mistake that it cannot survive"},
	{"on-reset", SCHEMA_CHOICE, .choices = "halt restart",
		.fallback = "`restart` if `on-fault` is `restart`, else `halt`",
		.example = "on-reset: restart",
		.meaning = "what the guest's own system reset does"},
	{"stray-access", SCHEMA_CHOICE, .choices = "fault abort", .fallback = "`fault`",
		.example = "stray-access: abort",
		.meaning =
			"an access to an address where the VM has nothing. `fault`: by `on-fault`. "
			"`abort`: the guest gets its external abort and goes on"},
	{0},
};

const struct schema_key description_keys[] = {
	{"board", SCHEMA_TEXT, .required = YES, .example = "board: qemu-virt-aarch64",
		.meaning = "a folder in `boards/`"},
	{"console", SCHEMA_CHOICE, .choices = "uart debugger none",
		.fallback = "what the board says", .example = "console: uart",
		.meaning = "where the hypervisor speaks and the shared consoles go. `debugger`: "
			   "semihosting, which touches no UART. `none`: nowhere"},
	{"vms", SCHEMA_NAMED, .items = SCHEMA_MAP, .map = vm_keys, .required = YES,
		.example = "vms: { control: { os: bare, ... } }",
		.meaning = "the virtual machines by name, 1 to 16 of them. A name is a lower-case "
			   "letter, then lower-case letters, digits and `-`, at most 23 characters "
			   "in all"},
	{0},
};

static const struct schema_key console_keys[] = {
	{"device", SCHEMA_TEXT, .required = YES, .example = "device: serial0",
		.meaning = "the UART, named like a device in `access`"},
	{"driver", SCHEMA_CHOICE, .choices = "pl011 ns16550", .required = YES,
		.example = "driver: pl011",
		.meaning = "the driver for it: `pl011` on `aarch64`, `ns16550` on `riscv64`"},
	{0},
};

static const struct schema_key free_interrupts_keys[] = {
	{"first", SCHEMA_NUMBER, .required = YES, .example = "first: 42",
		.meaning = "the lowest number (GIC: INTID; APLIC, PLIC: source)"},
	{"count", SCHEMA_NUMBER, .required = YES, .example = "count: 6", .meaning = "how many"},
	{0},
};

static const struct schema_key qemu_keys[] = {
	{"binary", SCHEMA_TEXT, .fallback = "`qemu-system-` and the architecture",
		.example = "binary: qemu-system-aarch64", .meaning = "the emulator"},
	{"machine", SCHEMA_TEXT, .required = YES,
		.example = "machine: \"virt,virtualization=on,gic-version=3\"",
		.meaning = "its `-machine`"},
	{"cpu", SCHEMA_TEXT, .required = YES, .example = "cpu: cortex-a57",
		.meaning = "its `-cpu`"},
	{"cpus", SCHEMA_NUMBER, .required = YES, .example = "cpus: 4",
		.meaning = "its `-smp`, 1 to 512"},
	{"memory", SCHEMA_SIZE, .required = YES, .example = "memory: 1G",
		.meaning = "its `-m`, whole MiB"},
	{0},
};

const struct schema_key description_board_keys[] = {
	{"name", SCHEMA_TEXT, .required = YES, .example = "name: qemu-virt-aarch64",
		.meaning = "the folder's name again"},
	{"architecture", SCHEMA_CHOICE, .choices = "aarch64 riscv64", .required = YES,
		.example = "architecture: aarch64", .meaning = "of its CPUs"},
	{"device-tree", SCHEMA_TEXT, .fallback = "QEMU emits it",
		.example = "device-tree: board.dtb",
		.meaning =
			"the board's flattened device tree, the one Linux uses; required without a "
			"`qemu` section"},
	{"names", SCHEMA_NAMED, .items = SCHEMA_TEXT, .fallback = "none",
		.example = "names: { serial0: /pl011@9000000 }",
		.meaning = "aliases for devices, where the device tree lacks them: name and full "
			   "path"},
	{"console", SCHEMA_CHOICE | SCHEMA_MAP, .choices = "debugger none", .map = console_keys,
		.fallback = "`none`", .example = "console: { device: serial0, driver: pl011 }",
		.meaning = "where the hypervisor speaks: a UART, whose address the guests' shared "
			   "consoles take; `debugger`: semihosting"},
	{"group0", SCHEMA_CHOICE, .choices = "hypervisor firmware",
		.fallback = "required on `aarch64`, an error elsewhere",
		.example = "group0: hypervisor",
		.meaning = "who owns the GIC's Group 0; `firmware` where EL3 "
			   "keeps it, and then interrupts are `injected`"},
	{"interrupt-limit", SCHEMA_NUMBER, .fallback = "required on `aarch64`, an error elsewhere",
		.example = "interrupt-limit: 288",
		.meaning = "the first INTID that the GIC does not have, a "
			   "multiple of 32 from 64 to 1024"},
	{"redistributor-stride", SCHEMA_SIZE,
		.fallback = "what the device tree says, else 128K; an error but on `aarch64`",
		.example = "redistributor-stride: 256K",
		.meaning = "how far apart the GIC's redistributors are: 128K, or 256K for a GICv4"},
	{"free-interrupts", SCHEMA_MAP, .map = free_interrupts_keys, .fallback = "none",
		.example = "free-interrupts: { first: 42, count: 6 }",
		.meaning = "interrupts that no device drives; each shared console takes one"},
	{"qemu", SCHEMA_MAP, .map = qemu_keys, .fallback = "not QEMU's",
		.example = "qemu: { machine: virt, cpu: cortex-a57, cpus: 4, memory: 1G }",
		.meaning = "how to start QEMU as this board"},
	{0},
};

struct tree *description_parse(const struct blob *blob, const struct schema_key *keys)
{
	struct tree *tree = tree_parse(blob);
	return tree && schema_check(tree, keys) ? tree : NULL;
}

static const char introduction[] =
	"<!-- Printed by `orlop schema` from tools/description.c: change it there. -->\n"
	"# The description of a product\n"
	"\n"
	"One YAML file says what runs on the board. `orlop check FILE.yaml` reads it, says\n"
	"what is wrong with it and how to mend that; `orlop build FILE.yaml` makes the\n"
	"bootable image. A complete example is `examples/linux-and-control.yaml`.\n"
	"\n"
	"Of YAML, a description uses maps, lists and texts; anchors, aliases, tags and\n"
	"several documents in a file are refused. A key that is not listed here is an error.\n"
	"A *size* is a number of bytes, decimal or hexadecimal with `0x`, that may end in\n"
	"`K`, `M` or `G` for 2^10, 2^20 or 2^30. A *number* has no such ending.\n"
	"\n"
	"## Where things go\n"
	"\n"
	"The hypervisor lies 2 MiB above the start of the board's RAM; the 2 MiB below are\n"
	"left to firmware and boot loader. Memory whose `host` address is not given goes to\n"
	"the first free room above, aligned so that large translation blocks fit. A VM that\n"
	"is restarted by `on-fault` or `on-reset` has a second, pristine copy of its image in\n"
	"RAM.\n"
	"\n"
	"- `os: linux`: the device tree lies at the start of the main memory, which must be a\n"
	"  multiple of 2 MiB; the kernel at the first multiple of 2 MiB, plus its\n"
	"  `text_offset`, that leaves 2 MiB free for it; the initrd at the next page\n"
	"  (RISC-V: multiple of 2 MiB) after the kernel's `image_size`.\n"
	"- `os: bare`, ELF file: at its segments' physical addresses; the device tree in the\n"
	"  last 16 KiB of the main memory.\n"
	"- `os: bare`, raw bytes: at `load`; the device tree at the start of the main memory\n"
	"  if its first 16 KiB are free, else in its last 16 KiB.\n"
	"\n"
	"The device tree's address is in `x0` (AArch64) or `a1` (RISC-V) at the guest's first\n"
	"instruction.\n"
	"\n"
	"## Devices\n"
	"\n"
	"A device keeps its host-physical address. It belongs to one VM, with all its\n"
	"registers and interrupts, and since translation works in pages of 4 KiB, all devices\n"
	"that touch one page have to belong to one VM. The interrupt controller, timers,\n"
	"CPUs, memory, firmware interfaces and the hypervisor's own console cannot be given\n"
	"away. A device that moves data by itself (DMA) with no IOMMU in front of it reaches\n"
	"all memory: the tool warns where it knows.\n"
	"\n"
	"With AIA, a 16550 that a VM owns is declared in its device tree with an interrupt\n"
	"on the rising edge rather than on the level: the end of a level-sensitive interrupt\n"
	"costs a write to the APLIC, which the hypervisor emulates, and an edge costs nothing.\n"
	"A driver has to serve the UART until it reports no interrupt, as Linux's does.\n";

void description_print(FILE *file)
{
	fputs(introduction, file);
	schema_print(file, description_keys, "Keys of a description");
	fputs("\n"
	      "# The description of a board\n"
	      "\n"
	      "A board is a folder in `boards/` with a `board.yaml`; `boards/template/` is one\n"
	      "to start from.\n",
		file);
	schema_print(file, description_board_keys, "Keys of a board");
}
