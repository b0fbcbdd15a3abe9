# SPDX-License-Identifier: BSD-2-Clause
"""Runs the tests: run.py [--build FOLDER] [--arch ARCH,...] [--keep] [SUITE[:WORD]...]

Suites, in this order: build lint unit config system coverage; all of them by default. SUITE:WORD
runs only the tests whose name contains WORD, or one of several such. One line per test; the last
line is "N passed, N failed". The images of tests that passed are removed, unless with --keep: all
of them would take gigabytes.
"""
import argparse
import collections
import concurrent.futures
import glob
import importlib.util
import itertools
import os
import re
import subprocess
import sys
import time
import traceback

sys.dont_write_bytecode = True

COVERAGE_LEAST = 85.0  # per cent of the lines of hyp/ and of tools/
JOBS = 2


class Suite:
    """Collects results, prints one line for each."""

    def __init__(self, args):
        self.build, self.keep, self.passed, self.failed = args.build, args.keep, 0, 0
        self.architectures = args.arch.split(",")
        self.logs = os.path.join(args.build, "tests")
        os.makedirs(self.logs, exist_ok=True)

    def result(self, name, good, seconds=None, detail=""):
        self.passed += good
        self.failed += not good
        took = f" ({seconds:.1f} s)" if seconds is not None else ""
        print(f"{'ok  ' if good else 'FAIL'} {name}{took}", flush=True)
        if detail and not good:
            print("    " + detail.strip().replace("\n", "\n    "), flush=True)

    def command(self, name, command, timeout, env=None):
        """Runs a command with its output in a log; returns (status, output, seconds)."""
        log = os.path.join(self.logs, name.replace("/", "-") + ".log")
        start = time.monotonic()
        with open(log, "wb") as file:
            try:
                status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file,
                                        stderr=subprocess.STDOUT, timeout=timeout, check=False,
                                        env={**os.environ, **(env or {})}).returncode
            except subprocess.TimeoutExpired:
                status = "time-out"
        with open(log, encoding="utf-8", errors="replace") as file:
            return status, file.read(), time.monotonic() - start


def chosen(name, words):
    return not words or any(word in name for word in words)


def tail(text, count=15):
    return "\n".join(text.rstrip().split("\n")[-count:])


def suite_build(suite, words):
    """Both compilers, without a warning: warnings are errors."""
    for arch, kind in itertools.product(suite.architectures, ("gcc", "clang")):
        name = f"build/{arch}-{kind}"
        if chosen(name, words):
            command = ["make", "--no-print-directory", f"BUILD={suite.build}", f"ARCH={arch}",
                       f"CC_KIND={kind}", "all"]
            status, output, seconds = suite.command(name, command, 600)
            warned = re.search(r"\bwarning:", output)
            suite.result(name, status == 0 and not warned, seconds, tail(output))


def suite_lint(suite, words):
    """Each line "ok NAME" or "FAIL NAME: WHY" of the script is a test."""
    status, output, _ = suite.command("lint", ["sh", "tests/lint.sh", suite.build], 600)
    failures = {}
    for line in output.split("\n"):
        match = re.match(r"(ok|FAIL) ([\w-]+)(.*)", line)
        if match:
            failures.setdefault(match.group(2), [])
            if match.group(1) == "FAIL":
                failures[match.group(2)].append(match.group(3).lstrip(": "))
        elif line.startswith("note:"):
            print("     " + line, flush=True)
    for name, faults in failures.items():
        if chosen(name, words):
            suite.result(f"lint/{name}", not faults, detail="\n".join(faults[:20]))
    if status not in (0, 1):
        suite.result("lint", False, detail=f"the script ended with {status}:\n{tail(output)}")


def suite_unit(suite, words):
    """Each program of build/check/unit, and the check of the models, prints its tests in the Test
    Anything Protocol."""
    env = {"CMOCKA_MESSAGE_OUTPUT": "TAP", "ASAN_OPTIONS": "detect_leaks=0"}
    programs = {os.path.basename(path): [path] for path in glob.glob(f"{suite.build}/check/unit/*")
                if os.access(path, os.X_OK)}
    programs["model_upcall"] = ["sh", "tests/model/run.sh", suite.build]
    for name, command in sorted(programs.items()):
        if not chosen(name, words):
            continue
        status, output, _ = suite.command(f"unit/{name}", command, 300, env)
        cases = re.findall(r"^(not ok|ok) \d+ -? ?(.*)$", output, re.M)
        for verdict, case in cases:
            suite.result(f"unit/{name}/{case}", verdict == "ok", detail=tail(output))
        planned = re.search(r"^1\.\.(\d+)", output, re.M)
        complete = planned and int(planned.group(1)) == len(cases)
        broken = any(verdict != "ok" for verdict, _ in cases)
        if not complete or (status != 0 and not broken):
            suite.result(f"unit/{name}", False, detail=f"ended with {status}:\n{tail(output, 40)}")


