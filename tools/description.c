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
		.meaning = "`os: bare` and `realtime`, where it is required: an ELF file or raw "
			   "bytes"},
	{"load", SCHEMA_NUMBER, .fallback = "start of the main memory", .example = "load: 0x0",
		.meaning = "`os: bare` and `realtime`, raw bytes only: guest-physical address to "
			   "which they go"},
	{"entry", SCHEMA_NUMBER, .fallback = "`load`; an ELF file names its own",
		.example = "entry: 0x0",
		.meaning = "`os: bare` and `realtime`, raw bytes only: address of the first "
			   "instruction"},
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
	{"cpu", SCHEMA_NUMBER | SCHEMA_CHOICE, .choices = "any",
		.fallback = "`any` for a real-time vCPU; required for the others, or `cpus`",
		.example = "cpu: 0",
		.meaning =
			"the physical CPU that runs it, counted from 0 in the order of the board's "
			"device tree. `any`, real time only: the tool chooses one of those that "
			"the description shares"},
	{"cpus", SCHEMA_LIST, .items = SCHEMA_NUMBER, .fallback = "`cpu` alone",
		.example = "cpus: [ 0, 1 ]",
		.meaning = "best effort only: the CPUs among which it may migrate, all of them "
			   "shared"},
	{"period", SCHEMA_TIME, .fallback = "none: the vCPU is best effort",
		.example = "period: 1ms",
		.meaning = "real time: the least time between two of its releases"},
	{"capacity", SCHEMA_TIME, .fallback = "required with `period`",
		.example = "capacity: 200us",
		.meaning = "what it may run in each period; it gets that much before its deadline "
			   "whatever the others do, and never more"},
	{"deadline", SCHEMA_TIME, .fallback = "the period", .example = "deadline: 500us",
		.meaning = "how long after a release it has got its capacity, at most the period"},
	{0},
};

static const struct schema_key tasks_keys[] = {
	{"count", SCHEMA_NUMBER, .required = YES, .example = "count: 3",
		.meaning = "how many tasks there can be at a time, 1 to 15"},
	{"cpu", SCHEMA_NUMBER, .required = YES, .example = "cpu: 0",
		.meaning = "the physical CPU that runs them"},
	{0},
};

static const struct schema_key interrupts_keys[] = {
	{"route", SCHEMA_CHOICE, .choices = "direct injected upcall",
		.fallback = "`direct` where the board can: with AIA, or a GIC that leaves Group 0 "
			    "to the hypervisor and no shared CPU; else `injected`",
		.example = "route: direct",
		.meaning = "`direct`: the VM's interrupts reach it without the hypervisor. "
			   "`injected`: the hypervisor takes each and puts it into the VM's "
			   "virtual interface; for guests that mask by priority or split the end "
			   "of interrupt, and on a shared CPU. With AIA there is only `direct`, "
			   "with a PLIC only `injected`. `upcall`, not for `os: linux`: the "
			   "hypervisor calls an entry of the guest, which has no interrupt "
			   "controller (`docs/upcall.md`)"},
	{"fast", SCHEMA_CHOICE | SCHEMA_LIST, .items = SCHEMA_TEXT, .choices = "all",
		.fallback = "none", .example = "fast: [ serial0 ]",
		.meaning = "devices from `access` whose interrupts may take a shared CPU from "
			   "another VM that is `preemptable`, as `delivery` says; `all`: every "
			   "device of the VM, its shared console, its region and virtio devices"},
	{"delivery", SCHEMA_CHOICE, .choices = "defer recycle-quantum reset-quantum",
		.fallback = "`defer`", .example = "delivery: recycle-quantum",
		.meaning =
			"what a fast interrupt for a vCPU that waits for its CPU does. `defer`: "
			"it waits for the vCPU's turn. `recycle-quantum`: the vCPU runs at once, "
			"for what is left of the other one's quantum. `reset-quantum`: the vCPU "
			"runs at once, with a quantum of its own; not on a CPU that has real-time "
			"vCPUs"},
	{"preemptable", SCHEMA_CHOICE, .choices = "yes no",
		.fallback = "`no` for a VM with real-time vCPUs or tasks, else `yes`",
		.example = "preemptable: no",
		.meaning = "whether fast interrupts of other VMs may take the CPU from this one; a "
			   "real-time vCPU that is preemptable has no guarantee"},
	{"rate", SCHEMA_NUMBER, .fallback = "1000", .example = "rate: 2000",
		.meaning = "how often in a second the VM's fast interrupts may take a CPU, 1 to "
			   "1000000; beyond that they are deferred"},
	{0},
};

