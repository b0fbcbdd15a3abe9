/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the hypervisor's ELF file: what is taken, and what is refused in which words.
 */
#include "tests/unit/tool_fixture.h"

#include <elf.h>
#include <string.h>

#include "tools/hyp_elf.h"
#include "tools/message.h"

/* One fault: what it does to a sound file, and words of the message. */
struct fault {
	const char *name;
	void (*spoil)(uint8_t *bytes, size_t *size);
	const char *words;
};

static Elf64_Ehdr *header_of(uint8_t *bytes)
{
	return (Elf64_Ehdr *)bytes;
}

static Elf64_Phdr *program_of(uint8_t *bytes, unsigned index)
{
	return (Elf64_Phdr *)(bytes + sizeof(Elf64_Ehdr)) + index;
}

static struct hyp_info *info_of(uint8_t *bytes)
{
	return (struct hyp_info *)(bytes + program_of(bytes, 1)->p_offset);
}

#define FAULT(name, statement)                         \
	static void name(uint8_t *bytes, size_t *size) \
	{                                              \
		(void)bytes, (void)size;               \
		statement;                             \
	}

FAULT(no_elf, bytes[0] = 'X')
FAULT(short_header, *size = 40)
FAULT(wrong_class, bytes[EI_CLASS] = ELFCLASS32)
FAULT(wrong_machine, header_of(bytes)->e_machine = EM_X86_64)
FAULT(odd_headers, header_of(bytes)->e_phentsize = 32)
FAULT(programs_gone, header_of(bytes)->e_phoff = *size)
FAULT(segment_gone, program_of(bytes, 2)->p_offset = *size + 1)
FAULT(larger_in_file, program_of(bytes, 2)->p_memsz = program_of(bytes, 2)->p_filesz - 1)
FAULT(writable_text, program_of(bytes, 0)->p_flags |= PF_W)
FAULT(unaligned, program_of(bytes, 2)->p_vaddr += 64)
FAULT(out_of_order, program_of(bytes, 2)->p_vaddr = HYP_VIRTUAL_BASE)
FAULT(too_far, program_of(bytes, 2)->p_vaddr = HYP_VIRTUAL_BASE + HYP_VIRTUAL_SIZE)
FAULT(too_long, program_of(bytes, 2)->p_memsz = HYP_VIRTUAL_SIZE)
FAULT(wrong_base, program_of(bytes, 0)->p_type = PT_NOTE)
FAULT(no_header, bytes[4096 + 64]++)
FAULT(no_sections, header_of(bytes)->e_shnum = 0)
FAULT(sections_gone, header_of(bytes)->e_shoff = *size)
FAULT(info_gone, info_of(bytes)->magic = 0)
FAULT(other_abi, info_of(bytes)->abi++)
FAULT(large_stack, info_of(bytes)->stack_bytes = 1 << 20)
FAULT(no_stack, info_of(bytes)->stack_bytes = 0)
FAULT(large_record, info_of(bytes)->vcpu_bytes = 1 << 20)
FAULT(odd_cpu, info_of(bytes)->cpu_bytes = 264)
FAULT(odd_trace, info_of(bytes)->cpu_trace = 236)
FAULT(no_trace, info_of(bytes)->cpu_trace = 248)
FAULT(half_scheduler, info_of(bytes)->shared_vcpu_bytes = 64)
FAULT(half_communication, info_of(bytes)->comm_vm_bytes = 64)
FAULT(large_communication, info_of(bytes)->virtio_bytes = 1 << 20)

