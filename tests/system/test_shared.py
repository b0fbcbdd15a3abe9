# SPDX-License-Identifier: BSD-2-Clause
"""
Several vCPUs on one core. What is said about deadlines and shares of the time holds in time that
counts instructions (--icount): the host's own scheduler would miss deadlines.
"""
import os
import re
import subprocess
import textwrap
import time

from harness import check, exits, only

PATIENCE = 200  # seconds that a test may take on a host that has other work
READY = r"ORLOP-LINUX-READY \S+ cpus=(\d+)"


def realtime(bench, name, tasks, cpu=0, **more):
    """Description of a real-time VM with so many tasks, its manager on the same core."""
    return {"os": "realtime", "image": bench.guest(name), "memory": "1M",
            "vcpus": [{"cpu": cpu}], "tasks": {"count": tasks, "cpu": cpu}, **more}


def reserve(percent):
    return {"reserve": {"best-effort": f"{percent}%"}}


def scheduling(stats, vm):
    """The scheduler's figures of a VM's vCPUs; None for one that has its core for itself."""
    return [vcpu.get("scheduling") for vcpu in stats["vms"][vm]["vcpus"]]


def every_deadline_met(machine):
    """The tasks say so, the hypervisor counts so, and as many jobs were released as had to be."""
    report = machine.expect(r"^\[control\] rt-demo: result: every deadline met: (\d+) jobs of "
                            r"(\d+)\n")
    check(abs(int(report[1]) - int(report[2])) <= 8 and int(report[1]) > 600, report[0])


def no_misses(stats, tasks):
    """After the machine's end: what the hypervisor counted of the first tasks of `control`."""
    for number, task in enumerate(scheduling(stats, "control")[1:tasks + 1]):
        check(task["jobs"] > 0 and task["misses"] == 0, f"task {number}: {task}")


def time_adds_up(stats):
    """All vCPUs have one core together: each tick of it was somebody's, or nobody's."""
    cpu, = stats["shared_cpus"]
    shares = [share for vm in stats["vms"] for share in scheduling(stats, vm) if share]
    check(cpu["of_ticks"] > 0 and all(share["of_ticks"] == cpu["of_ticks"] for share in shares),
          f"of another time than {cpu}: {shares}")
    ran = sum(share["ran_ticks"] for share in shares)
    check(ran + cpu["idle_ticks"] == cpu["of_ticks"], f"{ran} ticks and the idle ones of {cpu}")


def nobody_starts(stats):
    """After the machine's end, on one core: the last VM to end has ended, too."""
    states = {vcpu["state"] for vm in stats["vms"].values() for vcpu in vm["vcpus"]}
    check(states == {"off"}, f"{states}")


def test_two_guests(bench):
    """Two that never let go have half of the core each, in turns of a quantum."""
    vms = {name: bench.bare("shared-spin") for name in ("first", "second")}
    image = bench.image("two", vms, scheduling={"quantum": "10ms"})
    machine = bench.run(image, "--icount", timeout=PATIENCE)
    for _ in vms:
        done = machine.expect(r"shared-spin: done: (.*)\n")
        had, of, gaps, _, longest = (int(figure) for figure in re.findall(r"\d+", done[1]))
        check(0.4 < had / of < 0.6, f"it had {had} us of {of} us")
        check(40 <= gaps <= 60, f"{gaps} gaps")
        check(9900 <= longest <= 10300, f"a turn of {longest} us")
    machine.finish()
    time_adds_up(machine.final_stats())
    nobody_starts(machine.final_stats())
    first, second = (scheduling(machine.final_stats(), vm)[0] for vm in vms)
    check(abs(first["ran_ticks"] - second["ran_ticks"]) < 0.05 * first["ran_ticks"],
          f"{first} {second}")


def test_example(bench):
    """A Linux under full load and three real-time tasks on one core, as make demo shows them."""
    suffix = {"aarch64": ""}.get(bench.arch, f"-{bench.arch}")
    machine = bench.run(f"examples/shared-core{suffix}.yaml", "--icount", timeout=PATIENCE)
    machine.expect(r"^\[control\] rt-demo: 1 s: jobs \d+ \d+ \d+; missed 0; ")
    every_deadline_met(machine)
    machine.finish()
    check("ORLOP-LOAD-END" in machine.text, "Linux did not do its work")
    no_misses(machine.final_stats(), 3)


