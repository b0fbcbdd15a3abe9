# SPDX-License-Identifier: BSD-2-Clause
"""Whether docs/interface.md says what abi/*.h says, and docs/conformance.md where it is tested.

Prints "ok NAME" or "FAIL NAME: FILE:LINE: WHY" per rule and ends with status 1 if one fails.
"""
import glob
import re
import subprocess
import sys
import tempfile

INTERFACE, CONFORMANCE = "docs/interface.md", "docs/conformance.md"
HEADERS = ("abi/hypercall.h", "abi/region.h")
# Macros that are not the guest's business: the implementation's name, how calls are grouped.
PRIVATE = {"HYPERCALL_SBI_ID", "HYPERCALL_COUNT", "HYPERCALL_QUICK_COUNT", "HYPERCALL_COMM_FIRST",
           "HYPERCALL_OK", "REGION_COMPATIBLE"}
PREFIXES = ("", "HYPERCALL_", "REGION_")
CLAUSE = re.compile(r"^\*\*([A-Z]+-\d+)\*\*")
ROW = re.compile(r"^\| (\S[^|]*?) \| (\S[^|]*?) \|(.*)\|$")


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows(path):
    """Line number, heading and cells of each row of a table; cells keep their backticks."""
    heading = ""
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if line.startswith("#"):
            heading = line.lstrip("# ").strip("`")
        elif line.startswith("| ") and not line.startswith("|--"):
            yield number, heading, [cell.strip() for cell in line.strip("|").split("|")]


def evaluate(lines):
    """What a C program with the interface's headers prints for expressions, in order."""
    source = "#include <stddef.h>\n#include <stdio.h>\n"
    source += "".join(f'#include "{header}"\n' for header in HEADERS)
    source += "int main(void) {\n"
    source += "".join(f'printf("%lld\\n", (long long)({line}));\n' for line in lines)
    with tempfile.TemporaryDirectory() as folder:
        built = subprocess.run(["gcc", "-std=c17", "-I.", "-x", "c", "-o", f"{folder}/a", "-"],
                               input=source + "}\n", text=True, capture_output=True, check=False)
        if built.returncode:
            raise ValueError(built.stderr)
        done = subprocess.run([f"{folder}/a"], capture_output=True, text=True, check=True)
    return [int(line) & (1 << 64) - 1 for line in done.stdout.split()]


def macros():
    """Names of the headers' macros that have a value."""
    found = re.findall(r"^#define ((?:HYPERCALL|REGION)_\w+)[ \t\\]+\S",
                       "\n".join(text_of(header) for header in HEADERS), re.M)
    return [name for name in found if name not in PRIVATE]


def number_of(text):
    return int(text, 0) & (1 << 64) - 1 if re.fullmatch(r"-?(0x[0-9a-f]+|\d+)", text) else None


def rule_numbers():
    """Every macro has a row with its value, and nothing that looks like one has another."""
    names = macros()
    values = dict(zip(names, evaluate(names)))
    missing = set(names)
    for line, _, cells in rows(INTERFACE):
        word = re.fullmatch(r"`([A-Z][A-Z0-9_]+)`", cells[0])
        if not word or len(cells) < 2 or number_of(cells[1]) is None:
            continue
        found = [prefix + word[1] for prefix in PREFIXES if prefix + word[1] in values]
        if not found:
            yield f"{INTERFACE}:{line}: {word[1]} is not in {' or '.join(HEADERS)}"
        elif values[found[0]] != number_of(cells[1]):
            yield f"{INTERFACE}:{line}: {found[0]} is {values[found[0]]:#x}, not {cells[1]}"
        missing -= set(found)
    yield from (f"{INTERFACE}:1: {name} is missing" for name in sorted(missing))


def fields_of(struct):
    """Fields of a structure of abi/region.h, in their order."""
    body = re.search(rf"^struct {struct} {{(.*?)^}}", text_of("abi/region.h"), re.M | re.S)[1]
    body = re.sub(r"/\*.*?\*/|__attribute__\(\(.*?\)\)\)", "", body, flags=re.S)
    for declaration in re.findall(r"\s*\w+\s+([^;]+);", body):
        yield from (re.match(r"\w+", name.strip())[0] for name in declaration.split(","))


