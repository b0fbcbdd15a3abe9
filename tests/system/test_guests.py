# SPDX-License-Identifier: BSD-2-Clause
"""Bare-metal guests, their mistakes and what becomes of their neighbours."""
import re

from harness import Failure, alone, check, exits, only

CONTROL_DONE = r"\[control\] control: done"


def fault_table(architecture):
    """Name and kind of every fault of guest/demos/faults."""
    with open(f"guest/demos/faults/{architecture}/list.c", encoding="utf-8") as file:
        return re.findall(r"^\tX\((\w+),\s+(STOPS|SURVIVES|ANSWERS|SPINS),", file.read(), re.M)


def control_is_untouched(stats):
    """The loop's core enters the hypervisor to begin, to print its report, and to end."""
    control = stats["vms"]["control"]
    causes = control["vcpus"][0]["exits"]
    for cause in ("IPI sent", "interrupt injected", "fault"):
        check(causes[cause] == 0, f"control left its core {causes[cause]} times: {cause}")
    check(causes["firmware call"] == 1 and causes["hypervisor's interrupt"] <= 1,
          f"control left its core: {causes}")
    check(control["faults"] == 0 and control["restarts"] == 0, f"control stopped: {control}")


def beside_control(bench, name, vm, timeout=60):
    """Runs a VM on CPU 0 beside the control loop on CPU 2."""
    vms = {"guest": vm, "control": bench.bare("control", cpus=(2,))}
    return bench.run(bench.image(name, vms), timeout=timeout)


def test_hello(bench):
    machine = bench.run(bench.image("hello", {"hello": bench.bare("hello")}))
    machine.expect(r"^\[hello\] hello: I am VM 0, at (EL1|VS-mode)")
    machine.expect(r"^\[hello\] hello: done")
    machine.finish()


def test_control(bench):
    machine = bench.run(bench.image("control", {"control": bench.bare("control", cpus=(2,))}))
    report = machine.expect(r"(\d+) periods of 1 ms, jitter .*= (\d+)/(\d+)/(\d+)/(\d+) ns")
    check(report[1] == "3000", f"{report[1]} periods")
    low, median, most, highest = (int(report[i]) for i in range(2, 6))
    check(low <= median <= most <= highest, "the figures contradict each other")
    machine.expect(CONTROL_DONE)
    machine.finish()
    control_is_untouched(machine.final_stats())


def fault_test(name, kind):
    guest = "faults-" + name.replace("_", "-")

    def stops(bench):
        machine = beside_control(bench, guest, bench.bare(guest, **{"on-fault": "halt"}))
        machine.expect(r"^\[guest\] faults: .*expect this VM to be stopped")
        machine.expect(r"^\[orlop\] fault in guest, vCPU 0: \S+")
        machine.expect(r"^\[orlop\]\s+pc 0x[0-9a-f]+")
        machine.expect(CONTROL_DONE)
        machine.finish()
        stats = machine.final_stats()
        check(stats["vms"]["guest"]["faults"] == 1, f"faults: {stats['vms']['guest']['faults']}")
        control_is_untouched(stats)

    def survives(bench):
        machine = beside_control(bench, guest, bench.bare(guest))
        machine.expect(r"^\[guest\] faults: 1 passed, 0 failed")
        machine.expect(CONTROL_DONE)
        machine.finish()
        stats = machine.final_stats()
        check(stats["vms"]["guest"]["faults"] == 0, "it was taken for a fault of the VM")
        control_is_untouched(stats)

    def spins(bench):
        """It goes on for ever; the others do not notice, and the board can be stopped."""
        machine = beside_control(bench, guest, bench.bare(guest))
        machine.expect(r"^\[guest\] faults: .*expect nothing")
        machine.expect(CONTROL_DONE)
        machine.expect(r"^\[orlop\] control is halted")
        stats = machine.stats()
        check(stats["vms"]["guest"]["state"] == "running", "the guest does not run")
        check(stats["vms"]["control"]["state"] == "halted", "control has not ended")
        control_is_untouched(stats)

    return {"STOPS": stops, "SPINS": spins}.get(kind, survives)


# An emulated device answers these with an external abort, as hardware may.
ABORTED = ("wide_access", "narrow_access", "misaligned_access")

