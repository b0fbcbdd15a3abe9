# SPDX-License-Identifier: BSD-2-Clause
"""The experiments of docs/experiments.md: experiments.py [--arch ARCH] [NAME...]

NAME: delivery, adpcm, lock; all by default. Writes what was measured to BUILD/experiments/
ARCH.json, pictures and a table to the folder of --pictures (BUILD/experiments by default). With
--draw nothing is measured: the pictures are drawn from that file again.
"""
import argparse
import json
import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "tests/system", "tests/experiments"]

import drawing  # noqa: E402
import harness  # noqa: E402
import linux_guest  # noqa: E402

QUANTUM = "30ms"
PACKETS = 400
VMS = (2, 4, 6)
PRINTED = r"\[linux\] packets: done"  # by the Linux that is measured
# Delivery of the Linux, and whether half of the VMs cannot be preempted by its interrupts.
POLICIES = {"none": ("defer", False), "recycle": ("recycle-quantum", False),
            "recycle-half": ("recycle-quantum", True), "reset": ("reset-quantum", False),
            "reset-half": ("reset-quantum", True)}


def interrupts(bench, delivery):
    if delivery == "defer":
        return {"delivery": "defer"}
    return {"delivery": delivery, "fast": [linux_guest.card(bench)]}


def near(bench, archive, delivery, load="yes", packets=None):
    """The Linux that is measured, on CPU 0, busy or not."""
    job = f"receive orlop.count={packets or PACKETS} orlop.load={load}"
    return linux_guest.vm(bench, archive, "near", 0, job, interrupts=interrupts(bench, delivery))


def outside(bench, archive):
    return linux_guest.vm(bench, archive, "outside", 1, "send")


def computing(bench, preemptable=True):
    return bench.bare("experiment-compute", cpus=(0,),
                      interrupts={"preemptable": "yes" if preemptable else "no"})


def run(bench, name, vms, last, seconds=900, **more):
    """Runs VMs until they have printed all of `last`; returns the text."""
    image = bench.image(name, vms, **more)
    network = linux_guest.qemu(bench) if "linux" in vms else ()
    machine = bench.run(image, "--icount", timeout=seconds, qemu=network)
    for pattern in last:
        found = re.search(pattern, machine.text) or machine.expect(pattern, seconds)
        harness.check("failed" not in found.group(), found.group())
    machine.kill()
    return machine.text


def numbers(text, vm, word):
    return [int(value) for value in re.findall(rf"^\[{vm}\] {word} (\d+)\s*$", text, re.M)]


def delays(text):
    """How long after a packet was due its reader saw it, and had worked on it, in ms."""
    return {word: [value / 1000 for value in numbers(text, "linux", word)]
            for word in ("seen", "delay")}


def delivery(bench, archive):
    """The paper's section 6.6: a Linux among VMs that compute, under five policies."""
    found = {}
    for policy, (way, half) in POLICIES.items():
        for count in VMS:
            begin = time.monotonic()
            vms = {"linux": near(bench, archive, way), "outside": outside(bench, archive)}
            for i in range(count - 1):
                vms[f"computing{i}"] = computing(bench, not half or i % 2 == 1)
            text = run(bench, f"delivery-{policy}-{count}", vms, [PRINTED],
                       scheduling={"quantum": QUANTUM})
            found[f"{policy} {count}"] = delays(text)
            say(f"delivery, {policy}, {count} VMs", begin)
    return found


def alone(bench, archive):
    """What the Linux takes by itself on its core."""
    begin = time.monotonic()
    vms = {"linux": near(bench, archive, "defer"), "outside": outside(bench, archive)}
    vms["linux"].pop("interrupts")
    text = run(bench, "alone", vms, [PRINTED])
    say("Linux alone", begin)
    return delays(text)


# The real-time VM by itself; with others and no policy; with fast interrupts that may take the core
# from it, and with such that may not.
ADPCM = {"alone": None, "none": ("defer", False), "fast-preemptable": ("recycle-quantum", True),
         "fast": ("recycle-quantum", False)}


# The guest, and packets that come while it works.
ADPCM_GUESTS = {"30 ms": ("experiment-adpcm", 700), "1 ms": ("experiment-adpcm-1ms", 500)}


def adpcm_vms(bench, archive, guest, packets, config):
    vms = {"adpcm": {**bench.bare(guest, cpus=(0,)), "os": "realtime",
                     "tasks": {"count": 1, "cpu": 0}}}
    if config:
        way, preemptable = config
        vms["adpcm"]["interrupts"] = {"preemptable": "yes" if preemptable else "no"}
        vms.update(linux=near(bench, archive, way, packets=packets),
                   outside=outside(bench, archive), computing=computing(bench))
    return vms


def adpcm(bench, archive):
    """The paper's section 6.8.2: times of a real-time task beside a Linux with interrupts."""
    found = {}
    for capacity, (guest, packets) in ADPCM_GUESTS.items():
        for name, config in ADPCM.items():
            begin = time.monotonic()
            vms = adpcm_vms(bench, archive, guest, packets, config)
            last = [r"adpcm: (done|failed.*)"] + ([PRINTED] if config else [])
            text = run(bench, f"{guest}-{name}", vms, last, scheduling={"quantum": QUANTUM},
                       reserve={"best-effort": "40%"})
            times = {word: [value / 1000 for value in numbers(text, "adpcm", word)]
                     for word in ("encoding", "decoding")}
            found.setdefault(capacity, {})[name] = {**times, **delays(text)}
            say(f"adpcm, {capacity}, {name}", begin)
    return found


SPINS = ("off", "1ms", "100us")  # after which a vCPU is taken for one that spins


def lock(bench, _):
    """Two vCPUs of one VM on one core that fight for a lock, alone and beside another VM."""
    found = {}
    for others in (0, 1):
        for spin in SPINS:
            begin = time.monotonic()
            vms = {"fighting": bench.bare("experiment-lock", cpus=(0, 0))}
            if others:
                vms["hog"] = bench.bare("experiment-hog", cpus=(0,))
            text = run(bench, f"lock-{spin}-{others}", vms, [r"lock: (done|failed.*)"],
                       scheduling={"quantum": "10ms", "spin": spin})
            found[f"{others} {spin}"] = int(re.search(r"lock sections (\d+)", text)[1])
            say(f"lock, spin: {spin}, {others} others", begin)
    return found


def say(what, begin):
    print(f"  {what}: {time.monotonic() - begin:.0f} s", flush=True)


EXPERIMENTS = {"alone": alone, "delivery": delivery, "adpcm": adpcm, "lock": lock}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--arch", default="aarch64", choices=harness.BOARDS)
    parser.add_argument("--pictures")
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    folder = os.path.join(args.build, "experiments")
    path = os.path.join(folder, f"{args.arch}.json")
    found = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    bench = harness.Bench(args.build, args.arch, os.path.join(folder, args.arch),
                          tool=os.path.join(args.build, "orlop"))
    try:
        archive = None if args.draw else linux_guest.initramfs(bench)
        for name in [] if args.draw else args.names or EXPERIMENTS:
            found[name] = EXPERIMENTS[name](bench, archive)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(found, file, indent=1)
    except harness.Failure as failure:
        sys.exit(f"experiments: {failure}")
    finally:
        bench.close()
    drawing.draw(found, args.arch, args.pictures or folder)


if __name__ == "__main__":
    main()
