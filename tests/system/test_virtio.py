# SPDX-License-Identifier: BSD-2-Clause
"""Virtio for Debian's own kernel: network, console, messages; and tunnels without a driver."""
from harness import TTY, check, exits

PATIENCE = 300  # seconds that a test may take on a host that has other work
BYTES = 10 * 1024 * 1024
# Exits for each packet that the sender of a transfer sends or gets: to notify, and for an interrupt
# to read what it is for and to acknowledge it. Less, as both often serve several packets: measured
# 0.6 to 2, the more the busier the host is with other work.
EXITS_A_PACKET_MOST = 3


def linux(bench, job, cpu, address=None, tty=None, **more):
    """A Linux that does a job, with an address in network `lan`."""
    words = {"orlop.seconds": 2, **more.pop("words", {})}
    vm = bench.linux(job, cpus=(cpu,), memory="128M", **more)
    if address:
        words["orlop.ip"] = f"{address}/24"
        vm["networks"] = ["lan"]
    vm["image"]["bootargs"] += "".join(f" {name}={value}" for name, value in words.items())
    if tty:
        vm["console"] = "virtio"
        vm["image"]["bootargs"] = vm["image"]["bootargs"].replace(TTY[bench.arch], tty)
    else:
        vm["console"] = "shared"
    return vm


def no_faults(machine, *vms):
    for vm in vms:
        faults = machine.final_stats()["vms"][vm]["faults"]
        check(faults == 0, f"{faults} faults of {vm}")


def transfer(bench, cpus=(0, 1), size=BYTES, **more):
    """Pings and a TCP transfer between two Linux VMs; what was sent is what arrives."""
    system = more.pop("system", {})
    words = {"orlop.peer": "10.0.0.2", "orlop.bytes": size}
    vms = {"left": linux(bench, "send", cpus[0], "10.0.0.1", words=words, **more),
           "right": linux(bench, "receive", cpus[1], "10.0.0.2", **more)}
    machine = bench.run(bench.image("network", vms, **system), timeout=PATIENCE)
    machine.expect("ORLOP-NET-PING 5 packets transmitted, 5 packets received")
    sent = machine.expect(r"ORLOP-NET-SENDS (\w+)  - bytes=(\d+)\n")
    machine.finish()
    machine.seen = 0
    received = machine.expect(r"ORLOP-NET-RECEIVED (\w+)  - bytes=(\d+)\n", 1)
    check(sent[2] == str(size), f"{sent[2]} bytes were to be sent, not {size}")
    check(received[1] == sent[1] and received[2] == sent[2], f"sent {sent[0]}, got {received[0]}")
    no_faults(machine, "left", "right")
    return machine


def test_network(bench):
    machine = transfer(bench)
    machine.seen = 0
    sent = machine.expect(r"ORLOP-NET-SENT (\d+) packets, (\d+) back", 1)
    packets = int(sent[1]) + int(sent[2])
    counted = exits(machine.final_stats(), "left", "emulated device")
    check(counted < EXITS_A_PACKET_MOST * packets, f"{counted} exits for {packets} packets")