for fault_architecture in ("aarch64", "riscv64"):
    for fault_name, fault_kind in fault_table(fault_architecture):
        fault_kind = "SURVIVES" if fault_name in ABORTED else fault_kind
        globals()[f"test_fault_{fault_name}_{fault_architecture}"] = only(fault_architecture)(
            fault_test(fault_name, fault_kind))


def test_faults_in_turn(bench):
    """Everything that the guest survives, one after the other."""
    machine = bench.run(bench.image("faults", {"guest": bench.bare("faults")}))
    machine.expect(r"^\[guest\] faults: [1-9]\d* passed, 0 failed")
    machine.finish()


def test_policy_restart(bench):
    """A VM that makes its mistake in each life gets a new life each time, and nobody notices."""
    guest = bench.bare("faults-unmapped-read", **{"on-fault": "restart"})
    machine = beside_control(bench, "restart", guest)
    for _ in range(5):
        machine.expect(r"^\[guest\] faults: unmapped-read: .*expect this VM to be stopped")
        machine.expect(r"^\[orlop\] fault in guest")
        machine.expect(r"^\[orlop\] guest restarts")
    machine.expect(CONTROL_DONE)
    stats = machine.stats()
    check(stats["vms"]["guest"]["restarts"] >= 5, f"{stats['vms']['guest']}")
    control_is_untouched(stats)


def test_policy_stop_system(bench):
    """The whole board is switched off, in the middle of what the others do."""
    guest = bench.bare("faults-unmapped-read", **{"on-fault": "stop-system"})
    machine = beside_control(bench, "stop", guest)
    machine.expect(r"^\[orlop\] guest stops the system")
    machine.finish()
    check("control: done" not in machine.text, "control had the time to end")


def test_stray_access_aborts(bench):
    """With stray-access: abort the guest gets an exception instead."""
    guest = bench.bare("faults-unmapped-read", **{"stray-access": "abort"})
    machine = beside_control(bench, "abort", guest)
    machine.expect(r"^\[guest\] faults: unmapped-read: got my exception, (class 0x25|cause 5)")
    machine.expect(CONTROL_DONE)
    machine.finish()
    check(machine.final_stats()["vms"]["guest"]["faults"] == 0, "it was taken for a fault")


def verdict(bench, name, cpus, route, **more):
    """Runs a guest that counts its own checks. Several of its vCPUs may have the same CPU."""
    guest = bench.bare(name, cpus=cpus, interrupts={"route": route}, **more)
    machine = bench.run(bench.image(name, {"guest": guest}))
    result = machine.expect(name + r": (\d+) passed, (\d+) failed", 60)
    if int(result[1]) == 0 or int(result[2]) > 0:
        said = [line for line in machine.text.split("\n") if line.startswith("[guest]")]
        raise Failure("\n".join(said[-20:]))
    machine.finish()


@only("aarch64")
def test_psci(bench):
    verdict(bench, "psci", (0, 1), "direct")


@only("aarch64")
def test_psci_injected(bench):
    verdict(bench, "psci", (0, 1), "injected")


@only("riscv64")
def test_sbi(bench):
    verdict(bench, "sbi", (0, 1), "direct")


@only("riscv64")
def test_sbi_injected(bench):
    verdict(bench, "sbi", (0, 1), "injected")


@only("riscv64")
def test_sbi_shared(bench):
    verdict(bench, "sbi", (0, 0), "direct")


@only("riscv64")
def test_sbi_shared_injected(bench):
    verdict(bench, "sbi", (0, 0), "injected")


@only("riscv64")
def test_aplic(bench):
    verdict(bench, "aplic", (0,), "direct", messages={"slots": 4, "size": 8, "from": ["guest"]})


@only("aarch64")
def test_gic(bench):
    verdict(bench, "gic", (0, 1), "direct")


@only("aarch64")
def test_gic_injected(bench):
    verdict(bench, "gic", (0, 1), "injected")


@only("aarch64")
def test_gic_masking(bench):
    """What a guest has only by the injected route: priority masking, split end of interrupt."""
    guest = bench.bare("gic-masking", cpus=(0, 1), interrupts={"route": "injected"})
    machine = bench.run(bench.image("masking", {"guest": guest}))
    machine.expect(r"gic: [1-9]\d* passed, 0 failed")
    machine.finish()


