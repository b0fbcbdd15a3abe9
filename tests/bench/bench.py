# SPDX-License-Identifier: BSD-2-Clause
"""Takes the figures of docs/measuring.md: bench.py [--build FOLDER] [--arch ARCH]

Runs the bench guest on the bare machine and under the hypervisor, both on QEMU counting
instructions, so that the figures are the same on every host. Prints a table and writes
FOLDER/bench/ARCH.json.
"""
import argparse
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "tests/system", "tests/bench"]

import comm  # noqa: E402
import harness  # noqa: E402
import rules  # noqa: E402
import shared  # noqa: E402
import upcall  # noqa: E402
from test_linux import measure_exits  # noqa: E402

# Key, what it is, and the most that it may be.
FIGURES = (
    ("timer_added", "timer: deadline to the guest's vector, added", 0),
    ("timer_added_injected", "the same, interrupts injected", 60),
    ("hypercall", "null hypercall, there and back", 60),
    ("mmio_read", "read of an emulated register", 90),
    ("irq_enable_write", "write of an emulated interrupt enable", 150),
    ("ipi", "IPI between vCPUs, write to the other's vector", 100),
    ("ipi_injected", "the same, interrupts injected", None),
    ("boot_to_guest", "power-on to the guest's first instruction", 20000),
    ("timer_added_shared", "timer on a shared core, vCPU running, added", 60),
    ("vcpu_switch", "one VM's yield to the other's next instruction", 300),
    ("vcpu_switch_float", "the same, both use floating point", None),
    ("vcpu_switch_sleep", "the same, by a sleep of 20 us", None),
    ("vcpu_switch_quantum", "the same, by the end of a quantum", 300),
    ("rt_dispatch_1", "real-time release to first instruction, 1 vCPU", 400),
    ("rt_dispatch_8", "the same, 8 real-time vCPUs on the core", 400),
    ("rt_dispatch_64", "the same, 64", 400),
    ("longest_masked_path", "longest stretch with interrupts off", None),
    ("longest_undecided_path", "longest stretch without a scheduler's decision", None),
    ("rt_deadline_misses", "deadlines missed in 60 s at 90 % beside Linux", 0),
    ("upcall_vs_copy", "an upcall's round, of one that copies the context", 1),
    ("ipc_rtt_same_core", "message and answer, one core, 64 bytes or fewer", 1500),
    ("ipc_rtt_cross_core", "the same, two cores", 1500),
    ("ipc_bytes_per_kinsn", "messages of 256 bytes, bytes per 1000, one core", None),
    ("ipc_bytes_per_kinsn_cross", "the same, two cores", None),
    ("tunnel_rtt", "tunnel, 16 bytes and a doorbell each way, two cores", 600),
    ("tunnel_rtt_same_core", "the same, one core", None),
    ("tunnel_bytes_per_kinsn", "tunnel, messages of 1 KiB, bytes per 1000", None),
    ("interface_bytes", "code of the five calls of the paper", None),
    ("hypercall_vs_trap", "null call, of an emulated read of a word", 1),
    ("virtio_net_insns_per_packet", "virtio-net, a packet from VM to VM", None),
    ("image_bytes", "hypervisor's image without guests, bytes", 32768),
    ("ram_bytes_two_vms", "its RAM in linux-and-control, bytes", 60812),
    ("linux_boot_exits", "exits while Linux boots, its UART its own", 110),
    ("linux_steady_exits_per_s", "exits a second of that Linux afterwards", 0),
    ("sloc", "source lines of the smallest hypervisor", 10083),
    ("sloc_all", "source lines of all four together", None),
)

# Where the most is another one on RISC-V. An IPI there is a store: nothing may be added.
MOST_ON_RISCV = {"mmio_read": 110, "linux_boot_exits": 40, "sloc": 8143,
                 "timer_added_shared": 0}

COUNTING = ("-icount", "shift=0,sleep=off")
LINE = re.compile(r"^(?:\[bench\] )?bench (\w+) (\d+)\r?$", re.M)


def signed(word):
    """A guest prints a word of 64 bits; what comes before its deadline is below 0."""
    return word - (word >> 63 << 64)


def parse(text, who):
    """Figures by name; each must have been the same in all its repetitions."""
    figures = {key: signed(int(value)) for key, value in LINE.findall(text)}
    if "bench: done" not in text or not figures:
        sys.exit(f"{who}: the bench guest did not end:\n{text[-2000:]}")
    for key in figures:
        if key + "_min" in figures and figures[key + "_min"] != figures[key + "_max"]:
            print(f"note: {who}: {key} varies: {figures[key + '_min']} to {figures[key + '_max']}")
    return figures


def native(machine, guest):
    """On the machine that the image's JSON file names, without a hypervisor."""
    qemu = machine["qemu"]
    command = ["timeout", "-k", "5", "120", qemu["binary"], "-machine", qemu["machine"], "-cpu",
               qemu["cpu"], "-smp", str(machine["cpus"]), "-m", f"{qemu['memory'] // 1024}k",
               *COUNTING, "-display", "none", "-serial", "stdio", "-nic", "none", "-no-reboot",
               "-kernel", guest]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return parse(done.stdout.decode(), "native")


def description(image):
    with open(image + ".json", encoding="utf-8") as file:
        return json.load(file)


def as_guest(bench, route):
    """Under the hypervisor; returns (figures, path of the image)."""
    more = {"access": ["rtc@101000"], "console": "none"} if bench.arch == "riscv64" else {}
    vm = bench.bare("bench", cpus=(0, 1), interrupts={"route": route}, **more)
    image = bench.image(f"bench-{route}", {"bench": vm})
    machine = bench.run(image, "--icount", timeout=120)
    machine.finish(seconds=130)
    return parse(machine.text, route), image