def test_network_injected(bench):
    transfer(bench, size=BYTES // 10, interrupts={"route": "injected"})


def test_network_shared_core(bench):
    """Both on one core, with each other's quantum between question and answer."""
    transfer(bench, cpus=(0, 0), size=BYTES // 20, system={"scheduling": {"quantum": "10ms"}})


def neighbours(bench, job, words, **more):
    """A Linux and the bare-metal neighbour, on a core each."""
    bare = bench.bare("neighbour", cpus=(1,), networks=[{"name": "lan", "device": "packets"}],
                      messages={"slots": 8, "size": 64, "from": ["linux"]},
                      tunnels={"shared": {"with": "linux", "size": "4K"}})
    vm = linux(bench, job, 0, "10.0.0.1", words=words,
               messages={"slots": 8, "size": 64, "from": ["bare"]},
               tunnels={"shared": {"with": "bare", "size": "4K"}}, **more)
    machine = bench.run(bench.image("neighbours", {"linux": vm, "bare": bare}), timeout=PATIENCE)
    machine.expect("neighbour: ready")
    return machine


def test_network_with_bare_guest(bench):
    """Pings of several sizes, up to the largest that a packet holds."""
    machine = neighbours(bench, "ping", {"orlop.peer": "10.0.0.9"})
    for size in (1, 56, 1000, 1472):
        machine.expect(f"ORLOP-PING {size}: 3 packets transmitted, 3 packets received")
    machine.finish()
    check("neighbour: first ping" in machine.text, "nobody answered a ping")
    no_faults(machine, "linux", "bare")


def test_messages(bench):
    """Between two Linux VMs, through the ports that are named after them."""
    vms = {"left": linux(bench, "ask", 0, words={"orlop.peer": "right", "orlop.count": 20},
                         messages={"slots": 8, "size": 64, "from": ["right"]}),
           "right": linux(bench, "echo", 1, words={"orlop.peer": "left"},
                          messages={"slots": 8, "size": 64, "from": ["left"]})}
    machine = bench.run(bench.image("messages", vms), timeout=PATIENCE)
    machine.expect("ORLOP-ASK-END 20")
    machine.finish()
    check("ORLOP-ASK-WRONG" not in machine.text, "an answer was another one")
    no_faults(machine, "left", "right")


def test_messages_with_bare_guest(bench):
    machine = neighbours(bench, "ask", {"orlop.peer": "bare", "orlop.count": 20})
    machine.expect("ORLOP-ASK-END 20")
    machine.finish()
    check("ORLOP-ASK-WRONG" not in machine.text, "an answer was another one")


def test_tunnel(bench):
    """What the other side counts is seen by Linux, and the other way round."""
    machine = neighbours(bench, "tunnel", {"orlop.seconds": 3})
    machine.expect("ORLOP-TUNNEL shared at 0x")
    counts = []
    for n in (1, 2, 3):
        words = machine.expect(rf"ORLOP-TUNNEL-WORDS {n}: 0x4F524C4F 0x(\w+)\n")
        counts.append(int(words[1], 16))
    check(counts[0] < counts[1] < counts[2], f"the counts are {counts}")
    machine.finish()
    for n in (1, 2):
        check(f"the tunnel's other side wrote {n}\n" in machine.text, f"{n} was not seen")


def test_console(bench):
    """The kernel's console is the virtio device, in both directions."""
    vm = linux(bench, "shell", 0, tty="hvc0")
    machine = bench.run(bench.image("console", {"linux": vm}), timeout=PATIENCE)
    machine.expect("ORLOP-LINUX-READY")
    machine.expect("ends it")
    machine.send("echo $((6 * 7)) of $(tty)\n")
    machine.expect("42 of /dev/hvc0")
    machine.send("head -c 6000 /dev/zero | tr '\\0' z | fold -w 60; echo over\n")
    machine.expect("^.*z{60}.*$")
    machine.expect("^.*over", 60)
    machine.send("poweroff -f\n")
    machine.finish()
    lines = machine.text.count("z" * 60)
    check(lines == 6000 // 60, f"{lines} lines of output, not {6000 // 60}")


def test_peer_restarts(bench):
    """A peer that panics and comes back: the network and the ports work again."""
    vms = {"left": linux(bench, "ask", 0, words={"orlop.peer": "right", "orlop.count": 30},
                         messages={"slots": 8, "size": 64, "from": ["right"]}),
           "right": linux(bench, "restarting", 1, words={"orlop.peer": "left"},
                          messages={"slots": 8, "size": 64, "from": ["left"]})}
    vms["right"].update({"on-reset": "restart"})
    machine = bench.run(bench.image("restart", vms), timeout=PATIENCE)
    machine.expect("right restarts")
    machine.expect("ORLOP-ASK-END 30")
    machine.finish()
    no_faults(machine, "left")
