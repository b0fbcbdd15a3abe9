# SPDX-License-Identifier: BSD-2-Clause
"""Section 6.8.2 of the paper: times of a real-time task beside a Linux with interrupts."""
import functools
import os

import picture
from picture import BLUE, ORANGE
from runs import PRINTED, QUANTUM_MS, computing, delays, near, outside, run, times
from tables import distributions, mean, numbers, table

# The real-time VM by itself; with others and no policy; with fast interrupts that may take the core
# from it, and with such that may not.
CONFIGURATIONS = {"alone": None, "none": ("defer", False),
                  "preemptable": ("recycle-quantum", True), "fast": ("recycle-quantum", False)}
WORDS = {"alone": "1: the real-time VM alone", "none": "2: no policy (`defer`)",
         "preemptable": "3: fast interrupts, real-time VM preemptable",
         "fast": "4: fast interrupts, real-time VM not preemptable"}
# Table 6.6: means of encoding, decoding and a packet's round trip, ms.
PAPER = {"alone": (1366.58, 1068.94, 1.073), "none": (1375.27, 1082.17, 13.37),
         "preemptable": (2004.25, 1505.45, 2.077), "fast": (1378.48, 1081.0, 3.60)}
# The capacity, a tenth of the period: a quantum of ten, as the paper has it, and a finer grain. The
# guest, and how many times longer than a packet its work takes.
CAPACITIES = {"30ms": "experiment-adpcm", "1ms": "experiment-adpcm-1ms"}
PAPERS_CAPACITY = "30ms"
PACKETS = {"30ms": 700, "1ms": 500}  # at most: about as long as the task works
# What is known to come out otherwise; the document says why.
DIFFERS = {"fast interrupts stretch it if its VM is preemptable (capacity 1ms)",
           "packets: fast and preemptable beats fast and not preemptable, which beats no policy "
           "(capacity 1ms)"}
SAME, STRETCHED = 0.01, 0.05  # parts of the time that the task takes alone
TESTS = ("encoding", "decoding")


