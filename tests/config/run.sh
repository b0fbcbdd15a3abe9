#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Checks every description in this folder: its messages have to be those in NAME.expected, and only
# good-* and warn-* may pass. One line per case, "ok NAME" or "FAIL NAME", then the count of failures.
#   ORLOP=TOOL sh tests/config/run.sh [--accept]    --accept writes the .expected files anew
set -u

here=$(cd "$(dirname "$0")" && pwd)
tool=$(realpath "${ORLOP:-build/orlop}")
[ -x "$tool" ] || { echo "FAIL config: there is no ${ORLOP:-build/orlop}" && exit 1; }
document=$(realpath "$here/../../docs/description.md")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0}:exitcode=99" # apart from the tool's own 1

verdict() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		echo "ok $1"
	else
		echo "FAIL $1"
		failed=$((failed + 1))
	fi
}

prepare() {
	cp -r "$here/." "$work" && cd "$work" || exit 1
	mkdir build # where the tool keeps what QEMU says
	python3 images.py . || exit 1
	for source in boards/*/board.dts; do
		dtc -q -@ -I dts -O dtb -o "${source%.dts}.dtb" "$source" || exit 1
	done
}

# Messages and exit status of one description.
check() { # NAME
	"$tool" check "$1.yaml" --boards boards > "$1.out" 2> "$1.actual"
	status=$?
	case $1 in good-* | warn-*) wanted=0 ;; *) wanted=1 ;; esac
	if [ $status -ne $wanted ]; then
		echo "# exit status $status instead of $wanted"
		cat "$1.actual"
		return 1
	fi
	[ -e "$1.expected" ] || : > "$1.expected"
	diff -u "$1.expected" "$1.actual"
}

accept() { # NAME
	"$tool" check "$1.yaml" --boards boards > /dev/null 2> "$1.actual"
	rm -f "$here/$1.expected"
	[ -s "$1.actual" ] && cp "$1.actual" "$here/$1.expected"
}

prepare
for file in *.yaml; do
	name=${file%.yaml}
	if [ "${1:-}" = --accept ]; then
		accept "$name"
	else
		check "$name"
		verdict "$name" $?
	fi
done
[ "${1:-}" = --accept ] && exit 0

# What QEMU said is asked for once.
rm boards/test/board.dtb # from which fake-qemu would answer again
check good-board-from-qemu
verdict qemu-tree-is-kept $?

"$tool" check absent.yaml > /dev/null 2> absent.actual
[ $? -eq 1 ] && diff -u - absent.actual << 'EXPECTED'
orlop: error: the description, absent.yaml, cannot be read: No such file or directory
    to mend: check the path, which is relative to the file that names it
EXPECTED
verdict description-absent $?

# What fuzzing found worth keeping: whatever is said of it, the tool ends in order.
survive() {
	for input in "$here"/../fuzz/corpus/*; do
		cp "$input" fuzz.yaml
		"$tool" check fuzz.yaml --boards boards > fuzz.actual 2>&1
		[ $? -le 1 ] || { echo "# $input" && cat fuzz.actual && return 1; }
	done
}
survive
verdict fuzz-corpus $?

# What the command line itself has to say.
usage() { # STATUS ARGUMENT...
	wanted=$1
	shift
	"$tool" "$@" > usage.out 2>&1
	[ $? -eq "$wanted" ] && grep -q '^usage: orlop' usage.out
}
usage 2 && usage 2 nonsense && usage 0 help && usage 0 --help && usage 2 schema more
verdict usage $?

"$tool" schema | diff -u "$document" -
verdict schema-is-documented $?

echo "# $failed failed"
[ $failed -eq 0 ]
