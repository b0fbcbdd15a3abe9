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


def conformance(bench, cpus, not_applicable, route=None, tasks=0, hyp=None):
    """Every clause that the guest tries passes; returns the machine."""
    guests = {"tester": "conformance", "partner": "conformance-partner"}
    routes = {"interrupts": {"route": route}} if route else {}
    vms = pair(bench, ("tester", "partner"), cpus, guests, **routes)
    if tasks:
        vms["tester"].update({"os": "realtime", "tasks": {"count": tasks, "cpu": cpus[0]}})
    reserve = {"reserve": {"best-effort": "30%"}} if tasks else {}
    options = ["--icount"] if tasks else []
    image = bench.image("conformance", vms, hyp=hyp, **reserve)
    machine = bench.run(image, *options, timeout=PATIENCE)
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


def test_clang(bench):
    """Guests and hypervisors that clang built do as those that gcc built (`make CC_KIND=clang`)."""
    bench.kind = "-clang"
    machine = bench.run(bench.image("hello", {"hello": bench.bare("hello")},
                                    hyp=bench.hypervisor()), timeout=PATIENCE)
    machine.expect(r"^\[hello\] hello: done")
    machine.finish()
    conformance(bench, (0, 1), DEDICATED_SKIPPED, hyp=bench.hypervisor("-comm"))
    conformance(bench, (0, 0), SHARED_SKIPPED, tasks=2, hyp=bench.hypervisor("-shared-comm"))


def test_hand_over_beside_busy(bench):
    """Messages and answers do not wait for the turns of a third VM that never lets go (MSG-17)."""
    guests = {"tester": "conformance-hand-over", "partner": "conformance-partner"}
    vms = {**pair(bench, ("tester", "partner"), (0, 0), guests),
           "busy": bench.bare("experiment-hog")}
    machine = bench.run(bench.image("busy", vms), "--icount", timeout=PATIENCE)
    report = machine.expect(r"^\[tester\] conformance: (\d+) passed, (\d+) failed, (\d+) not")
    check(report.groups() == ("1", "0", "0"), machine.text[-1500:])
    turns = machine.stats()["vms"]["busy"]["vcpus"][0]["scheduling"]["dispatches"]
    check(turns > 1, "the third VM had no turn")


def talkers(bench, cpus, guest="ipc-talk", also=()):
    """Sender and receiver; `also`: further VMs that may send to them."""
    tunnel = {"lives": {"size": "4K"}}
    vms = {}
    for name, other, cpu in (("sender", "receiver", cpus[0]), ("receiver", "sender", cpus[1])):
        vms[name] = bench.bare(guest, cpus=(cpu,), **{"on-reset": "restart"},
                               tunnels={"lives": {**tunnel["lives"], "with": other}},
                               messages={"slots": 8, "size": 64, "from": [other, *also]})
    return vms


def talk(bench, vms, least, *options, **more):
    """Runs them to their end; returns (messages that were checked, those of others, machine)."""
    machine = bench.run(bench.image("talk", vms, **more), *options, timeout=PATIENCE)
    done = machine.expect(r"^\[receiver\] talk: done: (\d+) messages in (\d+) and (\d+) lives, "
                          r"(\d+) of others\n")
    check("talk: failed" not in machine.text, machine.text[-3000:])
    check(int(done[1]) >= least, done[0])
    return done, machine


def test_talk(bench):
    """Messages between two cores: none is lost, or comes twice, or in another order."""
    _, machine = talk(bench, talkers(bench, (0, 1)), 3000)
    machine.finish()


def test_talk_shared(bench):
    """The same on one core, beside one that computes without an end."""
    vms = {**talkers(bench, (0, 0)), "spinner": bench.bare("shared-spin")}
    talk(bench, vms, 3000, "--icount")


def test_restarts(bench):
    """Either side is restarted again and again amid the traffic."""
    done, machine = talk(bench, talkers(bench, (0, 1), "ipc-talk-restarts"), 3000)
    check((done[2], done[3]) == ("13", "13"), done[0])
    machine.finish()


def test_restarts_shared(bench):
    done, _ = talk(bench, talkers(bench, (0, 0), "ipc-talk-restarts"), 3000, "--icount")
    check((done[2], done[3]) == ("13", "13"), done[0])


def hostile(bench, cpus, *options, **more):
    """A guest that writes anything into its region and its tunnel, and makes every call."""
    vms = talkers(bench, cpus[:2], "ipc-talk-long", also=["random"])
    vms["random"] = bench.bare("random-comm", cpus=(cpus[2],),
                               messages={"slots": 4, "size": 32, "from": ["sender"]},
                               tunnels={"hostile": {"with": "receiver", "size": "8K"}},
                               networks=[{"name": "lan"}])
    vms["receiver"]["tunnels"]["hostile"] = {"with": "random", "size": "8K"}
    vms["receiver"]["networks"] = [{"name": "lan"}]
    done, machine = talk(bench, vms, 30000, *options, **more)
    # On one core the sender's messages mostly leave no room for those of others.
    check(int(done[4]) > 0 or len(set(cpus)) == 1, "nothing came from the random guest")
    machine.finish()
    check(re.search(r"^\[random\] random: done: ", machine.text, re.M), "it did not end")
    check(machine.final_stats()["vms"]["random"]["faults"] == 0, "it was stopped")


def test_hostile(bench):
    hostile(bench, (0, 1, 2))


def test_hostile_shared(bench):
    hostile(bench, (0, 0, 0), "--icount")
