# SPDX-License-Identifier: BSD-2-Clause
"""The experiments of docs/experiments.md: experiments.py [--arch ARCH,...] [CASE...]

CASE: how the name of one begins, "lock" or "delivery recycle 4"; all by default. What was measured
is kept in BUILD/experiments/ARCH.json. When all is there, the tables of docs/experiments.md
are filled in and its pictures drawn. Ends with status 1 if something is not as the document says.
"""
import argparse
import concurrent.futures
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path[:0] = ["tests", "tests/system", "tests/experiments"]

import adpcm  # noqa: E402
import delivery  # noqa: E402
import document  # noqa: E402
import harness  # noqa: E402
import linux_guest  # noqa: E402
import lock  # noqa: E402

EXPERIMENTS = {"delivery": delivery, "adpcm": adpcm, "lock": lock}
CASES = {name: measure for experiment in EXPERIMENTS.values()
         for name, measure in experiment.CASES.items()}
DOCUMENT = "docs/experiments.md"


class Found:
    """What was measured on an architecture, kept in a file."""

    def __init__(self, build, arch):
        self.path = os.path.join(build, "experiments", f"{arch}.json")
        self.cases = {}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.cases = json.load(file)

    def add(self, name, values):
        self.cases[name] = values
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.cases, file, separators=(",", ":"))
        os.replace(self.path + ".new", self.path)

    def has(self, experiment):
        return all(name in self.cases for name in experiment.CASES)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--arch", default="aarch64,riscv64")
    parser.add_argument("--packets", type=int, default=400, help="for each case of the delivery")
    parser.add_argument("--jobs", type=int, default=2, help="machines at a time")
    parser.add_argument("--missing", action="store_true", help="only what was not measured yet")
    parser.add_argument("--partial", action="store_true",
                        help="write the document though not all was measured")
    parser.add_argument("--draw", action="store_true", help="measure nothing, only tell and draw")
    parser.add_argument("names", nargs="*", metavar="CASE")
    return parser.parse_args()


def chosen(args, found):
    """[(architecture, case)]"""
    if args.draw:
        return []
    names = [name for name in CASES
             if not args.names or any((name + " ").startswith(word + " ") for word in args.names)]
    if not names:
        sys.exit(f"experiments: no such case; there are: {', '.join(CASES)}")
    return [(arch, name) for arch in found for name in names
            if not (args.missing and name in found[arch].cases)]


def measure(args, arch, name):
    """One case, in a folder of its own; returns (what it measured, seconds)."""
    begin = time.monotonic()
    folder = os.path.join(args.build, "experiments", f"{arch}-{name.replace(' ', '-')}")
    bench = harness.Bench(args.build, arch, folder, tool=os.path.join(args.build, "orlop"))
    try:
        return CASES[name](bench, args.archives[arch], args.packets), time.monotonic() - begin
    finally:
        bench.close()


def measure_all(args, found):
    """Returns whether nothing went wrong."""
    todo, good = chosen(args, found), True
    args.archives = {arch: linux_guest.initramfs(args.build, arch)
                     for arch in sorted({arch for arch, _ in todo})}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        runs = {pool.submit(measure, args, *case): case for case in todo}
        for number, done in enumerate(concurrent.futures.as_completed(runs), 1):
            arch, name = runs[done]
            try:
                values, seconds = done.result()
            except harness.Failure as failure:
                good = False
                print(f"FAIL {arch} {name}: {failure}", flush=True)
                continue
            found[arch].add(name, values)
            print(f"{number:3} of {len(todo)}: {arch} {name} ({seconds:.0f} s)", flush=True)
    return good


def tell(found):
    """Prints whether what is to be seen is; returns whether all of it is, and the tables."""
    good, tables = True, {}
    for title, experiment in EXPERIMENTS.items():
        claims = {arch: experiment.claims(mine.cases) for arch, mine in found.items()
                  if mine.has(experiment)}
        for arch, list_of_arch in claims.items():
            for claim in list_of_arch:
                good = good and (claim[2] or claim[0] in experiment.DIFFERS)
                print(f"{'yes' if claim[2] else 'NO '} {arch}: {claim[0]}: {claim[1]}")
            for name, text in experiment.tables(found[arch].cases).items():
                tables[f"{arch} {name}"] = text
        if claims:
            tables[f"claims {title}"] = document.claims_table(claims)
    return good, tables


def write_document(args, found, tables):
    """Only of what is complete: the document does not mix two days."""
    missing = [f"{arch} {name}" for arch in harness.BOARDS for name in CASES
               if arch not in found or name not in found[arch].cases]
    if missing and not args.partial:
        print(f"{DOCUMENT} is left as it is; not measured yet: {', '.join(missing)}")
        return
    folder = os.path.splitext(DOCUMENT)[0]
    os.makedirs(folder, exist_ok=True)
    for arch, mine in found.items():
        for experiment in EXPERIMENTS.values():
            if mine.has(experiment):
                experiment.draw(mine.cases, arch, folder)
    without, empty = document.fill(DOCUMENT, tables)
    if without or (empty and not missing):
        sys.exit(f"experiments: {DOCUMENT} has no place for {without}, and places that nothing "
                 f"belongs into: {empty}")
    print(f"filled in {DOCUMENT}, pictures in {folder}/")


def main():
    args = parse_arguments()
    os.makedirs(os.path.join(args.build, "experiments"), exist_ok=True)
    found = {arch: Found(args.build, arch) for arch in args.arch.split(",")}
    measured = measure_all(args, found)
    good, tables = tell(found)
    write_document(args, found, tables)
    sys.exit(0 if measured and good else 1)


if __name__ == "__main__":
    main()
