/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace in words, for the report of a fault.
 */
#include "hyp/trace/trace.h"

#include "hyp/core/console.h"
#include "hyp/core/extent.h"

#define TRACE_EVENT_WORDS(symbol, words) words,
static const char *const event_words[] = {TRACE_EVENTS(TRACE_EVENT_WORDS)};

static const char *words_of(unsigned event)
{
	if (HYP_SHARED && event >= TRACE_SWITCH)
		return trace_sched_words(event);
	return event_words[event];
}

void trace_print(const struct trace_ring *ring, uint64_t index)
{
	const struct trace_record *record = &ring->records[index & ring->mask];

	if (index < ring->next && ring->next - index <= ring->mask + 1)
		console_print("  %lu %s (0x%lx)", record->stamp >> 16,
			words_of(record->stamp >> 8 & 0xff), record->value);
}
