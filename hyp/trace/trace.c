/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace in words, for the report of a fault.
 */
#include "hyp/trace/trace.h"

#include "hyp/core/console.h"

#define TRACE_EVENT_WORDS(symbol, words) words,
static const char *const event_words[] = {TRACE_EVENTS(TRACE_EVENT_WORDS)};

void trace_print(const struct trace_ring *ring, unsigned count)
{
	uint64_t first = ring->next > count ? ring->next - count : 0;

	for (uint64_t i = first; i < ring->next; i++) {
		const struct trace_record *record = &ring->records[i % TRACE_RING_RECORDS];

		console_print("  %lu %s (0x%lx)", record->stamp >> 16,
			event_words[record->stamp >> 8 & 0xff], record->value);
	}
}
