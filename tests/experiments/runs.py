# SPDX-License-Identifier: BSD-2-Clause
"""What the experiments have in common: building a system, running it, reading what it printed."""
import glob
import os
import re

import harness
import linux_guest

QUANTUM_MS = 30
BEGIN_S = 6  # from then on all VMs are busy: guest/demos/experiment-compute
PRINTED = r"\[linux\] packets: done"  # by the Linux that is measured
PATIENCE = 1800                       # seconds that one run may take on a host with other work


def interrupts(bench, delivery):
    if delivery == "defer":
        return {"delivery": "defer"}
    return {"delivery": delivery, "fast": [linux_guest.card(bench)]}


def near(bench, archive, delivery, packets, load="yes"):
    """The Linux that is measured, on CPU 0, busy or not. `delivery` None: the core is its own."""
    job = f"receive orlop.count={packets} orlop.load={load}"
    more = {"interrupts": interrupts(bench, delivery)} if delivery else {}
    return linux_guest.vm(bench, archive, "near", 0, job, **more)


def outside(bench, archive):
    """The Linux that sends, on a core of its own."""
    return linux_guest.vm(bench, archive, "outside", 1, "send")


def computing(bench, preemptable=True):
    """A VM that never lets go of CPU 0."""
    return bench.bare("experiment-compute", cpus=(0,),
                      interrupts={"preemptable": "yes" if preemptable else "no"})


def run(bench, vms, last, **more):
    """Runs VMs until they have printed all of `last`; returns the text. The image is removed: it
    takes half a gigabyte."""
    image = bench.image("system", vms, **more)
    network = linux_guest.qemu(bench) if "linux" in vms else ()
    machine = bench.run(image, "--icount", timeout=PATIENCE, qemu=network)
    for pattern in last:
        found = re.search(pattern, machine.text) or machine.expect(pattern, PATIENCE)
        harness.check("failed" not in found.group(), found.group())
    machine.kill()
    check_ready(machine.text)
    for name in glob.glob(glob.escape(image) + ".*"):
        if name.endswith((".img", ".elf")):
            os.unlink(name)
    return machine.text


def check_ready(text):
    """A Linux that still boots keeps the emulator from the other CPU: its instructions take longer
    then."""
    for seconds in re.findall(r"EXPERIMENT-LINUX-READY .* up=([\d.]+)", text):
        harness.check(float(seconds) < BEGIN_S, f"a Linux failed to be up in time: {seconds} s")


def times(text, vm, word):
    """What a VM printed in microseconds, in ms."""
    found = re.findall(rf"^\[{vm}\] {word} (\d+)\s*$", text, re.M)
    harness.check(found, f"{vm} printed no {word}")
    return [int(value) / 1000 for value in found]


def delays(text):
    """How long after a packet was due its reader saw it, and had worked on it, in ms."""
    return {word: times(text, "linux", word) for word in ("seen", "delay")}
