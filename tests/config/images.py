#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the small image files that the descriptions in this folder name: images.py FOLDER."""
import os
import struct
import sys

MAIN = 0x40000000  # the test board's RAM
RISCV = 0x80000000  # that of the test board riscv
KIB, MIB = 1 << 10, 1 << 20


def write(name, content, size=None):
    with open(name, "wb") as file:
        file.write(content)
        if size:
            file.truncate(size)  # a hole


def kernel(text_offset=0, image_size=MIB, flags=0xa, magic=b"ARM\x64"):
    return struct.pack("<IIQQQ24x4sI", 0x14000000, 0, text_offset, image_size, flags, magic, 0)


def elf(segments=((MAIN, 4096, 4096),), entry=MAIN, machine=183, kind=2, bits=2, phnum=None,
        phentsize=56):
    """A 64-byte header, then program headers (address, bytes in file, bytes in memory), then 4096 bytes."""
    start = 64 + 56 * len(segments)
    header = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", bits, 1, 1, kind, machine, 1, entry,
                         64, 0, 0, 64, phentsize, len(segments) if phnum is None else phnum, 0, 0, 0)
    table = b"".join(struct.pack("<IIQQQQQQ", 1, 5, start, address, address, in_file, in_memory, 4096)
                     for address, in_file, in_memory in segments)
    return header + table + bytes(4096)


def main():
    os.chdir(sys.argv[1])
    write("kernel", kernel())
    write("kernel-gzip", b"\x1f\x8b\x08\x00" + bytes(60))
    write("kernel-zboot", b"MZ\0\0zimg" + bytes(60))
    write("kernel-short", b"MZ")
    write("kernel-text", b"This is no kernel." * 10)
    write("kernel-old", kernel(text_offset=0x80000, image_size=0))
    write("kernel-big-endian", kernel(flags=0xb))
    write("kernel-64k", kernel(flags=0xe))
    write("kernel-odd", kernel(text_offset=3))
    write("kernel-huge", kernel(image_size=1 << 30))
    write("kernel-endless", kernel(image_size=(1 << 64) - 1))
    write("kernel-far", kernel(text_offset=(1 << 64) - 4))
    write("kernel-20m", kernel(), 20 * MIB)
    write("kernel-riscv", kernel(text_offset=2 * MIB, flags=0, magic=b"RSC\x05"))
    write("initrd", b"initrd")
    write("initrd-empty", b"")
    write("initrd-14m", b"initrd", 14 * MIB)
    write("raw", bytes(8 * KIB))
    write("empty", b"")

    write("bare.elf", elf())
    write("two-segments.elf", elf([(MAIN, 4096, 8192), (MAIN + 0x4000, 16, 16), (MAIN, 0, 0)]))
    write("x86.elf", elf(machine=62))
    write("32-bits.elf", elf(bits=1))
    write("relocatable.elf", elf(kind=1))
    write("short.elf", elf()[:40])
    write("cut-headers.elf", elf(phnum=1000))
    write("odd-headers.elf", elf(phentsize=32))
    write("cut-segment.elf", elf([(MAIN, 8192, 8192)]))
    write("shrunk-segment.elf", elf([(MAIN, 4096, 16)]))
    write("low.elf", elf([(0x1000, 4096, 4096)], entry=0x1000))
    write("large-bss.elf", elf([(MAIN, 4096, 2 * MIB)]))
    write("no-segment.elf", elf([]))
    write("overlap.elf", elf([(MAIN, 4096, 4096), (MAIN + 0x800, 4096, 4096)]))
    write("entry-outside.elf", elf(entry=MAIN + 0x100000))
    write("entry-odd.elf", elf(entry=MAIN + 2))
    write("over-tree.elf", elf([(MAIN, 4096, MIB)]))
    write("riscv.elf", elf([(RISCV, 4096, 4096)], entry=RISCV + 2, machine=243))
    write("riscv-entry-odd.elf", elf([(RISCV, 4096, 4096)], entry=RISCV + 1, machine=243))
    os.makedirs("folder", exist_ok=True)


main()
