# SPDX-License-Identifier: BSD-2-Clause
"""Messages, tunnels and packets between VMs, by bare-metal guests of the guest library."""
import re

from harness import check, only

PATIENCE = 240  # seconds that a test may take on a host that has other work
# Clauses that a configuration has nothing to test of.
OTHER_ARCHITECTURE = {"aarch64": {"DISC-2", "CALL-3"}, "riscv64": {"DISC-1", "CALL-8"}}


def pair(bench, names, cpus, guests=None, size=128, **more):
    """Two VMs with messages to each other, two tunnels, and a network."""
    first, second = names
    vms = {}
    for name, other, cpu in ((first, second, cpus[0]), (second, first, cpus[1])):
        access = {"access": "read-only"} if name == second else {}
        vms[name] = bench.bare(
            (guests or {}).get(name, name), cpus=(cpu,),
            messages={"slots": 8, "size": size if name == first else 64, "from": [other]},
            tunnels={"shared": {"with": other, "size": "64K"},
                     "readonly": {"with": other, "size": "4K", **access}},
            networks=[{"name": "lan"}], **more)
    vms[second].update({"on-fault": "restart", "on-reset": "restart"})
    return vms


def conformance(bench, cpus, not_applicable, route=None, tasks=0):
    """Every clause that the guest tries passes; returns the machine."""
    guests = {"tester": "conformance", "partner": "conformance-partner"}
    routes = {"interrupts": {"route": route}} if route else {}
    vms = pair(bench, ("tester", "partner"), cpus, guests, **routes)
    if tasks:
        vms["tester"].update({"os": "realtime", "tasks": {"count": tasks, "cpu": cpus[0]}})
    reserve = {"reserve": {"best-effort": "30%"}} if tasks else {}
    machine = bench.run(bench.image("conformance", vms, **reserve), timeout=PATIENCE)
    machine.expect(r"^\[tester\] conformance: (\d+) passed, (\d+) failed, (\d+) not applicable\n")
    machine.finish()
    failed = re.findall(r"^\[tester\] (conformance: .*(?:FAIL|: not so: ).*)$", machine.text, re.M)
    check(not failed, "\n".join(failed))
    skipped = set(re.findall(r"conformance: (\S+) not applicable", machine.text))
    expected = OTHER_ARCHITECTURE[bench.arch] | not_applicable
    check(skipped == expected, f"not applicable: {skipped}, expected: {expected}")
    return machine


ALWAYS_SKIPPED = {"EVT-5"}
DEDICATED_SKIPPED = ALWAYS_SKIPPED | {"CALL-9", "MSG-17"}
SHARED_SKIPPED = ALWAYS_SKIPPED | {"MSG-14"}


def test_conformance(bench):
    """Each VM has a core for itself."""
    conformance(bench, (0, 1), DEDICATED_SKIPPED)


def test_conformance_injected(bench):
    conformance(bench, (0, 1), DEDICATED_SKIPPED, route="injected")


def test_conformance_shared(bench):
    """Both on one core, the tester with real-time tasks there."""
    conformance(bench, (0, 0), SHARED_SKIPPED, tasks=2)
