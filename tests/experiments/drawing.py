# SPDX-License-Identifier: BSD-2-Clause
"""What the experiments found, as pictures and as tables."""
import os
import statistics

import picture
from picture import BLUE, ORANGE

QUANTUM_MS = 30
WORDS = {"none": "no policy (defer)", "recycle": "recycle-quantum",
         "recycle-half": "recycle-quantum, half of the VMs not preemptable",
         "reset": "reset-quantum", "reset-half": "reset-quantum, half of the VMs not preemptable"}
ADPCM_WORDS = {"alone": "the real-time VM alone", "none": "no policy (defer)",
               "fast-preemptable": "fast interrupts, real-time VM preemptable",
               "fast": "fast interrupts, real-time VM not preemptable"}


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def summary(values):
    """The columns of the paper's tables, and the extremes."""
    return {"mean": statistics.fmean(values), "s": statistics.pstdev(values),
            "median": statistics.median(values), "95 %": percentile(values, 0.95),
            "most": max(values), "least": min(values)}


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(rows, first):
    """`rows`: (words, values). Text in Markdown."""
    keys = ("mean", "s", "median", "95 %", "most", "least")
    lines = [row(*first, *keys), row(*["---"] * len(first), *["---:"] * len(keys))]
    for words, values in rows:
        found = summary(values)
        lines.append(row(*words, *(f"{found[key]:.2f}" for key in keys)))
    return "\n".join(lines) + "\n"


def draw_delivery(found, arch, folder):
    counts = sorted({int(key.split()[1]) for key in found})
    parts, top = [], 95
    for policy, words in WORDS.items():
        parts.append(picture.text(20, top - 28, words, 14, weight="bold"))
        for column, count in enumerate(counts):
            values = found[f"{policy} {count}"]["delay"]
            title = (f"{count} VMs: mean {statistics.fmean(values):.1f}, "
                     f"95 % {percentile(values, 0.95):.1f}, most {max(values):.1f} ms")
            parts += picture.histogram(
                70 + column * 370, top, 300, 100, [("delay", values, BLUE)], 0,
                (max(counts) - 1) * QUANTUM_MS, 60, title, "ms")
        top += 190
    picture.write(os.path.join(folder, f"delivery-{arch}.svg"), 1160, top - 40,
                  "From a network card's interrupt to the end of its work in Linux, on one core "
                  f"({arch}; share of packets, square-root scale)", parts)
    texts = []
    for word, words in (("seen", "until the reader has the packet"),
                        ("delay", "until the reader has worked on it")):
        rows = [((WORDS[key.split()[0]], key.split()[1]), values[word])
                for key, values in found.items()]
        texts.append(f"Delay {words}, ms\n\n" + table(rows, ("policy", "VMs")))
    return "\n".join(texts)


def draw_one_adpcm(found, capacity, arch, folder):
    times = [value for values in found.values() for word in ("encoding", "decoding")
             for value in values[word]]
    parts, top = [], 80
    for name, words in ADPCM_WORDS.items():
        values = found[name]
        parts += picture.histogram(
            70, top, 480, 110, [("encoding", values["encoding"], BLUE),
                                ("decoding", values["decoding"], ORANGE)], min(times) * 0.9,
            max(times) * 1.05, 60, f"{words}: encoding (blue), decoding", "ms")
        if values["delay"]:
            parts += picture.histogram(630, top, 480, 110, [("delay", values["delay"], BLUE)], 0,
                                       100, 60, "packets of the Linux beside it", "ms")
        top += 190
    name = f"adpcm-{capacity.replace(' ', '')}-{arch}.svg"
    picture.write(os.path.join(folder, name), 1160, top - 20,
                  f"A real-time task with {capacity} in ten times that, beside Linux ({arch}; "
                  "square-root scale)", parts)
    rows = [((ADPCM_WORDS[name], word), values[word]) for name, values in found.items()
            for word in ("encoding", "decoding", "seen", "delay") if values[word]]
    return f"ADPCM with {capacity}, ms\n\n" + table(rows, ("configuration", "what"))


def draw_adpcm(found, arch, folder):
    return "\n".join(draw_one_adpcm(values, capacity, arch, folder)
                     for capacity, values in found.items())


def draw_lock(found, arch, folder):
    entries = []
    for key, sections in found.items():
        others, spin = key.split()
        words = f"spin: {spin}, " + ("beside another VM" if int(others) else "nobody else")
        entries.append((words, sections / 5, BLUE if spin == "off" else ORANGE))
    picture.write(os.path.join(folder, f"lock-{arch}.svg"), 900, 70 + 40 * len(entries),
                  f"Two vCPUs on one core fight for a lock: sections a second ({arch})",
                  picture.bars(20, 60, 860, 40, entries, "/s"))
    return "Lock, sections a second\n\n" + "\n".join(
        [row("case", "sections/s"), row("---", "---:")] +
        [row(words, f"{value:g}") for words, value, _ in entries]) + "\n"


def draw(found, arch, folder):
    os.makedirs(folder, exist_ok=True)
    texts = []
    if "alone" in found:
        texts.append("Linux alone on its core, ms\n\n" +
                     table([((word,), found["alone"][word]) for word in ("seen", "delay")],
                           ("until",)))
    for name, drawer in (("delivery", draw_delivery), ("adpcm", draw_adpcm), ("lock", draw_lock)):
        if name in found:
            texts.append(drawer(found[name], arch, folder))
    with open(os.path.join(folder, f"tables-{arch}.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(texts))
    print("\n".join(texts))
