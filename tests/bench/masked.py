# SPDX-License-Identifier: BSD-2-Clause
"""The longest stretch that the hypervisor executes at once, seen from outside.

The hypervisor never unmasks interrupts: they are taken when it leaves for a guest (ERET, SRET) or
sleeps (WFI), or looks for them (arch_irq_poll). QEMU is told to translate one instruction at a time
and to log each one in the hypervisor's text; what a CPU executes from one such point to the next is
a stretch. What ends at the scheduler's decisions (DECISIONS), too, is what a release waits for.
"""
import bisect
import collections
import json
import os
import re
import subprocess
import threading

from harness import check

OBJDUMP = {"aarch64": "aarch64-linux-gnu-objdump", "riscv64": "riscv64-linux-gnu-objdump"}
LEAVES = re.compile(r"^\s*([0-9a-f]+):\s+[0-9a-f ]+\t(eret|sret|wfi)\b", re.M)
SYMBOL = re.compile(r"^([0-9a-f]+) <([^>]+)>:$", re.M)
# Functions that decide: shared_next does what is usual by itself.
DECISIONS = {"sched_pick", "shared_next"}
# What returns from a trap of the hypervisor's own to it.
OWN_TRAPS = {"own_trap"}
TRACE = re.compile(r"Trace (\d+): \S+ \[[0-9a-f]+/([0-9a-f]+)/")


class Text:
    """The hypervisor's text: its functions, and the addresses at which a stretch ends."""

    def __init__(self, elf, arch):
        listing = subprocess.run([OBJDUMP[arch], "-d", "-j", ".text", elf], check=True,
                                 capture_output=True, text=True).stdout
        symbols = [(int(address, 16), name) for address, name in SYMBOL.findall(listing)]
        self.addresses = [address for address, _ in symbols]
        self.names = [name for _, name in symbols]
        self.leaves = {int(address, 16) for address, _ in LEAVES.findall(listing)
                       if self.function(int(address, 16)) not in OWN_TRAPS}
        self.looks = {address for address, name in symbols if name == "arch_irq_poll"}
        self.decides = {address for address, name in symbols if name in DECISIONS}
        last = re.findall(r"^\s*([0-9a-f]+):\t", listing, re.M)[-1]
        self.first, self.last = self.addresses[0], int(last, 16)

    def function(self, address):
        return self.names[bisect.bisect_right(self.addresses, address) - 1]


class Longest:
    """The longest stretch of each kind: of each set of functions."""

    def __init__(self, text):
        self.text, self.kinds, self.count = text, {}, 0

    def add(self, stretch):
        self.count += 1
        functions = collections.Counter(map(self.text.function, stretch))
        key = frozenset(functions)
        if len(stretch) > self.kinds.get(key, (0,))[0]:
            self.kinds[key] = (len(stretch), functions)

    def ranking(self):
        """[{"instructions", "functions": in the order in which they were entered}]"""
        found = sorted(self.kinds.values(), key=lambda kind: -kind[0])
        return [{"instructions": length, "functions": dict(functions)}
                for length, functions in found]


class Stretches:
    """Follows the log: per CPU what it has executed since it looked, and since it decided."""

    def __init__(self, text):
        self.text, self.boot, self.started = text, 0, set()
        self.masked, self.undecided = Longest(text), Longest(text)
        self.now, self.since = collections.defaultdict(list), collections.defaultdict(int)

    def line(self, line):
        match = TRACE.match(line)
        if not match:
            return
        cpu, address = match[1], int(match[2], 16)
        if address in self.text.looks:
            self.end(cpu)
        elif address in self.text.decides:
            self.decided(cpu)
        self.now[cpu].append(address)
        if address in self.text.leaves:
            self.end(cpu)
            self.started.add(cpu)

    def decided(self, cpu):
        if cpu in self.started:
            self.undecided.add(self.now[cpu][self.since[cpu]:])
        self.since[cpu] = len(self.now[cpu])

    def end(self, cpu):
        """A CPU's first stretch is from power-on to its first guest: nobody waits yet."""
        self.decided(cpu)
        stretch, self.since[cpu] = self.now.pop(cpu, []), 0
        if cpu in self.started:
            self.masked.add(stretch)
        else:
            self.boot = max(self.boot, len(stretch))


def command_of(image, log, text):
    with open(image + ".json", encoding="utf-8") as file:
        machine = json.load(file)
    qemu = machine["qemu"]
    return [qemu["binary"], "-machine", qemu["machine"], "-cpu", qemu["cpu"], "-smp",
            str(machine["cpus"]), "-m", f"{qemu['memory'] // 1024}k", "-icount",
            "shift=0,sleep=off", "-accel", "tcg,one-insn-per-tb=on", "-d", "exec,nochain",
            "-dfilter", f"{text.first:#x}..{text.last:#x}", "-D", f"/dev/fd/{log}", "-display",
            "none",
            "-serial", "stdio", "-nic", "none", "-no-reboot", "-kernel", image + ".elf"]


def follow(image, text, until, seconds):
    """Runs an image until what it prints matches all of `until`; returns its Stretches."""
    log, log_end = os.pipe()
    command = ["timeout", "-k", "5", str(seconds), *command_of(image, log_end, text)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, pass_fds=(log_end,))
    os.close(log_end)
    missing = [re.compile(pattern) for pattern in until]

    def listen():
        for line in process.stdout:
            said = line.decode(errors="replace")
            missing[:] = [pattern for pattern in missing if not pattern.search(said)]
            if not missing:
                process.terminate()  # the time-out's; it ends QEMU

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    stretches = Stretches(text)
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            stretches.line(line)
    process.wait()
    listener.join(5)
    check(not missing, "not seen: " + ", ".join(pattern.pattern for pattern in missing))
    return stretches


def figures(image, hypervisor, bench, until, seconds=900):
    """Of both kinds, each with the path that it was and with those that follow."""
    stretches = follow(image, Text(hypervisor, bench.arch), until, seconds)
    return [{"guest": kind.ranking()[0]["instructions"], "native": None, "boot": stretches.boot,
             "stretches": kind.count, "longest": kind.ranking()[:20]}
            for kind in (stretches.masked, stretches.undecided)]


def words(figure):
    """The path of the longest, its functions with the most instructions first."""
    functions = figure["longest"][0]["functions"]
    first = sorted(functions, key=lambda name: -functions[name])[:6]
    return ", ".join(f"{name} {functions[name]}" for name in first)