def test_eight_tasks(bench):
    """90 % of the core are promised to eight tasks; Linux boots in what is left."""
    vms = {"linux": bench.linux("poweroff"), "control": realtime(bench, "rt-demo-eight", 8)}
    machine = bench.run(bench.image("eight", vms, **reserve(9)), "--icount", timeout=PATIENCE)
    every_deadline_met(machine)
    machine.finish()
    check(re.search(READY, machine.text), "Linux did not boot")
    stats = machine.final_stats()
    no_misses(stats, 8)
    time_adds_up(stats)
    check(scheduling(stats, "linux")[0]["ran_ticks"] > 0, "Linux did not run")


def test_overrun(bench):
    """A task that never ends its job uses up its budget in each period, and nobody else's."""
    vms = {"spin": bench.bare("shared-spin"), "control": realtime(bench, "rt-demo-overrun", 4)}
    machine = bench.run(bench.image("overrun", vms, **reserve(25)), "--icount", timeout=PATIENCE)
    report = machine.expect(r"rt-demo: result: task 3: .*, budget used up (\d+) times")
    check(195 <= int(report[1]) <= 205, f"its budget was used up {report[1]} times in 2 s")
    every_deadline_met(machine)
    machine.finish()
    stats = machine.final_stats()
    no_misses(stats, 3)
    own = scheduling(stats, "control")[4]
    check(own["jobs"] == 1 and own["misses"] == 1, f"its one job, which was late: {own}")


def test_calls(bench):
    """Every answer that the real-time calls can give."""
    vms = {"guest": realtime(bench, "rt-calls", 3), "spin": bench.bare("shared-spin")}
    machine = bench.run(bench.image("calls", vms, **reserve(30)), "--icount", timeout=PATIENCE)
    result = machine.expect(r"rt-calls: (\d+) passed, (\d+) failed")
    failures = re.findall(r"rt-calls: FAILED.*", machine.text)
    check(int(result[1]) > 40 and not failures, "\n".join(failures))
    machine.finish()


def test_decisions(bench):
    """What tasks are told of their time is what their own clocks say (DEC-2 to DEC-4)."""
    vms = {"guest": realtime(bench, "rt-decisions", 2, region="yes"),
           "hog": bench.bare("experiment-hog")}
    machine = bench.run(bench.image("decisions", vms, **reserve(30)), "--icount", timeout=PATIENCE)
    report = machine.expect(r"^\[guest\] rt-decisions: (\d+) passed, (\d+) failed\n")
    check(report[2] == "0" and int(report[1]) >= 11, machine.text[-1500:])


def test_controllers(bench):
    """A VM that may starts and ends another one's tasks; one that may not does not."""
    vms = {"services": realtime(bench, "rt-services", 2, controllers=["client"]),
           "client": bench.bare("rt-client"), "stranger": bench.bare("rt-client-denied")}
    image = bench.image("controllers", vms, **reserve(50))
    machine = bench.run(image, "--icount", timeout=PATIENCE)
    machine.expect(r"^\[services\] rt-services: done")
    machine.finish()
    check("FAILED" not in machine.text, machine.text)
    for vm in ("client", "stranger"):
        check(re.search(rf"\[{vm}\] rt-client: [1-9]\d* passed, 0 failed", machine.text),
              f"{vm} did not finish")
    jobs = [int(count) for count in re.findall(r"was ended after (\d+) jobs", machine.text)]
    check(len(jobs) == 2 and all(19 <= count <= 24 for count in jobs), f"jobs in 100 ms: {jobs}")


def documented_guest(bench):
    """Builds the guest that docs/realtime.md shows, in a folder of its own, as it says there."""
    with open("docs/realtime.md", encoding="utf-8") as file:
        blocks = re.findall(r"\n\n((?:    .*\n|\n)+)", file.read())
    program, = (block for block in blocks if "int main(" in block)
    rule, = re.findall(r"^    (\$\(eval .*)$", "".join(blocks), re.M)
    folder = os.path.join(bench.folder, "outside")
    os.makedirs(os.path.join(folder, "FOLDER"), exist_ok=True)
    with open(os.path.join(folder, "FOLDER", "main.c"), "w", encoding="utf-8") as file:
        file.write(textwrap.dedent(program))
    with open(os.path.join(folder, "Makefile"), "w", encoding="utf-8") as file:
        file.write(f"include {os.getcwd()}/guest/lib/guest.mk\n{rule}\nall: $(GUEST_ELFS)\n")
    done = subprocess.run(["make", "all", f"ARCH={bench.arch}", "GUEST_BUILD=out"], cwd=folder,
                          capture_output=True, text=True, timeout=100, check=False)
    check(done.returncode == 0, done.stdout + done.stderr)
    return os.path.abspath(f"{folder}/out/control.elf")


