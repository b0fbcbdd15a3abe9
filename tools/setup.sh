#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs the Debian packages that building, running and testing need and that are missing, and
# says first which. Usage: setup.sh BUILD_FOLDER. On Debian 12, QEMU comes from the release's own
# backports suite, because the figures are taken on QEMU 10; the release's QEMU 7.2 is the fallback.
set -eu

. "$(dirname "$0")/apt.sh"

build=$(mkdir -p "$1" && cd "$1" && pwd)

packages='gcc libc6-dev binutils make gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu
	gcc-riscv64-linux-gnu binutils-riscv64-linux-gnu
	clang lld llvm libclang-rt-dev clang-tidy clang-format cppcheck gcovr
	libyaml-dev libfdt-dev libjansson-dev libcmocka-dev device-tree-compiler python3 spin'
# On Debian 12 the emulator of RISC-V comes with qemu-system-misc; opensbi is its firmware.
qemu='qemu-system-arm qemu-system-misc opensbi'
qemu_wanted=10

# Prints the names among its arguments that are not installed.
missing() {
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' ||
			printf '%s ' "$package"
	done
}

# Major version of the installed QEMU, or 0 if not all of it is there.
qemu_major() {
	version=0
	[ -n "$(missing $qemu)" ] || version=$(dpkg-query -W -f '${Version}' ${qemu%% *})
	version=${version#*:}
	printf '%s' "${version%%[!0-9]*}"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

install() {
	as_root apt-get $apt_options install -y --no-install-recommends "$@"
}

install_missing() {
	apt_options=-q
	as_root apt-get -q update ||
		say 'setup: note: apt-get update failed; trying with what it knows'
	install $1
}

# Debian 12's own QEMU is too old; its backports suite has a newer one.
install_qemu_backport() {
	release=$(apt_release)
	apt_private "$build/apt/backports" "$release" "$release-updates" "$release-backports" ||
		return 1
	as_root apt-get $apt_options update -o APT::Update::Error-Mode=any || return 1
	install -t "$release-backports" $qemu
}

install_qemu() {
	if [ "$(apt_release)" = bookworm ] && ! install_qemu_backport; then
		say
		say "setup: NOTE: the backports suite could not be reached, so QEMU 7.2 serves" \
			"instead of QEMU $qemu_wanted."
		say "setup: NOTE: everything on AArch64 runs with it, and figures can differ;" \
			"RISC-V needs QEMU $qemu_wanted."
		say
	fi
	[ -z "$(missing $qemu)" ] || install_missing "$qemu"
}

command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
	fail "this is not a Debian system. To mend: install what corresponds to" $packages $qemu \
		"yourself, then: touch $build/setup.stamp"

lacking=$(missing $packages)
qemu_old=
[ "$(qemu_major)" -ge $qemu_wanted ] || qemu_old=$qemu
[ -n "$lacking$qemu_old" ] || exit 0

say "Set-up: these Debian packages are missing or too old and will be installed now:"
say "  $lacking$qemu_old"
[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
	fail "neither root nor sudo. To mend: as root, apt-get install" $lacking $qemu_old

[ -z "$lacking" ] || install_missing "$lacking"
[ -z "$qemu_old" ] || install_qemu
