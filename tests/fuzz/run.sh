#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Fuzzes a target of this folder with libFuzzer under ASan and UBSan: run.sh [TARGET] [SECONDS].
# TARGET: description (default) or files. An input that breaks it is left in build/fuzz/TARGET.
# Needs clang with its run-time library (Debian: libclang-rt-14-dev).
set -eu

target=${1:-description}
seconds=${2:-600}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/build/fuzz/$target
rm -rf "$work"
mkdir -p "$work/corpus" "$work/seeds"

cd "$root"
# shellcheck disable=SC2046 # file names without blanks
clang -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=fuzzer,address,undefined \
	-fno-sanitize-recover=undefined -I. "tests/fuzz/$target.c" \
	$(ls tools/*.c | grep -v '^tools/main.c$') hyp/sched/admission.c \
	-lyaml -lfdt -ljansson -o "$work/fuzz"

cp -r tests/config/boards "$work/"
mkdir -p "$work/boards/fuzz" "$work/build"
python3 tests/config/images.py "$work"
for board in test riscv riscv-plic; do
	dtc -q -@ -O dtb -o "$work/boards/$board/board.dtb" "tests/config/boards/$board/board.dts"
done

# Seeds: the rules' descriptions; for files one of each kind behind its number.
seed() { # KIND FILE...
	kind=$1
	shift
	for file in "$@"; do
		{ printf "\\00$kind" && cat "$file"; } > "$work/seeds/$kind-$(basename "$file")"
	done
}
if [ "$target" = files ]; then
	seed 0 "$work"/kernel "$work"/kernel-[!2]*
	seed 1 "$work"/*.elf
	seed 2 "$work"/raw
	seed 3 "$work/boards/test/board.dtb"
	seed 4 tests/config/boards/*/board.yaml
	seed 5 "$work/boards/riscv/board.dtb"
	seed 6 "$work/boards/riscv-plic/board.dtb"
else
	cp tests/config/*.yaml tests/fuzz/corpus/* "$work/seeds/"
fi

cd "$work"
exec ./fuzz -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -max_len=16384 \
	-close_fd_mask=3 -print_final_stats=1 -dict="$root/tests/fuzz/keys.dict" corpus seeds