def random_beside_control(bench, name, cpus=(0,), **more):
    """Many random operations end, and the loop beside them notices nothing."""
    machine = beside_control(bench, name, bench.bare(name, cpus=cpus, **more), timeout=200)
    machine.expect(CONTROL_DONE)
    machine.expect(r"^\[guest\] random: done: \d{6,} operations", 180)
    machine.finish()
    stats = machine.final_stats()
    control_is_untouched(stats)
    check(stats["vms"]["guest"]["faults"] == 0, "the hypervisor saw a fault")


def test_random(bench):
    random_beside_control(bench, "random")


def test_random_injected(bench):
    random_beside_control(bench, "random", interrupts={"route": "injected"})


def test_random_uart(bench):
    random_beside_control(bench, "random-uart", console="shared")


def test_random_smp(bench):
    random_beside_control(bench, "random-smp", cpus=(0, 1))


def test_random_stray(bench):
    """The same where the guest has nothing: each life ends with a fault, the next one begins."""
    guest = bench.bare("random-stray", **{"on-fault": "restart"})
    machine = beside_control(bench, "stray", guest)
    for _ in range(20):
        machine.expect(r"^\[orlop\] fault in guest")
        machine.expect(r"^\[orlop\] guest restarts")
    machine.expect(CONTROL_DONE)
    control_is_untouched(machine.stats())


def stoppable(bench, route):
    """A second CPU that does all it can to stay is fetched back, and the board goes off."""
    guest = bench.bare("stoppable", cpus=(0, 1), interrupts={"route": route})
    vms = {"guest": guest, "control": bench.bare("control", cpus=(2,))}
    machine = bench.run(bench.image("stoppable", vms))
    machine.expect(r"^\[guest\] stoppable: the second CPU is busy")
    machine.expect(r"^\[orlop\] guest is halted")
    machine.expect(CONTROL_DONE)
    machine.finish()
    stats = machine.final_stats()
    check(stats["vms"]["guest"]["faults"] == 0, "it was taken for a fault")
    control_is_untouched(stats)


@only("aarch64")
def test_stoppable(bench):
    stoppable(bench, "direct")


@only("aarch64")
def test_stoppable_injected(bench):
    stoppable(bench, "injected")


@only("aarch64")
def test_stoppable_sleep(bench):
    """One that sleeps beyond every interrupt is given up, and its VM ends without it."""
    vms = {"guest": bench.bare("stoppable-sleep", cpus=(0, 1)),
           "control": bench.bare("control", cpus=(2,))}
    machine = bench.run(bench.image("stoppable", vms))
    machine.expect(r"^\[guest\] stoppable: the second CPU is busy")
    machine.expect(r"^\[orlop\] guest: a vCPU sleeps out of reach")
    machine.expect(r"^\[orlop\] guest is halted")
    machine.expect(CONTROL_DONE)
    machine.finish()
    control_is_untouched(machine.final_stats())


@only("aarch64")
def test_stoppable_reset(bench):
    """The same when the guest resets itself, again and again."""
    guest = bench.bare("stoppable-reset", cpus=(0, 1), **{"on-reset": "restart"})
    vms = {"guest": guest, "control": bench.bare("control", cpus=(2,))}
    machine = bench.run(bench.image("stoppable", vms))
    for _ in range(5):
        machine.expect(r"^\[guest\] stoppable: the second CPU is busy")
        machine.expect(r"^\[orlop\] guest restarts")
    machine.expect(CONTROL_DONE)
    control_is_untouched(machine.stats())


@only("aarch64")
def test_psci_bad_addresses(bench):
    """A second CPU that is started where it cannot run is the guest's own affair."""
    machine = beside_control(bench, "psci", bench.bare("psci-bad-addresses", cpus=(0, 1)))
    machine.expect(r"^\[guest\] psci-bad-addresses: CPU_ON at 0x")
    machine.expect(r"^\[orlop\] fault in guest, vCPU 1|^\[guest\] psci-bad-addresses: done")
    machine.expect(CONTROL_DONE)
    machine.finish()
    check("psci-bad-addresses: failed" not in machine.text, "a bad address was taken for good")
    control_is_untouched(machine.final_stats())


