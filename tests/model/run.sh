#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks the model of interrupts by upcall with Spin, in the Test Anything Protocol: the protocol
# holds, and each of its mutants is found out. Usage: run.sh BUILD_FOLDER.
set -u

model=$(cd "$(dirname "$0")" && pwd)/upcall.pml
mutants=10
work=$(mkdir -p "$1/model" && cd "$1/model" && pwd) && cd "$work" || exit 1
number=0
failed=0

# check NAME EXPECTED_ERRORS RUN_OPTIONS MODEL_OPTIONS: makes the checker and runs it.
check() {
	number=$((number + 1))
	rm -f pan ./*.trail
	spin -a $4 "$model" >log 2>&1 && gcc -O1 -w -DCOLLAPSE $4 $5 -o pan pan.c >>log 2>&1 &&
		timeout 60 ./pan -m1000000 $3 >>log 2>&1
	# A search that was cut short proves nothing.
	if ! grep -q "errors: $2\$" log || grep -q 'max search depth too small' log; then
		echo "not ok $number - $1"
		sed 's/^/# /' log
		failed=1
		return
	fi
	echo "ok $number - $1"
}

command -v spin >/dev/null || {
	echo 'the model checker is not installed: run `make setup` (Debian package spin)'
	exit 1
}
echo "1..$((mutants + 2))"
check 'no upcall is wrong, whatever else exits' 0 '' -DSAFETY -DNOCLAIM
check 'every interrupt is handled' 0 '-a -f' '' ''
for mutant in $(seq $mutants); do
	check "mutant $mutant is found out" 1 '-a -f' "-DMUTANT=$mutant" ''
done
exit $failed