static const struct fault faults[] = {
	{"no_elf", no_elf, "is not an ELF file"},
	{"short_header", short_header, "is not an ELF file"},
	{"wrong_class", wrong_class, "is not for a little-endian 64-bit machine"},
	{"wrong_machine", wrong_machine, "is for ELF machine 62, the board's is 183"},
	{"odd_headers", odd_headers, "has headers of an unknown size"},
	{"programs_gone", programs_gone, "is cut short"},
	{"segment_gone", segment_gone, "is cut short"},
	{"larger_in_file", larger_in_file, "is cut short"},
	{"writable_text", writable_text, "both writable and executable"},
	{"unaligned", unaligned, "does not start on a page boundary"},
	{"out_of_order", out_of_order, "out of order or outside its 2 MiB"},
	{"too_far", too_far, "out of order or outside its 2 MiB"},
	{"too_long", too_long, "out of order or outside its 2 MiB"},
	{"wrong_base", wrong_base, "does not start with the image header"},
	{"no_header", no_header, "does not start with the image header"},
	{"no_sections", no_sections, "has no section .orlop.info"},
	{"sections_gone", sections_gone, "has no section .orlop.info"},
	{"info_gone", info_gone, "that says something else"},
	{"other_abi", other_abi, "and this tool were built from different sources"},
	{"large_stack", large_stack, "wants stacks that are too small or too large"},
	{"no_stack", no_stack, "wants stacks that are too small or too large"},
	{"large_record", large_record, "wants records that are too large"},
	{"odd_cpu", odd_cpu, "wants a CPU's record that does not end with a trace"},
	{"odd_trace", odd_trace, "wants a CPU's record that does not end with a trace"},
	{"no_trace", no_trace, "wants a CPU's record that does not end with a trace"},
	{"half_scheduler", half_scheduler, "has half a scheduler"},
	{"half_communication", half_communication, "has half a communication"},
	{"large_communication", large_communication, "wants records that are too large"},
};

static void test_sound(void **state)
{
	struct fixture_hyp fixture = fixture_hyp();
	struct hyp_elf hyp;
	size_t size;
	uint8_t *bytes = fixture_hyp_bytes(&fixture, &size);

	(void)state;
	assert_true(hyp_elf_read(&hyp, fixture_file("hyp.elf", bytes, size), 183));
	assert_int_equal(hyp.segment_count, 3);
	assert_int_equal(hyp.segments[0].base, HYP_VIRTUAL_BASE);
	assert_int_equal(hyp.segments[0].access, HYP_TEXT);
	assert_int_equal(hyp.segments[1].base, HYP_VIRTUAL_BASE + 0x5000);
	assert_int_equal(hyp.segments[1].access, HYP_READ_ONLY);
	assert_int_equal(hyp.segments[2].size, 0x180);
	assert_int_equal(hyp.segments[2].file_size, 0x80);
	assert_int_equal(hyp.segments[2].access, HYP_DATA);
	assert_int_equal(hyp.end, HYP_VIRTUAL_BASE + 0x6180);
	assert_memory_equal(&hyp.info, &fixture.info, sizeof(hyp.info));
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct fixture_hyp fixture = fixture_hyp();
		struct hyp_elf hyp;
		size_t size;
		uint8_t *bytes = fixture_hyp_bytes(&fixture, &size);
		const char *said;
		bool taken;

		faults[i].spoil(bytes, &size);
		fixture_listen();
		taken = hyp_elf_read(&hyp, fixture_file("hyp.elf", bytes, size), 183);
		said = fixture_said();
		if (taken || !strstr(said, faults[i].words))
			fail_msg("%s: expected '%s', got '%s'", faults[i].name, faults[i].words,
				said);
		assert_non_null(strstr(said, "to mend: "));
	}
}

static void test_missing(void **state)
{
	struct hyp_elf hyp;

	(void)state;
	fixture_listen();
	assert_false(hyp_elf_read(&hyp, fixture_path("absent.elf"), 183));
	assert_non_null(strstr(fixture_said(), "cannot be read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_sound, fixture_release),
		cmocka_unit_test_teardown(test_faults, fixture_release),
		cmocka_unit_test_teardown(test_missing, fixture_release),
	};

	return cmocka_run_group_tests(tests, fixture_begin, fixture_end);
}