def measure(capacity, name, bench, archive, packets):
    guest, config = CAPACITIES[capacity], CONFIGURATIONS[name]
    vms = {"adpcm": {**bench.bare(guest, cpus=(0,)), "os": "realtime",
                     "tasks": {"count": 1, "cpu": 0}}}
    if config:
        delivery, preemptable = config
        vms["adpcm"]["interrupts"] = {"preemptable": "yes" if preemptable else "no"}
        count = max(1, packets * PACKETS[capacity] // 400)
        vms.update(linux=near(bench, archive, delivery, count), outside=outside(bench, archive),
                   computing=computing(bench))
    last = [r"adpcm: (done|failed.*)"] + ([PRINTED] if config else [])
    text = run(bench, vms, last, scheduling={"quantum": f"{QUANTUM_MS}ms"},
               reserve={"best-effort": "40%"})
    found = {word: times(text, "adpcm", word) for word in TESTS}
    return {**found, **(delays(text) if config else {})}


CASES = {f"adpcm {capacity} {name}": functools.partial(measure, capacity, name)
         for capacity in CAPACITIES for name in CONFIGURATIONS}


def of(found, capacity, name):
    return found[f"adpcm {capacity} {name}"]


def longer(found, capacity, name):
    """By what part of the time alone the task takes longer: encoding, decoding."""
    alone, other = of(found, capacity, "alone"), of(found, capacity, name)
    return [mean(other[test]) / mean(alone[test]) - 1 for test in TESTS]


def packet_means(found, capacity):
    return {name: mean(of(found, capacity, name)["delay"])
            for name, config in CONFIGURATIONS.items() if config}


def cycle(found, capacity, name):
    """How much longer a cycle takes than alone, and how much longer the worst case of each test."""
    alone, other = of(found, capacity, "alone"), of(found, capacity, name)
    whole = sum(mean(other[test]) for test in TESTS) / sum(mean(alone[test]) for test in TESTS) - 1
    worst = max(max(other["encoding"]) / max(alone["encoding"]) - 1, 0)
    return whole, worst


def unchanged(found, capacity, name):
    whole, worst = cycle(found, capacity, name)
    return (f"a cycle {whole:+.1%}, encoding at worst {worst:+.1%}",
            abs(whole) < SAME and worst < SAME)


def claims_of(found, capacity):
    whole, worst = cycle(found, capacity, "preemptable")
    packets = packet_means(found, capacity)
    order = numbers(packets[name] for name in ("preemptable", "fast", "none")) + " ms"
    yield ("without a policy the task takes as long as alone",
           *unchanged(found, capacity, "none"))
    yield ("fast interrupts stretch it if its VM is preemptable",
           f"a cycle {whole:+.1%}, encoding at worst {worst:+.1%}", whole > STRETCHED)
    yield ("and do not if it is not", *unchanged(found, capacity, "fast"))
    yield ("packets: fast and preemptable beats fast and not preemptable, which beats no policy",
           order, packets["preemptable"] < packets["fast"] < packets["none"])


def claims(found):
    return [(f"{words} (capacity {capacity})", seen, good)
            for capacity in CAPACITIES for words, seen, good in claims_of(found, capacity)]


def paper_marks(values, words, is_papers):
    """Lines for the paper's figures, and what they are."""
    if not is_papers:
        return (), ""
    return values, f"the paper's {words}: " + ", ".join(f"{value:.4g}" for value in values)


def draw_one(found, capacity, arch, folder):
    samples = [value for name in CONFIGURATIONS for test in TESTS
               for value in of(found, capacity, name)[test]]
    bins, is_papers = (min(samples) * 0.9, max(samples) * 1.05, 60), capacity == PAPERS_CAPACITY
    shapes, top = picture.legend(75, 95, [("encoding", BLUE), ("decoding", ORANGE)]), 140
    for name, words in WORDS.items():
        values, theirs = of(found, capacity, name), PAPER[name]
        shapes += picture.histogram(
            (75, top, 475, 110), words.replace("`", ""),
            [("encoding", values["encoding"], BLUE), ("decoding", values["decoding"], ORANGE)],
            bins, ("time of one test (ms)", "share of tests"),
            *paper_marks(theirs[:2], "means", is_papers))
        if "delay" in values:
            shapes += picture.histogram(
                (640, top, 475, 110), "packets of the Linux beside it",
                [("packets", values["delay"], BLUE)], (0, 100, 60),
                ("from the interrupt to the end of its work (ms)", "share of packets"),
                *paper_marks(theirs[2:], "mean round trip", is_papers))
        top += 200
    picture.write(os.path.join(folder, f"adpcm-{capacity}-{arch}.svg"), (1160, top - 30),
                  f"A real-time task with {capacity[:-2]} ms of each "
                  f"{10 * int(capacity[:-2])} ms, beside Linux ({arch})", (
                      "Left: how long each of its tests took. Right: how long the Linux beside it "
                      "took for each packet.",
                      "Shares are drawn by their square root, so that the rare is seen beside the "
                      "frequent."), shapes)


def draw(found, arch, folder):
    for capacity in CAPACITIES:
        draw_one(found, capacity, arch, folder)


def beside_paper(found, capacity):
    """Means; in brackets by how much more than alone."""
    rows = []
    for name, words in WORDS.items():
        values, theirs = of(found, capacity, name), PAPER[name]
        cells = [words]
        for i, test in enumerate(TESTS):
            cells += [f"{mean(values[test]):.1f} ({longer(found, capacity, name)[i]:+.1%})",
                      f"{theirs[i]:.1f} ({theirs[i] / PAPER['alone'][i] - 1:+.1%})"]
        packet = f"{mean(values['delay']):.2f}" if "delay" in values else "-"
        rows.append((*cells, packet, theirs[2]))
    return table(("configuration", "encoding", "the paper's", "decoding", "the paper's", "packet",
                  "the paper's"), rows)


def tables(found):
    result = {}
    for capacity in CAPACITIES:
        result[f"adpcm {capacity}"] = beside_paper(found, capacity)
        rows = [((words, test), of(found, capacity, name)[test]) for name, words in WORDS.items()
                for test in (*TESTS, "seen", "delay") if test in of(found, capacity, name)]
        result[f"adpcm {capacity} all"] = distributions(("configuration", "what"), rows)
    return result