def rule_layout():
    """Every field of every structure of the region is in annex B, with its offset and its size."""
    structs = re.findall(r"^struct (region\w*) {", text_of("abi/region.h"), re.M)
    structs = [name for name in structs if f"### `{name}`" in text_of(INTERFACE)]
    expected = [(name, field) for name in structs for field in fields_of(name)]
    expected = [pair for pair in expected if pair != ("region_packets", "reserved")]
    offsets = evaluate([f"offsetof(struct {name}, {field})" for name, field in expected])
    sizes = evaluate([f"sizeof(((struct {name} *)0)->{field})" if field != "data" else "0"
                      for name, field in expected])
    documented = {(heading, cells[2].strip("`")): (line, cells[0], cells[1])
                  for line, heading, cells in rows(INTERFACE)
                  if heading in structs and len(cells) == 5 and cells[0].isdigit()}
    for pair, offset, size in zip(expected, offsets, sizes):
        line, *said = documented.pop(pair, (1, "nothing", ""))
        if said != [str(offset), str(size)]:
            yield (f"{INTERFACE}:{line}: {'.'.join(pair)} is at {offset}, {size} bytes, "
                   f"not {' '.join(said)}")
    yield from (f"{INTERFACE}:{line}: there is no {'.'.join(pair)}"
                for pair, (line, *_) in documented.items())
    if len(structs) < 8:
        yield f"{INTERFACE}:1: only {structs} have a table"


def clauses():
    """Line number of each clause."""
    found = {}
    for number, line in enumerate(text_of(INTERFACE).split("\n"), 1):
        match = CLAUSE.match(line)
        if match:
            found[match[1]] = number
    return found


def rule_clauses():
    """Numbers are given once, without gaps, and what the text refers to exists."""
    known, text = clauses(), text_of(INTERFACE)
    for name in re.findall(r"^\*\*([A-Z]+-\d+)\*\*", text, re.M):
        if text.count(f"**{name}**") != 1:
            yield f"{INTERFACE}:{known[name]}: {name} is there twice"
        kind, number = name.split("-")
        if number != "1" and f"{kind}-{int(number) - 1}" not in known:
            yield f"{INTERFACE}:{known[name]}: before {name} one is missing"
    kinds = "|".join({name.split("-")[0] for name in known})
    for name in set(re.findall(rf"\b(?:{kinds})-\d+\b", text)) - set(known):
        yield f"{INTERFACE}:1: there is no clause {name}"


def tests_named():
    """What can be named as a test: clauses in the guest, functions of tests, tests in C."""
    sources = glob.glob("guest/demos/conformance/**/*.c", recursive=True)
    guest = "".join(text_of(path) for path in sources)
    found = {f"guest {name}" for name in re.findall(r'"([A-Z]+-\d+)"', guest)}
    for path in glob.glob("tests/system/test_*.py"):
        theme = re.search(r"test_(\w+)\.py", path)[1]
        found |= {f"system {theme}/{name}"
                  for name in re.findall(r"^def test_(\w+)", text_of(path), re.M)}
    for path in glob.glob("tests/unit/*.c"):
        theme = re.search(r"(\w+)\.c", path)[1]
        found |= {f"unit {theme}/{name}"
                  for name in re.findall(r"^static void (\w+)\(void \*\*", text_of(path), re.M)}
    return found


def rule_conformance():
    """Each clause has a row in docs/conformance.md, and the tests that the row names exist."""
    known, left = tests_named(), clauses()
    for line, _, cells in rows(CONFORMANCE):
        if not re.fullmatch(r"[A-Z]+-\d+", cells[0]):
            continue
        if left.pop(cells[0], None) is None:
            yield f"{CONFORMANCE}:{line}: there is no clause {cells[0]}, or it is there twice"
        for test in re.findall(r"`([^`]*)`", cells[-1]):
            if test not in known:
                yield f"{CONFORMANCE}:{line}: there is no test '{test}'"
        if "`" not in cells[-1] and not cells[-1].startswith("not tested: "):
            yield f"{CONFORMANCE}:{line}: {cells[0]} names no test, and does not say why"
    yield from (f"{CONFORMANCE}:1: {name} is missing" for name in left)


def main():
    rules = {name[5:]: rule for name, rule in globals().items() if name.startswith("rule_")}
    failed = 0
    for name in sys.argv[1:] or rules:
        faults = list(rules[name]())
        failed += bool(faults)
        said = [f"FAIL interface-{name}: {fault}" for fault in faults]
        print("\n".join(said or [f"ok interface-{name}"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
