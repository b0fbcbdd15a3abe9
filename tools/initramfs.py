# SPDX-License-Identifier: BSD-2-Clause
"""Builds a Linux guest's initramfs: initramfs.py BUSYBOX MODULES FOLDER OUTPUT.

A gzipped cpio archive of format newc with busybox, the kernel's modules of folder MODULES (in
/modules, unpacked), the files of FOLDER and the devices that a kernel wants before anything is
mounted. The same input gives the same bytes: no times, no owners.
"""
import gzip
import lzma
import os
import stat
import sys


def entry(number, name, mode, content=b"", device=(0, 0)):
    """One member of the archive (Linux: driver-api/early-userspace/buffer-format.rst)."""
    path = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return pad(header + path) + pad(content)


def pad(data):
    return data + b"\0" * (-len(data) % 4)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def modules(folder):
    """Name and content of each; busybox's insmod unpacks none."""
    for name in sorted(os.listdir(folder)):
        content = read(os.path.join(folder, name))
        if name.endswith(".xz"):
            name, content = name[:-3], lzma.decompress(content)
        yield name, content


def members(busybox, module_folder, folder):
    for name in ("bin", "dev", "modules", "proc", "sys", "tmp"):
        yield name, stat.S_IFDIR | 0o755, b"", (0, 0)
    yield "dev/console", stat.S_IFCHR | 0o600, b"", (5, 1)
    yield "dev/null", stat.S_IFCHR | 0o666, b"", (1, 3)
    yield "bin/busybox", stat.S_IFREG | 0o755, read(busybox), (0, 0)
    yield "bin/sh", stat.S_IFLNK | 0o777, b"busybox", (0, 0)
    for name, content in modules(module_folder):
        yield "modules/" + name, stat.S_IFREG | 0o644, content, (0, 0)
    for name in sorted(os.listdir(folder)):
        yield name, stat.S_IFREG | 0o755, read(os.path.join(folder, name)), (0, 0)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    busybox, module_folder, folder, output = sys.argv[1:]
    archive = b""
    for number, member in enumerate(members(busybox, module_folder, folder), 1):
        archive += entry(number, *member)
    archive += entry(0, "TRAILER!!!", 0)
    with open(output, "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped:
            zipped.write(archive)


if __name__ == "__main__":
    main()
