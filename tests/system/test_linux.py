# SPDX-License-Identifier: BSD-2-Clause
"""Debian's own kernel as a guest."""
import glob
import hashlib
import os
import re
import struct

from harness import RAM, alone, check, exits, only

READY = r"ORLOP-LINUX-READY (\S+) cpus=(\d+) memory=(\d+)kB"
# With its UART passed through, to the marker; and the least memory that it boots in.
BOOT_EXITS_MOST = {"aarch64": 110, "riscv64": 40}
LEAST_MIB = {"aarch64": 64, "riscv64": 96}
DIRECT, INJECTED = {"interrupts": {"route": "direct"}}, {"interrupts": {"route": "injected"}}


def boot(bench, name, vm, *options, **more):
    """Runs the VM alone to its orderly end; returns (machine, match of the marker)."""
    machine = bench.run(bench.image(name, {"linux": vm}), *options, **more)
    ready = machine.expect(READY, 60)
    return machine, ready


def boots_with(bench, cpus, route, **more):
    vm = bench.linux("hotplug", cpus=range(cpus), **route, **more)
    machine, ready = boot(bench, "linux", vm)
    check(ready[2] == str(cpus), f"Linux sees {ready[2]} CPUs, not {cpus}")
    for cpu in range(1, cpus):
        machine.expect("ORLOP-CPU-OFF")
        machine.expect(f"ORLOP-CPU-ON 0-{cpus - 1}")
    machine.expect("ORLOP-LINUX-POWEROFF")
    machine.finish()
    faults = machine.final_stats()["vms"]["linux"]["faults"]
    check(faults == 0, f"{faults} faults")


def test_1_vcpu(bench):
    boots_with(bench, 1, DIRECT)


def test_2_vcpus(bench):
    boots_with(bench, 2, DIRECT)


def test_4_vcpus(bench):
    boots_with(bench, 4, DIRECT)


def test_1_vcpu_injected(bench):
    boots_with(bench, 1, INJECTED)


def test_2_vcpus_injected(bench):
    boots_with(bench, 2, INJECTED)


def test_4_vcpus_injected(bench):
    boots_with(bench, 4, INJECTED)


def test_least_memory(bench):
    mib = LEAST_MIB[bench.arch]
    machine, ready = boot(bench, "small", bench.linux("poweroff", memory=f"{mib}M"))
    check(int(ready[3]) < mib * 1024, f"Linux sees {ready[3]} kB")
    machine.finish()


def on_cpu(bench, cpu):
    machine, _ = boot(bench, "linux", bench.linux("poweroff", cpus=(0, 1)), "--cpu", cpu)
    machine.finish()


@only("aarch64")
def test_cpu_cortex_a53(bench):
    on_cpu(bench, "cortex-a53")


@only("aarch64")
def test_cpu_cortex_a72(bench):
    on_cpu(bench, "cortex-a72")


def test_cpu_max(bench):
    on_cpu(bench, "max")


@only("riscv64")
def test_cpu_without_guest_timer(bench):
    """Without Sstc the hypervisor's own timer stands in for the guest's."""
    image = bench.image("linux", {"linux": bench.linux("poweroff", cpus=(0, 1))},
                        board="qemu-virt-no-sstc", boards="tests/system/boards")
    machine = bench.run(image)
    machine.expect(READY)
    machine.finish()
    counted = exits(machine.final_stats(), "linux", "interrupt injected")
    check(counted > 0, "no timer's interrupt was injected")


def test_raw_image(bench):
    machine, _ = boot(bench, "linux", bench.linux("poweroff"), "--img")
    machine.finish()


def elf_bytes(path, physical, size):
    """Bytes of an ELF file's load segments at a physical address."""
    with open(path, "rb") as file:
        elf = file.read()
    offset, = struct.unpack_from("<Q", elf, 32)
    entry_size, count = struct.unpack_from("<HH", elf, 54)
    found = bytearray(size)
    for i in range(count):
        kind, _, at, _, address, length, _, _ = struct.unpack_from("<IIQQQQQQ", elf,
                                                                   offset + i * entry_size)
        first, last = max(address, physical), min(address + length, physical + size)
        if kind == 1 and first < last:
            found[first - physical:last - physical] = elf[at + first - address:at + last - address]
    return bytes(found)