def suite_config(suite, words):
    """The rules of the description: lines "ok NAME" or "FAIL NAME..." of tests/config/run.sh."""
    env = {"ORLOP": os.path.abspath(f"{suite.build}/check/orlop"), "ASAN_OPTIONS": "detect_leaks=0"}
    status, output, _ = suite.command("config", ["sh", "tests/config/run.sh"], 600, env)
    cases = re.findall(r"^(ok|FAIL)\b:? +(\S+)(.*)$", output, re.M | re.I)
    for verdict, name, rest in cases:
        if chosen(name, words):
            suite.result(f"config/{name.rstrip(':')}", verdict.lower() == "ok", detail=rest)
    failed = any(verdict.lower() != "ok" for verdict, _, _ in cases)
    if not cases or (status != 0 and not failed):
        suite.result("config", False, detail=f"ended with {status}:\n{tail(output)}")


def system_tests(architectures):
    """Functions test_* of tests/system/test_*.py, as (name, architecture, function)."""
    sys.path.insert(0, "tests/system")
    for path in sorted(glob.glob("tests/system/test_*.py")):
        module_name = os.path.basename(path)[:-3]
        spec = importlib.util.spec_from_file_location(module_name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if not name.startswith("test_") or not callable(function):
                continue
            for arch in architectures:
                if arch in getattr(function, "architectures", architectures):
                    yield f"system/{arch}/{module_name[5:]}/{name[5:]}", arch, function


def run_system_test(suite, name, arch, function):
    """Returns (seconds, what went wrong or "")."""
    import harness  # of tests/system, whose folder system_tests() made known
    start = time.monotonic()
    bench = harness.Bench(suite.build, arch, os.path.join(suite.logs, name.replace("/", "-")))
    try:
        function(bench)
        detail = ""
    except harness.Failure as failure:
        detail = f"{failure}\n(log: {bench.folder})"
    except Exception:  # a fault of the test itself
        detail = traceback.format_exc()
    finally:
        bench.close()
    if not detail and not suite.keep:
        bench.remove_images()
    return time.monotonic() - start, detail


def suite_system(suite, words):
    """Real images on QEMU, two at a time; those that measure the host's time run alone, last."""
    if not os.path.exists(f"{suite.build}/check/orlop"):
        suite.result("system", False, detail=f"{suite.build}/check/orlop is missing: make unit")
        return
    tests = [test for test in system_tests(suite.architectures) if chosen(test[0], words)]
    together = [test for test in tests if not getattr(test[2], "alone", False)]
    alone = [test for test in tests if getattr(test[2], "alone", False)]
    for group, jobs in ((together, JOBS), (alone, 1)):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            waiting = {pool.submit(run_system_test, suite, *test): test[0] for test in group}
            for future in concurrent.futures.as_completed(waiting):
                seconds, detail = future.result()
                suite.result(waiting[future], not detail, seconds, detail)


def suite_coverage(suite, words):
    """What the unit tests and the rules reached; run after them."""
    for room in ("hyp", "tools"):
        command = ["gcovr", "--root", ".", "--filter", f"{room}/", "--txt",
                   f"{suite.logs}/coverage-{room}.txt", "--print-summary", f"{suite.build}/check"]
        status, output, _ = suite.command(f"coverage-{room}-run", command, 300)
        match = re.search(r"^lines: ([\d.]+)% \((\d+) out of (\d+)\)", output, re.M)
        percent = float(match.group(1)) if match else 0.0
        said = f"{percent:.1f} % of {match.group(3)} lines" if match else "no figure"
        suite.result(f"coverage/{room}: {said}", status == 0 and percent >= COVERAGE_LEAST,
                     detail=f"at least {COVERAGE_LEAST} % are wanted; by file in "
                     f"{suite.logs}/coverage-{room}.txt\n{'' if match else tail(output)}")


SUITES = {"build": suite_build, "lint": suite_lint, "unit": suite_unit, "config": suite_config,
          "system": suite_system, "coverage": suite_coverage}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--arch", default="aarch64,riscv64")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("suites", nargs="*", default=list(SUITES))
    args = parser.parse_args()
    wanted = collections.defaultdict(list)  # words of each suite, none: all of its tests
    for name, _, word in (suite.partition(":") for suite in args.suites):
        wanted[name] += [word] if word else []
    unknown = set(wanted) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(SUITES)}")
    suite = Suite(args)
    if {"unit", "config"} & set(wanted):  # coverage counts this run only
        for old in glob.glob(f"{args.build}/check/**/*.gcda", recursive=True):
            os.unlink(old)
    start = time.monotonic()
    for name, function in SUITES.items():
        if name in wanted:
            function(suite, wanted[name])
    print(f"after {time.monotonic() - start:.0f} s:")
    print(f"{suite.passed} passed, {suite.failed} failed")
    return 1 if suite.failed or not suite.passed else 0


if __name__ == "__main__":
    sys.exit(main())