static const struct schema_key messages_keys[] = {
	{"slots", SCHEMA_NUMBER, .fallback = "16", .example = "slots: 32",
		.meaning = "how many messages can wait for the VM: a power of two from 1 to 1024"},
	{"size", SCHEMA_NUMBER, .fallback = "64", .example = "size: 64",
		.meaning = "bytes of the largest message, 1 to 256"},
	{"from", SCHEMA_CHOICE | SCHEMA_LIST, .items = SCHEMA_TEXT, .choices = "all",
		.required = YES, .example = "from: [ control ]",
		.meaning = "the VMs that may send to it; `all`: every other one"},
	{0},
};

static const struct schema_key tunnels_keys[] = {
	{"with", SCHEMA_TEXT, .required = YES, .example = "with: control",
		.meaning = "the VM at the other end, which has a tunnel of the same name and size "
			   "with this one"},
	{"size", SCHEMA_SIZE, .required = YES, .example = "size: 64K",
		.meaning = "bytes of the memory that the two share, a multiple of 4K, up to 1G"},
	{"access", SCHEMA_CHOICE, .choices = "read-write read-only", .fallback = "`read-write`",
		.example = "access: read-only",
		.meaning = "what this VM may do with it; one of the two must be able to write"},
	{"cached", SCHEMA_CHOICE, .choices = "yes no",
		.fallback = "what the other end says; else `no` if one of the two is `os: linux`",
		.example = "cached: yes",
		.meaning = "whether the CPUs' caches hold it, for both ends alike. Linux without "
			   "a driver maps what is not its memory as uncached, and the two have to "
			   "agree"},
	{"guest", SCHEMA_NUMBER, .fallback = "the tool finds room behind the main memory",
		.example = "guest: 0x60000000",
		.meaning = "guest-physical address, a multiple of 4K"},
	{0},
};

static const struct schema_key networks_keys[] = {
	{"name", SCHEMA_TEXT, .required = YES, .example = "name: lan",
		.meaning = "the network, a name like a VM's; VMs that name the same one are "
			   "connected"},
	{"device", SCHEMA_CHOICE, .choices = "virtio packets",
		.fallback = "`virtio` for `os: linux`, else `packets`",
		.example = "device: packets",
		.meaning = "how the VM sees its port. `virtio`: a virtio-net device. `packets`: "
			   "rings of packets in its communication region, of which a VM has one "
			   "pair"},
	{"mac", SCHEMA_TEXT, .fallback = "made from the names of network and VM",
		.example = "mac: \"02:00:00:00:00:01\"",
		.meaning = "the port's address, in quotes"},
	{"slots", SCHEMA_NUMBER, .fallback = "16", .example = "slots: 32",
		.meaning = "`device: packets`: how many packets each of the two rings holds, a "
			   "power of two from 1 to 128; a slot takes 2 KiB"},
	{0},
};

