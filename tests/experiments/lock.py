# SPDX-License-Identifier: BSD-2-Clause
"""Lock-holder preemption: two vCPUs of one VM on one core that fight for a lock."""
import functools
import os
import re

import picture
from picture import BLUE, ORANGE
from runs import run
from tables import table

SPINS = ("off", "1ms", "100us")  # after which a vCPU is taken for one that spins
OTHERS = {"alone": "nobody else", "beside": "beside another VM"}
DIFFERS = {}
SECONDS = 5  # guest/demos/experiment-lock


def measure(spin, others, bench, _archive, _packets):
    vms = {"fighting": bench.bare("experiment-lock", cpus=(0, 0))}
    if others == "beside":
        vms["hog"] = bench.bare("experiment-hog", cpus=(0,))
    text = run(bench, vms, [r"lock: (done|failed.*)"],
               scheduling={"quantum": "10ms", "spin": spin})
    return int(re.search(r"lock sections (\d+)", text)[1])


CASES = {f"lock {others} {spin}": functools.partial(measure, spin, others)
         for others in OTHERS for spin in SPINS}


def entries(found):
    """(where, spin, sections in a second)"""
    return [(others, spin, found[f"lock {others} {spin}"] / SECONDS)
            for others in OTHERS for spin in SPINS]


def claims(found):
    result = []
    for others, words in OTHERS.items():
        figures = [figure for where, _, figure in entries(found) if where == others]
        result.append((f"a spinning vCPU that gives way lets the lock's holder run: `spin: off`, "
                       f"`1ms`, `100us`, {words}",
                       ", ".join(f"{figure:g}" for figure in figures) + " sections a second",
                       figures[0] * 2 < figures[1] <= figures[2]))
    return result


def draw(found, arch, folder):
    shapes = [(f"spin: {spin}, {OTHERS[others]}", figure, BLUE if spin == "off" else ORANGE)
              for others, spin, figure in entries(found)]
    bottom = 105 + 36 * len(shapes)
    picture.write(os.path.join(folder, f"lock-{arch}.svg"), (900, bottom + 50),
                  f"Two vCPUs of one VM on one core fight for a lock ({arch})",
                  ("Each holds it for 400 us, and is without it for 137 us: one alone would do "
                   "1,862 sections a second.",),
                  picture.legend(70, 80, [("a vCPU that spins keeps the core", BLUE),
                                          ("it gives the core to its sibling", ORANGE)])
                  + picture.bars(20, 105, 860, 36, shapes, "sections a second"))


def tables(found):
    return {"lock": table(("the core", "`spin`", "sections a second"),
                          [(OTHERS[others], f"`{spin}`", f"{figure:g}")
                           for others, spin, figure in entries(found)], 2)}
