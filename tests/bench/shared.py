# SPDX-License-Identifier: BSD-2-Clause
"""Figures of shared cores, from guest/demos/bench-shared: docs/measuring.md says what they are.

The counter that the guests read is one for all of them, so that where one VM's instructions end and
another's begin is seen by putting what they noted in order.
"""
import bisect
import collections
import os
import re
import statistics
import sys

import masked
import test_comm
import test_virtio
from harness import BOARDS, check

# A clock of 1 GHz counts instructions; RISC-V has a counter that guests may read on any core.
CLOCK_BOARD = {"aarch64": {"board": "qemu-virt-1ghz", "boards": "tests/bench/boards"},
               "riscv64": {"board": "qemu-virt-riscv64"}}
SAMPLE = re.compile(r"^\[([\w-]+)\] sample (\w+) ([0-9a-f]+) ([0-9a-f]+)\s*$", re.M)
TASKS_OF_A_VM = 15
LOAD_SECONDS = 60
# Of eight tasks with 90 % and the hypervisor's own part of it.
LOAD_RESERVE = "8%"

Sample = collections.namedtuple("Sample", "vm kind left came")


def shared_vm(bench, guest, **more):
    return bench.bare(guest, cpus=(0,), **more)


def realtime_vm(bench, guest, tasks):
    return {**shared_vm(bench, guest), "os": "realtime", "tasks": {"count": tasks, "cpu": 0}}


def samples(bench, name, vms, ends, seconds=60, **more):
    """Runs VMs on one core until so many of them said that they are done."""
    image = bench.image(name, vms, **CLOCK_BOARD[bench.arch], **more)
    machine = bench.run(image, "--icount", timeout=seconds)
    for _ in range(ends):
        machine.expect(r"shared: (done|failed)", seconds)
    machine.kill()
    check("shared: failed" not in machine.text, machine.text[-2000:])
    return [Sample(vm, kind, int(left, 16), int(came, 16))
            for vm, kind, left, came in SAMPLE.findall(machine.text)]


def distances(left, came):
    """From each moment that a VM lost the core to the next at which another one had it."""
    came = sorted((sample.came, sample.vm) for sample in came)
    leaving = sorted((sample.left, sample.vm) for sample in left)
    for i, (at, vm) in enumerate(leaving):
        until = leaving[i + 1][0] if i + 1 < len(leaving) else float("inf")
        next_at = bisect.bisect_right(came, (at, "~"))
        if next_at < len(came) and came[next_at][0] < until and came[next_at][1] != vm:
            yield came[next_at][0] - at - 1  # the read of the counter itself is not counted


def figure(values, least):
    """Median; the extremes beside it."""
    values = sorted(values)
    check(len(values) >= least, f"only {len(values)} samples, {least} are wanted: {values}")
    return {"guest": statistics.median_low(values), "native": None, "samples": len(values),
            "min": values[0], "max": values[-1]}


def switch(bench, guest):
    """Two VMs that give the core to each other: by a yield, a short sleep, the quantum's end."""
    vms = {"first": shared_vm(bench, guest), "second": shared_vm(bench, guest)}
    found = samples(bench, guest, vms, 2, scheduling={"quantum": "10ms"})
    kinds = {kind: [sample for sample in found if sample.kind == kind]
             for kind in ("yield", "sleep", "quantum")}
    least = {"yield": 60, "sleep": 60, "quantum": 15}
    return [figure(distances(kinds[kind], kinds[kind]), least[kind]) for kind in least]


