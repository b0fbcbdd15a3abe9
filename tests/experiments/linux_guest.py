# SPDX-License-Identifier: BSD-2-Clause
"""The two Linux guests of the experiments, and the network between them.

A Linux on a core of its own sends a packet every 50 ms. The emulator keeps packets for the other
one back and hands them over at the end of each 50 ms of the machine's clock, to the instruction:
so the network card of the Linux that is measured interrupts at known times, whatever anybody does.
"""
import os
import shutil
import subprocess

from harness import RAM, TTY

COMPILER = {"aarch64": "aarch64-linux-gnu-gcc", "riscv64": "riscv64-linux-gnu-gcc"}
FLAGS = ("-O2", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pie",
         "-no-pie", "-Wall", "-Wextra", "-Werror", "-Wl,--build-id=none",
         "-Wl,--no-warn-rwx-segments")
# Not quite 20 Hz: packets, quanta and periods must not keep in step.
PERIOD_US = 50370
# The network cards: devices of the board whose pages belong to nobody else, and QEMU's buses.
CARDS = {"aarch64": {"near": (0, [f"virtio_mmio@a000{i:x}00" for i in range(0, 16, 2)]),
                     "outside": (31, [f"virtio_mmio@a003{i:x}00" for i in range(0, 16, 2)])},
         "riscv64": {"near": (0, ["virtio_mmio@10001000"]),
                     "outside": (7, ["virtio_mmio@10008000"])}}
# The first of these devices is the one that a card uses on `near`.
MIB = 1 << 20
# A card reaches memory by itself, so guest and host addresses are the same.
PLACES = {"near": 256 * MIB, "outside": 512 * MIB}
SIZE = "128M"


def initramfs(build, arch):
    """Builds the file system of both guests; returns its path."""
    top = os.path.join(build, "experiments", arch)
    folder, archive = os.path.join(top, "initramfs"), os.path.join(top, "initramfs.gz")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shutil.copy("tests/experiments/linux/init", folder)
    subprocess.run([COMPILER[arch], *FLAGS, f"-DPERIOD_US={PERIOD_US}",
                    "tests/experiments/linux/packets.c", "-o", f"{folder}/packets"], check=True)
    subprocess.run(["python3", "tools/initramfs.py", f"{build}/guests/{arch}/busybox",
                    f"{build}/guests/{arch}/modules", folder, archive], check=True)
    return os.path.abspath(archive)


def vm(bench, archive, place, cpu, job, **more):
    """Description of one of the two; `place`: near or outside."""
    host = RAM[bench.arch] + PLACES[place]
    return {"os": "linux",
            "image": {"kernel": bench.package("vmlinuz"), "initrd": archive,
                      "bootargs": f"console={TTY[bench.arch]} quiet orlop.run={job}"},
            "memory": [{"size": SIZE, "guest": host, "host": host}],
            "access": CARDS[bench.arch][place][1], "console": "shared", "vcpus": [{"cpu": cpu}],
            **more}


def card(bench):
    """The device whose interrupt tells of packets."""
    return CARDS[bench.arch]["near"][1][0]


def qemu(bench):
    """QEMU's arguments for the network. Without ioeventfd, and with tx=timer, a card is told and
    sends by the machine's clock, not when the host has time for it."""
    arguments = ["-global", "virtio-mmio.ioeventfd=off", "-object",
                 f"filter-buffer,id=hold,netdev=near,interval={PERIOD_US},queue=tx"]
    for number, (place, (bus, _)) in enumerate(CARDS[bench.arch].items()):
        arguments = ["-netdev", f"hubport,id={place},hubid=0", *arguments, "-device",
                     f"virtio-net-device,netdev={place},bus=virtio-mmio-bus.{bus},"
                     f"mac=52:54:00:00:00:0{number + 1},tx=timer"]
    return arguments
