# SPDX-License-Identifier: BSD-2-Clause
"""The example in which three VMs talk: messages, a tunnel and a network between two Linux guests
and a real-time VM on one core."""
import re

from harness import check

PATIENCE = 280


def test_example(bench):
    """As make demo shows it: commands obeyed, telemetry read, no deadline missed."""
    suffix = {"aarch64": ""}.get(bench.arch, f"-{bench.arch}")
    machine = bench.run(f"examples/gateway{suffix}.yaml", "--icount", "--repeat",
                        "gateway: result", "--repeat", "panel: the gateway", timeout=PATIENCE)
    machine.expect(r"^\[gateway\] gateway: set 60000: done$")
    machine.expect(r"^\[gateway\] gateway: explode: refused: ")
    result = machine.expect(r"^\[control\] gateway: result: (\d+) jobs, (\d+) deadlines missed, "
                            r"(\d+) thousandths of 60000$")
    machine.finish()
    jobs, misses, temperature = (int(figure) for figure in result.groups())
    check(jobs > 600 and misses == 0 and abs(temperature - 60000) < 1000, result[0])

    said, repeated = re.split(r"the hypervisor takes \d+ bytes of RAM", machine.text)
    served = [int(figure) for figure in
              re.findall(r"^\[panel\] panel: the gateway says: (\d+) of", said, re.M)]
    check(len(served) >= 2 and served[0] < served[-1], f"the panel was told {served}")
    check(result[0].strip() in repeated and
          repeated.count("panel: the gateway says") == len(served), f"repeated: {repeated}")
    check("3 packets transmitted, 3 packets received" in machine.text, "the ping lost packets")
    stats = machine.final_stats()
    # Three commands; the panel got an answer to each ping, and answered none itself.
    check(stats["vms"]["control"]["messages"] == {"came": 3, "full": 0}, f"{stats['vms']}")
    gateway, panel = stats["ports"]
    check(gateway["vm"] == "gateway" and panel["vm"] == "panel" and
          gateway["sent"] == panel["received"] + panel["lost"] > 3 and
          panel["sent"] == gateway["received"] + gateway["lost"] > 3, f"{stats['ports']}")
    tasks = [vcpu["scheduling"] for vcpu in stats["vms"]["control"]["vcpus"]][1:]
    check(all(task["jobs"] > 600 and task["misses"] == 0 for task in tasks), f"{tasks}")
