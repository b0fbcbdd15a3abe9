#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Format, static analysis, the project's own rules and size: lint.sh [BUILD_FOLDER].
# Prints a line "ok NAME" or "FAIL NAME: ..." per check; ends with status 1 if one failed.
set -u

build=${1:-build}
out=$build/lint
mkdir -p "$out"
failed=0

sources() {
	find abi hyp arch drivers lib guest tools tests -name "$1" -o -name "$2" | sort
}

# report NAME STATUS FILE: one line, and what the check had to say if it failed.
report() {
	if [ "$2" = 0 ]; then
		echo "ok $1"
	else
		echo "FAIL $1: see $3"
		head -20 "$3"
		failed=1
	fi
}

# Another clang-format than 14 sets some lines otherwise.
if clang-format --version | grep -q 'version 14\.'; then
	clang-format --dry-run -Werror $(sources '*.c' '*.h') > "$out/format.txt" 2>&1
	report format $? "$out/format.txt"
else
	echo "note: the format is checked with clang-format 14 only, which is not what is installed"
fi

# Not asked: whether what the linker script defines is one object, how deep it looks, and what it
# cannot parse (compilers judge that: newer versions stumble over register variables).
not_asked='--suppress=missingInclude --suppress=comparePointers --suppress=syntaxError
	--suppress=normalCheckLevelMaxBranches'

# analyse NAME FOLDER...: cppcheck of files that see the same headers.
analyse() {
	name=$1
	shift
	cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
		--inline-suppr $not_asked --error-exitcode=1 -j 2 -I. -Iarch/include \
		"$@" > "$out/cppcheck-$name.txt" 2>&1
	report "cppcheck-$name" $? "$out/cppcheck-$name.txt"
}
analyse hypervisor -Iarch/aarch64 hyp lib drivers arch/aarch64
analyse riscv64 -Iarch/riscv64 arch/riscv64
analyse guests --suppress=unknownMacro guest
analyse tools -D_GNU_SOURCE tools

# For information: what MISRA C:2012 would say of the hypervisor, by rule.
cppcheck --quiet --std=c11 --language=c --enable=style --addon=misra $not_asked -I. \
	-D__ATOMIC_RELAXED=0 -D__ATOMIC_ACQUIRE=2 -D__ATOMIC_RELEASE=3 -D__ATOMIC_ACQ_REL=4 \
	-D__ATOMIC_SEQ_CST=5 -Iarch/include -Iarch/aarch64 -j 2 hyp lib drivers arch/aarch64 \
	> "$out/misra.txt" 2>&1
grep -o 'misra-c2012-[0-9.]*' "$out/misra.txt" | sort -V | uniq -c > "$out/misra-rules.txt"
echo "note: MISRA addon: $(grep -c 'misra-c2012' "$out/misra.txt") remarks of" \
	"$(wc -l < "$out/misra-rules.txt") rules, for information, in $out/misra.txt"

python3 tests/rules.py || failed=1
python3 tests/interface.py || failed=1

echo "note: source lines of the hypervisor for aarch64, as it was built:" \
	"$(python3 tests/rules.py sloc "$build/aarch64/hyp") in the smallest," \
	"$(python3 tests/rules.py sloc "$build"/aarch64/hyp*/) in all"
exit $failed
