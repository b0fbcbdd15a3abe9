# SPDX-License-Identifier: BSD-2-Clause
"""Histograms and bars as SVG text, for the experiments' pictures."""
import html
import math

BLUE, ORANGE, GREY = "#0072b2", "#e69f00", "#666666"
FONT = "font-family='Helvetica,Arial,sans-serif'"


def text(x, y, words, size=12, anchor="start", colour="#222222", weight="normal"):
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' "
            f"fill='{colour}' font-weight='{weight}' {FONT}>{html.escape(words)}</text>")


def line(x1, y1, x2, y2, colour=GREY):
    return (f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' "
            f"stroke='{colour}' stroke-width='1'/>")


def bar(x, y, width, height, colour, title):
    return (f"<rect x='{x:.2f}' y='{y:.2f}' width='{width:.2f}' height='{height:.2f}' "
            f"fill='{colour}'><title>{html.escape(title)}</title></rect>")


def step_of(span):
    """A round distance of marks, of which four to nine fit."""
    power = 10 ** math.floor(math.log10(span / 4))
    return next(power * factor for factor in (5, 2, 1) if span / (power * factor) >= 4)


def axis(x, y, width, low, high, unit):
    step, marks = step_of(high - low), [line(x, y, x + width, y)]
    at = math.ceil(low / step - 1e-9) * step
    while at <= high + step * 1e-6:
        place = x + width * (at - low) / (high - low)
        marks += [line(place, y, place, y + 4), text(place, y + 16, f"{at:g}", 10, "middle")]
        at += step
    return marks + [text(x + width, y + 29, unit, 10, "end", GREY)]


def histogram(x, y, width, height, series, low, high, bins, title, unit):
    """`series`: (name, values, colour). Heights are shares of each series, their root drawn, so
    that the rare is seen beside the frequent."""
    parts = [text(x, y - 8, title, 12, weight="bold")]
    size = (high - low) / bins
    for name, values, colour in series:
        counts = [0] * bins
        for value in values:
            counts[min(bins - 1, max(0, int((value - low) / size)))] += 1
        for i, count in enumerate(counts):
            if count:
                tall = height * math.sqrt(count / len(values))
                parts.append(bar(x + width * i / bins, y + height - tall, width / bins * 0.92, tall,
                                 colour,
                                 f"{name} {low + i * size:.4g} to {low + (i + 1) * size:.4g} "
                                         f"{unit}: {count} of {len(values)}"))
    for share in (0.01, 0.1, 0.5, 1):
        place = y + height - height * math.sqrt(share)
        parts += [line(x - 4, place, x, place),
                  text(x - 6, place + 4, f"{share:.0%}", 9, "end", GREY)]
    parts.append(line(x, y, x, y + height))
    return parts + axis(x, y + height, width, low, high, unit)


def bars(x, y, width, row, entries, unit):
    """`entries`: (words, value, colour), one row each, from 0."""
    most = max(value for _, value, _ in entries)
    parts, left = [], x + width * 0.45
    for i, (words, value, colour) in enumerate(entries):
        top, length = y + i * row, width * 0.42 * value / most
        parts += [text(left - 8, top + row * 0.6, words, 12, "end"),
                  bar(left, top + row * 0.15, length, row * 0.65, colour, f"{value:g} {unit}"),
                  text(left + length + 6, top + row * 0.6, f"{value:g} {unit}", 12)]
    return parts


def write(path, width, height, title, parts):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
                   f"width='{width}' height='{height}'>\n"
                   f"<rect width='{width}' height='{height}' fill='white'/>\n"
                   + text(20, 28, title, 17, weight="bold") + "\n" + "\n".join(parts)
                   + "\n</svg>\n")
