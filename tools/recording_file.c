/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A recording as a text file: a line for what the ticks are, for each CPU, vCPU and event.
 */
#include "tools/recording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/file.h"
#include "tools/message.h"

#define FIRST_LINE   "orlop-trace 1"
#define SIZE_MAXIMUM (256u << 20)

#define TRACE_EVENT_SYMBOL(symbol, words) #symbol,
static const char *const symbols[] = {
	TRACE_EVENTS(TRACE_EVENT_SYMBOL) TRACE_SCHED_EVENTS(TRACE_EVENT_SYMBOL)};

static const char *const classes[] = {[RECORDING_BEST_EFFORT] = "best-effort",
	[RECORDING_REAL_TIME] = "real-time",
	[RECORDING_TASK] = "task"};

static const char *const uses[] = {"dedicated", "shared"};

static void save_event(FILE *file, const struct recording_event *event)
{
	fprintf(file, "event %" PRIu64 " %u ", event->ticks, (unsigned)event->cpu);
	if (event->vcpu == RECORDING_NO_VCPU)
		fprintf(file, "- ");
	else
		fprintf(file, "%u ", (unsigned)event->vcpu);
	if (event->kind < TRACE_EVENT_COUNT)
		fprintf(file, "%s", symbols[event->kind]);
	else
		fprintf(file, "%u", (unsigned)event->kind);
	fprintf(file, " 0x%" PRIx64 "\n", event->value);
}

void recording_save(FILE *file, const struct recording *recording)
{
	fprintf(file, "%s\nsystem %s\nfrequency %" PRIu64 "\nquantum %" PRIu64 "\n", FIRST_LINE,
		recording->name, recording->frequency, recording->quantum);
	fprintf(file, "# cpu NUMBER USE LOST-EVENTS\n");
	for (unsigned i = 0; i < recording->cpu_count; i++)
		fprintf(file, "cpu %u %s %" PRIu64 "\n", recording->cpus[i].number,
			uses[recording->cpus[i].is_shared], recording->cpus[i].lost);
	fprintf(file, "# vcpu VM INDEX USE CLASS AFFINITY PERIOD CAPACITY DEADLINE\n");
	for (unsigned i = 0; i < recording->vcpu_count; i++) {
		const struct recording_vcpu *vcpu = &recording->vcpus[i];

		fprintf(file,
			"vcpu %s %u %s %s 0x%" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			vcpu->vm, vcpu->index, uses[vcpu->is_shared], classes[vcpu->class],
			vcpu->affinity, vcpu->period, vcpu->capacity, vcpu->deadline);
	}
	fprintf(file,
		"# event TICKS CPU VCPU EVENT VALUE, both counted from 0 as they stand above\n");
	for (size_t i = 0; i < recording->event_count; i++)
		save_event(file, &recording->events[i]);
}

/* A file that is being read, word by word; `bad` once a message has been printed. */
struct reader {
	const char *at;
	struct place place;
	bool bad;
};

static void complain(struct reader *reader, const char *what, const char *word)
{
	if (!reader->bad)
		message_error(reader->place, "save the trace again with orlop trace --save",
			"'%s' is not %s", word, what);
	reader->bad = true;
}

/* The next word of this line, "" at its end. */
static const char *next_word(struct reader *reader)
{
	size_t length;
	const char *word;

	reader->at += strspn(reader->at, " ");
	length = strcspn(reader->at, " \n");
	word = arena_text("%.*s", (int)length, reader->at);
	reader->at += length;
	return word;
}

static uint64_t next_number(struct reader *reader, uint64_t most)
{
	const char *word = next_word(reader);
	char *end;
	unsigned long long value = strtoull(word, &end, 0);

	if (word[0] < '0' || word[0] > '9' || *end != '\0' || value > most) {
		complain(reader, arena_text("a number up to %" PRIu64, most), word);
		return 0;
	}
	return value;
}

/* The index of the next word in a list. */
static unsigned next_of(
	struct reader *reader, const char *const *words, unsigned count, const char *what)
{
	const char *word = next_word(reader);

