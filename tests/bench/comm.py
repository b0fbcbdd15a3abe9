# SPDX-License-Identifier: BSD-2-Clause
"""Figures of communication, from guest/demos/bench-comm: docs/measuring.md says what they are."""
import collections
import os
import re
import statistics

import shared
from harness import check

SIZES = (16, 32, 64)
# What each of the interface's calls is in the hypervisor, beside its row in the table of calls.
PAPER_CALLS = {"sched_yield": ("realtime_yield", "from_now", "many_ticks_of", "take_news"),
               "sched_pass_param": ("realtime_pass_param",),
               "ipc_create_tunnel": ("tunnel_create",),
               "io_send_mac": ("packets_set_mac",),
               "io_send_packets": ("packets_send", "send_one", "piece")}


def sampled(bench, name, cpus, seconds=120, **more):
    """Runs client and server with messages; returns samples by kind, in instructions."""
    tunnel = name.startswith("tunnel")
    vms = {}
    for vm, other, cpu in (("client", "server", cpus[0]), ("server", "client", cpus[1])):
        talk = ({"tunnels": {"tunnel": {"with": other, "size": "64K"}}} if tunnel else
                {"messages": {"slots": 16, "size": 256, "from": [other]}})
        vms[vm] = bench.bare(f"bench-comm-{vm}", cpus=(cpu,), **talk)
    image = bench.image(name, vms, **shared.CLOCK_BOARD[bench.arch], **more)
    machine = bench.run(image, "--icount", timeout=seconds)
    machine.expect("comm: done", seconds)
    machine.kill()
    check("comm: failed" not in machine.text, machine.text[-2000:])
    found = collections.defaultdict(list)
    for _, kind, before, after in shared.SAMPLE.findall(machine.text):
        found[kind].append(int(after, 16) - int(before, 16) - 1)
    return found


def round_trips(found, kinds):
    """The worst median of some kinds, with the extremes; each beside it by its kind."""
    medians = {kind: statistics.median_low(found[kind]) for kind in kinds}
    values = [value for kind in kinds for value in found[kind]]
    check(all(len(found[kind]) >= 100 for kind in kinds), f"too few samples: {medians}")
    return {"guest": max(medians.values()), "native": None, "by_size": medians,
            "min": min(values), "max": max(values), "samples": len(values)}


def throughput(found, streams, count=512):
    """Bytes per thousand instructions, by the size of a message."""
    rates = {bytes_each: round(count * bytes_each * 1000 / found[kind][0])
             for kind, bytes_each in streams.items()}
    return {"guest": max(rates.values()), "native": None, "by_size": rates}


def messages(bench):
    """Round trips and streams, on one core with two quanta, and between two cores."""
    kinds = [f"rtt{size}" for size in SIZES]
    streams = {"stream64": 64, "stream256": 256}
    one = {quantum: sampled(bench, f"messages-{quantum}", (0, 0),
                            scheduling={"quantum": quantum}) for quantum in ("10ms", "30ms")}
    same = round_trips(one["10ms"], kinds)
    longer = round_trips(one["30ms"], kinds)
    check(longer["by_size"] == same["by_size"],
          f"the quantum matters: {same['by_size']} {longer['by_size']}")
    two = sampled(bench, "messages-two-cores", (0, 1))
    return {"ipc_rtt_same_core": {**same, "quanta": {"10ms": same["guest"],
                                                     "30ms": longer["guest"]}},
            "ipc_rtt_cross_core": round_trips(two, kinds),
            "ipc_bytes_per_kinsn": throughput(one["10ms"], streams),
            "ipc_bytes_per_kinsn_cross": throughput(two, streams)}


def tunnels(bench):
    """Round trips through two rings with a doorbell each way, and streams."""
    kinds = ("tunnel16", "tunnel64")
    streams = {"tunnelstream64": 64, "tunnelstream1024": 1024}
    two, one = sampled(bench, "tunnel", (0, 1)), sampled(bench, "tunnel-one-core", (0, 0))
    rtt = round_trips(two, kinds)
    rtt["guest"] = rtt["by_size"]["tunnel16"]
    return {"tunnel_rtt": rtt,
            "tunnel_rtt_same_core": round_trips(one, kinds),
            "tunnel_bytes_per_kinsn": throughput(two, streams)}


def virtio(bench):
    """What the hypervisor does for one packet, from a virtio network device to another one."""
    vms = {vm: bench.bare(f"bench-virtio-{vm}", cpus=(cpu,),
                          networks=[{"name": "lan", "device": "virtio",
                                     "mac": f"02:00:00:00:00:0{cpu + 1}"}])
           for cpu, vm in enumerate(("client", "server"))}
    image = bench.image("virtio-net", vms, **shared.CLOCK_BOARD[bench.arch])
    machine = bench.run(image, "--icount", timeout=120)
    machine.expect("comm: all packets came", 120)
    machine.kill()
    check("comm: failed" not in machine.text, machine.text[-2000:])
    found = collections.defaultdict(list)
    for _, kind, before, after in shared.SAMPLE.findall(machine.text):
        found[kind].append(int(after, 16) - int(before, 16) - 1)
    medians = {kind: statistics.median_low(counts) for kind, counts in found.items()}
    return {"virtio_net_insns_per_packet": {
        "guest": max(medians.values()), "native": None, "by_size": medians,
        "samples": sum(map(len, found.values()))}}


def sections(path):
    """Bytes of each section of code and constants that a linker's map keeps: (section, object)."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text[text.find("Linker script and memory map"):]
    found = re.findall(r"^ \.(?:text|rodata)(\S*)\s+0x[0-9a-f]+\s+(0x[0-9a-f]+) (\S+\.o)$", text,
                       re.M)
    return [(name.split(".")[-1], int(size, 16), path) for name, size, path in found]


def interface_bytes(bench):
    """Code and constants of the five calls of the paper's interface, and of all of hyp/comm."""
    folder = os.path.join(bench.build_folder, bench.arch)
    kept = sections(os.path.join(folder, "hyp-shared-comm.map"))
    calls = {}
    for call, functions in PAPER_CALLS.items():
        calls[call] = sum(size for name, size, path in kept if name in functions
                          and re.search(r"/(realtime|tunnel|packets)\.c\.o$", path))
        check(calls[call], f"{call} is not in the map")
    of_comm = collections.Counter()
    for _, size, path in kept:
        if "/hyp/comm/" in path:
            of_comm[os.path.basename(path)[:-4]] += size
    return {"guest": sum(calls.values()), "native": None, "calls": calls,
            "hyp_comm": sum(of_comm.values()), "by_file": dict(of_comm)}


def hypercall_vs_trap(found):
    """The same operation, a word that the hypervisor keeps, by a call and by an emulated read."""
    ratio = found["hypercall"]["guest"] / found["mmio_read"]["guest"]
    return {"guest": round(ratio, 3), "native": None, "faster_percent": round(100 * (1 - ratio))}


def figures(bench):
    return {**messages(bench), **tunnels(bench), **virtio(bench),
            "interface_bytes": interface_bytes(bench)}