def guest_memory(image, vm, ram):
    """Host address of a VM's main memory, from the image's report."""
    with open(image + ".report.txt", encoding="utf-8") as file:
        for line in file:
            match = re.match(rf" *{vm} +0x(\w+)-.* memory, guest address 0x{ram:x}", line)
            if match:
                return int(match[1], 16)
    raise AssertionError(f"the report says nothing of the memory of {vm}")


def test_kernel_is_the_package_s(bench):
    """What runs is, byte for byte, the file in Debian's package."""
    with open(bench.package("vmlinuz"), "rb") as file:
        kernel = file.read()
    package, = glob.glob(os.path.join(bench.build_folder, "guests/unpacked",
                                       bench.arch, "linux-image-*"))
    with open(os.path.join(package, "DEBIAN/md5sums"), encoding="utf-8") as file:
        sums = dict(reversed(line.split()) for line in file)
    name, = [name for name in sums if name.startswith("boot/vmlinu")]
    check(hashlib.md5(kernel).hexdigest() == sums[name], "vmlinuz is not what the package holds")
    image = bench.image("linux", {"linux": bench.linux("poweroff")})
    text_offset, = struct.unpack_from("<Q", kernel, 8)
    offset = text_offset if text_offset >= 0x200000 else 0x200000 + text_offset
    loaded = elf_bytes(image + ".elf", guest_memory(image, "linux", RAM[bench.arch]) + offset,
                       len(kernel))
    check(loaded == kernel, "the kernel in the image is not the package's")


def own_console(bench, job, **more):
    """A Linux that has the board's UART; the hypervisor speaks through the debugger."""
    return {"linux": bench.linux(job, access=["serial0"], console="own", **more)}


def settled(machine, before, after):
    """Exits between two markers of the guest, by cause, those that happened."""
    machine.expect(before)
    first = machine.stats()
    machine.expect(after)
    second = machine.stats()
    causes = second["vms"]["linux"]["vcpus"][0]["exits"]
    counts = {cause: exits(second, "linux", cause) - exits(first, "linux", cause)
              for cause in causes}
    return {cause: count for cause, count in counts.items() if count}


def measure_exits(bench, seconds):
    """Exits of a Linux with its own UART: to its marker, then, by cause, when idle and busy."""
    image = bench.image("linux", own_console(bench, f"steady orlop.seconds={seconds}", **DIRECT),
                        console="debugger")
    machine = bench.run(image, timeout=120)
    machine.expect(READY)
    figures = {"boot": exits(machine.stats(), "linux"),
               "idle": settled(machine, "ORLOP-IDLE-BEGIN", "ORLOP-IDLE-END"),
               "load": settled(machine, "ORLOP-LOAD-BEGIN", "ORLOP-LOAD-END")}
    machine.finish()
    return figures


@alone
def test_no_exits(bench):
    """With its UART passed through: few exits to the marker, none when idle, none under load."""
    figures = measure_exits(bench, seconds=10)
    check(0 < figures["boot"] <= BOOT_EXITS_MOST[bench.arch],
          f"{figures['boot']} exits to the marker")
    check(not figures["idle"], f"exits in 10 s of idleness: {figures['idle']}")
    check(not figures["load"], f"exits in 10 s under load: {figures['load']}")


# RISC-V: traps that are the hypervisor's, by cause. Synchronous: ECALL from VS-mode, the second
# stage's faults, virtual instruction. Asynchronous: interrupts of HS-mode.
RISCV_TRAPS = {"0": (10, 20, 21, 22, 23), "1": (1, 5, 9, 12)}


def is_exit(line):
    """Whether a line of QEMU's -d int is about a guest that left for the hypervisor."""
    trap = re.match(r"riscv_cpu_do_interrupt: hart:\d+, async:(\d), cause:([0-9a-f]+)", line)
    if trap:
        return int(trap[2], 16) & 0xff in RISCV_TRAPS[trap[1]]
    return line.startswith(("...from EL1 to EL2", "...from EL0 to EL2"))