	for (unsigned i = 0; i < count; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	complain(reader, what, word);
	return 0;
}

static void load_cpu(struct recording *recording, struct reader *reader)
{
	struct recording_cpu *cpu = recording_add_cpu(recording);

	cpu->number = (unsigned)next_number(reader, UINT16_MAX);
	cpu->is_shared = next_of(reader, uses, 2, "'dedicated' or 'shared'");
	cpu->lost = next_number(reader, UINT64_MAX);
	if (recording->cpu_count > 64)
		complain(reader, "possible: there are 64 CPUs at most", "cpu");
}

static void load_vcpu(struct recording *recording, struct reader *reader)
{
	struct recording_vcpu *vcpu = recording_add_vcpu(recording);

	vcpu->vm = next_word(reader);
	vcpu->index = (unsigned)next_number(reader, UINT16_MAX);
	vcpu->is_shared = next_of(reader, uses, 2, "'dedicated' or 'shared'");
	vcpu->class = next_of(reader, classes, 3, "'best-effort', 'real-time' or 'task'");
	vcpu->affinity = next_number(reader, UINT64_MAX);
	vcpu->period = next_number(reader, UINT64_MAX);
	vcpu->capacity = next_number(reader, UINT64_MAX);
	vcpu->deadline = next_number(reader, UINT64_MAX);
	if (recording->vcpu_count > RECORDING_NO_VCPU)
		complain(reader, "possible: there are 255 vCPUs at most", "vcpu");
}

static uint8_t load_vcpu_number(struct recording *recording, struct reader *reader)
{
	if (strncmp(reader->at, " - ", 3) == 0) {
		reader->at += 3;
		return RECORDING_NO_VCPU;
	}
	return (uint8_t)next_number(reader, recording->vcpu_count ? recording->vcpu_count - 1 : 0);
}

static void load_event(struct recording *recording, struct reader *reader)
{
	struct recording_event event = {.ticks = next_number(reader, UINT64_MAX >> 16)};

	if (recording->cpu_count == 0)
		complain(reader, "possible before there is a CPU", "event");
	event.cpu =
		(uint16_t)next_number(reader, recording->cpu_count ? recording->cpu_count - 1 : 0);
	event.vcpu = load_vcpu_number(recording, reader);
	event.kind = (uint8_t)next_of(
		reader, symbols, TRACE_EVENT_COUNT, "an event that this tool knows");
	event.value = next_number(reader, UINT64_MAX);
	recording_add_event(recording, &event);
}

static void load_line(struct recording *recording, struct reader *reader)
{
	static const char *const kinds[] = {
		"#", "system", "frequency", "quantum", "cpu", "vcpu", "event"};
	unsigned kind = next_of(reader, kinds, 7, "the beginning of a line of a trace");

	switch (kind) {
	case 1:
		reader->at += *reader->at == ' ';
		recording->name = arena_text("%.*s", (int)strcspn(reader->at, "\n"), reader->at);
		break;
	case 2:
		recording->frequency = next_number(reader, 1000000000);
		break;
	case 3:
		recording->quantum = next_number(reader, UINT64_MAX);
		break;
	case 4:
		load_cpu(recording, reader);
		break;
	case 5:
		load_vcpu(recording, reader);
		break;
	case 6:
		load_event(recording, reader);
	}
	if (kind > 1 && !reader->bad && next_word(reader)[0] != '\0')
		complain(reader, "expected: the line has too many words", kinds[kind]);
	reader->at += strcspn(reader->at, "\n");
}

bool recording_load(struct recording *recording, const char *path)
{
	struct blob blob;
	struct reader reader = {.place = {path, 1, 1}};

	*recording = (struct recording){.name = "-"};
	if (!file_read(&blob, path, SIZE_MAXIMUM, (struct place){0}, "the trace"))
		return false;
	reader.at = (const char *)blob.bytes;
	if (strncmp(reader.at, FIRST_LINE "\n", sizeof(FIRST_LINE)) != 0)
		complain(&reader, "the beginning of a trace of orlop trace --save",
			arena_text("%.*s", (int)strcspn(reader.at, "\n"), reader.at));
	for (reader.at += strcspn(reader.at, "\n");
		!reader.bad && reader.at[0] == '\n' && reader.at[1];) {
		reader.at++;
		reader.place.line++;
		load_line(recording, &reader);
	}
	if (!reader.bad && recording->frequency == 0)
		complain(&reader, "whole: the line 'frequency' is missing", path);
	recording_sort(recording);
	return !reader.bad;
}
