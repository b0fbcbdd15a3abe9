# SPDX-License-Identifier: BSD-2-Clause
"""
Interrupts by upcall: from kernel and from user mode, nested, masked, in storms, between CPUs and
VMs. The guest counts each and waits for it, so that a lost one would be a time-out.
"""
from harness import BOARDS, INJECTING, check, only

PATIENCE = 200  # seconds that a test may take on a host that has other work
UPCALL = {"interrupts": {"route": "upcall"}, "console": "shared"}
DOORBELL = {"size": "4K"}
CLOCK = {"aarch64": "/pl031@9010000", "riscv64": "/soc/rtc@101000"}


def doorbell(peer):
    return {"tunnels": {"doorbell": {"with": peer, **DOORBELL}}}


def pair(bench, size, cpus, ringer_cpu):
    """The guest that is tried, and the one that rings its doorbell."""
    return {"upcall": bench.bare(f"upcall{size}", cpus, **UPCALL, **doorbell("ringer")),
            "ringer": bench.bare(f"upcall-ringer{size}", (ringer_cpu,), console="shared",
                                 **doorbell("upcall"))}


def passes(machine, guest):
    report = machine.expect(rf"^\[upcall\] {guest}: (\d+) passed, (\d+) failed\n")
    check(report[2] == "0" and int(report[1]) > 8, machine.text[-1500:])


def test_dedicated(bench):
    """More than 100,000, every vCPU on a core of its own; none lost."""
    machine = bench.run(bench.image("upcall", pair(bench, "", (0, 1), 2)), timeout=PATIENCE)
    passes(machine, "upcall")
    machine.finish()
    check("upcall-ringer: done: 20000\n" in machine.text, machine.text[-1500:])
    vcpus = machine.final_stats()["vms"]["upcall"]["vcpus"]
    injected = sum(vcpu["exits"]["interrupt injected"] for vcpu in vcpus)
    check(injected > 40000, f"{injected} interrupts of the guest's own")


def test_shared(bench):
    """Both vCPUs and the one that rings on one core."""
    vms = pair(bench, "-short", (0, 0), 0)
    machine = bench.run(bench.image("shared", vms), timeout=PATIENCE)
    passes(machine, "upcall")
    machine.finish()
    check("upcall-ringer: done: 2000\n" in machine.text, machine.text[-1500:])


@only("riscv64")
def test_plic(bench):
    """The same without AIA: IPIs and kicks are the firmware's."""
    board = INJECTING[bench.arch]
    for name, cpus, ringer_cpu in (("dedicated", (0, 1), 2), ("one", (0, 0), 0)):
        vms = pair(bench, "-short", cpus, ringer_cpu)
        machine = bench.run(bench.image(name, vms, board=board), timeout=PATIENCE)
        passes(machine, "upcall")
        machine.finish()
        check("upcall-ringer: done: 2000\n" in machine.text, machine.text[-1500:])


def test_beside_random(bench):
    """On one core with a guest that does everything else there is to do; its restarts included."""
    for name, guest, seen in (("random", "random-short", r"^\[random\] random: done: "),
                              ("stray", "random-stray", r"^\[orlop\] random restarts")):
        vms = {**pair(bench, "-short", (0, 0), 0),
               "random": bench.bare(guest, **{"on-fault": "restart"})}
        image = bench.image(name, vms, scheduling={"quantum": "1ms"})
        machine = bench.run(image, timeout=PATIENCE)
        passes(machine, "upcall")
        machine.seen = 0
        machine.expect("upcall-ringer: done: 2000\n")
        machine.seen = 0
        machine.expect(seen)
        machine.kill()


@only("aarch64")
def test_secure_board(bench):
    """Where Group 0 belongs to firmware the hypervisor's own kicks are interrupts as all others."""
    for name, cpus, ringer_cpu in (("dedicated", (0, 1), 2), ("one", (0, 0), 0)):
        vms = pair(bench, "-short", cpus, ringer_cpu)
        image = bench.image(name, vms, board="qemu-virt-secure", boards="tests/system/boards")
        machine = bench.run(image, "--img", timeout=PATIENCE)
        passes(machine, "upcall")
        machine.finish()
        check("upcall-ringer: done: 2000\n" in machine.text, machine.text[-1500:])


def test_realtime(bench):
    """A manager and its tasks, each with a timer by upcall, beside one that never lets go."""
    vm = {**bench.bare("upcall-tasks", **UPCALL), "os": "realtime",
          "tasks": {"count": 2, "cpu": 0}}
    vms = {"upcall": vm, "hog": bench.bare("experiment-hog")}
    image = bench.image("tasks", vms, reserve={"best-effort": "30%"},
                        scheduling={"quantum": "1ms"})
    machine = bench.run(image, "--icount", timeout=PATIENCE)
    passes(machine, "upcall-tasks")
    machine.kill()


def test_moving(bench):
    """vCPUs that go from core to core, where others compute."""
    vms = {**pair(bench, "-short", (0, 1), 0), "other": bench.bare("shared-spin")}
    for vm in vms.values():
        vm["vcpus"] = [{"cpus": [0, 1]} for _ in vm["vcpus"]]
    machine = bench.run(bench.image("moving", vms, scheduling={"quantum": "10ms"}),
                        timeout=PATIENCE)
    passes(machine, "upcall")
    machine.finish()
    check("upcall-ringer: done: 2000\n" in machine.text, machine.text[-1500:])


def test_devices(bench):
    """Level-triggered ones, emulated and of the board: held until the guest ends them."""
    board = INJECTING.get(bench.arch, BOARDS[bench.arch])
    vm = bench.bare("upcall-device-rtc", access=[CLOCK[bench.arch]], **UPCALL)
    for name, others in (("alone", {}), ("shared", {"other": bench.bare("shared-spin")})):
        machine = bench.run(bench.image(name, {"upcall": vm, **others}, board=board),
                            timeout=PATIENCE)
        passes(machine, "upcall-device")
        machine.finish()


def test_restart(bench):
    """A VM with upcalls that starts again, in the middle of them, begins without any."""
    for cpus, others in (((0,), {}), ((0,), {"other": bench.bare("shared-spin")})):
        vm = bench.bare("upcall-restart", cpus, **UPCALL, **{"on-reset": "restart"})
        image = bench.image(f"restart-{len(others)}", {"upcall": vm, **others})
        machine = bench.run(image, timeout=PATIENCE)
        for _ in range(4):
            passes(machine, "upcall-restart")
        machine.kill()
