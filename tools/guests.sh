#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Downloads the guests that run unmodified, as Debian packages that are unpacked and never
# installed. Usage: guests.sh FOLDER ARCH. Needs no root.
# Makes in FOLDER/ARCH, each as it is in its package:
#   vmlinuz  config  busybox  u-boot.bin  modules/  and their SHA256SUMS
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt.sh"

# The guests' Debian: its name of the architecture, the release (whatever the machine runs), the
# kernel's metapackage, and U-Boot's name of the machine.
case ${2:-} in
aarch64) debian=arm64 suite=bookworm metapackage=linux-image-arm64 u_boot=qemu_arm64 ;;
riscv64) debian=riscv64 suite=trixie metapackage=linux-image-riscv64 u_boot=qemu-riscv64_smode ;;
*) fail 'usage: guests.sh FOLDER aarch64|riscv64' ;;
esac
mkdir -p "$1"
guests=$(cd "$1" && pwd)
unpacked=$guests/unpacked/$2

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

# unpack PACKAGE: downloads it, checks its files' sums, and leaves its content in
# unpacked/ARCH/PACKAGE.
unpack() {
	rm -rf "$unpacked/$1"
	mkdir -p "$guests/packages/$debian" "$unpacked/$1"
	rm -f "$guests/packages/$debian/$1"_*.deb
	(cd "$guests/packages/$debian" && apt-get $apt_options download "$1")
	dpkg-deb -x "$guests/packages/$debian/$1"_*.deb "$unpacked/$1"
	dpkg-deb -e "$guests/packages/$debian/$1"_*.deb "$unpacked/$1/DEBIAN"
	(cd "$unpacked/$1" && md5sum --quiet -c DEBIAN/md5sums)
}

# Where Debian 13 has merged the folders, /bin is in /usr.
find_busybox() {
	for file in "$unpacked/busybox-static/bin/busybox" \
		"$unpacked/busybox-static/usr/bin/busybox"; do
		[ ! -f "$file" ] || say "$file"
	done
}

# The kernel's drivers for virtio, as far as they are modules (and compressed, as they may be).
copy_modules() {
	rm -rf "$out/modules"
	mkdir -p "$out/modules"
	for module in failover net_failover virtio_mmio virtio_net virtio_console; do
		find "$unpacked/$kernel" -name "$module.ko*" -exec cp {} "$out/modules/" \;
	done
}

use_architecture $debian
kernel=$(kernel_package $metapackage)
[ -n "$kernel" ] || fail "$suite has no kernel behind $metapackage"
out=$guests/$2
mkdir -p "$out"
unpack "$kernel"
unpack busybox-static
unpack u-boot-qemu
cp "$unpacked/$kernel/boot/vmlinu"[xz]-* "$out/vmlinuz"
cp "$unpacked/$kernel/boot/config"-* "$out/config"
cp "$unpacked/u-boot-qemu/usr/lib/u-boot/$u_boot/u-boot.bin" "$out/u-boot.bin"
cp "$(find_busybox)" "$out/busybox"
copy_modules
(cd "$out" && sha256sum vmlinuz config busybox u-boot.bin modules/* > SHA256SUMS)
say "$kernel" > "$out/vmlinuz.package"
say "guests: $kernel, busybox and U-Boot are in $1/$2"