def dispatch(bench, tasks):
    """From a busy best-effort VM's last instruction to the first of a task that is released."""
    counts = [TASKS_OF_A_VM] * (tasks // TASKS_OF_A_VM)
    if tasks % TASKS_OF_A_VM:
        counts.append(tasks % TASKS_OF_A_VM)
    vms = {f"tasks{i}": realtime_vm(bench, "bench-dispatch", count)
           for i, count in enumerate(counts)}
    vms["hog"] = shared_vm(bench, "bench-hog")
    found = samples(bench, f"dispatch-{tasks}", vms, len(vms), scheduling={"quantum": "10ms"},
                    reserve={"best-effort": "20%"})
    jobs = [sample for sample in found if sample.kind == "task"]
    check(jobs, "no task ran")
    # From when all tasks run, and no manager is between.
    begin = sorted(sample.came for sample in jobs)[len(jobs) // 4]
    gaps = [sample for sample in found if sample.kind == "gap" and sample.left >= begin]
    return figure(distances(gaps, jobs), 20)


def timer_running(bench, native):
    """What a shared core adds to a timer's interrupt for the vCPU that runs."""
    guest = "bench-clock" if bench.arch == "aarch64" else "bench"
    more = {"access": ["rtc@101000"], "console": "none"} if bench.arch == "riscv64" else {}
    vms = {"bench": shared_vm(bench, guest, **more), "other": shared_vm(bench, "bench-sleeper")}
    image = bench.image("timer-shared", vms, **CLOCK_BOARD[bench.arch])
    machine = bench.run(image, "--icount", timeout=120)
    machine.expect("bench: done", 120)
    machine.kill()
    bare = native(image, "bench-clock" if bench.arch == "aarch64" else "bench-native")
    added = int(re.search(r"bench timer_running (\d+)", machine.text)[1]) - bare["timer_running"]
    return {"guest": added, "native": 0}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text}", end="", file=sys.stderr, flush=True)


def deadline_misses(bench):
    """Eight tasks at 90 % beside a Linux under load; what the tasks and the hypervisor counted."""
    vms = {"linux": bench.linux("load orlop.seconds=1000"),
           "control": realtime_vm(bench, "bench-load", 8)}
    image = bench.image("load", vms, reserve={"best-effort": LOAD_RESERVE})
    machine = bench.run(image, "--icount", timeout=1500)
    machine.expect("ORLOP-LOAD-BEGIN", 300)
    for second in range(1, LOAD_SECONDS + 1):
        line = machine.expect(rf"load second {second} jobs (\d+) misses (\d+) late (\d+) "
                              r"exhausted (\d+)", 300)
        progress(f"  eight real-time vCPUs beside Linux: {second} of {LOAD_SECONDS} s")
    progress(" " * 70 + "\r")
    machine.expect("shared: done", 60)
    jobs, misses, late, exhausted = (int(word) for word in line.groups())
    counted = machine.stats()["vms"]["control"]["vcpus"]
    machine.kill()
    check(jobs > LOAD_SECONDS * 600, f"only {jobs} jobs were done")
    return {"guest": max(misses, late), "native": None, "jobs": jobs, "exhausted": exhausted,
            "vcpus": counted}


def paths_of_lives(bench):
    """Boot, faults and restarts, tasks, text."""
    vms = {
        "linux": bench.linux("poweroff"),
        "restarting": shared_vm(bench, "faults-unmapped-read", **{"on-fault": "restart"}),
        "tasks0": realtime_vm(bench, "bench-dispatch", TASKS_OF_A_VM),
        "tasks1": realtime_vm(bench, "bench-dispatch", TASKS_OF_A_VM),
    }
    image = bench.image("masked", vms, reserve={"best-effort": "20%"})
    hypervisor = os.path.join(bench.build_folder, bench.arch, "hyp-shared.elf")
    until = (r"\[linux\] ORLOP-LINUX-READY", r"restarting restarts", r"\[tasks0\] shared: done")
    return masked.figures(image, hypervisor, bench, until)


def paths_of_communication(bench):
    """Messages, doorbells, packets and virtio, of guests of good will and of one that tries
    anything, while others are restarted."""
    hostile = {"size": "8K"}
    talkers = test_comm.talkers(bench, (0, 0), "ipc-talk-restarts", also=["random"])
    talkers["receiver"]["tunnels"]["hostile"] = {**hostile, "with": "random"}
    vms = {
        "linux": test_virtio.linux(bench, "ping", 0, "10.0.0.1", words={"orlop.peer": "10.0.0.9"},
                                   tty="hvc0", messages={"slots": 8, "size": 64, "from": ["bare"]}),
        "bare": shared_vm(bench, "neighbour", networks=[{"name": "lan", "device": "packets"}],
                          messages={"slots": 8, "size": 64, "from": ["linux"]}),
        **talkers,
        "random": shared_vm(bench, "random-comm",
                            messages={"slots": 4, "size": 32, "from": ["sender"]},
                            tunnels={"hostile": {**hostile, "with": "receiver"}},
                            networks=[{"name": "lan", "device": "packets"}]),
        "tasks": realtime_vm(bench, "bench-dispatch", TASKS_OF_A_VM),
    }
    image = bench.image("masked-comm", vms, reserve={"best-effort": "20%"})
    hypervisor = os.path.join(bench.build_folder, bench.arch, "hyp-shared-comm.elf")
    until = (r"ORLOP-PING 1472: 3 packets", r"\[receiver\] talk: done", r"\[random\] random: done",
             r"\[tasks\] shared: done")
    return masked.figures(image, hypervisor, bench, until)


def masked_of(board):
    """What a board says under `costs`, in ns: as many instructions as the emulator takes."""
    with open(f"boards/{board}/board.yaml", encoding="utf-8") as file:
        return 1000 * int(re.search(r"^costs:.*\bmasked: (\d+)us", file.read(), re.M)[1])


def longest_paths(bench):
    """Of every kind of work that guests ask for. Returns how long interrupts wait for the
    hypervisor at most, and how long releases."""
    lives, communication = paths_of_lives(bench), paths_of_communication(bench)
    longest = []
    for one, other in zip(lives, communication):
        found = max(one, other, key=lambda figure: figure["guest"])
        longest.append({**found, "of": {"lives": one["guest"], "communication": other["guest"]}})
    longest[1]["most"] = masked_of(BOARDS[bench.arch])
    return longest
