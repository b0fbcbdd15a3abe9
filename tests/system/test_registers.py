# SPDX-License-Identifier: BSD-2-Clause
"""
Registers of vCPUs that share a core: one guest plants numbers in every register that it can reach,
another one looks whether it finds them, and both whether they find their own again
(guest/demos/leak).
"""
import re

from harness import check, only

PATIENCE = 200  # seconds that a test may take on a host that has other work


# What the two must have looked at: floating point and vectors, debug, the thread's pointer...
THERE = {"aarch64": {"v0.0", "v31.1", "fpcr", "fpsr", "tpidr_el0", "tpidrro_el0", "tpidr_el1",
                     "mdscr", "dbgbvr0", "dbgbcr0", "dbgwvr0", "dbgwcr0", "sp_el0", "ttbr0"},
         "riscv64": {"f0", "f31", "fcsr", "sscratch", "sepc", "stvec"}}
# ... and what a vCPU on a shared core has not, so that nothing of it can be another one's.
ABSENT = {"aarch64": {"pmccntr", "pmcntenset", "pmevcntr0"}, "riscv64": {"v0", "v31", "vcsr"}}


def plant_and_look(bench, cpus=(0,), qemu=(), **more):
    """Beside one that never lets go and uses no more registers than it must."""
    vms = {"plant": bench.bare("leak-plant"), "look": bench.bare("leak-look"),
           "spin": bench.bare("shared-spin")}
    for vm in vms.values():
        vm["vcpus"] = [{"cpus": list(cpus)}]
    image = bench.image("registers", vms, scheduling={"quantum": "10ms"}, **more)
    machine = bench.run(image, timeout=PATIENCE, qemu=qemu)
    machine.finish()
    for vm in ("plant", "look"):
        said = re.search(rf"^\[{vm}\] leak-{vm}: PASS: (\d+) rounds, (\d+) registers, 0 failures$",
                         machine.text, re.M)
        check(said and int(said[1]) >= 30 and int(said[2]) >= 40, machine.text[-2000:])
        absent = set(re.findall(rf"^\[{vm}\] leak-{vm}: not there: (\S+)$", machine.text, re.M))
        check(not THERE[bench.arch] & absent, f"not there: {THERE[bench.arch] & absent}")
        check(ABSENT[bench.arch] <= absent, f"there: {ABSENT[bench.arch] - absent}")
    check(machine.text.count("FAILED") == 0, machine.text[-2000:])


def test_on_one_core(bench):
    plant_and_look(bench)


def test_on_two_cores(bench):
    """Three busy vCPUs on two cores move between them."""
    plant_and_look(bench, cpus=(0, 1))


@only("riscv64")
def test_with_plic(bench):
    plant_and_look(bench, board="qemu-virt-riscv64-plic")


def test_of_richest_cpu(bench):
    """All that the emulator has: vectors, and extensions that this hypervisor does not know."""
    cpu = {"aarch64": "max,cntfrq=62500000", "riscv64": "max,h=true"}[bench.arch]
    plant_and_look(bench, qemu=("-cpu", cpu))
