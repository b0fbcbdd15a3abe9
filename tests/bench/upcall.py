# SPDX-License-Identifier: BSD-2-Clause
"""
Interrupts by upcall against a variant of the hypervisor that copies the interrupted context
(tests/bench/upcall_copy), in instructions of guest/demos/bench-upcall.
"""
import os
import re

from harness import check

LINE = re.compile(r"^\[bench\] bench (\w+) (\d+)\r?$", re.M)


def measure(bench, copy):
    """From the timer's deadline to the handler, and all that the interrupted code loses."""
    name = "upcall-copy" if copy else "upcall"
    hyp = os.path.join(bench.build_folder, bench.arch, f"hyp-comm{'-copy' if copy else ''}.elf")
    vm = bench.bare(f"bench-{name}", console="shared", interrupts={"route": "upcall"})
    image = bench.image(name, {"bench": vm}, hyp=hyp)
    machine = bench.run(image, "--icount", timeout=120)
    machine.finish(seconds=130)
    check("bench: done" in machine.text, machine.text[-2000:])
    return {key: int(value) for key, value in LINE.findall(machine.text)}


def figures(bench):
    own, copying = measure(bench, False), measure(bench, True)
    ratios = {part: round(own[f"upcall_{part}"] / copying[f"upcall_{part}"], 2)
              for part in ("entry", "round")}
    return {"upcall_vs_copy": {"guest": ratios["round"], "native": None, "entry": ratios["entry"],
                               "own": own, "copying": copying}}
