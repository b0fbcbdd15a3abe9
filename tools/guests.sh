#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Downloads the guests that run unmodified, as Debian packages that are unpacked and never
# installed. Usage: guests.sh FOLDER. Needs no root.
# Makes in FOLDER/aarch64, each as it is in its package:
#   vmlinuz  config  busybox  u-boot.bin  and their SHA256SUMS
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt.sh"

suite=bookworm # of the guests, whatever the machine runs
mkdir -p "$1"
guests=$(cd "$1" && pwd)

# use_architecture ARCH: apt and its lists for that Debian architecture.
use_architecture() {
	apt_private "$guests/apt/$1" $suite
	: > "$guests/apt/$1/status"
	apt_options="$apt_options -o APT::Architecture=$1 -o APT::Architectures::=$1
		-o Dir::State::status=$guests/apt/$1/status"
	apt-get $apt_options update -o APT::Update::Error-Mode=any
}

# kernel_package METAPACKAGE: prints the newest kernel that the metapackage depends on.
kernel_package() {
	apt-cache $apt_options show "$1" |
		sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p' | sort -V | tail -1
}

# unpack PACKAGE: downloads it, checks its files' sums, and leaves its content in unpacked/PACKAGE.
unpack() {
	rm -rf "$guests/unpacked/$1"
	mkdir -p "$guests/packages" "$guests/unpacked/$1"
	rm -f "$guests/packages/$1"_*.deb
	(cd "$guests/packages" && apt-get $apt_options download "$1")
	dpkg-deb -x "$guests/packages/$1"_*.deb "$guests/unpacked/$1"
	dpkg-deb -e "$guests/packages/$1"_*.deb "$guests/unpacked/$1/DEBIAN"
	(cd "$guests/unpacked/$1" && md5sum --quiet -c DEBIAN/md5sums)
}

aarch64_guests() {
	use_architecture arm64
	kernel=$(kernel_package linux-image-arm64)
	[ -n "$kernel" ] || fail "$suite has no kernel behind linux-image-arm64"
	out=$guests/aarch64
	mkdir -p "$out"
	unpack "$kernel"
	unpack busybox-static
	unpack u-boot-qemu
	cp "$guests/unpacked/$kernel/boot/vmlinuz"-* "$out/vmlinuz"
	cp "$guests/unpacked/$kernel/boot/config"-* "$out/config"
	cp "$guests/unpacked/u-boot-qemu/usr/lib/u-boot/qemu_arm64/u-boot.bin" "$out/u-boot.bin"
	cp "$guests/unpacked/busybox-static/bin/busybox" "$out/busybox"
	(cd "$out" && sha256sum vmlinuz config busybox u-boot.bin > SHA256SUMS)
	say "$kernel" > "$out/vmlinuz.package"
}

aarch64_guests
say "guests: $(cat "$guests/aarch64/vmlinuz.package"), busybox and U-Boot are in $1/aarch64"
