# SPDX-License-Identifier: BSD-2-Clause
"""
The picture of a schedule, from a machine that runs, from a trace that was saved, and from a run.
"""
import json
import os
import re
import xml.etree.ElementTree as xml

from harness import check

PERIODS = (10, 20, 5)  # of rt-demo-short's tasks, ms
SVG = "{http://www.w3.org/2000/svg}"


def system(bench):
    vms = {"control": {"os": "realtime", "image": bench.guest("rt-demo-short"), "memory": "1M",
                       "vcpus": [{"cpu": 0}], "tasks": {"count": 3, "cpu": 0}},
           "spin": bench.bare("experiment-hog")}
    return bench.image("timeline", vms, trace=4096, reserve={"best-effort": "30%"})


class Picture:
    """The groups of an SVG file by their ids."""

    def __init__(self, path):
        self.root = xml.parse(path).getroot()
        self.groups = {group.get("id"): group for group in self.root.iter(SVG + "g")}

    def count(self, row, name):
        return sum(1 for part in self.groups[row] if part.get("class") == name)

    def ran(self, row):
        """Pixels of bars."""
        return sum(float(part.get("width")) for part in self.groups[row]
                   if part.get("class") == "run")

    def check(self):
        """50 ms of three tasks that meet their deadlines beside a VM that never lets go."""
        check("No missed deadline is recorded" in "".join(self.root.itertext()), "a miss")
        rows = [f"cpu0-control-{task}" for task in (1, 2, 3)]
        for row, period in zip(rows, PERIODS):
            releases = self.count(row, "release")
            check(abs(releases - 50 / period) <= 1, f"{row}: {releases} releases in 50 ms")
            check(self.count(row, "budget-end") == 0, f"{row}: a budget was used up")
            check(releases - 1 <= self.count(row, "run"), f"{row}: too few bars")
        rows += ["cpu0-control-0", "cpu0-spin-0"]
        check(abs(sum(self.ran(row) for row in rows) - 900) < 2, "the core was idle")


def test_picture(bench):
    machine = bench.run(system(bench), "--icount")
    live, saved, later = (os.path.join(bench.folder, name)
                          for name in ("live.svg", "saved.trace", "later.svg"))
    machine.expect(r"rt-demo: 1 s: jobs \d+ \d+ \d+; missed 0; ", 100)
    for arguments in (("timeline", machine.name, "-o", live),
                      ("trace", "--save", saved, machine.name),
                      ("timeline", saved, "-o", later, "--cpu", "0")):
        status, said = bench.tool(*arguments)
        check(status == 0, said)
    Picture(live).check()
    with open(saved, encoding="utf-8") as file:
        trace = file.read()
    check(re.search(r"^vcpu control 3 shared task 0x1 \d{5,} \d+ \d{5,}$", trace, re.M),
          "the task's limits are not in the trace")
    newest = Picture(later)
    check(newest.count("cpu0-control-3", "release") > 0, "no release in what was saved")
    machine.expect(r"rt-demo: result: every deadline met")


def test_end_amid_picture(bench):
    """The machine ends while the tool takes its memory: that is an end, and no time-out."""
    image = bench.image("end", {"hello": bench.bare("hello")})
    with open(f"{image}.json", encoding="utf-8") as file:
        machine = json.load(file)
    machine["qemu"]["binary"] = os.path.abspath("tests/system/fake_qemu.py")
    with open(f"{image}.json", "w", encoding="utf-8") as file:
        json.dump(machine, file)
    status, said = bench.tool("run", "--name", f"end-{bench.arch}", "--timeout", "20",
                              "--timeline", f"{image}.svg", "--timeline-when", "off soon", image)
    check(status == 0 and "it is off soon" in said, f"status {status}: {said}")


def test_picture_of_run(bench):
    """At the moment that the command line says; the run goes on."""
    picture = os.path.join(bench.folder, "run.svg")
    machine = bench.run(system(bench), "--icount", "--timeline", picture, "--timeline-when",
                        "rt-demo: 1 s")
    machine.expect(r"^\[orlop\] control is halted", 100)
    Picture(picture).check()
