# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests share: describing a system, building its image, running it on QEMU."""
import glob
import json
import os
import re
import signal
import subprocess
import threading
import time

# The board of each architecture, one whose interrupts are injected, and what else differs.
BOARDS = {"aarch64": "qemu-virt-aarch64", "riscv64": "qemu-virt-riscv64"}
INJECTING = {"riscv64": "qemu-virt-riscv64-plic"}
TTY = {"aarch64": "ttyAMA0", "riscv64": "ttyS0"}
RAM = {"aarch64": 0x40000000, "riscv64": 0x80000000}
ORDERLY, TIMED_OUT = 0, 3  # status of orlop run
STACK_MOST = 0.5  # of each stack of the hypervisor, whatever a test does


class Failure(Exception):
    """What the test saw is not what it wants."""


def check(condition, what):
    if not condition:
        raise Failure(what)


def alone(function):
    """Marks a test that must not share the host with another one."""
    function.alone = True
    return function


def only(*architectures):
    """Marks a test that is about what not all architectures have."""
    def mark(function):
        function.architectures = architectures
        return function
    return mark


class Bench:
    """One test's folder, machines and images."""

    def __init__(self, build, arch, folder, tool=None):
        self.build_folder, self.arch, self.folder = build, arch, folder
        self.kind = ""  # "-clang": what that compiler built
        # By default the one with sanitizers, which also counts what is covered.
        self.orlop = tool or os.path.join(build, "check", "orlop")
        self.machines = []
        os.makedirs(folder, exist_ok=True)

    def guest(self, name):
        """Path of one of our bare-metal guests."""
        return os.path.abspath(f"{self.build_folder}/{self.arch}{self.kind}/guests/{name}.elf")

    def hypervisor(self, extent=""):
        """Path of a hypervisor: "", "-comm", "-shared" or "-shared-comm"."""
        return os.path.abspath(f"{self.build_folder}/{self.arch}{self.kind}/hyp{extent}.elf")

    def package(self, name):
        """Path of what came from a Debian package."""
        return os.path.abspath(f"{self.build_folder}/guests/{self.arch}/{name}")

    def linux(self, job, cpus=(0,), memory="128M", **more):
        """Description of a VM with Debian's kernel and our initramfs, which does that job."""
        quiet = more.pop("kernel", "quiet")
        return {"os": "linux",
                "image": {"kernel": self.package("vmlinuz"),
                          "initrd": self.package("initramfs.cpio.gz"),
                          "bootargs": f"console={TTY[self.arch]} {quiet} orlop.run={job}"},
                "memory": memory, "vcpus": [{"cpu": cpu} for cpu in cpus], **more}

    def bare(self, name, cpus=(0,), memory="1M", **more):
        """Description of a VM with one of our guests."""
        return {"os": "bare", "image": self.guest(name), "memory": memory,
                "vcpus": [{"cpu": cpu} for cpu in cpus], **more}

    def tool(self, *arguments, timeout=60):
        """Runs orlop; returns (status, output, and after a failure its messages too)."""
        done = subprocess.run([self.orlop, *arguments], stdin=subprocess.DEVNULL, timeout=timeout,
                              capture_output=True, text=True, errors="replace", check=False,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        return done.returncode, done.stdout + (done.stderr if done.returncode else "")

    def board(self, vms):
        """The board for these VMs: on RISC-V it is the board that decides on their interrupts."""
        routes = {vm.get("interrupts", {}).get("route") for vm in vms.values()}
        if "injected" in routes and self.arch in INJECTING:
            for vm in vms.values():
                vm.pop("interrupts", None)
            return INJECTING[self.arch]
        return BOARDS[self.arch]

    def image(self, name, vms, board=None, boards=None, hyp=None, **more):
        """Describes a system (JSON is YAML), builds its image and returns its path."""
        board = board or self.board(vms)
        description = os.path.join(self.folder, f"{name}.yaml")
        path = os.path.join(self.folder, name)
        with open(description, "w", encoding="utf-8") as file:
            json.dump({"board": board, **more, "vms": vms}, file, indent=2)
        options = (["--boards", boards] if boards else []) + (["--hyp", hyp] if hyp else [])
        status, output = self.tool("build", description, "-o", path, *options)
        check(status == 0, f"orlop build {description} ended with {status}:\n{output}")
        return path

    def run(self, image, *options, timeout=60, qemu=()):
        """Starts an image (or a description's path); returns the Machine."""
        name = re.sub(r"[^\w]", "-", os.path.basename(self.folder))[-40:] + f"-{len(self.machines)}"
        machine = Machine(self, image, name, options, timeout, qemu)
        self.machines.append(machine)
        return machine

    def close(self):
        for machine in self.machines:
            machine.kill()

    def remove_images(self):
        for path in glob.glob(os.path.join(self.folder, "*.elf")) + \
                glob.glob(os.path.join(self.folder, "*.img")):
            os.unlink(path)


class Machine:
    """A running image: what it says, what it is told, what the hypervisor counts."""

    def __init__(self, bench, image, name, options, timeout, qemu):
        self.bench, self.name, self.text, self.seen = bench, name, "", 0
        self.timeout = timeout
        self.log = os.path.join(bench.folder, f"{name}.log")
        self.stats_file = os.path.join(bench.folder, f"{name}.json")
        if os.path.exists(self.stats_file):
            os.unlink(self.stats_file)
        command = [bench.orlop, "run", "--name", name, "--timeout", str(timeout), "--stats",
                   self.stats_file, *options, image]
        self.process = subprocess.Popen(command + (["--", *qemu] if qemu else []),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, bufsize=0,
                                        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with open(self.log, "wb") as log:
            while True:
                data = self.process.stdout.read(4096)
                with self.changed:
                    if not data:
                        self.changed.notify_all()
                        return
                    log.write(data)
                    log.flush()
                    self.text += data.decode(errors="replace").replace("\r", "")
                    self.changed.notify_all()

    def expect(self, pattern, seconds=None):
        """
        Waits until the pattern appears after what was expected before, by default for as long as
        the machine may run; returns the match. One with groups that reaches to the end of what has
        come may have been cut there, as text comes in pieces: it waits for more.
        """
        deadline = time.monotonic() + (seconds or self.timeout)
        compiled = re.compile(pattern, re.M)
        # What was searched in vain need not be searched again, but for the line that has no end
        # yet; unless the pattern goes over several lines.
        one_line = not re.search(r"\(\?s|\\s|\[\^|\\n.", pattern)
        begin = self.seen
        with self.changed:
            while True:
                match = compiled.search(self.text, begin)
                if match and compiled.groups and match.end() == len(self.text):
                    self.changed.wait(1)
                    match = compiled.search(self.text, begin)
                if match:
                    self.seen = match.end()
                    return match
                left = deadline - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    last = "\n".join(self.text.rstrip().split("\n")[-15:])
                    why = "within the time" if left <= 0 else "before the end"
                    raise Failure(f"'{pattern}' did not appear {why}; last:\n{last}")
                if one_line:
                    begin = max(begin, self.text.rfind("\n") + 1)
                self.changed.wait(min(left, 1))

    def send(self, text):
        self.process.stdin.write(text.encode())

    def stats(self):
        """The counters as they are now."""
        status, output = self.bench.tool("stats", "--json", self.name)
        check(status == 0, f"orlop stats ended with {status}:\n{output}")
        return json.loads(output)

    def final_stats(self):
        """The counters at the end; after finish()."""
        with open(self.stats_file, encoding="utf-8") as file:
            return json.load(file)

    def finish(self, status=ORDERLY, seconds=None):
        """Waits for the end and checks its status."""
        seconds = seconds or self.timeout + 30
        try:
            ended = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            last = self.text[-1500:]
            raise Failure(f"it did not end within {seconds} s; last:\n{last}") from None
        self.reader.join(10)
        check(ended == status, f"it ended with status {ended}, not {status}:\n{self.text[-1500:]}")
        check_stacks(self.final_stats())

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def check_stacks(stats):
    """However deep the calls of this run went, there is room left."""
    for stack in stats["stacks"]:
        check(0 < stack["used"] <= STACK_MOST * stack["bytes"], f"stacks: {stats['stacks']}")


def exits(stats, vm, cause=None):
    """Exits of all vCPUs of a VM, of one cause or in all."""
    vcpus = stats["vms"][vm]["vcpus"]
    return sum(vcpu["exits"][cause] if cause else vcpu["total"] for vcpu in vcpus)
