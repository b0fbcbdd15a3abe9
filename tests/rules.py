# SPDX-License-Identifier: BSD-2-Clause
"""The project's own rules for source files: rules.py [NAME...] | rules.py sloc FOLDER...

Prints "ok NAME" or "FAIL NAME: FILE:LINE: WHY" per rule and ends with status 1 if one fails; or the
source lines of what was compiled in a folder of objects.
"""
import glob
import os
import re
import subprocess
import sys

ARCHITECTURES = ("aarch64", "riscv64")
LINE_LENGTH = 100
FILE_LINES = 600

# Which folders a file may include from, by its own folder; the longest match counts; "=" stands for
# the file's own folder. ARCHITECTURE.md says why.
MAY_INCLUDE = {
    "abi": ["abi"],
    "lib": ["lib"],
    # arch_*.h are the parts of the contract that each architecture's folder supplies.
    "arch/include": ["abi", "arch/include", "arch_types.h", "arch_inline.h", "hyp/core/mmio.h"],
    "arch": ["abi", "lib", "arch/include", "arch_types.h", "arch_inline.h", "=", "hyp/core",
             "hyp/trace", "drivers"],
    "drivers": ["abi", "lib", "arch/include", "drivers"],
    "hyp/trace": ["abi", "lib", "arch/include", "=", "hyp/core/console.h",
                  "hyp/core/extent.h"],
    "hyp/sched": ["abi", "lib", "arch/include", "=", "hyp/trace"],
    # A VM's record holds its emulated UART, so the core knows that interface and no model of it.
    "hyp/core": ["abi", "lib", "arch/include", "=", "hyp/sched", "hyp/trace", "hyp/devices/uart.h",
                 "drivers/uart.h",
                 # hyp.c tells the host tool how large these records are.
                 "hyp/comm/network.h", "hyp/comm/region.h", "hyp/comm/virtio.h"],
    "hyp/comm": ["abi", "lib", "arch/include", "=", "hyp/core", "hyp/sched", "hyp/trace"],
    "hyp/devices": ["abi", "lib", "arch/include", "=", "hyp/core", "hyp/sched", "hyp/trace"],
    "guest/lib": ["abi", "lib", "guest/lib"],
    "guest/realtime": ["abi", "lib", "guest/lib", "guest/realtime"],
    "guest": ["abi", "lib", "guest/lib", "guest/realtime", "="],
    # The tool makes the hypervisor's own admission test, which is pure.
    "tools": ["abi", "lib", "tools", "arch/aarch64/layout.h", "arch/riscv64/layout.h", "hyp/sched"],
}

PORTABLE = ("abi/", "lib/", "hyp/", "arch/include/")
ROOMS = ("abi", "arch", "boards", "drivers", "examples", "guest", "hyp", "lib", "make", "tests",
         "tools")


def files(*endings):
    found = []
    for room in ROOMS:
        for folder, _, names in os.walk(room):
            found += [os.path.join(folder, name) for name in names if name.endswith(endings)]
    return sorted(found)


def lines_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().split("\n")


def room_of(path):
    folder = os.path.dirname(path)
    while folder and folder not in MAY_INCLUDE:
        folder = os.path.dirname(folder)
    return folder


def own_folder(path):
    """The folder of a file; of a guest's file that of the whole guest, for all architectures."""
    match = re.match(r"guest/demos/[^/]+", path)
    return match.group() if match else os.path.dirname(path)


