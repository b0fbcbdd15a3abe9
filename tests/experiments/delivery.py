# SPDX-License-Identifier: BSD-2-Clause
"""Section 6.6 of the paper: a Linux with a network card among VMs that compute, on one core."""
import functools
import os

import picture
from picture import BLUE, RED
from runs import PRINTED, QUANTUM_MS, computing, delays, near, outside, run
from tables import distributions, mean, numbers, percentile

VMS = (2, 4, 6)
# Delivery of the Linux, and whether half of the VMs cannot be preempted by its interrupts.
POLICIES = {"none": ("defer", False), "recycle": ("recycle-quantum", False),
            "recycle-half": ("recycle-quantum", True), "reset": ("reset-quantum", False),
            "reset-half": ("reset-quantum", True)}
WORDS = {"none": "no policy (`defer`)", "recycle": "`recycle-quantum`",
         "recycle-half": "`recycle-quantum`, half of the VMs not preemptable",
         "reset": "`reset-quantum`",
         "reset-half": "`reset-quantum`, half of the VMs not preemptable"}
# What the paper's histograms of round trips show (figures 6.6 to 6.10).
PAPERS_WORDS = {"none": "wide, and wider with each VM; with 4 VMs up to 90 ms",
                "recycle": "a high peak near native, some near multiples of 30 ms",
                "recycle-half": "slower than without such VMs, better than no policy",
                "reset": "two peaks near native: Linux ran already, or was switched to",
                "reset-half": "slower than without such VMs, better than no policy"}
WORK_MS = 1  # on a packet: packets.c
# What is known to come out otherwise; the document says why.
DIFFERS = {"`reset-quantum` with them is not worse than `recycle-quantum` with them"}
NEAR_MS = 0.1  # two means that differ by less are the same


def measure(policy, count, bench, archive, packets):
    delivery, half = POLICIES[policy]
    vms = {"linux": near(bench, archive, delivery, packets), "outside": outside(bench, archive)}
    for i in range(count - 1):
        vms[f"computing{i}"] = computing(bench, not half or i % 2 == 1)
    return delays(run(bench, vms, [PRINTED], scheduling={"quantum": f"{QUANTUM_MS}ms"}))


def measure_alone(bench, archive, packets):
    """What the Linux takes by itself on its core."""
    vms = {"linux": near(bench, archive, None, packets), "outside": outside(bench, archive)}
    return delays(run(bench, vms, [PRINTED]))


CASES = {"delivery alone": measure_alone,
         **{f"delivery {policy} {count}": functools.partial(measure, policy, count)
            for policy in POLICIES for count in VMS}}


def of(found, policy, word="delay"):
    """The samples with 2, 4 and 6 VMs."""
    return [found[f"delivery {policy} {count}"][word] for count in VMS]


def means(found, policy):
    return [mean(values) for values in of(found, policy)]


def ordered(found, better, worse, slack=0.0):
    """Whether the first policy's mean is below the second's (or not above it by more than slack),
    for each number of VMs; and the figures."""
    first, second = means(found, better), means(found, worse)
    return (f"{numbers(first)} against {numbers(second)}",
            all(a < b + slack for a, b in zip(first, second)))


def stays_within(found):
    """Without a policy a packet waits for the quanta of all others at most."""
    most = [max(values) - WORK_MS for values in of(found, "none", "seen")]
    return (f"at most {numbers(value + WORK_MS for value in most)}",
            all((count - 2) * QUANTUM_MS < value + WORK_MS < (count - 1) * QUANTUM_MS + WORK_MS
                for count, value in zip(VMS, most)))


def recycle_peak(found):
    """Most packets are as fast as alone; some wait for their Linux's next turn."""
    alone = mean(found["delivery alone"]["delay"])
    medians = [percentile(values, 0.5) for values in of(found, "recycle")]
    most = [max(values) for values in of(found, "recycle")]
    return (f"medians {numbers(medians)}, at most {numbers(most)}; alone {alone:.2f}",
            all(median < alone + NEAR_MS for median in medians) and max(most) > QUANTUM_MS)