def test_control_without_host(bench):
    """
    With time that counts instructions the loop is never late, not by one of them. On RISC-V QEMU's
    timer itself is a tick of 100 ns late now and then, on the bare machine as well.
    """
    tick = {"aarch64": "0", "riscv64": "(0|100)"}[bench.arch]
    machine = bench.run(bench.image("control", {"control": bench.bare("control")}), "--icount")
    machine.expect(rf"jitter min/median/99%/max = 0/0/{tick}/{tick} ns, missed 0")
    machine.finish()


def test_u_boot(bench):
    """Another system that knows nothing of us reaches its prompt and answers."""
    machine = bench.run(bench.image("u-boot", {"uboot": u_boot(bench)}, console="debugger"))
    u_boot_answers(machine)


def u_boot(bench, **more):
    if bench.arch == "riscv64":
        return {"os": "bare",
                "image": {"file": bench.package("u-boot.bin"), "load": 0x80200000,
                          "entry": 0x80200000},
                "memory": "128M", "vcpus": [{"cpu": 0}], "access": ["serial0"],
                "console": "own", **more}
    return {"os": "bare",
            "image": {"file": bench.package("u-boot.bin"), "load": 0, "entry": 0},
            "memory": [{"size": "128M", "guest": 0x40000000}, {"size": "4M", "guest": 0},
                       {"size": "256K", "guest": 0x4000000, "access": "read-only"}],
            "vcpus": [{"cpu": 0}], "access": ["serial0"], "console": "own", **more}


def u_boot_answers(machine):
    machine.expect("Hit any key to stop autoboot|=> ", 40)
    machine.send("\n")
    machine.expect("=> ", 30)
    machine.send("echo sum-${baudrate}\n")
    machine.expect(r"^(\[uboot\] )?sum-115200")
    machine.send("poweroff\n")
    machine.finish()


def test_u_boot_shared_console(bench):
    vm = u_boot(bench, console="shared")
    del vm["access"]
    machine = bench.run(bench.image("u-boot", {"uboot": vm}))
    u_boot_answers(machine)


def test_console_focus(bench):
    """Ctrl-] moves the keys from one guest to the next, and back."""
    vms = {name: bench.linux("shell", cpus=(cpu,), console="shared")
           for cpu, name in enumerate(("first", "second"))}
    machine = bench.run(bench.image("consoles", vms), timeout=90)
    machine.expect(r"(?s)(built-in shell.*){2}", 60)
    for step, name in enumerate(("first", "second", "first")):
        machine.send(f"echo sum-$(({step} + 40))\n")
        machine.expect(rf"^\[{name}\].*sum-{step + 40}", 20)
        machine.send("\x1d")
    machine.expect("")
    for _ in range(2):
        machine.send("poweroff -f\n")
        machine.expect("is halted", 20)
        machine.send("\x1d")
    machine.finish()


def test_stats_and_trace_live(bench):
    """The tables of a running system, for people."""
    vms = {"linux": bench.linux("idle orlop.seconds=30", cpus=(0, 1)),
           "control": bench.bare("control", cpus=(2,))}
    machine = bench.run(bench.image("live", vms))
    machine.expect("ORLOP-IDLE-BEGIN")
    status, table = bench.tool("stats", "--interval", "0.5", machine.name)
    check(status == 0, table)
    for words in ("linux/0", "linux/1", "control/0", "emulated device", "per second, just now",
                  "VM linux: running, faults: 0"):
        check(words in table, f"'{words}' is not in the table:\n{table}")
    status, trace = bench.tool("trace", machine.name)
    check(status == 0, trace)
    check("vCPU starts at 0x" in trace or "emulated" in trace, f"no events:\n{trace}")
    status, said = bench.tool("stats", "nobody")
    check(status == 1 and "no machine called nobody is running" in said, said)


@alone
def test_time_out(bench):
    """orlop run says when it had to stop a system, and what it had done until then."""
    machine = bench.run(bench.image("idle", {"linux": bench.linux("idle orlop.seconds=99")}),
                        timeout=8)
    machine.finish(status=3)
    check(machine.final_stats()["vms"]["linux"]["state"] == "running", "no figures")