def exceptions(path):
    """How many exceptions into the hypervisor a log of QEMU's -d int holds."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return sum(is_exit(line) for line in file)


@alone
def test_no_exits_seen_from_outside(bench):
    """QEMU's own log of exceptions agrees with the counters, to the exit."""
    log = os.path.join(bench.folder, "exceptions.txt")
    image = bench.image("linux", own_console(bench, "steady orlop.seconds=5", **DIRECT),
                        console="debugger")
    machine = bench.run(image, timeout=120, qemu=("-d", "int", "-D", log))
    seen = []
    for marker in ("READY", "IDLE-BEGIN", "IDLE-END", "LOAD-BEGIN", "LOAD-END"):
        machine.expect(f"ORLOP-(LINUX-)?{marker}")
        seen.append(exceptions(log))
    machine.finish()
    counted = exits(machine.final_stats(), "linux")
    check(0 < seen[0] <= BOOT_EXITS_MOST[bench.arch], f"{seen[0]} exceptions to the marker")
    check(seen[2] == seen[1], f"{seen[2] - seen[1]} exceptions in idleness")
    check(seen[4] == seen[3], f"{seen[4] - seen[3]} exceptions under load")
    check(exceptions(log) == counted, f"{exceptions(log)} exceptions, {counted} counted")


def test_own_console_injected(bench):
    """The same guest by the other route: its UART's interrupts arrive, its shell answers."""
    image = bench.image("linux", own_console(bench, "shell", **INJECTED), console="debugger")
    machine = bench.run(image)
    machine.expect(READY)
    machine.expect("shell")
    machine.send("echo ORLOP-SUM-$((40 + 2))\n")
    machine.expect("ORLOP-SUM-42")
    machine.send("poweroff -f\n")
    machine.finish()


def test_reboot_restarts(bench):
    """A reset by the guest begins again from the pristine image."""
    vm = bench.linux("reboot", **{"on-reset": "restart"})
    machine = bench.run(bench.image("linux", {"linux": vm}))
    for _ in range(3):
        machine.expect(READY)
    restarts = machine.stats()["vms"]["linux"]["restarts"]
    check(restarts >= 2, f"{restarts} restarts are counted")


def test_reboot_halts(bench):
    machine, _ = boot(bench, "linux", bench.linux("reboot", **{"on-reset": "halt"}))
    machine.finish()
    check(machine.final_stats()["vms"]["linux"]["restarts"] == 0, "it was restarted")


def test_panic_is_the_guest_s_own(bench):
    """A kernel that panics disturbs nobody: the other Linux goes on to its end."""
    panicked = bench.linux("panic", cpus=(0,), kernel="quiet panic=1", **{"on-reset": "halt"})
    image = bench.image("two", {"first": panicked, "second": bench.linux("demo", cpus=(1,))})
    machine = bench.run(image, timeout=90)
    machine.expect("Linux has done its work", 80)
    machine.finish()


@only("aarch64")
def test_gicv4_board(bench):
    """Redistributors that are farther apart, and vCPUs on CPUs in another order."""
    image = bench.image("linux", {"linux": bench.linux("poweroff", cpus=(7, 1, 2, 5))},
                        board="qemu-virt-gicv4", boards="tests/system/boards")
    machine = bench.run(image)
    machine.expect(r"ORLOP-LINUX-READY \S+ cpus=4 ")
    machine.finish()


@only("aarch64")
def test_secure_board(bench):
    """A board whose Group 0 belongs to firmware: interrupts are injected."""
    image = bench.image("linux", {"linux": bench.linux("hotplug", cpus=(0, 1))},
                        board="qemu-virt-secure", boards="tests/system/boards")
    machine = bench.run(image, "--img")  # QEMU starts an ELF file at EL3, what has a header at EL2
    machine.expect(READY)
    machine.expect("ORLOP-CPU-ON 0-1")
    machine.finish()
    injected = exits(machine.final_stats(), "linux", "interrupt injected")
    check(injected > 0, "no interrupt was injected")
