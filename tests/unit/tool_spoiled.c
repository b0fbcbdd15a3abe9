/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images of tool_spoiled.h: built, written, read back, spoiled and checked.
 */
#include "tests/unit/tool_spoiled.h"

#include <stdio.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"
#include "tools/verify.h"

struct spoiled it;

void *at_pa(uint64_t pa)
{
	uint64_t offset = PAGE;

	for (unsigned i = 0; i < it.image.part_count; i++) {
		const struct image_part *part = &it.image.parts[i];

		if (pa >= part->base && pa - part->base < part->size)
			return it.file + offset + (pa - part->base);
		offset += part->size;
	}
	fail_msg("nothing at 0x%llx", (unsigned long long)pa);
	return NULL;
}

void *at(const void *pointer)
{
	return at_pa(hyp_layout_pa(&it.image.layout, (uintptr_t)pointer));
}

void spoiled_begin(const struct system *system, const char *hyp_file)
{
	assert_true(image_build(&it.image, system, hyp_file));
	assert_true(image_write(&it.image, fixture_path("sound")));
	it.file = fixture_read(fixture_path("sound.elf"), &it.size);
	it.plan = at((const void *)(uintptr_t)it.image.layout.plan);
	it.vms = at(it.plan->vms);
	it.cpus = at(it.plan->cpus);
	it.vcpus = at(it.plan->vcpus);
}

void spoiled_begin_with(const struct system *system, const struct fixture_hyp *hyp)
{
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(hyp, &size);

	spoiled_begin(system, fixture_file("hyp.elf", bytes, size));
}

void spoiled_seal(void)
{
	const uint64_t *words = (const uint64_t *)it.plan;
	uint64_t sum = 0;

	it.plan->checksum = 0;
	for (unsigned i = 0; i < it.image.layout.plan_size / 8; i++)
		sum += words[i];
	it.plan->checksum = sum;
}

const char *spoiled_check(void)
{
	const char *path = fixture_file("spoiled.elf", it.file, it.size), *said;
	FILE *out = fopen(fixture_path("proof"), "w");
	bool holds;

	fixture_listen();
	holds = verify_image(path, out);
	said = fixture_said();
	fclose(out);
	message_reset();
	return holds ? "" : said;
}

const char *spoiled_proof(void)
{
	size_t size;

	return (const char *)fixture_read(fixture_path("proof"), &size);
}

void spoiled_try(const struct spoiled_fault *faults, size_t count, void (*begin)(void))
{
	unsigned failed = 0;

	for (size_t i = 0; i < count; i++) {
		const char *said;

		begin();
		faults[i].spoil();
		spoiled_seal();
		said = spoiled_check();
		if (!strstr(said, faults[i].words)) {
			print_error("%s: expected '%s', got '%s'\n", faults[i].name,
				faults[i].words, said);
			failed++;
		}
		arena_release();
	}
	assert_int_equal(failed, 0);
}

void spoiled_noise(uint32_t seed, void (*begin)(void))
{
	for (unsigned round = 0; round < 400; round++) {
		if (round % 20 == 0) {
			arena_release();
			begin();
		}
		for (unsigned i = 0; i < 2; i++) {
			seed = seed * 1664525 + 1013904223;
			((uint8_t *)it.plan)[(seed >> 8) % it.image.layout.plan_size] ^=
				(uint8_t)(1 << seed % 7);
		}
		spoiled_seal();
		spoiled_check();
	}
}