def test_documented_guest(bench):
    """What docs/realtime.md shows can be built outside of the project, and does what it says."""
    vms = {"spin": bench.bare("shared-spin"), "control": realtime(bench, "rt-demo", 3)}
    vms["control"]["image"] = documented_guest(bench)
    machine = bench.run(bench.image("documented", vms, **reserve(35)), "--icount", timeout=PATIENCE)
    machine.expect("shared-spin: done")
    task = scheduling(machine.stats(), "control")[1]
    check(task["jobs"] >= 90 and task["misses"] == 0, f"in about 1 s: {task}")
    check("control: " not in machine.text, machine.text)


def test_realtime_vcpu(bench):
    """A guest that is no set of tasks, but has a real-time vCPU, keeps its beat beside a load."""
    control = bench.bare("control-short")
    control["vcpus"] = [{"cpu": 0, "period": "1ms", "capacity": "100us"}]
    vms = {"hog": bench.bare("experiment-hog"), "control": control}
    machine = bench.run(bench.image("vcpu", vms, **reserve(50)), "--icount", timeout=PATIENCE)
    report = machine.expect(r"jitter .*= \d+/\d+/\d+/(\d+) ns, missed (\d+)\n")
    check(report[2] == "0" and int(report[1]) < 5000, f"{report[1]} ns late, missed {report[2]}")
    check(scheduling(machine.stats(), "control")[0]["misses"] == 0, "the hypervisor saw a miss")


def beside_tasks(bench, neighbour, expected, least=1, ends=False):
    """
    Whatever a best-effort VM on the same core does, real-time tasks miss nothing. Returns the
    counters: of the end, or if the neighbour never ends, of when the tasks have ended.
    """
    vms = {"guest": neighbour, "control": realtime(bench, "rt-demo-short", 3)}
    machine = bench.run(bench.image("beside", vms, **reserve(35)), "--icount", timeout=PATIENCE)
    every_deadline_met(machine)
    machine.expect(r"^\[orlop\] control is halted")
    if ends:
        machine.finish()
    seen = len(re.findall(expected, machine.text, re.M))
    check(seen >= least, f"'{expected}' {seen} times, not {least}")
    stats = machine.final_stats() if ends else machine.stats()
    no_misses(stats, 3)
    return stats


def test_beside_faults(bench):
    """A VM that faults, is restored and starts again, for ever."""
    neighbour = bench.bare("faults-unmapped-read", **{"on-fault": "restart"})
    beside_tasks(bench, neighbour, r"^\[orlop\] guest restarts", 10)


def test_beside_random(bench):
    """Most of what the guest does in these two seconds ends in the hypervisor."""
    stats = beside_tasks(bench, bench.bare("random-short"), "random: done", ends=True)
    check(exits(stats, "guest") > 1000, f"{exits(stats, 'guest')} exits")


def test_beside_random_stray(bench):
    neighbour = bench.bare("random-stray", **{"on-fault": "restart"})
    beside_tasks(bench, neighbour, r"^\[orlop\] guest restarts")


def test_beside_large_restarts(bench):
    """The same where what each restart puts back is large: 16,384 pages."""
    neighbour = bench.bare("faults-unmapped-read", memory="64M", **{"on-fault": "restart"})
    beside_tasks(bench, neighbour, r"^\[orlop\] guest restarts", 3)


def test_beside_faulty_tasks(bench):
    """A task's mistake ends its VM's life; the next life registers it anew, nobody notices."""
    vms = {"faulty": realtime(bench, "rt-demo-fault", 1, **{"on-fault": "restart"}),
           "control": realtime(bench, "rt-demo-short", 3)}
    machine = bench.run(bench.image("faulty", vms, **reserve(25)), "--icount", timeout=PATIENCE)
    every_deadline_met(machine)
    machine.expect(r"^\[orlop\] control is halted")
    lives = machine.text.count("[orlop] faulty restarts")
    check(4 <= lives <= 10, f"{lives} lives in 2 s, each of which takes 0.2 s and more")
    check("FAILED" not in machine.text, machine.text)
    no_misses(machine.stats(), 3)


