# SPDX-License-Identifier: BSD-2-Clause
"""Histograms and bars as SVG text, for the experiments' pictures."""
import html
import math

BLUE, ORANGE, RED, GREY = "#0072b2", "#e69f00", "#c03000", "#666666"
FONT = "font-family='Helvetica,Arial,sans-serif'"


def text(x, y, words, size=12, anchor="start", colour="#222222", weight="normal", turned=False):
    turn = f" transform='rotate(-90 {x:.1f} {y:.1f})'" if turned else ""
    return (f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' "
            f"fill='{colour}' font-weight='{weight}' {FONT}{turn}>{html.escape(words)}</text>")


def line(x1, y1, x2, y2, colour=GREY, dashes=""):
    dashed = f" stroke-dasharray='{dashes}'" if dashes else ""
    return (f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' "
            f"stroke='{colour}' stroke-width='{1.5 if dashes else 1}'{dashed}/>")


def bar(x, y, width, height, colour, title):
    return (f"<rect x='{x:.2f}' y='{y:.2f}' width='{width:.2f}' height='{height:.2f}' "
            f"fill='{colour}'><title>{html.escape(title)}</title></rect>")


def step_of(span):
    """A round distance of marks, of which four to nine fit."""
    power = 10 ** math.floor(math.log10(span / 4))
    return next(power * factor for factor in (5, 2, 1) if span / (power * factor) >= 4)


def axis(x, y, width, low, high, words):
    step, marks = step_of(high - low), [line(x, y, x + width, y)]
    at = math.ceil(low / step - 1e-9) * step
    while at <= high + step * 1e-6:
        place = x + width * (at - low) / (high - low)
        marks += [line(place, y, place, y + 4), text(place, y + 16, f"{at:g}", 10, "middle")]
        at += step
    return marks + [text(x + width / 2, y + 30, words, 11, "middle", GREY)]


def shares_axis(x, y, height, words):
    """Of a histogram: shares, their root drawn, so that the rare is seen beside the frequent."""
    marks = [line(x, y, x, y + height),
             text(x - 40, y + height / 2, words, 11, "middle", GREY, turned=True)]
    for share in (0.01, 0.1, 0.5, 1):
        place = y + height - height * math.sqrt(share)
        marks += [line(x - 4, place, x, place),
                  text(x - 6, place + 4, f"{share:.0%}", 9, "end", GREY)]
    return marks


def histogram(place, title, series, bins, words, marks=(), marks_words=""):
    """At place (x, y, width, height). `series`: (name, values, colour), side by side in each bin;
    `bins`: (low, high, count); `words`: of the two axes; `marks`: values, a dashed line each."""
    (x, y, width, height), (low, high, count) = place, bins
    parts, size, thick = [text(x, y - 10, title, 12, weight="bold")], (high - low) / count, \
        0.92 * width / count / len(series)
    for number, (name, values, colour) in enumerate(series):
        counts = [0] * count
        for value in values:
            counts[min(count - 1, max(0, int((value - low) / size)))] += 1
        for i, had in enumerate(counts):
            if had:
                tall = height * math.sqrt(had / len(values))
                parts.append(bar(x + width * i / count + number * thick, y + height - tall, thick,
                                 tall, colour, f"{name} {low + i * size:.4g} to "
                                 f"{low + (i + 1) * size:.4g}: {had} of {len(values)}"))
    for at in (x + width * (value - low) / (high - low) for value in marks):
        parts.append(line(at, y, at, y + height, RED, "5 3"))
    parts.append(text(x + width, y + 8, marks_words, 11, "end", RED))
    return parts + shares_axis(x, y, height, words[1]) + axis(x, y + height, width, low, high,
                                                              words[0])


def legend(x, y, entries):
    """`entries`: (words, colour) of a bar, those of a mark's dashed line with colour RED."""
    parts = []
    for words, colour in entries:
        parts += [line(x, y - 4, x + 22, y - 4, RED, "5 3") if colour == RED else
                  bar(x, y - 10, 22, 12, colour, words), text(x + 28, y, words, 12)]
        x += 50 + 6.8 * len(words)
    return parts


def bars(x, y, width, row, entries, unit):
    """`entries`: (words, value, colour), one row each, from 0."""
    most, left = max(value for _, value, _ in entries), x + width * 0.3
    length, parts = width * 0.6, []
    for i, (words, value, colour) in enumerate(entries):
        top = y + i * row
        parts += [text(left - 8, top + row * 0.6, words, 12, "end"),
                  bar(left, top + row * 0.15, length * value / most, row * 0.65, colour,
                      f"{value:g} {unit}"),
                  text(left + length * value / most + 6, top + row * 0.6, f"{value:,.0f}", 12)]
    bottom = y + row * len(entries)
    return parts + [line(left, y, left, bottom)] + axis(left, bottom, length, 0, most, unit)


def write(path, size, title, notes, parts):
    """`notes`: lines below the title, what is drawn."""
    width, height = size
    head = [text(20, 28, title, 17, weight="bold")]
    head += [text(20, 47 + 16 * i, words, 12, colour=GREY) for i, words in enumerate(notes)]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
                   f"width='{width}' height='{height}'>\n"
                   f"<rect width='{width}' height='{height}' fill='white'/>\n"
                   + "\n".join(head + parts) + "\n</svg>\n")
