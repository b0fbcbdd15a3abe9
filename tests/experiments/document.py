# SPDX-License-Identifier: BSD-2-Clause
"""docs/experiments.md: its prose is written by hand, its tables are put in here. A table stands
between the lines "<!-- measured: ARCH NAME -->" and "<!-- end -->".
"""
import re

from tables import table

NOTHING = "Not measured.\n"
PLACE = re.compile(r"(<!-- measured: (.*?) -->\n).*?(<!-- end -->\n)", re.S)


def verdict(claim):
    _, seen, good = claim
    return f"{'yes' if good else '**no**'}: {seen}"


def claims_table(of_archs):
    """Of both architectures side by side."""
    lists = list(of_archs.values())
    rows = [(claims[0][0], *(verdict(claim) for claim in claims)) for claims in zip(*lists)]
    return table(("what is to be seen", *of_archs), rows, 1 + len(lists))


def fill(path, tables):
    """Puts each of `tables` (by name) into its place; returns the names without a place, and the
    places without a table."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    places = [name for _, name, _ in PLACE.findall(text)]

    def replace(match):
        new = tables.get(match[2])
        return f"{match[1]}\n{new or NOTHING}\n{match[3]}"

    with open(path, "w", encoding="utf-8") as file:
        file.write(PLACE.sub(replace, text))
    return sorted(set(tables) - set(places)), sorted(set(places) - set(tables))