def test_manager_elsewhere(bench):
    """The manager has a core for itself, its tasks share another one with Linux."""
    control = realtime(bench, "rt-demo-short", 3)
    control["vcpus"] = [{"cpu": 1}]
    vms = {"linux": bench.linux("poweroff"), "control": control}
    machine = bench.run(bench.image("elsewhere", vms, **reserve(35)), "--icount", timeout=PATIENCE)
    every_deadline_met(machine)
    machine.finish()
    check(re.search(READY, machine.text), "Linux did not boot")
    no_misses(machine.final_stats(), 3)


def on_board(bench, board, *options):
    """Linux and tasks on another kind of board."""
    vms = {"linux": bench.linux("poweroff"), "control": realtime(bench, "rt-demo-short", 3)}
    boards = None if os.path.isdir(f"boards/{board}") else "tests/system/boards"
    machine = bench.run(bench.image("board", vms, board=board, boards=boards, **reserve(35)),
                        "--icount", *options, timeout=PATIENCE)
    every_deadline_met(machine)
    machine.finish()
    check(re.search(READY, machine.text), "Linux did not boot")
    no_misses(machine.final_stats(), 3)


@only("riscv64")
def test_board_with_plic(bench):
    on_board(bench, "qemu-virt-riscv64-plic")


@only("riscv64")
def test_board_without_guest_timer(bench):
    on_board(bench, "qemu-virt-no-sstc")


@only("aarch64")
def test_board_with_gicv4(bench):
    on_board(bench, "qemu-virt-gicv4")


@only("aarch64")
def test_board_with_secure_state(bench):
    on_board(bench, "qemu-virt-secure", "--img")


def test_linux_twice(bench):
    """Two unmodified kernels on one core."""
    vms = {name: bench.linux("poweroff") for name in ("first", "second")}
    machine = bench.run(bench.image("twice", vms), timeout=PATIENCE)
    for _ in vms:
        machine.expect(READY)
    machine.finish()
    for vm in vms:
        check(f"[{vm}] ORLOP-LINUX-READY" in machine.text, f"{vm} did not boot")
        check(machine.final_stats()["vms"][vm]["faults"] == 0, f"{vm} faulted")


def test_linux_smp_on_one_core(bench):
    """Two vCPUs of one kernel on one core; one of them goes off and comes back."""
    machine = bench.run(bench.image("smp", {"linux": bench.linux("hotplug", cpus=(0, 0))}),
                        timeout=PATIENCE)
    ready = machine.expect(READY)
    check(ready[1] == "2", f"Linux sees {ready[1]} CPUs")
    machine.expect("ORLOP-CPU-OFF 0")
    machine.expect("ORLOP-CPU-ON 0-1")
    machine.finish()


def cores_of(bench, machine, vcpu):
    """On which CPUs the trace shows that a vCPU ran."""
    status, trace = bench.tool("trace", machine.name)
    check(status == 0, trace)
    return set(re.findall(rf"CPU (\d+)  {vcpu} +runs, after", trace))


def test_linux_migrates(bench):
    """Three busy best-effort vCPUs share two cores, so that none can stay on one of them."""
    linux, spin = bench.linux("load orlop.seconds=6"), bench.bare("experiment-hog")
    linux["vcpus"] = [{"cpus": [0, 1]}, {"cpus": [0, 1]}]
    spin["vcpus"] = [{"cpus": [0, 1]}]
    image = bench.image("migrates", {"linux": linux, "spin": spin}, trace=4096,
                        scheduling={"quantum": "10ms"})
    machine = bench.run(image, timeout=PATIENCE)
    ready = machine.expect(READY)
    check(ready[1] == "2", f"Linux sees {ready[1]} CPUs")
    machine.expect("ORLOP-LOAD-BEGIN")
    time.sleep(3)
    for vcpu in ("linux/0", "linux/1", "spin/0"):
        cores = cores_of(bench, machine, vcpu)
        check(cores == {"0", "1"}, f"{vcpu} ran on CPUs {sorted(cores)}")
    machine.expect("ORLOP-LOAD-END")
    machine.expect(r"^\[orlop\] linux is halted")


