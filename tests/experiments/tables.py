# SPDX-License-Identifier: BSD-2-Clause
"""Tables in Markdown, with the columns of the paper's."""
import statistics

KEYS = ("mean", "s", "median", "95 %", "most", "least")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def summary(values):
    """Mean, standard deviation, median, 95th percentile as in the paper; and the extremes."""
    return {"mean": statistics.fmean(values), "s": statistics.pstdev(values),
            "median": statistics.median(values), "95 %": percentile(values, 0.95),
            "most": max(values), "least": min(values)}


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(head, rows, words=1):
    """The first `words` columns are text, the others numbers."""
    lines = [row(head), row(["---"] * words + ["---:"] * (len(head) - words))]
    return "\n".join(lines + [row(cells) for cells in rows]) + "\n"


def distributions(head, rows):
    """`rows`: (words, values)."""
    found = [(words, summary(values)) for words, values in rows]
    return table((*head, *KEYS),
                 [(*words, *(f"{figures[key]:.2f}" for key in KEYS)) for words, figures in found],
                 len(head))


def mean(values):
    return statistics.fmean(values)


def numbers(values):
    """Several figures in a cell."""
    return ", ".join(f"{value:.2f}" for value in values)