def reset_near_alone(found):
    alone = mean(found["delivery alone"]["delay"])
    return (f"{numbers(means(found, 'reset'))}; alone {alone:.2f}",
            all(value < alone + NEAR_MS for value in means(found, "reset")))


def halves_beat_none(found, policy):
    """With two VMs the one that computes is the half: nothing may be preempted, as without a
    policy."""
    half, none = means(found, policy), means(found, "none")
    return (f"{numbers(half)} against {numbers(none)}",
            all(a < b for a, b in zip(half[1:], none[1:])))


def grows(found):
    values = means(found, "none")
    return numbers(values), values == sorted(values)


def claims(found):
    """(What the paper found; here, means in ms with 2, 4 and 6 VMs; whether it is so)."""
    return [
        ("without a policy the delay grows with the number of VMs", *grows(found)),
        ("and spreads up to a quantum of each other VM (30, 90, 150 ms until the reader has it)",
         *stays_within(found)),
        ("`recycle-quantum` is far better than no policy", *ordered(found, "recycle", "none")),
        ("its packets are mostly as fast as native ones, but some end only in Linux's next run",
         *recycle_peak(found)),
        ("`reset-quantum` is near native", *reset_near_alone(found)),
        ("and not worse than `recycle-quantum`", *ordered(found, "reset", "recycle", NEAR_MS)),
        ("VMs that are not preemptable make `recycle-quantum` slower",
         *ordered(found, "recycle", "recycle-half")),
        ("and `reset-quantum`", *ordered(found, "reset", "reset-half")),
        ("but `recycle-quantum` stays better than no policy (4 and 6 VMs)",
         *halves_beat_none(found, "recycle-half")),
        ("and so does `reset-quantum` (4 and 6 VMs)", *halves_beat_none(found, "reset-half")),
        ("`reset-quantum` with them is not worse than `recycle-quantum` with them",
         *ordered(found, "reset-half", "recycle-half", NEAR_MS)),
    ]


def draw(found, arch, folder):
    parts, top = picture.legend(75, 95, [("packets", BLUE), (
        "a quantum of each other VM: the longest delay (the paper: 90 ms with 4 VMs)", RED)]), 170
    for policy, words in WORDS.items():
        parts += [picture.text(20, top - 46, words.replace("`", ""), 14, weight="bold"),
                  picture.text(20, top - 30, f"The paper: {PAPERS_WORDS[policy]}.", 12,
                               colour=picture.GREY)]
        for column, (count, values) in enumerate(zip(VMS, of(found, policy))):
            title = (f"{count} VMs: mean {mean(values):.1f}, 95 % {percentile(values, 0.95):.1f}, "
                     f"most {max(values):.1f} ms")
            quanta = (count - 1) * QUANTUM_MS
            parts += picture.histogram(
                (75 + column * 370, top, 290, 100), title, [("delay", values, BLUE)],
                (0, (VMS[-1] - 1) * QUANTUM_MS + 5, 62), ("ms", "share of packets"),
                [quanta] if policy == "none" else ())
        top += 210
    picture.write(os.path.join(folder, f"delivery-{arch}.svg"), (1160, top - 60),
                  f"From a network card's interrupt to the end of its work in Linux ({arch})", (
                      "Linux shares one core with 1, 3 or 5 VMs that compute all the time, in "
                      "quanta of 30 ms; a packet each 50 ms.",
                      "Shares are drawn by their square root, so that the rare is seen beside the "
                      "frequent."), parts)


def tables(found):
    """By name, as docs/experiments.md asks for them."""
    result = {}
    for word in ("seen", "delay"):
        rows = [(("alone on its core", 1), found["delivery alone"][word])]
        rows += [((WORDS[policy], count), found[f"delivery {policy} {count}"][word])
                 for policy in POLICIES for count in VMS]
        result[f"delivery {word}"] = distributions(("policy", "VMs"), rows)
    return result