def test_idle(bench):
    """Guests that wait give the core away and leave it asleep: few exits, little time."""
    vms = {name: bench.bare("shared-sleep") for name in ("first", "second")}
    machine = bench.run(bench.image("idle", vms), "--icount", timeout=PATIENCE)
    for _ in vms:
        done = machine.expect(r"shared-sleep: done: woken (\d+) times by 30 interrupts, (\d+) us")
        check(int(done[1]) < 70 and int(done[2]) < 1000, done[0])
    machine.finish()
    stats = machine.final_stats()
    for vm in vms:
        counted, had = exits(stats, vm), scheduling(stats, vm)[0]
        check(counted < 300, f"{vm} left for the hypervisor {counted} times in 3 s")
        check(had["ran_ticks"] < 0.01 * had["of_ticks"], f"{vm} ran: {had}")


def test_linux_idle(bench):
    """A tickless kernel that has nothing to do does not burn the core: boot, then a minute."""
    vms = {"linux": bench.linux("idle orlop.seconds=60"), "other": bench.bare("shared-sleep")}
    machine = bench.run(bench.image("idle", vms), "--icount", timeout=PATIENCE)
    machine.expect("ORLOP-IDLE-END")
    machine.finish()
    stats = machine.final_stats()
    counted, had = exits(stats, "linux"), scheduling(stats, "linux")[0]
    check(had["ran_ticks"] < 0.05 * had["of_ticks"], f"it ran: {had}")
    check(counted < 10000, f"{counted} exits")


def test_time_own(bench):
    """One clock shows the time that its VM did not run, the other does not."""
    vms = {"own": bench.bare("shared-spin", time="own"), "absolute": bench.bare("shared-spin")}
    machine = bench.run(bench.image("time", vms), "--icount", timeout=PATIENCE)
    machine.finish()
    shown = {vm: [int(figure) for figure in re.findall(r"\d+", figures)] for vm, figures in
             re.findall(r"^\[(\w+)\] shared-spin: done: (.*)", machine.text, re.M)}
    had, of, gaps = shown["own"][:3]
    check(of >= 1000000 and gaps == 0, f"own: it saw {gaps} gaps, {had} us of {of} us")
    had, of, gaps = shown["absolute"][:3]
    check(gaps > 10 and had / of < 0.65, f"absolute: {gaps} gaps, {had} us of {of} us")


def linux_clock(bench, shown):
    """Seconds that passed in Linux by its clock and by its ticks, and on the board meanwhile."""
    vms = {"linux": bench.linux("clock orlop.seconds=2", time=shown),
           "spin": bench.bare("shared-spin-always")}
    machine = bench.run(bench.image("clock", vms, scheduling={"quantum": "10ms"}), "--icount",
                        timeout=PATIENCE)
    machine.expect("ORLOP-CLOCK-END")
    # A line into which another VM spoke is shown again, so only its whole end counts.
    said = re.findall(r"ORLOP-CLOCK ns=(\d+) ticks=(\d+) so far|goes on: had \d+ of (\d+)",
                      machine.text.replace("shared-spin: begins", "goes on: had 0 of 0"))
    board, seen = 0, []
    for clock, ticks, spin in said:
        board = int(spin) / 1e6 if spin else board
        if clock:
            seen.append((int(clock) / 1e9, int(ticks), board))
    first, last = seen[0], seen[-1]
    return last[0] - first[0], (last[1] - first[1]) / 250, last[2] - first[2]


def test_linux_time_absolute(bench):
    """Linux loses no time and no tick while others have the core."""
    clock, ticks, board = linux_clock(bench, "absolute")
    check(abs(clock - board) < 0.15 and abs(ticks - clock) < 0.05,
          f"clock {clock:.2f} s, ticks {ticks:.2f} s, board {board:.2f} s")


def test_linux_time_own(bench):
    """Linux sees only the time that it had: half, as the other VM takes what it gets."""
    clock, ticks, board = linux_clock(bench, "own")
    check(0.4 < clock / board < 0.65 and abs(ticks - clock) < 0.05,
          f"clock {clock:.2f} s, ticks {ticks:.2f} s, board {board:.2f} s")