def instructions(bench):
    """The figures that count instructions, each with what the bare machine takes."""
    direct, image = as_guest(bench, "direct")
    injected, image_injected = as_guest(bench, "injected")
    bare = native(description(image), bench.guest(NATIVE_GUEST[bench.arch]))
    if bench.arch == "riscv64":  # what firmware takes before either is not the hypervisor's
        direct["boot_to_guest"] -= bare["boot_to_guest"]
        bare["boot_to_guest"] = 0
    keys = ("mmio_read", "irq_enable_write", "ipi", "boot_to_guest")
    found = {key: {"guest": direct[key], "native": bare[key]} for key in keys}
    found["hypercall"] = {"guest": direct["hypercall"], "native": None}
    bare_injected = bare
    if bench.arch == "riscv64":  # another board, with a PLIC
        bare_injected = native(description(image_injected), bench.guest(NATIVE_GUEST[bench.arch]))
    found["ipi_injected"] = {"guest": injected["ipi"], "native": bare_injected["ipi"]}
    found["timer_added"] = {"guest": direct["timer"] - bare["timer"], "native": 0}
    found["timer_added_injected"] = {
        "guest": injected["timer"] - bare_injected["timer"], "native": 0}
    return found


# On RISC-V the bare machine's firmware lies where a guest's memory begins.
NATIVE_GUEST = {"aarch64": "bench", "riscv64": "bench-native"}
EXAMPLE = {"aarch64": "linux-and-control", "riscv64": "linux-and-control-riscv64"}


def sizes(bench):
    """Of the demonstration's system."""
    path = os.path.join(bench.folder, "linux-and-control")
    example = f"examples/{EXAMPLE[bench.arch]}.yaml"
    status, output = bench.tool("build", example, "-o", path)
    if status:
        sys.exit(output)
    system = description(path)
    image = sum(system["sizes"][part] for part in ("text", "read_only", "data"))
    hypervisors = [os.path.join(bench.build_folder, bench.arch, f"hyp{extent}")
                   for extent in ("", "-comm", "-shared", "-shared-comm")]
    return {"image_bytes": {"guest": image, "native": None},
            "ram_bytes_two_vms": {"guest": system["hypervisor"]["size"], "native": None},
            "sloc": {"guest": rules.sloc(rules.compiled(hypervisors[0])), "native": None},
            "sloc_all": {"guest": rules.sloc(rules.compiled(*hypervisors)), "native": None}}


def linux(bench):
    figures = measure_exits(bench, seconds=10)
    per_second = sum(figures["idle"].values()) / 10
    return {"linux_boot_exits": {"guest": figures["boot"], "native": 0},
            "linux_steady_exits_per_s": {"guest": per_second, "native": 0}}


def progress(words):
    print(f"bench: {words}", file=sys.stderr, flush=True)


def shared_cores(bench):
    """Figures of cores that several vCPUs share."""
    found = {"timer_added_shared": shared.timer_running(
        bench, lambda image, guest: native(description(image), bench.guest(guest)))}
    for way, figure in zip(("", "_sleep", "_quantum"), shared.switch(bench, "bench-switch")):
        found["vcpu_switch" + way] = figure
    found["vcpu_switch_float"] = shared.switch(bench, "bench-switch-float")[0]
    for tasks in (1, 8, 64):
        found[f"rt_dispatch_{tasks}"] = shared.dispatch(bench, tasks)
    progress("the longest ways, some minutes")
    paths = shared.longest_paths(bench)
    found["longest_masked_path"], found["longest_undecided_path"] = paths
    progress("60 s of deadlines, some minutes")
    found["rt_deadline_misses"] = shared.deadline_misses(bench)
    return found


def most_of(key, most, arch, figure):
    """The most that a figure may be on an architecture; some bring it along."""
    if "most" in figure:
        return figure["most"]
    if arch == "riscv64" and key == "ipi":
        return figure["native"]
    return MOST_ON_RISCV.get(key, most) if arch == "riscv64" else most


def print_table(found, arch):
    print(f"{'figure':<52} {'native':>8} {'guest':>8} {'at most':>8}")
    for key, words, most in FIGURES:
        figure = found[key]
        most = most_of(key, most, arch, figure)
        bare = "-" if figure["native"] is None else f"{figure['native']:g}"
        verdict = "" if most is None else "met" if figure["guest"] <= most else "NOT MET"
        limit = "" if most is None else str(most)
        print(f"{words:<52} {bare:>8} {figure['guest']:>8g} {limit:>8} {verdict}")
    print("Instructions on an emulator, not time; how each is taken: docs/measuring.md")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build")
    parser.add_argument("--arch", default="aarch64")
    args = parser.parse_args()
    bench = harness.Bench(args.build, args.arch, os.path.join(args.build, "bench", args.arch),
                          tool=os.path.join(args.build, "orlop"))
    parts = {"a guest alone": instructions, "sizes": sizes, "shared cores": shared_cores,
             "upcalls": upcall.figures, "communication": comm.figures, "Linux": linux}
    found = {}
    try:
        for words, figures in parts.items():
            progress(words)
            found.update(figures(bench))
        found["hypercall_vs_trap"] = comm.hypercall_vs_trap(found)
    except harness.Failure as failure:
        sys.exit(f"bench: {failure}")
    finally:
        bench.close()
    print_table(found, args.arch)
    path = os.path.join(args.build, "bench", f"{args.arch}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({key: found[key] for key, _, _ in FIGURES}, file, indent=2)
    print(f"written to {path}")


if __name__ == "__main__":
    main()
