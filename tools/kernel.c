/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the 64-byte header of a kernel Image and recognises what is often given instead.
 */
#include "tools/kernel.h"

#include <endian.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"

#define FLAG_BIG_ENDIAN 1u
/* arm64 only, zero elsewhere. 0: unspecified, 1: 4 KiB, 2: 16 KiB, 3: 64 KiB. */
#define FLAG_PAGE(flags) ((flags) >> 1 & 3)

struct header { /* little-endian */
	uint32_t code[2];
	uint64_t text_offset, image_size, flags;
	uint64_t reserved[3];
	char magic[4];
	uint32_t pe_offset;
};

_Static_assert(sizeof(struct header) == 64, "the kernel's header has 64 bytes");

static bool starts_with(const struct blob *blob, size_t offset, const char *bytes, size_t count)
{
	return blob->size >= offset + count && memcmp(blob->bytes + offset, bytes, count) == 0;
}

static bool fail(const struct blob *blob, struct place place, const char *what, const char *mend)
{
	message_error(place, mend, "the kernel, %s, %s", blob->path, what);
	return false;
}

/* The architecture whose kernel it is, or NULL. */
static const struct architecture *kernel_of(const struct blob *blob)
{
	const struct architecture *architecture;
	for (unsigned i = 0; (architecture = architecture_at(i)); i++)
		if (starts_with(blob, ARCHITECTURE_MAGIC, architecture->kernel_magic, 4))
			return architecture;
	return NULL;
}

static bool fail_magic(
	const struct blob *blob, const struct architecture *architecture, struct place place)
{
	const struct architecture *other = kernel_of(blob);
	if (other)
		return fail(blob, place,
			arena_text("is a kernel for %s, and the board is %s", other->words,
				architecture->words),
			"name a kernel for the board's architecture, or another board");
	if (starts_with(blob, 0, "\x1f\x8b", 2))
		return fail(blob, place, "is compressed with gzip", "unpack it with gunzip");
	if (starts_with(blob, 4, "zimg", 4))
		return fail(blob, place, "is a compressed EFI image (zboot)",
			"name the Image file of the kernel's build, or unpack it");
	if (starts_with(blob, 0, "\177ELF", 4))
		return fail(blob, place, "is an ELF file, not a kernel Image",
			arena_text("name %s of the kernel's build instead of vmlinux",
				architecture->kernel_file));
	return fail(blob, place,
		arena_text("is not %s %s kernel Image",
			strchr("a", architecture->kernel_name[0]) ? "an" : "a",
			architecture->kernel_name),
		arena_text("name an uncompressed Image, as in /boot/vmlinuz-* of Debian's %s "
			   "packages",
			architecture->kernel_name));
}

bool kernel_read(struct kernel *kernel, const struct blob *blob,
	const struct architecture *architecture, struct place place)
{
	struct header header;
	if (blob->size < sizeof(header))
		return fail_magic(blob, architecture, place);
	memcpy(&header, blob->bytes, sizeof(header));
	if (kernel_of(blob) != architecture)
		return fail_magic(blob, architecture, place);

	uint64_t flags = le64toh(header.flags);
	kernel->text_offset = le64toh(header.text_offset);
	kernel->size = le64toh(header.image_size);
	if (!kernel->size)
		return fail(blob, place, "does not say its size in memory",
			"use a kernel of version 3.17 or later");
	if (flags & FLAG_BIG_ENDIAN)
		return fail(blob, place, "is big-endian", "use a little-endian kernel");
	if (FLAG_PAGE(flags) > 1)
		return fail(blob, place, "is built for pages of more than 4 KiB",
			"use a kernel with CONFIG_ARM64_4K_PAGES");
	if (kernel->text_offset & 3)
		return fail(blob, place, "has a text_offset that is not a multiple of 4",
			"use an intact kernel");
	if (kernel->size < blob->size)
		kernel->size = blob->size;
	return true;
}