def includes(path):
    """Line number and name of each #include of a file of ours, found as the compiler finds it."""
    own = own_folder(path)
    folders = [os.path.dirname(path), own] + [f"{own}/{arch}" for arch in ARCHITECTURES]
    for number, line in enumerate(lines_of(path), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            places = [os.path.normpath(os.path.join(folder, match.group(1))) for folder in folders]
            yield number, next(filter(os.path.exists, places), match.group(1))


def rule_includes():
    for path in files(".c", ".h", ".S"):
        room = room_of(path)
        if not room:
            continue
        own = own_folder(path)
        allowed = [own if entry == "=" else entry for entry in MAY_INCLUDE[room]]
        for number, name in includes(path):
            if not any(name == entry or name.startswith(entry + "/") for entry in allowed):
                yield f"{path}:{number}: {room}/ may not include {name}"


def without_comments(text):
    """The text with each comment replaced by its line ends."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda match: "\n" * match.group().count("\n"), text,
                  flags=re.DOTALL)


def rule_architecture():
    """
    No architecture's name in what all architectures share. Comments of abi/ and of the contract may
    explain what each of them has for a thing.
    """
    names = re.compile(r"aarch64|arm64|armv\d|\barm\b|risc-?v|\brv64", re.IGNORECASE)
    for path in files(".c", ".h"):
        if not path.startswith(PORTABLE):
            continue
        text = "\n".join(lines_of(path))
        if path.startswith(("abi/", "arch/include/")):
            text = without_comments(text)
        for number, line in enumerate(text.split("\n"), 1):
            if names.search(line):
                yield f"{path}:{number}: an architecture's name"


DECLARATION = re.compile(r"(?!typedef\b)[A-Za-z_][\w *]*[ *](\w+)\(")


def functions_and_uses():
    """
    Of each function that a header declares: the headers, the files that define it, and the files
    that name it otherwise. The project's format tells which is which: what declares or defines a
    function begins in the first column, and nothing else does.
    """
    texts = {path: without_comments("\n".join(lines_of(path)))
             for path in files(".c", ".h", ".S", ".ld", ".mk", ".py")}
    declared, defined, used = {}, {}, {}
    for path, text in texts.items():
        for line in text.split("\n") if path.endswith(".h") else ():
            match = DECLARATION.match(line)
            if match:
                declared.setdefault(match.group(1), path)
    for path, text in texts.items():
        for line in text.split("\n"):
            match = DECLARATION.match(line) if path.endswith((".c", ".h")) else None
            own = match.group(1) if match else None
            if own:
                defined.setdefault(own, set()).add(path)
            for word in set(re.findall(r"[A-Za-z_]\w*", line)) & declared.keys() - {own}:
                used.setdefault(word, set()).add(path)
    return declared, defined, used


def rule_unused():
    """What a header declares is used by somebody else than the file that it is about."""
    declared, defined, used = functions_and_uses()
    for name, header in sorted(declared.items()):
        own = {path for path in defined.get(name, ()) if path.endswith(".c")}
        if not used.get(name, set()) - own:
            yield f"{header}:1: nobody but its own file uses {name}"


def rule_spdx():
    kinds = (".c", ".h", ".S", ".ld", ".mk", ".py", ".sh")
    for path in files(*kinds) + ["Makefile", ".ci/run", "tools/initramfs/init"]:
        if os.path.exists(path):
            first = lines_of(path)[:2]
            if not any("SPDX-License-Identifier: BSD-2-Clause" in line for line in first):
                yield f"{path}:1: no SPDX line"


def width(line):
    return len(line.expandtabs(8))


def rule_lines():
    for path in files(".c", ".h", ".S", ".ld", ".mk", ".py", ".sh", ".yaml") + ["Makefile"]:
        if path.startswith("tests/config/"):
            continue
        text = lines_of(path)
        if len(text) > FILE_LINES and path.endswith((".c", ".h", ".S", ".py", ".sh")):
            yield f"{path}:{len(text)}: more than {FILE_LINES} lines"
        for number, line in enumerate(text, 1):
            if width(line) > LINE_LENGTH and not path.endswith(".yaml"):
                yield f"{path}:{number}: longer than {LINE_LENGTH} columns"
            if line != line.rstrip():
                yield f"{path}:{number}: blanks at the end"


def freestanding(arch, base):
    return ["clang", f"--target={arch}-none-elf", *base, "-ffreestanding", "-Iarch/include",
            f"-Iarch/{arch}", f"-Iguest/lib/{arch}"]


def header_command(path):
    base = ["-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I."]
    if path.startswith(("tools/", "tests/", "arch/fake/")):
        return ["gcc", *base, "-Iarch/include", "-Iarch/fake"]
    own = [f"-I{own_folder(path)}"] if path.startswith("guest/demos/") else []
    for arch in ARCHITECTURES:
        if f"/{arch}/" in path:
            return freestanding(arch, base + own)
    return freestanding("aarch64", base + own + [f"{name}/aarch64" for name in own])


def rule_headers():
    """Each header compiles alone."""
    for path in files(".h"):
        command = header_command(path) + ["-x", "c", "-"]
        source = f'#include "{path}"\n'
        result = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
        if result.returncode:
            yield f"{path}:1: does not compile alone: {result.stderr.splitlines()[1:2]}"


def without_comment(match):
    text = match.group()
    return text if text[0] in "\"'" else "\n" * text.count("\n")


def compiled(*folders):
    """The project's files that the objects in folders were made of, from their .d files."""
    found = set()
    paths = [glob.glob(f"{folder}/**/*.d", recursive=True) for folder in folders]
    for path in sum(paths, []):
        names = " ".join(lines_of(path)).replace("\\ ", " ").replace(":", " ").split()
        found.update(os.path.relpath(name) for name in names if name.endswith((".c", ".h", ".S")))
    return sorted(name for name in found if os.path.exists(name))


def sloc(paths):
    """Source lines of C and assembly: neither blank nor only comment."""
    pieces = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.S)
    total = 0
    for path in paths:
        text = pieces.sub(without_comment, "\n".join(lines_of(path)))
        total += sum(1 for line in text.split("\n") if line.strip())
    return total


def main():
    if sys.argv[1:2] == ["sloc"]:
        print(sloc(compiled(*sys.argv[2:])))
        return 0
    rules = {name[5:]: rule for name, rule in globals().items() if name.startswith("rule_")}
    failed = 0
    for name in sys.argv[1:] or rules:
        faults = list(rules[name]())
        failed += bool(faults)
        print("\n".join([f"FAIL {name}: {fault}" for fault in faults] or [f"ok {name}"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