static const struct schema_key vm_keys[] = {
	{"os", SCHEMA_CHOICE, .choices = "linux bare realtime", .required = YES,
		.example = "os: linux",
		.meaning = "how the VM is started. `linux`: by the kernel's boot protocol. "
			   "`bare`: at its entry, with the device tree's address in `x0` or "
			   "`a1`. `realtime`: as `bare`, and it may have `tasks`"},
	{"image", SCHEMA_TEXT | SCHEMA_MAP, .map = image_keys, .required = YES,
		.example = "image: control.elf",
		.meaning = "what runs in the VM: a text names the ELF file of an `os: bare` or "
			   "`realtime` VM"},
	{"memory", SCHEMA_SIZE | SCHEMA_LIST, .items = SCHEMA_MAP, .map = memory_keys,
		.required = YES, .example = "memory: 256M",
		.meaning = "a size for one region, or a list of regions, of which the first is the "
			   "main memory"},
	{"vcpus", SCHEMA_LIST, .items = SCHEMA_MAP, .map = vcpu_keys, .required = YES,
		.example = "vcpus: [ { cpu: 0 } ]",
		.meaning = "the virtual CPUs, 1 to 16 of them, tasks included. Alone on its CPU, a "
			   "vCPU has all of it; else they share it, see below"},
	{"tasks", SCHEMA_MAP, .map = tasks_keys, .fallback = "none",
		.example = "tasks: { count: 3, cpu: 0 }",
		.meaning =
			"`os: realtime`: further vCPUs, one for each real-time task that the VM "
			"creates while it runs; period, capacity and deadline come with the call"},
	{"controllers", SCHEMA_LIST, .items = SCHEMA_TEXT, .fallback = "none but itself",
		.example = "controllers: [ linux ]",
		.meaning =
			"`os: realtime` with `tasks`: other VMs that may start and end the tasks"},
	{"time", SCHEMA_CHOICE, .choices = "absolute own", .fallback = "`absolute`",
		.example = "time: own",
		.meaning =
			"what the VM's clock shows. `absolute`: the time of the board. `own`: the "
			"time that the VM was not kept from running, as if it had the CPU for "
			"itself; only for a VM with one vCPU and no tasks"},
	{"access", SCHEMA_LIST, .items = SCHEMA_TEXT, .fallback = "none",
		.example = "access: [ serial0 ]",
		.meaning =
			"the devices that the VM owns: label, alias, full path or node name in the "
			"board's device tree"},
	{"console", SCHEMA_CHOICE, .choices = "shared own virtio none",
		.fallback =
			"`own` if `access` has a UART, else `shared` for `os: linux`, `none` for "
			"`os: bare`",
		.example = "console: shared",
		.meaning = "`shared`: an emulated UART at the address of the board's console, "
			   "whose lines leave through the hypervisor's. `virtio`: the same, but a "
			   "virtio console (`hvc0` in Linux). `own`: a UART in `access`"},
	{"interrupts", SCHEMA_MAP, .map = interrupts_keys, .fallback = "see below",
		.example = "interrupts: { route: direct }",
		.meaning = "how interrupts reach the VM"},
	{"messages", SCHEMA_MAP, .map = messages_keys, .fallback = "none",
		.example = "messages: { slots: 32, size: 64, from: [ control ] }",
		.meaning = "the VM's ring for messages from others"},
	{"message-ports", SCHEMA_CHOICE, .choices = "yes no",
		.fallback = "`yes` for `os: linux` that gets or sends messages, else `no`",
		.example = "message-ports: yes",
		.meaning = "messages also by a virtio console with a port for each VM that this "
			   "one gets them from or sends them to, named after it, so that Linux "
			   "needs no driver of ours"},
	{"tunnels", SCHEMA_NAMED, .items = SCHEMA_MAP, .map = tunnels_keys, .fallback = "none",
		.example = "tunnels: { telemetry: { with: control, size: 64K } }",
		.meaning = "memory shared with another VM, by name, at most 16"},
	{"networks", SCHEMA_LIST, .items = SCHEMA_TEXT | SCHEMA_MAP, .map = networks_keys,
		.fallback = "none", .example = "networks: [ { name: lan } ]",
		.meaning = "the networks in which the VM has a port, at most 8; a text is a "
			   "network's name"},
	{"region", SCHEMA_CHOICE, .choices = "yes no",
		.fallback = "`yes` if the VM has messages, may send some, has tunnels, networks, a "
			    "virtio console or upcalls, else `no`",
		.example = "region: yes",
		.meaning = "whether the VM has a communication region, in which the hypervisor "
			   "tells it of VMs and of its time"},
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

static const struct schema_key scheduling_keys[] = {
	{"quantum", SCHEMA_TIME, .fallback = "30ms", .example = "quantum: 10ms",
		.meaning = "how long a best-effort vCPU runs while others wait, up to 10s and at "
			   "least ten times what a switch costs"},
	{"spin", SCHEMA_TIME | SCHEMA_CHOICE, .choices = "off", .fallback = "1ms",
		.example = "spin: 500us",
		.meaning = "a best-effort vCPU that has run so long while another one of its VM "
			   "waits for the same CPU is taken for one that spins on a lock, and the "
			   "other one gets the rest of its quantum; at least ten times what a "
			   "switch costs. `off`: nobody looks"},
	{0},
};

static const struct schema_key reserve_keys[] = {
	{"best-effort", SCHEMA_SHARE, .required = YES, .example = "best-effort: 40%",
		.meaning = "the share of each CPU with best-effort vCPUs that real-time ones leave "
			   "them"},
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
	{"scheduling", SCHEMA_MAP, .map = scheduling_keys, .fallback = "see below",
		.example = "scheduling: { quantum: 10ms }", .meaning = "of shared CPUs"},
	{"reserve", SCHEMA_MAP, .map = reserve_keys,
		.fallback = "required if a CPU has both real-time and best-effort vCPUs",
		.example = "reserve: { best-effort: 40% }",
		.meaning = "what is kept of shared CPUs, also from tasks created at run time"},
	{"trace", SCHEMA_NUMBER, .fallback = "64", .example = "trace: 4096",
		.meaning =
			"events that the hypervisor remembers per CPU, 16 bytes each: a power of "
			"two from 64 to 16384"},
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
	{"arguments", SCHEMA_LIST, .items = SCHEMA_TEXT, .fallback = "none",
		.example = "arguments: [ -device, virtio-rng-device ]",
		.meaning = "further arguments for it, for the device tree as for a run"},
	{0},
};

static const struct schema_key costs_keys[] = {
	{"switch", SCHEMA_TIME, .fallback = "2us", .example = "switch: 2us",
		.meaning = "a change from one vCPU to another, timer interrupt and decision "
			   "included, at most; two of them are added to each capacity"},
	{"masked", SCHEMA_TIME, .fallback = "10us", .example = "masked: 10us",
		.meaning = "the longest time that the hypervisor is busy without deciding anew who "
			   "runs, at most, and not less than `switch`: a job may have to wait for "
			   "it once, and once for each real-time vCPU of its CPU"},
	{"interrupt", SCHEMA_TIME, .fallback = "1us", .example = "interrupt: 1us",
		.meaning = "an interrupt taken for a vCPU that does not run, at most"},
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
	{"free-interrupts", SCHEMA_MAP | SCHEMA_LIST, .items = SCHEMA_MAP,
		.map = free_interrupts_keys, .fallback = "none",
		.example = "free-interrupts: { first: 42, count: 6 }",
		.meaning = "interrupts that no device drives, or a list of such; each shared "
			   "console, communication region and virtio device takes one"},
	{"timer-frequency", SCHEMA_NUMBER,
		.fallback = "required on `aarch64`; the device tree's `timebase-frequency` on "
			    "`riscv64`, where it is an error",
		.example = "timer-frequency: 62500000",
		.meaning = "Hz of the CPUs' counter, as CNTFRQ_EL0 reads: all times become its "
			   "ticks"},
	{"costs", SCHEMA_MAP, .map = costs_keys, .fallback = "see below",
		.example = "costs: { switch: 2us, masked: 10us, interrupt: 1us }",
		.meaning = "what the hypervisor's own work costs on this board, as measured "
			   "(`docs/porting-a-board.md`)"},
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
	"bootable image. A complete example is `examples/linux-and-control.yaml`; in\n"
	"`examples/shared-core.yaml` several vCPUs share a CPU.\n"
	"\n"
	"Of YAML, a description uses maps, lists and texts; anchors, aliases, tags and\n"
	"several documents in a file are refused. A key that is not listed here is an error.\n"
	"A *size* is a number of bytes, decimal or hexadecimal with `0x`, that may end in\n"
	"`K`, `M` or `G` for 2^10, 2^20 or 2^30. A *number* has no such ending. A *time* is a\n"
	"decimal number with `ns`, `us`, `ms` or `s`, a *share* one with `%`, such as `12.5%`.\n"
	"\n"
	"## Where things go\n"
	"\n"
	"The hypervisor lies 2 MiB above the start of the board's RAM, in 1 MiB, or 2 MiB with a\n"
	"`trace` of more than 1024 events; the 2 MiB below are left to firmware and boot loader.\n"
	"Memory whose `host` address is not given goes to the first free room above, aligned so\n"
	"that large translation blocks fit. A VM that is restarted by `on-fault` or `on-reset`\n"
	"has a second, pristine copy of its image in RAM.\n"
	"\n"
	"- `os: linux`: the device tree lies at the start of the main memory, which must be a\n"
	"  multiple of 2 MiB; the kernel at the first multiple of 2 MiB, plus its\n"
	"  `text_offset`, that leaves 2 MiB free for it; the initrd at the next page\n"
	"  (RISC-V: multiple of 2 MiB) after the kernel's `image_size`.\n"
	"- `os: bare` and `realtime`, ELF file: at its segments' physical addresses; the device "
	"tree in the\n"
	"  last 16 KiB of the main memory.\n"
	"- `os: bare` and `realtime`, raw bytes: at `load`; the device tree at the start of the "
	"main memory\n"
	"  if its first 16 KiB are free, else in its last 16 KiB.\n"
	"\n"
	"The device tree's address is in `x0` (AArch64) or `a1` (RISC-V) at the guest's first\n"
	"instruction.\n"
	"\n"
	"## Who runs when\n"
	"\n"
	"A CPU that exactly one vCPU may run on is *dedicated*: the vCPU has all of it, and the\n"
	"hypervisor does not stand between them, whatever period or capacity it is given. All\n"
	"other CPUs in use are *shared*; a description with one of them takes the hypervisor\n"
	"with the scheduler (`hyp-shared.elf`), any other the one without. On a shared CPU:\n"
	"\n"
	"- A vCPU with a `period` is *real-time*: from the moment that it wants to run, it gets\n"
	"  its `capacity` before its `deadline`, and not more than that in each `period`.\n"
	"  Real-time vCPUs stay on one CPU and go before all others there, the earliest deadline\n"
	"  first. The tool refuses a set that could miss a deadline, by an exact test (processor\n"
	"  demand); `orlop report` shows it. Two switches, as the board's `costs` say, are added\n"
	"  to each capacity. Beside that, the hypervisor may be busy for `masked` when another "
	"vCPU\n"
	"  should begin, and so may each real-time vCPU when its budget ends.\n"
	"- A real-time vCPU without `cpu` is given one: the vCPUs in the order of what they take,\n"
	"  the greatest first, each the first CPU that is shared already and can keep the "
	"promise,\n"
	"  else the first one that nobody uses.\n"
	"- All other vCPUs are *best effort*: they take turns of a `quantum` in what real-time\n"
	"  vCPUs leave, which is at least the `reserve`. They have one queue for all CPUs, and "
	"may\n"
	"  migrate among those in `cpus`. There are at most 64 of them, with at most 8 different\n"
	"  sets of CPUs; a CPU has at most 64 real-time vCPUs, tasks included.\n"
	"- While a real-time vCPU runs that is not `preemptable`, interrupts of best-effort VMs\n"
	"  wait. Those of real-time VMs with devices, a shared console or a communication region\n"
	"  are taken; what they cost at their VM's `rate` is subtracted from what real-time vCPUs\n"
	"  may take of the CPU.\n"
	"  A device that interrupts more often than that costs more than was accounted for.\n"
	"- The task vCPUs of an `os: realtime` VM follow its others. They are no CPUs in its\n"
	"  device tree, and run what the VM registers for them by hypercall; admission is then\n"
	"  tested again, within the same share of the CPU.\n"
	"- A VM on a shared CPU has `route: injected`, but for AIA, where each vCPU needs a guest\n"
	"  interrupt file of its own on every CPU that it may run on (a task needs none, and has\n"
	"  no external interrupts). It has no performance counters, and on RISC-V no vector\n"
	"  extension.\n"
	"\n"
	"Times have to be whole ticks of the board's counter. If its frequency is so odd that\n"
	"hardly any time is, they are rounded to the safe side, and the tool says so.\n"
	"\n"
	"## Who talks to whom\n"
	"\n"
	"VMs talk by *messages*, *tunnels* (memory that two of them share) and *networks*\n"
	"(`docs/communication.md`; what a guest sees of them is in `docs/interface.md`). A\n"
	"description in which a VM has any of these takes the hypervisor with communication\n"
	"(`hyp-comm.elf`, `hyp-shared-comm.elf`). Such a VM has a *communication region*: memory\n"
	"that it and the hypervisor reach, and no other VM.\n"
	"\n"
	"- The region lies right behind the main memory, the tunnels behind that, of 2 MiB or "
	"more\n"
	"  at a multiple of 2 MiB; addresses where the VM or the board has something else are "
	"left\n"
	"  out. Registers of virtio devices, a page each, lie at the next multiple of 1 GiB. The\n"
	"  VM's device tree has all of them.\n"
	"- Regions and tunnels are zeros when the system starts. When a VM is restarted its "
	"region\n"
	"  is filled anew; its tunnels stay as they are, as they are the other VM's, too.\n"
	"- Region and tunnels cannot be executed. A virtio device reaches its VM's own memory\n"
	"  and nothing else.\n"
	"- Each region and each virtio device takes one interrupt; with a GIC one of the board's\n"
	"  `free-interrupts`.\n"
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
